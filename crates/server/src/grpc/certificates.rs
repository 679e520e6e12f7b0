//! Certificate lookups over gRPC.

use std::sync::Arc;

use api::certificate::v1 as pb;
use api::certificate::v1::certificate_service_server::CertificateService;
use api::certificate::v1::lookup_certificate_request::Key as WireKey;
use api::certificate::v1::verify_certificate_request::Key as VerifyKey;
use api::value::v1::ItemValue;
use broker::{
    Found, FoundCertificate, Lookup, PageRequest, Receipt, Use, Verification, Verified, Without,
    wire,
};
use domain::certificate::Key;
use domain::fault::Cause;
use domain::id::CertificateId;
use domain::item::{self, ItemKey};
use domain::name::CertificateTypeName;
use domain::network_identity::NetworkCode;
use domain::policy::shaoyang_date;
use domain::subject::Subject;
use domain::verification::{Claimed, Verdict};
use tonic::{Request, Response, Status};

use super::Adapter;
use super::batch;
use super::corrections::wire_disputes;
use super::exchange::{parse_use, to_its_end, wire_receipt};
use super::incoming::{Fields, Incoming, page, wire_time};
use super::needs;
use crate::status::status_of;

#[tonic::async_trait]
impl CertificateService for Adapter {
    async fn lookup_certificate(
        &self,
        request: Request<pb::LookupCertificateRequest>,
    ) -> Result<Response<pb::LookupCertificateResponse>, Status> {
        let incoming = Incoming::of(request)?;
        let (used, lookup) = self.parse(&incoming)?;
        let gateway = Arc::clone(&self.gateway);
        let looked = to_its_end(async move { gateway.lookup(&used, &lookup).await });
        Ok(Response::new(wire_found(looked.await?)))
    }

    async fn batch_lookup_certificates(
        &self,
        request: Request<pb::BatchLookupCertificatesRequest>,
    ) -> Result<Response<pb::BatchLookupCertificatesResponse>, Status> {
        let incoming = Incoming::of(request)?;
        let lookups = self.parse_batch(&incoming)?;
        let gateway = Arc::clone(&self.gateway);
        let work = to_its_end(async move { gateway.lookup_batch(lookups).await });
        Ok(Response::new(batch::wire_answer(work.await?)))
    }

    async fn lookup_for_matter(
        &self,
        request: Request<pb::LookupForMatterRequest>,
    ) -> Result<Response<pb::LookupForMatterResponse>, Status> {
        let incoming = Incoming::of(request)?;
        let (used, wish) = self.parse_wish(&incoming)?;
        let gateway = Arc::clone(&self.gateway);
        let work = to_its_end(async move { gateway.lookup_for_matter(&used, &wish).await });
        Ok(Response::new(needs::wire_answer(work.await?)))
    }

    async fn verify_certificate(
        &self,
        request: Request<pb::VerifyCertificateRequest>,
    ) -> Result<Response<pb::VerifyCertificateResponse>, Status> {
        let incoming = Incoming::of(request)?;
        let (used, verification) = self.parse_verification(&incoming)?;
        let gateway = Arc::clone(&self.gateway);
        let work = to_its_end(async move { gateway.verify(&used, &verification).await });
        let (verified, receipt) = work.await?;
        let mut answer = pb::VerifyCertificateResponse {
            receipt: Some(wire_receipt(&receipt)),
            ..pb::VerifyCertificateResponse::default()
        };
        match verified {
            Verified::One(certificate) => {
                answer.set_disposition(pb::Disposition::Verified);
                answer.set_state(wire::state_to(certificate.state));
                answer.as_of = Some(wire_time(certificate.as_of));
                answer.from_cache = certificate.from_cache;
                answer.disputes = wire_disputes(&certificate.disputes);
                let verdicts = certificate.verdicts.into_iter();
                answer.items = verdicts.map(wire_verdict).collect();
            }
            Verified::Without(without) => {
                let told = Told::of(without);
                answer.set_disposition(told.disposition);
                answer.set_state(told.state);
                answer.retry_after_s = told.retry_after_s;
            }
        }
        Ok(Response::new(answer))
    }

    async fn get_matter_needs(
        &self,
        request: Request<pb::GetMatterNeedsRequest>,
    ) -> Result<Response<pb::MatterNeeds>, Status> {
        let incoming = Incoming::of(request)?;
        let (matter, consumer) = needs::parse_listing(&incoming.message)?;
        let listed = self
            .gateway
            .matter_needs(&incoming.caller, &matter, consumer.as_ref());
        Ok(Response::new(needs::wire_listed(
            listed.map_err(status_of)?,
        )))
    }

