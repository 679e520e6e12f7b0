//! New keys of the two authorities: what was issued goes on, what is new comes from the new key, and what was
//! dropped is trusted no longer.

use std::path::Path;

use api::registry::v1 as pb;
use kit::folder::Folder;
use kit::world::command::{Ran, shuqiao};
use kit::world::{Client, World, ask};
use sandbox::client::{GatewayAddress, connect};
use serde_json::Value;

fn authority(folder: &Path, arguments: &[&str]) -> Ran {
    let config = folder.join("test.toml");
    let (command, more) = arguments.split_first().unwrap();
    let first = ["authority", *command, "--config", config.to_str().unwrap()];
    shuqiao(&[&first, more].concat())
}

/// The keys of an authority, in the order in which they sign.
fn listed(folder: &Path, which: &str) -> Vec<Value> {
    let ran = authority(folder, &["list"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let lines = ran.said.lines().map(serde_json::from_str);
    let mut lines: Vec<Value> = lines.collect::<Result<_, _>>().unwrap();
    lines.retain(|line| line["which"] == which);
    lines
}

async fn works(client: &Client) -> bool {
    let list = pb::ListSystemsRequest::default();
    client.systems().list_systems(ask(list)).await.is_ok()
}

/// Rolls an authority and starts the program again.
async fn rolled(world: World, which: &str) -> World {
    let folder = world.kill();
    let ran = authority(
        folder.path(),
        &["roll", "--which", which, "--in-hours", "0"],
    );
    assert_eq!(ran.code, 0, "{ran:?}");
    let id = ran.json()["id"].clone();
    let stem = if which == "callers" {
        "authority"
    } else {
        "gateway"
    };
    let keys = listed(folder.path(), stem);
    assert_eq!(keys.len(), 2);
    assert!(keys[1]["id"] == id && keys[1]["signs"] == true, "{keys:?}");
    World::open(folder).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_of_the_old_and_of_the_new_key_are_served_until_the_old_one_is_dropped() {
    let world = World::start().await;
    let old = world.enrol_system("yjs-platform").await.identity;
    let before = listed(world.folder().path(), "authority")[0]["id"].clone();
    let world = rolled(world, "callers").await;
    let again = world.connect(old.clone()).await;
    assert!(works(&again).await);
    let new = world.enrol_system("enterprise-registry").await;
    assert!(works(&new).await);
    assert_eq!(
        new.identity.authority_pem, old.authority_pem,
        "the other authority is the same"
    );

    // Another machine with the same files agrees.
    let copy = world.folder().copy("two");
    let config = std::fs::read_to_string(copy.join("test.toml")).unwrap();
    assert!(config.contains("data ="));
    let own = |folder: &Path| {
        let keys = listed(folder, "authority");
        keys.iter().map(|key| key["id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(own(world.folder().path())[0], before);
    let second = World::open(copy).await;
    for identity in [&old, &new.identity] {
        assert!(connect(&second.gateway, Some(identity)).await.is_ok());
    }

    let folder = world.kill();
    let signing = listed(folder.path(), "authority")[1]["id"].clone();
    let refused = authority(folder.path(), &["drop", signing.as_str().unwrap()]);
    assert!(
        refused.code != 0 && refused.told.contains("signs"),
        "{refused:?}"
    );
    let dropped = authority(folder.path(), &["drop", &before.as_str().unwrap()[..8]]);
    assert_eq!(dropped.code, 0, "{dropped:?}");
    let world = World::open(folder).await;
    let new = world.connect(new.identity).await;
    assert!(works(&new).await);
    let list = pb::ListSystemsRequest::default();
    let gone = match connect(&world.gateway, Some(&old)).await {
        // The refusal of the certificate comes with the first answer in TLS 1.3.
        Ok(channel) => pb::system_service_client::SystemServiceClient::new(channel)
            .list_systems(ask(list))
            .await
            .is_err(),
        Err(_) => true,
    };
    assert!(gone, "nothing of the dropped key is served");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_trusts_both_keys_of_the_gateway_does_not_notice_their_change() {
    let world = World::start().await;
    let client = world.enrol_system("yjs-platform").await;
    let old = world.gateway.authority_pem.clone();
    assert_eq!(old.matches("BEGIN CERTIFICATE").count(), 1);
    let folder = world.kill();
    // Announced: it is handed out, and does not sign yet.
    let ran = authority(
        folder.path(),
        &["roll", "--which", "gateway", "--in-hours", "1"],
    );
    assert_eq!(ran.code, 0, "{ran:?}");
    let twice = authority(folder.path(), &["roll", "--which", "gateway"]);
    assert!(
        twice.code != 0 && twice.told.contains("waits already"),
        "{twice:?}"
    );
    let world = World::open(folder).await;
    let both = world.gateway.authority_pem.clone();
    assert_eq!(both.matches("BEGIN CERTIFICATE").count(), 2);
    let enrolled = world.enrol_system("enterprise-registry").await;
    assert_eq!(enrolled.identity.authority_pem, both);
    let by = |pem: &str| GatewayAddress {
        authority_pem: pem.to_owned(),
        ..world.gateway.clone()
    };
    for trusted in [&old, &both] {
        assert!(connect(&by(trusted), Some(&client.identity)).await.is_ok());
    }
    // In force: by the name of the file, as if the hour had passed.
    let folder = world.kill();
    let keys = folder.join("keys");
    for entry in std::fs::read_dir(&keys).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with("gateway.2") {
            let ending = name.rsplit('.').next().unwrap();
            std::fs::rename(
                &path,
                keys.join(format!("gateway.20220601T000000Z.{ending}")),
            )
            .unwrap();
        }
    }
    let world = World::open(folder).await;
    let by = |pem: &str| GatewayAddress {
        authority_pem: pem.to_owned(),
        ..world.gateway.clone()
    };
    assert!(connect(&by(&both), Some(&client.identity)).await.is_ok());
    assert!(connect(&by(&old), Some(&client.identity)).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_authority_is_listed_and_a_wrong_id_is_refused() {
    let world = World::start().await;
    let folder: Folder = world.kill();
    for which in ["authority", "gateway"] {
        let keys = listed(folder.path(), which);
        assert_eq!(keys.len(), 1);
        assert!(
            keys[0]["signs"] == true && keys[0]["signs_from"].is_null(),
            "{keys:?}"
        );
    }
    for (id, said) in [
        ("abc", "8 characters"),
        ("ffffffffffff", "no key has this id"),
    ] {
        let ran = authority(folder.path(), &["drop", id]);
        assert!(ran.code != 0 && ran.told.contains(said), "{ran:?}");
    }
}
