//! The vocabulary that every room of the house shares: ids, clocks, sizes, colours, frames, packets and sources.
//!
//! Nothing here opens a socket, reads a clock or takes a decision.

mod clock;
mod color;
mod frame;
mod health;
mod id;
mod packet;
mod size;
mod source;

pub use clock::{CanvasFrame, ClockMap, LocalTime, MediaTime, TickRate, WallTime};
pub use color::{ChromaSiting, Color, Matrix, Range};
pub use frame::{Chroma, Frame, FrameError, PixelLayout, Plane};
pub use health::{Fault, Health};
pub use id::{CredentialId, IdError, NodeId, SceneId, ScreenId, SourceId, StreamId, WallId};
pub use packet::{Codec, Packet, StreamInfo};
pub use size::Size;
pub use source::{Credential, Endpoint, RtpPayload, RtspTransport, SrtMode, UdpFormat};
