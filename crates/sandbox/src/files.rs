//! Synthetic files, and how a department leaves one with the gateway: the worked example of file mode.

use api::exchange::v1 as pb;
use api::exchange::v1::file_service_client::FileServiceClient;
use tokio_stream::StreamExt as _;
use tonic::Status;
use tonic::transport::Channel;

use crate::client::with_deadline;
use std::time::Duration;

/// Bytes of one message.
const CHUNK: usize = 256 * 1024;
/// For one upload; a longer file goes on with the next.
const DEADLINE: Duration = Duration::from_mins(1);

/// What the gateway is told of a request: an id for beginning and one for completing.
#[derive(Clone, Debug)]
pub struct RequestIds {
    /// Of `BeginFile`.
    pub begin: String,
    /// Of `CompleteFile`.
    pub complete: String,
}

/// Leaves a file with the gateway: begins it, sends what is missing as often as need be, completes it.
///
/// # Errors
/// As the gateway answers.
pub async fn leave(
    channel: Channel,
    file: pb::File,
    content: &[u8],
    ids: RequestIds,
) -> Result<pb::File, Status> {
    let mut client = FileServiceClient::new(channel);
    let begin = pb::BeginFileRequest {
        file: Some(file),
        request_id: ids.begin,
    };
    let mut file = client
        .begin_file(with_deadline(begin, DEADLINE))
        .await?
        .into_inner();
    while file.received_size < file.size && file.state() == pb::file::State::Receiving {
        let before = file.received_size;
        let chunks = chunks(&file.name, content, before);
        let sent = client.upload_file(with_deadline(chunks, DEADLINE)).await;
        let asked = pb::GetFileRequest {
            name: file.name.clone(),
        };
        file = client
            .get_file(with_deadline(asked, DEADLINE))
            .await?
            .into_inner();
        // A stream may break off; one that carried nothing is not tried again.
        if let (Err(status), true) = (sent, file.received_size == before) {
            return Err(status);
        }
    }
    let complete = pb::CompleteFileRequest {
        name: file.name,
        request_id: ids.complete,
    };
    let done = client.complete_file(with_deadline(complete, DEADLINE));
    Ok(done.await?.into_inner())
}

/// The messages that carry a content from an offset on.
fn chunks(
    name: &str,
    content: &[u8],
    from: i64,
) -> impl tokio_stream::Stream<Item = pb::UploadFileRequest> + Send + 'static {
    let start = usize::try_from(from).unwrap_or(usize::MAX);
    let rest = content.get(start..).unwrap_or_default();
    let pieces: Vec<Vec<u8>> = rest.chunks(CHUNK).map(<[u8]>::to_vec).collect();
    let (name, mut offset) = (name.to_owned(), from);
    tokio_stream::iter(pieces).map(move |data| {
        let message = pb::UploadFileRequest {
            name: name.clone(),
            offset,
            data: data.into(),
        };
        let length = i64::try_from(message.data.len()).unwrap_or(i64::MAX);
        offset = offset.saturating_add(length);
        message
    })
}

/// Rows as comma-separated values, UTF-8, each value between quotation marks.
pub fn csv(rows: &[&[&str]]) -> Vec<u8> {
    let cell = |cell: &&str| format!("\"{}\"", cell.replace('"', "\"\""));
    let line = |row: &&[&str]| row.iter().map(cell).collect::<Vec<_>>().join(",") + "\r\n";
    rows.iter().map(line).collect::<String>().into_bytes()
}