    async fn list_certificate_types(
        &self,
        request: Request<pb::ListCertificateTypesRequest>,
    ) -> Result<Response<pb::ListCertificateTypesResponse>, Status> {
        const LIST: &str = "certificateTypes";
        let message = Incoming::of(request)?.message;
        let page = page(message.page_size, &message.page_token)?;
        let after = page.after(LIST).map_err(status_of)?;
        let snapshot = self.gateway.snapshot();
        let size = usize::try_from(page.size()).unwrap_or(1000);
        let mut rest = snapshot
            .certificate_types()
            .skip_while(|kind| kind.name.as_str() <= after.as_str());
        let certificate_types: Vec<pb::CertificateType> = rest
            .by_ref()
            .take(size)
            .map(|kind| pb::CertificateType {
                name: kind.name.to_string(),
                display_name: kind.display_name.clone(),
                synthetic: kind.synthetic,
                definer: kind.definer.to_string(),
            })
            .collect();
        let next_page_token = match (rest.next(), certificate_types.last()) {
            (Some(_), Some(last)) => PageRequest::token(LIST, &last.name),
            _ => String::new(),
        };
        Ok(Response::new(pb::ListCertificateTypesResponse {
            certificate_types,
            next_page_token,
        }))
    }
}

impl Adapter {
    fn parse(
        &self,
        incoming: &Incoming<pb::LookupCertificateRequest>,
    ) -> Result<(Use, Lookup), Status> {
        let message = &incoming.message;
        let mut fields = Fields::default();
        let (id, purpose) = (&message.request_id, message.purpose.as_ref());
        let used = parse_use(incoming, &mut fields, id, purpose);
        let lookup = self.lookup_from(&mut fields, message);
        fields.finish(used.zip(lookup))
    }

    /// A lookup, whatever it is for.
    pub(super) fn lookup_from(
        &self,
        fields: &mut Fields,
        message: &pb::LookupCertificateRequest,
    ) -> Option<Lookup> {
        let certificate_type = kind_from(fields, &message.certificate_type);
        let items = fields.take("items", item::keys(&message.items));
        let max_age_s = fields.take("max_age_s", max_age(message.max_age_s));
        let given = message.authorisation.as_ref();
        let grounds = self.grounds_from(fields, message.key.as_ref(), given);
        Some(Lookup {
            certificate_type: certificate_type?,
            grounds: grounds?,
            items: items?,
            part_of: None,
            max_age_s: max_age_s?,
        })
    }

    fn parse_verification(
        &self,
        incoming: &Incoming<pb::VerifyCertificateRequest>,
    ) -> Result<(Use, Verification), Status> {
        let message = &incoming.message;
        let mut fields = Fields::default();
        let (id, purpose) = (&message.request_id, message.purpose.as_ref());
        let used = parse_use(incoming, &mut fields, id, purpose);
        let certificate_type = kind_from(&mut fields, &message.certificate_type);
        let key = message.key.clone().map(|key| match key {
            VerifyKey::Holder(holder) => WireKey::Holder(holder),
            VerifyKey::Identifier(text) => WireKey::Identifier(text),
            VerifyKey::UseCode(text) => WireKey::UseCode(text),
            VerifyKey::NetworkIdentity(text) => WireKey::NetworkIdentity(text),
        });
        let given = message.authorisation.as_ref();
        let grounds = self.grounds_from(&mut fields, key.as_ref(), given);
        let claimed = claimed_from(&mut fields, &message.claimed);
        let max_age_s = fields.take("max_age_s", max_age(message.max_age_s));
        let whole = (|| {
            let verification = Verification {
                certificate_type: certificate_type?,
                grounds: grounds?,
                claimed: claimed?,
                max_age_s: max_age_s?,
            };
            Some((used?, verification))
        })();
        fields.finish(whole)
    }

    /// A holder, whose code is told in no fault.
    pub(super) fn holder_from(
        &self,
        fields: &mut Fields,
        field: &str,
        holder: &pb::Holder,
    ) -> Option<Subject> {
        let today = shaoyang_date(self.gateway.now());
        let regions = &self.gateway.reference().regions;
        let parsed = Subject::parse(&holder.type_code, &holder.code, regions, today);
        fields.take(field, parsed)
    }

