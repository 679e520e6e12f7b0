//! Act 2: three resources are published, three applications become grants.

use api::catalogue::v1 as catalogue;
use api::catalogue::v1::resource_service_client::ResourceServiceClient;
use api::sharing::v1 as pb;
use api::sharing::v1::application_service_client::ApplicationServiceClient;
use api::sharing::v1::grant_service_client::GrantServiceClient;
use domain::resource::{ShareMode, ShareType};
use domain::seed::{ResourceSeed, Seeds};
use tonic::Code;

use super::Error;
use super::actor::{PLATFORM, ask, new_id};
use super::cast::Stage;
use super::expect::{failed, made};
use super::report::Story;
use crate::grpc::wire_basis;

/// One certificate of the story: its resource, its type, and who speaks for its provider.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) title: String,
    pub(crate) resource: String,
    pub(crate) certificate_type: String,
    officer: &'static str,
    items: Vec<String>,
    modes: Vec<i32>,
}

/// What was agreed, for the next act.
pub(crate) struct Terms {
    pub(crate) shared: Vec<Shared>,
    /// The matter that the grants cover.
    pub(crate) matter: String,
    /// A matter that they do not cover.
    pub(crate) foreign_matter: String,
}

/// Items that the platform has no need for and does not apply for.
const NOT_NEEDED: [&str; 6] = [
    "husband_id_number",
    "wife_id_number",
    "owner_id_numbers",
    "holder_code",
    "mortgaged",
    "sealed_up",
];

/// Three resources go from draft over registered to published, by two departments' people.
pub(crate) async fn publish(
    stage: &Stage,
    seeds: &Seeds,
    story: &mut Story,
) -> Result<Vec<Shared>, Error> {
    let mut shared = Vec::new();
    for (system, officer) in [
        ("marriage-registry", "civil-affairs"),
        ("enterprise-registry", "market"),
        ("realestate-registry", "land"),
    ] {
        let seed = seeds
            .resources
            .iter()
            .find(|seed| seed.system.id() == system)
            .ok_or("the resource is not in the seeds")?;
        shared.push(publish_one(stage, seeds, seed, officer, story).await?);
    }
    Ok(shared)
}

/// One resource goes from draft over registered to published.
pub(super) async fn publish_one(
    stage: &Stage,
    seeds: &Seeds,
    seed: &ResourceSeed,
    officer: &'static str,
    story: &mut Story,
) -> Result<Shared, Error> {
    let resource = wire(seed, seeds)?;
    publish_resource(stage, resource, officer, needed(seed), story).await
}

/// The same for a resource that stands in no seed, with the items that the platform needs.
pub(super) async fn publish_resource(
    stage: &Stage,
    resource: catalogue::Resource,
    officer: &'static str,
    items: Vec<String>,
    story: &mut Story,
) -> Result<Shared, Error> {
    let name = resource.name.clone();
    let mut owner = ResourceServiceClient::new(stage.actor(officer)?.channel.clone());
    let mut competent = ResourceServiceClient::new(stage.actor("publisher")?.channel.clone());
    let request = catalogue::CreateResourceRequest {
        resource: Some(resource.clone()),
        request_id: new_id(),
        validate_only: false,
    };
    made(
        "drafting a resource",
        owner.create_resource(ask(request)).await,
    )?;
    let request = catalogue::RegisterResourceRequest {
        name: name.clone(),
        request_id: new_id(),
        etag: String::new(),
    };
    done_before("registering", owner.register_resource(ask(request)).await)?;
    let request = catalogue::PublishResourceRequest {
        name: name.clone(),
        request_id: new_id(),
        etag: String::new(),
    };
    done_before("publishing", competent.publish_resource(ask(request)).await)?;
    story.note(format!("{} is published: {}", resource.title, name));
    Ok(Shared {
        title: resource.title,
        resource: name,
        certificate_type: resource.certificate_type,
        officer,
        items,
        modes: resource.share_modes,
    })
}

/// The platform applies, the providers agree, grants exist.
pub(crate) async fn agree(
    stage: &Stage,
    seeds: &Seeds,
    resources: &[Shared],
    story: &mut Story,
) -> Result<Terms, Error> {
    let (matter, foreign_matter) = matters(seeds, resources)?;
    for shared in resources {
        agree_on(stage, shared, &matter, story).await?;
    }
    Ok(Terms {
        shared: resources.to_vec(),
        matter,
        foreign_matter,
    })
}

