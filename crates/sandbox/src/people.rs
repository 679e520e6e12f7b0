//! The synthetic holders. Nobody among them lives: births lie in 1900–1905, firms are built on `XY`.

use std::borrow::Cow;
use std::fmt;

use domain::id::{CitizenId, IdError, OrgCode, Uscc};

/// A person or firm that certificates are about. `Debug` hides who.
#[derive(Clone, PartialEq, Eq)]
pub struct Holder {
    /// The name.
    pub name: Cow<'static, str>,
    /// Holder type of GB/T 36903: `111` a citizen, `001` an organisation, `999` another person.
    pub type_code: &'static str,
    /// The code itself.
    pub code: Cow<'static, str>,
}

/// Married to [`WIFE`]; owns a flat with her; runs [`SHOP`].
pub const HUSBAND: Holder = citizen("测试甲", "430502190102030017");
/// Married to [`HUSBAND`].
pub const WIFE: Holder = citizen("测试乙", "430524190002150028");
/// Owns two properties: a lookup by holder is ambiguous.
pub const OWNER: Holder = citizen("测试丙", "430529190211300039");
/// Has certificates that have run out or were cancelled, suspended or revoked. The number begins with
/// a region code of the past.
pub const ELDER: Holder = citizen("测试丁", "432622190305010115");
/// Has certificates of education.
pub const GRADUATE: Holder = citizen("测试戊", "430521190506300131");
/// Has no certificate at all: lookups find no match. The number ends with X.
pub const STRANGER: Holder = citizen("测试己", "43050319000101003X");
/// Child of [`HUSBAND`] and [`WIFE`]; known by the number of the birth certificate only.
pub const CHILD: Holder = Holder {
    name: Cow::Borrowed("测试小甲"),
    type_code: "999",
    code: Cow::Borrowed("T430500001"),
};
/// A company in good standing.
pub const COMPANY: Holder = firm("测试第一贸易有限公司", "91430502XYXYXY016N");
/// A company whose business licence is suspended (暂扣).
pub const SUSPENDED: Holder = firm("测试第二建筑有限公司", "91430524XYXYXY024D");
/// The individual business of [`HUSBAND`].
pub const SHOP: Holder = firm("测试甲便利店", "92430582XYXYXY0325");
/// A farmers' cooperative; its licences have run out.
pub const COOPERATIVE: Holder = firm("测试第四种植专业合作社", "93430581XYXYXY040E");

/// The holders with a part of their own.
pub const NAMED: [Holder; 11] = [
    HUSBAND,
    WIFE,
    OWNER,
    ELDER,
    GRADUATE,
    STRANGER,
    CHILD,
    COMPANY,
    SUSPENDED,
    SHOP,
    COOPERATIVE,
];

/// Citizens for background traffic; the two of an even number and the next are a couple.
pub const BACKGROUND_CITIZENS: u32 = 40;
/// Companies for background traffic and for tables.
pub const BACKGROUND_FIRMS: u32 = 240;

/// Districts and counties of the city, for numbers that are put together.
const REGIONS: [&str; 6] = ["430502", "430503", "430511", "430522", "430523", "430524"];

impl Holder {
    /// The holder as the gateway's API takes it.
    #[must_use]
    pub fn to_wire(&self) -> api::certificate::v1::Holder {
        api::certificate::v1::Holder {
            type_code: self.type_code.to_owned(),
            code: self.code.clone().into_owned(),
        }
    }
}

impl fmt::Debug for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Holder({}, …)", self.type_code)
    }
}

/// A named holder.
#[must_use]
pub fn named(name: &str) -> Option<Holder> {
    NAMED.into_iter().find(|holder| holder.name == name)
}

/// The citizen with this number, from 0; even numbers are men, odd ones women.
#[must_use]
pub fn background_citizen(number: u32) -> Holder {
    let (year, month, day) = (1900 + number % 6, 1 + number % 12, 1 + number % 28);
    // In a sequence number odd means male.
    let sequence = 100 + number + 1 - 2 * (number % 2);
    let body = format!("{}{year}{month:02}{day:02}{sequence:03}", region(number));
    Holder {
        name: format!("测试市民{:03}", number + 1).into(),
        type_code: "111",
        code: completed(&body, CitizenId::parse_text).into(),
    }
}

/// The company with this number, from 0.
#[must_use]
pub fn background_firm(number: u32) -> Holder {
    let organisation = completed(&format!("XY{:06}-", 10_000 + number), OrgCode::parse);
    let body = format!("91{}{}", region(number), organisation.replace('-', ""));
    Holder {
        name: format!("测试企业{:03}有限公司", number + 1).into(),
        type_code: "001",
        code: completed(&body, Uscc::parse).into(),
    }
}

fn region(number: u32) -> &'static str {
    let place = usize::try_from(number).unwrap_or_default() % REGIONS.len();
    REGIONS.get(place).copied().unwrap_or("430500")
}

/// Adds the check character: a refusal names the one that would have been right.
fn completed<T>(body: &str, parse: impl Fn(&str) -> Result<T, IdError>) -> String {
    let check = match parse(&format!("{body}0")) {
        Ok(_) => "0".to_owned(),
        Err(error) => error.expected.unwrap_or_default(),
    };
    format!("{body}{check}")
}

const fn citizen(name: &'static str, code: &'static str) -> Holder {
    Holder {
        name: Cow::Borrowed(name),
        type_code: "111",
        code: Cow::Borrowed(code),
    }
}

const fn firm(name: &'static str, code: &'static str) -> Holder {
    Holder {
        name: Cow::Borrowed(name),
        type_code: "001",
        code: Cow::Borrowed(code),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::seed::Seeds;
    use domain::subject::Subject;
    use jiff::civil::date;

    use super::*;

    fn everyone() -> Vec<Holder> {
        NAMED
            .into_iter()
            .chain((0..BACKGROUND_CITIZENS).map(background_citizen))
            .chain((0..BACKGROUND_FIRMS).map(background_firm))
            .collect()
    }

    #[test]
    fn every_code_is_right_and_nobody_lives() {
        let reference = Seeds::embedded().unwrap().reference;
        for holder in everyone() {
            let today = date(2022, 6, 1);
            let subject = Subject::parse(holder.type_code, &holder.code, &reference.regions, today)
                .unwrap_or_else(|cause| panic!("{}: {cause}", holder.name));
            assert_eq!(subject.expose(), holder.code, "{}", holder.name);
            match subject {
                Subject::Citizen(id) => {
                    assert!(("1900".."1906").contains(&id.expose().get(6..10).unwrap()));
                }
                Subject::Organisation(code) => {
                    code.check_region(&reference.regions).unwrap();
                    assert_eq!(code.warnings(&reference.uscc_kinds, &reference.regions), []);
                    assert!(code.as_str().contains("XY"));
                }
                Subject::Other { .. } => {}
            }
            assert!(holder.name.starts_with("测试"));
            assert!(!format!("{holder:?}").contains(holder.code.as_ref()));
        }
    }

    #[test]
    fn everyone_is_somebody_else() {
        let codes: BTreeSet<String> = everyone().into_iter().map(|one| one.code.into()).collect();
        let names: BTreeSet<String> = everyone().into_iter().map(|one| one.name.into()).collect();
        assert_eq!(
            (codes.len(), names.len()),
            (everyone().len(), everyone().len())
        );
    }
}
