//! Who may call what: a row for every method, a column for every role, deny by default.

use std::collections::BTreeSet;

use api::catalogue::v1 as catalogue;
use api::sharing::v1 as sharing;
use kit::world::answer::refused;
use kit::world::story::Story;
use kit::world::terms::{COMPETENT, PLATFORM, wire_resource};
use kit::world::wire::Connection;
use kit::world::{ask, new_id};
use sandbox::people;
use tonic::Code;

use super::descriptors::methods;
use super::matrix::Things;

/// What a role without the right is told; where the thing itself is hidden, that it is not there.
const DENIED: [&str; 2] = ["ROLE_NOT_ALLOWED", "NOT_FOUND"];

/// Methods that every known caller may call: they read what is public within the city, or only
/// what the caller may see, or renew the caller's own certificate.
const EVERYBODY: [&str; 38] = [
    "registry.v1.DepartmentService/GetDepartment",
    "registry.v1.DepartmentService/ListDepartments",
    "registry.v1.SystemService/GetSystem",
    "registry.v1.SystemService/ListSystems",
    "registry.v1.InterfaceService/GetInterface",
    "registry.v1.InterfaceService/ListInterfaces",
    "registry.v1.TlsCertificateService/ListTlsCertificates",
    "registry.v1.TlsCertificateService/RenewTlsCertificate",
    "catalogue.v1.ResourceService/GetResource",
    "catalogue.v1.ResourceService/ListResources",
    "catalogue.v1.ResourceService/SearchResources",
    "catalogue.v1.ResourceService/ListResourceVersions",
    "catalogue.v1.ResourceService/GetResourceQuality",
    "catalogue.v1.ResourceService/ListResourceQualities",
    "catalogue.v1.ResourceService/ListResourceDrifts",
    "catalogue.v1.DemandService/GetDemand",
    "catalogue.v1.DemandService/ListDemands",
    "catalogue.v1.WorkItemService/ListWorkItems",
    "sharing.v1.ApplicationService/ListApplications",
    "sharing.v1.ApplicationService/ListRefusalGrounds",
    "sharing.v1.GrantService/ListGrants",
    "sharing.v1.GrantService/ListGrantUses",
    "sharing.v1.UseRecordService/ListUseRecords",
    "sharing.v1.DisputeService/ListDisputes",
    "sharing.v1.ComplaintService/ListComplaints",
    "sharing.v1.CorrectionService/ListCorrections",
    "sharing.v1.EventService/WatchEvents",
    "sharing.v1.EventService/ListEvents",
    "sharing.v1.SubscriptionService/ListSubscriptions",
    "certificate.v1.CertificateService/ListCertificateTypes",
    "certificate.v1.CertificateStatusService/GetStatusList",
    "certificate.v1.CertificateStatusService/DownloadStatusList",
    "exchange.v1.FileService/ListFiles",
    "compliance.v1.ClockService/ListClocks",
    "compliance.v1.PlanService/ListPlans",
    "compliance.v1.PlanService/GetProgress",
    "evidence.v1.EvidenceService/ListEntries",
    "evidence.v1.EvidenceService/GetCheckpoint",
];
/// The one that needs no certificate.
const OPEN: &str = "registry.v1.EnrolmentService/Enrol";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_method_is_denied_to_every_role_that_it_is_not_for() {
    let things = Things::make().await;
    let rows = things.rows();
    let mut named: BTreeSet<&str> = rows.iter().map(|row| row.method).collect();
    named.extend(EVERYBODY);
    named.insert(OPEN);
    let methods = methods();
    let served: BTreeSet<&str> = methods
        .iter()
        .filter_map(|method| method.path.strip_prefix("shuqiao."))
        .collect();
    assert_eq!(served, named, "each method needs a row");

    let before = things.story.auditor.entries().await.len();
    let mut connections = things.connect().await;
    for row in &rows {
        for (role, connection) in connections
            .iter_mut()
            .filter(|(role, _)| !row.may.contains(role))
        {
            let path = format!("shuqiao.{}", row.method);
            let told = connection.call_encoded(&path, &row.message).await.told();
            let case = format!("{role:?} calls {}", row.method);
            assert!(
                DENIED.contains(&told.reason.as_str()),
                "{case}: {}",
                told.reason
            );
        }
    }
    assert_eq!(
        things.story.auditor.entries().await.len(),
        before,
        "nothing was changed"
    );
    assert_eq!(things.story.provider.running().asked(), 0);

    // The right ones are let in; what the state of a thing says to them is another matter.
    for row in things.rows() {
        for (role, connection) in connections
            .iter_mut()
            .filter(|(role, _)| row.may.contains(role))
        {
            let path = format!("shuqiao.{}", row.method);
            let answer = connection.call_encoded(&path, &row.message).await;
            let case = format!("{role:?} calls {}", row.method);
            if !answer.is_ok() {
                let told = answer.told();
                assert!(
                    !DENIED.contains(&told.reason.as_str()),
                    "{case}: {}",
                    told.reason
                );
                assert_ne!(told.code, Code::Unauthenticated, "{case}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_message_is_answered_with_a_reason_and_changes_nothing() {
    let things = Things::make().await;
    let before = things.story.auditor.entries().await.len();
    let mut anonymous = Connection::open(&things.story.world.gateway, None).await;
    // Together: a connection of somebody unknown is kept for half a minute only.
    for method in methods() {
        let answer = anonymous.call(&method.path, &()).await.told();
        let open = method.path.ends_with(OPEN);
        let expected = if open {
            "REQUEST_INVALID"
        } else {
            "TLS_CERTIFICATE_MISSING"
        };
        assert_eq!(answer.reason, expected, "{}", method.path);
    }
    let mut connections = things.connect().await;
    for method in methods() {
        for (role, connection) in &mut connections {
            let answer = connection.call(&method.path, &()).await;
            if !answer.is_ok() {
                let _ = answer.told();
            }
            assert!(
                !answer.is_ok() || method.reads(),
                "{role:?} calls {}",
                method.path
            );
        }
    }
    assert_eq!(things.story.auditor.entries().await.len(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_registered_an_entry_may_not_publish_it() {
    let story = Story::of_marriages().await;
    // The competent department provides something itself: its officers have both roles.
    let own = catalogue::Resource {
        name: "resources/101001-000091".to_owned(),
        system: format!("systems/{PLATFORM}"),
        certificate_type: String::new(),
        ..wire_resource("marriage-registrations")
    };
    let name = own.name.clone();
    let create = catalogue::CreateResourceRequest {
        resource: Some(own),
        request_id: new_id(),
        validate_only: false,
    };
    let mut same = story.publisher.resources();
    same.create_resource(ask(create)).await.unwrap();
    let register = catalogue::RegisterResourceRequest {
        name: name.clone(),
        request_id: new_id(),
        etag: String::new(),
    };
    same.register_resource(ask(register)).await.unwrap();
    let publish = || catalogue::PublishResourceRequest {
        name: name.clone(),
        request_id: new_id(),
        etag: String::new(),
    };
    let told = refused(same.publish_resource(ask(publish())).await);
    let expected = (Code::PermissionDenied, "SECOND_PERSON_NEEDED");
    assert_eq!((told.code, told.reason.as_str()), expected);
    // A second certificate does not make a second person.
    let twin = story.world.enrol_officer(COMPETENT, "li").await;
    let told = refused(twin.resources().publish_resource(ask(publish())).await);
    assert_eq!(told.reason, "SECOND_PERSON_NEEDED");
    story
        .applicant
        .resources()
        .publish_resource(ask(publish()))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_suspended_a_grant_may_not_resume_it() {
    let story = Story::of_marriages().await;
    let suspend = sharing::SuspendGrantRequest {
        name: story.grant.name.clone(),
        reason: "用途存疑".to_owned(),
        request_id: new_id(),
    };
    story
        .owner
        .grants()
        .suspend_grant(ask(suspend))
        .await
        .unwrap();
    let told = refused(story.lookup(&people::HUSBAND).await);
    assert_eq!(
        (told.reason.as_str(), told.rule.as_str()),
        ("GRANT_SUSPENDED", "grant.not-suspended")
    );
    let resume = || sharing::ResumeGrantRequest {
        name: story.grant.name.clone(),
        request_id: new_id(),
    };
    let told = refused(story.owner.grants().resume_grant(ask(resume())).await);
    assert_eq!(told.reason, "SECOND_PERSON_NEEDED");
    story
        .world
        .operator
        .grants()
        .resume_grant(ask(resume()))
        .await
        .unwrap();
    story.lookup(&people::HUSBAND).await.unwrap();
}
