//! Budgets last: over a restart, over replicas, and until their window ends.

use std::time::Duration;

use broker::{Failure, Gateway, Grounds, Lookup, PageRequest, Purpose, Use};
use domain::caller::Caller;
use domain::name::{CertificateTypeName, RequestId};
use domain::reason::Reason;
use domain::use_code::PlainCode;
use jiff::SignedDuration;
use kit::city::{self, SEEDS};
use kit::databases::Database;
use kit::gateway::TestGateway;
use kit::tables::Tables;
use store::{BudgetKey, BudgetWindow};
use tokio::time::Instant;

kit::on_each_database!(
    a_restart_forgets_nothing_and_alarms_once,
    two_replicas_together_have_one_budget,
    what_was_given_back_is_given_back_to_all,
    windows_are_added_up_and_begin_anew_when_they_have_ended,
);

/// So many misses one case may have by the seeds.
fn most() -> u32 {
    let of_case = |budget: &&domain::budget::Budget| {
        budget.scope == domain::budget::Scope::Case
            && budget.counted == domain::budget::Counted::Misses
    };
    SEEDS.budgets.iter().find(of_case).unwrap().most
}

/// Guesses a use-code: a miss that needs no grant and no issuer.
async fn guess(gateway: &Gateway, caller: &Caller, request_id: RequestId) -> Reason {
    let used = Use {
        caller: caller.clone(),
        request_id,
        purpose: Purpose {
            matter: city::matter(0).name,
            case_number: "CASE-1".to_owned(),
            operator: None,
        },
        deadline: Instant::now() + Duration::from_secs(30),
        place: None,
    };
    let kind = CertificateTypeName::parse("certificateTypes/11100000MB0143028R001");
    let lookup = Lookup {
        certificate_type: kind.unwrap(),
        grounds: Grounds::UseCode(PlainCode::new([9; 16])),
        items: Vec::new(),
        part_of: None,
        max_age_s: None,
    };
    let failed: Result<_, Failure> = gateway.lookup(&used, &lookup).await;
    failed.unwrap_err().reason
}

/// Another gateway on the same database, as after a restart or beside the first.
async fn another(database: &Database, seed: u64) -> TestGateway {
    let gateway = TestGateway::start_with_key(database, 1, seed)
        .await
        .unwrap();
    gateway.load_seeds(&SEEDS).await.unwrap();
    gateway
}

async fn guesses(gateway: &TestGateway, caller: &Caller, count: u32) {
    for number in 0..count {
        let reason = guess(gateway, caller, gateway.new_request()).await;
        assert_eq!(reason, Reason::UseCodeRefused, "{number}");
    }
}

async fn alarms(gateway: &TestGateway, operator: &Caller) -> usize {
    let page = PageRequest::new(0, "").unwrap();
    let event = Some("exchange.budget_spent");
    let found = gateway.entries(operator, &page, None, event).await;
    found.unwrap().entries.len()
}

async fn a_restart_forgets_nothing_and_alarms_once(database: &Database) {
    let tables = Tables::start(database).await;
    let (gateway, caller) = (&tables.gateway, &tables.platform);
    guesses(gateway, caller, most()).await;
    gateway.share_budgets().await.unwrap();
    let again = another(database, 2).await;
    for expected in [Reason::BudgetSpent, Reason::BudgetSpent] {
        assert_eq!(guess(&again, caller, again.new_request()).await, expected);
    }
    assert_eq!(alarms(&again, &tables.operator).await, 1);
    again.share_budgets().await.unwrap();
    let third = another(database, 3).await;
    let reason = guess(&third, caller, third.new_request()).await;
    assert_eq!(reason, Reason::BudgetSpent);
    assert_eq!(alarms(&third, &tables.operator).await, 1);
    // Its window ends, and it is removed.
    third.clock.advance(SignedDuration::from_hours(1));
    guesses(&third, caller, 1).await;
    third.tidy_budgets().await.unwrap();
    let left = database
        .execute("UPDATE budget_windows SET used = used")
        .await;
    assert_eq!(left, 0);
}

