//! The rules across the fields of an entry: each with the days it is in force and the place where it stands.
//!
//! What a rule looks at is code; whether it is in force, from when and by which source is data
//! (`seeds/catalogue-rules.toml`). An entry is judged by the rules of the day of the step.

use jiff::civil::Date;

use super::{Resource, ShareMode, ShareType, UPDATE_CYCLES};
use crate::fault::Faults;

/// What a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleId {
    /// Files are shared as files, databases as tables or by API.
    ModeFitsFormat,
    /// A conditional entry states its scope and its use.
    ConditionalScope,
    /// An entry that is not shared states why, beside the legal basis.
    RefusalReason,
    /// An open entry holds no sensitive item.
    OpenNotSensitive,
    /// What is not shared with departments is not open to society.
    OpenIsShared,
    /// Only an open entry has a condition of being open.
    ConditionNeedsOpen,
    /// The data is classed.
    DataClass,
    /// The review for secrets is recorded.
    SecrecyReview,
    /// The assessment of the impact on personal information is recorded.
    ImpactAssessment,
    /// The approval of the department's head is recorded.
    HeadApproval,
    /// The title is not the name of the system.
    TitleNotSystem,
    /// No two entries of a department differ by punctuation alone.
    TitleUnique,
    /// The update cycle is one of those that the rule lists.
    CycleListed,
}

impl RuleId {
    /// All rules.
    pub const ALL: [Self; 13] = [
        Self::ModeFitsFormat,
        Self::ConditionalScope,
        Self::RefusalReason,
        Self::OpenNotSensitive,
        Self::OpenIsShared,
        Self::ConditionNeedsOpen,
        Self::DataClass,
        Self::SecrecyReview,
        Self::ImpactAssessment,
        Self::HeadApproval,
        Self::TitleNotSystem,
        Self::TitleUnique,
        Self::CycleListed,
    ];

    /// The id in the seeds.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ModeFitsFormat => "mode-fits-format",
            Self::ConditionalScope => "conditional-scope",
            Self::RefusalReason => "refusal-reason",
            Self::OpenNotSensitive => "open-not-sensitive",
            Self::OpenIsShared => "open-is-shared",
            Self::ConditionNeedsOpen => "condition-needs-open",
            Self::DataClass => "data-class",
            Self::SecrecyReview => "secrecy-review",
            Self::ImpactAssessment => "impact-assessment",
            Self::HeadApproval => "head-approval",
            Self::TitleNotSystem => "title-not-system",
            Self::TitleUnique => "title-unique",
            Self::CycleListed => "cycle-listed",
        }
    }

    /// The rule of an id.
    pub fn parse(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.as_str() == id)
    }
}

/// At which step a rule is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Whenever an entry is written.
    Always,
    /// Before the department signs it off, and at every later step.
    ToRegister,
}

/// A rule with its days and its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryRule {
    /// What it looks at.
    pub id: RuleId,
    /// Codes of update cycles that may be given, for the rule about them; empty for every other.
    pub cycles: Vec<u8>,
    /// At which step it is asked.
    pub asked: Asked,
    /// First day in force.
    pub from: Date,
    /// Last day in force.
    pub until: Option<Date>,
    /// Where it stands.
    pub source: String,
    /// The source is silent or was not read; shown as such.
    pub assumed: bool,
}

impl EntryRule {
    /// Whether it is asked at a step on a day.
    pub fn applies(&self, step: Asked, day: Date) -> bool {
        let in_force = self.from <= day && self.until.is_none_or(|last| day <= last);
        let asked = match self.asked {
            Asked::Always => true,
            Asked::ToRegister => step == Asked::ToRegister,
        };
        in_force && asked
    }

    /// The source as faults cite it.
    pub fn cited(&self) -> String {
        if self.assumed {
            return format!("{}, assumed", self.source);
        }
        self.source.clone()
    }
}

/// What an entry is compared with beside itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Surroundings<'a> {
    /// The name of its system.
    pub system_name: &'a str,
    /// Another entry of the department whose title differs by no more than punctuation.
    pub same_title: Option<&'a str>,
}

