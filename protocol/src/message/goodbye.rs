//! `Goodbye`: the link ends, and why.
//!
//! ```text
//! body: code varint            see `Reason`; a code from a later version reads as `Internal`
//! ```

use crate::Reason;
use crate::error::DecodeError;
use crate::frame::{Kind, Wire};

/// The link ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Goodbye(pub(crate) Reason);

impl Wire for Goodbye {
    const KIND: Kind = Kind::Goodbye;
    type Form = u32;

    fn to_form(&self) -> Self::Form {
        let Self(reason) = self;
        reason.code()
    }

    fn from_form(code: Self::Form) -> Result<Self, DecodeError> {
        Ok(Self(Reason::from_code(code).unwrap_or(Reason::Internal)))
    }
}
