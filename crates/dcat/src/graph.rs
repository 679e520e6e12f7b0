//! Reading a graph: what a node says, with bounds on what is looked at.

use oxrdf::{Graph, NamedNode, NamedNodeRef, NamedOrBlankNode, NamedOrBlankNodeRef, Term, TermRef};

use crate::vocabulary::{RDF, term};

/// Most values of one property that are looked at. A real catalogue has a few; without a bound, many datasets that
/// share one node with many values would cost their product.
const MOST_VALUES: usize = 1_000;

/// A graph that is being read.
pub(crate) struct View<'a>(pub(crate) &'a Graph);

impl View<'_> {
    /// The values of a property, in a fixed order.
    pub(crate) fn values(&self, node: &NamedOrBlankNode, property: &NamedNode) -> Vec<Term> {
        let found = self.0.objects_for_subject_predicate(node, property);
        let mut found: Vec<Term> = found.take(MOST_VALUES).map(TermRef::into_owned).collect();
        found.sort_by_cached_key(Term::to_string);
        found
    }

    /// The nodes among the values of a property.
    pub(crate) fn nodes(
        &self,
        node: &NamedOrBlankNode,
        property: &NamedNode,
    ) -> Vec<NamedOrBlankNode> {
        let values = self.values(node, property);
        values
            .into_iter()
            .filter_map(|value| as_node(&value))
            .collect()
    }

    /// The literals among the values of a property, without their languages.
    pub(crate) fn literals(&self, node: &NamedOrBlankNode, property: &NamedNode) -> Vec<String> {
        let literal = |value| match value {
            Term::Literal(literal) => Some(literal.value().to_owned()),
            Term::NamedNode(_) | Term::BlankNode(_) => None,
        };
        let values = self.values(node, property);
        values.into_iter().filter_map(literal).collect()
    }

    /// The first literal.
    pub(crate) fn literal(&self, node: &NamedOrBlankNode, property: &NamedNode) -> Option<String> {
        self.literals(node, property).into_iter().next()
    }

    /// The text that a reader of Chinese wants: Chinese, else of no language, else English, else any.
    pub(crate) fn text(&self, node: &NamedOrBlankNode, property: &NamedNode) -> Option<String> {
        let ranked = |value| match value {
            Term::Literal(literal) => {
                let rank = match literal.language().unwrap_or_default() {
                    "" => 1,
                    "en" => 2,
                    tag if tag == "zh" || tag.starts_with("zh-") => 0,
                    tag if tag.starts_with("en-") => 3,
                    _ => 4,
                };
                Some((rank, literal.value().to_owned()))
            }
            Term::NamedNode(_) | Term::BlankNode(_) => None,
        };
        let texts = self.values(node, property).into_iter().filter_map(ranked);
        texts.min().map(|(_, text)| text)
    }

    /// The nodes that point at a value by a property.
    pub(crate) fn pointing<'t>(
        &self,
        property: &'t NamedNode,
        value: impl Into<TermRef<'t>>,
    ) -> Vec<NamedOrBlankNode> {
        let found = self.0.subjects_for_predicate_object(property, value);
        found.map(NamedOrBlankNodeRef::into_owned).collect()
    }

    /// The nodes that are the value of a property of any node.
    pub(crate) fn members(&self, property: &NamedNode) -> Vec<NamedOrBlankNode> {
        let found = self.0.triples_for_predicate(property);
        found
            .filter_map(|triple| as_node(&triple.object.into_owned()))
            .collect()
    }

    /// The nodes of a list, at most `most` and one; a list that runs in a circle ends there too.
    pub(crate) fn list(&self, head: &NamedOrBlankNode, most: usize) -> Vec<NamedOrBlankNode> {
        let first = term(RDF, "first");
        let rest = term(RDF, "rest");
        let mut members = Vec::new();
        let mut place = Some(head.clone());
        while let Some(cell) = place.filter(|_| members.len() <= most) {
            let member = self.0.object_for_subject_predicate(&cell, &first);
            let Some(member) = member.and_then(|member| as_node(&member.into_owned())) else {
                break;
            };
            members.push(member);
            let next = self.0.object_for_subject_predicate(&cell, &rest);
            place = next.and_then(|next| as_node(&next.into_owned()));
        }
        members
    }
}

/// The value as a node that can have properties.
pub(crate) fn as_node(value: &Term) -> Option<NamedOrBlankNode> {
    match value {
        Term::NamedNode(node) => Some(node.clone().into()),
        Term::BlankNode(node) => Some(node.clone().into()),
        Term::Literal(_) => None,
    }
}

/// What stands behind the last `/` or `#` of an IRI.
pub(crate) fn last_part(iri: NamedNodeRef<'_>) -> String {
    let iri = iri.as_str();
    iri.rsplit(['/', '#']).next().unwrap_or(iri).to_owned()
}
