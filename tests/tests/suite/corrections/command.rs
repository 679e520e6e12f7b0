//! Corrections and marks on the command line: what is said of a person stands on none.

use api::certificate::v1::Certificate;
use kit::world::story::Story;
use kit::world::terms::{CASE, CLERK, PLATFORM, purpose};
use sandbox::people;

use super::cast::{DAY, STATEMENT, found};

async fn certificate(story: &Story) -> Certificate {
    found(story, &people::HUSBAND).await.certificate.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_is_disputed_and_answered_on_the_command_line() {
    let story = Story::of_marriages().await;
    let identifier = certificate(&story).await.identifier;
    let (world, consumer) = (&story.world, format!("systems/{PLATFORM}"));
    let kind = story.resource.certificate_type.as_str();
    let raise = [
        "corrections",
        "raise",
        "--type",
        kind,
        "--consumer",
        &consumer,
        "--items",
        DAY,
    ];
    let typed = format!("{identifier}\n{STATEMENT}\n");
    let ran = world.shuqiaoctl_typing(&story.applicant, &raise, &typed);
    assert_eq!(ran.code, 0, "{ran:?}");
    let name = ran.line("correction")[1].to_owned();
    assert_eq!(ran.line("record")[1], identifier);
    assert!(ran.line("legal").join(" ").contains("WithdrawCorrection"));

    let ran = world.shuqiaoctl(&story.owner, &["corrections", "list", "--open"]);
    assert_eq!((ran.code, ran.line(&name)[1]), (0, "raised"));
    let look = [
        "lookup",
        "--type",
        kind,
        "--identifier",
        &identifier,
        "--matter",
        &purpose().matter,
        "--case",
        CASE,
        "--operator",
        CLERK,
    ];
    let ran = world.shuqiaoctl(&story.platform, &look);
    let mark = ran.line("disputed").join(" ");
    assert!(mark.contains(DAY) && mark.contains(&name), "{mark}");
    let ran = world.shuqiaoctl(
        &story.platform,
        &[&look[..], &["--output", "json"]].concat(),
    );
    let told = &ran.json()["certificate"]["disputes"][0];
    assert_eq!(
        (told["correction"].as_str(), told["items"][0].as_str()),
        (Some(name.as_str()), Some(DAY))
    );

    let ran = world.shuqiaoctl(&story.owner, &["corrections", "accept", &name]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let silent = ["corrections", "close", &name, "--confirmed"];
    assert_eq!(
        world.shuqiaoctl(&story.owner, &silent).code,
        2,
        "why is needed"
    );
    let close = [
        "corrections",
        "close",
        &name,
        "--confirmed",
        "--answer",
        "-",
    ];
    let ran = world.shuqiaoctl_typing(&story.owner, &close, "与档案\n一致\n");
    assert_eq!(ran.line("answer")[1..].join(" "), "与档案 一致");
    let show = ["corrections", "show", &name, "--output", "json"];
    let ran = world.shuqiaoctl(&story.auditor, &show);
    let shown = ran.json();
    assert_eq!(shown["state"], "confirmed");
    assert!(
        shown["record"].is_null() && shown["statement"] == "",
        "{shown}"
    );
    let ran = world.shuqiaoctl(&story.platform, &look);
    assert!(!ran.said.contains("disputed"), "{}", ran.said);
    let ran = world.shuqiaoctl(&story.applicant, &["corrections", "withdraw", &name]);
    assert_eq!(ran.code, 1);
    assert!(ran.told.contains("STATE_CONFLICT"), "{}", ran.told);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_is_disputed_on_the_command_line_and_shown_beside_its_line() {
    let story = Story::of_enterprises().await;
    let world = &story.world;
    let resource = story.resource.name.as_str();
    let raise = ["corrections", "raise", "--resource", resource];
    let typed = format!("credit_code={}\n\n{STATEMENT}\n", people::SHOP.code);
    let ran = world.shuqiaoctl_typing(&story.platform, &raise, &typed);
    assert_eq!(ran.code, 0, "{ran:?}");
    let name = ran.line("correction")[1].to_owned();
    let matter = purpose().matter;
    let read = [
        "rows",
        "read",
        resource,
        "--matter",
        &matter,
        "--case",
        CASE,
        "--operator",
        CLERK,
        "--items",
        "enterprise_name",
        "--limit",
        "200",
    ];
    let ran = world.shuqiaoctl(&story.platform, &read);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.told.contains("disputed since") && ran.told.contains(&name),
        "{}",
        ran.told
    );
    let ran = world.shuqiaoctl(
        &story.platform,
        &[&read[..], &["--output", "json"]].concat(),
    );
    let marked: Vec<&str> = ran
        .said
        .lines()
        .filter(|line| line.contains("@disputes"))
        .collect();
    assert_eq!(marked.len(), 1);
    assert!(marked[0].contains(&name) && marked[0].contains(people::SHOP.name.as_ref()));
}
