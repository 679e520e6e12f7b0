//! Tickets and commands: a `shuqiao.exchange.v1.ReadRowsRequest`, in protobuf or in JSON.

use std::sync::LazyLock;

use api::exchange::v1::ReadRowsRequest;
use domain::reason::Reason;
use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor};
use tonic::Status;

use crate::status::refused;

static REQUEST: LazyLock<Option<MessageDescriptor>> = LazyLock::new(|| {
    let pool = DescriptorPool::decode(api::DESCRIPTOR_SET).ok()?;
    pool.get_message_by_name("shuqiao.exchange.v1.ReadRowsRequest")
});

/// Reads a ticket. No message in protobuf begins with the brace that begins one in JSON: as a tag it
/// would begin a group, and the request has none.
///
/// # Errors
/// `REQUEST_MALFORMED`. The text says where, and never what: a ticket can hold personal data.
pub(super) fn read(bytes: &[u8]) -> Result<ReadRowsRequest, Status> {
    if bytes.first() == Some(&b'{') {
        return read_json(bytes);
    }
    if bytes.is_empty() {
        return Err(malformed("there is no read: give a ReadRowsRequest"));
    }
    ReadRowsRequest::decode(bytes)
        .map_err(|_| malformed("this is no ReadRowsRequest, neither in protobuf nor in JSON"))
}

fn read_json(bytes: &[u8]) -> Result<ReadRowsRequest, Status> {
    let descriptor = REQUEST.clone();
    let descriptor = descriptor
        .ok_or_else(|| refused(Reason::Internal, "the gateway does not know its own proto"))?;
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = DynamicMessage::deserialize(descriptor, &mut reader);
    let read = read.and_then(|message| reader.end().map(|()| message));
    let message = read.map_err(|error| {
        let (line, column) = (error.line(), error.column());
        malformed(format!(
            "this is no ReadRowsRequest in JSON; look at line {line}, column {column}"
        ))
    })?;
    message
        .transcode_to()
        .map_err(|_| malformed("this is no ReadRowsRequest in JSON"))
}

fn malformed(message: impl Into<String>) -> Status {
    refused(Reason::RequestMalformed, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protobuf_and_json_say_the_same() {
        let json = br#"{"resource": "resources/105003-000099", "items": ["name"], "limit": 7,
            "filter": {"comparison": {"operator": "OPERATOR_EQUAL",
                "value": {"key": "name", "text": "x"}}},
            "purpose": {"matter": "matters/1", "caseNumber": "2", "operator": "3"},
            "requestId": "4"}"#;
        let Ok(message) = read(json) else {
            panic!("it is a read")
        };
        assert_eq!(message.limit, 7);
        assert_eq!(message.purpose.clone().unwrap().case_number, "2");
        let Ok(again) = read(&message.encode_to_vec()) else {
            panic!("it is a read")
        };
        assert_eq!(again.encode_to_vec(), message.encode_to_vec());
    }

    #[test]
    fn what_is_wrong_is_placed_and_not_repeated() {
        for bytes in [
            &br#"{"limit": "430502190102030017x"}"#[..],
            br#"{"nobody": 1}"#,
            br#"{"limit": 1} {}"#,
            b"{",
            b"\xff\xff",
            b"",
        ] {
            let status = read(bytes).err().unwrap();
            assert!(!status.message().contains("4305"), "{status:?}");
            assert!(!status.message().contains("nobody"), "{status:?}");
        }
    }
}
