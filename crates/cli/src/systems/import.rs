//! `shuqiaoctl systems import`: a whole inventory, or every fault of it.

use std::io::Write;

use api::registry::v1::imported_system::Outcome;
use api::registry::v1::system_service_client::SystemServiceClient;
use api::registry::v1::{ImportSystemsRequest, ImportSystemsResponse, ImportedSystem, System};

use super::columns::{Kind, columns, layout, shown};
use super::row::{Read, Register, read, write};
use crate::connection::{Connection, new_request_id};
use crate::output::Output;
use crate::sheets::departments::Departments;
use crate::sheets::fit::Fit;
use crate::sheets::told::{self, Taken, Told};
use crate::sheets::{Import, file};
use crate::{Ending, Failure};

/// Arguments of the import.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    sheet: Import,

    /// The document by which new systems enter the inventory.
    #[arg(
        long,
        value_name = "TEXT",
        required_unless_present = "dry_run",
        default_value = ""
    )]
    document: String,
}

/// Runs the command.
pub(super) async fn run<W: Write>(
    args: &Args,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let Args {
        sheet: args,
        document,
    } = args;
    if let Some(result) = &args.result {
        file::must_end_in(result, &["xlsx"])?;
        file::must_be_new(result)?;
    }
    let book = file::read(&args.file)?;
    let columns = columns();
    let tables = sheet::find(&book, &columns);
    let register = register(args, connection).await?;
    let rows: Vec<Read<'_>> = tables
        .tables
        .iter()
        .flat_map(sheet::Table::rows)
        .map(|row| read(row, &register))
        .collect();
    let mut told = Told::of(&tables);
    let fit = Fit::of(rows.iter().map(|row| &row.system));
    let whole = |at: usize| rows.get(at).map(Read::whole);
    told.must_fit(&fit, rows.len(), "systems", whole)?;
    told.warn(output)?;
    told.findings
        .extend(rows.iter().flat_map(|row| row.findings.clone()));
    let mut answer = ImportSystemsResponse::default();
    if !rows.is_empty() {
        // The gateway stores nothing when it finds a fault: one question is enough.
        let only_check = args.dry_run || !told.findings.is_empty();
        answer = ask(connection, &rows, document, only_check).await?;
        let cell = |at: usize, field: &str| rows.get(at)?.place(field);
        let whole = |at: usize| rows.get(at).map(Read::whole);
        told.answered(&answer.faults, cell, whole);
    }
    if told.findings.is_empty()
        && let Some(fault) = answer.faults.first()
    {
        let text = format!("{}: {}", fault.field, fault.message);
        return Err(Failure::Message(text));
    }
    if told.findings.is_empty() {
        return taken(args, &rows, &answer, &register, output);
    }
    told.end(args, &book, &tables, output)
}

/// What the rows are read against.
async fn register(args: &Import, connection: &Connection) -> Result<Register, Failure> {
    let departments = Departments::ask(connection).await?;
    let named = args.department.as_deref();
    let department = named.map(|named| departments.resolve(named)).transpose()?;
    // Of all departments: a row may name another one than the command does.
    let systems = super::all(connection, "").await?;
    Ok(Register {
        departments,
        systems,
        department,
    })
}

async fn ask(
    connection: &Connection,
    rows: &[Read<'_>],
    document: &str,
    validate_only: bool,
) -> Result<ImportSystemsResponse, Failure> {
    let request = ImportSystemsRequest {
        systems: rows.iter().map(|row| row.system.clone()).collect(),
        request_id: new_request_id(),
        validate_only,
        document: document.to_owned(),
    };
    let mut client = SystemServiceClient::new(connection.channel.clone());
    let answer = client.import_systems(connection.ask(request)).await?;
    Ok(answer.into_inner())
}

fn taken<W: Write>(
    args: &Import,
    rows: &[Read<'_>],
    answer: &ImportSystemsResponse,
    register: &Register,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let mut taken = Vec::with_capacity(rows.len());
    let mut written = Vec::with_capacity(rows.len());
    for (row, imported) in rows.iter().zip(&answer.systems) {
        let one = Taken {
            place: row.whole().to_string(),
            name: imported.name.clone(),
            title: row.system.display_name.clone(),
            outcome: word(imported),
        };
        let system = System {
            name: imported.name.clone(),
            ..row.system.clone()
        };
        let mut texts = write(&system, &register.departments);
        texts.push(one.chinese().to_owned());
        written.push(texts);
        taken.push(one);
    }
    told::taken(&taken, args.dry_run, output)?;
    if let Some(path) = &args.result {
        let columns = shown(Kind::Result);
        file::write_rows(path, &layout(&columns), &written, &[])?;
    }
    Ok(Ending::Good)
}

fn word(imported: &ImportedSystem) -> &'static str {
    match imported.outcome() {
        Outcome::Unspecified => "",
        Outcome::Created => "created",
        Outcome::Updated => "updated",
        Outcome::Unchanged => "unchanged",
    }
}
