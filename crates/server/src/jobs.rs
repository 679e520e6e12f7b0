//! Background work: what happens on a tick.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use broker::{Failure, Gateway, Warning};
use domain::policy::shaoyang_date;
use domain::reason::Reason;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::config::Config;
use crate::listening::Listening;
use crate::{authorities, keys};

/// How long a use of a budget may be unknown to the other gateways, and is lost when this one is killed.
const SHARE_BUDGETS: Duration = Duration::from_secs(1);

/// The service of the health check that tells of the gateway's own certificates and of the authorities.
const CREDENTIALS: &str = "shuqiao.credentials";
/// The same for the certificates of systems, officers and others, which their holders have to renew.
const HOLDERS: &str = "shuqiao.credentials.holders";

/// How often the files of the authorities are read again, and the gateway's own certificate is looked at.
const FOLLOW: Duration = Duration::from_mins(1);

/// Starts the ticks; they end when told to stop.
pub(crate) fn start(
    gateway: &Arc<Gateway>,
    config: &Config,
    stop: &watch::Receiver<bool>,
    health: HealthReporter,
) -> JoinSet<()> {
    let mut jobs = JoinSet::new();
    let refresh = Duration::from_millis(config.refresh_interval_ms);
    let publish = Duration::from_millis(config.publish_interval_ms);
    let probe = Duration::from_secs(config.probe_interval_s);
    let tidy = Duration::from_secs(config.tidy_interval_s);
    let own = || (Arc::clone(gateway), stop.clone());
    start_dated(&mut jobs, gateway, tidy, stop);
    let (gateway, stop) = own();
    jobs.spawn(tick("refresh", refresh, stop, move || {
        let gateway = Arc::clone(&gateway);
        let health = health.clone();
        async move {
            let refreshed = gateway.refresh().await;
            let status = match gateway.must_be_fresh() {
                Ok(()) => ServingStatus::Serving,
                Err(_) => ServingStatus::NotServing,
            };
            health.set_service_status("", status).await;
            refreshed
        }
    }));
    let (gateway, stop) = own();
    jobs.spawn(tick("publish", publish, stop, move || {
        let gateway = Arc::clone(&gateway);
        async move { gateway.publish_checkpoints().await }
    }));
    let (gateway, stop) = own();
    jobs.spawn(tick("files", tidy, stop, move || {
        let gateway = Arc::clone(&gateway);
        async move {
            let tidied = gateway.tidy_files().await;
            let texts = gateway.tidy_certificate_texts().await;
            tidied.and(gateway.tidy_file_links().await).and(texts)
        }
    }));
    let (gateway, stop) = own();
    jobs.spawn(tick("use-codes", tidy, stop, move || {
        let gateway = Arc::clone(&gateway);
        async move {
            gateway.tidy_use_codes().await?;
            gateway.tidy_budgets().await
        }
    }));
    let (gateway, stop) = own();
    jobs.spawn(tick("budgets", SHARE_BUDGETS, stop, move || {
        let gateway = Arc::clone(&gateway);
        async move { gateway.share_budgets().await }
    }));
    let (gateway, stop) = own();
    jobs.spawn(tick("probe", probe, stop, move || {
        let gateway = Arc::clone(&gateway);
        async move { gateway.probe_all().await }
    }));
    let (gateway, stop) = own();
    jobs.spawn(tick("watches", probe, stop, move || {
        let gateway = Arc::clone(&gateway);
        async move { gateway.follow_quality().await }
    }));
    let (gateway, mut stop) = own();
    jobs.spawn(async move {
        tokio::select! {
            () = gateway.watch_traffic() => {}
            _ = stop.wait_for(|stopped| *stopped) => {}
        }
    });
    jobs
}

/// Starts what tells of events: to those who watch and to receivers.
pub(crate) fn start_events(
    jobs: &mut JoinSet<()>,
    gateway: &Arc<Gateway>,
    stop: &watch::Receiver<bool>,
) {
    jobs.spawn(Arc::clone(gateway).deliver_events());
    let (gateway, mut stop) = (Arc::clone(gateway), stop.clone());
    jobs.spawn(async move {
        tokio::select! {
            () = gateway.follow_events() => {}
            _ = stop.wait_for(|stopped| *stopped) => {}
        }
        // A stop waits for what is under way, and a watch would go on for long.
        gateway.end_watches();
    });
}

/// Starts the ticks that look at days: clocks and their cards, entries whose last day is over.
fn start_dated(
    jobs: &mut JoinSet<()>,
    gateway: &Arc<Gateway>,
    tidy: Duration,
    stop: &watch::Receiver<bool>,
) {
    let own = || (Arc::clone(gateway), stop.clone());
    let (gateway, stop) = own();
    jobs.spawn(tick("clocks", tidy, stop, move || {
        let gateway = Arc::clone(&gateway);
        async move {
            gateway.note_provisions().await?;
            gateway.expire_grants().await?;
            gateway.note_standing_decisions().await?;
            gateway.run_clocks().await.map(drop)
        }
    }));
    let (gateway, stop) = own();
    let told = stop.clone();
    jobs.spawn(tick("uses", tidy, stop, move || {
        let gateway = Arc::clone(&gateway);
        let mut stop = told.clone();
        async move {
            // The first time there may be much of it, and whoever stops does not wait: it goes on where it was.
            tokio::select! {
                added = gateway.add_up_uses() => added,
                _ = stop.wait_for(|stopped| *stopped) => Ok(()),
            }
        }
    }));
    let (gateway, stop) = own();
    jobs.spawn(tick("retirements", tidy, stop, move || {
        let gateway = Arc::clone(&gateway);
        async move { gateway.retire_due_resources().await }
    }));
}

