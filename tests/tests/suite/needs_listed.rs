//! What a matter needs, and what is covered of it, before anything is asked for.

use api::catalogue::v1::Basis;
use api::certificate::v1 as pb;
use api::certificate::v1::need_alternative::Coverage;
use kit::city;
use kit::world::answer::refused;
use kit::world::ask;
use kit::world::story::{Story, agree, publish};
use kit::world::terms::{PLATFORM, application, purpose, wire_resource};

fn request(matter: &str, consumer: &str) -> pb::GetMatterNeedsRequest {
    pb::GetMatterNeedsRequest {
        name: matter.to_owned(),
        consumer: consumer.to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_covered_refused_and_not_shared_is_known_before_asking() {
    let story = Story::of_marriages().await;
    let before = story.auditor.entries().await.len();
    let needs = async |matter: &str| {
        let mut certificates = story.platform.certificates();
        let answer = certificates
            .get_matter_needs(ask(request(matter, "")))
            .await;
        answer.unwrap().into_inner()
    };
    let listed = needs(&purpose().matter).await;
    assert_eq!(listed.title, city::matter(0).title);
    // The seeds say what is needed, and of whom.
    let seed = &city::SEEDS.matters[0];
    let roles: Vec<&str> = listed.needs.iter().map(|need| need.role.as_str()).collect();
    let expected: Vec<&str> = seed
        .requires
        .iter()
        .map(|need| need.role.as_str())
        .collect();
    assert_eq!(roles, expected);
    let alternatives: Vec<_> = listed
        .needs
        .iter()
        .flat_map(|need| &need.alternatives)
        .collect();
    for one in &alternatives {
        let married = one.certificate_type == story.resource.certificate_type;
        let expected = if married {
            Coverage::Covered
        } else {
            Coverage::NotShared
        };
        assert_eq!(one.coverage(), expected, "{}", one.display_name);
        assert!(!one.display_name.is_empty());
        if married {
            assert_eq!(
                (one.grant.as_str(), one.basis()),
                (story.grant.name.as_str(), Basis::Duty)
            );
        }
    }
    assert!(alternatives.len() > 1);
    // The same certificate for a matter that the grant does not cover.
    let foreign = city::SEEDS.matters.iter().skip(1).find(|matter| {
        let mut any = matter.requires.iter().flat_map(|need| &need.any);
        any.any(|kind| story.resource.certificate_type.ends_with(kind.as_str()))
    });
    let foreign = format!("matters/{}", foreign.unwrap().code);
    let listed = needs(&foreign).await;
    let mut alternatives = listed.needs.iter().flat_map(|need| &need.alternatives);
    let married = alternatives.find(|one| one.certificate_type == story.resource.certificate_type);
    let married = married.unwrap();
    assert_eq!(married.coverage(), Coverage::Refused);
    assert_eq!(married.rule, "grant.matter-covered");
    assert!(!married.next.is_empty());
    // Nobody was asked, and there is nothing to record.
    assert_eq!(story.provider.running().asked(), 0);
    assert_eq!(story.auditor.entries().await.len(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_demanded_authorisation_is_told_and_then_serves_the_whole_matter() {
    let story = Story::of_marriages().await;
    // Cards are needed for another matter, and demand their holder's authorisation.
    let cards = wire_resource("social-security-cards");
    let insurer = story.world.enrol_officer("市人社局", "zhou").await;
    let provider = story.world.provider("social-security").await;
    publish(&insurer, &story.publisher, &cards).await;
    let matter = city::SEEDS.matters.iter().find(|matter| {
        let all = matter.requires.iter().flat_map(|need| &need.any);
        let mut roles = matter.requires.iter().map(|need| need.role.as_str());
        all.clone()
            .any(|kind| cards.certificate_type.ends_with(kind.as_str()))
            && roles.all(|role| role == matter.requires[0].role.as_str())
    });
    let matter = matter.unwrap();
    let name = format!("matters/{}", matter.code);
    let terms = api::sharing::v1::Application {
        matters: vec![name.clone()],
        ..application(&cards)
    };
    agree(&story.applicant, &insurer, terms).await;
    let mut certificates = story.platform.certificates();
    let listed = certificates.get_matter_needs(ask(request(&name, ""))).await;
    let listed = listed.unwrap().into_inner();
    let mut alternatives = listed.needs.iter().flat_map(|need| &need.alternatives);
    let card = alternatives.find(|one| one.certificate_type == cards.certificate_type);
    let card = card.unwrap();
    assert_eq!(
        (card.coverage(), card.basis()),
        (Coverage::Covered, Basis::Authorisation)
    );

    let lookup = |authorisation| pb::LookupForMatterRequest {
        purpose: Some(api::value::v1::Purpose {
            matter: name.clone(),
            ..purpose()
        }),
        holders: vec![pb::RoleHolder {
            role: matter.requires[0].role.to_string(),
            holder: Some(kit::world::coded::cardholder().to_wire()),
            authorisation,
        }],
        items: Vec::new(),
        request_id: kit::world::new_id(),
        max_age_s: None,
    };
    let results = |answer: pb::LookupForMatterResponse| -> Vec<pb::AttemptResult> {
        let attempts = answer.needs.into_iter().flat_map(|need| need.attempts);
        let cards = attempts.filter(|one| one.certificate_type == cards.certificate_type);
        cards.map(|one| one.result()).collect()
    };
    let bare = certificates
        .lookup_for_matter(ask(lookup(None)))
        .await
        .unwrap();
    assert_eq!(results(bare.into_inner()), [pb::AttemptResult::Refused]);
    let given = pb::HolderAuthorisation {
        reference: "SQ-7".to_owned(),
        granted_on: "2022-01-01".to_owned(),
    };
    let given = certificates
        .lookup_for_matter(ask(lookup(Some(given))))
        .await
        .unwrap();
    assert_eq!(results(given.into_inner()), [pb::AttemptResult::Found]);
    drop(provider);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_reads_the_needs_and_nobody_the_grants_of_others() {
    let story = Story::of_marriages().await;
    let matter = purpose().matter;
    let stranger = story.world.enrol_officer("市教育局", "zhou").await;
    let mut certificates = stranger.certificates();
    let listed = certificates
        .get_matter_needs(ask(request(&matter, "")))
        .await;
    let listed = listed.unwrap().into_inner();
    for one in listed.needs.iter().flat_map(|need| &need.alternatives) {
        let known = [Coverage::Unspecified, Coverage::NotShared];
        assert!(known.contains(&one.coverage()) && one.grant.is_empty());
    }
    let platform = format!("systems/{PLATFORM}");
    let asked = certificates.get_matter_needs(ask(request(&matter, &platform)));
    assert_eq!(refused(asked.await).reason, "NOT_FOUND");
    let unknown = format!("matters/{}", "11430500XY0000055Q2022999999999");
    let asked = certificates.get_matter_needs(ask(request(&unknown, "")));
    assert_eq!(refused(asked.await).reason, "NOT_FOUND");
}
