//! By each way, as more and more stands in it: what the call hears is what was told.

use api::catalogue::v1 as catalogue;
use api::exchange::v1 as pb;
use api::exchange::v1::explain_request::Target;
use api::registry::v1 as registry;
use api::sharing::v1 as sharing;
use kit::world::answer::refused;
use kit::world::coded::Coded;
use kit::world::insured::Insured;
use kit::world::story::{agree, publish};
use kit::world::terms::{PLATFORM, application, purpose};
use kit::world::{World, ask, new_id};
use sandbox::people::HUSBAND;

use super::ways::{Asked, Heard, METHOD, Stage, WAYS, Way};

const EVERY_REQUEST: [Asked; 4] = [
    Asked::InOrder,
    Asked::ForeignMatter,
    Asked::NoOperator,
    Asked::ItemBeyond,
];

/// What was told, as a call would have heard it.
async fn told(stage: &Stage, way: Way, asked: Asked) -> Heard {
    let told = stage.told(way.question(stage, asked)).await;
    let rules = told.obstacles.iter().map(|one| one.rule.clone());
    let first = told.obstacles.first();
    assert_eq!(told.permitted, first.is_none(), "{told:?}");
    first.map(|first| (told.rule.clone(), first.reason.clone(), rules.collect()))
}

/// Holds every way and request against each other, and gives the rules that decided.
async fn hold(stage: &Stage, situation: &str) -> Vec<(Way, Asked, String)> {
    let mut decided = Vec::new();
    for way in WAYS {
        for asked in EVERY_REQUEST {
            let heard = way.call(stage, asked).await;
            let told = told(stage, way, asked).await;
            assert_eq!(told, heard, "{situation}: {way:?} {asked:?}");
            let rule = heard.map_or_else(String::new, |(rule, _, _)| rule);
            decided.push((way, asked, rule));
        }
    }
    decided
}

fn rule_of(decided: &[(Way, Asked, String)], way: Way, asked: Asked) -> &str {
    let mut found = decided.iter();
    let found = found.find(|(by, how, _)| (*by, *how) == (way, asked));
    &found.unwrap().2
}

async fn announce_maintenance(stage: &Stage) {
    let now = broker::clock::Clock::now(&broker::clock::SystemClock).as_second();
    let at = |seconds: i64| {
        Some(prost_types::Timestamp {
            seconds: now + seconds,
            nanos: 0,
        })
    };
    let request = registry::AnnounceMaintenanceRequest {
        name: "systems/enterprise-registry/endpoints/main".to_owned(),
        maintenance: Some(registry::Maintenance {
            start_time: at(-60),
            end_time: at(3600),
            reason: "数据库升级".to_owned(),
        }),
        request_id: new_id(),
    };
    let mut endpoints = stage.firms.client.endpoints();
    endpoints.announce_maintenance(ask(request)).await.unwrap();
}

async fn suspend_grants(stage: &Stage) {
    let owners = [&stage.insured.owner, &stage.owner, &stage.owner];
    for (grant, owner) in stage.grants.iter().zip(owners) {
        let request = sharing::SuspendGrantRequest {
            name: grant.name.clone(),
            reason: "核查".to_owned(),
            request_id: new_id(),
        };
        owner.grants().suspend_grant(ask(request)).await.unwrap();
    }
}

async fn suspend_entries(stage: &Stage) {
    for entry in &stage.entries[..2] {
        let request = catalogue::SuspendResourceRequest {
            name: entry.name.clone(),
            reason: "数据核查".to_owned(),
            request_id: new_id(),
            etag: String::new(),
        };
        let mut resources = stage.owner.resources();
        resources.suspend_resource(ask(request)).await.unwrap();
    }
}