async fn two_replicas_together_have_one_budget(database: &Database) {
    let tables = Tables::start(database).await;
    let (one, caller) = (&tables.gateway, &tables.platform);
    let other = another(database, 2).await;
    guesses(one, caller, most() / 2).await;
    guesses(&other, caller, most() - most() / 2).await;
    for gateway in [one, &other, one] {
        gateway.share_budgets().await.unwrap();
    }
    // The first knows of the other's uses when it told its own after them.
    let reason = guess(&other, caller, other.new_request()).await;
    assert_eq!(reason, Reason::BudgetSpent);
    let reason = guess(one, caller, one.new_request()).await;
    assert_eq!(reason, Reason::UseCodeRefused);
    one.share_budgets().await.unwrap();
    let reason = guess(one, caller, one.new_request()).await;
    assert_eq!(reason, Reason::BudgetSpent);
}

async fn what_was_given_back_is_given_back_to_all(database: &Database) {
    let tables = Tables::start(database).await;
    let (gateway, caller) = (&tables.gateway, &tables.platform);
    let licences = domain::resource::Resource {
        name: domain::name::ResourceName::from_id("102001-000077").unwrap(),
        title: "营业执照证照".to_owned(),
        ..city::resource("enterprise-registrations")
    };
    let licences = tables.publish(licences).await;
    tables
        .agree_on(city::terms("yjs-platform", &licences))
        .await;
    let endpoint = city::endpoint("enterprise-registry.main", "127.0.0.1:1");
    tables.register(endpoint).await.unwrap();
    guesses(gateway, caller, most() - 1).await;
    // No miss: it is paid for, and nobody is there to answer it.
    let used = Use {
        caller: caller.clone(),
        request_id: gateway.new_request(),
        purpose: Purpose {
            matter: city::matter(0).name,
            case_number: "CASE-1".to_owned(),
            operator: None,
        },
        deadline: Instant::now() + Duration::from_secs(30),
        place: None,
    };
    let subject = domain::subject::Subject::parse(
        "001",
        &sandbox::people::SHOP.code,
        &gateway.reference().regions,
        domain::policy::shaoyang_date(gateway.now()),
    );
    let kind = CertificateTypeName::parse("certificateTypes/11100000MB0143028R001");
    let lookup = Lookup {
        certificate_type: kind.unwrap(),
        grounds: Grounds::Duty(domain::certificate::Key::Holder(subject.unwrap())),
        items: Vec::new(),
        part_of: None,
        max_age_s: None,
    };
    let failed = gateway.lookup(&used, &lookup).await.unwrap_err();
    assert_eq!(failed.reason, Reason::ProviderUnavailable);
    gateway.share_budgets().await.unwrap();
    let again = another(database, 2).await;
    guesses(&again, caller, 1).await;
    let reason = guess(&again, caller, again.new_request()).await;
    assert_eq!(reason, Reason::BudgetSpent);
}

async fn windows_are_added_up_and_begin_anew_when_they_have_ended(database: &Database) {
    let store = database.open().await;
    let noon = kit::drafts::noon();
    let window = |who: &str, used: i64, began: i64| BudgetWindow {
        of: BudgetKey {
            system: "systems/a".to_owned(),
            budget: "case misses 60".to_owned(),
            who: who.to_owned(),
        },
        began: noon + SignedDuration::from_secs(began),
        ends: noon + SignedDuration::from_secs(began + 60),
        used,
        alarmed: false,
    };
    let at = |seconds| noon + SignedDuration::from_secs(seconds);
    let first = [window("x", 3, 0), window("y", 1, 0)];
    let mut whole = store.share_budgets(&first, at(0)).await.unwrap();
    whole.sort_by(|one, other| one.of.cmp(&other.of));
    assert_eq!(whole, first);
    let alarm = BudgetWindow {
        alarmed: true,
        ..window("x", -1, 10)
    };
    let whole = store.share_budgets(&[alarm], at(10)).await.unwrap();
    let expected = BudgetWindow {
        alarmed: true,
        ..window("x", 2, 0)
    };
    assert_eq!(whole, [expected]);
    let whole = store
        .share_budgets(&[window("x", 1, 60)], at(60))
        .await
        .unwrap();
    assert_eq!(whole, [window("x", 1, 60)]);
    let open = store.open_budgets(at(60), 10).await.unwrap();
    assert_eq!(open, [window("x", 1, 60)]);
    assert_eq!(store.drop_ended_budgets(at(60)).await.unwrap(), 1);
    assert_eq!(store.drop_ended_budgets(at(60)).await.unwrap(), 0);
}
