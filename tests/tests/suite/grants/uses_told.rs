//! What is used of grants as both sides are told it, over the wire and on the command line.

use std::time::Duration;

use api::catalogue::v1::ShareMode as WireMode;
use api::certificate::v1 as certificate;
use api::certificate::v1::create_use_code_request::Addressee;
use api::certificate::v1::verify_certificate_request::Key;
use api::sharing::v1 as sharing;
use api::value::v1::ItemValue;
use api::value::v1::item_value::Kind;
use domain::seed::Seeds;
use kit::folder::Folder;
use kit::world::answer::refused;
use kit::world::story::{Story, agree};
use kit::world::terms::{CASE, PLATFORM, application, purpose};
use kit::world::{World, ask, new_id};
use sandbox::people;

use super::read;

/// Marriages in a city where one day counts, once the gateway has seen that the grant can be used.
async fn after_a_day() -> Story {
    let folder = Folder::new("uses");
    let seeds = folder.join("seeds");
    for file in Seeds::embedded_files() {
        let path = seeds.join(&file.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let text = file.text.replace("days = 90\n", "days = 1\n");
        std::fs::write(path, text).unwrap();
    }
    let seeds = seeds.display().to_string();
    let more = format!("tidy_interval_s = 1\nseeds = {seeds:?}\n");
    let world = World::open_with(folder, None, None, &more).await;
    let story = Story::of_marriages_in(world).await;
    let seen = async { while read(&story.platform, &story).await.provide_time.is_none() {} };
    tokio::time::timeout(Duration::from_secs(60), seen)
        .await
        .unwrap();
    story
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn either_side_sees_what_was_used_and_narrows_to_it_on_the_command_line() {
    let story = after_a_day().await;
    let mut one = story.lookup_request(&people::HUSBAND);
    one.items = story.grant.items[..1].to_vec();
    story.send(one).await.unwrap();
    let name = story.grant.name.as_str();
    let world = &story.world;
    let list = ["grants", "uses", "--only-proposals", "--output", "json"];
    for who in [&story.platform, &story.owner, &story.auditor] {
        let ran = world.shuqiaoctl(who, &list);
        assert_eq!(ran.code, 1, "something could go: {ran:?}");
        let told = ran.json();
        assert_eq!(
            (told["grant"].as_str(), told["calls"].as_i64()),
            (Some(name), Some(1))
        );
        let unused = told["unused_items"].as_array().unwrap().len();
        assert_eq!(unused, story.grant.items.len() - 1);
    }
    let step = ["grants", "narrow-to-use", name];
    let silent = world.shuqiaoctl(&story.owner, &step);
    assert!(silent.told.contains("consultation"), "{silent:?}");
    let ran = world.shuqiaoctl(&story.applicant, &step);
    assert_eq!(ran.code, 0, "{ran:?}");
    let left = read(&story.platform, &story).await;
    assert_eq!(
        (left.version, &left.items[..]),
        (2, &story.grant.items[..1])
    );
    let ran = world.shuqiaoctl(&story.owner, &["grants", "uses", name]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.line(name).join(" ").ends_with("nothing"), "{ran:?}");
    let again = world.shuqiaoctl(&story.applicant, &step);
    assert_eq!(again.code, 1);
    assert!(
        again.told.contains("nothing is proposed to go"),
        "{again:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_use_code_that_was_handed_out_is_a_use() {
    let story = Story::of_marriages().await;
    let issuing = sharing::Application {
        issues_use_codes: true,
        ..application(&story.resource)
    };
    let grant = agree(&story.applicant, &story.owner, issuing).await;
    let uses = async || {
        let request = sharing::ListGrantUsesRequest {
            grant: grant.name.clone(),
            days: 1,
            ..sharing::ListGrantUsesRequest::default()
        };
        let found = story.platform.grants().list_grant_uses(ask(request)).await;
        found.unwrap().into_inner().uses.remove(0)
    };
    let idle = uses().await;
    assert_eq!(
        (idle.calls, idle.rows, idle.last_use_date.as_str()),
        (0, 0, "")
    );
    let code = certificate::CreateUseCodeRequest {
        holder: Some(people::HUSBAND.to_wire()),
        certificate_type: story.resource.certificate_type.clone(),
        matter: purpose().matter,
        case_number: CASE.to_owned(),
        addressee: Some(Addressee::System(format!("systems/{PLATFORM}"))),
        life_s: 0,
        request_id: new_id(),
    };
    let mut codes = story.platform.use_codes();
    codes.create_use_code(ask(code)).await.unwrap();
    let used = uses().await;
    // No row: what is read with it counts under the grant of whoever reads.
    assert_eq!((used.calls, used.rows, used.unused_items.len()), (1, 0, 0));
    assert_eq!(
        (used.unused_share_modes.len(), used.unused_matters.len()),
        (0, 0)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn days_that_nobody_can_look_at_are_refused_and_strangers_see_nothing() {
    let story = Story::of_marriages().await;
    let request = |days: i32, grant: &str| sharing::ListGrantUsesRequest {
        days,
        grant: grant.to_owned(),
        ..sharing::ListGrantUsesRequest::default()
    };
    for days in [-1, 1097] {
        let told = story
            .owner
            .grants()
            .list_grant_uses(ask(request(days, "")))
            .await;
        assert_eq!(refused(told).fields(), ["days"]);
    }
    let stranger = story.world.enrol_system("enterprise-registry").await;
    let all = stranger.grants().list_grant_uses(ask(request(0, ""))).await;
    assert_eq!(all.unwrap().into_inner().uses, []);
    let mut grants = stranger.grants();
    let one = grants.list_grant_uses(ask(request(0, &story.grant.name)));
    assert_eq!(refused(one.await).reason, "NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_way_of_a_call_is_a_use_with_its_items() {
    let story = Story::of_enterprises().await;
    let uses = async || {
        let request = sharing::ListGrantUsesRequest {
            grant: story.grant.name.clone(),
            ..sharing::ListGrantUsesRequest::default()
        };
        let found = story.platform.grants().list_grant_uses(ask(request)).await;
        found.unwrap().into_inner().uses.remove(0)
    };
    let (items, modes) = (&story.grant.items, story.grant.share_modes.len());
    let idle = uses().await;
    assert_eq!(
        (&idle.unused_items, idle.unused_share_modes.len()),
        (items, modes)
    );
    // A claim is compared, and is used by that.
    let claimed = ItemValue {
        key: items[0].clone(),
        kind: Some(Kind::Text("91430502MA00000000".to_owned())),
    };
    let verify = certificate::VerifyCertificateRequest {
        certificate_type: story.resource.certificate_type.clone(),
        key: Some(Key::Holder(people::COMPANY.to_wire())),
        purpose: Some(purpose()),
        claimed: vec![claimed],
        request_id: new_id(),
        ..certificate::VerifyCertificateRequest::default()
    };
    let mut certificates = story.platform.certificates();
    certificates.verify_certificate(ask(verify)).await.unwrap();
    let verified = uses().await;
    assert_eq!((verified.calls, verified.rows), (1, 1));
    assert_eq!(verified.unused_items, items[1..]);
    let batch = certificate::BatchLookupCertificatesRequest {
        purpose: Some(purpose()),
        requests: vec![
            story.part_request(&people::COMPANY),
            story.part_request(&people::COMPANY),
        ],
    };
    certificates
        .batch_lookup_certificates(ask(batch))
        .await
        .unwrap();
    let looked_up = uses().await;
    assert_eq!((looked_up.calls, looked_up.rows), (3, 3), "each of a batch");
    assert_eq!(
        looked_up.unused_share_modes().collect::<Vec<_>>(),
        [WireMode::Table]
    );
    let (rows, _) = story.read(story.read_request(5)).await;
    let read = uses().await;
    let released = i64::try_from(rows.len()).unwrap();
    assert_eq!((read.calls, read.rows), (4, 3 + released));
    assert_eq!(
        (read.unused_share_modes.len(), read.busiest_day_rows),
        (0, read.rows)
    );
}
