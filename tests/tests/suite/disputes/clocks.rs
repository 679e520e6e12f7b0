//! Clocks and cards at each level, and decisions that stand because nobody took them further.

use broker::{ClockFilter, NewRuling, Stored};
use domain::caller::Caller;
use domain::clock::card::Level;
use domain::clock::kept::KeptClock;
use domain::dispute::{Dispute, DisputeSubject, Favour};
use domain::name::{DepartmentName, DisputeName};
use jiff::SignedDuration;
use jiff::civil::Date;
use kit::city;
use kit::databases::Database;
use kit::drafts::all_entries;
use kit::gateway::{act, first_page};
use kit::tables::{CONSUMER, PROVIDER, Tables};
use ledger::entry::Kind;

kit::on_each_database!(
    each_level_that_is_late_earns_its_cards,
    a_decision_that_nobody_takes_further_stands_by_itself,
);

struct Cast {
    tables: Tables,
    subject: DisputeSubject,
}

impl Cast {
    async fn enter(database: &Database) -> Self {
        let tables = Tables::start(database).await;
        let grant = tables.agree(None, &[]).await;
        // What was agreed to is not provided: its cards are another matter.
        Self {
            subject: DisputeSubject::Grant(grant.name),
            tables,
        }
    }

    /// An officer with a certificate of today: one lives 30 days.
    async fn officer(&self, of: &DepartmentName) -> Caller {
        let gateway = &self.tables.gateway;
        let operator = gateway.operator("root").await;
        gateway.officer(&operator, of, "wang").await
    }

    async fn consumer(&self) -> Caller {
        self.officer(&city::owner_of(CONSUMER)).await
    }

    async fn provider(&self) -> Caller {
        self.officer(&city::owner_of(PROVIDER)).await
    }

    async fn raised(&self) -> DisputeName {
        let (gateway, by) = (&self.tables.gateway, self.provider().await);
        let request = gateway.new_request();
        let act = act(&by, &request, "CreateDispute");
        let statement = "超出用途使用".to_owned();
        let raised = gateway.raise_dispute(&act, self.subject.clone(), statement);
        raised.await.unwrap().value.name
    }

    async fn escalated(&self, name: &DisputeName) -> Dispute {
        let (gateway, by) = (&self.tables.gateway, self.consumer().await);
        let request = gateway.new_request();
        let act = act(&by, &request, "EscalateDispute");
        gateway
            .escalate_dispute(&act, name, "")
            .await
            .unwrap()
            .value
    }

    async fn decided(&self, name: &DisputeName) -> Dispute {
        let (gateway, by) = (&self.tables.gateway, self.consumer().await);
        let before = gateway.dispute(&by, name).await.unwrap().value;
        let request = gateway.new_request();
        let act = act(&by, &request, "DecideDispute");
        let is_last = before.state.as_str() == "deciding";
        let ruling = NewRuling {
            text: "停止超范围使用".to_owned(),
            document: "邵数协〔2022〕2号".to_owned(),
            document_date: is_last.then(|| domain::policy::shaoyang_date(gateway.now())),
            favour: Favour::Raiser,
            // The competent department uses the data itself.
            forwarded_to: if is_last { "" } else { "湖南省数据局" }.to_owned(),
        };
        let decided = gateway.decide_dispute(&act, name, ruling, "").await;
        decided.unwrap().value
    }

    /// Goes to noon of so many days after a day.
    fn go_behind(&self, day: Date, days: i64) {
        let gateway = &self.tables.gateway;
        let noon: jiff::Timestamp = format!("{day}T04:00:00Z").parse().unwrap();
        let there = noon + SignedDuration::from_hours(24 * days);
        gateway.clock.advance(there.duration_since(gateway.now()));
    }

    /// The clock of a rule that was kept of a dispute.
    async fn clock(&self, name: &DisputeName, rule: &str) -> KeptClock {
        let filter = ClockFilter {
            about: name.to_string(),
            ..ClockFilter::default()
        };
        let reader = self.provider().await;
        let gateway = &self.tables.gateway;
        let found = gateway.kept_clocks(&reader, &filter, &first_page()).await;
        let rows: Vec<Stored<KeptClock>> = found.unwrap().rows;
        let mut of_rule = rows.into_iter().filter(|row| row.value.rule.id() == rule);
        of_rule.next().unwrap().value
    }
}

