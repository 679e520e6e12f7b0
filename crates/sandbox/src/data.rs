//! What the simulated systems hold.
//!
//! The certificates with a part in a story stand in `data/*.toml`, one file per system; those for
//! background traffic are computed. Both are completed and checked against `seeds/`: names of
//! types, keys of items, kinds of values. Nothing is random: two runs hold the same.

mod background;
mod draft;
mod file;

use std::fmt;
use std::sync::LazyLock;

use domain::certificate::CertificateRecord;
use domain::fault::Cause;
use domain::id::IdError;
use domain::item::ItemValue;
use domain::name::ResourceName;
use domain::resource::ShareMode;
use domain::seed::{ResourceSeed, Seeds, SystemSeed};

pub(crate) use file::SLUGS;

/// What one system holds. `Debug` shows how much, not what.
#[derive(Clone, Default)]
pub struct Holdings {
    /// Its certificates.
    pub certificates: Vec<CertificateRecord>,
    /// The rows of all its tables, in the order in which they are sent.
    pub rows: Vec<Row>,
}

/// A row of a table.
#[derive(Clone)]
pub struct Row {
    /// The resource that the table belongs to.
    pub resource: ResourceName,
    /// Its values; an item without a value is left out.
    pub values: Vec<ItemValue>,
}

/// The data do not fit the seeds. A test keeps this from happening; no text names a person.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The seeds themselves.
    #[error("the embedded seeds have faults, `shuqiao seed --check` lists them")]
    Seeds,
    /// No such simulated system.
    #[error("the sandbox does not simulate the system {0:?}")]
    Unknown(String),
    /// A file under `data/`.
    #[error("data/{file}.toml: {message}")]
    File {
        /// The system's id.
        file: String,
        /// What is wrong.
        message: String,
    },
    /// A certificate.
    #[error("certificate {serial}: {message}")]
    Certificate {
        /// Its serial number.
        serial: String,
        /// What is wrong.
        message: String,
    },
    /// A name or an identifier of the seeds that does not parse again.
    #[error(transparent)]
    Name(#[from] Cause),
    /// A certificate identifier that cannot be composed.
    #[error(transparent)]
    Identifier(#[from] IdError),
}

impl fmt::Debug for Holdings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (certificates, rows) = (self.certificates.len(), self.rows.len());
        write!(f, "Holdings({certificates} certificates, {rows} rows)")
    }
}

/// What the system with this id holds, for example `marriage-registry`.
///
/// # Errors
/// [`DataError::Unknown`] for a system that is not simulated; the others mean broken data.
pub fn holdings_for(system_slug: &str) -> Result<Holdings, DataError> {
    let seeds = seeds()?;
    let system = system(seeds, system_slug)?;
    let mut drafts = file::read(system_slug)?;
    drafts.extend(background::drafts(system_slug));
    let certificates: Vec<CertificateRecord> = drafts
        .into_iter()
        .map(|draft| draft.into_record(seeds, system))
        .collect::<Result<_, _>>()?;
    let mut rows = Vec::new();
    for resource in seeds
        .resources
        .iter()
        .filter(|resource| resource.system == system.name)
    {
        if resource.share_modes.contains(&ShareMode::Table) {
            rows.extend(table(resource, &certificates)?);
        }
    }
    Ok(Holdings { certificates, rows })
}

/// The table behind a resource: a row per certificate, with the items of the resource.
fn table(resource: &ResourceSeed, certificates: &[CertificateRecord]) -> Result<Vec<Row>, Cause> {
    let name = ResourceName::from_id(resource.code.as_str())?;
    let of_type = |record: &&CertificateRecord| {
        resource
            .certificate_type
            .as_ref()
            .is_some_and(|code| code.as_str() == record.certificate_type.id())
    };
    let row = |record: &CertificateRecord| Row {
        resource: name.clone(),
        values: resource
            .items
            .iter()
            .filter_map(|wanted| record.items.iter().find(|item| item.key == wanted.item.key))
            .cloned()
            .collect(),
    };
    Ok(certificates.iter().filter(of_type).map(row).collect())
}

/// The seeds, parsed once.
pub(crate) fn seeds() -> Result<&'static Seeds, DataError> {
    static SEEDS: LazyLock<Option<Seeds>> = LazyLock::new(|| Seeds::embedded().ok());
    SEEDS.as_ref().ok_or(DataError::Seeds)
}

pub(crate) fn system<'a>(seeds: &'a Seeds, slug: &str) -> Result<&'a SystemSeed, DataError> {
    seeds
        .systems
        .iter()
        .find(|system| system.name.id() == slug)
        .ok_or_else(|| DataError::Unknown(slug.to_owned()))
}
