//! A link from the asking to the proof that its file is gone.

use api::certificate::v1::{CertificateFileFormat, CertificateState, Disposition};
use domain::file::Format;
use domain::subject::hex;
use kit::world::shelved::Shelved;
use kit::world::story::Story;
use kit::world::terms::{CASE, CLERK};
use ledger::entry::{Entry, Kind};
use sandbox::people::{self, HUSBAND};
use sandbox::provider::Behaviour;
use sha2::{Digest as _, Sha256};

use super::{create, get, reason, request};

const OFD: CertificateFileFormat = CertificateFileFormat::Ofd;
const PDF: CertificateFileFormat = CertificateFileFormat::Pdf;

/// The mark as UTF-16 in hexadecimal, as a PDF holds it.
fn utf16(text: &str) -> String {
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    hex(&units)
}

fn events(entries: &[Entry]) -> Vec<&Entry> {
    let of_links = |entry: &&Entry| matches!(entry.kind(), Kind::Change { event } if event.starts_with("exchange.file_link"));
    entries.iter().filter(of_links).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_made_with_a_mark_fetched_once_and_told_of_at_each_step() {
    let story = Story::of_certificate_files().await;
    for (format, kind, recognised) in [(OFD, "ofd", Format::Ofd), (PDF, "pdf", Format::Pdf)] {
        let asked = request(&story.resource.certificate_type, &HUSBAND, format);
        let answer = create(&story.platform, asked.clone())
            .await
            .unwrap()
            .into_inner();
        assert_eq!(answer.disposition(), Disposition::Found);
        let link = answer.link.unwrap();
        let until = link.expire_time.unwrap().seconds;
        let now = broker::clock::Clock::now(&broker::clock::SystemClock).as_second();
        assert!((now..=now + 300).contains(&until), "{until}");

        let reply = get(&story.world, &story.platform, &link.uri, "").await;
        assert_eq!(reply.code, 200);
        assert_eq!(reply.headers["content-type"], link.content_type);
        assert_eq!(reply.headers["cache-control"], "no-store");
        assert_eq!(reply.headers["accept-ranges"], "bytes");
        let name = format!("attachment; filename=\"certificate.{kind}\"");
        assert_eq!(reply.headers["content-disposition"], name);
        assert!(recognised.recognises(&reply.body));
        assert_eq!(i64::try_from(reply.body.len()), Ok(link.size));
        assert_eq!(hex(&Sha256::digest(&reply.body)), link.sha256);
        assert_eq!(link.sm3.len(), 64);
        let text = String::from_utf8_lossy(&reply.body);
        let marked = format!("请求{}", asked.request_id);
        assert!(text.contains(&marked) || text.contains(&utf16(&marked)));
        for hidden in [CASE, CLERK] {
            assert!(!text.contains(hidden) && !text.contains(&utf16(hidden)));
        }

        // Once more from the beginning is a second download; going on is not.
        let again = get(&story.world, &story.platform, &link.uri, "").await;
        assert_eq!(
            (again.code, reason(&again).as_str()),
            (404, "FILE_LINK_ENDED")
        );
        let rest = get(&story.world, &story.platform, &link.uri, "bytes=100-").await;
        assert_eq!(rest.code, 206);
        assert!(rest.body == reply.body.slice(100..));
        let range = format!("bytes 100-{}/{}", link.size - 1, link.size);
        assert_eq!(rest.headers["content-range"], range);
        let behind = format!("bytes={}-", link.size);
        let behind = get(&story.world, &story.platform, &link.uri, &behind).await;
        assert_eq!(
            (behind.code, reason(&behind).as_str()),
            (400, "REQUEST_INVALID")
        );

        let entries = story.auditor.entries().await;
        let receipt = answer.receipt.unwrap();
        let at = |index: i64| &entries[usize::try_from(index).unwrap()];
        let intent = at(receipt.intent_index).facts();
        assert_eq!(intent.text("purpose"), Some("certificate_file"));
        assert_eq!(intent.text("mode"), Some("file"));
        let outcome = at(receipt.outcome_index).facts();
        assert_eq!(outcome.text("disposition"), Some("found"));
        assert_eq!(outcome.text("sha256"), Some(link.sha256.as_str()));
        assert_eq!(outcome.text("sm3"), Some(link.sm3.as_str()));
        let told = events(&entries);
        let told = &told[told.len() - 3..];
        for entry in told {
            assert_eq!(entry.request_id(), asked.request_id);
            assert_eq!(entry.facts().text("sha256"), Some(link.sha256.as_str()));
        }
        // The secret stands nowhere, not even in the log.
        let secret = link.uri.rsplit('/').next().unwrap();
        assert!(!story.world.log().contains(secret));
        for body in story.auditor.entry_bodies().await {
            assert!(!String::from_utf8_lossy(&body).contains(secret));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_there_or_not_in_force_has_no_file() {
    let story = Story::of_certificate_files().await;
    let kind = &story.resource.certificate_type;
    let ended = async |holder: people::Holder| {
        let answer = create(&story.platform, request(kind, &holder, OFD)).await;
        answer.unwrap().into_inner()
    };
    let none = ended(people::STRANGER).await;
    assert_eq!(none.disposition(), Disposition::NoMatch);
    assert!(none.link.is_none() && none.receipt.is_some());
    let cancelled = ended(people::ELDER).await;
    assert_eq!(cancelled.disposition(), Disposition::NotInForce);
    assert_eq!(cancelled.state(), CertificateState::Cancelled);
    assert!(cancelled.link.is_none());
    story.provider.running().set_behaviour(Behaviour::Pending);
    let pending = ended(HUSBAND).await;
    assert_eq!(pending.disposition(), Disposition::Pending);
    assert_eq!(pending.retry_after_s, 600);
    assert!(events(&story.auditor.entries().await).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_library_gives_the_file_with_the_mark_as_its_cause() {
    let shelved = Shelved::start_with_files().await;
    let kind = &shelved.resource.certificate_type;
    let asked = request(kind, &HUSBAND, OFD);
    let answer = create(&shelved.platform, asked.clone()).await;
    let link = answer.unwrap().into_inner().link.unwrap();
    let reply = get(&shelved.world, &shelved.platform, &link.uri, "").await;
    assert_eq!(reply.code, 200);
    let marked = format!("请求{}", asked.request_id);
    assert!(String::from_utf8_lossy(&reply.body).contains(&marked));
    let paths: Vec<String> = shelved
        .library
        .asked()
        .into_iter()
        .map(|q| q.path)
        .collect();
    assert_eq!(paths, ["/queryCertInfoByHolderCode", "/downloadFile"]);
    let entries = shelved.auditor.entries().await;
    let outcome = entries
        .iter()
        .find(|entry| entry.facts().text("disposition") == Some("found"));
    let outcome = outcome.unwrap().facts();
    assert_eq!(outcome.text("signature_algorithm"), Some("SM2-SM3"));
    // Libraries have no PDF: that is an answer to the question.
    let told =
        kit::world::answer::refused(create(&shelved.platform, request(kind, &HUSBAND, PDF)).await);
    assert_eq!(told.reason, "PROVIDER_ERROR");
}
