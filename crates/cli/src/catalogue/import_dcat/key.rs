//! What people can say of an entry beside its document, one key for each field.

use api::catalogue::v1::{Resource, ResourceItem, ShareType};
use sheet::{Word, YES_NO, choose};

use crate::catalogue::words::{CYCLES, FORMATS, GRADES, LEVELS, MODES, SHARE_TYPES};

/// A field of an entry that people can give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Classification,
    Title,
    Summary,
    Department,
    InnerDepartment,
    System,
    Items,
    ShareType,
    ShareCondition,
    ShareScope,
    SharePurpose,
    RefusalReason,
    ShareModes,
    Open,
    OpenCondition,
    FormatClass,
    FormatType,
    UpdateCycle,
    DataClass,
    DataLevel,
    DataGrade,
    RelatedResources,
    SecrecyReview,
    ImpactAssessment,
    HeadApproval,
}

impl Key {
    /// All of them; what others depend on stands before them.
    pub(super) const ALL: [Self; 25] = [
        Self::Classification,
        Self::Title,
        Self::Summary,
        Self::Department,
        Self::InnerDepartment,
        Self::System,
        Self::Items,
        Self::ShareType,
        Self::ShareCondition,
        Self::ShareScope,
        Self::SharePurpose,
        Self::RefusalReason,
        Self::ShareModes,
        Self::Open,
        Self::OpenCondition,
        Self::FormatClass,
        Self::FormatType,
        Self::UpdateCycle,
        Self::DataClass,
        Self::DataLevel,
        Self::DataGrade,
        Self::RelatedResources,
        Self::SecrecyReview,
        Self::ImpactAssessment,
        Self::HeadApproval,
    ];

    /// The field of `catalogue.v1.Resource`, and the property of a dataset that says it; empty where DCAT has no word
    /// for it and no export of ours says it either.
    pub(super) fn field(self) -> (&'static str, &'static str) {
        match self {
            Self::Classification => ("name", "dct:identifier"),
            Self::Title => ("title", "dct:title"),
            Self::Summary => ("summary", "dct:description"),
            Self::Department => ("department", "dct:publisher"),
            Self::InnerDepartment => ("inner_department", "ns:innerDepartment"),
            Self::System => ("system", ""),
            Self::Items => ("items", "csvw:column"),
            Self::ShareType => ("share_type", "ns:shareType"),
            Self::ShareCondition => ("share_condition", "ns:shareCondition"),
            Self::ShareScope => ("share_scope", "ns:shareScope"),
            Self::SharePurpose => ("share_purpose", "ns:sharePurpose"),
            Self::RefusalReason => ("refusal_reason", ""),
            Self::ShareModes => ("share_modes", "dcat:distribution"),
            Self::Open => ("open", "dct:accessRights"),
            Self::OpenCondition => ("open_condition", "dct:rights"),
            Self::FormatClass => ("format_class", "dct:format"),
            Self::FormatType => ("format_type", "dct:format"),
            Self::UpdateCycle => ("update_cycle", "dct:accrualPeriodicity"),
            Self::DataClass => ("data_class", "dcat:theme"),
            Self::DataLevel => ("data_level", "ns:dataLevel"),
            Self::DataGrade => ("data_grade", "ns:dataGrade"),
            Self::RelatedResources => ("related_resources", "dct:relation"),
            Self::SecrecyReview => ("secrecy_review", ""),
            Self::ImpactAssessment => ("impact_assessment", ""),
            Self::HeadApproval => ("head_approval", ""),
        }
    }

    /// The key of a field, whatever part of it.
    pub(super) fn of_field(field: &str) -> Option<Self> {
        let whole = field.split(['[', '.']).next().unwrap_or(field);
        Self::ALL.into_iter().find(|key| key.field().0 == whole)
    }

    /// How people write it.
    pub(super) fn word(self) -> String {
        if self == Self::Classification {
            return "classification".to_owned();
        }
        self.field().0.replace('_', "-")
    }