/// Starts the ticks about TLS certificates: the gateway's own is made anew in time, files of the authorities are
/// read again, and what ends soon is told.
pub(crate) fn start_credentials(
    jobs: &mut JoinSet<()>,
    gateway: &Arc<Gateway>,
    config: &Config,
    stop: &watch::Receiver<bool>,
    tls: &Arc<Listening>,
    health: &HealthReporter,
) {
    let (gateway, tls) = (Arc::clone(gateway), Arc::clone(tls));
    let (folder, domain) = (keys::folder(&config.data), config.trust_domain.clone());
    let external = config.external_authority.clone();
    let told = Arc::new(Mutex::new(Told::default()));
    let health = health.clone();
    jobs.spawn(tick("credentials", FOLLOW, stop.clone(), move || {
        let (gateway, tls, told) = (Arc::clone(&gateway), Arc::clone(&tls), Arc::clone(&told));
        let (folder, domain, external) = (folder.clone(), domain.clone(), external.clone());
        let health = health.clone();
        async move {
            let failed = |what: String| Failure::new(Reason::Internal, what);
            // A file that cannot be read keeps nothing else from going on: what was read before still signs.
            match authorities::read(&folder, &domain, external.as_deref(), gateway.now()) {
                Ok(read) => gateway.follow_authorities(read)?,
                Err(error) => {
                    tracing::error!(%error, "the files of the authorities were not read again");
                    gateway.follow_authorities(gateway.authorities().as_ref().clone())?;
                }
            }
            let followed = tls.follow(&gateway);
            // Also where no certificate could be made: what is shown then may end soon.
            say_whether_credentials_last(&gateway, &health).await;
            tell(&gateway, &told);
            followed
                .map(drop)
                .map_err(|error| failed(error.to_string()))
        }
    }));
}

/// Sets the health of the services about certificates: not serving where one ends within the time of warning
/// (`seeds/credentials.toml`). Of the gateway itself and of the authorities, which its operator has to see to; and of all
/// others, which their holders did not renew. The gateway goes on serving.
pub(crate) async fn say_whether_credentials_last(gateway: &Gateway, health: &HealthReporter) {
    let (own, all) = (gateway.own_warnings().len(), gateway.warnings().len());
    for (service, ending) in [(CREDENTIALS, own), (HOLDERS, all - own)] {
        let status = if ending == 0 {
            ServingStatus::Serving
        } else {
            ServingStatus::NotServing
        };
        health.set_service_status(service, status).await;
    }
}

/// Logs what ends soon, each once a day.
fn tell(gateway: &Gateway, told: &Mutex<Told>) {
    let warnings = gateway.warnings();
    let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
    for warning in told.fresh(&warnings, gateway.now()) {
        tracing::warn!(
            tls_certificate = warning.name,
            holder = warning.holder,
            ends = %warning.ends,
            "a TLS certificate ends soon and was not renewed"
        );
    }
}

/// What was warned of, and on which day.
#[derive(Default)]
struct Told(BTreeMap<String, Date>);

impl Told {
    /// Those that were not warned of on this day yet.
    fn fresh<'a>(&mut self, warnings: &'a [Warning], now: Timestamp) -> Vec<&'a Warning> {
        let today = shaoyang_date(now);
        self.0.retain(|_, day| *day == today);
        let is_fresh = |warning: &&'a Warning| self.0.insert(warning.name.clone(), today).is_none();
        warnings.iter().filter(is_fresh).collect()
    }
}

async fn tick<F: Future<Output = Result<(), Failure>>>(
    name: &'static str,
    every: Duration,
    mut stop: watch::Receiver<bool>,
    work: impl Fn() -> F,
) {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        if let Err(failure) = work().await {
            tracing::warn!(job = name, reason = %failure.reason, "a job failed; it runs again");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_warned_of_each_certificate_once_a_day() {
        let warning = |name: &str| Warning {
            name: name.to_owned(),
            holder: "systems/yjs-platform".to_owned(),
            department: None,
            ends: Timestamp::UNIX_EPOCH,
        };
        let all = [warning("one"), warning("two")];
        let mut told = Told::default();
        let names = |found: Vec<&Warning>| -> Vec<String> {
            found.into_iter().map(|one| one.name.clone()).collect()
        };
        // The day is that of the city: it begins at 16:00 UTC.
        let noon: Timestamp = "2022-06-01T04:00:00Z".parse().unwrap();
        assert_eq!(names(told.fresh(&all[..1], noon)), ["one"]);
        assert_eq!(names(told.fresh(&all, noon)), ["two"]);
        let late: Timestamp = "2022-06-01T15:59:59Z".parse().unwrap();
        assert!(told.fresh(&all, late).is_empty());
        let next: Timestamp = "2022-06-01T16:00:00Z".parse().unwrap();
        assert_eq!(names(told.fresh(&all, next)), ["one", "two"]);
    }
}
