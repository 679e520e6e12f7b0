//! Everything that is wrong with what is applied for.

use domain::application::{Terms, Unusable};
use domain::fault::{FaultCause as _, Faults};
use domain::filter::Filter;
use domain::name::GrantName;
use domain::resource::{Resource, ShareMode};
use domain::snapshot::Snapshot;
use jiff::civil::Date;

/// Checks what is asked for against the catalogue: every fault at once.
pub(super) fn term_faults(snapshot: &Snapshot, terms: &Terms, today: Date) -> Faults {
    let mut faults = Faults::default();
    let resource = snapshot
        .resource(&terms.resource)
        .filter(|resource| resource.version().is_some());
    if let Some(resource) = resource {
        for (index, key) in terms.items.iter().enumerate() {
            if resource.item(key).is_none() {
                let field = format!("application.items[{index}]");
                faults.add(
                    &field,
                    "UNKNOWN_ITEM",
                    format!("the resource has no item {key}"),
                );
            }
        }
        of_entry(terms, resource, &mut faults);
        if snapshot
            .system(&terms.consumer)
            .is_some_and(|s| s.department == resource.department)
        {
            let message = "the resource is your own department's; no application is needed";
            faults.add("application.resource", "OWN_RESOURCE", message);
        }
    } else {
        let message = format!("{} is not published", terms.resource);
        faults.add("application.resource", "NOT_PUBLISHED", message);
    }
    for (index, matter) in terms.matters.iter().enumerate() {
        if snapshot.matter(matter).is_none() {
            let field = format!("application.matters[{index}]");
            faults.add(
                &field,
                "UNKNOWN_MATTER",
                format!("{matter} is not a known matter"),
            );
        }
    }
    for (field, missing) in [
        ("application.items", terms.items.is_empty()),
        ("application.share_modes", terms.share_modes.is_empty()),
        ("application.matters", terms.matters.is_empty()),
    ] {
        if missing {
            faults.add(field, "REQUIRED", "give at least one");
        }
    }
    window_faults(terms, resource.map(AsRef::as_ref), today, &mut faults);
    faults
}

/// What is wrong with what is asked of an entry in its modes.
fn of_entry(terms: &Terms, resource: &Resource, faults: &mut Faults) {
    if let Some(filter) = &terms.row_filter {
        filter_faults(filter, terms, resource, "application.row_filter", faults);
    }
    row_quota_faults(terms, resource, "application", faults);
    if terms.issues_use_codes
        && (resource.certificate_type.is_none() || terms.share_modes != [ShareMode::Api])
    {
        let message = "use-codes are for electronic certificates, and for API mode alone";
        faults.add("application.issues_use_codes", "ONLY_CERTIFICATES", message);
    }
    for mode in &terms.share_modes {
        check_mode(*mode, resource, faults);
    }
}

/// Whether rows are counted in every mode of terms that limit them.
pub(crate) fn row_quota_faults(
    terms: &Terms,
    resource: &Resource,
    within: &str,
    faults: &mut Faults,
) {
    let of_certificate = resource.certificate_type.is_some();
    let counts_rows = |mode: &ShareMode| mode.counts_rows(of_certificate);
    if terms.quota.rows_per_day.is_some() && !terms.share_modes.iter().all(counts_rows) {
        let message = "rows are counted in table mode and of certificates; leave the limit out, or apply for other \
                       modes by themselves";
        faults.add(
            &format!("{within}.quota.rows_per_day"),
            "ROWS_NOT_COUNTED",
            message,
        );
    }
}

/// Most parts of a row filter that is narrowed again and again.
const MOST_PARTS: usize = 8;

/// What is wrong with a row filter of terms, at a field.
pub(crate) fn filter_faults(
    filter: &Filter,
    terms: &Terms,
    resource: &Resource,
    field: &str,
    faults: &mut Faults,
) {
    if terms.share_modes != [ShareMode::Table] {
        let message = "a row filter narrows table mode; name other modes without one";
        faults.add(field, "MODE_WITHOUT_ROWS", message);
    }
    if let Filter::AllOf(parts) = filter
        && parts.len() > MOST_PARTS
    {
        let message =
            format!("it was narrowed {MOST_PARTS} times; apply for the rows that are left");
        faults.add(field, "TOO_MANY_PARTS", message);
    }
    for cause in filter.check(resource).err().unwrap_or_default() {
        faults.add(field, cause.code(), cause.to_string());
    }
}

/// Whether the grant that is to be agreed on anew can be: it is of the same system and entry, and not over. The version of
/// it that is in force.
pub(super) fn amended_faults(
    snapshot: &Snapshot,
    terms: &Terms,
    amends: Option<&GrantName>,
    today: Date,
    faults: &mut Faults,
) -> Option<u32> {
    let name = amends?;
    let field = "application.amends";
    let held = snapshot.grant(name);
    let Some(grant) = held.filter(|grant| grant.terms.consumer == terms.consumer) else {
        let message = format!("{} holds no {name}", terms.consumer);
        faults.add(field, "UNKNOWN_GRANT", message);
        return None;
    };
    if grant.terms.resource != terms.resource {
        let message = format!("{name} is on {}", grant.terms.resource);
        faults.add(field, "OTHER_RESOURCE", message);
    }
    if terms.start > today && grant.terms.end >= today && grant.terms.start <= today {
        let message = format!(
            "{name} is used until {}: what takes its place begins today at the latest, or it is a grant of its own",
            grant.terms.end
        );
        faults.add("application.start_date", "LEAVES_A_GAP", message);
    }
    if grant.state.is_over() || grant.terms.end < today {
        let state = grant.state.as_str();
        let message = format!(
            "{name} is {state} and ran until {}; apply for a grant of its own",
            grant.terms.end
        );
        faults.add(field, "GRANT_OVER", message);
    }
    Some(grant.version)
}

/// Whether a mode can be applied for: the gateway carries it, and the resource is shared by it.
fn check_mode(mode: ShareMode, resource: &Resource, faults: &mut Faults) {
    let field = "application.share_modes";
    let word = mode.as_str();
    if !resource.share_modes.contains(&mode) {
        let other = || format!("the resource is not shared by {word} mode");
        let text = resource.shared_outside().unwrap_or_else(other);
        faults.add(field, "UNKNOWN_MODE", text);
    } else if !mode.is_carried() {
        let text = format!(
            "by {word} data is handed over outside of the gateway, and no grant is needed here; ask {} for it",
            resource.department
        );
        faults.add(field, "NOT_CARRIED", text);
    }
}

fn window_faults(terms: &Terms, resource: Option<&Resource>, today: Date, faults: &mut Faults) {
    let usable = resource.map_or(Ok(()), |resource| {
        terms.must_be_usable(resource, today, None)
    });
    if let Err(Unusable::Stopped(message)) = usable {
        faults.add("application.start_date", "ENTRY_RETIRED", message);
    }
    if terms.end < terms.start {
        faults.add(
            "application.end_date",
            "BEFORE_START",
            "the last day lies before the first",
        );
    } else if terms.end < today {
        let message = format!("the term is over; today is {today}");
        faults.add("application.end_date", "OVER", message);
    }
    let limit = terms.start.checked_add(jiff::Span::new().years(3));
    if limit.is_ok_and(|limit| terms.end > limit) {
        faults.add(
            "application.end_date",
            "TOO_LONG",
            "a grant lasts at most three years",
        );
    }
}
