//! The same as an engineer does it: `shuqiaoctl certificate-file`.

use std::process::Command;

use domain::file::Format;
use kit::city;
use kit::process::binaries;
use kit::world::story::Story;
use kit::world::terms::{CASE, CLERK};
use sandbox::people::{self, HUSBAND, Holder};

fn run(story: &Story, holder: &Holder, out: &str) -> (bool, String) {
    let folder = story.world.folder().join("platform");
    std::fs::create_dir_all(&folder).unwrap();
    let own = &story.platform.identity;
    for (file, pem) in [
        ("certificate.pem", &own.certificate_pem),
        ("key.pem", &own.key_pem),
        ("authority.pem", &own.authority_pem),
    ] {
        std::fs::write(folder.join(file), pem).unwrap();
    }
    let output = Command::new(binaries().join("shuqiaoctl"))
        .args(["--server", &story.world.gateway.address, "--output", "json"])
        .arg("--identity")
        .arg(&folder)
        .args([
            "certificate-file",
            "--type",
            &story.resource.certificate_type,
        ])
        .args(["--holder", &holder.code, "--holder-type", holder.type_code])
        .args(["--matter", city::matter(0).name.as_str()])
        .args(["--case", CASE, "--operator", CLERK])
        .arg("--out")
        .arg(story.world.folder().join(out))
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_fetched_by_one_command() {
    let story = Story::of_certificate_files().await;
    let (good, said) = run(&story, &HUSBAND, "own.ofd");
    assert!(good, "{said}");
    let answer: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(answer["disposition"], "found");
    let bytes = std::fs::read(story.world.folder().join("own.ofd")).unwrap();
    assert!(Format::Ofd.recognises(&bytes));
    // A file that is there is never written over, and nobody is asked.
    let asked = story.provider.running().asked();
    let (good, _) = run(&story, &HUSBAND, "own.ofd");
    assert!(!good);
    assert_eq!(story.provider.running().asked(), asked);
    let (good, said) = run(&story, &people::STRANGER, "none.ofd");
    assert!(!good && said.contains("no_match"), "{said}");
    assert!(!story.world.folder().join("none.ofd").exists());
}
