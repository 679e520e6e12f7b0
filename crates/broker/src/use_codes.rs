//! Use-codes: a portal hands them out to holders, and each opens one use.

mod seal;

use domain::basis::{Authorisation, Basis};
use domain::certificate::Key;
use domain::fault::Cause;
use domain::name::{CertificateTypeName, GrantName, MatterName, SystemName, UseCodeName};
use domain::policy::{Ask, Circumstances, Decision, Permit, Refusal, Rule, decide, shaoyang_date};
use domain::reason::Reason;
use domain::resource::ShareMode;
use domain::subject::Subject;
use domain::use_code::{Addressee, PlainCode, Redemption, UseCode};
use jiff::{SignedDuration, Timestamp};
use ledger::entry::Draft;
use store::Tx;
use tokio::time::Instant;

use crate::exchange::{Use, with_parties};
use crate::failure::Failure;
use crate::gateway::{Act, Begun, Gateway};
use crate::lookup::{Standing, on_the_grid};

/// A code for less than this is no use to anybody, in seconds.
const SHORTEST_S: u32 = 60;

/// What a holder wants a code for.
#[derive(Clone, Debug)]
pub struct NewUseCode {
    /// Whose certificate it is.
    pub holder: Subject,
    /// The certificate type.
    pub certificate_type: CertificateTypeName,
    /// The matter.
    pub matter: MatterName,
    /// The case; kept as a keyed hash.
    pub case_number: String,
    /// Who may use it.
    pub addressee: Addressee,
    /// Its life in seconds; the longest that the rule allows when absent.
    pub life_s: Option<u32>,
}

/// A code for its holder; it is shown this once.
pub struct IssuedUseCode {
    /// The name under which it can be withdrawn.
    pub name: UseCodeName,
    /// The code.
    pub code: String,
    /// From then on it opens nothing.
    pub ends: Timestamp,
}

// === handing out ===

impl Gateway {
    /// Hands a code out, under a grant that lets the calling system.
    ///
    /// # Errors
    /// A refusal by policy, faults of the request, `REQUEST_ID_REUSED` for a code that was shown, or a
    /// system that made too many codes within a day.
    pub async fn create_use_code(
        &self,
        act: &Act<'_>,
        wanted: &NewUseCode,
    ) -> Result<IssuedUseCode, Failure> {
        let issuer = act.caller.system()?.clone();
        let (kind, matter) = (&wanted.certificate_type, &wanted.matter);
        let permit = self.issuing_permit(&issuer, kind, matter, None)?;
        let ends = self.end_of_life(wanted)?;
        self.must_be_known(&wanted.addressee)?;
        let keys = &self.keys.pseudonyms;
        let [bytes, _] = halves(self.ids.secret());
        let plain = PlainCode::new(bytes);
        let name = plain.name(keys).map_err(broken)?;
        let code = UseCode {
            name: name.clone(),
            issuer,
            grant: permit.grant().name.clone(),
            addressee: wanted.addressee.clone(),
            certificate_type: wanted.certificate_type.clone(),
            matter: wanted.matter.clone(),
            case: keys.text("case", &wanted.case_number),
            sealed: seal::seal(keys, &plain, &wanted.holder).ok_or_else(|| broken("no seal"))?,
            ends,
        };
        let subject = keys.subject(&wanted.holder);
        let Some(mut tx) = self.first_time(act).await? else {
            let message =
                "the code of this request was shown before; withdraw it and ask for another";
            return Err(Failure::new(Reason::RequestIdReused, message));
        };
        let draft = self
            .created(act, &permit, &code)
            .with_fact("subject", subject);
        tx.record(draft, self.now()).await?;
        if !tx.keep_use_code(&code).await? {
            let message = "your system made too many use-codes within a day";
            return Err(Failure::new(Reason::Overloaded, message));
        }
        self.done(tx, act, name.as_str()).await?;
        Ok(IssuedUseCode {
            name,
            code: plain.expose(),
            ends,
        })
    }

