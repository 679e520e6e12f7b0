//! A system that nobody connects to: whatever is put into its folder is brought, and it counts as connected.

use std::path::{Path, PathBuf};

use kit::world::Client;
use kit::world::command::Ran;
use kit::world::filed::Filed;
use serde_json::Value;

const ENDPOINT: &str = "systems/enterprise-registry/endpoints/drop";

/// The folder of a bureau, with one for the resource.
struct Bureau {
    filed: Filed,
    folder: PathBuf,
    place: PathBuf,
}

impl Bureau {
    async fn start() -> Self {
        let filed = Filed::start().await;
        let folder = filed.world.folder().join("outgoing");
        let place = folder.join(filed.resource.name.trim_start_matches("resources/"));
        std::fs::create_dir_all(&place).unwrap();
        let items: Vec<String> = filed
            .grant
            .items
            .iter()
            .map(|key| format!("{key:?}"))
            .collect();
        let settings = format!("items = [{}]", items.join(", "));
        std::fs::write(place.join(".drop.toml"), settings).unwrap();
        let bureau = Self {
            filed,
            folder,
            place,
        };
        let register = ["endpoints", "register", ENDPOINT, "--protocol", "file-drop"];
        let register = [&register[..], &["--report-seconds", "60"]].concat();
        let made = bureau.run(&bureau.filed.owner, &register);
        assert_eq!(made.code, 0, "{made:?}");
        let made = made.json();
        assert_eq!(
            (&made["health"], &made["address"], &made["report_seconds"]),
            (&"unknown".into(), &"gateway".into(), &60.into())
        );
        bureau
    }

    fn run(&self, who: &Client, arguments: &[&str]) -> Ran {
        let arguments = [&["--output", "json"], arguments].concat();
        self.filed.world.shuqiaoctl(who, &arguments)
    }

    /// One round, and what it said of each file.
    fn round(&self) -> (i32, Vec<Value>) {
        let folder = self.folder.to_str().unwrap();
        let drop = ["files", "drop", folder, "--endpoint", ENDPOINT, "--once"];
        let drop = [&drop[..], &["--settle", "0"]].concat();
        let ran = self.run(&self.filed.provider, &drop);
        let lines = ran
            .said
            .lines()
            .map(|line| serde_json::from_str(line).unwrap());
        (ran.code, lines.collect())
    }

    /// The titles of the granted items, and a row.
    fn table(&self) -> String {
        let items = &self.filed.grant.items;
        let row: Vec<String> = items.iter().map(|key| format!("虚构-{key}")).collect();
        format!("{}\n{}\n", items.join(","), row.join(","))
    }

