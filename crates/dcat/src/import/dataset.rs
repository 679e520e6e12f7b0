//! What one dataset says.

use api::catalogue::v1 as pb;
use jiff::Timestamp;
use oxrdf::{NamedNode, NamedOrBlankNode, Term};

use super::{ImportedEntry, Reader};
use crate::codes::{self, Format};
use crate::graph::{as_node, last_part};
use crate::vocabulary::{AUTHORITY, DCAT, DCT, FOAF, RDF, RDFS, SKOS, term};

/// Letters and digits of a unified social credit code (GB 32100-2015).
const CREDIT_CODE: usize = 18;

impl Reader<'_> {
    pub(super) fn entry(&self, dataset: &NamedOrBlankNode) -> ImportedEntry {
        let view = &self.view;
        let text = |property: NamedNode| view.text(dataset, &property).unwrap_or_default();
        let identifier = text(term(DCT, "identifier"));
        let publisher = view
            .nodes(dataset, &term(DCT, "publisher"))
            .into_iter()
            .next();
        let distributions = view.nodes(dataset, &term(DCAT, "distribution"));
        let format = self.format(&distributions);
        let (columns, items) = self.items(dataset, &distributions);
        let rights = view.values(dataset, &term(DCT, "accessRights"));
        let mut resource = pb::Resource {
            name: resource_name(&identifier).unwrap_or_default(),
            title: text(term(DCT, "title")),
            summary: text(term(DCT, "description")),
            department: publisher
                .as_ref()
                .and_then(|agent| self.department(agent))
                .unwrap_or_default(),
            items,
            share_modes: self.share_modes(&distributions),
            format_class: format.map(|format| format.class).unwrap_or_default(),
            format_type: format
                .map(|format| format.kind.to_owned())
                .unwrap_or_default(),
            update_cycle: self.update_cycle(dataset),
            open: rights.contains(&term(AUTHORITY, "access-right/PUBLIC").into()),
            version: text(term(DCAT, "version")).parse().unwrap_or_default(),
            publish_time: self.moment(dataset),
            open_condition: self.rights(&distributions).unwrap_or_default(),
            data_class: self.data_class(dataset),
            related_resources: self.related(dataset),
            ..pb::Resource::default()
        };
        self.own_words(dataset, &mut resource);
        let publisher = publisher.and_then(|agent| view.text(&agent, &term(FOAF, "name")));
        let mut entry = ImportedEntry {
            dataset: match dataset {
                NamedOrBlankNode::NamedNode(node) => node.as_str().to_owned(),
                NamedOrBlankNode::BlankNode(_) => String::new(),
            },
            identifier,
            publisher: publisher.unwrap_or_default(),
            resource,
            is_ours: self.own.is_some(),
            says_open: !rights.is_empty(),
            lacks: Vec::new(),
            columns,
        };
        entry.lacks = entry.still_lacks();
        entry
    }

    /// What our own export says in its own words. They go before what was concluded.
    fn own_words(&self, dataset: &NamedOrBlankNode, resource: &mut pb::Resource) {
        if self.own.is_none() {
            return;
        }
        let text = |local| self.own_text(dataset, local);
        let share_type = format!("SHARE_TYPE_{}", text("shareType").to_ascii_uppercase());
        let basis = format!("BASIS_{}", text("basis").to_ascii_uppercase());
        let share_type = pb::ShareType::from_str_name(&share_type).unwrap_or_default();
        resource.share_type = share_type.into();
        resource.basis = pb::Basis::from_str_name(&basis).unwrap_or_default().into();
        resource.share_condition = text("shareCondition");
        resource.share_scope = text("shareScope");
        resource.share_purpose = text("sharePurpose");
        resource.data_level = text("dataLevel");
        resource.certificate_type = text("certificateType");
        resource.inner_department = text("innerDepartment");
        resource.data_grade = self.own_number(dataset, "dataGrade");
        resource.format_class = self.own_number(dataset, "formatClass");
        resource.format_type = text("formatType");
        resource.open_condition = text("openCondition");
        let volume = pb::DataVolume {
            stored_gigabytes: self.own_number(dataset, "storedGigabytes"),
            stored_records: self.own_number(dataset, "storedRecords"),
            shared_gigabytes: self.own_number(dataset, "sharedGigabytes"),
            shared_records: self.own_number(dataset, "sharedRecords"),
            open_gigabytes: self.own_number(dataset, "openGigabytes"),
            open_records: self.own_number(dataset, "openRecords"),
        };
        resource.volume = Some(volume).filter(|volume| *volume != pb::DataVolume::default());
    }

    /// The department by its credit code; none when the publisher has no such code.
    fn department(&self, agent: &NamedOrBlankNode) -> Option<String> {
        let codes = self.view.literals(agent, &term(DCT, "identifier"));
        let is_code = |code: &String| {
            code.len() == CREDIT_CODE
                && code
                    .bytes()
                    .all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
        };
        codes
            .into_iter()
            .find(is_code)
            .map(|code| format!("departments/{code}"))
    }

    fn update_cycle(&self, dataset: &NamedOrBlankNode) -> i32 {
        let values = self.view.values(dataset, &term(DCT, "accrualPeriodicity"));
        let cycles = values.iter().filter_map(|value| match value {
            Term::NamedNode(node) => codes::cycle(&last_part(node.as_ref())),
            Term::Literal(literal) => codes::cycle(literal.value()),
            Term::BlankNode(_) => {
                let label = self.view.text(&as_node(value)?, &term(RDFS, "label"))?;
                codes::cycle(&label)
            }
        });
        cycles.min().unwrap_or_default()
    }

    fn moment(&self, dataset: &NamedOrBlankNode) -> Option<prost_types::Timestamp> {
        let stated = ["modified", "issued"].into_iter().find_map(|property| {
            let text = self.view.literal(dataset, &term(DCT, property))?;
            text.parse::<Timestamp>().ok()
        })?;
        let second = 1_000_000_000;
        Some(prost_types::Timestamp {
            // Parts of a second count forward, before 1970 too.
            seconds: i64::try_from(stated.as_nanosecond().div_euclid(second)).ok()?,
            nanos: i32::try_from(stated.as_nanosecond().rem_euclid(second)).ok()?,
        })
    }

    /// The first format that we know, of the first distribution that has one.
    fn format(&self, distributions: &[NamedOrBlankNode]) -> Option<&'static Format> {
        let properties = [term(DCT, "format"), term(DCAT, "mediaType")];
        let mut stated = distributions.iter().flat_map(|distribution| {
            properties
                .iter()
                .flat_map(|property| self.view.values(distribution, property))
        });
        let known = |value: Term| match &value {
            Term::Literal(literal) => codes::format_of(literal.value()),
            Term::NamedNode(node) => {
                // IANA's addresses end in type and subtype.
                let media_type = node
                    .as_str()
                    .split_once("/media-types/")
                    .map(|(_, name)| name);
                let by_name = || codes::format_of(&last_part(node.as_ref()));
                media_type.and_then(codes::format_of).or_else(by_name)
            }
            Term::BlankNode(node) => {
                let node = node.clone().into();
                let labels = [term(RDFS, "label"), term(RDF, "value")];
                let mut labels = labels
                    .iter()
                    .filter_map(|label| self.view.text(&node, label));
                labels.find_map(|label| codes::format_of(&label))
            }
        };
        stated.find_map(known)
    }

    /// Ways of sharing. Of others' distributions, a service is an API and a download a file; a mere page is neither.
    fn share_modes(&self, distributions: &[NamedOrBlankNode]) -> Vec<i32> {
        let mut modes: Vec<i32> = Vec::new();
        for distribution in distributions {
            let word = self
                .own_text(distribution, "shareMode")
                .to_ascii_uppercase();
            let has = |property| {
                !self
                    .view
                    .values(distribution, &term(DCAT, property))
                    .is_empty()
            };
            let mode = match pb::ShareMode::from_str_name(&format!("SHARE_MODE_{word}")) {
                Some(mode) => mode,
                None if has("accessService") => pb::ShareMode::Api,
                None if has("downloadURL") => pb::ShareMode::File,
                None => continue,
            };
            modes.push(mode.into());
        }
        modes.sort_unstable();
        modes.dedup();
        modes
    }

    fn rights(&self, distributions: &[NamedOrBlankNode]) -> Option<String> {
        distributions.iter().find_map(|distribution| {
            let rights = term(DCT, "rights");
            let stated = self.view.nodes(distribution, &rights);
            let labels = stated
                .iter()
                .find_map(|node| self.view.text(node, &term(RDFS, "label")));
            labels.or_else(|| self.view.text(distribution, &rights))
        })
    }

    /// The theme of our own scheme. Themes of others are no classes of ours.
    fn data_class(&self, dataset: &NamedOrBlankNode) -> String {
        if self.own.is_none() {
            return String::new();
        }
        let themes = self.view.nodes(dataset, &term(DCAT, "theme"));
        let label = |theme: &NamedOrBlankNode| self.view.text(theme, &term(SKOS, "prefLabel"));
        themes.iter().find_map(label).unwrap_or_default()
    }

    /// Related datasets of this document that have a catalogue code.
    fn related(&self, dataset: &NamedOrBlankNode) -> Vec<String> {
        let related = self.view.nodes(dataset, &term(DCT, "relation"));
        let names = related.iter().filter_map(|other| {
            let identifier = self.view.text(other, &term(DCT, "identifier"))?;
            resource_name(&identifier)
        });
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }
}

/// The entry's name, when an identifier is a catalogue code: a classification of six digits or more, the first 1 to
/// 3, a slash and a number, 64 characters at most.
fn resource_name(identifier: &str) -> Option<String> {
    let (classification, number) = identifier.split_once('/')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let is_code = digits(classification)
        && digits(number)
        && classification.len() >= 6
        && classification.starts_with(['1', '2', '3'])
        && identifier.len() <= 64;
    is_code.then(|| format!("resources/{classification}-{number}"))
}
