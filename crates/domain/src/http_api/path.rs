//! Paths with parameters, and which of them a path is one of.

use std::fmt;

use crate::fault::Cause;

/// Segments of one path.
const SEGMENTS: usize = 32;
/// Bytes of one path.
const LENGTH: usize = 255;

/// A path with parameters, such as `/persons/{id}/payments` or `/files/{id}.json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathTemplate(String);

impl PathTemplate {
    /// Parses the template. A segment is text, a parameter, or both in turn; the last may be empty.
    ///
    /// # Errors
    /// `NOT_A_PATH`.
    pub fn parse(text: &str) -> Result<Self, Cause> {
        let wrong = |message: String| Err(Cause::new("NOT_A_PATH", message));
        let Some(rest) = text.strip_prefix('/') else {
            return wrong("a path begins with /".to_owned());
        };
        let count = rest.split('/').count();
        if text.len() > LENGTH || count > SEGMENTS {
            return wrong(format!(
                "a path has at most {LENGTH} bytes and {SEGMENTS} segments"
            ));
        }
        for (index, segment) in rest.split('/').enumerate() {
            let ends_with_slash = segment.is_empty() && index + 1 == count;
            if !ends_with_slash && !is_segment(segment) {
                return wrong(format!(
                    "`{segment}` is no segment of a path; write plain text, a {{parameter}}, or both with text \
                     between parameters, and leave query and fragment out"
                ));
            }
        }
        Ok(Self(text.to_owned()))
    }

    /// A path of a document as it is written there, behind what stands before it at the endpoint, to be compared with
    /// others only: it may be none that can be called.
    pub(super) fn as_written(base: &str, text: &str) -> Option<Self> {
        text.starts_with('/').then(|| Self(format!("{base}{text}")))
    }

    /// The template as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How exact it is: of two that a path fits, the greater is meant. Fewer parameters come first, then more text.
    pub(crate) fn exactness(&self) -> (std::cmp::Reverse<usize>, usize) {
        let parameters = self.0.matches('{').count();
        let text = self.segments().flat_map(texts).map(str::len).sum();
        (std::cmp::Reverse(parameters), text)
    }

    /// Whether a path is one of these. A parameter stays within one segment for whoever reads it: none that a
    /// server could take for several, for a step up, or for what stands behind a semicolon.
    pub fn fits(&self, path: &str) -> bool {
        let mut given = path.split('/');
        let mut own = self.0.split('/');
        loop {
            match (own.next(), given.next()) {
                (None, None) => return true,
                (Some(own), Some(given)) if own.contains('{') => {
                    // Both as it is written and as a server reads it: text of the template is no half of an escape.
                    let decoded = one_segment(given);
                    if !matches(own, given) || !decoded.is_some_and(|text| matches(own, &text)) {
                        return false;
                    }
                }
                (Some(own), Some(given)) if own == given => {}
                _ => return false,
            }
        }
    }

    /// Whether some server could take a path for one of these: such as decode before they compare, know no difference
    /// between small and capital letters, take off spaces and points at the end of a segment, add and take off a slash
    /// at the end, or take what stands behind a point there for the form of the answer.
    pub(super) fn may_fit(&self, path: &str) -> bool {
        let path = path.strip_prefix('/').unwrap_or(path);
        let path = path.strip_suffix('/').unwrap_or(path);
        let mut given = path.split('/').peekable();
        let mut own = self.segments();
        loop {
            match (own.next(), given.next()) {
                (None, None) => return true,
                (Some(own), Some(one)) if may_match(own, one, given.peek().is_none()) => {}
                _ => return false,
            }
        }
    }

    /// Whether a path that fits both is meant for this one, whichever rule a server goes by: each segment is the same
    /// or lies within the other's. Where two only cross, the order in a document may decide. Templates that differ in parameters only, by their names or in how many stand side by side, are
    /// the same: a document that has both says nothing of which is meant.
    pub(super) fn precedes(&self, other: &Self) -> bool {
        let exact = |(own, other): (&str, &str)| {
            let (own, other) = (told_apart(own), told_apart(other));
            own.len() == 1 || own == other || lies_within(&own, &other)
        };
        self.segments().zip(other.segments()).all(exact)
    }

