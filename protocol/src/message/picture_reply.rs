//! `PictureReply`: a picture that was asked for, or why there is none. It travels on a one-way stream of its own.
//!
//! ```text
//! body: number   varint
//!       outcome  0 picture: made zigzag (nanoseconds of wall time), bytes; all of it ≤ 32 MiB
//!                1 unknown │ 2 no picture │ 3 too large │ 4 failed
//! ```

use super::blob::Blob;
use crate::error::{DecodeError, EncodeError};
use crate::frame::{self, Kind, Wire};
use bytes::Bytes;
use media::WallTime;
use serde::{Deserialize, Serialize};

/// Why there is no picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoPicture {
    /// The node does not drive that screen, or its layout has no such wall, source or scene.
    #[error("the display node does not know what is asked for")]
    Unknown,
    /// Nothing has been composed, or received, yet.
    #[error("there is no picture of it yet")]
    None,
    /// As a file it is above its limit; a smaller width helps.
    #[error("the picture is too large to be sent: ask for a smaller width")]
    TooLarge,
    /// It could not be drawn.
    #[error("the display node could not draw it")]
    Failed,
}

/// A picture that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureReply {
    /// That of the request.
    pub number: u64,
    /// When the picture was made and the file, or why there is none.
    pub outcome: Result<(WallTime, Bytes), NoPicture>,
}

impl PictureReply {
    /// The whole frame. Errors: a picture above its limit.
    pub fn encode(&self) -> Result<Bytes, EncodeError> {
        frame::encode(self)
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) enum OutcomeForm {
    Picture(i64, Blob),
    Unknown,
    None,
    TooLarge,
    Failed,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Form {
    number: u64,
    outcome: OutcomeForm,
}

impl Wire for PictureReply {
    const KIND: Kind = Kind::PictureReply;
    type Form = Form;

    fn to_form(&self) -> Form {
        let Self { number, outcome } = self;
        let outcome = match outcome {
            Ok((WallTime(made), bytes)) => OutcomeForm::Picture(*made, Blob(bytes.clone())),
            Err(NoPicture::Unknown) => OutcomeForm::Unknown,
            Err(NoPicture::None) => OutcomeForm::None,
            Err(NoPicture::TooLarge) => OutcomeForm::TooLarge,
            Err(NoPicture::Failed) => OutcomeForm::Failed,
        };
        Form { number: *number, outcome }
    }

    fn from_form(form: Form) -> Result<Self, DecodeError> {
        let Form { number, outcome } = form;
        let outcome = match outcome {
            OutcomeForm::Picture(made, Blob(bytes)) => Ok((WallTime(made), bytes)),
            OutcomeForm::Unknown => Err(NoPicture::Unknown),
            OutcomeForm::None => Err(NoPicture::None),
            OutcomeForm::TooLarge => Err(NoPicture::TooLarge),
            OutcomeForm::Failed => Err(NoPicture::Failed),
        };
        Ok(Self { number, outcome })
    }
}
