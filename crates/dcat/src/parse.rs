//! A document as a graph, within limits.

use oxjsonld::JsonLdParser;
use oxrdf::{Graph, TermRef, Triple};
use oxttl::TurtleParser;

use crate::guard;

/// Most bytes of a document: 16 MiB.
pub const MOST_BYTES: usize = 16 * 1024 * 1024;
/// Most triples of a document.
pub const MOST_TRIPLES: usize = 2_000_000;
/// Most bytes of all names and texts of all triples, written out: 512 MiB. A short prefix can stand for a long name.
pub const MOST_TEXT: usize = 512 * 1024 * 1024;
/// Deepest nesting of brackets.
pub const MOST_DEPTH: usize = 64;
/// Most terms of JSON-LD contexts, times how often a context may be copied. Each copy costs its terms.
pub const MOST_CONTEXT_WORK: usize = 5_000_000;
/// Most items of all datasets of a document; many datasets can share one schema.
pub const MOST_ITEMS: usize = 200_000;

/// Longest excerpt of a document in an error.
const EXCERPT: usize = 200;

/// How a catalogue is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// Turtle, `.ttl`.
    Turtle,
    /// JSON-LD, `.jsonld` or `.json`.
    JsonLd,
}

/// Why a document was not read. Nothing of it was taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// Over [`MOST_BYTES`].
    #[error(
        "the document has {0} bytes; at most {MOST_BYTES} are read. Split the catalogue, for example by publisher"
    )]
    TooLarge(usize),
    /// Over [`MOST_DEPTH`].
    #[error(
        "brackets are nested more than {MOST_DEPTH} deep; write nodes one beside the other and refer to them"
    )]
    TooDeep,
    /// Over [`MOST_TRIPLES`].
    #[error(
        "the document has more than {MOST_TRIPLES} triples; split the catalogue, for example by publisher"
    )]
    TooManyTriples,
    /// Over [`MOST_TEXT`].
    #[error(
        "names and texts take more than {MOST_TEXT} bytes when written out; use shorter addresses"
    )]
    TooMuchText,
    /// Over [`MOST_CONTEXT_WORK`].
    #[error(
        "the contexts are too large for how often they apply; state one @context, at the top of the document, without contexts of single terms"
    )]
    TooMuchContext,
    /// Over [`MOST_ITEMS`].
    #[error("the datasets have more than {MOST_ITEMS} columns together; split the catalogue")]
    TooManyItems,
    /// A context that lies elsewhere, with its address.
    #[error(
        "the document takes a @context from another address, {0}, which is never fetched; write the context into the document, in the place of the address, and import again"
    )]
    RemoteContext(String),
    /// No document of this syntax.
    #[error(
        "the document cannot be read: {message}. Check that it is of the stated syntax, and correct it where the message says"
    )]
    Syntax {
        /// Where and what, in the parser's words, cut to a few lines.
        message: String,
    },
    /// Nothing to import.
    #[error(
        "the document has no dcat:Dataset with an address or a place in a dcat:Catalog; if it has one, check the namespace, http://www.w3.org/ns/dcat#, and that addresses are absolute"
    )]
    NoDataset,
}

/// Reads a document. Named graphs count as one.
pub(crate) fn graph(bytes: &[u8], syntax: Syntax) -> Result<Graph, ImportError> {
    if bytes.len() > MOST_BYTES {
        return Err(ImportError::TooLarge(bytes.len()));
    }
    let mut limited = Limited::default();
    match syntax {
        Syntax::Turtle => {
            guard::turtle(bytes)?;
            for triple in TurtleParser::new().for_slice(bytes) {
                limited.insert(&triple.map_err(|error| syntax_error(&error.to_string()))?)?;
            }
        }
        Syntax::JsonLd => {
            guard::json(bytes)?;
            for quad in JsonLdParser::new().for_slice(bytes) {
                limited.insert(
                    &quad
                        .map_err(|error| syntax_error(&error.to_string()))?
                        .into(),
                )?;
            }
        }
    }
    Ok(limited.graph)
}

pub(crate) fn syntax_error(message: &str) -> ImportError {
    let message = excerpt(message);
    ImportError::Syntax { message }
}

/// The beginning of a text, in one line.
pub(crate) fn excerpt(text: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().take(EXCERPT).map(plain).collect()
}

#[derive(Default)]
struct Limited {
    graph: Graph,
    triples: usize,
    text: usize,
}

impl Limited {
    fn insert(&mut self, triple: &Triple) -> Result<(), ImportError> {
        self.triples += 1;
        self.text += length(triple);
        if self.triples > MOST_TRIPLES {
            return Err(ImportError::TooManyTriples);
        }
        if self.text > MOST_TEXT {
            return Err(ImportError::TooMuchText);
        }
        self.graph.insert(triple);
        Ok(())
    }
}

fn length(triple: &Triple) -> usize {
    let term = |term: TermRef<'_>| match term {
        TermRef::NamedNode(node) => node.as_str().len(),
        TermRef::BlankNode(node) => node.as_str().len(),
        TermRef::Literal(literal) => literal.value().len() + literal.datatype().as_str().len(),
    };
    term(triple.subject.as_ref().into())
        + triple.predicate.as_str().len()
        + term(triple.object.as_ref())
}
