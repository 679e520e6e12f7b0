//! Which entry of the catalogue a dataset is, and by what it is known again.

use api::catalogue::v1::Resource;
use api::catalogue::v1::resource::State;
use dcat::ImportedEntry;

use super::fault::Fault;
use super::given::Said;
use super::key::Key;
use crate::catalogue::register::{Register, written};

/// Characters of what a catalogue of others names an entry.
const LONGEST_SOURCE: usize = 500;

/// By what its own catalogue names a dataset: its address, or else its identifier where that is one. One of ours has a
/// code.
pub(super) fn source(document: &ImportedEntry) -> Option<&str> {
    let all = [document.dataset.as_str(), document.identifier.as_str()];
    let source = all.into_iter().find(|one| is_absolute(one));
    source.filter(|one| !document.is_ours && one.chars().count() <= LONGEST_SOURCE)
}

/// Whether a text is an absolute IRI. What is none, as `1`, names another thing in each catalogue.
fn is_absolute(text: &str) -> bool {
    let is_scheme = |scheme: &str| {
        let may = |char: char| char.is_ascii_alphanumeric() || "+-.".contains(char);
        scheme.starts_with(|char: char| char.is_ascii_alphabetic()) && scheme.chars().all(may)
    };
    let parts = text.split_once(':');
    let is_whole = |rest: &str| !rest.is_empty() && !rest.contains(char::is_whitespace);
    parts.is_some_and(|(scheme, rest)| is_scheme(scheme) && is_whole(rest))
}

/// The entry that the catalogue has of a dataset: of the code that people give or our own export says, or else taken
/// in from there, or else of this title.
///
/// # Errors
/// What stands in the way, where the title or the code of a dataset of others is that of another entry.
pub(super) fn stored<'r>(
    document: &ImportedEntry,
    named: Option<&Said>,
    register: &'r Register,
    owner: &str,
) -> Result<Option<&'r Resource>, Fault> {
    let said = |key| named.filter(|said| said.says(key));
    let title = said(Key::Title).map_or(&document.resource, |said| &said.resource);
    let title = title.title.as_str();
    let code = match said(Key::Classification) {
        Some(said) => said.resource.name.as_str(),
        None if document.is_ours => document.resource.name.as_str(),
        // A number of others may look like a code of ours.
        None => "",
    };
    if document.is_ours || is_whole(code) {
        return Ok(register.known(code, owner, title));
    }
    let source = source(document);
    let there = source.and_then(|source| register.known_there(source, owner));
    if there.is_some() {
        return Ok(there);
    }
    if let Some(titled) = register.known("", owner, title) {
        return of_title(document, titled, source, title);
    }
    let taken = register.named(&document.resource.name);
    match taken.filter(|_| said(Key::Classification).is_none()) {
        Some(taken) => Err(code_taken(document, taken)),
        None => Ok(None),
    }
}

fn is_whole(code: &str) -> bool {
    !code.is_empty() && !code.ends_with('-')
}

/// The entry of a title, unless it was taken in from elsewhere.
fn of_title<'r>(
    document: &ImportedEntry,
    titled: &'r Resource,
    source: Option<&str>,
    title: &str,
) -> Result<Option<&'r Resource>, Fault> {
    let theirs = titled.source_identifier.as_str();
    if !is_absolute(theirs) || source == Some(theirs) {
        return Ok(Some(titled));
    }
    let text = format!(
        "“{title}” is the title of {}, which was taken in from {theirs}; {}",
        titled.name,
        advice(document, titled, "title of its own"),
    );
    Err(Fault::new(&document.dataset, "title", "TITLE_TAKEN", text))
}

fn code_taken(document: &ImportedEntry, taken: &Resource) -> Fault {
    let text = format!(
        "its identifier is the code of “{}” here, which has another title; {}",
        taken.title,
        advice(document, taken, "classification"),
    );
    Fault::new(&document.dataset, "name", "CODE_TAKEN", text)
}

fn advice(document: &ImportedEntry, there: &Resource, own: &str) -> String {
    let code = there.name.strip_prefix("resources/").unwrap_or(&there.name);
    format!(
        "under [dataset.\"{}\"] in the file of --given, give it a {own}, or, where it is the same data, \
         classification = \"{code}\"",
        document.dataset
    )
}

