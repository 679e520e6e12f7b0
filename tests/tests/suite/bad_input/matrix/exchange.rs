//! Rows, files, and the dry run of either.

use api::catalogue::v1 as catalogue;
use api::exchange::v1 as exchange;
use kit::world::story::{self, Story};
use kit::world::terms::{self, PLATFORM, application};
use kit::world::{ask, new_id};

use super::Role::{Auditor, Operator, Owner, Platform, Provider};
use super::{PARTIES, Row, SYSTEMS, Things, resource, row};

impl Things {
    /// Who may read rows, and ask whether somebody might.
    pub(super) fn rows_of_tables(&self) -> Vec<Row> {
        let story = &self.story;
        let question = exchange::ExplainRequest {
            consumer: format!("systems/{PLATFORM}"),
            target: Some(exchange::explain_request::Target::Resource(
                story.resource.name.clone(),
            )),
            purpose: Some(terms::purpose()),
            ..exchange::ExplainRequest::default()
        };
        vec![
            row("exchange.v1.ExchangeService/Explain", &question, &PARTIES),
            row(
                "exchange.v1.ExchangeService/ReadRows",
                &story.read_request(1),
                &SYSTEMS,
            ),
        ]
    }

    /// Who may leave files, see them and take them.
    pub(super) fn files(&self) -> Vec<Row> {
        let [coming, there] = &self.files;
        let begin = exchange::BeginFileRequest {
            file: Some(new_file(&coming.resource)),
            request_id: new_id(),
        };
        let chunk = exchange::UploadFileRequest {
            name: coming.name.clone(),
            offset: 0,
            data: b"a,b".to_vec().into(),
        };
        let complete = exchange::CompleteFileRequest {
            name: coming.name.clone(),
            request_id: new_id(),
        };
        let get = exchange::GetFileRequest {
            name: there.name.clone(),
        };
        let read = exchange::ReadFileRequest {
            name: there.name.clone(),
            purpose: Some(terms::purpose()),
            request_id: new_id(),
            ..exchange::ReadFileRequest::default()
        };
        let delete = exchange::DeleteFileRequest {
            name: coming.name.clone(),
            request_id: new_id(),
            etag: String::new(),
        };
        let keep = [Operator, Auditor, Owner, Platform, Provider];
        vec![
            row("exchange.v1.FileService/BeginFile", &begin, &[Provider]),
            row("exchange.v1.FileService/UploadFile", &chunk, &[Provider]),
            row(
                "exchange.v1.FileService/CompleteFile",
                &complete,
                &[Provider],
            ),
            row("exchange.v1.FileService/GetFile", &get, &keep),
            row("exchange.v1.FileService/ReadFile", &read, &SYSTEMS),
            row(
                "exchange.v1.FileService/DeleteFile",
                &delete,
                &[Owner, Provider],
            ),
        ]
    }
}

fn new_file(resource: &str) -> exchange::File {
    exchange::File {
        resource: resource.to_owned(),
        display_name: "名录.csv".to_owned(),
        content_type: "text/csv".to_owned(),
        items: vec!["registration_number".to_owned()],
        size: 3,
        ..exchange::File::default()
    }
}

/// Files of a resource that is granted to the platform.
pub(super) async fn make_files(story: &Story) -> [exchange::File; 2] {
    let shared = catalogue::Resource {
        certificate_type: String::new(),
        share_modes: vec![catalogue::ShareMode::File.into()],
        format_class: 2,
        ..resource("resources/105001-000094")
    };
    story::publish(&story.owner, &story.publisher, &shared).await;
    story::agree(&story.applicant, &story.owner, application(&shared)).await;
    let begin = async || {
        let request = exchange::BeginFileRequest {
            file: Some(new_file(&shared.name)),
            request_id: new_id(),
        };
        let mut files = story.provider.client.files();
        files.begin_file(ask(request)).await.unwrap().into_inner()
    };
    let ids = sandbox::files::RequestIds {
        begin: new_id(),
        complete: new_id(),
    };
    let provider = story.provider.client.channel();
    let there = sandbox::files::leave(provider, new_file(&shared.name), b"a,b", ids);
    [begin().await, there.await.unwrap()]
}
