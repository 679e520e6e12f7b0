//! `demo`: a first certificate lookup, from registration to offline proof, over the real network.
//!
//! Everything the story does goes through the public gRPC API, each step as the caller who may
//! take it; the simulated departments are real servers with certificates they enrolled for.

mod actor;
mod announcing;
mod cast;
mod check;
mod conformance;
mod exchange;
mod expect;
mod files;
mod insurance;
mod registry;
mod report;
mod sharing;
mod traffic;
mod width;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use domain::seed::Seeds;

use crate::config::Config;
use crate::seed;
use crate::serve::{Serving, told_to_end};

pub(crate) type Error = Box<dyn std::error::Error + Send + Sync>;

/// How the story is played.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Keep everything in this folder (by default in a temporary one that is removed).
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Play on this database, for example `postgres://user:password@127.0.0.1/shuqiao`
    /// (by default an embedded SQLite file in the data folder).
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// End after the story; the exit code says whether every step came out as expected.
    #[arg(long)]
    exit: bool,
    /// Print the result as one JSON document on stdout; the talk goes to stderr.
    #[arg(long)]
    json: bool,
}

/// Plays the story.
///
/// # Errors
/// What kept the story from being played to its end.
pub(crate) async fn run(options: Options) -> Result<ExitCode, Error> {
    let talk = report::Talk::new(options.json);
    let folder = Folder::of(&options)?;
    let config = config(&options, &folder)?;
    let seeds = Seeds::embedded().map_err(seed::faults)?;
    talk.say("数桥 Shuqiao: a first lookup, from registration to offline proof");
    talk.say(&format!(
        "  data in {}, database {:?}",
        config.data.display(),
        config.database
    ));

    let serving = Serving::start(&config).await?;
    talk.say(&format!(
        "  gateway on {} (gRPC, mutual TLS 1.3), console on {}",
        serving.grpc, serving.admin
    ));
    let mut stage = cast::Stage::set(&config.data, &serving, &seeds, &talk).await?;
    let played = play(&mut stage, &seeds, &talk).await;
    let story = match played {
        Ok(story) => story,
        Err(error) => {
            stage.leave().await;
            serving.stop().await;
            return Err(error);
        }
    };
    talk.tell(&story);
    if options.json {
        report::print_json(&story)?;
    }
    if !options.exit {
        go_on(&stage, &serving, &config, &talk).await?;
    }
    stage.leave().await;
    serving.stop().await;
    Ok(if story.as_expected() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The acts of the story in their order.
async fn play(
    stage: &mut cast::Stage,
    seeds: &Seeds,
    talk: &report::Talk,
) -> Result<report::Story, Error> {
    talk.say("Act 2: resources go from draft to published; applications become grants");
    let mut story = report::Story::default();
    let resources = sharing::publish(stage, seeds, &mut story).await?;
    conformance::play(stage, &resources, &mut story, talk).await?;
    let terms = sharing::agree(stage, seeds, &resources, &mut story).await?;
    announcing::play(stage, &resources, talk).await?;
    talk.say("Act 3: the platform looks certificates up, reads rows, is refused once, calls a bureau's own method, and fetches a file");
    exchange::play(stage, &terms, &mut story).await?;
    insurance::play(stage, &terms, &mut story).await?;
    files::play(stage, seeds, &terms, &mut story).await?;
    talk.say("Act 4: progress, evidence, offline verification");
    check::play(stage, &mut story).await?;
    Ok(story)
}

/// Keeps serving with a loop of traffic until Ctrl-C.
async fn go_on(
    stage: &cast::Stage,
    serving: &Serving,
    config: &Config,
    talk: &report::Talk,
) -> Result<(), Error> {
    report::say_how_to_try(talk, serving, config);
    let traffic = tokio::spawn(traffic::run(stage.platform().clone()));
    told_to_end().await?;
    traffic.abort();
    talk.say("stopping");
    Ok(())
}

fn config(options: &Options, folder: &Folder) -> Result<Config, Error> {
    let text = |value: &str| toml::Value::String(value.to_owned()).to_string();
    let mut lines = vec![
        format!("data = {}", text(&folder.path.display().to_string())),
        "grpc_listen = '127.0.0.1:0'".to_owned(),
        "admin_listen = '127.0.0.1:0'".to_owned(),
        "endpoint_networks = ['127.0.0.0/8']".to_owned(),
        "endpoint_loopback = true".to_owned(),
        "probe_interval_s = 5".to_owned(),
    ];
    if let Some(database) = &options.database {
        lines.push(format!("database = {}", text(database)));
    }
    Config::parse(&lines.join("\n")).map_err(|faults| faults.join("; ").into())
}

/// The data folder: the user's own, or a temporary one that goes with us.
struct Folder {
    path: PathBuf,
    temporary: bool,
}

impl Folder {
    fn of(options: &Options) -> Result<Arc<Self>, Error> {
        let (path, temporary) = if let Some(path) = &options.data {
            (path.clone(), false)
        } else {
            let name = format!("shuqiao-demo-{}", std::process::id());
            (std::env::temp_dir().join(name), true)
        };
        crate::keys::make_folder(&path)?;
        let path = path.canonicalize()?;
        Ok(Arc::new(Self { path, temporary }))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.temporary {
            // A temporary folder that stays behind is untidy, not wrong.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}
