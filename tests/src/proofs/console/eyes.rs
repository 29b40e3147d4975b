//! What the demo's wall shows, read from the pixels that its screens' cables carry: which camera stands in a window, whether
//! its pictures go on, and how alike a part of the wall is to the camera's own picture.

use crate::camera::Camera;
use crate::counter::{self, Reading};
use crate::data::{Seen, wall_part};
use crate::peers;
use crate::picture::{Picture, Rect};
use layouts::{CANVAS_PIXEL, CanvasRect, Wall};
use serde_json::Value;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// The newest picture of each screen, by its place in the hall document.
pub(super) type Screens = BTreeMap<u32, Seen>;

/// Every camera of the demo makes pictures of this shape.
const ASPECT: f64 = 16.0 / 9.0;
/// The extent in which cameras are painted to compare with.
const PAINTED: (u32, u32) = (640, 360);
/// What lies above this in a camera's picture changes: its clock, its name and its counter.
const CLOCK_END: f64 = 0.24;
/// Canvas pixels at a window's foot and edges that may bear its label and its border.
const FOOT_PX: f64 = 56.0;
const EDGE_PX: f64 = 12.0;
/// A part of a wall that is less unlike a camera's own picture than this, of 255, shows it.
pub(super) const ALIKE: f64 = 12.0;

/// A camera's window as it should stand on the canvas, in canvas pixels.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Window {
    /// Its name.
    pub name: String,
    /// What it shows.
    pub source: String,
    /// Where.
    pub rect: Rect,
    /// Which part of the picture: left, top, width, height as fractions.
    crop: [f64; 4],
    /// What lies in front of it.
    above: Vec<Rect>,
}

/// Looks at one wall.
pub(super) struct Eyes {
    wall: Wall,
    painted: BTreeMap<u32, Vec<u8>>,
}

impl Window {
    /// A window in front of all others that shows the whole picture.
    pub fn new(source: &str, rect: Rect) -> Self {
        let (name, source) = (source.to_owned(), source.to_owned());
        Self { name, source, rect, crop: [0.0, 0.0, 1.0, 1.0], above: Vec::new() }
    }

    /// The cameras' windows of a picture of windows as the API gives it, back to front.
    pub fn all(windows: &Value) -> Vec<Self> {
        let list = windows["windows"].as_array().cloned().unwrap_or_default();
        let rects: Vec<Option<Rect>> = list.iter().map(|window| rect_of(&window["rect"])).collect();
        let window = |(index, line): (usize, &Value)| {
            let source = line["source"].as_str().filter(|source| !peers::demo_clips_of(source).is_empty())?;
            let part = rect_of(&line["crop"]).unwrap_or(Rect::new(0.0, 0.0, 1.0, 1.0));
            Some(Self {
                name: line["window"].as_str()?.to_owned(),
                source: source.to_owned(),
                rect: rects[index]?,
                crop: [part.x, part.y, part.width, part.height],
                above: rects[index + 1..].iter().flatten().copied().collect(),
            })
        };
        list.iter().enumerate().filter_map(window).collect()
    }

    /// Where the whole of the camera's picture would lie.
    fn whole(&self) -> Rect {
        let [x, y, width, height] = self.crop;
        let seen = self.rect.cover(ASPECT * width / height);
        let (across, down) = (seen.width / width, seen.height / height);
        Rect::new(seen.x - x * across, seen.y - y * down, across, down)
    }

    /// Where its counter's strip is seen.
    fn strip(&self) -> Rect {
        let whole = self.whole();
        let (top, bottom) = (12.0 / 360.0, 24.0 / 360.0);
        let strip = Rect::new(
            whole.x + whole.width * 0.2,
            whole.y + whole.height * top,
            whole.width * 0.6,
            whole.height * (bottom - top),
        );
        shared(strip, self.rect).unwrap_or(Rect::new(0.0, 0.0, 0.0, 0.0))
    }
}

impl Eyes {
    /// Eyes for a wall.
    pub fn new(wall: Wall) -> Self {
        Self { wall, painted: BTreeMap::new() }
    }

    /// A part of the canvas in canvas pixels.
    pub fn part(&self, screens: &Screens, rect: Rect) -> Picture {
        let at = |value: f64| value.clamp(0.0, 65_535.0) as u32;
        let [x, y] = [at(rect.x.floor()), at(rect.y.floor())];
        let size = [at((rect.x + rect.width).ceil()) - x, at((rect.y + rect.height).ceil()) - y];
        wall_part(&self.wall, [x, y, size[0], size[1]], |index| {
            screens.get(&index).map(|seen| &*seen.picture)
        })
    }

