//! Complaints of people: enter, pass on, answer, close, withdraw, read, list (Order 809 art. 37).

mod entries;
mod moves;
mod seal;

use std::sync::Arc;

use domain::application::Signed;
use domain::caller::Caller;
use domain::clock::kept::WaitsFor;
use domain::complaint::{
    About, Complaint, ComplaintKind, ComplaintOutcome, ComplaintState, Known, MOST_DAYS_BEFORE,
    PersonalText, Routed, receipt_hash, route,
};
use domain::credential::Principal;
use domain::fault::Faults;
use domain::grant::Grant;
use domain::name::{ComplaintName, DepartmentName};
use domain::policy::shaoyang_date;
use domain::reason::Reason;
use domain::regime::Rule;
use domain::use_code::PlainCode;
use jiff::Timestamp;
use jiff::civil::Date;
use store::Stored;

use crate::failure::Failure;
use crate::gateway::{Act, Begun, Gateway};
use crate::page::{Page, PageRequest};
use seal::Field;

/// What a person says, before it is sealed.
#[derive(Clone, Debug)]
pub struct NewComplaint {
    /// In one word.
    pub kind: ComplaintKind,
    /// What it names.
    pub about: About,
    /// What the person says.
    pub statement: PersonalText,
    /// How the person is reached.
    pub contact: Option<PersonalText>,
    /// When the person said it; today where it is absent.
    pub received: Option<Date>,
}

/// A complaint with the receipt for the person; it is shown this once.
pub struct EnteredComplaint {
    /// The complaint.
    pub complaint: Stored<Complaint>,
    /// The code by which any window tells how far it is.
    pub receipt: String,
}

/// What a list is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct ComplaintFilter {
    /// Only those that this department has to answer, or had to.
    pub responsible: Option<DepartmentName>,
    /// Only these stages, by their words; none for all.
    pub states: Vec<&'static str>,
}

/// What people wrote, for those who may read it.
pub struct ComplaintTexts {
    /// What the person says.
    pub statement: PersonalText,
    /// How the person is reached.
    pub contact: Option<PersonalText>,
    /// What was said when it was passed on, beside each step; none for the first.
    pub reasons: Vec<Option<PersonalText>>,
    /// What was answered.
    pub answer: Option<PersonalText>,
}

/// What a receipt tells: how far it is, and in the end the answer.
pub struct ComplaintStatus {
    /// The complaint; what people wrote stays sealed in it.
    pub complaint: Complaint,
    /// The department that has to answer it, or had to.
    pub responsible: Option<DepartmentName>,
    /// What was answered.
    pub answer: Option<PersonalText>,
}

impl Gateway {
    /// Enters a complaint for a person, who gets the receipt. Officers of any department, and their systems.
    ///
    /// # Errors
    /// A refusal, all faults, `REQUEST_ID_REUSED` for a receipt that was shown.
    pub async fn enter_complaint(
        &self,
        act: &Act<'_>,
        new: NewComplaint,
    ) -> Result<EnteredComplaint, Failure> {
        must_be_of_a_department(act.caller)?;
        let plain = PlainCode::new(half(self.ids.secret()));
        let mut tx = match self.begin(act).await? {
            Begun::New(tx) => tx,
            Begun::Before(_, name) => {
                let message = format!(
                    "this request entered {name}, and its receipt was shown; withdraw that and enter it again if the \
                     receipt was lost"
                );
                return Err(Failure::new(Reason::RequestIdReused, message));
            }
        };
        let now = self.now();
        let complaint = self.made_complaint(act.caller, new, &plain, now)?;
        let draft = self.complaint_draft(act.request_id.as_str(), act, "entered", &complaint);
        let entry = tx.record(draft, now).await?;
        let stored = tx.insert(&complaint, Some(entry), now).await?;
        if act.validate_only {
            tx.forget().await;
            return Ok(EnteredComplaint {
                complaint: stored,
                receipt: String::new(),
            });
        }
        let name = complaint.name.as_str();
        self.remember(&mut tx, act, name).await?;
        tx.save().await?;
        self.refresh_after_change().await;
        tracing::info!(method = act.method, name, "changed");
        Ok(EnteredComplaint {
            complaint: stored,
            receipt: plain.expose(),
        })
    }

