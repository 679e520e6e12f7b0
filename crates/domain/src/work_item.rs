//! Work items: what waits for a department, one list over entries, demands, applications, disputes and
//! complaints, each with its last day.
//!
//! They are read off what is registered and never kept: one ends when what it waits for was done.

#[cfg(test)]
mod tests;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::application::{Application, ApplicationState, Consent};
use crate::clock::Clock;
use crate::complaint::{Complaint, ComplaintState};
use crate::correction::Correction;
use crate::demand::{Demand, DemandState};
use crate::department::Department;
use crate::dispute::{Dispute, DisputeState, Party, Turn};
use crate::grant::Grant;
use crate::name::DepartmentName;
use crate::policy::shaoyang_start;
use crate::resource::{Resource, ResourceState};
use crate::system::{System, SystemState};

/// What a department has to do, or to know in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WorkItemKind {
    /// An entry, or its next version, was signed off: publish it or give it back (Order 809 art. 16, 17).
    ReviewEntry,
    /// An entry, or its next version, was given back: correct it.
    CorrectEntry,
    /// A law or a duty changed: sign the entry's next version off (Order 809 art. 17).
    UpdateEntry,
    /// The next version of an entry breaks a use: take note of it.
    AcknowledgeChange,
    /// An entry that is used leaves the catalogue: be without it in time.
    EntryRetires,
    /// An entry that is used is stopped for a while: nothing is read of it.
    EntrySuspended,
    /// What is served of an entry is no longer what is registered: for its department and for who uses it.
    EntryDrifts,
    /// A demand was raised: name who has to answer (Order 809 art. 19).
    AssignDemand,
    /// A demand is to be answered.
    AnswerDemand,
    /// An application is to be answered (Order 809 art. 21).
    AnswerApplication,
    /// An applicant is asked for material, once.
    SupplyMaterial,
    /// An applicant is offered less than it asked for.
    AnswerOffer,
    /// A provider asks for a longer time to answer an application (art. 21).
    ConsentExtension,
    /// What was agreed to cannot be used yet: share it (art. 22).
    ProvideGrant,
    /// A department states that a system of it has nothing to share: agree, or take it back.
    ApproveNothingToShare,
    /// A record of an entry is disputed: verify, correct and feed back (art. 26).
    CheckRecord,
    /// The last day of a department has passed and its end is not recorded: its systems go on without anybody who acts.
    RecordEnd,
    /// A dispute is negotiated, and it is this department's turn (Order 809 art. 28).
    NegotiateDispute,
    /// A dispute was taken to the competent department, or to the government in whose name it records: decide it.
    DecideDispute,
    /// A dispute was decided: take it further in time, or let it stand.
    TakeDisputeFurther,
    /// A misuse is to be put right and reported (Order 809 art. 27).
    RectifyUse,
    /// A consumer reported how it put a misuse right: let the grant go on, or say what is still wrong.
    JudgeRectification,
    /// A grant is over: state what became of its data (Order 809 art. 27, 29).
    StateDisposal,
    /// A complaint of a person lies with this department: answer it (Order 809 art. 37).
    AnswerComplaint,
    /// A complaint was answered: tell the person.
    TellComplainant,
}

impl WorkItemKind {
    /// Whether the competent department sees it also where it waits for another: what it reviews or leads.
    pub fn is_led(self) -> bool {
        match self {
            Self::ReviewEntry
            | Self::CorrectEntry
            | Self::UpdateEntry
            | Self::AcknowledgeChange
            | Self::EntryDrifts
            | Self::AssignDemand
            | Self::AnswerDemand
            | Self::ApproveNothingToShare
            | Self::ConsentExtension
            | Self::RecordEnd
            | Self::DecideDispute
            | Self::RectifyUse
            | Self::AnswerComplaint => true,
            Self::EntryRetires
            | Self::EntrySuspended
            | Self::AnswerApplication
            | Self::SupplyMaterial
            | Self::AnswerOffer
            | Self::ProvideGrant
            | Self::NegotiateDispute
            | Self::TakeDisputeFurther
            | Self::JudgeRectification
            | Self::StateDisposal
            | Self::TellComplainant
            | Self::CheckRecord => false,
        }
    }

