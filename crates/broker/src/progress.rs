//! Progress: plans, and the board that is computed from what happened.

use domain::name::PlanName;
use domain::plan::Plan;
use domain::progress::{DepartmentProgress, board};
use domain::system::{AssetCounts, Stage};
use jiff::Timestamp;
use store::Stored;

use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::page::{Page, PageRequest};

/// The board of a plan at one moment.
#[derive(Clone, Debug)]
pub struct Board {
    /// The plan.
    pub plan: Plan,
    /// When it was computed.
    pub computed: Timestamp,
    /// One row a department that owns systems.
    pub departments: Vec<DepartmentProgress>,
}

impl Board {
    /// Counted systems of all departments.
    pub fn system_count(&self) -> usize {
        self.departments
            .iter()
            .map(DepartmentProgress::system_count)
            .sum()
    }

    /// Connected systems of all departments.
    pub fn connected_count(&self) -> usize {
        self.departments
            .iter()
            .map(DepartmentProgress::connected_count)
            .sum()
    }

    /// Counted systems of all departments that have come to this stage and no further.
    pub fn at_stage(&self, stage: Stage) -> usize {
        self.departments.iter().map(|row| row.at_stage(stage)).sum()
    }

    /// What was taken out of use with systems of all departments.
    pub fn assets(&self) -> AssetCounts {
        self.departments
            .iter()
            .map(DepartmentProgress::assets)
            .sum()
    }
}

impl Gateway {
    /// The plans.
    ///
    /// # Errors
    /// A bad page token; the store.
    pub async fn plans(&self, page: &PageRequest) -> Result<Page<Plan>, Failure> {
        page.read(&self.store, "plans", "").await
    }

    /// Computes the board of a plan.
    ///
    /// # Errors
    /// `NOT_FOUND`; the store.
    pub async fn progress(&self, name: &PlanName) -> Result<Board, Failure> {
        let plan: Stored<Plan> = self
            .store
            .get(name.as_str())
            .await?
            .ok_or_else(|| Failure::not_found(name.as_str()))?;
        let proofs = self.proofs().await?;
        let departments = board(&self.snapshot(), &proofs);
        Ok(Board {
            plan: plan.value,
            computed: self.now(),
            departments,
        })
    }
}
