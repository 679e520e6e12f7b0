//! Whom a question names, however it is spelt.
//!
//! A run has no legal basis to look at anybody, so whom it names cannot be alive: an organisation, or a citizen born
//! before 1906 (assumed: no register holds a living person as old).

use serde_json::Value;

use crate::id::{CitizenId, Uscc};
use crate::subject::Subject;

/// The last year of birth of a citizen whom a sample may name.
pub const LAST_SAMPLE_BIRTH: i16 = 1905;

/// Whether nobody can say that this one is dead, or was never a person.
pub(super) fn may_be_alive(subject: &Subject) -> bool {
    match subject {
        Subject::Citizen(id) => id.birth_year().is_none_or(|year| year > LAST_SAMPLE_BIRTH),
        Subject::Organisation(_) => false,
        Subject::Other { .. } => true,
    }
}

/// Whom JSON texts and a path name, as whoever answers will read them.
pub(super) fn named<'a>(json: impl Iterator<Item = &'a String>, path: &str) -> Vec<Subject> {
    let mut texts = Vec::new();
    for json in json {
        if let Ok(value) = serde_json::from_str::<Value>(json) {
            gather(&value, &mut texts);
        }
    }
    texts.extend(path.split(['/', '?', '&', '=']).map(decoded));
    texts.iter().flat_map(|text| codes(text)).collect()
}

fn gather(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Number(number) => texts.push(number.to_string()),
        Value::Array(inner) => inner.iter().for_each(|inner| gather(inner, texts)),
        Value::Object(fields) => fields.iter().for_each(|(key, inner)| {
            texts.push(key.clone());
            gather(inner, texts);
        }),
        Value::Null | Value::Bool(_) => {}
    }
}

/// A piece of a path without its percent signs.
fn decoded(piece: &str) -> String {
    let mut bytes = Vec::with_capacity(piece.len());
    let mut rest = piece.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        let both = digit().and_then(|high| Some(high * 16 + digit()?));
        bytes.push(
            both.and_then(|byte| u8::try_from(byte).ok())
                .unwrap_or(b'%'),
        );
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The codes in a text: full-width, with blanks, or in the old form of 15 digits.
fn codes(text: &str) -> Vec<Subject> {
    let half = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        other => other,
    };
    let joined: String = text
        .chars()
        .map(half)
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| c.to_ascii_uppercase())
        .collect();
    let words = joined.split(|c: char| !c.is_ascii_alphanumeric());
    let subject = |word: &str| {
        let citizen = CitizenId::parse_text(word).ok().or_else(|| from_15(word));
        let citizen = citizen.map(Subject::Citizen);
        citizen.or_else(|| Uscc::parse(word).ok().map(Subject::Organisation))
    };
    words.filter_map(subject).collect()
}

/// The number of today behind one of the old form: the century was 19, and the check character is computed.
fn from_15(word: &str) -> Option<CitizenId> {
    let (region, rest) = word.split_at_checked(6)?;
    if word.len() != 15 || !word.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let body = format!("{region}19{rest}");
    let with = |check| CitizenId::parse_text(&format!("{body}{check}")).ok();
    "0123456789X".chars().find_map(with)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Born in 1982; nobody has this number.
    const ALIVE: &str = "430502198201020013";
    const SAMPLE: &str = "430502190102030017";

    fn alive(json: &str, path: &str) -> Vec<bool> {
        let subjects = named([json.to_owned()].iter(), path);
        subjects.iter().map(may_be_alive).collect()
    }

    #[test]
    fn a_number_is_seen_however_it_is_spelt() {
        let wide: String = ALIVE
            .chars()
            .map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap())
            .collect();
        for json in [
            format!(r#"{{"id":"{ALIVE}"}}"#),
            format!(r#"{{"id":{ALIVE}}}"#),
            format!(r#"{{"{ALIVE}":1}}"#),
            format!(r#"{{"ids":[["{wide}"]]}}"#),
            r#"{"id":"430502 19820102 0013"}"#.to_owned(),
            r#"{"id":"\u0034\u0033\u0030502198201020013"}"#.to_owned(),
            // The old form of 15 digits.
            r#"{"id":"430502820102001"}"#.to_owned(),
        ] {
            assert_eq!(alive(&json, ""), [true], "{json}");
        }
        for path in [
            format!("/persons/{ALIVE}/payments"),
            "/persons/%34%330502198201020013".to_owned(),
            format!("/persons?id={ALIVE}&more=1"),
        ] {
            assert_eq!(alive("{}", &path), [true], "{path}");
        }
        assert_eq!(alive(&format!(r#"{{"id":"{SAMPLE}","n":3}}"#), ""), [false]);
        assert_eq!(
            alive(r#"{"name":"somebody"}"#, "/persons/1"),
            Vec::<bool>::new()
        );
    }
}
