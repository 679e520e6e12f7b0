//! File mode in process: a resource that is shared by file, its provider, and a grant.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use broker::{Failure, FileChunk, FilePart, NewFile, Purpose, ReadFile, Receipt, Stored, Use};
use bytes::Bytes;
use domain::application::Terms;
use domain::caller::Caller;
use domain::file::{Claimed, File, Format, Title};
use domain::grant::Grant;
use domain::name::{FileName, ResourceName};
use domain::resource::{Resource, ShareMode};
use futures_util::stream;
use tokio::time::Instant;

use crate::city;
use crate::databases::Database;
use crate::gateway::{TestGateway, act};
use crate::tables::Tables;

/// A gateway with a resource that is shared by file.
#[derive(Debug)]
pub struct Files {
    /// The gateway and who else there is.
    pub tables: Tables,
    /// The providing system.
    pub provider: Caller,
    /// The resource.
    pub resource: Resource,
    /// The platform's grant on it.
    pub grant: Grant,
}

impl Files {
    /// Registers everything up to a grant.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn start(database: &Database) -> Self {
        let tables = Tables::start(database).await;
        let draft = Resource {
            name: ResourceName::from_id("102001-000091").unwrap(),
            title: "企业登记文件".to_owned(),
            share_modes: vec![ShareMode::File],
            format_class: 2,
            ..tables.resource.clone()
        };
        let resource = tables
            .publish(Resource {
                state: domain::resource::ResourceState::Draft,
                ..draft
            })
            .await;
        let terms = Terms {
            share_modes: vec![ShareMode::File],
            ..city::terms("yjs-platform", &resource)
        };
        let grant = tables.agree_on(terms).await;
        let provider = resource.system.id().to_owned();
        let provider = tables
            .gateway
            .system_caller(&tables.operator, &provider)
            .await;
        Self {
            tables,
            provider,
            resource,
            grant,
        }
    }

    /// The gateway.
    #[must_use]
    pub fn gateway(&self) -> &TestGateway {
        &self.tables.gateway
    }

    /// Where the objects of a file lie.
    #[must_use]
    pub fn objects(&self, name: &FileName) -> PathBuf {
        self.gateway().folder().join("files").join(name.id())
    }

    /// A file that is about to come.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn new_file(&self, size: usize) -> NewFile {
        NewFile {
            resource: self.resource.name.clone(),
            title: Title::parse("名录.csv").unwrap(),
            format: Format::Csv,
            items: Vec::new(),
            size: u64::try_from(size).unwrap(),
            claimed: Claimed::default(),
            until: None,
        }
    }

    /// Begins a file.
    ///
    /// # Errors
    /// As the gateway answers.
    pub async fn begin(&self, new: NewFile) -> Result<Stored<File>, Failure> {
        let request = self.gateway().new_request();
        let beginning = act(&self.provider, &request, "BeginFile");
        self.gateway().begin_file(&beginning, new).await
    }

    /// Uploads chunks.
    ///
    /// # Errors
    /// As the gateway answers.
    pub async fn upload(
        &self,
        name: &FileName,
        chunks: Vec<FileChunk>,
    ) -> Result<Stored<File>, Failure> {
        let deadline = Instant::now() + Duration::from_secs(60);
        let chunks = stream::iter(chunks.into_iter().map(Ok));
        let gateway = Arc::clone(self.gateway());
        gateway
            .receive_file(&self.provider, name, deadline, chunks)
            .await
    }

    /// Completes a file.
    ///
    /// # Errors
    /// As the gateway answers.
    pub async fn complete(&self, name: &FileName) -> Result<Stored<File>, Failure> {
        let request = self.gateway().new_request();
        let completing = act(&self.provider, &request, "CompleteFile");
        self.gateway().complete_file(&completing, name).await
    }

    /// A file that is there.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn put(&self, content: &[u8]) -> File {
        let begun = self.begin(self.new_file(content.len())).await.unwrap();
        let name = begun.value.name;
        self.upload(&name, chunks(content, 0, 64 * 1024))
            .await
            .unwrap();
        self.complete(&name).await.unwrap().value
    }

    /// Reads as the platform: the bytes that came, and how it ended.
    pub async fn read(&self, read: ReadFile) -> (Vec<u8>, Result<Receipt, Failure>) {
        let used = Use {
            caller: self.tables.platform.clone(),
            request_id: self.gateway().new_request(),
            purpose: Purpose {
                matter: city::matter(0).name,
                case_number: "CASE-1".to_owned(),
                operator: None,
            },
            deadline: Instant::now() + Duration::from_secs(60),
            place: None,
        };
        let mut bytes = Vec::new();
        let gateway = Arc::clone(self.gateway());
        let mut reading = match gateway.read_file(used, read).await {
            Ok(reading) => reading,
            Err(failure) => return (bytes, Err(failure)),
        };
        while let Some(part) = reading.recv().await {
            match part {
                Ok(FilePart::Chunk(chunk)) => bytes.extend_from_slice(&chunk.data),
                Ok(FilePart::Receipt(receipt)) => return (bytes, Ok(*receipt)),
                Err(failure) => return (bytes, Err(failure)),
            }
        }
        let reason = domain::reason::Reason::Internal;
        (bytes, Err(Failure::new(reason, "no last part")))
    }
}

/// A read of a whole file.
#[must_use]
pub fn whole(name: &FileName) -> ReadFile {
    ReadFile {
        file: name.clone(),
        offset: 0,
        limit: None,
    }
}

/// The chunks of a content from an offset on.
///
/// # Panics
/// When the offset lies behind the end.
#[must_use]
pub fn chunks(content: &[u8], from: usize, size: usize) -> Vec<FileChunk> {
    let mut offset = from;
    let mut chunks = Vec::new();
    for data in content[from..].chunks(size) {
        chunks.push(FileChunk {
            offset: u64::try_from(offset).unwrap(),
            data: Bytes::copy_from_slice(data),
        });
        offset += data.len();
    }
    chunks
}
