//! What people write, and the receipt, stand nowhere in the open: not in the log, the ledger, an event, the database.

use kit::world::answer::refused;
use kit::world::story::Story;

use super::{
    ANSWER, CONTACT, REASON, STATEMENT, answer, assign, by_receipt, close, done, entered, withdraw,
    wrong_data,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_people_write_is_sealed_and_a_receipt_is_kept_as_a_hash() {
    let story = Story::of_marriages().await;
    let window = story.world.enrol_officer("市教育局", "zhou").await;
    let civil = story.world.register_department("市民政局").await;
    let (made, receipt) = entered(&window, wrong_data()).await;
    let name = made.name.as_str();
    done(assign(&story.publisher, name, &civil).await);
    let illegal = refused(close(&window, name).await);
    done(answer(&story.owner, name).await);
    by_receipt(&window, &receipt).await.unwrap();
    done(close(&window, name).await);
    let over = refused(withdraw(&window, name).await);

    let bare: String = receipt.chars().filter(|c| *c != '-').collect();
    let first_line = STATEMENT.lines().next().unwrap();
    let secrets = [first_line, CONTACT, REASON, ANSWER, &receipt, &bare];
    let must_not_hold = |place: &str, bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        for secret in secrets {
            assert!(!text.contains(secret), "{secret} is in {place}");
        }
    };
    for told in [illegal, over] {
        must_not_hold("an error", format!("{told:?}").as_bytes());
    }
    let bodies = story.auditor.entry_bodies().await;
    let about = bodies
        .iter()
        .filter(|body| String::from_utf8_lossy(body).contains("sharing.complaint."));
    assert_eq!(about.count(), 4);
    for body in &bodies {
        must_not_hold("an entry", body);
    }
    must_not_hold("the bundle", &story.auditor.bundle().await);
    let log = story.world.log();
    assert!(log.contains("AnswerComplaint"), "the log was read");
    must_not_hold("the log", log.as_bytes());
    let folder = story.world.folder();
    let mut found = false;
    for file in ["shuqiao.db", "shuqiao.db-wal"] {
        let bytes = std::fs::read(folder.join(file)).unwrap_or_default();
        found |= String::from_utf8_lossy(&bytes).contains(name);
        must_not_hold(file, &bytes);
    }
    assert!(found, "the database was read");
}
