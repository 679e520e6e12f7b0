//! Acts: state changes that somebody asks for, each at most once by its request id.

use domain::caller::Caller;
use domain::name::{DepartmentName, RequestId};
use domain::reason::Reason;
use jiff::Timestamp;
use store::{Earlier, Noun, Stored, Tx};

use super::Gateway;
use crate::failure::Failure;

/// Looks at what others wrote before an act goes on with what it knows.
const MOST_LOOKS: u32 = 8;

/// Mergers one after another that are followed.
const MOST_MERGERS: usize = 64;

/// One asked-for state change: who, and under which request id.
#[derive(Clone, Debug)]
pub struct Act<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// Chosen by the caller; a repeated id gives the earlier answer.
    pub request_id: &'a RequestId,
    /// The method, for logs and the ledger.
    pub method: &'static str,
    /// Digest of the whole request, to tell a repetition from another request.
    pub digest: String,
    /// Check everything and store nothing.
    pub validate_only: bool,
}

impl Gateway {
    /// Runs one state change: its row, its ledger entry and its request id in one transaction.
    pub(crate) async fn change<T: Noun>(
        &self,
        act: &Act<'_>,
        body: impl AsyncFnOnce(&mut Tx, Timestamp) -> Result<Stored<T>, Failure>,
    ) -> Result<Stored<T>, Failure> {
        let now = self.now();
        let caller = act.caller.principal().to_string();
        let mut tx = match self.begin(act).await? {
            Begun::New(tx) => tx,
            Begun::Before(mut tx, name) => {
                let stored = tx.get(&name).await?;
                return stored.ok_or_else(|| Failure::not_found(&name));
            }
        };
        let stored = body(&mut tx, now).await?;
        if act.validate_only {
            tx.forget().await;
            return Ok(stored);
        }
        self.remember(&mut tx, act, stored.value.key()).await?;
        tx.save().await?;
        self.refresh_after_change().await;
        tracing::info!(
            method = act.method,
            caller,
            name = stored.value.key(),
            "changed"
        );
        Ok(stored)
    }

    /// Whether who acts now is who acted before, as a principal is written: by the same certificate's name, or by the
    /// account of a department that was merged into the present one.
    pub(crate) fn is_same_person(&self, before: &str, caller: &Caller) -> bool {
        let now = caller.principal().to_string();
        if before == now {
            return true;
        }
        let parts = |text: &str| {
            let (department, account) = text.split_once("/officers/")?;
            Some((DepartmentName::parse(department).ok()?, account.to_owned()))
        };
        let (Some((earlier, account)), Some((present, own))) = (parts(before), parts(&now)) else {
            return false;
        };
        let snapshot = self.snapshot();
        let next = |name: &DepartmentName| snapshot.department(name)?.successor.clone();
        // A chain has no ring: nobody succeeds one that has ended. Bounded all the same.
        let chain = std::iter::successors(next(&earlier), next).take(MOST_MERGERS);
        account == own && chain.into_iter().any(|successor| successor == present)
    }

    /// Keeps the answer of an act for its repetitions.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn remember(
        &self,
        tx: &mut Tx,
        act: &Act<'_>,
        answer: &str,
    ) -> Result<(), Failure> {
        let caller = act.caller.principal().to_string();
        let (id, digest) = (act.request_id.as_str(), self.digest_of(act));
        Ok(tx.remember(&caller, id, &digest, answer).await?)
    }

    /// Begins the transaction of an act, and looks whether it was carried out before under its request
    /// id.
    ///
    /// # Errors
    /// `REQUEST_ID_REUSED` for another request, the store's.
    pub(crate) async fn begin(&self, act: &Act<'_>) -> Result<Begun, Failure> {
        let caller = act.caller.principal().to_string();
        let digest = self.digest_of(act);
        let mut tries = 0;
        let (tx, earlier) = loop {
            let mut tx = self.store.begin(act.method).await?;
            let earlier = tx
                .earlier(&caller, act.request_id.as_str(), &digest)
                .await?;
            // From here on nobody else writes. What others wrote while this waited is looked at first, and not with the
            // turn in hand: reading takes a connection of its own.
            if tx.revision().await? <= self.known_revision() || tries == MOST_LOOKS {
                break (tx, earlier);
            }
            tx.forget().await;
            self.refresh().await?;
            tries += 1;
        };
        // A request can lie on its way for as long as its deadline: who sent it may have been revoked since.
        self.authenticate(act.caller.fingerprint())?;
        match earlier {
            None => Ok(Begun::New(tx)),
            Some(Earlier::Same(answer)) => Ok(Begun::Before(tx, answer)),
            Some(Earlier::Other) => Err(Failure::new(
                Reason::RequestIdReused,
                "the request id was used before for another request",
            )),
        }
    }

    /// What is kept to tell a repetition from another request. Keyed: a request can hold a person's code,
    /// and few are the codes that it could be.
    pub(crate) fn digest_of(&self, act: &Act<'_>) -> String {
        self.keys.pseudonyms.text("request", &act.digest)
    }
}

/// The transaction of an act.
pub(crate) enum Begun {
    /// It is to be carried out.
    New(Tx),
    /// It was carried out before, with this answer.
    Before(Tx, String),
}

/// Checks a given etag against the row; an empty one skips the check.
pub(crate) fn check_etag<T>(given: &str, row: &Stored<T>, name: &str) -> Result<(), Failure> {
    if given.is_empty() || given == row.etag() {
        return Ok(());
    }
    Err(Failure::new(
        Reason::EtagMismatch,
        format!("{name} changed since it was read"),
    ))
}
