//! The two documents of a graph. The same graph gives the same bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use oxrdf::{BlankNode, Graph, Literal, NamedNode, NamedOrBlankNode, Term, Triple};
use oxttl::TurtleSerializer;
use serde_json::{Map, Value, json};

use crate::graph::View;
use crate::vocabulary::{PREFIXES, RDF, XSD, term};

/// Writes a graph as Turtle, subjects and their properties in the order of their IRIs.
///
/// # Errors
/// None that a graph can cause: the serializer writes to memory. It is passed on in case a later version has one.
pub fn turtle(graph: &Graph) -> io::Result<String> {
    let mut serializer = TurtleSerializer::new();
    for (prefix, namespace) in prefixes(graph) {
        let namespaced = serializer.with_prefix(prefix, namespace);
        serializer = namespaced.map_err(io::Error::other)?;
    }
    let mut writer = serializer.for_writer(Vec::new());
    for triple in &in_order(graph) {
        writer.serialize_triple(triple)?;
    }
    String::from_utf8(writer.finish()?).map_err(io::Error::other)
}

/// Writes a graph as JSON-LD, compacted with a context of prefixes that stands in the document itself.
///
/// Every property is an array, whether it has one value or several; only `@id` is none. Lists are `@list`. Each node
/// stands on a line of its own, so that what changed between two documents can be seen.
///
/// # Errors
/// None that a graph can cause, as for [`turtle`].
pub fn json_ld(graph: &Graph) -> io::Result<String> {
    let writer = JsonLd {
        view: View(graph),
        prefixes: prefixes(graph),
    };
    let context = serde_json::to_string(&writer.prefixes)?;
    let nodes = writer.nodes();
    let lines: Result<Vec<String>, _> = nodes.iter().map(serde_json::to_string).collect();
    let lines = lines?.join(",\n");
    Ok(format!(
        "{{\"@context\":{context},\"@graph\":[\n{lines}\n]}}\n"
    ))
}

/// The prefixes of all documents, and `ns` for our own namespace where the graph has one.
fn prefixes(graph: &Graph) -> BTreeMap<String, String> {
    let fixed = PREFIXES.map(|(prefix, namespace)| (prefix.to_owned(), namespace.to_owned()));
    let mut prefixes = BTreeMap::from(fixed);
    let ours = crate::import::namespaces(&View(graph)).into_iter().next();
    prefixes.extend(ours.map(|namespace| ("ns".to_owned(), namespace)));
    prefixes
}

/// All triples: by subject, the class first, then by property and value.
fn in_order(graph: &Graph) -> Vec<Triple> {
    let class = term(RDF, "type");
    let mut triples: Vec<Triple> = graph.iter().map(Into::into).collect();
    triples.sort_by_cached_key(|triple| {
        let property = (triple.predicate != class).then(|| triple.predicate.as_str().to_owned());
        (
            triple.subject.to_string(),
            property,
            triple.object.to_string(),
        )
    });
    triples
}

struct JsonLd<'a> {
    view: View<'a>,
    prefixes: BTreeMap<String, String>,
}

