//! The verdict on one value, kind by kind.

use domain::calendar::DayKind;
use domain::id::{
    CatalogueCode, CertificateId, CertificateTypeCode, CitizenId, IdError, MatterCode, OrgCode,
    Region, RegionCode, RegionStanding, Uscc,
};
use domain::reference::Reference;
use domain::text;
use jiff::civil::Date;

/// What is to be said about one value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) valid: bool,
    /// The canonical form; absent if invalid.
    pub(super) normalized: Option<String>,
    /// `CODE: sentence`; on a valid value a warning.
    pub(super) reason: Option<String>,
    /// What should stand there: a check character, a form, a successor, the next working day.
    pub(super) expected: Option<String>,
}

pub(super) fn uscc(value: &str, reference: &Reference) -> Verdict {
    let cut = text::clean(value).cut();
    let read = Uscc::parse(value).and_then(|code| {
        code.check_region(&reference.regions)
            .map_err(|error| error.shifted(cut))?;
        Ok(code)
    });
    from_read(read, |code| {
        with_bodies(Verdict::valid(code.as_str()), &[("", code)], reference)
    })
}

pub(super) fn citizen_id(value: &str, reference: &Reference, today: Date) -> Verdict {
    from_read(CitizenId::parse(value, &reference.regions, today), |id| {
        Verdict::valid(id.expose())
    })
}

pub(super) fn org_code(value: &str) -> Verdict {
    from_read(OrgCode::parse(value), |code| Verdict::valid(code.as_str()))
}

pub(super) fn catalogue(value: &str) -> Verdict {
    from_read(CatalogueCode::parse(value), |code| {
        Verdict::valid(code.as_str())
    })
}

pub(super) fn region(value: &str, reference: &Reference) -> Verdict {
    let cut = text::clean(value).cut();
    let read = RegionCode::parse(value).and_then(|code| {
        let standing = reference.regions.standing(&code);
        Ok((standing.map_err(|error| error.shifted(cut))?, code))
    });
    from_read(read, |(standing, code)| {
        let verdict = Verdict::valid(code.as_str());
        match standing {
            RegionStanding::Current => verdict,
            RegionStanding::Unlisted => verdict.warn(
                "UNLISTED_REGION: not in our list, which is not complete in that part of the country",
                None,
            ),
            RegionStanding::Historical => ended(verdict, reference.regions.entries(code)),
        }
    })
}

pub(super) fn certificate(value: &str, reference: &Reference) -> Verdict {
    let cut = text::clean(value).cut();
    let read = CertificateId::parse(value).and_then(|id| {
        id.check_regions(&reference.regions)
            .map_err(|error| error.shifted(cut))?;
        Ok(id)
    });
    from_read(read, |id| {
        let bodies = [
            ("definer: ", id.type_code().definer()),
            ("issuer: ", id.issuer()),
        ];
        with_bodies(Verdict::valid(id.as_str()), &bodies, reference)
    })
}

pub(super) fn certificate_type(value: &str, reference: &Reference) -> Verdict {
    let cut = text::clean(value).cut();
    let read = CertificateTypeCode::parse(value).and_then(|code| {
        code.check_region(&reference.regions)
            .map_err(|error| error.shifted(cut))?;
        Ok(code)
    });
    from_read(read, |code| {
        with_bodies(
            Verdict::valid(code.as_str()),
            &[("definer: ", code.definer())],
            reference,
        )
    })
}

pub(super) fn matter(value: &str, reference: &Reference) -> Verdict {
    let cut = text::clean(value).cut();
    let read = MatterCode::parse(value).and_then(|code| {
        code.check_region(&reference.regions)
            .map_err(|error| error.shifted(cut))?;
        Ok(code)
    });
    from_read(read, |code| {
        let bodies = [("implementing body: ", code.body())];
        with_bodies(Verdict::valid(code.as_str()), &bodies, reference)
    })
}

