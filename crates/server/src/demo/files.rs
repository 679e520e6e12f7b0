//! Act 3, its last scene: a department leaves a file, the platform fetches it.

use api::exchange::v1 as pb;
use api::exchange::v1::file_service_client::FileServiceClient;
use api::exchange::v1::read_file_response::Part;
use api::value::v1::Receipt;
use domain::seed::Seeds;
use sandbox::files::{RequestIds, leave, workbook};
use tokio::time::Instant;
use tonic::Status;

use super::Error;
use super::actor::{Actor, ask, new_id};
use super::cast::Stage;
use super::exchange::{purpose, refused};
use super::expect::failed;
use super::report::{Call, Story};
use super::sharing::{Terms, agree_on, publish_one};

/// The system that leaves the file, and who speaks for its department.
const PROVIDER: &str = "enterprise-registry";
const OFFICER: &str = "market";

/// Firms that exist nowhere.
const FIRMS: [&[&str]; 3] = [
    &["企业名称", "统一社会信用代码", "住所", "登记状态"],
    &[
        "邵阳示例食品有限公司",
        "91430502XYXYXY016N",
        "邵阳市双清区示例路 1 号",
        "存续",
    ],
    &[
        "邵阳示例商贸有限公司",
        "91430503XYXYXY024B",
        "邵阳市大祥区示例路 2 号",
        "存续",
    ],
];

/// Plays the scene.
pub(crate) async fn play(
    stage: &Stage,
    seeds: &Seeds,
    terms: &Terms,
    story: &mut Story,
) -> Result<(), Error> {
    let mut known = seeds.resources.iter();
    let seed = known
        .find(|seed| seed.id == "enterprise-directory")
        .ok_or("the directory of firms is not in the seeds")?;
    let shared = publish_one(stage, seeds, seed, OFFICER, story).await?;
    agree_on(stage, &shared, &terms.matter, story).await?;
    let provider = stage.actor(PROVIDER)?;
    let content = workbook(&FIRMS);
    let file = pb::File {
        resource: shared.resource.clone(),
        display_name: "企业名录.xlsx".to_owned(),
        content_type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
            .to_owned(),
        size: i64::try_from(content.len())?,
        ..pb::File::default()
    };
    let ids = RequestIds {
        begin: new_id(),
        complete: new_id(),
    };
    let left = leave(provider.channel.clone(), file, &content, ids)
        .await
        .map_err(failed("leaving a file"))?;
    story.note(format!(
        "{} left a file of {} bytes; it is kept until {}",
        provider.name, left.size, left.retention_date
    ));
    let platform = stage.platform();
    story
        .calls
        .push(fetch(platform, &left, &content, &terms.matter).await);
    Ok(())
}

/// Fetches the file, as a row of the story.
async fn fetch(platform: &Actor, file: &pb::File, content: &[u8], matter: &str) -> Call {
    let begun = Instant::now();
    let fetched = try_fetch(platform, file, matter).await;
    let call = Call::of("fetch a file of firms", &platform.name, "delivered", begun);
    match fetched {
        Ok((bytes, receipt)) => {
            let result = if bytes == content {
                "delivered"
            } else {
                "other bytes"
            };
            call.permitted(result, &format!("{} bytes", bytes.len()), receipt.as_ref())
        }
        Err(status) => refused(call, &status),
    }
}

async fn try_fetch(
    platform: &Actor,
    file: &pb::File,
    matter: &str,
) -> Result<(Vec<u8>, Option<Receipt>), Status> {
    let request = pb::ReadFileRequest {
        name: file.name.clone(),
        purpose: Some(purpose(matter)),
        request_id: new_id(),
        ..pb::ReadFileRequest::default()
    };
    let mut parts = FileServiceClient::new(platform.channel.clone())
        .read_file(ask(request))
        .await?
        .into_inner();
    let (mut bytes, mut last) = (Vec::new(), None);
    while let Some(message) = parts.message().await? {
        match message.part {
            Some(Part::Chunk(chunk)) => bytes.extend_from_slice(&chunk.data),
            Some(Part::Receipt(receipt)) => last = Some(receipt),
            None => {}
        }
    }
    Ok((bytes, last))
}