    /// What is entered: routed, sealed, with its clock.
    fn made_complaint(
        &self,
        caller: &Caller,
        new: NewComplaint,
        receipt: &PlainCode,
        now: Timestamp,
    ) -> Result<Complaint, Failure> {
        let name = ComplaintName::from_id(&self.ids.uuid())
            .map_err(|cause| Failure::field("complaint.name", &cause))?;
        let today = shaoyang_date(now);
        let received = new.received.unwrap_or(today);
        let grant = self.complaint_faults(&new, received, today)?;
        let (to, why) = route(new.kind, Known::of(&new.about, grant.as_deref()));
        // Whoever answers learns of it today: what it lay at a window is not its time.
        let clock = self
            .law()
            .begin(Rule::AnswerComplaint, now)
            .map_err(|error| Failure::new(Reason::Internal, format!("no due date: {error}")))?;
        let entered = Signed {
            by: caller.principal().to_string(),
            at: now,
        };
        let contact = new.contact.as_ref();
        let contact = contact.map(|text| self.sealed_of_complaint(&name, Field::Contact, text));
        Ok(Complaint {
            receipt: receipt_hash(&self.keys.pseudonyms, receipt),
            kind: new.kind,
            about: new.about,
            entered_by: must_be_of_a_department(caller)?.clone(),
            received,
            statement: self.sealed_of_complaint(&name, Field::Statement, &new.statement)?,
            contact: contact.transpose()?,
            routing: vec![Routed {
                to,
                why,
                signed: entered.clone(),
                reason: None,
            }],
            entered,
            state: ComplaintState::Received { clock },
            name,
        })
    }

    /// What a receipt tells. Officers of any department, and their systems.
    ///
    /// # Errors
    /// A refusal; `NOT_FOUND` for a code that is no receipt. Nobody guesses one of 2^128.
    pub async fn complaint_by_receipt(
        &self,
        caller: &Caller,
        receipt: &PlainCode,
    ) -> Result<ComplaintStatus, Failure> {
        must_be_of_a_department(caller)?;
        let hash = receipt_hash(&self.keys.pseudonyms, receipt);
        let found: Option<Stored<Complaint>> = self.store.by_alias(&hash).await?;
        let found =
            found.ok_or_else(|| Failure::new(Reason::NotFound, "no complaint has this receipt"))?;
        let complaint = found.value.settled(self.law());
        let answered = complaint.state.answered();
        let answer =
            answered.map(|one| self.opened_text(&complaint.name, Field::Answer, &one.text));
        Ok(ComplaintStatus {
            responsible: self.responsible_for(&complaint),
            answer: answer.transpose()?,
            complaint,
        })
    }

    /// One complaint, if the caller is of the department that has to answer it, of the one that entered it, or of the
    /// competent one, or oversees.
    ///
    /// # Errors
    /// `NOT_FOUND`.
    pub async fn complaint(
        &self,
        caller: &Caller,
        name: &ComplaintName,
    ) -> Result<Stored<Complaint>, Failure> {
        let found: Option<Stored<Complaint>> = self.store.get(name.as_str()).await?;
        found
            .filter(|row| self.sees_complaint(caller, &row.value))
            .map(|row| self.with_its_day(row))
            .ok_or_else(|| Failure::not_found(name.as_str()))
    }

    /// Complaints that the caller may see, in the order of their names.
    ///
    /// # Errors
    /// A bad page token; the store.
    pub async fn complaints(
        &self,
        caller: &Caller,
        page: &PageRequest,
        filter: &ComplaintFilter,
    ) -> Result<Page<Complaint>, Failure> {
        let responsible = filter.responsible.as_ref();
        let list = format!(
            "complaints/{}/{}",
            responsible.map_or("", DepartmentName::as_str),
            filter.states.join(",")
        );
        let admits = |complaint: &Complaint| {
            let state = complaint.state.as_str();
            (filter.states.is_empty() || filter.states.contains(&state))
                && (responsible.is_none()
                    || self.responsible_for(complaint).as_ref() == responsible)
                && self.sees_complaint(caller, complaint)
        };
        let page = page.read_visible(&self.store, &list, "", admits).await?;
        let rows = page.rows.into_iter();
        Ok(Page {
            rows: rows.map(|row| self.with_its_day(row)).collect(),
            next: page.next,
        })
    }

    /// What people wrote, if the caller may read it: officers of the department that has to answer, of the one that entered
    /// it and of the competent one, and the very system that entered it. None for who else may see the complaint.
    ///
    /// # Errors
    /// `INTERNAL` when it cannot be opened under the gateway's key.
    pub fn complaint_texts(
        &self,
        caller: &Caller,
        complaint: &Complaint,
    ) -> Result<Option<ComplaintTexts>, Failure> {
        if !self.reads_complaint(caller, complaint) {
            return Ok(None);
        }
        let name = &complaint.name;
        let open = |field, sealed| self.opened_text(name, field, sealed);
        let contact = complaint.contact.as_ref();
        let contact = contact.map(|sealed| open(Field::Contact, sealed));
        let reasons = complaint.routing.iter().enumerate().map(|(step, one)| {
            let reason = one.reason.as_ref();
            let reason = reason.map(|sealed| open(Field::Reason(step), sealed));
            reason.transpose()
        });
        let answered = complaint.state.answered();
        let answer = answered.map(|one| open(Field::Answer, &one.text));
        Ok(Some(ComplaintTexts {
            statement: open(Field::Statement, &complaint.statement)?,
            contact: contact.transpose()?,
            reasons: reasons.collect::<Result<_, _>>()?,
            answer: answer.transpose()?,
        }))
    }

