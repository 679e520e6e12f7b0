//! Background work: what happens on a tick.

use std::sync::Arc;
use std::time::Duration;

use broker::{Failure, Gateway};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::config::Config;

/// How long a use of a budget may be unknown to the other gateways, and is lost when this one is killed.
const SHARE_BUDGETS: Duration = Duration::from_secs(1);

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
            tidied.and(gateway.tidy_file_links().await)
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
    jobs.spawn(tick("retirements", tidy, stop, move || {
        let gateway = Arc::clone(&gateway);
        async move { gateway.retire_due_resources().await }
    }));
    jobs
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
