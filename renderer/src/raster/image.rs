//! Still pictures: decoding within limits, and fitting to a rectangle.

use super::sheet::Sheet;
use crate::blend::mul_255;
use crate::picture::Bitmap;
use crate::scene::PixelScale;
use ::image::{ImageDecoder, ImageReader, Limits, metadata::Orientation};
use layouts::{Crop, Fit};
use media::Size;
use std::io::Cursor;

/// A picture of more pixels is refused from its header: 64 million.
pub const IMAGE_PIXELS_MAX: u64 = 64_000_000;

/// A picture of a longer side is refused from its header.
const IMAGE_SIDE_MAX: u32 = media::Frame::SIDE_MAX;

/// What decoding may allocate besides the picture itself, in bytes.
const SCRATCH_BYTES: u64 = 64 << 20;

/// Why bytes are not a picture that can be shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Neither PNG nor JPEG.
    #[error("this is neither a PNG nor a JPEG picture")]
    Format,
    /// Too many pixels; nothing was decoded.
    #[error("a picture of {0} is too large; 64 million pixels and 16384 on a side are the most")]
    TooLarge(Size),
    /// The file is damaged.
    #[error("the picture is damaged: {0}")]
    Damaged(String),
}

/// Decodes a PNG or JPEG file, turned upright as its camera noted.
///
/// Errors: another format, a size above [`IMAGE_PIXELS_MAX`] (told from the header), damaged data.
pub fn decode_image(bytes: &[u8]) -> Result<Bitmap, DecodeError> {
    let damaged = |error: ::image::ImageError| DecodeError::Damaged(error.to_string());
    let reader =
        ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|_| DecodeError::Format)?;
    let mut decoder = reader.into_decoder().map_err(|error| match error {
        ::image::ImageError::Unsupported(_) => DecodeError::Format,
        error => damaged(error),
    })?;
    let (width, height) = decoder.dimensions();
    let size = Size::new(width, height);
    if size.area() == 0 || size.area() > IMAGE_PIXELS_MAX || width.max(height) > IMAGE_SIDE_MAX {
        return Err(DecodeError::TooLarge(size));
    }
    let mut limits = Limits::no_limits();
    // 16-bit RGBA is the widest pixel there is.
    limits.max_alloc = Some(size.area() * 8 + SCRATCH_BYTES);
    decoder.set_limits(limits).map_err(damaged)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = ::image::DynamicImage::from_decoder(decoder).map_err(damaged)?;
    picture.apply_orientation(orientation);
    let rgba = picture.into_rgba8();
    let size = Size::new(rgba.width(), rgba.height());
    let mut bytes = rgba.into_raw();
    for pixel in bytes.chunks_exact_mut(4) {
        let [red, green, blue, alpha] = [pixel[0], pixel[1], pixel[2], pixel[3]];
        pixel.copy_from_slice(&[mul_255(blue, alpha), mul_255(green, alpha), mul_255(red, alpha), alpha]);
    }
    Bitmap::new(size, bytes).ok_or(DecodeError::TooLarge(size))
}

/// One axis of a fitting: which part of the picture goes to which pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    /// Where the part begins, in 1/2³² of the picture.
    start: i128,
    /// Its extent in 1/2³² of the picture, at least 1.
    length: i128,
    /// The first pixel it fills.
    first: usize,
    /// How many pixels it fills, at least 1.
    pixels: usize,
}

/// Fits the part `crop` of `picture` to `sheet`: the exact mean of what a pixel covers when the picture shrinks,
/// linear in between when it grows.
pub(super) fn resample(picture: &Bitmap, crop: Crop, fit: Fit, scale: PixelScale, sheet: &mut Sheet) {
    let (from, to) = (picture.size(), sheet.size());
    let [across, down] = fitted(from, crop, fit, scale, to);
    let columns = taps(from.width, across);
    let rows = taps(from.height, down);
    let stride = from.width as usize * 4;
    let mut sums = vec![0u64; stride];
    let lines = sheet.bytes_mut().chunks_exact_mut(to.width as usize * 4).skip(down.first);
    for (row, line) in rows.iter().zip(lines) {
        // Down first: every column of the source once, weighted, in 1/65536.
        sums.fill(0);
        for (index, weight) in row {
            for (sum, byte) in sums.iter_mut().zip(&picture.bytes()[index * stride..][..stride]) {
                *sum += weight * u64::from(*byte);
            }
        }
        for (column, pixel) in columns.iter().zip(line.chunks_exact_mut(4).skip(across.first)) {
            let mut total = [1u64 << 31; 4];
            for (index, weight) in column {
                for (total, sum) in total.iter_mut().zip(&sums[index * 4..]) {
                    *total += weight * sum;
                }
            }
            pixel.copy_from_slice(&total.map(|value| (value >> 32).min(255) as u8));
        }
    }
}