    /// The department that has to answer it, or had to, as the registry has it now.
    pub fn responsible_for(&self, complaint: &Complaint) -> Option<DepartmentName> {
        self.now_with(complaint.responsible())
    }

    /// The department with which something lies, as the registry has it now.
    pub fn now_with(&self, waits_for: &WaitsFor) -> Option<DepartmentName> {
        waits_for.department(&self.snapshot()).cloned()
    }

    /// Complaints about which somebody has to do something.
    pub(crate) async fn open_complaints(&self) -> Result<Vec<Complaint>, Failure> {
        let mut open = Vec::new();
        for state in ComplaintState::OPEN {
            let rows = self.store.in_state(state).await?.into_iter();
            open.extend(rows.map(|row| self.with_its_day(row).value));
        }
        Ok(open)
    }

    fn sees_complaint(&self, caller: &Caller, complaint: &Complaint) -> bool {
        caller.oversees() || self.reads_complaint(caller, complaint)
    }

    fn reads_complaint(&self, caller: &Caller, complaint: &Complaint) -> bool {
        let snapshot = self.snapshot();
        let competent = snapshot.competent();
        let is_of = |name: &DepartmentName| caller.must_be_officer_of(name).is_ok();
        is_of(&complaint.entered_by)
            || self
                .responsible_for(complaint)
                .is_some_and(|own| is_of(&own))
            || competent.is_some_and(|one| is_of(&one.name))
            || is_entering_system(caller, complaint)
    }

    fn with_its_day(&self, mut row: Stored<Complaint>) -> Stored<Complaint> {
        row.value = row.value.settled(self.law());
        row
    }

    /// What is wrong with what a complaint names and when it came; the grant that it names.
    fn complaint_faults(
        &self,
        new: &NewComplaint,
        received: Date,
        today: Date,
    ) -> Result<Option<Arc<Grant>>, Failure> {
        let mut faults = Faults::default();
        let snapshot = self.snapshot();
        let named = new.about.grant.as_ref();
        let grant = named.and_then(|name| snapshot.grant(name)).cloned();
        let unknown = "it is not registered here; leave it empty if the person does not know";
        if named.is_some() && grant.is_none() {
            faults.add("complaint.grant", "UNKNOWN", unknown);
        }
        let entry = new.about.resource.as_ref();
        if entry.is_some_and(|name| {
            let known = snapshot.resource(name);
            known.is_none_or(|entry| !entry.state.is_public())
        }) {
            faults.add("complaint.resource", "UNKNOWN", unknown);
        }
        let department = new.about.department.as_ref();
        if department.is_some_and(|name| {
            let known = snapshot.department(name);
            known.is_none_or(|row| row.has_ended(today))
        }) {
            faults.add("complaint.department", "UNKNOWN", unknown);
        }
        let days = today.duration_since(received).as_hours() / 24;
        if !(0..=MOST_DAYS_BEFORE).contains(&days) {
            let text = format!("give today or a day of the last {MOST_DAYS_BEFORE}");
            faults.add("complaint.received_date", "OUT_OF_RANGE", text);
        }
        faults.finish(Some(grant)).map_err(Failure::from)
    }
}

/// The department of an officer or a system: who stands at a window, or serves a portal.
fn must_be_of_a_department(caller: &Caller) -> Result<&DepartmentName, Failure> {
    match caller.principal() {
        Principal::Officer { .. } | Principal::System { .. } => {}
        Principal::Auditor { .. } | Principal::Operator { .. } | Principal::Gateway => {
            caller.must_be_officer()?;
        }
    }
    let department = caller.department();
    department.ok_or_else(|| Failure::new(Reason::RoleNotAllowed, "this takes a department"))
}

fn is_entering_system(caller: &Caller, complaint: &Complaint) -> bool {
    let is_system = matches!(caller.principal(), Principal::System { .. });
    is_system && complaint.entered.by == caller.principal().to_string()
}

fn half(secret: [u8; 32]) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(secret.split_at(16).0);
    bytes
}

/// Whether a person is right, and what they are told.
#[derive(Clone, Debug)]
pub struct NewAnswer {
    /// Whether they are right.
    pub outcome: ComplaintOutcome,
    /// What they are told.
    pub text: PersonalText,
}
