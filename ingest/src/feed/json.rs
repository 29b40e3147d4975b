//! Messages as JSON within limits that are checked before anything is built from them.

use super::RejectReason;

/// A JSON value of a message.
pub type Json = serde_json::Value;

/// Most bytes of one message that is pushed or published.
pub const MESSAGE_BYTES_MAX: usize = 4 << 20;
/// Most bytes of a document that is fetched whole: a file, an HTTP answer.
pub const DOCUMENT_BYTES_MAX: usize = 16 << 20;
/// Most lists and objects inside each other.
pub const MESSAGE_DEPTH_MAX: usize = 64;
/// Most bytes of one text, as written in the message.
pub const TEXT_BYTES_MAX: usize = 64 << 10;

/// Reads one message of at most `bytes_max` bytes; refuses what is too deep or holds a text that is too long before
/// any memory is taken for it.
pub fn parse_message(bytes: &[u8], bytes_max: usize) -> Result<Json, RejectReason> {
    if bytes.len() > bytes_max {
        return Err(RejectReason::TooLarge { bytes: bytes.len(), bytes_max });
    }
    scan(bytes)?;
    serde_json::from_slice(bytes).map_err(|error| RejectReason::NoJson { why: error.to_string() })
}

/// Walks once over the bytes: counts how deep brackets nest and how long texts are.
fn scan(bytes: &[u8]) -> Result<(), RejectReason> {
    let (mut depth, mut at) = (0usize, 0usize);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'[' | b'{' => {
                depth += 1;
                if depth > MESSAGE_DEPTH_MAX {
                    return Err(RejectReason::TooDeep);
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'"' => {
                let begin = at + 1;
                at = end_of_text(bytes, begin);
                if at - begin > TEXT_BYTES_MAX {
                    return Err(RejectReason::TextTooLong { field: String::new() });
                }
            }
            _ => {}
        }
        at += 1;
    }
    Ok(())
}

/// Where the text that begins at `at` ends: at its closing quote, or behind the last byte.
fn end_of_text(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    at.min(bytes.len())
}
