//! What people look at first, words and the middle of a picture, should not lie across a bezel or a gap, where a screen nearby could
//! show it whole.

use super::called;
use crate::layout::{Layout, Screen, TextContent, Wall, Window, WindowContent, Words};
use crate::plan::{Align, CANVAS_PIXEL, CanvasRect, CanvasUnit};
use crate::solve::{estimate, meet};

/// A line of words is so much higher than its letters' size, in hundredths.
const LINE_PERCENT: CanvasUnit = 130;

/// A remark on `window` where its words, or the middle third of its picture on both axes, lie across what nobody sees, though the words or
/// the whole window would fit onto one screen. Of a picture that is meant to span several screens nothing is
/// said.
pub(super) fn across(layout: &Layout, wall: &Wall, window: &Window) -> Option<Words> {
    let core = core(layout, window)?;
    let hidden = area(core) - wall.screens.iter().map(|screen| shared(screen.grid.area, core)).sum::<i128>();
    // Less than a canvas pixel is how edges are rounded.
    let line = CANVAS_PIXEL.max(1);
    if hidden <= i128::from(line) * i128::from(core.width.max(core.height)) {
        return None;
    }
    let met: Vec<&str> = wall
        .screens
        .iter()
        .filter(|screen| meet(screen.grid.area, core))
        .map(|screen| screen.id.as_str())
        .collect();
    let is_text = matches!(window.content, WindowContent::Text(_));
    let moves = wall.screens.iter().filter_map(|screen| {
        let (dx, dy) = into(screen.grid.area, core)?;
        // A picture that is larger than a screen, or lies far from it, is meant to span several.
        let near = dx.abs() <= core.width && dy.abs() <= core.height;
        let belongs = is_text || (near && into(screen.grid.area, window.rect).is_some());
        belongs.then_some(((dx, dy), screen))
    });
    let inside = |((dx, dy), _): &((CanvasUnit, CanvasUnit), &Screen)| fits(wall, window.rect, (*dx, *dy));
    let ((dx, dy), screen) = moves.filter(inside).min_by_key(|((dx, dy), _)| dx.abs() + dy.abs())?;
    let Words { zh, en } = called(window);
    let (what_zh, what_en) = if is_text { ("", "") } else { ("的中间部分", "the middle of ") };
    let between = met.join(", ");
    let (between_zh, between_en) = match met.len() {
        0 | 1 => (String::new(), String::new()),
        _ => (format!("（{between}）"), format!(" ({between})")),
    };
    let (by_zh, by_en) = way(dx, dy);
    let id = &screen.id;
    Some(Words {
        zh: format!("{zh}{what_zh}压在屏幕拼缝上{between_zh}；{by_zh}，就完整落在屏幕 {id} 上"),
        en: format!("{what_en}{en} lies across a bezel{between_en}; {by_en} and it is whole on screen {id}"),
    })
}

/// What of a window must not be cut; `None` where nothing is.
fn core(layout: &Layout, window: &Window) -> Option<CanvasRect> {
    match &window.content {
        WindowContent::Text(text) => words_box(layout, window, text),
        WindowContent::Source { .. } | WindowContent::Image { .. } | WindowContent::Widget(_) => {
            let CanvasRect { x, y, width, height } = window.rect;
            let (wide, high) = ((width / 3).max(1), (height / 3).max(1));
            Some(CanvasRect { x: x + width / 3, y: y + height / 3, width: wide, height: high })
        }
        // They stand where the wall puts them.
        WindowContent::Banner(_) => None,
    }
}

/// About where the words of a text stand in their window.
fn words_box(layout: &Layout, window: &Window, text: &TextContent) -> Option<CanvasRect> {
    let inset = text.padding + window.border.map_or(0, |border| border.width);
    let (left, top) = (window.rect.x + inset, window.rect.y + inset);
    let (room, tall) = (window.rect.width - 2 * inset, window.rect.height - 2 * inset);
    if room <= 0 || tall <= 0 {
        return None;
    }
    let words = text.words.get(layout.hall.language);
    let (mut width, mut rows) = (0, 0);
    for line in words.lines() {
        let long = estimate(line, text.size);
        width = width.max(long.min(room));
        rows += (long + room - 1).div_euclid(room).max(1);
    }
    let height = (rows * text.size * LINE_PERCENT / 100).min(tall);
    let start = |align: Align, free: CanvasUnit| match align {
        Align::Start => 0,
        Align::Middle => free / 2,
        Align::End => free,
    };
    let (x, y) = (left + start(text.align, room - width), top + start(text.vertical, tall - height));
    (width > 0 && height > 0).then_some(CanvasRect { x, y, width, height })
}

fn area(rect: CanvasRect) -> i128 {
    i128::from(rect.width) * i128::from(rect.height)
}

