//! Use-codes (用证码): a holder's authorisation of one use, in a form that people can read out.
//!
//! A code stands for one certificate type, one matter, one case and one system or department. It opens
//! one use and lives for minutes or hours. The gateway keeps its keyed hash, and whom it is about only
//! under a key that is made of the code itself.

use std::fmt;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::fault::Cause;
use crate::id::USCC_ALPHABET;
use crate::name::{
    CertificateTypeName, DepartmentName, GrantName, MatterName, SystemName, UseCodeName,
};
use crate::subject::PseudonymKey;

/// The request that took a code may repeat itself for so long. Less than the day for which a request
/// id stays used, so that no code opens a second use.
pub const REPEATED_FOR: SignedDuration = SignedDuration::from_hours(23);

/// Characters of a code before its check character: 31^26 is a little more than 2^128.
const BODY: usize = 26;
/// Characters between two hyphens, as it is shown.
const GROUP: usize = 9;

/// A use-code as people type it: 128 random bits. No `Display`, and `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct PlainCode([u8; 16]);

/// Who may use a code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Addressee {
    /// One system.
    System {
        /// Which.
        system: SystemName,
    },
    /// Any system of a department.
    Department {
        /// Which.
        department: DepartmentName,
    },
}

/// What the gateway keeps of a code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UseCode {
    /// `useCodes/{keyed hash}`.
    pub name: UseCodeName,
    /// The system that handed it out.
    pub issuer: SystemName,
    /// The grant that let it.
    pub grant: GrantName,
    /// Who may use it.
    pub addressee: Addressee,
    /// For which certificate type.
    pub certificate_type: CertificateTypeName,
    /// For which matter.
    pub matter: MatterName,
    /// For which case, as a keyed hash.
    pub case: String,
    /// Whom it is about, sealed under a key that is made of the code, in base64.
    pub sealed: String,
    /// From then on it opens nothing.
    pub ends: Timestamp,
}

/// A code and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptCode {
    /// The code.
    pub code: UseCode,
    /// The request that took it, and when.
    pub taken: Option<Taken>,
}

/// The one request that took a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The caller and the request id.
    pub by: String,
    /// When it did so first.
    pub at: Timestamp,
}

/// A use that a code is to open.
#[derive(Clone, Copy, Debug)]
pub struct Redemption<'a> {
    /// The calling system.
    pub system: &'a SystemName,
    /// Its department.
    pub department: &'a DepartmentName,
    /// The certificate type that is asked for.
    pub certificate_type: &'a CertificateTypeName,
    /// The matter.
    pub matter: &'a MatterName,
    /// The keyed hash of the case.
    pub case: &'a str,
    /// The caller and the request id.
    pub by: &'a str,
}

/// How long codes may live, with its dates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UseCodeRule {
    /// The longest life in seconds.
    pub longest_s: u32,
    /// The first day on which it holds.
    pub from: Date,
    /// The last one; none while it holds.
    pub until: Option<Date>,
    /// Where the number is from.
    pub source: String,
    /// The source does not name it.
    pub assumed: bool,
}

// === impl PlainCode ===

impl PlainCode {
    /// A code of random bytes.
    pub fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Reads a code as it was typed: in either case, with hyphens and blanks anywhere, and with `I` for
    /// `1` and `O` for `0`.
    ///
    /// # Errors
    /// `NOT_A_USE_CODE` or `CHECK_CHARACTER`; never a character of the code.
    pub fn parse(text: &str) -> Result<Self, Cause> {
        let typed = crate::text::clean(text);
        let mut values = Vec::with_capacity(BODY + 1);
        for c in typed.as_str().chars() {
            match c.to_ascii_uppercase() {
                '-' | ' ' => {}
                c if values.len() <= BODY => values.push(value_of(c).ok_or_else(not_a_code)?),
                _ => return Err(not_a_code()),
            }
        }
        if values.len() != BODY + 1 {
            return Err(not_a_code());
        }
        if !sum(&values).is_multiple_of(31) {
            let message = "a character was mistyped or two were swapped";
            return Err(Cause::new("CHECK_CHARACTER", message));
        }
        values.pop();
        let digit = |number: u128, value: u128| number.checked_mul(31)?.checked_add(value);
        let number = values.into_iter().try_fold(0, digit);
        number
            .map(|number| Self(number.to_be_bytes()))
            .ok_or_else(not_a_code)
    }

