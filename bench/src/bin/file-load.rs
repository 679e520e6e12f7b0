//! What file mode carries: one large file into a running demo gateway and out of it again.
//!
//! One JSON line comes out: MB a second and CPU seconds of the gateway each way, and the most memory it
//! ever held before, between and after. This side makes the bytes and compares their SHA-256.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use api::catalogue::v1::ShareMode;
use api::exchange::v1 as exchange;
use api::exchange::v1::file::State;
use api::exchange::v1::file_service_client::FileServiceClient;
use api::exchange::v1::read_file_response::Part;
use api::value::v1::Purpose;
use bench::Error;
use bench::demo::{MATTER, ask, channel, new_id, resource};
use bench::proc::{cpu_seconds, peak_mib};
use clap::Parser;
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;
use tonic::transport::Channel;

/// Bytes of one message.
const CHUNK: usize = 256 * 1024;
/// An archive begins so, and ends so when its list is empty.
const HEAD: &[u8] = b"PK\x03\x04";
const END: &[u8] = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

/// Leave a file with a running demo gateway, fetch it, and print what it cost.
#[derive(Debug, Parser)]
struct Options {
    /// Host and port of the gateway.
    #[arg(long)]
    server: String,
    /// Its data folder.
    #[arg(long)]
    data: PathBuf,
    /// Process whose CPU time and memory are read.
    #[arg(long)]
    pid: u32,
    /// MiB of the file.
    #[arg(long, default_value_t = 1024)]
    mib: u32,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let options = Options::parse();
    // The first provider installed is the one for all.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let of = |who: &str| options.data.join("clients").join(who);
    let provider = channel(&options.server, &of("enterprise-registry")).await?;
    let platform = channel(&options.server, &of("yjs-platform")).await?;
    let size = i64::from(options.mib) * 1024 * 1024;

    let memory_before = peak_mib(options.pid)?;
    let cpu = cpu_seconds(options.pid)?;
    let begun = Instant::now();
    let file = leave(provider, size).await?;
    let (put, put_cpu) = (begun.elapsed(), cpu_seconds(options.pid)? - cpu);
    let memory_between = peak_mib(options.pid)?;

    let cpu = cpu_seconds(options.pid)?;
    let begun = Instant::now();
    fetch(platform, &file).await?;
    let (got, got_cpu) = (begun.elapsed(), cpu_seconds(options.pid)? - cpu);
    let rate = |took: Duration| (f64::from(options.mib) * 1.048_576 / took.as_secs_f64()).round();
    let report = serde_json::json!({
        "mib": options.mib,
        "upload_mb_per_s": rate(put),
        "upload_cpu_s": put_cpu,
        "download_mb_per_s": rate(got),
        "download_cpu_s": got_cpu,
        "peak_mib": [memory_before, memory_between, peak_mib(options.pid)?],
    });
    writeln!(std::io::stdout(), "{report}")?;
    Ok(())
}

async fn leave(channel: Channel, size: i64) -> Result<exchange::File, Error> {
    let mut client = FileServiceClient::new(channel.clone());
    let file = exchange::File {
        resource: resource(channel, ShareMode::File, |_| true).await?.name,
        display_name: "bench.zip".to_owned(),
        content_type: "application/zip".to_owned(),
        size,
        ..exchange::File::default()
    };
    let begin = exchange::BeginFileRequest {
        file: Some(file),
        request_id: new_id(),
    };
    let mut file = client.begin_file(ask(begin)).await?.into_inner();
    while file.received_size < size {
        let before = file.received_size;
        let sent = client.upload_file(ask(chunks(&file))).await;
        let name = file.name.clone();
        let get = exchange::GetFileRequest { name };
        file = client.get_file(ask(get)).await?.into_inner();
        // A minute was not enough for all of it; what came is kept.
        if file.received_size == before {
            return Err(sent.map_or_else(Into::into, |_| "nothing came".into()));
        }
    }
    let complete = exchange::CompleteFileRequest {
        name: file.name,
        request_id: new_id(),
    };
    let file = client.complete_file(ask(complete)).await?.into_inner();
    if file.state() != State::Visible {
        return Err("the file is not visible".into());
    }
    Ok(file)
}

/// What is missing of the file, made as it is sent.
fn chunks(
    file: &exchange::File,
) -> tokio_stream::Iter<impl Iterator<Item = exchange::UploadFileRequest> + Send + use<>> {
    let (name, size) = (file.name.clone(), file.size);
    let mut offset = file.received_size;
    tokio_stream::iter(std::iter::from_fn(move || {
        let left = usize::try_from(size - offset)
            .ok()
            .filter(|left| *left > 0)?;
        let data = piece(offset, left.min(CHUNK), size);
        let message = exchange::UploadFileRequest {
            name: name.clone(),
            offset,
            data: data.into(),
        };
        offset += i64::try_from(message.data.len()).ok()?;
        Some(message)
    }))
}

/// Bytes that are the same for the same place, between the marks of an archive.
fn piece(offset: i64, length: usize, size: i64) -> Vec<u8> {
    let seed = offset.to_le_bytes();
    let mut bytes: Vec<u8> = seed.into_iter().cycle().take(length).collect();
    let end = offset + i64::try_from(length).unwrap_or_default();
    if offset == 0 {
        bytes.splice(..HEAD.len(), HEAD.iter().copied());
    }
    if end == size {
        let start = length.saturating_sub(END.len());
        bytes.splice(start.., END.iter().copied());
    }
    bytes
}

async fn fetch(channel: Channel, file: &exchange::File) -> Result<(), Error> {
    let mut client = FileServiceClient::new(channel);
    let (mut offset, mut digest) = (0, Sha256::new());
    while offset < file.size {
        let request = exchange::ReadFileRequest {
            name: file.name.clone(),
            purpose: Some(Purpose {
                matter: MATTER.to_owned(),
                case_number: "BENCH-1".to_owned(),
                operator: "window-01".to_owned(),
            }),
            offset,
            limit: 0,
            request_id: new_id(),
        };
        let before = offset;
        let mut parts = client.read_file(ask(request)).await?.into_inner();
        let ended = loop {
            match parts.message().await {
                Ok(Some(message)) => {
                    if let Some(Part::Chunk(chunk)) = message.part {
                        digest.update(&chunk.data);
                        offset += i64::try_from(chunk.data.len())?;
                    }
                }
                Ok(None) => break Ok(()),
                Err(status) => break Err(status),
            }
        };
        if offset == before {
            ended?;
        }
    }
    let found = domain::subject::hex(&digest.finalize());
    if found != file.sha256 {
        return Err("other bytes came than were left".into());
    }
    Ok(())
}
