//! From messages to rows: bounded JSON, expressions, typed values, what did not fit, and how long ago a feed was heard.

mod convert;
mod event;
mod expression;
mod heard;
mod json;
mod mapping;
mod moment;
mod reject;

#[cfg(test)]
mod tests;

pub use event::EventInput;
pub use expression::{Expression, ExpressionError};
pub use heard::Heard;
pub use json::{
    DOCUMENT_BYTES_MAX, Json, MESSAGE_BYTES_MAX, MESSAGE_DEPTH_MAX, TEXT_BYTES_MAX, parse_message,
};
pub use mapping::{AHEAD_MAX, Mapped, Mapping, MappingError};
pub use moment::{MomentError, moment_of_number, moment_of_text};
pub use reject::{REJECTS_KEPT, Reject, RejectLog, RejectReason};
