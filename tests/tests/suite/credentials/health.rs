//! The health check tells the operator's watch when a certificate of the gateway or an authority ends soon.

use broker::authority::Authority;
use domain::credential::Credential;
use jiff::{SignedDuration, Timestamp};
use kit::folder::Folder;
use kit::world::World;
use kit::world::command::shuqiao;
use store::{DatabaseUrl, Store, Stored};
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

const CREDENTIALS: &str = "shuqiao.credentials";

async fn status(world: &World, service: &str) -> Result<ServingStatus, Code> {
    let request = HealthCheckRequest {
        service: service.to_owned(),
    };
    let answer = HealthClient::new(world.anonymous().await)
        .check(request)
        .await;
    answer
        .map(|answer| answer.into_inner().status())
        .map_err(|status| status.code())
}

/// A folder with an authority that was made so many days ago, of the ten years that one lives.
fn with_authority_of(stem: &str, days: i64) -> Folder {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new("health");
    let keys = folder.join("keys");
    std::fs::create_dir_all(&keys).unwrap();
    let made = now() - SignedDuration::from_hours(24 * days);
    let authority = Authority::generate("shuqiao.shaoyang", made).unwrap();
    let (certificate, key) = (format!("{stem}.pem"), keys.join(format!("{stem}.key")));
    std::fs::write(keys.join(certificate), authority.certificate_pem()).unwrap();
    std::fs::write(&key, authority.key_pem()).unwrap();
    let private = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(key, private).unwrap();
    folder
}

#[expect(
    clippy::disallowed_methods,
    reason = "the program has its own clock, and certificates must fit it"
)]
fn now() -> Timestamp {
    Timestamp::now()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_authority_that_ends_soon_is_not_serving_and_the_gateway_is() {
    use ServingStatus::{NotServing, Serving};
    for (stem, which) in [("authority", "callers"), ("gateway", "gateway")] {
        // 180 days before its end the warning begins (seeds/credentials.toml).
        let world = World::open(with_authority_of(stem, 3650 - 100)).await;
        assert_eq!(status(&world, CREDENTIALS).await, Ok(NotServing), "{which}");
        assert_eq!(status(&world, "").await, Ok(Serving), "{which}");
        // Everybody is served until the very end.
        world.register_department("市民政局").await;

        let folder = world.kill();
        let config = folder.join("test.toml");
        let config = config.to_str().unwrap();
        let roll = ["authority", "roll", "--config", config, "--which", which];
        let ran = shuqiao(&[&roll[..], &["--in-hours", "0"]].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        let world = World::open(folder).await;
        assert_eq!(status(&world, CREDENTIALS).await, Ok(Serving), "{which}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_with_time_left_are_serving_and_other_services_are_unknown() {
    let world = World::open(with_authority_of("authority", 3650 - 200)).await;
    let serving = Ok(ServingStatus::Serving);
    assert_eq!(status(&world, CREDENTIALS).await, serving);
    assert_eq!(status(&world, "").await, serving);
    let unknown = status(&world, "shuqiao.weather").await;
    assert_eq!(unknown, Err(Code::NotFound));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_its_holder_did_not_renew_is_told_by_a_service_of_its_own() {
    const HOLDERS: &str = "shuqiao.credentials.holders";
    use ServingStatus::{NotServing, Serving};
    let world = World::start().await;
    world.register_department("市民政局").await;
    let officer = world.enrol_officer("市民政局", "wang").await;
    let name = officer.certificate_name();
    assert_eq!(status(&world, HOLDERS).await, Ok(Serving));

    // The last week of it has come.
    let folder = world.kill();
    let url = DatabaseUrl::Sqlite(folder.join("shuqiao.db"));
    let store = Store::open(&url).await.unwrap();
    let mut tx = store.begin("a certificate of the tests").await.unwrap();
    let row: Stored<Credential> = tx.get(&name).await.unwrap().unwrap();
    let soon = Credential {
        not_after: now() + SignedDuration::from_hours(24 * 3),
        ..row.value.clone()
    };
    tx.update(&row, &soon, None, now()).await.unwrap();
    tx.save().await.unwrap();
    drop(store);
    let world = World::open(folder).await;
    assert_eq!(status(&world, HOLDERS).await, Ok(NotServing));
    assert_eq!(status(&world, CREDENTIALS).await, Ok(Serving));
    assert_eq!(status(&world, "").await, Ok(Serving));
}
