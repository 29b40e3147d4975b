//! Decoded pictures become `media::Frame`s: in place where the layout is one of ours, else converted once.

use crate::sys::{OwnedFrame, PlaneMemory, error_text};
use bytes::Bytes;
use ffmpeg_next::ffi::{self, AVPixelFormat};
use ingest::DecodeError;
use media::{
    Chroma, ChromaSiting, Codec, Color, Frame, Matrix, MediaTime, PixelLayout, Plane, Range, Size, WallTime,
};
use std::ffi::c_int;
use std::ptr;

/// Turns frames of one stream; keeps the scaler between them.
pub(crate) struct Converter {
    scaler: *mut ffi::SwsContext,
}

// SAFETY: the scaler is used by whoever has the converter and nobody else.
unsafe impl Send for Converter {}

/// How FFmpeg's layout of a picture meets ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// The planes are as we want them.
    InPlace(PixelLayout),
    /// To be converted to this FFmpeg format, which is then in place.
    Through(AVPixelFormat),
}

impl Converter {
    pub(crate) fn new() -> Self {
        Self { scaler: ptr::null_mut() }
    }

    /// The frame that `decoded` is, at the times given.
    pub(crate) fn frame(
        &mut self,
        decoded: &OwnedFrame,
        codec: Codec,
        time: MediaTime,
        captured: WallTime,
    ) -> Result<Frame, DecodeError> {
        let color = color(decoded.get(), codec);
        let converted;
        let (picture, layout) = match way(decoded.get())? {
            Way::InPlace(layout) => (decoded, layout),
            Way::Through(format) => {
                converted = self.convert(decoded, format)?;
                (&converted, direct(format as c_int).ok_or_else(|| unsupported("no such layout"))?)
            }
        };
        let size = size_of(picture.get())?;
        let mut planes = planes(picture, layout, size)?;
        if layout == PixelLayout::Bgra8 {
            premultiply(&mut planes, size);
        }
        Frame::new(time, captured, size, color, layout, planes).map_err(|e| unsupported(&e.to_string()))
    }

    fn convert(&mut self, from: &OwnedFrame, format: AVPixelFormat) -> Result<OwnedFrame, DecodeError> {
        let to = OwnedFrame::new().map_err(failed)?;
        let source = from.get();
        let source_format = pixel_format(source.format).ok_or_else(|| unsupported("no pixel format"))?;
        // SAFETY: both frames are alive; av_frame_get_buffer allocates what sws_scale writes.
        unsafe {
            (*to.as_ptr()).format = format as c_int;
            (*to.as_ptr()).width = source.width;
            (*to.as_ptr()).height = source.height;
            let code = ffi::av_frame_get_buffer(to.as_ptr(), 0);
            if code < 0 {
                return Err(failed(code));
            }
            let (width, height) = (source.width, source.height);
            let flags = ffi::SWS_BILINEAR as c_int | ffi::SWS_ACCURATE_RND as c_int;
            let none = ptr::null_mut();
            self.scaler = ffi::sws_getCachedContext(
                self.scaler,
                width,
                height,
                source_format,
                width,
                height,
                format,
                flags,
                none,
                none,
                ptr::null(),
            );
            if self.scaler.is_null() {
                return Err(unsupported("no conversion for this pixel format"));
            }
            // Ranges stay as they are: equal on both sides.
            let table = ffi::sws_getCoefficients(ffi::SWS_CS_DEFAULT as c_int);
            ffi::sws_setColorspaceDetails(self.scaler, table, 1, table, 1, 0, 1 << 16, 1 << 16);
            let code = ffi::sws_scale(
                self.scaler,
                source.data.as_ptr().cast::<*const u8>(),
                source.linesize.as_ptr(),
                0,
                height,
                (*to.as_ptr()).data.as_ptr(),
                (*to.as_ptr()).linesize.as_ptr(),
            );
            if code < 0 { Err(failed(code)) } else { Ok(to) }
        }
    }
}

impl Drop for Converter {
    fn drop(&mut self) {
        // SAFETY: owned, and sws_freeContext takes null.
        unsafe { ffi::sws_freeContext(self.scaler) };
    }
}

fn unsupported(detail: &str) -> DecodeError {
    DecodeError::Unsupported { detail: detail.to_owned() }
}

fn failed(code: c_int) -> DecodeError {
    DecodeError::Damaged { detail: error_text(code) }
}

