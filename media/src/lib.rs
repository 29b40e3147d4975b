//! The vocabulary that every room of the house shares: ids, clocks, sizes, colours, frames, packets, sources, feeds, tables and
//! events.
//!
//! Nothing here opens a socket, reads a clock or takes a decision.

mod clock;
mod color;
mod event;
mod feed;
mod frame;
mod health;
mod id;
mod packet;
mod size;
mod source;
mod table;

pub use clock::{CanvasFrame, ClockMap, LocalTime, MediaTime, TickRate, WallTime};
pub use color::{ChromaSiting, Color, Matrix, Range};
pub use event::{DUE_AFTER, EVENT_FIELDS, EVENT_STATES, EventReport, EventState};
pub use feed::{
    ColumnSpec, FeedEndpoint, FeedSpec, FeedTarget, FileFormat, MqttVersion, SqlEngine, TableSpec,
};
pub use frame::{Chroma, Frame, FrameError, PixelLayout, Plane};
pub use health::{Fault, Health};
pub use id::{
    CredentialId, FeedId, IdError, NodeId, QueryId, RuleId, SceneId, ScheduleId, ScreenId, SourceId,
    StreamId, TableId, TourId, WallId, WindowId,
};
pub use packet::{Codec, Packet, StreamInfo};
pub use size::Size;
pub use source::{Credential, Endpoint, Reach, RtpPayload, RtspTransport, SrtMode, UdpFormat};
pub use table::{ColumnKind, Real, Table, Value};
