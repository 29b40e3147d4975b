//! Windows that are dragged: moved and resized together, drawn to lines, kept on the canvas.

use crate::rect::{Handle, Rect, resized};
use crate::session::{Item, Session};
use crate::snap::{Guide, Lines, snap_move, snap_resize};
use layouts_edit::{EditError, Pixels, TextEdit};
use media::{SceneId, WindowId};
use std::collections::BTreeMap;

/// The shortest side of a window, in thousandths of a canvas pixel.
pub const SIDE_MIN: i64 = 8_000;

/// Windows as they were when they were taken hold of.
#[derive(Debug, Clone)]
pub struct Grip {
    scene: SceneId,
    windows: Vec<Item>,
    around: Rect,
    canvas: Rect,
    lines: Lines,
    gesture: u64,
}

impl Grip {
    /// The box around all of them, as it was.
    pub fn around(&self) -> Rect {
        self.around
    }
}

impl Session {
    /// Takes hold of what is selected and not locked; `None` where there is none. `grid` is the distance of grid lines, 0 for none.
    pub fn grip(&mut self, grid: i64) -> Option<Grip> {
        let windows = self.movable();
        let around = Rect::around(windows.iter().map(|item| item.rect))?;
        let scene = self.scene()?.id.clone();
        let others = self.items().into_iter().filter(|item| !item.selected).map(|item| item.rect);
        let canvas = self.canvas();
        let lines = Lines::new(others.chain(self.screens()), canvas, grid);
        let gesture = self.gesture();
        Some(Grip { scene, windows, around, canvas, lines, gesture })
    }

    /// Moves what is held by `by` from where it was, drawn to lines at most `reach` away. Gives the lines that hold it.
    pub fn drag(&mut self, grip: &Grip, by: (i64, i64), reach: i64) -> Result<Vec<Guide>, EditError> {
        let snapped = snap_move(grip.around.moved(by), &grip.lines, reach);
        let inside = kept(snapped.rect, grip.canvas);
        let by = (inside.x - grip.around.x, inside.y - grip.around.y);
        let places = grip.windows.iter().map(|item| (item, item.rect.moved(by)));
        self.place(&grip.scene, places, step("移动窗口", "Move windows"), grip.gesture)?;
        // The canvas may hold a window away from a line.
        let on = |guide: &Guide| match guide.upright {
            true => snapped.rect.x == inside.x,
            false => snapped.rect.y == inside.y,
        };
        Ok(snapped.guides.into_iter().filter(on).collect())
    }

    /// Drags a handle of what is held by `by` from where it was; all windows keep their place in the box around them.
    pub fn stretch(
        &mut self,
        grip: &Grip,
        handle: Handle,
        by: (i64, i64),
        keep_aspect: bool,
        reach: i64,
    ) -> Result<Vec<Guide>, EditError> {
        let by = within(grip.around, handle, by, keep_aspect, grip.canvas);
        let smallest = smallest(grip);
        let snapped = snap_resize(grip.around, handle, by, keep_aspect, smallest, &grip.lines, reach);
        let (new, guides) = match is_inside(snapped.rect, grip.canvas) {
            true => (snapped.rect, snapped.guides),
            false => (resized(grip.around, handle, by, keep_aspect, smallest), Vec::new()),
        };
        let places = grip.windows.iter().map(|item| (item, carried(item.rect, grip.around, new)));
        self.place(&grip.scene, places, step("调整大小", "Resize windows"), grip.gesture)?;
        Ok(guides)
    }

    /// Moves what is selected by a small step, all small steps one after the other being one.
    pub fn nudge(&mut self, by: (i64, i64)) -> Result<(), EditError> {
        let Some(mut grip) = self.grip(0) else { return Ok(()) };
        // The same windows nudged again: the same gesture. Gestures of drags count up from 1 and never come this far.
        let names =
            grip.windows.iter().flat_map(|item| item.id.as_str().bytes()).chain(grip.scene.as_str().bytes());
        grip.gesture = names.fold(1 << 63, |hash: u64, byte| hash.rotate_left(5) ^ u64::from(byte)) | 1 << 63;
        self.drag(&grip, by, 0)?;
        Ok(())
    }

