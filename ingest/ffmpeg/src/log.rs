//! FFmpeg's log, cleaned of secrets and handed to `tracing` at debug level, and listened to for lost pictures.

use ffmpeg_next::ffi;
use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int, c_void};

/// Takes FFmpeg's log over for the whole process.
pub(crate) fn install() {
    // SAFETY: the callback is a plain function and may be called from any thread.
    unsafe {
        ffi::av_log_set_level(ffi::AV_LOG_INFO);
        ffi::av_log_set_callback(Some(receive));
    }
}

/// What the H.264 and H.265 decoders say, and only say, when a picture that others build on has not come. They go on
/// with a substitute and mark nothing, so this is the one way to know (FFmpeg 5.1, `h264_slice.c`, `h264_refs.c`,
/// `hevc_refs.c`).
const LOSSES: [&[u8]; 4] = [
    b"Frame num gap",
    b"Could not find ref with POC",
    b"Missing reference picture",
    b"reference picture missing",
];

thread_local! {
    static LOST: Cell<u64> = const { Cell::new(0) };
}

/// How many missing reference pictures were reported on this thread so far.
pub(crate) fn lost_references() -> u64 {
    LOST.get()
}

unsafe extern "C" fn receive(
    object: *mut c_void,
    level: c_int,
    format: *const c_char,
    arguments: *mut ffi::__va_list_tag,
) {
    // SAFETY: a format is a text that ends with zero.
    let words = if format.is_null() { &[] } else { unsafe { CStr::from_ptr(format).to_bytes() } };
    if LOSSES.iter().any(|loss| words.starts_with(loss)) {
        LOST.set(LOST.get().saturating_add(1));
    }
    if level > ffi::AV_LOG_INFO || !tracing::enabled!(target: "ffmpeg", tracing::Level::DEBUG) {
        return;
    }
    let mut line = [0 as c_char; 512];
    let mut prefix: c_int = 1;
    // SAFETY: arguments are FFmpeg's own for this format; the line is cut to its buffer and ends with zero.
    let text = unsafe {
        let size = line.len() as c_int;
        ffi::av_log_format_line2(object, level, format, arguments, line.as_mut_ptr(), size, &mut prefix);
        CStr::from_ptr(line.as_ptr()).to_string_lossy()
    };
    if let Some(text) = clean(&text) {
        tracing::debug!(target: "ffmpeg", "{text}");
    }
}

/// `text` without user, password and query of any URL in it; `None` where it speaks of secrets or says nothing.
pub(crate) fn clean(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    if ["authorization", "passphrase", "password", "streamid"].iter().any(|word| lower.contains(word)) {
        return None;
    }
    let mut cleaned = String::with_capacity(text.len());
    let mut rest = text.trim();
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        cleaned.push_str(before);
        let end = after.find([' ', '\'', '"', '\n', '\t']).unwrap_or(after.len());
        let (url, tail) = after.split_at(end);
        let url = url.rsplit_once('@').map_or(url, |(_, place)| place);
        cleaned.push_str(url.split(['?', '#']).next().unwrap_or(""));
        rest = tail;
    }
    cleaned.push_str(rest);
    (!cleaned.is_empty()).then_some(cleaned)
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn no_user_password_or_query_gets_through() {
        assert_eq!(
            clean("opening 'rtsp://ad%40min:s3:cr%40t@cam:554/a?token=9' now").as_deref(),
            Some("opening 'rtsp://cam:554/a' now")
        );
        assert_eq!(clean("rtsp://u:p@a/ and http://x@b/c").as_deref(), Some("rtsp://a/ and http://b/c"));
        assert_eq!(clean("Authorization: Basic abc"), None);
        assert_eq!(clean("Setting passphrase to x"), None);
        assert_eq!(clean("\n"), None);
        assert_eq!(clean("plain").as_deref(), Some("plain"));
    }
}
