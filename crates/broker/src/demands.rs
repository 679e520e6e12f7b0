//! Demands: raise, assign, meet, decline, withdraw, read, list.

use domain::demand::{Demand, DemandKind, DemandState};
use domain::department::Department;
use domain::fault::{Cause, Faults};
use domain::name::{DemandName, DepartmentName, ResourceName};
use domain::policy::shaoyang_date;
use domain::regime::Rule;
use domain::resource::ShareType;
use ledger::entry::Draft;
use store::{Stored, Tx};

use crate::failure::Failure;
use crate::gateway::{Act, Gateway, check_etag};
use crate::page::{Page, PageRequest};

/// What a list is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct DemandFilter {
    /// Only this list.
    pub kind: Option<DemandKind>,
    /// Only what this department has to answer, or did.
    pub owner: Option<DepartmentName>,
    /// Only these stages, by their words; none for all.
    pub states: Vec<&'static str>,
    /// What they must hold, as it was typed; empty for all.
    pub query: String,
}

impl DemandFilter {
    fn admits(&self, demand: &Demand) -> bool {
        self.kind.is_none_or(|kind| kind == demand.kind)
            && (self.owner.is_none() || demand.state.owner() == self.owner.as_ref())
            && (self.states.is_empty() || self.states.contains(&demand.state.as_str()))
    }

    /// What a page token belongs to.
    fn list(&self) -> String {
        let owner = self.owner.as_ref().map_or("", DepartmentName::as_str);
        let kind = self.kind.map_or("", DemandKind::as_str);
        format!(
            "demands/{kind}/{owner}/{}/{}",
            self.states.join(","),
            self.query
        )
    }
}

/// What is demanded, before it has a name and a clock.
#[derive(Clone, Debug)]
pub struct NewDemand {
    /// On which list.
    pub kind: DemandKind,
    /// What data.
    pub title: String,
    /// What for.
    pub description: String,
    /// On what it rests.
    pub legal_basis: String,
    /// The matters.
    pub matters: Vec<domain::name::MatterName>,
    /// Who has to answer, where it is a responsibility.
    pub owner: Option<DepartmentName>,
}

impl Gateway {
    /// Writes a demand. A responsibility is assigned at once.
    ///
    /// # Errors
    /// A refusal, all faults.
    pub async fn create_demand(
        &self,
        act: &Act<'_>,
        new: NewDemand,
    ) -> Result<Stored<Demand>, Failure> {
        act.caller.must_be_officer()?;
        let competent = self.competent()?;
        if new.kind == DemandKind::Responsibility {
            act.caller.must_be_officer_of(&competent)?;
        }
        let department = act.caller.department().unwrap_or(&competent).clone();
        self.faults_of(&new)?;
        let name = DemandName::from_id(&self.ids.uuid())
            .map_err(|cause| Failure::field("demand.name", &cause))?;
        self.change(act, async |tx, now| {
            let state = if let Some(owner) = new.owner {
                must_stand(tx, &owner, "demand.owner", now).await?;
                let clock = self.limit(Rule::AnswerDemand, now)?;
                DemandState::Assigned { owner, clock }
            } else {
                let clock = self.limit(Rule::AssignDemand, now)?;
                DemandState::Raised { clock }
            };
            let demand = Demand {
                name,
                kind: new.kind,
                title: new.title,
                description: new.description,
                legal_basis: new.legal_basis,
                matters: new.matters,
                department,
                state,
            };
            let draft = demand_draft(act, "catalogue.demand.created", &demand);
            let entry = tx.record(draft, now).await?;
            Ok(tx.insert(&demand, Some(entry), now).await?)
        })
        .await
    }

    fn faults_of(&self, new: &NewDemand) -> Result<(), Failure> {
        let mut faults = Faults::default();
        match (new.kind, &new.owner) {
            (DemandKind::Responsibility, None) => {
                let text = "name the department that has to provide";
                faults.add("demand.owner", "REQUIRED", text);
            }
            (DemandKind::Need, Some(_)) => {
                let text = "leave it empty: the competent department names who has to answer";
                faults.add("demand.owner", "NOT_YET", text);
            }
            _ => {}
        }
        let snapshot = self.snapshot();
        for (index, matter) in new.matters.iter().enumerate() {
            if snapshot.matter(matter).is_none() {
                let text = format!("{matter} is not known");
                faults.add(&format!("demand.matters[{index}]"), "UNKNOWN_MATTER", text);
            }
        }
        faults.finish(Some(())).map_err(Failure::from)
    }

