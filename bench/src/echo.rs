//! The echo backend: a bare tonic server over mutual TLS, with nothing behind it.

use std::sync::Arc;

use bytes::{BufMut as _, Bytes, BytesMut};
use prost::Message;
use sandbox::identity::Identity;
use tokio::net::TcpListener;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Certificate, Server, ServerTlsConfig};
use tonic::{Request, Response, Status};

use crate::Error;

/// The generated types of `bench/proto/echo.proto`.
pub mod v1 {
    #![expect(
        missing_docs,
        clippy::allow_attributes,
        clippy::allow_attributes_without_reason,
        clippy::pedantic,
        clippy::too_many_lines,
        reason = "tonic writes what it writes"
    )]
    tonic::include_proto!("bench.echo.v1");
}

use v1::echo_service_server::{EchoService, EchoServiceServer};

/// The descriptor set of the echo service: what a provider would register with the gateway.
pub const DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/echo.bin"));

/// The full name of the service.
pub const SERVICE: &str = "bench.echo.v1.EchoService";

/// The path of the unary method.
pub const ECHO: &str = "/bench.echo.v1.EchoService/Echo";

/// The path of the streaming method.
pub const STREAM: &str = "/bench.echo.v1.EchoService/Stream";

/// The most records that one stream may ask for.
const MOST_RECORDS: u32 = 100_000;

/// Connections of a proxy carry at most so many calls at once; more than any measured load needs.
const STREAMS: u32 = 1024;

/// Serves the echo service until the process ends.
///
/// # Errors
/// When the identity cannot be used, or the listener breaks.
pub async fn serve(identity: &Identity, listener: TcpListener) -> Result<(), Error> {
    let tls = ServerTlsConfig::new()
        .identity(tonic::transport::Identity::from_pem(
            &identity.certificate_pem,
            &identity.key_pem,
        ))
        .client_ca_root(Certificate::from_pem(&identity.authority_pem));
    // The gateway takes an endpoint for alive when its health check says so.
    let (health, health_service) = tonic_health::server::health_reporter();
    health
        .set_service_status(SERVICE, tonic_health::ServingStatus::Serving)
        .await;
    Server::builder()
        .tls_config(tls)?
        .max_concurrent_streams(STREAMS)
        .add_service(health_service)
        .add_service(EchoServiceServer::new(Echo::new()))
        .serve_with_incoming(TcpIncoming::from(listener).with_nodelay(Some(true)))
        .await?;
    Ok(())
}

/// A message as it travels: one byte that says "not compressed", its length, its bytes.
pub fn framed(message: &impl Message) -> Bytes {
    let body = message.encode_to_vec();
    let mut frame = BytesMut::with_capacity(5 + body.len());
    frame.put_u8(0);
    // A message of the bench is far below 4 GiB.
    frame.put_u32(u32::try_from(body.len()).unwrap_or(u32::MAX));
    frame.put_slice(&body);
    frame.freeze()
}

// === the service ===

#[derive(Debug)]
struct Echo {
    record: v1::EchoResponse,
    wide: Arc<v1::StreamResponse>,
}

impl Echo {
    fn new() -> Self {
        Self {
            record: record(),
            wide: Arc::new(wide_record()),
        }
    }
}

type Wide = Box<dyn Iterator<Item = Result<v1::StreamResponse, Status>> + Send>;

#[tonic::async_trait]
impl EchoService for Echo {
    async fn echo(
        &self,
        request: Request<v1::EchoRequest>,
    ) -> Result<Response<v1::EchoResponse>, Status> {
        Ok(Response::new(v1::EchoResponse {
            code: request.into_inner().code,
            ..self.record.clone()
        }))
    }

    type StreamStream = tokio_stream::Iter<Wide>;

    async fn stream(
        &self,
        request: Request<v1::StreamRequest>,
    ) -> Result<Response<Self::StreamStream>, Status> {
        let records = request.into_inner().records;
        if !(1..=MOST_RECORDS).contains(&records) {
            return Err(Status::invalid_argument("records: 1 to 100000"));
        }
        let wide = Arc::clone(&self.wide);
        let all: Wide = Box::new((0..records).map(move |_| Ok((*wide).clone())));
        Ok(Response::new(tokio_stream::iter(all)))
    }
}

fn record() -> v1::EchoResponse {
    v1::EchoResponse {
        code: String::new(),
        name: "邵阳市某某商贸有限责任公司".to_owned(),
        kind: "有限责任公司（自然人投资或控股）".to_owned(),
        address: "湖南省邵阳市大祥区某某街道某某路一百号一栋二单元三层".to_owned(),
        scope: "日用百货、五金交电、办公用品、建筑材料的批发与零售；普通货物道路运输；仓储服务"
            .to_owned(),
        capital: 5_000_000,
        founded: "2018-03-15".to_owned(),
        valid_until: "2048-03-14".to_owned(),
        authority: "邵阳市市场监督管理局".to_owned(),
        trading: true,
    }
}

fn wide_record() -> v1::StreamResponse {
    let text = || "0123456789".repeat(20);
    v1::StreamResponse {
        item_01: text(),
        item_02: text(),
        item_03: text(),
        item_04: text(),
        item_05: text(),
        item_06: text(),
        item_07: text(),
        item_08: text(),
        item_09: text(),
        item_10: text(),
        item_11: text(),
        item_12: text(),
        item_13: text(),
        item_14: text(),
        item_15: text(),
        item_16: text(),
        item_17: text(),
        item_18: text(),
        item_19: text(),
        item_20: text(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_records_have_the_sizes_that_the_readme_names() {
        assert!((300..=500).contains(&record().encoded_len()));
        assert!((4000..=4200).contains(&wide_record().encoded_len()));
    }

    #[test]
    fn a_frame_is_a_zero_the_length_and_the_message() {
        let message = v1::EchoRequest {
            code: "abc".to_owned(),
        };
        assert_eq!(&framed(&message)[..], b"\0\0\0\0\x05\x0a\x03abc");
    }
}
