//! The way of a system through the plan: what people state rests on a document, what the gateway sees is computed.

use api::catalogue::v1 as catalogue;
use api::registry::v1 as registry;
use api::registry::v1::record_system_step_request::Step;
use api::registry::v1::system_steps::Stage;
use kit::world::answer::refused;
use kit::world::story::{Story, publish};
use kit::world::terms::wire_resource;
use kit::world::{Client, ask, new_id};
use sandbox::people::HUSBAND;
use tonic::{Response, Status};

use super::event;

const SYSTEM: &str = "systems/marriage-registry";

fn ground() -> Option<registry::Statement> {
    Some(registry::Statement {
        document: "邵放组办字〔2022〕7号".to_owned(),
        ..registry::Statement::default()
    })
}

fn keep() -> Step {
    Step::Disposal(registry::DisposalStep {
        disposal: registry::Disposal::Keep.into(),
        merged_into: String::new(),
        statement: ground(),
    })
}

fn moved() -> Step {
    Step::Cloud(registry::CloudStep {
        batch: 2,
        exempt: false,
        statement: ground(),
    })
}

fn acceptance() -> Step {
    Step::Acceptance(registry::AcceptanceStep {
        statement: ground(),
    })
}

async fn record(who: &Client, step: Step) -> Result<Response<registry::System>, Status> {
    let request = registry::RecordSystemStepRequest {
        name: SYSTEM.to_owned(),
        step: Some(step),
        request_id: new_id(),
        etag: String::new(),
    };
    who.systems().record_system_step(ask(request)).await
}

