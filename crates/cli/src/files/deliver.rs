//! A file on its way to the gateway: begun, carried over as often as the line breaks, completed.

use std::io::SeekFrom;
use std::path::Path;

use api::exchange::v1::file::State;
use api::exchange::v1::{BeginFileRequest, CompleteFileRequest, File, UploadFileRequest};
use tokio::io::AsyncSeekExt as _;
use tokio::task::JoinHandle;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::local::{CHUNK, fill, open};
use super::{DEADLINE, IN_VAIN, client, goes_on, look_at};
use crate::Failure;
use crate::connection::Connection;

/// Why a file is not with the gateway.
pub(super) enum Undelivered {
    /// The gateway said no, or the line broke.
    Told(Status),
    /// The line broke after so much of the file.
    Broken(Status, Box<File>),
    /// It cannot be read here.
    Unread(Failure),
}

impl From<Status> for Undelivered {
    fn from(status: Status) -> Self {
        Self::Told(status)
    }
}

impl From<Undelivered> for Failure {
    fn from(undelivered: Undelivered) -> Self {
        match undelivered {
            Undelivered::Told(status) => status.into(),
            Undelivered::Unread(failure) => failure,
            Undelivered::Broken(status, file) => {
                let Self::Message(message) = Self::from(status) else {
                    return Self::Message(format!("go on with: --resume {}", file.name));
                };
                let (received, size, name) = (file.received_size, file.size, &file.name);
                Self::Message(format!(
                    "{message}\n  {received} of {size} bytes are kept; go on with: --resume {name}"
                ))
            }
        }
    }
}

/// Says what is about to come.
pub(super) async fn begin(
    connection: &Connection,
    file: File,
    request_id: String,
) -> Result<File, Undelivered> {
    let request = BeginFileRequest {
        file: Some(file),
        request_id,
    };
    let begun = client(connection)
        .begin_file(connection.ask(request))
        .await?;
    Ok(begun.into_inner())
}

/// Carries over what is missing of a file that was begun, and completes it.
pub(super) async fn carry(
    connection: &Connection,
    path: &Path,
    mut file: File,
    request_id: String,
) -> Result<File, Undelivered> {
    let mut in_vain = 0;
    while file.received_size < file.size && file.state() == State::Receiving {
        let (chunks, reading) = chunks(path, &file).await.map_err(Undelivered::Unread)?;
        let sent = client(connection)
            .upload_file(Connection::ask_for(chunks, DEADLINE))
            .await;
        if let Ok(Err(error)) = reading.await {
            let text = format!("{} cannot be read further: {error}", path.display());
            return Err(Undelivered::Unread(Failure::Message(text)));
        }
        let now = look_at(connection, &file.name).await?;
        in_vain = if now.received_size > file.received_size {
            0
        } else {
            in_vain + 1
        };
        file = now;
        if let Err(status) = sent
            && (!goes_on(&status) || in_vain >= IN_VAIN)
        {
            return Err(Undelivered::Broken(status, Box::new(file)));
        }
    }
    if file.state() == State::Receiving {
        let request = CompleteFileRequest {
            name: file.name.clone(),
            request_id,
        };
        let asked = Connection::ask_for(request, DEADLINE);
        file = client(connection).complete_file(asked).await?.into_inner();
    }
    Ok(file)
}

/// What is missing, read as it is sent, and how the reading ended.
async fn chunks(
    path: &Path,
    file: &File,
) -> Result<
    (
        impl Stream<Item = UploadFileRequest> + Send + 'static,
        JoinHandle<std::io::Result<()>>,
    ),
    Failure,
> {
    let mut local = open(path).await?;
    let mut offset = file.received_size;
    let start = u64::try_from(offset).unwrap_or_default();
    local.seek(SeekFrom::Start(start)).await?;
    let name = file.name.clone();
    let size = file.size;
    let (sender, receiver) = tokio::sync::mpsc::channel(4);
    let reading = tokio::spawn(async move {
        loop {
            let mut piece = vec![0; CHUNK];
            let read = fill(&mut local, &mut piece).await?;
            if read == 0 && offset < size {
                // It is shorter than it was when it was begun.
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            piece.truncate(read);
            let message = UploadFileRequest {
                name: name.clone(),
                offset,
                data: piece.into(),
            };
            // Nobody takes it any more: the gateway says why.
            if read == 0 || sender.send(message).await.is_err() {
                return Ok(());
            }
            offset = offset.saturating_add(i64::try_from(read).unwrap_or(i64::MAX));
        }
    });
    Ok((ReceiverStream::new(receiver), reading))
}
