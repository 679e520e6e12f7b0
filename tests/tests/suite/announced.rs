//! Issuers announce changes: what is kept of them goes, and lists of states tell the rest.

use api::certificate::v1 as pb;
use api::certificate::v1::certificate_change::Kind;
use api::certificate::v1::{CertificateChange, CertificateState};
use domain::id::CertificateId;
use domain::status::{StatusHistory, entry_hash};
use kit::databases::Database;
use kit::folder::Folder;
use kit::world::answer::refused;
use kit::world::command::shuqiaoctl;
use kit::world::story::Story;
use kit::world::{Client, World, ask, new_id};
use ledger::checkpoint::LogVerifier;
use ledger::signed_list;
use sandbox::announcing;
use sandbox::people::{self, Holder};

async fn story() -> Story {
    Story::of_cached_marriages_in(World::start().await, 3600).await
}

fn announcement(
    story: &Story,
    changes: Vec<CertificateChange>,
) -> pb::AnnounceCertificateChangesRequest {
    pb::AnnounceCertificateChangesRequest {
        certificate_type: story.resource.certificate_type.clone(),
        changes,
        listed: false,
        request_id: new_id(),
    }
}

async fn announce(
    client: &Client,
    request: pb::AnnounceCertificateChangesRequest,
) -> Result<tonic::Response<pb::AnnounceCertificateChangesResponse>, tonic::Status> {
    let mut client = client.statuses();
    client.announce_certificate_changes(ask(request)).await
}

fn data_of(holder: &Holder) -> CertificateChange {
    CertificateChange {
        kind: Kind::Data.into(),
        holders: vec![holder.to_wire()],
        ..CertificateChange::default()
    }
}

fn state_of(identifier: &str, state: CertificateState, from: &str) -> CertificateChange {
    CertificateChange {
        kind: Kind::State.into(),
        identifier: identifier.to_owned(),
        state: state.into(),
        effective_date: from.to_owned(),
        ..CertificateChange::default()
    }
}

