//! `Cannot`: a node cannot show a revision, and why.
//!
//! ```text
//! body: revision varint
//!       why      text ≤ 1024
//! ```

use crate::error::{DecodeError, OverLimit, at_most, shorten};
use crate::frame::{Kind, Wire};
use serde::{Deserialize, Serialize};

const WHY_BYTES_MAX: usize = 1024;

/// The node stays on what it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cannot {
    /// Which revision.
    pub revision: u64,
    /// What is in the way, for the operator; at most 1024 bytes.
    pub why: String,
}

impl Cannot {
    /// `revision` cannot be shown because of `why`, which is cut to 1024 bytes.
    pub fn new(revision: u64, why: &str) -> Self {
        Self { revision, why: shorten(why, WHY_BYTES_MAX).to_owned() }
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Form {
    revision: u64,
    why: String,
}

impl Wire for Cannot {
    const KIND: Kind = Kind::Cannot;
    type Form = Form;

    fn to_form(&self) -> Form {
        let Self { revision, why } = self;
        Form { revision: *revision, why: why.clone() }
    }

    fn check(form: &Form) -> Result<(), OverLimit> {
        at_most("cannot.why", form.why.len(), WHY_BYTES_MAX)
    }

    fn from_form(form: Form) -> Result<Self, DecodeError> {
        let Form { revision, why } = form;
        Ok(Self { revision, why })
    }
}
