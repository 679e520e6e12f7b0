//! The items of an entry as the columns of a table schema (CSV on the Web).

use api::catalogue::v1 as pb;
use oxrdf::{BlankNode, Literal, NamedNode, Term, Triple};

use super::Draft;
use crate::codes;
use crate::vocabulary::{CSVW, RDF, XSD, term};

impl Draft<'_> {
    /// The schema; none when the entry has no items.
    pub(super) fn columns(&mut self, entry: &pb::Resource) -> Option<NamedNode> {
        if entry.items.is_empty() {
            return None;
        }
        let schema = self.site.part(&entry.name, "schema");
        self.schema_class(&schema);
        let columns: Vec<NamedNode> = entry
            .items
            .iter()
            .map(|item| self.column(entry, item))
            .collect();
        let list = self.list(&entry.name, &columns);
        self.add(&schema, term(CSVW, "column"), list);
        Some(schema)
    }

    fn column(&mut self, entry: &pb::Resource, item: &pb::ResourceItem) -> NamedNode {
        let node = self.site.part(&entry.name, &format!("item-{}", item.key));
        self.class(&node, CSVW, "Column");
        self.plain(&node, term(CSVW, "name"), &item.key);
        self.chinese(&node, term(CSVW, "title"), &item.title);
        self.own_text(&node, "dataType", &item.data_type);
        self.own_number(&node, "length", item.length.into());
        self.own_mark(&node, "personal", item.personal);
        self.own_mark(&node, "sensitive", item.sensitive);
        if let Some(name) = codes::schema_type(&item.data_type) {
            let datatype = self.datatype(entry, item, name);
            self.add(&node, term(CSVW, "datatype"), datatype);
        }
        node
    }

    /// The type by its name; of texts whose length is stated, a type of its own.
    fn datatype(&mut self, entry: &pb::Resource, item: &pb::ResourceItem, name: &str) -> NamedNode {
        if name != "string" || item.length <= 0 {
            return term(XSD, name);
        }
        let node = self.site.part(&entry.name, &format!("type-{}", item.key));
        let length = Literal::new_typed_literal(item.length.to_string(), term(XSD, "integer"));
        self.class(&node, CSVW, "Datatype");
        self.plain(&node, term(CSVW, "base"), name);
        self.add(&node, term(CSVW, "maxLength"), length);
        node
    }

    /// An ordered list. Its cells have no address; their labels follow from the entry and the place, so that the
    /// same catalogue gives the same document.
    fn list(&mut self, name: &str, members: &[NamedNode]) -> Term {
        let letter = |c: char| match c {
            '0'..='9' | 'a'..='w' => c.to_string(),
            // Not a letter that labels may have, or the mark itself.
            _ => format!("x{:x}x", u32::from(c)),
        };
        let label: String = name.chars().map(letter).collect();
        let mut rest: Term = term(RDF, "nil").into();
        for (place, member) in members.iter().enumerate().rev() {
            let cell = BlankNode::new_unchecked(format!("{label}z{place}"));
            let first = Triple::new(cell.clone(), term(RDF, "first"), member.clone());
            self.graph.insert(&first);
            self.graph
                .insert(&Triple::new(cell.clone(), term(RDF, "rest"), rest));
            rest = cell.into();
        }
        rest
    }
}