    /// The whole canvas.
    pub fn canvas(&self, screens: &Screens) -> Picture {
        let size = self.wall.canvas_size();
        self.part(screens, Rect::new(0.0, 0.0, f64::from(size.width), f64::from(size.height)))
    }

    /// Whether a window's counter can be read: all of its strip lies on one screen, and nothing before it.
    pub fn can_read(&self, window: &Window) -> bool {
        let strip = window.strip();
        let whole = window.whole();
        let wide = strip.width > whole.width * 0.599 && strip.height >= 4.0;
        wide && self.screen_of(strip).is_some()
            && window.above.iter().all(|rect| shared(*rect, strip).is_none())
    }

    /// The screen, by its place in the hall document, on which all of a place lies.
    pub fn screen_of(&self, rect: Rect) -> Option<u32> {
        let on = |screen: &layouts::Screen| holds(place(screen.grid.area), rect);
        self.wall.screens.iter().position(on).and_then(|index| u32::try_from(index).ok())
    }

    /// The screen on which a window's strip lies, if all of it lies on one.
    pub fn strip_screen(&self, window: &Window) -> Option<u32> {
        self.screen_of(window.strip())
    }

    /// What a window's counter says; `None` where it cannot be read or is another camera's.
    pub fn reading(&self, screens: &Screens, window: &Window) -> Option<Reading> {
        let strip = window.strip();
        if strip.width < 1.0 {
            return None;
        }
        let part = self.part(screens, strip);
        let whole = counter::visible_strip(window.rect, window.whole());
        let place =
            Rect::new(whole.x - strip.x.floor(), whole.y - strip.y.floor(), whole.width, whole.height);
        let reading = counter::read(&part, place)?;
        let clips = peers::demo_clips_of(&window.source);
        clips.iter().any(|clip| clip.number == reading.camera).then_some(reading)
    }

    /// A number that is another one as soon as the visible part of a window's strip is another picture.
    pub fn trace(&self, screens: &Screens, window: &Window) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.part(screens, window.strip()).bgra.hash(&mut hasher);
        hasher.finish()
    }

    /// Mean difference in brightness, 0 to 255, of a window to its camera's own picture on each screen that it reaches by
    /// more than a few pixels: the screen's name and the difference.
    pub fn unlike(&mut self, screens: &Screens, window: &Window) -> Vec<(String, f64)> {
        let Some(clip) = peers::demo_clips_of(&window.source).first().copied() else { return Vec::new() };
        let paint = || Camera::new(clip.scene, clip.number, PAINTED, clip.fps).luma(0);
        let own = self.painted.entry(clip.number).or_insert_with(paint).clone();
        let inner = Rect::new(
            window.rect.x + EDGE_PX,
            window.rect.y + EDGE_PX,
            window.rect.width - 2.0 * EDGE_PX,
            window.rect.height - EDGE_PX - FOOT_PX,
        );
        let whole = window.whole();
        let parts = self.wall.screens.iter().filter_map(|screen| {
            let part = shared(place(screen.grid.area), inner)
                .filter(|part| part.width > 40.0 && part.height > 40.0)?;
            Some((screen.id.to_string(), unlike_own(&self.part(screens, part), part, whole, &own)?))
        });
        parts.collect()
    }
}

/// Mean difference in brightness of `part` of a canvas to a camera's `own` picture that would lie at `whole`.
fn unlike_own(picture: &Picture, part: Rect, whole: Rect, own: &[u8]) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0_u32);
    for y in (0..picture.height).step_by(4) {
        for x in (0..picture.width).step_by(4) {
            let across = (part.x.floor() + f64::from(x) + 0.5 - whole.x) / whole.width;
            let down = (part.y.floor() + f64::from(y) + 0.5 - whole.y) / whole.height;
            // The gate's mask lies at 78 % of the width and 44 % of the height.
            let masked = across > 0.76 && (0.42..0.72).contains(&down);
            let inside = (CLOCK_END..1.0).contains(&down) && (0.0..1.0).contains(&across);
            if masked || !inside {
                continue;
            }
            let at = (down * f64::from(PAINTED.1)) as usize * PAINTED.0 as usize
                + (across * f64::from(PAINTED.0)) as usize;
            let (Some(luma), Some([b, g, r, _])) = (own.get(at), picture.at(x, y)) else { continue };
            let wanted = (f64::from(*luma) - 16.0) * 255.0 / 219.0;
            let is = 0.299 * f64::from(r) + 0.587 * f64::from(g) + 0.114 * f64::from(b);
            sum += (wanted - is).abs();
            count += 1;
        }
    }
    (count >= 50).then(|| sum / f64::from(count))
}