    /// The code for the holder, once: 26 characters of the alphabet of GB 32100 and a check character of
    /// its MOD 31, in groups.
    pub fn expose(&self) -> String {
        let mut number = u128::from_be_bytes(self.0);
        let mut values = vec![0; BODY];
        for value in values.iter_mut().rev() {
            (*value, number) = (number % 31, number / 31);
        }
        let check = (31 - sum(&values) % 31) % 31;
        values.push(check);
        let mut shown = String::with_capacity(BODY + 1 + BODY / GROUP);
        for (place, value) in values.into_iter().enumerate() {
            if place > 0 && place.is_multiple_of(GROUP) {
                shown.push('-');
            }
            let place = usize::try_from(value).unwrap_or_default();
            shown.extend(USCC_ALPHABET.chars().nth(place));
        }
        shown
    }

    /// The bytes, for keys that are made of them.
    pub fn bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The name under which it is kept.
    ///
    /// # Errors
    /// Never: a keyed hash is such a name.
    pub fn name(&self, keys: &PseudonymKey) -> Result<UseCodeName, Cause> {
        UseCodeName::from_id(&keys.digest("use-code", &[&self.0]))
    }
}

impl fmt::Debug for PlainCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainCode(…)")
    }
}

/// The weighted sum of GB 32100: a power of 3 for each place, and 1 for the check character, whose place
/// is the first or, where it is not there yet, behind the last.
fn sum(values: &[u128]) -> u128 {
    let (body, check) = values.split_at(values.len().min(BODY));
    let weighted = body.iter().fold((0, 1), |(sum, weight), value| {
        (sum + value * weight, weight * 3 % 31)
    });
    weighted.0 + check.iter().sum::<u128>()
}

fn value_of(c: char) -> Option<u128> {
    let c = match c {
        'I' => '1',
        'O' => '0',
        c => c,
    };
    let place = USCC_ALPHABET.chars().position(|other| other == c)?;
    u128::try_from(place).ok()
}

fn not_a_code() -> Cause {
    let message =
        "a use-code has 27 characters of 0-9 and A-Y without I, O, S and V, hyphens aside";
    Cause::new("NOT_A_USE_CODE", message)
}

// === impl KeptCode ===

impl KeptCode {
    /// Whether it opens a use now: it is for it, and nobody has taken it before its end, or this very
    /// request has, which may repeat itself for a while.
    pub fn opens(&self, asked: &Redemption<'_>, now: Timestamp) -> bool {
        let free = match &self.taken {
            None => now < self.code.ends,
            Some(taken) => taken.by == asked.by && now.duration_since(taken.at) < REPEATED_FOR,
        };
        free && self.code.is_for(asked)
    }
}

impl UseCode {
    fn is_for(&self, asked: &Redemption<'_>) -> bool {
        let addressed = match &self.addressee {
            Addressee::System { system } => system == asked.system,
            Addressee::Department { department } => department == asked.department,
        };
        addressed
            && self.certificate_type == *asked.certificate_type
            && self.matter == *asked.matter
            && self.case == asked.case
    }
}

impl Addressee {
    /// The name of the system or the department.
    pub fn as_str(&self) -> &str {
        match self {
            Self::System { system } => system.as_str(),
            Self::Department { department } => department.as_str(),
        }
    }
}

impl UseCodeRule {
    /// Whether it holds on a day.
    pub fn holds_on(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|last| day <= last)
    }
}

#[cfg(test)]
mod tests;
