//! From the doubt to the answer, with what is said of the record and what is told on the way.

use api::catalogue::v1::work_item;
use api::sharing::v1 as pb;
use api::sharing::v1::close_correction_request::Result as Closing;
use api::sharing::v1::correction::State;
use api::sharing::v1::disputed_record::Kind;
use kit::world::answer::refused;
use kit::world::json::{Http, Speaks};
use kit::world::story::Story;
use kit::world::{Client, ask, new_id};
use ledger::entry::Kind as EntryKind;
use sandbox::people;
use serde_json::json;

use super::cast::{
    DAY, STATEMENT, accept, close, corrected, disputed, found, get, listed, marked, of_certificate,
    raise, raise_request, withdraw,
};

async fn told_to(who: &Client) -> Vec<String> {
    let request = pb::ListEventsRequest {
        filter: Some(pb::EventFilter {
            kinds: vec!["sharing.correction".to_owned()],
            ..pb::EventFilter::default()
        }),
        ..pb::ListEventsRequest::default()
    };
    let page = who.events().list_events(ask(request)).await.unwrap();
    let events = page.into_inner().events.into_iter();
    events.map(|event| event.name).collect()
}

async fn waits(who: &Client, about: &str) -> Vec<(String, String)> {
    let own = who.waiting(about).await.into_iter();
    own.map(|item| {
        assert_eq!(item.kind(), work_item::Kind::CheckRecord);
        (item.department, item.due_date)
    })
    .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_doubtful_certificate_is_disputed_until_its_provider_says_what_came_of_it() {
    let story = Story::of_marriages().await;
    let seen = found(&story, &people::HUSBAND).await;
    let certificate = seen.certificate.unwrap();
    assert!(certificate.disputes.is_empty());
    let doubt = pb::Correction {
        evidence_index: seen.receipt.unwrap().outcome_index,
        ..of_certificate(&story, &certificate.identifier)
    };
    let raised = raise(&story.applicant, doubt.clone()).await.unwrap();
    let raised = raised.into_inner();
    let name = raised.name.as_str();
    assert_eq!(raised.state(), State::Raised);
    assert_eq!(raised.resource, story.resource.name, "by its type");
    assert!(raised.due_rule.contains("CORR 26"), "{}", raised.due_rule);
    assert_eq!(
        raised.legal_methods,
        ["AcceptCorrection", "WithdrawCorrection"]
    );
    assert!(raised.raise_time.is_some() && raised.raised_by.ends_with("/officers/zhang"));

    // From now on every answer says so, and so does what the ledger has of it.
    let marked_answer = found(&story, &people::HUSBAND).await;
    let certificate = marked_answer.certificate.unwrap();
    let [mark] = certificate.disputes.as_slice() else {
        panic!("{} marks", certificate.disputes.len());
    };
    assert_eq!(
        (mark.correction.as_str(), mark.items.as_slice()),
        (name, &[DAY.to_owned()][..])
    );
    assert_eq!(mark.since, raised.raise_time);
    let index = usize::try_from(marked_answer.receipt.unwrap().outcome_index).unwrap();
    let entries = story.auditor.entries().await;
    let outcome = entries[index].facts();
    assert_eq!(outcome.list("disputed"), Some(&[name.to_owned()][..]));
    // Who got the certificate before is found by the hash that both entries have.
    let raising = entries
        .iter()
        .find(|entry| entry.facts().text("correction") == Some(name));
    let raising = raising.unwrap().facts().text("certificate");
    assert!(raising.is_some() && raising == outcome.text("certificate"));

    // The provider has to act, reads what is said, and feeds back.
    let [(department, due)] = waits(&story.owner, name).await.try_into().unwrap();
    assert_eq!(
        (department, due),
        (
            kit::city::owner_of("marriage-registry").to_string(),
            raised.due_date.clone()
        )
    );
    let read = get(&story.owner, name).await.unwrap().into_inner();
    assert_eq!(read.statement, STATEMENT);
    assert!(read.record == raised.record && raised.record.is_some());
    let told = refused(corrected(&story.owner, name).await);
    assert_eq!(
        (told.reason.as_str(), told.rule.as_str()),
        ("STATE_CONFLICT", "correction.state")
    );
    let taken = accept(&story.owner, name).await.unwrap().into_inner();
    assert_eq!(taken.state(), State::Accepted);
    assert!(taken.accept_time.is_some() && taken.accepted_by.ends_with("/officers/wang"));
    assert_eq!(
        taken.due_date, raised.due_date,
        "taking it up gains no time"
    );
    assert_eq!(marked(&story).await, [name]);
    let ended = close(&story.owner, name, Closing::Confirmed, "与档案一致").await;
    let ended = ended.unwrap().into_inner();
    assert_eq!(
        (ended.state(), ended.answer.as_str()),
        (State::Confirmed, "与档案一致")
    );
    assert!(ended.legal_methods.is_empty() && ended.close_time.is_some());
    assert!(marked(&story).await.is_empty());
    assert!(waits(&story.owner, name).await.is_empty());
    let read = get(&story.applicant, name).await.unwrap().into_inner();
    assert_eq!(read.answer, "与档案一致");

    let expected =
        ["raised", "accepted", "closed"].map(|step| format!("sharing.correction.{step}"));
    for who in [
        &story.applicant,
        &story.platform,
        &story.owner,
        &story.provider.client,
    ] {
        assert_eq!(told_to(who).await, expected);
    }
    // It can be disputed again, now that it is closed.
    let again = raise(&story.platform, doubt).await.unwrap().into_inner();
    assert_eq!(marked(&story).await, [again.name.as_str()]);
    withdraw(&story.platform, &again.name).await.unwrap();
    assert!(marked(&story).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_repeated_without_a_second_effect_and_checked_without_any() {
    let story = Story::of_marriages().await;
    let identifier = found(&story, &people::HUSBAND)
        .await
        .certificate
        .unwrap()
        .identifier;
    let request = raise_request(of_certificate(&story, &identifier));
    let mut checked = request.clone();
    checked.validate_only = true;
    checked.request_id = new_id();
    let mut corrections = story.applicant.corrections();
    corrections.raise_correction(ask(checked)).await.unwrap();
    assert!(marked(&story).await.is_empty());
    let before = story.auditor.entries().await.len();
    let mut raise = async || {
        let raised = corrections.raise_correction(ask(request.clone())).await;
        raised.unwrap().into_inner()
    };
    let first = raise().await;
    for _ in 0..3 {
        assert!(raise().await == first);
    }
    assert_eq!(story.auditor.entries().await.len(), before + 1);
    let mut other = request;
    other.correction.as_mut().unwrap().statement.push('吗');
    let told = refused(
        story
            .applicant
            .corrections()
            .raise_correction(ask(other))
            .await,
    );
    assert_eq!(told.reason, "REQUEST_ID_REUSED");
    // Another request for the same record is told of the one that is there.
    let doubt = of_certificate(&story, &identifier);
    let told = refused(super::cast::raise(&story.platform, doubt).await);
    assert_eq!(told.reason, "ALREADY_EXISTS");
    assert!(told.message.contains(&first.name), "{}", told.message);
    // An etag that was read before counts.
    accept(&story.owner, &first.name).await.unwrap();
    let late = pb::WithdrawCorrectionRequest {
        name: first.name,
        reason: String::new(),
        request_id: new_id(),
        etag: first.etag,
    };
    let told = refused(
        story
            .applicant
            .corrections()
            .withdraw_correction(ask(late))
            .await,
    );
    assert_eq!(told.reason, "ETAG_MISMATCH");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_entries_name_both_sides_and_nothing_of_the_record() {
    let story = Story::of_marriages().await;
    let raised = disputed(&story).await;
    accept(&story.owner, &raised.name).await.unwrap();
    corrected(&story.owner, &raised.name).await.unwrap();
    let entries = story.auditor.entries().await;
    let of = |event: &str| {
        let is =
            |kind: &EntryKind| matches!(kind, EntryKind::Change { event: own } if own == event);
        let mut found = entries.iter().filter(|entry| is(entry.kind()));
        let entry = found.next().unwrap_or_else(|| panic!("no {event}"));
        assert!(found.next().is_none(), "{event}");
        entry.facts()
    };
    let states = [
        ("raised", "raised"),
        ("accepted", "accepted"),
        ("closed", "corrected"),
    ];
    for (event, state) in states {
        let facts = of(&format!("sharing.correction.{event}"));
        assert_eq!(facts.text("state"), Some(state));
        assert_eq!(facts.text("correction"), Some(raised.name.as_str()));
        assert_eq!(facts.text("consumer"), Some(raised.consumer.as_str()));
        assert_eq!(facts.text("provider"), Some(story.resource.system.as_str()));
        assert_eq!(facts.text("record").map(str::len), Some(32), "a hash");
        assert_eq!(facts.list("items"), Some(&[DAY.to_owned()][..]));
        assert_eq!(facts.text("statement"), None);
    }
    let mine = pb::ListCorrectionsRequest {
        consumer: raised.consumer.clone(),
        ..pb::ListCorrectionsRequest::default()
    };
    assert_eq!(
        listed(&story.applicant, mine.clone()).await,
        [raised.name.as_str()]
    );
    let open = pb::ListCorrectionsRequest {
        open_only: true,
        ..mine
    };
    assert!(listed(&story.applicant, open).await.is_empty());
    let Some(Kind::Certificate(_)) = raised.record.unwrap().kind else {
        panic!("it is a certificate");
    };
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_way_is_gone_over_http_json_too() {
    let story = Story::of_marriages().await;
    let identifier = found(&story, &people::HUSBAND)
        .await
        .certificate
        .unwrap()
        .identifier;
    let open = async |who: &Client| {
        let identity = Some(&who.identity);
        Http::open(&story.world.gateway, identity, Speaks::Http1).await
    };
    let (mut platform, mut owner) = (open(&story.platform).await, open(&story.owner).await);
    let doubt = json!({
        "record": {"certificate": {
            "certificateType": story.resource.certificate_type,
            "identifier": identifier,
        }},
        "statement": STATEMENT,
    });
    let path = format!("/v1/corrections?requestId={}", new_id());
    let raised = platform.post(&path, &doubt).await.good();
    let name = raised["name"].as_str().unwrap();
    assert_eq!(raised["state"], "STATE_RAISED");
    let step = json!({"requestId": new_id()});
    let taken = owner
        .post(&format!("/v1/{name}:accept"), &step)
        .await
        .good();
    assert_eq!(taken["statement"], STATEMENT);
    let step = json!({"requestId": new_id(), "result": "RESULT_CORRECTED"});
    let closed = owner.post(&format!("/v1/{name}:close"), &step).await.good();
    assert_eq!(closed["state"], "STATE_CORRECTED");
    let late = json!({"requestId": new_id()});
    let late = platform.post(&format!("/v1/{name}:withdraw"), &late).await;
    assert_eq!(late.reason(), "STATE_CONFLICT");
    let read = platform.get(&format!("/v1/{name}")).await.good();
    assert_eq!(read["record"], doubt["record"]);
    let listed = owner.get("/v1/corrections?openOnly=true").await.good();
    assert!(
        listed
            .get("corrections")
            .is_none_or(|all| all.as_array().unwrap().is_empty())
    );
}
