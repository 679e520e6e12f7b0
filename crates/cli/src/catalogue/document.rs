//! A catalogue of others as a file on this machine.

use std::path::{Path, PathBuf};

use dcat::{ImportedEntry, Syntax};

use crate::{Failure, input};

/// The file, and how it is written.
#[derive(clap::Args)]
pub(super) struct Document {
    /// A catalogue in DCAT: Turtle (.ttl) or JSON-LD (.jsonld, .json).
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// How it is written, where the name does not say it.
    #[arg(long = "as", value_name = "SYNTAX")]
    syntax: Option<Written>,
}

/// How a catalogue is written.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Written {
    Turtle,
    JsonLd,
}

impl Document {
    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.file
    }

    /// Its datasets in our terms.
    ///
    /// # Errors
    /// What is wrong with the file as a whole.
    pub(super) fn entries(&self) -> Result<Vec<ImportedEntry>, Failure> {
        let bytes = input::read_at_most(&self.file, dcat::MOST_BYTES)?;
        let place = self.file.display();
        let refused = |error: dcat::ImportError| Failure::Message(format!("{place}: {error}"));
        Ok(dcat::import(&bytes, self.syntax()?)
            .map_err(refused)?
            .entries)
    }

    fn syntax(&self) -> Result<Syntax, Failure> {
        let ending = self.file.extension().and_then(|ending| ending.to_str());
        match (self.syntax, ending) {
            (Some(Written::Turtle), _) | (None, Some("ttl")) => Ok(Syntax::Turtle),
            (Some(Written::JsonLd), _) | (None, Some("jsonld" | "json")) => Ok(Syntax::JsonLd),
            (None, _) => {
                let message = "the name does not say how the file is written; add --as turtle or --as json-ld. \
                               RDF/XML is not read: convert it first, for example by rapper or riot";
                Err(Failure::Message(message.to_owned()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_says_how_a_file_is_written_unless_it_is_told() {
        for (file, told, syntax_of) in [
            ("a.ttl", None, Some(Syntax::Turtle)),
            ("a.jsonld", None, Some(Syntax::JsonLd)),
            ("a.json", None, Some(Syntax::JsonLd)),
            ("a.ttl", Some(Written::JsonLd), Some(Syntax::JsonLd)),
            ("a", Some(Written::Turtle), Some(Syntax::Turtle)),
            ("a.rdf", None, None),
            ("a", None, None),
        ] {
            let document = Document {
                file: file.into(),
                syntax: told,
            };
            assert_eq!(document.syntax().ok(), syntax_of, "{file}");
        }
    }
}