    /// What is to be done, in one sentence.
    pub fn what(self) -> &'static str {
        match self {
            Self::ReviewEntry => "publish it, or give it back with reasons",
            Self::CorrectEntry => "correct it and sign it off again; its reasons stand with it",
            Self::UpdateEntry => "write its next version and sign it off",
            Self::AcknowledgeChange => {
                "look at what changes, make your systems ready and take note of it"
            }
            Self::EntryRetires => "be without it by that day, or talk to its department",
            Self::EntrySuspended => "wait, or ask its department when it goes on",
            Self::EntryDrifts => {
                "look at what differs; its department serves what is registered, or publishes a version that says what is \
                 served"
            }
            Self::AssignDemand => "name the department that has to answer",
            Self::AnswerDemand => "answer it with an entry, or with the law that forbids to share",
            Self::ApproveNothingToShare => {
                "approve it, or take it back with the reason for which it has something to share"
            }
            Self::RecordEnd => {
                "have the operator record into whom it was merged or that it ended, or state a later last day"
            }
            Self::AnswerApplication => {
                "approve it (two people), offer less, ask once for material, or refuse it on a ground of the law"
            }
            Self::SupplyMaterial => "supply what is missing, or take the application back",
            Self::AnswerOffer => "accept what is offered, or decline it",
            Self::ConsentExtension => {
                "consent to a longer time before the last day is over, or decline it"
            }
            Self::ProvideGrant => "register an endpoint that serves it, or leave the file",
            Self::NegotiateDispute => {
                "propose a settlement, answer the one that lies open, or say that negotiation failed; once it has, either \
                 party takes it to the competent department"
            }
            Self::DecideDispute => "record the decision with its document",
            Self::TakeDisputeFurther => {
                "take it to the people's government by that day, or let the decision stand"
            }
            Self::RectifyUse => "put the misuse right, and report how",
            Self::JudgeRectification => {
                "resume the grant (another person than who ordered), or reject the report and set another day"
            }
            Self::StateDisposal => "dispose of the data as the provider demands, and state it",
            Self::AnswerComplaint => {
                "look into it and answer it, or pass it on to the department that it concerns"
            }
            Self::TellComplainant => "tell the person the answer, and say that they were told",
            Self::CheckRecord => {
                "take the correction up, verify the record, correct it where it is wrong, and close it with what came of it"
            }
        }
    }
}

/// One work item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkItem {
    /// What is to be done.
    pub kind: WorkItemKind,
    /// What with: an entry, a system, a demand or an application.
    pub about: String,
    /// Its title.
    pub title: String,
    /// The department that has to.
    pub waits_for: DepartmentName,
    /// Since when.
    pub since: Timestamp,
    /// The last day for it; none where no rule sets one.
    pub due: Option<Date>,
    /// The rule that sets it; empty where none does.
    pub rule: String,
}

impl WorkItem {
    /// Whether its last day has passed.
    pub fn is_overdue(&self, today: Date) -> bool {
        self.due.is_some_and(|due| due < today)
    }

    /// What it is listed by: the earliest last day first, and what has none last.
    pub fn place(&self) -> (bool, Option<Date>, &str, WorkItemKind, &DepartmentName) {
        let about = self.about.as_str();
        (
            self.due.is_none(),
            self.due,
            about,
            self.kind,
            &self.waits_for,
        )
    }

    fn of(
        kind: WorkItemKind,
        about: &str,
        title: &str,
        waits_for: &DepartmentName,
        clock: &Clock,
    ) -> Self {
        Self {
            kind,
            about: about.to_owned(),
            title: title.to_owned(),
            waits_for: waits_for.clone(),
            since: clock.received,
            due: clock.due,
            rule: clock.rule.clone(),
        }
    }
}

/// What waits for the competent department about a system.
pub fn of_system(system: &System, competent: &DepartmentName) -> Option<WorkItem> {
    let stated = system.steps.nothing_to_share.as_ref();
    let waiting = stated.filter(|stated| stated.waits() && system.state != SystemState::Retired)?;
    Some(WorkItem {
        kind: WorkItemKind::ApproveNothingToShare,
        about: system.name.to_string(),
        title: system.display_name.clone(),
        waits_for: competent.clone(),
        since: waiting.statement.at,
        due: None,
        rule: String::new(),
    })
}

/// What waits for the competent department about another.
pub fn of_department(
    department: &Department,
    competent: &DepartmentName,
    today: Date,
) -> Option<WorkItem> {
    let last = department.valid_until?;
    if department.end_is_recorded() || !department.last_day_passed(today) {
        return None;
    }
    Some(WorkItem {
        kind: WorkItemKind::RecordEnd,
        about: department.name.to_string(),
        title: department.short_name.clone(),
        waits_for: competent.clone(),
        since: shaoyang_start(last.tomorrow().ok()?)?,
        due: Some(last),
        rule: String::new(),
    })
}

