//! `shuqiaoctl catalogue import-dcat`: a whole catalogue of others as drafts, or every fault of it.

mod entry;
mod fault;
mod given;
mod key;
mod known;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;

use api::catalogue::v1::ImportResourcesResponse;
use dcat::ImportedEntry;

use super::document::Document;
use super::register::Register;
use super::sheet::{ask, word};
use crate::connection::{Connection, Options};
use crate::output::Output;
use crate::sheets::finding::index;
use crate::sheets::fit::Fit;
use crate::sheets::told::{self, Taken};
use crate::{Ending, Failure};

use entry::Read;
use fault::Fault;
use given::Given;

/// The document, and what it does not say.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    document: Document,

    /// The department of datasets whose publisher has no credit code; a name does as well as a code.
    #[arg(long, value_name = "departments/CODE")]
    department: Option<String>,

    /// The registered system that provides the data; its department becomes the provider.
    #[arg(long, value_name = "systems/ID")]
    system: Option<String>,

    /// What holds where a dataset does not say it, for example share-type=conditional; as often as needed. The words
    /// are those of sheets, in Chinese or English, or their codes.
    #[arg(long = "default", value_name = "FIELD=VALUE", value_parser = pair)]
    defaults: Vec<(String, String)>,

    /// A file in TOML that says more: [default] is as --default, and [dataset."IRI"] holds for one dataset, whatever
    /// the document says of it.
    #[arg(long, value_name = "FILE.toml")]
    given: Option<PathBuf>,

    /// Only datasets whose address begins so; as often as needed.
    #[arg(long, value_name = "IRI")]
    only: Vec<String>,

    /// Check everything and store nothing.
    #[arg(long)]
    dry_run: bool,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=');
    let pair = pair.ok_or_else(|| "write FIELD=VALUE, as in data-level=general".to_owned())?;
    Ok((pair.0.trim().to_owned(), pair.1.to_owned()))
}

/// Runs the command. What can be refused without a gateway is refused first.
pub(super) async fn run<W: Write>(
    args: &Args,
    gateway: &Options,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let mut given = given::read(args.given.as_deref(), &options(args))?;
    let documents = wanted(args, &given)?;
    let connection = gateway.connect().await?;
    let mut register = Register::ask(&connection, None).await?;
    resolve(&mut given, &register)?;
    let owners = documents
        .iter()
        .filter_map(|document| entry::owner(document, &given, &register));
    let owners: BTreeSet<String> = owners.collect();
    register.ask_entries(&connection, owners).await?;
    let entries: Vec<Read> = documents
        .iter()
        .map(|document| entry::read(document, &given, &register))
        .collect();
    take(args, &connection, &entries, output).await
}

/// Everything that the command line says of all datasets.
fn options(args: &Args) -> Vec<(String, String)> {
    let own = [("department", &args.department), ("system", &args.system)];
    let own = own.into_iter().filter_map(|(key, value)| {
        let value = value.as_ref()?;
        Some((key.to_owned(), value.clone()))
    });
    args.defaults.iter().cloned().chain(own).collect()
}

/// The datasets that are to be taken in.
fn wanted(args: &Args, given: &Given) -> Result<Vec<ImportedEntry>, Failure> {
    let mut documents = args.document.entries()?;
    let known: BTreeSet<&str> = documents.iter().map(|one| one.dataset.as_str()).collect();
    let unknown = given
        .named
        .keys()
        .filter(|name| !known.contains(name.as_str()));
    let unknown: Vec<&str> = unknown.map(String::as_str).collect();
    let place = args.document.path().display();
    if !unknown.is_empty() {
        let unknown = unknown.join(", ");
        return Err(Failure::Message(format!(
            "{place} has no dataset of these addresses, which --given names: {unknown}"
        )));
    }
    let is_wanted =
        |one: &ImportedEntry| args.only.iter().any(|only| one.dataset.starts_with(only));
    documents.retain(|one| args.only.is_empty() || is_wanted(one));
    if documents.is_empty() {
        return Err(Failure::Message(format!("{place} has no such dataset")));
    }
    Ok(documents)
}

/// Departments by the names that the gateway knows them by.
fn resolve(given: &mut Given, register: &Register) -> Result<(), Failure> {
    let all = given.named.values_mut().chain([&mut given.default]);
    for said in all {
        let department = &mut said.resource.department;
        if !department.is_empty() {
            *department = register.departments.resolve(department)?;
        }
    }
    Ok(())
}

async fn take<W: Write>(
    args: &Args,
    connection: &Connection,
    entries: &[Read],
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let fit = Fit::of(entries.iter().map(|entry| &entry.resource));
    let how =
        "take some by --only IRI, the beginning of their addresses; the next part would begin at";
    let place = |at: usize| entries.get(at).map(|entry| entry.dataset.clone());
    fit.refuse(entries.len(), "datasets", how, |at| {
        place(at).unwrap_or_default()
    })?;
    // The gateway stores nothing when it finds a fault: one question is enough.
    let only_check = args.dry_run || entries.iter().any(|entry| !entry.faults.is_empty());
    let resources = entries.iter().map(|entry| entry.resource.clone());
    let answer = ask(connection, resources.collect(), only_check).await?;
    let faults = faults(entries, &answer);
    if !faults.is_empty() {
        return fault::refuse(&faults, output);
    }
    if let Some(fault) = answer.faults.first() {
        let text = format!("{}: {}", fault.field, fault.message);
        return Err(Failure::Message(text));
    }
    let taken = entries.iter().zip(&answer.resources);
    let taken = taken.map(|(entry, imported)| Taken {
        place: entry.dataset.clone(),
        name: imported.name.clone(),
        title: entry.resource.title.clone(),
        outcome: word(imported),
    });
    told::taken(&taken.collect::<Vec<_>>(), args.dry_run, output)?;
    Ok(Ending::Good)
}

/// Everything that is wrong, dataset by dataset: what this client found, then what the gateway found beside.
fn faults(entries: &[Read], answer: &ImportResourcesResponse) -> Vec<Fault> {
    let mut all = Vec::new();
    for (number, entry) in entries.iter().enumerate() {
        all.extend(entry.faults.iter().cloned());
        for fault in &answer.faults {
            let found = index(&fault.field).filter(|(at, _)| *at == number);
            let other = |at: usize| entries.get(at).map(|other| other.dataset.as_str());
            if let Some((_, field)) = found
                && !entry.told(field)
            {
                all.push(Fault::answered(&entry.dataset, field, fault, other));
            }
        }
    }
    all
}
