//! `shuqiaoctl catalogue quality` without a name: all entries, the worst first.

use std::io::Write;

use api::catalogue::v1::resource_quality::Grade as Wire;
use api::catalogue::v1::resource_service_client::ResourceServiceClient;
use api::catalogue::v1::{ListResourceQualitiesRequest, ResourceQuality};
use tonic::transport::Channel;

use super::json_of;
use crate::connection::{Connection, PAGE, all_pages};
use crate::output::{Format, Output, Table, word};
use crate::{Ending, Failure};

/// A step of the score.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(in crate::catalogue) enum Grade {
    /// Below what is fair.
    Poor,
    /// Between.
    Fair,
    /// From what is good on.
    Good,
}

/// Lists the scores.
pub(super) async fn run<W: Write>(
    client: &mut ResourceServiceClient<Channel>,
    connection: &Connection,
    output: &mut Output<W>,
    department: String,
    grade: Option<Grade>,
) -> Result<Ending, Failure> {
    let grade = match grade {
        None => Wire::Unspecified,
        Some(Grade::Poor) => Wire::Poor,
        Some(Grade::Fair) => Wire::Fair,
        Some(Grade::Good) => Wire::Good,
    };
    let qualities = all_pages(async |page_token| {
        let request = ListResourceQualitiesRequest {
            department: department.clone(),
            grade: grade.into(),
            page_size: PAGE,
            page_token,
        };
        let page = client
            .list_resource_qualities(connection.ask(request))
            .await?
            .into_inner();
        Ok((page.qualities, page.next_page_token))
    })
    .await?;
    let mut table = Table::new(["SCORE", "GRADE", "ENTRY", "TITLE", "FIRST THING TO DO"]);
    for quality in &qualities {
        match output.format() {
            Format::Json => output.json(&json_of(quality))?,
            Format::Table => table.push(row(quality)),
        }
    }
    output.table(&table)?;
    Ok(Ending::Good)
}

fn row(quality: &ResourceQuality) -> [String; 5] {
    let first = Some(quality.first_lack.as_str()).filter(|lack| !lack.is_empty());
    [
        quality.score.to_string(),
        word(quality.grade().as_str_name(), "GRADE_"),
        quality.name.clone(),
        quality.title.clone(),
        first.unwrap_or("-").to_owned(),
    ]
}
