//! Lines that hold what is dragged, and how far it is from what is near.

use crate::canvas::view::Sight;
use crate::style::Tokens;
use editor_model::{Guide, Rect as Place};
use egui::{Align2, FontId, Painter, Pos2, Rect, Stroke, pos2, vec2};

/// Paints the lines that hold something, over the whole viewport.
pub fn paint(painter: &Painter, sight: &Sight, guides: &[Guide], tokens: &Tokens) {
    let view = painter.clip_rect();
    let stroke = Stroke::new(1.0, tokens.warn);
    for guide in guides {
        match guide.upright {
            true => painter.vline(sight.screen((guide.at, 0)).x, view.y_range(), stroke),
            false => painter.hline(view.x_range(), sight.screen((0, guide.at)).y, stroke),
        };
    }
}

/// Paints the distances from `rect` to the nearest of `others` that lies beside it, on each of its four sides.
pub fn distances(painter: &Painter, sight: &Sight, rect: Place, others: &[Place], tokens: &Tokens) {
    for (from, to, gap) in gaps(rect, others) {
        let (from, to) = (sight.screen(from), sight.screen(to));
        if (to - from).length() < 12.0 {
            continue;
        }
        painter.line_segment([from, to], Stroke::new(1.0, tokens.warn));
        note(painter, from + (to - from) / 2.0, &pixels(gap), tokens);
    }
}

/// Thousandths of a canvas pixel as people write them.
pub(crate) fn pixels(thousandths: i64) -> String {
    let (whole, part) = (thousandths / 1000, (thousandths % 1000).abs());
    match part {
        0 => whole.to_string(),
        _ => {
            let sign = if thousandths < 0 && whole == 0 { "-" } else { "" };
            format!("{sign}{whole}.{part:03}").trim_end_matches('0').to_owned()
        }
    }
}

/// Paints a few words on a small plate.
pub(crate) fn note(painter: &Painter, at: Pos2, words: &str, tokens: &Tokens) {
    let galley = painter.layout_no_wrap(words.to_owned(), FontId::proportional(12.0), tokens.text);
    let plate = Align2::CENTER_CENTER.anchor_size(at, galley.size() + vec2(10.0, 4.0));
    painter.rect_filled(plate, 4.0, tokens.raised);
    painter.galley(plate.min + vec2(5.0, 2.0), galley, tokens.text);
}

type Gap = ((i64, i64), (i64, i64), i64);

/// For each side the nearest neighbour that overlaps on the other axis: from where, to where, how far.
fn gaps(rect: Place, others: &[Place]) -> Vec<Gap> {
    let (middle_x, middle_y) = (rect.x + rect.width / 2, rect.y + rect.height / 2);
    let beside = |other: &&Place| other.y < rect.bottom() && rect.y < other.bottom();
    let above = |other: &&Place| other.x < rect.right() && rect.x < other.right();
    let left = others.iter().filter(beside).map(|other| rect.x - other.right()).filter(|gap| *gap > 0).min();
    let right = others.iter().filter(beside).map(|other| other.x - rect.right()).filter(|gap| *gap > 0).min();
    let up = others.iter().filter(above).map(|other| rect.y - other.bottom()).filter(|gap| *gap > 0).min();
    let down = others.iter().filter(above).map(|other| other.y - rect.bottom()).filter(|gap| *gap > 0).min();
    let all = [
        left.map(|gap| ((rect.x, middle_y), (rect.x - gap, middle_y), gap)),
        right.map(|gap| ((rect.right(), middle_y), (rect.right() + gap, middle_y), gap)),
        up.map(|gap| ((middle_x, rect.y), (middle_x, rect.y - gap), gap)),
        down.map(|gap| ((middle_x, rect.bottom()), (middle_x, rect.bottom() + gap), gap)),
    ];
    all.into_iter().flatten().collect()
}

/// Paints a grid with `step` between its lines, where they are far enough apart to be seen.
pub fn grid(painter: &Painter, sight: &Sight, canvas: Place, step: i64, tokens: &Tokens) {
    let area: Rect = sight.rect(canvas);
    let stroke = Stroke::new(1.0, tokens.text.gamma_multiply(0.10));
    if sight.screen((step, 0)).x - sight.screen((0, 0)).x < 6.0 {
        return;
    }
    for at in (canvas.x..=canvas.right()).step_by(usize::try_from(step).unwrap_or(1)) {
        painter.vline(sight.screen((at, 0)).x, area.y_range(), stroke);
    }
    for at in (canvas.y..=canvas.bottom()).step_by(usize::try_from(step).unwrap_or(1)) {
        painter.hline(area.x_range(), sight.screen((0, at)).y, stroke);
    }
}

/// The corner of a rectangle of the screen that a handle is at.
pub(crate) fn corner(rect: Rect, x: i8, y: i8) -> Pos2 {
    let along = |side: i8, begin: f32, end: f32| match side {
        -1 => begin,
        1 => end,
        _ => (begin + end) / 2.0,
    };
    pos2(along(x, rect.left(), rect.right()), along(y, rect.top(), rect.bottom()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_to_the_nearest_neighbours() {
        let rect = Place { x: 100, y: 100, width: 50, height: 50 };
        let others = [
            Place { x: 0, y: 90, width: 60, height: 30 },
            Place { x: 0, y: 90, width: 10, height: 30 },
            Place { x: 170, y: 149, width: 10, height: 30 },
            Place { x: 170, y: 150, width: 1, height: 30 },
            Place { x: 120, y: 120, width: 5, height: 5 },
        ];
        let gaps: Vec<i64> = gaps(rect, &others).into_iter().map(|(_, _, gap)| gap).collect();
        assert_eq!(gaps, [40, 20]);
    }

    #[test]
    fn lengths_are_written_as_people_write_them() {
        let written = [0, 1000, 1500, -500, -1250, 12_345].map(pixels);
        assert_eq!(written, ["0", "1", "1.5", "-0.5", "-1.25", "12.345"]);
    }
}
