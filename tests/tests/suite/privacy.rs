//! Privacy: marked values go through every path, and none is found where it must not be: in the
//! log, in the ledger, in an error, in the database.

use std::collections::BTreeSet;

use api::certificate::v1::lookup_certificate_request::Key;
use api::certificate::v1::verify_certificate_request::Key as VerifyKey;
use api::certificate::v1::{Holder, LookupCertificateRequest, VerifyCertificateRequest};
use api::exchange::v1 as exchange;
use api::registry::v1 as registry;
use api::registry::v1::create_enrolment_token_request::Subject;
use api::value::v1::{ItemValue, item_value};
use domain::item::Value;
use kit::world::story::Story;
use kit::world::terms::{CASE, CLERK, PLATFORM};
use kit::world::wire::{Connection, LONG, framed};
use kit::world::{ask, new_id};
use sandbox::identity::{EnrolError, enrol};
use sandbox::people;
use sandbox::provider::Behaviour;
use tonic::{Response, Status};

/// Items whose values are about one person or firm; the others name authorities, types, states.
const PERSONAL: [&str; 14] = [
    "certificate_identifier",
    "certificate_number",
    "holder_name",
    "holder_code",
    "registration_number",
    "husband_name",
    "husband_id_number",
    "husband_birth_date",
    "wife_name",
    "wife_id_number",
    "enterprise_name",
    "credit_code",
    "legal_representative",
    "domicile",
];
/// Shorter values are found by chance.
const LEAST: usize = 8;
const BEHAVIOURS: [Behaviour; 8] = [
    Behaviour::WrongRequestId,
    Behaviour::SwappedHolder,
    Behaviour::ExtraItems,
    Behaviour::MistypedItem,
    Behaviour::TooMany,
    Behaviour::Fail,
    Behaviour::BreakOff,
    Behaviour::Normal,
];

/// What must not be found, and what the gateway said.
struct Canaries {
    markers: BTreeSet<String>,
    errors: Vec<Status>,
}

impl Canaries {
    /// People, the values of their records, cases, clerks.
    fn of(system: &str) -> Self {
        let mut markers: BTreeSet<String> = [CASE, CLERK, "内部备注"].map(str::to_owned).into();
        for person in people::NAMED {
            // Without the check character: an error may name that one, and no other.
            markers.insert(person.code[..person.code.len() - 1].to_owned());
            markers.insert(person.name.into_owned());
        }
        for record in sandbox::data::holdings_for(system).unwrap().certificates {
            let values = record
                .items
                .iter()
                .filter(|item| PERSONAL.contains(&item.key.as_str()));
            markers.extend(values.filter_map(|item| match &item.value {
                Value::Text(text) | Value::Date(text) if text.len() >= LEAST => Some(text.clone()),
                _ => None,
            }));
        }
        Self {
            markers,
            errors: Vec::new(),
        }
    }

    fn also(&mut self, marker: &str) {
        assert!(marker.len() >= LEAST, "{marker}");
        self.markers.insert(marker.to_owned());
    }

    /// Each line of a key but the first and the last.
    fn also_key(&mut self, pem: &str) {
        pem.lines()
            .filter(|line| !line.starts_with("--"))
            .for_each(|line| self.also(line));
    }

    /// Keeps what was said, where it was a refusal.
    fn hear<T>(&mut self, answer: Result<Response<T>, Status>) -> Option<T> {
        answer
            .map_err(|status| self.errors.push(status))
            .ok()
            .map(Response::into_inner)
    }

    fn assert_not_in(&self, place: &str, bytes: &[u8]) {
        // What is not text becomes a mark; a marker is text and stays whole.
        let text = String::from_utf8_lossy(bytes);
        for marker in &self.markers {
            if let Some(at) = text.find(marker.as_str()) {
                let before: String = text[..at].chars().rev().take(100).collect();
                let before: String = before.chars().rev().collect();
                let after: String = text[at..].chars().take(100).collect();
                panic!("{marker:?} is in {place}: … {before}{after} …");
            }
        }
    }
}