fn size_of(frame: &ffi::AVFrame) -> Result<Size, DecodeError> {
    let side = |value: c_int| u32::try_from(value).map_err(|_| unsupported("a negative size"));
    Ok(Size::new(side(frame.width)?, side(frame.height)?))
}

/// The enum value of a format number that came from FFmpeg.
fn pixel_format(format: c_int) -> Option<AVPixelFormat> {
    let known = 0..AVPixelFormat::AV_PIX_FMT_NB as c_int;
    // SAFETY: the binding's enum has a variant for every number below AV_PIX_FMT_NB of the library it was made from.
    known.contains(&format).then(|| unsafe { std::mem::transmute::<c_int, AVPixelFormat>(format) })
}

/// The layouts that are taken as they are. Formats with an alpha plane after V lose it: video has no transparency here.
fn direct(format: c_int) -> Option<PixelLayout> {
    use AVPixelFormat::{
        AV_PIX_FMT_BGRA, AV_PIX_FMT_GRAY8, AV_PIX_FMT_GRAY10LE, AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUV420P10LE,
        AV_PIX_FMT_YUV422P, AV_PIX_FMT_YUV422P10LE, AV_PIX_FMT_YUV444P, AV_PIX_FMT_YUV444P10LE,
        AV_PIX_FMT_YUVA420P, AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUVJ422P, AV_PIX_FMT_YUVJ444P,
    };
    Some(match pixel_format(format)? {
        AV_PIX_FMT_YUV420P | AV_PIX_FMT_YUVJ420P | AV_PIX_FMT_YUVA420P => {
            PixelLayout::Planar8(Chroma::Yuv420)
        }
        AV_PIX_FMT_YUV422P | AV_PIX_FMT_YUVJ422P => PixelLayout::Planar8(Chroma::Yuv422),
        AV_PIX_FMT_YUV444P | AV_PIX_FMT_YUVJ444P => PixelLayout::Planar8(Chroma::Yuv444),
        AV_PIX_FMT_GRAY8 => PixelLayout::Planar8(Chroma::Mono),
        AV_PIX_FMT_YUV420P10LE => PixelLayout::Planar10(Chroma::Yuv420),
        AV_PIX_FMT_YUV422P10LE => PixelLayout::Planar10(Chroma::Yuv422),
        AV_PIX_FMT_YUV444P10LE => PixelLayout::Planar10(Chroma::Yuv444),
        AV_PIX_FMT_GRAY10LE => PixelLayout::Planar10(Chroma::Mono),
        AV_PIX_FMT_BGRA => PixelLayout::Bgra8,
        _ => return None,
    })
}

/// In place where possible; else the accepted layout that loses least.
fn way(frame: &ffi::AVFrame) -> Result<Way, DecodeError> {
    let upside_down = frame.linesize.iter().any(|stride| *stride < 0);
    if let Some(layout) = direct(frame.format).filter(|_| !upside_down) {
        return Ok(Way::InPlace(layout));
    }
    let format = pixel_format(frame.format).ok_or_else(|| unsupported("no pixel format"))?;
    // SAFETY: returns a static description or null.
    let about = unsafe { ffi::av_pix_fmt_desc_get(format).as_ref() };
    let about = about.ok_or_else(|| unsupported("an unknown pixel format"))?;
    let has = |flag: u32| about.flags & u64::from(flag) != 0;
    if has(ffi::AV_PIX_FMT_FLAG_HWACCEL as u32) {
        return Err(unsupported("pictures in graphics memory"));
    }
    let deep = about.comp[0].depth > 8;
    let colored = has(ffi::AV_PIX_FMT_FLAG_RGB as u32) || has(ffi::AV_PIX_FMT_FLAG_PAL as u32);
    let target = if colored || (has(ffi::AV_PIX_FMT_FLAG_ALPHA as u32) && about.nb_components < 3) {
        AVPixelFormat::AV_PIX_FMT_BGRA
    } else {
        match (about.nb_components, about.log2_chroma_w, about.log2_chroma_h, deep) {
            (1 | 2, _, _, false) => AVPixelFormat::AV_PIX_FMT_GRAY8,
            (1 | 2, _, _, true) => AVPixelFormat::AV_PIX_FMT_GRAY10LE,
            (_, 1, 1, false) => AVPixelFormat::AV_PIX_FMT_YUV420P,
            (_, 1, 1, true) => AVPixelFormat::AV_PIX_FMT_YUV420P10LE,
            (_, 1, 0, false) => AVPixelFormat::AV_PIX_FMT_YUV422P,
            (_, 1, 0, true) => AVPixelFormat::AV_PIX_FMT_YUV422P10LE,
            (_, _, _, false) => AVPixelFormat::AV_PIX_FMT_YUV444P,
            (_, _, _, true) => AVPixelFormat::AV_PIX_FMT_YUV444P10LE,
        }
    };
    Ok(Way::Through(target))
}