    /// Takes a code back that was not used (PIPL art. 15: consent may be withdrawn).
    ///
    /// # Errors
    /// `NOT_FOUND` unless the calling system handed it out and it is kept still; `STATE_CONFLICT` when it
    /// was used.
    pub async fn withdraw_use_code(
        &self,
        act: &Act<'_>,
        name: &UseCodeName,
    ) -> Result<(), Failure> {
        let issuer = act.caller.system()?;
        // Read before the transaction, which holds a connection of its own.
        let kept = self.store.use_code(name).await?;
        let Some(mut tx) = self.first_time(act).await? else {
            return Ok(());
        };
        if kept.is_none_or(|kept| kept.code.issuer != *issuer) {
            return Err(Failure::not_found(name.as_str()));
        }
        let removed = tx.remove_use_code(name).await?;
        let code = removed.ok_or_else(|| Failure::state(name.as_str(), "used", "not used"))?;
        let draft = code_draft(act, "use_code.withdrawn", &code);
        let draft = with_parties(draft, &self.snapshot(), issuer, None);
        tx.record(draft, self.now()).await?;
        self.done(tx, act, name.as_str()).await
    }

    /// Drops codes that open nothing any more.
    ///
    /// # Errors
    /// The store's.
    pub async fn tidy_use_codes(&self) -> Result<(), Failure> {
        while self.store.drop_ended_use_codes(self.now()).await? > 0 {}
        Ok(())
    }

    /// The right to hand a code out: under any grant that gives it, or under the one that did.
    fn issuing_permit(
        &self,
        issuer: &SystemName,
        kind: &CertificateTypeName,
        matter: &MatterName,
        grant: Option<&GrantName>,
    ) -> Result<Permit, Failure> {
        let snapshot = self.snapshot();
        let ask = Ask {
            consumer: issuer.clone(),
            resources: snapshot.resources_of_type(kind).to_vec(),
            mode: ShareMode::Api,
            matter: Some(matter.clone()),
            // The holder acts in person; no clerk has a part in it.
            operator_named: true,
            items: Vec::new(),
            whole: false,
            compared: Vec::new(),
            grant: grant.cloned(),
            // The code is the authorisation.
            basis: Basis::Authorisation(Authorisation::supposed()),
            issuing: true,
        };
        match decide(&snapshot, &ask, &Circumstances::at(self.now())) {
            Decision::Permit(permit) => Ok(*permit),
            Decision::Refusal(refusal) => Err(refusal.into()),
        }
    }

    fn end_of_life(&self, wanted: &NewUseCode) -> Result<Timestamp, Failure> {
        let now = self.now();
        let day = shaoyang_date(now);
        let rules = self.use_code_rules.load();
        let rule = rules
            .iter()
            .find(|rule| rule.holds_on(day))
            .ok_or_else(|| {
                let message = "no rule says how long a use-code may live today";
                Failure::new(Reason::StateConflict, message)
            })?;
        let life_s = wanted.life_s.unwrap_or(rule.longest_s);
        if !(SHORTEST_S..=rule.longest_s).contains(&life_s) {
            let message = format!("give {SHORTEST_S} to {} seconds", rule.longest_s);
            return Err(Failure::field(
                "life_s",
                &Cause::new("OUT_OF_RANGE", message),
            ));
        }
        now.checked_add(SignedDuration::from_secs(life_s.into()))
            .map_err(|_| broken("no end"))
    }

    fn must_be_known(&self, addressee: &Addressee) -> Result<(), Failure> {
        let snapshot = self.snapshot();
        let known = match addressee {
            Addressee::System { system } => snapshot.system(system).is_some(),
            Addressee::Department { department } => snapshot.department(department).is_some(),
        };
        if known {
            return Ok(());
        }
        let message = format!("{} is not registered", addressee.as_str());
        Err(Failure::field("addressee", &Cause::new("UNKNOWN", message)))
    }

    fn created(&self, act: &Act<'_>, permit: &Permit, code: &UseCode) -> Draft {
        let grant = permit.grant();
        let draft = code_draft(act, "use_code.created", code)
            .with_fact("case", code.case.as_str())
            .with_fact("version", i64::from(grant.version))
            .with_fact("approvers", grant.approvers.clone())
            .with_fact("ends", code.ends.to_string());
        let snapshot = self.snapshot();
        with_parties(draft, &snapshot, &code.issuer, Some(&grant.provider))
    }

    /// A transaction, unless this request was carried out before.
    async fn first_time(&self, act: &Act<'_>) -> Result<Option<Tx>, Failure> {
        match self.begin(act).await? {
            Begun::New(tx) => Ok(Some(tx)),
            Begun::Before(..) => Ok(None),
        }
    }

    async fn done(&self, mut tx: Tx, act: &Act<'_>, name: &str) -> Result<(), Failure> {
        let caller = act.caller.principal().to_string();
        let digest = self.digest_of(act);
        let id = act.request_id.as_str();
        tx.remember(&caller, id, &digest, name).await?;
        tx.save().await?;
        tracing::info!(method = act.method, caller, name, "changed");
        Ok(())
    }
}

