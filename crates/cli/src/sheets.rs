//! Sheets that come in and go out: what the imports of systems and of catalogue entries share.

pub(crate) mod column;
pub(crate) mod departments;
pub(crate) mod file;
pub(crate) mod finding;
pub(crate) mod fit;
pub(crate) mod read;
pub(crate) mod told;

use std::path::PathBuf;

/// Most rows of one request, by the contract of the gateway.
pub(crate) const MOST: usize = 1000;

/// Arguments of an import.
#[derive(clap::Args)]
pub(crate) struct Import {
    /// The sheet, .xlsx or .csv.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// The department of rows that name none; a name does as well as a code.
    #[arg(long, value_name = "departments/CODE")]
    pub(crate) department: Option<String>,

    /// Check everything and store nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Write the sheet back to this new .xlsx file: with every fault at its cell, or with what was done.
    #[arg(long, value_name = "FILE.xlsx")]
    pub(crate) result: Option<PathBuf>,
}

/// Arguments of an export.
#[derive(clap::Args)]
pub(crate) struct Export {
    /// Only of this department.
    #[arg(long, value_name = "departments/CODE", default_value = "")]
    pub(crate) department: String,

    /// The new file, .xlsx or .csv.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

/// Arguments of a template.
#[derive(clap::Args)]
pub(crate) struct Template {
    /// The new file, .xlsx.
    #[arg(long, value_name = "FILE.xlsx")]
    pub(crate) out: PathBuf,
}
