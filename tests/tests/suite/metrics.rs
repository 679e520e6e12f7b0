//! What Prometheus reads on the admin port: well formed, documented, right, and without a word about anybody.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use http::Method;
use kit::world::World;
use kit::world::json::Http;
use kit::world::story::Story;
use kit::world::terms::CASE;
use sandbox::people;
use sandbox::provider::Behaviour;

/// The samples of a text in Prometheus' format, held against its rules on the way (as `promtool check metrics`).
#[derive(Debug)]
struct Scraped {
    text: String,
    /// By name and labels, as they stand.
    samples: BTreeMap<String, f64>,
    /// The type of each family.
    types: BTreeMap<String, String>,
}

impl Scraped {
    async fn of(world: &World) -> Self {
        let reply = Http::plain(world.admin()).await.get("/metrics").await;
        assert_eq!(reply.code, 200, "{reply:?}");
        assert_eq!(reply.headers["content-type"], "text/plain; version=0.0.4");
        assert_eq!(reply.headers["cache-control"], "no-store");
        Self::parse(String::from_utf8(reply.body.to_vec()).unwrap())
    }

    fn parse(text: String) -> Self {
        let (mut samples, mut types) = (BTreeMap::new(), BTreeMap::new());
        let (mut helped, mut family) = (None, None);
        assert!(text.ends_with('\n'));
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').unwrap();
                assert!(help.len() > 10 && help.ends_with('.'), "{line}");
                helped = Some(name.to_owned());
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').unwrap();
                assert_eq!(
                    helped.as_deref(),
                    Some(name),
                    "HELP comes before TYPE: {line}"
                );
                assert!(["gauge", "counter"].contains(&kind), "{line}");
                assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
                let twice = types.insert(name.to_owned(), kind.to_owned());
                assert_eq!(twice, None, "{line}");
                family = Some(name.to_owned());
            } else {
                let (series, value) = line.rsplit_once(' ').unwrap();
                let name = series.split('{').next().unwrap();
                assert_eq!(family.as_deref(), Some(name), "TYPE comes before {line}");
                check_labels(series.strip_prefix(name).unwrap());
                let value: f64 = value.parse().unwrap();
                assert!(value.is_finite(), "{line}");
                assert_eq!(samples.insert(series.to_owned(), value), None, "{line}");
            }
        }
        Self {
            text,
            samples,
            types,
        }
    }

    fn value(&self, series: &str) -> f64 {
        let value = self.samples.get(series);
        *value.unwrap_or_else(|| panic!("no {series} in\n{}", self.text))
    }

    /// Whether it is between two numbers of days.
    fn is_days(&self, series: &str, least: f64, most: f64) -> bool {
        let days = self.value(series) / 86_400.0;
        least < days && days <= most
    }

    /// The sum of a family.
    fn sum(&self, family: &str) -> f64 {
        let of = |series: &&String| series.split('{').next() == Some(family);
        let all = self.samples.iter().filter(|(series, _)| of(series));
        all.map(|(_, value)| value).sum()
    }
}

