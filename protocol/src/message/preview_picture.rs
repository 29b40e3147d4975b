//! `PreviewPicture`: a screen as it was composed, small. It travels on a one-way stream of its own.
//!
//! ```text
//! body: wall     text ≤ 64        an id
//!       screen   text ≤ 64        an id
//!       tick     varint
//!       composed zigzag           nanoseconds of wall time
//!       sent     zigzag           nanoseconds of wall time
//!       jpeg     bytes            all of it ≤ 512 KiB
//! ```

use super::blob::Blob;
use crate::error::{DecodeError, EncodeError};
use crate::frame::{self, Kind, Wire};
use bytes::Bytes;
use media::{CanvasFrame, ScreenId, WallId, WallTime};
use serde::{Deserialize, Serialize};

/// One screen as it was composed for one tick: upright, without what lies behind its bezel, smaller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewPicture {
    /// On which wall.
    pub wall: WallId,
    /// Which screen.
    pub screen: ScreenId,
    /// For which tick.
    pub tick: CanvasFrame,
    /// When it had been composed.
    pub composed: WallTime,
    /// When it was ready to be sent.
    pub sent: WallTime,
    /// The picture; with all else in the message at most 512 KiB.
    pub jpeg: Bytes,
}

impl PreviewPicture {
    /// The whole frame. Errors: a picture above its limit.
    pub fn encode(&self) -> Result<Bytes, EncodeError> {
        frame::encode(self)
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Form {
    wall: String,
    screen: String,
    tick: u64,
    composed: i64,
    sent: i64,
    jpeg: Blob,
}

impl Wire for PreviewPicture {
    const KIND: Kind = Kind::PreviewPicture;
    type Form = Form;

    fn to_form(&self) -> Form {
        let Self {
            wall,
            screen,
            tick: CanvasFrame(tick),
            composed: WallTime(composed),
            sent: WallTime(sent),
            jpeg,
        } = self;
        Form {
            wall: wall.to_string(),
            screen: screen.to_string(),
            tick: *tick,
            composed: *composed,
            sent: *sent,
            jpeg: Blob(jpeg.clone()),
        }
    }

    fn from_form(form: Form) -> Result<Self, DecodeError> {
        let Form { wall, screen, tick, composed, sent, jpeg: Blob(jpeg) } = form;
        Ok(Self {
            wall: WallId::new(&wall).map_err(|_| DecodeError::Value("preview_picture.wall"))?,
            screen: ScreenId::new(&screen).map_err(|_| DecodeError::Value("preview_picture.screen"))?,
            tick: CanvasFrame(tick),
            composed: WallTime(composed),
            sent: WallTime(sent),
            jpeg,
        })
    }
}
