//! The bureau's own service over the people of the sandbox. Nothing in it is random.

use std::pin::Pin;

use api::provider::v1::ExchangeTicket;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt as _};
use tonic::{Request, Response, Status, Streaming};

use super::Provider;
use super::behaviour::Behaviour;
use crate::insurance as pb;
use crate::insurance::insurance_service_server::InsuranceService;
use crate::people::{Holder, NAMED};

/// Answers under way to a slow reader.
const WAITING: usize = 16;
/// The most payments that one call gives.
const PAYMENTS: i32 = 1_000_000;

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl InsuranceService for Provider {
    type ListPaymentsStream = Answers<pb::Payment>;
    type CheckInsuredStream = Answers<pb::CheckInsuredResponse>;

    async fn get_insured(
        &self,
        request: Request<pb::GetInsuredRequest>,
    ) -> Result<Response<pb::GetInsuredResponse>, Status> {
        self.begin(&request, &request.get_ref().id_number).await?;
        let person = person(&request.get_ref().id_number)?;
        Ok(Response::new(pb::GetInsuredResponse {
            insured: Some(insured(&person)),
            register_version: 7,
        }))
    }

    async fn list_payments(
        &self,
        request: Request<pb::ListPaymentsRequest>,
    ) -> Result<Response<Self::ListPaymentsStream>, Status> {
        let behaviour = self.begin(&request, &request.get_ref().id_number).await?;
        let request = request.into_inner();
        person(&request.id_number)?;
        let most = request.limit.clamp(0, PAYMENTS);
        let payments = (0..most).map(|number| Ok(payment(number)));
        let breaks = behaviour == Behaviour::BreakOff;
        let ending = breaks.then(|| Err(Status::unavailable("the register went away")));
        let taken = if breaks { 3 } else { usize::MAX };
        let all = payments.take(taken).chain(ending);
        Ok(Response::new(Box::pin(tokio_stream::iter(all))))
    }

    async fn report_changes(
        &self,
        request: Request<Streaming<pb::ReportChangesRequest>>,
    ) -> Result<Response<pb::ReportChangesResponse>, Status> {
        self.begin(&request, "changes").await?;
        let mut changes = request.into_inner();
        let mut taken_count = 0;
        while let Some(change) = changes.message().await? {
            person(&change.id_number)?;
            taken_count += 1;
        }
        Ok(Response::new(pb::ReportChangesResponse {
            taken_count,
            clerk: "clerk-rs-0042".to_owned(),
        }))
    }

    async fn check_insured(
        &self,
        request: Request<Streaming<pb::CheckInsuredRequest>>,
    ) -> Result<Response<Self::CheckInsuredStream>, Status> {
        self.begin(&request, "questions").await?;
        let mut questions = request.into_inner();
        let (answers, waiting) = mpsc::channel(WAITING);
        tokio::spawn(async move {
            while let Some(question) = questions.next().await {
                let answer = question.map(|question| {
                    let insured = person(&question.id_number).is_ok();
                    let base = if insured {
                        base(&question.id_number)
                    } else {
                        0
                    };
                    pb::CheckInsuredResponse { insured, base }
                });
                if answers.send(answer).await.is_err() {
                    return;
                }
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(waiting))))
    }
}

impl Provider {
    /// Counts the request by what the gateway says of it, and behaves as it was told to.
    async fn begin<T>(&self, request: &Request<T>, asked_for: &str) -> Result<Behaviour, Status> {
        let text = |key: &str| {
            let value = request.metadata().get(key);
            value
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
        };
        let ticket = ExchangeTicket {
            request_id: text("shuqiao-request-id").to_owned(),
            intent_index: text("shuqiao-intent").parse().unwrap_or_default(),
            grant: text("shuqiao-grant").to_owned(),
            consumer: text("shuqiao-consumer").to_owned(),
            matter: text("shuqiao-matter").to_owned(),
            conformance: false,
        };
        self.conduct.begin(Some(&ticket), asked_for).await
    }
}

fn person(id_number: &str) -> Result<Holder, Status> {
    let found = NAMED.into_iter().find(|holder| holder.code == id_number);
    // A department's own text may well repeat what it was asked.
    found.ok_or_else(|| Status::not_found(format!("{id_number} is not insured")))
}

/// A base that follows from the number, so that every run tells the same.
fn base(id_number: &str) -> i64 {
    let sum: u32 = id_number.bytes().map(u32::from).sum();
    i64::from(3000 + sum)
}

fn payment(number: i32) -> pb::Payment {
    pb::Payment {
        month: 200_001 + (number / 12) * 100 + number % 12,
        amount: 800 + i64::from(number),
        account: format!("6200000000{number:09}"),
    }
}

fn insured(person: &Holder) -> pb::Insured {
    let base = base(&person.code);
    let contribution = |percent: i64| pb::Contribution {
        base,
        employer_share: base * percent / 100,
    };
    pb::Insured {
        id_number: person.code.clone().into_owned(),
        name: person.name.clone().into_owned(),
        address: Some(pb::Address {
            region: "430502".to_owned(),
            street: "测试路1号".to_owned(),
        }),
        contributions: [("pension", 16), ("medical", 8)]
            .map(|(kind, percent)| (kind.to_owned(), contribution(percent)))
            .into(),
        employments: vec![pb::Employment {
            employer_code: crate::people::COMPANY.code.into_owned(),
            employer_name: crate::people::COMPANY.name.into_owned(),
            start_date: "2019-03-01".to_owned(),
        }],
        contact: Some(pb::insured::Contact::Telephone("0739-0000000".to_owned())),
        paid_months: vec![202_201, 202_202, 202_203],
    }
}
