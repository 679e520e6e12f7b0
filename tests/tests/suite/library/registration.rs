//! Registering a library: every fault at once, and no secret is ever told.

use api::catalogue::v1 as catalogue;
use api::registry::v1::endpoint::Health;
use api::registry::v1::{CertificateLibrary, Endpoint, UpdateEndpointRequest};
use kit::world::answer::refused;
use kit::world::shelved::{SECRET, SYSTEM, Shelved};
use kit::world::{ask, new_id};

fn library(endpoint: &mut Endpoint) -> &mut CertificateLibrary {
    endpoint.library.as_mut().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_that_is_wrong_with_a_registration_is_told_at_once() {
    let shelved = Shelved::unregistered().await;
    let mut wrong = shelved.endpoint();
    let part = library(&mut wrong);
    part.secret = "../keys/authority".to_owned();
    part.key_id = "a key".to_owned();
    part.public_key = part.public_key.to_uppercase();
    part.signer_id = "\u{4e2d}".to_owned();
    let fields = &mut part.holdings[0].fields;
    fields.insert("husband_name".to_owned(), "a.b.c".to_owned());
    let told = refused(shelved.register(wrong).await);
    for (field, code) in [
        ("secret", "NOT_A_SECRET_NAME"),
        ("key_id", "NOT_A_KEY_ID"),
        ("public_key", "NOT_A_PUBLIC_KEY"),
        ("signer_id", "NOT_A_SIGNER_ID"),
        ("holdings[0].fields", "NOT_A_METADATA_KEY"),
    ] {
        let said = told.of_field(&format!("endpoint.library.{field}"));
        assert!(said.starts_with(code), "{field}: {said}");
    }

    let mut wrong = shelved.endpoint();
    wrong.address = "8.8.8.8:443".to_owned();
    let part = library(&mut wrong);
    part.secret = "no-such".to_owned();
    // Well written, but off the curve.
    part.public_key = format!("04{}", "01".repeat(64));
    let held = part.holdings[0].clone();
    part.holdings[0].fields.remove("husband_name");
    part.holdings[0]
        .fields
        .insert("invented".to_owned(), "ZZMC".to_owned());
    part.holdings.push(held);
    let told = refused(shelved.register(wrong).await);
    for (field, code) in [
        ("endpoint.address", "ADDRESS_NOT_ALLOWED"),
        ("endpoint.library.secret", "SECRET_REFUSED"),
        ("endpoint.library.public_key", "NOT_A_PUBLIC_KEY"),
        ("endpoint.library.holdings[0].fields", "REQUIRED"),
        ("endpoint.library.holdings[1].resource", "DUPLICATE"),
    ] {
        let said = told.of_field(field);
        assert!(said.starts_with(code), "{field}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_that_others_can_read_or_that_lacks_a_line_is_refused() {
    let shelved = Shelved::unregistered().await;
    let account = shelved.library.account();
    let mut lines = account.lines();
    let two = format!("{}\n{}\n", lines.next().unwrap(), lines.next().unwrap());
    for (text, mode, said) in [
        (account.as_str(), 0o640, "mode to 0600"),
        ("only-an-id\n", 0o600, "access id and the access token"),
        (two.as_str(), 0o600, "no SM2 key"),
        ("id\ntoken\n00ff\n", 0o600, "no SM2 key"),
    ] {
        shelved.keep_secret(text, mode);
        let told = refused(shelved.register(shelved.endpoint()).await);
        let found = told.of_field("endpoint.library.secret");
        assert!(found.contains(said), "{found}");
    }
    // What was laid down for another system is not this one's.
    let secrets = shelved.world.folder().join("secrets");
    std::fs::rename(secrets.join(SYSTEM), secrets.join("another")).unwrap();
    let told = refused(shelved.register(shelved.endpoint()).await);
    let found = told.of_field("endpoint.library.secret");
    assert!(found.contains(&format!("secrets/{SYSTEM}")), "{found}");
    std::fs::rename(secrets.join("another"), secrets.join(SYSTEM)).unwrap();
    // Without encryption no key is needed.
    shelved.keep_secret(&two, 0o600);
    let mut open = shelved.endpoint();
    library(&mut open).encrypted = false;
    let made = shelved.register(open).await.unwrap().into_inner();
    assert_eq!(made.health(), Health::Serving, "{}", made.last_error);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_library_is_shown_as_it_was_registered_and_its_secrets_nowhere() {
    let shelved = Shelved::start().await;
    let request = api::registry::v1::ListEndpointsRequest {
        parent: format!("systems/{SYSTEM}"),
        show_deleted: false,
    };
    let listed = shelved.owner.endpoints().list_endpoints(ask(request)).await;
    let listed = listed.unwrap().into_inner().endpoints;
    let mut expected = shelved.endpoint();
    library(&mut expected).signer_id = "1234567812345678".to_owned();
    assert_eq!(listed[0].library, expected.library);
    // Its TLS is seen as that of any endpoint, though its certificate stands in no register.
    let seen = listed[0].observation.as_ref().unwrap();
    assert_eq!(seen.tls_version, "TLSv1_3");
    assert!(seen.cipher_suite.starts_with("TLS13_"), "{seen:?}");
    assert!(seen.tls_certificate.starts_with("tlsCertificates/"));
    let ends = seen.tls_certificate_expire_time.unwrap();
    assert!(ends.seconds > seen.time.unwrap().seconds, "{seen:?}");
    let account = shelved.library.account();
    let secrets: Vec<&str> = account.lines().collect();
    let log = shelved.world.log();
    let bodies = shelved.auditor.entry_bodies().await;
    for secret in secrets {
        assert!(!log.contains(secret));
        for body in &bodies {
            assert!(!String::from_utf8_lossy(body).contains(secret));
        }
    }
    let entries = shelved.auditor.entries().await;
    let made = entries
        .iter()
        .find(|entry| entry.facts().text("protocol") == Some("certificate_library"));
    let made = made.unwrap().facts();
    assert_eq!(
        made.text("public_key"),
        Some(shelved.library.signer().1.as_str())
    );
    assert_eq!(library(&mut shelved.endpoint()).secret, SECRET);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_holding_by_which_alone_an_entry_is_reached_is_not_left_out() {
    let shelved = Shelved::start().await;
    let draft = catalogue::Resource {
        name: "resources/105001-000601".to_owned(),
        title: "婚姻登记历史信息".to_owned(),
        ..shelved.resource.clone()
    };
    let create = catalogue::CreateResourceRequest {
        resource: Some(draft.clone()),
        request_id: new_id(),
        validate_only: false,
    };
    let mut resources = shelved.owner.resources();
    resources.create_resource(ask(create)).await.unwrap();
    let change = |endpoint: Endpoint| UpdateEndpointRequest {
        endpoint: Some(endpoint),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["library".to_owned()],
        }),
        request_id: new_id(),
        ..UpdateEndpointRequest::default()
    };
    let mut instead = shelved.endpoint();
    library(&mut instead).holdings[0].resource = draft.name.clone();
    let mut endpoints = shelved.owner.endpoints();
    let told = refused(endpoints.update_endpoint(ask(change(instead))).await);
    assert_eq!(told.reason, "STATE_CONFLICT", "{told:?}");
    assert!(
        told.message.contains(&shelved.resource.name),
        "{}",
        told.message
    );

    let mut beside = shelved.endpoint();
    let part = library(&mut beside);
    let mut more = part.holdings[0].clone();
    more.resource = draft.name;
    part.holdings.push(more);
    let changed = endpoints.update_endpoint(ask(change(beside))).await;
    let changed = changed.unwrap().into_inner();
    assert_eq!(changed.library.unwrap().holdings.len(), 2);
}
