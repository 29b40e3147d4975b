//! What can be done with windows that are selected, each as one step of the history.

use crate::arrange::{Align, Axis, align, distribute, same_size};
use crate::gesture::{kept, step};
use crate::rect::Rect;
use crate::session::{Item, Session};
use layouts_edit::{
    CopiedWindow, EditError, NewContent, NewWindow, Percent, Pixels, Setting, TextEdit, copied_windows,
    copy_windows,
};
use media::{SceneId, SourceId, WindowId};

/// How far from its original a copy lies, in thousandths of a canvas pixel.
const OFFSET: i64 = 24_000;

/// The furthest to the back and to the front that a document can say.
const Z: (i32, i32) = (-1000, 1000);

/// Where windows go among the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    /// In front of all.
    Front,
    /// One step to the front.
    Forward,
    /// One step to the back.
    Backward,
    /// Behind all.
    Back,
}

impl Session {
    fn open(&self) -> Option<SceneId> {
        self.scene().map(|scene| scene.id.clone())
    }

    /// Aligns what is selected.
    pub fn align(&mut self, axis: Axis, to: Align) -> Result<(), EditError> {
        self.arrange(step("对齐", "Align"), |rects| align(rects, axis, to))
    }

    /// Gives what is selected equal gaps.
    pub fn distribute(&mut self, axis: Axis) -> Result<(), EditError> {
        self.arrange(step("等距分布", "Distribute"), |rects| distribute(rects, axis))
    }

    /// Makes what is selected as large as the hindmost of it.
    pub fn same_size(&mut self) -> Result<(), EditError> {
        self.arrange(step("统一大小", "Same size"), same_size)
    }

    fn arrange(&mut self, name: (String, String), how: impl Fn(&mut [Rect])) -> Result<(), EditError> {
        let (items, canvas) = (self.movable(), self.canvas());
        let mut rects: Vec<Rect> = items.iter().map(|item| item.rect).collect();
        how(&mut rects);
        self.put(name, items.iter().zip(rects.into_iter().map(|rect| kept(rect, canvas))))
    }

    /// Gives windows places, as one step.
    pub fn put<'i>(
        &mut self,
        name: (String, String),
        places: impl Iterator<Item = (&'i Item, Rect)>,
    ) -> Result<(), EditError> {
        let Some(scene) = self.open() else { return Ok(()) };
        let gesture = self.gesture();
        self.place(&scene, places, name, gesture)
    }

    /// Gives one window a place; changes with the same `gesture`, one directly after the other, are one step.
    pub fn put_one(
        &mut self,
        name: (String, String),
        item: &Item,
        rect: Rect,
        gesture: Option<u64>,
    ) -> Result<(), EditError> {
        let Some(scene) = self.open() else { return Ok(()) };
        let rect = kept(rect, self.canvas()).into();
        self.act(name, &[TextEdit::Place { scene, window: item.index, rect }], gesture)
    }

    /// Gives one window a depth.
    pub fn set_depth(&mut self, item: &Item, z: i32, gesture: Option<u64>) -> Result<(), EditError> {
        let Some(scene) = self.open() else { return Ok(()) };
        let z = z.clamp(Z.0, Z.1);
        self.act(
            step("调整层次", "Change order"),
            &[TextEdit::Order { scene, window: item.index, z }],
            gesture,
        )
    }

    /// Says something else of every window that is selected and not locked.
    pub fn set(
        &mut self,
        name: (String, String),
        setting: &Setting,
        gesture: Option<u64>,
    ) -> Result<(), EditError> {
        let Some(scene) = self.open() else { return Ok(()) };
        let edit =
            |item: Item| TextEdit::Set { scene: scene.clone(), window: item.index, setting: setting.clone() };
        let edits: Vec<TextEdit> = self.movable().into_iter().map(edit).collect();
        self.act(name, &edits, gesture)
    }

    /// Shows a part of the picture of every window that is selected and not locked, or all of it again.
    pub fn crop(&mut self, crop: Option<Percent>, gesture: Option<u64>) -> Result<(), EditError> {
        let Some(scene) = self.open() else { return Ok(()) };
        let edit = |item: Item| TextEdit::Crop { scene: scene.clone(), window: item.index, crop };
        let edits: Vec<TextEdit> = self.movable().into_iter().map(edit).collect();
        self.act(step("裁切画面", "Crop"), &edits, gesture)
    }

    /// Takes away what is selected and not locked.
    pub fn delete(&mut self) -> Result<(), EditError> {
        let Some(scene) = self.open() else { return Ok(()) };
        let mut indices: Vec<usize> = self.movable().into_iter().map(|item| item.index).collect();
        // The hindmost in the document first, so that the places of the others stay what they are.
        indices.sort_unstable_by(|a, b| b.cmp(a));
        let close = |window| TextEdit::Close { scene: scene.clone(), window };
        let edits: Vec<TextEdit> = indices.into_iter().map(close).collect();
        self.act(step("删除窗口", "Delete windows"), &edits, None)?;
        self.select([], false);
        Ok(())
    }

    /// Puts a copy of each selected window beside it and selects the copies.
    pub fn duplicate(&mut self) -> Result<(), EditError> {
        let Some(scene) = self.open() else { return Ok(()) };
        let (items, canvas) = (self.selected(), self.canvas());
        let copy = |item: &Item| TextEdit::Duplicate {
            scene: scene.clone(),
            window: item.index,
            rect: kept(item.rect.moved((OFFSET, OFFSET)), canvas).into(),
        };
        let edits: Vec<TextEdit> = items.iter().map(copy).collect();
        self.act(step("复制一份", "Duplicate"), &edits, None)?;
        self.select_last(edits.len());
        Ok(())
    }

