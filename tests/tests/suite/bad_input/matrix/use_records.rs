//! Records of use.

use api::sharing::v1 as pb;
use kit::world::story::Story;
use kit::world::{ask, new_id};

use super::Role::Applicant;
use super::{PARTIES, Row, Things, row};
use crate::grants::record_of;

impl Things {
    /// Who may record the use of a grant, and who may inspect it.
    pub(super) fn use_records(&self) -> Vec<Row> {
        vec![
            row(
                "sharing.v1.UseRecordService/CreateUseRecord",
                &pb::CreateUseRecordRequest {
                    use_record: Some(record_of(&self.story)),
                    request_id: new_id(),
                    validate_only: true,
                },
                &[Applicant],
            ),
            row(
                "sharing.v1.UseRecordService/GetUseRecord",
                &pb::GetUseRecordRequest {
                    name: self.use_record.clone(),
                },
                &PARTIES,
            ),
        ]
    }
}

/// A record of the consuming department about the grant.
pub(super) async fn make(story: &Story) -> String {
    let request = pb::CreateUseRecordRequest {
        use_record: Some(record_of(story)),
        request_id: new_id(),
        validate_only: false,
    };
    let mut records = story.applicant.use_records();
    let made = records.create_use_record(ask(request)).await;
    made.unwrap().into_inner().name
}
