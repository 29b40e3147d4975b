//! `Heartbeat`: the sender lives. Its body is empty.
//!
//! ```text
//! body: nothing
//! ```

use crate::error::DecodeError;
use crate::frame::{Kind, Wire};

/// The sender lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Heartbeat;

impl Wire for Heartbeat {
    const KIND: Kind = Kind::Heartbeat;
    type Form = ();

    fn to_form(&self) -> Self::Form {}

    fn from_form((): Self::Form) -> Result<Self, DecodeError> {
        Ok(Self)
    }
}
