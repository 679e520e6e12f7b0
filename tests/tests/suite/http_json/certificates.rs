//! Batches, needs, use-codes and announcements over HTTP/JSON: the same answers, the same evidence.

use api::certificate::v1::CertificateState;
use kit::city;
use kit::world::coded::{Coded, cardholder};
use kit::world::json::{Http, Reply, Speaks};
use kit::world::story::Story;
use kit::world::terms::{CASE, CLERK, PLATFORM, purpose};
use kit::world::{Client, World, new_id};
use ledger::entry::{Entry, Kind};
use sandbox::people::{self, Holder};
use serde_json::{Value, json};

const LOOKUP: &str = "/v1/certificates:lookup";
const ANNOUNCE: &str = "/v1/certificates:announce";

async fn open(world: &World, client: &Client, speaks: Speaks) -> Http {
    Http::open(&world.gateway, Some(&client.identity), speaks).await
}

fn why() -> Value {
    json!({"matter": purpose().matter, "caseNumber": CASE, "operator": CLERK})
}

fn who(holder: &Holder) -> Value {
    json!({"typeCode": holder.type_code, "code": holder.code})
}

/// A lookup without a purpose, as a batch takes it.
fn part(story: &Story, holder: &Holder) -> Value {
    json!({
        "certificateType": story.resource.certificate_type,
        "holder": who(holder),
        "requestId": new_id(),
    })
}

fn lookup(story: &Story, holder: &Holder) -> Value {
    let mut lookup = part(story, holder);
    lookup["purpose"] = why();
    lookup
}

/// A number of 64 bits, which is a text in JSON.
fn number(value: &Value) -> usize {
    value.as_str().unwrap().parse().unwrap()
}

