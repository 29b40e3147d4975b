//! Messages and session machines between controller and nodes, and the framing of media, without I/O.
//!
//! Nothing here opens a socket, reads a clock or draws a random number: time comes in as an argument and bytes go out
//! as values. `docs/PROTOCOL.md` is the same in prose.

mod clock;
mod error;
mod frame;
mod join;
mod media_frame;
mod message;
mod push;
mod reason;
mod role;
mod session;
mod status;

pub use clock::{CLOCK_DATAGRAM_BYTES, ClockEcho, ClockFollower, ClockProbe, ClockSettings};
pub use error::{DecodeError, EncodeError};
pub use frame::{FrameHeader, HEADER_BYTES, Kind, PROTOCOL_VERSION};
pub use join::{JoinAccepted, JoinRequest, JoinToken, JoinTokenError, Secret};
pub use media_frame::{ACCESS_UNIT_BYTES_MAX, MediaFrame, MediaFrameError};
pub use message::{
    ASSET_BYTES_MAX, AUDIT_TICKS_MAX, Activate, Answer, AnswerFrame, Asset, Audit, Cannot, ClockReport,
    ClockState, Device, DeviceStream, Errand, ErrandFault, ErrandOutcome, ErrandReply, Hello, IngestEntry,
    Looks, NoPicture, NodePicture, PICTURE_WIDTHS_PX, PictureFormat, PictureReply, PictureRequest,
    PictureSubject, Preview, PreviewCoding, PreviewPicture, Probed, QUERIES_MAX, Ready, Report, ScreenReport,
    Showing, Snapshot, SourceReport, Task, TickAudit, ToController, ToNode, VARIANTS_MAX, WallProgram,
    Welcome,
};
pub use push::{PUSH_MESSAGES_MAX, Push, PushRefusal, Pushed};
pub use reason::Reason;
pub use role::Role;
pub use session::{
    ControllerEvent, ControllerSession, HEARTBEAT_EVERY, HELLO_WITHIN, IDLE_AFTER, NodeEvent, NodeSession,
    SessionError,
};
pub use status::{SourceStatus, StatusMessage};
