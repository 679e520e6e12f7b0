//! Whom a code is about, so that only the code itself opens it.
//!
//! ChaCha20-Poly1305 under a key that is made of the code and of the gateway's secret: a copy of the
//! database tells nobody, and neither does the secret alone. A key seals once, so its nonce may be zero.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::id::RegionTable;
use domain::subject::{PseudonymKey, Subject};
use domain::use_code::PlainCode;
use jiff::civil::Date;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

/// Between the type and the code of a holder; in neither.
const BETWEEN: char = '\n';

/// Seals a holder.
pub(super) fn seal(keys: &PseudonymKey, code: &PlainCode, holder: &Subject) -> Option<String> {
    let mut content = [holder.type_code(), holder.expose()]
        .join("\n")
        .into_bytes();
    key(keys, code)?
        .seal_in_place_append_tag(nonce(), Aad::empty(), &mut content)
        .ok()?;
    Some(STANDARD.encode(content))
}

/// Opens what was sealed; `None` with another code or another secret.
pub(super) fn open(
    keys: &PseudonymKey,
    code: &PlainCode,
    sealed: &str,
    regions: &RegionTable,
    today: Date,
) -> Option<Subject> {
    let mut content = STANDARD.decode(sealed).ok()?;
    let content = key(keys, code)?
        .open_in_place(nonce(), Aad::empty(), &mut content)
        .ok()?;
    let (type_code, holder) = std::str::from_utf8(content).ok()?.split_once(BETWEEN)?;
    Subject::parse(type_code, holder, regions, today).ok()
}

fn key(keys: &PseudonymKey, code: &PlainCode) -> Option<LessSafeKey> {
    let secret = keys.derive("use-code seal", &[code.bytes()]);
    let key = UnboundKey::new(&CHACHA20_POLY1305, &secret).ok()?;
    Some(LessSafeKey::new(key))
}

fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; NONCE_LEN])
}

#[cfg(test)]
mod tests {
    use domain::reference::Reference;
    use jiff::civil::date;

    use super::*;

    #[test]
    fn only_the_code_and_the_secret_together_open_it() {
        let regions = Reference::embedded().unwrap().regions;
        let today = date(2022, 6, 1);
        let number = "430502190102030017";
        let holder = Subject::parse("111", number, &regions, today).unwrap();
        let keys = PseudonymKey::new([1; 32]);
        let code = PlainCode::new([7; 16]);
        let sealed = seal(&keys, &code, &holder).unwrap();
        assert!(open(&keys, &code, &sealed, &regions, today) == Some(holder));
        let other = PlainCode::new([8; 16]);
        assert!(open(&keys, &other, &sealed, &regions, today).is_none());
        let others = PseudonymKey::new([2; 32]);
        assert!(open(&others, &code, &sealed, &regions, today).is_none());
        let bytes = STANDARD.decode(&sealed).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"430502"));
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            let changed = STANDARD.encode(changed);
            assert!(open(&keys, &code, &changed, &regions, today).is_none());
        }
    }
}
