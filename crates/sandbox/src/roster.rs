//! Which systems are simulated.

use domain::name::{CertificateTypeName, DepartmentName, ResourceName, SystemName};
use domain::seed::Party;

use crate::data::{self, DataError, Holdings};

/// A simulated system, as the seeds describe it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulated {
    /// `systems/{id}`.
    pub system: SystemName,
    /// What people call it.
    pub display_name: String,
    /// The department it belongs to.
    pub department: DepartmentName,
    /// The certificate types it issues.
    pub certificate_types: Vec<CertificateTypeName>,
    /// The resources of the seeds that it provides.
    pub resources: Vec<ResourceName>,
}

/// The simulated systems, in the order of the story.
///
/// # Errors
/// [`DataError`] when the seeds and the sandbox do not fit each other.
pub fn roster() -> Result<Vec<Simulated>, DataError> {
    data::SLUGS.iter().map(|slug| simulated(slug)).collect()
}

impl Simulated {
    /// What it holds.
    ///
    /// # Errors
    /// As [`data::holdings_for`].
    pub fn holdings(&self) -> Result<Holdings, DataError> {
        data::holdings_for(self.system.id())
    }
}

fn simulated(slug: &str) -> Result<Simulated, DataError> {
    let seeds = data::seeds()?;
    let system = data::system(seeds, slug)?;
    let Party::Department(department) = &system.owner else {
        return Err(DataError::Unknown(slug.to_owned()));
    };
    let types = system
        .issues
        .iter()
        .map(|code| CertificateTypeName::from_id(code.as_str()));
    let own = seeds
        .resources
        .iter()
        .filter(|resource| resource.system == system.name);
    Ok(Simulated {
        system: system.name.clone(),
        display_name: system.display_name.clone(),
        department: DepartmentName::from_id(department.as_str())?,
        certificate_types: types.collect::<Result<_, _>>()?,
        resources: own
            .map(|resource| ResourceName::from_id(resource.code.as_str()))
            .collect::<Result<_, _>>()?,
    })
}
