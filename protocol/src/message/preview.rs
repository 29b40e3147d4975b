//! `Preview`: whether and how people look at a wall from afar, and how large and how often its pictures may then be.
//!
//! ```text
//! body: wall        text ≤ 64        an id
//!       stills      bool             somebody wants JPEGs
//!       video       bool             somebody wants H.264
//!       side_px_max varint           16 to 4096
//!       every_ticks varint           1 to 240
//! ```

use crate::error::DecodeError;
use crate::frame::{Kind, Wire};
use media::WallId;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

const SIDES_PX: RangeInclusive<u32> = 16..=4096;
const TICKS: RangeInclusive<u32> = 1..=240;

/// What is wanted by those who look at a wall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Looks {
    /// Each picture a JPEG file.
    pub stills: bool,
    /// H.264, whose pictures lean on those before them.
    pub video: bool,
}

impl Looks {
    /// Whether anybody looks.
    pub fn any(self) -> bool {
        self.stills || self.video
    }
}

/// From now on this wall's display nodes send small pictures of their screens, or no longer. A node that was never told sends
/// none, and each new link begins without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// Which wall.
    pub wall: WallId,
    /// What those who look can show; nothing when nobody looks.
    pub looks: Looks,
    /// The longer side of the whole wall's canvas, drawn as small as its screens' pictures are; 16 to 4096.
    pub side_px_max: u32,
    /// A screen's picture is taken at every so manieth tick; 1 to 240.
    pub every_ticks: u32,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Form {
    wall: String,
    stills: bool,
    video: bool,
    side_px_max: u32,
    every_ticks: u32,
}

impl Wire for Preview {
    const KIND: Kind = Kind::Preview;
    type Form = Form;

    fn to_form(&self) -> Form {
        let Self { wall, looks: Looks { stills, video }, side_px_max, every_ticks } = self;
        Form {
            wall: wall.to_string(),
            stills: *stills,
            video: *video,
            side_px_max: *side_px_max,
            every_ticks: *every_ticks,
        }
    }

    fn from_form(form: Form) -> Result<Self, DecodeError> {
        let Form { wall, stills, video, side_px_max, every_ticks } = form;
        if !SIDES_PX.contains(&side_px_max) {
            return Err(DecodeError::Value("preview.side_px_max"));
        }
        if !TICKS.contains(&every_ticks) {
            return Err(DecodeError::Value("preview.every_ticks"));
        }
        let wall = WallId::new(&wall).map_err(|_| DecodeError::Value("preview.wall"))?;
        Ok(Self { wall, looks: Looks { stills, video }, side_px_max, every_ticks })
    }
}
