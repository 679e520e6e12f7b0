//! `shuqiaoctl catalogue search`.

use std::io::Write;

use api::catalogue::v1::resource::State;
use api::catalogue::v1::resource_service_client::ResourceServiceClient;
use api::catalogue::v1::search_result::Place;
use api::catalogue::v1::{
    Facet, SearchResourcesRequest, SearchResourcesResponse, SearchResult, ShareType,
};

use super::{json, share_type, state};
use crate::connection::Connection;
use crate::output::{Format, Output, Table};
use crate::{Ending, Failure};

/// What is looked for.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Words, all of which must be there; none finds everything.
    #[arg(value_name = "WORD")]
    words: Vec<String>,
    /// Only resources of this department; may be given several times.
    #[arg(long = "department", value_name = "departments/CODE")]
    departments: Vec<String>,
    /// Only resources shared in this way; may be given several times.
    #[arg(long = "share-type", value_name = "WAY")]
    share_types: Vec<Way>,
    /// Only this format class, 1 to 7; may be given several times.
    #[arg(long = "format-class", value_name = "CLASS",
          value_parser = clap::value_parser!(i32).range(1..=7))]
    format_classes: Vec<i32>,
    /// Only this code of the update cycle, 1 to 6, or 9 for irregular; may be given several times.
    #[arg(long = "update-cycle", value_name = "CODE",
          value_parser = clap::value_parser!(i32).range(1..=9))]
    update_cycles: Vec<i32>,
    /// Only this stage; may be given several times.
    #[arg(long = "state", value_name = "STAGE")]
    states: Vec<Stage>,
    /// Results shown, 1 to 100.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i32).range(1..=100))]
    limit: i32,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Way {
    Unconditional,
    Conditional,
    NotShared,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Stage {
    Draft,
    Registered,
    Published,
    Suspended,
    Retired,
}

impl Stage {
    fn wire(self) -> State {
        match self {
            Self::Draft => State::Draft,
            Self::Registered => State::Registered,
            Self::Published => State::Published,
            Self::Suspended => State::Suspended,
            Self::Retired => State::Retired,
        }
    }
}

/// Runs the command. Nothing found is a no.
pub(super) async fn run<W: Write>(
    args: &Args,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let request = SearchResourcesRequest {
        query: args.words.join(" "),
        departments: args.departments.clone(),
        share_types: args
            .share_types
            .iter()
            .map(|way| i32::from(wire(*way)))
            .collect(),
        format_classes: args.format_classes.clone(),
        update_cycles: args.update_cycles.clone(),
        states: args
            .states
            .iter()
            .map(|stage| stage.wire().into())
            .collect(),
        page_size: args.limit,
        ..SearchResourcesRequest::default()
    };
    let found = ResourceServiceClient::new(connection.channel.clone())
        .search_resources(connection.ask(request))
        .await?
        .into_inner();
    match output.format() {
        Format::Json => output.json(&document(&found))?,
        Format::Table => show(&found, output)?,
    }
    Ok(if found.results.is_empty() {
        Ending::Bad
    } else {
        Ending::Good
    })
}

fn wire(way: Way) -> ShareType {
    match way {
        Way::Unconditional => ShareType::Unconditional,
        Way::Conditional => ShareType::Conditional,
        Way::NotShared => ShareType::NotShared,
    }
}

fn show<W: Write>(found: &SearchResourcesResponse, output: &mut Output<W>) -> Result<(), Failure> {
    let mut table = Table::new(["RESOURCE", "TITLE", "FOUND IN", "SHARED", "STATE"]);
    for result in &found.results {
        let resource = result.resource.clone().unwrap_or_default();
        table.push([
            resource.name.clone(),
            resource.title.clone(),
            place(result),
            share_type(&resource),
            state(&resource),
        ]);
    }
    output.table(&table)?;
    let mut counts = Table::new(["OF", "VALUE", "RESULTS"]);
    for facet in &found.facets {
        for value in &facet.values {
            let shown = match value.display_name.as_str() {
                "" => &value.value,
                name => name,
            };
            counts.push([
                facet.name.clone(),
                shown.to_owned(),
                value.count.to_string(),
            ]);
        }
    }
    output.table(&counts)?;
    Ok(())
}

fn place(result: &SearchResult) -> String {
    let place = match result.place() {
        Place::Unspecified => "",
        Place::Title => "title",
        Place::Items => "items",
        Place::Rest => "rest",
    };
    if result.by_other_word {
        format!("{place}, by another word")
    } else {
        place.to_owned()
    }
}

fn document(found: &SearchResourcesResponse) -> serde_json::Value {
    let result = |result: &SearchResult| {
        serde_json::json!({
            "resource": result.resource.as_ref().map(json),
            "place": place(result),
            "by_other_word": result.by_other_word,
        })
    };
    let facet = |facet: &Facet| {
        let values = facet.values.iter().map(|value| {
            serde_json::json!({
                "value": value.value,
                "display_name": value.display_name,
                "count": value.count,
            })
        });
        serde_json::json!({ "name": facet.name, "values": values.collect::<Vec<_>>() })
    };
    serde_json::json!({
        "total_size": found.total_size,
        "results": found.results.iter().map(result).collect::<Vec<_>>(),
        "facets": found.facets.iter().map(facet).collect::<Vec<_>>(),
    })
}
