use super::*;

/// A new empty place; what an earlier run left is removed.
fn place(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("shuqiaoctl-{name}-{}", std::process::id()));
    remove(&path).unwrap();
    path
}

fn certified(text: &str) -> Certified {
    Certified {
        certificate: format!("certificate {text}"),
        authority: format!("authority {text}"),
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn texts(folder: &Folder) -> [String; 3] {
    let found = folder
        .identity()
        .unwrap_or_else(|failure| panic!("{failure:?}"));
    [found.certificate, found.key, found.authority]
}

#[test]
fn a_new_identity_is_whole_and_its_key_is_private() {
    let folder = Folder::new(&place("new"));
    let pending = folder
        .pending()
        .unwrap_or_else(|failure| panic!("{failure:?}"));
    assert!(pending.signing_request.contains("CERTIFICATE REQUEST"));
    assert_eq!(mode(&folder.path().join("renewal/key.pem")), 0o600);
    assert_eq!(mode(folder.path()), 0o700);
    // An answer that was lost is asked for once more with the same words.
    let again = folder
        .pending()
        .unwrap_or_else(|failure| panic!("{failure:?}"));
    assert_eq!(again.signing_request, pending.signing_request);
    assert_eq!(again.request_id, pending.request_id);
    assert!(!folder.holds_identity());

    folder
        .adopt(&certified("1"))
        .unwrap_or_else(|failure| panic!("{failure:?}"));
    let [certificate, key, authority] = texts(&folder);
    assert_eq!(
        (certificate.as_str(), authority.as_str()),
        ("certificate 1", "authority 1")
    );
    assert!(key.contains("PRIVATE KEY"));
    for name in FILES {
        assert!(
            fs::read_to_string(folder.path().join(name)).is_ok(),
            "{name} by its plain name"
        );
    }
    assert_eq!(mode(&folder.path().join(KEY)), 0o600);
    remove(folder.path()).unwrap();
}

#[test]
fn a_folder_of_plain_files_changes_over_and_keeps_the_one_before() {
    let folder = Folder::new(&place("plain"));
    make_folder(folder.path()).unwrap();
    for name in FILES {
        write(&folder.path().join(name), &format!("{name} 0"), 0o600).unwrap();
    }
    let mut keys = vec![texts(&folder)[1].clone()];
    for round in ["1", "2", "3"] {
        folder
            .pending()
            .unwrap_or_else(|failure| panic!("{failure:?}"));
        folder
            .adopt(&certified(round))
            .unwrap_or_else(|failure| panic!("{failure:?}"));
        let [certificate, key, _] = texts(&folder);
        assert_eq!(certificate, format!("certificate {round}"));
        assert!(
            !keys.contains(&key),
            "each certificate has a key of its own"
        );
        keys.push(key);
    }
    let versions = fs::read_dir(folder.path().join(VERSIONS)).unwrap().count();
    assert_eq!(versions, 2, "the present one and the one before");
    remove(folder.path()).unwrap();
}

#[test]
fn whoever_stops_between_two_steps_finds_an_identity_that_works() {
    let folder = Folder::new(&place("stopped"));
    let good = |failure: Failure| panic!("{failure:?}");
    folder.pending().unwrap_or_else(good);
    folder
        .adopt(&certified("1"))
        .unwrap_or_else(|failure| panic!("{failure:?}"));
    let before = texts(&folder);
    // A key that waits.
    folder
        .pending()
        .unwrap_or_else(|failure| panic!("{failure:?}"));
    assert_eq!(texts(&folder), before);
    // Certified, and not yet in its place.
    let waiting = folder.path().join(RENEWAL);
    write(&waiting.join(CERTIFICATE), "certificate 2", 0o644).unwrap();
    assert_eq!(texts(&folder), before);
    // In its place, and not yet in use.
    fs::rename(&waiting, folder.path().join("versions/half")).unwrap();
    assert_eq!(texts(&folder), before);
    // A link that was made and not put in place; a key that was half made.
    symlink("versions/half", folder.path().join("current.new")).unwrap();
    make_folder(&folder.path().join("renewal.part")).unwrap();
    assert_eq!(texts(&folder), before);
    folder
        .pending()
        .unwrap_or_else(|failure| panic!("{failure:?}"));
    folder
        .adopt(&certified("3"))
        .unwrap_or_else(|failure| panic!("{failure:?}"));
    assert_eq!(texts(&folder)[0], "certificate 3");
    remove(folder.path()).unwrap();
}

#[test]
fn a_key_that_others_can_read_is_refused_with_the_command_that_helps() {
    let folder = Folder::new(&place("open"));
    make_folder(folder.path()).unwrap();
    for name in FILES {
        write(&folder.path().join(name), name, 0o600).unwrap();
    }
    for (mode, good) in [
        (0o600, true),
        (0o400, true),
        (0o640, false),
        (0o604, false),
        (0o666, false),
    ] {
        let key = folder.path().join(KEY);
        fs::set_permissions(&key, fs::Permissions::from_mode(mode)).unwrap();
        match folder.identity() {
            Ok(_) => assert!(good, "{mode:o}"),
            Err(Failure::Message(message)) => {
                assert!(
                    !good && message.contains("chmod 600"),
                    "{mode:o}: {message}"
                );
            }
            Err(Failure::Io(error)) => panic!("{error}"),
        }
    }
    remove(folder.path()).unwrap();
}
