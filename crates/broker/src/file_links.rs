//! File links: the issuer makes the file of one certificate for one use, the gateway keeps it for minutes.
//!
//! Asking stands in [`fetch`], what came of it in [`chosen`], keeping the bytes in [`keeping`], giving them
//! out in [`read`], and how they go in [`removal`].

mod chosen;
mod fetch;
mod keeping;
mod read;
mod removal;

use domain::endpoint::Endpoint;
use domain::file::{Digests, Format};
use domain::file_link::mark;
use domain::name::CertificateTypeName;
use domain::policy::{Ask, Permit, shaoyang_date};
use domain::reason::Reason;
use domain::resource::ShareMode;
use jiff::Timestamp;
use ledger::receipt::IntentReceipt;
use tokio::time::Instant;

use crate::connections::ProviderFault;
use crate::exchange::{Receipt, Use};
use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::lookup::{Grounds, Sought, Without, on_the_grid};
use crate::step::Step;
use chosen::Chosen;
pub(crate) use fetch::{Fetched, Wanted};
pub use read::{LinkedFile, ReadLink};

/// What a system asks for.
#[derive(Clone, Debug)]
pub struct NewFileLink {
    /// The certificate type.
    pub certificate_type: CertificateTypeName,
    /// How the certificate is found, and on what that rests.
    pub grounds: Grounds,
    /// The type of the file.
    pub format: Format,
}

/// How it ended.
#[derive(Clone, Debug)]
pub enum Linked {
    /// With a link.
    Made(MadeLink),
    /// Without one, and why. A certificate that is not in force has no file.
    Without(Without),
}

/// A link as its system is told of it, once.
#[derive(Clone)]
pub struct MadeLink {
    /// The secret, 64 hexadecimal digits.
    pub secret: String,
    /// When it ends.
    pub ends: Timestamp,
    /// The type of the file.
    pub format: Format,
    /// Bytes.
    pub size: u64,
    /// What the file is.
    pub digests: Digests,
}

/// The secret is not printed.
impl std::fmt::Debug for MadeLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MadeLink(…, {:?}, {} bytes)", self.format, self.size)
    }
}

impl Gateway {
    /// Has the file of one certificate made under a grant, and gives a link to it.
    ///
    /// # Errors
    /// A refusal by policy, the provider's fault, or a ledger or store that cannot record. In each case
    /// nothing was released.
    pub async fn create_file_link(
        &self,
        used: &Use,
        new: &NewFileLink,
    ) -> Result<(Linked, Receipt), Failure> {
        let kind = &new.certificate_type;
        let mut standing = self.stand(used, kind, &new.grounds).await?;
        // A file shows the whole certificate, so every item must be granted, and it is a file, so the grant
        // must be in that mode.
        let ask = Ask {
            mode: ShareMode::File,
            whole: true,
            ..self.certificate_ask(used, kind, standing.basis.clone())?
        };
        let permit = self.permit(used, &ask).await?;
        let paid = self.pay_for(used, kind, &mut standing).await?;
        let mut scope = self.grounds_told(&standing);
        scope.push(("purpose", "certificate_file".into()));
        scope.push(("content_type", new.format.content_type().into()));
        let sought = Sought {
            certificate_type: kind,
            key: &standing.key,
            items: &[],
        };
        let intent = self.intend(used, &permit, scope).await?;
        let begun = Instant::now();
        let fetched = self
            .ask(used, self.fetch(used, &permit, &intent, sought, new.format))
            .await;
        self.step(Step::Answered).await;
        let chosen = fetched.and_then(|fetched| self.choose_file(&sought, new.format, fetched));
        let (chosen, proof) = match chosen {
            Ok(chosen) => chosen,
            Err(fault) => return Err(self.fail(used, &permit, &intent, fault).await),
        };
        self.step(Step::Released).await;
        let made = match &chosen {
            Chosen::File { bytes, digests, .. } => {
                let kept = self.keep_linked(used, &permit, new.format, bytes, digests);
                match kept.await {
                    Ok(made) => Some(made),
                    Err(failure) => {
                        let fault = ProviderFault::new(failure.reason, failure.message);
                        return Err(self.fail(used, &permit, &intent, fault).await);
                    }
                }
            }
            Chosen::Without(_) => None,
        };
        let ending = chosen.ending(made.as_ref()).proven(&proof);
        if matches!(chosen, Chosen::Without(without) if without.is_miss()) {
            paid.missed();
            on_the_grid(begun, used.deadline).await;
        }
        let receipt = self.conclude(used, &permit, &intent, ending).await?;
        Ok((chosen.into_linked(made), receipt))
    }

    /// Asks the issuer, wherever its certificates are: in file mode the permit names no endpoint.
    async fn fetch(
        &self,
        used: &Use,
        permit: &Permit,
        intent: &IntentReceipt,
        sought: Sought<'_>,
        format: Format,
    ) -> Result<Fetched, ProviderFault> {
        let snapshot = self.snapshot();
        let grant = permit.grant();
        let endpoints = snapshot.endpoints(&grant.provider);
        let (resource, now) = (permit.resource(), self.now());
        // Certificates are asked for by the contract alone.
        let endpoint = Endpoint::chosen(endpoints, ShareMode::Api, resource, false, now);
        let unknown = |what: &str| ProviderFault::new(Reason::ProviderNotConnected, what);
        let endpoint = endpoint.ok_or_else(|| unknown("the provider has no endpoint"))?;
        let system = snapshot.system(&grant.terms.consumer);
        let department = system.and_then(|system| snapshot.department(&system.department));
        let matter = snapshot.matter(permit.matter());
        let (Some(department), Some(matter)) = (department, matter) else {
            return Err(ProviderFault::new(
                Reason::Internal,
                "the registry does not know the matter or the department",
            ));
        };
        let today = shaoyang_date(self.now());
        let wanted = Wanted {
            endpoint,
            sought,
            format,
            mark: mark(matter, department, &used.request_id, today),
        };
        Box::pin(self.fetch_file(permit, intent, &wanted)).await
    }
}
