//! Who sees which TLS certificates, and what is said of them.

use api::registry::v1 as pb;
use kit::world::answer::refused;
use kit::world::{Client, World, ask};

async fn listed(who: &Client, request: pb::ListTlsCertificatesRequest) -> Vec<pb::TlsCertificate> {
    let mut request = request;
    let mut found = Vec::new();
    loop {
        let mut client = who.tls_certificates();
        let page = client.list_tls_certificates(ask(request.clone())).await;
        let page = page.unwrap().into_inner();
        found.extend(page.tls_certificates);
        if page.next_page_token.is_empty() {
            return found;
        }
        request.page_token = page.next_page_token;
    }
}

fn subjects(found: &[pb::TlsCertificate]) -> Vec<&str> {
    let mut subjects: Vec<&str> = found.iter().map(|one| one.subject.as_str()).collect();
    subjects.sort_unstable();
    subjects
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_sees_the_own_officers_their_departments_and_who_oversees_all() {
    let world = World::start().await;
    let system = world.enrol_provider("marriage-registry").await;
    let twin = world.enrol_system("marriage-registry").await;
    let platform = world.enrol_system("yjs-platform").await;
    let officer = world.enrol_officer("市民政局", "wang").await;
    let auditor = world.enrol_auditor("li").await;
    let any = pb::ListTlsCertificatesRequest::default;
    let all = listed(&world.operator, any()).await;
    assert_eq!(all.len(), 6);
    assert_eq!(listed(&auditor, any()).await, all);
    let names: Vec<&String> = all.iter().map(|one| &one.name).collect();
    assert!(names.is_sorted());
    let one = |client: &Client| {
        let name = client.certificate_name();
        all.iter().find(|one| one.name == name).unwrap()
    };
    assert_eq!(one(&system).endpoint_hosts, ["127.0.0.1"]);
    assert!(one(&twin).endpoint_hosts.is_empty() && one(&twin).renews.is_empty());
    assert!(!one(&system).expires_soon && one(&system).renewable_time.is_some());
    let department = one(&officer).department.clone();
    assert_eq!(one(&system).department, department);
    assert_eq!(one(&auditor).department, "");

    let own = listed(&officer, any()).await;
    let expected = format!("{department}/officers/wang");
    let both = "systems/marriage-registry";
    assert_eq!(subjects(&own), [expected.as_str(), both, both]);
    assert_eq!(subjects(&listed(&system, any()).await), [both, both]);
    assert_eq!(
        subjects(&listed(&platform, any()).await),
        ["systems/yjs-platform"]
    );

    // Filters, a row a page.
    let of = |subject: &str, department: &str| pb::ListTlsCertificatesRequest {
        page_size: 1,
        subject: subject.to_owned(),
        department: department.to_owned(),
        ..any()
    };
    assert_eq!(listed(&auditor, of(both, "")).await.len(), 2);
    assert_eq!(listed(&auditor, of("", &department)).await.len(), 3);
    assert_eq!(
        listed(&auditor, of("auditors/li", &department)).await.len(),
        0
    );
    let soon = pb::ListTlsCertificatesRequest {
        expires_soon: true,
        ..any()
    };
    assert_eq!(listed(&auditor, soon).await.len(), 0);

    let get = pb::GetTlsCertificateRequest {
        name: platform.certificate_name(),
    };
    let told = refused(
        officer
            .tls_certificates()
            .get_tls_certificate(ask(get.clone()))
            .await,
    );
    assert_eq!(told.reason, "NOT_FOUND");
    let own = platform
        .tls_certificates()
        .get_tls_certificate(ask(get))
        .await;
    assert_eq!(own.unwrap().into_inner(), *one(&platform));
}
