//! From packets to frames by policy alone: timelines, jitter, freshness, reconnecting. Time is an argument.

mod decoder;
mod source;

pub use decoder::{DecodeError, Decoder};
pub use source::{Interrupt, RawPacket, Source, SourceError, SourceEvent, Timescale};
