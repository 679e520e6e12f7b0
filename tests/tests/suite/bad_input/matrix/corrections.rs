//! Corrections.

use api::sharing::v1 as pb;
use kit::world::story::Story;
use kit::world::terms::PLATFORM;
use kit::world::{ask, new_id};

use super::Role::{Applicant, Owner, Platform, Provider};
use super::{PARTIES, Row, Things, row};

impl Things {
    /// Who may dispute a record, and who answers. The first was raised, the second taken up.
    pub(super) fn corrections(&self) -> Vec<Row> {
        let [raised, accepted] = &self.corrections;
        let (etag, uses, provides) = (String::new, &[Applicant, Platform], &[Owner, Provider]);
        vec![
            row(
                "sharing.v1.CorrectionService/RaiseCorrection",
                &pb::RaiseCorrectionRequest {
                    validate_only: true,
                    ..request(&self.story, "J430502-2020-000999")
                },
                uses,
            ),
            row(
                "sharing.v1.CorrectionService/AcceptCorrection",
                &pb::AcceptCorrectionRequest {
                    name: raised.clone(),
                    request_id: new_id(),
                    etag: etag(),
                },
                provides,
            ),
            row(
                "sharing.v1.CorrectionService/CloseCorrection",
                &pb::CloseCorrectionRequest {
                    name: accepted.clone(),
                    result: pb::close_correction_request::Result::Corrected.into(),
                    answer: String::new(),
                    request_id: new_id(),
                    etag: etag(),
                },
                provides,
            ),
            row(
                "sharing.v1.CorrectionService/WithdrawCorrection",
                &pb::WithdrawCorrectionRequest {
                    name: raised.clone(),
                    reason: String::new(),
                    request_id: new_id(),
                    etag: etag(),
                },
                uses,
            ),
            row(
                "sharing.v1.CorrectionService/GetCorrection",
                &pb::GetCorrectionRequest {
                    name: raised.clone(),
                },
                &PARTIES,
            ),
        ]
    }
}

/// A correction of a row that has a registration number.
fn request(story: &Story, number: &str) -> pb::RaiseCorrectionRequest {
    use api::value::v1::{ItemValue, item_value::Kind};
    let value = ItemValue {
        key: "registration_number".to_owned(),
        kind: Some(Kind::Text(number.to_owned())),
    };
    let row = pb::DisputedRow {
        values: vec![value],
    };
    pb::RaiseCorrectionRequest {
        correction: Some(pb::Correction {
            resource: story.resource.name.clone(),
            consumer: format!("systems/{PLATFORM}"),
            record: Some(pb::DisputedRecord {
                kind: Some(pb::disputed_record::Kind::Row(row)),
            }),
            statement: "登记日期不对".to_owned(),
            ..pb::Correction::default()
        }),
        request_id: new_id(),
        validate_only: false,
    }
}

/// One that was raised, and one that the provider took up.
pub(super) async fn make(story: &Story) -> [String; 2] {
    let raise = async |number: &str| {
        let mut corrections = story.applicant.corrections();
        let raised = corrections
            .raise_correction(ask(request(story, number)))
            .await;
        raised.unwrap().into_inner().name
    };
    let names = [
        raise("J430502-2020-000997").await,
        raise("J430502-2020-000998").await,
    ];
    let accept = pb::AcceptCorrectionRequest {
        name: names[1].clone(),
        request_id: new_id(),
        etag: String::new(),
    };
    let mut provider = story.owner.corrections();
    provider.accept_correction(ask(accept)).await.unwrap();
    names
}
