//! The only place that names ffmpeg: demuxers and decoders, and an encoder of small pictures for people who look from afar.

mod address;
mod capabilities;
mod convert;
mod decoder;
mod encoder;
mod log;
pub mod peer_compose;
mod probe;
mod source;
mod still;
mod sys;

pub use address::{Timeouts, place};
pub use capabilities::{Capabilities, capabilities};
pub use decoder::{DecoderCounters, FfmpegDecoder};
pub use encoder::{VideoEncodeError, VideoEncoder};
pub use source::{FfmpegSource, look, open};
