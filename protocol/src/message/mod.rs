//! The messages of the control link, one per file.

mod activate;
mod answer;
mod audit;
mod blob;
mod cannot;
mod errand;
mod errand_reply;
mod goodbye;
mod heartbeat;
mod hello;
mod picture_reply;
mod picture_request;
mod preview;
mod preview_picture;
mod ready;
mod report;
mod showing;
mod snapshot;
mod variant;
mod welcome;

pub use activate::Activate;
pub use answer::{Answer, AnswerFrame, QUERIES_MAX};
pub use audit::{AUDIT_TICKS_MAX, Audit, TickAudit};
pub use cannot::Cannot;
pub use errand::{Errand, Task};
pub use errand_reply::{Device, DeviceStream, ErrandFault, ErrandOutcome, ErrandReply, Probed};
pub use hello::Hello;
pub use picture_reply::{NoPicture, PictureReply};
pub use picture_request::{PICTURE_WIDTHS_PX, PictureFormat, PictureRequest, PictureSubject};
pub use preview::{Looks, Preview};
pub use preview_picture::{PreviewCoding, PreviewPicture};
pub use ready::Ready;
pub use report::{ClockReport, ClockState, Report, ScreenReport, SourceReport};
pub use showing::Showing;
pub use snapshot::{ASSET_BYTES_MAX, Asset, IngestEntry, Snapshot, VARIANTS_MAX, WallProgram};
pub use welcome::Welcome;

use crate::Reason;
use crate::error::{DecodeError, EncodeError};
use crate::frame::{self, Kind};
use bytes::Bytes;
use goodbye::Goodbye;
use heartbeat::Heartbeat;
use std::sync::Arc;

pub(crate) use report::{WireFault, fault_from_wire, fault_to_wire};

/// What a node says to the controller.
#[derive(Debug, Clone, PartialEq)]
pub enum ToController {
    /// Who connects; always the first message.
    Hello(Hello),
    /// All that a revision's walls need next is prepared.
    Ready(Ready),
    /// A revision cannot be shown.
    Cannot(Cannot),
    /// A revision is on the screens.
    Showing(Showing),
    /// Measurements, about once a second.
    Report(Report),
    /// What was shown, tick by tick.
    Audit(Audit),
    /// Still here.
    Heartbeat,
    /// The node ends the link.
    Goodbye(Reason),
}

/// What the controller says to a node.
#[derive(Debug, Clone, PartialEq)]
pub enum ToNode {
    /// The hello is accepted.
    Welcome(Welcome),
    /// The whole layout.
    Snapshot(Arc<Snapshot>),
    /// What was prepared goes on air.
    Activate(Activate),
    /// Whether somebody looks at a wall from afar.
    Preview(Preview),
    /// A picture is wanted.
    PictureRequest(PictureRequest),
    /// Something is to be found out.
    Errand(Errand),
    /// Still here.
    Heartbeat,
    /// The controller ends the link.
    Goodbye(Reason),
}

impl ToController {
    /// The message's frame, header and body.
    pub fn encode(&self) -> Result<Bytes, EncodeError> {
        match self {
            Self::Hello(message) => frame::encode(message),
            Self::Ready(message) => frame::encode(message),
            Self::Cannot(message) => frame::encode(message),
            Self::Showing(message) => frame::encode(message),
            Self::Report(message) => frame::encode(message),
            Self::Audit(message) => frame::encode(message),
            Self::Heartbeat => frame::encode(&Heartbeat),
            Self::Goodbye(reason) => frame::encode(&Goodbye(*reason)),
        }
    }

    /// The message of kind `kind` in `body`.
    pub fn decode(kind: Kind, body: &[u8]) -> Result<Self, DecodeError> {
        match kind {
            Kind::Hello => frame::decode(body).map(Self::Hello),
            Kind::Ready => frame::decode(body).map(Self::Ready),
            Kind::Cannot => frame::decode(body).map(Self::Cannot),
            Kind::Showing => frame::decode(body).map(Self::Showing),
            Kind::Report => frame::decode(body).map(Self::Report),
            Kind::Audit => frame::decode(body).map(Self::Audit),
            Kind::Heartbeat => frame::decode::<Heartbeat>(body).map(|Heartbeat| Self::Heartbeat),
            Kind::Goodbye => frame::decode::<Goodbye>(body).map(|Goodbye(reason)| Self::Goodbye(reason)),
            other => Err(DecodeError::Kind(other.byte())),
        }
    }
}

impl ToNode {
    /// The message's frame, header and body.
    pub fn encode(&self) -> Result<Bytes, EncodeError> {
        match self {
            Self::Welcome(message) => frame::encode(message),
            Self::Snapshot(message) => frame::encode(message.as_ref()),
            Self::Activate(message) => frame::encode(message),
            Self::Preview(message) => frame::encode(message),
            Self::PictureRequest(message) => frame::encode(message),
            Self::Errand(message) => frame::encode(message),
            Self::Heartbeat => frame::encode(&Heartbeat),
            Self::Goodbye(reason) => frame::encode(&Goodbye(*reason)),
        }
    }

    /// The message of kind `kind` in `body`.
    pub fn decode(kind: Kind, body: &[u8]) -> Result<Self, DecodeError> {
        match kind {
            Kind::Welcome => frame::decode(body).map(Self::Welcome),
            Kind::Snapshot => frame::decode(body).map(|snapshot| Self::Snapshot(Arc::new(snapshot))),
            Kind::Activate => frame::decode(body).map(Self::Activate),
            Kind::Preview => frame::decode(body).map(Self::Preview),
            Kind::PictureRequest => frame::decode(body).map(Self::PictureRequest),
            Kind::Errand => frame::decode(body).map(Self::Errand),
            Kind::Heartbeat => frame::decode::<Heartbeat>(body).map(|Heartbeat| Self::Heartbeat),
            Kind::Goodbye => frame::decode::<Goodbye>(body).map(|Goodbye(reason)| Self::Goodbye(reason)),
            other => Err(DecodeError::Kind(other.byte())),
        }
    }
}

/// What a node sends besides, each on a one-way stream of its own: pictures, and what errands have brought, which has pictures, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodePicture {
    /// A screen as it is, because somebody looks at its wall.
    Preview(PreviewPicture),
    /// What was asked for.
    Reply(PictureReply),
    /// What an errand has brought.
    Errand(ErrandReply),
}

impl NodePicture {
    /// The picture in the `body` of a message of kind `kind`.
    pub fn decode(kind: Kind, body: &[u8]) -> Result<Self, DecodeError> {
        match kind {
            Kind::PreviewPicture => frame::decode(body).map(Self::Preview),
            Kind::PictureReply => frame::decode(body).map(Self::Reply),
            Kind::ErrandReply => frame::decode(body).map(Self::Errand),
            other => Err(DecodeError::Kind(other.byte())),
        }
    }
}

#[cfg(test)]
mod tests;
