//! Rectangles and frames as one mesh: on whole pixels of the screen, without soft edges, and cheap to draw where there are hundreds of
//! them on a graphics device that is software.

use egui::emath::GuiRounding as _;
use egui::{Color32, Mesh, Painter, Rect, Shape, pos2};

/// Rectangles that are painted together, in their order.
pub(crate) struct Solids {
    mesh: Mesh,
    pixels_per_point: f32,
}

impl Solids {
    /// None yet, for what `painter` paints on.
    pub fn new(painter: &Painter) -> Self {
        Self { mesh: Mesh::default(), pixels_per_point: painter.pixels_per_point() }
    }

    /// One more, filled.
    pub fn fill(&mut self, rect: Rect, color: Color32) {
        let rect = rect.round_to_pixels(self.pixels_per_point);
        if rect.is_positive() {
            self.mesh.add_colored_rect(rect, color);
        }
    }

    /// One more, of which only the edge is painted, `width` points to the inside.
    pub fn frame(&mut self, rect: Rect, width: f32, color: Color32) {
        let width = width.min(rect.width() / 2.0).min(rect.height() / 2.0);
        let Rect { min, max } = rect;
        self.fill(Rect::from_min_max(min, pos2(max.x, min.y + width)), color);
        self.fill(Rect::from_min_max(pos2(min.x, max.y - width), max), color);
        self.fill(Rect::from_min_max(pos2(min.x, min.y + width), pos2(min.x + width, max.y - width)), color);
        self.fill(Rect::from_min_max(pos2(max.x - width, min.y + width), pos2(max.x, max.y - width)), color);
    }

    /// Paints them.
    pub fn paint(self, painter: &Painter) {
        if !self.mesh.is_empty() {
            painter.add(Shape::mesh(self.mesh));
        }
    }
}
