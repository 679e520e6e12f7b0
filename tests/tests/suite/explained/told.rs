//! What is told beside yes and no: facts, who removes what by when, and what is not known.

use api::catalogue::v1 as catalogue;
use api::exchange::v1 as pb;
use api::exchange::v1::explain_request::Target;
use api::exchange::v1::finding::Standing;
use api::exchange::v1::remedy::Who;
use api::sharing::v1 as sharing;
use kit::world::answer::refused;
use kit::world::json::{Http, Speaks};
use kit::world::persons::Persons;
use kit::world::story::{Story, publish, submitted};
use kit::world::terms::{PLATFORM, application, purpose, wire_resource};
use kit::world::{Client, ask};
use sandbox::people::HUSBAND;

const OTHER: &str = "resources/105001-000201";

fn question(resource: &str) -> pb::ExplainRequest {
    pb::ExplainRequest {
        consumer: format!("systems/{PLATFORM}"),
        target: Some(Target::Resource(resource.to_owned())),
        purpose: Some(purpose()),
        ..pb::ExplainRequest::default()
    }
}

async fn told(who: &Client, question: pb::ExplainRequest) -> pb::ExplainResponse {
    let told = who.exchange().explain(ask(question)).await;
    told.unwrap().into_inner()
}

/// A second entry that nobody holds a grant on.
async fn with_an_entry_not_granted() -> (Story, catalogue::Resource) {
    let story = Story::of_marriages().await;
    let entry = catalogue::Resource {
        name: OTHER.to_owned(),
        title: "离婚登记信息".to_owned(),
        certificate_type: String::new(),
        ..wire_resource("marriage-registrations")
    };
    publish(&story.owner, &story.publisher, &entry).await;
    (story, entry)
}

