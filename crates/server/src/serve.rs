//! Serving: the parts put together, and taken apart in order.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use broker::clock::{Clock as _, SystemClock, SystemIds};
use broker::{Gateway, Settings};
use console::Console;
use domain::reference::Reference;
use domain::seed::Seeds;
use store::Store;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::config::{self, Config};
use crate::edge::Edge;
use crate::listening::Listening;
use crate::workers::Workers;
use crate::{grpc, jobs, keys, listener, metrics, seed};

/// A registry that could not be compared with the store for so long is not used any more.
const REGISTRY_MAX_AGE: Duration = Duration::from_secs(5);

type Error = Box<dyn std::error::Error + Send + Sync>;

/// A gateway at work.
pub(crate) struct Serving {
    /// The use cases.
    pub(crate) gateway: Arc<Gateway>,
    /// Where gRPC is served.
    pub(crate) grpc: SocketAddr,
    /// Where the console is served.
    pub(crate) admin: SocketAddr,
    /// Where the operator's certificate and key are.
    pub(crate) operator: PathBuf,
    /// Opens the console once.
    pub(crate) console_link: String,
    health: HealthReporter,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Serving {
    /// Opens the store, makes or reads the keys, and serves.
    pub(crate) async fn start(config: &Config) -> Result<Self, Error> {
        let clock = SystemClock;
        let seeds = match &config.seeds {
            None => Seeds::embedded().map_err(seed::faults)?,
            Some(folder) => seed::read(folder)?,
        };
        keys::make_folder(&config.data)?;
        let external = config.external_authority.as_deref();
        let keys = keys::load(&config.data, &config.trust_domain, external, clock.now())?;
        let store = Store::open(&config.database).await?;
        let gateway = open(store, &seeds.reference, keys, config).await?;
        gateway
            .load_seeds(&seeds)
            .await
            .map_err(|failure| failure.message)?;
        let operator = keys::operator(&config.data, &gateway).await?;

        let (stop, stopped) = watch::channel(false);
        let (health, health_service) = tonic_health::server::health_reporter();
        health.set_service_status("", ServingStatus::Serving).await;
        let tls = Arc::new(Listening::new(&gateway, &config.hosts)?);
        jobs::say_whether_credentials_last(&gateway, &health).await;
        let mut tasks = jobs::start(&gateway, config, &stopped, health.clone());
        jobs::start_events(&mut tasks, &gateway, &stopped);
        jobs::start_credentials(&mut tasks, &gateway, config, &stopped, &tls, &health);
        let socket = TcpListener::bind(config.grpc_listen).await?;
        let grpc = socket.local_addr()?;
        let routes = grpc::routes(Arc::clone(&gateway))?.add_service(health_service);
        let edge = Edge::new(routes, Arc::clone(&gateway), config.signatures.clone())?;
        let workers = Workers::start(config.workers)?;
        tasks.spawn(listener::serve(socket, tls, edge, workers, stopped.clone()));

        let socket = TcpListener::bind(config.admin_listen).await?;
        let admin = socket.local_addr()?;
        let console = Console::new(Arc::clone(&gateway));
        // Whoever reads this terminal holds the operator's certificate too, and sees what it sees.
        let holder = keys::credential_in(&operator)?;
        let console_link = console.one_time_link(&format!("http://{admin}"), &holder);
        let pages = console.router(metrics::routes(&gateway));
        tasks.spawn(serve_console(socket, pages, stopped));
        Ok(Self {
            gateway,
            grpc,
            admin,
            operator,
            console_link,
            health,
            stop,
            tasks,
        })
    }

    /// Stops serving, lets open requests end, signs a last checkpoint, closes the store.
    pub(crate) async fn stop(mut self) {
        self.health
            .set_service_status("", ServingStatus::NotServing)
            .await;
        // Nobody listens any more when all tasks have ended already.
        let _ = self.stop.send(true);
        while self.tasks.join_next().await.is_some() {}
        if let Err(failure) = self.gateway.publish_checkpoints().await {
            tracing::warn!(reason = %failure.reason, "no last checkpoint");
        }
        if let Err(failure) = self.gateway.share_budgets().await {
            tracing::warn!(reason = %failure.reason, "what was used of budgets last is lost");
        }
        self.gateway.close().await;
    }
}

/// `serve`: runs until the process is told to end.
pub(crate) async fn run(config: &Config) -> Result<(), Error> {
    if config.endpoint_networks.reach_this_machine() {
        tracing::warn!("{}", config::ON_THIS_MACHINE);
    }
    let serving = Serving::start(config).await?;
    let ready = serde_json::json!({
        "ready": true,
        "grpc": serving.grpc.to_string(),
        "admin": serving.admin.to_string(),
        "console": serving.console_link,
        "data": config.data,
        "authority": keys::authority_file(&config.data),
        "operator": serving.operator,
    });
    // One line for programs that started us: everything is bound and answers.
    writeln!(std::io::stdout(), "{ready}")?;
    tracing::info!(grpc = %serving.grpc, admin = %serving.admin, "serving");
    told_to_end().await?;
    serving.stop().await;
    Ok(())
}

/// Waits for Ctrl-C or SIGTERM.
pub(crate) async fn told_to_end() -> std::io::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

async fn open(
    store: Store,
    reference: &Reference,
    keys: broker::Keys,
    config: &Config,
) -> Result<Arc<Gateway>, Error> {
    let settings = Settings {
        registry_max_age: Some(REGISTRY_MAX_AGE),
        endpoint_networks: config.endpoint_networks.clone(),
        zones: config.zones.clone(),
        secrets: config.data.join("secrets"),
        sources: config.data.join("sources"),
        files: config.files.clone(),
        lanes: config.workers,
        calls_per_endpoint: config.calls_per_endpoint,
        pause_at: config.pause_at,
    };
    let clock = Arc::new(SystemClock);
    let started = Gateway::start(
        store,
        reference.clone(),
        keys,
        settings,
        clock,
        Arc::new(SystemIds),
    )
    .await;
    Ok(Arc::new(started.map_err(|failure| failure.message)?))
}

async fn serve_console(socket: TcpListener, pages: Router, mut stop: watch::Receiver<bool>) {
    let until = async move {
        // A closed channel means the same as the word.
        let _ = stop.wait_for(|stop| *stop).await;
    };
    // With the peer's address: who is on this machine may read the metrics.
    let pages = pages.into_make_service_with_connect_info::<SocketAddr>();
    if let Err(error) = axum::serve(socket, pages)
        .with_graceful_shutdown(until)
        .await
    {
        tracing::error!(%error, "the console stopped");
    }
}
