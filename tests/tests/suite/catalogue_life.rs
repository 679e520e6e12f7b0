//! The life of an entry: reviewed, changed in a new version, stopped, retired; and whoever uses it is told in time.

use api::catalogue::v1 as pb;
use api::catalogue::v1::resource::State;
use domain::regime::Rule;
use kit::law::due_today;
use kit::world::answer::refused;
use kit::world::story::{Story, agree, publish};
use kit::world::terms::{application, wire_resource};
use kit::world::{Client, ask, new_id};
use sandbox::people::HUSBAND;
use tonic::{Response, Status};

type Answer = Result<Response<pb::Resource>, Status>;

async fn update(who: &Client, resource: &pb::Resource) -> Answer {
    let request = pb::UpdateResourceRequest {
        resource: Some(pb::Resource {
            etag: String::new(),
            ..resource.clone()
        }),
        request_id: new_id(),
        validate_only: false,
    };
    who.resources().update_resource(ask(request)).await
}

async fn register(who: &Client, name: &str) -> Answer {
    let request = pb::RegisterResourceRequest {
        name: name.to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    who.resources().register_resource(ask(request)).await
}

async fn put_out(who: &Client, name: &str) -> Answer {
    let request = pb::PublishResourceRequest {
        name: name.to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    who.resources().publish_resource(ask(request)).await
}

async fn get(who: &Client, name: &str) -> pb::Resource {
    let request = pb::GetResourceRequest {
        name: name.to_owned(),
    };
    let found = who.resources().get_resource(ask(request)).await;
    found.unwrap().into_inner()
}

async fn change(who: &Client, name: &str) -> Result<Response<pb::ResourceChange>, Status> {
    let request = pb::GetResourceChangeRequest {
        name: name.to_owned(),
    };
    who.resources().get_resource_change(ask(request)).await
}

async fn acknowledge(who: &Client, name: &str) -> Result<Response<pb::ResourceChange>, Status> {
    let request = pb::AcknowledgeResourceChangeRequest {
        name: name.to_owned(),
        request_id: new_id(),
    };
    let mut resources = who.resources();
    resources.acknowledge_resource_change(ask(request)).await
}

async fn versions(who: &Client, name: &str) -> Vec<pb::ResourceVersion> {
    let request = pb::ListResourceVersionsRequest {
        parent: name.to_owned(),
        ..pb::ListResourceVersionsRequest::default()
    };
    let listed = who.resources().list_resource_versions(ask(request)).await;
    listed.unwrap().into_inner().versions
}

fn fields(changes: &[pb::FieldChange]) -> Vec<(&str, bool)> {
    changes
        .iter()
        .map(|change| (change.field.as_str(), change.breaking))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_reviewer_gives_back_is_corrected_and_comes_again() {
    let story = Story::of_marriages().await;
    let draft = pb::Resource {
        name: "resources/105001-000201".to_owned(),
        title: "收养登记信息".to_owned(),
        ..wire_resource("marriage-registrations")
    };
    let request = pb::CreateResourceRequest {
        resource: Some(draft.clone()),
        request_id: new_id(),
        validate_only: false,
    };
    story
        .owner
        .resources()
        .create_resource(ask(request))
        .await
        .unwrap();
    let signed = register(&story.owner, &draft.name)
        .await
        .unwrap()
        .into_inner();
    // Order 809 art. 17 gives two working days.
    assert_eq!(signed.review_due_date, due_today(Rule::CatalogueReview));
    let give_back = |reasons: Vec<pb::ReturnReason>| pb::ReturnResourceRequest {
        name: draft.name.clone(),
        reasons,
        request_id: new_id(),
        etag: String::new(),
    };
    let reason = pb::ReturnReason {
        field: "summary".to_owned(),
        text: "写明用途".to_owned(),
    };
    let silent = story
        .publisher
        .resources()
        .return_resource(ask(give_back(Vec::new())))
        .await;
    assert_eq!(refused(silent).fields(), ["reasons"]);
    let asked = give_back(vec![reason.clone()]);
    let back = story
        .publisher
        .resources()
        .return_resource(ask(asked))
        .await
        .unwrap();
    let back = back.into_inner();
    assert_eq!(
        (back.state(), back.return_reasons),
        (State::Draft, vec![reason])
    );
    let nothing = give_back(vec![pb::ReturnReason {
        field: String::new(),
        text: "再看".to_owned(),
    }]);
    let again = refused(
        story
            .publisher
            .resources()
            .return_resource(ask(nothing))
            .await,
    );
    assert_eq!(again.reason, "STATE_CONFLICT");

    let corrected = pb::Resource {
        summary: "收养关系的成立与解除，用于核验".to_owned(),
        ..draft.clone()
    };
    update(&story.owner, &corrected).await.unwrap();
    register(&story.owner, &draft.name).await.unwrap();
    let published = put_out(&story.publisher, &draft.name)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (published.state(), published.version),
        (State::Published, 1)
    );
    assert_eq!(published.summary, corrected.summary);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_breaks_a_use_waits_until_its_holder_has_taken_note() {
    let story = Story::of_marriages().await;
    let name = story.resource.name.as_str();
    let before = get(&story.owner, name).await;
    let gone = before
        .items
        .iter()
        .position(|item| story.grant.items.contains(&item.key))
        .unwrap();
    let mut next = before.clone();
    let item = next.items.remove(gone);
    next.summary = "婚姻登记结果".to_owned();
    let written = update(&story.owner, &next).await.unwrap().into_inner();
    assert_eq!((written.state(), written.version), (State::Published, 1));
    assert_eq!(written.next.unwrap().summary, next.summary);
    // A draft concerns nobody else yet, and nobody else sees it.
    let stranger = story.world.enrol_officer("市财政局", "zhang").await;
    assert_eq!(get(&stranger, name).await.next, None);
    assert_eq!(refused(change(&stranger, name).await).reason, "NOT_FOUND");

    register(&story.owner, name).await.unwrap();
    let told = change(&story.applicant, name).await.unwrap().into_inner();
    let expected = ["summary".to_owned(), format!("items[{}]", item.key)];
    assert_eq!(
        fields(&told.changes),
        [(expected[0].as_str(), false), (expected[1].as_str(), true)]
    );
    let broken = &told.broken_grants[0];
    assert_eq!(
        (broken.grant.as_str(), broken.acknowledged),
        (story.grant.name.as_str(), false)
    );
    assert_eq!(broken.items, [item.key.as_str()]);
    assert_ne!(told.notice_end_date, "");
    assert_eq!(refused(change(&stranger, name).await).reason, "NOT_FOUND");
    let early = refused(put_out(&story.publisher, name).await);
    assert_eq!(early.reason, "STATE_CONFLICT");
    assert!(
        early.message.contains(&story.grant.name),
        "{}",
        early.message
    );

    assert_eq!(
        refused(acknowledge(&stranger, name).await).reason,
        "NOT_FOUND"
    );
    let noted = acknowledge(&story.applicant, name)
        .await
        .unwrap()
        .into_inner();
    assert!(noted.broken_grants[0].acknowledged);
    let published = put_out(&story.publisher, name).await.unwrap().into_inner();
    assert_eq!(
        (published.version, published.items.len()),
        (2, before.items.len() - 1)
    );
    assert_eq!(published.next, None);

    let all = versions(&stranger, name).await;
    let told: Vec<_> = all
        .iter()
        .map(|row| (row.name.as_str(), row.version))
        .collect();
    let names = [1, 2].map(|number| format!("{name}/versions/{number}"));
    assert_eq!(told, [(names[0].as_str(), 1), (names[1].as_str(), 2)]);
    assert_eq!(
        all[0].resource.as_ref().unwrap().items.len(),
        before.items.len()
    );
    assert_eq!(fields(&all[1].changes).len(), 2);
    assert_eq!(all[1].resource.as_ref().unwrap().summary, next.summary);
    // Of the grant is left what the entry still has.
    story.lookup(&HUSBAND).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_breaks_nothing_is_published_at_once_and_one_taken_back_is_none() {
    let story = Story::of_marriages().await;
    let name = story.resource.name.as_str();
    let before = get(&story.owner, name).await;
    let next = pb::Resource {
        summary: "婚姻登记结果".to_owned(),
        head_approval: "虚构审签〔2026〕2号".to_owned(),
        ..before.clone()
    };
    update(&story.owner, &next).await.unwrap();
    let discarded = update(&story.owner, &before).await.unwrap().into_inner();
    assert_eq!(discarded.next, None);
    assert_eq!(
        refused(register(&story.owner, name).await).reason,
        "STATE_CONFLICT"
    );
    update(&story.owner, &next).await.unwrap();
    register(&story.owner, name).await.unwrap();
    // The entry tells what was said of the version that was signed off, not of the one that is published.
    let entries = story.auditor.entries().await;
    let approval = entries.last().unwrap().facts().text("head_approval");
    assert_eq!(approval, Some("虚构审签〔2026〕2号"));
    let while_registered = refused(update(&story.owner, &next).await);
    assert_eq!(while_registered.reason, "STATE_CONFLICT");
    let published = put_out(&story.publisher, name).await.unwrap().into_inner();
    assert_eq!((published.version, published.summary), (2, next.summary));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_suspended_serves_nobody_and_says_why() {
    let story = Story::of_marriages().await;
    let name = story.resource.name.clone();
    let suspend = pb::SuspendResourceRequest {
        name: name.clone(),
        reason: "数据核查".to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    let stopped = story
        .owner
        .resources()
        .suspend_resource(ask(suspend))
        .await
        .unwrap();
    assert_eq!(stopped.get_ref().state(), State::Suspended);
    let told = refused(story.lookup(&HUSBAND).await);
    assert_eq!(
        (told.reason.as_str(), told.rule.as_str()),
        ("RESOURCE_STOPPED", "resource.usable")
    );
    assert!(told.message.contains("数据核查"), "{}", told.message);
    let wanted = api::sharing::v1::CreateApplicationRequest {
        application: Some(kit::world::terms::application(&story.resource)),
        request_id: new_id(),
        validate_only: true,
    };
    let new = refused(
        story
            .applicant
            .applications()
            .create_application(ask(wanted))
            .await,
    );
    assert_ne!(new.reason, "", "nobody applies for it");
    let resume = pb::ResumeResourceRequest {
        name: name.clone(),
        request_id: new_id(),
        etag: String::new(),
    };
    story
        .publisher
        .resources()
        .resume_resource(ask(resume))
        .await
        .unwrap();
    story.lookup(&HUSBAND).await.unwrap();
    let events = story.auditor.entries().await;
    let of = |named: &str| {
        let kind = |entry: &&ledger::entry::Entry| matches!(entry.kind(), ledger::entry::Kind::Change { event } if event == named);
        events.iter().filter(kind).count()
    };
    assert_eq!(
        [
            of("catalogue.resource.suspended"),
            of("catalogue.resource.resumed")
        ],
        [1, 1]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publication_in_use_is_neither_taken_back_nor_retired_without_notice() {
    let story = Story::of_marriages().await;
    let name = story.resource.name.clone();
    let recall = |name: &str| pb::RecallResourceRequest {
        name: name.to_owned(),
        reason: "内容有误".to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    let retire = |last_day: &str| pb::RetireResourceRequest {
        name: name.clone(),
        reason: "职责划转".to_owned(),
        last_day: last_day.to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    let mut owner = story.owner.resources();
    let in_use = refused(owner.recall_resource(ask(recall(&name))).await);
    assert_eq!(in_use.reason, "STATE_CONFLICT");
    let today =
        domain::policy::shaoyang_date(broker::clock::Clock::now(&broker::clock::SystemClock));
    let soon = refused(owner.retire_resource(ask(retire(&today.to_string()))).await);
    assert!(
        soon.of_field("last_day").starts_with("TOO_SOON"),
        "{soon:?}"
    );
    let later = today
        .checked_add(jiff::Span::new().days(30))
        .unwrap()
        .to_string();
    let announced = owner
        .retire_resource(ask(retire(&later)))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (announced.state(), announced.last_day),
        (State::Published, later.clone())
    );
    // Until then it is used as before, and everybody can read when it ends and why.
    story.lookup(&HUSBAND).await.unwrap();
    let seen = get(&story.applicant, &name).await;
    assert_eq!(
        (seen.last_day.as_str(), seen.stop_reason.as_str()),
        (later.as_str(), "职责划转")
    );

    // Where nobody holds a grant, it goes back to be corrected, and its next publication is the next version.
    let free = pb::Resource {
        name: "resources/105001-000202".to_owned(),
        title: "收养登记信息".to_owned(),
        ..wire_resource("marriage-registrations")
    };
    publish(&story.owner, &story.publisher, &free).await;
    let back = owner
        .recall_resource(ask(recall(&free.name)))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (back.state(), back.return_reasons[0].text.as_str()),
        (State::Draft, "内容有误")
    );
    register(&story.owner, &free.name).await.unwrap();
    let again = put_out(&story.publisher, &free.name)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(again.version, 2);

    // What it says anew is told against what it said when it was taken back.
    owner
        .recall_resource(ask(recall(&free.name)))
        .await
        .unwrap();
    let corrected = pb::Resource {
        summary: "收养关系的成立与解除".to_owned(),
        ..free.clone()
    };
    update(&story.owner, &corrected).await.unwrap();
    register(&story.owner, &free.name).await.unwrap();
    put_out(&story.publisher, &free.name).await.unwrap();
    let all = versions(&story.owner, &free.name).await;
    assert_eq!(fields(&all[1].changes), []);
    assert_eq!(fields(&all[2].changes), [("summary", false)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn note_is_taken_of_each_grant_and_taking_it_twice_is_one() {
    let story = Story::of_marriages().await;
    let name = story.resource.name.as_str();
    let mut next = get(&story.owner, name).await;
    let granted = |key: &str| story.grant.items.iter().any(|item| item == key);
    next.items.retain(|item| !granted(&item.key));
    update(&story.owner, &next).await.unwrap();
    register(&story.owner, name).await.unwrap();
    let note = pb::AcknowledgeResourceChangeRequest {
        name: name.to_owned(),
        request_id: new_id(),
    };
    let mut resources = story.applicant.resources();
    let noted = resources
        .acknowledge_resource_change(ask(note.clone()))
        .await;
    assert!(noted.unwrap().into_inner().broken_grants[0].acknowledged);

    // A grant that is agreed to after that is one more to take note of, with a notice of its own.
    let later = agree(&story.applicant, &story.owner, application(&story.resource)).await;
    let waits = refused(put_out(&story.publisher, name).await);
    assert_eq!(waits.reason, "STATE_CONFLICT");
    assert!(waits.message.contains(&later.name), "{}", waits.message);
    assert!(
        !waits.message.contains(&story.grant.name),
        "{}",
        waits.message
    );
    acknowledge(&story.applicant, name).await.unwrap();
    put_out(&story.publisher, name).await.unwrap();
    // The same request once more, of which the answer was lost.
    let again = resources.acknowledge_resource_change(ask(note)).await;
    let again = again.unwrap().into_inner();
    assert_eq!((again.broken_grants.len(), again.changes.len()), (0, 0));
}