fn facts(told: &pb::ExplainResponse, rule: &str) -> Vec<(String, String)> {
    let found = told.findings.iter().find(|finding| finding.rule == rule);
    let facts = found.unwrap().facts.iter();
    facts
        .map(|fact| (fact.key.clone(), fact.value.clone()))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_permit_tells_what_every_rule_looked_at() {
    let story = Story::of_marriages().await;
    let told = told(&story.platform, question(&story.resource.name)).await;
    assert!(told.permitted && told.obstacles.is_empty(), "{told:?}");
    assert_eq!(told.grant, story.grant.name);
    let rules: Vec<&str> = told.findings.iter().map(|one| one.rule.as_str()).collect();
    let all = domain::policy::Rule::ALL.iter().map(|rule| rule.id());
    assert_eq!(rules, all.collect::<Vec<_>>());
    for finding in &told.findings {
        assert_ne!(finding.standing(), Standing::InTheWay, "{finding:?}");
        assert!(!finding.message.is_empty(), "{finding:?}");
    }
    let window = facts(&told, "grant.in-window");
    let last = ("last_day".to_owned(), story.grant.end_date.clone());
    assert!(window.contains(&last), "{window:?}");
    assert_eq!(told.decided_time, told.registry_time);
    assert_eq!(told.warnings, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_grant_leads_to_the_day_on_which_its_application_is_answered() {
    let (story, entry) = with_an_entry_not_granted().await;
    let first = told(&story.applicant, question(OTHER)).await;
    assert_eq!(first.rule, "grant.exists");
    let [apply, answer] = &first.obstacles[0].remedies[..] else {
        panic!("{first:?}");
    };
    assert_eq!((apply.who(), answer.who()), (Who::Consumer, Who::Provider));
    let department = story.world.register_department("市民政局").await;
    assert_eq!(answer.department, department);
    assert!(
        apply
            .method
            .ends_with("ApplicationService/CreateApplication")
    );
    let promised = answer.limit.clone().unwrap();
    assert_eq!(
        (promised.rule.as_str(), promised.working_days),
        ("APP-CON", 10)
    );

    let terms = sharing::Application {
        share_modes: vec![catalogue::ShareMode::Api.into()],
        ..application(&entry)
    };
    let name = submitted(&story.applicant, terms).await;
    let get = sharing::GetApplicationRequest { name: name.clone() };
    let mut applications = story.applicant.applications();
    let written = applications.get_application(ask(get)).await.unwrap();
    let second = told(&story.applicant, question(OTHER)).await;
    let [answer] = &second.obstacles[0].remedies[..] else {
        panic!("{second:?}");
    };
    assert!(answer.what.contains(&name), "{answer:?}");
    let due = &written.get_ref().due_date;
    assert_eq!(answer.limit.as_ref().unwrap().due_date, *due);
    assert_eq!(promised.due_date, *due);
    let pending = facts(&second, "grant.exists");
    let known = pending
        .iter()
        .any(|(key, value)| key == "applications" && value.contains(&name));
    assert!(known, "{pending:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_learns_of_its_own_entries_and_nothing_of_certificates() {
    let (story, _) = with_an_entry_not_granted().await;
    // The applicant's department is the consumer's.
    let own = told(&story.applicant, question(&story.resource.name)).await;
    let good = |told: &pb::ExplainResponse| !facts(told, "caller.certificate-in-window").is_empty();
    assert!(good(&own));
    let provider = told(&story.owner, question(&story.resource.name)).await;
    assert!(provider.permitted && !good(&provider));
    // Another department than either.
    let stranger = story.world.enrol_officer("市公安局", "wu").await;
    for name in [story.resource.name.as_str(), "resources/105001-000999"] {
        let mut exchange = stranger.exchange();
        let heard = refused(exchange.explain(ask(question(name))).await);
        assert_eq!(heard.reason, "NOT_FOUND");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_moment_is_decided_on_the_registry_of_now_which_is_said() {
    let story = Story::of_marriages().await;
    let now = broker::clock::Clock::now(&broker::clock::SystemClock);
    let seconds = now.as_second() + 400 * 24 * 3600;
    let later = pb::ExplainRequest {
        at_time: Some(prost_types::Timestamp { seconds, nanos: 0 }),
        ..question(&story.resource.name)
    };
    let told = told(&story.platform, later).await;
    assert_eq!(told.rule, "grant.in-window");
    assert_ne!(told.decided_time, told.registry_time);
    for part in ["on the registry as of", "has no TLS certificate"] {
        let said = told.warnings.iter().any(|warning| warning.contains(part));
        assert!(said, "{part}: {:?}", told.warnings);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_asked_is_named() {
    let story = Story::of_marriages().await;
    let both = pb::ExplainRequest {
        whole: true,
        issues_use_code: true,
        grant: "grants/1".to_owned(),
        compared_items: vec!["Not A Key".to_owned()],
        ..question(&story.resource.name)
    };
    let heard = refused(story.platform.exchange().explain(ask(both)).await);
    assert_eq!(
        heard.fields(),
        ["compared_items", "grant", "issues_use_code"]
    );
    let unknown = pb::ExplainRequest {
        target: Some(Target::Method("/no.Such/Method".to_owned())),
        ..question(OTHER)
    };
    let heard = refused(story.platform.exchange().explain(ask(unknown)).await);
    assert_eq!(heard.reason, "METHOD_UNKNOWN");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_prints_the_chain_and_who_removes_what() {
    let (story, _) = with_an_entry_not_granted().await;
    let matter = purpose().matter;
    let asked = ["explain", "--resource", OTHER, "--matter", matter.as_str()];
    let ran = story.world.shuqiaoctl(&story.platform, &asked);
    assert_eq!(ran.code, 1, "{ran:?}");
    for part in [
        "refusal: systems/yjs-platform holds no grant",
        "✓  caller.active",
        "✗  grant.exists",
        "·  grant.in-window",
        "1. grant.exists (GRANT_MISSING, fault of the consumer)",
        "10 working days (and 10 more if granted), by ",
        "APP-CON",
    ] {
        assert!(ran.said.contains(part), "{part}: {}", ran.said);
    }
    let kind = story.resource.certificate_type.as_str();
    let asked = [
        "--output",
        "json",
        "explain",
        "--type",
        kind,
        "--matter",
        matter.as_str(),
        "--operator",
        "window-07",
        "--compared",
        "registration_number",
        "--grant",
        story.grant.name.as_str(),
    ];
    let ran = story.world.shuqiaoctl(&story.platform, &asked);
    assert_eq!(ran.code, 0, "{ran:?}");
    let told = ran.json();
    assert_eq!(told["permitted"], true);
    assert_eq!(told["findings"][5]["rule"], "grant.exists");
    assert_eq!(told["findings"][5]["facts"]["grant"], story.grant.name);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_of_http_is_told_of_as_it_would_be_made() {
    let persons = Persons::granting(&["name"]).await;
    let own = &persons.platform.identity;
    let mut platform = Http::open(&persons.world.gateway, Some(own), Speaks::Http1).await;
    let path = format!("/social-security/persons/{}", HUSBAND.code);
    let question = |verb: &str, items: &[&str]| {
        serde_json::json!({
            "method": format!("{verb} {path}?with=all"),
            "items": items,
            "purpose": {"matter": purpose().matter, "operator": "window-07"},
        })
    };
    let told = platform
        .post("/v1/exchanges:explain", &question("GET", &[]))
        .await
        .good();
    assert_eq!(told["permitted"], true, "{told}");
    let answer = persons
        .ask(Speaks::Http1, http::Method::GET, &path, "50S", "")
        .await;
    assert_eq!(answer.code, 200);
    let told = platform
        .post("/v1/exchanges:explain", &question("GET", &["base"]))
        .await
        .good();
    assert_eq!(told["rule"], "grant.items-covered");
    assert_eq!(told["obstacles"][0]["remedies"][0]["who"], "WHO_CONSUMER");
    let heard = platform
        .post("/v1/exchanges:explain", &question("DELETE", &[]))
        .await;
    assert_eq!(heard.reason(), "METHOD_UNKNOWN");
}

#[test]
fn every_method_that_a_remedy_names_is_there() {
    use prost::Message as _;
    let set = prost_types::FileDescriptorSet::decode(api::DESCRIPTOR_SET).unwrap();
    let mut methods = Vec::new();
    for file in &set.file {
        for service in &file.service {
            let of = format!("{}.{}", file.package(), service.name());
            methods.extend(
                service
                    .method
                    .iter()
                    .map(|one| format!("{of}/{}", one.name())),
            );
        }
    }
    for act in domain::policy::Act::ALL {
        let method = act.method();
        assert!(
            method.is_empty() || methods.iter().any(|one| one == method),
            "{act:?}"
        );
    }
}