fn planes(picture: &OwnedFrame, layout: PixelLayout, size: Size) -> Result<Vec<Plane>, DecodeError> {
    let frame = picture.get();
    let short = || unsupported("a plane is not where it should be");
    (0..layout.plane_count())
        .map(|index| {
            let extent = layout.plane_size(size, index);
            let row = extent.width as usize * layout.bytes_per_sample();
            let stride = usize::try_from(frame.linesize[index]).map_err(|_| short())?;
            let rows = (extent.height as usize).checked_sub(1).ok_or_else(short)?;
            let len = stride.checked_mul(rows).and_then(|len| len.checked_add(row)).ok_or_else(short)?;
            let memory = PlaneMemory::of(picture, index, len).ok_or_else(short)?;
            Ok(Plane { bytes: Bytes::from_owner(memory), stride })
        })
        .collect()
}

/// Multiplies colours by alpha in a copy of the plane; leaves an opaque picture as it is.
fn premultiply(planes: &mut [Plane], size: Size) {
    let Some(plane) = planes.first_mut() else { return };
    let (width, height) = (size.width as usize * 4, size.height as usize);
    let rows = || plane.bytes.chunks(plane.stride.max(1)).take(height).filter_map(|row| row.get(..width));
    if rows().all(|row| row.chunks_exact(4).all(|pixel| pixel[3] == 255)) {
        return;
    }
    let mut bytes = Vec::with_capacity(width * height);
    for pixel in rows().flat_map(|row| row.chunks_exact(4)) {
        let alpha = u32::from(pixel[3]);
        // Exact rounding of c·a/255.
        let times = |c: u8| u8::try_from((u32::from(c) * alpha + 127) / 255).unwrap_or(255);
        bytes.extend([times(pixel[0]), times(pixel[1]), times(pixel[2]), pixel[3]]);
    }
    *plane = Plane { bytes: bytes.into(), stride: width };
}

/// What the samples mean: what the stream says, else the defaults of `media::Color`.
fn color(frame: &ffi::AVFrame, codec: Codec) -> Color {
    use AVPixelFormat::{AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUVJ422P, AV_PIX_FMT_YUVJ444P};
    use ffi::{AVChromaLocation as Siting, AVColorRange, AVColorSpace as Space};
    let still = matches!(codec, Codec::Mjpeg | Codec::Png);
    let default = match codec {
        Codec::Mjpeg | Codec::Png => Color::JPEG,
        _ if frame.height >= 720 => Color::HD,
        _ => Color::SD,
    };
    let full = [AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUVJ422P, AV_PIX_FMT_YUVJ444P].map(|format| format as c_int);
    Color {
        matrix: match frame.colorspace {
            Space::AVCOL_SPC_BT709 => Matrix::Bt709,
            Space::AVCOL_SPC_BT470BG | Space::AVCOL_SPC_SMPTE170M | Space::AVCOL_SPC_FCC => Matrix::Bt601,
            Space::AVCOL_SPC_BT2020_NCL | Space::AVCOL_SPC_BT2020_CL => Matrix::Bt2020,
            _ => default.matrix,
        },
        range: match frame.color_range {
            _ if full.contains(&frame.format) => Range::Full,
            AVColorRange::AVCOL_RANGE_JPEG => Range::Full,
            AVColorRange::AVCOL_RANGE_MPEG if codec != Codec::Png => Range::Limited,
            _ => default.range,
        },
        siting: match frame.chroma_location {
            Siting::AVCHROMA_LOC_LEFT => ChromaSiting::Left,
            Siting::AVCHROMA_LOC_CENTER => ChromaSiting::Center,
            Siting::AVCHROMA_LOC_TOPLEFT => ChromaSiting::TopLeft,
            _ if still => ChromaSiting::Center,
            _ => default.siting,
        },
    }
}
