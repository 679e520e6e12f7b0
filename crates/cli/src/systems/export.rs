//! `shuqiaoctl systems export` and `template`: the inventory as a sheet.

use std::io::Write;

use api::registry::v1::system::State;

use super::columns::{Kind, layout, shown};
use super::row::{computed, write};
use crate::connection::Connection;
use crate::output::Output;
use crate::sheets::departments::Departments;
use crate::sheets::{Export, Template, file};
use crate::{Ending, Failure};

/// Writes the systems that are in service.
pub(super) async fn run<W: Write>(
    args: &Export,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    file::must_end_in(&args.out, &["xlsx", "csv"])?;
    file::must_be_new(&args.out)?;
    let departments = Departments::ask(connection).await?;
    let systems = super::all(connection, &args.department).await?;
    let rows: Vec<Vec<String>> = systems
        .iter()
        .filter(|system| system.state() != State::Retired)
        .map(|system| [write(system, &departments), computed(system)].concat())
        .collect();
    let columns = shown(Kind::Export);
    file::write_rows(&args.out, &layout(&columns), &rows, &[])?;
    file::tell(&args.out, Some(("systems", rows.len())), output)
}

/// Writes the empty sheet.
pub(super) fn template<W: Write>(
    args: &Template,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let columns = shown(Kind::Template);
    file::write_template(&args.out, &layout(&columns))?;
    file::tell(&args.out, None, output)
}