fn code_draft(act: &Act<'_>, event: &str, code: &UseCode) -> Draft {
    Draft::change(event, act.request_id.as_str())
        .with_fact("actor", act.caller.principal().to_string())
        .with_fact("authorisation", code.name.id())
        .with_fact("addressee", code.addressee.as_str())
        .with_fact("certificate_type", code.certificate_type.as_str())
        .with_fact("matter", code.matter.as_str())
        .with_fact("grant", code.grant.as_str())
}

fn halves(secret: [u8; 32]) -> [[u8; 16]; 2] {
    let (mut one, mut other) = ([0; 16], [0; 16]);
    let (front, back) = secret.split_at(16);
    one.copy_from_slice(front);
    other.copy_from_slice(back);
    [one, other]
}

fn broken(cause: impl std::fmt::Display) -> Failure {
    Failure::new(
        Reason::Internal,
        format!("no use-code can be made: {cause}"),
    )
}

// === using ===

impl Gateway {
    /// Stands on a code, without taking it yet: whatever policy refuses must not use it up. Whoever
    /// guesses pays for it as for a lookup that found nothing.
    pub(crate) async fn stand_on_code(
        &self,
        used: &Use,
        kind: &CertificateTypeName,
        plain: &PlainCode,
    ) -> Result<Standing, Failure> {
        self.must_be_fresh()?;
        let paid = self.spend(used).await?;
        let begun = Instant::now();
        let Some((code, holder)) = self.opened(used, kind, plain).await? else {
            paid.missed();
            on_the_grid(begun, used.deadline).await;
            return Err(self.code_refused(used, kind).await);
        };
        Ok(Standing {
            key: Key::Holder(holder),
            basis: Basis::Authorisation(Authorisation::by_code(&code)),
            code: Some(code.name),
            paid: Some(paid),
        })
    }

    /// Takes the code for this request, for good, right before its intent. Of two that race, the one
    /// that comes late is told what a guesser is told.
    pub(crate) async fn take_code(
        &self,
        used: &Use,
        kind: &CertificateTypeName,
        standing: &mut Standing,
    ) -> Result<(), Failure> {
        let Some(name) = &standing.code else {
            return Ok(());
        };
        if self
            .store
            .take_use_code(name, &by(used), self.now())
            .await?
        {
            return Ok(());
        }
        if let Some(paid) = standing.paid.take() {
            paid.missed();
        }
        Err(self.code_refused(used, kind).await)
    }

    async fn opened(
        &self,
        used: &Use,
        kind: &CertificateTypeName,
        plain: &PlainCode,
    ) -> Result<Option<(UseCode, Subject)>, Failure> {
        let keys = &self.keys.pseudonyms;
        let name = plain.name(keys).map_err(broken)?;
        let Some(kept) = self.store.use_code(&name).await? else {
            return Ok(None);
        };
        let system = used.caller.system()?;
        let asked = Redemption {
            system,
            department: &self.owner_of(system)?,
            certificate_type: kind,
            matter: &used.purpose.matter,
            case: &keys.text("case", &used.purpose.case_number),
            by: &by(used),
        };
        let now = self.now();
        if !kept.opens(&asked, now) {
            return Ok(None);
        }
        // Whoever handed it out must still have the right to: else the word of a portal that lost it
        // would go on opening certificates.
        let code = &kept.code;
        let (grant, matter) = (Some(&code.grant), &code.matter);
        if self
            .issuing_permit(&code.issuer, kind, matter, grant)
            .is_err()
        {
            return Ok(None);
        }
        let (regions, today) = (&self.reference.regions, shaoyang_date(now));
        let holder = seal::open(keys, plain, &kept.code.sealed, regions, today);
        Ok(holder.map(|holder| (kept.code, holder)))
    }

    async fn code_refused(&self, used: &Use, kind: &CertificateTypeName) -> Failure {
        let ask = match self.certificate_ask(used, kind, Basis::Duty) {
            Ok(ask) => ask,
            Err(failure) => return failure,
        };
        let message = "the use-code does not open this use";
        let refusal = Refusal::of(Rule::UseCodeHolds, message);
        Box::pin(self.refuse(used, &ask, refusal, &self.snapshot())).await
    }
}

/// The request that takes a code: the caller and the request id. Neither holds a blank.
fn by(used: &Use) -> String {
    format!("{} {}", used.caller.principal(), used.request_id)
}
