//! The files of simulated certificates: small, real OFD and PDF with the purpose mark in them.
//!
//! They show the items of a record as lines of text and the mark below. No seal, no layout of the true
//! certificate: nobody can take one for it.

mod ofd;
mod pdf;
mod zip;

use domain::certificate::CertificateRecord;
use domain::item::Value;

pub use ofd::ofd;
pub use pdf::pdf;

/// The lines of a certificate's page, the mark last.
fn lines(record: &CertificateRecord, mark: &str) -> Vec<String> {
    let mut lines = vec!["虚构证照（沙箱）".to_owned()];
    lines.extend(record.items.iter().map(|item| {
        let value = match &item.value {
            Value::Text(text) | Value::Decimal(text) | Value::Date(text) | Value::Time(text) => {
                text.clone()
            }
            Value::Integer(number) => number.to_string(),
            Value::Logical(yes) => yes.to_string(),
        };
        format!("{}：{value}", item.key)
    }));
    lines.push(mark.to_owned());
    lines
}
