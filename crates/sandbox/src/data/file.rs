//! `data/*.toml`: the certificates that a story needs.

use serde::Deserialize;

use super::DataError;
use super::draft::{Draft, State};
use crate::people;

/// Ids of systems with the text of their files.
macro_rules! files {
    ($($slug:literal),+ $(,)?) => {
        /// The systems that are simulated.
        pub(crate) const SLUGS: &[&str] = &[$($slug),+];
        const TEXTS: &[(&str, &str)] =
            &[$(($slug, include_str!(concat!("../../data/", $slug, ".toml")))),+];
    };
}

files![
    "marriage-registry",
    "enterprise-registry",
    "realestate-registry",
    "household-registry",
    "birth-registry",
    "social-security",
    "education-credentials",
    "driver-registry",
    "market-permits",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    certificate: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(rename = "type")]
    certificate_type: String,
    serial: String,
    #[serde(default = "first")]
    version: u16,
    holders: Vec<String>,
    issued: String,
    until: Option<String>,
    #[serde(default)]
    state: State,
    items: toml::Table,
    #[serde(default)]
    of_holder: Vec<OfHolder>,
}

/// Items about one holder alone.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfHolder {
    holder: String,
    items: toml::Table,
}

/// The certificates of one file.
pub(super) fn read(slug: &str) -> Result<Vec<Draft>, DataError> {
    let (_, text) = TEXTS
        .iter()
        .find(|(name, _)| *name == slug)
        .ok_or_else(|| DataError::Unknown(slug.to_owned()))?;
    let failed = |message: String| DataError::File {
        file: slug.to_owned(),
        message,
    };
    let file: File = toml::from_str(text).map_err(|error| failed(error.to_string()))?;
    file.certificate
        .into_iter()
        .map(|entry| entry.into_draft().map_err(&failed))
        .collect()
}

impl Entry {
    fn into_draft(self) -> Result<Draft, String> {
        let holder = |name: &String| {
            people::named(name)
                .ok_or_else(|| format!("certificate {}: an unknown holder", self.serial))
        };
        let own = |of: &OfHolder| {
            let place = self.holders.iter().position(|name| *name == of.holder);
            let place = place.ok_or_else(|| format!("certificate {}: no such holder", self.serial));
            Ok::<_, String>((place?, of.items.clone()))
        };
        Ok(Draft {
            own: self.of_holder.iter().map(own).collect::<Result<_, _>>()?,
            holders: self.holders.iter().map(holder).collect::<Result<_, _>>()?,
            certificate_type: self.certificate_type,
            serial: self.serial,
            version: self.version,
            issued: self.issued,
            until: self.until,
            state: self.state,
            items: self.items,
        })
    }
}

fn first() -> u16 {
    1
}
