//! A grant that names parts of the network is used from there alone.

use api::sharing::v1 as sharing;
use kit::folder::Folder;
use kit::world::World;
use kit::world::answer::refused;
use kit::world::story::Story;
use sandbox::people;

use super::narrow;

fn from(zone: &str) -> sharing::LesserTerms {
    sharing::LesserTerms {
        network_zones: vec![zone.to_owned()],
        ..sharing::LesserTerms::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_address_of_a_call_says_from_which_network_it_comes() {
    let zones = "network_zones = [{ zone = 'internet', networks = ['127.0.0.0/8'] }]\n";
    let world = World::open_with(Folder::new("world"), None, None, zones).await;
    let story = Story::of_marriages_in(world).await;
    story.lookup(&people::HUSBAND).await.unwrap();
    narrow(&story.applicant, &story.grant, from("public"), "")
        .await
        .unwrap();
    let told = refused(story.lookup(&people::HUSBAND).await);
    assert_eq!(told.reason, "ZONE_NOT_COVERED");
    assert_eq!(told.rule, "grant.zone-covered");
    assert!(told.message.contains("internet"), "{}", told.message);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_no_range_is_known_the_registered_network_counts() {
    let story = Story::of_marriages().await;
    narrow(&story.applicant, &story.grant, from("public"), "")
        .await
        .unwrap();
    // The platform is registered there.
    story.lookup(&people::HUSBAND).await.unwrap();
    let wider = refused(narrow(&story.applicant, &story.grant, from("private"), "").await);
    assert_eq!(wider.fields(), ["terms.network_zones"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_outside_of_all_ranges_is_nowhere_that_a_grant_could_name() {
    let zones = "network_zones = [{ zone = 'public', networks = ['10.0.0.0/8'] }]\n";
    let world = World::open_with(Folder::new("world"), None, None, zones).await;
    let story = Story::of_marriages_in(world).await;
    story.lookup(&people::HUSBAND).await.unwrap();
    narrow(&story.applicant, &story.grant, from("public"), "")
        .await
        .unwrap();
    let told = refused(story.lookup(&people::HUSBAND).await);
    assert_eq!(told.rule, "grant.zone-covered");
}