pub(super) fn workday(value: &str, reference: &Reference) -> Verdict {
    let Some(date) = date(value) else {
        return Verdict::invalid(
            "DATE: not a date of the calendar in the form YYYY-MM-DD",
            Some("YYYY-MM-DD".to_owned()),
        );
    };
    let calendar = &reference.calendar;
    let why = match calendar.day(date) {
        Ok(DayKind::Weekday | DayKind::WorkedWeekend) => return Verdict::valid(&date.to_string()),
        Ok(DayKind::Weekend) => "WEEKEND: a Saturday or Sunday that no notice orders to be worked",
        Ok(DayKind::Holiday) => "HOLIDAY: a day off ordered by a notice of the State Council",
        Err(error) => return Verdict::invalid(&format!("NOTICE_MISSING: {error}"), None),
    };
    let next = calendar
        .add_working_days(date, 0)
        .ok()
        .map(|next| next.to_string());
    let then = next.as_deref().unwrap_or("past the loaded calendar");
    let verdict = Verdict::invalid(
        &format!("{why}; the next working day is {then}"),
        next.clone(),
    );
    Verdict {
        normalized: Some(date.to_string()),
        ..verdict
    }
}

/// Reads `YYYY-MM-DD`, and nothing else that a date library would take.
pub(crate) fn date(value: &str) -> Option<Date> {
    let cleaned = text::clean(value);
    let digits_or_hyphen = |c: char| c.is_ascii_digit() || c == '-';
    let shape = cleaned.as_str().len() == 10 && cleaned.as_str().chars().all(digits_or_hyphen);
    if shape {
        cleaned.as_str().parse().ok()
    } else {
        None
    }
}

fn from_read<T>(read: Result<T, IdError>, valid: impl FnOnce(&T) -> Verdict) -> Verdict {
    match read {
        Ok(id) => valid(&id),
        Err(error) => {
            let reason = format!("{}: {error}", error.code());
            Verdict::invalid(&reason, error.expected)
        }
    }
}

/// Adds the warnings about the credit codes inside.
fn with_bodies(mut verdict: Verdict, bodies: &[(&str, &Uscc)], reference: &Reference) -> Verdict {
    for (part, body) in bodies {
        for warning in body.warnings(&reference.uscc_kinds, &reference.regions) {
            let expected = warning.expected().map(String::from);
            verdict = verdict.warn(&format!("{}: {part}{warning}", warning.code()), expected);
        }
    }
    verdict
}

/// A region that has ended: when, and what it is now.
fn ended(verdict: Verdict, entries: &[Region]) -> Verdict {
    let Some(last) = entries.last() else {
        return verdict;
    };
    let until = last
        .until
        .map_or(String::new(), |year| format!(" until {year}"));
    let successors: Vec<_> = last.successors.iter().map(RegionCode::as_str).collect();
    let now = if successors.is_empty() {
        String::new()
    } else {
        format!(", since then {}", successors.join(", "))
    };
    let reason = format!(
        "ENDED_REGION: {}{until}{now}; identifiers keep old codes",
        last.name
    );
    verdict.warn(&reason, successors.first().map(|code| (*code).to_owned()))
}

impl Verdict {
    fn valid(normalized: &str) -> Self {
        let normalized = Some(normalized.to_owned());
        Self {
            valid: true,
            normalized,
            reason: None,
            expected: None,
        }
    }

    fn invalid(reason: &str, expected: Option<String>) -> Self {
        Self {
            valid: false,
            normalized: None,
            reason: Some(reason.to_owned()),
            expected,
        }
    }

