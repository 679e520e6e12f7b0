//! What people write in a complaint, sealed for its place in it: a copy of the database tells nobody.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::complaint::{PersonalText, Sealed};
use domain::name::ComplaintName;
use domain::reason::Reason;
use domain::subject::PseudonymKey;

use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::sealing::Sealing;

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
        seal(keys, name, field, &self.ids.secret(), text).ok_or_else(|| broken("sealed"))
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
    random: &[u8; 32],
    text: &PersonalText,
) -> Option<Sealed> {
    let content = text.expose().as_bytes().to_vec();
    let sealed = place(keys, name, field)?.seal(random, content)?;
    Some(Sealed::new(STANDARD.encode(sealed)))
}

fn open(
    keys: &PseudonymKey,
    name: &ComplaintName,
    field: Field,
    sealed: &Sealed,
) -> Option<PersonalText> {
    let bytes = STANDARD.decode(sealed.as_base64()).ok()?;
    let content = place(keys, name, field)?.open(&bytes)?;
    PersonalText::parse(std::str::from_utf8(&content).ok()?, MOST).ok()
}

fn place(keys: &PseudonymKey, name: &ComplaintName, field: Field) -> Option<Sealing> {
    let word = field.word();
    let parts = [name.as_str().as_bytes(), word.as_bytes()];
    Sealing::of(keys, "complaint seal", &parts)
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
        let sealed = seal(&keys, &name(1), Field::Statement, &[7; 32], &text).unwrap();
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
        let again = seal(&keys, &name(1), Field::Statement, &[8; 32], &text).unwrap();
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
