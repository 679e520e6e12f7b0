//! The properties by which entries are counted and narrowed.

pub use search::{Facet, Filter, Place};

/// The providing department.
pub const DEPARTMENT: Facet = "department";
/// How it is shared.
pub const SHARE_TYPE: Facet = "share_type";
/// The format class.
pub const FORMAT_CLASS: Facet = "format_class";
/// The update cycle.
pub const UPDATE_CYCLE: Facet = "update_cycle";
/// The stage.
pub const STATE: Facet = "state";
/// The providing system; it is not counted.
pub(super) const SYSTEM: Facet = "system";
