//! Seeds: reference nouns of the city that are loaded, not registered.
//!
//! Certificate types, matters and plans come from `seeds/` at every start: they are rules with
//! dates, not acts of a caller, so they have no ledger entry. Departments and systems do not:
//! somebody registers them, and the ledger says who.

use std::sync::Arc;

use domain::certificate::CertificateType;
use domain::matter::{Matter, Need};
use domain::name::{CertificateTypeName, DepartmentName, MatterName};
use domain::plan::Plan;
use domain::seed::Seeds;
use store::{Noun, Stored, Tx};

use crate::failure::Failure;
use crate::gateway::Gateway;

impl Gateway {
    /// Puts the seeds into the store: new ones are added, changed ones replaced.
    ///
    /// # Errors
    /// The store's; nothing is loaded then.
    pub async fn load_seeds(&self, seeds: &Seeds) -> Result<usize, Failure> {
        self.spending.allow(seeds.budgets.clone());
        self.cache.limit(seeds.cache_limits.clone());
        self.restore_budgets().await?;
        self.searching
            .know(seeds.synonyms.iter().map(|group| group.words.clone()));
        self.use_code_rules.store(Arc::new(seeds.use_codes.clone()));
        self.entry_rules.store(Arc::new(seeds.entry_rules.clone()));
        self.credential_rules
            .store(Arc::new(seeds.credentials.clone()));
        self.card_rules.store(Arc::new(seeds.cards.clone()));
        self.uses.rules.store(Arc::new(seeds.grant_use.clone()));
        self.refusal_grounds
            .store(Arc::new(seeds.refusal_grounds.clone()));
        self.deliveries
            .rules
            .store(Arc::new(seeds.deliveries.clone()));
        self.quality_rules.store(Arc::new(seeds.quality.clone()));
        let mut tx = self.store.begin("loading seeds").await?;
        let mut changed = 0;
        for seed in &seeds.certificate_types {
            changed += put(&mut tx, certificate_type(seed)?, self).await?;
        }
        for seed in &seeds.matters {
            changed += put(&mut tx, matter(seed)?, self).await?;
        }
        for seed in &seeds.plans {
            changed += put(&mut tx, plan(seed), self).await?;
        }
        if changed == 0 {
            tx.forget().await;
        } else {
            tx.save().await?;
        }
        self.refresh().await?;
        Ok(changed)
    }
}

async fn put<T: Noun + PartialEq>(
    tx: &mut Tx,
    value: T,
    gateway: &Gateway,
) -> Result<usize, Failure> {
    let now = gateway.now();
    let before: Option<Stored<T>> = tx.get(value.key()).await?;
    match before {
        None => {
            tx.insert(&value, None, now).await?;
            Ok(1)
        }
        Some(before) if before.value != value => {
            tx.update(&before, &value, None, now).await?;
            Ok(1)
        }
        Some(_) => Ok(0),
    }
}

fn certificate_type(seed: &domain::seed::CertificateTypeSeed) -> Result<CertificateType, Failure> {
    Ok(CertificateType {
        name: type_name(seed.code.as_str())?,
        display_name: seed.name.clone(),
        synthetic: seed.provenance.synthetic,
        definer: seed.code.definer().clone(),
    })
}

fn matter(seed: &domain::seed::MatterSeed) -> Result<Matter, Failure> {
    let wrong = |cause| Failure::field("matters", &cause);
    let need = |seed: &domain::seed::NeedSeed| {
        let any = seed.any.iter().map(|code| type_name(code.as_str()));
        Ok(Need {
            role: seed.role.clone(),
            any: any.collect::<Result<_, Failure>>()?,
        })
    };
    Ok(Matter {
        name: MatterName::from_id(seed.code.as_str()).map_err(wrong)?,
        title: seed.name.clone(),
        department: DepartmentName::from_id(seed.department.as_str()).map_err(wrong)?,
        needs: seed
            .requires
            .iter()
            .map(need)
            .collect::<Result<_, Failure>>()?,
        source: seed.provenance.source.clone(),
        assumed: seed.provenance.assumed,
    })
}

fn plan(seed: &domain::seed::PlanSeed) -> Plan {
    Plan {
        name: seed.name.clone(),
        title: seed.title.clone(),
        due: seed.deadline,
        milestones: seed
            .milestones
            .iter()
            .map(|milestone| milestone.title.clone())
            .collect(),
        source: seed.provenance.source.clone(),
    }
}

fn type_name(code: &str) -> Result<CertificateTypeName, Failure> {
    CertificateTypeName::from_id(code).map_err(|cause| Failure::field("certificate_types", &cause))
}
