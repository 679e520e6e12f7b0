//! Facts 事实: what a rule looked at, by name and value. Made for explanations alone, from the very case that was
//! judged. No value of a record or of a row filter is among them.

use jiff::Timestamp;

use super::judge::Case;
use super::{Background, Rule, shaoyang_date};
use crate::application::Application;
use crate::credential::{Credential, Principal};
use crate::filter::Filter;
use crate::grant::Grant;
use crate::item::ItemKey;
use crate::name::SystemName;
use crate::quota::{Quota, Used};
use crate::resource::{Resource, ShareMode, ShareType};

/// One thing that a rule looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Its name, one of a few.
    pub key: &'static str,
    /// Its value, for people.
    pub value: String,
}

/// Most entries of other issuers that are named beside the one that decides.
const MOST_ENTRIES: usize = 5;

/// Facts under way.
#[derive(Default)]
struct Facts(Vec<Fact>);

impl Facts {
    fn add(&mut self, key: &'static str, value: &(impl ToString + ?Sized)) {
        let value = value.to_string();
        if !value.is_empty() {
            self.0.push(Fact { key, value });
        }
    }

    fn list<T: ToString>(&mut self, key: &'static str, values: impl IntoIterator<Item = T>) {
        let values: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
        self.add(key, &values.join(", "));
    }
}

/// What was used of each limit, where there is one.
fn quota_facts(quota: &Quota, used: &Used, facts: &mut Facts) {
    let second = quota.calls_per_second.map(|most| u64::from(most.get()));
    for (key, used, most) in [
        ("calls_this_second", used.calls_this_second, second),
        (
            "calls_today",
            used.calls_today,
            quota.calls_per_day.map(u64::from),
        ),
        (
            "rows_today",
            used.rows_today,
            quota.rows_per_day.map(u64::from),
        ),
    ] {
        facts.list(key, most.map(|most| format!("{used} of {most}")));
    }
}