/// One fault of a rule: field, code, sentence.
type Found = (String, &'static str, String);

/// Checks an entry by the rules that apply; places begin with `resource.`.
pub fn check<'r>(
    resource: &Resource,
    around: Surroundings<'_>,
    rules: impl Iterator<Item = &'r EntryRule>,
) -> Faults {
    let mut faults = Faults::default();
    for rule in rules {
        for (field, code, message) in broken(rule, resource, around) {
            faults.add_by(&format!("resource.{field}"), code, message, &rule.cited());
        }
    }
    faults
}

fn broken(rule: &EntryRule, resource: &Resource, around: Surroundings<'_>) -> Vec<Found> {
    let metadata = &resource.metadata;
    let missing = |field: &str, text: &'static str| {
        let found: Found = (field.to_owned(), "REQUIRED", text.to_owned());
        Some(found)
    };
    let one: Option<Found> = match rule.id {
        RuleId::ModeFitsFormat => return modes_that_do_not_fit(resource),
        RuleId::OpenNotSensitive => return sensitive_though_open(resource),
        RuleId::ConditionalScope => return scope_missing(resource),
        RuleId::RefusalReason => match &resource.share_type {
            ShareType::NotShared { .. } if metadata.refusal_reason.is_empty() => missing(
                "refusal_reason",
                "say why it is not shared, beside the legal basis",
            ),
            _ => None,
        },
        RuleId::OpenIsShared => {
            let not_shared = matches!(resource.share_type, ShareType::NotShared { .. });
            let text = "what is not shared with departments is not open to society";
            (resource.open && not_shared)
                .then(|| ("open".to_owned(), "NOT_SHARED", text.to_owned()))
        }
        RuleId::ConditionNeedsOpen => {
            let stated = !resource.open && !metadata.open_condition.is_empty();
            let text = "only an open entry has a condition of being open";
            stated.then(|| ("open_condition".to_owned(), "NOT_OPEN", text.to_owned()))
        }
        RuleId::DataClass if metadata.data_class.is_empty() => {
            missing("data_class", "state the class of the data")
        }
        RuleId::SecrecyReview if metadata.secrecy_review.is_empty() => missing(
            "secrecy_review",
            "name the document of the review for secrets",
        ),
        RuleId::ImpactAssessment
            if metadata.impact_assessment.is_empty() && resource.is_personal() =>
        {
            missing(
                "impact_assessment",
                "it holds personal information; name the document of the impact assessment",
            )
        }
        RuleId::HeadApproval if metadata.head_approval.is_empty() => missing(
            "head_approval",
            "name the document by which the head of the department approved it",
        ),
        RuleId::DataClass
        | RuleId::SecrecyReview
        | RuleId::ImpactAssessment
        | RuleId::HeadApproval => None,
        RuleId::TitleNotSystem => {
            let same =
                crate::system::bare(&resource.title) == crate::system::bare(around.system_name);
            let text = "name the data, not the system it lies in";
            same.then(|| ("title".to_owned(), "NAME_OF_SYSTEM", text.to_owned()))
        }
        RuleId::TitleUnique => around.same_title.map(|other| {
            let text = format!("{other} of the department differs from it by punctuation at most");
            ("title".to_owned(), "DUPLICATE", text)
        }),
        RuleId::CycleListed => cycle_not_listed(resource, &rule.cycles),
    };
    one.into_iter().collect()
}

/// Whether data of a format class can be shared by a mode. The rule is one of sharing on a platform: by mail or on a
/// medium anything can be handed over.
pub fn mode_fits(format_class: u8, mode: ShareMode) -> bool {
    if !mode.is_carried() {
        return true;
    }
    match format_class {
        1 | 2 | 4 | 5 => mode == ShareMode::File,
        3 => mode != ShareMode::File,
        // Of a format of the trade's own and of a service, which is no class of the guide, it says nothing.
        _ => true,
    }
}

