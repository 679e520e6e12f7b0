//! Enrolment: a one-time token, then a signing request, then a certificate. And revocation.

use std::collections::BTreeSet;

use domain::credential::{Credential, EnrolmentToken, Principal, Revocation};
use domain::fault::Cause;
use domain::name::{Fingerprint, SystemName};
use domain::reason::Reason;
use domain::subject::hex;
use jiff::{SignedDuration, Timestamp};
use ledger::entry::Draft;
use sha2::{Digest as _, Sha256};
use store::{Stored, Tx};

use crate::authority::Issued;
use crate::credentials::{certified_before, held_by, must_have_room};
use crate::failure::Failure;
use crate::gateway::{Act, Gateway};

/// A token works so long.
const TOKEN_LIFE: SignedDuration = SignedDuration::from_mins(15);

/// A new token; the secret is shown this once.
pub struct NewToken {
    /// The secret.
    pub secret: String,
    /// When it stops working.
    pub expires: Timestamp,
}

impl Gateway {
    /// Makes a one-time token for a principal.
    ///
    /// # Errors
    /// A refusal, or a subject that is not registered.
    pub async fn create_enrolment_token(
        &self,
        act: &Act<'_>,
        principal: Principal,
    ) -> Result<NewToken, Failure> {
        self.may_enrol(act, &principal)?;
        let secret = hex(&self.ids.secret());
        let expires = self.now() + TOKEN_LIFE;
        let token = EnrolmentToken {
            digest: digest(&secret),
            principal,
            expires,
            used: None,
        };
        let stored = self
            .change(act, async |tx, now| {
                let draft = Draft::change("registry.enrolment.offered", act.request_id.as_str())
                    .with_fact("actor", act.caller.principal().to_string())
                    .with_fact("subject_of_certificate", token.principal.to_string());
                let entry = tx.record(draft, now).await?;
                Ok(tx.insert(&token, Some(entry), now).await?)
            })
            .await?;
        if stored.value.digest != token.digest {
            let message = "the token of this request was shown before; ask for a new one";
            return Err(Failure::new(Reason::RequestIdReused, message));
        }
        Ok(NewToken { secret, expires })
    }

    /// Trades a token and a signing request for a certificate. The token is used up and the
    /// certificate is in the registry in one transaction: of two that race, one wins.
    ///
    /// # Errors
    /// `ENROLMENT_TOKEN_INVALID`, `SIGNING_REQUEST_REFUSED`.
    pub async fn enrol(
        &self,
        secret: &str,
        signing_request: &str,
        hosts: &[String],
    ) -> Result<Issued, Failure> {
        let now = self.now();
        // By a plain read first: a stranger without a token must not reach the one writer.
        let known: Option<Stored<EnrolmentToken>> = self.store.get(&digest(secret)).await?;
        let principal = self.live_token(known, now)?.value.principal;
        if !hosts.is_empty() && !matches!(principal, Principal::System { .. }) {
            let cause = Cause::new("NOT_A_SYSTEM", "only a system has an endpoint");
            return Err(Failure::field("endpoint_hosts", &cause));
        }
        let issued = self.sign(signing_request, &principal, hosts, now)?;
        let mut tx = self.store.begin("enrolling").await?;
        // Read again under the lock: of two that race, one finds it used.
        let found = tx.get(&digest(secret)).await?;
        let before = self.live_token(found, now)?;
        let used = before.value.clone().redeem(now).map_err(invalid_token)?;
        must_have_room(&mut tx, &principal, self.credential_terms(), now).await?;
        let entry = tx
            .record(issued_draft(&self.ids.uuid(), &issued.credential), now)
            .await?;
        tx.update(&before, &used, Some(entry), now).await?;
        tx.insert(&issued.credential, Some(entry), now)
            .await
            .map_err(certified_before)?;
        tx.save().await?;
        self.refresh_after_change().await;
        Ok(issued)
    }

    /// Issues the first operator's certificate, outside of any request: the gateway's own owner
    /// does it on the machine itself.
    ///
    /// # Errors
    /// A bad signing request; the store.
    pub async fn issue_operator(
        &self,
        principal: &Principal,
        signing_request: &str,
    ) -> Result<Issued, Failure> {
        let now = self.now();
        let issued = self.sign(signing_request, principal, &[], now)?;
        let mut tx = self
            .store
            .begin("issuing the operator's certificate")
            .await?;
        let entry = tx
            .record(issued_draft(&self.ids.uuid(), &issued.credential), now)
            .await?;
        tx.insert(&issued.credential, Some(entry), now)
            .await
            .map_err(certified_before)?;
        tx.save().await?;
        self.refresh().await?;
        Ok(issued)
    }

