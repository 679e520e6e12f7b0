//! What a large registry costs: looking up, one changed grant until it is effective, and memory; and what the lists over
//! all entries cost, of their quality and of what waits for whom.
//!
//! One JSON line a size comes out.

#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark is an edge of its own: the real clock is what it measures by"
)]

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Instant;

use clap::Parser;
use domain::application::Terms;
use domain::basis::BasisKind;
use domain::clock::Clock;
use domain::endpoint::{Address, Endpoint, Health, Protocol};
use domain::grant::{Grant, GrantState};
use domain::item::{DataType, Item, ItemKey};
use domain::name::{
    ApplicationName, DepartmentName, EndpointId, GrantName, MatterName, ResourceName, SystemName,
};
use domain::policy::shaoyang_date;
use domain::quality::{Facts, quality, rule_on};
use domain::resource::{Metadata, Progress, Resource, ResourceState, ShareMode, ShareType};
use domain::seed::Seeds;
use domain::snapshot::{Contents, Snapshot};
use domain::work_item::of_entry;
use jiff::Timestamp;
use jiff::civil::date;
use store::{DatabaseUrl, Registry, Store};

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Builds registries of several sizes and says what they cost.
#[derive(Parser)]
struct Arguments {
    /// Numbers of grants.
    #[arg(long, value_delimiter = ',', default_value = "1000,1000000")]
    grants: Vec<u64>,
    /// Endpoints of the largest registry.
    #[arg(long, default_value_t = 10_000)]
    endpoints: u64,
    /// Numbers of catalogue entries, for the lists over all of them.
    #[arg(long, value_delimiter = ',', default_value = "5000,1000000")]
    entries: Vec<u64>,
    /// A folder for a SQLite file: the change then goes through the database as well.
    #[arg(long)]
    folder: Option<PathBuf>,
}

/// Grants of one consumer, each on a resource of its own.
const EACH: u64 = 1000;
const LOOKUPS: u64 = 1_000_000;
const CHANGES: u64 = 200;
/// Systems that the entries belong to.
const SYSTEMS: u64 = 400;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let arguments = Arguments::parse();
    for (place, count) in arguments.grants.iter().enumerate() {
        let mut line = in_memory(*count, arguments.endpoints)?;
        if let (Some(folder), Some(line)) = (&arguments.folder, line.as_object_mut()) {
            std::fs::create_dir_all(folder)?;
            let file = folder.join(format!("registry-{place}.db"));
            line.insert("with_store".to_owned(), in_store(file, *count).await?);
        }
        writeln!(std::io::stdout(), "{line}")?;
    }
    for count in &arguments.entries {
        writeln!(std::io::stdout(), "{}", lists(*count)?)?;
    }
    Ok(())
}

/// Milliseconds to score all entries and put the worst first, and to read off all of them what waits for whom.
fn lists(count: u64) -> Result<serde_json::Value, Error> {
    let contents = Contents {
        resources: (0..count).map(entry).collect::<Result<_, _>>()?,
        endpoints: (0..SYSTEMS).map(endpoint).collect::<Result<_, _>>()?,
        ..Contents::default()
    };
    let snapshot = Snapshot::new(contents);
    let seeds = Seeds::embedded().map_err(|_| "the seeds have faults")?;
    let now = Timestamp::now();
    let rule = rule_on(&seeds.quality, shaoyang_date(now)).ok_or("no rule is in force")?;
    let begun = Instant::now();
    let score = |resource: &Resource| {
        let facts = Facts {
            endpoints: snapshot.endpoints(&resource.system),
            over_http: snapshot.is_over_http(resource),
            watch: None,
            now,
            terms: &rule.terms,
        };
        quality(resource, facts).score
    };
    let all = snapshot.resources_where(|_| true);
    let mut scores: Vec<(u32, ResourceName)> = all
        .map(|resource| (score(resource), resource.name.clone()))
        .collect();
    scores.sort_unstable();
    let ranking = begun.elapsed();
    let begun = Instant::now();
    let competent = department()?;
    let waiting_for = snapshot
        .resources_where(|_| true)
        .map(|resource| of_entry(resource, &competent).len())
        .sum::<usize>();
    let waiting = begun.elapsed();
    Ok(serde_json::json!({
        "entries": count,
        "scored_ms": u64::try_from(ranking.as_millis())?,
        "worst": scores.first().map(|(score, _)| score),
        "work_items": waiting_for,
        "work_items_ms": u64::try_from(waiting.as_millis())?,
    }))
}

fn department() -> Result<DepartmentName, Error> {
    let named = |_| Error::from("a name of the benchmark is wrong");
    DepartmentName::from_id("11430500XY00001437").map_err(named)
}

