//! What was composed, as a texture on the canvas.

use crate::canvas::view::Sight;
use crate::compose::Canvas;
use egui::{Color32, ColorImage, Painter, Pos2, Rect, TextureHandle, TextureOptions};
use layouts::PixelGrid;
use node::OwnedPicture;

/// The picture on the canvas.
#[derive(Default)]
pub struct Picture {
    texture: Option<TextureHandle>,
    shown: Option<Canvas>,
}

impl Picture {
    /// Takes what was composed.
    pub fn take(&mut self, context: &egui::Context, canvas: Canvas) {
        if canvas.picture.size.area() > 0 {
            let image = image(&canvas.picture);
            match &mut self.texture {
                Some(texture) => texture.set(image, TextureOptions::NEAREST),
                none => *none = Some(context.load_texture("canvas", image, TextureOptions::NEAREST)),
            }
        }
        self.shown = Some(canvas);
    }

    /// What is shown.
    pub fn shown(&self) -> Option<&Canvas> {
        self.shown.as_ref()
    }

    /// Which part of the canvas is shown, and how fine.
    pub fn grid(&self) -> Option<&PixelGrid> {
        self.shown.as_ref().map(|canvas| &canvas.grid)
    }

    /// Paints it where it belongs; nothing beyond `canvas`, the canvas on the screen.
    pub fn paint(&self, painter: &Painter, sight: &Sight, canvas: Rect) {
        let (Some(texture), Some(shown)) = (&self.texture, &self.shown) else { return };
        let all = Rect::from_min_max(Pos2::ZERO, egui::pos2(1.0, 1.0));
        let painter = painter.with_clip_rect(painter.clip_rect().intersect(canvas));
        painter.image(texture.id(), sight.grid_rect(&shown.grid), all, Color32::WHITE);
    }
}

/// Blue, green, red, alpha as an image of egui.
pub(crate) fn image(picture: &OwnedPicture) -> ColorImage {
    let OwnedPicture { size, bytes } = picture;
    let pixels = bytes.chunks_exact(4).map(|bgra| Color32::from_rgb(bgra[2], bgra[1], bgra[0])).collect();
    ColorImage::new([size.width as usize, size.height as usize], pixels)
}
