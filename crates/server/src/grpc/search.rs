//! Search over the catalogue: a method of the resource service.

use api::catalogue::v1 as pb;
use broker::facet::{self, Facet, Filter, Place};
use broker::{FoundResources, ResourceSearch};
use domain::fault::Cause;
use domain::name::DepartmentName;
use domain::snapshot::Snapshot;
use tonic::Status;

use super::catalogue::wire;
use super::incoming::{Fields, page};

/// A search from the wire; all faults at once.
pub(super) fn parse(message: &pb::SearchResourcesRequest) -> Result<ResourceSearch, Status> {
    let mut fields = Fields::default();
    let departments = fields.names("departments", &message.departments, DepartmentName::parse);
    let departments = departments
        .unwrap_or_default()
        .iter()
        .map(ToString::to_string)
        .collect();
    let share_types = words(&mut fields, "share_types", &message.share_types, |wire| {
        pb::ShareType::try_from(wire).ok().and_then(share_word)
    });
    let states = words(&mut fields, "states", &message.states, |wire| {
        pb::resource::State::try_from(wire)
            .ok()
            .and_then(state_word)
    });
    let formats = numbers(&mut fields, "format_classes", &message.format_classes, 7);
    let cycles = numbers(&mut fields, "update_cycles", &message.update_cycles, 9);
    fields.finish(Some(()))?;
    let filter = |facet, values| Filter { facet, values };
    Ok(ResourceSearch {
        query: message.query.clone(),
        filters: vec![
            filter(facet::DEPARTMENT, departments),
            filter(facet::SHARE_TYPE, share_types),
            filter(facet::FORMAT_CLASS, formats),
            filter(facet::UPDATE_CYCLE, cycles),
            filter(facet::STATE, states),
        ],
        page: page(message.page_size, &message.page_token)?,
        size: usize::try_from(message.page_size).unwrap_or_default(),
    })
}

fn words(
    fields: &mut Fields,
    field: &str,
    wire: &[i32],
    word: impl Fn(i32) -> Option<&'static str>,
) -> Vec<String> {
    let mut words = Vec::new();
    for (index, value) in wire.iter().enumerate() {
        let cause = || Cause::new("UNKNOWN_CODE", "this value is not known");
        let place = format!("{field}[{index}]");
        words.extend(fields.take(&place, word(*value).ok_or_else(cause)));
    }
    words.into_iter().map(str::to_owned).collect()
}

fn numbers(fields: &mut Fields, field: &str, wire: &[i32], most: i32) -> Vec<String> {
    let mut numbers = Vec::new();
    for (index, value) in wire.iter().enumerate() {
        let place = format!("{field}[{index}]");
        if (1..=most).contains(value) {
            numbers.push(value.to_string());
        } else {
            let cause = Cause::new("UNKNOWN_CODE", format!("choose 1 to {most}"));
            fields.fault(&place, &cause);
        }
    }
    numbers
}

/// What was found, for the wire.
pub(super) fn wire_found(
    found: FoundResources,
    snapshot: &Snapshot,
) -> pb::SearchResourcesResponse {
    let result = |(row, place, by_other_word)| {
        let place = match place {
            None => pb::search_result::Place::Unspecified,
            Some(Place::Title) => pb::search_result::Place::Title,
            Some(Place::Parts) => pb::search_result::Place::Items,
            Some(Place::Rest) => pb::search_result::Place::Rest,
        };
        pb::SearchResult {
            resource: Some(wire(row)),
            place: place.into(),
            by_other_word,
        }
    };
    let facets = found.facets.into_iter();
    pb::SearchResourcesResponse {
        results: found.results.into_iter().map(result).collect(),
        total_size: whole(found.total),
        facets: facets
            .map(|(facet, values)| wire_facet(facet, values, snapshot))
            .collect(),
        next_page_token: found.next,
    }
}

fn wire_facet(facet: Facet, values: Vec<(String, u64)>, snapshot: &Snapshot) -> pb::Facet {
    let value = |(value, count): (String, u64)| {
        let department = DepartmentName::parse(&value).ok();
        let department = department.and_then(|name| snapshot.department(&name));
        pb::FacetValue {
            display_name: department
                .map(|found| found.full_name.clone())
                .unwrap_or_default(),
            value: wire_value(facet, value),
            count: whole(count),
        }
    };
    pb::Facet {
        name: facet.to_owned(),
        values: values.into_iter().map(value).collect(),
    }
}

/// A value as a filter takes it.
fn wire_value(facet: Facet, value: String) -> String {
    match facet {
        facet::SHARE_TYPE => format!("SHARE_TYPE_{}", value.to_ascii_uppercase()),
        facet::STATE => format!("STATE_{}", value.to_ascii_uppercase()),
        _ => value,
    }
}

fn share_word(share_type: pb::ShareType) -> Option<&'static str> {
    match share_type {
        pb::ShareType::Unspecified => None,
        pb::ShareType::Unconditional => Some("unconditional"),
        pb::ShareType::Conditional => Some("conditional"),
        pb::ShareType::NotShared => Some("not_shared"),
    }
}

fn state_word(state: pb::resource::State) -> Option<&'static str> {
    match state {
        pb::resource::State::Unspecified => None,
        pb::resource::State::Draft => Some("draft"),
        pb::resource::State::Registered => Some("registered"),
        pb::resource::State::Published => Some("published"),
        pb::resource::State::Suspended => Some("suspended"),
        pb::resource::State::Retired => Some("retired"),
    }
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