fn levels(kept: &KeptClock) -> Vec<Level> {
    kept.cards.iter().map(|card| card.level).collect()
}

fn due(dispute: &Dispute) -> Date {
    dispute.state.clock().unwrap().due.unwrap()
}

/// Two weeks behind any last day are the fifth working day, whatever the holidays of 2022.
const LATE: i64 = 14;

async fn each_level_that_is_late_earns_its_cards(database: &Database) {
    let cast = Cast::enter(database).await;
    let gateway = &cast.tables.gateway;
    let [consumer, provider] = [CONSUMER, PROVIDER].map(city::owner_of);
    let name = cast.raised().await;
    let reader = cast.provider().await;
    let mut dispute = gateway.dispute(&reader, &name).await.unwrap().value;
    // The provider raised it, so the consumer has to say something; then the competent department, which is the same.
    for (rule, waits_for) in [
        ("DISP-1", &consumer),
        ("DISP-2", &consumer),
        ("DISP-3", &consumer),
    ] {
        let last = due(&dispute);
        cast.go_behind(last, 0);
        gateway.run_clocks().await.unwrap();
        let kept = cast.clock(&name, rule).await;
        let told = kept.waits_for.department(&gateway.snapshot()).cloned();
        assert_eq!(told.as_ref(), Some(waits_for), "{rule}");
        assert!(!levels(&kept).contains(&Level::Yellow), "{rule}: in time");
        cast.go_behind(last, LATE);
        gateway.note_standing_decisions().await.unwrap();
        gateway.run_clocks().await.unwrap();
        let kept = cast.clock(&name, rule).await;
        let earned = levels(&kept);
        assert!(
            earned.ends_with(&[Level::Yellow, Level::Red]),
            "{rule}: {earned:?}"
        );
        dispute = match rule {
            "DISP-1" => cast.escalated(&name).await,
            "DISP-2" => {
                cast.decided(&name).await;
                cast.escalated(&name).await
            }
            _ => cast.decided(&name).await,
        };
        assert!(cast.clock(&name, rule).await.ended.is_some(), "{rule}");
    }
    assert_eq!(dispute.state.as_str(), "decided");
    assert!(levels(&cast.clock(&name, "DISP-ESC").await).is_empty());
    // Both parties find the cards.
    let entries = all_entries(&database.open().await).await;
    let cards: Vec<_> = entries
        .iter()
        .map(|stored| &stored.entry)
        .filter(|entry| entry.facts().text("dispute") == Some(name.as_str()))
        .filter(|entry| matches!(entry.kind(), Kind::Change { event } if event.starts_with("compliance.card.")))
        .collect();
    assert!(cards.len() >= 6, "{}", cards.len());
    for card in cards {
        let text = |key| card.facts().text(key).map(str::to_owned);
        assert_eq!(text("consumer_department"), Some(consumer.to_string()));
        assert_eq!(text("provider_department"), Some(provider.to_string()));
    }
}

async fn a_decision_that_nobody_takes_further_stands_by_itself(database: &Database) {
    let cast = Cast::enter(database).await;
    let gateway = &cast.tables.gateway;
    let name = cast.raised().await;
    let reader = cast.provider().await;
    let raised = gateway.dispute(&reader, &name).await.unwrap().value;
    cast.go_behind(due(&raised), 1);
    cast.escalated(&name).await;
    let coordinated = cast.decided(&name).await;
    let state = async || {
        gateway.note_standing_decisions().await.unwrap();
        gateway.run_clocks().await.unwrap();
        let reader = cast.provider().await;
        let row = gateway.dispute(&reader, &name).await.unwrap();
        (row.value.state.as_str(), row.revision)
    };
    cast.go_behind(due(&coordinated), 0);
    let (word, revision) = state().await;
    assert_eq!(word, "coordinated", "its last day");
    cast.go_behind(due(&coordinated), 1);
    assert_eq!(state().await, ("decided", revision + 1));
    assert_eq!(state().await, ("decided", revision + 1), "once");
    let kept = cast.clock(&name, "DISP-ESC").await;
    assert!(levels(&kept).is_empty() && kept.ended.is_some());
    let entries = all_entries(&database.open().await).await;
    let told = entries.iter().filter(|stored| {
        matches!(stored.entry.kind(), Kind::Change { event } if event == "sharing.dispute.stands")
    });
    assert_eq!(told.count(), 1);
}
