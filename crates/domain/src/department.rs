//! Departments: organisations with a unified social credit code.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::name::DepartmentName;

/// An organisation that owns systems.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Department {
    /// `departments/{unified social credit code}`.
    pub name: DepartmentName,
    /// The full official name.
    pub full_name: String,
    /// The name people use.
    pub short_name: String,
    /// Directly under a national or provincial body (垂直管理).
    pub vertical: bool,
    /// A party or discipline body; Order 809 art. 43 lets it follow the rules.
    pub party_body: bool,
    /// Competent for data sharing in this city.
    pub competent: bool,
    /// First day of existence.
    pub valid_from: Date,
    /// Last day of existence.
    pub valid_until: Option<Date>,
    /// Who took over when it was merged.
    pub successor: Option<DepartmentName>,
}
