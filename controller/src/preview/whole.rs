//! The picture of a whole wall: those of its screens, each where it hangs. Pixels are copied, none is invented; what no screen covers (frames
//! between screens, and screens whose picture is missing) is transparent.

use super::refuse;
use crate::api::Refusal;
use crate::node_service::Desk;
use crate::node_service::pictures::{PictureFault, Place};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use media::{ScreenId, WallTime};
use protocol::{PictureFormat, PictureSubject};
use std::io::Cursor;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Pixels of one picture: more than an 8K screen has, less than would hurt.
const PIXELS_MAX: f64 = 36e6;
/// Bytes that a screen's picture may take up when it is read.
const SCREEN_BYTES_MAX: usize = 256 << 20;
/// Pictures of walls that are made at a time: each takes some hundred megabytes for a moment.
static AT_ONCE: Semaphore = Semaphore::const_new(1);

/// A size and a place in pixels of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Target {
    left: u32,
    top: u32,
    width: u32,
    height: u32,
}

/// How large the picture is, and what one canvas pixel is in it.
fn size_of(canvas: Place, width: Option<u32>) -> (u32, u32, f64) {
    let fits = (PIXELS_MAX / (canvas.width * canvas.height).max(1.0)).sqrt();
    let wanted = width.map_or(1.0, |width| f64::from(width) / canvas.width.max(1.0));
    let scale = wanted.min(1.0).min(fits);
    // At most PIXELS_MAX, so the casts lose nothing.
    let side = |units: f64| (units * scale).round().max(1.0) as u32;
    (side(canvas.width), side(canvas.height), scale)
}

/// Where a screen comes to lie. Edges are rounded, not extents: screens that meet on the canvas meet here.
fn target(canvas: Place, rect: Place, scale: f64) -> Target {
    let edge = |units: f64| (units * scale).round().max(0.0) as u32;
    let (left, top) = (edge(rect.x - canvas.x), edge(rect.y - canvas.y));
    let (right, bottom) = (edge(rect.x - canvas.x + rect.width), edge(rect.y - canvas.y + rect.height));
    Target { left, top, width: right.saturating_sub(left), height: bottom.saturating_sub(top) }
}

/// A picture that is being put together: red, green, blue and alpha.
struct Whole {
    width: u32,
    height: u32,
    rgba: Vec<u8>,
}

impl Whole {
    fn new(width: u32, height: u32) -> Self {
        Self { width, height, rgba: vec![0; width as usize * height as usize * 4] }
    }

    /// Copies a screen's picture to its place; for each pixel there the nearest one of the screen's.
    fn put(&mut self, at: Target, png: &[u8]) -> Result<(), png::DecodingError> {
        let limits = png::Limits { bytes: SCREEN_BYTES_MAX };
        let mut decoder = png::Decoder::new_with_limits(Cursor::new(png), limits);
        decoder.set_transformations(png::Transformations::normalize_to_color8());
        let mut reader = decoder.read_info()?;
        let bytes = reader.output_buffer_size().filter(|bytes| *bytes <= SCREEN_BYTES_MAX);
        let mut pixels = vec![0; bytes.ok_or(png::DecodingError::LimitsExceeded)?];
        let info = reader.next_frame(&mut pixels)?;
        let samples = info.color_type.samples();
        let pick = |index: u32, count: u32, of: u32| {
            // The middle of a pixel, in integers: below `of`, for index is below count.
            (u64::from(index) * 2 + 1) * u64::from(of) / (u64::from(count) * 2)
        };
        let columns: Vec<usize> =
            (0..at.width).map(|x| pick(x, at.width, info.width) as usize * samples).collect();
        for y in 0..at.height.min(self.height.saturating_sub(at.top)) {
            let from = pick(y, at.height, info.height) as usize * info.line_size;
            let row = &pixels[from..from + info.line_size];
            let begin = ((at.top + y) as usize * self.width as usize + at.left as usize) * 4;
            let room = self.width.saturating_sub(at.left).min(at.width) as usize;
            let into = &mut self.rgba[begin..begin + room * 4];
            for (pixel, column) in into.chunks_exact_mut(4).zip(&columns) {
                let (red, green, blue) = match samples {
                    1 | 2 => (row[*column], row[*column], row[*column]),
                    _ => (row[*column], row[column + 1], row[column + 2]),
                };
                pixel.copy_from_slice(&[red, green, blue, 255]);
            }
        }
        Ok(())
    }

