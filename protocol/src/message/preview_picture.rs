//! `PreviewPicture`: a screen as it was composed, small. It travels on a one-way stream of its own.
//!
//! ```text
//! body: wall     text ≤ 64        an id
//!       screen   text ≤ 64        an id
//!       tick     varint
//!       composed zigzag           nanoseconds of wall time
//!       sent     zigzag           nanoseconds of wall time
//!       place    optional         of H.264 alone:
//!         key    varint           the tick of its key picture
//!         order  varint           pictures since then, 0 to 255
//!       bytes    bytes            all of it ≤ 512 KiB
//! ```

use super::blob::Blob;
use crate::error::{DecodeError, EncodeError};
use crate::frame::{self, Kind, Wire};
use bytes::Bytes;
use media::{CanvasFrame, ScreenId, WallId, WallTime};
use serde::{Deserialize, Serialize};

/// The last picture that may lean on a key picture.
const ORDER_MAX: u32 = 255;

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
    /// What the bytes are.
    pub coding: PreviewCoding,
    /// The picture; with all else in the message at most 512 KiB.
    pub bytes: Bytes,
}

/// How a small picture is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PreviewCoding {
    /// A file of its own.
    Jpeg,
    /// One access unit of H.264 in the byte stream format (ITU-T H.264, annex B), without pictures that are shown later.
    H264 {
        /// The tick of the key picture that it leans on: its own, when it is one.
        key: CanvasFrame,
        /// How manieth picture after that it is, 0 to 255: 0 is the key picture.
        order: u32,
    },
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
    place: Option<(u64, u32)>,
    bytes: Blob,
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
            coding,
            bytes,
        } = self;
        let place = match coding {
            PreviewCoding::Jpeg => None,
            PreviewCoding::H264 { key: CanvasFrame(key), order } => Some((*key, *order)),
        };
        Form {
            wall: wall.to_string(),
            screen: screen.to_string(),
            tick: *tick,
            composed: *composed,
            sent: *sent,
            place,
            bytes: Blob(bytes.clone()),
        }
    }

    fn from_form(form: Form) -> Result<Self, DecodeError> {
        let Form { wall, screen, tick, composed, sent, place, bytes: Blob(bytes) } = form;
        let coding = match place {
            None => PreviewCoding::Jpeg,
            Some((_, order)) if order > ORDER_MAX => return Err(DecodeError::Value("preview_picture.order")),
            Some((key, order)) => PreviewCoding::H264 { key: CanvasFrame(key), order },
        };
        Ok(Self {
            wall: WallId::new(&wall).map_err(|_| DecodeError::Value("preview_picture.wall"))?,
            screen: ScreenId::new(&screen).map_err(|_| DecodeError::Value("preview_picture.screen"))?,
            tick: CanvasFrame(tick),
            composed: WallTime(composed),
            sent: WallTime(sent),
            coding,
            bytes,
        })
    }
}
