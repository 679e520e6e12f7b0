//! Use-codes: handed out by a portal, good once, for one use.

mod bound;
mod clock;
mod once;

use api::certificate::v1 as pb;
use api::certificate::v1::Disposition;
use kit::world::answer::refused;
use kit::world::coded::{Coded, PORTAL, cardholder};
use kit::world::{ask, new_id};
use ledger::entry::{Entry, Kind};

/// The entries of one request.
async fn entries_of(coded: &Coded, request_id: &str) -> Vec<Entry> {
    let entries = coded.story.auditor.entries().await;
    let of_it = entries.into_iter();
    of_it
        .filter(|entry| entry.request_id() == request_id)
        .collect()
}

fn is_change(entry: &Entry, wanted: &str) -> bool {
    matches!(entry.kind(), Kind::Change { event } if event == wanted)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_opens_one_lookup_without_saying_whose_it_is() {
    let coded = Coded::start().await;
    let request = coded.code_request();
    let asked_under = request.request_id.clone();
    let made = coded.ask_for(request).await.unwrap();
    let lookup = coded.lookup_by(&made.code.to_lowercase().replace('-', " "));
    let id = lookup.request_id.clone();
    let answer = coded.story.send(lookup).await.unwrap().into_inner();
    assert_eq!(answer.disposition(), Disposition::Found);
    assert!(!answer.certificate.unwrap().items.is_empty());

    let created = entries_of(&coded, &asked_under).await;
    let [created] = created.as_slice() else {
        panic!("{} entries", created.len());
    };
    assert!(is_change(created, "use_code.created"));
    let used = entries_of(&coded, &id).await;
    let [intent, outcome] = used.as_slice() else {
        panic!("{} entries", used.len());
    };
    assert_eq!(outcome.facts().text("disposition"), Some("found"));
    // The intent names the code by its hash, and holder and case by theirs.
    let hash = made.name.strip_prefix("useCodes/");
    for fact in ["authorisation", "subject", "case"] {
        let said = intent.facts().text(fact);
        assert!(
            said.is_some() && said == created.facts().text(fact),
            "{fact}"
        );
    }
    assert_eq!(intent.facts().text("authorisation"), hash);
    assert_eq!(intent.facts().text("basis"), Some("authorisation"));
    // Used up: by another request, and by the same one since it was answered.
    let told = refused(coded.story.send(coded.lookup_by(&made.code)).await);
    assert_eq!(told.reason, "USE_CODE_REFUSED");
    let again = pb::LookupCertificateRequest {
        request_id: id,
        ..coded.lookup_by(&made.code)
    };
    let told = refused(coded.story.send(again).await);
    assert_eq!(told.reason, "REQUEST_ID_REUSED");
    assert_eq!(coded.story.provider.running().asked(), 1);
    // Neither the code nor the holder stands anywhere that lasts.
    let mut places = coded.story.auditor.entry_bodies().await;
    places.push(coded.story.world.log().into_bytes());
    for file in ["shuqiao.db", "shuqiao.db-wal"] {
        places.extend(std::fs::read(coded.story.world.folder().join(file)).ok());
    }
    let bare = made.code.replace('-', "");
    let holder = cardholder();
    for bytes in places {
        for secret in [made.code.as_str(), bare.as_str(), holder.code.as_ref()] {
            let found = bytes
                .windows(secret.len())
                .any(|part| part == secret.as_bytes());
            assert!(!found, "{secret}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_verification_takes_a_code_too() {
    let coded = Coded::start().await;
    let made = coded.code().await;
    let verification = || pb::VerifyCertificateRequest {
        certificate_type: coded.story.resource.certificate_type.clone(),
        key: Some(pb::verify_certificate_request::Key::UseCode(
            made.code.clone(),
        )),
        purpose: Some(kit::world::terms::purpose()),
        claimed: vec![api::value::v1::ItemValue {
            key: "card_state".to_owned(),
            kind: Some(api::value::v1::item_value::Kind::Text("正常".to_owned())),
        }],
        request_id: new_id(),
        ..pb::VerifyCertificateRequest::default()
    };
    let mut certificates = coded.story.platform.certificates();
    let answer = certificates.verify_certificate(ask(verification())).await;
    assert_eq!(
        answer.unwrap().into_inner().disposition(),
        Disposition::Verified
    );
    let told = refused(certificates.verify_certificate(ask(verification())).await);
    assert_eq!(told.reason, "USE_CODE_REFUSED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_is_shown_once_and_can_be_withdrawn() {
    let coded = Coded::start().await;
    let request = coded.code_request();
    let made = coded.ask_for(request.clone()).await.unwrap();
    let told = refused(coded.ask_for(request).await.map(tonic::Response::new));
    assert_eq!(told.reason, "REQUEST_ID_REUSED");
    let withdrawal = pb::WithdrawUseCodeRequest {
        name: made.name.clone(),
        request_id: new_id(),
    };
    // Whoever did not hand it out does not learn that it exists.
    let mut stranger = coded.story.platform.use_codes();
    let told = refused(stranger.withdraw_use_code(ask(withdrawal.clone())).await);
    assert_eq!(told.reason, "NOT_FOUND");
    let mut portal = coded.portal.use_codes();
    for _ in 0..2 {
        portal
            .withdraw_use_code(ask(withdrawal.clone()))
            .await
            .unwrap();
    }
    let entries = entries_of(&coded, &withdrawal.request_id).await;
    assert_eq!(entries.len(), 1);
    assert!(is_change(&entries[0], "use_code.withdrawn"));
    let told = refused(coded.story.send(coded.lookup_by(&made.code)).await);
    assert_eq!(told.reason, "USE_CODE_REFUSED");
    // What was used cannot be taken back.
    let used = coded.code().await;
    coded.story.send(coded.lookup_by(&used.code)).await.unwrap();
    let withdrawal = pb::WithdrawUseCodeRequest {
        name: used.name,
        request_id: new_id(),
    };
    let told = refused(portal.withdraw_use_code(ask(withdrawal)).await);
    assert_eq!(told.reason, "STATE_CONFLICT");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_grant_to_hand_out_codes_hands_them_out_and_releases_nothing() {
    let coded = Coded::start().await;
    // The platform may use certificates, and hand no codes out.
    let mut platform = coded.story.platform.use_codes();
    let told = refused(platform.create_use_code(ask(coded.code_request())).await);
    assert_eq!(told.reason, "USE_CODES_NOT_COVERED");
    // The portal may hand codes out, and see nothing itself.
    let lookup = pb::LookupCertificateRequest {
        authorisation: Some(pb::HolderAuthorisation {
            reference: "own".to_owned(),
            granted_on: "2022-01-01".to_owned(),
        }),
        ..coded.story.lookup_request(&cardholder())
    };
    let told = refused(
        coded
            .portal
            .certificates()
            .lookup_certificate(ask(lookup))
            .await,
    );
    assert_eq!(told.reason, "MODE_NOT_COVERED");
    assert_eq!(coded.story.provider.running().asked(), 0);
    // The grant says so, to whoever may read it.
    let grants = api::sharing::v1::ListGrantsRequest::default();
    let grants = coded
        .portal
        .grants()
        .list_grants(ask(grants))
        .await
        .unwrap();
    let grants = grants.into_inner().grants;
    let own = |grant: &&api::sharing::v1::Grant| grant.consumer.ends_with(PORTAL);
    assert!(grants.iter().find(own).unwrap().issues_use_codes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_faults_of_a_wish_for_a_code_are_told_at_once() {
    let coded = Coded::start().await;
    let request = pb::CreateUseCodeRequest {
        holder: Some(pb::Holder {
            type_code: "111".to_owned(),
            code: "430502190102030018".to_owned(),
        }),
        certificate_type: "x".to_owned(),
        matter: String::new(),
        case_number: String::new(),
        addressee: None,
        life_s: -1,
        request_id: "x".to_owned(),
    };
    let told = refused(coded.ask_for(request).await.map(tonic::Response::new));
    assert_eq!(
        told.fields(),
        [
            "request_id",
            "holder",
            "certificate_type",
            "matter",
            "case_number",
            "addressee",
            "life_s"
        ]
    );
    assert!(!format!("{told:?}").contains("430502190102030018"));
    for life_s in [59, 7201] {
        let request = pb::CreateUseCodeRequest {
            life_s,
            ..coded.code_request()
        };
        let told = refused(coded.ask_for(request).await.map(tonic::Response::new));
        assert!(
            told.of_field("life_s").starts_with("OUT_OF_RANGE"),
            "{life_s}"
        );
    }
    let lookup = pb::LookupCertificateRequest {
        authorisation: Some(pb::HolderAuthorisation::default()),
        ..coded.lookup_by("11111-A")
    };
    let told = refused(coded.story.send(lookup).await);
    assert!(told.of_field("use_code").starts_with("NOT_A_USE_CODE"));
    assert!(
        told.violations
            .iter()
            .any(|(_, said)| said.starts_with("NOT_BOTH"))
    );
    assert!(!format!("{told:?}").contains("11111"));
}
