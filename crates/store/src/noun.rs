//! Nouns: the domain types that have a table, and the few statements each table needs.

#[macro_use]
mod statements;

use domain::application::Application;
use domain::certificate::CertificateType;
use domain::clock::kept::{KeptClock, Running};
use domain::complaint::Complaint;
use domain::correction::Correction;
use domain::credential::{CertificateText, Credential, EnrolmentToken};
use domain::demand::Demand;
use domain::department::Department;
use domain::dispute::Dispute;
use domain::endpoint::Endpoint;
use domain::file::File;
use domain::file_drop::Heartbeat;
use domain::file_link::FileLink;
use domain::grant::{Grant, GrantVersion};
use domain::interface::Interface;
use domain::matter::Matter;
use domain::plan::Plan;
use domain::resource::{Resource, ResourceVersion};
use domain::subscription::Subscription;
use domain::system::System;
use domain::use_record::UseRecord;
use domain::watch::Watch;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::db::ListSql;
pub(crate) use statements::Statements;

/// A domain type with a table of its own.
pub trait Noun: Serialize + DeserializeOwned + Send + Sync {
    /// Its statements.
    const STATEMENTS: Statements;
    /// Whether policy keeps it in memory, so that a change of it must be told to every gateway.
    const IN_REGISTRY: bool = true;
    /// Whether clocks can run for it.
    const IS_TIMED: bool = false;
    /// Its name, the primary key.
    fn key(&self) -> &str;
    /// What it is listed under, may be empty.
    #[expect(
        clippy::unnecessary_literal_bound,
        reason = "most nouns answer with a part of themselves"
    )]
    fn parent(&self) -> &str {
        ""
    }
    /// Its state in one word.
    #[expect(
        clippy::unnecessary_literal_bound,
        reason = "most nouns answer with a part of themselves"
    )]
    fn state(&self) -> &str {
        "active"
    }
    /// The clocks that run for it. Whatever is written of it, they are kept in the same transaction
    /// ([`crate::Tx::keep_clocks`]).
    fn running(&self) -> Vec<Running<'_>> {
        Vec::new()
    }
    /// A second name that must be unique too.
    fn alias(&self) -> Option<&str> {
        None
    }
}

/// A row as it stands in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored<T> {
    /// The domain value.
    pub value: T,
    /// Counts the changes, from 1.
    pub revision: i64,
    /// When it was made.
    pub create_time: Timestamp,
    /// When it changed last.
    pub update_time: Timestamp,
    /// The ledger entry of its making; none for seeds, which are not acts.
    pub create_entry: Option<u64>,
    /// The ledger entry of its last change.
    pub update_entry: Option<u64>,
}

impl<T> Stored<T> {
    /// The version mark for concurrent changes.
    pub fn etag(&self) -> String {
        format!("r{}", self.revision)
    }
}

impl Noun for Department {
    const STATEMENTS: Statements = statements!("departments");
    fn key(&self) -> &str {
        self.name.as_str()
    }
    fn alias(&self) -> Option<&str> {
        Some(&self.short_name)
    }
}

impl Noun for System {
    const STATEMENTS: Statements = statements!("systems");
    fn key(&self) -> &str {
        self.name.as_str()
    }
    fn parent(&self) -> &str {
        self.department.as_str()
    }
    fn state(&self) -> &str {
        self.state.as_str()
    }
}

impl Noun for Endpoint {
    const STATEMENTS: Statements = statements!("endpoints");
    fn key(&self) -> &str {
        self.name.as_str()
    }
    fn parent(&self) -> &str {
        self.system.as_str()
    }
    fn state(&self) -> &str {
        if self.removed.is_some() {
            "removed"
        } else if self.health.is_serving() {
            "serving"
        } else {
            "failing"
        }
    }
}

impl Noun for Interface {
    const STATEMENTS: Statements = statements!("interfaces");
    fn key(&self) -> &str {
        self.name.as_str()
    }
    fn parent(&self) -> &str {
        self.system.as_str()
    }
}

