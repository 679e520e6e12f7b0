//! Files that describe services: descriptor sets and `OpenAPI` documents, those in YAML as the JSON that they mean.

use std::path::Path;

use domain::interface::DESCRIPTOR_BYTES;

use super::yaml;
use crate::Failure;
use crate::input::read_at_most;

/// Bytes of a file in YAML: indents and comments make it larger than what it means.
const YAML_BYTES: usize = 4 * DESCRIPTOR_BYTES;

/// Reads a description, one byte past its limit at most: that is enough for whoever parses it to refuse it.
///
/// # Errors
/// A file that cannot be read, or is no YAML that means JSON though its name ends so.
pub(crate) fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let ending = file.extension().unwrap_or_default();
    let is_yaml = ["yaml", "yml"]
        .iter()
        .any(|known| ending.eq_ignore_ascii_case(known));
    if !is_yaml {
        return read_at_most(file, DESCRIPTOR_BYTES);
    }
    let told = |text: String| Failure::Message(format!("{}: {text}", file.display()));
    let bytes = read_at_most(file, YAML_BYTES)?;
    if bytes.len() > YAML_BYTES {
        return Err(told(format!("at most {YAML_BYTES} bytes of YAML are read")));
    }
    let text = String::from_utf8(bytes).map_err(|_| told("it is not UTF-8".to_owned()))?;
    let json = yaml::to_json(&text).map_err(told)?;
    if !json.is_object() {
        return Err(told("an OpenAPI document is an object".to_owned()));
    }
    Ok(json.to_string().into_bytes())
}