    /// Whether both are the same but for the names of their parameters.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let alike = |(own, other): (&str, &str)| told_apart(own) == told_apart(other);
        self.len() == other.len() && self.segments().zip(other.segments()).all(alike)
    }

    /// Whether it could be the other behind something that stands before it.
    pub(super) fn ends_with(&self, other: &Self) -> bool {
        let alike = |(own, other): (&str, &str)| told_apart(own) == told_apart(other);
        // The root adds nothing to what stands before it.
        let is_root = other.segments().all(str::is_empty);
        let before = self.len().checked_sub(other.len());
        is_root
            || before.is_some_and(|before| {
                let end = self.segments().skip(before);
                end.zip(other.segments()).all(alike)
            })
    }

    /// How many segments it has; a slash at the end makes no difference.
    pub(super) fn len(&self) -> usize {
        self.segments().count()
    }

    fn segments(&self) -> impl Iterator<Item = &str> {
        let path = self.0.strip_prefix('/').unwrap_or(&self.0);
        path.strip_suffix('/').unwrap_or(path).split('/')
    }
}

impl fmt::Display for PathTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a text can stand in a path as it is and is the same for every reader.
pub(super) fn is_plain(text: &str) -> bool {
    !matches!(text, "." | "..") && is_text(text)
}

fn is_text(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._~-!$&'()*+,=:@".contains(&b);
    text.bytes().all(plain)
}

fn is_segment(segment: &str) -> bool {
    let mut rest = segment;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, next)) = after.split_once('}') else {
            return false;
        };
        // Without text between two parameters nobody can tell where the one ends.
        let apart = !next.starts_with('{');
        if !is_text(before) || name.is_empty() || !is_name(name) || !apart {
            return false;
        }
        rest = next;
    }
    !segment.is_empty() && is_text(rest) && !matches!(segment, "." | "..")
}

fn is_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'~' | b'-');
    name.bytes().all(plain)
}

/// The texts of a segment: before the first parameter, between parameters, behind the last.
fn texts(segment: &str) -> impl Iterator<Item = &str> {
    segment
        .split('{')
        .enumerate()
        .map(|(index, part)| match index {
            0 => part,
            _ => part.split_once('}').map_or("", |(_, text)| text),
        })
}

/// The same where parameters side by side count as one.
fn told_apart(segment: &str) -> Vec<&str> {
    let count = texts(segment).count();
    let all = texts(segment).enumerate();
    let apart = all.filter(|(index, text)| *index == 0 || index + 1 == count || !text.is_empty());
    apart.map(|(_, text)| text).collect()
}

/// Whether whatever has the texts of one segment has those of another too.
fn lies_within(own: &[&str], other: &[&str]) -> bool {
    match (own, other) {
        ([first, between @ .., last], [begin, among @ .., end]) => {
            let alike = among.is_empty() || among == between;
            alike && first.starts_with(begin) && last.ends_with(end)
        }
        // Text alone holds nothing but itself.
        _ => false,
    }
}

/// Whether a segment can be read as the texts of another with something for each parameter.
fn matches(own: &str, given: &str) -> bool {
    let texts: Vec<&str> = texts(own).collect();
    let [first, between @ .., last] = texts.as_slice() else {
        return own == given;
    };
    let rest = given.strip_prefix(first);
    let Some(mut rest) = rest.and_then(|rest| rest.strip_suffix(last)) else {
        return false;
    };
    for text in between {
        // The parameter before it is not empty.
        let from = rest.chars().next().map_or(0, char::len_utf8);
        let behind = rest.get(from..).and_then(|rest| rest.split_once(text));
        let Some((_, behind)) = behind else {
            return false;
        };
        rest = behind;
    }
    !rest.is_empty()
}

/// Whether some server could read a segment as the texts of another with something for each parameter.
fn may_match(own: &str, given: &str, is_last: bool) -> bool {
    let (own, given) = (as_compared(own), as_compared(given));
    let (bare_own, bare) = (trimmed(&own), trimmed(&given));
    matches(&own, &given)
        || matches(bare_own, bare)
        // Any form of answer behind a point.
        || (is_last && matches(&format!("{bare_own}.{{}}"), bare))
}

