//! Matters: the service items a citizen or firm comes for, and the evidence each needs.

use serde::{Deserialize, Serialize};

use crate::name::{CertificateTypeName, DepartmentName, HolderRole, MatterName};

/// A service item; the purpose of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matter {
    /// `matters/{31-character code}`.
    pub name: MatterName,
    /// What people call it.
    pub title: String,
    /// Who handles it.
    pub department: DepartmentName,
    /// What must be shown: all of these.
    #[serde(default)]
    pub needs: Vec<Need>,
    /// Where the needs are written down.
    #[serde(default)]
    pub source: String,
    /// The source is silent on the needs; they were chosen by us.
    #[serde(default)]
    pub assumed: bool,
}

/// One piece of evidence that a matter needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// Whose certificate it is.
    pub role: HolderRole,
    /// The certificate types that meet it, any one of them; the preferred first.
    pub any: Vec<CertificateTypeName>,
}
