//! `PictureRequest`: one picture of something is asked for. The reply is a `PictureReply` with the same number.
//!
//! ```text
//! body: number      varint
//!       wall        text ≤ 64            an id
//!       subject     0 screen │ 1 source │ 2 scene, each with text ≤ 64: an id
//!       format      0 PNG │ 1 JPEG
//!       width_px    option of varint     16 to 16384
//! ```

use crate::error::DecodeError;
use crate::frame::{Kind, Wire};
use media::{SceneId, ScreenId, SourceId, WallId};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// How wide pictures may be asked for, in pixels.
pub const PICTURE_WIDTHS_PX: RangeInclusive<u32> = 16..=16_384;

/// What a picture is wanted of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PictureSubject {
    /// A screen as it is composed, upright.
    Screen(ScreenId),
    /// A source as windows show it: its newest picture with its privacy zones, or the card that stands in its place.
    Source(SourceId),
    /// A scene with the newest pictures that the node has.
    Scene(SceneId),
}

/// What kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PictureFormat {
    /// Exact.
    Png,
    /// Small.
    Jpeg,
}

/// A picture is wanted of one of a wall's display nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureRequest {
    /// The reply bears the same. Each is greater than those before it on the same link.
    pub number: u64,
    /// Of which wall.
    pub wall: WallId,
    /// What it shows.
    pub subject: PictureSubject,
    /// What kind of file.
    pub format: PictureFormat,
    /// The picture is at most so wide, 16 to 16384; `None` for all pixels that there are.
    pub width_px: Option<u32>,
}

#[derive(Serialize, Deserialize)]
pub(crate) enum SubjectForm {
    Screen(String),
    Source(String),
    Scene(String),
}

impl From<&PictureSubject> for SubjectForm {
    fn from(subject: &PictureSubject) -> Self {
        match subject {
            PictureSubject::Screen(id) => Self::Screen(id.to_string()),
            PictureSubject::Source(id) => Self::Source(id.to_string()),
            PictureSubject::Scene(id) => Self::Scene(id.to_string()),
        }
    }
}

impl TryFrom<SubjectForm> for PictureSubject {
    type Error = DecodeError;
    fn try_from(form: SubjectForm) -> Result<Self, DecodeError> {
        let wrong = |_| DecodeError::Value("picture_request.subject");
        Ok(match form {
            SubjectForm::Screen(id) => Self::Screen(ScreenId::new(&id).map_err(wrong)?),
            SubjectForm::Source(id) => Self::Source(SourceId::new(&id).map_err(wrong)?),
            SubjectForm::Scene(id) => Self::Scene(SceneId::new(&id).map_err(wrong)?),
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) enum FormatForm {
    Png,
    Jpeg,
}

impl From<PictureFormat> for FormatForm {
    fn from(format: PictureFormat) -> Self {
        match format {
            PictureFormat::Png => Self::Png,
            PictureFormat::Jpeg => Self::Jpeg,
        }
    }
}

impl From<FormatForm> for PictureFormat {
    fn from(form: FormatForm) -> Self {
        match form {
            FormatForm::Png => Self::Png,
            FormatForm::Jpeg => Self::Jpeg,
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Form {
    number: u64,
    wall: String,
    subject: SubjectForm,
    format: FormatForm,
    width_px: Option<u32>,
}

impl Wire for PictureRequest {
    const KIND: Kind = Kind::PictureRequest;
    type Form = Form;

    fn to_form(&self) -> Form {
        let Self { number, wall, subject, format, width_px } = self;
        Form {
            number: *number,
            wall: wall.to_string(),
            subject: subject.into(),
            format: (*format).into(),
            width_px: *width_px,
        }
    }

    fn from_form(form: Form) -> Result<Self, DecodeError> {
        let Form { number, wall, subject, format, width_px } = form;
        if width_px.is_some_and(|width| !PICTURE_WIDTHS_PX.contains(&width)) {
            return Err(DecodeError::Value("picture_request.width_px"));
        }
        let wall = WallId::new(&wall).map_err(|_| DecodeError::Value("picture_request.wall"))?;
        Ok(Self { number, wall, subject: subject.try_into()?, format: format.into(), width_px })
    }
}
