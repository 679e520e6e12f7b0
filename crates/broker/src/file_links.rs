//! File links: the issuer makes the file of one certificate for one use, the gateway keeps it for minutes.
//!
//! Asking stands in [`fetch`], giving the bytes out in [`read`], and how they go in [`removal`].

mod fetch;
mod read;
mod removal;

use bytes::Bytes;
use domain::certificate::{CertificateState, Key};
use domain::endpoint::Endpoint;
use domain::file::{Digest, Digests, Format};
use domain::file_link::{FileLink, LinkState, mark};
use domain::name::{CertificateTypeName, FileLinkName, ResourceName};
use domain::policy::{Ask, Permit, shaoyang_date};
use domain::reason::Reason;
use domain::regime::Rule;
use domain::resource::ShareMode;
use domain::subject::hex;
use jiff::{SignedDuration, Timestamp};
use ledger::entry::Draft;
use ledger::receipt::IntentReceipt;
use sha2_kept::Sha256;
use sm3::{Digest as _, Sm3};
use tokio::time::Instant;

use crate::connections::ProviderFault;
use crate::exchange::{Ending, Receipt, Use, with_parties};
use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::library::Signed;
use crate::lookup::{Sole, Sought, on_the_grid};
use crate::step::Step;
pub(crate) use fetch::{Fetched, Wanted};
pub use read::{LinkedFile, ReadLink};

/// What a system asks for.
#[derive(Clone, Debug)]
pub struct NewFileLink {
    /// The certificate type.
    pub certificate_type: CertificateTypeName,
    /// How the certificate is found.
    pub key: Key,
    /// The type of the file.
    pub format: Format,
}

/// How it ended.
#[derive(Clone, Debug)]
pub enum Linked {
    /// With a link.
    Made(MadeLink),
    /// There is no such certificate.
    NoMatch,
    /// There are several; none is guessed.
    Ambiguous,
    /// It is not in force: it has no file.
    NotInForce(CertificateState),
    /// The issuer is still at work on it; ask again after so many seconds.
    Pending(u32),
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

/// What the fetching came to, before its outcome is recorded.
enum Chosen {
    File {
        bytes: Bytes,
        digests: Digests,
        certificate: String,
    },
    NoMatch,
    Ambiguous,
    NotInForce(CertificateState),
    Pending(u32),
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
        let ask = self.file_ask(used, new)?;
        let permit = self.permit(used, &ask).await?;
        let paid = self.spend(used).await?;
        let scope = vec![
            ("purpose", "certificate_file".into()),
            ("content_type", new.format.content_type().into()),
            ("subject", self.key_digest(&new.key).into()),
        ];
        let intent = self.intend(used, &permit, scope).await?;
        let begun = Instant::now();
        let fetched = self
            .ask(used, self.fetch(used, &permit, &intent, new))
            .await;
        self.step(Step::Answered).await;
        let chosen = fetched.and_then(|fetched| self.choose_file(new, fetched));
        let (chosen, signed) = match chosen {
            Ok(chosen) => chosen,
            Err(fault) => return Err(self.fail(used, &permit, &intent, fault).await),
        };
        self.step(Step::Released).await;
        let made = match &chosen {
            Chosen::File { bytes, digests, .. } => {
                let kept = self.keep(used, &permit, new.format, bytes, digests);
                match kept.await {
                    Ok(made) => Some(made),
                    Err(failure) => {
                        let fault = ProviderFault::new(failure.reason, failure.message);
                        return Err(self.fail(used, &permit, &intent, fault).await);
                    }
                }
            }
            _ => None,
        };
        let ending = chosen.ending(made.as_ref()).signed(signed.as_ref());
        let receipt = self.conclude(used, &permit, &intent, ending).await?;
        if matches!(chosen, Chosen::NoMatch | Chosen::Ambiguous) {
            paid.missed();
            on_the_grid(begun, used.deadline).await;
        }
        Ok((chosen.into_linked(made), receipt))
    }

