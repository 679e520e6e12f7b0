//! Tickets and commands: a `shuqiao.exchange.v1.ReadRowsRequest`, in protobuf or in JSON.

use api::exchange::v1::ReadRowsRequest;
use domain::reason::Reason;
use prost::Message as _;
use tonic::Status;

use crate::json;
use crate::status::{refused, status_of};

/// Reads a ticket. No message in protobuf begins with the brace that begins one in JSON: as a tag it
/// would begin a group, and the request has none.
///
/// # Errors
/// `REQUEST_MALFORMED`. The text says where, and never what: a ticket can hold personal data.
pub(super) fn read(bytes: &[u8]) -> Result<ReadRowsRequest, Status> {
    let malformed = |message| refused(Reason::RequestMalformed, message);
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
    let unknown = || refused(Reason::Internal, "the gateway does not know its own proto");
    let kind = json::described("shuqiao.exchange.v1.ReadRowsRequest").ok_or_else(unknown)?;
    let message = json::request::decode(kind, bytes).map_err(status_of)?;
    message.transcode_to().map_err(|_| unknown())
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
            br#"{"limit": 1, "limit": 2}"#,
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
