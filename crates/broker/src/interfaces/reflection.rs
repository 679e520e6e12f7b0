//! Asking an endpoint what it serves, by gRPC server reflection (`grpc.reflection.v1`, or `v1alpha` where
//! the server is older), over the line that its data would come on.

use std::time::Duration;

use domain::endpoint::{Endpoint, Protocol};
use domain::fault::Cause;
use domain::interface::reflected::{Question, Reflected};
use domain::interface::{DESCRIPTOR_BYTES, Descriptors};
use domain::name::EndpointId;
use domain::reason::Reason;
use http::uri::PathAndQuery;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::codec::Streaming;
use tonic::{Code, Request, Status};
use tonic_prost::ProstCodec;
use tonic_reflection::pb::v1 as pb;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

use super::Unread;
use crate::connections::{Line, ProviderFault};
use crate::failure::Failure;
use crate::gateway::Gateway;

/// What a request names the endpoint by in its faults.
pub(super) const FIELD: &str = "interface.reflected_from";
/// All questions together may take so long.
const WITHIN: Duration = Duration::from_secs(5);
/// The files of one answer, and what is around them.
const ANSWER_BYTES: usize = DESCRIPTOR_BYTES + 64 * 1024;
/// The messages of both versions are the same on the wire, so one type serves for both.
const VERSIONS: [&str; 2] = [
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];

impl Gateway {
    /// What a registered endpoint tells of its own services. It is asked within 5 seconds or not at all.
    ///
    /// # Errors
    /// A fault of `interface.reflected_from` or `interface.document_path`, or one of the provider's reasons.
    pub(crate) async fn reflect(&self, name: &EndpointId) -> Result<Descriptors, Failure> {
        let unfit = |cause: &Cause| Failure::field(FIELD, cause);
        let endpoint = self.telling(name)?;
        must_reflect(&endpoint.protocol)?;
        let told = tokio::time::timeout(WITHIN, self.ask_reflection(&endpoint)).await;
        match told {
            Ok(Ok(descriptors)) => Ok(descriptors),
            Ok(Err(Unread::Unfit(cause))) => Err(unfit(&cause)),
            Ok(Err(Unread::Fault(fault))) => Err(fault.into()),
            Err(_) => Err(Failure::new(
                Reason::ProviderTimeout,
                "the endpoint did not tell all its files within 5 seconds",
            )),
        }
    }

    async fn ask_reflection(&self, endpoint: &Endpoint) -> Result<Descriptors, Unread> {
        let line = self.connections.line(endpoint)?;
        let _place = line.places.enter(&endpoint.system)?;
        let (mut talk, first) = Talk::begin(&line).await?;
        let MessageResponse::ListServicesResponse(listed) = first else {
            return Err(misunderstood().into());
        };
        let listed = listed.service.into_iter().map(|service| service.name);
        let mut reflected = Reflected::of(listed)?;
        while let Some(question) = reflected.next() {
            match talk.ask(wire(&question)).await? {
                MessageResponse::FileDescriptorResponse(files) => {
                    reflected.take(&question, files.file_descriptor_proto)?;
                }
                // Its own sentence could hold anything.
                MessageResponse::ErrorResponse(_) => {
                    return Err(Reflected::unanswered(&question).into());
                }
                _ => return Err(misunderstood().into()),
            }
        }
        self.connections.check_peer(&line, endpoint)?;
        Ok(reflected.finish()?)
    }
}

fn must_reflect(protocol: &Protocol) -> Result<(), Failure> {
    match protocol {
        Protocol::Grpc => Ok(()),
        Protocol::HttpJson => {
            let message = "say at which path the endpoint serves its document, such as /openapi.json or \
                /v3/api-docs, or send openapi";
            let cause = Cause::new("REQUIRED", message);
            Err(Failure::field(super::document::FIELD, &cause))
        }
        Protocol::Sql(_)
        | Protocol::NetworkIdentity
        | Protocol::CertificateLibrary(_)
        | Protocol::FileDrop(_) => {
            let message = "only an endpoint of the protocol GRPC or HTTP_JSON tells its services; send \
                descriptor_set or openapi";
            Err(Failure::field(FIELD, &Cause::new("NOT_GRPC", message)))
        }
    }
}

