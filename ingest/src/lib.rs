//! From packets to frames and from messages to rows by policy alone: timelines, freshness, frame queues, reconnecting, feeds.
//! Time is an argument.

mod capture_clock;
mod decoder;
pub mod feed;
mod frame_queue;
mod freshness;
mod pacer;
mod reconnect;
mod source;
mod timeline;

pub use decoder::{DecodeError, Decoder};
pub use frame_queue::{FrameQueue, Picked, QueueCounters, Verdict, runs_back};
pub use freshness::{Freshness, FreshnessSettings};
pub use pacer::Pacer;
pub use reconnect::{Backoff, BackoffSettings};
pub use source::{Interrupt, RawPacket, Source, SourceError, SourceEvent, Timescale};
pub use timeline::{Pace, Stamp, Timeline, TimelineCounters};
