//! The same as an engineer does it: `shuqiaoctl files`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use kit::process::binaries;
use kit::world::Client;
use kit::world::filed::Filed;
use kit::world::terms::{CASE, CLERK, purpose};

use super::text;

fn identity(filed: &Filed, name: &str, client: &Client) -> PathBuf {
    let folder = filed.world.folder().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let own = &client.identity;
    for (file, pem) in [
        ("certificate.pem", &own.certificate_pem),
        ("key.pem", &own.key_pem),
        ("authority.pem", &own.authority_pem),
    ] {
        std::fs::write(folder.join(file), pem).unwrap();
    }
    folder
}

fn shuqiaoctl(filed: &Filed, identity: &Path, arguments: &[&str]) -> Output {
    Command::new(binaries().join("shuqiaoctl"))
        .args(["--server", &filed.world.gateway.address, "--output", "json"])
        .arg("--identity")
        .arg(identity)
        .arg("files")
        .args(arguments)
        .output()
        .unwrap()
}

/// The last line of the answer, which is JSON.
fn answer(output: &Output) -> serde_json::Value {
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    serde_json::from_str(shown.lines().last().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_put_listed_fetched_and_deleted_and_both_ways_go_on() {
    let filed = Filed::start().await;
    let provider = identity(&filed, "provider", &filed.provider);
    let platform = identity(&filed, "platform", &filed.platform);
    let content = text(9 * 1024 * 1024 + 5);
    let local = filed.world.folder().join("企业名录.csv");
    std::fs::write(&local, &content).unwrap();
    let items = filed.grant.items.join(",");
    let put = [
        "put",
        local.to_str().unwrap(),
        "--resource",
        &filed.resource.name,
    ];
    let put = [&put[..], &["--type", "text/csv", "--items", &items]].concat();
    let left = answer(&shuqiaoctl(&filed, &provider, &put));
    assert_eq!(left["state"], "visible");
    let name = left["name"].as_str().unwrap().to_owned();

    // One that was begun and broke off goes on.
    let begun = filed.begin(filed.file(content.len())).await.unwrap().name;
    filed
        .upload(&begun, &content[..777_777], 0, 99_999)
        .await
        .unwrap();
    let resumed = [&put[..], &["--resume", &begun]].concat();
    let resumed = answer(&shuqiaoctl(&filed, &provider, &resumed));
    assert_eq!(resumed["sha256"], left["sha256"]);
    assert_eq!(
        (&resumed["sm3"], &resumed["state"]),
        (&left["sm3"], &left["state"])
    );

    let listed = shuqiaoctl(&filed, &platform, &["list", &filed.resource.name]);
    let shown = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert_eq!(shown.lines().count(), 2, "{shown}");

    // A part from an earlier attempt is gone on with; wrong bytes in it do not pass.
    let out = filed.world.folder().join("fetched.csv");
    let part = filed.world.folder().join("fetched.csv.part");
    let purpose = purpose();
    let get = [
        "get",
        &name,
        "--out",
        out.to_str().unwrap(),
        "--matter",
        &purpose.matter,
    ];
    let get = [&get[..], &["--case", CASE, "--operator", CLERK]].concat();
    let mut wrong = content[..100_001].to_vec();
    wrong[7] ^= 1;
    std::fs::write(&part, &wrong).unwrap();
    let refused = shuqiaoctl(&filed, &platform, &get);
    assert!(!refused.status.success() && !out.exists() && !part.exists());
    std::fs::write(&part, &content[..100_001]).unwrap();
    let got = answer(&shuqiaoctl(&filed, &platform, &get));
    assert_eq!(got["sha256"], left["sha256"]);
    assert!(std::fs::read(&out).unwrap() == content && !part.exists());
    // What is there is not overwritten.
    assert!(!shuqiaoctl(&filed, &platform, &get).status.success());

    let gone = answer(&shuqiaoctl(&filed, &provider, &["delete", &name]));
    assert_eq!(gone["state"], "deleted");
    std::fs::remove_file(&out).unwrap();
    let late = shuqiaoctl(&filed, &platform, &get);
    let told = String::from_utf8_lossy(&late.stderr).into_owned();
    assert!(
        told.contains("FILE_DELETED") && told.contains("withdrawn"),
        "{told}"
    );
}
