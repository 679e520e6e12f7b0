//! Announcing to the gateway: what an issuer says when it has issued a certificate or changed one.
//!
//! Whoever writes an issuer in another language does the same two things: announce everything once, listed,
//! so that callers can check certificates without asking; and announce each change after it is visible to
//! lookups, so that answers that gateways keep of it are dropped.

use std::time::Duration;

use api::certificate::v1::certificate_change::Kind;
use api::certificate::v1::certificate_status_service_client::CertificateStatusServiceClient;
use api::certificate::v1::{
    AnnounceCertificateChangesRequest, CertificateChange, CertificateState, Holder,
};
use domain::announcement::fits;
use domain::certificate::CertificateRecord;
use domain::item::Value;
use tonic::Status;
use tonic::transport::Channel;

use crate::client::with_deadline;
use crate::data::Holdings;
use crate::provider::state_to;

const WAIT: Duration = Duration::from_secs(20);

/// Everything that an issuer holds of a type, as it is announced for the first time. A certificate that is
/// not in force any more was valid from its issue and came to its state on a day of 2022; the sandbox
/// does not know a better one.
#[must_use]
pub fn everything(holdings: &Holdings, certificate_type: &str) -> Vec<CertificateChange> {
    let of_type =
        |record: &&CertificateRecord| record.certificate_type.as_str() == certificate_type;
    let records = holdings.certificates.iter().filter(of_type);
    let mut changes = Vec::new();
    for record in records {
        let issued = issued(record);
        changes.push(CertificateChange {
            kind: Kind::Issued.into(),
            identifier: record.identifier.as_str().to_owned(),
            holders: record.holders.iter().map(holder).collect(),
            state: CertificateState::Valid.into(),
            effective_date: issued.clone(),
            expire_date: record
                .expires
                .map(|day| day.to_string())
                .unwrap_or_default(),
        });
        let state = state_to(record.state);
        let ended = "2022-06-01".to_owned();
        if state != CertificateState::Valid && issued < ended {
            changes.push(state_change(record.identifier.as_str(), state, &ended));
        }
    }
    changes
}

/// That a certificate is in another state from a day on, ISO 8601.
#[must_use]
pub fn state_change(identifier: &str, state: CertificateState, from: &str) -> CertificateChange {
    CertificateChange {
        kind: Kind::State.into(),
        identifier: identifier.to_owned(),
        state: state.into(),
        effective_date: from.to_owned(),
        ..CertificateChange::default()
    }
}

/// Announces changes of one type, as many calls as it takes, each under an id of its own.
///
/// # Errors
/// The gateway's refusal; what was announced before it stays announced.
pub async fn announce(
    gateway: &Channel,
    certificate_type: &str,
    changes: &[CertificateChange],
    new_id: impl Fn() -> String,
) -> Result<(), Status> {
    let mut client = CertificateStatusServiceClient::new(gateway.clone());
    for changes in calls(changes) {
        let request = AnnounceCertificateChangesRequest {
            certificate_type: certificate_type.to_owned(),
            changes: changes.to_vec(),
            listed: true,
            request_id: new_id(),
        };
        client
            .announce_certificate_changes(with_deadline(request, WAIT))
            .await?;
    }
    Ok(())
}

/// The changes in as many pieces as calls can carry.
fn calls(mut changes: &[CertificateChange]) -> Vec<&[CertificateChange]> {
    let mut calls = Vec::new();
    while !changes.is_empty() {
        let mut named = 0;
        let fitting = changes.iter().enumerate().take_while(|(before, change)| {
            named += change.holders.len() + usize::from(!change.identifier.is_empty());
            fits(before + 1, named)
        });
        // One alone always fits: it has sixteen holders at most.
        let (call, rest) = changes.split_at(fitting.count().max(1));
        calls.push(call);
        changes = rest;
    }
    calls
}

/// The day of issue, which every certificate carries.
fn issued(record: &CertificateRecord) -> String {
    let mut items = record.items.iter();
    let found = items.find_map(|item| match (item.key.as_str(), &item.value) {
        ("issued_date", Value::Date(day)) => Some(day.clone()),
        _ => None,
    });
    found.unwrap_or_else(|| "2020-01-01".to_owned())
}

fn holder(subject: &domain::subject::Subject) -> Holder {
    Holder {
        type_code: subject.type_code().to_owned(),
        code: subject.expose().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_call_carries_more_than_the_gateway_takes() {
        let issued = |holders: usize| CertificateChange {
            identifier: "1".to_owned(),
            holders: vec![Holder::default(); holders],
            ..CertificateChange::default()
        };
        for (changes, holders, sizes) in [
            (0, 2, &[][..]),
            (400, 2, &[333, 67]),
            (1001, 0, &[500, 500, 1]),
            (60, 16, &[58, 2]),
        ] {
            let changes = vec![issued(holders); changes];
            let calls: Vec<usize> = calls(&changes).iter().map(|call| call.len()).collect();
            assert_eq!(calls, sizes);
        }
    }

    #[test]
    fn everything_is_announced_once_and_ends_where_it_stands() {
        let holdings = crate::data::holdings_for("marriage-registry").unwrap();
        let kind = holdings.certificates[0].certificate_type.to_string();
        let of_type = |record: &&CertificateRecord| record.certificate_type.as_str() == kind;
        let records: Vec<_> = holdings.certificates.iter().filter(of_type).collect();
        let changes = everything(&holdings, &kind);
        let issued = changes
            .iter()
            .filter(|change| change.kind() == Kind::Issued);
        assert_eq!(issued.count(), records.len());
        for record in records {
            let of_it =
                |change: &&CertificateChange| change.identifier == record.identifier.as_str();
            let last = changes.iter().rfind(of_it).unwrap();
            assert_eq!(last.state(), state_to(record.state));
        }
    }
}
