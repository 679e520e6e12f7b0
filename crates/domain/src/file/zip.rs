//! The list of members at the end of a ZIP archive, read without the archive.
//!
//! The layout is that of PKWARE's APPNOTE, 4.3.12 (central directory) and 4.3.16 (its end).

/// The end of an archive fits into so many bytes: 22 and a comment of at most 65,535.
pub const END_BYTES: u64 = 22 + 65_535;
/// The longest list that is read, in bytes: 4 MiB, some forty thousand members.
const LIST_BYTES: u64 = 4 * 1024 * 1024;

const END: &[u8] = b"PK\x05\x06";
const MEMBER: &[u8] = b"PK\x01\x02";

/// Where the list of members lies in the archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Directory {
    /// The first byte.
    pub start: u64,
    /// Bytes.
    pub length: u64,
}

/// Finds the list in the last [`END_BYTES`] of an archive, or in all of a shorter one. None when it is
/// no archive, or one whose list is too long or lies beyond 4 GiB.
pub fn directory(tail: &[u8], size: u64) -> Option<Directory> {
    // A comment may hold what looks like an end: the right one ends where the archive does.
    let ends = (0..tail.len().saturating_sub(21)).rev();
    let end = ends
        .filter_map(|place| tail.get(place..))
        .filter(|rest| rest.starts_with(END))
        .find(|rest| {
            let comment = number(rest, 20, 2);
            comment.is_some_and(|comment| u64::try_from(rest.len()) == Ok(22 + comment))
        })?;
    let (length, start) = (number(end, 12, 4)?, number(end, 16, 4)?);
    let end_start = size.checked_sub(u64::try_from(end.len()).ok()?)?;
    let fits = length <= LIST_BYTES && start.checked_add(length)? <= end_start;
    fits.then_some(Directory { start, length })
}

impl Directory {
    /// Whether the list names a member.
    pub fn names(list: &[u8], member: &str) -> bool {
        let mut rest = list;
        while let Some((name, behind)) = next(rest) {
            if name == member.as_bytes() {
                return true;
            }
            rest = behind;
        }
        false
    }
}

/// The name of the first member of a list, and the list behind it.
fn next(list: &[u8]) -> Option<(&[u8], &[u8])> {
    if !list.starts_with(MEMBER) {
        return None;
    }
    let length = |place| number(list, place, 2).and_then(|n| usize::try_from(n).ok());
    let (name, extra, comment) = (length(28)?, length(30)?, length(32)?);
    let (name, rest) = list.get(46..)?.split_at_checked(name)?;
    Some((name, rest.get(extra.checked_add(comment)?..)?))
}

/// A whole number of some bytes, the least significant first.
fn number(bytes: &[u8], place: usize, width: usize) -> Option<u64> {
    let bytes = bytes.get(place..)?.get(..width)?;
    let shifted = |sum: u64, byte: &u8| (sum << 8) | u64::from(*byte);
    Some(bytes.iter().rev().fold(0, shifted))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An archive of empty members that are stored as they are.
    pub(super) fn archive(names: &[&str], comment: &[u8]) -> Vec<u8> {
        let (mut bytes, mut list) = (Vec::new(), Vec::new());
        for name in names {
            let place = u32::try_from(bytes.len()).unwrap().to_le_bytes();
            let length = u16::try_from(name.len()).unwrap().to_le_bytes();
            bytes.extend(b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
            bytes.extend(length);
            bytes.extend([0, 0]);
            bytes.extend(name.as_bytes());
            list.extend(b"PK\x01\x02\x14\0\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
            list.extend(length);
            list.extend([0; 12]);
            list.extend(place);
            list.extend(name.as_bytes());
        }
        let start = u32::try_from(bytes.len()).unwrap().to_le_bytes();
        let count = u16::try_from(names.len()).unwrap().to_le_bytes();
        let length = u32::try_from(list.len()).unwrap().to_le_bytes();
        bytes.extend(list);
        bytes.extend(END);
        bytes.extend([0; 4]);
        bytes.extend([count, count].concat());
        bytes.extend([length, start].concat());
        bytes.extend(u16::try_from(comment.len()).unwrap().to_le_bytes());
        bytes.extend(comment);
        bytes
    }

    fn holds(bytes: &[u8], member: &str) -> Option<bool> {
        let size = u64::try_from(bytes.len()).unwrap();
        let found = directory(bytes, size)?;
        let start = usize::try_from(found.start).unwrap();
        let end = start + usize::try_from(found.length).unwrap();
        Some(Directory::names(&bytes[start..end], member))
    }

    #[test]
    fn members_are_found_behind_any_comment() {
        for comment in [&b""[..], b"PK\x05\x06 is no end", &vec![b'x'; 65_535]] {
            let bytes = archive(&["Doc_0/Document.xml", "OFD.xml"], comment);
            assert_eq!(holds(&bytes, "OFD.xml"), Some(true));
            assert_eq!(holds(&bytes, "ofd.xml"), Some(false));
            assert_eq!(holds(&bytes[..bytes.len() - 1], "OFD.xml"), None);
        }
        assert_eq!(holds(&archive(&[], b""), "OFD.xml"), Some(false));
        assert_eq!(holds(b"OFD.xml", "OFD.xml"), None);
    }

    proptest! {
        #[test]
        fn no_bytes_break_the_reader(
            mut bytes in prop::collection::vec(any::<u8>(), 0..120),
            place in 0..120_usize,
        ) {
            let place = place.min(bytes.len());
            bytes.splice(place..place, END.iter().copied());
            let size = u64::try_from(bytes.len()).unwrap();
            let _ = directory(&bytes, size);
            let _ = Directory::names(&bytes, "a");
            bytes.splice(0..0, MEMBER.iter().copied());
            let _ = Directory::names(&bytes, "a");
        }
    }
}
