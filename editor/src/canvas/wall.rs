//! The wall on the canvas in true geometry: lit areas with their names, bezels, gaps, how a screen hangs.

use crate::canvas::solid::Solids;
use crate::canvas::view::Sight;
use crate::style::Tokens;
use editor_model::{Rect as Place, rect_of};
use egui::{Align2, Color32, CornerRadius, FontId, Painter, Rect, Shape, Stroke, pos2, vec2};
use layouts::{Rotation, Screen, Wall};

/// The screen with its bezel, in thousandths of a canvas pixel.
pub fn framed(wall: &Wall, screen: &Screen) -> Place {
    let lit = rect_of(screen.grid.area);
    let length = |um: i64| um * wall.canvas_px_per_mm_e6 / 1_000_000;
    let [left, top, right, bottom] = screen.bezel_um.map(length);
    Place {
        x: lit.x - left,
        y: lit.y - top,
        width: lit.width + left + right,
        height: lit.height + top + bottom,
    }
}

/// The box around all screens with their bezels.
pub fn outer(wall: &Wall) -> Option<Place> {
    Place::around(wall.screens.iter().map(|screen| framed(wall, screen)))
}

/// Darkens what nobody sees of `canvas`: bezels and gaps; `opaque` hides it, as the wall does.
pub fn paint_unlit(
    painter: &Painter,
    sight: &Sight,
    wall: &Wall,
    canvas: Rect,
    opaque: bool,
    tokens: &Tokens,
) {
    let lit: Vec<Rect> = wall.screens.iter().map(|screen| sight.rect(rect_of(screen.grid.area))).collect();
    let veil = if opaque { tokens.canvas } else { tokens.canvas.gamma_multiply(0.62) };
    let mut solids = Solids::new(painter);
    for part in without(canvas, &lit) {
        solids.fill(part, veil);
    }
    let bezel = if opaque { tokens.raised } else { tokens.raised.gamma_multiply(0.55) };
    for (screen, lit) in wall.screens.iter().zip(&lit) {
        for part in without(sight.rect(framed(wall, screen)), std::slice::from_ref(lit)) {
            solids.fill(part, bezel);
        }
    }
    solids.paint(painter);
}

/// Outlines of the screens, and with `plates` their names and where up is on those that are turned.
pub fn paint_screens(painter: &Painter, sight: &Sight, wall: &Wall, plates: bool, tokens: &Tokens) {
    let mut solids = Solids::new(painter);
    for screen in &wall.screens {
        solids.frame(sight.rect(rect_of(screen.grid.area)), 1.0, tokens.text.gamma_multiply(0.45));
    }
    solids.paint(painter);
    for screen in wall.screens.iter().filter(|_| plates) {
        let lit = sight.rect(rect_of(screen.grid.area));
        if lit.width() < 56.0 || lit.height() < 28.0 {
            continue;
        }
        let turned = screen.output.rotation != Rotation::None;
        let around = vec2(if turned { 26.0 } else { 12.0 }, 4.0);
        let font = FontId::proportional(11.0);
        let words = format!("{} · {} {}", screen.id, screen.node, screen.output_number);
        let long = painter.layout_no_wrap(words, font.clone(), tokens.text);
        let galley = match long.size().x + around.x <= lit.width() {
            true => long,
            false => painter.layout_no_wrap(screen.id.to_string(), font, tokens.text),
        };
        let room = galley.size() + around;
        if room.x > lit.width() {
            continue;
        }
        // Above the screen where there is no other one, so that it hides nothing.
        let above = Rect::from_min_size(lit.min - vec2(0.0, room.y), room);
        let mut others = wall.screens.iter().filter(|other| other.id != screen.id);
        let is_free = !others.any(|other| sight.rect(rect_of(other.grid.area)).intersects(above));
        let (plate, round) = match is_free {
            true => (above, CornerRadius { nw: 6, ne: 6, ..CornerRadius::ZERO }),
            false => (
                Rect::from_min_size(lit.min + vec2(1.0, 1.0), room),
                CornerRadius { se: 6, ..CornerRadius::ZERO },
            ),
        };
        painter.rect_filled(plate, round, tokens.canvas);
        painter.galley(plate.min + vec2(6.0, 2.0), galley, tokens.text);
        if turned {
            arrow(painter, pos2(plate.right() - 11.0, plate.center().y), screen.output.rotation, tokens.warn);
        }
    }
}

/// An arrow that shows where the upper edge of a turned panel hangs.
fn arrow(painter: &Painter, at: egui::Pos2, rotation: Rotation, color: Color32) {
    let up = match rotation {
        Rotation::None => vec2(0.0, -1.0),
        Rotation::Quarter => vec2(1.0, 0.0),
        Rotation::Half => vec2(0.0, 1.0),
        Rotation::ThreeQuarters => vec2(-1.0, 0.0),
    };
    let side = up.rot90();
    let points = vec![at + up * 5.0, at - up * 3.0 + side * 4.0, at - up * 3.0 - side * 4.0];
    painter.add(Shape::convex_polygon(points, color, Stroke::NONE));
}

/// What of `area` lies in none of `holes`: cut along their edges into rectangles.
fn without(area: Rect, holes: &[Rect]) -> Vec<Rect> {
    let mut parts = vec![area];
    for hole in holes {
        let mut rest = Vec::new();
        for part in parts {
            let meets = part.intersect(*hole);
            if !meets.is_positive() {
                rest.push(part);
                continue;
            }
            let above = Rect::from_min_max(part.min, pos2(part.right(), meets.top()));
            let below = Rect::from_min_max(pos2(part.left(), meets.bottom()), part.max);
            let left = Rect::from_min_max(pos2(part.left(), meets.top()), pos2(meets.left(), meets.bottom()));
            let right =
                Rect::from_min_max(pos2(meets.right(), meets.top()), pos2(part.right(), meets.bottom()));
            rest.extend([above, below, left, right].into_iter().filter(Rect::is_positive));
        }
        parts = rest;
    }
    parts
}

/// Paints the name of something below its rectangle on the screen.
pub(crate) fn paint_name(painter: &Painter, rect: Rect, words: &str, color: Color32, ground: Color32) {
    let galley = painter.layout_no_wrap(words.to_owned(), FontId::proportional(12.0), ground);
    let at = pos2(rect.left(), rect.top() - 2.0);
    let plate = Align2::LEFT_BOTTOM.anchor_size(at, galley.size() + vec2(12.0, 4.0));
    painter.rect_filled(plate, 4.0, color);
    painter.galley(plate.min + vec2(6.0, 2.0), galley, ground);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_the_area_without_the_holes_and_nothing_twice() {
        let rect = |x: f32, y: f32, w: f32, h: f32| Rect::from_min_size(pos2(x, y), vec2(w, h));
        let area = rect(0.0, 0.0, 100.0, 60.0);
        let holes = [rect(10.0, 10.0, 30.0, 30.0), rect(40.0, 0.0, 20.0, 60.0), rect(90.0, 50.0, 40.0, 40.0)];
        let parts = without(area, &holes);
        let sum: f32 = parts.iter().map(|part| part.area()).sum();
        assert_eq!(sum, 6000.0 - 900.0 - 1200.0 - 100.0);
        for (index, part) in parts.iter().enumerate() {
            assert!(parts[index + 1..].iter().all(|other| !part.intersect(*other).is_positive()));
            assert!(holes.iter().all(|hole| !part.intersect(*hole).is_positive()));
        }
    }
}
