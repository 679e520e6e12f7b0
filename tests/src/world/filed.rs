//! File mode over the wire: a provider that leaves files, and a platform that fetches them.

use api::catalogue::v1 as catalogue;
use api::exchange::v1 as pb;
use api::sharing::v1 as sharing;
use api::value::v1::Receipt;
use futures_util::stream;
use tonic::Status;

use super::story::{agree, publish};
use super::terms::{COMPETENT, PLATFORM, application, purpose, wire_resource};
use super::{Client, World, ask, new_id};
use crate::folder::Folder;

/// A provider without a server of its own, whose files are granted to the platform.
#[derive(Debug)]
pub struct Filed {
    /// The world it plays in.
    pub world: World,
    /// The consumer.
    pub platform: Client,
    /// The provider.
    pub provider: Client,
    /// Somebody who sees all evidence.
    pub auditor: Client,
    /// An officer of the provider's department.
    pub owner: Client,
    /// Who publishes for the competent department.
    pub publisher: Client,
    /// Who applies for the platform.
    pub applicant: Client,
    /// What is shared.
    pub resource: catalogue::Resource,
    /// What was agreed.
    pub grant: sharing::Grant,
}

impl Filed {
    /// Spreadsheets of firms.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn start() -> Self {
        let world = World::start().await;
        let platform = world.enrol_system(PLATFORM).await;
        let provider = world.enrol_system("enterprise-registry").await;
        let owner = world.enrol_officer("市市场监管局", "wang").await;
        let publisher = world.enrol_officer(COMPETENT, "li").await;
        let applicant = world.enrol_officer(COMPETENT, "zhang").await;
        let auditor = world.enrol_auditor("audit").await;
        let resource = resource("resources/102001-000091");
        publish(&owner, &publisher, &resource).await;
        let grant = agree(&applicant, &owner, application(&resource)).await;
        Self {
            world,
            platform,
            provider,
            auditor,
            owner,
            publisher,
            applicant,
            resource,
            grant,
        }
    }

    /// Everybody comes back, with the certificate that they have, after the program ended.
    pub async fn again(self, end: impl FnOnce(World) -> Folder) -> Self {
        let world = World::open(end(self.world)).await;
        Self {
            platform: world.connect(self.platform.identity).await,
            provider: world.connect(self.provider.identity).await,
            auditor: world.connect(self.auditor.identity).await,
            owner: world.connect(self.owner.identity).await,
            publisher: world.connect(self.publisher.identity).await,
            applicant: world.connect(self.applicant.identity).await,
            resource: self.resource,
            grant: self.grant,
            world,
        }
    }

    /// A file of the granted items that is in order.
    ///
    /// # Panics
    /// When it is larger than a number can say.
    #[must_use]
    pub fn file(&self, size: usize) -> pb::File {
        pb::File {
            resource: self.resource.name.clone(),
            display_name: "企业名录.csv".to_owned(),
            content_type: "text/csv".to_owned(),
            size: i64::try_from(size).unwrap(),
            items: self.grant.items.clone(),
            ..pb::File::default()
        }
    }

    /// Begins a file.
    ///
    /// # Errors
    /// As the gateway answers.
    pub async fn begin(&self, file: pb::File) -> Result<pb::File, Status> {
        let request = pb::BeginFileRequest {
            file: Some(file),
            request_id: new_id(),
        };
        let begun = self.provider.files().begin_file(ask(request)).await?;
        Ok(begun.into_inner())
    }

    /// Uploads a content from an offset on, in chunks of this size.
    ///
    /// # Errors
    /// As the gateway answers.
    pub async fn upload(
        &self,
        name: &str,
        content: &[u8],
        from: usize,
        chunk: usize,
    ) -> Result<pb::File, Status> {
        let messages = messages(name, content, from, chunk);
        self.send(messages).await
    }

    /// Sends messages of an upload.
    ///
    /// # Errors
    /// As the gateway answers.
    pub async fn send(&self, messages: Vec<pb::UploadFileRequest>) -> Result<pb::File, Status> {
        let messages = ask(stream::iter(messages));
        let kept = self.provider.files().upload_file(messages).await?;
        Ok(kept.into_inner())
    }

    /// Completes a file.
    ///
    /// # Errors
    /// As the gateway answers.
    pub async fn complete(&self, name: &str) -> Result<pb::File, Status> {
        let request = pb::CompleteFileRequest {
            name: name.to_owned(),
            request_id: new_id(),
        };
        let done = self.provider.files().complete_file(ask(request)).await?;
        Ok(done.into_inner())
    }

    /// A file that is there.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn put(&self, content: &[u8]) -> pb::File {
        let begun = self.begin(self.file(content.len())).await.unwrap();
        self.upload(&begun.name, content, 0, 200 * 1024)
            .await
            .unwrap();
        self.complete(&begun.name).await.unwrap()
    }

    /// Looks at a file.
    ///
    /// # Errors
    /// As the gateway answers.
    pub async fn get(&self, who: &Client, name: &str) -> Result<pb::File, Status> {
        let request = pb::GetFileRequest {
            name: name.to_owned(),
        };
        Ok(who.files().get_file(ask(request)).await?.into_inner())
    }

    /// The names of the files of the resource that somebody sees.
    ///
    /// # Panics
    /// When they cannot be listed.
    pub async fn list(&self, who: &Client) -> Vec<String> {
        let request = pb::ListFilesRequest {
            resource: self.resource.name.clone(),
            ..pb::ListFilesRequest::default()
        };
        let page = who.files().list_files(ask(request)).await.unwrap();
        let files = page.into_inner().files;
        files.into_iter().map(|file| file.name).collect()
    }

    /// A read that is in order.
    #[must_use]
    pub fn read_request(&self, name: &str, offset: i64) -> pb::ReadFileRequest {
        pb::ReadFileRequest {
            name: name.to_owned(),
            purpose: Some(purpose()),
            offset,
            limit: 0,
            request_id: new_id(),
        }
    }

    /// Reads as the platform: the bytes that came, and how it ended.
    pub async fn read(&self, request: pb::ReadFileRequest) -> (Vec<u8>, Result<Receipt, Status>) {
        use pb::read_file_response::Part;
        let mut bytes = Vec::new();
        let mut parts = match self.platform.files().read_file(ask(request.clone())).await {
            Ok(answer) => answer.into_inner(),
            Err(status) => return (bytes, Err(status)),
        };
        loop {
            match parts.message().await {
                Err(status) => return (bytes, Err(status)),
                Ok(message) => match message.and_then(|message| message.part) {
                    Some(Part::Chunk(chunk)) => {
                        let place = request.offset + i64::try_from(bytes.len()).unwrap();
                        assert_eq!(chunk.offset, place);
                        bytes.extend_from_slice(&chunk.data);
                    }
                    Some(Part::Receipt(receipt)) => return (bytes, Ok(receipt)),
                    None => return (bytes, Err(Status::internal("no receipt"))),
                },
            }
        }
    }
}

/// A draft of a resource that is shared by file.
#[must_use]
pub fn resource(name: &str) -> catalogue::Resource {
    catalogue::Resource {
        name: name.to_owned(),
        share_modes: vec![catalogue::ShareMode::File.into()],
        certificate_type: String::new(),
        format_class: 2,
        ..wire_resource("enterprise-registrations")
    }
}

/// The messages of an upload.
///
/// # Panics
/// When the offset lies behind the end.
#[must_use]
pub fn messages(
    name: &str,
    content: &[u8],
    from: usize,
    chunk: usize,
) -> Vec<pb::UploadFileRequest> {
    let mut offset = i64::try_from(from).unwrap();
    let mut messages = Vec::new();
    for data in content[from..].chunks(chunk) {
        messages.push(pb::UploadFileRequest {
            name: name.to_owned(),
            offset,
            data: data.to_vec().into(),
        });
        offset += i64::try_from(data.len()).unwrap();
    }
    messages
}