/// What waits for its department and for the competent one about an entry.
pub fn of_entry(resource: &Resource, competent: &DepartmentName) -> Vec<WorkItem> {
    let (name, written) = (resource.name.as_str(), resource.at_work());
    let owner = &resource.department;
    let item = |kind, waits_for: &DepartmentName, clock: &Clock| {
        WorkItem::of(kind, name, &written.title, waits_for, clock)
    };
    let update = resource.progress.update.as_ref();
    let mut items = Vec::new();
    match &written.state {
        ResourceState::Registered { .. } => {
            // The clock of the review, also after a change of law: it began when the owner signed off, in time or not.
            let review = written.progress.review.as_ref();
            items.extend(review.map(|clock| item(WorkItemKind::ReviewEntry, competent, clock)));
        }
        ResourceState::Draft => {
            if let Some(returned) = &written.progress.returned {
                let clock = Clock::new(returned.at, None, "");
                items.push(item(WorkItemKind::CorrectEntry, owner, &clock));
            }
        }
        ResourceState::Published { .. }
        | ResourceState::Suspended { .. }
        | ResourceState::Retired { .. } => {}
    }
    let is_signed = matches!(written.state, ResourceState::Registered { .. });
    if let Some(update) = update.filter(|_| !is_signed) {
        items.push(item(WorkItemKind::UpdateEntry, owner, &update.update));
    }
    items
}

/// What waits for a department that uses an entry of another: it leaves the catalogue, or is stopped.
pub fn of_user(resource: &Resource, user: &DepartmentName, today: Date) -> Vec<WorkItem> {
    if !resource.stands_on(today) || *user == resource.department {
        return Vec::new();
    }
    let item = |kind, since, due| WorkItem {
        kind,
        about: resource.name.to_string(),
        title: resource.title.clone(),
        waits_for: user.clone(),
        since,
        due,
        rule: String::new(),
    };
    let mut items = Vec::new();
    if let Some(retiring) = &resource.progress.retiring {
        let last = Some(retiring.last_day);
        items.push(item(WorkItemKind::EntryRetires, retiring.why.at, last));
    }
    if let ResourceState::Suspended { why, .. } = &resource.state {
        items.push(item(WorkItemKind::EntrySuspended, why.at, None));
    }
    items
}

/// What is served of an entry differs since a moment: told to its department, or to one that uses it.
pub fn of_drift(resource: &Resource, told: &DepartmentName, since: Timestamp) -> WorkItem {
    WorkItem {
        kind: WorkItemKind::EntryDrifts,
        about: resource.name.to_string(),
        title: resource.title.clone(),
        waits_for: told.clone(),
        since,
        due: None,
        rule: String::new(),
    }
}

/// What waits for whoever has to answer a demand, or for who names them.
pub fn of_demand(demand: &Demand, competent: &DepartmentName) -> Option<WorkItem> {
    let item = |kind, waits_for, clock| {
        WorkItem::of(kind, demand.name.as_str(), &demand.title, waits_for, clock)
    };
    match &demand.state {
        DemandState::Raised { clock } => Some(item(WorkItemKind::AssignDemand, competent, clock)),
        DemandState::Assigned { owner, clock } => {
            Some(item(WorkItemKind::AnswerDemand, owner, clock))
        }
        DemandState::Met { .. } | DemandState::Declined { .. } | DemandState::Withdrawn { .. } => {
            None
        }
    }
}

/// What waits about an application: for the provider that has to answer, for the applicant that is asked or offered
/// something, for the competent department whose consent is asked for.
pub fn of_application(
    application: &Application,
    resource: &Resource,
    applicant: &DepartmentName,
    competent: Option<&DepartmentName>,
) -> Vec<WorkItem> {
    let item = |kind, waits_for: &DepartmentName, clock: &Clock| {
        WorkItem::of(
            kind,
            application.name.as_str(),
            &resource.title,
            waits_for,
            clock,
        )
    };
    match &application.state {
        ApplicationState::Submitted(answering) => {
            let mut items = vec![item(
                WorkItemKind::AnswerApplication,
                &resource.department,
                &answering.clock,
            )];
            let open = answering
                .extension
                .as_ref()
                .filter(|asked| asked.consent == Consent::Open);
            if let (Some(_), Some(competent)) = (open, competent) {
                let kind = WorkItemKind::ConsentExtension;
                items.push(item(kind, competent, &answering.clock));
            }
            items
        }
        ApplicationState::MaterialRequested(answering) => {
            let asked = answering.material.iter();
            asked
                .map(|asked| item(WorkItemKind::SupplyMaterial, applicant, &asked.clock))
                .collect()
        }
        ApplicationState::Offered(answering) => {
            let open = answering.offers.last().into_iter();
            open.map(|offer| item(WorkItemKind::AnswerOffer, applicant, &offer.clock))
                .collect()
        }
        ApplicationState::Draft
        | ApplicationState::SignedOff(_)
        | ApplicationState::Approved { .. }
        | ApplicationState::Refused { .. }
        | ApplicationState::Withdrawn { .. } => Vec::new(),
    }
}

