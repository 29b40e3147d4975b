//! `Showing`: a revision is on the screens.
//!
//! ```text
//! body: revision     varint
//!       wall         text ≤ 64   an id
//!       scene        text ≤ 64   an id
//!       canvas_frame varint      the first tick that shows it
//! ```

use crate::error::DecodeError;
use crate::frame::{Kind, Wire};
use media::{CanvasFrame, SceneId, WallId};
use serde::{Deserialize, Serialize};

/// A wall's scene of a revision is on this node's screens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Showing {
    /// Which revision.
    pub revision: u64,
    /// On which wall.
    pub wall: WallId,
    /// What it shows.
    pub scene: SceneId,
    /// The first tick that shows it.
    pub canvas_frame: CanvasFrame,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Form {
    revision: u64,
    wall: String,
    scene: String,
    canvas_frame: u64,
}

impl Wire for Showing {
    const KIND: Kind = Kind::Showing;
    type Form = Form;

    fn to_form(&self) -> Form {
        let Self { revision, wall, scene, canvas_frame: CanvasFrame(canvas_frame) } = self;
        Form {
            revision: *revision,
            wall: wall.to_string(),
            scene: scene.to_string(),
            canvas_frame: *canvas_frame,
        }
    }

    fn from_form(form: Form) -> Result<Self, DecodeError> {
        let Form { revision, wall, scene, canvas_frame } = form;
        Ok(Self {
            revision,
            wall: WallId::new(&wall).map_err(|_| DecodeError::Value("showing.wall"))?,
            scene: SceneId::new(&scene).map_err(|_| DecodeError::Value("showing.scene"))?,
            canvas_frame: CanvasFrame(canvas_frame),
        })
    }
}
