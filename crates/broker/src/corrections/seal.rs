//! What is said of a disputed record, sealed: it can tell of a person.
//!
//! ChaCha20-Poly1305 under a key of its own for each text, made of the gateway's secret, the correction's name and what the
//! text is; the nonce is random and stands in front. A copy of the database tells nobody.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::name::CorrectionName;
use domain::subject::PseudonymKey;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

/// Which text of a correction is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Text {
    /// The record and what is said of it.
    Content,
    /// What was said when it was closed.
    Answer,
}

/// Seals a text. Only the first bytes of the random ones are used.
pub(super) fn seal(
    keys: &PseudonymKey,
    name: &CorrectionName,
    which: Text,
    text: &str,
    random: &[u8; 32],
) -> Option<String> {
    let random = random.first_chunk::<NONCE_LEN>()?;
    let mut content = text.as_bytes().to_vec();
    key(keys, name, which)?
        .seal_in_place_append_tag(
            Nonce::assume_unique_for_key(*random),
            Aad::empty(),
            &mut content,
        )
        .ok()?;
    Some(STANDARD.encode([&random[..], &content].concat()))
}

/// Opens what was sealed; `None` where it is of another correction, another text or another secret.
pub(super) fn open(
    keys: &PseudonymKey,
    name: &CorrectionName,
    which: Text,
    sealed: &str,
) -> Option<String> {
    let mut content = STANDARD.decode(sealed).ok()?;
    let (random, content) = content.split_first_chunk_mut::<NONCE_LEN>()?;
    let content = key(keys, name, which)?
        .open_in_place(Nonce::assume_unique_for_key(*random), Aad::empty(), content)
        .ok()?;
    std::str::from_utf8(content).ok().map(str::to_owned)
}

fn key(keys: &PseudonymKey, name: &CorrectionName, which: Text) -> Option<LessSafeKey> {
    let what: &[u8] = match which {
        Text::Content => b"content",
        Text::Answer => b"answer",
    };
    let secret = keys.derive("correction seal", &[name.as_str().as_bytes(), what]);
    let key = UnboundKey::new(&CHACHA20_POLY1305, &secret).ok()?;
    Some(LessSafeKey::new(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_opened_as_what_it_is_and_of_its_own_correction_alone() {
        let name = |digit: char| {
            let id = format!("00000000-0000-4000-8000-00000000000{digit}");
            CorrectionName::from_id(&id).unwrap()
        };
        let keys = PseudonymKey::new([1; 32]);
        let text = "430502190102030017 的登记日期不对";
        let sealed = seal(&keys, &name('1'), Text::Content, text, &[9; 32]).unwrap();
        let opened = open(&keys, &name('1'), Text::Content, &sealed);
        assert_eq!(opened.as_deref(), Some(text));
        assert_eq!(open(&keys, &name('2'), Text::Content, &sealed), None);
        assert_eq!(open(&keys, &name('1'), Text::Answer, &sealed), None);
        let others = PseudonymKey::new([2; 32]);
        assert_eq!(open(&others, &name('1'), Text::Content, &sealed), None);
        let again = seal(&keys, &name('1'), Text::Content, text, &[8; 32]).unwrap();
        assert_ne!(sealed, again, "the nonce is another one");
        let bytes = STANDARD.decode(&sealed).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"430502"));
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            let changed = STANDARD.encode(changed);
            assert_eq!(open(&keys, &name('1'), Text::Content, &changed), None);
        }
        for short in ["", "AAAA", "not base64!"] {
            assert_eq!(open(&keys, &name('1'), Text::Content, short), None);
        }
    }
}
