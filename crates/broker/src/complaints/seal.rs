//! What people write in a complaint, so that a copy of the database tells nobody.
//!
//! ChaCha20-Poly1305 under a key that is made of the gateway's secret, the complaint and the place of the text in it,
//! with a random nonce before it: a text that was sealed for one place is none in another.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::complaint::{PersonalText, Sealed};
use domain::name::ComplaintName;
use domain::reason::Reason;
use domain::subject::PseudonymKey;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::failure::Failure;
use crate::gateway::Gateway;

/// More than any text of a complaint has.
const MOST: usize = 100_000;

/// The place of a text in a complaint.
#[derive(Clone, Copy, Debug)]
pub(super) enum Field {
    /// What the person says.
    Statement,
    /// How the person is reached.
    Contact,
    /// Why it was passed on, at a step of its way.
    Reason(usize),
    /// What the person is told.
    Answer,
}

impl Field {
    fn word(self) -> String {
        match self {
            Self::Statement => "statement".to_owned(),
            Self::Contact => "contact".to_owned(),
            Self::Reason(step) => format!("reason {step}"),
            Self::Answer => "answer".to_owned(),
        }
    }
}

impl Gateway {
    /// Seals a text for its place.
    pub(super) fn sealed_of_complaint(
        &self,
        name: &ComplaintName,
        field: Field,
        text: &PersonalText,
    ) -> Result<Sealed, Failure> {
        let keys = &self.keys.pseudonyms;
        let mut nonce = [0; NONCE_LEN];
        nonce.copy_from_slice(self.ids.secret().split_at(NONCE_LEN).0);
        seal(keys, name, field, nonce, text).ok_or_else(|| broken("sealed"))
    }

    /// Opens a text of a place.
    pub(super) fn opened_text(
        &self,
        name: &ComplaintName,
        field: Field,
        sealed: &Sealed,
    ) -> Result<PersonalText, Failure> {
        let keys = &self.keys.pseudonyms;
        open(keys, name, field, sealed).ok_or_else(|| broken("opened"))
    }
}

fn seal(
    keys: &PseudonymKey,
    name: &ComplaintName,
    field: Field,
    nonce: [u8; NONCE_LEN],
    text: &PersonalText,
) -> Option<Sealed> {
    let mut content = text.expose().as_bytes().to_vec();
    let own = Nonce::assume_unique_for_key(nonce);
    key(keys, name, field)?
        .seal_in_place_append_tag(own, Aad::empty(), &mut content)
        .ok()?;
    Some(Sealed::new(
        STANDARD.encode([&nonce[..], &content].concat()),
    ))
}

fn open(
    keys: &PseudonymKey,
    name: &ComplaintName,
    field: Field,
    sealed: &Sealed,
) -> Option<PersonalText> {
    let bytes = STANDARD.decode(sealed.as_base64()).ok()?;
    let (nonce, content) = bytes.split_at_checked(NONCE_LEN)?;
    let own = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut content = content.to_vec();
    let content = key(keys, name, field)?
        .open_in_place(own, Aad::empty(), &mut content)
        .ok()?;
    PersonalText::parse(std::str::from_utf8(content).ok()?, MOST).ok()
}

fn key(keys: &PseudonymKey, name: &ComplaintName, field: Field) -> Option<LessSafeKey> {
    let word = field.word();
    let parts = [name.as_str().as_bytes(), word.as_bytes()];
    let secret = keys.derive("complaint seal", &parts);
    let key = UnboundKey::new(&CHACHA20_POLY1305, &secret).ok()?;
    Some(LessSafeKey::new(key))
}

fn broken(what: &str) -> Failure {
    let message = format!("a text of the complaint cannot be {what} under the gateway's key");
    Failure::new(Reason::Internal, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_secret_opens_it_and_only_at_its_place() {
        let keys = PseudonymKey::new([1; 32]);
        let name = |last: u8| {
            let id = format!("00000000-0000-4000-8000-00000000000{last}");
            ComplaintName::from_id(&id).unwrap()
        };
        let text = PersonalText::parse("王某\n婚姻状况有误", 100).unwrap();
        let sealed = seal(&keys, &name(1), Field::Statement, [7; NONCE_LEN], &text).unwrap();
        let opens = |keys: &PseudonymKey, name: &ComplaintName, field, sealed: &Sealed| {
            open(keys, name, field, sealed)
        };
        assert!(opens(&keys, &name(1), Field::Statement, &sealed) == Some(text.clone()));
        let others = PseudonymKey::new([2; 32]);
        assert!(opens(&others, &name(1), Field::Statement, &sealed).is_none());
        assert!(opens(&keys, &name(2), Field::Statement, &sealed).is_none());
        for field in [
            Field::Contact,
            Field::Answer,
            Field::Reason(0),
            Field::Reason(1),
        ] {
            assert!(opens(&keys, &name(1), field, &sealed).is_none());
        }
        let again = seal(&keys, &name(1), Field::Statement, [8; NONCE_LEN], &text).unwrap();
        assert!(again != sealed, "equal texts look different");
        let bytes = STANDARD.decode(sealed.as_base64()).unwrap();
        let needle = "婚姻".as_bytes();
        assert!(!bytes.windows(needle.len()).any(|window| window == needle));
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            let changed = Sealed::new(STANDARD.encode(changed));
            assert!(opens(&keys, &name(1), Field::Statement, &changed).is_none());
        }
        for short in ["", "AAAA", "not base64"] {
            let short = Sealed::new(short.to_owned());
            assert!(opens(&keys, &name(1), Field::Statement, &short).is_none());
        }
    }
}
