//! `shuqiaoctl catalogue import`: a whole sheet of entries, or every fault of it.

use std::collections::BTreeSet;
use std::io::Write;

use api::catalogue::v1::imported_resource::Outcome;
use api::catalogue::v1::resource_service_client::ResourceServiceClient;
use api::catalogue::v1::{
    ImportResourcesRequest, ImportResourcesResponse, ImportedResource, Resource,
};

use super::columns::{columns, layout};
use super::entry::{Group, Read, groups, read};
use super::write::Written;
use super::zeros;
use crate::catalogue::register::Register;
use crate::connection::{Connection, new_request_id};
use crate::output::Output;
use crate::sheets::fit::Fit;
use crate::sheets::told::{self, Taken, Told};
use crate::sheets::{Import, file};
use crate::{Ending, Failure};

/// Runs the command.
pub(in crate::catalogue) async fn run<W: Write>(
    args: &Import,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    if let Some(result) = &args.result {
        file::must_end_in(result, &["xlsx"])?;
        file::must_be_new(result)?;
    }
    let book = file::read(&args.file)?;
    let columns = columns();
    let tables = sheet::find(&book, &columns);
    let mut told = Told::of(&tables);
    let found: Vec<Group<'_>> = tables.tables.iter().flat_map(groups).collect();
    told.warn(output)?;
    let mut register = Register::ask(connection, args.department.as_deref()).await?;
    let owners: BTreeSet<String> = found
        .iter()
        .filter_map(|one| one.owner(&register))
        .collect();
    register.ask_entries(connection, owners).await?;
    let mut entries: Vec<Read<'_>> = found
        .into_iter()
        .map(|group| read(group, &register))
        .collect();
    zeros::tell(&mut entries, &register);
    let fit = Fit::of(entries.iter().map(|entry| &entry.resource));
    let whole = |at: usize| entries.get(at).map(Read::whole);
    told.must_fit(&fit, entries.len(), "entries", whole)?;
    told.findings
        .extend(entries.iter().flat_map(|entry| entry.findings.clone()));
    let mut answer = ImportResourcesResponse::default();
    if !entries.is_empty() {
        // The gateway stores nothing when it finds a fault: one question is enough.
        let only_check = args.dry_run || !told.findings.is_empty();
        let resources = entries.iter().map(|entry| entry.resource.clone());
        answer = ask(connection, resources.collect(), only_check).await?;
        let cell = |at: usize, field: &str| entries.get(at)?.place(field);
        let whole = |at: usize| entries.get(at).map(Read::whole);
        told.answered(&answer.faults, cell, whole);
    }
    if told.findings.is_empty()
        && let Some(fault) = answer.faults.first()
    {
        let text = format!("{}: {}", fault.field, fault.message);
        return Err(Failure::Message(text));
    }
    if told.findings.is_empty() {
        let cell = |at: usize, field: &str| entries.get(at)?.place(field);
        let whole = |at: usize| entries.get(at).map(Read::whole);
        told::before_sign_off(&answer.sign_off_faults, cell, whole, output)?;
        return taken(args, &entries, &answer, &register, output);
    }
    told.end(args, &book, &tables, output)
}

/// Asks the gateway to take entries, or only to check them.
pub(in crate::catalogue) async fn ask(
    connection: &Connection,
    resources: Vec<Resource>,
    validate_only: bool,
) -> Result<ImportResourcesResponse, Failure> {
    let request = ImportResourcesRequest {
        resources,
        request_id: new_request_id(),
        validate_only,
    };
    let mut client = ResourceServiceClient::new(connection.channel.clone());
    let answer = client.import_resources(connection.ask(request)).await?;
    Ok(answer.into_inner())
}

fn taken<W: Write>(
    args: &Import,
    entries: &[Read<'_>],
    answer: &ImportResourcesResponse,
    register: &Register,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let mut taken = Vec::with_capacity(entries.len());
    let mut written = Written::default();
    for (entry, imported) in entries.iter().zip(&answer.resources) {
        let one = Taken {
            place: entry.whole().to_string(),
            name: imported.name.clone(),
            title: entry.resource.title.clone(),
            outcome: word(imported),
        };
        let resource = Resource {
            name: imported.name.clone(),
            department: register.owner_of(&entry.resource.system).to_owned(),
            ..entry.resource.clone()
        };
        written.add(&resource, Some(one.chinese()), register);
        taken.push(one);
    }
    told::taken(&taken, args.dry_run, output)?;
    if let Some(path) = &args.result {
        file::write_rows(path, &layout(true), &written.rows, &written.merges)?;
    }
    Ok(Ending::Good)
}

/// What was done, in a word.
pub(in crate::catalogue) fn word(imported: &ImportedResource) -> &'static str {
    match imported.outcome() {
        Outcome::Unspecified => "",
        Outcome::Created => "created",
        Outcome::Updated => "updated",
        Outcome::Unchanged => "unchanged",
    }
}
