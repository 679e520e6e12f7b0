//! A rehearsal: `shuqiaoctl conform --endpoint HOST:PORT`, the cases straight from an engineer's machine, against the
//! real provider with the certificates that the rehearsal made.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use api::catalogue::v1 as catalogue;
use kit::folder::Folder;
use kit::world::command::{Ran, shuqiaoctl};
use kit::world::department::Line;
use kit::world::hostile::{Act, End, Hostile};
use kit::world::persons::{self, DOCUMENT, NOBODY, PERSON};
use kit::world::story::Story;
use kit::world::terms::wire_resource;
use sandbox::identity::Identity;
use sandbox::insurance::DESCRIPTOR_SET;
use sandbox::people::{HUSBAND, STRANGER};
use sandbox::provider::{Behaviour, Provider, Running};
use serde_json::Value;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Server, ServerTlsConfig};

use super::conformance::BREACHES;

const NOWHERE: &str = "127.0.0.1:1";

/// A folder with a file of samples, in which the rehearsal keeps its certificates.
struct Desk(Folder);

impl Desk {
    fn with(samples: &str) -> Self {
        let desk = Self(Folder::new("rehearsal"));
        std::fs::write(desk.samples(), samples).unwrap();
        desk
    }

    fn samples(&self) -> PathBuf {
        self.0.join("samples.toml")
    }

    fn kept(&self) -> PathBuf {
        self.0.join("kept")
    }

    fn arguments(&self, endpoint: &str, more: &[&str]) -> Vec<String> {
        let path = |path: PathBuf| path.to_str().unwrap().to_owned();
        let own = ["conform", "--endpoint", endpoint].map(str::to_owned);
        let kept = ["--rehearsal".to_owned(), path(self.kept())];
        let samples = ["--samples".to_owned(), path(self.samples())];
        let more = more.iter().map(|&one| one.to_owned());
        own.into_iter()
            .chain(kept)
            .chain(samples)
            .chain(more)
            .collect()
    }

