//! What stands in for a live source when a scene is rendered without one: a calm, deterministic picture whose hue
//! tells sources apart and whose bar shows the moment.

use bytes::Bytes;
use media::{Color, Frame, FrameError, MediaTime, PixelLayout, Plane, Size, SourceId, WallTime};

/// The extent of every test card.
pub const SIZE: Size = Size::new(640, 360);

/// Ground colours, blue green red, of the design sheet's cameras: lake, road, park, dusk, brick.
const GROUNDS: [[u8; 3]; 5] = [[148, 107, 62], [54, 86, 107], [66, 80, 48], [125, 84, 82], [78, 76, 112]];

/// The test card of `source` at `time` after the start.
///
/// Errors: none in practice; the type is that of every frame.
pub fn frame(source: &SourceId, time: MediaTime) -> Result<Frame, FrameError> {
    let hash = source.as_str().bytes().fold(7_usize, |hash, byte| (hash * 31 + usize::from(byte)) % 65_521);
    let ground = GROUNDS[hash % GROUNDS.len()];
    let (width, height) = (SIZE.width as usize, SIZE.height as usize);
    let mut bytes = vec![255_u8; width * height * 4];
    let bar = usize::try_from(time.0.max(0) / 10_000_000).unwrap_or(0) % width;
    for (y, row) in bytes.chunks_exact_mut(width * 4).enumerate() {
        for (x, pixel) in row.chunks_exact_mut(4).enumerate() {
            // Light falls from the upper left: 5/8 of full at the top, 2/8 at the bottom.
            let shade = 160 - 96 * y / height - 24 * x / width;
            let line = is_perspective_line(x, y, width, height);
            for (value, base) in pixel.iter_mut().zip(ground) {
                let lit = usize::from(base) * shade / 128 + if line { 14 } else { 0 };
                *value = u8::try_from(lit.min(255)).unwrap_or(255);
            }
            if y >= height - 4 && x <= bar {
                pixel[..3].copy_from_slice(&[255, 182, 53]);
            }
        }
    }
    let planes = vec![Plane { bytes: Bytes::from(bytes), stride: width * 4 }];
    Frame::new(time, WallTime(time.0), SIZE, Color::HD, PixelLayout::Bgra8, planes)
}

/// Six lines that run from the horizon, at two fifths of the height, towards the viewer.
fn is_perspective_line(x: usize, y: usize, width: usize, height: usize) -> bool {
    let horizon = height * 2 / 5;
    if y < horizon {
        return false;
    }
    let depth = y - horizon;
    let reach = height - horizon;
    (0..6_usize).any(|n| {
        // Where line n meets the horizon and the picture's foot.
        let near = n * width / 5;
        let far = width * 3 / 8 + n * width / 20;
        let at = (near * depth + far * (reach - depth)) / reach;
        x.abs_diff(at) < 1 + depth / 120
    })
}
