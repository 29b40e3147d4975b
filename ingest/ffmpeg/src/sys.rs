//! Owners for what FFmpeg allocates, so that the rest of the crate frees nothing by hand.

use ffmpeg_next::ffi;
use ingest::Interrupt;
use media::LocalTime;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr::{self, NonNull};
use std::sync::{Once, OnceLock};
use std::time::{Duration, Instant};

/// This process's monotonic clock, from the first time anybody asked.
pub(crate) fn local_now() -> LocalTime {
    static START: OnceLock<Instant> = OnceLock::new();
    let nanos = START.get_or_init(Instant::now).elapsed().as_nanos();
    LocalTime(i64::try_from(nanos).unwrap_or(i64::MAX).saturating_add(1))
}

/// Starts FFmpeg's network layer and takes over its log, once.
pub(crate) fn init() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        crate::log::install();
        // SAFETY: called once, before any other use of libavformat.
        unsafe { ffi::avformat_network_init() };
    });
}

/// FFmpeg's own words for an error code: fixed texts, without any address.
pub(crate) fn error_text(code: c_int) -> String {
    let mut buffer = [0 as c_char; 128];
    // SAFETY: the buffer is as long as it is said to be, and av_strerror ends it with a zero.
    unsafe {
        ffi::av_strerror(code, buffer.as_mut_ptr(), buffer.len());
        CStr::from_ptr(buffer.as_ptr()).to_string_lossy().into_owned()
    }
}

/// Out of memory, as an FFmpeg code.
pub(crate) const NO_MEMORY: c_int = ffi::AVERROR(ffi::ENOMEM);

/// An owned `AVDictionary`.
pub(crate) struct Dictionary(*mut ffi::AVDictionary);

impl Dictionary {
    pub(crate) fn new() -> Self {
        Self(ptr::null_mut())
    }

    /// Sets one option; texts with a zero byte are left out.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        if let (Ok(name), Ok(value)) = (CString::new(name), CString::new(value)) {
            // SAFETY: both texts end with zero and are copied.
            unsafe { ffi::av_dict_set(&mut self.0, name.as_ptr(), value.as_ptr(), 0) };
        }
    }

    pub(crate) fn as_mut_ptr(&mut self) -> *mut *mut ffi::AVDictionary {
        &mut self.0
    }
}

impl Drop for Dictionary {
    fn drop(&mut self) {
        // SAFETY: owned, and av_dict_free takes null.
        unsafe { ffi::av_dict_free(&mut self.0) };
    }
}

/// An owned `AVPacket`, readable from any thread.
pub(crate) struct OwnedPacket(NonNull<ffi::AVPacket>);

// SAFETY: a packet's buffer is reference counted with atomic counters, and nothing else has this packet.
unsafe impl Send for OwnedPacket {}

impl OwnedPacket {
    pub(crate) fn new() -> Result<Self, c_int> {
        // SAFETY: returns a new packet or null.
        NonNull::new(unsafe { ffi::av_packet_alloc() }).map(Self).ok_or(NO_MEMORY)
    }

    /// A packet with its own padded copy of `bytes`.
    pub(crate) fn copy_of(bytes: &[u8]) -> Result<Self, c_int> {
        let packet = Self::new()?;
        let size = c_int::try_from(bytes.len()).map_err(|_| NO_MEMORY)?;
        // SAFETY: av_new_packet makes `size` writable bytes and zeroed padding.
        unsafe {
            let code = ffi::av_new_packet(packet.as_ptr(), size);
            if code < 0 {
                return Err(code);
            }
            ptr::copy_nonoverlapping(bytes.as_ptr(), (*packet.as_ptr()).data, bytes.len());
        }
        Ok(packet)
    }

    pub(crate) fn as_ptr(&self) -> *mut ffi::AVPacket {
        self.0.as_ptr()
    }
}

impl AsRef<[u8]> for OwnedPacket {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: data and size describe memory that the packet's reference keeps alive.
        unsafe {
            let packet = self.0.as_ref();
            match usize::try_from(packet.size) {
                Ok(size) if !packet.data.is_null() => std::slice::from_raw_parts(packet.data, size),
                _ => &[],
            }
        }
    }
}

impl Drop for OwnedPacket {
    fn drop(&mut self) {
        let mut packet = self.0.as_ptr();
        // SAFETY: owned.
        unsafe { ffi::av_packet_free(&mut packet) };
    }
}

/// An owned `AVFrame`.
pub(crate) struct OwnedFrame(NonNull<ffi::AVFrame>);

