//! The same as an engineer does it: `shuqiaoctl certificate-file`.

use domain::file::Format;
use kit::world::command::Ran;
use kit::world::story::Story;
use kit::world::terms::{CASE, CLERK, purpose};
use sandbox::people::{self, HUSBAND, Holder};

fn run(story: &Story, holder: &Holder, out: &str) -> Ran {
    let (matter, out) = (purpose().matter, story.world.folder().join(out));
    let kind = &story.resource.certificate_type;
    let file = ["--output", "json", "certificate-file", "--type", kind];
    let of = ["--holder", &holder.code, "--holder-type", holder.type_code];
    let why = ["--matter", &matter, "--case", CASE, "--operator", CLERK];
    let arguments = [&file[..], &of, &why, &["--out", out.to_str().unwrap()]].concat();
    story.world.shuqiaoctl(&story.platform, &arguments)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_fetched_by_one_command() {
    let story = Story::of_certificate_files().await;
    let ran = run(&story, &HUSBAND, "own.ofd");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.json()["disposition"], "found");
    let bytes = std::fs::read(story.world.folder().join("own.ofd")).unwrap();
    assert!(Format::Ofd.recognises(&bytes));
    // A file that is there is never written over, and nobody is asked.
    let asked = story.provider.running().asked();
    assert_eq!(run(&story, &HUSBAND, "own.ofd").code, 1);
    assert_eq!(story.provider.running().asked(), asked);
    let none = run(&story, &people::STRANGER, "none.ofd");
    assert!(none.code == 1 && none.said.contains("no_match"), "{none:?}");
    assert!(!story.world.folder().join("none.ofd").exists());
}
