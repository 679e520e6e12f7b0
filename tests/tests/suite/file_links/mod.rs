//! The file of a certificate by link: made for one use with a mark in it, kept for minutes, given out once.

mod command;
mod ends;
mod faults;
mod rights;
mod story;

use api::certificate::v1 as pb;
use api::certificate::v1::create_certificate_file_link_request::Key;
use http::Method;
use kit::world::json::{Http, Reply, Speaks};
use kit::world::terms::purpose;
use kit::world::{Client, World, ask, new_id};
use sandbox::people::Holder;
use tonic::{Response, Status};

/// A request that is in order.
fn request(
    certificate_type: &str,
    holder: &Holder,
    format: pb::CertificateFileFormat,
) -> pb::CreateCertificateFileLinkRequest {
    pb::CreateCertificateFileLinkRequest {
        certificate_type: certificate_type.to_owned(),
        key: Some(Key::Holder(holder.to_wire())),
        purpose: Some(purpose()),
        format: format.into(),
        request_id: new_id(),
        authorisation: None,
    }
}

async fn create(
    client: &Client,
    request: pb::CreateCertificateFileLinkRequest,
) -> Result<Response<pb::CreateCertificateFileLinkResponse>, Status> {
    let mut files = client.certificate_files();
    files.create_certificate_file_link(ask(request)).await
}

/// Fetches a path as a client, over HTTP/1.1 as the simplest of them do.
async fn get(world: &World, client: &Client, uri: &str, range: &str) -> Reply {
    let mut open = Http::open(&world.gateway, Some(&client.identity), Speaks::Http1).await;
    let headers = [("range", range)];
    let headers = if range.is_empty() { &[][..] } else { &headers };
    open.send(Method::GET, uri, headers, "").await
}

/// What a refusal in JSON says.
fn reason(reply: &Reply) -> String {
    let body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
    body["details"][0]["reason"].as_str().unwrap().to_owned()
}