    /// The key that people wrote.
    pub(super) fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.word() == word)
    }

    /// Whether it may be the same for many datasets.
    pub(super) fn may_be_default(self) -> bool {
        !matches!(
            self,
            Self::Title | Self::Summary | Self::Items | Self::RelatedResources
        )
    }

    /// Whether it never leaves us, so that not even an export of ours says it.
    pub(super) fn stays_inside(self) -> bool {
        matches!(
            self,
            Self::System
                | Self::RefusalReason
                | Self::SecrecyReview
                | Self::ImpactAssessment
                | Self::HeadApproval
        )
    }

    /// Whether it means something for an entry that says what it depends on.
    pub(super) fn concerns(self, entry: &Resource) -> bool {
        match self {
            Self::ShareCondition => entry.share_type() != ShareType::Unconditional,
            Self::ShareScope | Self::SharePurpose => entry.share_type() == ShareType::Conditional,
            Self::RefusalReason => entry.share_type() == ShareType::NotShared,
            Self::OpenCondition => entry.open,
            Self::Classification
            | Self::Title
            | Self::Summary
            | Self::Department
            | Self::InnerDepartment
            | Self::System
            | Self::Items
            | Self::ShareType
            | Self::ShareModes
            | Self::Open
            | Self::FormatClass
            | Self::FormatType
            | Self::UpdateCycle
            | Self::DataClass
            | Self::DataLevel
            | Self::DataGrade
            | Self::RelatedResources
            | Self::SecrecyReview
            | Self::ImpactAssessment
            | Self::HeadApproval => true,
        }
    }

    /// Where an entry says it.
    fn place(self, entry: &mut Resource) -> Place<'_> {
        match self {
            Self::Classification => Place::Text(&mut entry.name),
            Self::Title => Place::Text(&mut entry.title),
            Self::Summary => Place::Text(&mut entry.summary),
            Self::Department => Place::Text(&mut entry.department),
            Self::InnerDepartment => Place::Text(&mut entry.inner_department),
            Self::System => Place::Text(&mut entry.system),
            Self::Items => Place::Items(&mut entry.items),
            Self::ShareType => Place::Number(&mut entry.share_type),
            Self::ShareCondition => Place::Text(&mut entry.share_condition),
            Self::ShareScope => Place::Text(&mut entry.share_scope),
            Self::SharePurpose => Place::Text(&mut entry.share_purpose),
            Self::RefusalReason => Place::Text(&mut entry.refusal_reason),
            Self::ShareModes => Place::Numbers(&mut entry.share_modes),
            Self::Open => Place::Flag(&mut entry.open),
            Self::OpenCondition => Place::Text(&mut entry.open_condition),
            Self::FormatClass => Place::Number(&mut entry.format_class),
            Self::FormatType => Place::Text(&mut entry.format_type),
            Self::UpdateCycle => Place::Number(&mut entry.update_cycle),
            Self::DataClass => Place::Text(&mut entry.data_class),
            Self::DataLevel => Place::Text(&mut entry.data_level),
            Self::DataGrade => Place::Number(&mut entry.data_grade),
            Self::RelatedResources => Place::Names(&mut entry.related_resources),
            Self::SecrecyReview => Place::Text(&mut entry.secrecy_review),
            Self::ImpactAssessment => Place::Text(&mut entry.impact_assessment),
            Self::HeadApproval => Place::Text(&mut entry.head_approval),
        }
    }

    /// Whether an entry says it. An entry that is not open may as well say nothing of it.
    pub(super) fn is_said(self, entry: &mut Resource) -> bool {
        match self.place(entry) {
            Place::Text(text) => !text.is_empty(),
            Place::Number(number) => *number != 0,
            Place::Numbers(numbers) => !numbers.is_empty(),
            Place::Flag(flag) => *flag,
            Place::Names(names) => !names.is_empty(),
            Place::Items(items) => !items.is_empty(),
        }
    }

    /// Says in one entry what another says.
    pub(super) fn copy(self, from: &mut Resource, to: &mut Resource) {
        match (self.place(from), self.place(to)) {
            (Place::Text(from), Place::Text(to)) => to.clone_from(from),
            (Place::Number(from), Place::Number(to)) => *to = *from,
            (Place::Numbers(from), Place::Numbers(to)) => to.clone_from(from),
            (Place::Flag(from), Place::Flag(to)) => *to = *from,
            (Place::Names(from), Place::Names(to)) => to.clone_from(from),
            (Place::Items(from), Place::Items(to)) => to.clone_from(from),
            // One key has one kind of place.
            _ => {}
        }
    }

    /// Says in an entry what people wrote.
    ///
    /// # Errors
    /// What was expected.
    pub(super) fn read(self, text: &str, entry: &mut Resource) -> Result<(), String> {
        match self {
            Self::Classification => entry.name = code(text)?,
            Self::System => entry.system = named("systems/", text),
            Self::ShareType => entry.set_share_type(word(text, SHARE_TYPES)?),
            Self::ShareModes => {
                let modes = parts(text).map(|part| word(part, MODES).map(i32::from));
                entry.share_modes = modes.collect::<Result<_, _>>()?;
            }
            Self::Open => entry.open = word(text, YES_NO)?,
            Self::FormatClass => entry.format_class = word(text, FORMATS)?,
            Self::UpdateCycle => entry.update_cycle = word(text, CYCLES)?,
            Self::DataLevel => word(text, LEVELS)?.clone_into(&mut entry.data_level),
            Self::DataGrade => entry.data_grade = word(text, GRADES)?,
            Self::RelatedResources => {
                let names = parts(text).map(code);
                entry.related_resources = names.collect::<Result<_, _>>()?;
            }
            Self::Items => {
                return Err(
                    "list the items as tables, one [[dataset.\"IRI\".items]] each".to_owned(),
                );
            }
            Self::Title
            | Self::Summary
            | Self::Department
            | Self::InnerDepartment
            | Self::ShareCondition
            | Self::ShareScope
            | Self::SharePurpose
            | Self::RefusalReason
            | Self::OpenCondition
            | Self::FormatType
            | Self::DataClass
            | Self::SecrecyReview
            | Self::ImpactAssessment
            | Self::HeadApproval => {
                if let Place::Text(place) = self.place(entry) {
                    text.trim().clone_into(place);
                }
            }
        }
        Ok(())
    }
}

