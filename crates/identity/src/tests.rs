use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use crate::disk::{make_folder, remove, rename, write};
use crate::folder::{FILES, RENEWAL, VERSIONS};
use crate::{Authority, Certified, Folder, FolderError, Identity, StandsFor};

/// A new empty place; what an earlier run left is removed.
fn place(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("shuqiao-identity-{name}-{}", std::process::id()));
    remove(&path).unwrap();
    path
}

fn certified(text: &str) -> Certified {
    Certified {
        certificate: format!("certificate {text}"),
        authority: format!("authority {text}"),
    }
}

/// An id that no other key has.
fn id() -> String {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    format!("id-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A certificate that names itself, with its key.
fn made() -> Identity {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let certificate = rcgen::CertificateParams::default().self_signed(&key);
    Identity {
        certificate: certificate.unwrap().pem(),
        key: key.serialize_pem(),
        authority: "authority".to_owned(),
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn texts(folder: &Folder) -> [String; 3] {
    let found = folder.identity().unwrap();
    [found.certificate, found.key, found.authority]
}

#[test]
fn a_new_identity_is_whole_and_its_key_is_private() {
    let folder = Folder::new(&place("new"));
    let pending = folder.pending(id).unwrap();
    assert!(pending.signing_request.contains("CERTIFICATE REQUEST"));
    assert_eq!(mode(&folder.path().join("renewal/key.pem")), 0o600);
    assert_eq!(mode(folder.path()), 0o700);
    // An answer that was lost is asked for once more with the same words.
    let again = folder.pending(id).unwrap();
    assert_eq!(again.signing_request, pending.signing_request);
    assert_eq!(again.request_id, pending.request_id);
    assert!(!folder.holds_identity());

    folder.adopt(&certified("1")).unwrap();
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
    assert_eq!(mode(&folder.path().join("key.pem")), 0o600);
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
        folder.pending(id).unwrap();
        folder.adopt(&certified(round)).unwrap();
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
    folder.pending(id).unwrap();
    folder.adopt(&certified("1")).unwrap();
    let before = texts(&folder);
    // A key that waits.
    folder.pending(id).unwrap();
    assert_eq!(texts(&folder), before);
    // Certified, and not yet in its place.
    let waiting = folder.path().join(RENEWAL);
    write(&waiting.join("certificate.pem"), "certificate 2", 0o644).unwrap();
    assert_eq!(texts(&folder), before);
    // In its place, and not yet in use.
    rename(&waiting, &folder.path().join("versions/half")).unwrap();
    assert_eq!(texts(&folder), before);
    // A link that was made and not put in place; a key that was half made.
    symlink("versions/half", folder.path().join("current.new")).unwrap();
    make_folder(&folder.path().join("renewal.part")).unwrap();
    assert_eq!(texts(&folder), before);
    folder.pending(id).unwrap();
    folder.adopt(&certified("3")).unwrap();
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
        let key = folder.path().join("key.pem");
        fs::set_permissions(&key, fs::Permissions::from_mode(mode)).unwrap();
        match folder.identity() {
            Ok(_) => assert!(good, "{mode:o}"),
            Err(error) => {
                let message = error.to_string();
                assert!(
                    !good && message.contains("chmod 600"),
                    "{mode:o}: {message}"
                );
            }
        }
    }
    remove(folder.path()).unwrap();
}

#[test]
fn an_identity_from_elsewhere_takes_the_place_of_any_other() {
    let folder = Folder::new(&place("put"));
    // A new one, one beside plain files, and one after a renewal.
    let first = made();
    folder.put(&first).unwrap();
    assert_eq!(folder.identity().unwrap(), first);
    let plain = Folder::new(&place("put-plain"));
    make_folder(plain.path()).unwrap();
    for name in FILES {
        write(&plain.path().join(name), name, 0o600).unwrap();
    }
    for folder in [&folder, &plain] {
        folder.pending(id).unwrap();
        folder.adopt(&certified("renewed")).unwrap();
        let waiting = folder.pending(id).unwrap();
        let next = made();
        folder.put(&next).unwrap();
        assert_eq!(folder.identity().unwrap(), next);
        for (name, text) in [
            ("certificate.pem", &next.certificate),
            ("key.pem", &next.key),
            ("authority.pem", &next.authority),
        ] {
            let by_name = fs::read_to_string(folder.path().join(name)).unwrap();
            assert_eq!(by_name, *text, "{name} by its plain name");
        }
        assert_eq!(mode(&folder.path().join("key.pem")), 0o600);
        let again = folder.pending(id).unwrap();
        assert_eq!(
            again.request_id, waiting.request_id,
            "the key goes on waiting"
        );
        remove(folder.path()).unwrap();
    }
}

#[test]
fn a_folder_that_is_not_whole_or_was_copied_takes_an_identity() {
    let folder = Folder::new(&place("half"));
    make_folder(folder.path()).unwrap();
    write(&folder.path().join("certificate.pem"), "alone", 0o644).unwrap();
    assert!(folder.identity().unwrap_err().is_absence());
    folder.put(&made()).unwrap();
    // A copy that followed the links has a folder where one was.
    let current = folder.path().join("current");
    let present = fs::canonicalize(&current).unwrap();
    remove(&current).unwrap();
    rename(&present, &current).unwrap();
    let before = folder.identity().unwrap();
    let next = made();
    folder.put(&next).unwrap();
    assert_eq!(folder.identity().unwrap(), next);
    let kept = fs::read_to_string(folder.path().join("versions/first/key.pem"));
    assert_eq!(kept.unwrap(), before.key);
    remove(folder.path()).unwrap();
}

#[test]
fn what_is_trusted_changes_where_everybody_reads_it() {
    let folder = Folder::new(&place("trust"));
    folder.put(&made()).unwrap();
    folder.trust("two authorities").unwrap();
    assert_eq!(folder.identity().unwrap().authority, "two authorities");
    let by_name = folder.path().join("authority.pem");
    assert_eq!(fs::read_to_string(&by_name).unwrap(), "two authorities");
    assert!(fs::symlink_metadata(&by_name).unwrap().is_symlink());
    remove(folder.path()).unwrap();
}

#[test]
fn a_key_that_is_another_certificates_is_noticed() {
    let (one, other) = (made(), made());
    assert!(one.is_of_one_key());
    let folder = Folder::new(&place("fingerprint"));
    folder.put(&one).unwrap();
    assert_eq!(Some(folder.fingerprint().unwrap()), one.fingerprint());
    remove(folder.path()).unwrap();
    for mixed in [
        Identity {
            key: other.key.clone(),
            ..one.clone()
        },
        Identity {
            certificate: "no certificate".to_owned(),
            ..one.clone()
        },
        Identity {
            key: "no key".to_owned(),
            ..one
        },
    ] {
        assert!(!mixed.is_of_one_key());
    }
    let nothing = Folder::new(&place("nothing")).fingerprint().unwrap_err();
    assert!(matches!(nothing, FolderError::Read { .. }), "{nothing}");
}

#[test]
fn a_certificate_is_good_for_what_it_stands_for_until_the_last_third_of_its_life() {
    let now: jiff::Timestamp = "2022-06-01T00:00:00Z".parse().unwrap();
    let authority = Authority::generate("an authority", now).unwrap();
    let hosts = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let stands_for = StandsFor {
        name: "a name",
        uri: "spiffe://test/systems/one",
        hosts: &hosts,
    };
    let made = authority.certificate(&stands_for, now).unwrap();
    let (third, end) = (made.renew_after(), made.not_after);
    let own = made.into_identity(authority.certificate_pem());
    assert!(own.is_of_one_key());
    let fewer = StandsFor {
        hosts: &hosts[1..],
        ..stands_for
    };
    let other = StandsFor {
        uri: "spiffe://test/systems/other",
        ..stands_for
    };
    let elsewhere = ["elsewhere".to_owned()];
    let more = StandsFor {
        hosts: &elsewhere,
        ..stands_for
    };
    let second = jiff::SignedDuration::from_secs(1);
    for (stands_for, at, good) in [
        (stands_for, now, true),
        (fewer, now, true),
        (other, now, false),
        (more, now, false),
        (stands_for, third - second, true),
        (stands_for, third + second, false),
        (stands_for, end, false),
        (stands_for, now - second * 3600, false),
    ] {
        assert_eq!(
            own.is_good_for(&stands_for, at),
            good,
            "{stands_for:?} {at}"
        );
    }
    // An authority is kept like any identity, and signs again after it was read.
    let folder = Folder::new(&place("authority"));
    folder.put(&authority.identity()).unwrap();
    let kept = folder.identity().unwrap();
    let again = Authority::load(&kept.certificate, &kept.key).unwrap();
    assert_eq!(again.certificate_der(), authority.certificate_der());
    assert!(Authority::load(&own.certificate, &kept.key).is_err());
    remove(folder.path()).unwrap();
}
