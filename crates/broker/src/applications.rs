//! Applications: write, sign off, submit, answer, read, list.

mod answers;
mod entries;
mod faults;
mod grants;
mod moves;

pub use answers::OfferedTerms;

use domain::application::{Application, ApplicationState, Content, Move, Side, Terms, Unusable};
use domain::caller::Caller;
use domain::name::{ApplicationName, DepartmentName, SystemName};
use domain::policy::shaoyang_date;
use domain::reason::Reason;
use domain::resource::Resource;
use store::Stored;

use crate::failure::Failure;
use crate::gateway::{Act, Gateway};
use crate::page::{Page, PageRequest};
use faults::{amended_faults, term_faults};
pub(crate) use faults::{filter_faults, row_quota_faults};

impl Gateway {
    /// Writes an application.
    ///
    /// # Errors
    /// A refusal, or all faults of the application.
    pub async fn create_application(
        &self,
        act: &Act<'_>,
        mut application: Application,
    ) -> Result<Stored<Application>, Failure> {
        act.caller
            .must_be_officer_of(&self.owner_of(&application.terms.consumer)?)?;
        application.applicant = act.caller.principal().to_string();
        self.change(act, async |tx, now| {
            let snapshot = self.snapshot();
            let today = shaoyang_date(now);
            let mut faults = term_faults(&snapshot, &application.terms, today);
            let amends = application.amends.as_ref();
            application.base =
                amended_faults(&snapshot, &application.terms, amends, today, &mut faults);
            if !faults.is_empty() {
                return Err(faults.into());
            }
            let draft = self.application_draft(act, "created", &application)?;
            let entry = tx.record(draft, now).await?;
            Ok(tx.insert(&application, Some(entry), now).await?)
        })
        .await
    }

    /// Writes what is asked for anew, until it is submitted; what was signed off is a draft again. For which system it
    /// is stays.
    ///
    /// # Errors
    /// A refusal, all faults, `NOT_FOUND`, `STATE_CONFLICT`, `ETAG_MISMATCH`.
    pub async fn update_application(
        &self,
        act: &Act<'_>,
        name: &ApplicationName,
        content: Content,
        etag: &str,
    ) -> Result<Stored<Application>, Failure> {
        self.make_move(act, name, etag, Side::Consumer, async |before, now| {
            let mut content = content;
            let (snapshot, terms) = (self.snapshot(), &content.terms);
            let today = shaoyang_date(now);
            let mut faults = term_faults(&snapshot, terms, today);
            let amends = content.amends.as_ref();
            let base = amended_faults(&snapshot, terms, amends, today, &mut faults);
            if terms.consumer != before.terms.consumer {
                let message = format!("it is for {}; write another one", before.terms.consumer);
                faults.add("application.consumer", "IMMUTABLE", message);
            }
            if !faults.is_empty() {
                return Err(faults.into());
            }
            content.base = base;
            Ok(Move::Edit(Box::new(content)))
        })
        .await
    }

    /// One application, if the caller is a party to it or oversees.
    ///
    /// # Errors
    /// `NOT_FOUND`.
    pub async fn application(
        &self,
        caller: &Caller,
        name: &ApplicationName,
    ) -> Result<Stored<Application>, Failure> {
        let found: Option<Stored<Application>> = self.store.get(name.as_str()).await?;
        found
            .filter(|row| self.is_applying(caller, &row.value))
            .map(|row| self.settled(row))
            .ok_or_else(|| Failure::not_found(name.as_str()))
    }

    /// Applications that the caller may see, oldest first.
    ///
    /// # Errors
    /// A bad page token; the store.
    pub async fn applications(
        &self,
        caller: &Caller,
        page: &PageRequest,
    ) -> Result<Page<Application>, Failure> {
        let visible = |a: &Application| self.is_applying(caller, a);
        let page = page
            .read_visible(&self.store, "applications", "", visible)
            .await?;
        let rows = page.rows.into_iter().map(|row| self.settled(row));
        Ok(Page {
            rows: rows.collect(),
            next: page.next,
        })
    }

