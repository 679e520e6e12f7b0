//! Terms as they are given and shown: of applications, offers and grants.

use api::catalogue::v1::ShareMode;
use api::sharing::v1 as pb;
use clap::ValueEnum;
use serde_json::{Value, json};

use crate::output::word;

/// By which way.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Mode {
    /// Single answers, certificate lookups among them.
    Api,
    /// Rows by a typed filter.
    Table,
    /// Files.
    File,
}

impl Mode {
    pub(crate) fn wire(self) -> i32 {
        match self {
            Self::Api => ShareMode::Api,
            Self::Table => ShareMode::Table,
            Self::File => ShareMode::File,
        }
        .into()
    }
}

/// From where, and how much.
#[derive(clap::Args)]
pub(crate) struct Limits {
    /// From which parts of the network, separated by commas: public, private, internet; left out for any.
    #[arg(long, value_name = "ZONES", value_delimiter = ',')]
    zones: Vec<String>,
    /// Calls in a second, at each gateway; 0 for no limit.
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    quota_calls_per_second: i32,
    /// Calls on a day; 0 for no limit.
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    quota_calls_per_day: i64,
    /// Rows on a day; 0 for no limit.
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    quota_rows_per_day: i64,
}

impl Limits {
    pub(crate) fn zones(&self) -> Vec<String> {
        self.zones.clone()
    }

    /// The quota; none where nothing is limited.
    pub(crate) fn quota(&self) -> Option<pb::Quota> {
        let quota = pb::Quota {
            calls_per_second: self.quota_calls_per_second,
            calls_per_day: self.quota_calls_per_day,
            rows_per_day: self.quota_rows_per_day,
        };
        (quota != pb::Quota::default()).then_some(quota)
    }
}

/// Less of something; what is left out stays as it is.
#[derive(clap::Args)]
pub(crate) struct Less {
    /// Keys of the items that are left, separated by commas.
    #[arg(long, value_name = "KEYS", value_delimiter = ',')]
    items: Vec<String>,
    /// The modes that are left, separated by commas.
    #[arg(long, value_enum, value_name = "MODES", value_delimiter = ',')]
    modes: Vec<Mode>,
    /// The matters that are left; may be repeated.
    #[arg(long = "matter", value_name = "matters/CODE")]
    matters: Vec<String>,
    /// A later first day.
    #[arg(long, value_name = "DAY", default_value = "")]
    start: String,
    /// An earlier last day.
    #[arg(long, value_name = "DAY", default_value = "")]
    end: String,
    /// Each call has to name the clerk it is made for.
    #[arg(long)]
    operator_required: bool,
    /// Which rows, beside the filter that is there, as JSON, or @FILE; see `shuqiaoctl rows read --help`.
    #[arg(long, value_name = "JSON", value_parser = crate::rows::parse_filter)]
    filter: Option<domain::filter::Filter>,
    #[command(flatten)]
    limits: Limits,
}

impl Less {
    pub(crate) fn message(&self) -> pb::LesserTerms {
        pb::LesserTerms {
            items: self.items.clone(),
            share_modes: self.modes.iter().map(|mode| mode.wire()).collect(),
            matters: self.matters.clone(),
            start_date: self.start.clone(),
            end_date: self.end.clone(),
            operator_required: self.operator_required,
            row_filter: self.filter.clone().map(crate::rows::wire_filter),
            network_zones: self.limits.zones(),
            quota: self.limits.quota(),
        }
    }
}

/// What is covered, in one line.
pub(crate) fn said(terms: &pb::LesserTerms) -> String {
    let clerk = if terms.operator_required {
        ", clerk named"
    } else {
        ""
    };
    let rows = if terms.row_filter.is_some() {
        ", fewer rows than all"
    } else {
        ""
    };
    let zones = if terms.network_zones.is_empty() {
        String::new()
    } else {
        format!(", from {}", terms.network_zones.join(" or "))
    };
    let quota = terms.quota.as_ref().map(quota_said);
    let quota = quota.map_or_else(String::new, |said| format!(", {said}"));
    let (items, matters) = (terms.items.join(", "), terms.matters.join(", "));
    let modes = modes(terms.share_modes()).join(", ");
    format!(
        "{items} by {modes} for {matters}, {} to {}{clerk}{rows}{zones}{quota}",
        terms.start_date, terms.end_date
    )
}

/// Limits, in one line.
pub(crate) fn quota_said(quota: &pb::Quota) -> String {
    let limits = [
        (i64::from(quota.calls_per_second), "calls a second"),
        (quota.calls_per_day, "calls a day"),
        (quota.rows_per_day, "rows a day"),
    ];
    let limits = limits.into_iter().filter(|(most, _)| *most > 0);
    let limits: Vec<String> = limits.map(|(most, of)| format!("{most} {of}")).collect();
    limits.join(", ")
}

/// Limits, for programs.
pub(crate) fn quota_json(quota: Option<&pb::Quota>) -> Value {
    quota.map_or(Value::Null, |quota| {
        json!({
            "calls_per_second": quota.calls_per_second,
            "calls_per_day": quota.calls_per_day,
            "rows_per_day": quota.rows_per_day,
        })
    })
}

/// What is covered, for programs.
pub(crate) fn json(terms: &pb::LesserTerms) -> Value {
    json!({
        "items": terms.items,
        "share_modes": modes(terms.share_modes()).join(", "),
        "matters": terms.matters,
        "start_date": terms.start_date,
        "end_date": terms.end_date,
        "operator_required": terms.operator_required,
        "has_row_filter": terms.row_filter.is_some(),
        "network_zones": terms.network_zones,
        "quota": quota_json(terms.quota.as_ref()),
    })
}

/// The words of modes.
pub(crate) fn modes(modes: impl Iterator<Item = ShareMode>) -> Vec<String> {
    modes
        .map(|mode| word(mode.as_str_name(), "SHARE_MODE_"))
        .collect()
}
