//! Enrolment and renewal as an engineer or a timer runs them: `shuqiaoctl credentials`.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use kit::folder::Folder;
use kit::world::World;
use kit::world::command::leave;

/// The seeds of the city, but with certificates that may be renewed at once.
pub(super) async fn renewing_at_once() -> World {
    let folder = Folder::new("renewing");
    let seeds = folder.join("seeds");
    for file in domain::seed::Seeds::embedded_files() {
        let path = seeds.join(&file.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let text = file.text.replace(
            "renewable_after_percent = 66",
            "renewable_after_percent = 0",
        );
        std::fs::write(path, text).unwrap();
    }
    let more = format!("seeds = {:?}\n", seeds.display().to_string());
    World::open_with(folder, None, None, &more).await
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap()
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Offers a token as the operator, and enrols with it. Gives the folder of the identity.
fn enrolled(world: &World, place: &Folder) -> std::path::PathBuf {
    let offer = ["credentials", "offer", "--system", "systems/yjs-platform"];
    let offered = world.shuqiaoctl(&world.operator, &offer);
    assert_eq!(offered.code, 0, "{offered:?}");
    let token = place.join("token");
    std::fs::write(&token, offered.said).unwrap();
    let authority = place.join("gateway.pem");
    std::fs::write(&authority, &world.gateway.authority_pem).unwrap();
    let out = place.join("identity");
    let enrol = [
        "credentials",
        "enrol",
        "--token-file",
        token.to_str().unwrap(),
        "--authority",
        authority.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
    ];
    let ran = world.shuqiaoctl_bare(&enrol);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.line("subject"), ["subject", "systems/yjs-platform"]);
    // Once more: there is an identity, and the token is used.
    let again = world.shuqiaoctl_bare(&enrol);
    assert_eq!(again.code, 1);
    assert!(
        again.told.contains("holds an identity already"),
        "{again:?}"
    );
    out
}

fn renew(world: &World, identity: &Path, more: &[&str]) -> kit::world::command::Ran {
    let arguments = [
        "--identity",
        identity.to_str().unwrap(),
        "credentials",
        "renew",
    ];
    world.shuqiaoctl_bare(&[&arguments, more].concat())
}

fn works(world: &World, identity: &Path) -> bool {
    let arguments = ["--identity", identity.to_str().unwrap(), "systems", "list"];
    world.shuqiaoctl_bare(&arguments).code == 0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_identity_is_got_and_renewed_without_anybody_at_the_keyboard() {
    let world = renewing_at_once().await;
    world.register_system("yjs-platform").await;
    let place = Folder::new("enrolling");
    let identity = enrolled(&world, &place);
    assert_eq!(mode(&identity.join("key.pem")), 0o600);
    assert_eq!(mode(&identity), 0o700);
    assert!(works(&world, &identity));
    let before = (
        read(&identity, "key.pem"),
        read(&identity, "certificate.pem"),
    );
    let ran = renew(&world, &identity, &["--if-due", "--output", "json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.json()["done"], "renewed");
    let after = (
        read(&identity, "key.pem"),
        read(&identity, "certificate.pem"),
    );
    assert!(before.0 != after.0 && before.1 != after.1);
    assert_eq!(mode(&identity.join("key.pem")), 0o600);
    assert!(works(&world, &identity));
    let list = [
        "credentials",
        "list",
        "--subject",
        "systems/yjs-platform",
        "--output",
        "json",
    ];
    let listed = world.shuqiaoctl(&world.operator, &list);
    let listed: Vec<serde_json::Value> = listed
        .said
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(listed.len(), 2);
    assert!(
        listed
            .iter()
            .any(|one| one["renews"] == listed[0]["name"] || one["renews"] == listed[1]["name"])
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_starts_again_leaves_a_renewed_operator_alone() {
    let world = renewing_at_once().await;
    let operator = |world: &World| world.folder().join("clients/operator");
    let ran = renew(&world, &operator(&world), &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let texts = |world: &World| {
        ["certificate.pem", "key.pem", "current/certificate.pem"]
            .map(|name| read(&operator(world), name))
    };
    let renewed = texts(&world);
    assert_eq!(renewed[0], renewed[2]);
    // With the terms of the city it is not due.
    let world = World::open(world.kill()).await;
    assert_eq!(texts(&world), renewed);
    assert!(works(&world, &operator(&world)));
    // A key that is another certificate's is replaced with its certificate, where everybody reads them.
    let present = std::fs::canonicalize(operator(&world).join("current")).unwrap();
    let versions = std::fs::read_dir(present.parent().unwrap()).unwrap();
    let versions: Vec<_> = versions.map(|entry| entry.unwrap().path()).collect();
    let other = versions
        .iter()
        .find(|version| **version != present)
        .unwrap();
    std::fs::copy(other.join("key.pem"), present.join("key.pem")).unwrap();
    assert!(!works(&world, &operator(&world)));
    let world = World::open(world.kill()).await;
    let mended = texts(&world);
    assert_ne!(mended[0], renewed[0]);
    assert_eq!(mended[0], mended[2]);
    assert!(works(&world, &operator(&world)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_was_lost_is_asked_for_once_more() {
    let world = renewing_at_once().await;
    let client = world.enrol_system("yjs-platform").await;
    let place = Folder::new("lost");
    leave(&client.identity, place.path());
    assert_eq!(renew(&world, place.path(), &[]).code, 0);
    // As if the machine had stopped after the gateway answered: the key waits, the old one is in use.
    let current = std::fs::canonicalize(place.path().join("current")).unwrap();
    let certificate = read(&current, "certificate.pem");
    let renewal = place.path().join("renewal");
    std::fs::rename(&current, &renewal).unwrap();
    std::fs::remove_file(renewal.join("certificate.pem")).unwrap();
    std::fs::remove_file(place.path().join("current")).unwrap();
    std::os::unix::fs::symlink("versions/first", place.path().join("current")).unwrap();
    assert!(works(&world, place.path()));
    let ran = renew(&world, place.path(), &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(read(place.path(), "certificate.pem"), certificate);
    assert!(works(&world, place.path()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_timer_that_comes_too_early_is_told_when_and_ends_well() {
    let world = World::start().await;
    let client = world.enrol_system("yjs-platform").await;
    let place = Folder::new("early");
    leave(&client.identity, place.path());
    let ran = renew(&world, place.path(), &["--if-due"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.line("done"), ["done", "not", "due"]);
    assert!(ran.line("renewable").len() == 3, "{ran:?}");
    assert!(!place.path().join("renewal").exists(), "no key was made");
    let ran = renew(&world, place.path(), &[]);
    assert_eq!(ran.code, 1);
    assert!(ran.told.contains("RENEWAL_TOO_EARLY"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_others_can_read_is_not_used() {
    let world = World::start().await;
    let place = Folder::new("open");
    leave(&world.operator.identity, place.path());
    let key = place.path().join("key.pem");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let arguments = [
        "--identity",
        place.path().to_str().unwrap(),
        "systems",
        "list",
    ];
    let ran = world.shuqiaoctl_bare(&arguments);
    assert_eq!(ran.code, 1);
    assert!(ran.told.contains("chmod 600"), "{ran:?}");
}