    fn into_png(self) -> Result<Vec<u8>, png::EncodingError> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width, self.height);
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Fast);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.rgba)?;
        writer.finish()?;
        Ok(bytes)
    }
}

/// The screens' pictures, all asked for at once.
async fn screens(
    desk: &Desk,
    wall: &str,
    targets: Vec<(ScreenId, Target)>,
) -> Vec<(ScreenId, Target, Result<(WallTime, Bytes), PictureFault>)> {
    let mut asked = JoinSet::new();
    for (screen, target) in targets {
        let (desk, wall) = (desk.clone(), wall.to_owned());
        asked.spawn(async move {
            let subject = PictureSubject::Screen(screen.clone());
            let width = Some(target.width);
            let picture = desk.picture(Some(&wall), subject, PictureFormat::Png, width).await;
            (screen, target, picture)
        });
    }
    asked.join_all().await
}

/// The wall's picture as a PNG in canvas pixels, or narrower. Headers say when the oldest of its screens' pictures was composed and which
/// screens are missing; with none at all it is refused.
pub(super) async fn picture(desk: &Desk, wall: &str, width: Option<u32>) -> Result<Response, Refusal> {
    let (canvas, places) = desk.places(wall)?;
    let _alone = AT_ONCE.acquire().await.map_err(|_| PictureFault::Busy)?;
    let (width, height, scale) = size_of(canvas, width);
    let targets = places.into_iter().map(|place| (place.screen, target(canvas, place.rect, scale)));
    let pictures = screens(desk, wall, targets.collect()).await;
    let (mut there, mut missing, mut made, mut fault) = (Vec::new(), Vec::new(), None, None);
    for (screen, target, picture) in pictures {
        match picture {
            Ok((at, bytes)) => {
                made = Some(made.map_or(at, |made: WallTime| made.min(at)));
                there.push((target, bytes));
            }
            Err(error) => {
                missing.push(screen.to_string());
                fault = Some(error);
            }
        }
    }
    let Some(made) = made else { return Err(fault.unwrap_or(PictureFault::Away).into()) };
    missing.sort_unstable();
    let drawn = tokio::task::spawn_blocking(move || {
        let mut whole = Whole::new(width, height);
        for (target, bytes) in there {
            whole.put(target, &bytes).map_err(|error| error.to_string())?;
        }
        whole.into_png().map_err(|error| error.to_string())
    });
    let failed = |why: String| {
        tracing::warn!(wall, why, "the picture of a wall cannot be put together");
        refuse(StatusCode::INTERNAL_SERVER_ERROR, "picture_failed", "the picture cannot be put together")
    };
    let bytes = drawn.await.map_err(|error| failed(error.to_string()))?.map_err(failed)?;
    let mut response = super::file(PictureFormat::Png, (made, bytes.into()));
    if let Ok(names) = missing.join(" ").parse()
        && !missing.is_empty()
    {
        response.headers_mut().insert("x-missing-screens", names);
    }
    Ok(response.into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(x: f64, y: f64, width: f64, height: f64) -> Place {
        Place { x, y, width, height }
    }

    /// A picture in which every pixel is another one.
    fn png(width: u32, height: u32, color: png::ColorType) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(color);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().unwrap();
        let pixel = |index: u32| {
            let all = [(index % width) as u8, (index / width) as u8, 9, 255];
            all.into_iter().take(color.samples()).collect::<Vec<u8>>()
        };
        writer.write_image_data(&(0..width * height).flat_map(pixel).collect::<Vec<u8>>()).unwrap();
        writer.finish().unwrap();
        bytes
    }

    fn pixel(whole: &Whole, x: u32, y: u32) -> [u8; 4] {
        let begin = (y * whole.width + x) as usize * 4;
        whole.rgba[begin..begin + 4].try_into().unwrap()
    }

    #[test]
    fn screens_lie_where_they_hang_and_frames_between_them_stay_empty() {
        // Two screens with a frame of 3.5 canvas pixels between them, the second one lower.
        let canvas = place(0.0, 0.0, 23.5, 12.0);
        let (width, height, scale) = size_of(canvas, None);
        assert_eq!((width, height, scale), (24, 12, 1.0));
        let left = target(canvas, place(0.0, 0.0, 10.0, 8.0), scale);
        let right = target(canvas, place(13.5, 4.0, 10.0, 8.0), scale);
        assert_eq!(left, Target { left: 0, top: 0, width: 10, height: 8 });
        assert_eq!(right, Target { left: 14, top: 4, width: 10, height: 8 });
        let mut whole = Whole::new(width, height);
        whole.put(left, &png(10, 8, png::ColorType::Rgb)).unwrap();
        // A panel with half the canvas's pixels is seen as large as it hangs.
        whole.put(right, &png(5, 4, png::ColorType::Rgba)).unwrap();
        assert_eq!(pixel(&whole, 9, 7), [9, 7, 9, 255]);
        assert_eq!(pixel(&whole, 10, 7), [0; 4], "the frame");
        assert_eq!(pixel(&whole, 0, 8), [0; 4], "below the first screen");
        assert_eq!([pixel(&whole, 14, 4), pixel(&whole, 15, 5)], [[0, 0, 9, 255]; 2]);
        assert_eq!(pixel(&whole, 23, 11), [4, 3, 9, 255]);
        let bytes = whole.into_png().unwrap();
        let mut again = Whole::new(24, 12);
        again.put(Target { left: 0, top: 0, width: 24, height: 12 }, &bytes).unwrap();
        assert_eq!(pixel(&again, 23, 11), [4, 3, 9, 255]);
    }

    #[test]
    fn a_picture_is_as_wide_as_it_is_wanted_and_never_too_large() {
        let canvas = place(0.0, 0.0, 5760.0, 2160.0);
        assert_eq!(size_of(canvas, Some(576)), (576, 216, 0.1));
        assert_eq!(size_of(canvas, Some(16_384)), (5760, 2160, 1.0), "no more than there is");
        let (width, height, _) = size_of(place(0.0, 0.0, 60_000.0, 8_000.0), None);
        assert!(f64::from(width) * f64::from(height) <= PIXELS_MAX * 1.001, "{width} × {height}");
        // Screens that meet go on meeting.
        for width in [100, 333, 577] {
            let (_, _, scale) = size_of(canvas, Some(width));
            let a = target(canvas, place(0.0, 0.0, 1920.0, 1080.0), scale);
            let b = target(canvas, place(1920.0, 0.0, 1920.0, 1080.0), scale);
            assert_eq!(a.left + a.width, b.left);
        }
    }

    #[test]
    fn what_is_no_picture_is_refused_and_nothing_is_written_beyond_the_edge() {
        let mut whole = Whole::new(4, 4);
        let all = Target { left: 0, top: 0, width: 4, height: 4 };
        assert!(whole.put(all, b"GIF89a").is_err());
        whole
            .put(Target { left: 3, top: 3, width: 4, height: 4 }, &png(2, 2, png::ColorType::Grayscale))
            .unwrap();
        assert_eq!(pixel(&whole, 3, 3), [0, 0, 0, 255]);
        assert_eq!(pixel(&whole, 2, 3), [0; 4]);
    }
}
