//! What this build of FFmpeg can read, for `taibai doctor`.

use crate::decoder::codec_id;
use crate::sys::init;
use ffmpeg_next::ffi;
use media::Codec;
use std::ffi::{CStr, c_char, c_void};
use std::ptr;

/// What FFmpeg on this machine offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// FFmpeg's version as it names itself.
    pub version: String,
    /// Each protocol that Taibai reads from, and whether it is there.
    pub protocols: Vec<(&'static str, bool)>,
    /// Each encoding that Taibai shows, and the decoder that will be used.
    pub decoders: Vec<(Codec, Option<String>)>,
}

/// Protocols that endpoints open.
const PROTOCOLS: [&str; 9] = ["tcp", "udp", "rtp", "tls", "srt", "rtmp", "rtmps", "http", "https"];

const CODECS: [Codec; 9] = [
    Codec::H264,
    Codec::H265,
    Codec::Av1,
    Codec::Vp9,
    Codec::Vp8,
    Codec::Mpeg2,
    Codec::Mpeg4,
    Codec::Mjpeg,
    Codec::Png,
];

/// Asks FFmpeg what it has.
pub fn capabilities() -> Capabilities {
    init();
    let present = input_protocols();
    Capabilities {
        // SAFETY: a static text.
        version: unsafe { text(ffi::av_version_info()) },
        protocols: PROTOCOLS.map(|name| (name, present.iter().any(|have| have == name))).to_vec(),
        decoders: CODECS.map(|codec| (codec, decoder_name(codec))).to_vec(),
    }
}

unsafe fn text(pointer: *const c_char) -> String {
    if pointer.is_null() {
        return String::new();
    }
    // SAFETY: the caller gives a text that ends with zero.
    unsafe { CStr::from_ptr(pointer).to_string_lossy().into_owned() }
}

fn input_protocols() -> Vec<String> {
    let mut cursor: *mut c_void = ptr::null_mut();
    // SAFETY: the cursor belongs to FFmpeg's iteration; names are static texts; null ends the list.
    std::iter::from_fn(|| unsafe {
        let name = ffi::avio_enum_protocols(&mut cursor, 0);
        (!name.is_null()).then(|| text(name))
    })
    .collect()
}

fn decoder_name(codec: Codec) -> Option<String> {
    // SAFETY: returns a static description or null.
    unsafe {
        let codec = ffi::avcodec_find_decoder(codec_id(codec)).as_ref()?;
        Some(text(codec.name))
    }
}
