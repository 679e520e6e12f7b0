//! Matters: the service items a citizen or firm comes for.

use serde::{Deserialize, Serialize};

use crate::name::{CertificateTypeName, DepartmentName, MatterName};

/// A service item; the purpose of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matter {
    /// `matters/{31-character code}`.
    pub name: MatterName,
    /// What people call it.
    pub title: String,
    /// Who handles it.
    pub department: DepartmentName,
    /// What must be shown: all of these, each by any one of its types.
    pub requirements: Vec<Vec<CertificateTypeName>>,
}
