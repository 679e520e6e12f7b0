//! Who publishes the catalogue, and under which addresses.

use jiff::Timestamp;
use oxrdf::NamedNode;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::vocabulary;

/// What needs no escape in any part of an IRI.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A language that the texts of a catalogue are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// 中文, `ZHO` in the EU's list.
    Chinese,
    /// English, `ENG` in the EU's list.
    English,
}

impl Language {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Chinese => "ZHO",
            Self::English => "ENG",
        }
    }
}

/// What a site says of itself, as typed.
#[derive(Clone, Debug)]
pub struct SiteWords {
    /// What all addresses begin with: `http` or `https`, ending in `/`, without `?` and `#`. It must never change.
    pub base: String,
    /// Where programs of others reach the gateway, an `http` or `https` address; no service is told of without.
    pub endpoint: Option<String>,
    /// The title of the catalogue, in Chinese; not empty.
    pub title: String,
    /// What the catalogue is, in Chinese; not empty.
    pub description: String,
    /// The department that publishes it, `departments/{code}`.
    pub publisher: String,
    /// The licence of all distributions, an `http` or `https` address, when one is stated.
    pub license: Option<String>,
    /// When the catalogue last changed.
    pub modified: Timestamp,
    /// The languages of its texts.
    pub languages: Vec<Language>,
}

/// A site whose addresses hold.
#[derive(Clone, Debug)]
pub struct Site {
    base: String,
    pub(crate) endpoint: Option<NamedNode>,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) publisher: String,
    pub(crate) license: Option<NamedNode>,
    pub(crate) modified: Timestamp,
    pub(crate) languages: Vec<Language>,
}

/// What is wrong with one field of [`SiteWords`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteFault {
    /// The field.
    pub field: &'static str,
    /// What is wrong and what to give instead.
    pub message: String,
}

/// All that is wrong with the words of a site.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(|fault| format!("{}: {}", fault.field, fault.message)).collect::<Vec<_>>().join("\n"))]
pub struct SiteFaults(pub Vec<SiteFault>);

impl Site {
    /// Reads what a site says of itself.
    ///
    /// # Errors
    /// All faults at once: addresses that are none, a base that nothing can be put behind, empty texts, a publisher
    /// that is no department's name.
    pub fn of(words: SiteWords) -> Result<Self, SiteFaults> {
        let mut faults = Vec::new();
        let mut fault = |field, message: &str| {
            let message = message.to_owned();
            faults.push(SiteFault { field, message });
        };
        let base = address(&words.base)
            .filter(|base| base.as_str().ends_with('/') && !base.as_str().contains(['?', '#']));
        if base.is_none() {
            fault(
                "base",
                "give an http or https address that ends in / and has no ? and no #",
            );
        }
        let endpoint = words.endpoint.as_deref().map(address);
        if endpoint == Some(None) {
            fault("endpoint", "give the http or https address of the gateway");
        }
        let license = words.license.as_deref().map(address);
        if license == Some(None) {
            fault(
                "license",
                "give the http or https address of the licence's text",
            );
        }
        for (field, text) in [("title", &words.title), ("description", &words.description)] {
            if text.trim().is_empty() {
                fault(field, "say it in a few words; DCAT-AP demands it");
            }
        }
        if words
            .publisher
            .strip_prefix("departments/")
            .is_none_or(str::is_empty)
        {
            fault(
                "publisher",
                "name a department, departments/CODE; DCAT-AP demands it",
            );
        }
        match base {
            Some(base) if faults.is_empty() => Ok(Self {
                base: base.into_string(),
                endpoint: endpoint.flatten(),
                title: words.title,
                description: words.description,
                publisher: words.publisher,
                license: license.flatten(),
                modified: words.modified,
                languages: words.languages,
            }),
            _ => Err(SiteFaults(faults)),
        }
    }

    /// Our own namespace under this base.
    pub(crate) fn namespace(&self) -> String {
        format!("{}ns#", self.base)
    }

    /// A name of our own vocabulary.
    pub(crate) fn own(&self, local: &str) -> NamedNode {
        vocabulary::term(&self.namespace(), local)
    }

    /// `{base}{document}#{part}`. Both are escaped, but for the slashes of a document, so it is an IRI for any text.
    pub(crate) fn part(&self, document: &str, part: &str) -> NamedNode {
        let part = utf8_percent_encode(part, ESCAPED);
        NamedNode::new_unchecked(format!("{}#{part}", self.document(document).as_str()))
    }

    /// `{base}{document}`.
    pub(crate) fn document(&self, document: &str) -> NamedNode {
        let steps = document
            .split('/')
            .map(|step| utf8_percent_encode(step, ESCAPED).to_string());
        let path = steps.collect::<Vec<_>>().join("/");
        NamedNode::new_unchecked(format!("{}{path}", self.base))
    }
}

fn address(text: &str) -> Option<NamedNode> {
    let is_web = text.starts_with("https://") || text.starts_with("http://");
    is_web.then(|| NamedNode::new(text).ok()).flatten()
}