    fn put(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.place.join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    fn endpoint(&self) -> Value {
        let list = ["endpoints", "list", "systems/enterprise-registry"];
        self.run(&self.filed.owner, &list).json()
    }

    /// A run of the kit: its exit code, and how each case ended.
    fn conform(&self) -> (i32, Vec<(String, String)>) {
        let ran = self.run(&self.filed.owner, &["conform", "--endpoint", ENDPOINT]);
        let ended = |line: &str| {
            let finding: Value = serde_json::from_str(line).unwrap();
            let text = |key: &str| finding[key].as_str().unwrap().to_owned();
            (text("case"), text("result"))
        };
        (ran.code, ran.said.lines().map(ended).collect())
    }

    fn connected(&self) -> bool {
        let board = self
            .run(&self.filed.auditor, &["progress", "plans/2022"])
            .json();
        let departments = board["departments"].as_array().unwrap();
        let mut systems = departments
            .iter()
            .flat_map(|one| one["systems"].as_array().unwrap());
        let own = systems.find(|system| system["system"] == "systems/enterprise-registry");
        own.unwrap()["connected"].as_bool().unwrap()
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let name = |entry: std::fs::DirEntry| entry.file_name().into_string().unwrap();
    let mut names: Vec<String> = entries.map(|entry| name(entry.unwrap())).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_system_that_offers_files_alone_becomes_connected() {
    let bureau = Bureau::start().await;
    let case = |case: &str, verdict: &str| (case.to_owned(), verdict.to_owned());
    let (code, told) = bureau.conform();
    let nothing = [
        case("reporting", "failed"),
        case("brought", "failed"),
        case("schema", "not_applicable"),
    ];
    assert_eq!((code, told), (1, nothing.to_vec()));

    bureau.put("企业名录.csv", bureau.table());
    bureau.put(".hidden.csv", "x");
    bureau.put("half.csv.part", "x");
    let (code, told) = bureau.round();
    assert_eq!((code, told.len()), (0, 1), "{told:?}");
    assert_eq!(told[0]["state"], "sent");
    let sent = bureau.place.join("sent");
    let day = sent.join(&names(&sent)[0]);
    assert_eq!(names(&day), ["企业名录.csv"]);
    assert_eq!(
        names(&bureau.place),
        [".drop.toml", ".hidden.csv", "half.csv.part", "sent"]
    );
    assert_eq!(bureau.endpoint()["health"], "serving");

    let (code, told) = bureau.conform();
    let all = ["reporting", "brought", "schema"].map(|name| case(name, "passed"));
    assert_eq!((code, told), (0, all.to_vec()));
    assert!(!bureau.connected(), "nobody has fetched a file yet");
    let files = bureau.filed.list(&bureau.filed.platform).await;
    let request = bureau.filed.read_request(&files[0], 0);
    let (content, receipt) = bureau.filed.read(request).await;
    receipt.unwrap();
    assert_eq!(content, bureau.table().as_bytes());
    assert!(bureau.connected());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_is_put_away_with_the_reason_until_somebody_looks_at_it() {
    let bureau = Bureau::start().await;
    bureau.put("gbk.csv", b"\xc3\xfb\xb3\xc6\n");
    bureau.put("unknown.xyz", "x");
    bureau.put("good.csv", bureau.table());
    let (code, told) = bureau.round();
    let file = |told: &Value| {
        let path = Path::new(told["path"].as_str().unwrap());
        let name = path.file_name().unwrap().to_str().unwrap();
        format!("{name} {}", told["state"].as_str().unwrap())
    };
    let states: Vec<String> = told.iter().map(file).collect();
    let wanted = ["gbk.csv refused", "good.csv sent", "unknown.xyz refused"];
    assert_eq!((code, states), (1, wanted.map(str::to_owned).to_vec()));
    let refused = bureau.place.join("refused");
    let why = std::fs::read_to_string(refused.join("gbk.csv.why.txt")).unwrap();
    assert!(
        why.contains("FILE_CONTENT_REFUSED") && why.contains("ledger entry"),
        "{why}"
    );
    let why = std::fs::read_to_string(refused.join("unknown.xyz.why.txt")).unwrap();
    assert!(why.contains("rename it to one of csv"), "{why}");
    let endpoint = bureau.endpoint();
    assert_eq!(endpoint["health"], "failing");
    assert_eq!(
        endpoint["last_error"],
        "2 files were refused and wait for their department"
    );

    // Brought again as it is, it is refused again; taken away, the endpoint is in order.
    std::fs::rename(refused.join("gbk.csv"), bureau.place.join("gbk.csv")).unwrap();
    let (_, told) = bureau.round();
    assert_eq!(told[0]["state"], "refused", "{told:?}");
    std::fs::remove_dir_all(&refused).unwrap();
    assert_eq!(bureau.round(), (0, Vec::new()));
    // A folder of nothing that is known holds up no report, and is no good end.
    std::fs::create_dir(bureau.folder.join("notes")).unwrap();
    std::fs::write(bureau.folder.join("notes").join("a.csv"), "x").unwrap();
    assert_eq!(bureau.round(), (1, Vec::new()));
    let heard = bureau.endpoint()["observation"]["heartbeat"].clone();
    assert_eq!(
        (&heard["waiting_files"], &heard["refused_files"]),
        (&1.into(), &0.into())
    );
    assert_eq!(bureau.endpoint()["health"], "serving");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_brought_once_and_its_columns_are_held_against_its_items() {
    let bureau = Bureau::start().await;
    let path = bureau.put("a.csv", bureau.table());
    bureau.round();
    // Whoever ends between the last byte and putting it away finds that it is there.
    let sent = bureau.place.join("sent");
    let day = sent.join(&names(&sent)[0]);
    std::fs::rename(day.join("a.csv"), &path).unwrap();
    let (code, told) = bureau.round();
    assert_eq!((code, &told[0]["state"]), (0, &"sent".into()));
    assert_eq!(bureau.filed.list(&bureau.filed.owner).await.len(), 1);
    assert!(bureau.filed.owner.drifts().await.is_empty());

    // Another name for one column, and a column more: it is taken, and told by key and place.
    let items = &bureau.filed.grant.items;
    let renamed = bureau.table().replacen(&items[0], "renamed_here", 1);
    bureau.put("b.csv", renamed);
    assert_eq!(bureau.round().0, 0);
    for who in [&bureau.filed.owner, &bureau.filed.platform] {
        let drifts = who.drifts().await;
        let text = format!("{drifts:?}");
        assert!(
            text.contains(&items[0]) && text.contains("column 1"),
            "{text}"
        );
        assert!(!text.contains("renamed_here"), "{text}");
    }
    let (code, told) = bureau.conform();
    assert_eq!(code, 1);
    let schema = told.into_iter().find(|(case, _)| case == "schema");
    assert_eq!(schema.unwrap().1, "failed");
    // The next good file and a run end it.
    bureau.put("c.csv", bureau.table());
    bureau.round();
    assert_eq!(bureau.conform().0, 0);
    assert!(bureau.filed.owner.drifts().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_drop_has_no_address_and_is_reported_for_by_its_system_alone() {
    let bureau = Bureau::start().await;
    let (owner, platform) = (&bureau.filed.owner, &bureau.filed.platform);
    let register = [
        "endpoints",
        "register",
        "systems/enterprise-registry/endpoints/other",
    ];
    let register = [&register[..], &["--protocol", "file-drop"]].concat();
    let addressed = [
        &register[..],
        &["--address", "10.0.0.1:1", "--report-seconds", "59"],
    ]
    .concat();
    let told = bureau.run(owner, &addressed);
    assert_eq!(told.code, 1);
    for field in ["endpoint.address", "endpoint.file_drop.report_seconds"] {
        assert!(told.told.contains(field), "{told:?}");
    }
    let folder = bureau.folder.to_str().unwrap();
    let drop = ["files", "drop", folder, "--endpoint", ENDPOINT, "--once"];
    for who in [owner, platform] {
        let told = bureau.run(who, &drop);
        assert!(told.code == 1 && told.told.contains("ROLE"), "{told:?}");
    }
    let change = ["endpoints", "change", ENDPOINT];
    let changed = bureau.run(
        owner,
        &[&change[..], &["--report-seconds", "3600"]].concat(),
    );
    assert_eq!(changed.json()["report_seconds"], 3600);
    let moved = bureau.run(owner, &[&change[..], &["--address", "10.0.0.1:1"]].concat());
    assert!(
        moved.code == 1 && moved.told.contains("NOT_AN_ADDRESS"),
        "{moved:?}"
    );
}