    fn run(&self, endpoint: &str, more: &[&str]) -> Ran {
        let arguments = self.arguments(endpoint, more);
        shuqiaoctl(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// The identity of the provider, as the rehearsal left it.
    fn provider(&self) -> Identity {
        let read = |file: &str| std::fs::read_to_string(self.kept().join("provider").join(file));
        Identity {
            certificate_pem: read("certificate.pem").unwrap(),
            key_pem: read("key.pem").unwrap(),
            authority_pem: read("authority.pem").unwrap(),
        }
    }

    /// The marriage registry, with that identity.
    async fn serve(&self) -> Running {
        self.serve_as("marriage-registry").await
    }

    async fn serve_as(&self, system: &str) -> Running {
        let anywhere = "127.0.0.1:0".parse().unwrap();
        let holdings = sandbox::data::holdings_for(system).unwrap();
        let started = Provider::start(&self.provider(), anywhere, holdings).await;
        started.unwrap()
    }
}

fn sample(resource: &str, holder: &str) -> String {
    let nobody = &STRANGER.code;
    format!(
        "[[sample]]\nresource = \"{resource}\"\nholder = {{ type_code = \"111\", code = \"{holder}\" }}\n\
         absent_holder = {{ type_code = \"111\", code = \"{nobody}\" }}\n\n"
    )
}

fn entry(resource: &catalogue::Resource) -> String {
    let (name, kind) = (&resource.name, &resource.certificate_type);
    let mut text = format!(
        "[[entry]]\nresource = \"{name}\"\nmodes = [\"api\"]\ncertificate_type = \"{kind}\"\nitems = [\n"
    );
    for item in &resource.items {
        let (key, data_type, personal) = (&item.key, &item.data_type, item.personal);
        let line = format!("key = \"{key}\", data_type = \"{data_type}\", personal = {personal}");
        writeln!(text, "  {{ {line} }},").unwrap();
    }
    text.push_str("]\n");
    text
}

fn marriages() -> catalogue::Resource {
    wire_resource("marriage-registrations")
}

fn whole() -> String {
    let resource = marriages();
    sample(&resource.name, &HUSBAND.code) + &entry(&resource)
}

/// Every file below that is no link, with its mode.
fn modes(folder: &Path, into: &mut Vec<(String, u32)>) {
    for found in std::fs::read_dir(folder).unwrap() {
        let found = found.unwrap();
        let about = found.metadata().unwrap();
        if found.file_type().unwrap().is_dir() {
            modes(&found.path(), into);
        } else if found.file_type().unwrap().is_file() {
            let name = found.file_name().into_string().unwrap();
            into.push((name, about.permissions().mode() & 0o777));
        }
    }
}

fn findings(ran: &Ran) -> Vec<Value> {
    let lines = ran.said.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_keeps_the_contract_passes_and_nothing_is_recorded() {
    let desk = Desk::with(&whole());
    let dry = desk.run(NOWHERE, &["--dry-run"]);
    assert_eq!(dry.code, 0, "{}", dry.told);
    assert!(dry.told.contains("let the provider trust"), "{}", dry.told);
    let mut found = Vec::new();
    modes(&desk.kept(), &mut found);
    let keys: Vec<_> = found.iter().filter(|(name, _)| name == "key.pem").collect();
    assert_eq!(keys.len(), 4, "{found:?}");
    assert!(keys.iter().all(|(_, mode)| *mode == 0o600), "{found:?}");

    let provider = desk.serve().await;
    let endpoint = provider.address().to_string();
    let authority = std::fs::read(desk.kept().join("authority.pem")).unwrap();
    for _ in 0..2 {
        let ran = desk.run(&endpoint, &[]);
        assert_eq!(ran.code, 0, "{} {}", ran.said, ran.told);
        for told in [
            "passed: 0 of 12 cases failed",
            "nothing was recorded",
            "conform --endpoint systems/ID/endpoints/ID",
        ] {
            assert!(ran.told.contains(told), "{}", ran.told);
        }
    }
    // What is there is used again.
    let again = std::fs::read(desk.kept().join("authority.pem")).unwrap();
    assert_eq!(again, authority);
    assert!(provider.asked() > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_breach_fails_by_the_same_case_as_through_the_gateway() {
    let desk = Desk::with(&whole());
    desk.run(NOWHERE, &["--dry-run"]);
    let provider = desk.serve().await;
    let endpoint = provider.address().to_string();
    for (behaviour, case, saw) in BREACHES {
        provider.set_behaviour(behaviour);
        let ran = desk.run(&endpoint, &["--output", "json"]);
        assert_eq!(ran.code, 1, "{behaviour:?}: {}", ran.told);
        let findings = findings(&ran);
        let failed = findings
            .iter()
            .find(|one| one["case"] == case && one["result"] == "failed");
        let failed = failed.unwrap_or_else(|| panic!("{behaviour:?}: {findings:?}"));
        assert!(failed["saw"].as_str().unwrap().contains(saw), "{failed}");
        assert!(!failed["advice"].as_str().unwrap().is_empty(), "{failed}");
        assert!(!ran.said.contains(HUSBAND.code.as_ref()));
    }
    provider.set_behaviour(Behaviour::Normal);
    assert_eq!(desk.run(&endpoint, &[]).code, 0);
}

/// What failed, with what was seen. Each has advice.
fn failed(ran: &Ran) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut found = findings(ran);
    found.retain(|one| one["result"] == "failed");
    let told = found.iter().map(|one| {
        assert_ne!(one["advice"], "", "{one}");
        (text(&one["case"]), text(&one["saw"]))
    });
    told.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endpoint_that_ends_the_connection_at_a_large_request_fails_by_it() {
    let desk = Desk::with(&whole());
    desk.run(NOWHERE, &["--dry-run"]);
    let provider = desk.serve().await;
    // More than the other questions on one connection together, and less than one full frame of HTTP/2: nobody can
    // refuse what is large before the line ends.
    let (_line, address) = Line::that_carries(14 * 1024, provider.address()).await;
    let ran = desk.run(&address.to_string(), &["--output", "json"]);
    assert_eq!(ran.code, 1, "{}", ran.told);
    let (cases, saw): (Vec<_>, Vec<_>) = failed(&ran).into_iter().unzip();
    assert_eq!(cases, ["oversized"], "{saw:?}");
    assert!(saw[0].contains("it ended the connection"), "{saw:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_sends_faster_than_it_is_read_fails_by_it() {
    let http = |id: &str| format!("path = \"/persons/{id}\"");
    let asked = (&*http("430502190102030017"), &*http(NOBODY));
    let text = own_methods(
        "openapi.json",
        "GET /persons/{id}",
        asked,
        "person.name",
        "PUT /persons/{id}/address",
    );
    let desk = Desk::with(&text);
    std::fs::write(desk.0.join("openapi.json"), DOCUMENT).unwrap();
    let spoken = ["--protocol", "http-json", "--output", "json"];
    desk.run(NOWHERE, &["--protocol", "http-json", "--dry-run"]);
    let provider = Hostile::start(&desk.provider(), "127.0.0.1:0".parse().unwrap()).await;
    let head = [
        (":status", "200".to_owned()),
        ("content-type", "application/json".to_owned()),
    ];
    // More than the slow reader asked for, and less than any other takes.
    let body = format!("{PERSON}{}", " ".repeat(4096)).into_bytes();
    provider.set(vec![
        Act::Fields(head.into(), End::No),
        Act::Data(body, End::Yes),
    ]);
    let ran = desk.run(&provider.address().to_string(), &spoken);
    assert_eq!(ran.code, 1, "{}", ran.told);
    let failed = failed(&ran);
    let (_, saw) = failed.iter().find(|(case, _)| case == "slow").unwrap();
    assert!(saw.starts_with("a reader that reads slowly"), "{failed:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_asks_for_no_certificate_fails_by_each_wrong_one() {
    let desk = Desk::with(&whole());
    desk.run(NOWHERE, &["--dry-run"]);
    let own = desk.provider();
    let own = tonic::transport::Identity::from_pem(&own.certificate_pem, &own.key_pem);
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(DESCRIPTOR_SET)
        .build_v1()
        .unwrap();
    let incoming = TcpIncoming::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = incoming.local_addr().unwrap();
    let server = Server::builder()
        .tls_config(ServerTlsConfig::new().identity(own))
        .unwrap()
        .add_service(reflection)
        .serve_with_incoming(incoming);
    let serving = tokio::spawn(server);
    let ran = desk.run(&address.to_string(), &["--output", "json"]);
    serving.abort();
    assert_eq!(ran.code, 1, "{}", ran.told);
    let findings = findings(&ran);
    for (case, result) in [
        ("connection", "passed"),
        ("no-certificate", "failed"),
        ("strange-certificate", "failed"),
        ("other-certificate", "failed"),
    ] {
        let found = findings.iter().find(|one| one["case"] == case).unwrap();
        assert_eq!(found["result"], result, "{found}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_faults_are_told_at_once_and_nobody_is_asked() {
    let desk = Desk::with(&whole());
    desk.run(NOWHERE, &["--dry-run"]);
    let provider = desk.serve().await;
    let endpoint = provider.address().to_string();
    // Born in 1982; nobody has this number.
    let resource = marriages();
    let other = catalogue::Resource {
        name: "resources/105001-000777".to_owned(),
        ..marriages()
    };
    let wrong = entry(&other).replace("data_type = \"C\"", "data_type = \"Q\"");
    let text = sample(&resource.name, "430502198201020013") + &entry(&resource) + &wrong;
    std::fs::write(desk.samples(), text).unwrap();
    let ran = desk.run(&endpoint, &[]);
    assert_eq!(ran.code, 1, "{}", ran.said);
    for told in [
        "samples[0].holder: MAY_BE_ALIVE",
        "entries[1].items[0].data_type: UNKNOWN_DATA_TYPE",
    ] {
        assert!(ran.told.contains(told), "{}", ran.told);
    }
    assert!(!ran.told.contains("430502198201020013"), "{}", ran.told);
    let lost = entry(&resource).replace("[[entry]]", "[[entry]]\ninterface = \"lost.binpb\"");
    std::fs::write(
        desk.samples(),
        sample(&resource.name, &HUSBAND.code) + &lost,
    )
    .unwrap();
    let ran = desk.run("nowhere", &[]);
    for told in [
        "endpoint: NOT_AN_ADDRESS",
        "entries[0].interface: UNREADABLE",
    ] {
        assert!(ran.told.contains(told), "{}", ran.told);
    }
    // Without entries, and without a gateway that knows them.
    std::fs::write(desk.samples(), sample(&resource.name, &HUSBAND.code)).unwrap();
    let ran = desk.run(&endpoint, &[]);
    assert_eq!(ran.code, 1, "{}", ran.said);
    assert!(ran.told.contains("[[entry]]"), "{}", ran.told);
    assert_eq!(provider.asked(), 0);
    // What only a rehearsal takes is not passed over where the gateway asks.
    let ran = desk.run("systems/marriage-registry/endpoints/main", &[]);
    assert_eq!(ran.code, 1, "{}", ran.said);
    assert!(
        ran.told.contains("--rehearsal is for a rehearsal"),
        "{}",
        ran.told
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_catalogue_says_what_is_promised_where_a_gateway_is_named() {
    let story = Story::of_marriages().await;
    let desk = Desk::with(&sample(&story.resource.name, &HUSBAND.code));
    let run = |endpoint: &str, more: &[&str]| {
        let arguments = desk.arguments(endpoint, more);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        story.world.shuqiaoctl(&story.owner, &arguments)
    };
    let dry = run(NOWHERE, &["--dry-run"]);
    assert_eq!(dry.code, 0, "{}", dry.told);
    let provider = desk.serve().await;
    let before = story.auditor.entries().await.len();
    let ran = run(&provider.address().to_string(), &[]);
    assert_eq!(ran.code, 0, "{} {}", ran.said, ran.told);
    assert!(ran.told.contains("0 of 12 cases failed"), "{}", ran.told);
    assert_eq!(story.auditor.entries().await.len(), before);
}

/// What is promised of methods of a system's own: one that is asked about, and one that may have an effect.
fn own_methods(
    file: &str,
    asked: &str,
    (found, absent): (&str, &str),
    path: &str,
    other: &str,
) -> String {
    format!(
        "[[sample]]\nresource = \"resources/105003-000099\"\n\
         [[sample.call]]\nmethod = \"{asked}\"\nfound = {{ {found} }}\nabsent = {{ {absent} }}\n\
         [[entry]]\nresource = \"resources/105003-000099\"\nmodes = [\"api\"]\ninterface = \"{file}\"\n\
         items = [{{ key = \"name\", data_type = \"C\", personal = true }}]\n\
         [[entry.operation]]\nmethod = \"{asked}\"\nfields = [{{ item = \"name\", path = \"{path}\" }}]\n\
         [[entry.operation]]\nmethod = \"{other}\"\nfields = []\n"
    )
}

/// The run passes, and the method that may have an effect is named with what to do.
fn passes_but_for(ran: &Ran, untried: &str) {
    assert_eq!(ran.code, 0, "{} {}", ran.said, ran.told);
    let findings = findings(ran);
    let left = findings.iter().find(|one| one["method"] == untried);
    let left = left.unwrap_or_else(|| panic!("{findings:?}"));
    assert_eq!(left["result"], "not_applicable", "{left}");
    assert!(
        left["advice"].as_str().unwrap().contains("give a sample"),
        "{left}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn methods_of_a_systems_own_are_rehearsed_by_the_file_that_describes_them() {
    let http = |id: &str| format!("path = \"/persons/{id}\"");
    let put = "PUT /persons/{id}/address";
    let asked = (&*http("430502190102030017"), &*http(NOBODY));
    let text = own_methods(
        "openapi.yaml",
        "GET /persons/{id}",
        asked,
        "person.name",
        put,
    );
    let desk = Desk::with(&text);
    // What is JSON is YAML too.
    std::fs::write(desk.0.join("openapi.yaml"), DOCUMENT).unwrap();
    let spoken = ["--protocol", "http-json", "--output", "json"];
    assert_eq!(
        desk.run(NOWHERE, &["--protocol", "http-json", "--dry-run"])
            .code,
        0
    );
    let address = persons::alone(&desk.provider()).await.to_string();
    passes_but_for(&desk.run(&address, &spoken), put);

    let grpc = |id: &str| format!("json = ['{{\"idNumber\": \"{id}\"}}']");
    let method = |name: &str| format!("/shaoyang.insurance.v1.InsuranceService/{name}");
    let asked = (&*grpc("430502190102030017"), &*grpc("430502190203040038"));
    let other = method("ReportChanges");
    let text = own_methods(
        "insurance.binpb",
        &method("GetInsured"),
        asked,
        "insured.name",
        &other,
    );
    let desk = Desk::with(&text);
    std::fs::write(desk.0.join("insurance.binpb"), DESCRIPTOR_SET).unwrap();
    assert_eq!(desk.run(NOWHERE, &["--dry-run"]).code, 0);
    let provider = desk.serve_as("social-security").await;
    let address = provider.address().to_string();
    passes_but_for(&desk.run(&address, &["--output", "json"]), &other);
}
