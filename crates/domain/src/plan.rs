//! Plans: dated goals and their steps.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::name::PlanName;

/// A dated goal (攻坚计划).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// `plans/{year}`.
    pub name: PlanName,
    /// What it is.
    pub title: String,
    /// Its last day, in the zone Asia/Shanghai.
    pub due: Date,
    /// Its steps, in order.
    pub milestones: Vec<String>,
    /// Where it comes from.
    pub source: String,
}
