//! `shuqiaoctl catalogue export-sheet` and `template`: the catalogue as a sheet.

use std::io::Write;

use api::catalogue::v1::resource::State;

use super::columns::layout;
use super::write::Written;
use crate::catalogue::register::{Register, at_work};
use crate::connection::Connection;
use crate::output::Output;
use crate::sheets::{Export, Template, file};
use crate::{Ending, Failure};

/// Writes the entries that are not retired, each as its department is writing it.
pub(in crate::catalogue) async fn run<W: Write>(
    args: &Export,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    file::must_end_in(&args.out, &["xlsx", "csv"])?;
    file::must_be_new(&args.out)?;
    let register = Register::ask(connection, None).await?;
    let mut written = Written::default();
    let mut count = 0;
    for entry in crate::catalogue::all(connection, &args.department).await? {
        if entry.state() != State::Retired {
            written.add(&at_work(entry), None, &register);
            count += 1;
        }
    }
    file::write_rows(&args.out, &layout(false), &written.rows, &written.merges)?;
    file::tell(&args.out, Some(("entries", count)), output)
}

/// Writes the empty sheet.
pub(in crate::catalogue) fn template<W: Write>(
    args: &Template,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    file::write_template(&args.out, &layout(false))?;
    file::tell(&args.out, None, output)
}
