//! Act 3: lookups and a read under the grants; one refusal; one provider down.

use api::certificate::v1 as pb;
use api::certificate::v1::certificate_service_client::CertificateServiceClient;
use api::exchange::v1 as rows;
use api::exchange::v1::exchange_service_client::ExchangeServiceClient;
use api::value::v1::{ItemValue, Purpose, Receipt, item_value::Kind};
use sandbox::people::{self, Holder};
use tokio::time::Instant;
use tonic::Status;

use super::Error;
use super::actor::{Actor, ask, new_id};
use super::cast::Stage;
use super::expect::told;
use super::report::{Call, Story};
use super::sharing::{Shared, Terms};

/// The clerk at the counter of the story.
const CLERK: &str = "window-07";

/// Plays the act.
pub(crate) async fn play(stage: &mut Stage, terms: &Terms, story: &mut Story) -> Result<(), Error> {
    let [marriage, licence, house] = terms.shared.as_slice() else {
        return Err("the story needs three certificates".into());
    };
    let platform = stage.platform().clone();
    let matter = &terms.matter;
    for (shared, holder) in [
        (marriage, &people::HUSBAND),
        (licence, &people::SHOP),
        (house, &people::HUSBAND),
    ] {
        let what = format!("look up {}", shared.title);
        story
            .calls
            .push(lookup(&platform, &what, "found", shared, holder, matter).await);
    }
    story.calls.push(read(&platform, licence, matter).await);

    let foreign = &terms.foreign_matter;
    let what = "look up for another matter";
    let husband = &people::HUSBAND;
    let refused = lookup(
        &platform,
        what,
        "MATTER_NOT_COVERED",
        marriage,
        husband,
        foreign,
    )
    .await;
    story.calls.push(refused);

    stage.take_down("realestate-registry").await?;
    let what = "look up while the provider is down";
    let down = lookup(
        &platform,
        what,
        "PROVIDER_UNAVAILABLE",
        house,
        &people::HUSBAND,
        matter,
    )
    .await;
    story.calls.push(down);
    stage.bring_back("realestate-registry").await?;
    let what = "look up after it came back";
    story
        .calls
        .push(lookup(&platform, what, "found", house, &people::HUSBAND, matter).await);
    Ok(())
}

/// One lookup, as a row of the story.
pub(crate) async fn lookup(
    platform: &Actor,
    what: &str,
    expected: &str,
    shared: &Shared,
    holder: &Holder,
    matter: &str,
) -> Call {
    let request = pb::LookupCertificateRequest {
        certificate_type: shared.certificate_type.clone(),
        key: Some(pb::lookup_certificate_request::Key::Holder(
            holder.to_wire(),
        )),
        purpose: Some(purpose(matter)),
        items: Vec::new(),
        request_id: new_id(),
        ..pb::LookupCertificateRequest::default()
    };
    let begun = Instant::now();
    let answer = CertificateServiceClient::new(platform.channel.clone())
        .lookup_certificate(ask(request))
        .await;
    let call = Call::of(what, &platform.name, expected, begun);
    match answer {
        Ok(answer) => {
            let answer = answer.into_inner();
            let result = match answer.disposition() {
                pb::Disposition::Found => "found",
                pb::Disposition::NoMatch => "no_match",
                pb::Disposition::Ambiguous => "ambiguous",
                pb::Disposition::Pending => "pending",
                pb::Disposition::NotInForce => "not_in_force",
                pb::Disposition::Verified | pb::Disposition::Unspecified => "",
            };
            let count = answer
                .certificate
                .map_or(0, |certificate| certificate.items.len());
            call.permitted(result, &format!("{count} items"), answer.receipt.as_ref())
        }
        Err(status) => refused(call, &status),
    }
}

async fn read(platform: &Actor, shared: &Shared, matter: &str) -> Call {
    let begun = Instant::now();
    let what = format!("read rows of {}", shared.title);
    let read = try_read(platform, shared, matter).await;
    let call = Call::of(&what, &platform.name, "delivered", begun);
    match read {
        Ok((count, receipt)) => {
            call.permitted("delivered", &format!("{count} rows"), receipt.as_ref())
        }
        Err(status) => refused(call, &status),
    }
}

async fn try_read(
    platform: &Actor,
    shared: &Shared,
    matter: &str,
) -> Result<(usize, Option<Receipt>), Status> {
    let text = |key: &str, value: &str| ItemValue {
        key: key.to_owned(),
        kind: Some(Kind::Text(value.to_owned())),
    };
    let filter = rows::Filter {
        kind: Some(rows::filter::Kind::Comparison(rows::Comparison {
            operator: rows::comparison::Operator::Prefix.into(),
            value: Some(text("credit_code", "9143")),
        })),
    };
    let request = rows::ReadRowsRequest {
        resource: shared.resource.clone(),
        purpose: Some(purpose(matter)),
        items: vec!["enterprise_name".to_owned(), "credit_code".to_owned()],
        filter: Some(filter),
        limit: 20,
        request_id: new_id(),
        ..rows::ReadRowsRequest::default()
    };
    let mut parts = ExchangeServiceClient::new(platform.channel.clone())
        .read_rows(ask(request))
        .await?
        .into_inner();
    let (mut count, mut last) = (0, None);
    while let Some(message) = parts.message().await? {
        match message.part {
            Some(rows::read_rows_response::Part::Batch(batch)) => count += batch.rows.len(),
            Some(rows::read_rows_response::Part::Receipt(receipt)) => last = Some(receipt),
            None => {}
        }
    }
    Ok((count, last))
}

pub(super) fn purpose(matter: &str) -> Purpose {
    Purpose {
        matter: matter.to_owned(),
        case_number: "SY-2022-000001".to_owned(),
        operator: CLERK.to_owned(),
    }
}

pub(super) fn refused(mut call: Call, status: &Status) -> Call {
    let told = told(status);
    // A refusal by policy names its rule; a fault of the provider comes after a permit.
    call.decision = if told.rule.is_empty() {
        "permit"
    } else {
        "refusal"
    };
    call.rule = told.rule;
    call.result = if told.reason.is_empty() {
        format!("{:?}", status.code())
    } else {
        told.reason
    };
    call.fault = told.fault;
    call.detail = told.next;
    call.index = told.entry.and_then(|entry| i64::try_from(entry).ok());
    call
}
