//! `shuqiaoctl events`.

use kit::world::story::Story;
use serde_json::Value;

use super::{listed, suspend};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_lists_and_watches_from_a_cursor() {
    let story = Story::of_marriages().await;
    suspend(&story, &story.owner).await;
    let known = listed(&story.platform, &["sharing.grant"]).await;
    let list = [
        "--output",
        "json",
        "events",
        "list",
        "--kind",
        "sharing.grant",
    ];
    let ran = story.world.shuqiaoctl(&story.platform, &list);
    assert_eq!(ran.code, 0, "{}", ran.told);
    let lines: Vec<Value> = ran
        .said
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), known.len());
    let cursor = lines[0]["cursor"].as_str().unwrap();
    assert_eq!(cursor, known[0].cursor);
    let watch = [
        "events",
        "watch",
        "--kind",
        "sharing.grant",
        "--count",
        "1",
        "--from",
        cursor,
    ];
    let ran = story.world.shuqiaoctl(&story.platform, &watch);
    assert_eq!(ran.code, 0, "{}", ran.told);
    assert!(ran.said.contains("sharing.grant.suspended"), "{}", ran.said);
    assert!(ran.said.contains(&story.grant.name), "{}", ran.said);
    let ran = story
        .world
        .shuqiaoctl(&story.platform, &["events", "watch", "--from", "0.1"]);
    assert_eq!(ran.code, 1);
    assert!(ran.told.contains("REQUEST_INVALID"), "{}", ran.told);
}