/// One conversation: a question, its answer, the next question.
struct Talk {
    questions: mpsc::Sender<pb::ServerReflectionRequest>,
    answers: Streaming<pb::ServerReflectionResponse>,
}

impl Talk {
    /// Asks for the list of services in the newest version that the endpoint speaks.
    async fn begin(line: &Line) -> Result<(Self, MessageResponse), Unread> {
        for path in VERSIONS {
            match Self::begin_in(line, path).await {
                Ok((talk, answer)) => return Ok((talk, meaning(answer)?)),
                Err(status) if unserved(&status) => {}
                Err(status) => return Err(fault(&status)),
            }
        }
        let message = "the endpoint serves neither grpc.reflection.v1 nor v1alpha; turn reflection on in its \
            server, or send descriptor_set";
        Err(Cause::new("NO_REFLECTION", message).into())
    }

    async fn begin_in(
        line: &Line,
        path: &'static str,
    ) -> Result<(Self, pb::ServerReflectionResponse), Status> {
        let (questions, outgoing) = mpsc::channel(1);
        // Before the call: a server may keep its head back until it has seen a question.
        let first = question(MessageRequest::ListServices("*".to_owned()));
        let _ = questions.try_send(first);
        let mut client =
            tonic::client::Grpc::new(line.channel.clone()).max_decoding_message_size(ANSWER_BYTES);
        client
            .ready()
            .await
            .map_err(|error| Status::from_error(Box::new(error)))?;
        let mut request = Request::new(ReceiverStream::new(outgoing));
        request.set_timeout(WITHIN);
        let path = PathAndQuery::from_static(path);
        let answered = client
            .streaming(request, path, ProstCodec::default())
            .await?;
        let mut answers = answered.into_inner();
        let answer = answers.message().await?;
        let answer = answer.ok_or_else(|| Status::unimplemented("it ended unasked"))?;
        Ok((Self { questions, answers }, answer))
    }

    async fn ask(&mut self, wanted: MessageRequest) -> Result<MessageResponse, Unread> {
        // Where nobody takes it any more, the answer says why.
        let _ = self.questions.send(question(wanted)).await;
        match self.answers.message().await {
            Ok(Some(answer)) => Ok(meaning(answer)?),
            Ok(None) => Err(ProviderFault::bad_answer("the endpoint ended its reflection").into()),
            Err(status) => Err(fault(&status)),
        }
    }
}

fn question(wanted: MessageRequest) -> pb::ServerReflectionRequest {
    pb::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(wanted),
    }
}

fn wire(question: &Question) -> MessageRequest {
    match question {
        Question::Service(name) => MessageRequest::FileContainingSymbol(name.clone()),
        Question::File(name) => MessageRequest::FileByFilename(name.clone()),
    }
}

fn meaning(answer: pb::ServerReflectionResponse) -> Result<MessageResponse, ProviderFault> {
    answer.message_response.ok_or_else(misunderstood)
}

fn misunderstood() -> ProviderFault {
    ProviderFault::bad_answer("the endpoint answered another question of reflection")
}

/// The endpoint itself says that it has no such method.
fn unserved(status: &Status) -> bool {
    status.code() == Code::Unimplemented && std::error::Error::source(status).is_none()
}

fn fault(status: &Status) -> Unread {
    // What this side says of a message over its limit.
    if status.code() == Code::OutOfRange {
        let message = format!(
            "the endpoint sent more than {ANSWER_BYTES} bytes at once; send a descriptor set without comments"
        );
        return Cause::new("TOO_LARGE", message).into();
    }
    ProviderFault::from_status(status).into()
}
