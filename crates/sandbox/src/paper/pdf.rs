//! PDF 1.7 (ISO 32000-1): one page, its text by a font that every reader of Chinese knows.

use std::fmt::Write as _;

use domain::certificate::CertificateRecord;
use domain::subject::hex;

use super::lines;

/// The file of a certificate with a mark. The mark also stands in the document's information.
#[must_use]
pub fn pdf(record: &CertificateRecord, mark: &str) -> Vec<u8> {
    let mut text = "BT /F 10 Tf 14 TL 40 800 Td\n".to_owned();
    for line in lines(record, mark) {
        // Writing into a text cannot fail.
        let _ = writeln!(text, "<{}> Tj T*", utf16(&line));
    }
    text.push_str("ET");
    whole(&[
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
         /Resources << /Font << /F 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{text}\nendstream", text.len()),
        "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UTF16-H \
         /DescendantFonts [6 0 R] >>"
            .to_owned(),
        "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo \
         << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> /FontDescriptor 7 0 R >>"
            .to_owned(),
        "<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] \
         /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>"
            .to_owned(),
        format!("<< /Subject <FEFF{}> /Producer (sandbox) >>", utf16(mark)),
    ])
}

/// The objects in their order, numbered from 1; the first is the catalogue, the last the information.
fn whole(objects: &[String]) -> Vec<u8> {
    let mut out = "%PDF-1.7\n".to_owned();
    let mut places = Vec::new();
    for (object, number) in objects.iter().zip(1..) {
        places.push(out.len());
        let _ = writeln!(out, "{number} 0 obj\n{object}\nendobj");
    }
    let (start, count) = (out.len(), objects.len());
    let _ = write!(out, "xref\n0 {}\n0000000000 65535 f \n", count + 1);
    for place in places {
        let _ = writeln!(out, "{place:010} 00000 n ");
    }
    let _ = write!(
        out,
        "trailer\n<< /Size {} /Root 1 0 R /Info {count} 0 R >>\nstartxref\n{start}\n%%EOF\n",
        count + 1
    );
    out.into_bytes()
}

fn utf16(text: &str) -> String {
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    hex(&units)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_object_lies_where_the_table_says() {
        let holdings = crate::data::holdings_for("marriage-registry").unwrap();
        let file = pdf(&holdings.certificates[0], "仅供测试");
        assert!(domain::file::Format::Pdf.recognises(&file));
        let text = String::from_utf8(file).unwrap();
        let (body, end) = text.rsplit_once("startxref\n").unwrap();
        let start: usize = end.lines().next().unwrap().parse().unwrap();
        let table = &body[start..];
        assert!(table.starts_with("xref\n0 9\n"));
        for (line, number) in table.lines().skip(3).take(8).zip(1..) {
            let place: usize = line[..10].parse().unwrap();
            let object = format!("{number} 0 obj\n");
            assert!(text[place..].starts_with(&object), "{line}");
        }
        assert!(text.contains(&utf16("仅供测试")));
    }
}
