//! The acts that a limit runs for.

use std::fmt;
use std::str::FromStr;

/// The acts that a limit runs for. The numbers are data; that these acts exist is code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// CAT-UPD: after a change of law or duties, the provider updates its catalogue.
    CatalogueUpdate,
    /// CAT-REV: the competent department reviews and publishes an updated catalogue.
    CatalogueReview,
    /// APP-UNC: the provider answers an application for unconditionally shared data.
    AnswerUnconditional,
    /// APP-CON: the provider answers an application for conditionally shared data.
    AnswerConditional,
    /// APP-MISS: the provider tells, once, everything that an application lacks.
    AskForMaterial,
    /// APP-SUP: the applicant supplies the material that it was asked for.
    SupplyMaterial,
    /// APP-OFF: the applicant accepts or declines what it was offered instead.
    AnswerOffer,
    /// SHARE: after agreeing, the provider shares.
    Share,
    /// CORR: the provider verifies, corrects and answers a correction request.
    Correct,
    /// RECORD: the consumer keeps the records of its use.
    KeepRecords,
    /// FILE: the gateway keeps a file that a provider left with it.
    KeepFiles,
    /// LINK: a link to the file of one certificate can be used.
    UseLink,
    /// CHANGE: the provider stops or alters a service.
    ChangeService,
    /// NOTICE: holders of grants are told of what will break their use, before it is published.
    GiveNotice,
    /// DEM-ASG: the competent department names who answers a demand.
    AssignDemand,
    /// DEM-ANS: the department that was named answers a demand.
    AnswerDemand,
    /// DISP-1: the parties of a dispute negotiate.
    Negotiate,
    /// DISP-2: the competent department decides a dispute.
    Coordinate,
    /// DISP-ESC: who is not content with that decision takes it further.
    TakeFurther,
    /// RECTIFY: the consumer puts a misuse right by the day that whoever orders it sets.
    Rectify,
    /// DISP-3: the people's government decides a dispute.
    DecideFinally,
    /// COMPL: the department with which a person's complaint lies answers it.
    AnswerComplaint,
}

/// No rule has this id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no rule {0:?}; the rules are {list}", list = Rule::list())]
pub struct UnknownRule(String);

impl Rule {
    /// Every rule, in the order of a sharing's life.
    pub const ALL: [Self; 22] = [
        Self::CatalogueUpdate,
        Self::CatalogueReview,
        Self::AnswerUnconditional,
        Self::AnswerConditional,
        Self::AskForMaterial,
        Self::SupplyMaterial,
        Self::AnswerOffer,
        Self::Share,
        Self::Correct,
        Self::KeepRecords,
        Self::KeepFiles,
        Self::UseLink,
        Self::ChangeService,
        Self::GiveNotice,
        Self::AssignDemand,
        Self::AnswerDemand,
        Self::Negotiate,
        Self::Coordinate,
        Self::TakeFurther,
        Self::DecideFinally,
        Self::Rectify,
        Self::AnswerComplaint,
    ];

    /// The id in seeds, entries and messages, such as `APP-CON`.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::CatalogueUpdate => "CAT-UPD",
            Self::CatalogueReview => "CAT-REV",
            Self::AnswerUnconditional => "APP-UNC",
            Self::AnswerConditional => "APP-CON",
            Self::AskForMaterial => "APP-MISS",
            Self::SupplyMaterial => "APP-SUP",
            Self::AnswerOffer => "APP-OFF",
            Self::Share => "SHARE",
            Self::Correct => "CORR",
            Self::KeepRecords => "RECORD",
            Self::KeepFiles => "FILE",
            Self::UseLink => "LINK",
            Self::ChangeService => "CHANGE",
            Self::GiveNotice => "NOTICE",
            Self::AssignDemand => "DEM-ASG",
            Self::AnswerDemand => "DEM-ANS",
            Self::Negotiate => "DISP-1",
            Self::Coordinate => "DISP-2",
            Self::TakeFurther => "DISP-ESC",
            Self::DecideFinally => "DISP-3",
            Self::Rectify => "RECTIFY",
            Self::AnswerComplaint => "COMPL",
        }
    }

    fn list() -> String {
        Self::ALL.map(Self::id).join(", ")
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

impl FromStr for Rule {
    type Err = UnknownRule;

    fn from_str(id: &str) -> Result<Self, UnknownRule> {
        let rule = Self::ALL
            .into_iter()
            .find(|rule| rule.id().eq_ignore_ascii_case(id));
        rule.ok_or_else(|| UnknownRule(id.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_by_id_in_any_case() {
        for rule in Rule::ALL {
            assert_eq!(rule.id().parse(), Ok(rule));
        }
        assert_eq!("share".parse(), Ok(Rule::Share));
        let error = "SHARING".parse::<Rule>().unwrap_err();
        assert!(error.to_string().contains("the rules are CAT-UPD, CAT-REV"));
    }
}
