//! `Ready`: a node has prepared a revision.
//!
//! ```text
//! body: revision varint
//! ```

use crate::error::DecodeError;
use crate::frame::{Kind, Wire};

/// The node can switch to the revision when its time comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ready {
    /// Which revision.
    pub revision: u64,
}

impl Wire for Ready {
    const KIND: Kind = Kind::Ready;
    type Form = u64;

    fn to_form(&self) -> u64 {
        let Self { revision } = self;
        *revision
    }

    fn from_form(revision: u64) -> Result<Self, DecodeError> {
        Ok(Self { revision })
    }
}
