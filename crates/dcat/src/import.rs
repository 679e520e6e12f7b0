//! Catalogues of others in our terms, with what an entry of ours still lacks.

mod dataset;
mod items;
mod lacks;

use std::collections::BTreeSet;

use api::catalogue::v1 as pb;
use oxrdf::{Literal, NamedNode, NamedOrBlankNode};

use crate::graph::View;
use crate::parse::{self, ImportError, MOST_ITEMS, Syntax};
use crate::vocabulary::{DCAT, DCT, OURS, RDF, term};

use items::Schema;

/// What a document holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// One for each dataset, in the order of their addresses.
    pub entries: Vec<ImportedEntry>,
}

/// One dataset in our terms.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportedEntry {
    /// Its address; `_:1` and so on for those without, by their titles.
    pub dataset: String,
    /// Its own identifier, as stated; empty for none. It is the catalogue code when `resource.name` is not empty.
    pub identifier: String,
    /// The name of its publisher, empty when none is stated.
    pub publisher: String,
    /// What it says, as far as we have a field for it; the rest is empty. The stage is not set: nothing was drafted.
    pub resource: pb::Resource,
    /// It says everything that leaves us, in words of our own: what is empty there is meant to be empty.
    pub is_ours: bool,
    /// It says whether it is public, or somebody said so since.
    pub says_open: bool,
    /// What an entry of ours needs and the dataset does not say, or says in another form.
    pub lacks: Vec<Lack>,
    columns: Schema,
}

impl ImportedEntry {
    /// What it still lacks, after somebody added to `resource` what the dataset does not say.
    pub fn still_lacks(&self) -> Vec<Lack> {
        lacks::of(self)
    }

    /// Takes these items in place of those that the dataset states.
    pub fn take_items(&mut self, items: Vec<pb::ResourceItem>) {
        self.resource.items = items;
        self.columns = Schema::Whole;
    }
}

/// One thing that an entry lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lack {
    /// The field of the entry, for example `update_cycle` or `items[3].key`.
    pub field: String,
    /// What kind of fault it is, in the gateway's own words: `REQUIRED`, `TOO_LONG` and so on.
    pub code: &'static str,
    /// What is missing or wrong, and what to do.
    pub message: String,
}

/// Reads the datasets of a catalogue: DCAT 2 or 3, of any profile.
///
/// Texts in Chinese are taken first, then those without a language, then English ones. What our own export says in
/// words of its own is read back; of other catalogues only what has the same meaning is taken, and all else is named
/// in [`ImportedEntry::lacks`].
///
/// # Errors
/// All of [`ImportError`]; nothing is read in part.
pub fn import(bytes: &[u8], syntax: Syntax) -> Result<Imported, ImportError> {
    let graph = parse::graph(bytes, syntax)?;
    let reader = Reader::of(View(&graph));
    let mut items = 0;
    let mut entries = Vec::new();
    let datasets = reader.datasets();
    if datasets.is_empty() && !reader.is_catalogue() {
        return Err(ImportError::NoDataset);
    }
    for dataset in datasets {
        let entry = reader.entry(&dataset);
        items += entry.resource.items.len();
        if items > MOST_ITEMS {
            return Err(ImportError::TooManyItems);
        }
        entries.push(entry);
    }
    // Labels of nameless nodes are the parser's and change from run to run.
    entries.sort_by(|one, other| order(one).cmp(&order(other)));
    let nameless = entries.iter_mut().filter(|entry| entry.dataset.is_empty());
    for (place, entry) in nameless.enumerate() {
        entry.dataset = format!("_:{}", place + 1);
    }
    Ok(Imported { entries })
}

fn order(entry: &ImportedEntry) -> (bool, &str, &str, &str) {
    let nameless = entry.dataset.is_empty();
    let title = entry.resource.title.as_str();
    (nameless, &entry.dataset, title, &entry.identifier)
}

/// Namespaces of our own vocabulary: those of the standards by our identifier that catalogues conform to.
pub(crate) fn namespaces(view: &View<'_>) -> BTreeSet<String> {
    let ours = Literal::new_simple_literal(OURS);
    let standards = view.pointing(&term(DCT, "identifier"), &ours);
    let namespaces = standards.into_iter().filter_map(|standard| match standard {
        NamedOrBlankNode::NamedNode(node) => Some(node.into_string()),
        NamedOrBlankNode::BlankNode(_) => None,
    });
    namespaces.collect()
}

/// A graph in which datasets are looked for.
struct Reader<'a> {
    view: View<'a>,
    /// Our own namespace in it, when it is an export of ours. A document that states several is read by the first.
    own: Option<String>,
}

impl<'a> Reader<'a> {
    fn of(view: View<'a>) -> Self {
        let own = namespaces(&view).into_iter().next();
        Self { view, own }
    }

    fn is_catalogue(&self) -> bool {
        let catalogues = self
            .view
            .pointing(&term(RDF, "type"), &term(DCAT, "Catalog"));
        !catalogues.is_empty()
    }

    /// What is called a dataset, or stands as one in a catalogue.
    fn datasets(&self) -> Vec<NamedOrBlankNode> {
        let mut found = self
            .view
            .pointing(&term(RDF, "type"), &term(DCAT, "Dataset"));
        found.extend(self.view.members(&term(DCAT, "dataset")));
        found.sort_by_cached_key(ToString::to_string);
        found.dedup();
        found
    }

    /// A name of our own vocabulary, when the document uses it.
    fn own(&self, local: &str) -> Option<NamedNode> {
        self.own.as_ref().map(|namespace| term(namespace, local))
    }

    fn own_text(&self, node: &NamedOrBlankNode, local: &str) -> String {
        let property = self.own(local);
        let text = property.and_then(|property| self.view.literal(node, &property));
        text.unwrap_or_default()
    }

    fn own_number<N: std::str::FromStr + Default>(
        &self,
        node: &NamedOrBlankNode,
        local: &str,
    ) -> N {
        self.own_text(node, local).parse().unwrap_or_default()
    }
}
