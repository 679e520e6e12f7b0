//! Many lookups in one call: a method of the certificate service.

use api::certificate::v1 as pb;
use broker::{Failure, Found, Lookup, Receipt, Use};
use domain::fault::Cause;
use domain::reason::Retry;
use tonic::Status;

use super::Adapter;
use super::certificates::{wire_found, wire_seconds};
use super::exchange::parse_purpose;
use super::incoming::{Fields, Incoming, wire_index};
use crate::edge::AtWork;

/// Lookups of one batch: so that the slowest of them fits into one deadline.
const MOST: usize = 50;

impl Adapter {
    pub(super) fn parse_batch(
        &self,
        incoming: &Incoming<pb::BatchLookupCertificatesRequest>,
    ) -> Result<Vec<(Use, Lookup)>, Status> {
        let message = &incoming.message;
        let mut fields = Fields::default();
        let purpose = parse_purpose(&mut fields, message.purpose.as_ref());
        if !(1..=MOST).contains(&message.requests.len()) {
            let cause = Cause::new("TOO_MANY", format!("give 1 to {MOST} lookups"));
            fields.fault("requests", &cause);
        }
        let mut ids = Vec::new();
        let mut lookups = Vec::new();
        for (place, request) in message.requests.iter().take(MOST).enumerate() {
            let mut part = Fields::default();
            if request.purpose.is_some() {
                let cause = Cause::new("NOT_HERE", "the purpose of all stands beside them");
                part.fault("purpose", &cause);
            }
            let id = part.request_id(&request.request_id);
            if id.as_ref().is_some_and(|id| ids.contains(id)) {
                let cause = Cause::new("DUPLICATE", "each lookup has a request id of its own");
                part.fault("request_id", &cause);
            }
            ids.extend(id.clone());
            lookups.push(id.zip(self.lookup_from(&mut part, request)));
            fields.within(&format!("requests[{place}]"), &part);
        }
        let lookups: Option<Vec<_>> = lookups.into_iter().collect();
        let whole = purpose.zip(lookups).map(|(purpose, lookups)| {
            let each = lookups.into_iter().map(|(request_id, lookup)| {
                let used = Use {
                    caller: incoming.caller.clone(),
                    request_id,
                    purpose: purpose.clone(),
                    deadline: incoming.deadline.at(),
                    place: incoming.at_work.clone().map(AtWork::into_place),
                };
                (used, lookup)
            });
            each.collect()
        });
        fields.finish(whole)
    }
}

/// The answer for the wire.
pub(super) fn wire_answer(
    answers: Vec<Result<(Found, Receipt), Failure>>,
) -> pb::BatchLookupCertificatesResponse {
    use pb::batch_lookup_result::Result as Wire;
    let result = |answer| pb::BatchLookupResult {
        result: Some(match answer {
            Ok(found) => Wire::Answer(wire_found(found)),
            Err(failure) => Wire::Failure(wire_failure(failure)),
        }),
    };
    pb::BatchLookupCertificatesResponse {
        results: answers.into_iter().map(result).collect(),
    }
}

fn wire_failure(failure: Failure) -> pb::LookupFailure {
    let reason = failure.reason;
    pb::LookupFailure {
        reason: reason.as_str().to_owned(),
        message: failure.message,
        fault: reason.fault().as_str().to_owned(),
        next: reason.next().to_owned(),
        rule: failure.rule.unwrap_or_default().to_owned(),
        retry: reason.retry() == Retry::SameRequestId,
        retry_after_s: failure.retry_after_s.map(wire_seconds).unwrap_or_default(),
        entry: failure.entry.map(wire_index).unwrap_or_default(),
    }
}
