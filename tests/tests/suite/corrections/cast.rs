//! The requests of this suite, in order unless a test changes them.

use api::certificate::v1 as certificate;
use api::certificate::v1::lookup_certificate_request::Key;
use api::sharing::v1 as pb;
use api::sharing::v1::disputed_record::Kind;
use api::value::v1::ItemValue;
use api::value::v1::item_value::Kind as Value;
use kit::world::story::Story;
use kit::world::terms::PLATFORM;
use kit::world::{Client, ask, new_id};
use sandbox::people::{self, Holder};
use tonic::{Response, Status};

/// The item that is said to be wrong.
pub(crate) const DAY: &str = "registration_date";
/// What is said of it: with a name, as people write.
pub(crate) const STATEMENT: &str = "测试甲与测试乙的登记日期应为2020年5月21日";

pub(crate) type Answer = Result<Response<pb::Correction>, Status>;

/// The certificate of a couple as the platform looks it up.
pub(crate) async fn found(
    story: &Story,
    holder: &Holder,
) -> certificate::LookupCertificateResponse {
    let answer = story.lookup(holder).await.unwrap().into_inner();
    assert!(answer.certificate.is_some());
    answer
}

/// The marks of a certificate, by the names of the corrections.
pub(crate) fn marks(certificate: &certificate::Certificate) -> Vec<&str> {
    let disputes = certificate.disputes.iter();
    disputes.map(|one| one.correction.as_str()).collect()
}

/// The marks of the couple's certificate now.
pub(crate) async fn marked(story: &Story) -> Vec<String> {
    let found = found(story, &people::HUSBAND).await;
    let certificate = found.certificate.unwrap();
    marks(&certificate).into_iter().map(str::to_owned).collect()
}

/// A correction of a certificate.
pub(crate) fn of_certificate(story: &Story, identifier: &str) -> pb::Correction {
    let certificate = pb::DisputedCertificate {
        certificate_type: story.resource.certificate_type.clone(),
        identifier: identifier.to_owned(),
    };
    pb::Correction {
        consumer: format!("systems/{PLATFORM}"),
        record: Some(pb::DisputedRecord {
            kind: Some(Kind::Certificate(certificate)),
        }),
        items: vec![DAY.to_owned()],
        statement: STATEMENT.to_owned(),
        ..pb::Correction::default()
    }
}

/// A correction of rows by the texts of items.
pub(crate) fn of_row(story: &Story, values: &[(&str, &str)]) -> pb::Correction {
    let value = |(key, text): &(&str, &str)| ItemValue {
        key: (*key).to_owned(),
        kind: Some(Value::Text((*text).to_owned())),
    };
    let row = pb::DisputedRow {
        values: values.iter().map(value).collect(),
    };
    pb::Correction {
        resource: story.resource.name.clone(),
        consumer: format!("systems/{PLATFORM}"),
        record: Some(pb::DisputedRecord {
            kind: Some(Kind::Row(row)),
        }),
        statement: STATEMENT.to_owned(),
        ..pb::Correction::default()
    }
}

pub(crate) fn raise_request(correction: pb::Correction) -> pb::RaiseCorrectionRequest {
    pb::RaiseCorrectionRequest {
        correction: Some(correction),
        request_id: new_id(),
        validate_only: false,
    }
}

pub(crate) async fn raise(who: &Client, correction: pb::Correction) -> Answer {
    let request = raise_request(correction);
    who.corrections().raise_correction(ask(request)).await
}

pub(crate) async fn accept(who: &Client, name: &str) -> Answer {
    let request = pb::AcceptCorrectionRequest {
        name: name.to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    who.corrections().accept_correction(ask(request)).await
}

pub(crate) async fn close(
    who: &Client,
    name: &str,
    result: pb::close_correction_request::Result,
    answer: &str,
) -> Answer {
    let request = pb::CloseCorrectionRequest {
        name: name.to_owned(),
        result: result.into(),
        answer: answer.to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    who.corrections().close_correction(ask(request)).await
}

pub(crate) async fn corrected(who: &Client, name: &str) -> Answer {
    close(
        who,
        name,
        pb::close_correction_request::Result::Corrected,
        "",
    )
    .await
}

pub(crate) async fn withdraw(who: &Client, name: &str) -> Answer {
    let request = pb::WithdrawCorrectionRequest {
        name: name.to_owned(),
        reason: String::new(),
        request_id: new_id(),
        etag: String::new(),
    };
    who.corrections().withdraw_correction(ask(request)).await
}

pub(crate) async fn get(who: &Client, name: &str) -> Answer {
    let request = pb::GetCorrectionRequest {
        name: name.to_owned(),
    };
    who.corrections().get_correction(ask(request)).await
}

pub(crate) async fn listed(who: &Client, request: pb::ListCorrectionsRequest) -> Vec<String> {
    let page = who.corrections().list_corrections(ask(request)).await;
    let page = page.unwrap().into_inner();
    page.corrections.into_iter().map(|one| one.name).collect()
}

/// The couple's certificate is disputed by the platform's department.
pub(crate) async fn disputed(story: &Story) -> pb::Correction {
    let found = found(story, &people::HUSBAND).await;
    let identifier = found.certificate.unwrap().identifier;
    let raised = raise(&story.applicant, of_certificate(story, &identifier)).await;
    raised.unwrap().into_inner()
}

/// A lookup by the identifier of a certificate.
pub(crate) fn by_identifier(
    story: &Story,
    identifier: &str,
) -> certificate::LookupCertificateRequest {
    certificate::LookupCertificateRequest {
        key: Some(Key::Identifier(identifier.to_owned())),
        ..story.lookup_request(&people::HUSBAND)
    }
}
