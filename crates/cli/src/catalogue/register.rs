//! What imports of the catalogue are read against: departments, systems, and the entries there are.

use std::collections::{BTreeSet, HashMap};

use api::catalogue::v1::Resource;
use api::catalogue::v1::resource::State as Stage;
use api::registry::v1::System;
use api::registry::v1::system::State;
use domain::system::bare;
use sheet::Field;

use crate::Failure;
use crate::connection::Connection;
use crate::sheets::departments::{Departments, nearest};
use crate::sheets::finding::Wrong;

/// What an import is read against.
pub(super) struct Register {
    pub(super) departments: Departments,
    systems: Vec<System>,
    /// The provider of rows that name none.
    department: Option<String>,
    /// Entries as their departments are writing them, by name and by owner and title.
    by_name: HashMap<String, Resource>,
    by_title: HashMap<(String, String), String>,
    /// By owner and by what a catalogue of others names them.
    by_source: HashMap<(String, String), String>,
}

impl Register {
    /// Asks for departments and systems; entries come later, once it is known whose.
    pub(super) async fn ask(
        connection: &Connection,
        department: Option<&str>,
    ) -> Result<Self, Failure> {
        let departments = Departments::ask(connection).await?;
        let department = department.map(|named| departments.resolve(named));
        Ok(Self {
            department: department.transpose()?,
            departments,
            systems: crate::systems::all(connection, "").await?,
            by_name: HashMap::new(),
            by_title: HashMap::new(),
            by_source: HashMap::new(),
        })
    }

    /// Asks for the entries of departments.
    pub(super) async fn ask_entries(
        &mut self,
        connection: &Connection,
        departments: BTreeSet<String>,
    ) -> Result<(), Failure> {
        for department in departments {
            for entry in crate::catalogue::all(connection, &department).await? {
                self.know(entry);
            }
        }
        Ok(())
    }

    fn know(&mut self, entry: Resource) {
        let is_retired = entry.state() == Stage::Retired;
        let entry = at_work(entry);
        // What was retired has given its title and its source away.
        if !is_retired {
            let key = (entry.department.clone(), bare(&entry.title));
            self.by_title.insert(key, entry.name.clone());
        }
        if !is_retired && !entry.source_identifier.is_empty() {
            let key = (entry.department.clone(), entry.source_identifier.clone());
            self.by_source.insert(key, entry.name.clone());
        }
        self.by_name.insert(entry.name.clone(), entry);
    }

    /// A register of these entries and nothing else.
    #[cfg(test)]
    pub(super) fn of(entries: impl IntoIterator<Item = Resource>) -> Self {
        let mut register = Self {
            departments: Departments::none(),
            systems: Vec::new(),
            department: None,
            by_name: HashMap::new(),
            by_title: HashMap::new(),
            by_source: HashMap::new(),
        };
        entries.into_iter().for_each(|entry| register.know(entry));
        register
    }

    /// The provider that a row names, or the command; none when neither does.
    pub(super) fn provider(&self, field: &Field<'_>) -> Result<Option<String>, Wrong> {
        match field.text()? {
            Some(text) => self.departments.resolve(&text).map(Some),
            None => Ok(self.department.clone()),
        }
    }

    /// The system of a provider, or of whoever it may be, by id or name.
    pub(super) fn system(
        &self,
        field: &Field<'_>,
        provider: Option<&str>,
    ) -> Result<&System, Wrong> {
        let text = field.required(Field::text)?;
        let id = text.strip_prefix("systems/").unwrap_or(&text);
        let named = |system: &&System| system.name.strip_prefix("systems/") == Some(id);
        let owned = |system: &&System| provider.is_none_or(|owner| system.department == owner);
        let title = bare(&text);
        // Who is out of service has given its name away.
        let titled = |system: &&System| in_service(system) && bare(&system.display_name) == title;
        let found: Vec<&System> = match self.systems.iter().find(named) {
            Some(one) => vec![one],
            None => self.systems.iter().filter(titled).filter(owned).collect(),
        };
        match found.as_slice() {
            [one] if owned(one) => Ok(one),
            [one] => {
                let whose = self.departments.short_name(&one.department);
                let text = format!("“{text}”是“{whose}”的系统，与信息资源提供方不一致");
                Err(Wrong::new("OTHER_DEPARTMENT", text))
            }
            [] => Err(self.unknown(&text, &title, provider)),
            several => {
                let ids: Vec<&str> = several.iter().map(|one| one.name.as_str()).collect();
                let ids = ids.join("、");
                let text = match provider {
                    Some(_) => format!("提供方有几个“{text}”，请填写系统标识：{ids}"),
                    None => {
                        format!("几个系统名为“{text}”，请写明信息资源提供方，或填写系统标识：{ids}")
                    }
                };
                Err(Wrong::new("AMBIGUOUS_SYSTEM", text))
            }
        }
    }

