//! The lists: what is on each.

use broker::DemandFilter;
use domain::demand::DemandKind;

/// One of the lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    All,
    Needs,
    Responsibilities,
    Negative,
}

impl List {
    /// All, in the order of their tabs.
    pub(super) const ALL: [Self; 4] = [
        Self::All,
        Self::Needs,
        Self::Responsibilities,
        Self::Negative,
    ];

    /// The word in an address.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Needs => "need",
            Self::Responsibilities => "responsibility",
            Self::Negative => "negative",
        }
    }

    /// What it is called.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::All => "全部",
            Self::Needs => "需求清单",
            Self::Responsibilities => "责任清单",
            Self::Negative => "负面清单",
        }
    }

    /// What is on it, in one sentence.
    pub(super) fn about(self) -> &'static str {
        match self {
            Self::All => "没有人发布、而有人需要或须提供的数据，以及对它们的答复",
            Self::Needs => "部门需要、还没有人发布的数据；主管部门指定谁答复，被指定的部门按期答复",
            Self::Responsibilities => "主管部门定下须由某部门提供的数据，部门按期答复",
            Self::Negative => {
                "法律、行政法规或国务院决定不许共享的：依法不予共享的答复，和目录中不予共享的条目"
            }
        }
    }

    /// Which demands are on it.
    pub(super) fn filter(self) -> DemandFilter {
        let (kind, states) = match self {
            Self::All => (None, Vec::new()),
            Self::Needs => (Some(DemandKind::Need), Vec::new()),
            Self::Responsibilities => (Some(DemandKind::Responsibility), Vec::new()),
            Self::Negative => (None, vec!["declined"]),
        };
        DemandFilter {
            kind,
            owner: None,
            states,
            query: String::new(),
        }
    }
}