impl Noun for Credential {
    const STATEMENTS: Statements = statements!("credentials");
    fn key(&self) -> &str {
        self.name.as_str()
    }
    // Narrow enough to count what one holder has; who it is says the body.
    fn parent(&self) -> &str {
        self.principal.listed_under()
    }
    fn state(&self) -> &str {
        if self.revoked.is_some() {
            "revoked"
        } else {
            "active"
        }
    }
    fn alias(&self) -> Option<&str> {
        Some(&self.key_digest)
    }
}

impl Noun for CertificateText {
    const STATEMENTS: Statements = statements!("certificate_texts");
    // Read when an answer was lost, and never else.
    const IN_REGISTRY: bool = false;
    fn key(&self) -> &str {
        self.name.as_str()
    }
}

impl Noun for EnrolmentToken {
    const STATEMENTS: Statements = statements!("enrolment_tokens");
    fn key(&self) -> &str {
        &self.digest
    }
    fn state(&self) -> &str {
        if self.used.is_some() {
            "used"
        } else {
            "active"
        }
    }
}

impl Noun for Resource {
    const STATEMENTS: Statements = statements!("resources");
    const IS_TIMED: bool = true;
    fn key(&self) -> &str {
        self.name.as_str()
    }
    fn parent(&self) -> &str {
        self.department.as_str()
    }
    fn state(&self) -> &str {
        self.state.as_str()
    }
    fn running(&self) -> Vec<Running<'_>> {
        self.running()
    }
}

impl Noun for ResourceVersion {
    const STATEMENTS: Statements = statements!("resource_versions");
    // Read when somebody wants to know what changed.
    const IN_REGISTRY: bool = false;
    fn key(&self) -> &str {
        &self.name
    }
    fn parent(&self) -> &str {
        self.resource.as_str()
    }
}

impl Noun for GrantVersion {
    const STATEMENTS: Statements = statements!("grant_versions");
    // Read when somebody wants to know what was agreed before.
    const IN_REGISTRY: bool = false;
    fn key(&self) -> &str {
        &self.name
    }
    fn parent(&self) -> &str {
        self.grant.as_str()
    }
}

impl Noun for UseRecord {
    const STATEMENTS: Statements = statements!("use_records");
    // Read by whoever inspects how a grant was used.
    const IN_REGISTRY: bool = false;
    fn key(&self) -> &str {
        self.name.as_str()
    }
    fn parent(&self) -> &str {
        self.grant.as_str()
    }
}

impl Noun for Watch {
    const STATEMENTS: Statements = statements!("watches");
    // Each gateway reads it again on a tick; nothing that is decided rests on it.
    const IN_REGISTRY: bool = false;
    fn key(&self) -> &str {
        self.resource.as_str()
    }
    fn parent(&self) -> &str {
        self.department.as_str()
    }
    fn state(&self) -> &str {
        if self.drift.is_some() {
            "drifting"
        } else {
            "matching"
        }
    }
}

impl Noun for Heartbeat {
    const STATEMENTS: Statements = statements!("heartbeats");
    // Read by the probe of its endpoint; what was judged of it stands there.
    const IN_REGISTRY: bool = false;
    fn key(&self) -> &str {
        self.endpoint.as_str()
    }
    fn parent(&self) -> &str {
        self.system.as_str()
    }
}

impl Noun for KeptClock {
    const STATEMENTS: Statements = statements!("clocks");
    // Read by whoever looks at clocks, by the day.
    const IN_REGISTRY: bool = false;
    fn key(&self) -> &str {
        self.name.as_str()
    }
    fn parent(&self) -> &str {
        &self.about
    }
    fn state(&self) -> &str {
        self.state()
    }
}

impl Noun for Demand {
    const STATEMENTS: Statements = statements!("demands");
    // Read by people, one page at a time.
    const IN_REGISTRY: bool = false;
    const IS_TIMED: bool = true;
    fn key(&self) -> &str {
        self.name.as_str()
    }
    fn parent(&self) -> &str {
        self.department.as_str()
    }
    fn state(&self) -> &str {
        self.state.as_str()
    }
    fn running(&self) -> Vec<Running<'_>> {
        self.running()
    }
}