fn cycle_not_listed(resource: &Resource, cycles: &[u8]) -> Option<Found> {
    let listed: Vec<String> = cycles.iter().map(u8::to_string).collect();
    let text = format!("choose one of {}", listed.join(", "));
    // What is no code at all has its own fault.
    let is_code = UPDATE_CYCLES.contains(&resource.update_cycle);
    (is_code && !cycles.contains(&resource.update_cycle))
        .then(|| ("update_cycle".to_owned(), "UNKNOWN_CODE", text))
}

fn modes_that_do_not_fit(resource: &Resource) -> Vec<Found> {
    let wrong = resource.share_modes.iter().enumerate();
    let wrong = wrong.filter(|(_, mode)| !mode_fits(resource.format_class, **mode));
    let found = |(index, mode): (usize, &ShareMode)| -> Found {
        let text = format!(
            "data of format class {} is not shared by {}",
            resource.format_class,
            mode.as_str()
        );
        (format!("share_modes[{index}]"), "DOES_NOT_FIT", text)
    };
    wrong.map(found).collect()
}

fn sensitive_though_open(resource: &Resource) -> Vec<Found> {
    let items = resource.items.iter().enumerate();
    let sensitive = items.filter(|(_, item)| resource.open && item.sensitive);
    let found = |(index, item): (usize, &crate::item::Item)| -> Found {
        let text = format!("{} is sensitive; an entry with it cannot be open", item.key);
        (format!("items[{index}].sensitive"), "OPEN", text)
    };
    sensitive.map(found).collect()
}