    /// What policy is asked. A file shows the whole certificate, so every item must be granted, and it
    /// is a file, so the grant must be in that mode.
    fn file_ask(&self, used: &Use, new: &NewFileLink) -> Result<Ask, Failure> {
        let snapshot = self.snapshot();
        let consumer = used.caller.system()?;
        let named = snapshot.resources_of_type(&new.certificate_type);
        let granted = |name: &&ResourceName| {
            let mut grants = snapshot.grants_of(consumer, name).iter();
            grants.any(|grant| grant.terms.share_modes.contains(&ShareMode::File))
        };
        // Of several issuers, one of whose files the system has a grant.
        let resources = match named.iter().find(granted) {
            Some(one) => vec![one.clone()],
            None => named.to_vec(),
        };
        let of_all = |name: &ResourceName| snapshot.resource(name).cloned();
        let items = match resources.as_slice() {
            [one] => of_all(one).map_or_else(Vec::new, |resource| {
                let items = resource.items.iter();
                items.map(|item| item.key.clone()).collect()
            }),
            _ => Vec::new(),
        };
        Ok(Ask {
            consumer: consumer.clone(),
            resources,
            mode: ShareMode::File,
            matter: Some(used.purpose.matter.clone()),
            operator_named: used.purpose.operator.is_some(),
            items,
            compared: Vec::new(),
            grant: None,
        })
    }

    /// Asks the issuer, wherever its certificates are: in file mode the permit names no endpoint.
    async fn fetch(
        &self,
        used: &Use,
        permit: &Permit,
        intent: &IntentReceipt,
        new: &NewFileLink,
    ) -> Result<Fetched, ProviderFault> {
        let snapshot = self.snapshot();
        let grant = permit.grant();
        let endpoints = snapshot.endpoints(&grant.provider);
        let endpoint = Endpoint::chosen(endpoints, ShareMode::Api, &permit.resource().name);
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
            sought: Sought {
                certificate_type: &new.certificate_type,
                key: &new.key,
                items: &[],
            },
            format: new.format,
            mark: mark(matter, department, &used.request_id, today),
        };
        Box::pin(self.fetch_file(permit, intent, &wanted)).await
    }

    /// Takes the one certificate's file, if it is in force, and checks that it is one.
    fn choose_file(
        &self,
        new: &NewFileLink,
        fetched: Fetched,
    ) -> Result<(Chosen, Option<Signed>), ProviderFault> {
        let sought = Sought {
            certificate_type: &new.certificate_type,
            key: &new.key,
            items: &[],
        };
        let signed = fetched.answer.signed;
        let record = match sought.sole(fetched.answer.came)? {
            Sole::One(record) => *record,
            Sole::NoMatch => return Ok((Chosen::NoMatch, signed)),
            Sole::Ambiguous => return Ok((Chosen::Ambiguous, signed)),
            Sole::Pending(seconds) => return Ok((Chosen::Pending(seconds), signed)),
            Sole::NotInForce(state) => return Ok((Chosen::NotInForce(state), signed)),
        };
        let state = record.state.on(shaoyang_date(self.now()), record.expires);
        if state != CertificateState::Valid {
            return Ok((Chosen::NotInForce(state), signed));
        }
        let bytes = fetched.bytes;
        if !new.format.recognises(&bytes) {
            let message = format!("the file is no {}", new.format.content_type());
            return Err(ProviderFault::bad_answer(message));
        }
        let keys = &self.keys.pseudonyms;
        let chosen = Chosen::File {
            digests: digests_of(&bytes)?,
            certificate: keys.text("certificate", record.identifier.as_str()),
            bytes,
        };
        Ok((chosen, signed))
    }

    /// Keeps the bytes under a new link. Nobody knows the secret yet: what is kept and not given out goes
    /// at the link's end, as everything.
    async fn keep(
        &self,
        used: &Use,
        permit: &Permit,
        format: Format,
        bytes: &Bytes,
        digests: &Digests,
    ) -> Result<MadeLink, Failure> {
        let now = self.now();
        let internal = |what: String| Failure::new(Reason::Internal, what);
        let regimes = &self.reference.regimes;
        let (minutes, regime, assumed) = regimes
            .minutes(Rule::UseLink, shaoyang_date(now))
            .map_err(|error| internal(error.to_string()))?;
        let ends = now
            .checked_add(SignedDuration::from_mins(minutes.into()))
            .map_err(|error| internal(error.to_string()))?;
        let secret = hex(&self.ids.secret());
        let link = FileLink {
            name: name_of(&secret)?,
            consumer: permit.grant().terms.consumer.clone(),
            resource: permit.resource().name.clone(),
            grant: permit.grant().name.clone(),
            matter: permit.matter().clone(),
            operator_named: used.purpose.operator.is_some(),
            request_id: used.request_id.clone(),
            format,
            size: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            digests: digests.clone(),
            object: self.ids.uuid(),
            ends,
            state: LinkState::Open { reads: 0 },
        };
        // The row first: whatever happens then, the job finds it and removes what there is.
        let mut tx = self.store.begin("making a file link").await?;
        let draft = self
            .link_draft("exchange.file_link.made", &link)
            .with_fact("ends", link.ends.to_string())
            .with_fact("regime", regime)
            .with_fact("assumed", assumed);
        let entry = tx.record(draft, now).await?;
        tx.insert(&link, Some(entry), now).await?;
        tx.set_link_due(&link.name, Some(link.ends)).await?;
        tx.save().await?;
        self.vault.put(&object_of(&link), bytes.clone()).await?;
        Ok(MadeLink {
            secret,
            ends,
            format,
            size: link.size,
            digests: link.digests,
        })
    }

    /// What every entry about a link states.
    fn link_draft(&self, event: &str, link: &FileLink) -> Draft {
        let draft = Draft::change(event, link.request_id.as_str())
            .with_fact("link", link.name.as_str())
            .with_fact("resource", link.resource.as_str())
            .with_fact("grant", link.grant.as_str())
            .with_fact("content_type", link.format.content_type())
            .with_fact("bytes", i64::try_from(link.size).unwrap_or(i64::MAX))
            .with_fact("sha256", link.digests.sha256.as_str())
            .with_fact("sm3", link.digests.sm3.as_str());
        let snapshot = self.snapshot();
        let resource = snapshot.resource(&link.resource);
        let provider = resource.map(|resource| &resource.system);
        with_parties(draft, &snapshot, &link.consumer, provider)
    }
}

