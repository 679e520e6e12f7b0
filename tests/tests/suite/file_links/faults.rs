//! What an issuer may do wrong with a file: it is named, and no link is given.

use api::certificate::v1::CertificateFileFormat;
use kit::world::answer::refused;
use kit::world::shelved::Shelved;
use kit::world::story::Story;
use sandbox::library::Conduct;
use sandbox::people::HUSBAND;
use sandbox::provider::Behaviour;

use super::{create, request};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_issuer_that_breaks_the_contract_gives_no_file() {
    let story = Story::of_certificate_files().await;
    let kind = &story.resource.certificate_type;
    let asked = request(kind, &HUSBAND, CertificateFileFormat::Ofd);
    for (behaviour, reason) in [
        (Behaviour::MistypedItem, "PROVIDER_BAD_ANSWER"),
        (Behaviour::TooMany, "PROVIDER_BAD_ANSWER"),
        (Behaviour::WrongRequestId, "PROVIDER_BAD_ANSWER"),
        (Behaviour::SwappedHolder, "PROVIDER_BAD_ANSWER"),
        (Behaviour::Fail, "PROVIDER_BAD_ANSWER"),
        (Behaviour::BreakOff, "PROVIDER_UNAVAILABLE"),
    ] {
        story.provider.running().set_behaviour(behaviour);
        let told = refused(create(&story.platform, asked.clone()).await);
        assert_eq!(told.reason, reason, "{behaviour:?}");
        assert_eq!(told.fault, "provider", "{behaviour:?}");
        let outcome = story.auditor.latest_outcome().await;
        let outcome = outcome.facts();
        assert_eq!(outcome.text("disposition"), Some("failed"), "{behaviour:?}");
        assert_eq!(outcome.flag("released"), Some(false), "{behaviour:?}");
    }
    // Nothing is kept of what was refused, and the same request id serves for a good answer.
    let kept = std::fs::read_dir(story.world.folder().join("files")).unwrap();
    assert_eq!(kept.count(), 0);
    story.provider.running().set_behaviour(Behaviour::Normal);
    assert!(create(&story.platform, asked).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_library_whose_file_is_none_gives_no_link() {
    let shelved = Shelved::start_with_files().await;
    let kind = &shelved.resource.certificate_type;
    for (conduct, reason) in [
        (Conduct::NoFile, "PROVIDER_BAD_ANSWER"),
        (Conduct::Spoilt, "PROVIDER_SIGNATURE_WRONG"),
        (Conduct::Code(100), "LIBRARY_ACCESS_REFUSED"),
    ] {
        shelved.library.set(conduct.clone());
        let asked = request(kind, &HUSBAND, CertificateFileFormat::Ofd);
        let told = refused(create(&shelved.platform, asked).await);
        assert_eq!(told.reason, reason, "{conduct:?}");
    }
}
