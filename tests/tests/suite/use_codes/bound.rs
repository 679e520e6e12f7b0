//! A code opens the use that it was made for, and to every other one it says the same: nothing.

use api::certificate::v1 as pb;
use api::certificate::v1::Disposition;
use api::certificate::v1::create_use_code_request::Addressee;
use api::sharing::v1 as sharing;
use domain::use_code::PlainCode;
use kit::city;
use kit::world::answer::{Told, refused};
use kit::world::ask;
use kit::world::coded::{Coded, PORTAL};
use kit::world::story::agree;
use kit::world::terms::{COMPETENT, application};
use ledger::entry::Kind;

/// What a guesser sees of a refusal.
fn seen(told: &Told) -> (String, String, String, tonic::Code) {
    (
        told.reason.clone(),
        told.rule.clone(),
        told.fault.clone(),
        told.code,
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_system_type_matter_or_case_and_what_nobody_made_are_one_answer() {
    let coded = Coded::start().await;
    let story = &coded.story;
    // Grants for all that is tried, so that the code alone decides.
    let other_matter = city::matter(1).name.to_string();
    let more = sharing::Application {
        matters: vec![other_matter.clone()],
        ..application(&story.resource)
    };
    agree(&story.applicant, &story.owner, more).await;
    let other_system = story.world.enrol_system("marriage-registry").await;
    let theirs = sharing::Application {
        consumer: "systems/marriage-registry".to_owned(),
        ..application(&story.resource)
    };
    let applicant = story.world.enrol_officer("市民政局", "zhao").await;
    agree(&applicant, &story.owner, theirs).await;

    let made = coded.code().await;
    let unknown = PlainCode::new([7; 16]).expose();
    let right = coded.lookup_by(&made.code);
    let with_purpose = |change: fn(&mut api::value::v1::Purpose, String)| {
        let mut request = coded.lookup_by(&made.code);
        change(request.purpose.as_mut().unwrap(), other_matter.clone());
        request
    };
    let another_type = pb::LookupCertificateRequest {
        certificate_type: "certificateTypes/11100000MB0143028R001".to_owned(),
        ..coded.lookup_by(&made.code)
    };
    let mut answers = Vec::new();
    for request in [
        coded.lookup_by(&unknown),
        another_type,
        with_purpose(|purpose, other| purpose.matter = other),
        with_purpose(|purpose, _| "CASE-SY-2022-7732".clone_into(&mut purpose.case_number)),
    ] {
        answers.push(refused(story.send(request).await));
    }
    let mut foreign = other_system.certificates();
    let foreign = foreign.lookup_certificate(ask(coded.lookup_by(&made.code)));
    answers.push(refused(foreign.await));
    assert_eq!(story.provider.running().asked(), 0);
    // It was used up by none of them.
    let answer = story.send(right).await.unwrap().into_inner();
    assert_eq!(answer.disposition(), Disposition::Found);
    answers.push(refused(story.send(coded.lookup_by(&made.code)).await));
    for told in &answers {
        assert_eq!(seen(told), seen(&answers[0]));
        assert_eq!(told.rule, "use-code.holds");
    }
    // Each is an entry, which names no code: of a wrong one there is nothing to tell.
    let entries = story.auditor.entries().await;
    for told in answers {
        let entry = entries
            .iter()
            .find(|entry| Some(entry.index()) == told.entry);
        let entry = entry.unwrap();
        assert!(matches!(entry.kind(), Kind::Change { event } if event == "exchange.refused"));
        assert_eq!(entry.facts().text("rule"), Some("use-code.holds"));
        assert_eq!(entry.facts().text("authorisation"), None);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_department_uses_its_code_with_any_of_its_systems() {
    let coded = Coded::start().await;
    let department = coded.story.world.register_department(COMPETENT).await;
    let request = pb::CreateUseCodeRequest {
        addressee: Some(Addressee::Department(department)),
        ..coded.code_request()
    };
    let made = coded.ask_for(request).await.unwrap();
    let answer = coded.story.send(coded.lookup_by(&made.code)).await;
    assert_eq!(
        answer.unwrap().into_inner().disposition(),
        Disposition::Found
    );
    for unknown in ["systems/nobody", "departments/11430500XY9999991X"] {
        let addressee = if unknown.starts_with("systems/") {
            Addressee::System(unknown.to_owned())
        } else {
            Addressee::Department(unknown.to_owned())
        };
        let request = pb::CreateUseCodeRequest {
            addressee: Some(addressee),
            ..coded.code_request()
        };
        let told = refused(coded.ask_for(request).await.map(tonic::Response::new));
        assert_eq!(told.reason, "REQUEST_INVALID", "{unknown}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_guesses_codes_spends_the_budget_of_misses() {
    let coded = Coded::start().await;
    let most = city::SEEDS.budgets.iter().find(|budget| {
        budget.scope == domain::budget::Scope::Case
            && budget.counted == domain::budget::Counted::Misses
    });
    let most = most.unwrap().most;
    for number in 0..most {
        let code = PlainCode::new(u128::from(number).to_be_bytes()).expose();
        let told = refused(coded.story.send(coded.lookup_by(&code)).await);
        assert_eq!(told.reason, "USE_CODE_REFUSED", "{number}");
    }
    let made = coded.code().await;
    let told = refused(coded.story.send(coded.lookup_by(&made.code)).await);
    assert_eq!(told.reason, "BUDGET_SPENT");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_grant_hands_nothing_out_and_opens_nothing_that_it_handed_out() {
    let coded = Coded::start().await;
    let before = coded.code().await;
    let grants = api::sharing::v1::ListGrantsRequest::default();
    let grants = coded
        .portal
        .grants()
        .list_grants(ask(grants))
        .await
        .unwrap();
    let grants = grants.into_inner().grants;
    let own = grants.iter().find(|grant| grant.consumer.ends_with(PORTAL));
    let request = sharing::RevokeGrantRequest {
        name: own.unwrap().name.clone(),
        reason: "门户停用".to_owned(),
        request_id: kit::world::new_id(),
        disposal_demand: String::new(),
    };
    coded
        .story
        .owner
        .grants()
        .revoke_grant(ask(request))
        .await
        .unwrap();
    let told = refused(
        coded
            .ask_for(coded.code_request())
            .await
            .map(tonic::Response::new),
    );
    assert_eq!(told.reason, "GRANT_REVOKED");
    // The word of a portal that lost the right to it is no authorisation any more.
    let told = refused(coded.story.send(coded.lookup_by(&before.code)).await);
    assert_eq!(told.rule, "use-code.holds");
    assert_eq!(coded.story.provider.running().asked(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspended_portal_neither_hands_out_nor_opens() {
    let coded = Coded::start().await;
    let before = coded.code().await;
    let request = api::registry::v1::SuspendSystemRequest {
        name: format!("systems/{PORTAL}"),
        reason: "门户整改".to_owned(),
        request_id: kit::world::new_id(),
    };
    let mut systems = coded.story.world.operator.systems();
    systems.suspend_system(ask(request)).await.unwrap();
    let made = coded.ask_for(coded.code_request()).await;
    let told = refused(made.map(tonic::Response::new));
    assert_eq!(told.reason, "CALLER_SUSPENDED");
    let told = refused(coded.story.send(coded.lookup_by(&before.code)).await);
    assert_eq!(told.rule, "use-code.holds");
}
