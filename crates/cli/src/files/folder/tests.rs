use std::fs::File;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::civil::date;

use super::*;

const RESOURCE: &str = "102001-000091";
const SETTLE: Duration = Duration::from_secs(10);

/// A drop in a folder of its own that goes with it.
struct Drop {
    folder: PathBuf,
    now: SystemTime,
}

impl Drop {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("shuqiao-drop-{}-{count}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(folder.join(RESOURCE)).unwrap();
        let now = SystemTime::UNIX_EPOCH + Duration::from_hours(459_460);
        Self { folder, now }
    }

    /// A file with a content that was written so many seconds ago.
    fn put(&self, place: &str, content: &str, ago: i64) -> PathBuf {
        let path = self.folder.join(place);
        fs::write(&path, content).unwrap();
        self.date(&path, ago);
        path
    }

    fn date(&self, path: &Path, ago: i64) {
        let seconds = Duration::from_secs(ago.unsigned_abs());
        let at = if ago < 0 {
            self.now + seconds
        } else {
            self.now - seconds
        };
        File::options()
            .write(true)
            .open(path)
            .unwrap()
            .set_modified(at)
            .unwrap();
    }

    fn look(&self) -> Lying {
        look(&self.folder, SETTLE, self.now).unwrap()
    }

    fn ready(&self) -> Vec<String> {
        let ready = self.look().ready.into_iter();
        ready.map(|found| found.name).collect()
    }

    fn names(&self, place: &str) -> Vec<String> {
        let entries = entries(&self.folder.join(RESOURCE).join(place)).unwrap();
        let name = |entry: &DirEntry| entry.file_name().into_string().unwrap();
        entries.iter().map(name).collect()
    }
}

impl std::ops::Drop for Drop {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn a_file_is_ready_when_nothing_was_written_to_it_for_a_while() {
    let drop = Drop::new();
    for (name, content, ago, is_ready) in [
        ("old.csv", "x", 11, true),
        ("just.csv", "x", 10, true),
        ("young.csv", "x", 9, false),
        ("empty.csv", "", 9999, false),
        ("soon.csv", "x", -30, false),
        ("future.csv", "x", -7200, false),
        (".hidden.csv", "x", 11, false),
        ("half.csv.PART", "x", 11, false),
        ("half.tmp", "x", 11, false),
        ("half.filepart", "x", 11, false),
        ("~$open.xlsx", "x", 11, false),
        ("Thumbs.db", "x", 11, false),
        ("desktop.INI", "x", 11, false),
    ] {
        let path = drop.put(&format!("{RESOURCE}/{name}"), content, ago);
        let wanted: &[&str] = if is_ready { &[name] } else { &[] };
        assert_eq!(drop.ready(), wanted, "{name}");
        fs::remove_file(path).unwrap();
    }
    drop.put(&format!("{RESOURCE}/future.csv"), "x", -7200);
    let lying = drop.look();
    assert_eq!((lying.held_up, lying.unsettled.len()), (1, 0));
    assert!(
        lying.wrong[0].contains("in the future"),
        "{:?}",
        lying.wrong
    );
}

#[test]
fn what_is_wrong_is_told_and_holds_up_nothing_else() {
    let drop = Drop::new();
    drop.put(&format!("{RESOURCE}/good.csv"), "x", 60);
    drop.put("loose.csv", "x", 60);
    for folder in ["notes", "102001-000092", "102001-000093/refused"] {
        fs::create_dir_all(drop.folder.join(folder)).unwrap();
    }
    drop.put("notes/a.csv", "x", 60);
    drop.put("102001-000092/b.csv", "x", 60);
    drop.put("102001-000092/.drop.toml", "itens = []", 60);
    drop.put("102001-000093/refused/c.csv", "x", 60);
    drop.put("102001-000093/refused/c.csv.why.txt", "x", 60);
    drop.put("102001-000093/.drop.toml", "items = 3", 60);
    let link = drop.folder.join(RESOURCE).join("link.csv");
    std::os::unix::fs::symlink("/etc/passwd", link).unwrap();
    std::os::unix::fs::symlink("/etc", drop.folder.join("102001-000094")).unwrap();
    assert_eq!(drop.ready(), ["good.csv"]);
    let lying = drop.look();
    for told in [
        "loose.csv lies outside",
        "notes is no folder",
        "102001-000092 holds .drop.toml",
        "itens",
        "102001-000093 holds .drop.toml",
        "link.csv is a link",
        "102001-000094 lies outside",
    ] {
        let mut wrong = lying.wrong.iter();
        assert!(
            wrong.any(|text| text.contains(told)),
            "{told}: {:?}",
            lying.wrong
        );
    }
    assert_eq!((lying.held_up, lying.refused), (5, 1));
    assert!(look(&drop.folder.join("nowhere"), SETTLE, drop.now).is_err());
}

#[test]
fn files_are_put_away_under_names_that_are_free_and_forgotten_in_time() {
    let drop = Drop::new();
    let (first, later) = (date(2022, 6, 1), date(2022, 6, 4));
    for _ in 0..3 {
        drop.put(&format!("{RESOURCE}/a.csv"), "x", 60);
        let found = drop.look().ready.remove(0);
        assert_eq!(found.sent(first).unwrap(), Away::Put);
    }
    assert_eq!(
        drop.names("sent/2022-06-01"),
        ["1-a.csv", "2-a.csv", "a.csv"]
    );
    away::forget_sent(&drop.folder, later, 3).unwrap();
    assert_eq!(drop.names("sent"), ["2022-06-01"]);
    away::forget_sent(&drop.folder, later, 2).unwrap();
    assert!(drop.names("sent").is_empty());

    let long = format!("{}.csv", "长".repeat(80));
    drop.put(&format!("{RESOURCE}/{long}"), "x", 60);
    let found = drop.look().ready.remove(0);
    assert_eq!(found.refused("because").unwrap(), Away::Put);
    let names = drop.names("refused");
    assert_eq!((names.len(), drop.look().refused), (2, 1), "{names:?}");
    let text = names
        .iter()
        .find(|name| name.ends_with(".why.txt"))
        .unwrap();
    let text = fs::read_to_string(drop.folder.join(RESOURCE).join("refused").join(text));
    assert_eq!(text.unwrap(), "because\n");
}

#[test]
fn what_was_written_to_meanwhile_stays_where_it_is() {
    let drop = Drop::new();
    let path = drop.put(&format!("{RESOURCE}/a.csv"), "x", 60);
    let found = drop.look().ready.remove(0);
    let marks = found.marks();
    assert!(found.is_unchanged());
    drop.put(&format!("{RESOURCE}/a.csv"), "xy", 60);
    assert!(!found.is_unchanged());
    assert_eq!(found.sent(date(2022, 6, 1)).unwrap(), Away::Changed);
    assert_eq!(found.refused("because").unwrap(), Away::Changed);
    assert!(path.exists());
    assert_ne!(drop.look().ready[0].marks(), marks);
    // Where a folder cannot be made, the file stays too.
    fs::write(drop.folder.join(RESOURCE).join("sent"), "x").unwrap();
    let found = drop.look().ready.remove(0);
    assert!(
        matches!(found.sent(date(2022, 6, 1)), Err(Failure::Message(text)) if text.contains("is no folder"))
    );
    assert!(path.exists());
}