/// What waits about a grant: for a provider that has not shared yet what it agreed to, for whoever has to put a misuse right
/// or to judge that, and for a consumer that has not said what became of the data.
pub fn of_grant(grant: &Grant, resource: &Resource, consumer: &DepartmentName) -> Vec<WorkItem> {
    let item = |kind, waits_for: &DepartmentName, clock: &Clock| {
        WorkItem::of(kind, grant.name.as_str(), &resource.title, waits_for, clock)
    };
    let provision = grant.waits_for_provision().map(|open| {
        item(
            WorkItemKind::ProvideGrant,
            &resource.department,
            &open.clock,
        )
    });
    let ordered = grant.order().map(|order| match order.reports.last() {
        // Nothing says how long a report may wait.
        Some(report) if order.is_reported() => {
            let since = Clock::new(report.said.signed.at, None, String::new());
            item(
                WorkItemKind::JudgeRectification,
                &resource.department,
                &since,
            )
        }
        _ => item(WorkItemKind::RectifyUse, consumer, &order.clock),
    });
    let was_used = grant.provision.as_ref().and_then(|one| one.provided);
    let left = grant.state.is_over() && grant.disposal.is_none();
    let disposal = was_used.filter(|_| left).map(|since| {
        let since = shaoyang_start(grant.terms.end).map_or(since, |end| since.max(end));
        let clock = Clock::new(since, None, String::new());
        item(WorkItemKind::StateDisposal, consumer, &clock)
    });
    provision
        .into_iter()
        .chain(ordered)
        .chain(disposal)
        .collect()
}

/// What waits about a dispute: for the party whose turn it is, for the competent department, and for both parties while
/// a decision may be taken further.
pub fn of_dispute(
    dispute: &Dispute,
    title: &str,
    [consumer, provider]: [&DepartmentName; 2],
    competent: &DepartmentName,
) -> Vec<WorkItem> {
    let of = |party| match party {
        Party::Consumer => consumer,
        Party::Provider => provider,
    };
    let Some((turn, clock)) = dispute.turn().zip(dispute.state.clock()) else {
        return Vec::new();
    };
    let item = |kind, waits_for| WorkItem::of(kind, dispute.name.as_str(), title, waits_for, clock);
    match (&dispute.state, turn) {
        (DisputeState::Coordinated(_), _) => {
            let both = [consumer, provider].into_iter();
            both.map(|one| item(WorkItemKind::TakeDisputeFurther, one))
                .collect()
        }
        (_, Turn::Party(party)) => vec![item(WorkItemKind::NegotiateDispute, of(party))],
        (_, Turn::Competent) => vec![item(WorkItemKind::DecideDispute, competent)],
    }
}

/// What waits about a complaint: for the department with which it lies, and for the one that entered it.
pub fn of_complaint(complaint: &Complaint, responsible: &DepartmentName) -> Option<WorkItem> {
    let item = |kind, waits_for, clock: &Clock| {
        let (name, title) = (complaint.name.as_str(), complaint.kind.title());
        WorkItem::of(kind, name, title, waits_for, clock)
    };
    match &complaint.state {
        ComplaintState::Received { clock } => {
            Some(item(WorkItemKind::AnswerComplaint, responsible, clock))
        }
        ComplaintState::Answered(answered) => {
            let clock = Clock::new(answered.signed.at, None, "");
            let entering = &complaint.entered_by;
            Some(item(WorkItemKind::TellComplainant, entering, &clock))
        }
        ComplaintState::Closed { .. } | ComplaintState::Withdrawn { .. } => None,
    }
}

/// What waits for a provider of which a record is disputed.
pub fn of_correction(correction: &Correction, resource: &Resource) -> Option<WorkItem> {
    correction.is_open().then(|| {
        WorkItem::of(
            WorkItemKind::CheckRecord,
            correction.name.as_str(),
            &resource.title,
            &resource.department,
            &correction.clock,
        )
    })
}
