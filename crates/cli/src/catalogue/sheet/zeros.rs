//! Zeros that a spreadsheet dropped from one row of a file and not from another.

use std::collections::HashMap;

use sheet::Place;

use super::code::SEQUENCE;
use super::entry::Read;
use crate::catalogue::register::Register;
use crate::sheets::finding::Wrong;

/// The sequence with most zeros, and where it stands.
type Longest = (String, Place);

/// Tells of new entries whose code is that of another new one of the file but for zeros in front of the sequence, as
/// each is held against the entries that there are.
pub(super) fn tell(entries: &mut [Read<'_>], register: &Register) {
    let mut longest: HashMap<String, Longest> = HashMap::new();
    for entry in entries.iter() {
        if let Some((key, sequence)) = new(&entry.resource.name, register) {
            let here = || (sequence.to_owned(), entry.whole());
            let known = longest.entry(key).or_insert_with(here);
            if known.0.len() < sequence.len() {
                *known = here();
            }
        }
    }
    for entry in entries {
        let Some((key, _)) = new(&entry.resource.name, register) else {
            continue;
        };
        // A code that stands whole is meant as it stands.
        if let (Some(own), Some((padded, place))) = (entry.sequence(), longest.get(&key))
            && own.len() < padded.len()
        {
            let text = format!(
                "{place} 的顺序码是 {padded}；顺序码前面的 0 是代码的一部分，请将单元格设为文本格式后写全"
            );
            entry.refuse(SEQUENCE, Wrong::new("LOST_DIGITS", text));
        }
    }
}

/// The code of a new entry without zeros in front of its sequence, and the sequence.
fn new<'n>(name: &'n str, register: &Register) -> Option<(String, &'n str)> {
    let (class, sequence) = name.rsplit_once('-')?;
    if sequence.is_empty() || register.named(name).is_some() {
        return None;
    }
    let key = format!("{class}-{}", sequence.trim_start_matches('0'));
    Some((key, sequence))
}

#[cfg(test)]
mod tests {
    use api::catalogue::v1::Resource;
    use sheet::Limits;

    use super::super::columns::columns;
    use super::super::entry::{groups, read};
    use super::*;

    /// Places and codes of what is wrong with the codes of rows.
    fn wrong(heads: &str, rows: &[&str], known: &[&str]) -> Vec<(String, String)> {
        let titles = "信息资源名称,信息资源摘要,信息资源格式分类,信息项名称,数据类型,共享类型,更新周期,数据级别,所属系统";
        let rows = rows.iter().enumerate();
        let rows = rows
            .map(|(at, row)| format!("{row},第{at}项,摘要,数据库,编号,C,无条件,每月,一般,某系统"));
        let text = format!(
            "{heads},{titles}\n{}\n",
            rows.collect::<Vec<_>>().join("\n")
        );
        let book = sheet::open(text.as_bytes(), "码.csv", &Limits::default()).unwrap();
        let columns = columns();
        let tables = sheet::find(&book, &columns);
        let known = known.iter().map(|code| Resource {
            name: format!("resources/{code}"),
            ..Resource::default()
        });
        let register = Register::of(known);
        let groups = tables.tables.iter().flat_map(groups);
        let mut entries: Vec<Read<'_>> = groups.map(|group| read(group, &register)).collect();
        tell(&mut entries, &register);
        let findings = entries.iter().flat_map(|entry| &entry.findings);
        let of_codes = |code: &str| matches!(code, "LOST_DIGITS" | "NOT_A_CODE");
        findings
            .map(|found| (found.place.to_string(), found.code.clone()))
            .filter(|(_, code)| of_codes(code))
            .collect()
    }

    fn expected<const N: usize>(told: [(&str, &str); N]) -> Vec<(String, String)> {
        let told = told.map(|(cell, code)| (format!("码!{cell}"), code.to_owned()));
        told.to_vec()
    }

    #[test]
    fn a_sequence_that_lost_zeros_is_told_within_a_file() {
        let heads = "信息资源分类,顺序码,信息资源代码";
        let rows = [
            "314001,7,",
            "314001,000007,",
            "314002,7,",
            "314001,8,",
            // Both codes stand whole.
            ",,314001/9",
            ",,314001/000009",
        ];
        let told = wrong(heads, &rows, &[]);
        assert_eq!(told, expected([("B2", "LOST_DIGITS")]));
        // What is known is no new entry.
        assert_eq!(wrong(heads, &rows[..2], &["314001-7", "314001-000007"]), []);
    }

    #[test]
    fn a_subcategory_that_lost_zeros_is_told() {
        let heads = "类,项,目,细目";
        let told = wrong(heads, &["3,14,1,2", "3,14,1,3"], &["31400102-000007"]);
        assert_eq!(told, expected([("D2", "LOST_DIGITS")]));
        assert_eq!(wrong(heads, &["3,14,1,02"], &["31400102-000007"]), []);
        // A classification that there is, is meant.
        let both = ["3140012-1", "31400102-1"];
        assert_eq!(wrong(heads, &["3,14,1,2"], &both), []);
        assert_eq!(wrong(heads, &["3,14,1,"], &["31400100-1"]), []);
    }

    #[test]
    fn a_name_behind_a_code_may_hold_digits() {
        let heads = "类,项,目,细目";
        let rows = [
            "3,14,012 12345热线,",
            "3,14 民政2,001,02 2023年",
            "3,14-1,1,",
        ];
        let told = wrong(heads, &rows, &[]);
        assert_eq!(told, expected([("B4", "NOT_A_CODE")]));
        let told = wrong(heads, &["3,14,1 12,", "3,14,01.2社会救助,"], &[]);
        assert_eq!(told, expected([("C2", "NOT_A_CODE"), ("C3", "NOT_A_CODE")]));
    }
}