// SAFETY: as for packets.
unsafe impl Send for OwnedFrame {}

impl OwnedFrame {
    pub(crate) fn new() -> Result<Self, c_int> {
        // SAFETY: returns a new frame or null.
        NonNull::new(unsafe { ffi::av_frame_alloc() }).map(Self).ok_or(NO_MEMORY)
    }

    pub(crate) fn as_ptr(&self) -> *mut ffi::AVFrame {
        self.0.as_ptr()
    }

    /// Reads the fields.
    pub(crate) fn get(&self) -> &ffi::AVFrame {
        // SAFETY: owned and alive.
        unsafe { self.0.as_ref() }
    }
}

impl Drop for OwnedFrame {
    fn drop(&mut self) {
        let mut frame = self.0.as_ptr();
        // SAFETY: owned.
        unsafe { ffi::av_frame_free(&mut frame) };
    }
}

/// One plane of a frame's memory, kept alive by a reference of its own.
pub(crate) struct PlaneMemory {
    reference: NonNull<ffi::AVBufferRef>,
    data: *const u8,
    len: usize,
}

// SAFETY: the memory is read-only from here on and its reference counter is atomic.
unsafe impl Send for PlaneMemory {}

impl PlaneMemory {
    /// The first `len` bytes of plane `index`; `None` where the frame has no such memory.
    pub(crate) fn of(frame: &OwnedFrame, index: usize, len: usize) -> Option<Self> {
        let data = *frame.get().data.get(index)?;
        // SAFETY: the frame is alive; the buffer that holds the plane is asked for its bounds before they are trusted.
        unsafe {
            let buffer = ffi::av_frame_get_plane_buffer(frame.as_ptr(), c_int::try_from(index).ok()?);
            let buffer = buffer.as_ref()?;
            let start = buffer.data as usize;
            let offset = (data as usize).checked_sub(start)?;
            if offset.checked_add(len)? > buffer.size {
                return None;
            }
            let reference = NonNull::new(ffi::av_buffer_ref(buffer))?;
            Some(Self { reference, data, len })
        }
    }
}

impl AsRef<[u8]> for PlaneMemory {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: checked against the buffer's bounds when made; the reference keeps it alive.
        unsafe { std::slice::from_raw_parts(self.data, self.len) }
    }
}

impl Drop for PlaneMemory {
    fn drop(&mut self) {
        let mut reference = self.reference.as_ptr();
        // SAFETY: owned.
        unsafe { ffi::av_buffer_unref(&mut reference) };
    }
}

/// A text in memory that a demuxer reads as if it were a file.
struct TextIo {
    io: NonNull<ffi::AVIOContext>,
    _text: Box<TextCursor>,
}

struct TextCursor {
    text: Vec<u8>,
    at: usize,
}

const TEXT_BUFFER: usize = 4096;

/// How long closing a connection may take.
const GOODBYE: Duration = Duration::from_millis(300);

unsafe extern "C" fn read_text(opaque: *mut c_void, buffer: *mut u8, size: c_int) -> c_int {
    // SAFETY: opaque is the TextCursor that TextIo keeps alive, used by one thread at a time.
    let cursor = unsafe { &mut *opaque.cast::<TextCursor>() };
    let rest = cursor.text.get(cursor.at..).unwrap_or(&[]);
    let count = rest.len().min(usize::try_from(size).unwrap_or(0));
    if count == 0 {
        return ffi::AVERROR_EOF;
    }
    // SAFETY: `buffer` has `size` bytes and `count` is no more.
    unsafe { ptr::copy_nonoverlapping(rest.as_ptr(), buffer, count) };
    cursor.at += count;
    c_int::try_from(count).unwrap_or(0)
}

impl TextIo {
    fn new(text: &str) -> Result<Self, c_int> {
        let mut cursor = Box::new(TextCursor { text: text.as_bytes().to_vec(), at: 0 });
        // SAFETY: the buffer is handed over to the context, the cursor outlives it.
        let io = unsafe {
            let buffer = ffi::av_malloc(TEXT_BUFFER).cast::<u8>();
            if buffer.is_null() {
                return Err(NO_MEMORY);
            }
            let opaque = ptr::from_mut(cursor.as_mut()).cast();
            let io =
                ffi::avio_alloc_context(buffer, TEXT_BUFFER as c_int, 0, opaque, Some(read_text), None, None);
            if io.is_null() {
                ffi::av_free(buffer.cast());
            }
            io
        };
        NonNull::new(io).map(|io| Self { io, _text: cursor }).ok_or(NO_MEMORY)
    }
}

