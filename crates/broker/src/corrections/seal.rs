//! What is said of a disputed record, sealed: it can tell of a person. A copy of the database tells nobody.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::name::CorrectionName;
use domain::subject::PseudonymKey;

use crate::sealing::Sealing;

/// Which text of a correction is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Text {
    /// The record and what is said of it.
    Content,
    /// What was said when it was closed.
    Answer,
}

/// Seals a text.
pub(super) fn seal(
    keys: &PseudonymKey,
    name: &CorrectionName,
    which: Text,
    text: &str,
    random: &[u8; 32],
) -> Option<String> {
    let sealed = place(keys, name, which)?.seal(random, text.as_bytes().to_vec())?;
    Some(STANDARD.encode(sealed))
}

/// Opens what was sealed; `None` where it is of another correction, another text or another secret.
pub(super) fn open(
    keys: &PseudonymKey,
    name: &CorrectionName,
    which: Text,
    sealed: &str,
) -> Option<String> {
    let content = place(keys, name, which)?.open(&STANDARD.decode(sealed).ok()?)?;
    String::from_utf8(content).ok()
}

fn place(keys: &PseudonymKey, name: &CorrectionName, which: Text) -> Option<Sealing> {
    let what: &[u8] = match which {
        Text::Content => b"content",
        Text::Answer => b"answer",
    };
    Sealing::of(keys, "correction seal", &[name.as_str().as_bytes(), what])
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
