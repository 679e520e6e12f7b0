//! The end of a link: nobody gets the file any more, its bytes go, an entry proves it.

use std::path::Path;

use api::certificate::v1::CertificateFileFormat;
use kit::folder::Folder;
use kit::world::World;
use kit::world::story::Story;
use ledger::entry::{Entry, Kind};
use sandbox::people::HUSBAND;

use super::{create, get, reason, request};

/// Looks at the ledger; the job looks once a second.
const LOOKS: u32 = 2000;

/// The city's seeds, but with links that end as soon as they are made.
fn seeds(folder: &Path) {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../seeds");
    copy(&own, folder);
    let file = folder.join("regimes.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let short = text.replace("id = \"LINK\", minutes = 5", "id = \"LINK\", minutes = 0");
    assert_ne!(text, short);
    std::fs::write(&file, short).unwrap();
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

fn is_removed(entry: &Entry) -> bool {
    matches!(entry.kind(), Kind::Change { event } if event == "exchange.file_link.removed")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_whose_time_is_over_serves_nobody_and_its_file_is_removed_with_proof() {
    let folder = Folder::new("links");
    let own = folder.join("seeds");
    seeds(&own);
    let more = format!(
        "tidy_interval_s = 1\nseeds = {:?}\n",
        own.display().to_string()
    );
    let world = World::open_with(folder, None, None, &more).await;
    let story = Story::of_certificate_files_in(world).await;
    let kind = &story.resource.certificate_type;
    let made = create(
        &story.platform,
        request(kind, &HUSBAND, CertificateFileFormat::Pdf),
    )
    .await;
    let link = made.unwrap().into_inner().link.unwrap();
    let reply = get(&story.world, &story.platform, &link.uri, "").await;
    assert_eq!(
        (reply.code, reason(&reply).as_str()),
        (404, "FILE_LINK_ENDED")
    );
    let mut entries = story.auditor.entries().await;
    for _ in 0..LOOKS {
        if entries.iter().any(is_removed) {
            break;
        }
        entries = story.auditor.entries().await;
    }
    let removed = entries
        .iter()
        .find(|entry| is_removed(entry))
        .unwrap()
        .facts();
    assert_eq!(removed.text("sha256"), Some(link.sha256.as_str()));
    let objects = story.world.folder().join("files");
    let left = walk(&objects);
    assert_eq!(left, 0);
    let reply = get(&story.world, &story.platform, &link.uri, "bytes=1-").await;
    assert_eq!(reason(&reply), "FILE_LINK_ENDED");
}

/// How many files are under a folder.
fn walk(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().path())
        .map(|path| if path.is_dir() { walk(&path) } else { 1 })
        .sum()
}