    fn unknown(&self, text: &str, title: &str, provider: Option<&str>) -> Wrong {
        let own = self.systems.iter();
        let own = own.filter(|one| in_service(one));
        let own = own.filter(|one| provider.is_none_or(|owner| one.department == owner));
        let near = nearest(title, own.map(|one| one.display_name.as_str()));
        let text = if near.is_empty() {
            format!("“{text}”不是已登记的系统；请先导入系统清单")
        } else {
            let near = near.join("”或“");
            format!("“{text}”不是提供方已登记的系统；是不是“{near}”？")
        };
        Wrong::new("UNKNOWN_SYSTEM", text)
    }

    /// The entry that a row is about.
    pub(super) fn known(&self, name: &str, department: &str, title: &str) -> Option<&Resource> {
        if !name.is_empty() && !name.ends_with('-') {
            return self.by_name.get(name);
        }
        let name = self.by_title.get(&(department.to_owned(), bare(title)))?;
        self.by_name.get(name)
    }

    /// The entry that was taken in under what a catalogue of others names it.
    pub(super) fn known_there(&self, source: &str, department: &str) -> Option<&Resource> {
        let key = (department.to_owned(), source.to_owned());
        self.by_name.get(self.by_source.get(&key)?)
    }

    /// The entry of a name.
    pub(super) fn named(&self, name: &str) -> Option<&Resource> {
        self.by_name.get(name)
    }

    /// Whether any entry is of a classification.
    pub(super) fn has_classification(&self, class: &str) -> bool {
        self.classifications().any(|known| known == class)
    }

    /// The classification of an entry that is another one but for zeros that this one lacks behind its first digits.
    pub(super) fn classification_with_zeros(&self, class: &str, first: usize) -> Option<&str> {
        let (head, tail) = class.split_at_checked(first)?;
        let is_padded = |known: &&str| {
            let known = known.strip_prefix(head).unwrap_or_default();
            known.len() > tail.len()
                && !tail.is_empty()
                && known.trim_start_matches('0') == tail.trim_start_matches('0')
        };
        self.classifications().find(is_padded)
    }

    fn classifications(&self) -> impl Iterator<Item = &str> {
        let codes = self.by_name.keys();
        codes.filter_map(|name| Some(name.strip_prefix("resources/")?.rsplit_once('-')?.0))
    }

    /// The sequence of an entry whose code is that of a new one but for zeros in front of the sequence.
    pub(super) fn differing_by_zeros(&self, name: &str) -> Option<&str> {
        if self.by_name.contains_key(name) {
            return None;
        }
        let (class, sequence) = name.rsplit_once('-')?;
        let same = |known: &&str| known.trim_start_matches('0') == sequence.trim_start_matches('0');
        let known = self
            .by_name
            .keys()
            .filter_map(|known| known.rsplit_once('-'));
        let known = known.filter(|(other, _)| *other == class);
        known.map(|(_, sequence)| sequence).find(same)
    }

    /// The department of a system; empty when it is not known.
    pub(super) fn owner_of(&self, name: &str) -> &str {
        let found = self.systems.iter().find(|system| system.name == name);
        found.map_or("", |system| system.department.as_str())
    }

    /// A system as a sheet is written: what people call it where its department has no other of that name in
    /// service, else its id.
    pub(super) fn written_system(&self, name: &str) -> String {
        let id = || name.strip_prefix("systems/").unwrap_or(name).to_owned();
        let found = self.systems.iter().find(|system| system.name == name);
        let Some(system) = found.filter(|system| in_service(system)) else {
            return id();
        };
        let title = bare(&system.display_name);
        let is_other = |other: &System| {
            other.name != system.name
                && other.department == system.department
                && in_service(other)
                && bare(&other.display_name) == title
        };
        if self.systems.iter().any(is_other) {
            return id();
        }
        system.display_name.clone()
    }
}

fn in_service(system: &System) -> bool {
    system.state() != State::Retired
}

/// The entry as it is being written: its next version where there is one.
pub(crate) fn at_work(mut entry: Resource) -> Resource {
    match entry.next.take() {
        Some(next) => Resource {
            name: entry.name,
            department: entry.department,
            ..*next
        },
        None => entry,
    }
}

/// What a department writes of an entry: without what the gateway adds, but for the etag of what was read.
pub(super) fn written(before: Resource) -> Resource {
    Resource {
        department: String::new(),
        state: 0,
        version: 0,
        publish_time: None,
        review_due_date: String::new(),
        return_reasons: Vec::new(),
        next: None,
        stop_reason: String::new(),
        last_day: String::new(),
        update_duty: None,
        ..before
    }
}
