//! What scalars mean, by the core schema of YAML 1.2.

use std::borrow::Cow;

use saphyr_parser::{ScalarStyle, Tag};
use serde_json::{Number, Value};

/// The type of a tag; none where there is no tag, or one that only says that it is no plain text.
pub(super) fn core_type<'a>(tag: Option<&'a Cow<'_, Tag>>) -> Result<Option<&'a str>, String> {
    let Some(tag) = tag else {
        return Ok(None);
    };
    if !tag.is_yaml_core_schema() {
        return Err(format!("the tag {tag} has no meaning in JSON"));
    }
    match tag.suffix.as_str() {
        "str" | "int" | "float" | "bool" | "null" | "seq" | "map" => Ok(Some(&tag.suffix)),
        _ => Err(format!("the tag {tag} has no meaning in JSON")),
    }
}

/// What a scalar means.
pub(super) fn scalar(text: &str, style: ScalarStyle, tag: Option<&str>) -> Result<Value, String> {
    let is_text = match tag {
        None => style != ScalarStyle::Plain,
        Some(tag) => tag == "str",
    };
    if is_text {
        return Ok(Value::String(text.to_owned()));
    }
    let value = match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => number(text)?.map_or_else(|| Value::String(text.to_owned()), Value::Number),
    };
    let kind = match &value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) | Value::Array(_) | Value::Object(_) => "str",
    };
    let fits = |tag| tag == kind || (tag, kind) == ("float", "int");
    if tag.is_some_and(|tag| !fits(tag)) {
        return Err("the tag is of another kind than the value".to_owned());
    }
    Ok(value)
}

/// A number of the core schema; none where it is text. What begins with a zero is read differently by older readers,
/// and as a rule it is a code: it stays text.
fn number(text: &str) -> Result<Option<Number>, String> {
    let bare = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(bare, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Err(format!("{text} is no number of JSON"));
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        let digits = text.strip_prefix(prefix);
        let digits = digits.filter(|digits| digits.chars().all(|c| c.is_digit(radix)));
        if let Some(number) = digits.and_then(|digits| u64::from_str_radix(digits, radix).ok()) {
            return Ok(Some(number.into()));
        }
    }
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-');
    let begins = bare.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let mut digits = bare.bytes();
    let is_code = digits.next() == Some(b'0') && digits.next().is_some_and(|b| b.is_ascii_digit());
    if !begins || is_code || !bare.chars().all(is_part) {
        return Ok(None);
    }
    let text = text.strip_prefix('+').unwrap_or(text);
    if let Ok(number) = text.parse::<i64>() {
        return Ok(Some(number.into()));
    }
    if let Ok(number) = text.parse::<u64>() {
        return Ok(Some(number.into()));
    }
    Ok(text.parse::<f64>().ok().and_then(Number::from_f64))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::to_json;

    #[test]
    fn scalars_are_those_of_the_core_schema() {
        for (text, expected) in [
            ("7", json!(7)),
            ("-7", json!(-7)),
            ("+7", json!(7)),
            (
                "18446744073709551615",
                json!(18_446_744_073_709_551_615_u64),
            ),
            ("1.0", json!(1.0)),
            (".5", json!(0.5)),
            ("1e3", json!(1000.0)),
            ("0", json!(0)),
            ("0.5", json!(0.5)),
            ("0x1F", json!(31)),
            ("0o17", json!(15)),
            ("007", json!("007")),
            ("0x", json!("0x")),
            ("1_000", json!("1_000")),
            ("1.2.3", json!("1.2.3")),
            ("12:30:45", json!("12:30:45")),
            ("2020-01-01", json!("2020-01-01")),
            ("e5", json!("e5")),
            ("1e999", json!("1e999")),
            ("infinity", json!("infinity")),
            ("null", json!(null)),
            ("nULL", json!("nULL")),
            ("True", json!(true)),
            ("yes", json!("yes")),
            ("off", json!("off")),
            ("y", json!("y")),
            ("'7'", json!("7")),
            ("\"true\"", json!("true")),
            ("!!str 7", json!("7")),
            ("!!float 7", json!(7)),
            ("!!int '7'", json!(7)),
        ] {
            let read = to_json(&format!("a: {text}"));
            assert_eq!(read, Ok(json!({"a": expected})), "{text}");
        }
    }
}