fn refusal(reply: &Reply) -> (u16, String) {
    (reply.code, reply.reason())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_answers_each_in_its_place_with_its_own_evidence() {
    let story = Story::of_marriages().await;
    for speaks in [Speaks::Http2, Speaks::Http1] {
        let mut platform = open(&story.world, &story.platform, speaks).await;
        let mut withheld = part(&story, &people::HUSBAND);
        withheld["items"] = json!(["wife_id_number"]);
        let requests = [
            part(&story, &people::HUSBAND),
            withheld,
            part(&story, &people::STRANGER),
        ];
        let body = json!({"purpose": why(), "requests": requests});
        let answer = platform.post("/v1/certificates:batchLookup", &body).await;
        let results = answer.good()["results"].as_array().unwrap().clone();
        let [found, refused, none] = results.as_slice() else {
            panic!("{} results", results.len());
        };
        let found = &found["answer"];
        assert_eq!(found["disposition"], "DISPOSITION_FOUND");
        let items = found["certificate"]["items"].as_array().unwrap();
        assert!(!items.is_empty());
        let refused = &refused["failure"];
        assert_eq!(refused["reason"], "ITEM_NOT_COVERED");
        assert_eq!(refused["fault"], "consumer");
        assert_eq!(none["answer"]["disposition"], "DISPOSITION_NO_MATCH");
        // What each says of itself stands in the ledger under its own request id.
        let entries = story.auditor.entries().await;
        for (place, index) in [
            (0, number(&found["receipt"]["outcomeIndex"])),
            (1, number(&refused["entry"])),
            (2, number(&none["answer"]["receipt"]["outcomeIndex"])),
        ] {
            let id = requests[place]["requestId"].as_str().unwrap();
            assert_eq!(entries[index].request_id(), id, "{place}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_faults_of_a_batch_are_told_by_their_paths() {
    let story = Story::of_marriages().await;
    let before = story.auditor.entries().await.len();
    let mut platform = open(&story.world, &story.platform, Speaks::Http1).await;
    let mut nameless = part(&story, &people::HUSBAND);
    nameless["certificateType"] = json!("");
    let requests = [lookup(&story, &people::WIFE), nameless];
    let body = json!({"purpose": why(), "requests": requests});
    let reply = platform.post("/v1/certificates:batchLookup", &body).await;
    assert_eq!(refusal(&reply), (400, "REQUEST_INVALID".to_owned()));
    let told = reply.violations();
    let fields: Vec<&str> = told.iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!(
        fields,
        ["requests[0].purpose", "requests[1].certificate_type"]
    );
    assert_eq!(story.provider.running().asked(), 0);
    assert_eq!(story.auditor.entries().await.len(), before);
}

/// The alternatives of all needs that are about the story's own certificate type.
fn about_it(story: &Story, listed: &Value) -> Vec<Value> {
    let needs = listed["needs"].as_array().unwrap();
    let alternatives = needs
        .iter()
        .flat_map(|need| need["alternatives"].as_array().unwrap());
    let kind = story.resource.certificate_type.as_str();
    alternatives
        .filter(|one| one["certificateType"] == kind)
        .cloned()
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_needs_of_a_matter_are_listed_and_then_asked_for() {
    let story = Story::of_marriages().await;
    let before = story.auditor.entries().await.len();
    let path = format!("/v1/{}/needs", purpose().matter);
    let mut platform = open(&story.world, &story.platform, Speaks::Http1).await;
    let listed = platform.get(&path).await.good();
    assert_eq!(listed["title"], city::matter(0).title);
    let needs = listed["needs"].as_array().unwrap();
    assert_eq!(needs.len(), city::SEEDS.matters[0].requires.len());
    let own = about_it(&story, &listed);
    assert_eq!(own.len(), 1);
    assert_eq!(own[0]["coverage"], "COVERAGE_COVERED");
    assert_eq!(own[0]["grant"], story.grant.name);
    // A person names the system; without one, nothing can be said of its grants.
    let mut auditor = open(&story.world, &story.auditor, Speaks::Http1).await;
    let of_platform = format!("{path}?consumer=systems/{PLATFORM}");
    assert_eq!(auditor.get(&of_platform).await.good(), listed);
    let of_nobody = about_it(&story, &auditor.get(&path).await.good());
    assert_ne!(of_nobody[0]["coverage"], "COVERAGE_COVERED");
    assert_eq!(of_nobody[0]["displayName"], own[0]["displayName"]);
    assert_eq!(story.provider.running().asked(), 0);
    assert_eq!(story.auditor.entries().await.len(), before);

    let role = |role: &str, holder: &Holder| json!({"role": role, "holder": who(holder)});
    let body = json!({
        "purpose": why(),
        "holders": [role("child", &people::CHILD), role("applicant", &people::HUSBAND)],
        "requestId": new_id(),
    });
    let asked = platform.post("/v1/certificates:lookupForMatter", &body);
    let answer = asked.await.good();
    assert_ne!(answer["complete"], true);
    let states: Vec<&Value> = answer["needs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|need| &need["state"])
        .collect();
    let uncovered = "NEED_STATE_UNCOVERED";
    assert_eq!(states, [uncovered, uncovered, uncovered, "NEED_STATE_MET"]);
    assert_eq!(story.provider.running().asked(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_use_code_is_handed_out_once_and_opens_one_lookup() {
    let coded = Coded::start().await;
    let story = &coded.story;
    let mut portal = open(&story.world, &coded.portal, Speaks::Http2).await;
    let wish = || {
        json!({
            "holder": who(&cardholder()),
            "certificateType": story.resource.certificate_type,
            "matter": purpose().matter,
            "caseNumber": CASE,
            "system": format!("systems/{PLATFORM}"),
            "requestId": new_id(),
        })
    };
    let wished = wish();
    let made = portal.post("/v1/useCodes", &wished).await.good();
    assert!(made["expireTime"].is_string(), "{made}");
    // Shown once: a repetition does not show it again.
    let again = portal.post("/v1/useCodes", &wished).await;
    assert_eq!(refusal(&again), (409, "REQUEST_ID_REUSED".to_owned()));

    let mut platform = open(&story.world, &story.platform, Speaks::Http1).await;
    let by = |made: &Value| {
        json!({
            "certificateType": story.resource.certificate_type,
            "useCode": made["code"],
            "purpose": why(),
            "requestId": new_id(),
        })
    };
    let answer = platform.post(LOOKUP, &by(&made)).await.good();
    assert_eq!(answer["disposition"], "DISPOSITION_FOUND");
    let entries = story.auditor.entries().await;
    let intent = &entries[number(&answer["receipt"]["intentIndex"])];
    let hash = made["name"].as_str().unwrap().strip_prefix("useCodes/");
    assert_eq!(intent.facts().text("authorisation"), hash);
    let used = platform.post(LOOKUP, &by(&made)).await;
    assert_eq!(refusal(&used), (403, "USE_CODE_REFUSED".to_owned()));

    // Taken back before it was used, it opens nothing; only who handed it out may do that.
    let made = portal.post("/v1/useCodes", &wish()).await.good();
    let path = format!("/v1/{}:withdraw", made["name"].as_str().unwrap());
    let body = json!({"requestId": new_id()});
    let reply = platform.post(&path, &body).await;
    assert_eq!(refusal(&reply), (404, "NOT_FOUND".to_owned()));
    assert_eq!(portal.post(&path, &body).await.good(), json!({}));
    let late = platform.post(LOOKUP, &by(&made)).await;
    assert_eq!(refusal(&late), (403, "USE_CODE_REFUSED".to_owned()));
    assert_eq!(story.provider.running().asked(), 1);
    // Two were handed out and one was taken back; what was refused changed nothing.
    let of_codes = |entry: &&Entry| match entry.kind() {
        Kind::Change { event } => event.starts_with("use_code."),
        _ => false,
    };
    let entries = story.auditor.entries().await;
    assert_eq!(entries.iter().filter(of_codes).count(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_announcement_drops_what_is_kept_and_enters_the_list_of_states() {
    let story = Story::of_cached_marriages_in(World::start().await, 3600).await;
    let mut platform = open(&story.world, &story.platform, Speaks::Http1).await;
    let mut found = async || {
        let body = lookup(&story, &people::HUSBAND);
        platform.post(LOOKUP, &body).await.good()["certificate"].clone()
    };
    let first = found().await;
    assert_ne!(first["fromCache"], true);
    assert_eq!(found().await["fromCache"], true);
    let identifier = first["identifier"].as_str().unwrap();
    let issuer = story.provider.running();
    issuer.change_state(identifier, CertificateState::Suspended);
    let body = json!({
        "certificateType": story.resource.certificate_type,
        "changes": [{
            "kind": "KIND_STATE",
            "identifier": identifier,
            "state": "CERTIFICATE_STATE_SUSPENDED",
            "effectiveDate": "2022-06-01",
        }],
        "listed": true,
        "requestId": new_id(),
    });
    let mut stranger = open(&story.world, &story.platform, Speaks::Http2).await;
    let reply = stranger.post(ANNOUNCE, &body).await;
    assert_eq!(refusal(&reply), (403, "ROLE_NOT_ALLOWED".to_owned()));
    assert_eq!(found().await["fromCache"], true);

    let mut provider = open(&story.world, &story.provider.client, Speaks::Http2).await;
    let announced = provider.post(ANNOUNCE, &body).await.good();
    let entries = story.auditor.entries().await;
    let entry = &entries[number(&announced["entryIndex"])];
    assert!(
        matches!(entry.kind(), Kind::Change { event } if event == "certificate.changes_announced")
    );
    let now = found().await;
    assert_ne!(now["fromCache"], true);
    assert_eq!(now["state"], "CERTIFICATE_STATE_SUSPENDED");
    // Whoever asks nobody but the list hears of it too.
    let path = format!("/v1/{}/statusList", story.resource.certificate_type);
    let list = stranger.get(&path).await.good();
    assert_eq!(list["entries"], "1");
    assert_eq!(list["updateEntryIndex"], announced["entryIndex"]);
}
