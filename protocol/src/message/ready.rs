//! `Ready`: a node has prepared all that a revision needs.
//!
//! ```text
//! body: revision varint
//! ```

use crate::error::DecodeError;
use crate::frame::{Kind, Wire};

/// Every live source that the walls show next has a decoded picture or is known to be faulty, and rasters are drawn: the node
/// can switch at any tick.
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
