//! Rendering faces onto sheets, and comparing sheets with stored PNGs.

use layouts::{CANVAS_PIXEL, Mode, Raster, Rgba, Theme, WidgetFace};
use media::Size;
use renderer::raster::{RasterReport, Rasterizer};
use renderer::scene::PixelScale;
use std::path::PathBuf;
use std::sync::Arc;

/// One canvas pixel is one screen pixel.
pub const SCALE: PixelScale = PixelScale { columns: 1, width: CANVAS_PIXEL, rows: 1, height: CANVAS_PIXEL };

/// A picture without transparency.
pub struct Sheet {
    pub width: u32,
    pub height: u32,
    rgb: Vec<u8>,
}

impl Sheet {
    pub fn new(width: u32, height: u32, ground: Rgba) -> Self {
        let rgb = [ground.r, ground.g, ground.b].repeat(width as usize * height as usize);
        Self { width, height, rgb }
    }

    /// Fills a rectangle.
    pub fn fill(&mut self, x: u32, y: u32, width: u32, height: u32, color: Rgba) {
        for row in y..(y + height).min(self.height) {
            for column in x..(x + width).min(self.width) {
                let at = (row * self.width + column) as usize * 3;
                self.rgb[at..at + 3].copy_from_slice(&[color.r, color.g, color.b]);
            }
        }
    }

    /// Lays a drawn widget over the sheet.
    pub fn put(&mut self, report: &RasterReport, x: u32, y: u32) {
        let size = report.bitmap.size();
        for (index, pixel) in report.bitmap.bytes().chunks_exact(4).enumerate() {
            let (column, row) = (x + index as u32 % size.width, y + index as u32 / size.width);
            if column < self.width && row < self.height {
                let at = (row * self.width + column) as usize * 3;
                for (channel, value) in self.rgb[at..at + 3].iter_mut().zip([pixel[2], pixel[1], pixel[0]]) {
                    let below = u32::from(*channel) * (255 - u32::from(pixel[3]));
                    *channel = value.saturating_add(((below + 127) / 255) as u8);
                }
            }
        }
    }

    /// Whether there is a stored picture and it is this one.
    pub fn is_stored(&self, name: &str) -> bool {
        let stored = image::open(path(name)).map(image::DynamicImage::into_rgb8);
        stored.is_ok_and(|stored| {
            (stored.width(), stored.height()) == (self.width, self.height) && *stored.as_raw() == self.rgb
        })
    }

    /// Compares with the stored picture; `WIDGETS_BLESS=1` stores this one. Returns what is wrong.
    pub fn compare(&self, name: &str) -> Option<String> {
        let path = path(name);
        let picture = image::RgbImage::from_raw(self.width, self.height, self.rgb.clone()).unwrap();
        if std::env::var_os("WIDGETS_BLESS").is_some() {
            picture.save(&path).unwrap();
            return None;
        }
        let stored = match image::open(&path) {
            Ok(stored) => stored.into_rgb8(),
            Err(error) => return Some(format!("{}: {error}", path.display())),
        };
        if stored == picture {
            return None;
        }
        let actual = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.png"));
        picture.save(&actual).unwrap();
        let unlike = stored.pixels().zip(picture.pixels()).filter(|(a, b)| a != b).count();
        Some(format!("{name}: {unlike} pixels differ; look at {}", actual.display()))
    }
}

/// Where the stored picture of that name is.
pub fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/widgets/png").join(format!("{name}.png"))
}

/// A rasterizer with the test's files.
pub fn rasterizer() -> Rasterizer {
    let texts = |path: &str| Some(Arc::from(crate::files::text(path)?));
    Rasterizer::new(Box::new(|_| None)).unwrap().with_texts(Box::new(texts))
}

/// Draws a face.
pub fn draw(rasterizer: &mut Rasterizer, face: &WidgetFace, width: u32, height: u32) -> RasterReport {
    let spec = Raster::Widget(Box::new(face.clone()));
    rasterizer.draw(&spec, Size::new(width, height), SCALE).unwrap()
}

/// What lies behind a wall of this mode.
pub fn canvas(mode: Mode) -> Rgba {
    Theme::built_in().palette(mode).canvas.0
}