    /// One demand.
    ///
    /// # Errors
    /// `NOT_FOUND`.
    pub async fn demand(&self, name: &DemandName) -> Result<Stored<Demand>, Failure> {
        let found = self.store.get(name.as_str()).await?;
        found.ok_or_else(|| Failure::not_found(name.as_str()))
    }

    /// Demands in the order of their names.
    ///
    /// # Errors
    /// A query that is too long, a bad page token; the store.
    pub async fn demands(
        &self,
        page: &PageRequest,
        filter: &DemandFilter,
    ) -> Result<Page<Demand>, Failure> {
        let query = self.searching.query(&filter.query)?;
        let holds = |demand: &Demand| {
            let mut rest = vec![demand.description.as_str(), &demand.legal_basis];
            rest.extend(demand.state.said());
            query.is_met_by(&demand.title, &rest)
        };
        let admits = |demand: &Demand| filter.admits(demand) && holds(demand);
        page.read_visible(&self.store, &filter.list(), "", admits)
            .await
    }

    /// Names who has to answer.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, `ETAG_MISMATCH`, an unknown department.
    pub async fn assign_demand(
        &self,
        act: &Act<'_>,
        name: &DemandName,
        owner: DepartmentName,
        etag: &str,
    ) -> Result<Stored<Demand>, Failure> {
        act.caller.must_be_officer_of(&self.competent()?)?;
        self.change(act, async |tx, now| {
            let before = row(tx, name, etag).await?;
            must_stand(tx, &owner, "owner", now).await?;
            let clock = self.limit(Rule::AnswerDemand, now)?;
            let value = before.value.clone().assign(owner, clock);
            let value = value.map_err(|state| wrong_state(name, &state, "raised or assigned"))?;
            let draft = demand_draft(act, "catalogue.demand.assigned", &value);
            let entry = tx.record(draft, now).await?;
            Ok(tx.update(&before, &value, Some(entry), now).await?)
        })
        .await
    }

    /// Answers a demand with a published resource.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, `ETAG_MISMATCH`, a resource that cannot answer it.
    pub async fn meet_demand(
        &self,
        act: &Act<'_>,
        name: &DemandName,
        resource: ResourceName,
        etag: &str,
    ) -> Result<Stored<Demand>, Failure> {
        self.change(act, async |tx, now| {
            let before = answerable(tx, act, name, etag).await?;
            self.must_answer(&before.value, &resource, now)?;
            let value = before.value.clone().meet(resource);
            let value = value.map_err(|state| wrong_state(name, &state, "assigned"))?;
            let draft = demand_draft(act, "catalogue.demand.met", &value);
            let entry = tx.record(draft, now).await?;
            Ok(tx.update(&before, &value, Some(entry), now).await?)
        })
        .await
    }

    /// Declines a demand by a law.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, `ETAG_MISMATCH`.
    pub async fn decline_demand(
        &self,
        act: &Act<'_>,
        name: &DemandName,
        basis: String,
        reason: String,
        etag: &str,
    ) -> Result<Stored<Demand>, Failure> {
        self.change(act, async |tx, now| {
            let before = answerable(tx, act, name, etag).await?;
            let value = before.value.clone().decline(basis, reason);
            let value = value.map_err(|state| wrong_state(name, &state, "assigned"))?;
            let draft = demand_draft(act, "catalogue.demand.declined", &value);
            let entry = tx.record(draft, now).await?;
            Ok(tx.update(&before, &value, Some(entry), now).await?)
        })
        .await
    }

    /// Takes a demand back.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, `ETAG_MISMATCH`.
    pub async fn withdraw_demand(
        &self,
        act: &Act<'_>,
        name: &DemandName,
        reason: String,
        etag: &str,
    ) -> Result<Stored<Demand>, Failure> {
        let competent = self.competent()?;
        self.change(act, async |tx, now| {
            let before = row(tx, name, etag).await?;
            let own = act.caller.must_be_officer_of(&before.value.department);
            own.or_else(|refusal| {
                act.caller
                    .must_be_officer_of(&competent)
                    .map_err(|_| refusal)
            })?;
            let value = before.value.clone().withdraw(reason);
            let value = value.map_err(|state| wrong_state(name, &state, "raised or assigned"))?;
            let draft = demand_draft(act, "catalogue.demand.withdrawn", &value);
            let entry = tx.record(draft, now).await?;
            Ok(tx.update(&before, &value, Some(entry), now).await?)
        })
        .await
    }

