//! How a certificate is sought, and on what seeking it rests.

use domain::basis::{Basis, HolderAuthorisation};
use domain::certificate::Key;
use domain::name::{CertificateTypeName, UseCodeName};
use domain::policy::Ask;
use domain::resource::ShareMode;
use domain::use_code::PlainCode;
use ledger::entry::Fact;

use crate::budgets::Paid;
use crate::exchange::Use;
use crate::failure::Failure;
use crate::gateway::Gateway;

/// How a certificate is sought, and on what seeking it rests.
#[derive(Clone, Debug)]
pub enum Grounds {
    /// By its key, as the consumer's duty.
    Duty(Key),
    /// By its key, as its holder authorised.
    Authorised(Key, HolderAuthorisation),
    /// By a use-code, which says whom it is about and that they authorised it.
    UseCode(PlainCode),
}

/// The grounds of one use, with nothing left to find out.
#[derive(Debug)]
pub(crate) struct Standing {
    pub(crate) key: Key,
    pub(crate) basis: Basis,
    /// The use-code that has to be taken.
    pub(crate) code: Option<UseCodeName>,
    /// What was paid for it already.
    pub(crate) paid: Option<Paid>,
}

impl Standing {
    fn with_key(key: &Key, basis: Basis) -> Self {
        Self {
            key: key.clone(),
            basis,
            code: None,
            paid: None,
        }
    }
}

impl Gateway {
    /// Finds out on what a use stands.
    ///
    /// # Errors
    /// `USE_CODE_REFUSED`, a spent budget, or a store that cannot be read; with a code alone.
    pub(crate) async fn stand(
        &self,
        used: &Use,
        kind: &CertificateTypeName,
        grounds: &Grounds,
    ) -> Result<Standing, Failure> {
        match grounds {
            Grounds::Duty(key) => Ok(Standing::with_key(key, Basis::Duty)),
            Grounds::Authorised(key, authorisation) => {
                let kept = authorisation.kept(&self.keys.pseudonyms);
                Ok(Standing::with_key(key, Basis::Authorisation(kept)))
            }
            // Boxed: most uses come without a code and need not carry the room for it.
            Grounds::UseCode(code) => Box::pin(self.stand_on_code(used, kind, code)).await,
        }
    }

    /// The question to policy for a certificate of a type, all granted items of it.
    pub(crate) fn certificate_ask(
        &self,
        used: &Use,
        kind: &CertificateTypeName,
        basis: Basis,
    ) -> Result<Ask, Failure> {
        Ok(Ask {
            consumer: used.caller.system()?.clone(),
            resources: self.snapshot().resources_of_type(kind).to_vec(),
            mode: ShareMode::Api,
            matter: Some(used.purpose.matter.clone()),
            operator_named: used.purpose.operator.is_some(),
            items: Vec::new(),
            whole: false,
            compared: Vec::new(),
            grant: None,
            basis,
            issuing: false,
        })
    }

    /// Pays for a use, unless that is done, and takes its use-code, if it has one.
    ///
    /// # Errors
    /// A spent budget, a code that another request was faster to take, or the store's.
    pub(crate) async fn pay_for(
        &self,
        used: &Use,
        kind: &CertificateTypeName,
        standing: &mut Standing,
    ) -> Result<Paid, Failure> {
        if standing.code.is_some() {
            Box::pin(self.take_code(used, kind, standing)).await?;
        }
        match standing.paid.take() {
            Some(paid) => Ok(paid),
            None => self.spend(used).await,
        }
    }

    /// What the intent says of them. The text of the duty is the grant's, which it says anyway.
    pub(crate) fn grounds_told(&self, standing: &Standing) -> Vec<(&'static str, Fact)> {
        let mut facts = vec![
            ("subject", self.key_digest(&standing.key).into()),
            ("basis", standing.basis.kind().as_str().into()),
        ];
        if let Basis::Authorisation(given) = &standing.basis {
            facts.push(("authorisation", given.digest().into()));
            let day = given.granted_on();
            facts.extend(day.map(|day| ("authorised_on", day.to_string().into())));
        }
        facts
    }
}