    /// Adds a warning; the first expectation stands.
    fn warn(mut self, reason: &str, expected: Option<String>) -> Self {
        self.reason = Some(match self.reason {
            Some(before) => format!("{before}; {reason}"),
            None => reason.to_owned(),
        });
        self.expected = self.expected.or(expected);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference() -> Reference {
        Reference::embedded().unwrap()
    }

    fn told(verdict: Verdict) -> (bool, String, Option<String>) {
        let reason = verdict.reason.unwrap_or_default();
        let code = reason.split(':').next().unwrap_or_default().to_owned();
        (verdict.valid, code, verdict.expected)
    }

    #[test]
    fn a_credit_code_is_valid_doubtful_or_wrong() {
        let judge = |value| told(uscc(value, &reference()));
        let text = str::to_owned;
        assert_eq!(judge("91430502XYXYXY016N"), (true, text(""), None));
        let mismatch = (true, text("ORG_CODE_MISMATCH"), Some(text("6")));
        assert_eq!(judge("91430502XYXYXY017R"), mismatch);
        assert_eq!(
            judge("B1430502XYXYXY016L"),
            (true, text("UNKNOWN_DEPARTMENT"), None)
        );
        assert_eq!(
            judge("91439999XYXYXY016B"),
            (false, text("UNKNOWN_REGION"), None)
        );
        let check = (false, text("CHECK_CHARACTER"), Some(text("N")));
        assert_eq!(judge("91430502XYXYXY016P"), check);
    }

    #[test]
    fn an_ended_region_is_valid_and_names_its_successor() {
        let verdict = region(" 430521", &reference());
        assert!(verdict.valid);
        assert_eq!(verdict.expected.as_deref(), Some("430582"));
        let reason =
            "ENDED_REGION: 邵东县 until 2019, since then 430582; identifiers keep old codes";
        assert_eq!(verdict.reason.as_deref(), Some(reason));
        assert_eq!(told(region("440305", &reference())).1, "UNLISTED_REGION");
        assert_eq!(told(region("430599", &reference())).1, "UNKNOWN_REGION");
        assert_eq!(region("430582", &reference()), Verdict::valid("430582"));
    }

    #[test]
    fn a_day_off_gives_the_next_working_day() {
        let judge = |value| workday(value, &reference());
        assert_eq!(judge("２０２２-10-08 "), Verdict::valid("2022-10-08"));
        assert_eq!(
            told(judge("2022-10-01")),
            (false, "HOLIDAY".into(), Some("2022-10-08".into()))
        );
        assert_eq!(
            told(judge("2022-05-14")),
            (false, "WEEKEND".into(), Some("2022-05-16".into()))
        );
        assert_eq!(
            told(judge("2027-01-04")),
            (false, "NOTICE_MISSING".into(), None)
        );
        for odd in [
            "2022-02-30",
            "20220512",
            "2022-5-12",
            "2022-05-12T00:00",
            "",
            "-022-05-12",
        ] {
            assert_eq!(told(judge(odd)).1, "DATE", "{odd}");
        }
    }

    #[test]
    fn each_other_kind_has_a_right_and_a_wrong_value() {
        let reference = reference();
        let today = jiff::civil::date(2022, 5, 12);
        let licence = "1.2.156.3005.2.11100000MB0143028R001.11430500XY0000055Q.20220000001.001.L";
        let pairs = [
            (citizen_id("430502190102030017", &reference, today), true),
            (citizen_id("430502209902030012", &reference, today), false),
            (org_code("XYXYXY01-6"), true),
            (org_code("xyxyxy01-6"), false),
            (certificate(licence, &reference), true),
            (certificate(&licence.replace(".L", ".A"), &reference), false),
            (certificate_type("11100000MB0143028R001", &reference), true),
            (certificate_type("11100000MB0143028R01", &reference), false),
            (catalogue("301001/000012"), true),
            (catalogue("301001"), false),
            (matter("11430500XY0000012B0000112000001", &reference), true),
            (matter("11430500XY0000012C0000112000001", &reference), false),
        ];
        for (verdict, expected) in pairs {
            assert_eq!(verdict.valid, expected, "{verdict:?}");
            assert_eq!(verdict.normalized.is_some(), expected, "{verdict:?}");
        }
    }
}
