//! The only place that names ffmpeg: demuxers and decoders.