async fn suspend_system(stage: &Stage, name: &str) {
    let request = registry::SuspendSystemRequest {
        name: name.to_owned(),
        reason: "安全整改".to_owned(),
        request_id: new_id(),
    };
    let mut systems = stage.insured.world.operator.systems();
    systems.suspend_system(ask(request)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_hears_what_explain_told() {
    let stage = Stage::start().await;
    let decided = hold(&stage, "in order").await;
    for (way, asked, rule) in &decided {
        let expected = match (way, asked) {
            (_, Asked::ForeignMatter) => "grant.matter-covered",
            (_, Asked::NoOperator) => "grant.operator-named",
            (Way::CertificateFile, _) => "grant.items-covered",
            // A file is had with the items that it has.
            (_, Asked::InOrder) | (Way::File, Asked::ItemBeyond) => "",
            (_, Asked::ItemBeyond) => "grant.items-covered",
        };
        assert_eq!(rule, expected, "{way:?} {asked:?}");
    }

    announce_maintenance(&stage).await;
    let decided = hold(&stage, "in maintenance").await;
    let maintained = "provider.not-in-maintenance";
    for (way, expected) in [
        (Way::Lookup, maintained),
        (Way::Rows, maintained),
        (Way::File, ""),
        (Way::Method, ""),
    ] {
        assert_eq!(rule_of(&decided, way, Asked::InOrder), expected, "{way:?}");
    }

    suspend_grants(&stage).await;
    let decided = hold(&stage, "suspended grants").await;
    for way in [Way::Lookup, Way::Rows, Way::File, Way::Method] {
        let rule = rule_of(&decided, way, Asked::ForeignMatter);
        assert_eq!(rule, "grant.not-suspended", "{way:?}");
    }

    suspend_entries(&stage).await;
    suspend_system(&stage, "systems/enterprise-registry").await;
    let decided = hold(&stage, "stopped entries of a stopped system").await;
    for way in [Way::Lookup, Way::Verify, Way::Rows, Way::File] {
        let rule = rule_of(&decided, way, Asked::InOrder);
        assert_eq!(rule, "resource.usable", "{way:?}");
    }
    // The fourth entry is of another department, and only its items are withheld.
    let rule = rule_of(&decided, Way::CertificateFile, Asked::InOrder);
    assert_eq!(rule, "grant.items-covered");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspended_caller_is_told_of_with_what_stands_behind() {
    let stage = Stage::start().await;
    suspend_grants(&stage).await;
    suspend_system(&stage, &format!("systems/{PLATFORM}")).await;
    for way in WAYS {
        // Whoever is suspended is not let in at all, and hears of nothing behind that.
        let (rule, reason, _) = way.call(&stage, Asked::InOrder).await.unwrap();
        let (told_rule, told_reason, all) = told(&stage, way, Asked::InOrder).await.unwrap();
        assert_eq!((told_rule, told_reason), (rule, reason), "{way:?}");
        assert!(all.len() > 1, "{way:?}: {all:?}");
        assert_eq!(all[0], "caller.active");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handing_out_use_codes_is_told_as_it_is_decided() {
    let coded = Coded::start().await;
    let question = |issues_use_code| pb::ExplainRequest {
        target: Some(Target::CertificateType(
            coded.story.resource.certificate_type.clone(),
        )),
        purpose: Some(api::value::v1::Purpose {
            matter: kit::city::matter(0).name.to_string(),
            ..api::value::v1::Purpose::default()
        }),
        issues_use_code,
        ..pb::ExplainRequest::default()
    };
    let told = coded.portal.exchange().explain(ask(question(true))).await;
    assert!(told.unwrap().into_inner().permitted);
    coded.code().await;
    // The portal's grant releases nothing to itself.
    let told = coded.portal.exchange().explain(ask(question(false))).await;
    assert_eq!(told.unwrap().into_inner().rule, "grant.mode-covered");
    // The platform's lets it use the data, and hand nothing out.
    let platform = &coded.story.platform;
    let told = platform.exchange().explain(ask(question(true))).await;
    let told = told.unwrap().into_inner();
    let mut codes = platform.use_codes();
    let heard = codes.create_use_code(ask(coded.code_request())).await;
    let heard = refused(heard);
    assert_eq!(heard.rule, told.rule);
    assert_eq!(heard.reason, told.obstacles[0].reason);
    assert_eq!(told.rule, "grant.use-codes-covered");
}

/// A second entry behind the same methods.
async fn a_second_entry(insured: &Insured) -> sharing::Grant {
    let second = catalogue::Resource {
        name: "resources/105003-000098".to_owned(),
        title: "参保缴费名册".to_owned(),
        ..kit::world::insured::resource()
    };
    publish(&insured.owner, &insured.publisher, &second).await;
    let terms = sharing::Application {
        items: vec!["name".to_owned()],
        ..application(&second)
    };
    agree(&insured.applicant, &insured.owner, terms).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_entries_behind_one_method_the_same_is_decided_and_told() {
    let insured = Insured::granting(World::start().await, &["name"]).await;
    let second = a_second_entry(&insured).await;
    let question = |grant: &str| pb::ExplainRequest {
        target: Some(Target::Method(METHOD.to_owned())),
        purpose: Some(purpose()),
        grant: grant.to_owned(),
        ..pb::ExplainRequest::default()
    };
    let explain = async |grant: &str| {
        let mut exchange = insured.platform.exchange();
        exchange.explain(ask(question(grant))).await
    };
    // Which of both is meant has to be said.
    let heard = refused(insured.get(&HUSBAND.code).await);
    let told = refused(explain("").await);
    for (told, field) in [(heard, "shuqiao-grant"), (told, "grant")] {
        assert!(told.of_field(field).starts_with("AMBIGUOUS"), "{told:?}");
    }
    let told = explain(&second.name).await.unwrap().into_inner();
    assert!(told.permitted);
    assert_eq!(
        (&told.grant, &told.resource),
        (&second.name, &second.resource)
    );

    // Where neither is in force, that is what is the matter.
    for name in [&insured.grant.name, &second.name] {
        let request = sharing::SuspendGrantRequest {
            name: name.clone(),
            reason: "核查".to_owned(),
            request_id: new_id(),
        };
        let mut grants = insured.owner.grants();
        grants.suspend_grant(ask(request)).await.unwrap();
    }
    let heard = refused(insured.get(&HUSBAND.code).await);
    let told = explain("").await.unwrap().into_inner();
    assert_eq!(heard.rule, "grant.not-suspended");
    assert_eq!(told.rule, heard.rule);
    assert_eq!(told.other_grants.len(), 1);
    assert_eq!(told.other_grants[0].rule, heard.rule);
}