/// `{name="value",…}` or nothing; names and values of the alphabets that ours have.
fn check_labels(labels: &str) {
    if labels.is_empty() {
        return;
    }
    let inner = labels.strip_prefix('{').and_then(|l| l.strip_suffix('}'));
    for label in inner.unwrap().split(',') {
        let (name, value) = label.split_once('=').unwrap();
        let value = value.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
        let word = |text: &str| {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b"_.-".contains(&b);
            !text.is_empty() && text.bytes().all(plain)
        };
        assert!(word(name) && value.is_some_and(word), "{labels}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_metrics_tell_of_certificates_endpoints_and_calls_and_of_nobody() {
    let mut story = Story::of_marriages().await;
    let before = Scraped::of(&story.world).await;
    // A second reading counts nothing twice.
    let again = Scraped::of(&story.world).await;
    assert_eq!(
        before.sum("shuqiao_calls_permitted_total"),
        again.sum("shuqiao_calls_permitted_total")
    );

    story.lookup(&people::HUSBAND).await.unwrap();
    let mut refused = story.lookup_request(&people::HUSBAND);
    refused.purpose.as_mut().unwrap().matter = kit::city::matter(1).name.to_string();
    assert!(story.send(refused).await.is_err());
    story.provider.running().set_behaviour(Behaviour::Fail);
    assert!(story.lookup(&people::HUSBAND).await.is_err());
    story.provider.stop().await;
    let name = "systems/marriage-registry/endpoints/main".to_owned();
    let mut endpoints = story.provider.client.endpoints();
    for _ in 0..2 {
        let request = api::registry::v1::ProbeEndpointRequest {
            name: name.clone(),
            request_id: kit::world::new_id(),
        };
        endpoints
            .probe_endpoint(kit::world::ask(request))
            .await
            .unwrap();
    }
    let after = Scraped::of(&story.world).await;

    let rose = |family: &str| after.sum(family) - before.sum(family);
    assert_eq!(
        ["permitted", "refused", "failed", "unrecorded"]
            .map(|what| rose(&format!("shuqiao_calls_{what}_total"))),
        [2.0, 1.0, 1.0, 0.0]
    );
    assert_eq!(
        after.value("shuqiao_calls_refused_total{reason=\"MATTER_NOT_COVERED\"}"),
        1.0
    );

    assert_eq!(
        before.value("shuqiao_endpoints{health=\"serving\",protocol=\"grpc\"}"),
        1.0
    );
    assert_eq!(
        after.value("shuqiao_endpoints{health=\"failing\",protocol=\"grpc\"}"),
        1.0
    );
    let endpoint = "{endpoint=\"marriage-registry.main\"}";
    assert_eq!(
        before.value(&format!("shuqiao_endpoint_probe_failures{endpoint}")),
        0.0
    );
    assert_eq!(
        after.value(&format!("shuqiao_endpoint_probe_failures{endpoint}")),
        2.0
    );
    assert!(after.value(&format!("shuqiao_endpoint_probe_seconds{endpoint}")) >= 0.0);

    for side in ["callers", "providers"] {
        let series =
            format!("shuqiao_own_tls_certificate_remaining_seconds{{shown_to=\"{side}\"}}");
        assert!(after.is_days(&series, 29.0, 30.1), "{series}");
    }
    for which in ["callers", "gateway"] {
        let series = format!("shuqiao_authority_remaining_seconds{{authority=\"{which}\"}}");
        assert!(after.is_days(&series, 3649.0, 3650.1), "{series}");
    }
    assert!(after.is_days(
        "shuqiao_tls_certificate_soonest_remaining_seconds",
        29.0,
        30.1
    ));
    assert!(after.value("shuqiao_tls_certificates{standing=\"good\"}") >= 5.0);
    for standing in ["last_third", "warned", "renewed", "ended", "revoked"] {
        assert_eq!(
            after.value(&format!(
                "shuqiao_tls_certificates{{standing=\"{standing}\"}}"
            )),
            0.0
        );
    }
    assert_eq!(after.value("shuqiao_store_writable"), 1.0);
    assert!(after.value("shuqiao_registry_age_seconds") >= 0.0);

    // The table of docs/METRICS.md is what there is.
    let table = include_str!("../../../docs/METRICS.md");
    let rows = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `shuqiao_"));
    let documented: BTreeSet<String> = rows
        .map(|row| format!("shuqiao_{}", row.split('`').next().unwrap()))
        .collect();
    let there: BTreeSet<String> = after.types.keys().cloned().collect();
    assert_eq!(there, documented, "docs/METRICS.md");

    let code = people::HUSBAND.code;
    assert!(!after.text.contains(code.as_ref()), "a person");
    for hidden in [CASE, kit::world::terms::CLERK, "J430502"] {
        assert!(!after.text.contains(hidden), "{hidden}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_metrics_answer_to_programs_on_this_machine_and_to_no_other_host() {
    let world = World::start().await;
    let mut near = Http::plain(world.admin()).await;
    assert_eq!(near.get("/metrics").await.code, 200);
    assert_eq!(near.get("/").await.code, 401, "a page needs a session");
    let passed_on = [("x-forwarded-for", "10.9.9.9")];
    let reply = near.send(Method::GET, "/metrics", &passed_on, Bytes::new());
    assert_eq!(reply.await.code, 401);
    assert_eq!(
        near.send(Method::POST, "/metrics", &[], Bytes::new())
            .await
            .code,
        405
    );
    let link = world.console_link();
    let (_, path) = link.split_once(world.admin()).unwrap();
    let opened = near.get(path).await;
    let cookie = opened.headers["set-cookie"].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap();
    let headers = [("x-forwarded-for", "10.9.9.9"), ("cookie", cookie)];
    let reply = near.send(Method::GET, "/metrics", &headers, Bytes::new());
    assert_eq!(reply.await.code, 200);
}
