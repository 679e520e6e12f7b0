//! Names that a sheet's tab can carry.

/// Characters that Excel refuses in the name of a sheet.
const REFUSED: [char; 7] = ['*', '?', ':', '[', ']', '\\', '/'];
/// UTF-16 units that the name of a sheet may have.
const LONGEST: usize = 31;

/// The nearest name that Excel takes.
pub(crate) fn tab(name: &str) -> String {
    let mut tab = String::new();
    let mut units = 0;
    for char in name.trim().chars() {
        units += char.len_utf16();
        if units > LONGEST {
            break;
        }
        let fits = !char.is_control() && !REFUSED.contains(&char);
        tab.push(if fits { char } else { '_' });
    }
    let tab = tab.trim_matches('\'').trim();
    match tab {
        "" => "Sheet1".to_owned(),
        tab => tab.to_owned(),
    }
}

/// The nearest name that Excel takes and that is not yet among `taken`.
pub(crate) fn another(name: &str, taken: &[String]) -> String {
    let free = |wanted: &String| {
        !taken
            .iter()
            .any(|name| name.to_lowercase() == wanted.to_lowercase())
    };
    let first = tab(name);
    if free(&first) {
        return first;
    }
    let short: String = first.chars().take(12).collect();
    (2..=taken.len() + 2)
        .map(|number| format!("{short} {number}"))
        .find(free)
        .unwrap_or(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_to_fit_a_tab() {
        for (name, fits) in [
            ("系统清单", "系统清单"),
            ("a/b:c", "a_b_c"),
            ("", "Sheet1"),
            ("  ' ", "Sheet1"),
            ("'x'", "x"),
        ] {
            assert_eq!(tab(name), fits);
        }
        assert_eq!(tab(&"长".repeat(40)).chars().count(), 31);
    }

    #[test]
    fn a_name_that_is_taken_gets_a_number() {
        let taken = ["汇总".to_owned(), "汇总 2".to_owned()];
        assert_eq!(another("汇总", &taken), "汇总 3");
        assert_eq!(another("系统", &taken), "系统");
    }
}
