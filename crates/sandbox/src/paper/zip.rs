//! A ZIP archive of members that are not compressed (PKWARE's APPNOTE, 4.3).

/// Version 2.0, no flags, stored; the first day that the format knows.
const COMMON: [u8; 10] = [20, 0, 0, 8, 0, 0, 0, 0, 0x21, 0];

/// The archive of some members.
pub(super) fn archive(members: &[(&str, String)]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut list = Vec::new();
    for (name, content) in members {
        let (name, content) = (name.as_bytes(), content.as_bytes());
        let start = four(out.len());
        let sizes = [
            crc32(content).to_le_bytes(),
            four(content.len()),
            four(content.len()),
        ]
        .concat();
        let lengths = [two(name.len()), [0, 0]].concat();
        out.extend([b"PK\x03\x04", &COMMON[..], &sizes, &lengths, name, content].concat());
        list.extend(b"PK\x01\x02\x14\0");
        list.extend(COMMON);
        list.extend([sizes, lengths, vec![0; 10], start.to_vec(), name.to_vec()].concat());
    }
    let (start, count) = (four(out.len()), two(members.len()));
    let length = four(list.len());
    out.extend(list);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend([&count[..], &count, &length, &start, &[0, 0]].concat());
    out
}

/// An archive of the sandbox is far below these sizes.
fn four(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes()
}

fn two(number: usize) -> [u8; 2] {
    u16::try_from(number).unwrap_or(u16::MAX).to_le_bytes()
}

/// CRC-32 of ISO 3309, bit by bit: the members are small.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
    let folded = bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), step)
    });
    !folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_is_that_of_the_polynomial() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn an_archive_is_recognised_by_its_member() {
        let archive = archive(&[("OFD.xml", "<a/>".to_owned()), ("b", "c".to_owned())]);
        assert!(domain::file::Format::Ofd.recognises(&archive));
        assert!(domain::file::Format::Zip.recognises(&archive));
        assert!(!domain::file::Format::Docx.recognises(&archive));
        assert!(!domain::file::Format::Ofd.recognises(&archive[..archive.len() - 1]));
    }
}