/// Mean difference of two pictures of one size, 0 to 255.
pub(super) fn unlike(one: &Picture, other: &Picture) -> f64 {
    let pairs = one.bgra.iter().zip(&other.bgra);
    pairs.map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / (one.bgra.len().max(1) as f64)
}

/// A place of the layout in canvas pixels.
pub(super) fn place(rect: CanvasRect) -> Rect {
    let px = |units: i64| units as f64 / CANVAS_PIXEL as f64;
    Rect::new(px(rect.x), px(rect.y), px(rect.width), px(rect.height))
}

/// A place as the API writes it.
pub(super) fn rect_of(value: &Value) -> Option<Rect> {
    let number = |key: &str| value[key].as_f64();
    Some(Rect::new(number("x")?, number("y")?, number("width")?, number("height")?))
}

/// Whether all of `inner` lies in `outer`.
fn holds(outer: Rect, inner: Rect) -> bool {
    inner.x >= outer.x
        && inner.y >= outer.y
        && inner.x + inner.width <= outer.x + outer.width
        && inner.y + inner.height <= outer.y + outer.height
}

/// What two places have in common.
fn shared(one: Rect, other: Rect) -> Option<Rect> {
    let (x, y) = (one.x.max(other.x), one.y.max(other.y));
    let width = (one.x + one.width).min(other.x + other.width) - x;
    let height = (one.y + one.height).min(other.y + other.height) - y;
    (width > 0.0 && height > 0.0).then_some(Rect { x, y, width, height })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn windows_know_what_lies_before_them_and_what_they_cut_off() {
        let rect = |x: u32| json!({ "x": x, "y": 0, "width": 640, "height": 360 });
        let windows = json!({ "windows": [
            { "window": "w1", "kind": "source", "source": "shore", "rect": rect(0), "crop": { "x": 0, "y": 0.05, "width": 1, "height": 0.9 } },
            { "window": "w2", "kind": "text", "rect": rect(600) },
            { "window": "w3", "kind": "source", "source": "map", "rect": rect(0) },
            { "window": "w4", "kind": "source", "source": "lake", "rect": rect(1000) } ] });
        let found = Window::all(&windows);
        assert_eq!(found.iter().map(|window| window.name.as_str()).collect::<Vec<_>>(), ["w1", "w4"]);
        assert_eq!((found[0].above.len(), found[1].above.len()), (3, 0));
        // Nine tenths of the height are shown: the strip, from 3.3 to 6.7 per cent, begins above the window.
        let strip = found[0].strip();
        assert_eq!(strip.y, 0.0);
        assert!(strip.height > 4.0 && strip.height < 9.0, "{strip:?}");
        let strip = found[1].strip();
        assert!(
            (strip.x - 1128.0).abs() + (strip.width - 384.0).abs() + (strip.y - 12.0).abs() < 1e-6,
            "{strip:?}"
        );
    }

    #[test]
    fn a_picture_is_like_its_own_camera_and_unlike_another() {
        let clip = peers::demo_clips_of("square")[0];
        let own = Camera::new(clip.scene, clip.number, PAINTED, clip.fps).luma(0);
        let other = peers::demo_clips_of("crossing")[0];
        let other = Camera::new(other.scene, other.number, PAINTED, other.fps).luma(0);
        let full = |y: u8| ((f64::from(y) - 16.0) * 255.0 / 219.0).clamp(0.0, 255.0) as u8;
        let bgra = own.iter().flat_map(|&y| [full(y), full(y), full(y), 255]).collect();
        let picture = Picture { width: 640, height: 360, bgra };
        let whole = Rect::new(0.0, 0.0, 640.0, 360.0);
        assert!(unlike_own(&picture, whole, whole, &own).unwrap() < 1.0);
        assert!(unlike_own(&picture, whole, whole, &other).unwrap() > ALIKE);
    }
}
