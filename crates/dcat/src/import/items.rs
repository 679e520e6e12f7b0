//! Columns as items.

use api::catalogue::v1 as pb;
use oxrdf::{NamedOrBlankNode, Term};

use super::Reader;
use crate::codes;
use crate::graph::{as_node, last_part};
use crate::vocabulary::{CSVW, DCT, RDF, term};

/// Most items of one entry that are read.
pub(super) const MOST_COLUMNS: usize = 1_000;

/// What is known of the columns of a dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Schema {
    /// No schema that says them.
    Absent,
    /// All are read.
    Whole,
    /// There are more than [`MOST_COLUMNS`].
    Cut,
}

impl Reader<'_> {
    /// The items, from the first schema that has columns: of the dataset itself, or of a distribution.
    pub(super) fn items(
        &self,
        dataset: &NamedOrBlankNode,
        distributions: &[NamedOrBlankNode],
    ) -> (Schema, Vec<pb::ResourceItem>) {
        for node in std::iter::once(dataset).chain(distributions) {
            for property in [term(CSVW, "tableSchema"), term(DCT, "conformsTo")] {
                for schema in self.view.nodes(node, &property) {
                    let mut columns = self.columns(&schema);
                    let whole = if columns.len() > MOST_COLUMNS {
                        Schema::Cut
                    } else {
                        Schema::Whole
                    };
                    columns.truncate(MOST_COLUMNS);
                    let items: Vec<_> = columns.iter().map(|column| self.item(column)).collect();
                    if !items.is_empty() {
                        return (whole, items);
                    }
                }
            }
        }
        (Schema::Absent, Vec::new())
    }

    /// The columns of a schema: in their order when they are a list, else by their names.
    fn columns(&self, schema: &NamedOrBlankNode) -> Vec<NamedOrBlankNode> {
        let stated = self.view.nodes(schema, &term(CSVW, "column"));
        let first = term(RDF, "first");
        let mut lists = stated
            .iter()
            .filter(|node| !self.view.values(node, &first).is_empty());
        if let Some(head) = lists.next() {
            return self.view.list(head, MOST_COLUMNS);
        }
        let mut columns = stated;
        columns.sort_by_cached_key(|column| self.view.literal(column, &term(CSVW, "name")));
        columns
    }

    fn item(&self, column: &NamedOrBlankNode) -> pb::ResourceItem {
        let view = &self.view;
        let titles = [
            term(CSVW, "title"),
            term(CSVW, "titles"),
            term(DCT, "title"),
        ];
        let title = titles.iter().find_map(|title| view.text(column, title));
        let own_type = self.own_text(column, "dataType");
        let (stated_type, stated_length) = self.datatype(column);
        pb::ResourceItem {
            key: view
                .literal(column, &term(CSVW, "name"))
                .unwrap_or_default(),
            title: title.unwrap_or_default(),
            data_type: if own_type.is_empty() {
                stated_type
            } else {
                own_type
            },
            sensitive: self.own_text(column, "sensitive") == "true",
            personal: self.own_text(column, "personal") == "true",
            length: match self.own_number(column, "length") {
                0 => stated_length,
                length => length,
            },
        }
    }

    /// The data type and the length that a column states: a name, or a type derived from one.
    fn datatype(&self, column: &NamedOrBlankNode) -> (String, i32) {
        let property = term(CSVW, "datatype");
        let Some(stated) = self.view.values(column, &property).into_iter().next() else {
            return (String::new(), 0);
        };
        let node = as_node(&stated);
        let number = |property| {
            let node = node.as_ref()?;
            self.view.literal(node, &term(CSVW, property))?.parse().ok()
        };
        let base = node.as_ref().and_then(|node| {
            self.view
                .values(node, &term(CSVW, "base"))
                .into_iter()
                .next()
        });
        let name = match base.unwrap_or(stated) {
            Term::NamedNode(node) => last_part(node.as_ref()),
            Term::Literal(literal) => literal
                .value()
                .rsplit([':', '#'])
                .next()
                .unwrap_or_default()
                .to_owned(),
            Term::BlankNode(_) => String::new(),
        };
        let length = ["maxLength", "length"].into_iter().find_map(number);
        let data_type = codes::data_type(&name).unwrap_or_default();
        (data_type.to_owned(), length.unwrap_or_default())
    }
}
