//! The receipt of a complaint: a random code in the form of a use-code, 128 bits that nobody guesses.

use crate::fault::{Cause, FaultCause as _};
use crate::subject::PseudonymKey;
use crate::use_code::PlainCode;

/// Reads a receipt as it was typed.
///
/// # Errors
/// `NOT_A_RECEIPT` or `CHECK_CHARACTER`; never a character of it.
pub fn receipt_of(text: &str) -> Result<PlainCode, Cause> {
    PlainCode::parse(text).map_err(|cause| match cause.code() {
        "CHECK_CHARACTER" => cause,
        _ => Cause::new(
            "NOT_A_RECEIPT",
            "a receipt has 27 characters of 0-9 and A-Y without I, O, S and V, hyphens aside",
        ),
    })
}

/// What is kept of a receipt.
pub fn receipt_hash(keys: &PseudonymKey, receipt: &PlainCode) -> String {
    keys.digest("complaint receipt", &[receipt.bytes()])
}
