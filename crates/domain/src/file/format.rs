//! The types of files, and how each is recognised by its bytes.

use serde::{Deserialize, Serialize};

use super::zip::{Directory, END_BYTES, directory};
use crate::fault::Cause;

/// How the bytes of a type are recognised.
enum Sign {
    /// Whole, well-formed UTF-8 without a zero byte; behind white space the first character is one of
    /// these, or any if none is named.
    Text(&'static [u8]),
    /// These bytes at this place.
    Magic(usize, &'static [u8]),
    /// Either of these at the beginning.
    Either(&'static [u8], &'static [u8]),
    /// A ZIP archive; one of its members has this name, or any if none is named.
    Zip(Option<&'static str>),
}

/// Writes the enum and its tables from one list: name, content type, endings of names, classes of the national
/// guide, sign.
macro_rules! formats {
    ($($name:ident = $type:literal, [$($ending:literal),+], [$($class:literal),+], $sign:expr, $doc:literal;)+) => {
        /// The type of a file.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub enum Format { $(#[doc = $doc] $name,)+ }

        impl Format {
            /// All of them.
            pub const ALL: &'static [Format] = &[$(Self::$name,)+];

            /// The content type, for example `text/csv`.
            pub fn content_type(self) -> &'static str {
                match self { $(Self::$name => $type,)+ }
            }

            /// What the names of such files end with, behind the last point, in lower case.
            pub fn endings(self) -> &'static [&'static str] {
                match self { $(Self::$name => &[$($ending),+],)+ }
            }

            /// The classes of resources (信息资源格式分类, guide 1272) whose files it may be.
            fn classes(self) -> &'static [u8] {
                match self { $(Self::$name => &[$($class),+],)+ }
            }

            fn sign(self) -> Sign {
                match self { $(Self::$name => $sign,)+ }
            }
        }
    };
}

// Guide 1272 names OFD, wps, xml, txt, doc, docx, html, pdf, ppt for documents, et, xls, xlsx for
// spreadsheets, jpg, gif, bmp for images and the providers' own for self-described data. Assumed: csv
// and json as the exports of tables and databases, png beside jpg, mp4 for streams, and archives of
// any of them. Text must be UTF-8: assumed too.
formats! {
    Csv = "text/csv", ["csv"], [2, 3, 6], Sign::Text(b""), "Values between commas.";
    Plain = "text/plain", ["txt"], [1, 6], Sign::Text(b""), "Text.";
    Html = "text/html", ["html", "htm"], [1], Sign::Text(b"<"), "A page.";
    Xml = "application/xml", ["xml"], [1, 3, 6], Sign::Text(b"<"), "XML.";
    Json = "application/json", ["json"], [3, 6], Sign::Text(b"{["), "JSON: an object or a list.";
    Pdf = "application/pdf", ["pdf"], [1], Sign::Magic(0, b"%PDF-"), "PDF.";
    Ofd = "application/ofd", ["ofd"], [1], Sign::Zip(Some("OFD.xml")), "OFD (GB/T 33190-2016).";
    Docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ["docx"], [1],
        Sign::Zip(Some("word/document.xml")), "A document of Office Open XML.";
    Xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ["xlsx"], [2, 3],
        Sign::Zip(Some("xl/workbook.xml")), "A spreadsheet of Office Open XML.";
    Doc = "application/msword", ["doc", "wps"], [1], Sign::Magic(0, COMPOUND), "A document of old: doc, wps.";
    Xls = "application/vnd.ms-excel", ["xls", "et"], [2], Sign::Magic(0, COMPOUND), "A spreadsheet of old: xls, et.";
    Ppt = "application/vnd.ms-powerpoint", ["ppt"], [1], Sign::Magic(0, COMPOUND), "Slides of old.";
    Png = "image/png", ["png"], [4], Sign::Magic(0, b"\x89PNG\r\n\x1a\n"), "An image.";
    Jpeg = "image/jpeg", ["jpg", "jpeg"], [4], Sign::Magic(0, b"\xff\xd8\xff"), "A photograph.";
    Gif = "image/gif", ["gif"], [4], Sign::Either(b"GIF87a", b"GIF89a"), "An image.";
    Bmp = "image/bmp", ["bmp"], [4], Sign::Magic(0, b"BM"), "An image.";
    Tiff = "image/tiff", ["tif", "tiff"], [4], Sign::Either(b"II*\0", b"MM\0*"), "A scanned image.";
    Mp4 = "video/mp4", ["mp4"], [5], Sign::Magic(4, b"ftyp"), "A film.";
    Gzip = "application/gzip", ["gz"], [3, 6], Sign::Magic(0, b"\x1f\x8b\x08"), "One compressed file.";
    Zip = "application/zip", ["zip"], [1, 2, 3, 4, 5, 6], Sign::Zip(None), "An archive.";
}