/// Looks up everybody, however the provider behaves.
async fn look_up(story: &Story, canaries: &mut Canaries) {
    for behaviour in BEHAVIOURS {
        story.provider.running().set_behaviour(behaviour);
        for holder in [&people::HUSBAND, &people::ELDER, &people::STRANGER] {
            canaries.hear(story.lookup(holder).await);
        }
    }
    let found = story.lookup(&people::HUSBAND).await.unwrap().into_inner();
    let certificate = found.certificate.unwrap();
    // The markers are real: this is how they look when they are delivered.
    assert!(canaries.markers.contains(&certificate.identifier));
    verify(story, canaries).await;
    let mut by_identifier = story.lookup_request(&people::HUSBAND);
    by_identifier.key = Some(Key::Identifier(certificate.identifier));
    assert!(canaries.hear(story.send(by_identifier).await).is_some());
}

/// Claims a person's name and number, of the right item and of a wrong one.
async fn verify(story: &Story, canaries: &mut Canaries) {
    let (name, code) = (people::HUSBAND.name, people::HUSBAND.code);
    for (key, served) in [
        ("husband_name", true),
        ("husband_id_number", false),
        (code.as_ref(), false),
    ] {
        for value in [name.as_ref(), code.as_ref()] {
            let lookup = story.lookup_request(&people::HUSBAND);
            let claimed = ItemValue {
                key: key.to_owned(),
                kind: Some(item_value::Kind::Text(value.to_owned())),
            };
            let request = VerifyCertificateRequest {
                certificate_type: lookup.certificate_type,
                key: Some(VerifyKey::Holder(people::HUSBAND.to_wire())),
                purpose: lookup.purpose,
                claimed: vec![claimed],
                request_id: new_id(),
                ..VerifyCertificateRequest::default()
            };
            let mut client = story.platform.certificates();
            let answer = client.verify_certificate(ask(request)).await;
            assert_eq!(canaries.hear(answer).is_some(), served, "an item");
        }
    }
}

/// Puts a person's number wherever a text can be put.
async fn ask_wrongly(story: &Story, canaries: &mut Canaries) {
    let husband = people::HUSBAND;
    let id = husband.code.as_ref();
    let wrong_check = format!("{}8", &id[..17]);
    let good = || story.lookup_request(&people::HUSBAND);
    let holder = |code: &str, kind: &str| {
        let holder = Holder {
            type_code: kind.to_owned(),
            code: code.to_owned(),
        };
        LookupCertificateRequest {
            key: Some(Key::Holder(holder)),
            ..good()
        }
    };
    let mut wrong = vec![
        holder(&wrong_check, "111"),
        holder(&format!("{id}0"), "111"),
        holder(&id[..17], "111"),
        holder(&format!("{}{}", &id[..6], &id[8..17]), "111"),
        holder(id, "001"),
        holder(id, "110"),
        holder(id, id),
        holder(people::HUSBAND.name.as_ref(), "999"),
        LookupCertificateRequest {
            key: Some(Key::Identifier(id.to_owned())),
            ..good()
        },
        LookupCertificateRequest {
            certificate_type: format!("certificateTypes/{id}"),
            ..good()
        },
        LookupCertificateRequest {
            certificate_type: id.to_owned(),
            ..good()
        },
        LookupCertificateRequest {
            items: vec![id.to_owned(), "测试甲".to_owned()],
            ..good()
        },
        LookupCertificateRequest {
            request_id: id.to_owned(),
            ..good()
        },
    ];
    type Change = fn(&mut api::value::v1::Purpose, &str);
    let changes: [Change; 5] = [
        |purpose, id| purpose.matter = format!("matters/{id}"),
        |purpose, id| purpose.matter = id.to_owned(),
        |purpose, id| purpose.case_number = format!("{id}\n{CASE}"),
        |purpose, id| purpose.operator = format!("{CLERK}{}", id.repeat(4)),
        |purpose, _| purpose.operator.clear(),
    ];
    for change in changes {
        let mut request = good();
        change(request.purpose.as_mut().unwrap(), id);
        wrong.push(request);
    }
    for request in wrong {
        let refused = story.send(request).await;
        assert!(canaries.hear(refused).is_none(), "it was served");
    }
    for name in [
        format!("systems/{id}"),
        format!("grants/{id}"),
        format!("entries/{id}X"),
    ] {
        let get = registry::GetSystemRequest { name: name.clone() };
        canaries.hear(story.platform.systems().get_system(ask(get)).await);
        let get = api::sharing::v1::GetGrantRequest { name: name.clone() };
        canaries.hear(story.platform.grants().get_grant(ask(get)).await);
        let prove = api::evidence::v1::GetInclusionProofRequest { name: name.clone() };
        canaries.hear(
            story
                .auditor
                .evidence()
                .get_inclusion_proof(ask(prove))
                .await,
        );
        let list = registry::ListSystemsRequest {
            page_token: format!("{id}.{id}"),
            department: name,
            page_size: 0,
        };
        canaries.hear(story.platform.systems().list_systems(ask(list)).await);
    }
}

