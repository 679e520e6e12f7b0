use std::fs::File;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::civil::date;

use super::*;

const RESOURCE: &str = "102001-000091";
/// A drop in a folder of its own that goes with it.
struct Drop {
    folder: PathBuf,
}

impl Drop {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("shuqiao-drop-{}-{count}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(folder.join(RESOURCE)).unwrap();
        Self { folder }
    }

    fn put(&self, place: &str, content: &str) -> PathBuf {
        let path = self.folder.join(place);
        fs::write(&path, content).unwrap();
        path
    }

    fn look(&self) -> Lying {
        look(&self.folder).unwrap()
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
fn only_whole_files_are_found() {
    let drop = Drop::new();
    for (name, content, is_ready) in [
        ("whole.csv", "x", true),
        ("empty.csv", "", false),
        (".hidden.csv", "x", false),
        ("half.csv.PART", "x", false),
        ("half.tmp", "x", false),
        ("half.filepart", "x", false),
        ("~$open.xlsx", "x", false),
        ("Thumbs.db", "x", false),
        ("desktop.INI", "x", false),
    ] {
        let path = drop.put(&format!("{RESOURCE}/{name}"), content);
        let wanted: &[&str] = if is_ready { &[name] } else { &[] };
        assert_eq!(drop.ready(), wanted, "{name}");
        let unsettled = usize::from(content.is_empty());
        assert_eq!(drop.look().unsettled.len(), unsettled, "{name}");
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn a_file_is_ready_when_it_has_not_changed_for_a_while_by_our_own_clock() {
    let drop = Drop::new();
    let mut patience = Patience::new(Duration::from_secs(10));
    let began = Instant::now();
    let mut ready_at = |seconds| {
        let mut lying = drop.look();
        patience.sort(&mut lying, began + Duration::from_secs(seconds));
        (lying.ready.len(), lying.unsettled.len())
    };
    let path = drop.put(&format!("{RESOURCE}/a.csv"), "x");
    assert_eq!(ready_at(0), (0, 1));
    assert_eq!(ready_at(9), (0, 1));
    drop.put(&format!("{RESOURCE}/a.csv"), "xy");
    assert_eq!(ready_at(10), (0, 1), "it was written to");
    assert_eq!(ready_at(19), (0, 1));
    assert_eq!(ready_at(20), (1, 0));
    // However it is dated.
    let later = SystemTime::UNIX_EPOCH + Duration::from_hours(900_000);
    File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_modified(later)
        .unwrap();
    assert_eq!(ready_at(21), (0, 1), "it is another file");
    assert_eq!(ready_at(31), (1, 0));
    fs::remove_file(path).unwrap();
    assert_eq!(ready_at(32), (0, 0));
    drop.put(&format!("{RESOURCE}/a.csv"), "xy");
    assert_eq!(ready_at(33), (0, 1), "what was gone begins anew");
}

#[test]
fn what_is_wrong_is_told_and_holds_up_nothing_else() {
    let drop = Drop::new();
    drop.put(&format!("{RESOURCE}/good.csv"), "x");
    drop.put("loose.csv", "x");
    for folder in ["notes", "102001-000092", "102001-000093/refused"] {
        fs::create_dir_all(drop.folder.join(folder)).unwrap();
    }
    drop.put("notes/a.csv", "x");
    drop.put("102001-000092/b.csv", "x");
    drop.put("102001-000092/.drop.toml", "itens = []");
    drop.put("102001-000093/refused/c.csv", "x");
    drop.put("102001-000093/refused/c.csv.why.txt", "x");
    drop.put("102001-000093/.drop.toml", "items = 3");
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
    assert!(look(&drop.folder.join("nowhere")).is_err());
}

#[test]
fn files_are_put_away_under_names_that_are_free_and_forgotten_in_time() {
    let drop = Drop::new();
    let (first, later) = (date(2022, 6, 1), date(2022, 6, 4));
    for _ in 0..3 {
        drop.put(&format!("{RESOURCE}/a.csv"), "x");
        let found = drop.look().ready.remove(0);
        assert_eq!(found.sent(first).unwrap(), Away::Put);
    }
    assert_eq!(
        drop.names("sent/2022-06-01"),
        ["1-a.csv", "2-a.csv", "a.csv"]
    );
    // What leads elsewhere is left as it is.
    let elsewhere = Drop::new();
    fs::create_dir_all(elsewhere.folder.join("2022-06-01")).unwrap();
    let other = drop.folder.join("102001-000092");
    fs::create_dir_all(&other).unwrap();
    std::os::unix::fs::symlink(&elsewhere.folder, other.join("sent")).unwrap();
    away::forget_sent(&drop.folder, later, 3).unwrap();
    assert_eq!(drop.names("sent"), ["2022-06-01"]);
    away::forget_sent(&drop.folder, later, 2).unwrap();
    assert!(drop.names("sent").is_empty());
    assert!(elsewhere.folder.join("2022-06-01").exists());

    let long = format!("{}.csv", "长".repeat(80));
    drop.put(&format!("{RESOURCE}/{long}"), "x");
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
    let path = drop.put(&format!("{RESOURCE}/a.csv"), "x");
    let found = drop.look().ready.remove(0);
    let marks = found.marks();
    assert!(found.is_unchanged());
    drop.put(&format!("{RESOURCE}/a.csv"), "xy");
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
