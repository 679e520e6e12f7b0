//! The names of others that a catalogue is written in, and our own for what they have no word for.

use oxrdf::NamedNode;

pub(crate) const CSVW: &str = "http://www.w3.org/ns/csvw#";
pub(crate) const DCAT: &str = "http://www.w3.org/ns/dcat#";
pub(crate) const DCT: &str = "http://purl.org/dc/terms/";
pub(crate) const FOAF: &str = "http://xmlns.com/foaf/0.1/";
pub(crate) const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
pub(crate) const RDFS: &str = "http://www.w3.org/2000/01/rdf-schema#";
pub(crate) const SKOS: &str = "http://www.w3.org/2004/02/skos/core#";
pub(crate) const XSD: &str = "http://www.w3.org/2001/XMLSchema#";

/// The code lists of the EU's Publications Office, which DCAT-AP takes its values from.
pub(crate) const AUTHORITY: &str = "http://publications.europa.eu/resource/authority/";
/// IANA's list of media types as IRIs, as DCAT-AP writes them.
pub(crate) const IANA: &str = "https://www.iana.org/assignments/media-types/";
/// By this identifier of the standard that a catalogue conforms to, our own properties are known again under any base.
pub(crate) const OURS: &str = "shuqiao-catalogue/1";

/// The prefixes of every document, in their order. `ns`, our own, comes from the site.
pub(crate) const PREFIXES: [(&str, &str); 8] = [
    ("csvw", CSVW),
    ("dcat", DCAT),
    ("dct", DCT),
    ("foaf", FOAF),
    ("rdf", RDF),
    ("rdfs", RDFS),
    ("skos", SKOS),
    ("xsd", XSD),
];

/// A name in one of the namespaces above. They are IRIs, and the local names are ours to choose.
pub(crate) fn term(namespace: &str, local: &str) -> NamedNode {
    NamedNode::new_unchecked(format!("{namespace}{local}"))
}
