//! The rules of the house that no compiler checks. Each failure says what to do.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn files(folder: &str, ending: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    collect(&root().join(folder), ending, &mut found);
    assert!(!found.is_empty(), "{folder} holds no {ending} files");
    found
}

fn collect(folder: &Path, ending: &str, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, ending, found);
        } else if path
            .extension()
            .is_some_and(|extension| extension == ending)
        {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
}

/// What each package may depend on among ours; DESIGN §3 as data.
const MAY_DEPEND_ON: [(&str, &[&str]); 14] = [
    ("domain", &[]),
    ("ledger", &[]),
    ("api", &[]),
    ("contract", &["api", "domain"]),
    ("dcat", &["api"]),
    ("identity", &[]),
    ("search", &[]),
    ("sheet", &[]),
    ("store", &["domain", "ledger"]),
    (
        "broker",
        &[
            "api", "contract", "domain", "identity", "ledger", "search", "store",
        ],
    ),
    ("console", &["broker", "domain"]),
    ("sandbox", &["api", "domain"]),
    (
        "cli",
        &[
            "api", "contract", "dcat", "domain", "identity", "ledger", "sheet",
        ],
    ),
    (
        "server",
        &[
            "api", "broker", "console", "domain", "identity", "ledger", "sandbox", "store",
        ],
    ),
];

#[test]
fn packages_depend_only_downwards() {
    let ours = MAY_DEPEND_ON.map(|(name, _)| name);
    for (package, allowed) in MAY_DEPEND_ON {
        let manifest = root().join("crates").join(package).join("Cargo.toml");
        let text = fs::read_to_string(manifest).unwrap();
        let dependencies = text.split("[dev-dependencies]").next().unwrap();
        for other in ours {
            let depends = dependencies.contains(&format!("\n{other}.workspace"));
            assert!(
                !depends || allowed.contains(&other),
                "crates/{package} depends on {other}; move the code to the side that may"
            );
        }
    }
}

#[test]
fn sql_over_our_schema_stands_in_the_store_and_over_others_in_one_place() {
    for package in [
        "api", "cli", "console", "contract", "dcat", "domain", "identity", "ledger", "sandbox",
        "search", "server", "sheet",
    ] {
        let manifest = root().join("crates").join(package).join("Cargo.toml");
        let text = fs::read_to_string(manifest).unwrap();
        assert!(
            !text.contains("sqlx"),
            "crates/{package} knows sqlx; put the query into store"
        );
    }
    // docs/adr/0011: the databases of providers, and nothing else.
    for (path, text) in files("crates", "rs") {
        let path = path.to_string_lossy().into_owned();
        let may = !path.contains("crates/broker/")
            || path.contains("broker/src/sql/")
            || path.ends_with("broker/src/sql.rs");
        assert!(
            may || !text.contains("sqlx::"),
            "{path} knows sqlx; our own schema is the store's"
        );
    }
}

#[test]
fn only_the_store_claims_that_something_is_recorded() {
    for (path, text) in files("crates", "rs") {
        let may = ["crates/store/", "crates/ledger/"]
            .iter()
            .any(|home| path.to_string_lossy().contains(home));
        assert!(
            may || !text.contains("Receipt::assertion("),
            "{} makes a receipt; only the store may, after its commit",
            path.display()
        );
    }
}

#[test]
fn files_can_be_read_in_one_sitting() {
    // Tests of one subject may be longer than the subject.
    for (path, text) in files("crates", "rs") {
        let lines = text.lines().count();
        // Below the root: the folder of this package has the word in its name.
        let below = path.strip_prefix(root()).unwrap();
        let is_test = below.to_string_lossy().contains("tests");
        let most = if is_test { 700 } else { 500 };
        assert!(
            lines <= most,
            "{} has {lines} lines; split it by noun",
            path.display()
        );
    }
}

#[test]
fn nothing_is_left_for_later() {
    let marks = ["TO", "FIX", "XX"].map(|half| {
        format!(
            "{half}{}",
            match half {
                "TO" => "DO",
                "FIX" => "ME",
                _ => "X",
            }
        )
    });
    for folder in ["crates", "tests", "bench"] {
        for (path, text) in files(folder, "rs") {
            for mark in &marks {
                assert!(
                    !text.contains(mark.as_str()),
                    "{} holds {mark}; do it or say it in an issue",
                    path.display()
                );
            }
            assert!(
                !text.contains(concat!("#[", "ignore")),
                "{} ignores a test",
                path.display()
            );
        }
    }
}

#[test]
fn no_dependency_is_below_its_floor() {
    let deny = fs::read_to_string(root().join("deny.toml")).unwrap();
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let mut floors = 0;
    for line in deny.lines().filter(|line| line.contains("crate = ")) {
        let rule = line.split('"').nth(1).unwrap();
        let Some((name, floor)) = rule.split_once(":<") else {
            let banned = format!("name = \"{rule}\"\n");
            assert!(
                !lock.contains(&banned),
                "{rule} is in the tree; deny.toml says why it must not be"
            );
            continue;
        };
        floors += 1;
        for version in versions_of(&lock, name) {
            assert!(
                numbers(&version) >= numbers(floor),
                "{name} {version} is below {floor}: cargo update -p {name}"
            );
        }
    }
    assert!(floors >= 6, "deny.toml lost its floors");
}

fn versions_of(lock: &str, name: &str) -> Vec<String> {
    let head = format!("name = \"{name}\"\nversion = \"");
    lock.split(&head)
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect()
}

fn numbers(version: &str) -> Vec<u32> {
    let plain = version.split(['-', '+']).next().unwrap();
    plain.split('.').map(|part| part.parse().unwrap()).collect()
}
