//! Comma-separated values as spreadsheets write them (RFC 4180).

/// Reads all records, each with the number of the line on which it begins. Empty lines are passed over.
///
/// # Errors
/// A quotation mark that is out of place, with its line; never the text.
pub(super) fn records(text: &str) -> Result<Vec<(usize, Vec<String>)>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut records = Vec::new();
    let mut rest = text.chars().peekable();
    let mut line = 1;
    while rest.peek().is_some() {
        let begins = line;
        let mut record = Vec::new();
        loop {
            let (field, end) = field(&mut rest, &mut line)?;
            record.push(field);
            if end {
                break;
            }
        }
        if record.iter().any(|field| !field.is_empty()) {
            records.push((begins, record));
        }
    }
    Ok(records)
}

/// One field, and whether it was the last of its record.
fn field(
    rest: &mut std::iter::Peekable<std::str::Chars<'_>>,
    line: &mut usize,
) -> Result<(String, bool), String> {
    let mut field = String::new();
    let quoted = rest.next_if_eq(&'"').is_some();
    let mut inside = quoted;
    loop {
        match rest.next() {
            None if inside => return Err(format!("line {line}: a quotation is not closed")),
            None => return Ok((field, true)),
            Some('"') if inside && rest.next_if_eq(&'"').is_some() => field.push('"'),
            Some('"') if inside => inside = false,
            Some(',') if !inside => return Ok((field, false)),
            Some('\r') if !inside && rest.peek() == Some(&'\n') => {}
            Some('\n') if !inside => {
                *line += 1;
                return Ok((field, true));
            }
            Some(c) if quoted && !inside || c == '"' => {
                return Err(format!("line {line}: a quotation mark is out of place"));
            }
            Some(c) => {
                *line += usize::from(c == '\n');
                field.push(c);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_as_spreadsheets_write_them() {
        let text = "\u{feff}a,b\r\n\"1,\"\"2\"\"\n3\",\n\n,4";
        let read = records(text).unwrap();
        let expected = [
            (1, vec!["a", "b"]),
            (2, vec!["1,\"2\"\n3", ""]),
            (5, vec!["", "4"]),
        ];
        let expected = expected.map(|(line, fields)| {
            (
                line,
                fields.into_iter().map(str::to_owned).collect::<Vec<_>>(),
            )
        });
        assert_eq!(read, expected);
        assert!(records("").unwrap().is_empty());
    }

    #[test]
    fn a_quotation_mark_out_of_place_is_told_by_its_line_alone() {
        for text in ["a\n\"secret", "a\nsec\"ret", "a\n\"sec\"ret"] {
            let told = records(text).unwrap_err();
            assert!(
                told.starts_with("line 2:") && !told.contains("sec"),
                "{told}"
            );
        }
    }
}
