//! Views of a database as endpoint: which view holds which resource, and in which columns.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::fault::{Cause, Faults};
use crate::item::ItemKey;
use crate::name::{ResourceName, SystemName};
use crate::snapshot::Snapshot;

/// Views of one endpoint.
pub const VIEWS: usize = 32;
/// Columns of a unique key.
pub const KEY_COLUMNS: usize = 4;

/// The kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    /// PostgreSQL, 15 or newer.
    Postgres,
    /// MySQL 8 or MariaDB 10.6, or newer.
    Mysql,
    /// A SQLite file in the folder that the operator set aside for such files of the system.
    Sqlite,
}

impl Engine {
    /// The word for people and the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Mysql => "mysql",
            Self::Sqlite => "sqlite",
        }
    }
}

/// The name of a database, schema, view or column: letters of any script, digits and `_`, at most
/// 63 bytes as in PostgreSQL. There is no quote in it, so none can end it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Identifier(String);

impl Identifier {
    /// Parses the name. Case is kept and matters.
    ///
    /// # Errors
    /// `NOT_AN_IDENTIFIER`.
    pub fn parse(text: &str) -> Result<Self, Cause> {
        let good = (1..=63).contains(&text.len())
            && !text.starts_with(|c: char| c.is_numeric())
            && text.chars().all(|c| c.is_alphanumeric() || c == '_');
        if good {
            return Ok(Self(text.to_owned()));
        }
        let message = "a name in a database takes 1 to 63 bytes of letters, digits and _, not beginning with a digit";
        Err(Cause::new("NOT_AN_IDENTIFIER", message))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Identifier {
    type Error = Cause;
    fn try_from(text: String) -> Result<Self, Cause> {
        Self::parse(&text)
    }
}

impl From<Identifier> for String {
    fn from(name: Identifier) -> String {
        name.0
    }
}

/// The name of a file with the account of a database, within the folder of the system whose database it is:
/// `a-z 0-9 -`, 1 to 40 characters. The registry holds this name; what is in the file never leaves the gateway's machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SecretName(String);

impl SecretName {
    /// Parses the name.
    ///
    /// # Errors
    /// `NOT_A_SECRET_NAME`; never the text, which may be the secret itself.
    pub fn parse(text: &str) -> Result<Self, Cause> {
        let good = (1..=40).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if good {
            return Ok(Self(text.to_owned()));
        }
        let message =
            "name the file in the gateway's folder secrets/SYSTEM: 1 to 40 of a-z, 0-9 and -";
        Err(Cause::new("NOT_A_SECRET_NAME", message))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SecretName {
    type Error = Cause;
    fn try_from(text: String) -> Result<Self, Cause> {
        Self::parse(&text)
    }
}

impl From<SecretName> for String {
    fn from(name: SecretName) -> String {
        name.0
    }
}

/// A view that holds a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// The resource.
    pub resource: ResourceName,
    /// The schema; the database's own default when none.
    pub schema: Option<Identifier>,
    /// The view.
    pub name: Identifier,
    /// The column of each item.
    pub columns: BTreeMap<ItemKey, Identifier>,
    /// Columns whose values, taken together, no two rows share; none of them is ever NULL. Reads
    /// are resumed by it. The provider vouches for it: of a view no engine can tell.
    pub key: Vec<Identifier>,
}

/// A database with views.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SqlSource {
    /// The kind of database.
    pub engine: Engine,
    /// The database on the server; `main` in a SQLite file.
    pub database: Identifier,
    /// Where the account is kept; none for a SQLite file.
    pub secret: Option<SecretName>,
    /// The views.
    pub views: Vec<View>,
}

impl SqlSource {
    /// The view that holds a resource.
    pub fn view(&self, resource: &ResourceName) -> Option<&View> {
        self.views.iter().find(|view| view.resource == *resource)
    }

    /// Checks it against the catalogue: every fault at once.
    pub fn faults(&self, snapshot: &Snapshot, system: &SystemName) -> Faults {
        let mut faults = Faults::default();
        let is_file = self.engine == Engine::Sqlite;
        if is_file && self.database.as_str() != "main" {
            let message = "the database of a SQLite file is main";
            faults.add("endpoint.sql.database", "NOT_MAIN", message);
        }
        if is_file == self.secret.is_some() {
            let message = "a server needs the name of a secret, a file has none";
            faults.add("endpoint.sql.secret", "REQUIRED", message);
        }
        if self.views.is_empty() || self.views.len() > VIEWS {
            let message = format!("give 1 to {VIEWS} views");
            faults.add("endpoint.sql.views", "REQUIRED", message);
        }
        for (index, view) in self.views.iter().enumerate() {
            let field = format!("endpoint.sql.views[{index}]");
            let mut earlier = self.views.iter().take(index);
            if earlier.any(|other| other.resource == view.resource) {
                let message = format!("{} has a view already", view.resource);
                faults.add(&format!("{field}.resource"), "DUPLICATE", message);
            }
            view.check(&field, snapshot, system, &mut faults);
        }
        faults
    }
}

impl View {
    fn check(&self, field: &str, snapshot: &Snapshot, system: &SystemName, faults: &mut Faults) {
        let owned = snapshot.resource(&self.resource);
        match owned.filter(|resource| resource.system == *system) {
            None => {
                let message = format!("{system} provides no {}", self.resource);
                faults.add(&format!("{field}.resource"), "NOT_PROVIDED", message);
            }
            Some(resource) => {
                for item in &resource.items {
                    if !self.columns.contains_key(&item.key) {
                        let message = format!("item {} has no column", item.key);
                        faults.add(&format!("{field}.columns"), "REQUIRED", message);
                    }
                }
                for key in self.columns.keys() {
                    if resource.item(key).is_none() {
                        let message = format!("the resource has no item {key}");
                        faults.add(&format!("{field}.columns"), "UNKNOWN_ITEM", message);
                    }
                }
            }
        }
        let doubled = |(place, name): (usize, &Identifier)| {
            self.key.iter().take(place).any(|other| other == name)
        };
        if self.key.is_empty() || self.key.len() > KEY_COLUMNS {
            let message = format!("name the 1 to {KEY_COLUMNS} columns of the unique key");
            faults.add(&format!("{field}.key"), "REQUIRED", message);
        } else if self.key.iter().enumerate().any(doubled) {
            faults.add(
                &format!("{field}.key"),
                "DUPLICATE",
                "a column stands twice",
            );
        }
    }
}

#[cfg(test)]
mod tests;