impl JsonLd<'_> {
    /// The nodes, in the order of their addresses.
    fn nodes(&self) -> Vec<Map<String, Value>> {
        let triples = in_order(self.view.0);
        let (lists, cells) = self.lists(&triples);
        let mut nodes: Vec<Map<String, Value>> = Vec::new();
        let mut subject = None;
        for triple in triples
            .iter()
            .filter(|triple| !cells.contains(&triple.subject.to_string()))
        {
            if subject != Some(&triple.subject) {
                subject = Some(&triple.subject);
                let mut node = Map::new();
                node.insert("@id".to_owned(), id(&triple.subject).into());
                nodes.push(node);
            }
            let Some(node) = nodes.last_mut() else {
                continue;
            };
            let (key, value) = self.property(triple, &lists);
            if let Value::Array(values) = node.entry(key).or_insert_with(|| json!([])) {
                values.push(value);
            }
        }
        nodes
    }

    fn property(&self, triple: &Triple, lists: &BTreeMap<String, Vec<Term>>) -> (String, Value) {
        if triple.predicate == term(RDF, "type")
            && let Term::NamedNode(class) = &triple.object
        {
            return ("@type".to_owned(), self.compact(class).into());
        }
        let key = self.compact(&triple.predicate);
        let value = match &triple.object {
            Term::BlankNode(node) if lists.contains_key(&node.to_string()) => {
                let members = lists.get(&node.to_string()).into_iter().flatten();
                json!({ "@list": members.map(|member| self.value(member)).collect::<Vec<_>>() })
            }
            value => self.value(value),
        };
        (key, value)
    }

    fn value(&self, value: &Term) -> Value {
        match value {
            Term::NamedNode(node) => json!({ "@id": node.as_str() }),
            Term::BlankNode(node) => json!({ "@id": node.to_string() }),
            Term::Literal(literal) => self.literal(literal),
        }
    }

    fn literal(&self, literal: &Literal) -> Value {
        let value = literal.value();
        if let Some(language) = literal.language() {
            return json!({ "@language": language, "@value": value });
        }
        if literal.datatype() == term(XSD, "string").as_ref() {
            return value.into();
        }
        let datatype = self.compact(&literal.datatype().into_owned());
        json!({ "@type": datatype, "@value": value })
    }

    fn compact(&self, iri: &NamedNode) -> String {
        let short = self.prefixes.iter().find_map(|(prefix, namespace)| {
            let local = iri.as_str().strip_prefix(namespace.as_str())?;
            // Two slashes would be read as an address, and nothing as the namespace itself.
            let is_name = !local.is_empty() && !local.starts_with("//");
            is_name.then(|| format!("{prefix}:{local}"))
        });
        short.unwrap_or_else(|| iri.as_str().to_owned())
    }

    /// Lists by their heads, and all the cells that they are made of.
    fn lists(&self, triples: &[Triple]) -> (BTreeMap<String, Vec<Term>>, BTreeSet<String>) {
        let rest = term(RDF, "rest");
        let mut lists = BTreeMap::new();
        let mut cells = BTreeSet::new();
        for triple in triples.iter().filter(|triple| triple.predicate != rest) {
            if let Term::BlankNode(head) = &triple.object
                && let Some((members, own)) = self.plain_list(head)
            {
                lists.insert(head.to_string(), members);
                cells.extend(own);
            }
        }
        (lists, cells)
    }

    /// Members and cells of a list whose cells are nameless, say nothing else, and are each pointed at once: only such
    /// a list means the same when it is written as `@list`. It cannot run in a circle.
    fn plain_list(&self, head: &BlankNode) -> Option<(Vec<Term>, Vec<String>)> {
        let graph = self.view.0;
        let (mut members, mut cells) = (Vec::new(), Vec::new());
        let mut cell = head.clone();
        loop {
            let says = graph.triples_for_subject(&cell).take(3).count();
            let pointed = graph.triples_for_object(&cell).take(2).count();
            let first = graph.object_for_subject_predicate(&cell, &term(RDF, "first"))?;
            let rest = graph.object_for_subject_predicate(&cell, &term(RDF, "rest"))?;
            if says != 2 || pointed != 1 {
                return None;
            }
            members.push(first.into_owned());
            cells.push(cell.to_string());
            match rest.into_owned() {
                Term::BlankNode(next) => cell = next,
                Term::NamedNode(end) if end == term(RDF, "nil") => return Some((members, cells)),
                Term::NamedNode(_) | Term::Literal(_) => return None,
            }
        }
    }
}

fn id(node: &NamedOrBlankNode) -> String {
    match node {
        NamedOrBlankNode::NamedNode(node) => node.as_str().to_owned(),
        NamedOrBlankNode::BlankNode(node) => node.to_string(),
    }
}
