//! A system that has nothing to share (无可共享数据): its department states it, the competent department approves.
//!
//! Approved, it stands in the place of an entry in the catalogue and of reads by others (task 15; assumed). It is over,
//! approved or not, as soon as an entry of the system that is shared is published. What the law forbids to share,
//! or what goes by mail or medium, is nothing to share here.

use serde::{Deserialize, Serialize};

use super::steps::{Statement, StepError};

/// The statement, and its approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NothingToShare {
    /// By the department of the system.
    pub statement: Statement,
    /// By the competent department.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<Statement>,
}

impl NothingToShare {
    /// As the department states it; nobody has approved it yet.
    pub(super) fn stated(statement: Statement) -> Self {
        Self {
            statement,
            approval: None,
        }
    }

    /// Whether the competent department has still to look at it.
    pub fn waits(&self) -> bool {
        self.approval.is_none()
    }
}

/// Approves what was stated.
///
/// # Errors
/// Nothing was stated, it was approved before, or by whoever stated it.
pub(super) fn approve(
    stated: Option<&mut NothingToShare>,
    approval: Statement,
) -> Result<(), StepError> {
    let stated = stated.ok_or(StepError::NothingStated)?;
    if stated.approval.is_some() {
        return Err(StepError::AlreadyApproved);
    }
    if stated.statement.by == approval.by {
        return Err(StepError::SamePerson);
    }
    stated.approval = Some(approval);
    Ok(())
}
