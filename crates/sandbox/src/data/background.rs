//! Certificates without a story: enough of them for tables, pages and background traffic.

use super::draft::{Draft, State};
use crate::people::{
    BACKGROUND_CITIZENS, BACKGROUND_FIRMS, Holder, background_citizen, background_firm,
};

const DISTRICTS: [&str; 3] = ["大祥区", "双清区", "北塔区"];
const KINDS: [&str; 3] = [
    "有限责任公司（自然人独资）",
    "有限责任公司（自然人投资或控股）",
    "股份有限公司",
];
const TRADES: [&str; 5] = ["百货零售", "软件开发", "食品批发", "建筑装饰", "货物运输"];

/// The computed certificates of a system; none for most.
pub(super) fn drafts(slug: &str) -> Vec<Draft> {
    let citizens = 0..BACKGROUND_CITIZENS;
    match slug {
        "marriage-registry" => citizens.step_by(2).map(marriage).collect(),
        "realestate-registry" => citizens.step_by(2).map(title).collect(),
        "household-registry" => citizens.map(identity_card).collect(),
        "social-security" => citizens.map(social_security_card).collect(),
        "enterprise-registry" => (0..BACKGROUND_FIRMS).map(licence).collect(),
        _ => Vec::new(),
    }
}

fn marriage(number: u32) -> Draft {
    let (husband, wife) = (background_citizen(number), background_citizen(number + 1));
    let issued = day(2015, number);
    let items = items([
        ("registration_number", format!("J430502-2015-{number:06}")),
        ("registration_date", issued.clone()),
        (
            "registration_office",
            "邵阳市大祥区民政局婚姻登记处".to_owned(),
        ),
        ("husband_name", husband.name.to_string()),
        ("husband_id_number", husband.code.to_string()),
        ("husband_birth_date", birth(&husband)),
        ("husband_nationality", "中国".to_owned()),
        ("wife_name", wife.name.to_string()),
        ("wife_id_number", wife.code.to_string()),
        ("wife_birth_date", birth(&wife)),
        ("wife_nationality", "中国".to_owned()),
    ]);
    draft(
        "结婚证",
        format!("J4305022015{number:06}"),
        vec![husband, wife],
        issued,
        items,
    )
}

fn title(number: u32) -> Draft {
    let owners = vec![background_citizen(number), background_citizen(number + 1)];
    let district = one_of(&DISTRICTS, number);
    let join = |part: fn(&Holder) -> &str| owners.iter().map(part).collect::<Vec<_>>().join("、");
    let mut items = items([
        (
            "title_number",
            format!("湘（2016）邵阳市不动产权第{:07}号", 10_000 + number),
        ),
        (
            "unit_number",
            format!("430502001001GB{:05}F{:08}", number + 1, number + 1),
        ),
        ("owner_names", join(|owner| &owner.name)),
        ("owner_id_numbers", join(|owner| &owner.code)),
        ("co_ownership", "共同共有".to_owned()),
        (
            "location",
            format!("邵阳市{district}测试路{}号", number + 1),
        ),
        ("right_kind", "国有建设用地使用权/房屋所有权".to_owned()),
        ("right_nature", "出让/市场化商品房".to_owned()),
        ("usage", "城镇住宅用地/住宅".to_owned()),
        ("building_area", format!("{}.{:02}", 80 + number, number)),
        ("use_term", "2016年起2086年止".to_owned()),
    ]);
    items.insert("mortgaged".to_owned(), number.is_multiple_of(4).into());
    items.insert("sealed_up".to_owned(), false.into());
    draft(
        "不动产权证书",
        format!("{:010}", 1000 + number),
        owners,
        day(2016, number),
        items,
    )
}