    /// A new application name.
    ///
    /// # Errors
    /// Never; the name's rule is asked once more.
    pub fn new_application_name(&self) -> Result<ApplicationName, Failure> {
        ApplicationName::from_id(&self.ids.uuid()).map_err(|cause| Failure::field("name", &cause))
    }

    /// Applications about which somebody has to do something: of one system, or of the whole city.
    pub(crate) async fn applications_under_way(
        &self,
        consumer: Option<&SystemName>,
    ) -> Result<Vec<Application>, Failure> {
        let parent = consumer.map_or("", SystemName::as_str);
        let mut found = Vec::new();
        for state in ApplicationState::UNDER_WAY {
            let rows = self.store.in_state_under(state, parent).await?;
            found.extend(rows.into_iter().map(|row| self.settled(row).value));
        }
        Ok(found)
    }

    fn settled(&self, mut row: Stored<Application>) -> Stored<Application> {
        row.value = row.value.settled(self.law());
        row
    }

    /// The department that owns a system.
    pub(crate) fn owner_of(&self, system: &SystemName) -> Result<DepartmentName, Failure> {
        let snapshot = self.snapshot();
        let found = snapshot
            .system(system)
            .map(|system| system.department.clone());
        found.ok_or_else(|| Failure::not_found(system.as_str()))
    }

    fn is_applying(&self, caller: &Caller, application: &Application) -> bool {
        let snapshot = self.snapshot();
        let terms = &application.terms;
        let consumes = snapshot
            .system(&terms.consumer)
            .is_some_and(|s| caller.is_of(&s.department));
        // Until it is handed over it is the applicant's own matter.
        let is_handed_over = application.state.answering().is_some();
        let provides = is_handed_over
            && snapshot
                .resource(&terms.resource)
                .is_some_and(|r| caller.is_of(&r.department));
        // Who leads the sharing of the city sees what it has to consent to.
        let leads = is_handed_over
            && snapshot
                .competent()
                .is_some_and(|competent| caller.is_of(&competent.name));
        caller.oversees() || consumes || provides || leads
    }

    /// Whether the caller is on the side that answers, or oversees: who else sees an application does not see what its
    /// people agree to among themselves.
    pub fn answers_for(&self, caller: &Caller, application: &Application) -> bool {
        let provider = self.provider_of(application);
        caller.oversees() || provider.is_ok_and(|provider| caller.is_of(&provider))
    }

    /// The entry, published or stopped since.
    fn applied_for(&self, application: &Application) -> Result<Resource, Failure> {
        let name = &application.terms.resource;
        let snapshot = self.snapshot();
        let found = snapshot
            .resource(name)
            .filter(|resource| resource.state.is_public());
        found
            .map(|resource| Resource::clone(resource))
            .ok_or_else(|| Failure::not_found(name.as_str()))
    }

    /// Who answers for the entry, at whatever stage it is now.
    fn provider_of(&self, application: &Application) -> Result<DepartmentName, Failure> {
        let name = &application.terms.resource;
        let snapshot = self.snapshot();
        let found = snapshot.resource(name);
        found
            .map(|resource| resource.department.clone())
            .ok_or_else(|| Failure::not_found(name.as_str()))
    }
}

fn unusable(terms: &Terms, why: Unusable) -> Failure {
    match why {
        Unusable::Stopped(message) => Failure::new(Reason::ResourceStopped, message),
        Unusable::EndsBefore(last) => Failure::new(
            Reason::StateConflict,
            format!(
                "{} is retired after {last} and the term runs until {}: no use is served after that day. To agree all \
                 the same, give resource_last_day = {last}; else decline, and advise a term that ends in time",
                terms.resource, terms.end
            ),
        ),
    }
}

/// What was applied for is still there.
fn must_fit(terms: &Terms, resource: &Resource) -> Result<(), Failure> {
    let misfit = terms.misfit(resource);
    misfit.map_or(Ok(()), |why| Err(Failure::new(Reason::StateConflict, why)))
}
