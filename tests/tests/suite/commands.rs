//! Batches, needs, use-codes and evidence as an engineer asks for them: what `shuqiaoctl` prints, and
//! how it ends.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use kit::world::coded::{Coded, cardholder};
use kit::world::command::shuqiaoctl;
use kit::world::story::Story;
use kit::world::terms::{CASE, CLERK, PLATFORM, purpose};
use sandbox::people;
use serde_json::Value;

/// A command for a case of a matter, on behalf of the clerk.
fn for_a_case(command: &[&str], matter: &str) -> Vec<String> {
    let why = ["--matter", matter, "--case", CASE, "--operator", CLERK];
    let all = command.iter().chain(&why);
    all.map(ToString::to_string).collect()
}

fn given(arguments: &[String]) -> Vec<&str> {
    arguments.iter().map(String::as_str).collect()
}

fn lines_of(file: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).unwrap();
    let lines = text.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_leaves_what_came_beside_its_file() {
    let story = Story::of_marriages().await;
    let kind = &story.resource.certificate_type;
    let file = story.world.folder().join("applicants.csv");
    let rows = format!(
        "certificate_type,holder,items\n{kind},{},\n{kind},{},wife_id_number\n{kind},{},\n",
        people::HUSBAND.code,
        people::HUSBAND.code,
        people::STRANGER.code
    );
    std::fs::write(&file, rows).unwrap();
    let matter = purpose().matter;
    let command = for_a_case(&["lookup-batch", file.to_str().unwrap()], &matter);
    let ran = story.world.shuqiaoctl(&story.platform, &given(&command));
    // Not every certificate was found.
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(ran.line("RESULT"), ["RESULT", "LOOKUPS"]);
    for word in ["found", "no_match", "ITEM_NOT_COVERED"] {
        assert_eq!(ran.line(word), [word, "1"]);
    }
    let results = story.world.folder().join("applicants.results.jsonl");
    assert!(ran.said.contains(results.to_str().unwrap()), "{}", ran.said);
    let mode = std::fs::metadata(&results).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "what was released is its owner's");
    let came = lines_of(&results);
    let [found, refused, none] = came.as_slice() else {
        panic!("{} lines", came.len());
    };
    let number = &found["certificate"]["items"]["registration_number"];
    assert_eq!(*number, "J430502-2022-000001");
    assert_eq!(found["request_id"], found["receipt"]["request_id"]);
    assert_eq!(refused["fault"], "consumer");
    assert!(refused["entry"].is_u64() && refused["next"].is_string());
    assert_eq!(none["disposition"], "no_match");
    // What was written is never written over, and then nobody is asked.
    let asked = story.provider.running().asked();
    let again = story.world.shuqiaoctl(&story.platform, &given(&command));
    assert_eq!((again.code, again.said.as_str()), (1, ""));
    assert!(again.told.contains("move it away first"), "{}", again.told);
    assert_eq!(story.provider.running().asked(), asked);
    assert_eq!(lines_of(&results), came);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_catalogue_is_searched_and_what_is_found_is_counted() {
    let story = Story::of_marriages().await;
    let search = ["catalogue", "search"];
    let found = story
        .world
        .shuqiaoctl(&story.platform, &[&search[..], &["婚姻", "登记"]].concat());
    assert_eq!(found.code, 0, "{found:?}");
    assert_eq!(found.line("RESOURCE")[..2], ["RESOURCE", "TITLE"]);
    assert_eq!(found.line(&story.resource.name)[1], story.resource.title);
    assert!(found.said.contains("民政局"), "{}", found.said);
    let none = story
        .world
        .shuqiaoctl(&story.platform, &[&search[..], &["没有这个"]].concat());
    assert_eq!(none.code, 1, "{none:?}");
    let narrowed = [
        &["--output", "json"],
        &search[..],
        &["hydj", "--share-type", "unconditional"],
    ];
    let narrowed = story.world.shuqiaoctl(&story.platform, &narrowed.concat());
    let answer = narrowed.json();
    let counted = answer["facets"].as_array().unwrap().iter();
    let shared = counted.filter(|facet| facet["name"] == "share_type");
    assert_eq!(shared.count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_than_one_call_takes_is_asked_in_several() {
    let story = Story::of_marriages().await;
    let file = story.world.folder().join("many.jsonl");
    let row = serde_json::json!({
        "certificate_type": story.resource.certificate_type,
        "holder": people::HUSBAND.code,
    });
    std::fs::write(&file, format!("{row}\n").repeat(51)).unwrap();
    let command = ["--output", "json", "lookup-batch", file.to_str().unwrap()];
    let command = for_a_case(&command, &purpose().matter);
    let ran = story.world.shuqiaoctl(&story.platform, &given(&command));
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.json()["counts"], serde_json::json!({"found": 51}));
    let results = story.world.folder().join("many.results.jsonl");
    assert_eq!(lines_of(&results).len(), 51);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_with_a_fault_asks_nobody_and_repeats_no_code() {
    let story = Story::of_marriages().await;
    let code = people::HUSBAND.code.to_string();
    let code = code.as_str();
    for (name, text, expected) in [
        ("short.csv", format!("holder\n{code},x\n"), "line 2"),
        ("empty.csv", "holder\n".to_owned(), "lists no lookup"),
        ("text.txt", code.to_owned(), "a .csv or a .jsonl"),
    ] {
        let file = story.world.folder().join(name);
        std::fs::write(&file, text).unwrap();
        let command = ["lookup-batch", file.to_str().unwrap()];
        let command = for_a_case(&command, &purpose().matter);
        let ran = story.world.shuqiaoctl(&story.platform, &given(&command));
        assert_eq!((ran.code, ran.said.as_str()), (1, ""), "{name}");
        assert!(ran.told.contains(expected), "{name}: {}", ran.told);
        assert!(!ran.told.contains(code), "{name}: {}", ran.told);
        let results = file.with_extension("results.jsonl");
        assert!(!results.exists(), "{name}");
    }
    assert_eq!(story.provider.running().asked(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn needs_are_listed_and_then_asked_for_with_codes_that_are_typed() {
    let story = Story::of_marriages().await;
    let matter = purpose().matter;
    let listed = story.world.shuqiaoctl(&story.platform, &["needs", &matter]);
    // The paper is needed still of what nobody shares.
    assert_eq!(listed.code, 1, "{listed:?}");
    let heading = ["ROLE", "TYPE", "NAME", "COVERAGE", "MORE"];
    assert_eq!(listed.line("ROLE"), heading);
    let kind = story.resource.certificate_type.as_str();
    let married = listed.said.lines().find(|line| line.contains(kind));
    let married: Vec<&str> = married.unwrap().split_whitespace().collect();
    let covered = ["applicant", kind, "结婚证", "covered", &story.grant.name];
    assert_eq!(married, covered);
    assert_eq!(listed.line("child")[3], "not_shared");
    // An auditor's own grants are none; named, the platform's are shown.
    let consumer = format!("systems/{PLATFORM}");
    let of_platform = ["needs", &matter, "--consumer", &consumer];
    let shown = story.world.shuqiaoctl(&story.auditor, &of_platform);
    assert_eq!((shown.code, &shown.said), (1, &listed.said));
    assert_eq!(story.provider.running().asked(), 0);

    // A child is known by the number of its birth certificate.
    let child = format!("child:{}=-", people::CHILD.type_code);
    let holders = ["--holder", &child, "--holder", "applicant=-"];
    let command = [&["--output", "json", "needs"][..], &holders].concat();
    let command = for_a_case(&command, &matter);
    let typed = format!("{}\n{}\n", people::CHILD.code, people::HUSBAND.code);
    let ran = story
        .world
        .shuqiaoctl_typing(&story.platform, &given(&command), &typed);
    assert_eq!(ran.code, 1, "{ran:?}");
    let answer = ran.json();
    assert_eq!(answer["complete"], false);
    let states = answer["needs"].as_array().unwrap().iter();
    let states: Vec<&Value> = states.map(|need| &need["state"]).collect();
    assert_eq!(states, ["uncovered", "uncovered", "uncovered", "met"]);
    let both = ["needs", &matter, "--case", CASE];
    assert_eq!(story.world.shuqiaoctl(&story.platform, &both).code, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_use_code_is_shown_to_the_portal_and_typed_at_the_counter() {
    let coded = Coded::start().await;
    let (world, kind) = (&coded.story.world, &coded.story.resource.certificate_type);
    let matter = purpose().matter;
    let addressee = format!("systems/{PLATFORM}");
    let create = ["use-codes", "create", "--type", kind, "--holder", "-"];
    let create = [&create[..], &["--for", &addressee]].concat();
    let create = [&create[..], &["--matter", &matter, "--case", CASE]].concat();
    let holder = format!("{}\n", cardholder().code);
    let made = || world.shuqiaoctl_typing(&coded.portal, &create, &holder);
    let shown = made();
    assert_eq!(shown.code, 0, "{shown:?}");
    assert_eq!(shown.line("expires").len(), 2);
    let code = shown.line("code")[1];
    let lookup = for_a_case(&["lookup", "--type", kind, "--use-code", "-"], &matter);
    let counter = |code: &str| {
        let platform = &coded.story.platform;
        world.shuqiaoctl_typing(platform, &given(&lookup), &format!("{code}\n"))
    };
    // As it is copied by hand.
    let found = counter(&code.to_lowercase().replace('-', ""));
    assert_eq!(found.code, 0, "{found:?}");
    assert_eq!(found.line("disposition"), ["disposition", "found"]);
    assert_eq!(found.line("card_state"), ["card_state", "正常"]);
    let used = counter(code);
    assert_eq!((used.code, used.said.as_str()), (1, ""));
    assert!(used.told.contains("USE_CODE_REFUSED"), "{}", used.told);
    assert!(used.told.contains("what to do:"), "{}", used.told);
    assert!(!used.told.contains(code), "{}", used.told);

    let shown = made();
    let (code, name) = (shown.line("code")[1], shown.line("name")[1]);
    let taken_back = world.shuqiaoctl(&coded.portal, &["use-codes", "withdraw", name]);
    assert_eq!(taken_back.code, 0, "{taken_back:?}");
    assert_eq!(taken_back.line("withdrawn"), ["withdrawn", name]);
    let late = counter(code);
    assert!(late.code == 1 && late.told.contains("USE_CODE_REFUSED"));
    assert_eq!(coded.story.provider.running().asked(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_auditor_lists_alarms_by_their_event() {
    let story = Story::of_marriages().await;
    let alarms = ["evidence", "list", "--event", "exchange.budget_spent"];
    let none = story.world.shuqiaoctl(&story.auditor, &alarms);
    assert_eq!((none.code, none.said.as_str()), (1, ""), "{none:?}");
    crate::budgets::spend(&story).await;
    let kind = &story.resource.certificate_type;
    let lookup = ["lookup", "--type", kind, "--holder", "-"];
    let lookup = for_a_case(&lookup, &purpose().matter);
    let typed = format!("{}\n", people::HUSBAND.code);
    let stopped = story
        .world
        .shuqiaoctl_typing(&story.platform, &given(&lookup), &typed);
    assert!(stopped.code == 1 && stopped.told.contains("BUDGET_SPENT"));
    let listed = story.world.shuqiaoctl(&story.auditor, &alarms);
    assert_eq!(listed.code, 0, "{listed:?}");
    assert_eq!(listed.line("INDEX"), ["INDEX", "TIME", "WHAT", "FACTS"]);
    assert_eq!(listed.said.lines().count(), 2, "{}", listed.said);
    assert!(listed.said.contains("scope=case") && listed.said.contains("counted=misses"));
    for private in [CASE, CLERK, people::HUSBAND.code.as_ref()] {
        assert!(!listed.said.contains(private), "{private} is shown");
    }
    let as_json = [&["--output", "json"][..], &alarms].concat();
    let entry = story.world.shuqiaoctl(&story.auditor, &as_json).json();
    assert_eq!(entry["facts"]["scope"], "case", "{entry}");
    // No more than was asked for, and nothing of what others did.
    let every = ["--output", "json", "evidence", "list", "--limit", "1"];
    let newest = story.world.shuqiaoctl(&story.auditor, &every);
    assert_eq!((newest.code, newest.said.lines().count()), (0, 1));
    let stranger = story.world.enrol_system("enterprise-registry").await;
    let hidden = story.world.shuqiaoctl(&stranger, &alarms);
    assert_eq!((hidden.code, hidden.said.as_str()), (1, ""), "{hidden:?}");
}

#[test]
fn a_command_that_cannot_ask_says_what_is_missing() {
    let nowhere = shuqiaoctl(&["needs", "matters/1"]);
    assert_eq!((nowhere.code, nowhere.said.as_str()), (1, ""));
    assert!(nowhere.told.contains("SHUQIAO_SERVER"), "{}", nowhere.told);
    let nobody = shuqiaoctl(&["--server", "127.0.0.1:9", "evidence", "list"]);
    assert!(nobody.code == 1 && nobody.told.contains("SHUQIAO_IDENTITY"));
    let wrong = shuqiaoctl(&["evidence", "list", "--limit", "0"]);
    assert_eq!((wrong.code, wrong.said.as_str()), (2, ""));
}
