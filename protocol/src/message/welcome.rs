//! `Welcome`: the controller accepts a hello.
//!
//! ```text
//! body: software text ≤ 64     the controller's version, for logs
//!       now      zigzag        the controller's wall time in nanoseconds when it sent this
//! ```

use crate::error::{DecodeError, OverLimit, at_most};
use crate::frame::{Kind, Wire};
use media::WallTime;
use serde::{Deserialize, Serialize};

/// The hello is accepted; a snapshot follows as soon as there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Welcome {
    /// The controller's version, at most 64 bytes.
    pub software: String,
    /// The controller's wall time when it sent this: a node whose clock is far off can say so.
    pub now: WallTime,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Form {
    software: String,
    now: i64,
}

impl Wire for Welcome {
    const KIND: Kind = Kind::Welcome;
    type Form = Form;

    fn to_form(&self) -> Form {
        let Self { software, now: WallTime(now) } = self;
        Form { software: software.clone(), now: *now }
    }

    fn check(form: &Form) -> Result<(), OverLimit> {
        at_most("welcome.software", form.software.len(), 64)
    }

    fn from_form(form: Form) -> Result<Self, DecodeError> {
        let Form { software, now } = form;
        Ok(Self { software, now: WallTime(now) })
    }
}