/// The compound file of older office programs.
const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

impl Format {
    /// The format of a content type, without parameters and in either case.
    ///
    /// # Errors
    /// `REQUIRED` or `UNKNOWN_CONTENT_TYPE`.
    pub fn parse(content_type: &str) -> Result<Self, Cause> {
        let text = content_type.trim();
        if text.is_empty() {
            return Err(Cause::new(
                "REQUIRED",
                "give a content type, for example text/csv",
            ));
        }
        let found = Self::ALL
            .iter()
            .find(|format| format.content_type().eq_ignore_ascii_case(text));
        found.copied().ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|f| f.content_type()).collect();
            let message = format!("choose one of {}, without parameters", known.join(", "));
            Cause::new("UNKNOWN_CONTENT_TYPE", message)
        })
    }

    /// The format that a name tells by its ending.
    pub fn of_name(name: &str) -> Option<Self> {
        let (_, ending) = name.rsplit_once('.')?;
        let told = |format: &&Self| {
            let mut endings = format.endings().iter();
            endings.any(|known| known.eq_ignore_ascii_case(ending))
        };
        Self::ALL.iter().find(told).copied()
    }

    /// Whether the catalogue allows it for a resource of this format class.
    ///
    /// # Errors
    /// `CONTENT_TYPE_NOT_IN_CATALOGUE` with what is allowed.
    pub fn check_class(self, class: u8) -> Result<(), Cause> {
        if self.classes().contains(&class) {
            return Ok(());
        }
        let allowed: Vec<&str> = Self::ALL
            .iter()
            .filter(|format| format.classes().contains(&class))
            .map(|format| format.content_type())
            .collect();
        let message = if allowed.is_empty() {
            format!("the catalogue says that the resource is of format class {class}: no files")
        } else {
            let allowed = allowed.join(", ");
            format!("the catalogue says format class {class}, which allows {allowed}")
        };
        Err(Cause::new("CONTENT_TYPE_NOT_IN_CATALOGUE", message))
    }

    /// Whether the whole content must be UTF-8 text.
    pub fn is_text(self) -> bool {
        matches!(self.sign(), Sign::Text(_))
    }

    /// Whether it is a ZIP archive.
    pub fn is_zip(self) -> bool {
        matches!(self.sign(), Sign::Zip(_))
    }

    /// The member that an archive of this type must have.
    pub fn member(self) -> Option<&'static str> {
        match self.sign() {
            Sign::Zip(member) => member,
            Sign::Text(_) | Sign::Magic(..) | Sign::Either(..) => None,
        }
    }

    /// Whether a content can begin so. 1 KiB is enough, or all of a shorter one.
    pub fn begins_so(self, head: &[u8]) -> bool {
        match self.sign() {
            Sign::Text(firsts) => {
                let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
                let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
                firsts.is_empty() || first.is_some_and(|first| firsts.contains(first))
            }
            Sign::Magic(place, magic) => head
                .get(place..)
                .is_some_and(|bytes| bytes.starts_with(magic)),
            Sign::Either(one, other) => head.starts_with(one) || head.starts_with(other),
            // An archive without members begins with its end.
            Sign::Zip(member) => {
                head.starts_with(b"PK\x03\x04")
                    || (member.is_none() && head.starts_with(b"PK\x05\x06"))
            }
        }
    }

    /// Whether a whole content, at hand in memory, is of this type.
    pub fn recognises(self, content: &[u8]) -> bool {
        if !self.begins_so(content) {
            return false;
        }
        match self.sign() {
            Sign::Text(_) => std::str::from_utf8(content).is_ok() && !content.contains(&0),
            Sign::Magic(..) | Sign::Either(..) => true,
            Sign::Zip(member) => has_member(content, member),
        }
    }
}

