//! The command: what people say is typed or lies in a file, never on the command line.

use kit::world::Client;
use kit::world::story::Story;

use super::{ANSWER, CONTACT, REASON, STATEMENT};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_goes_the_whole_way() {
    let story = Story::of_marriages().await;
    let window = story.world.enrol_officer("市教育局", "zhou").await;
    let civil = story.world.register_department("市民政局").await;
    let run = |who: &Client, words: &[&str], typed: &str| {
        let words = [&["--output", "json", "complaints"], words].concat();
        let ran = story.world.shuqiaoctl_typing(who, &words, typed);
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.json()
    };
    let contact = story.world.folder().join("contact.txt");
    std::fs::write(&contact, CONTACT).unwrap();
    let words = [
        "enter",
        "wrong-data",
        "--contact-file",
        contact.to_str().unwrap(),
    ];
    let entered = run(&window, &words, STATEMENT);
    let name = entered["name"].as_str().unwrap();
    let receipt = entered["receipt"].as_str().unwrap();
    let (leader, owner) = (&story.publisher, &story.owner);
    let assigned = run(leader, &["assign", name, "--to", &civil], REASON);
    assert_eq!(assigned["routing"][1]["reason"], REASON);
    let told = run(&story.platform, &["status"], &format!("{receipt}\n"));
    assert_eq!(
        (&told["state"], &told["answer"]),
        (&"received".into(), &"".into())
    );
    let shown = run(owner, &["show", name], "");
    assert_eq!(
        (&shown["statement"], &shown["contact"]),
        (&STATEMENT.into(), &CONTACT.into())
    );
    let text = story.world.folder().join("answer.txt");
    std::fs::write(&text, ANSWER).unwrap();
    let words = ["answer", name, "--outcome", "partly-upheld"];
    let words = [&words[..], &["--text-file", text.to_str().unwrap()]].concat();
    assert_eq!(run(owner, &words, "")["outcome"], "partly_upheld");
    let words = ["complaints", "status"];
    let told = story.world.shuqiaoctl_typing(&window, &words, receipt);
    assert_eq!(told.line("answer"), ["answer", ANSWER]);
    assert_eq!(run(&window, &["close", name], "")["state"], "closed");
    let listed = run(
        leader,
        &["list", "--state", "closed", "--responsible", &civil],
        "",
    );
    assert_eq!(
        (&listed["name"], &listed["statement"]),
        (&name.into(), &"".into())
    );

    let second = run(
        &window,
        &["enter", "other", "--department", &civil],
        STATEMENT,
    );
    let second = second["name"].as_str().unwrap();
    let other = story.world.register_department("市教育局").await;
    run(owner, &["forward", second, "--to", &other], REASON);
    assert_eq!(
        run(&window, &["withdraw", second], "")["state"],
        "withdrawn"
    );
    let ran = story
        .world
        .shuqiaoctl(&window, &["complaints", "close", second]);
    assert_eq!(ran.code, 1);
    assert!(ran.told.contains("complaint.state"), "{}", ran.told);
}
