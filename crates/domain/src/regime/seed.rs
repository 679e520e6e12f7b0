//! Regimes from `seeds/regimes.toml`.

use jiff::civil::Date;
use serde::Deserialize;
use toml::Spanned;

use super::{Extension, Limit, Regime, RegimeLimit, Regimes, Rule};
use crate::reference::{Faults, SeedText};

pub(super) fn read(seed: SeedText<'_>) -> Result<Regimes, Faults> {
    let raw: RawRegimes = seed.read()?;
    let mut faults = Faults::default();
    let mut regimes: Vec<Regime> = Vec::new();
    for spanned in raw.regime {
        let at = spanned.span();
        let (regime, rows) = spanned.into_inner().split();
        let Ok(from) = regime.from.parse::<Date>() else {
            faults.push(seed.fault(at, format!("from {:?}: write YYYY-MM-DD", regime.from)));
            continue;
        };
        if regimes.last().is_some_and(|earlier| earlier.from >= from) {
            faults.push(seed.fault(at.clone(), format!("{}: list the oldest first", regime.id)));
        }
        let limits = read_rows(rows, &mut faults, seed);
        for missing in Rule::ALL
            .iter()
            .filter(|rule| limits.iter().all(|row| row.rule != **rule))
        {
            faults.push(seed.fault(at.clone(), format!("{}: no row for {missing}", regime.id)));
        }
        let RawHead {
            id, name, document, ..
        } = regime;
        regimes.push(Regime {
            id,
            name,
            document,
            from,
            limits,
        });
    }
    if regimes.is_empty() {
        faults.push(seed.fault(0..0, "no regime at all"));
    }
    faults.or(Regimes { regimes })
}

fn read_rows(
    rows: Vec<Spanned<RawRow>>,
    faults: &mut Faults,
    seed: SeedText<'_>,
) -> Vec<RegimeLimit> {
    let mut limits: Vec<RegimeLimit> = Vec::new();
    for spanned in rows {
        let at = spanned.span();
        match spanned.into_inner().convert() {
            Ok(row) if limits.iter().any(|earlier| earlier.rule == row.rule) => {
                faults.push(seed.fault(at, format!("{} is listed twice", row.rule)));
            }
            Ok(row) => limits.push(row),
            Err(message) => faults.push(seed.fault(at, message)),
        }
    }
    limits
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRegimes {
    regime: Vec<Spanned<RawRegime>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRegime {
    id: String,
    name: String,
    document: String,
    from: String,
    rule: Vec<Spanned<RawRow>>,
}

struct RawHead {
    id: String,
    name: String,
    document: String,
    from: String,
}

impl RawRegime {
    fn split(self) -> (RawHead, Vec<Spanned<RawRow>>) {
        let Self {
            id,
            name,
            document,
            from,
            rule,
        } = self;
        (
            RawHead {
                id,
                name,
                document,
                from,
            },
            rule,
        )
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRow {
    id: String,
    working_days: Option<u16>,
    days: Option<u16>,
    years: Option<u16>,
    minutes: Option<u16>,
    no_limit: Option<String>,
    extension: Option<RawExtension>,
    article: String,
    source: String,
    #[serde(default)]
    assumed: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawExtension {
    working_days: u16,
    needs: Vec<String>,
}

impl RawRow {
    fn convert(self) -> Result<RegimeLimit, String> {
        let rule: Rule = self
            .id
            .parse()
            .map_err(|error: super::UnknownRule| error.to_string())?;
        let mut limits = [
            self.working_days.map(Limit::WorkingDays),
            self.days.map(Limit::Days),
            self.years.map(Limit::Years),
            self.minutes.map(Limit::Minutes),
            self.no_limit.map(Limit::Unset),
        ]
        .into_iter()
        .flatten();
        let (Some(limit), None) = (limits.next(), limits.next()) else {
            return Err(format!(
                "{rule}: exactly one of working_days, days, years, minutes, no_limit"
            ));
        };
        let counted = matches!(limit, Limit::WorkingDays(_));
        if self.extension.is_some() && !counted {
            return Err(format!("{rule}: only working days can be extended"));
        }
        let extension = self.extension.map(
            |RawExtension {
                 working_days,
                 needs,
             }| Extension {
                working_days,
                needs,
            },
        );
        let Self {
            article,
            source,
            assumed,
            ..
        } = self;
        Ok(RegimeLimit {
            rule,
            limit,
            extension,
            article,
            source,
            assumed,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_every_faulty_line() {
        let text = "[[regime]]\nid = \"A\"\nname = \"a\"\ndocument = \"a\"\nfrom = \"2020-01-01\"\n\
            rule = [\n{ id = \"SHARE\", article = \"1\", source = \"a\" },\n\
            { id = \"NONE\", years = 1, article = \"1\", source = \"a\" },\n\
            { id = \"CORR\", years = 1, article = \"1\", source = \"a\" },\n\
            { id = \"CORR\", years = 1, article = \"1\", source = \"a\" },\n]\n\
            [[regime]]\nid = \"B\"\nname = \"b\"\ndocument = \"b\"\nfrom = \"soon\"\nrule = []\n";
        let faults = read(SeedText { file: "r", text }).unwrap_err();
        let lines: Vec<_> = faults.iter().map(|fault| fault.line).collect();
        // The rules of the first regime that have no valid row: its head is line 1.
        let rules = vec![1; Rule::ALL.len() - 1];
        assert_eq!(lines, [&rules[..], &[7, 8, 10, 12]].concat(), "{faults}");
    }
}