impl Case<'_> {
    /// What one rule looked at.
    pub(super) fn facts(&self, rule: Rule, background: &Background<'_>) -> Vec<Fact> {
        let mut facts = Facts::default();
        match rule {
            Rule::CertificateInWindow => self.certificate_facts(background, &mut facts),
            Rule::CallerActive => self.system_facts("consumer", &self.ask.consumer, &mut facts),
            Rule::GrantExists => match self.grant {
                Some(grant) => grant_facts(grant, &mut facts),
                None => self.application_facts(background, &mut facts),
            },
            Rule::ResourceUsable => self.of_resource(&mut facts, entry_facts),
            Rule::GrantNotRevoked | Rule::GrantNotSuspended => {
                self.of_terms(&mut facts, |grant, facts| {
                    facts.add("state", grant.state.as_str());
                });
            }
            Rule::GrantInWindow => {
                self.of_terms(&mut facts, |grant, facts| {
                    facts.add("first_day", &grant.terms.start);
                    facts.add("last_day", &grant.terms.end);
                });
                facts.add("day", &self.today);
            }
            Rule::ModeCovered => self.mode_facts(&mut facts),
            Rule::UseCodesCovered => self.of_terms(&mut facts, |grant, facts| {
                facts.add("hands_out_use_codes", &grant.terms.issues_use_codes);
            }),
            Rule::MatterCovered => self.matter_facts(&mut facts),
            Rule::OperatorNamed => {
                self.of_terms(&mut facts, |grant, facts| {
                    facts.add("demanded", &grant.terms.operator_required);
                });
                facts.add("named", &self.ask.operator_named);
            }
            Rule::ZoneCovered => {
                self.of_terms(&mut facts, |grant, facts| {
                    facts.list("granted", &grant.terms.network_zones);
                });
                facts.list("network", self.zone());
            }
            Rule::InQuota => self.of_terms(&mut facts, |grant, facts| {
                quota_facts(&grant.terms.quota, &self.used(grant), facts);
            }),
            Rule::BasisGiven => {
                self.of_resource(&mut facts, |entry, facts| {
                    facts.add("demanded", entry.basis.as_str());
                });
                facts.add("given", self.ask.basis.kind().as_str());
            }
            Rule::ItemsCovered => self.item_facts(&mut facts),
            Rule::ProviderActive => {
                if let Some(provider) = self.provider() {
                    self.system_facts("provider", provider, &mut facts);
                }
            }
            Rule::ProviderHasEndpoint => self.endpoint_facts(&mut facts),
            Rule::ProviderNotInMaintenance => self.maintenance_facts(&mut facts),
            Rule::CertificateKnown
            | Rule::CertificateNotRevoked
            | Rule::Role
            | Rule::UseCodeHolds => {}
        }
        facts.0
    }

    fn of_terms(&self, facts: &mut Facts, tell: impl FnOnce(&Grant, &mut Facts)) {
        if let Some(grant) = self.grant {
            tell(grant, facts);
        }
    }

    fn of_resource(&self, facts: &mut Facts, tell: impl FnOnce(&Resource, &mut Facts)) {
        if let Some(entry) = self.resource {
            tell(entry, facts);
        }
    }

    fn certificate_facts(&self, background: &Background<'_>, facts: &mut Facts) {
        if !background.shows_certificates {
            return;
        }
        let good = self.good_certificates();
        facts.add("good", &good.len());
        let last = good.iter().map(|credential| credential.not_after).max();
        facts.list("last_ends", last);
    }

    /// The TLS certificates of the consumer that are good at that moment.
    pub(super) fn good_certificates(&self) -> Vec<&Credential> {
        let all = self.snapshot.credentials();
        let own = all.filter(|credential| match &credential.principal {
            Principal::System { system } => *system == self.ask.consumer,
            Principal::Officer { .. }
            | Principal::Auditor { .. }
            | Principal::Operator { .. }
            | Principal::Gateway => false,
        });
        own.filter(|credential| is_good(credential, self.now))
            .collect()
    }

    fn system_facts(&self, side: &'static str, name: &SystemName, facts: &mut Facts) {
        facts.add(side, name);
        if let Some(system) = self.snapshot.system(name) {
            facts.add("state", system.state.as_str());
            facts.add("department", &system.department);
        }
    }

    /// What an application would have to say, and what is with the provider already.
    fn application_facts(&self, background: &Background<'_>, facts: &mut Facts) {
        self.of_resource(facts, |entry, facts| {
            facts.add("share_type", share_word(&entry.share_type));
            if let ShareType::Conditional { condition } = &entry.share_type {
                facts.add("condition", condition);
            }
            facts.list(
                "entry_modes",
                entry.share_modes.iter().map(|mode| mode.as_str()),
            );
            let named = self.ask.items.iter().chain(&self.ask.compared);
            facts.list(
                "items_not_in_entry",
                named.filter(|key| entry.item(key).is_none()),
            );
        });
        let others = self.ask.resources.iter();
        let others = others.filter(|name| Some(*name) != self.resource.map(|entry| &entry.name));
        facts.list("other_entries", others.take(MOST_ENTRIES));
        self.known_matter(facts);
        let pending = self.pending(background).map(|application| {
            let due = application.state.clock().and_then(|clock| clock.due);
            let due = due.map_or_else(String::new, |day| format!(", answer due {day}"));
            format!("{} {}{due}", application.name, application.state.as_str())
        });
        facts.list("applications", pending);
    }

    /// The consumer's applications for this entry that are with the provider.
    pub(super) fn pending<'b>(
        &'b self,
        background: &'b Background<'_>,
    ) -> impl Iterator<Item = &'b Application> {
        let name = self.resource.map(|entry| &entry.name);
        let of_consumer = background.applications.iter();
        of_consumer.filter(move |application| {
            let terms = &application.terms;
            terms.consumer == self.ask.consumer && Some(&terms.resource) == name
        })
    }

    fn known_matter(&self, facts: &mut Facts) {
        let Some(name) = &self.ask.matter else { return };
        let known = self.snapshot.matter(name);
        let title = known.map_or("not in the list of matters", |matter| &matter.title);
        facts.add("matter_title", title);
    }

    fn mode_facts(&self, facts: &mut Facts) {
        facts.add("asked", self.ask.mode.as_str());
        self.of_terms(facts, |grant, facts| {
            let modes = grant.terms.share_modes.iter();
            facts.list("granted", modes.map(|mode| mode.as_str()));
            let filter = grant.terms.row_filter.as_ref().map(Filter::keys);
            facts.list("row_filter_items", filter.unwrap_or_default());
        });
        self.of_resource(facts, |entry, facts| {
            facts.list(
                "entry_modes",
                entry.share_modes.iter().map(|mode| mode.as_str()),
            );
        });
    }

    fn matter_facts(&self, facts: &mut Facts) {
        facts.list("asked", self.ask.matter.as_ref());
        self.known_matter(facts);
        self.of_terms(facts, |grant, facts| {
            facts.list("granted", &grant.terms.matters);
        });
    }

    fn item_facts(&self, facts: &mut Facts) {
        let keys =
            |keys: &[ItemKey]| -> Vec<String> { keys.iter().map(ToString::to_string).collect() };
        if self.ask.whole {
            facts.add("asked", "every item of the entry");
        } else if self.ask.items.is_empty() {
            facts.add("asked", "all that are granted");
        }
        facts.list("asked", keys(&self.ask.items));
        facts.list("compared", keys(&self.ask.compared));
        self.of_terms(facts, |grant, facts| {
            facts.list("granted", keys(&grant.terms.items));
        });
    }

    fn endpoint_facts(&self, facts: &mut Facts) {
        let Some(provider) = self.provider() else {
            return;
        };
        if self.ask.mode == ShareMode::File {
            return;
        }
        match &self.endpoint {
            Some(endpoint) => {
                facts.add("endpoint", &endpoint.name.path());
                facts.add("last_probe", endpoint.health.as_str());
            }
            None => facts.add("endpoints", &self.snapshot.endpoints(provider).len()),
        }
    }

    fn maintenance_facts(&self, facts: &mut Facts) {
        let windows = self
            .endpoint
            .iter()
            .flat_map(|endpoint| &endpoint.maintenance);
        let ahead = windows.filter(|window| window.end > self.now);
        facts.list(
            "announced",
            ahead.map(|window| format!("{} to {}", window.start, window.end)),
        );
    }
}

fn is_good(credential: &Credential, now: Timestamp) -> bool {
    credential.is_live(now) && credential.not_before <= now
}

fn grant_facts(grant: &Grant, facts: &mut Facts) {
    facts.add("grant", &grant.name);
    facts.add("version", &grant.version);
    facts.add("entry_version", &grant.resource_version);
    facts.add("application", &grant.application);
    facts.add("agreed_on", &shaoyang_date(grant.created));
    facts.add("legal_basis", &grant.terms.legal_basis);
}

fn entry_facts(entry: &Resource, facts: &mut Facts) {
    facts.add("resource", &entry.name);
    facts.add("title", &entry.title);
    facts.add("state", entry.state.as_str());
    facts.list("version", entry.version());
    facts.add("share_type", share_word(&entry.share_type));
    let retiring = entry.progress.retiring.as_ref();
    facts.list("last_day", retiring.map(|retiring| retiring.last_day));
}

/// The word of a share type.
pub(super) fn share_word(share_type: &ShareType) -> &'static str {
    match share_type {
        ShareType::Unconditional => "unconditional",
        ShareType::Conditional { .. } => "conditional",
        ShareType::NotShared { .. } => "not_shared",
    }
}
