//! Rasters: text, marks, signs and still pictures turned into premultiplied bitmaps, when they change and not before.
//!
//! A raster is drawn into the whole of its draw's rectangle, at the screen's own pixel pitch. Everything here is a
//! pure function of the value and of the size asked for: the same value gives the same bytes on every machine that
//! runs the same program. Only the bundled font is ever used, so that no machine's own fonts can change the wall.

mod cache;
mod font;
mod image;
mod shape;
mod sheet;
mod text;
mod widget;

#[cfg(test)]
mod tests;

pub use cache::{RasterCache, RasterCounts};
pub use font::{FontFault, bundled_fonts};
pub use image::{DecodeError, IMAGE_PIXELS_MAX, decode_image};
pub use sheet::BITMAP_PIXELS_MAX;
pub use widget::{moment_words, number_words};

use crate::picture::Bitmap;
use crate::scene::PixelScale;
use layouts::{Raster, Weight};
use media::Size;
use sheet::Sheet;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Finds a still picture of the hall document by its path; `None` where there is none, or not yet.
///
/// The renderer opens no files: whoever owns it does, decodes with [`decode_image`] and keeps the result.
pub type ImageLoader = Box<dyn Fn(&str) -> Option<Arc<Bitmap>> + Send>;

/// Finds a text file of the hall's media folder (a widget's template, a map's GeoJSON) by its path; `None` where there is
/// none, or not yet. The same text should come as the same `Arc`: a map that is read already is known by it.
pub type TextLoader = Box<dyn Fn(&str) -> Option<Arc<str>> + Send>;

/// Why a raster could not be drawn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RasterError {
    /// The bitmap asked for is empty or larger than any wall needs.
    #[error("a bitmap of {0} cannot be drawn")]
    Size(Size),
    /// The loader has no picture for this path.
    #[error("the picture {path:?} is not there")]
    ImageMissing {
        /// The path, as the hall document names it.
        path: String,
    },
}

/// What drawing one raster has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RasterReport {
    /// The picture.
    pub bitmap: Bitmap,
    /// Characters for which the bundled font has no glyph: they are left out, never drawn as boxes.
    pub missing_glyphs: u32,
}

/// Draws rasters. It holds the parsed fonts, so there is one per compositor and it lives long.
pub struct Rasterizer {
    text: text::TextEngine,
    widgets: widget::WidgetEngine,
    images: ImageLoader,
    texts: TextLoader,
}

impl Rasterizer {
    /// Parses the bundled fonts. Errors: a bundled font that cannot be read, which means a broken build.
    pub fn new(images: ImageLoader) -> Result<Self, FontFault> {
        let mut text = text::TextEngine::new()?;
        let measure =
            widget::measure::Measure::new(text.advances(Weight::Regular), text.advances(Weight::Medium));
        let widgets = widget::WidgetEngine::new(Arc::new(measure))?;
        Ok(Self { text, widgets, images, texts: Box::new(|_| None) })
    }

    /// The same with text files for designers' templates and maps; without, there are none.
    pub fn with_texts(self, texts: TextLoader) -> Self {
        Self { texts, ..self }
    }

    /// Forgets what was made of files, after those behind the loaders have changed.
    pub fn forget_files(&mut self) {
        self.widgets.forget_files();
    }

    /// Designers' templates that were drawn since this was last asked, by their paths; for those that could not be, the wall's words
    /// about the line and what is wrong there.
    pub fn take_templates(&mut self) -> BTreeMap<String, Option<String>> {
        self.widgets.take_tried()
    }

    /// Whether both bundled weights have a glyph for `character`.
    pub fn has_glyph(&mut self, character: char) -> bool {
        self.text.has_glyph(character)
    }

    /// Draws `spec` into a bitmap of `size` pixels; `scale` turns its lengths into pixels.
    ///
    /// Errors: a size that is empty or above [`BITMAP_PIXELS_MAX`], a picture that the loader does not have.
    pub fn draw(
        &mut self,
        spec: &Raster,
        size: Size,
        scale: PixelScale,
    ) -> Result<RasterReport, RasterError> {
        let mut sheet = Sheet::new(size).ok_or(RasterError::Size(size))?;
        let mut missing_glyphs = 0;
        match spec {
            Raster::Text { text, size: em, color, align, vertical, weight, lines_max } => {
                let style = text::TextStyle {
                    em_px: pixels(*em, scale),
                    color: *color,
                    align: *align,
                    vertical: *vertical,
                    weight: *weight,
                    lines_max: *lines_max,
                };
                missing_glyphs = self.text.draw(&mut sheet, text, &style, text::Inset::default());
            }
            Raster::Dot(color) => shape::dot(&mut sheet, *color),
            Raster::Badge { text, size: em, color, fill, line } => {
                shape::pill(&mut sheet, *fill, *color, pixels(*line, scale));
                let style = text::TextStyle {
                    em_px: pixels(*em, scale),
                    color: *color,
                    align: layouts::Align::Middle,
                    vertical: layouts::Align::Middle,
                    weight: Weight::Regular,
                    lines_max: 1,
                };
                let inset = text::Inset { side_px: size.height as f32 / 3.0 };
                missing_glyphs = self.text.draw(&mut sheet, text, &style, inset);
            }
            Raster::Stripes { ground, stripe, pitch } => {
                shape::stripes(&mut sheet, *ground, *stripe, pixels(*pitch, scale));
            }
            Raster::Icon { icon, color } => shape::icon(&mut sheet, *icon, *color),
            Raster::Image { path, crop, fit } => {
                let missing = || RasterError::ImageMissing { path: path.clone() };
                let picture = (self.images)(path).ok_or_else(missing)?;
                image::resample(&picture, *crop, *fit, scale, &mut sheet);
            }
            Raster::Widget(face) => {
                let files = widget::Files { images: &self.images, texts: &self.texts };
                missing_glyphs = self.widgets.draw(face, &mut sheet, scale, &files, &mut self.text);
            }
        }
        let bitmap = Bitmap::new(size, sheet.into_bytes()).ok_or(RasterError::Size(size))?;
        Ok(RasterReport { bitmap, missing_glyphs })
    }
}

impl std::fmt::Debug for Rasterizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rasterizer").finish_non_exhaustive()
    }
}

/// A length in canvas units as screen pixels; negative lengths count as none, absurd ones as a million pixels.
fn pixels(length: layouts::CanvasUnit, scale: PixelScale) -> f32 {
    // A whole number below 2^26 divided by a power of two: the same float everywhere.
    scale.pixels_64_down(length).clamp(0, 64_000_000) as f32 / 64.0
}