    /// Puts windows where they are to stand.
    pub(crate) fn place<'i>(
        &mut self,
        scene: &SceneId,
        places: impl Iterator<Item = (&'i Item, Rect)>,
        name: (String, String),
        gesture: u64,
    ) -> Result<(), EditError> {
        let edit = |(item, rect): (&Item, Rect)| TextEdit::Place {
            scene: scene.clone(),
            window: item.index,
            rect: Pixels::from(rect),
        };
        // What stands where it is to stand may keep its cell of the grid; but what a gesture has moved must be put back.
        let now: BTreeMap<WindowId, Rect> =
            self.items().into_iter().map(|item| (item.id, item.rect)).collect();
        let moved = |(item, rect): &(&Item, Rect)| now.get(&item.id) != Some(rect);
        let edits: Vec<TextEdit> = places.filter(moved).map(edit).collect();
        self.act(name, &edits, Some(gesture))
    }
}

/// The name of a step in Chinese and in English.
pub(crate) fn step(zh: &str, en: &str) -> (String, String) {
    (zh.to_owned(), en.to_owned())
}

/// `rect` moved into `canvas`, and cut where it is larger.
pub fn kept(rect: Rect, canvas: Rect) -> Rect {
    let (width, height) = (rect.width.min(canvas.width), rect.height.min(canvas.height));
    let x = rect.x.clamp(canvas.x, canvas.right() - width);
    let y = rect.y.clamp(canvas.y, canvas.bottom() - height);
    Rect { x, y, width, height }
}

fn is_inside(rect: Rect, canvas: Rect) -> bool {
    kept(rect, canvas) == rect
}

/// So much of `by` that what is resized stays on the canvas.
fn within(rect: Rect, handle: Handle, by: (i64, i64), keep_aspect: bool, canvas: Rect) -> (i64, i64) {
    let after = |by| resized(rect, handle, by, keep_aspect, SIDE_MIN);
    if is_inside(after(by), canvas) {
        return by;
    }
    if !keep_aspect {
        let axis = |side: i8, by: i64, begin: i64, end: i64, from: i64, to: i64| match side {
            -1 => by.max(from - begin),
            1 => by.min(to - end),
            _ => by,
        };
        let x = axis(handle.x, by.0, rect.x, rect.right(), canvas.x, canvas.right());
        let y = axis(handle.y, by.1, rect.y, rect.bottom(), canvas.y, canvas.bottom());
        return (x, y);
    }
    // Of the way, as much as can be gone: halved until a thousandth of a pixel decides.
    let part = |of: i64, e6: i64| of * e6 / 1_000_000;
    let (mut good, mut bad) = (0_i64, 1_000_000_i64);
    while bad - good > 1 {
        let middle = (good + bad) / 2;
        match is_inside(after((part(by.0, middle), part(by.1, middle))), canvas) {
            true => good = middle,
            false => bad = middle,
        }
    }
    (part(by.0, good), part(by.1, good))
}

/// The smallest box in which no window of the grip becomes too small.
fn smallest(grip: &Grip) -> i64 {
    let least = |whole: i64, own: i64| (SIDE_MIN * whole + own - 1) / own.max(1);
    let all = grip.windows.iter().flat_map(|item| {
        [least(grip.around.width, item.rect.width), least(grip.around.height, item.rect.height)]
    });
    all.max().unwrap_or(SIDE_MIN).min(grip.around.width.min(grip.around.height)).max(SIDE_MIN)
}

/// A window of the box `old` when the box becomes `new`: each edge goes with the box, so that neighbours still meet.
fn carried(rect: Rect, old: Rect, new: Rect) -> Rect {
    let at = |value: i64, old_begin: i64, old_length: i64, new_begin: i64, new_length: i64| {
        let product = i128::from(value - old_begin) * i128::from(new_length);
        let length = i128::from(old_length.max(1));
        new_begin + i64::try_from((product + length / 2).div_euclid(length)).unwrap_or(0)
    };
    let (left, right) = (
        at(rect.x, old.x, old.width, new.x, new.width),
        at(rect.right(), old.x, old.width, new.x, new.width),
    );
    let (top, bottom) = (
        at(rect.y, old.y, old.height, new.y, new.height),
        at(rect.bottom(), old.y, old.height, new.y, new.height),
    );
    Rect { x: left, y: top, width: (right - left).max(1), height: (bottom - top).max(1) }
}