/// One application becomes a grant, unless an earlier play on the same data brought it about.
pub(super) async fn agree_on(
    stage: &Stage,
    shared: &Shared,
    matter: &str,
    story: &mut Story,
) -> Result<(), Error> {
    let officer = stage.actor("applicant")?;
    let held = GrantServiceClient::new(officer.channel.clone())
        .list_grants(ask(pb::ListGrantsRequest::default()))
        .await
        .map_err(failed("listing grants"))?
        .into_inner()
        .grants;
    let mut applications = ApplicationServiceClient::new(officer.channel.clone());
    if held.iter().any(|grant| grant.resource == shared.resource) {
        return Ok(());
    }
    let request = pb::CreateApplicationRequest {
        application: Some(application(shared, matter)),
        request_id: new_id(),
        validate_only: false,
    };
    let drafted = applications
        .create_application(ask(request))
        .await
        .map_err(failed("applying"))?;
    let name = drafted.into_inner().name;
    let submitted = sign_off_and_submit(stage, &mut applications, &name).await?;
    let grant = approve_by_two(stage, shared.officer, &name).await?;
    let by = grant.approvers.join(" and ");
    story.note(format!(
        "{} is granted by {by}: {} items; the answer was due on {} ({})",
        shared.title,
        grant.items.len(),
        submitted.due_date,
        submitted.due_rule
    ));
    Ok(())
}