/// A published entry of ten items; every hundredth has its next version signed off.
fn entry(number: u64) -> Result<Resource, Error> {
    let named = |_| Error::from("a name of the benchmark is wrong");
    let now = Timestamp::now();
    let system = format!("provider-{}", number % SYSTEMS);
    let item = |number| {
        Ok::<_, Error>(Item {
            key: ItemKey::parse(&format!("item_{number}")).map_err(named)?,
            title: "登记字号".to_owned(),
            data_type: DataType::C,
            sensitive: false,
            personal: false,
            length: Some(20),
        })
    };
    let mut entry = Resource {
        name: ResourceName::from_id(&format!("105001-{number:07}")).map_err(named)?,
        title: format!("登记信息{number}"),
        summary: "登记的结果".to_owned(),
        system: SystemName::from_id(&system).map_err(named)?,
        department: department()?,
        items: (0..10).map(item).collect::<Result<_, _>>()?,
        share_type: ShareType::Unconditional,
        share_modes: vec![ShareMode::Table],
        certificate_type: None,
        api: None,
        cache_seconds: 0,
        basis: BasisKind::Duty,
        format_class: 3,
        update_cycle: 4,
        data_level: "general".to_owned(),
        open: false,
        metadata: Metadata::default(),
        state: ResourceState::Published {
            registered_by: "wang".to_owned(),
            by: "li".to_owned(),
            at: now,
            version: 1,
        },
        progress: Progress::default(),
    };
    if number.is_multiple_of(100) {
        let review = Clock::new(now, Some(shaoyang_date(now)), "CN-2025-809 CAT-REV 17");
        let mut next = entry.clone();
        next.state = ResourceState::Registered {
            by: "wang".to_owned(),
            at: now,
        };
        next.progress.review = Some(review);
        entry.progress.next = Some(Box::new(next));
    }
    Ok(entry)
}

fn in_memory(count: u64, endpoints: u64) -> Result<serde_json::Value, Error> {
    let before = resident()?;
    let begun = Instant::now();
    let contents = Contents {
        endpoints: (0..endpoints).map(endpoint).collect::<Result<_, _>>()?,
        ..Contents::default()
    };
    let snapshot = Snapshot::new(contents);
    let with_endpoints = resident()?;
    let contents = Contents {
        grants: (0..count).map(grant).collect::<Result<_, _>>()?,
        ..Contents::default()
    };
    let mut snapshot = snapshot.with(contents);
    let built = begun.elapsed();
    let with_grants = resident()?;
    let lookup = lookups(&snapshot, count)?;
    let mut changes = Vec::new();
    for number in 0..CHANGES {
        let mut newer = grant(scattered(number) % count)?;
        newer.version = 2;
        let contents = Contents {
            grants: vec![newer],
            ..Contents::default()
        };
        let begun = Instant::now();
        let next = snapshot.with(contents);
        changes.push(u64::try_from(begun.elapsed().as_nanos())?);
        snapshot = next;
    }
    changes.sort_unstable();
    Ok(serde_json::json!({
        "grants": count,
        "endpoints": endpoints,
        "built_ms": u64::try_from(built.as_millis())?,
        "lookup_ns": lookup,
        "change_us": { "p50": percentile(&changes, 50) / 1000, "p99": percentile(&changes, 99) / 1000 },
        "bytes_per_grant": with_grants.saturating_sub(with_endpoints) / count.max(1),
        "bytes_per_endpoint": with_endpoints.saturating_sub(before) / endpoints.max(1),
    }))
}

/// Nanoseconds to find the grants of a consumer on a resource, and one of them by name.
fn lookups(snapshot: &Snapshot, count: u64) -> Result<u64, Error> {
    // Names are made beforehand: a call brings its own.
    let asked: Vec<Grant> = (0..count.min(50_000))
        .map(|number| grant(scattered(number) % count))
        .collect::<Result<_, _>>()?;
    let begun = Instant::now();
    let mut found: u64 = 0;
    for wanted in asked.iter().cycle().take(usize::try_from(LOOKUPS)?) {
        let listed = snapshot.grants_of(&wanted.terms.consumer, &wanted.terms.resource);
        let known = snapshot.grant(&wanted.name).is_some();
        found = found.saturating_add(u64::from(known && !listed.is_empty()));
    }
    if found != LOOKUPS {
        return Err("a grant was not found".into());
    }
    Ok(u64::try_from(begun.elapsed().as_nanos())? / LOOKUPS)
}

