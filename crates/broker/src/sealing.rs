//! Sealing: what is kept or handed out and may be read by the gateway alone.
//!
//! ChaCha20-Poly1305 under a key of its own for each place, made of the gateway's secret, what is sealed and everything that
//! it belongs to; the nonce stands in front. What was sealed for one place opens at no other.

use domain::subject::PseudonymKey;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};

/// Bytes of a nonce.
pub(crate) use ring::aead::NONCE_LEN;

/// Seals and opens what belongs to one place.
pub(crate) struct Sealing(LessSafeKey);

impl Sealing {
    /// For what is called so, and belongs to these parts. None where the cipher takes no key, which does not happen.
    pub(crate) fn of(keys: &PseudonymKey, what: &str, belongs_to: &[&[u8]]) -> Option<Self> {
        let secret = keys.derive(what, belongs_to);
        let key = UnboundKey::new(&CHACHA20_POLY1305, &secret).ok()?;
        Some(Self(LessSafeKey::new(key)))
    }

    /// Seals a content. Two contents of one place have two nonces: the first bytes of random ones, or of a keyed hash of the
    /// content.
    pub(crate) fn seal(&self, nonce: &[u8; 32], mut content: Vec<u8>) -> Option<Vec<u8>> {
        let nonce = nonce.first_chunk::<NONCE_LEN>()?;
        let own = Nonce::assume_unique_for_key(*nonce);
        self.0
            .seal_in_place_append_tag(own, Aad::empty(), &mut content)
            .ok()?;
        Some([&nonce[..], &content].concat())
    }

    /// Opens what was sealed; none where it is of another place, of another secret, or was changed.
    pub(crate) fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, content) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut content = content.to_vec();
        let own = Nonce::assume_unique_for_key(*nonce);
        let opened = self.0.open_in_place(own, Aad::empty(), &mut content).ok()?;
        Some(opened.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_place_and_secret_open_what_was_not_changed() {
        let place = |secret: u8, what: &str, part: &str| {
            let keys = PseudonymKey::new([secret; 32]);
            Sealing::of(&keys, what, &[part.as_bytes()]).unwrap()
        };
        let own = place(1, "a seal", "one");
        let content = "婚姻状况有误".as_bytes();
        let sealed = own.seal(&[7; 32], content.to_vec()).unwrap();
        assert_eq!(own.open(&sealed).as_deref(), Some(content));
        assert!(!sealed.windows(6).any(|window| window == &content[..6]));
        for other in [
            place(2, "a seal", "one"),
            place(1, "another", "one"),
            place(1, "a seal", "two"),
        ] {
            assert_eq!(other.open(&sealed), None);
        }
        let again = own.seal(&[8; 32], content.to_vec()).unwrap();
        assert_ne!(again, sealed, "equal contents look different");
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert_eq!(own.open(&changed), None, "{index}");
        }
        for short in 0..=NONCE_LEN {
            assert_eq!(own.open(&sealed[..short]), None, "{short}");
        }
    }
}