/// Puts a person's number where no message is expected at all.
async fn break_the_wire(story: &Story, canaries: &mut Canaries) {
    const LOOKUP: &str = "shuqiao.certificate.v1.CertificateService/LookupCertificate";
    let husband = people::HUSBAND;
    let id = husband.code.as_ref();
    let mut known = Connection::open(&story.world.gateway, Some(&story.platform.identity)).await;
    let mut unknown = Connection::open(&story.world.gateway, None).await;
    for open in [&mut known, &mut unknown] {
        let path = format!("shuqiao.certificate.v1.CertificateService/{id}");
        for (method, deadline, headers, body) in [
            (
                LOOKUP,
                Some(LONG),
                vec![],
                framed(format!("\u{a}\u{7f}{id}").as_bytes()),
            ),
            (
                LOOKUP,
                Some(id),
                vec![("x-subject", id)],
                framed(id.as_bytes()),
            ),
            (
                path.as_str(),
                Some(LONG),
                vec![("user-agent", id)],
                framed(&[]),
            ),
            (id, Some(LONG), vec![], framed(id.as_bytes())),
        ] {
            let answer = open.send(method, deadline, &headers, body).await.unwrap();
            canaries.errors.push(answer.status.unwrap());
        }
    }
}

async fn enrol_wrongly(story: &Story, canaries: &mut Canaries) {
    let token = story
        .world
        .token(Subject::System("systems/marriage-registry".to_owned()))
        .await;
    canaries.also(&token);
    let own = enrol(&story.world.gateway, &token, &[]).await.unwrap();
    canaries.also_key(&own.key_pem);
    for token in [
        token.clone(),
        token.to_uppercase(),
        format!("{token} {token}"),
        token.repeat(4),
    ] {
        match enrol(&story.world.gateway, &token, &[]).await {
            Err(EnrolError::Refused(status)) => canaries.errors.push(status),
            other => panic!("{other:?}"),
        }
    }
    // A private key where the signing request should be.
    let request = registry::EnrolRequest {
        token: story
            .world
            .token(Subject::Auditor("audit".to_owned()))
            .await,
        signing_request: format!(
            "-----BEGIN CERTIFICATE REQUEST-----\n-----END CERTIFICATE REQUEST-----\n{}",
            own.key_pem
        ),
        endpoint_hosts: vec![people::HUSBAND.code.clone().into_owned()],
    };
    canaries.also(&request.token);
    let channel = story.world.anonymous().await;
    let mut client = registry::enrolment_service_client::EnrolmentServiceClient::new(channel);
    assert!(canaries.hear(client.enrol(ask(request)).await).is_none());
}

