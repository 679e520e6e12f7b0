//! Act 3, between rows and file: the platform calls the social insurance bureau's own method, with the
//! client that the bureau's proto file gives. Only address and metadata are the gateway's.

use api::catalogue::v1 as catalogue;
use api::registry::v1 as registry;
use api::registry::v1::interface_service_client::InterfaceServiceClient;
use sandbox::insurance as pb;
use sandbox::insurance::insurance_service_client::InsuranceServiceClient;
use sandbox::people::HUSBAND;
use tokio::time::Instant;
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::{Request, Status};

use super::Error;
use super::actor::{Actor, ask, new_id};
use super::cast::Stage;
use super::exchange::{purpose, refused};
use super::expect::made;
use super::report::{Call, Story};
use super::sharing::{Terms, agree_on, publish_resource, reviewed};

/// The system whose method is called, and who speaks for its department.
const PROVIDER: &str = "systems/social-security";
const OFFICER: &str = "human-resources";
const METHOD: &str = "/shaoyang.insurance.v1.InsuranceService/GetInsured";

/// What of an answer is which item. The bureau's answer says more; that stays behind.
const ITEMS: [(&str, &str, &str, &str); 3] = [
    ("name", "姓名", "C", "insured.name"),
    (
        "employer",
        "参保单位",
        "C",
        "insured.employments.employer_name",
    ),
    ("address", "住址", "G", "insured.address"),
];
/// What the platform needs of it.
const NEEDED: [&str; 2] = ["name", "employer"];

/// Plays the scene.
pub(crate) async fn play(stage: &Stage, terms: &Terms, story: &mut Story) -> Result<(), Error> {
    let interface = registry::Interface {
        name: format!("{PROVIDER}/interfaces/v1"),
        descriptor_set: pb::DESCRIPTOR_SET.to_vec(),
        ..registry::Interface::default()
    };
    let request = registry::CreateInterfaceRequest {
        parent: PROVIDER.to_owned(),
        interface: Some(interface),
        request_id: new_id(),
    };
    let mut interfaces = InterfaceServiceClient::new(stage.actor(OFFICER)?.channel.clone());
    made(
        "describing an interface",
        interfaces.create_interface(ask(request)).await,
    )?;
    let needed = NEEDED.map(str::to_owned).into();
    let shared = publish_resource(stage, resource(), OFFICER, needed, story).await?;
    agree_on(stage, &shared, &terms.matter, story).await?;
    story
        .calls
        .push(call(stage.platform(), &terms.matter).await);
    Ok(())
}

/// One call, as a row of the story.
async fn call(platform: &Actor, matter: &str) -> Call {
    let begun = Instant::now();
    let answer = try_call(platform, matter).await;
    let call = Call::of(
        "call the bureau's own method",
        &platform.name,
        "delivered",
        begun,
    );
    match answer {
        Ok((insured, index)) => {
            let cut = insured.id_number.is_empty() && insured.address.is_none();
            let whole = !insured.name.is_empty() && !insured.employments.is_empty();
            let result = if cut && whole {
                "delivered"
            } else {
                "other fields"
            };
            let mut call = call.permitted(result, "name and employer, nothing else", None);
            call.index = index;
            call
        }
        Err(status) => refused(call, &status),
    }
}

async fn try_call(platform: &Actor, matter: &str) -> Result<(pb::Insured, Option<i64>), Status> {
    let mut request = ask(pb::GetInsuredRequest {
        id_number: HUSBAND.code.to_string(),
    });
    name_purpose(&mut request, matter)?;
    let answer = InsuranceServiceClient::new(platform.channel.clone())
        .get_insured(request)
        .await?;
    let index = outcome(answer.metadata());
    Ok((answer.into_inner().insured.unwrap_or_default(), index))
}

/// Says in metadata what a request of the gateway's own services says in its fields.
fn name_purpose<T>(request: &mut Request<T>, matter: &str) -> Result<(), Status> {
    let purpose = purpose(matter);
    for (key, value) in [
        ("shuqiao-matter", purpose.matter),
        ("shuqiao-case", purpose.case_number),
        ("shuqiao-operator", purpose.operator),
        ("shuqiao-request-id", new_id()),
    ] {
        let value = MetadataValue::try_from(value)
            .map_err(|_| Status::internal("the purpose is not ASCII"))?;
        request.metadata_mut().insert(key, value);
    }
    Ok(())
}

fn outcome(metadata: &MetadataMap) -> Option<i64> {
    let text = metadata.get("shuqiao-outcome")?.to_str().ok()?;
    text.parse().ok()
}

fn resource() -> catalogue::Resource {
    let item = |(key, title, data_type, _): (&str, &str, &str, &str)| catalogue::ResourceItem {
        key: key.to_owned(),
        title: title.to_owned(),
        data_type: data_type.to_owned(),
        sensitive: false,
        personal: true,
        length: 0,
    };
    let field = |(item, _, _, path): (&str, &str, &str, &str)| catalogue::ItemField {
        item: item.to_owned(),
        path: path.to_owned(),
    };
    let operation = catalogue::Operation {
        method: METHOD.to_owned(),
        fields: ITEMS.map(field).into(),
        structure: Vec::new(),
    };
    catalogue::Resource {
        name: "resources/105003-000002".to_owned(),
        title: "社会保险参保信息".to_owned(),
        summary: "参保人、参保单位与住址，经接口查询。".to_owned(),
        system: PROVIDER.to_owned(),
        items: ITEMS.map(item).into(),
        share_type: catalogue::ShareType::Unconditional.into(),
        share_modes: vec![catalogue::ShareMode::Api.into()],
        format_class: 7,
        update_cycle: 1,
        data_level: "general".to_owned(),
        api: Some(catalogue::Api {
            interface: format!("{PROVIDER}/interfaces/v1"),
            operations: vec![operation],
        }),
        ..reviewed()
    }
}