impl Noun for Dispute {
    const STATEMENTS: Statements = statements!("disputes");
    // Read by people, and by whoever looks what waits for whom.
    const IN_REGISTRY: bool = false;
    const IS_TIMED: bool = true;
    fn key(&self) -> &str {
        self.name.as_str()
    }
    fn parent(&self) -> &str {
        self.subject.as_str()
    }
    fn state(&self) -> &str {
        self.state.as_str()
    }
    fn running(&self) -> Vec<Running<'_>> {
        self.running()
    }
}

impl Noun for Complaint {
    const STATEMENTS: Statements = statements!("complaints");
    // Read by people, and by whoever looks what waits for whom.
    const IN_REGISTRY: bool = false;
    const IS_TIMED: bool = true;
    fn key(&self) -> &str {
        self.name.as_str()
    }
    fn parent(&self) -> &str {
        self.entered_by.as_str()
    }
    fn state(&self) -> &str {
        self.state.as_str()
    }
    fn running(&self) -> Vec<Running<'_>> {
        self.running()
    }
    fn alias(&self) -> Option<&str> {
        Some(&self.receipt)
    }
}

impl Noun for Application {
    const STATEMENTS: Statements = statements!("applications");
    const IS_TIMED: bool = true;
    fn key(&self) -> &str {
        self.name.as_str()
    }
    fn parent(&self) -> &str {
        self.terms.consumer.as_str()
    }
    fn state(&self) -> &str {
        self.state.as_str()
    }
    fn running(&self) -> Vec<Running<'_>> {
        self.running()
    }
}

impl Noun for Grant {
    const STATEMENTS: Statements = statements!("grants");
    const IS_TIMED: bool = true;
    fn key(&self) -> &str {
        self.name.as_str()
    }
    fn parent(&self) -> &str {
        self.terms.consumer.as_str()
    }
    fn state(&self) -> &str {
        self.state.as_str()
    }
    fn running(&self) -> Vec<Running<'_>> {
        self.running()
    }
}

impl Noun for Correction {
    const STATEMENTS: Statements = statements!("corrections");
    const IS_TIMED: bool = true;
    fn key(&self) -> &str {
        self.name.as_str()
    }
    fn parent(&self) -> &str {
        self.consumer.as_str()
    }
    fn state(&self) -> &str {
        self.state.as_str()
    }
    fn running(&self) -> Vec<Running<'_>> {
        self.running()
    }
    fn alias(&self) -> Option<&str> {
        self.is_open().then_some(self.mark.as_str())
    }
}

impl Noun for Subscription {
    const STATEMENTS: Statements = statements!("subscriptions");
    // Each delivery changes one: whoever delivers reads it again, and is told of new ones by their events.
    const IN_REGISTRY: bool = false;
    fn key(&self) -> &str {
        self.name.as_str()
    }
    fn parent(&self) -> &str {
        self.owner.as_str()
    }
    fn state(&self) -> &str {
        self.state.as_str()
    }
}

impl Noun for File {
    const STATEMENTS: Statements = statements!("files");
    // Read from the database at each use: there may be many, and each part of an upload changes one.
    const IN_REGISTRY: bool = false;
    fn key(&self) -> &str {
        self.name.as_str()
    }
    fn parent(&self) -> &str {
        self.resource.as_str()
    }
    fn state(&self) -> &str {
        self.state.as_str()
    }
}

impl Noun for FileLink {
    const STATEMENTS: Statements = statements!("file_links");
    // Each is read twice or so in its few minutes.
    const IN_REGISTRY: bool = false;
    fn key(&self) -> &str {
        self.name.as_str()
    }
    fn parent(&self) -> &str {
        self.consumer.as_str()
    }
    fn state(&self) -> &str {
        self.state.as_str()
    }
}

impl Noun for Matter {
    const STATEMENTS: Statements = statements!("matters");
    fn key(&self) -> &str {
        self.name.as_str()
    }
    fn parent(&self) -> &str {
        self.department.as_str()
    }
}

impl Noun for CertificateType {
    const STATEMENTS: Statements = statements!("certificate_types");
    fn key(&self) -> &str {
        self.name.as_str()
    }
}

impl Noun for Plan {
    const STATEMENTS: Statements = statements!("plans");
    fn key(&self) -> &str {
        self.name.as_str()
    }
}
