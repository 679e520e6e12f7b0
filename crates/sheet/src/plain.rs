//! Texts as they are compared.

/// Full-width forms of ASCII as ASCII, and the wide space as a space.
pub(crate) fn half_width(text: &str) -> String {
    text.chars()
        .map(|char| match u32::from(char) {
            0x3000 | 0xA0 => ' ',
            code @ 0xFF01..=0xFF5E => char::from_u32(code - 0xFEE0).unwrap_or(char),
            _ => char,
        })
        .collect()
}

/// A title or a word as it is compared: half-width, lower case, letters and digits only. Marks of required columns
/// (`*`), line breaks, spaces and punctuation fall away, and so does a number in front (`1.`, `2、`).
pub(crate) fn folded(text: &str) -> String {
    unnumbered(&half_width(text))
        .chars()
        .filter(|char| char.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// The same without what stands in brackets, where units and remarks stand; the whole when nothing else is there.
pub(crate) fn bare(text: &str) -> String {
    let mut depth = 0_usize;
    let mut outside = String::new();
    for char in half_width(text).chars() {
        match char {
            '(' | '[' | '【' | '〔' => depth += 1,
            ')' | ']' | '】' | '〕' => depth = depth.saturating_sub(1),
            char if depth == 0 => outside.push(char),
            _ => {}
        }
    }
    let bare = folded(&outside);
    if bare.is_empty() { folded(text) } else { bare }
}

/// What stands in the last brackets of a title, such as 万元.
pub(crate) fn in_brackets(text: &str) -> Option<String> {
    let text = half_width(text).replace(['[', '【', '〔'], "(");
    let text = text.replace([']', '】', '〕'], ")");
    let (before, _) = text.rsplit_once(')')?;
    let (_, inside) = before.rsplit_once('(')?;
    let inside: String = inside.split_whitespace().collect();
    let inside = inside
        .strip_prefix("单位:")
        .or_else(|| inside.strip_prefix("单位"))
        .unwrap_or(&inside);
    (!inside.is_empty()).then(|| inside.to_owned())
}

fn unnumbered(text: &str) -> &str {
    let text = text.trim_start_matches(|char: char| !char.is_alphanumeric());
    let rest = text.trim_start_matches(|char: char| char.is_ascii_digit());
    if rest.len() == text.len() {
        return text;
    }
    rest.strip_prefix(['.', '、', ')'])
        // `1.5` is a number, not a numbered title.
        .filter(|rest| !rest.starts_with(|char: char| char.is_ascii_digit()))
        .unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_that_people_take_for_the_same_are_the_same() {
        for title in [
            "系统名称",
            "*系统名称",
            "＊ 系统　名称",
            "系统\n名称",
            "1.系统名称",
            "（1）系统名称：",
            "2、系统名称",
            "系统名称（全称）",
            "【必填】系统名称",
        ] {
            assert_eq!(bare(title), "系统名称", "{title:?}");
        }
        assert_eq!(bare("（必填）"), "必填");
        assert_eq!(folded("合同金额（万元）"), "合同金额万元");
        assert_eq!(folded("ＩＰ地址"), "ip地址");
        assert_eq!(folded("1.5"), "15");
    }

    #[test]
    fn units_are_found_in_brackets() {
        for (title, unit) in [
            ("年运维费（万元）", Some("万元")),
            ("年运维费 (单位：万元)", Some("万元")),
            ("存储量[GB]", Some("GB")),
            ("费用（含税）（元）", Some("元")),
            ("费用", None),
            ("费用（）", None),
            ("费用)(", None),
        ] {
            assert_eq!(in_brackets(title).as_deref(), unit, "{title}");
        }
    }
}