/// Searches everything that leaves the gateway or stays behind, but for the answers themselves.
async fn search(story: &Story, canaries: &mut Canaries) {
    let keys = story.world.folder().join("keys");
    for name in ["authority.key", "gateway.key", "log.key", "pseudonym.key"] {
        canaries.also_key(&std::fs::read_to_string(keys.join(name)).unwrap());
    }
    canaries.also_key(&story.world.operator.identity.key_pem);
    canaries.also_key(&story.platform.identity.key_pem);
    canaries.also("PRIVATE KEY");

    assert!(canaries.errors.len() > 20, "{}", canaries.errors.len());
    for error in &canaries.errors {
        canaries.assert_not_in("an error", format!("{error:?}").as_bytes());
        canaries.assert_not_in("the details of an error", error.details());
    }
    let bodies = story.auditor.entry_bodies().await;
    assert!(bodies.len() > 30, "{}", bodies.len());
    for body in &bodies {
        canaries.assert_not_in("an entry", body);
    }
    canaries.assert_not_in("the bundle", &story.auditor.bundle().await);
    let log = story.world.log();
    assert!(log.contains("\"serving\""), "the log was read");
    canaries.assert_not_in("the log", log.as_bytes());
    let folder = story.world.folder();
    let mut found = false;
    for file in ["shuqiao.db", "shuqiao.db-wal"] {
        let bytes = std::fs::read(folder.join(file)).unwrap_or_default();
        found |= String::from_utf8_lossy(&bytes).contains(PLATFORM);
        canaries.assert_not_in(file, &bytes);
    }
    assert!(found, "the database was read");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lookups_leave_no_person_no_case_no_clerk_and_no_secret_behind() {
    let story = Story::of_marriages().await;
    let mut canaries = Canaries::of("marriage-registry");
    look_up(&story, &mut canaries).await;
    ask_wrongly(&story, &mut canaries).await;
    break_the_wire(&story, &mut canaries).await;
    enrol_wrongly(&story, &mut canaries).await;
    search(&story, &mut canaries).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn network_identities_leave_neither_code_nor_person_behind() {
    use crate::network_identity::{by_code, code, resolver};
    let story = Story::of_marriages().await;
    let resolver = resolver(&story).await;
    let mut canaries = Canaries::of("marriage-registry");
    for behaviour in BEHAVIOURS {
        resolver.running().set_behaviour(behaviour);
        for holder in [people::HUSBAND, people::ELDER, people::STRANGER] {
            canaries.also(&code(&holder));
            canaries.hear(story.send(by_code(&story, code(&holder))).await);
        }
    }
    // What is no code at all is not repeated either.
    for wrong in [
        format!("{} {}", people::HUSBAND.code, people::HUSBAND.name),
        people::HUSBAND.name.repeat(200),
    ] {
        let refused = story.send(by_code(&story, wrong)).await;
        assert!(canaries.hear(refused).is_none());
    }
    // Enough of both for the search to mean something.
    while canaries.errors.len() <= 20 {
        let refused = story.send(LookupCertificateRequest::default()).await;
        assert!(canaries.hear(refused).is_none());
    }
    let found = story.send(by_code(&story, code(&people::HUSBAND))).await;
    assert!(found.unwrap().into_inner().certificate.is_some());
    search(&story, &mut canaries).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_of_rows_leave_no_value_behind() {
    let story = Story::of_enterprises().await;
    let mut canaries = Canaries::of("enterprise-registry");
    for behaviour in BEHAVIOURS {
        story.provider.running().set_behaviour(behaviour);
        for limit in [5, 200, -1, 100_000] {
            let (rows, ended) = story.read(story.read_request(limit)).await;
            let failed = ended
                .map_err(|status| canaries.errors.push(status))
                .is_err();
            assert!(!rows.is_empty() || failed, "{behaviour:?}");
        }
    }
    let husband = people::HUSBAND;
    let person = husband.name.as_ref();
    for (key, value) in [
        ("credit_code", people::SHOP.code.as_ref()),
        ("legal_representative", person),
        (person, person),
    ] {
        let value = Some(item_value::Kind::Text(value.to_owned()));
        let comparison = exchange::Comparison {
            operator: exchange::comparison::Operator::Equal.into(),
            value: Some(ItemValue {
                key: key.to_owned(),
                kind: value,
            }),
        };
        let kind = Some(exchange::filter::Kind::Comparison(comparison));
        let request = exchange::ReadRowsRequest {
            filter: Some(exchange::Filter { kind }),
            request_id: new_id(),
            ..story.read_request(10)
        };
        let (_, ended) = story.read(request).await;
        let _ = ended.map_err(|status| canaries.errors.push(status));
    }
    search(&story, &mut canaries).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn corrections_leave_neither_record_nor_statement_behind() {
    use crate::corrections::cast::{accept, close, of_certificate, of_row, raise};
    use api::sharing::v1::Correction;
    use api::sharing::v1::close_correction_request::Result as Closing;
    let story = Story::of_marriages().await;
    let mut canaries = Canaries::of("marriage-registry");
    let found = story.lookup(&people::HUSBAND).await.unwrap().into_inner();
    let identifier = found.certificate.unwrap().identifier;
    let (name, code) = (people::HUSBAND.name, people::HUSBAND.code);
    let statement = format!("{name}（{code}）的登记日期不对，应为前一日");
    let answer = format!("{name}的档案与登记一致，申请人记错");
    for marker in ["的登记日期不对", "申请人记错"] {
        canaries.also(marker);
    }
    let doubts = [
        of_certificate(&story, &identifier),
        of_row(&story, &[("husband_name", name.as_ref())]),
    ];
    for (doubt, result) in doubts
        .into_iter()
        .zip([Closing::Confirmed, Closing::Corrected])
    {
        let doubt = Correction {
            statement: statement.clone(),
            ..doubt
        };
        let raised = canaries.hear(raise(&story.platform, doubt.clone()).await);
        let raised = raised.unwrap().name;
        // The same again is told of the one that is there, and of nobody.
        assert!(
            canaries
                .hear(raise(&story.applicant, doubt).await)
                .is_none()
        );
        accept(&story.owner, &raised).await.unwrap();
        story.lookup(&people::HUSBAND).await.unwrap();
        let wrong = close(&story.platform, &raised, result, &answer).await;
        assert!(canaries.hear(wrong).is_none());
        close(&story.owner, &raised, result, &answer).await.unwrap();
        let late = close(&story.owner, &raised, result, &answer).await;
        assert!(canaries.hear(late).is_none());
    }
    // What a record or a name cannot be, wherever it is put.
    let wrong = |change: fn(&mut Correction, &str)| {
        let mut doubt = of_certificate(&story, &identifier);
        change(&mut doubt, code.as_ref());
        doubt
    };
    for doubt in [
        wrong(|doubt, id| doubt.items = vec![id.to_owned()]),
        wrong(|doubt, id| doubt.resource = format!("resources/{id}")),
        wrong(|doubt, id| doubt.consumer = format!("systems/{id}")),
        wrong(|doubt, id| doubt.statement = id.repeat(100)),
        wrong(|doubt, id| doubt.statement = format!("{id}\u{7}")),
        of_certificate(&story, code.as_ref()),
        of_certificate(&story, name.as_ref()),
        of_row(&story, &[(code.as_ref(), name.as_ref())]),
        of_row(&story, &[("husband_id_number", code.as_ref())]),
        of_row(&story, &[("husband_name", &code.repeat(20))]),
    ] {
        assert!(canaries.hear(raise(&story.platform, doubt).await).is_none());
        let name = format!("corrections/{code}");
        let got = crate::corrections::cast::get(&story.platform, &name).await;
        assert!(canaries.hear(got).is_none());
    }
    search(&story, &mut canaries).await;
}