    /// Whether a resource answers a demand: published, shared, and the owner's own.
    fn must_answer(
        &self,
        demand: &Demand,
        resource: &ResourceName,
        now: jiff::Timestamp,
    ) -> Result<(), Failure> {
        let snapshot = self.snapshot();
        let found = snapshot.resource(resource);
        let usable = found.filter(|found| {
            found.version().is_some() && found.stopped_on(shaoyang_date(now)).is_none()
        });
        let field = |code, text: String| Err(Failure::field("resource", &Cause::new(code, text)));
        match usable {
            None => field("NOT_PUBLISHED", format!("{resource} is not published")),
            Some(found) if Some(&found.department) != demand.state.owner() => field(
                "OTHER_DEPARTMENT",
                format!("{resource} is not of the department that has to answer"),
            ),
            Some(found) if matches!(found.share_type, ShareType::NotShared { .. }) => field(
                "NOT_SHARED",
                format!("{resource} is not shared; decline with its legal basis"),
            ),
            Some(_) => Ok(()),
        }
    }
}

async fn row(tx: &mut Tx, name: &DemandName, etag: &str) -> Result<Stored<Demand>, Failure> {
    let before = tx.get(name.as_str()).await?;
    let before = before.ok_or_else(|| Failure::not_found(name.as_str()))?;
    check_etag(etag, &before, name.as_str())?;
    Ok(before)
}

/// The row, if the caller's department has to answer.
async fn answerable(
    tx: &mut Tx,
    act: &Act<'_>,
    name: &DemandName,
    etag: &str,
) -> Result<Stored<Demand>, Failure> {
    let before = row(tx, name, etag).await?;
    let Some(owner) = before.value.state.owner() else {
        act.caller.must_be_officer()?;
        return Err(wrong_state(name, &before.value.state, "assigned"));
    };
    act.caller.must_be_officer_of(owner)?;
    Ok(before)
}

/// A department that is registered and has not ended.
pub(crate) async fn must_stand(
    tx: &mut Tx,
    name: &DepartmentName,
    field: &str,
    now: jiff::Timestamp,
) -> Result<(), Failure> {
    let today = shaoyang_date(now);
    let found: Option<Stored<Department>> = tx.get(name.as_str()).await?;
    if found.is_some_and(|row| !row.value.has_ended(today)) {
        return Ok(());
    }
    let text = format!("{name} is not registered, or has ended");
    Err(Failure::field(
        field,
        &Cause::new("UNKNOWN_DEPARTMENT", text),
    ))
}

fn wrong_state(name: &DemandName, state: &DemandState, allowed: &str) -> Failure {
    Failure::state(name.as_str(), state.as_str(), allowed)
}

fn demand_draft(act: &Act<'_>, event: &str, demand: &Demand) -> Draft {
    let mut draft = Draft::change(event, act.request_id.as_str())
        .with_fact("actor", act.caller.principal().to_string())
        .with_fact("demand", demand.name.as_str())
        .with_fact("kind", demand.kind.as_str())
        .with_fact("department", demand.department.as_str())
        .with_fact("state", demand.state.as_str());
    if let Some(owner) = demand.state.owner() {
        draft = draft.with_fact("owner", owner.as_str());
    }
    if let Some(clock) = demand.state.clock() {
        let due = clock.due.map_or_else(String::new, |due| due.to_string());
        draft = draft
            .with_fact("due", due)
            .with_fact("due_rule", clock.rule.as_str());
    }
    match &demand.state {
        DemandState::Met { resource, .. } => draft.with_fact("resource", resource.as_str()),
        DemandState::Declined { basis, .. } => draft.with_fact("refusal_basis", basis.as_str()),
        DemandState::Raised { .. }
        | DemandState::Assigned { .. }
        | DemandState::Withdrawn { .. } => draft,
    }
}
