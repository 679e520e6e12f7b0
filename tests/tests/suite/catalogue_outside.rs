//! What is handed over by mail or on a medium stands in the catalogue and is found there; the gateway carries none of it.

use api::catalogue::v1 as pb;
use api::exchange::v1::{ExplainRequest, explain_request::Target};
use api::sharing::v1::CreateApplicationRequest;
use kit::world::answer::refused;
use kit::world::story::{Story, publish};
use kit::world::terms::{application, purpose, wire_resource};
use kit::world::{ask, new_id};

const NAME: &str = "resources/105001-000201";

/// A database that is copied to a disk once a year.
fn copied() -> pb::Resource {
    pb::Resource {
        name: NAME.to_owned(),
        title: "历年婚姻档案".to_owned(),
        share_modes: vec![pb::ShareMode::Medium.into(), pb::ShareMode::Mail.into()],
        ..wire_resource("marriage-registrations")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_shared_outside_of_the_gateway_is_found_and_nobody_applies_for_it_here() {
    let story = Story::of_marriages().await;
    publish(&story.owner, &story.publisher, &copied()).await;
    let query = pb::SearchResourcesRequest {
        query: "婚姻档案".to_owned(),
        ..pb::SearchResourcesRequest::default()
    };
    let mut platform = story.platform.resources();
    let found = platform.search_resources(ask(query)).await.unwrap();
    let found = found.into_inner().results.remove(0).resource.unwrap();
    assert_eq!(found.share_modes, copied().share_modes);

    // An application is told what it has to do instead, whichever mode it asks for.
    let apply = async |entry: &pb::Resource, mode: pb::ShareMode| {
        let request = CreateApplicationRequest {
            application: Some(api::sharing::v1::Application {
                share_modes: vec![mode.into()],
                ..application(entry)
            }),
            request_id: new_id(),
            validate_only: false,
        };
        let mut applicant = story.applicant.applications();
        let told = refused(applicant.create_application(ask(request)).await);
        let (field, text) = told.violations[0].clone();
        assert_eq!(field, "application.share_modes");
        text
    };
    for (mode, part) in [
        (pb::ShareMode::Medium, "by medium data is handed over"),
        (pb::ShareMode::Table, "medium or mail"),
    ] {
        let text = apply(&copied(), mode).await;
        for part in [part, "outside of the gateway", &found.department] {
            assert!(text.contains(part), "{text}");
        }
    }
    // What is not shared so is handed over by nobody.
    let text = apply(&story.resource, pb::ShareMode::Mail).await;
    assert!(text.contains("not shared by mail mode"), "{text}");

    // So is a call; the dry run says what the call would hear.
    let question = ExplainRequest {
        target: Some(Target::Resource(NAME.to_owned())),
        share_mode: pb::ShareMode::Table.into(),
        purpose: Some(purpose()),
        ..ExplainRequest::default()
    };
    let explained = story.platform.exchange().explain(ask(question)).await;
    let explained = explained.unwrap().into_inner();
    assert!(!explained.permitted);
    let message = &explained.message;
    assert!(
        message.contains("medium or mail, outside of the gateway"),
        "{message}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sheets_tell_of_mail_and_media_in_both_directions() {
    let story = Story::of_marriages().await;
    publish(&story.owner, &story.publisher, &copied()).await;
    let out = story.world.folder().join("出.csv");
    let out = out.to_str().unwrap();
    let export = ["catalogue", "export-sheet", "--out", out];
    assert_eq!(story.world.shuqiaoctl(&story.owner, &export).code, 0);
    let text = std::fs::read_to_string(out).unwrap();
    assert!(text.contains("介质、邮件"), "{text}");
    let import = |file: &str| {
        let import = ["--output", "json", "catalogue", "import", file];
        story.world.shuqiaoctl(&story.owner, &import).json()
    };
    assert_eq!(import(out)["unchanged"], 2);
    // As departments write it.
    let other = story.world.folder().join("别.csv");
    std::fs::write(&other, text.replace("介质、邮件", "光盘、电子邮件")).unwrap();
    assert_eq!(import(other.to_str().unwrap())["unchanged"], 2);
}