/// How `crop` of a picture of `from` meets a sheet of `to`, across and down.
fn fitted(from: Size, crop: Crop, fit: Fit, scale: PixelScale, to: Size) -> [Span; 2] {
    let whole = |start: u32, length: u32, pixels: u32| Span {
        start: i128::from(start) << 16,
        length: i128::from(length.max(1)) << 16,
        first: 0,
        pixels: pixels as usize,
    };
    let mut spans = [whole(crop.x, crop.width, to.width), whole(crop.y, crop.height, to.height)];
    // Proportions of the part and of the sheet, both in squares: width · height of the other.
    let part = (
        i128::from(crop.width.max(1)) * i128::from(from.width),
        i128::from(crop.height.max(1)) * i128::from(from.height),
    );
    let room = (
        i128::from(to.width) * i128::from(scale.width.max(1)) * i128::from(scale.rows.max(1)),
        i128::from(to.height) * i128::from(scale.height.max(1)) * i128::from(scale.columns.max(1)),
    );
    let (part_wide, room_wide) = (part.0 * room.1, room.0 * part.1);
    // The axis on which the part is longer than the room, and the ratio (≤ 1) of the room's proportion to its own.
    let (long, small, large) =
        if part_wide >= room_wide { (0, room_wide, part_wide) } else { (1, part_wide, room_wide) };
    match fit {
        Fit::Stretch => {}
        Fit::Cover => {
            let span = &mut spans[long];
            let length = (span.length * small / large).max(1);
            span.start += (span.length - length) / 2;
            span.length = length;
        }
        Fit::Contain => {
            let span = &mut spans[1 - long];
            let pixels = (span.pixels as i128 * small + large / 2) / large;
            let pixels = (pixels as usize).clamp(1, span.pixels);
            span.first = (span.pixels - pixels) / 2;
            span.pixels = pixels;
        }
    }
    spans
}

/// For each output pixel of an axis, the samples it takes and their weights, which sum to 65536.
fn taps(samples: u32, span: Span) -> Vec<Vec<(usize, u64)>> {
    let (samples, pixels) = (i128::from(samples), span.pixels as i128);
    // Places in 1/(2³² · 2 · pixels) of a sample.
    let unit = (1i128 << 32) * 2 * pixels;
    let step = samples * span.length * 2;
    let origin = samples * span.start * 2 * pixels;
    (0..pixels)
        .map(|pixel| {
            // Never narrower than a sample: then the overlap of two boxes is the linear weight between two samples.
            let width = step.max(unit);
            let near = origin + pixel * step + (step - width) / 2;
            weights(near, near + width, unit, samples)
        })
        .collect()
}

/// The overlap of `near..far` with each sample, in 1/65536 of the whole; the edge samples go on for ever.
fn weights(near: i128, far: i128, unit: i128, samples: i128) -> Vec<(usize, u64)> {
    let (first, last) = (near.div_euclid(unit), (far - 1).div_euclid(unit));
    let mut taps: Vec<(usize, u64)> = Vec::new();
    let mut done = 0;
    for index in first..=last {
        let reached = ((index + 1) * unit).min(far) - near;
        let through = (reached * 65_536 / (far - near)) as u64;
        let weight = through - done;
        done = through;
        let index = index.clamp(0, samples - 1) as usize;
        match taps.last_mut() {
            Some(tap) if tap.0 == index => tap.1 += weight,
            _ => taps.push((index, weight)),
        }
    }
    taps
}
