//! A finished picture in memory, as screens and taps deliver it.

use std::fs::File;
use std::io::{self, BufReader, BufWriter};
use std::path::{Path, PathBuf};

/// Rows of blue, green, red, alpha bytes without gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
    /// `width · height · 4` bytes.
    pub bgra: Vec<u8>,
}

/// A place on a picture in its pixels; edges may lie between pixels and outside the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Extent to the right.
    pub width: f64,
    /// Extent downwards.
    pub height: f64,
}

impl Picture {
    /// A picture of one colour.
    pub fn filled(width: u32, height: u32, bgra: [u8; 4]) -> Self {
        Self { width, height, bgra: bgra.repeat(width as usize * height as usize) }
    }

    /// Blue, green, red, alpha at a pixel; `None` outside.
    pub fn at(&self, x: u32, y: u32) -> Option<[u8; 4]> {
        if x >= self.width || y >= self.height {
            return None;
        }
        let start = (y as usize * self.width as usize + x as usize) * 4;
        self.bgra.get(start..start + 4)?.try_into().ok()
    }

    /// Mean of red, green and blue over the pixels whose centres lie in `rect`; `None` when there are none.
    pub fn brightness(&self, rect: Rect) -> Option<f64> {
        let columns = pixel_range(rect.x, rect.width, self.width);
        let rows = pixel_range(rect.y, rect.height, self.height);
        let (mut sum, mut count) = (0_u64, 0_u64);
        for y in rows {
            for x in columns.clone() {
                let [b, g, r, _] = self.at(x, y)?;
                sum += u64::from(b) + u64::from(g) + u64::from(r);
                count += 3;
            }
        }
        (count > 0).then(|| sum as f64 / count as f64)
    }
}

impl Picture {
    /// Reads a PNG of eight bits a channel, with or without alpha.
    pub fn read_png(path: &Path) -> io::Result<Self> {
        let mut reader =
            png::Decoder::new(BufReader::new(File::open(path)?)).read_info().map_err(io::Error::other)?;
        let mut bytes = vec![0; reader.output_buffer_size().unwrap_or(0)];
        let info = reader.next_frame(&mut bytes).map_err(io::Error::other)?;
        let samples = match (info.color_type, info.bit_depth) {
            (png::ColorType::Rgb, png::BitDepth::Eight) => 3,
            (png::ColorType::Rgba, png::BitDepth::Eight) => 4,
            other => return Err(io::Error::other(format!("{}: {other:?} is not read here", path.display()))),
        };
        let pixels = bytes[..info.buffer_size()].chunks_exact(samples);
        let bgra = pixels.flat_map(|p| [p[2], p[1], p[0], p.get(3).copied().unwrap_or(255)]).collect();
        Ok(Self { width: info.width, height: info.height, bgra })
    }

    /// Writes a PNG of eight bits a channel without alpha.
    pub fn write_png(&self, path: &Path) -> io::Result<()> {
        let mut encoder = png::Encoder::new(BufWriter::new(File::create(path)?), self.width, self.height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_compression(png::Compression::Fast);
        let rgb: Vec<u8> = self.bgra.chunks_exact(4).flat_map(|p| [p[2], p[1], p[0]]).collect();
        encoder.write_header().and_then(|mut writer| writer.write_image_data(&rgb)).map_err(io::Error::other)
    }
}

/// Lays pictures of one wall over each other, each with the screens of other nodes dark: the lighter pixel wins.
///
/// Paths that do not exist are left out; `None` when none does. Errors: a picture that cannot be read, unlike sizes.
pub fn join_walls(paths: &[PathBuf]) -> io::Result<Option<Picture>> {
    let mut joined: Option<Picture> = None;
    for path in paths.iter().filter(|path| path.is_file()) {
        let picture = Picture::read_png(path)?;
        match &mut joined {
            None => joined = Some(picture),
            Some(wall) if (wall.width, wall.height) == (picture.width, picture.height) => {
                wall.bgra.iter_mut().zip(&picture.bgra).for_each(|(old, new)| *old = (*old).max(*new));
            }
            Some(_) => return Err(io::Error::other("the nodes draw walls of unlike sizes")),
        }
    }
    Ok(joined)
}

/// The pixels whose centres lie in `start..start + extent`, held inside `0..limit`.
fn pixel_range(start: f64, extent: f64, limit: u32) -> std::ops::Range<u32> {
    let first = (start - 0.5).ceil().clamp(0.0, f64::from(limit)) as u32;
    let end = (start + extent - 0.5).ceil().clamp(0.0, f64::from(limit)) as u32;
    first..end
}

impl Rect {
    /// A rectangle from its left top corner and its extent.
    pub fn new(x: f64, y: f64, width: f64, height: f64) -> Self {
        Self { x, y, width, height }
    }

    /// Where the whole of a picture of `aspect` = width / height lies when this window shows it with `fit = "cover"`.
    pub fn cover(self, aspect: f64) -> Self {
        let width = self.width.max(self.height * aspect);
        let height = width / aspect;
        let (x, y) = (self.x + (self.width - width) / 2.0, self.y + (self.height - height) / 2.0);
        Self { x, y, width, height }
    }
}
