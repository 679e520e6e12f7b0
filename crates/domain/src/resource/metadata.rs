//! What the catalogue guides ask of an entry beside what the gateway itself works with.

use serde::{Deserialize, Serialize};

use crate::fault::Cause;
use crate::name::ResourceName;

/// Most related entries.
pub const MOST_RELATED: usize = 20;

/// Core metadata of the guide 发改高技〔2017〕1272号 and of Order 809 art. 13 and 15. Empty texts are not stated.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Metadata {
    /// The unit within the department that answers for it, up to 50 characters.
    pub inner_department: String,
    /// The type within the format class, for example `mysql`, up to 40 characters.
    pub format_type: String,
    /// The class of the data (数据分类), up to 60 characters.
    pub data_class: String,
    /// The grade within general data.
    pub data_grade: Option<DataGrade>,
    /// Whom it is shared with (共享范围), up to 200 characters.
    pub share_scope: String,
    /// What it may be used for (使用用途), up to 200 characters.
    pub share_purpose: String,
    /// Why it is not shared, beside the legal basis; up to 200 characters.
    pub refusal_reason: String,
    /// On which condition it is open to society, up to 200 characters.
    pub open_condition: String,
    /// Entries that belong to it, at most [`MOST_RELATED`].
    pub related: Vec<ResourceName>,
    /// The document of its review for secrets, up to 200 characters.
    pub secrecy_review: String,
    /// The document of the assessment of its impact on personal information, up to 200 characters.
    pub impact_assessment: String,
    /// The document by which the head of the department approved it, up to 200 characters.
    pub head_approval: String,
    /// How much there is.
    pub volume: Option<Volume>,
    /// By what a catalogue of others names it, up to 500 characters.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source_identifier: String,
    /// Applications for it are agreed to as soon as they are submitted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub auto_approve: bool,
}

// The sizes are finite: only `Volume::of` makes them.
impl Eq for Metadata {}

/// The grade within general data (GB/T 43697-2024, as practice splits it), 1 to 4, the highest needing most care.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct DataGrade(u8);

impl DataGrade {
    /// A grade.
    ///
    /// # Errors
    /// `UNKNOWN_GRADE` outside 1 to 4.
    pub fn of(grade: u8) -> Result<Self, Cause> {
        if (1..=4).contains(&grade) {
            return Ok(Self(grade));
        }
        let message = "choose 1 to 4, or 0 for not graded";
        Err(Cause::new("UNKNOWN_GRADE", message))
    }

    /// The grade.
    pub fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for DataGrade {
    type Error = Cause;
    fn try_from(grade: u8) -> Result<Self, Cause> {
        Self::of(grade)
    }
}

impl From<DataGrade> for u8 {
    fn from(grade: DataGrade) -> Self {
        grade.0
    }
}

/// How much there is, as the city's survey of data (大普查) asks for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Volume {
    /// All that is stored.
    pub stored: Amount,
    /// What is shared.
    pub shared: Amount,
    /// What is open to society.
    pub open: Amount,
}

/// A size and a count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Amount {
    /// Gigabytes, 0 or more.
    pub gigabytes: f64,
    /// Rows of structured data.
    pub records: u64,
}

impl Volume {
    /// The three amounts; what is shared or open is part of what is stored.
    ///
    /// # Errors
    /// `OUT_OF_RANGE` for a size that is no number or below 0, `MORE_THAN_STORED`.
    pub fn of(stored: Amount, shared: Amount, open: Amount) -> Result<Self, Cause> {
        let sizes = [stored, shared, open].map(|amount| amount.gigabytes);
        if !sizes.iter().all(|size| size.is_finite() && *size >= 0.0) {
            return Err(Cause::new(
                "OUT_OF_RANGE",
                "give sizes of 0 gigabytes or more",
            ));
        }
        let within =
            |part: Amount| part.gigabytes <= stored.gigabytes && part.records <= stored.records;
        if !(within(shared) && within(open)) {
            let text = "more is shared or open than is stored; check the numbers";
            return Err(Cause::new("MORE_THAN_STORED", text));
        }
        Ok(Self {
            stored,
            shared,
            open,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::FaultCause as _;

    fn amount(gigabytes: f64, records: u64) -> Amount {
        Amount { gigabytes, records }
    }

    #[test]
    fn parts_are_no_more_than_the_whole() {
        let stored = amount(2.5, 100);
        assert!(Volume::of(stored, stored, amount(0.0, 0)).is_ok());
        for (shared, open, code) in [
            (amount(2.6, 1), amount(0.0, 0), "MORE_THAN_STORED"),
            (amount(0.0, 0), amount(0.0, 101), "MORE_THAN_STORED"),
            (amount(-1.0, 0), amount(0.0, 0), "OUT_OF_RANGE"),
            (amount(f64::NAN, 0), amount(0.0, 0), "OUT_OF_RANGE"),
        ] {
            let refused = Volume::of(stored, shared, open).unwrap_err();
            assert_eq!(refused.code(), code);
        }
    }

    #[test]
    fn what_was_stored_before_a_field_was_asked_for_is_read() {
        let stored = r#"{"secrecy_review":"邵保审〔2022〕1号"}"#;
        let read: Metadata = serde_json::from_str(stored).unwrap();
        let (review, approval) = (read.secrecy_review, read.head_approval);
        assert_eq!(
            (review.as_str(), approval.as_str()),
            ("邵保审〔2022〕1号", "")
        );
    }

    #[test]
    fn grades_are_one_to_four() {
        for grade in 0..=255_u8 {
            assert_eq!(DataGrade::of(grade).is_ok(), (1..=4).contains(&grade));
        }
    }
}
