//! Act 4: the progress board, the evidence bundle, the offline verifier.

use std::io::Write as _;

use api::compliance::v1 as compliance;
use api::compliance::v1::plan_service_client::PlanServiceClient;
use api::evidence::v1 as evidence;
use api::evidence::v1::evidence_service_client::EvidenceServiceClient;
use ledger::checkpoint::LogVerifier;

use super::Error;
use super::actor::ask;
use super::cast::Stage;
use super::expect::failed;
use super::report::{Bureau, Story, Verified};

const PLAN: &str = "plans/2022";

/// Plays the act.
pub(crate) async fn play(stage: &Stage, story: &mut Story) -> Result<(), Error> {
    progress(stage, story).await?;
    bundle(stage, story).await
}

async fn progress(stage: &Stage, story: &mut Story) -> Result<(), Error> {
    let request = compliance::GetProgressRequest {
        name: PLAN.to_owned(),
    };
    let board = PlanServiceClient::new(stage.actor("auditor")?.channel.clone())
        .get_progress(ask(request))
        .await
        .map_err(failed("reading progress"))?
        .into_inner();
    // The three providers published, answered and delivered; nothing else can have made them so.
    let connected: Vec<&str> = board
        .departments
        .iter()
        .flat_map(|department| &department.systems)
        .filter(|system| system.connected)
        .map(|system| system.system.as_str())
        .collect();
    for system in [
        "marriage-registry",
        "enterprise-registry",
        "realestate-registry",
    ] {
        if !connected.contains(&format!("systems/{system}").as_str()) {
            story
                .surprises
                .push(format!("{system} is not connected on the board"));
        }
    }
    story.plan = board.plan;
    story.system_count = board.system_count;
    story.connected_count = board.connected_count;
    story.progress = board
        .departments
        .into_iter()
        .map(|department| Bureau {
            name: department.short_name,
            systems: department.system_count,
            connected: department.connected_count,
            percent: department.percent,
        })
        .collect();
    Ok(())
}

async fn bundle(stage: &Stage, story: &mut Story) -> Result<(), Error> {
    let request = evidence::ExportBundleRequest::default();
    let mut pieces = EvidenceServiceClient::new(stage.actor("auditor")?.channel.clone())
        .export_bundle(ask(request))
        .await
        .map_err(failed("exporting the bundle"))?
        .into_inner();
    let path = stage.data.join("evidence.bundle");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path)?);
    while let Some(piece) = pieces
        .message()
        .await
        .map_err(failed("exporting the bundle"))?
    {
        file.write_all(&piece.chunk)?;
    }
    file.flush()?;
    // The key comes from the gateway's own folder, not from the bundle that is to be checked.
    let key = std::fs::read_to_string(stage.data.join("keys").join("log.vkey"))?;
    let trusted = LogVerifier::parse(key.trim())?;
    let bundle = std::io::BufReader::new(std::fs::File::open(&path)?);
    let report = ledger::bundle::verify(bundle, Some(&trusted))?;
    story.evidence = Verified {
        ok: report.ok,
        bundle: path.display().to_string(),
        entries: report.summary.entries,
        open_intents: report.summary.open_intents,
        report: report.to_string(),
    };
    Ok(())
}
