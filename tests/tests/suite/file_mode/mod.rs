//! File mode: what leaves is what came, whole, to whom it was granted, and no longer than agreed.

mod command;
mod content;
mod drop;
mod rights;
mod story;
mod terms;

/// Text of so many bytes that is not the same anywhere.
pub(super) fn text(bytes: usize) -> Vec<u8> {
    let lines =
        (0_u64..).map(|n| format!("{n},企业-{},{}\n", n.wrapping_mul(2_654_435_761), n % 97));
    let mut text = Vec::<u8>::with_capacity(bytes + 64);
    for line in lines {
        text.extend(line.as_bytes());
        if text.len() >= bytes {
            break;
        }
    }
    text.truncate(bytes);
    // No character is cut at the end.
    let last = text
        .iter()
        .rposition(|byte: &u8| byte.is_ascii())
        .unwrap_or(0);
    text[last + 1..].fill(b'.');
    text
}