fn shared(a: CanvasRect, b: CanvasRect) -> i128 {
    let wide = (a.x + a.width).min(b.x + b.width) - a.x.max(b.x);
    let high = (a.y + a.height).min(b.y + b.height) - a.y.max(b.y);
    i128::from(wide.max(0)) * i128::from(high.max(0))
}

/// The shortest way that brings `core` wholly into `lit`; `None` where it is too large.
fn into(lit: CanvasRect, core: CanvasRect) -> Option<(CanvasUnit, CanvasUnit)> {
    let step = |at: CanvasUnit, length: CanvasUnit, from: CanvasUnit, room: CanvasUnit| {
        (length <= room).then(|| at.clamp(from, from + room - length) - at)
    };
    Some((step(core.x, core.width, lit.x, lit.width)?, step(core.y, core.height, lit.y, lit.height)?))
}

/// Whether the window stays on the canvas when it is moved.
fn fits(wall: &Wall, rect: CanvasRect, (dx, dy): (CanvasUnit, CanvasUnit)) -> bool {
    let (x, y, canvas) = (rect.x + dx, rect.y + dy, wall.canvas);
    x >= canvas.x
        && y >= canvas.y
        && x + rect.width <= canvas.x + canvas.width
        && y + rect.height <= canvas.y + canvas.height
}

/// A move in words, in whole canvas pixels, upwards.
fn way(dx: CanvasUnit, dy: CanvasUnit) -> (String, String) {
    let pixels = |units: CanvasUnit| (units.abs() + CANVAS_PIXEL - 1) / CANVAS_PIXEL;
    let (mut zh, mut en) = (Vec::new(), Vec::new());
    if dx != 0 {
        let (side_zh, side_en) = if dx > 0 { ("右", "right") } else { ("左", "left") };
        zh.push(format!("向{side_zh}移 {} px", pixels(dx)));
        en.push(format!("{} px to the {side_en}", pixels(dx)));
    }
    if dy != 0 {
        let (side_zh, side_en) = if dy > 0 { ("下", "down") } else { ("上", "up") };
        zh.push(format!("向{side_zh}移 {} px", pixels(dy)));
        en.push(format!("{} px {side_en}", pixels(dy)));
    }
    (zh.join("、"), format!("move it {}", en.join(" and ")))
}

#[cfg(test)]
mod tests {
    use crate::advice;

    fn said(windows: &str) -> Vec<String> {
        let hall = format!(
            r#"
version = 1
hall = {{ name = "h", language = "en" }}
[[wall]]
id = "w"
canvas_px_per_mm = 1
viewing_distance_m = 0.5
[[wall.screen]]
id = "a"
node = "n"
output = 1
resolution = [1000, 1000]
position_mm = [0, 0]
size_mm = [1000, 1000]
bezel_mm = 5
[[wall.screen]]
id = "b"
node = "n"
output = 2
resolution = [1000, 1000]
position_mm = [1010, 0]
size_mm = [1000, 1000]
bezel_mm = 5
[[source]]
id = "gate"
image = {{ path = "gate.png" }}
[[scene]]
id = "s"
wall = "w"
{windows}
"#
        );
        let layout = crate::parse(&hall, "hall.toml").unwrap_or_else(|wrong| panic!("{}", wrong.to_text()));
        advice(&layout).into_iter().map(|advice| advice.words.en).collect()
    }

    fn gate(rect: &str) -> String {
        format!("[[scene.window]]\nsource = \"gate\"\nlabel = false\nrect_px = {rect}\n")
    }

    fn words(rect: &str, align: &str) -> String {
        format!("[[scene.window]]\ntext = \"Hello\"\nsize_px = 40\nalign = \"{align}\"\nrect_px = {rect}\n")
    }

    #[test]
    fn a_face_across_a_bezel_is_told_where_it_could_be_whole() {
        let told = said(&gate("[700, 0, 600, 300]"));
        assert_eq!(
            told,
            [
                "the middle of the window of `gate` lies across a bezel (a, b); move it 100 px to the left and it is whole on screen a"
            ]
        );
    }

    #[test]
    fn what_lies_on_one_screen_or_is_larger_than_every_screen_is_not_spoken_of() {
        for rect in ["[0, 0, 600, 300]", "[1010, 0, 1000, 1000]", "[500, 0, 600, 300]"] {
            assert_eq!(said(&gate(rect)), [""; 0], "{rect}");
        }
        // Its middle third has 670 pixels and could lie on one screen, but the window could not.
        assert_eq!(said(&gate("[0, 0, 2010, 1000]")), [""; 0]);
    }

    #[test]
    fn of_words_counts_where_they_stand_and_not_how_large_their_window_is() {
        assert_eq!(said(&words("[600, 0, 1000, 100]", "left")), [""; 0]);
        let told = said(&words("[510, 0, 990, 100]", "center"));
        assert!(told.len() == 1 && told[0].starts_with("the text \"Hello\" lies across a bezel"), "{told:?}");
    }
}
