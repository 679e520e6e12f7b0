//! The file that describes a database or a certificate library, in the words of `endpoint.proto`.

use std::collections::HashMap;
use std::path::Path;

use api::registry::v1 as pb;
use serde::Deserialize;

use crate::Failure;
use crate::input::read_text;

pub(super) const EXAMPLE: &str = r#"The description of a database, for --protocol sql-postgres, sql-mysql and sql-sqlite:

  [sql]
  database = "registry"
  # Name of the file in the gateway's folder `secrets/SYSTEM` that holds the account, SYSTEM the id of the system: user
  # on the first line, password on the second. None for SQLite. The account itself stands neither here nor on a command line.
  # Beside it, in `NAME.pem`, the authority of the server's TLS certificate, which must be for the host of --address. A server
  # that is known by its name needs the file; on the gateway's own machine there is no TLS without it.
  secret = "marriage-registry"

  [[sql.views]]
  resource = "resources/105001-000001"
  view = "public.marriages"
  columns = { registration_number = "reg_no", register_date = "reg_date" }
  key = ["reg_no"]

The description of a certificate library, for --protocol certificate-library. Its account lies in the file `NAME` of
the gateway's folder `secrets/SYSTEM`, and the authority of its TLS certificate beside it in `NAME.pem`:

  [library]
  secret = "province"
  key_id = "hn-2022"
  public_key = "04…"
  signer_id = ""
  encrypted = false

  [[library.holdings]]
  resource = "resources/105001-000001"
  fields = { registration_number = "ZZHM" }

Endpoints of the other protocols need no description. Who is at their other end is proved by the certificate of the
system, which the gateway's own authority issues: there is no authority to name."#;

/// What stands in the file: one of the two.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Description {
    sql: Option<Sql>,
    library: Option<Library>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sql {
    database: String,
    #[serde(default)]
    secret: String,
    views: Vec<View>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct View {
    resource: String,
    #[serde(rename = "view")]
    name: String,
    columns: HashMap<String, String>,
    key: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Library {
    secret: String,
    key_id: String,
    public_key: String,
    #[serde(default)]
    signer_id: String,
    #[serde(default)]
    encrypted: bool,
    holdings: Vec<Holding>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Holding {
    resource: String,
    fields: HashMap<String, String>,
}

impl Description {
    /// Reads the file; without one nothing is described.
    ///
    /// # Errors
    /// A file that cannot be read, or where it is no such file: line and column, and what was expected there.
    pub(super) fn read(file: Option<&Path>) -> Result<Self, Failure> {
        let Some(file) = file else {
            return Ok(Self::default());
        };
        toml::from_str(&read_text(file)?)
            .map_err(|error| Failure::Message(format!("{}: {error}", file.display())))
    }

    /// The masked fields that it describes.
    pub(super) fn paths(&self) -> impl Iterator<Item = &'static str> {
        let sql = self.sql.is_some().then_some("sql");
        sql.into_iter()
            .chain(self.library.is_some().then_some("library"))
    }

    /// Puts what is described into an endpoint.
    pub(super) fn into(self, endpoint: pb::Endpoint) -> pb::Endpoint {
        pb::Endpoint {
            sql: self.sql.map(sql),
            library: self.library.map(library),
            ..endpoint
        }
    }
}

fn sql(sql: Sql) -> pb::SqlSource {
    let view = |view: View| pb::SqlView {
        resource: view.resource,
        view: view.name,
        columns: view.columns,
        key: view.key,
    };
    pb::SqlSource {
        database: sql.database,
        secret: sql.secret,
        views: sql.views.into_iter().map(view).collect(),
    }
}

fn library(library: Library) -> pb::CertificateLibrary {
    let holding = |held: Holding| pb::LibraryHolding {
        resource: held.resource,
        fields: held.fields,
    };
    pb::CertificateLibrary {
        secret: library.secret,
        key_id: library.key_id,
        public_key: library.public_key,
        signer_id: library.signer_id,
        encrypted: library.encrypted,
        holdings: library.holdings.into_iter().map(holding).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_help_can_be_read_and_a_password_has_no_place() {
        let block = |from: &str, to: &str| -> String {
            let lines = EXAMPLE.lines().skip_while(|line| !line.contains(from));
            let lines = lines.take_while(|line| to.is_empty() || !line.starts_with(to));
            lines.collect::<Vec<_>>().join("\n")
        };
        let described: Description = toml::from_str(&block("[sql]", "The description")).unwrap();
        assert_eq!(described.paths().collect::<Vec<_>>(), ["sql"]);
        let text = block("[library]", "Endpoints");
        let described: Description = toml::from_str(&text).unwrap();
        let made = described.into(pb::Endpoint::default());
        assert_eq!(
            made.library.unwrap().holdings[0].fields["registration_number"],
            "ZZHM"
        );
        let with_password = text.replace("signer_id", "password");
        assert!(toml::from_str::<Description>(&with_password).is_err());
    }
}