    pub(super) fn key_from(&self, fields: &mut Fields, key: Option<&WireKey>) -> Option<Key> {
        match key {
            Some(WireKey::Holder(holder)) => {
                let holder = self.holder_from(fields, "holder", holder);
                holder.map(Key::Holder)
            }
            Some(WireKey::Identifier(text)) => {
                let parsed = CertificateId::parse(text)
                    .map_err(|error| Cause::new("INVALID_ID", error.to_string()));
                fields.take("identifier", parsed).map(Key::Identifier)
            }
            Some(WireKey::NetworkIdentity(text)) => fields
                .take("network_identity", NetworkCode::parse(text))
                .map(Key::NetworkIdentity),
            // What takes a use-code looks for it before; nothing else may stand on one.
            Some(WireKey::UseCode(_)) => {
                let cause = Cause::new("NOT_HERE", "this is not opened by a use-code");
                fields.fault("use_code", &cause);
                None
            }
            None => {
                let cause = Cause::new("REQUIRED", "give a holder, an identifier or a use-code");
                fields.fault("key", &cause);
                None
            }
        }
    }
}

pub(super) fn kind_from(fields: &mut Fields, name: &str) -> Option<CertificateTypeName> {
    fields.name("certificate_type", name, CertificateTypeName::parse)
}

/// How old an answer may be: a day at most, which is as long as any is kept.
pub(super) fn max_age(wire: Option<i32>) -> Result<Option<u32>, Cause> {
    match wire.map(u32::try_from) {
        None => Ok(None),
        Some(Ok(seconds @ 0..=86_400)) => Ok(Some(seconds)),
        Some(_) => Err(Cause::new("OUT_OF_RANGE", "give 0 to 86400 seconds")),
    }
}

fn claimed_from(fields: &mut Fields, claimed: &[ItemValue]) -> Option<Claimed> {
    let values: Vec<_> = claimed
        .iter()
        .enumerate()
        .map(|(place, value)| {
            fields.take(
                &format!("claimed[{place}]"),
                wire::value_from(value.clone()),
            )
        })
        .collect();
    let values = values.into_iter().collect::<Option<_>>()?;
    fields.take("claimed", Claimed::new(values))
}

fn wire_verdict((key, verdict): (ItemKey, Verdict)) -> pb::VerifiedItem {
    let verdict = match verdict {
        Verdict::Matches => pb::Verdict::Matches,
        Verdict::Differs => pb::Verdict::Differs,
        Verdict::Absent => pb::Verdict::Absent,
    };
    pb::VerifiedItem {
        key: key.into(),
        verdict: verdict.into(),
    }
}

/// The answer to a lookup.
pub(super) fn wire_found((found, receipt): (Found, Receipt)) -> pb::LookupCertificateResponse {
    let mut answer = pb::LookupCertificateResponse {
        receipt: Some(wire_receipt(&receipt)),
        ..pb::LookupCertificateResponse::default()
    };
    match found {
        Found::One(found) => {
            answer.set_disposition(pb::Disposition::Found);
            answer.certificate = Some(wire_certificate(*found));
        }
        Found::Without(without) => {
            let told = Told::of(without);
            answer.set_disposition(told.disposition);
            answer.set_state(told.state);
            answer.retry_after_s = told.retry_after_s;
        }
    }
    answer
}

/// What every answer tells in the place of a certificate.
pub(super) struct Told {
    pub(super) disposition: pb::Disposition,
    pub(super) state: pb::CertificateState,
    pub(super) retry_after_s: i32,
}

impl Told {
    pub(super) fn of(without: Without) -> Self {
        let unsaid = pb::CertificateState::Unspecified;
        let (disposition, state, seconds) = match without {
            Without::NoMatch => (pb::Disposition::NoMatch, unsaid, 0),
            Without::Ambiguous => (pb::Disposition::Ambiguous, unsaid, 0),
            Without::NotInForce(state) => (pb::Disposition::NotInForce, wire::state_to(state), 0),
            Without::Pending(seconds) => (pb::Disposition::Pending, unsaid, seconds),
        };
        Self {
            disposition,
            state,
            retry_after_s: wire_seconds(seconds),
        }
    }
}

/// Seconds for the wire.
pub(super) fn wire_seconds(seconds: u32) -> i32 {
    i32::try_from(seconds).unwrap_or(i32::MAX)
}

/// A certificate for the wire.
pub(super) fn wire_certificate(found: FoundCertificate) -> pb::Certificate {
    pb::Certificate {
        certificate_type: found.certificate_type.to_string(),
        identifier: found.identifier,
        state: wire::state_to(found.state).into(),
        items: found.items.into_iter().map(wire::value_to).collect(),
        signature: found.signed.map(|signed| pb::AnswerSignature {
            algorithm: signed.algorithm.to_owned(),
            key_id: signed.key_id,
            // An answer whose signature does not hold is no answer.
            verified: true,
        }),
        as_of: Some(wire_time(found.as_of)),
        from_cache: found.from_cache,
        disputes: wire_disputes(&found.disputes),
    }
}
