//! Entries as a graph.

mod columns;
mod dataset;

use std::collections::{BTreeMap, BTreeSet};

use api::catalogue::v1 as pb;
use api::registry::v1::Department;
use jiff::Timestamp;
use oxrdf::{Graph, Literal, NamedNode, Term, Triple};

use crate::open::OpenEntry;
use crate::site::Site;
use crate::vocabulary::{AUTHORITY, CSVW, DCAT, DCT, FOAF, OURS, RDF, SKOS, XSD, term};

/// Makes the graph of a catalogue: of the open entries among `resources`, with the departments that provide them.
///
/// A department that is not among `departments` is named by its code. Without any open entry the catalogue is empty
/// and still valid.
pub fn export(resources: &[pb::Resource], departments: &[Department], site: &Site) -> Graph {
    let open = OpenEntry::all(resources);
    let names: BTreeSet<&str> = open.iter().map(|entry| entry.name()).collect();
    let departments = departments.iter().map(|known| (known.name.as_str(), known));
    let mut draft = Draft {
        graph: Graph::new(),
        site,
        departments: departments.collect(),
    };
    draft.catalogue();
    for entry in open {
        draft.dataset(&entry.public(&names));
    }
    draft.graph
}

/// A graph that is being made.
struct Draft<'a> {
    graph: Graph,
    site: &'a Site,
    departments: BTreeMap<&'a str, &'a Department>,
}

impl Draft<'_> {
    fn catalogue(&mut self) {
        let site = self.site;
        let node = self.catalogue_node();
        self.class(&node, DCAT, "Catalog");
        self.chinese(&node, term(DCT, "title"), &site.title);
        self.chinese(&node, term(DCT, "description"), &site.description);
        self.moment(&node, term(DCT, "modified"), site.modified);
        let publisher = self.agent(&site.publisher);
        self.add(&node, term(DCT, "publisher"), publisher);
        for language in &site.languages {
            let language = self.listed("language", language.code(), "LinguisticSystem");
            self.add(&node, term(DCT, "language"), language);
        }
        if let Some(license) = site.license.clone() {
            self.class(&license, DCT, "LicenseDocument");
            self.add(&node, term(DCT, "license"), license);
        }
        self.area(&node, &site.publisher);
        // By this our own properties are known again under whatever base.
        let standard = NamedNode::new_unchecked(site.namespace());
        self.class(&standard, DCT, "Standard");
        self.plain(&standard, term(DCT, "identifier"), OURS);
        self.add(&node, term(DCT, "conformsTo"), standard);
    }

    fn catalogue_node(&self) -> NamedNode {
        self.site.part("catalogue", "catalogue")
    }

    /// A department as an agent, `departments/{code}`.
    fn agent(&mut self, name: &str) -> NamedNode {
        let node = self.site.part(name, "agent");
        let code = name.strip_prefix("departments/").unwrap_or(name);
        let known = self
            .departments
            .get(name)
            .map(|known| known.full_name.clone());
        let full_name = known.filter(|full_name| !full_name.is_empty());
        self.class(&node, FOAF, "Agent");
        self.plain(&node, term(DCT, "identifier"), code);
        self.chinese(
            &node,
            term(FOAF, "name"),
            full_name.as_deref().unwrap_or(code),
        );
        node
    }

    /// Where a department is competent, when it is known: a region code of GB/T 2260 or a local one.
    fn area(&mut self, node: &NamedNode, department: &str) {
        let area = self
            .departments
            .get(department)
            .map(|known| known.area.clone());
        if let Some(code) = area.filter(|code| !code.is_empty()) {
            let place = self.site.part("areas", &code);
            self.class(&place, DCT, "Location");
            self.plain(&place, term(DCT, "identifier"), &code);
            self.add(node, term(DCT, "spatial"), place);
        }
    }

    /// A class of data as a concept of the site's own scheme.
    fn theme(&mut self, name: &str) -> NamedNode {
        let scheme = self.site.document("themes");
        self.class(&scheme, SKOS, "ConceptScheme");
        self.chinese(&scheme, term(DCT, "title"), "数据分类");
        let catalogue = self.catalogue_node();
        self.add(&catalogue, term(DCAT, "themeTaxonomy"), scheme.clone());
        let concept = self.site.part("themes", name);
        self.class(&concept, SKOS, "Concept");
        self.chinese(&concept, term(SKOS, "prefLabel"), name);
        self.add(&concept, term(SKOS, "inScheme"), scheme);
        concept
    }

    /// An entry of one of the EU's code lists. Its class and its list are said here, so that the ranges of the
    /// profile can be checked without fetching the lists.
    fn listed(&mut self, list: &str, code: &str, class: &str) -> NamedNode {
        let scheme = term(AUTHORITY, list);
        let node = term(AUTHORITY, &format!("{list}/{code}"));
        self.class(&node, DCT, class);
        self.add(&node, term(SKOS, "inScheme"), scheme);
        node
    }

    fn class(&mut self, node: &NamedNode, namespace: &str, class: &str) {
        self.add(node, term(RDF, "type"), term(namespace, class));
    }

    fn chinese(&mut self, node: &NamedNode, property: NamedNode, text: &str) {
        let literal = Literal::new_language_tagged_literal_unchecked(text, "zh");
        self.add(node, property, literal);
    }

    fn plain(&mut self, node: &NamedNode, property: NamedNode, text: &str) {
        self.add(node, property, Literal::new_simple_literal(text));
    }

    /// Our own text property; nothing when it is empty.
    fn own_text(&mut self, node: &NamedNode, local: &str, text: &str) {
        if !text.is_empty() {
            self.plain(node, self.site.own(local), text);
        }
    }

    /// Our own whole number; nothing when it is 0, which means "not stated" in all of them.
    fn own_number(&mut self, node: &NamedNode, local: &str, number: i64) {
        if number != 0 {
            let literal = Literal::new_typed_literal(number.to_string(), term(XSD, "integer"));
            self.add(node, self.site.own(local), literal);
        }
    }

    /// Our own mark; nothing when it is not set.
    fn own_mark(&mut self, node: &NamedNode, local: &str, set: bool) {
        if set {
            let literal = Literal::new_typed_literal("true", term(XSD, "boolean"));
            self.add(node, self.site.own(local), literal);
        }
    }

    fn moment(&mut self, node: &NamedNode, property: NamedNode, moment: Timestamp) {
        let literal = Literal::new_typed_literal(moment.to_string(), term(XSD, "dateTime"));
        self.add(node, property, literal);
    }

    fn add(&mut self, node: &NamedNode, property: NamedNode, value: impl Into<Term>) {
        self.graph
            .insert(&Triple::new(node.clone(), property, value));
    }

    /// The schema of the items of an entry, with its name in CSV on the Web.
    fn schema_class(&mut self, schema: &NamedNode) {
        self.class(schema, CSVW, "Schema");
        self.class(schema, DCT, "Standard");
    }
}
