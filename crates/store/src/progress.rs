//! Which entry proves which fact of which system. Written beside the entry, never by hand.

use std::collections::BTreeMap;

use domain::name::SystemName;
use domain::progress::Proofs;
use ledger::entry::{Entry, Facts, Kind};

use crate::db::with_db;
use crate::error::StoreError;
use crate::tx::{Tx, with_tx};
use crate::{Store, from_db, to_db};

/// What an entry says about a fact of a system.
enum Says {
    /// It is proved from now on, if it was not before.
    First(&'static str),
    /// It is proved by this entry.
    Latest(&'static str),
    /// It is not proved any longer.
    Ends(&'static str),
    /// This endpoint answers.
    AnswersAt(String),
    /// This endpoint does not answer any longer; another one may.
    EndsAt(String),
}

impl Tx {
    pub(crate) async fn prove(&mut self, entry: &Entry) -> Result<(), StoreError> {
        for (system, says) in facts_of(entry) {
            let context = self.context();
            let (query, fact) = match says {
                Says::First(fact) => (FIRST, fact.to_owned()),
                Says::Latest(fact) => (LATEST, fact.to_owned()),
                Says::AnswersAt(endpoint) => (LATEST, answering(&endpoint)),
                Says::Ends(fact) => {
                    self.end(&system, fact).await?;
                    continue;
                }
                Says::EndsAt(endpoint) => {
                    // Written before each endpoint had a proof of its own.
                    self.end(&system, "answering").await?;
                    self.end(&system, &answering(&endpoint)).await?;
                    continue;
                }
            };
            with_tx!(&mut self.inner, c => sqlx::query(query)
                .bind(&system)
                .bind(fact)
                .bind(to_db(entry.index()))
                .execute(c)
                .await
                .map(|_| ()))
            .map_err(StoreError::driver(context))?;
        }
        Ok(())
    }

    /// The first delivered exchange of a system stays its proof.
    pub(crate) async fn prove_by_use(
        &mut self,
        system: &str,
        fact: ByUse,
        entry: u64,
    ) -> Result<(), StoreError> {
        let context = self.context();
        with_tx!(&mut self.inner, c => sqlx::query(FIRST)
            .bind(system)
            .bind(fact.as_str())
            .bind(to_db(entry))
            .execute(c)
            .await
            .map(|_| ()))
        .map_err(StoreError::driver(context))
    }

    /// A fact is proved no longer.
    async fn end(&mut self, system: &str, fact: &str) -> Result<(), StoreError> {
        let context = self.context();
        with_tx!(&mut self.inner, c => sqlx::query(ENDS)
            .bind(system)
            .bind(fact)
            .execute(c)
            .await
            .map(|_| ()))
        .map_err(StoreError::driver(context))
    }
}

const FIRST: &str = "INSERT INTO system_proofs (system, fact, entry) VALUES ($1, $2, $3) \
    ON CONFLICT (system, fact) DO NOTHING";

const LATEST: &str = "INSERT INTO system_proofs (system, fact, entry) VALUES ($1, $2, $3) \
    ON CONFLICT (system, fact) DO UPDATE SET entry = excluded.entry";

const ENDS: &str = "DELETE FROM system_proofs WHERE system = $1 AND fact = $2";

/// The fact that one endpoint answers. The system's is the latest of them.
fn answering(endpoint: &str) -> String {
    format!("{ANSWERING}{endpoint}")
}

const NOTHING_TO_SHARE: &str = "nothing_to_share";
const ANSWERING: &str = "answering@";

fn facts_of(entry: &Entry) -> Vec<(String, Says)> {
    let text = |key: &str| entry.facts().text(key).map(str::to_owned);
    let about = |says: Says| -> Vec<(String, Says)> {
        text("system")
            .map(|system| (system, says))
            .into_iter()
            .collect()
    };
    // What left the catalogue, or went over to another system, was the last that this system had in it.
    let emptied = || text("emptied").map(|system| (system, Says::Ends("published")));
    match entry.kind() {
        Kind::Change { event } => match event.as_str() {
            "registry.system.created" => about(Says::First("registered")),
            "catalogue.resource.published" => {
                let mut says = about(Says::First("published"));
                says.extend(emptied());
                says
            }
            "registry.system.step_recorded" => match text("step").as_deref() {
                Some("nothing-to-share-approval") => about(Says::Latest(NOTHING_TO_SHARE)),
                Some("nothing-to-share" | "nothing-to-share-withdrawal") => {
                    about(Says::Ends(NOTHING_TO_SHARE))
                }
                _ => Vec::new(),
            },
            "registry.system.nothing_to_share_ended" => about(Says::Ends(NOTHING_TO_SHARE)),
            "catalogue.resource.recalled" | "catalogue.resource.retired" => {
                emptied().into_iter().collect()
            }
            "registry.endpoint.serving" => {
                about(Says::AnswersAt(text("endpoint").unwrap_or_default()))
            }
            "registry.endpoint.failing" => {
                about(Says::EndsAt(text("endpoint").unwrap_or_default()))
            }
            // What answered and what passed was another place.
            "registry.endpoint.changed" => {
                let mut says = about(Says::EndsAt(text("endpoint").unwrap_or_default()));
                says.extend(about(Says::Ends("conformed")));
                says
            }
            "registry.endpoint.removed" => {
                let mut says = about(Says::EndsAt(text("endpoint").unwrap_or_default()));
                let conforms = entry.facts().flag("system_conforms") == Some(true);
                says.extend(about(if conforms {
                    Says::Latest("conformed")
                } else {
                    Says::Ends("conformed")
                }));
                says
            }
            // One endpoint conforms; whether all that were examined do, the entry says.
            "registry.endpoint.conformed"
                if entry.facts().flag("system_conforms") == Some(true) =>
            {
                about(Says::Latest("conformed"))
            }
            "registry.endpoint.conformed" | "registry.endpoint.not_conformed" => {
                about(Says::Ends("conformed"))
            }
            _ => Vec::new(),
        },
        // An outcome proves by `proved_by_use`, in the commit that it shares with others.
        Kind::Intent | Kind::Outcome { .. } | Kind::Served => Vec::new(),
    }
}

/// A fact of a system that a delivered exchange proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ByUse {
    /// Data went between it and another department.
    Exchanged,
    /// Another department read data of its own.
    Provided,
}

impl ByUse {
    fn as_str(self) -> &'static str {
        match self {
            Self::Exchanged => "exchanged",
            Self::Provided => "provided",
        }
    }
}

/// What a delivered exchange between departments proves of the systems on both sides: data went out, and
/// to another department. That is the one thing that "interconnected" means. What was served without asking
/// the provider proves nothing new: the answer it was served from did.
pub(crate) fn proved_by_use<'a>(kind: &Kind, facts: &'a Facts) -> Option<[(&'a str, ByUse); 3]> {
    let text = |key: &str| facts.text(key);
    let delivered = matches!(kind, Kind::Outcome { .. })
        && facts.flag("released") == Some(true)
        && text("digest").is_some();
    let across = text("consumer_department") != text("provider_department");
    let (consumer, provider) = (text("consumer")?, text("provider")?);
    (delivered && across).then_some([
        (consumer, ByUse::Exchanged),
        (provider, ByUse::Exchanged),
        (provider, ByUse::Provided),
    ])
}

impl Store {
    /// The proofs of all systems.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn proofs(&self) -> Result<BTreeMap<SystemName, Proofs>, StoreError> {
        let rows: Vec<ProofRow> = with_db!(&self.db, pool =>
            sqlx::query_as("SELECT system, fact, entry FROM system_proofs").fetch_all(pool).await)
        .map_err(StoreError::driver("reading the proofs of progress"))?;
        by_system(rows)
    }

    /// The proofs of one system.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn proofs_of(&self, system: &SystemName) -> Result<Proofs, StoreError> {
        const QUERY: &str = "SELECT system, fact, entry FROM system_proofs WHERE system = $1";
        let rows: Vec<ProofRow> = with_db!(&self.db, pool =>
            sqlx::query_as(QUERY).bind(system.as_str()).fetch_all(pool).await)
        .map_err(StoreError::driver("reading the proofs of a system"))?;
        Ok(by_system(rows)?.remove(system).unwrap_or_default())
    }
}

/// System, fact, entry.
type ProofRow = (String, String, i64);

fn by_system(rows: Vec<ProofRow>) -> Result<BTreeMap<SystemName, Proofs>, StoreError> {
    let mut proofs: BTreeMap<SystemName, Proofs> = BTreeMap::new();
    for (system, fact, entry) in rows {
        let bad = || StoreError::Inconsistent {
            table: "system_proofs",
            name: system.clone(),
        };
        let name = SystemName::parse(&system).map_err(|_| bad())?;
        let entry = Some(from_db(entry));
        let row = proofs.entry(name).or_default();
        match fact.as_str() {
            "registered" => row.registered = entry,
            "published" => row.published = entry,
            "conformed" => row.conformed = entry,
            "answering" => row.answering = row.answering.max(entry),
            at if at.starts_with(ANSWERING) => row.answering = row.answering.max(entry),
            "exchanged" => row.exchanged = entry,
            "provided" => row.provided = entry,
            NOTHING_TO_SHARE => row.nothing_to_share = entry,
            _ => return Err(bad()),
        }
    }
    Ok(proofs)
}