    /// Revokes a TLS certificate; its holder is refused from the next request on. With `renewals`, also those
    /// that were got by showing it: whoever has its key could renew.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT` where there is nothing left to revoke.
    pub async fn revoke_tls_certificate(
        &self,
        act: &Act<'_>,
        name: &Fingerprint,
        reason: String,
        renewals: bool,
    ) -> Result<Stored<Credential>, Failure> {
        self.change(act, async |tx, now| {
            let named: Stored<Credential> = tx
                .get(name.as_str())
                .await?
                .ok_or_else(|| Failure::not_found(name.as_str()))?;
            self.may_enrol(act, &named.value.principal)?;
            let mut all = vec![named.clone()];
            if renewals {
                let held = held_by(tx, &named.value.principal).await?;
                all.extend(descendants(name, held));
            }
            all.retain(|row| row.value.revoked.is_none());
            if all.is_empty() {
                return Err(Failure::state(name.as_str(), "revoked", "not revoked"));
            }
            let mut answer = named;
            for before in all {
                let after = revoke(tx, act, &before, &reason, now).await?;
                if after.value.name == *name {
                    answer = after;
                }
            }
            Ok(answer)
        })
        .await
    }

    /// The operator may for everybody; an officer for systems of the own department.
    pub(crate) fn may_enrol(&self, act: &Act<'_>, principal: &Principal) -> Result<(), Failure> {
        match principal {
            Principal::System { system } => Ok(act.caller.must_manage(&self.owner_of(system)?)?),
            Principal::Officer { department, .. } => {
                act.caller.must_be_operator()?;
                let known = self.snapshot().department(department).is_some();
                if known {
                    Ok(())
                } else {
                    Err(Failure::not_found(department.as_str()))
                }
            }
            Principal::Auditor { .. } | Principal::Operator { .. } | Principal::Gateway => {
                Ok(act.caller.must_be_operator()?)
            }
        }
    }

    fn live_token(
        &self,
        found: Option<Stored<EnrolmentToken>>,
        now: Timestamp,
    ) -> Result<Stored<EnrolmentToken>, Failure> {
        let row = found.ok_or_else(|| invalid_token("the token is not known"))?;
        row.value.clone().redeem(now).map_err(invalid_token)?;
        if let Principal::System { system } = &row.value.principal {
            self.must_be_active(system)?;
        }
        Ok(row)
    }

    fn must_be_active(&self, system: &SystemName) -> Result<(), Failure> {
        let snapshot = self.snapshot();
        match snapshot.system(system) {
            Some(system) if system.is_active() => Ok(()),
            _ => Err(Failure::new(
                Reason::CallerSuspended,
                format!("{system} is not active"),
            )),
        }
    }
}

async fn revoke(
    tx: &mut Tx,
    act: &Act<'_>,
    before: &Stored<Credential>,
    reason: &str,
    now: Timestamp,
) -> Result<Stored<Credential>, Failure> {
    let value = Credential {
        revoked: Some(Revocation {
            at: now,
            reason: reason.to_owned(),
        }),
        ..before.value.clone()
    };
    let draft = Draft::change("registry.tls_certificate.revoked", act.request_id.as_str())
        .with_fact("actor", act.caller.principal().to_string())
        .with_fact("tls_certificate", value.name.as_str())
        .with_fact("subject_of_certificate", value.principal.to_string());
    let entry = tx.record(draft, now).await?;
    Ok(tx.update(before, &value, Some(entry), now).await?)
}

/// Those that were got by showing a certificate, or by showing one of these.
fn descendants(name: &Fingerprint, held: Vec<Stored<Credential>>) -> Vec<Stored<Credential>> {
    let mut known = BTreeSet::from([name.clone()]);
    let (mut found, mut rest) = (Vec::new(), held);
    loop {
        let is_next =
            |row: &Stored<Credential>| row.value.renews().is_some_and(|of| known.contains(of));
        let (next, others): (Vec<_>, Vec<_>) = rest.into_iter().partition(is_next);
        if next.is_empty() {
            return found;
        }
        known.extend(next.iter().map(|row| row.value.name.clone()));
        found.extend(next);
        rest = others;
    }
}

fn digest(secret: &str) -> String {
    hex(&Sha256::digest(secret.trim().as_bytes()))
}

fn invalid_token(message: &str) -> Failure {
    Failure::new(Reason::EnrolmentTokenInvalid, message)
}

fn issued_draft(request_id: &str, credential: &Credential) -> Draft {
    Draft::change("registry.tls_certificate.issued", request_id)
        .with_fact("tls_certificate", credential.name.as_str())
        .with_fact("subject_of_certificate", credential.principal.to_string())
        .with_fact("expires", credential.not_after.to_string())
}