/// Notes by what an entry is known again. For that alone nothing is opened that has to be signed: it waits for the next
/// change.
pub(super) fn note(source: &str, resource: &mut Resource, stored: Option<&Resource>) {
    let waits = stored.is_some_and(|stored| {
        stored.state() != State::Draft
            && !is_absolute(&stored.source_identifier)
            && *resource == written(stored.clone())
    });
    if !waits {
        source.clone_into(&mut resource.source_identifier);
    }
}

#[cfg(test)]
mod tests {
    use dcat::{Syntax, import};

    use super::*;

    const OWNER: &str = "departments/1";
    const ROADS: &str = "https://portal.example/roads";

    /// A dataset of others: its node, and what it says beside its title.
    fn dataset(node: &str, more: &str) -> ImportedEntry {
        let text = format!(
            "@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .\n\
             {node} a dcat:Dataset ; dct:title \"道路名录\" {more} ."
        );
        let imported = import(text.as_bytes(), Syntax::Turtle).unwrap();
        imported.entries.into_iter().next().unwrap()
    }

    fn entry(code: &str, title: &str, source: &str, state: State) -> Resource {
        Resource {
            name: format!("resources/{code}"),
            title: title.to_owned(),
            department: OWNER.to_owned(),
            source_identifier: source.to_owned(),
            state: state.into(),
            ..Resource::default()
        }
    }

    /// The code of the entry that a dataset is, or the field at fault.
    fn known(document: &ImportedEntry, entries: &[Resource]) -> Result<Option<String>, String> {
        let register = Register::of(entries.iter().cloned());
        let stored = stored(document, None, &register, OWNER);
        stored
            .map(|stored| stored.map(|one| one.name.replace("resources/", "")))
            .map_err(|fault| fault.field)
    }

    #[test]
    fn only_an_address_names_a_dataset_everywhere() {
        for (node, more, expected) in [
            ("<https://portal.example/roads>", "", Some(ROADS)),
            ("[]", "; dct:identifier \"1\"", None),
            ("[]", "; dct:identifier \"roads: 1\"", None),
            ("[]", "; dct:identifier \"urn:uuid:1\"", Some("urn:uuid:1")),
        ] {
            assert_eq!(source(&dataset(node, more)), expected, "{node} {more}");
        }
    }

    #[test]
    fn an_entry_is_not_taken_away_from_its_own_source() {
        let roads = dataset("<https://portal.example/roads>", "");
        let is = |code: &str| Ok(Some(code.to_owned()));
        let draft = |title, source| entry("314001-1", title, source, State::Draft);
        // By its address, whatever its title is; by its title where no source is known.
        assert_eq!(known(&roads, &[draft("桥", ROADS)]), is("314001-1"));
        assert_eq!(known(&roads, &[draft("道路名录", "")]), is("314001-1"));
        assert_eq!(known(&roads, &[draft("道路名录", "1")]), is("314001-1"));
        let others = [draft("道路名录", "https://other.example/1")];
        assert_eq!(known(&roads, &others), Err("title".to_owned()));
        // What was retired is out of the way.
        let retired = entry("314001-1", "道路名录", ROADS, State::Retired);
        assert_eq!(known(&roads, &[retired]), Ok(None));
    }

    #[test]
    fn a_number_of_others_that_looks_like_a_code_is_none() {
        let roads = dataset(
            "<https://portal.example/roads>",
            "; dct:identifier \"314001/000009\"",
        );
        assert_eq!(roads.resource.name, "resources/314001-000009");
        let other = entry("314001-000009", "殡葬服务", "", State::Draft);
        let ours = entry("314001-000001", "桥", ROADS, State::Draft);
        let refused = Err("name".to_owned());
        assert_eq!(known(&roads, std::slice::from_ref(&other)), refused);
        let both = known(&roads, &[other, ours]);
        assert_eq!(both, Ok(Some("314001-000001".to_owned())));
        let same = entry("314001-000009", "道路名录", "", State::Draft);
        assert_eq!(known(&roads, &[same]), Ok(Some("314001-000009".to_owned())));
        assert_eq!(known(&roads, &[]), Ok(None));
    }

    #[test]
    fn a_source_alone_opens_no_version() {
        let noted = |state, summary: &str| {
            let stored = entry("314001-1", "道路名录", "", state);
            let mut resource = written(stored.clone());
            summary.clone_into(&mut resource.summary);
            note(ROADS, &mut resource, Some(&stored));
            resource.source_identifier
        };
        assert_eq!(noted(State::Published, ""), "");
        assert_eq!(noted(State::Registered, ""), "");
        assert_eq!(noted(State::Published, "城市道路"), ROADS);
        assert_eq!(noted(State::Draft, ""), ROADS);
    }
}