/// Rows as the first sheet of an Office Open XML workbook (ECMA-376) with the parts it cannot do
/// without.
pub fn workbook(rows: &[&[&str]]) -> Vec<u8> {
    const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    const RELATED: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
    let text = |text: &&str| text.replace('&', "&amp;").replace('<', "&lt;");
    let cell = |cell: &&str| format!("<c t=\"inlineStr\"><is><t>{}</t></is></c>", text(cell));
    let row = |row: &&[&str]| format!("<row>{}</row>", row.iter().map(cell).collect::<String>());
    let rows: String = rows.iter().map(row).collect();
    let type_of = "application/vnd.openxmlformats-officedocument.spreadsheetml";
    let content_types = format!(
        "<Types xmlns=\"{PACKAGE}/content-types\">\
         <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Override PartName=\"/xl/workbook.xml\" ContentType=\"{type_of}.sheet.main+xml\"/>\
         <Override PartName=\"/xl/sheet1.xml\" ContentType=\"{type_of}.worksheet+xml\"/></Types>"
    );
    let related = |kind: &str, target: &str| {
        format!(
            "<Relationships xmlns=\"{PACKAGE}/relationships\">\
             <Relationship Id=\"r1\" Type=\"{RELATED}/{kind}\" Target=\"{target}\"/></Relationships>"
        )
    };
    let book = format!(
        "<workbook xmlns=\"{MAIN}\" xmlns:r=\"{RELATED}\">\
         <sheets><sheet name=\"1\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
    );
    let sheet = format!("<worksheet xmlns=\"{MAIN}\"><sheetData>{rows}</sheetData></worksheet>");
    archive(&[
        ("[Content_Types].xml", content_types.as_bytes()),
        (
            "_rels/.rels",
            related("officeDocument", "xl/workbook.xml").as_bytes(),
        ),
        ("xl/workbook.xml", book.as_bytes()),
        (
            "xl/_rels/workbook.xml.rels",
            related("worksheet", "sheet1.xml").as_bytes(),
        ),
        ("xl/sheet1.xml", sheet.as_bytes()),
    ])
}

/// A ZIP archive whose members are stored as they are (PKWARE APPNOTE 4.3).
pub fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut bytes, mut list) = (Vec::new(), Vec::new());
    for (name, content) in members {
        let place = four(bytes.len());
        // What a member's head and its line in the list have in common: version 2.0, names in UTF-8,
        // stored, 1980-01-01.
        let mut common = vec![20, 0, 0, 8, 0, 0, 0, 0, 0x21, 0];
        common.extend(crc32(content).to_le_bytes());
        common.extend([four(content.len()), four(content.len())].concat());
        common.extend([two(name.len()), [0, 0]].concat());
        bytes.extend(b"PK\x03\x04");
        bytes.extend(&common);
        bytes.extend(name.as_bytes());
        bytes.extend(*content);
        list.extend(b"PK\x01\x02\x14\0");
        list.extend(&common);
        list.extend([0; 10]);
        list.extend(place);
        list.extend(name.as_bytes());
    }
    let start = four(bytes.len());
    let length = four(list.len());
    bytes.extend(list);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend([two(members.len()), two(members.len())].concat());
    bytes.extend([length, start].concat());
    bytes.extend([0, 0]);
    bytes
}

fn two(number: usize) -> [u8; 2] {
    u16::try_from(number).unwrap_or(u16::MAX).to_le_bytes()
}

fn four(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes()
}

/// The check number of ZIP members.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |sum: u32, _: u32| (sum >> 1) ^ (0xEDB8_8320 & (sum & 1).wrapping_neg());
    let take = |sum: u32, byte: &u8| (0..8).fold(sum ^ u32::from(*byte), step);
    !bytes.iter().fold(!0, take)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_number_is_the_known_one() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn values_with_marks_are_written_so_that_they_can_be_read() {
        assert_eq!(
            csv(&[&["a", "b\"c"], &["", "d,e"]]),
            b"\"a\",\"b\"\"c\"\r\n\"\",\"d,e\"\r\n"
        );
    }

    #[test]
    fn chunks_begin_where_the_last_upload_ended() {
        let content = vec![7; CHUNK + 10];
        let all = chunks("files/x", &content, 3);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let all: Vec<_> = runtime.block_on(all.collect());
        let places: Vec<_> = all.iter().map(|m| (m.offset, m.data.len())).collect();
        assert_eq!(places, [(3, CHUNK), (3 + 262_144, 7)]);
    }

    #[test]
    fn an_archive_can_be_read_by_another_program() {
        let folder = std::env::temp_dir().join(format!("shuqiao-archive-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("a.xlsx");
        std::fs::write(&path, workbook(&[&["名称"], &["邵阳示例厂"]])).unwrap();
        let code = "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); sys.exit(z.testzip() is not None or 'xl/workbook.xml' not in z.namelist())";
        let read = std::process::Command::new("python3")
            .args(["-c", code])
            .arg(&path)
            .status();
        // Where there is no such program there is nothing to compare with.
        assert!(read.is_err() || read.is_ok_and(|status| status.success()));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
