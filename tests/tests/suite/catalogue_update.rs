//! A law changes: the entry shows by when it is brought up to date, and its next publication ends that.

use api::catalogue::v1 as pb;
use domain::reference::Reference;
use domain::regime::Rule;
use jiff::Span;
use jiff::civil::Date;
use kit::world::answer::refused;
use kit::world::story::Story;
use kit::world::{Client, ask, new_id};
use ledger::entry::{Entry, Kind};
use tonic::{Response, Status};

const DOCUMENT: &str = "婚姻登记条例（虚构修订）";

type Answer = Result<Response<pb::Resource>, Status>;

fn require(name: &str, effective: &str) -> pb::RequireResourceUpdateRequest {
    pb::RequireResourceUpdateRequest {
        name: name.to_owned(),
        document: DOCUMENT.to_owned(),
        effective_date: effective.to_owned(),
        request_id: new_id(),
        etag: String::new(),
    }
}

async fn required(who: &Client, request: &pb::RequireResourceUpdateRequest) -> Answer {
    let request = ask(request.clone());
    who.resources().require_resource_update(request).await
}

async fn extended(who: &Client, name: &str) -> Answer {
    let request = pb::ExtendResourceUpdateRequest {
        name: name.to_owned(),
        reason: "涉及多个系统".to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    who.resources().extend_resource_update(ask(request)).await
}

async fn shown(who: &Client, name: &str) -> Option<pb::UpdateDuty> {
    let request = pb::GetResourceRequest {
        name: name.to_owned(),
    };
    let found = who.resources().get_resource(ask(request)).await;
    found.unwrap().into_inner().update_duty
}

/// The next version is written, signed off and published.
async fn publish_next(story: &Story) -> pb::Resource {
    let name = story.resource.name.clone();
    let mut owner = story.owner.resources();
    let next = pb::Resource {
        summary: "按修订后的条例说明。".to_owned(),
        ..story.resource.clone()
    };
    let request = pb::UpdateResourceRequest {
        resource: Some(next),
        request_id: new_id(),
        validate_only: false,
    };
    owner.update_resource(ask(request)).await.unwrap();
    let request = pb::RegisterResourceRequest {
        name: name.clone(),
        request_id: new_id(),
        etag: String::new(),
    };
    owner.register_resource(ask(request)).await.unwrap();
    let request = pb::PublishResourceRequest {
        name,
        request_id: new_id(),
        etag: String::new(),
    };
    let mut publisher = story.publisher.resources();
    let published = publisher.publish_resource(ask(request)).await;
    published.unwrap().into_inner()
}

fn latest<'a>(entries: &'a [Entry], named: &str) -> &'a Entry {
    let mut latest = entries.iter().rev();
    let of = |entry: &&Entry| matches!(entry.kind(), Kind::Change { event } if event == named);
    latest.find(of).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_law_starts_both_clocks_and_the_next_publication_ends_them() {
    let story = Story::of_marriages().await;
    let name = story.resource.name.as_str();
    let today =
        domain::policy::shaoyang_date(broker::clock::Clock::now(&broker::clock::SystemClock));
    // So that the owner's last day has not passed.
    let effective = today.checked_sub(Span::new().days(7)).unwrap();
    let reference = Reference::embedded().unwrap();
    let (regimes, calendar) = (&reference.regimes, &reference.calendar);
    let law = |rule, day: Date| regimes.due(rule, day, calendar);
    let review = |day: Date| law(Rule::CatalogueReview, day).map(|due| due.date.to_string());
    let update = law(Rule::CatalogueUpdate, effective);
    let longer = update
        .as_ref()
        .ok()
        .and_then(|due| due.extended(calendar).ok()?);
    let last = longer.and_then(|longer| review(longer).ok());
    let (Ok(update), Some(longer), Some(_)) = (update, longer, last) else {
        // A year whose notice of working days is not loaded: nobody knows the last day, and the duty is there all the same.
        let asked = require(name, &effective.to_string());
        let duty = required(&story.publisher, &asked).await.unwrap();
        assert!(duty.into_inner().update_duty.is_some());
        return;
    };
    let review = |day: Date| review(day).unwrap();

    let tomorrow = today.tomorrow().unwrap().to_string();
    for (day, code) in [
        (tomorrow.as_str(), "NOT_YET"),
        ("2016-09-04", "NO_LAW"),
        ("soon", "NOT_A_DATE"),
    ] {
        let told = refused(required(&story.owner, &require(name, day)).await);
        let said = told.of_field("effective_date");
        assert!(said.starts_with(code), "{told:?}");
    }
    let told = refused(extended(&story.publisher, name).await);
    assert_eq!(told.reason, "STATE_CONFLICT", "{told:?}");

    let asked = require(name, &effective.to_string());
    let duty = required(&story.publisher, &asked).await.unwrap();
    let duty = duty.into_inner().update_duty.unwrap();
    assert_eq!(
        (duty.document.as_str(), duty.effective_date.as_str()),
        (DOCUMENT, effective.to_string().as_str())
    );
    assert_eq!(
        (duty.due_date.as_str(), duty.publish_due_date),
        (update.date.to_string().as_str(), review(update.date))
    );
    assert!(duty.due_rule.contains("CAT-UPD"), "{}", duty.due_rule);
    let again = required(&story.publisher, &asked).await.unwrap();
    assert!(again.into_inner().update_duty.is_some(), "repeated");
    let told = refused(required(&story.owner, &require(name, "2026-01-05")).await);
    assert_eq!(told.reason, "STATE_CONFLICT", "{told:?}");
    assert!(told.message.contains(DOCUMENT), "{}", told.message);

    let told = refused(extended(&story.owner, name).await);
    assert_eq!(told.reason, "ROLE_NOT_ALLOWED", "{told:?}");
    extended(&story.publisher, name).await.unwrap();
    let duty = shown(&story.owner, name).await.unwrap();
    assert_eq!(
        (duty.due_date, duty.publish_due_date),
        (longer.to_string(), review(longer))
    );
    assert_eq!(duty.extension_reason, "涉及多个系统");
    let told = refused(extended(&story.publisher, name).await);
    assert_eq!(told.reason, "STATE_CONFLICT", "{told:?}");
    // What is at work on an entry is its owner's and the reviewer's.
    let other = story.world.enrol_officer("市人社局", "zhao").await;
    assert_eq!(shown(&other, name).await, None);

    let published = publish_next(&story).await;
    assert_eq!((published.version, published.update_duty), (2, None));
    let entries = story.auditor.entries().await;
    for named in [
        "catalogue.resource.update_required",
        "catalogue.resource.update_extended",
        "catalogue.resource.published",
    ] {
        let facts = latest(&entries, named).facts();
        assert_eq!(facts.text("update_document"), Some(DOCUMENT), "{named}");
    }
    let closed = latest(&entries, "catalogue.resource.published").facts();
    assert_eq!(closed.text("update_due"), Some(longer.to_string().as_str()));

    // From the command line, for a change of long ago: overdue, and shown as what it is.
    let arguments = ["catalogue", "require-update", name, "--document", DOCUMENT];
    let more = ["--effective", "2025-09-22", "--output", "json"];
    let ran = story
        .world
        .shuqiaoctl(&story.owner, &[&arguments[..], &more[..]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    let said: serde_json::Value = serde_json::from_str(&ran.said).unwrap();
    let duty = &said["update_duty"];
    assert_eq!(
        (&duty["due_date"], &duty["publish_due_date"]),
        (&"2025-10-11".into(), &"2025-10-14".into())
    );
    let arguments = ["catalogue", "extend-update", name, "--reason", "补办"];
    let ran = story.world.shuqiaoctl(&story.publisher, &arguments);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.told.contains("2025-10-11"), "{ran:?}");
}