impl Chosen {
    fn ending(&self, made: Option<&MadeLink>) -> Ending {
        match self {
            Self::NoMatch => Ending::bare("no_match"),
            Self::Ambiguous => Ending::bare("ambiguous"),
            Self::Pending(_) => Ending::pending(),
            Self::NotInForce(state) => Ending {
                facts: vec![("state", state.as_str().into())],
                ..Ending::bare("not_in_force")
            },
            Self::File {
                digests,
                certificate,
                ..
            } => Ending {
                facts: vec![
                    ("certificate", certificate.as_str().into()),
                    ("sha256", digests.sha256.as_str().into()),
                    ("sm3", digests.sm3.as_str().into()),
                    // That values of a record leave with it; the same as the file's own digest.
                    ("digest", digests.sha256.as_str().into()),
                    (
                        "bytes",
                        made.map_or(0, |made| i64::try_from(made.size).unwrap_or(i64::MAX))
                            .into(),
                    ),
                ],
                ..Ending::bare("found")
            },
        }
    }

    fn into_linked(self, made: Option<MadeLink>) -> Linked {
        match (self, made) {
            (Self::File { .. }, Some(made)) => Linked::Made(made),
            // A file always has its link: without one it was not concluded.
            (Self::File { .. } | Self::NoMatch, _) => Linked::NoMatch,
            (Self::Ambiguous, _) => Linked::Ambiguous,
            (Self::NotInForce(state), _) => Linked::NotInForce(state),
            (Self::Pending(seconds), _) => Linked::Pending(seconds),
        }
    }
}

fn digests_of(bytes: &[u8]) -> Result<Digests, ProviderFault> {
    let internal =
        |cause: domain::fault::Cause| ProviderFault::new(Reason::Internal, cause.to_string());
    Ok(Digests {
        sha256: Digest::parse(&hex(&Sha256::digest(bytes))).map_err(internal)?,
        sm3: Digest::parse(&hex(&Sm3::digest(bytes))).map_err(internal)?,
    })
}

/// The name of a link by its secret.
fn name_of(secret: &str) -> Result<FileLinkName, Failure> {
    FileLinkName::from_id(&hex(&Sha256::digest(secret.as_bytes())))
        .map_err(|cause| Failure::new(Reason::Internal, cause.to_string()))
}

fn object_of(link: &FileLink) -> String {
    format!("{}/whole", link.object)
}
