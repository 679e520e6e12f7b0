//! Subjects: whom data is about. Never printed; in the ledger only as keyed hashes.

use std::fmt;

use hmac::{Hmac, Mac};
use jiff::civil::Date;
use sha2::Sha256;

use crate::fault::{Cause, FaultCause};
use crate::id::{CitizenId, RegionTable, Uscc};

/// The person or firm that data is about. No `Display`; `Debug` shows the kind only.
#[derive(Clone, PartialEq)]
pub enum Subject {
    /// A citizen, holder type 111.
    Citizen(CitizenId),
    /// An organisation, holder type 001.
    Organisation(Uscc),
    /// Another holder type of GB/T 36903, kept as written.
    Other {
        /// The three-digit holder type code.
        type_code: String,
        /// The code itself.
        code: String,
    },
}

/// Holder type codes of GB/T 36903 besides 001 and 111.
const OTHER_TYPES: [&str; 14] = [
    "099", "114", "115", "118", "119", "120", "122", "411", "412", "413", "414", "511", "516",
    "999",
];

impl Subject {
    /// Parses a holder by its type code.
    ///
    /// # Errors
    /// `UNKNOWN_HOLDER_TYPE`, or what the code's own rule says; never the code itself.
    pub fn parse(
        type_code: &str,
        code: &str,
        regions: &RegionTable,
        today: Date,
    ) -> Result<Self, Cause> {
        match type_code.trim() {
            "001" => Uscc::parse(code)
                .map(Self::Organisation)
                .map_err(without_value),
            "111" => CitizenId::parse(code, regions, today)
                .map(Self::Citizen)
                .map_err(without_value),
            other if OTHER_TYPES.contains(&other) => {
                let code = code.trim();
                let plain = code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
                if (1..=40).contains(&code.len()) && plain {
                    Ok(Self::Other {
                        type_code: other.to_owned(),
                        code: code.to_ascii_uppercase(),
                    })
                } else {
                    Err(Cause::new(
                        "NOT_A_HOLDER_CODE",
                        "1 to 40 letters, digits and -",
                    ))
                }
            }
            _ => Err(Cause::new(
                "UNKNOWN_HOLDER_TYPE",
                "choose a code of GB/T 36903: 001 unified social credit code, 111 citizen identity number …",
            )),
        }
    }

    /// The citizen or organisation whose code a text is, if it is one.
    pub fn of_text(text: &str, regions: &RegionTable, today: Date) -> Option<Self> {
        let citizen = || Self::parse("111", text, regions, today);
        citizen()
            .or_else(|_| Self::parse("001", text, regions, today))
            .ok()
    }

    /// The holder type code.
    pub fn type_code(&self) -> &str {
        match self {
            Self::Citizen(_) => "111",
            Self::Organisation(_) => "001",
            Self::Other { type_code, .. } => type_code,
        }
    }

    /// The code itself, for the provider who must be asked about it, and for nobody else.
    pub fn expose(&self) -> &str {
        match self {
            Self::Citizen(id) => id.expose(),
            Self::Organisation(code) => code.as_str(),
            Self::Other { code, .. } => code,
        }
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subject({}, …)", self.type_code())
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "used as a function value in map_err"
)]
fn without_value(error: crate::id::IdError) -> Cause {
    Cause::new(
        "INVALID_HOLDER_CODE",
        format!("{error} ({})", FaultCause::code(&error)),
    )
}

/// The secret under which subjects, clerks and payloads are hashed. Without it a digest in the
/// ledger cannot be tried against the few values that an identity number can have.
///
/// Held as the state that every hash begins with: a call makes eight of them.
#[derive(Clone)]
pub struct PseudonymKey(RunningDigest);

impl PseudonymKey {
    /// Takes the secret.
    pub fn new(secret: [u8; 32]) -> Self {
        // HMAC takes a key of any length, so this cannot fail; an empty digest would be noticed.
        Self(RunningDigest(Hmac::<Sha256>::new_from_slice(&secret).ok()))
    }

    /// A keyed hash of a subject: equal for equal subjects, 32 hexadecimal digits.
    pub fn subject(&self, subject: &Subject) -> String {
        self.digest(
            "subject",
            &[subject.type_code().as_bytes(), subject.expose().as_bytes()],
        )
    }

    /// A keyed hash of a text such as a clerk's account or a case number.
    pub fn text(&self, what: &str, text: &str) -> String {
        self.digest(what, &[text.as_bytes()])
    }

    /// A keyed hash of some parts in order; lengths are part of it, so parts cannot be shifted.
    pub fn digest(&self, what: &str, parts: &[&[u8]]) -> String {
        let mut digest = self.running(what);
        for part in parts {
            digest.add(part);
        }
        digest.finish()
    }
}

impl PseudonymKey {
    /// A secret for one use alone, made of this one: like [`PseudonymKey::digest`], in full.
    pub fn derive(&self, what: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut digest = self.running(what);
        for part in parts {
            digest.add(part);
        }
        let whole = digest.0.map(|mac| mac.finalize().into_bytes().into());
        // HMAC takes a key of any length, so there always is one.
        whole.unwrap_or_default()
    }

    /// A keyed hash that takes its parts one after the other.
    pub fn running(&self, what: &str) -> RunningDigest {
        let mut digest = self.0.clone();
        digest.add(what.as_bytes());
        digest
    }
}

/// A keyed hash under way. Its end equals [`PseudonymKey::digest`] over the same parts.
#[derive(Clone)]
pub struct RunningDigest(Option<Hmac<Sha256>>);

impl RunningDigest {
    /// Takes one more part.
    pub fn add(&mut self, part: &[u8]) {
        if let Some(mac) = &mut self.0 {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
    }

    /// 32 hexadecimal digits.
    pub fn finish(self) -> String {
        let bytes = self.0.map(|mac| mac.finalize().into_bytes());
        bytes.map_or_else(String::new, |bytes| {
            hex(bytes.get(..16).unwrap_or_default())
        })
    }
}

impl fmt::Debug for PseudonymKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PseudonymKey(…)")
    }
}

/// Bytes as lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
    ];
    let digit = |half: u8| DIGITS.get(usize::from(half)).copied().unwrap_or('0');
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_depend_on_key_kind_and_boundaries() {
        let one = PseudonymKey::new([1; 32]);
        let two = PseudonymKey::new([2; 32]);
        assert_ne!(one.text("case", "a"), two.text("case", "a"));
        assert_ne!(one.text("case", "a"), one.text("operator", "a"));
        assert_ne!(
            one.digest("x", &[b"ab", b"c"]),
            one.digest("x", &[b"a", b"bc"])
        );
        assert_eq!(one.text("case", "a").len(), 32);
    }

    #[test]
    fn a_text_that_is_somebodys_code_is_hashed_as_that_subject() {
        let regions = crate::reference::Reference::embedded().unwrap().regions;
        let today = Date::constant(2022, 6, 1);
        let key = PseudonymKey::new([1; 32]);
        for (type_code, text) in [("111", "430502190102030017"), ("001", "91430502XYXYXY016N")] {
            let asked = Subject::of_text(text, &regions, today).unwrap();
            let looked_up = Subject::parse(type_code, text, &regions, today).unwrap();
            assert_eq!(key.subject(&asked), key.subject(&looked_up), "{type_code}");
        }
        assert!(Subject::of_text("测试甲便利店", &regions, today).is_none());
    }

    #[test]
    fn a_subject_is_not_printed() {
        let firm = Subject::Organisation(Uscc::parse("91430502XYXYXY016N").unwrap());
        assert_eq!(format!("{firm:?}"), "Subject(001, …)");
    }
}