async fn found(story: &Story, holder: &Holder) -> pb::Certificate {
    let answer = story.lookup(holder).await.unwrap().into_inner();
    answer.certificate.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_announcement_drops_what_is_kept_of_its_holder_or_its_certificate() {
    let story = story().await;
    let provider = &story.provider.client;
    let kept = async |holder: &Holder| found(&story, holder).await.from_cache;
    let one = found(&story, &people::HUSBAND).await;
    assert!(!kept(&people::ELDER).await && kept(&people::HUSBAND).await);
    // Who shares the certificate, though another was looked up.
    announce(provider, announcement(&story, vec![data_of(&people::WIFE)]))
        .await
        .unwrap();
    assert!(!kept(&people::HUSBAND).await && kept(&people::ELDER).await);
    // The certificate itself.
    let change = state_of(&one.identifier, CertificateState::Suspended, "2022-06-01");
    let request = announcement(&story, vec![change]);
    let answer = announce(provider, request.clone()).await.unwrap();
    let entry = answer.get_ref().entry_index;
    assert!(!kept(&people::HUSBAND).await && kept(&people::ELDER).await);

    // The same again is the same announcement; it drops nothing a second time.
    let again = announce(provider, request.clone()).await.unwrap();
    assert_eq!(again.get_ref().entry_index, entry);
    assert!(kept(&people::HUSBAND).await);
    let other = pb::AnnounceCertificateChangesRequest {
        listed: true,
        ..request
    };
    let told = refused(announce(provider, other).await);
    assert_eq!(told.reason, "REQUEST_ID_REUSED");

    // Its entry counts and names by keyed hashes alone.
    let entries = story.auditor.entries().await;
    let entry = &entries[usize::try_from(entry).unwrap()];
    let facts = entry.facts();
    assert_eq!(facts.integer("changes"), Some(1));
    assert_eq!(facts.integer("state"), Some(1));
    let said = String::from_utf8_lossy(&entry.encode()).into_owned();
    assert!(said.contains("certificate.changes_announced") && said.contains("\"certificates\""));
    assert!(!said.contains(&one.identifier), "{said}");
}

kit::on_each_database!(what_one_gateway_hears_another_forgets);

async fn what_one_gateway_hears_another_forgets(database: &Database) {
    let url = database.url_text();
    let first = World::open_on(Folder::new("one"), Some(&url), None).await;
    let story = Story::of_cached_marriages_in(first, 3600).await;
    let copy = story.world.folder().copy("two");
    let second = World::open_on(copy, Some(&url), None).await;
    let elsewhere = second.connect(story.platform.identity.clone()).await;
    let there = async || {
        let mut certificates = elsewhere.certificates();
        let request = story.lookup_request(&people::HUSBAND);
        let answer = certificates.lookup_certificate(ask(request)).await.unwrap();
        answer.into_inner().certificate.unwrap()
    };
    assert!(!there().await.from_cache && there().await.from_cache);
    let changes = vec![data_of(&people::HUSBAND)];
    announce(&story.provider.client, announcement(&story, changes))
        .await
        .unwrap();
    // The other gateway looks at the store by itself; until then it may serve what it kept.
    let mut asked = 0;
    while there().await.from_cache {
        asked += 1;
        assert!(asked < 5_000, "it was never heard of");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_faults_are_told_and_only_a_provider_of_the_type_may_announce() {
    let story = story().await;
    let provider = &story.provider.client;
    let faulty = vec![
        CertificateChange::default(),
        CertificateChange {
            kind: Kind::Issued.into(),
            identifier: "1.2.156".to_owned(),
            ..CertificateChange::default()
        },
        state_of("", CertificateState::Valid, "2022-13-01"),
        CertificateChange {
            expire_date: "2030-12-31".to_owned(),
            ..data_of(&people::WIFE)
        },
    ];
    let told = refused(announce(provider, announcement(&story, faulty)).await);
    assert_eq!(told.reason, "REQUEST_INVALID");
    assert!(told.of_field("changes[0].kind").starts_with("REQUIRED"));
    assert!(
        told.of_field("changes[1].identifier")
            .starts_with("INVALID")
    );
    assert!(!told.of_field("changes[2].effective_date").is_empty());
    assert!(told.of_field("changes[3].state").starts_with("INCOMPLETE"));
    let bare = CertificateChange {
        holders: Vec::new(),
        ..data_of(&people::WIFE)
    };
    let told = refused(announce(provider, announcement(&story, vec![bare])).await);
    assert!(
        told.of_field("changes[0].identifier")
            .starts_with("REQUIRED")
    );
    let good = announcement(&story, vec![data_of(&people::WIFE)]);
    for client in [&story.platform, &story.owner, &story.world.operator] {
        let told = refused(announce(client, good.clone()).await);
        assert_eq!(told.reason, "ROLE_NOT_ALLOWED");
    }
}

/// Two certificates of which the first was suspended for a month.
async fn listed(story: &Story) -> [String; 2] {
    let first = found(story, &people::HUSBAND).await.identifier;
    let second = found(story, &people::ELDER).await.identifier;
    let changes = vec![
        state_of(&first, CertificateState::Valid, "2022-02-22"),
        state_of(&first, CertificateState::Suspended, "2024-05-01"),
        CertificateChange {
            expire_date: "2030-12-31".to_owned(),
            ..state_of(&first, CertificateState::Valid, "2024-06-01")
        },
        state_of(&second, CertificateState::Cancelled, "2010-10-10"),
    ];
    let request = pb::AnnounceCertificateChangesRequest {
        listed: true,
        ..announcement(story, changes)
    };
    announce(&story.provider.client, request).await.unwrap();
    [first, second]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_answers_for_any_day_and_names_nobody() {
    let story = story().await;
    let kind = story.resource.certificate_type.clone();
    let mut client = story.platform.statuses();
    let ask_for = || pb::GetStatusListRequest {
        certificate_type: kind.clone(),
    };
    let told = refused(client.get_status_list(ask(ask_for())).await);
    assert_eq!(told.reason, "NOT_FOUND");
    let [first, second] = listed(&story).await;
    let info = client.get_status_list(ask(ask_for())).await.unwrap();
    let info = info.into_inner();
    assert_eq!((info.entries, info.prefix_digits), (2, 0));

    let wish = |prefix: &str| pb::DownloadStatusListRequest {
        certificate_type: kind.clone(),
        prefix: prefix.to_owned(),
        request_id: new_id(),
    };
    // A shard of two would tell who is asked about.
    let told = refused(client.download_status_list(ask(wish("a"))).await);
    assert!(told.of_field("prefix").starts_with("TOO_LONG"));
    let before = story.provider.running().asked();
    let asked = wish("");
    let mut pieces = client
        .download_status_list(ask(asked.clone()))
        .await
        .unwrap()
        .into_inner();
    let mut list = Vec::new();
    while let Some(piece) = pieces.message().await.unwrap() {
        list.extend(piece.chunk);
    }
    let key = LogVerifier::parse(&info.verifier_key).unwrap();
    let mut lines = Vec::new();
    let head = signed_list::read(list.as_slice(), &key, |_, line| lines.push(line.to_owned()));
    let head = head.unwrap();
    assert_eq!(head.field("salt"), Some(info.salt.as_str()));
    let history = |identifier: &str| {
        let hash = entry_hash(&info.salt, &CertificateId::parse(identifier).unwrap());
        let line = lines.iter().find_map(|line| line.strip_prefix(&hash));
        StatusHistory::parse(line.unwrap().trim()).unwrap()
    };
    let expected = "2022-02-22=valid,2024-05-01=suspended,2024-06-01=valid until 2030-12-31";
    assert_eq!(history(&first).line(), expected);
    assert_eq!(history(&second).line(), "2010-10-10=cancelled");
    let said = String::from_utf8_lossy(&list).into_owned();
    assert!(!said.contains(&first) && !said.contains("430502"), "{said}");

    // The issuer heard nothing of it, and the entry names no certificate.
    assert_eq!(story.provider.running().asked(), before);
    let entries = story.auditor.entries().await;
    let entry = entries
        .iter()
        .find(|entry| entry.request_id() == asked.request_id)
        .unwrap();
    assert_eq!(entry.facts().flag("whole"), Some(true));
    assert_eq!(entry.facts().text("certificate"), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_client_announces_downloads_and_checks_offline() {
    let story = story().await;
    let [first, second] = listed(&story).await;
    let kind = story.resource.certificate_type.clone();
    let folder = story.world.folder();
    let run = |who: &Client, arguments: &[&str]| {
        let arguments = [&["--output", "json", "certificates"], arguments].concat();
        story.world.shuqiaoctl(who, &arguments)
    };
    let announced = run(
        &story.provider.client,
        &[
            "announce",
            "--type",
            &kind,
            "--identifier",
            &second,
            "--listed",
            "--state",
            "revoked",
            "--from",
            "2012-12-12",
        ],
    );
    assert_eq!(announced.json()["announced"], 1);
    let out = folder.join("marriages.list");
    let out = out.to_str().unwrap();
    let platform = |arguments: &[&str]| run(&story.platform, arguments);
    let fetched = platform(&["list", "--type", &kind, "--out", out]);
    let key = fetched.json()["verifier_key"].as_str().unwrap().to_owned();

    // A file alone answers: no server, no identity.
    let offline = |identifier: &str, on: &str, key: &str| {
        let status = ["--output", "json", "certificates", "status"];
        let of = ["--identifier", identifier, "--on", on];
        shuqiaoctl(&[&status[..], &of, &["--list", out, "--key", key]].concat())
    };
    let unknown = "1.2.156.3005.2.11100000MB03271699001.11430500XY0000100R.0000000019.001.2";
    for (identifier, on, state, code) in [
        (first.as_str(), "2022-02-21", "not_issued", 1),
        (&first, "2022-02-22", "valid", 0),
        (&first, "2024-05-15", "suspended", 1),
        (&first, "2024-06-01", "valid", 0),
        (&second, "2011-01-01", "cancelled", 1),
        (&second, "2013-01-01", "revoked", 1),
    ] {
        let ran = offline(identifier, on, &key);
        assert_eq!(
            (&ran.json()["state"], ran.code),
            (&state.into(), code),
            "{on}"
        );
        let online = platform(&["status", "--identifier", identifier, "--on", on]);
        assert_eq!(online.json()["state"], state, "{on}");
    }
    let ahead = offline(&first, "2029-01-01", &key);
    assert_eq!(ahead.json()["after_as_of"], true);
    assert_eq!(ahead.code, 1);
    let other = offline(unknown, "2024-01-01", &key);
    assert!(other.told.contains("another certificate type"), "{other:?}");
    // One bit of the file, or another key, and it says nothing.
    let mut bytes = std::fs::read(out).unwrap();
    let place = bytes.len() / 2;
    bytes[place] ^= 1;
    std::fs::write(out, bytes).unwrap();
    let spoilt = offline(&first, "2024-06-01", &key);
    assert_eq!((spoilt.code, spoilt.said.as_str()), (1, ""));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_issuer_that_changes_a_state_and_says_so_is_heard_at_once() {
    let story = story().await;
    let issuer = story.provider.running();
    let before = found(&story, &people::HUSBAND).await;
    assert_eq!(before.state(), CertificateState::Valid);
    issuer.change_state(&before.identifier, CertificateState::Suspended);
    // Not announced, so not known: that is what the issuer allowed, for an hour.
    let kept = found(&story, &people::HUSBAND).await;
    assert!(kept.from_cache && kept.state() == CertificateState::Valid);
    let change = announcing::state_change(
        &before.identifier,
        CertificateState::Suspended,
        "2022-06-01",
    );
    let kind = &story.resource.certificate_type;
    announcing::announce(&story.provider.client.channel(), kind, &[change], new_id)
        .await
        .unwrap();
    let now = found(&story, &people::HUSBAND).await;
    assert!(!now.from_cache && now.state() == CertificateState::Suspended);
    // What is kept again has the new state.
    let again = found(&story, &people::HUSBAND).await;
    assert!(again.from_cache && again.state() == CertificateState::Suspended);
}