fn stage(system: &Response<registry::System>) -> Stage {
    system.get_ref().steps.as_ref().unwrap().stage()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_system_is_accepted_after_every_stage_and_by_somebody_else() {
    let story = Story::of_marriages().await;
    let early = refused(record(&story.publisher, acceptance()).await);
    assert_eq!(early.reason, "STATE_CONFLICT");
    assert!(early.message.contains("inventoried"), "{}", early.message);
    // Its resource is published and it answers, but nobody has read of it yet.
    assert_eq!(
        stage(&record(&story.owner, keep()).await.unwrap()),
        Stage::Catalogued
    );
    assert_eq!(
        stage(&record(&story.owner, moved()).await.unwrap()),
        Stage::OnCloud
    );
    story.lookup(&HUSBAND).await.unwrap();
    story.conform().await;
    let request = registry::GetSystemRequest {
        name: SYSTEM.to_owned(),
    };
    let seen = story
        .auditor
        .systems()
        .get_system(ask(request))
        .await
        .unwrap();
    assert_eq!(stage(&seen), Stage::Sharing);
    let steps = seen.get_ref().steps.clone().unwrap();
    let inventory = steps.inventory.unwrap();
    assert_eq!(inventory.document, "虚构系统底数清单");
    assert!(inventory.time.is_some() && !inventory.by.is_empty());
    let cloud = steps.cloud.unwrap();
    assert_eq!(
        (cloud.batch, cloud.statement.unwrap().document),
        (2, ground().unwrap().document)
    );

    // The owner does not accept its own work; the competent department does, once.
    assert_eq!(
        refused(record(&story.owner, acceptance()).await).reason,
        "ROLE_NOT_ALLOWED"
    );
    assert_eq!(
        stage(&record(&story.publisher, acceptance()).await.unwrap()),
        Stage::Accepted
    );
    let late = refused(record(&story.owner, keep()).await);
    assert_eq!(late.reason, "STATE_CONFLICT");
    let entries = story.auditor.entries().await;
    let steps: Vec<&str> = entries
        .iter()
        .filter(|entry| event(entry) == Some("registry.system.step_recorded"))
        .filter_map(|entry| entry.facts().text("step"))
        .collect();
    assert_eq!(steps, ["disposal", "cloud", "acceptance"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_without_its_ground_is_refused_with_every_fault() {
    let story = Story::of_marriages().await;
    let faults = [
        (
            Step::Disposal(registry::DisposalStep {
                disposal: registry::Disposal::Merge.into(),
                ..registry::DisposalStep::default()
            }),
            &["disposal.statement.document", "disposal.merged_into"][..],
        ),
        (
            Step::Disposal(registry::DisposalStep {
                disposal: registry::Disposal::Keep.into(),
                merged_into: "systems/other".to_owned(),
                statement: ground(),
            }),
            &["disposal.merged_into"],
        ),
        (
            Step::Disposal(registry::DisposalStep {
                disposal: registry::Disposal::Merge.into(),
                merged_into: "systems/nobody".to_owned(),
                statement: ground(),
            }),
            &["disposal.merged_into"],
        ),
        (
            Step::Cloud(registry::CloudStep {
                batch: 1,
                exempt: true,
                statement: ground(),
            }),
            &["cloud.batch"],
        ),
        (
            Step::Asset(registry::AssetStep {
                kind: "car".to_owned(),
                count: 0,
                ..registry::AssetStep::default()
            }),
            &[
                "asset.statement.document",
                "asset.kind",
                "asset.description",
                "asset.count",
                "asset.retire_date",
            ],
        ),
        (
            Step::AssetWithdrawal(registry::AssetWithdrawalStep::default()),
            &[
                "asset_withdrawal.statement.document",
                "asset_withdrawal.number",
            ],
        ),
        (
            Step::NothingToShare(registry::NothingToShareStep::default()),
            &["nothing_to_share.statement.document"],
        ),
    ];
    for (step, fields) in faults {
        let told = refused(record(&story.owner, step).await);
        assert_eq!(told.fields(), fields);
    }
}

/// The facts of the system that the board shows as proved.
async fn proved(story: &Story) -> Vec<String> {
    let request = api::compliance::v1::GetProgressRequest {
        name: "plans/2022".to_owned(),
    };
    let board = story.auditor.plans().get_progress(ask(request)).await;
    let board = board.unwrap().into_inner();
    let mut systems = board.departments.into_iter().flat_map(|row| row.systems);
    let system = systems.find(|row| row.system == SYSTEM).unwrap();
    let facts = system.facts.into_iter();
    facts
        .filter(|fact| fact.proved)
        .map(|fact| fact.key)
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_system_is_retired_after_that_was_decided_and_its_grants_ended() {
    let story = Story::of_marriages().await;
    let retire = || registry::RetireSystemRequest {
        name: SYSTEM.to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    let operator = &story.world.operator;
    let undecided = refused(operator.systems().retire_system(ask(retire())).await);
    assert!(
        undecided.message.contains("record its disposal"),
        "{}",
        undecided.message
    );
    let step = Step::Disposal(registry::DisposalStep {
        disposal: registry::Disposal::Merge.into(),
        merged_into: "systems/yjs-platform".to_owned(),
        statement: ground(),
    });
    record(&story.owner, step).await.unwrap();
    let standing = refused(operator.systems().retire_system(ask(retire())).await);
    assert!(
        standing.message.contains(&story.grant.name),
        "{}",
        standing.message
    );
    let revoke = api::sharing::v1::RevokeGrantRequest {
        name: story.grant.name.clone(),
        reason: "系统撤并".to_owned(),
        request_id: new_id(),
        disposal_demand: String::new(),
    };
    story
        .owner
        .grants()
        .revoke_grant(ask(revoke))
        .await
        .unwrap();
    let offered = refused(operator.systems().retire_system(ask(retire())).await);
    assert!(
        offered.message.contains(&story.resource.name),
        "{}",
        offered.message
    );
    let other = catalogue::Resource {
        name: "resources/105001-000401".to_owned(),
        title: "收养登记信息".to_owned(),
        ..wire_resource("marriage-registrations")
    };
    publish(&story.owner, &story.publisher, &other).await;
    let recall = |name: &str| catalogue::RecallResourceRequest {
        name: name.to_owned(),
        reason: "系统撤并".to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    let mut resources = story.owner.resources();
    let first = recall(&story.resource.name);
    resources.recall_resource(ask(first)).await.unwrap();
    assert!(proved(&story).await.contains(&"published".to_owned()));
    resources
        .recall_resource(ask(recall(&other.name)))
        .await
        .unwrap();
    // Nothing of it is in the catalogue any more, and nothing says that there is.
    assert!(!proved(&story).await.contains(&"published".to_owned()));
    let retired = operator
        .systems()
        .retire_system(ask(retire()))
        .await
        .unwrap();
    assert_eq!(retired.get_ref().state(), registry::system::State::Retired);
    let gone = refused(operator.systems().retire_system(ask(retire())).await);
    assert_eq!(gone.reason, "STATE_CONFLICT");
    // What is done with its machines is still told.
    let asset = Step::Asset(registry::AssetStep {
        kind: "machine-room".to_owned(),
        description: "三楼机房".to_owned(),
        count: 1,
        statement: ground(),
        retire_date: "2022-06-01".to_owned(),
        ..registry::AssetStep::default()
    });
    let told = record(&story.owner, asset).await.unwrap().into_inner();
    assert_eq!(told.steps.unwrap().assets.len(), 1);
}