fn identity_card(number: u32) -> Draft {
    let holder = background_citizen(number);
    let district = one_of(&DISTRICTS, number);
    let items = items([
        ("name", holder.name.to_string()),
        (
            "sex",
            if number.is_multiple_of(2) {
                "男"
            } else {
                "女"
            }
            .to_owned(),
        ),
        ("ethnicity", "汉".to_owned()),
        ("birth_date", birth(&holder)),
        (
            "address",
            format!("湖南省邵阳市{district}测试路{}号", number + 1),
        ),
        ("citizen_id_number", holder.code.to_string()),
    ]);
    draft(
        "居民身份证",
        format!("2018{number:016}"),
        vec![holder],
        day(2018, number),
        items,
    )
}

fn social_security_card(number: u32) -> Draft {
    let holder = background_citizen(number);
    let items = items([
        ("card_number", format!("XY{number:07}")),
        ("social_security_number", holder.code.to_string()),
        ("card_state", "正常".to_owned()),
        ("issuing_area", "湖南省邵阳市".to_owned()),
        ("bank_name", "测试银行邵阳分行".to_owned()),
    ]);
    draft(
        "社会保障卡",
        format!("S{:09}", 1000 + number),
        vec![holder],
        day(2019, number),
        items,
    )
}

fn licence(number: u32) -> Draft {
    let firm = background_firm(number);
    let person = background_citizen(number % BACKGROUND_CITIZENS);
    let (district, trade) = (one_of(&DISTRICTS, number), one_of(&TRADES, number));
    let year = 2016 + i32::try_from(number % 6).unwrap_or_default();
    let issued = day(year, number);
    let mut items = items([
        ("enterprise_name", firm.name.to_string()),
        ("credit_code", firm.code.to_string()),
        ("enterprise_kind", one_of(&KINDS, number).to_owned()),
        ("legal_representative", person.name.to_string()),
        ("legal_representative_id_number", person.code.to_string()),
        (
            "registered_capital",
            format!("{}.{:02}", 50 + number * 5, number % 100),
        ),
        ("established_date", issued.clone()),
        ("term_from", issued.clone()),
        (
            "business_scope",
            format!("{trade}（虚构经营范围，依法须经批准的项目除外）"),
        ),
        (
            "domicile",
            format!("湖南省邵阳市{district}测试工业园{}号", number + 1),
        ),
        ("registration_authority", "邵阳市市场监督管理局".to_owned()),
        (
            "registration_state",
            if number % 20 == 19 {
                "注销"
            } else {
                "存续"
            }
            .to_owned(),
        ),
    ]);
    if number.is_multiple_of(3) {
        // The others run without an end: a table has values that are missing.
        items.insert("term_until".to_owned(), day(year + 20, number).into());
    }
    let state = if number % 20 == 19 {
        State::Cancelled
    } else {
        State::Valid
    };
    let serial = format!("{year}{:07}", 1000 + number);
    Draft {
        state,
        ..draft("营业执照", serial, vec![firm], issued, items)
    }
}

fn draft(
    kind: &str,
    serial: String,
    holders: Vec<Holder>,
    issued: String,
    items: toml::Table,
) -> Draft {
    Draft {
        own: Vec::new(),
        certificate_type: kind.to_owned(),
        serial,
        version: 1,
        holders,
        issued,
        until: None,
        state: State::Valid,
        items,
    }
}

fn items<const N: usize>(items: [(&str, String); N]) -> toml::Table {
    items
        .into_iter()
        .map(|(key, text)| (key.to_owned(), toml::Value::String(text)))
        .collect()
}

/// The birth date within a citizen's number.
fn birth(holder: &Holder) -> String {
    let part = |from, to| holder.code.get(from..to).unwrap_or_default();
    format!("{}-{}-{}", part(6, 10), part(10, 12), part(12, 14))
}

fn day(year: i32, number: u32) -> String {
    format!("{year}-{:02}-{:02}", 1 + number % 12, 1 + number % 28)
}

fn one_of(words: &'static [&'static str], number: u32) -> &'static str {
    let place = usize::try_from(number).unwrap_or_default();
    words.iter().cycle().nth(place).copied().unwrap_or_default()
}
