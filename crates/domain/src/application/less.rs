//! Less: terms in the place of others, as an offer or as the next version of a grant.

use jiff::civil::Date;

use super::Terms;
use crate::fault::Faults;
use crate::filter::Filter;
use crate::item::ItemKey;
use crate::name::MatterName;
use crate::quota::Quota;
use crate::resource::ShareMode;
use crate::system::NetworkZone;

/// What is narrowed of terms; what is empty stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Narrowing {
    /// Items.
    pub items: Vec<ItemKey>,
    /// Modes.
    pub share_modes: Vec<ShareMode>,
    /// Matters.
    pub matters: Vec<MatterName>,
    /// First day.
    pub start: Option<Date>,
    /// Last day.
    pub end: Option<Date>,
    /// Each call must name the clerk.
    pub operator_required: bool,
    /// Rows, beside those that there are.
    pub row_filter: Option<Filter>,
    /// Parts of the network.
    pub network_zones: Vec<NetworkZone>,
    /// How much.
    pub quota: Quota,
}

impl Narrowing {
    /// The terms that it leaves.
    pub fn of(&self, whole: &Terms) -> Terms {
        fn list<T: Clone>(own: &[T], whole: &[T]) -> Vec<T> {
            if own.is_empty() { whole } else { own }.to_vec()
        }
        let terms = Terms {
            items: list(&self.items, &whole.items),
            share_modes: list(&self.share_modes, &whole.share_modes),
            matters: list(&self.matters, &whole.matters),
            start: self.start.unwrap_or(whole.start),
            end: self.end.unwrap_or(whole.end),
            operator_required: whole.operator_required || self.operator_required,
            network_zones: list(&self.network_zones, &whole.network_zones),
            quota: self.quota.or_else(whole.quota),
            ..whole.clone()
        };
        terms.with_rows(self.row_filter.clone())
    }
}

impl Terms {
    /// What is wrong with these terms in the place of others, of which they have less and nothing more: as an offer, or
    /// as the next version of a grant; `within` is the field that holds them. The row filter is added to the one there is ([`Terms::with_rows`]).
    pub fn faults_as_less(&self, whole: &Self, within: &str) -> Faults {
        let mut faults = Faults::default();
        let field = |name: &str| format!("{within}.{name}");
        for (name, is_within, what) in self.held_against(whole) {
            if !is_within {
                let message = format!("{what}; whoever needs more applies for it");
                faults.add(&field(name), "BEYOND_WHAT_IS_THERE", message);
            }
        }
        for (name, missing) in [
            ("items", self.items.is_empty()),
            ("share_modes", self.share_modes.is_empty()),
            ("matters", self.matters.is_empty()),
        ] {
            if missing {
                faults.add(&field(name), "REQUIRED", "leave at least one");
            }
        }
        if self.end < self.start {
            let message = "the last day lies before the first";
            faults.add(&field("end_date"), "BEFORE_START", message);
        }
        if self == whole {
            faults.add(within, "NOTHING_LESS", "nothing of it is less than before");
        }
        faults
    }

    /// Each part with whether it goes no further than the whole.
    fn held_against(&self, whole: &Self) -> [(&'static str, bool, &'static str); 8] {
        fn all<T: PartialEq>(own: &[T], whole: &[T]) -> bool {
            own.iter().all(|one| whole.contains(one))
        }
        let (zones, own) = (&whole.network_zones, &self.network_zones);
        let zones = zones.is_empty() || (!own.is_empty() && all(own, zones));
        let clerk = self.operator_required || !whole.operator_required;
        [
            (
                "items",
                all(&self.items, &whole.items),
                "name items that are there already",
            ),
            (
                "share_modes",
                all(&self.share_modes, &whole.share_modes),
                "name modes that are there already",
            ),
            (
                "matters",
                all(&self.matters, &whole.matters),
                "name matters that are there already",
            ),
            (
                "start_date",
                self.start >= whole.start,
                "it begins earlier than before",
            ),
            (
                "end_date",
                self.end <= whole.end,
                "it ends later than before",
            ),
            (
                "operator_required",
                clerk,
                "each call names the clerk already",
            ),
            (
                "network_zones",
                zones,
                "name networks that are there already",
            ),
            (
                "quota",
                self.quota.is_within(&whole.quota),
                "it allows more calls or rows than before",
            ),
        ]
    }

    /// The same, narrowed to the rows for which a further filter holds too.
    #[must_use]
    pub fn with_rows(self, further: Option<Filter>) -> Self {
        let row_filter = match (self.row_filter, further) {
            (Some(asked), Some(further)) if asked == further => Some(asked),
            // Narrowed again and again it stays one list.
            (Some(Filter::AllOf(mut parts)), Some(further)) => {
                if !parts.contains(&further) {
                    parts.push(further);
                }
                Some(Filter::AllOf(parts))
            }
            (Some(asked), Some(further)) => Some(Filter::AllOf(vec![asked, further])),
            (asked, further) => asked.or(further),
        };
        Self { row_filter, ..self }
    }
}