    /// What is selected, as text for the clipboard; empty where nothing is.
    pub fn copy(&self) -> String {
        let Some(scene) = self.open() else { return String::new() };
        let windows: Vec<(usize, Pixels)> =
            self.selected().into_iter().map(|item| (item.index, item.rect.into())).collect();
        if windows.is_empty() { String::new() } else { copy_windows(self.document(), &scene, &windows) }
    }

    /// Puts the windows of a clipboard's text into the open scene and selects them; gives how many there were. Where a window stands
    /// already, the pasted one lies beside it.
    pub fn paste(&mut self, text: &str) -> Result<usize, EditError> {
        let Some(scene) = self.open() else { return Ok(0) };
        let (canvas, taken) = (self.canvas(), self.items());
        let paste = |CopiedWindow { keys, rect }: CopiedWindow| {
            let mut rect = kept(rect.into(), canvas);
            if taken.iter().any(|item| item.rect == rect) {
                rect = kept(rect.moved((OFFSET, OFFSET)), canvas);
            }
            TextEdit::Paste { scene: scene.clone(), window: keys, rect: rect.into() }
        };
        let edits: Vec<TextEdit> = copied_windows(text).into_iter().map(paste).collect();
        self.act(step("粘贴窗口", "Paste windows"), &edits, None)?;
        self.select_last(edits.len());
        Ok(edits.len())
    }

    /// Opens a window and selects it. It lies in front of all others.
    pub fn add(&mut self, name: (String, String), content: NewContent, rect: Rect) -> Result<(), EditError> {
        let Some(scene) = self.open() else { return Ok(()) };
        let rect = kept(rect, self.canvas()).into();
        let z = self.items().last().map_or(0, |item| item.z);
        let window = NewWindow { content, rect, z };
        self.act(name, &[TextEdit::Open { scene, window }], None)?;
        self.select_last(1);
        Ok(())
    }

    /// Shows another source in a window.
    pub fn show_source(&mut self, window: &WindowId, source: &SourceId) -> Result<(), EditError> {
        let Some(scene) = self.open() else { return Ok(()) };
        let item = self.items().into_iter().find(|item| item.id == *window && !item.locked);
        let Some(item) = item else { return Ok(()) };
        let edit = TextEdit::Source { scene, window: item.index, source: source.clone() };
        self.act(step("换信号源", "Change source"), &[edit], None)
    }

    /// Selects the windows that stand last in the document.
    fn select_last(&mut self, count: usize) {
        let Some(scene) = self.open() else { return };
        let order = self.document().windows(&scene);
        let last = order[order.len().saturating_sub(count)..].to_vec();
        self.select(last, false);
    }

    /// Moves what is selected and not locked among the others.
    pub fn reorder(&mut self, order: Order) -> Result<(), EditError> {
        let Some(scene) = self.open() else { return Ok(()) };
        let items = self.items();
        let moves = |item: &Item| item.selected && !item.locked;
        let target = sequence(&items, order, moves);
        let depths = depths(&target, order);
        let edit = |(item, z): (&Item, i32)| TextEdit::Order { scene: scene.clone(), window: item.index, z };
        let changed = target.iter().copied().zip(depths).filter(|(item, z)| item.z != *z);
        let edits: Vec<TextEdit> = changed.map(edit).collect();
        self.act(step("调整层次", "Change order"), &edits, None)
    }
}

/// The windows back to front as they are to lie.
fn sequence(items: &[Item], order: Order, moves: impl Fn(&Item) -> bool) -> Vec<&Item> {
    let mut all: Vec<&Item> = items.iter().collect();
    match order {
        Order::Front => all.sort_by_key(|item| moves(item)),
        Order::Back => all.sort_by_key(|item| !moves(item)),
        Order::Forward => {
            for at in (0..all.len().saturating_sub(1)).rev() {
                if moves(all[at]) && !moves(all[at + 1]) {
                    all.swap(at, at + 1);
                }
            }
        }
        Order::Backward => {
            for at in 1..all.len() {
                if moves(all[at]) && !moves(all[at - 1]) {
                    all.swap(at, at - 1);
                }
            }
        }
    }
    all
}

/// A depth for each window of `target` so that they lie in this order; as many as can keep the one that they have. Of equal depth, what
/// stands later in the document lies in front.
fn depths(target: &[&Item], order: Order) -> Vec<i32> {
    let mut depths: Vec<i32> = Vec::with_capacity(target.len());
    if order == Order::Back {
        // From the front: what goes to the back makes room below, so that the others keep their depth.
        for (at, item) in target.iter().enumerate().rev() {
            let above: Option<(i32, &Item)> = depths.last().map(|z| (*z, target[at + 1]));
            depths.push(match above {
                Some((z, other)) if item.z > z || (item.z == z && item.index > other.index) => {
                    z - i32::from(item.index > other.index)
                }
                _ => item.z,
            });
        }
        depths.reverse();
    } else {
        for (at, item) in target.iter().enumerate() {
            let below = at.checked_sub(1).map(|below| (depths[below], target[below]));
            depths.push(match below {
                Some((z, other)) if item.z < z || (item.z == z && item.index < other.index) => {
                    z + i32::from(item.index < other.index)
                }
                _ => item.z,
            });
        }
    }
    let fits = depths.iter().all(|z| (Z.0..=Z.1).contains(z));
    // At the end of the range all are counted anew.
    if fits { depths } else { (0..).take(target.len()).collect() }
}
