//! A system that has nothing to share: stated by its department, approved by the competent one, over with the first
//! entry that is published.

use api::catalogue::v1 as catalogue;
use api::registry::v1 as registry;
use kit::world::command::Ran;
use kit::world::story::{Story, publish};
use kit::world::terms::wire_resource;
use kit::world::{Client, ask, new_id};
use sandbox::people::HUSBAND;

use super::event;

/// It reads of others, and holds no data of its own.
const SYSTEM: &str = "systems/yjs-platform";

fn state(story: &Story, who: &Client, system: &str, how: &[&str]) -> Ran {
    let command = [
        "systems",
        "nothing-to-share",
        system,
        "--document",
        "无可共享数据说明",
    ];
    story.world.shuqiaoctl(who, &[&command, how].concat())
}

/// How far the system has come, as its page says.
async fn steps(story: &Story) -> registry::SystemSteps {
    let request = registry::GetSystemRequest {
        name: SYSTEM.to_owned(),
    };
    let found = story.auditor.systems().get_system(ask(request)).await;
    found.unwrap().into_inner().steps.unwrap()
}

fn waiting(story: &Story, who: &Client) -> bool {
    let items = story.world.shuqiaoctl(who, &["work-items"]).said;
    items.contains(SYSTEM)
}

/// The system reports that it is there.
async fn report(story: &Story) {
    let name = format!("{SYSTEM}/endpoints/drop");
    let request = registry::CreateEndpointRequest {
        parent: SYSTEM.to_owned(),
        endpoint: Some(registry::Endpoint {
            name: name.clone(),
            protocol: registry::endpoint::Protocol::FileDrop.into(),
            file_drop: Some(registry::FileDrop { report_seconds: 60 }),
            ..registry::Endpoint::default()
        }),
        request_id: new_id(),
        validate_only: false,
    };
    let mut endpoints = story.applicant.endpoints();
    endpoints.create_endpoint(ask(request)).await.unwrap();
    let heartbeat = registry::ReportHeartbeatRequest {
        name,
        ..registry::ReportHeartbeatRequest::default()
    };
    let mut endpoints = story.platform.endpoints();
    endpoints.report_heartbeat(ask(heartbeat)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_system_without_anything_to_share_comes_to_the_end_of_the_plan() {
    use registry::system_steps::Stage;
    let story = Story::of_marriages().await;
    let command = |command: &[&str]| {
        let ran = story.world.shuqiaoctl(&story.applicant, command);
        assert_eq!(ran.code, 0, "{ran:?}");
    };
    let ground = ["--document", "邵放组办字〔2022〕7号"];
    command(&[&["systems", "dispose", SYSTEM, "keep"], &ground[..]].concat());
    command(&[&["systems", "cloud", SYSTEM, "--exempt"], &ground[..]].concat());
    assert_eq!(steps(&story).await.stage(), Stage::Disposed);

    // Nothing was stated that could be approved; nobody approves alone.
    let early = state(&story, &story.publisher, SYSTEM, &["--approve"]);
    assert!(early.told.contains("nobody states"), "{}", early.told);
    assert_eq!(state(&story, &story.applicant, SYSTEM, &[]).code, 0);
    assert!(waiting(&story, &story.publisher) && !waiting(&story, &story.owner));
    let alone = state(&story, &story.applicant, SYSTEM, &["--approve"]);
    assert!(
        alone.told.contains("SECOND_PERSON_NEEDED"),
        "{}",
        alone.told
    );
    let stranger = state(&story, &story.owner, SYSTEM, &["--approve"]);
    assert!(
        stranger.told.contains("ROLE_NOT_ALLOWED"),
        "{}",
        stranger.told
    );
    let stated = steps(&story).await;
    assert_eq!(stated.stage(), Stage::Disposed, "not agreed to yet");
    assert_eq!(stated.nothing_to_share.unwrap().approval, None);

    assert_eq!(
        state(&story, &story.publisher, SYSTEM, &["--approve"]).code,
        0
    );
    assert!(!waiting(&story, &story.publisher));
    let agreed = steps(&story).await;
    assert_eq!(agreed.stage(), Stage::OnCloud);
    let agreed = agreed.nothing_to_share.unwrap();
    assert!(agreed.approval.unwrap().by.contains("li"));
    // That it is there and that data went between it and another department is seen, as of every system.
    report(&story).await;
    assert_eq!(steps(&story).await.stage(), Stage::OnCloud);
    story.lookup(&HUSBAND).await.unwrap();
    assert_eq!(steps(&story).await.stage(), Stage::Sharing);

    // Whoever has an entry in the catalogue has something to share.
    let other = state(&story, &story.owner, "systems/marriage-registry", &[]);
    assert!(other.told.contains(&story.resource.name), "{}", other.told);
    let mut entry = wire_resource("marriage-registrations");
    entry.name = "resources/105001-000402".to_owned();
    entry.title = "办件信息".to_owned();
    entry.certificate_type.clear();
    entry.system = SYSTEM.to_owned();
    entry.share_modes = vec![catalogue::ShareMode::Table.into()];
    // What the law forbids to share is nothing to share: it neither ends the statement nor stands in its way.
    let withheld = catalogue::Resource {
        name: "resources/105001-000403".to_owned(),
        title: "办件人隐私信息".to_owned(),
        share_type: catalogue::ShareType::NotShared.into(),
        share_condition: "民法典第一千零三十四条".to_owned(),
        refusal_reason: "敏感个人信息".to_owned(),
        share_modes: Vec::new(),
        ..entry.clone()
    };
    publish(&story.applicant, &story.publisher, &withheld).await;
    assert_eq!(steps(&story).await.stage(), Stage::Sharing);
    assert_eq!(state(&story, &story.applicant, SYSTEM, &[]).code, 0);
    assert_eq!(steps(&story).await.stage(), Stage::OnCloud, "stated anew");
    assert_eq!(
        state(&story, &story.publisher, SYSTEM, &["--approve"]).code,
        0
    );
    publish(&story.applicant, &story.publisher, &entry).await;
    let ended = steps(&story).await;
    assert!(ended.stage() < Stage::Sharing);
    assert_eq!(ended.nothing_to_share, None);
    let entries = story.auditor.entries().await;
    let steps = entries
        .iter()
        .filter(|entry| event(entry) == Some("registry.system.step_recorded"))
        .filter_map(|entry| entry.facts().text("step"));
    let stated = [
        "disposal",
        "cloud",
        "nothing-to-share",
        "nothing-to-share-approval",
        "nothing-to-share",
        "nothing-to-share-approval",
    ];
    assert_eq!(steps.collect::<Vec<_>>(), stated);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_is_taken_back_by_either_department() {
    let story = Story::of_marriages().await;
    for who in [&story.applicant, &story.publisher] {
        assert_eq!(state(&story, &story.applicant, SYSTEM, &[]).code, 0);
        let stranger = state(&story, &story.owner, SYSTEM, &["--withdraw"]);
        assert!(
            stranger.told.contains("ROLE_NOT_ALLOWED"),
            "{}",
            stranger.told
        );
        assert_eq!(state(&story, who, SYSTEM, &["--withdraw"]).code, 0);
        assert_eq!(steps(&story).await.nothing_to_share, None);
        let again = state(&story, who, SYSTEM, &["--withdraw"]);
        assert!(again.told.contains("STATE_CONFLICT"), "{}", again.told);
    }
}
