//! The basis of a use: the consumer's legal duty, or the holder's own authorisation.
//!
//! Every use of a grant has the duty that the grant states (依职能). Where a catalogue entry demands
//! more, the holder must have authorised the use (授权; PIPL art. 13, 23, 29): with a use-code, or with
//! a paper or an online consent that the consumer keeps.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::fault::{self, Cause};
use crate::subject::PseudonymKey;
use crate::use_code::UseCode;

/// What a use may rest on, the stronger last.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum BasisKind {
    /// The legal basis of the grant (依职能).
    #[default]
    Duty,
    /// The holder's authorisation (授权).
    Authorisation,
}

/// What one use rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Basis {
    /// The legal basis of the grant.
    #[default]
    Duty,
    /// The holder's authorisation.
    Authorisation(Authorisation),
}

/// An authorisation of the holder, as the gateway knows it: by a keyed hash and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorisation {
    digest: String,
    granted_on: Option<Date>,
}

/// A signed paper or an online consent that the consumer keeps. No `Display`, and `Debug` shows the
/// day only: what people write as a reference may name somebody.
#[derive(Clone, PartialEq, Eq)]
pub struct HolderAuthorisation {
    reference: String,
    granted_on: Date,
}

impl BasisKind {
    /// The word in seeds and in the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Duty => "duty",
            Self::Authorisation => "authorisation",
        }
    }

    /// The kind of a word.
    ///
    /// # Errors
    /// The words there are.
    pub fn parse(word: &str) -> Result<Self, String> {
        let all = [Self::Duty, Self::Authorisation];
        let found = all.into_iter().find(|kind| kind.as_str() == word);
        found.ok_or_else(|| "choose duty or authorisation".to_owned())
    }

    /// Whether it is the duty, which need not be said.
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "the form that serde asks for"
    )]
    pub(crate) fn is_duty(&self) -> bool {
        *self == Self::Duty
    }
}

impl Basis {
    /// Its kind.
    pub fn kind(&self) -> BasisKind {
        match self {
            Self::Duty => BasisKind::Duty,
            Self::Authorisation(_) => BasisKind::Authorisation,
        }
    }

    /// Whether it serves where at least this is demanded: under a grant there is the duty always.
    pub fn serves(&self, demanded: BasisKind) -> bool {
        self.kind() >= demanded
    }
}

impl Authorisation {
    /// One that a dry run supposes. Nothing rests on it: a dry run asks nobody.
    pub fn supposed() -> Self {
        Self {
            digest: String::new(),
            granted_on: None,
        }
    }

    /// The one that a use-code stands for.
    pub fn by_code(code: &UseCode) -> Self {
        Self {
            digest: code.name.id().to_owned(),
            granted_on: None,
        }
    }

    /// The keyed hash of its reference, or of the use-code.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The day on which the holder gave it, where the consumer says so.
    pub fn granted_on(&self) -> Option<Date> {
        self.granted_on
    }
}

impl HolderAuthorisation {
    /// Parses what a consumer says of it.
    ///
    /// # Errors
    /// All faults by their fields: a `reference` that is no line of 1 to 100 characters, a day
    /// `granted_on` that is none or lies ahead. None repeats the reference.
    pub fn parse(
        reference: &str,
        granted_on: &str,
        today: Date,
    ) -> Result<Self, Vec<(&'static str, Cause)>> {
        let ahead = || {
            Cause::new(
                "IN_THE_FUTURE",
                "nobody authorises on a day that lies ahead",
            )
        };
        let granted = fault::date(granted_on)
            .and_then(|day| Some(day).filter(|day| *day <= today).ok_or_else(ahead));
        match (fault::line(reference, 100), granted) {
            (Ok(reference), Ok(granted_on)) => Ok(Self {
                reference,
                granted_on,
            }),
            (reference, granted) => {
                let reference = reference.err().map(|cause| ("reference", cause));
                let granted = granted.err().map(|cause| ("granted_on", cause));
                Err(reference.into_iter().chain(granted).collect())
            }
        }
    }

    /// What the gateway keeps of it.
    pub fn kept(&self, keys: &PseudonymKey) -> Authorisation {
        Authorisation {
            digest: keys.text("authorisation", &self.reference),
            granted_on: Some(self.granted_on),
        }
    }
}

impl fmt::Debug for HolderAuthorisation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HolderAuthorisation(…, {})", self.granted_on)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::fault::FaultCause as _;

    const REFERENCE: &str = "张三 2022-0117";

    fn parse(
        reference: &str,
        granted_on: &str,
    ) -> Result<HolderAuthorisation, Vec<(&'static str, Cause)>> {
        HolderAuthorisation::parse(reference, granted_on, date(2022, 6, 1))
    }

    #[test]
    fn an_authorisation_serves_where_the_duty_does_and_not_the_other_way_round() {
        let keys = PseudonymKey::new([1; 32]);
        let given = Basis::Authorisation(parse(REFERENCE, "2022-06-01").unwrap().kept(&keys));
        for (basis, demanded, serves) in [
            (&Basis::Duty, BasisKind::Duty, true),
            (&Basis::Duty, BasisKind::Authorisation, false),
            (&given, BasisKind::Duty, true),
            (&given, BasisKind::Authorisation, true),
        ] {
            assert_eq!(basis.serves(demanded), serves, "{basis:?} {demanded:?}");
        }
    }

    #[test]
    fn all_faults_are_told_at_once_and_without_the_reference() {
        let long = format!("{REFERENCE}{}", "长".repeat(100));
        for (reference, day, told) in [
            ("", "2022-06-31", &["REQUIRED", "NOT_A_DATE"][..]),
            (long.as_str(), "2022-06-01", &["TOO_LONG"]),
            (REFERENCE, "", &["REQUIRED"]),
            (REFERENCE, "2022-06-02", &["IN_THE_FUTURE"]),
        ] {
            let causes = parse(reference, day).unwrap_err();
            let codes: Vec<_> = causes.iter().map(|(_, cause)| cause.code()).collect();
            assert_eq!(codes, told, "{day}");
            assert!(!format!("{causes:?}").contains("张三"), "{causes:?}");
        }
    }

    #[test]
    fn a_reference_is_kept_as_a_keyed_hash_and_never_printed() {
        let parsed = parse(REFERENCE, "2022-05-31").unwrap();
        let kept = parsed.kept(&PseudonymKey::new([1; 32]));
        assert_ne!(kept, parsed.kept(&PseudonymKey::new([2; 32])));
        assert_eq!(kept.granted_on(), Some(date(2022, 5, 31)));
        assert!(!format!("{parsed:?} {kept:?}").contains("张三"));
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        for kind in [BasisKind::Duty, BasisKind::Authorisation] {
            assert_eq!(BasisKind::parse(kind.as_str()), Ok(kind));
        }
        assert!(BasisKind::parse("consent").is_err());
    }
}
