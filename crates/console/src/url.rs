//! Addresses of pages. What stands in one is encoded, whoever typed it.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but the unreserved characters of RFC 3986.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// The address of a path with these parameters; those without a value are left out.
pub(crate) fn with_query(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut address = path.to_owned();
    let given = pairs.iter().filter(|(_, value)| !value.is_empty());
    for (number, (key, value)) in given.enumerate() {
        address.push(if number == 0 { '?' } else { '&' });
        address.push_str(key);
        address.push('=');
        address.extend(utf8_percent_encode(value, ENCODED));
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_cannot_become_part_of_the_address() {
        let typed = "社保 &state=draft#\"<'%2F";
        let address = with_query("/catalogue", &[("q", typed), ("state", ""), ("cycle", "4")]);
        assert_eq!(
            address,
            "/catalogue?q=%E7%A4%BE%E4%BF%9D%20%26state%3Ddraft%23%22%3C%27%252F&cycle=4"
        );
        assert_eq!(with_query("/demands", &[("kind", "")]), "/demands");
    }
}
