//! Whose a link is, for how long, and what a grant must cover for it.

use api::catalogue::v1 as catalogue;
use api::certificate::v1::CertificateFileFormat;
use api::sharing::v1 as sharing;
use kit::world::answer::refused;
use kit::world::story::{Story, agree, publish};
use kit::world::terms::{application, whole_application, with_files};
use kit::world::{ask, new_id};
use sandbox::people::HUSBAND;

use super::{create, get, reason, request};

const OFD: CertificateFileFormat = CertificateFileFormat::Ofd;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_is_its_systems_alone_and_ends_with_the_grant() {
    let story = Story::of_certificate_files().await;
    let kind = &story.resource.certificate_type;
    let made = create(&story.platform, request(kind, &HUSBAND, OFD)).await;
    let link = made.unwrap().into_inner().link.unwrap();
    let other = story.world.enrol_system("yjs-acceptance").await;
    let unknown = format!("/v1/certificateFiles/{}", "0".repeat(64));
    for (client, uri) in [
        (&other, link.uri.as_str()),
        (&story.platform, unknown.as_str()),
        (&story.platform, "/v1/certificateFiles/short"),
        (&story.platform, "/v1/certificateFiles/"),
    ] {
        let reply = get(&story.world, client, uri, "").await;
        assert_eq!(
            (reply.code, reason(&reply).as_str()),
            (404, "NOT_FOUND"),
            "{uri}"
        );
    }
    // An officer of the department has no systems' link, nor has the issuer.
    let reply = get(&story.world, &story.owner, &link.uri, "").await;
    assert_eq!(
        (reply.code, reason(&reply).as_str()),
        (403, "ROLE_NOT_ALLOWED")
    );

    let request = sharing::SuspendGrantRequest {
        name: story.grant.name.clone(),
        reason: "a question is open".to_owned(),
        request_id: new_id(),
    };
    story
        .owner
        .grants()
        .suspend_grant(ask(request))
        .await
        .unwrap();
    let reply = get(&story.world, &story.platform, &link.uri, "").await;
    assert_eq!(
        (reply.code, reason(&reply).as_str()),
        (403, "GRANT_SUSPENDED")
    );
    let request = sharing::ResumeGrantRequest {
        name: story.grant.name.clone(),
        request_id: new_id(),
    };
    // By another person than the one who suspended it.
    let other = story.world.enrol_officer("市民政局", "zhao").await;
    other.grants().resume_grant(ask(request)).await.unwrap();
    let reply = get(&story.world, &story.platform, &link.uri, "").await;
    assert_eq!(reply.code, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_file_mode_or_with_an_item_left_out_there_is_no_file() {
    let story = Story::of_marriages().await;
    let kind = &story.resource.certificate_type;
    let told = refused(create(&story.platform, request(kind, &HUSBAND, OFD)).await);
    assert_eq!(told.reason, "MODE_NOT_COVERED");
    assert!(told.entry.is_some());
    assert_eq!(story.provider.running().asked(), 0);

    let story = Story::of_certificate_files().await;
    let all = story.grant.name.clone();
    agree(&story.applicant, &story.owner, application(&story.resource)).await;
    let request_of = request(kind, &HUSBAND, OFD);
    assert!(create(&story.platform, request_of.clone()).await.is_ok());
    // With the grant of all items gone, the other is not enough.
    let revoke = sharing::RevokeGrantRequest {
        name: all,
        reason: "no longer needed".to_owned(),
        request_id: new_id(),
        disposal_demand: String::new(),
    };
    story
        .owner
        .grants()
        .revoke_grant(ask(revoke))
        .await
        .unwrap();
    let told = refused(create(&story.platform, request(kind, &HUSBAND, OFD)).await);
    assert_eq!(told.reason, "ITEM_NOT_COVERED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_entries_the_one_is_asked_whose_grant_stands() {
    let story = Story::of_certificate_files().await;
    let kind = &story.resource.certificate_type;
    let revoke = sharing::RevokeGrantRequest {
        name: story.grant.name.clone(),
        reason: "no longer needed".to_owned(),
        request_id: new_id(),
        disposal_demand: String::new(),
    };
    let mut grants = story.owner.grants();
    grants.revoke_grant(ask(revoke)).await.unwrap();
    let told = refused(create(&story.platform, request(kind, &HUSBAND, OFD)).await);
    assert_eq!(told.reason, "GRANT_REVOKED");
    let other = catalogue::Resource {
        name: "resources/105001-000009".to_owned(),
        title: "补领结婚证信息".to_owned(),
        ..with_files("marriage-registrations")
    };
    publish(&story.owner, &story.publisher, &other).await;
    agree(&story.applicant, &story.owner, whole_application(&other)).await;
    let made = create(&story.platform, request(kind, &HUSBAND, OFD)).await;
    assert!(made.unwrap().into_inner().link.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_holder_must_have_authorised_it_a_link_needs_that_too() {
    let story = Story::of_authorised_files().await;
    let kind = &story.resource.certificate_type;
    let bare = request(kind, &HUSBAND, OFD);
    let told = refused(create(&story.platform, bare.clone()).await);
    assert_eq!(told.reason, "AUTHORISATION_MISSING");
    assert_eq!(story.provider.running().asked(), 0);
    let authorised = api::certificate::v1::CreateCertificateFileLinkRequest {
        authorisation: Some(api::certificate::v1::HolderAuthorisation {
            reference: "SQ-2022-17".to_owned(),
            granted_on: "2022-01-01".to_owned(),
        }),
        request_id: kit::world::new_id(),
        ..bare
    };
    let id = authorised.request_id.clone();
    let made = create(&story.platform, authorised).await.unwrap();
    let link = made.into_inner().link.unwrap();
    let reply = get(&story.world, &story.platform, &link.uri, "").await;
    assert_eq!(reply.code, 200);
    let entries = story.auditor.entries().await;
    let intent = entries.iter().find(|entry| entry.request_id() == id);
    let facts = intent.unwrap().facts();
    assert_eq!(facts.text("basis"), Some("authorisation"));
    assert_eq!(facts.text("authorised_on"), Some("2022-01-01"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_checked_as_a_whole_and_serves_once() {
    let story = Story::of_certificate_files().await;
    let kind = &story.resource.certificate_type;
    let empty = api::certificate::v1::CreateCertificateFileLinkRequest::default();
    let told = refused(create(&story.platform, empty).await);
    for field in [
        "certificate_type",
        "key",
        "format",
        "request_id",
        "purpose.matter",
    ] {
        assert!(!told.of_field(field).is_empty(), "{field}");
    }
    let asked = request(kind, &HUSBAND, OFD);
    assert!(create(&story.platform, asked.clone()).await.is_ok());
    let told = refused(create(&story.platform, asked).await);
    assert_eq!(told.reason, "REQUEST_ID_REUSED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_downloads_at_once_are_one() {
    let story = Story::of_certificate_files().await;
    let kind = &story.resource.certificate_type;
    let made = create(&story.platform, request(kind, &HUSBAND, OFD)).await;
    let link = made.unwrap().into_inner().link.unwrap();
    let fetch = || get(&story.world, &story.platform, &link.uri, "");
    let replies = kit::together((0..8).map(|_| fetch())).await;
    let good = replies.iter().filter(|reply| reply.code == 200).count();
    assert_eq!(good, 1);
    for reply in replies.iter().filter(|reply| reply.code != 200) {
        assert_eq!(reason(reply), "FILE_LINK_ENDED");
    }
}
