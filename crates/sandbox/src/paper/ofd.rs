//! OFD (GB/T 33190-2016): one document of one page.

use std::fmt::Write as _;

use domain::certificate::CertificateRecord;

use super::{lines, zip::archive};

const SPACE: &str = "xmlns:ofd=\"http://www.ofdspec.org/2016\"";
const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// The file of a certificate with a mark.
#[must_use]
pub fn ofd(record: &CertificateRecord, mark: &str) -> Vec<u8> {
    archive(&[
        ("OFD.xml", root(record)),
        ("Doc_0/Document.xml", document()),
        ("Doc_0/PublicRes.xml", fonts()),
        ("Doc_0/Pages/Page_0/Content.xml", page(&lines(record, mark))),
    ])
}

/// The metadata of GB/T 36903 stand in the custom data of the document.
fn root(record: &CertificateRecord) -> String {
    let identifier = escaped(record.identifier.as_str());
    let kind = escaped(record.certificate_type.id());
    format!(
        "{HEAD}<ofd:OFD {SPACE} Version=\"1.0\" DocType=\"OFD\"><ofd:DocBody><ofd:DocInfo>\
         <ofd:DocID>{}</ofd:DocID><ofd:Creator>sandbox</ofd:Creator><ofd:CustomDatas>\
         <ofd:CustomData Name=\"ZZBS\">{identifier}</ofd:CustomData>\
         <ofd:CustomData Name=\"ZZLXDM\">{kind}</ofd:CustomData></ofd:CustomDatas></ofd:DocInfo>\
         <ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
        "0".repeat(32)
    )
}

fn document() -> String {
    format!(
        "{HEAD}<ofd:Document {SPACE}><ofd:CommonData><ofd:MaxUnitID>200</ofd:MaxUnitID>\
         <ofd:PageArea><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea>\
         <ofd:PublicRes>PublicRes.xml</ofd:PublicRes></ofd:CommonData><ofd:Pages>\
         <ofd:Page ID=\"1\" BaseLoc=\"Pages/Page_0/Content.xml\"/></ofd:Pages></ofd:Document>"
    )
}

fn fonts() -> String {
    format!(
        "{HEAD}<ofd:Res {SPACE} BaseLoc=\"Res\"><ofd:Fonts>\
         <ofd:Font ID=\"3\" FontName=\"宋体\" FamilyName=\"宋体\"/></ofd:Fonts></ofd:Res>"
    )
}

fn page(lines: &[String]) -> String {
    let mut texts = String::new();
    for (line, number) in lines.iter().zip(0_u32..) {
        let (id, top) = (10 + number, 20 + 8 * number);
        let gaps = line.chars().count().saturating_sub(1);
        // Writing into a text cannot fail.
        let _ = write!(
            texts,
            "<ofd:TextObject ID=\"{id}\" Boundary=\"15 {top} 180 8\" Font=\"3\" Size=\"4\">\
             <ofd:TextCode X=\"0\" Y=\"5\" DeltaX=\"g {gaps} 4\">{}</ofd:TextCode>\
             </ofd:TextObject>",
            escaped(line)
        );
    }
    format!(
        "{HEAD}<ofd:Page {SPACE}><ofd:Content><ofd:Layer ID=\"2\">{texts}</ofd:Layer>\
         </ofd:Content></ofd:Page>"
    )
}

fn escaped(text: &str) -> String {
    let plain = text.chars().filter(|c| !c.is_control());
    plain
        .map(|c| match c {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '"' => "&quot;".to_owned(),
            c => c.to_string(),
        })
        .collect()
}