/// Whether an archive has the list of its members at its end, and in it this one.
fn has_member(archive: &[u8], member: Option<&str>) -> bool {
    let size = u64::try_from(archive.len()).unwrap_or(u64::MAX);
    let most = usize::try_from(END_BYTES).unwrap_or(usize::MAX);
    let start = archive.len().saturating_sub(most);
    let tail = archive.get(start..).unwrap_or_default();
    let list = directory(tail, size).and_then(|found| {
        let start = usize::try_from(found.start).ok()?;
        let length = usize::try_from(found.length).ok()?;
        archive.get(start..start.checked_add(length)?)
    });
    list.is_some_and(|list| member.is_none_or(|member| Directory::names(list, member)))
}

impl TryFrom<String> for Format {
    type Error = Cause;
    fn try_from(text: String) -> Result<Self, Cause> {
        Self::parse(&text)
    }
}

impl From<Format> for String {
    fn from(format: Format) -> String {
        format.content_type().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::FaultCause as _;

    #[test]
    fn a_name_tells_one_format_by_its_ending() {
        for format in Format::ALL {
            for ending in format.endings() {
                let name = format!("企业名录.{}", ending.to_uppercase());
                assert_eq!(Format::of_name(&name), Some(*format), "{name}");
            }
        }
        for name in ["企业名录", "a.csv.part", "csv", "."] {
            assert_eq!(Format::of_name(name), None, "{name}");
        }
    }

    #[test]
    fn each_type_is_read_by_its_name_and_is_of_some_class() {
        for format in Format::ALL {
            let name = format.content_type().to_ascii_uppercase();
            assert_eq!(Format::parse(&name), Ok(*format));
            assert!(
                (1..=6).any(|class| format.check_class(class).is_ok()),
                "{name}"
            );
            // Class 7 is a service: it has no files.
            assert!(format.check_class(7).is_err());
        }
        for (text, code) in [
            ("", "REQUIRED"),
            ("text/csv; charset=gbk", "UNKNOWN_CONTENT_TYPE"),
        ] {
            assert_eq!(Format::parse(text).unwrap_err().code(), code);
        }
    }

    #[test]
    fn contents_are_recognised_by_how_they_begin() {
        let cases: [(Format, &[u8], bool); 16] = [
            (Format::Csv, b"a,b\n", true),
            (Format::Xml, b"\xef\xbb\xbf\n <a/>", true),
            (Format::Xml, b"a<b/>", false),
            (Format::Xml, b"", false),
            (Format::Json, b" [1]", true),
            (Format::Json, b"1", false),
            (Format::Pdf, b"%PDF-1.7", true),
            (Format::Pdf, b"MZ%PDF-", false),
            (Format::Ofd, b"PK\x03\x04", true),
            (Format::Ofd, b"PK\x05\x06", false),
            (Format::Zip, b"PK\x05\x06", true),
            (Format::Gif, b"GIF88a", false),
            (Format::Mp4, b"\0\0\0\x18ftypmp42", true),
            (Format::Mp4, b"ftyp", false),
            (Format::Png, b"\x89PNG\r\n\x1a", false),
            (Format::Jpeg, b"\xff\xd8\xff\xe0", true),
        ];
        for (format, head, wanted) in cases {
            assert_eq!(format.begins_so(head), wanted, "{format:?} {head:?}");
        }
    }
}