/// A second person of the applying department consents, and it goes to the provider.
async fn sign_off_and_submit(
    stage: &Stage,
    applications: &mut ApplicationServiceClient<tonic::transport::Channel>,
    name: &str,
) -> Result<pb::Application, Error> {
    let request = pb::SignOffApplicationRequest {
        name: name.to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    ApplicationServiceClient::new(stage.actor("publisher")?.channel.clone())
        .sign_off_application(ask(request))
        .await
        .map_err(failed("signing an application off"))?;
    let request = pb::SubmitApplicationRequest {
        name: name.to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    let submitted = applications.submit_application(ask(request)).await;
    Ok(submitted.map_err(failed("submitting"))?.into_inner())
}

/// One person of the provider proposes, a second one makes it count.
async fn approve_by_two(stage: &Stage, officer: &str, name: &str) -> Result<pb::Grant, Error> {
    let mut grant = None;
    for who in [officer.to_owned(), format!("{officer}-second")] {
        let request = pb::ApproveApplicationRequest {
            name: name.to_owned(),
            request_id: new_id(),
            ..pb::ApproveApplicationRequest::default()
        };
        let mut provider = ApplicationServiceClient::new(stage.actor(&who)?.channel.clone());
        let approved = provider.approve_application(ask(request)).await;
        grant = approved.map_err(failed("approving"))?.into_inner().grant;
    }
    grant.ok_or_else(|| "two people approved, and there is no grant".into())
}

fn application(shared: &Shared, matter: &str) -> pb::Application {
    let today =
        domain::policy::shaoyang_date(broker::clock::Clock::now(&broker::clock::SystemClock));
    let year_later = today.saturating_add(jiff::Span::new().years(1));
    pb::Application {
        consumer: format!("systems/{PLATFORM}"),
        resource: shared.resource.clone(),
        items: shared.items.clone(),
        share_modes: shared.modes.clone(),
        matters: vec![matter.to_owned()],
        legal_basis: "国务院关于在线政务服务的若干规定 第七条、第十一条".to_owned(),
        scene: "“一件事一次办”平台受理时核验证照，免提交纸质材料".to_owned(),
        start_date: today.to_string(),
        end_date: year_later.to_string(),
        operator_required: true,
        ..pb::Application::default()
    }
}

/// The matter that needs all three certificates, and one that needs none of them from us.
fn matters(seeds: &Seeds, resources: &[Shared]) -> Result<(String, String), Error> {
    let needs = |seed: &domain::seed::MatterSeed, shared: &Shared| {
        let code = shared
            .certificate_type
            .trim_start_matches("certificateTypes/");
        seed.requires
            .iter()
            .flat_map(|need| &need.any)
            .any(|kind| kind.as_str() == code)
    };
    let all = |seed: &&domain::seed::MatterSeed| resources.iter().all(|shared| needs(seed, shared));
    let none =
        |seed: &&domain::seed::MatterSeed| !resources.iter().any(|shared| needs(seed, shared));
    let covered = seeds
        .matters
        .iter()
        .find(all)
        .ok_or("no matter needs all three certificates")?;
    let foreign = seeds
        .matters
        .iter()
        .find(none)
        .ok_or("every matter needs one of them")?;
    Ok((
        format!("matters/{}", covered.code),
        format!("matters/{}", foreign.code),
    ))
}

fn needed(seed: &ResourceSeed) -> Vec<String> {
    let keys = seed.items.iter().map(|item| item.item.key.to_string());
    keys.filter(|key| !NOT_NEEDED.contains(&key.as_str()))
        .collect()
}

/// A step that an earlier play on the same data took already.
fn done_before<T>(step: &str, answer: Result<T, tonic::Status>) -> Result<(), Error> {
    match answer {
        Ok(_) => Ok(()),
        Err(status) if status.code() == Code::FailedPrecondition => Ok(()),
        Err(status) => Err(failed(step)(status)),
    }
}

fn wire(seed: &ResourceSeed, seeds: &Seeds) -> Result<catalogue::Resource, Error> {
    let code = |list: &str, word: &str| -> Result<i32, Error> {
        let row = seeds
            .code_lists
            .iter()
            .filter(|found| found.id == list)
            .flat_map(|found| &found.rows)
            .find(|row| row.word() == word);
        Ok(row
            .ok_or_else(|| format!("{word} is not in the code list {list}"))?
            .code
            .parse()?)
    };
    let (share_type, share_condition) = match &seed.share_type {
        ShareType::Unconditional => (catalogue::ShareType::Unconditional, String::new()),
        ShareType::Conditional { condition } => {
            (catalogue::ShareType::Conditional, condition.clone())
        }
        ShareType::NotShared { legal_basis } => {
            (catalogue::ShareType::NotShared, legal_basis.clone())
        }
    };
    let mode = |mode: &ShareMode| match mode {
        ShareMode::Table => catalogue::ShareMode::Table.into(),
        ShareMode::File => catalogue::ShareMode::File.into(),
        ShareMode::Api => catalogue::ShareMode::Api.into(),
        ShareMode::Mail => catalogue::ShareMode::Mail.into(),
        ShareMode::Medium => catalogue::ShareMode::Medium.into(),
    };
    let item = |item: &domain::seed::ItemSeed| catalogue::ResourceItem {
        key: item.item.key.to_string(),
        title: item.item.title.clone(),
        data_type: item.item.data_type.as_str().to_owned(),
        sensitive: item.item.sensitive,
        personal: item.item.personal,
        length: item
            .item
            .length
            .and_then(|length| i32::try_from(length).ok())
            .unwrap_or_default(),
    };
    let kind = seed.certificate_type.as_ref();
    Ok(catalogue::Resource {
        name: format!("resources/{}", seed.code.as_str().replacen('/', "-", 1)),
        title: seed.name.clone(),
        summary: seed.summary.clone(),
        system: seed.system.to_string(),
        items: seed.items.iter().map(item).collect(),
        share_type: share_type.into(),
        share_condition,
        share_modes: seed.share_modes.iter().map(mode).collect(),
        certificate_type: kind
            .map(|kind| format!("certificateTypes/{kind}"))
            .unwrap_or_default(),
        format_class: code("format_class", &seed.format_class)?,
        update_cycle: code("update_cycle", &seed.update_cycle)?,
        data_level: seed.data_level.clone(),
        cache_seconds: i32::try_from(seed.cache_seconds).unwrap_or(i32::MAX),
        open: seed.open,
        basis: wire_basis(seed.basis).into(),
        ..described(seed)
    })
}

/// What the guides ask for beside. Nobody reviewed synthetic data: the documents say that they are the demo's.
fn described(seed: &domain::seed::ResourceSeed) -> catalogue::Resource {
    let related = seed.related.iter();
    let related = related.map(|code| format!("resources/{}", code.as_str().replacen('/', "-", 1)));
    catalogue::Resource {
        inner_department: seed.inner_department.clone(),
        format_type: seed.format_type.clone(),
        data_class: seed.data_class.clone(),
        data_grade: seed
            .data_grade
            .and_then(|grade| i32::try_from(grade).ok())
            .unwrap_or_default(),
        open_condition: seed.open_condition.clone().unwrap_or_default(),
        related_resources: related.collect(),
        ..reviewed()
    }
}

/// An entry whose reviews are recorded, and nothing else.
pub(super) fn reviewed() -> catalogue::Resource {
    catalogue::Resource {
        share_scope: "依法履行职责的本市政府部门".to_owned(),
        share_purpose: "办理政务服务事项".to_owned(),
        data_class: "演示".to_owned(),
        secrecy_review: "演示数据，保密审查记录（虚构）".to_owned(),
        impact_assessment: "演示数据，个人信息保护影响评估记录（虚构）".to_owned(),
        head_approval: "演示数据，部门负责人审签文件（虚构）".to_owned(),
        ..catalogue::Resource::default()
    }
}
