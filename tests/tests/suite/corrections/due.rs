//! The last day of a correction, over holidays and worked weekends, by the rules of the day; and what silence earns.

use broker::{ClockFilter, CorrectionFilter, NewCorrection, SeenCorrection};
use domain::clock::card::Level;
use domain::correction::Record;
use domain::policy::shaoyang_date;
use jiff::Timestamp;
use kit::city;
use kit::databases::Database;
use kit::gateway::{act, first_page};
use kit::tables::{CONSUMER, PROVIDER, Tables, key};

kit::on_each_database!(
    the_last_day_is_the_tenth_working_day,
    silence_earns_cards_until_it_is_closed,
);

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Goes to a moment, with certificates of then and a grant for some months.
async fn go_to(tables: &mut Tables, moment: &str) {
    let gateway = &tables.gateway;
    gateway
        .clock
        .advance(at(moment).duration_since(gateway.now()));
    let operator = gateway.operator("root").await;
    tables.owner = gateway
        .officer(&operator, &city::owner_of(PROVIDER), "wang")
        .await;
    tables.platform = gateway.system_caller(&operator, CONSUMER).await;
    tables.operator = operator;
}

async fn raise(tables: &Tables, id: &str) -> SeenCorrection {
    let gateway = &tables.gateway;
    let request = gateway.new_request();
    let new = NewCorrection {
        resource: Some(tables.resource.name.clone()),
        consumer: None,
        record: Record::Row {
            values: vec![(key("row_id"), id.to_owned())],
        },
        items: Vec::new(),
        statement: "名称不对".to_owned(),
        evidence_index: None,
    };
    let raising = act(&tables.platform, &request, "RaiseCorrection");
    gateway.raise_correction(&raising, new).await.unwrap()
}

/// With a grant for the year around a day.
async fn granted(database: &Database, moment: &str) -> Tables {
    let mut tables = Tables::start(database).await;
    grant_around(&tables, moment).await;
    go_to(&mut tables, moment).await;
    tables
}

async fn grant_around(tables: &Tables, moment: &str) {
    let day = shaoyang_date(at(moment));
    let terms = domain::application::Terms {
        start: day - jiff::Span::new().days(200),
        end: day + jiff::Span::new().days(200),
        ..tables.terms(None, &[])
    };
    tables.agree_on(terms).await;
}

async fn the_last_day_is_the_tenth_working_day(database: &Database) {
    // The measures of 2016 ask for a prompt check and name no number.
    let mut tables = Tables::start(database).await;
    tables.agree(None, &[]).await;
    let row = raise(&tables, "of 2022").await.row.value;
    assert_eq!(row.clock.due, None);
    assert_eq!(row.clock.rule, "CORR sets no limit");
    grant_around(&tables, "2026-03-02T09:00:00+08:00").await;
    for (case, moment, due, rule) in [
        (
            "no holiday",
            "2026-03-02T09:00:00+08:00",
            Some("2026-03-16"),
            "CN-2025-809 CORR 26",
        ),
        (
            "over the Qingming holiday",
            "2026-03-27T23:59:59+08:00",
            Some("2026-04-13"),
            "CN-2025-809 CORR 26",
        ),
        (
            "over May Day and a worked Saturday",
            "2026-04-28T09:00:00+08:00",
            Some("2026-05-14"),
            "CN-2025-809 CORR 26",
        ),
    ] {
        go_to(&mut tables, moment).await;
        let row = raise(&tables, case).await.row.value;
        assert_eq!(
            row.clock.due.map(|day| day.to_string()).as_deref(),
            due,
            "{case}"
        );
        assert_eq!(row.clock.rule, rule, "{case}");
    }
}

async fn silence_earns_cards_until_it_is_closed(database: &Database) {
    let mut tables = granted(database, "2026-03-02T09:00:00+08:00").await;
    let raised = raise(&tables, "1").await.row.value;
    go_to(&mut tables, "2026-03-17T09:00:00+08:00").await;
    tables.gateway.run_clocks().await.unwrap();
    let filter = ClockFilter {
        about: raised.name.to_string(),
        ..ClockFilter::default()
    };
    // Both sides find the clock of what they are a party of.
    for who in [&tables.operator, &tables.owner, &tables.platform] {
        let found = tables
            .gateway
            .kept_clocks(who, &filter, &first_page())
            .await;
        let rows = found.unwrap().rows;
        assert_eq!(rows[0].value.level(), Some(Level::Yellow));
    }
    let open = CorrectionFilter {
        open_only: true,
        ..CorrectionFilter::default()
    };
    let listed = tables
        .gateway
        .corrections(&tables.owner, &first_page(), &open)
        .await
        .unwrap();
    let today = shaoyang_date(tables.gateway.now());
    assert!(listed.rows[0].row.value.is_overdue(today));
    let request = tables.gateway.new_request();
    let withdrawing = act(&tables.platform, &request, "WithdrawCorrection");
    let gateway = &tables.gateway;
    gateway
        .withdraw_correction(&withdrawing, &raised.name, "", "")
        .await
        .unwrap();
    go_to(&mut tables, "2026-03-31T09:00:00+08:00").await;
    assert_eq!(
        tables.gateway.run_clocks().await.unwrap(),
        0,
        "no red card any more"
    );
}