fn scope_missing(resource: &Resource) -> Vec<Found> {
    if !matches!(resource.share_type, ShareType::Conditional { .. }) {
        return Vec::new();
    }
    let metadata = &resource.metadata;
    let stated = [
        (
            "share_scope",
            &metadata.share_scope,
            "state whom it is shared with",
        ),
        (
            "share_purpose",
            &metadata.share_purpose,
            "state what it may be used for",
        ),
    ];
    let missing = stated.into_iter().filter(|(_, text, _)| text.is_empty());
    missing
        .map(|(field, _, text)| (field.to_owned(), "REQUIRED", text.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::marriages;
    use jiff::civil::date;

    fn rule(id: RuleId, asked: Asked) -> EntryRule {
        EntryRule {
            id,
            cycles: vec![1, 6],
            asked,
            from: date(2022, 1, 1),
            until: Some(date(2022, 12, 31)),
            source: "a law".to_owned(),
            assumed: false,
        }
    }

    /// An entry that breaks no rule.
    fn complete() -> Resource {
        let mut resource = marriages("105001-000001");
        resource.format_class = 3;
        resource.share_modes = vec![ShareMode::Table, ShareMode::Api];
        resource.metadata.data_class = "个人信息/婚姻".to_owned();
        resource.metadata.secrecy_review = "邵保审〔2022〕1号".to_owned();
        resource.metadata.impact_assessment = "邵评〔2022〕1号".to_owned();
        resource.metadata.head_approval = "邵审签〔2022〕1号".to_owned();
        resource
    }

    fn found(id: RuleId, resource: &Resource, around: Surroundings<'_>) -> Vec<(String, String)> {
        let rule = rule(id, Asked::Always);
        let faults = check(resource, around, std::iter::once(&rule));
        let faults = faults.as_slice().iter();
        faults
            .map(|fault| {
                assert_eq!(fault.source, "a law");
                (fault.field.clone(), fault.code.clone())
            })
            .collect()
    }

    type Case = (RuleId, fn(&mut Resource), &'static str, &'static str);

    const BROKEN: [Case; 12] = [
        (
            RuleId::ModeFitsFormat,
            |r| r.share_modes.push(ShareMode::File),
            "share_modes[2]",
            "DOES_NOT_FIT",
        ),
        (
            RuleId::ConditionalScope,
            |r| {
                r.share_type = ShareType::Conditional {
                    condition: "c".to_owned(),
                };
                r.metadata.share_purpose = "p".to_owned();
            },
            "share_scope",
            "REQUIRED",
        ),
        (
            RuleId::RefusalReason,
            |r| {
                r.share_type = ShareType::NotShared {
                    legal_basis: "l".to_owned(),
                }
            },
            "refusal_reason",
            "REQUIRED",
        ),
        (
            RuleId::OpenNotSensitive,
            |r| {
                r.open = true;
                for item in &mut r.items {
                    item.sensitive = false;
                }
                r.items[1].sensitive = true;
            },
            "items[1].sensitive",
            "OPEN",
        ),
        (
            RuleId::OpenIsShared,
            |r| {
                r.open = true;
                r.share_type = ShareType::NotShared {
                    legal_basis: "l".to_owned(),
                };
            },
            "open",
            "NOT_SHARED",
        ),
        (
            RuleId::ConditionNeedsOpen,
            |r| r.metadata.open_condition = "c".to_owned(),
            "open_condition",
            "NOT_OPEN",
        ),
        (
            RuleId::DataClass,
            |r| r.metadata.data_class.clear(),
            "data_class",
            "REQUIRED",
        ),
        (
            RuleId::SecrecyReview,
            |r| r.metadata.secrecy_review.clear(),
            "secrecy_review",
            "REQUIRED",
        ),
        (
            RuleId::ImpactAssessment,
            |r| {
                r.metadata.impact_assessment.clear();
                r.items[0].personal = true;
            },
            "impact_assessment",
            "REQUIRED",
        ),
        (
            RuleId::HeadApproval,
            |r| r.metadata.head_approval.clear(),
            "head_approval",
            "REQUIRED",
        ),
        (
            RuleId::TitleNotSystem,
            |r| r.title = "婚姻 登记系统".to_owned(),
            "title",
            "NAME_OF_SYSTEM",
        ),
        (
            RuleId::CycleListed,
            |r| r.update_cycle = 9,
            "update_cycle",
            "UNKNOWN_CODE",
        ),
    ];

    #[test]
    fn each_rule_names_the_field_and_its_source() {
        let around = Surroundings {
            system_name: "婚姻登记系统",
            same_title: None,
        };
        for (rule, change, field, code) in BROKEN {
            let mut resource = complete();
            assert_eq!(found(rule, &resource, around), [], "{}", rule.as_str());
            change(&mut resource);
            let expected = (format!("resource.{field}"), code.to_owned());
            assert_eq!(
                found(rule, &resource, around),
                [expected],
                "{}",
                rule.as_str()
            );
        }
        let twice = Surroundings {
            same_title: Some("resources/105001-000009"),
            ..around
        };
        assert_eq!(found(RuleId::TitleUnique, &complete(), twice).len(), 1);
    }

    #[test]
    fn a_rule_is_asked_on_its_days_and_at_its_step() {
        let always = rule(RuleId::DataClass, Asked::Always);
        let later = rule(RuleId::DataClass, Asked::ToRegister);
        let (first, last) = (date(2022, 1, 1), date(2022, 12, 31));
        for day in [first, last] {
            assert!(always.applies(Asked::Always, day) && always.applies(Asked::ToRegister, day));
            assert!(!later.applies(Asked::Always, day) && later.applies(Asked::ToRegister, day));
        }
        for day in [first.yesterday().unwrap(), last.tomorrow().unwrap()] {
            assert!(!always.applies(Asked::ToRegister, day));
        }
    }

    #[test]
    fn what_is_assumed_says_so() {
        let mut one = rule(RuleId::DataClass, Asked::Always);
        one.assumed = true;
        assert_eq!(one.cited(), "a law, assumed");
    }

    #[test]
    fn every_format_class_has_a_mode_that_fits() {
        let modes = [ShareMode::Table, ShareMode::File, ShareMode::Api];
        for class in 1..=7 {
            assert!(modes.iter().any(|mode| mode_fits(class, *mode)), "{class}");
            assert!(mode_fits(class, ShareMode::Mail) && mode_fits(class, ShareMode::Medium));
        }
    }
}
