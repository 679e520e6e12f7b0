//! The same as an engineer does it: `shuqiaoctl files`.

use kit::world::Client;
use kit::world::command::Ran;
use kit::world::filed::Filed;
use kit::world::terms::{CASE, CLERK, purpose};
use serde_json::Value;

use super::text;

fn shuqiaoctl(filed: &Filed, who: &Client, arguments: &[&str]) -> Ran {
    let arguments = [&["--output", "json", "files"], arguments].concat();
    filed.world.shuqiaoctl(who, &arguments)
}

/// The answer of a command that ended well.
fn answer(ran: &Ran) -> Value {
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.json()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_put_listed_fetched_and_deleted_and_both_ways_go_on() {
    let filed = Filed::start().await;
    let (provider, platform) = (&filed.provider, &filed.platform);
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
    let left = answer(&shuqiaoctl(&filed, provider, &put));
    assert_eq!(left["state"], "visible");
    let name = left["name"].as_str().unwrap().to_owned();

    // One that was begun and broke off goes on.
    let begun = filed.begin(filed.file(content.len())).await.unwrap().name;
    filed
        .upload(&begun, &content[..777_777], 0, 99_999)
        .await
        .unwrap();
    let resumed = [&put[..], &["--resume", &begun]].concat();
    let resumed = answer(&shuqiaoctl(&filed, provider, &resumed));
    assert_eq!(resumed["sha256"], left["sha256"]);
    assert_eq!(
        (&resumed["sm3"], &resumed["state"]),
        (&left["sm3"], &left["state"])
    );

    let listed = shuqiaoctl(&filed, platform, &["list", &filed.resource.name]);
    assert_eq!(listed.said.lines().count(), 2, "{listed:?}");

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
    let refused = shuqiaoctl(&filed, platform, &get);
    assert!(refused.code == 1 && !out.exists() && !part.exists());
    std::fs::write(&part, &content[..100_001]).unwrap();
    let got = answer(&shuqiaoctl(&filed, platform, &get));
    assert_eq!(got["sha256"], left["sha256"]);
    assert!(std::fs::read(&out).unwrap() == content && !part.exists());
    // What is there is not overwritten.
    assert_eq!(shuqiaoctl(&filed, platform, &get).code, 1);

    let gone = answer(&shuqiaoctl(&filed, provider, &["delete", &name]));
    assert_eq!(gone["state"], "deleted");
    std::fs::remove_file(&out).unwrap();
    let late = shuqiaoctl(&filed, platform, &get);
    for word in ["FILE_DELETED", "withdrawn"] {
        assert!(late.told.contains(word), "{}", late.told);
    }
}
