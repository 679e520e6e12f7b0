//! Providers that break the contract: the caller is told whose fault it is, the ledger too, and
//! nothing leaves that was not granted.

use api::certificate::v1::Disposition;
use api::value::v1::ItemValue;
use kit::world::answer::{Told, refused};
use kit::world::ask;
use kit::world::story::Story;
use kit::world::terms::WITHHELD;
use kit::world::wire::{Connection, framed};
use ledger::entry::{Entry, Kind};
use prost::Message as _;
use sandbox::people;
use sandbox::provider::Behaviour;

const LOOKUP: &str = "shuqiao.certificate.v1.CertificateService/LookupCertificate";
/// The item that `ExtraItems` adds.
const REMARK: &str = "internal_remark";

/// The outcome that a refusal points at, and its intent.
fn outcome_of(entries: &[Entry], told: &Told) -> (Entry, Entry) {
    let outcome = entries
        .iter()
        .find(|entry| Some(entry.index()) == told.entry)
        .unwrap();
    let intent = entries
        .iter()
        .find(|entry| *entry.kind() == Kind::Intent && entry.request_id() == outcome.request_id());
    assert!(matches!(outcome.kind(), Kind::Outcome { .. }));
    (intent.unwrap().clone(), outcome.clone())
}

async fn assert_recorded(story: &Story, told: &Told, case: &str) {
    let entries = story.auditor.entries().await;
    let (intent, outcome) = outcome_of(&entries, told);
    assert!(intent.index() < outcome.index(), "{case}");
    assert_eq!(
        outcome.facts().text("reason"),
        Some(told.reason.as_str()),
        "{case}"
    );
    assert_eq!(outcome.facts().text("fault"), Some("provider"), "{case}");
    assert_eq!(
        outcome.facts().text("disposition"),
        Some("failed"),
        "{case}"
    );
    assert_eq!(outcome.facts().flag("released"), Some(false), "{case}");
    let mut of_it = entries.iter().rev();
    let last = of_it.find(|entry| entry.request_id() == outcome.request_id());
    assert_eq!(last.unwrap().index(), outcome.index(), "{case}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lookup_whose_provider_misbehaves_is_the_providers_fault_and_releases_nothing() {
    let story = Story::of_marriages().await;
    let running = story.provider.running();
    for (behaviour, reason) in [
        (Behaviour::WrongRequestId, "PROVIDER_BAD_ANSWER"),
        (Behaviour::SwappedHolder, "PROVIDER_BAD_ANSWER"),
        (Behaviour::MistypedItem, "PROVIDER_BAD_ANSWER"),
        (Behaviour::TooMany, "PROVIDER_BAD_ANSWER"),
        (Behaviour::Fail, "PROVIDER_BAD_ANSWER"),
        (Behaviour::BreakOff, "PROVIDER_UNAVAILABLE"),
    ] {
        running.set_behaviour(behaviour);
        let asked = running.asked();
        let case = format!("{behaviour:?}");
        let answer = story.lookup(&people::HUSBAND).await;
        let told = Told::of(&answer.map(|_| ()).expect_err(&case));
        assert_eq!(
            (told.reason.as_str(), told.fault.as_str()),
            (reason, "provider"),
            "{case}"
        );
        assert_eq!(
            running.asked(),
            asked + 1,
            "{case}: asked once, not again and again"
        );
        assert_recorded(&story, &told, &case).await;
        // The intent was durable before: its index stood in the ticket.
        let ticket = running.latest().pop().unwrap();
        let entries = story.auditor.entries().await;
        let (intent, _) = outcome_of(&entries, &told);
        assert_eq!(
            u64::try_from(ticket.intent_index).ok(),
            Some(intent.index()),
            "{case}"
        );
        assert_eq!(ticket.request_id, intent.request_id(), "{case}");
    }
    running.set_behaviour(Behaviour::Normal);
    let found = story.lookup(&people::HUSBAND).await.unwrap().into_inner();
    assert_eq!(found.disposition(), Disposition::Found);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_never_answers_is_left_before_the_caller_gives_up() {
    let story = Story::of_marriages().await;
    story.provider.running().set_behaviour(Behaviour::Hang);
    // Without a client's own deadline: it is the gateway's answer that counts.
    let mut open = Connection::open(&story.world.gateway, Some(&story.platform.identity)).await;
    let request = story.lookup_request(&people::HUSBAND).encode_to_vec();
    let answer = open
        .send(LOOKUP, Some("3S"), &[], framed(&request))
        .await
        .unwrap();
    let told = answer.told();
    assert_eq!(
        (told.reason.as_str(), told.fault.as_str()),
        ("PROVIDER_TIMEOUT", "provider")
    );
    assert_recorded(&story, &told, "Hang").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_whose_line_breaks_in_the_middle_is_unavailable_not_wrong() {
    let mut story = Story::of_marriages().await;
    let line = story.provider.answer_through_a_line().await;
    story
        .until_reached(&story.lookup_request(&people::HUSBAND))
        .await;
    let running = story.provider.running();
    running.set_behaviour(Behaviour::Hang);
    let asked = running.asked();
    let cut = async {
        while running.asked() == asked {
            tokio::task::yield_now().await;
        }
        line.cut();
    };
    let wife = people::WIFE;
    let (answer, ()) = tokio::join!(story.lookup(&wife), cut);
    let told = refused(answer);
    assert_eq!(
        (told.reason.as_str(), told.fault.as_str()),
        ("PROVIDER_UNAVAILABLE", "provider")
    );
    assert_recorded(&story, &told, "cut").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn items_that_were_not_granted_never_reach_the_consumer() {
    let story = Story::of_marriages().await;
    story
        .provider
        .running()
        .set_behaviour(Behaviour::ExtraItems);
    let found = story.lookup(&people::HUSBAND).await.unwrap().into_inner();
    let items = found.certificate.unwrap().items;
    let keys: Vec<&str> = items.iter().map(|item| item.key.as_str()).collect();
    assert!(keys.contains(&"husband_name"), "{keys:?}");
    let granted: Vec<&str> = story.grant.items.iter().map(String::as_str).collect();
    assert!(keys.iter().all(|key| granted.contains(key)), "{keys:?}");
    assert!(
        !keys
            .iter()
            .any(|key| WITHHELD.contains(key) || *key == REMARK),
        "{keys:?}"
    );
    let entries = story.auditor.entries().await;
    let released = entries
        .last()
        .unwrap()
        .facts()
        .list("items")
        .unwrap()
        .to_vec();
    assert_eq!(released, keys);
    // Fewer are asked for: fewer come, though the provider sends all the same.
    let mut request = story.lookup_request(&people::HUSBAND);
    request.items = vec!["registration_date".to_owned()];
    let items = story
        .send(request)
        .await
        .unwrap()
        .into_inner()
        .certificate
        .unwrap()
        .items;
    assert_eq!(
        items
            .iter()
            .map(|item| item.key.as_str())
            .collect::<Vec<_>>(),
        ["registration_date"]
    );
    // More than is granted is refused before the provider is asked.
    let asked = story.provider.running().asked();
    let mut request = story.lookup_request(&people::HUSBAND);
    request.items = vec![WITHHELD[0].to_owned()];
    let told = refused(story.send(request).await);
    assert_eq!(
        (told.reason.as_str(), told.rule.as_str()),
        ("ITEM_NOT_COVERED", "grant.items-covered")
    );
    assert_eq!(story.provider.running().asked(), asked);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_match_and_several_matches_are_answers_that_release_nothing() {
    let story = Story::of_marriages().await;
    for (holder, disposition, word) in [
        (&people::STRANGER, Disposition::NoMatch, "no_match"),
        (&people::HUSBAND, Disposition::Found, "found"),
    ] {
        let answer = story.lookup(holder).await.unwrap().into_inner();
        assert_eq!(answer.disposition(), disposition);
        assert_eq!(
            answer.certificate.is_some(),
            disposition == Disposition::Found
        );
        let outcome = story.auditor.latest_outcome().await;
        let index = answer.receipt.unwrap().outcome_index;
        assert_eq!(u64::try_from(index).ok(), Some(outcome.index()));
        assert_eq!(outcome.facts().text("disposition"), Some(word));
    }
}

fn keys(rows: &[Vec<ItemValue>]) -> Vec<&str> {
    rows.iter()
        .flatten()
        .map(|value| value.key.as_str())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_whose_provider_misbehaves_ends_with_its_fault_and_an_outcome() {
    let story = Story::of_enterprises().await;
    let running = story.provider.running();
    for (behaviour, reason, released) in [
        (Behaviour::WrongRequestId, "PROVIDER_BAD_ANSWER", false),
        (Behaviour::MistypedItem, "PROVIDER_BAD_ANSWER", false),
        (Behaviour::TooMany, "PROVIDER_BAD_ANSWER", false),
        (Behaviour::Fail, "PROVIDER_BAD_ANSWER", false),
        // The first batch had left when the provider broke off: that is disclosure.
        (Behaviour::BreakOff, "PROVIDER_UNAVAILABLE", true),
    ] {
        running.set_behaviour(behaviour);
        let limit = if released { 150 } else { 20 };
        let (rows, ended) = story.read(story.read_request(limit)).await;
        let case = format!("{behaviour:?}");
        let told = Told::of(&ended.expect_err(&case));
        assert_eq!(
            (told.reason.as_str(), told.fault.as_str()),
            (reason, "provider"),
            "{case}"
        );
        assert_eq!(!rows.is_empty(), released, "{case}");
        let entries = story.auditor.entries().await;
        let (_, outcome) = outcome_of(&entries, &told);
        assert_eq!(outcome.facts().text("reason"), Some(reason), "{case}");
        assert_eq!(outcome.facts().flag("released"), Some(released), "{case}");
        let count = outcome.facts().integer("rows").unwrap();
        assert_eq!(usize::try_from(count).unwrap(), rows.len(), "{case}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_are_cut_to_the_grant_however_much_the_provider_sends() {
    let story = Story::of_enterprises().await;
    story
        .provider
        .running()
        .set_behaviour(Behaviour::ExtraItems);
    let (rows, ended) = story.read(story.read_request(20)).await;
    ended.unwrap();
    assert_eq!(rows.len(), 20);
    let keys = keys(&rows);
    assert!(keys.contains(&"credit_code"));
    assert!(
        keys.iter()
            .all(|key| story.grant.items.iter().any(|granted| granted == key))
    );
    assert!(
        !keys
            .iter()
            .any(|key| WITHHELD.contains(key) || *key == REMARK)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_that_looks_at_a_withheld_item_is_refused_before_anything_is_asked() {
    use api::exchange::v1 as exchange;
    use api::value::v1::item_value::Kind as Value;
    let story = Story::of_enterprises().await;
    let by = |key: &str, kind: Value| exchange::Filter {
        kind: Some(exchange::filter::Kind::Comparison(exchange::Comparison {
            operator: exchange::comparison::Operator::Equal.into(),
            value: Some(ItemValue {
                key: key.to_owned(),
                kind: Some(kind),
            }),
        })),
    };
    let text = |text: &str| Value::Text(text.to_owned());
    for (case, filter, reason) in [
        (
            "withheld",
            by("legal_representative", text("测试甲")),
            "ITEM_NOT_COVERED",
        ),
        ("unknown", by("bank_account", text("1")), "ITEM_NOT_COVERED"),
        (
            "mistyped",
            by("credit_code", Value::Integer(1)),
            "REQUEST_INVALID",
        ),
        ("empty", exchange::Filter::default(), "REQUEST_INVALID"),
    ] {
        let mut request = story.read_request(20);
        request.filter = Some(filter);
        let refusal = story.platform.exchange().read_rows(ask(request)).await;
        assert_eq!(refused(refusal).reason, reason, "{case}");
    }
    assert_eq!(story.provider.running().asked(), 0);
}