impl Drop for TextIo {
    fn drop(&mut self) {
        let mut io = self.io.as_ptr();
        // SAFETY: owned; the buffer may have been replaced by libavformat, so it is freed through the context.
        unsafe {
            ffi::av_freep(ptr::addr_of_mut!((*io).buffer).cast());
            ffi::avio_context_free(&mut io);
        }
    }
}

unsafe extern "C" fn interrupted(opaque: *mut c_void) -> c_int {
    // SAFETY: opaque is the Interrupt that FormatContext keeps alive longer than the context.
    let interrupt = unsafe { &*opaque.cast::<Interrupt>() };
    c_int::from(interrupt.is_due(local_now()))
}

/// An open demuxer.
pub(crate) struct FormatContext {
    context: NonNull<ffi::AVFormatContext>,
    _io: Option<TextIo>,
    interrupt: Box<Interrupt>,
}

// SAFETY: a context may be used by any one thread at a time.
unsafe impl Send for FormatContext {}

impl FormatContext {
    /// Opens `url`, or `text` in its stead, with `demuxer` or whatever the options allow to be found.
    pub(crate) fn open(
        url: &str,
        text: Option<&str>,
        demuxer: Option<&str>,
        options: &mut Dictionary,
        interrupt: &Interrupt,
    ) -> Result<Self, c_int> {
        init();
        let invalid = ffi::AVERROR(ffi::EINVAL);
        let url = CString::new(url).map_err(|_| invalid)?;
        let io = text.map(TextIo::new).transpose()?;
        let interrupt = Box::new(interrupt.clone());
        // SAFETY: every pointer is alive over the call; avformat_open_input frees the context when it fails.
        unsafe {
            let format = match demuxer.map(CString::new).transpose().map_err(|_| invalid)? {
                Some(name) => {
                    let format = ffi::av_find_input_format(name.as_ptr());
                    if format.is_null() {
                        return Err(ffi::AVERROR_DEMUXER_NOT_FOUND);
                    }
                    format
                }
                None => ptr::null(),
            };
            let mut context = ffi::avformat_alloc_context();
            if context.is_null() {
                return Err(NO_MEMORY);
            }
            (*context).interrupt_callback.callback = Some(interrupted);
            (*context).interrupt_callback.opaque = ptr::from_ref(interrupt.as_ref()).cast_mut().cast();
            (*context).flags |= ffi::AVFMT_FLAG_NOBUFFER;
            if let Some(io) = &io {
                (*context).pb = io.io.as_ptr();
            }
            let code = ffi::avformat_open_input(&mut context, url.as_ptr(), format, options.as_mut_ptr());
            if code < 0 {
                return Err(code);
            }
            let context = NonNull::new(context).ok_or(NO_MEMORY)?;
            Ok(Self { context, _io: io, interrupt })
        }
    }

    /// Reads the next packet of any stream.
    pub(crate) fn read(&mut self) -> Result<OwnedPacket, c_int> {
        let packet = OwnedPacket::new()?;
        // SAFETY: both are alive; the packet becomes reference counted so that it outlives the context.
        unsafe {
            let code = ffi::av_read_frame(self.context.as_ptr(), packet.as_ptr());
            if code < 0 {
                return Err(code);
            }
            let code = ffi::av_packet_make_refcounted(packet.as_ptr());
            if code < 0 { Err(code) } else { Ok(packet) }
        }
    }

    /// The streams found so far.
    pub(crate) fn streams(&self) -> &[*mut ffi::AVStream] {
        // SAFETY: libavformat keeps `nb_streams` valid pointers at `streams`.
        unsafe {
            let context = self.context.as_ref();
            match usize::try_from(context.nb_streams) {
                Ok(count) if !context.streams.is_null() => std::slice::from_raw_parts(context.streams, count),
                _ => &[],
            }
        }
    }

    /// How many bytes have come through the demuxer's own input; 0 for those that open connections of their own.
    pub(crate) fn bytes_read(&self) -> i64 {
        // SAFETY: pb is null or alive.
        unsafe { self.context.as_ref().pb.as_ref().map_or(0, |io| io.bytes_read) }
    }
}

impl Drop for FormatContext {
    fn drop(&mut self) {
        // Saying goodbye to a peer that hangs must not hang as well.
        self.interrupt.set_deadline(Some(local_now() + GOODBYE));
        let mut context = self.context.as_ptr();
        // SAFETY: owned; the interrupt and the text outlive this call because fields drop after it.
        unsafe { ffi::avformat_close_input(&mut context) };
    }
}