/// Milliseconds to read everything, and from a change to the picture that holds it.
async fn in_store(file: PathBuf, count: u64) -> Result<serde_json::Value, Error> {
    let store = Store::open(&DatabaseUrl::Sqlite(file)).await?;
    let now = Timestamp::now();
    if store.revision().await? == 0 {
        let mut tx = store.begin("filling").await?;
        for number in 0..count {
            tx.insert(&grant(number)?, None, now).await?;
        }
        tx.save().await?;
    }
    let begun = Instant::now();
    let Registry::Whole { mut revision, rows } = store.registry_since(-1).await? else {
        return Err("the registry was not read as a whole".into());
    };
    let mut snapshot = Snapshot::new(*rows);
    let whole = begun.elapsed();
    let (mut saved, mut effective) = (Vec::new(), Vec::new());
    for number in 0..CHANGES {
        let name = grant(scattered(number) % count)?.name;
        let begun = Instant::now();
        let mut tx = store.begin("changing").await?;
        let row = tx.get::<Grant>(name.as_str()).await?;
        let row = row.ok_or("a grant is not there")?;
        tx.update(&row, &row.value, None, now).await?;
        tx.save().await?;
        saved.push(u64::try_from(begun.elapsed().as_micros())?);
        let begun = Instant::now();
        match store.registry_since(revision).await? {
            Registry::Changed {
                revision: at, rows, ..
            } => {
                snapshot = snapshot.with(*rows);
                revision = at;
            }
            Registry::Same | Registry::Whole { .. } => return Err("one row was to change".into()),
        }
        effective.push(u64::try_from(begun.elapsed().as_micros())?);
    }
    saved.sort_unstable();
    effective.sort_unstable();
    let figures = |ascending: &[u64]| {
        let (p50, p99) = (percentile(ascending, 50), percentile(ascending, 99));
        serde_json::json!({ "p50": p50, "p99": p99 })
    };
    store.close().await;
    Ok(serde_json::json!({
        "whole_ms": u64::try_from(whole.as_millis())?,
        "saved_us": figures(&saved),
        "saved_to_effective_us": figures(&effective),
    }))
}

fn grant(number: u64) -> Result<Grant, Error> {
    let id = format!("00000000-0000-4000-8000-{number:012}");
    let (consumer, resource) = (number / EACH, number % EACH);
    let named = |_| Error::from("a name of the benchmark is wrong");
    Ok(Grant {
        name: GrantName::from_id(&id).map_err(named)?,
        version: 1,
        application: ApplicationName::from_id(&id).map_err(named)?,
        terms: Terms {
            consumer: SystemName::from_id(&format!("consumer-{consumer}")).map_err(named)?,
            resource: ResourceName::from_id(&format!("105001-{resource:06}")).map_err(named)?,
            items: ["registration_number", "registration_date"]
                .into_iter()
                .map(|key| ItemKey::parse(key).map_err(named))
                .collect::<Result<_, _>>()?,
            share_modes: vec![ShareMode::Api],
            matters: vec![MatterName::from_id("11430500XY0000100R2022000000001").map_err(named)?],
            legal_basis: "不动产登记暂行条例第十六条".to_owned(),
            start: date(2022, 3, 1),
            end: date(2032, 6, 30),
            operator_required: true,
            row_filter: None,
            issues_use_codes: false,
            network_zones: Vec::new(),
            quota: domain::quota::Quota::default(),
        },
        resource_version: 1,
        provider: SystemName::from_id("marriage-registry").map_err(named)?,
        approvers: vec!["approver".to_owned()],
        created: Timestamp::UNIX_EPOCH,
        change: None,
        resumed: None,
        unrectified: None,
        disposal_demand: String::new(),
        disposal: None,
        provision: None,
        state: GrantState::Active,
    })
}

fn endpoint(number: u64) -> Result<Endpoint, Error> {
    let named = |_| Error::from("a name of the benchmark is wrong");
    let name = EndpointId::from_id(&format!("provider-{number}.main")).map_err(named)?;
    Ok(Endpoint {
        system: name.system().map_err(named)?,
        name,
        protocol: Protocol::Grpc,
        address: Address::parse("10.1.2.3:9443").map_err(named)?,
        health: Health::Unknown,
        maintenance: Vec::new(),
        conformance: None,
        examined_until: None,
        removed: None,
    })
}

/// Numbers without order, the same in every run (the multiplier of Knuth's multiplicative hashing).
fn scattered(number: u64) -> u64 {
    number.wrapping_mul(2_654_435_761) >> 7
}

/// Bytes of this process in memory.
fn resident() -> Result<u64, Error> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|rest| rest.split_whitespace().next());
    Ok(kib
        .ok_or("no VmRSS in /proc/self/status")?
        .parse::<u64>()?
        .saturating_mul(1024))
}

fn percentile(ascending: &[u64], percent: usize) -> u64 {
    let at = ascending.len().saturating_mul(percent) / 100;
    ascending.get(at).copied().unwrap_or_default()
}