/// A segment as the least exact server compares it: of letters that are the same in capitals or in small ones, one.
fn as_compared(segment: &str) -> String {
    /// What is left of a capital İ in small letters.
    const DOT_ABOVE: char = '\u{307}';
    let decoded = percent_decoded(segment).unwrap_or_default();
    let text = String::from_utf8_lossy(&decoded);
    text.to_uppercase().to_lowercase().replace(DOT_ABOVE, "")
}

/// A segment without what some servers take off.
fn trimmed(segment: &str) -> &str {
    let end = |c: char| c.is_whitespace() || c == '.';
    segment.trim_start().trim_end_matches(end)
}

/// A segment as it is read, where it stays one however often it is decoded.
fn one_segment(text: &str) -> Option<String> {
    let decoded = String::from_utf8(percent_decoded(text)?).ok()?;
    let odd = |byte: u8| byte.is_ascii_control() || matches!(byte, b'/' | b'\\' | b';' | b'%');
    let is_one = !matches!(decoded.as_str(), "" | "." | "..") && !decoded.bytes().any(odd);
    is_one.then_some(decoded)
}

/// The bytes that percent signs stand for; none where one of them stands for nothing.
pub(super) fn percent_decoded(text: &str) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        let (high, low) = (digit()?, digit()?);
        decoded.push(u8::try_from(high * 16 + low).ok()?);
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(text: &str) -> PathTemplate {
        PathTemplate::parse(text).unwrap()
    }

    #[test]
    fn a_parameter_is_one_segment_for_every_reader() {
        for around in [
            ("/persons/{id}/payments", ""),
            ("/persons/{id}.json/payments", ".json"),
        ] {
            let template = template(around.0);
            let path = |segment: &str| format!("/persons/{segment}{}/payments", around.1);
            for good in ["1", "%E6%A1%A5", "a.b-c%20d"] {
                assert!(template.fits(&path(good)), "{good}");
            }
            let bad = [
                "", "a%2Fb", "a%5cb", "a;x=1", "%252e", "a%00", "%zz", "%", "%ff",
            ];
            for bad in bad {
                assert!(!template.fits(&path(bad)), "{bad}");
            }
        }
        let template = template("/persons/{id}/payments");
        for bad in [
            "/persons/../payments",
            "/persons/%2e%2E/payments",
            "/persons/./payments",
            "/persons/1",
            "/persons/1/payments/",
            "/Persons/1/payments",
            "persons/1/payments",
        ] {
            assert!(!template.fits(bad), "{bad}");
        }
    }

    #[test]
    fn a_segment_is_text_or_parameters_with_text_between_them() {
        for bad in [
            "",
            "a",
            "/a//b",
            "//",
            "/a/{}",
            "/a/{b",
            "/a/b}",
            "/a/{{b}}",
            "/a/{b}{c}",
            "/a/..",
            "/a/.",
            "/a b",
            "/a?x",
            "/a#x",
            "/a%2f",
            "/a;b",
            "/人",
            "/a/{b/c}",
            "/{人}",
        ] {
            assert!(PathTemplate::parse(bad).is_err(), "{bad}");
        }
        for (own, path, fits) in [
            ("/", "/", true),
            ("/a/", "/a/", true),
            ("/a/", "/a", false),
            ("/a/{b}/", "/a/1/", true),
            ("/a/{b}/", "/a//", false),
            ("/a-{b}", "/a-1", true),
            ("/a-{b}", "/a-", false),
            ("/a-{b}", "/b-1", false),
            ("/{a}.json", "/x.json", true),
            ("/{a}.json", "/.json", false),
            ("/{a}.json", "/x.json.json", true),
            ("/{a}.", "/..", false),
            ("/{a}.{b}", "/x.json", true),
            ("/{a}.{b}", "/...", true),
            ("/{a}.{b}", "/..", false),
            ("/.{a}", "/..", false),
            ("/.{a}", "/%2e%2e", false),
            ("/{a}:verify", "/1:verify", true),
            ("/{a}:verify", "/1", false),
            ("/{a}-{b}", "/1-2", true),
            ("/{a}-{b}", "/--2", true),
            ("/{a}-{b}", "/-2", false),
            ("/{a}-{b}", "/1-", false),
            ("/{a}-{b}", "/12", false),
            ("/Persons('{id}')", "/Persons('1')", true),
            ("/{id}full", "/1full", true),
            ("/{id}full", "/1%6full", false),
            ("/20{id}", "/20%31", true),
            ("/{a}2D{b}", "/1%2D2", false),
            ("/{a}-{b}", "/1%2D1-2", true),
        ] {
            assert_eq!(template(own).fits(path), fits, "{own} {path}");
        }
        let length = "/".to_owned() + &"a".repeat(LENGTH - 1);
        assert!(PathTemplate::parse(&length).is_ok());
        assert!(PathTemplate::parse(&(length + "a")).is_err());
        assert!(PathTemplate::parse(&"/a".repeat(SEGMENTS)).is_ok());
        assert!(PathTemplate::parse(&"/a".repeat(SEGMENTS + 1)).is_err());
    }

    #[test]
    fn what_a_server_could_take_for_another_is_known() {
        for (own, path, may) in [
            ("/persons/all", "/persons/all", true),
            ("/persons/all", "/persons/ALL", true),
            ("/persons/all", "/persons/%61ll", true),
            ("/persons/all", "/persons/all/", true),
            ("/persons/all/", "/persons/all", true),
            ("/persons/all", "/persons/al", false),
            ("/persons/all", "/persons/all.json", true),
            ("/persons/all", "/persons/ALL.tar.gz/", true),
            ("/persons/all", "/persons/allx.json", false),
            ("/persons/all", "/persons/all%20", true),
            ("/persons/all", "/persons/%09all.%20.", true),
            ("/persons/all", "/persons/%20all%2ejson", true),
            ("/persons/all/x", "/persons/all.json/x", false),
            ("/persons/stats", "/persons/%C5%BFtats", true),
            ("/persons/id", "/persons/%C4%B0d", true),
            ("/persons/id", "/persons/%C4%B1d", true),
            ("/persons/k", "/persons/%E2%84%AA", true),
            ("/persons/{a}{b}", "/persons/%20", false),
            ("/persons/{a}. ", "/persons/x.", true),
            ("/persons/{id}:verify", "/persons/1:verify.json", true),
            ("/persons/{id}:Verify", "/persons/1%3averify", true),
            ("/persons/{id}", "/persons/1/2", false),
        ] {
            let own = PathTemplate::as_written("", own).unwrap();
            assert_eq!(own.may_fit(path), may, "{own} {path}");
        }
        for (own, other, precedes) in [
            ("/a/{x}", "/a/{y}", true),
            ("/a/b", "/a/{y}", true),
            ("/a/{x}", "/a/{y}{z}", true),
            ("/a/{x}", "/a/b{y}{z}", false),
            ("/a/{x}", "/a/b", false),
            ("/a/{x}:v", "/a/{x}", true),
            ("/a/{x}", "/a/{x}:v", false),
            ("/a/{x}", "/{y}/b", false),
            ("/{y}/b", "/a/{x}", false),
            ("/{x}.tar.gz", "/{x}.gz", true),
            ("/a{x}", "/{x}a", false),
            ("/report-{x}", "/{y}.pdf", false),
            ("/{y}.pdf", "/report-{x}", false),
            ("/report-{x}.pdf", "/{y}.pdf", true),
            ("/a{x}-{y}", "/{x}-{y}", true),
            ("/aaa{x}-{y}", "/{x}_{y}", false),
            ("/{x}--{y}", "/{x}-{y}", false),
            ("/{x}-{y}", "/{x}", true),
        ] {
            let other = PathTemplate::as_written("", other).unwrap();
            assert_eq!(template(own).precedes(&other), precedes, "{own} {other}");
        }
    }
}
