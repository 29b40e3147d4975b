//! `Activate`: the second phase of a scene change; the scene that was prepared goes on air.
//!
//! ```text
//! body: revision varint
//!       wall     text ≤ 64   an id
//!       at       varint      the first tick that shows the wall's next scene
//! ```

use crate::error::DecodeError;
use crate::frame::{Kind, Wire};
use media::{CanvasFrame, WallId};
use serde::{Deserialize, Serialize};

/// The wall's `next` of this revision goes on air, with its transition. A node that learns it late switches at once, into
/// the middle of the transition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activate {
    /// Which revision's `next` is meant; for a node that holds another one it means nothing.
    pub revision: u64,
    /// On which wall.
    pub wall: WallId,
    /// The first tick that shows it, on every node.
    pub at: CanvasFrame,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Form {
    revision: u64,
    wall: String,
    at: u64,
}

impl Wire for Activate {
    const KIND: Kind = Kind::Activate;
    type Form = Form;

    fn to_form(&self) -> Form {
        let Self { revision, wall, at: CanvasFrame(at) } = self;
        Form { revision: *revision, wall: wall.to_string(), at: *at }
    }

    fn from_form(form: Form) -> Result<Self, DecodeError> {
        let Form { revision, wall, at } = form;
        let wall = WallId::new(&wall).map_err(|_| DecodeError::Value("activate.wall"))?;
        Ok(Self { revision, wall, at: CanvasFrame(at) })
    }
}
