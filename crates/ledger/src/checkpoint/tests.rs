use ed25519_dalek::VerifyingKey;
use signed_note::new_ed25519_verifier_key;

use super::*;
use crate::tree::leaf_hash;

const ORIGIN: &str = "shuqiao.example/ledger";

fn signer(seed: u8) -> LogSigner {
    LogSigner::from_seed([seed; 32], ORIGIN).unwrap()
}

fn verifier(seed: u8) -> LogVerifier {
    LogVerifier::parse(&signer(seed).verifier_key()).unwrap()
}

fn checkpoint() -> Checkpoint {
    Checkpoint::new(ORIGIN, 12, leaf_hash(b"root")).unwrap()
}

#[test]
fn a_signed_checkpoint_opens_under_its_key_only() {
    let note = signer(1).sign(&checkpoint()).unwrap();
    assert!(note.starts_with("shuqiao.example/ledger\n12\n"));
    assert_eq!(note.lines().count(), 5);
    assert_eq!(verifier(1).open(&note).unwrap(), checkpoint());
    assert_eq!(verifier(2).open(&note), Err(CheckpointError::Signature));
}

#[test]
fn a_key_comes_back_from_its_seed_and_is_never_shown() {
    let again = LogSigner::from_seed(signer(7).seed(), ORIGIN).unwrap();
    assert_eq!(again.verifier_key(), signer(7).verifier_key());
    assert!(!format!("{again:?}").contains("[7, 7"));
}

#[test]
fn the_published_example_of_signed_note_opens() {
    // From the signed-note specification: key, text and signature by an independent implementation.
    let vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    let text = "If you think cryptography is the answer to your problem,\n\
                then you don't know what your problem is.\n";
    let note = format!(
        "{text}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    );
    let verifier = LogVerifier::parse(vkey).unwrap();
    assert_eq!(verifier.open_text(&note).unwrap(), text);
    assert_eq!(verifier.open(&note), Err(CheckpointError::Text));
}

#[test]
fn any_changed_byte_of_a_checkpoint_is_found() {
    let note = signer(1).sign(&checkpoint()).unwrap().into_bytes();
    for position in 0..note.len() {
        for mask in 1..=255_u8 {
            let mut changed = note.clone();
            changed[position] ^= mask;
            if let Ok(text) = std::str::from_utf8(&changed) {
                assert!(
                    verifier(1).open(text).is_err(),
                    "byte {position} ^ {mask:#x}"
                );
            }
        }
    }
}

#[test]
fn any_changed_byte_of_a_key_is_found() {
    let vkey = signer(1).verifier_key().into_bytes();
    for position in 0..vkey.len() {
        for mask in 1..=127_u8 {
            let mut changed = vkey.clone();
            changed[position] ^= mask;
            let text = std::str::from_utf8(&changed).unwrap();
            assert!(LogVerifier::parse(text).is_err(), "accepted {text}");
        }
    }
}

#[test]
fn witness_signatures_are_passed_over_but_not_repeated_ones() {
    let note = signer(1).sign(&checkpoint()).unwrap();
    let witness = LogSigner::from_seed([9; 32], "witness.example").unwrap();
    let cosigned = witness.sign_text("anything\n").unwrap();
    let cosignature = cosigned.lines().last().unwrap();
    let ours = note.lines().last().unwrap();
    assert!(verifier(1).open(&format!("{note}{cosignature}\n")).is_ok());
    assert!(verifier(1).open(&format!("{note}{ours}\n")).is_err());
    assert!(
        verifier(1)
            .open(&format!("{note}{cosignature}\n{cosignature}\n"))
            .is_err()
    );
    assert!(verifier(1).open(&note.replace(ours, cosignature)).is_err());
}

#[test]
fn freedoms_of_the_text_are_refused_even_when_signed() {
    let root = leaf_hash(b"root");
    let texts = [
        format!("{ORIGIN}\n012\n{root}\n"),
        format!("{ORIGIN}\n12\n{root}\nextension\n"),
        format!("{ORIGIN}\n+12\n{root}\n"),
        format!("{ORIGIN}\n12\n{root}"),
        format!("{ORIGIN}\n9007199254740992\n{root}\n"),
        format!("{ORIGIN}\n0\n{root}\n"),
        format!("other.example\n12\n{root}\n"),
    ];
    for text in texts {
        let opened = signer(1)
            .sign_text(&text)
            .map(|note| verifier(1).open(&note));
        assert!(!matches!(opened, Ok(Ok(_))), "accepted {text}");
    }
}

#[test]
fn origins_that_cannot_be_spelled_in_a_note_are_refused() {
    for origin in ["", "a b", "a+b", "数桥", "a\nb", &"x".repeat(256)] {
        assert!(LogSigner::from_seed([0; 32], origin).is_err(), "{origin}");
    }
    let other = Checkpoint::new("other.example", 1, leaf_hash(b"")).unwrap();
    assert_eq!(signer(1).sign(&other), Err(CheckpointError::Origin));
}

#[test]
fn keys_of_small_order_are_refused() {
    let mut identity = [0_u8; 32];
    identity[0] = 1;
    let key = VerifyingKey::from_bytes(&identity).unwrap();
    assert!(LogVerifier::parse(&new_ed25519_verifier_key(ORIGIN, &key)).is_err());
}