/// Where an entry says something.
enum Place<'r> {
    Text(&'r mut String),
    Number(&'r mut i32),
    Numbers(&'r mut Vec<i32>),
    Flag(&'r mut bool),
    Names(&'r mut Vec<String>),
    Items(&'r mut Vec<ResourceItem>),
}

/// A word of a code list, as sheets have it too.
pub(super) fn word<T: Copy>(text: &str, words: &[Word<'_, T>]) -> Result<T, String> {
    choose(text, words).map_err(|_| {
        let offered = words.iter().map(|word| match word.also.last() {
            Some(english) => format!("{} ({english})", word.label),
            None => word.label.to_owned(),
        });
        let offered: Vec<String> = offered.collect();
        format!("“{text}” is none of {}", offered.join(", "))
    })
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split(['、', '，', ',', ';', '；']).map(str::trim);
    parts.filter(|part| !part.is_empty())
}

fn named(collection: &str, text: &str) -> String {
    let text = text.trim();
    format!(
        "{collection}{}",
        text.strip_prefix(collection).unwrap_or(text)
    )
}

/// A catalogue code as a name: whole, or a classification alone, whose next number the gateway gives.
fn code(text: &str) -> Result<String, String> {
    let text = text.trim();
    let bare = text.strip_prefix("resources/").unwrap_or(text);
    let (class, number) = bare.split_once(['/', '-']).unwrap_or((bare, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if class.len() < 6 || !digits(class) || !digits(number) {
        return Err(format!(
            "“{text}” is no catalogue code: write a classification of six digits or more, as in 301001, or with \
             the number of an entry, as in 301001/000012"
        ));
    }
    Ok(format!("resources/{class}-{number}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_known_by_its_word_and_by_its_field() {
        for key in Key::ALL {
            assert_eq!(Key::of_word(&key.word()), Some(key));
            assert_eq!(Key::of_field(key.field().0), Some(key));
        }
        assert_eq!(Key::of_field("items[3].key"), Some(Key::Items));
        assert_eq!(Key::of_word("name"), None);
    }

    #[test]
    fn what_people_write_is_said_and_copied() {
        for (key, text) in [
            (Key::Classification, "314001/000002"),
            (Key::Classification, "314001"),
            (Key::ShareType, "not-shared"),
            (Key::ShareType, "有条件共享"),
            (Key::ShareModes, "table、接口"),
            (Key::Open, "yes"),
            (Key::UpdateCycle, "monthly"),
            (Key::UpdateCycle, "4"),
            (Key::FormatClass, "数据库"),
            (Key::DataLevel, "general"),
            (Key::DataGrade, "2"),
            (Key::RelatedResources, "314001/1，314001-2"),
            (Key::System, "roads"),
            (Key::ShareCondition, "凭事项核验"),
        ] {
            let (mut one, mut other) = (Resource::default(), Resource::default());
            assert_eq!(key.read(text, &mut one), Ok(()), "{text}");
            assert!(key.is_said(&mut one), "{text}");
            key.copy(&mut one, &mut other);
            assert_eq!(one, other, "{text}");
        }
        for (key, text) in [
            (Key::Classification, "31400"),
            (Key::Classification, "314001/a"),
            (Key::ShareType, "perhaps"),
            (Key::ShareModes, "file,paper"),
            (Key::Items, "name"),
        ] {
            let read = key.read(text, &mut Resource::default());
            assert!(read.is_err(), "{text}");
        }
    }
}
