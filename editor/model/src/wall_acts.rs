//! What can be done with walls and screens, each as one step of the history. While the canvas becomes another one, windows that stand
//! in pixels stay where they are on the screens.

use crate::arrange::{Align, Axis, align, distribute};
use crate::gesture::step;
use crate::hanging::{ScreenGrip, WallFrame};
use crate::history::StepName;
use crate::panel::size_at;
use crate::rect::Rect;
use crate::screens::ScreenItem;
use crate::session::Session;
use crate::wall_grid::{OUTPUTS_MAX, WallGrid};
use layouts::{Rotation, Wall};
use layouts_edit::{EditError, KeptWindows, NewScreen, ScreenSetting, TextEdit, WallEdit, WallSetting};
use media::{NodeId, SceneId, ScreenId, WallId};
use std::collections::BTreeSet;

/// Most things whose names differ in a number alone.
const NUMBERS_MAX: usize = 10_000;

/// Where a plan is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuildOn {
    /// As a wall of its own, with a scene to begin with.
    New {
        /// The wall's id.
        wall: WallId,
    },
    /// In the place of the screens of the open wall. What has the same name as before keeps what else is said of it.
    Open,
}

/// A screen of the open wall after an act.
struct After {
    lit: Rect,
    node: NodeId,
}

/// What becomes of windows that stand in pixels.
enum Windows {
    /// They stay on the screens that they are on.
    Stay,
    /// They go with the canvas.
    Stretch,
}

fn at(screen: &ScreenItem) -> After {
    After { lit: screen.lit, node: screen.node.clone() }
}

impl Session {
    /// Does `edits` to the open wall; `after` are its screens then, `scale_e6` its pixels per millimetre.
    fn rehang(
        &mut self,
        name: StepName,
        edits: Vec<WallEdit>,
        (after, scale_e6, windows): (&[After], i64, Windows),
        gesture: Option<u64>,
    ) -> Result<(), EditError> {
        let Some(wall) = self.wall().map(|wall| wall.id.clone()) else { return Ok(()) };
        let mut edits = edits;
        let frames = self.wall_frame().zip(WallFrame::of(after.iter().map(|screen| screen.lit), scale_e6));
        edits.extend(
            frames.and_then(|(old, new)| kept(wall.clone(), &old, &new, &windows)).map(WallEdit::KeepWindows),
        );
        edits.extend(self.orphans(&wall, after).map(|node| WallEdit::Node { node, decodes_1080p: None }));
        let edits: Vec<TextEdit> = edits.into_iter().map(TextEdit::Wall).collect();
        self.act(name, &edits, gesture)
    }

    /// Nodes of which something is said and that drive nothing when `wall` has the screens `after`: a document says nothing of those.
    fn orphans(&self, wall: &WallId, after: &[After]) -> impl Iterator<Item = NodeId> {
        let layout = self.layout();
        let others = layout.screens().filter(|(of, _)| of.id != *wall).map(|(_, screen)| &screen.node);
        let driving: BTreeSet<&NodeId> = others.chain(after.iter().map(|screen| &screen.node)).collect();
        let idle = |node: &&NodeId| !driving.contains(*node) && layout.decodes_1080p(node).is_some();
        let idle: Vec<NodeId> = layout.display_nodes().into_iter().filter(idle).cloned().collect();
        idle.into_iter()
    }

    fn scale_e6(&self) -> i64 {
        self.wall().map_or(1_000_000, |wall| wall.canvas_px_per_mm_e6)
    }

    /// Gives screens places, in µm.
    fn hang(
        &mut self,
        name: StepName,
        places: &[(ScreenId, Rect)],
        gesture: Option<u64>,
    ) -> Result<(), EditError> {
        let place = |id: &ScreenId| places.iter().find(|(moved, _)| moved == id).map(|(_, rect)| *rect);
        let (mut edits, mut after) = (Vec::new(), Vec::new());
        for item in self.screen_items() {
            let lit = place(&item.id).unwrap_or(item.lit);
            if lit != item.lit {
                let setting = ScreenSetting::Position([lit.x, lit.y]);
                edits.push(WallEdit::SetScreen { screen: item.id.clone(), setting });
            }
            after.push(After { lit, node: item.node });
        }
        let scale = self.scale_e6();
        self.rehang(name, edits, (&after, scale, Windows::Stay), gesture)
    }

    /// Hangs what is held `by` from where it was.
    pub fn hang_screens(&mut self, grip: &ScreenGrip, by: (i64, i64)) -> Result<(), EditError> {
        let places: Vec<(ScreenId, Rect)> =
            grip.screens.iter().map(|screen| (screen.id.clone(), screen.lit.moved(by))).collect();
        self.hang(step("移动屏幕", "Move screens"), &places, None)
    }

    /// Moves what is selected by a small step, in µm; all small steps one after the other are one.
    pub fn nudge_screens(&mut self, by: (i64, i64)) -> Result<(), EditError> {
        let selected = self.selected_screens();
        let names = selected.iter().flat_map(|screen| screen.id.as_str().bytes());
        let mark = names.fold(3 << 62, |hash: u64, byte| hash.rotate_left(5) ^ u64::from(byte)) | 3 << 62;
        let places: Vec<(ScreenId, Rect)> =
            selected.into_iter().map(|screen| (screen.id, screen.lit.moved(by))).collect();
        self.hang(step("移动屏幕", "Move screens"), &places, Some(mark))
    }

    /// Aligns the screens that are selected.
    pub fn align_screens(&mut self, axis: Axis, to: Align) -> Result<(), EditError> {
        self.arrange_screens(step("对齐屏幕", "Align screens"), |rects| align(rects, axis, to))
    }

    /// Gives the screens that are selected equal gaps.
    pub fn distribute_screens(&mut self, axis: Axis) -> Result<(), EditError> {
        self.arrange_screens(step("等距分布屏幕", "Distribute screens"), |rects| {
            distribute(rects, axis)
        })
    }

    fn arrange_screens(&mut self, name: StepName, how: impl Fn(&mut [Rect])) -> Result<(), EditError> {
        let selected = self.selected_screens();
        let mut rects: Vec<Rect> = selected.iter().map(|screen| screen.lit).collect();
        how(&mut rects);
        let places: Vec<(ScreenId, Rect)> = selected.into_iter().map(|screen| screen.id).zip(rects).collect();
        self.hang(name, &places, None)
    }

    /// Says something else of every screen that is selected. Changes with the same `gesture`, one directly after the other, are one step.
    pub fn set_screens(
        &mut self,
        name: StepName,
        setting: &ScreenSetting,
        gesture: Option<u64>,
    ) -> Result<(), EditError> {
        let (mut edits, mut after) = (Vec::new(), Vec::new());
        for item in self.screen_items() {
            let mut then = at(&item);
            if item.selected {
                match setting {
                    ScreenSetting::Position([x, y]) => then.lit = Rect { x: *x, y: *y, ..then.lit },
                    ScreenSetting::Size([width, height]) => {
                        then.lit = Rect { width: *width, height: *height, ..then.lit };
                    }
                    ScreenSetting::Node(node) => then.node = node.clone(),
                    ScreenSetting::Id(_)
                    | ScreenSetting::Output(_)
                    | ScreenSetting::Resolution(_)
                    | ScreenSetting::Rotation(_)
                    | ScreenSetting::Bezel(_) => {}
                }
                edits.push(WallEdit::SetScreen { screen: item.id, setting: setting.clone() });
            }
            after.push(then);
        }
        let renamed = match setting {
            ScreenSetting::Id(id) => Some(id.clone()),
            _ => None,
        };
        let scale = self.scale_e6();
        self.rehang(name, edits, (&after, scale, Windows::Stay), gesture)?;
        if let Some(id) = renamed {
            self.select_screens([id], false);
        }
        Ok(())
    }

    /// Gives the screens that are selected so large a lit area that their pixels are `pitch_nm` apart.
    pub fn set_pitch(&mut self, pitch_nm: i64, gesture: Option<u64>) -> Result<(), EditError> {
        let (mut edits, mut after) = (Vec::new(), Vec::new());
        for item in self.screen_items() {
            let mut then = at(&item);
            let screen = self.wall().and_then(|wall| wall.screen(&item.id)).filter(|_| item.selected);
            if let Some(screen) = screen {
                // Upright pixels: the lit area is as it hangs.
                let size = size_at(screen.grid.size, pitch_nm);
                then.lit = Rect { width: size[0], height: size[1], ..then.lit };
                edits.push(WallEdit::SetScreen { screen: item.id, setting: ScreenSetting::Size(size) });
            }
            after.push(then);
        }
        let scale = self.scale_e6();
        self.rehang(step("改点间距", "Change pitch"), edits, (&after, scale, Windows::Stay), gesture)
    }

    /// Turns the screens that are selected by a quarter, clockwise, each around its middle.
    pub fn turn_screens(&mut self) -> Result<(), EditError> {
        let (mut edits, mut after) = (Vec::new(), Vec::new());
        for item in self.screen_items() {
            let mut then = at(&item);
            let screen = self.wall().and_then(|wall| wall.screen(&item.id)).filter(|_| item.selected);
            if let Some(screen) = screen {
                let Rect { x, y, width, height } = item.lit;
                let off = (width - height) / 2;
                then.lit = Rect { x: x + off, y: y - off, width: height, height: width };
                let [left, top, right, bottom] = screen.bezel_um;
                let settings = [
                    ScreenSetting::Rotation(turned(screen.output.rotation)),
                    ScreenSetting::Position([then.lit.x, then.lit.y]),
                    ScreenSetting::Size([height, width]),
                    ScreenSetting::Bezel([bottom, left, top, right]),
                ];
                let set = |setting| WallEdit::SetScreen { screen: item.id.clone(), setting };
                edits.extend(settings.into_iter().map(set));
            }
            after.push(then);
        }
        let scale = self.scale_e6();
        self.rehang(step("旋转屏幕", "Turn screens"), edits, (&after, scale, Windows::Stay), None)
    }

    /// Hangs one more screen to the right of the one that is selected, else of the last one, as it is, on the next output that is free, and
    /// selects it. Where something hangs there already, it comes to the right of all.
    pub fn add_screen(&mut self) -> Result<(), EditError> {
        let items = self.screen_items();
        let Some(model) = items.iter().rfind(|screen| screen.selected).or(items.last()) else {
            return Ok(());
        };
        let Some(wall) = self.wall() else { return Ok(()) };
        let (Some(like), Some(id)) = (wall.screen(&model.id), self.free_screen_id(&model.id)) else {
            return Ok(());
        };
        let gap = self.usual_gap_um()[0].max(model.framed.width - model.lit.width);
        let beside = (model.lit.width + gap, 0);
        let is_free = items.iter().all(|screen| !screen.framed.meets(model.framed.moved(beside)));
        let right = items.iter().map(|screen| screen.lit.right()).max().unwrap_or(0);
        let by = if is_free { beside } else { (right + gap - model.lit.x, 0) };
        let lit = model.lit.moved(by);
        let (node, output) = self.free_output(&model.node);
        let screen = NewScreen {
            id: id.clone(),
            node: node.clone(),
            output,
            resolution: like.output.size,
            position_um: [lit.x, lit.y],
            size_um: like.size_um,
            rotation: like.output.rotation,
            bezel_um: like.bezel_um,
        };
        let edit = WallEdit::AddScreen { wall: wall.id.clone(), screen };
        let mut after: Vec<After> = items.iter().map(at).collect();
        after.push(After { lit, node });
        let scale = self.scale_e6();
        self.rehang(step("添加屏幕", "Add screen"), vec![edit], (&after, scale, Windows::Stay), None)?;
        self.select_screens([id], false);
        Ok(())
    }

    /// The lowest free output of `node`, else the first of a node that is not there yet.
    fn free_output(&self, node: &NodeId) -> (NodeId, u32) {
        let outputs = self.outputs();
        if let Some(output) = outputs.free(node) {
            return (node.clone(), output);
        }
        let names = (2..NUMBERS_MAX).filter_map(|number| NodeId::new(&format!("{node}-{number}")).ok());
        let free = names.into_iter().find(|name| outputs.free(name) == Some(1));
        (free.unwrap_or_else(|| node.clone()), 1)
    }

    /// An id that no screen has: the last number of `like` counted on.
    fn free_screen_id(&self, like: &ScreenId) -> Option<ScreenId> {
        let name = like.as_str();
        let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let first: usize = name[stem.len()..].parse().unwrap_or(1);
        let ids = (first.saturating_add(1)..first.saturating_add(NUMBERS_MAX))
            .map(|number| format!("{stem}{number}"));
        ids.filter_map(|id| ScreenId::new(&id).ok()).find(|id| self.layout().screen(id).is_none())
    }

    /// Takes the screens that are selected off the wall.
    pub fn remove_screens(&mut self) -> Result<(), EditError> {
        let (gone, left): (Vec<_>, Vec<_>) =
            self.screen_items().into_iter().partition(|screen| screen.selected);
        let edits = gone.into_iter().map(|screen| WallEdit::RemoveScreen { screen: screen.id }).collect();
        let after: Vec<After> = left.iter().map(at).collect();
        let scale = self.scale_e6();
        self.rehang(step("移除屏幕", "Remove screens"), edits, (&after, scale, Windows::Stay), None)
    }

    /// Drives a screen of any wall by another output; what that has driven until now is driven by the screen's old one.
    pub fn assign(&mut self, screen: &ScreenId, node: &NodeId, output: u32) -> Result<(), EditError> {
        let output = output.clamp(1, OUTPUTS_MAX);
        let Some((_, own)) = self.layout().screen(screen) else {
            return Err(EditError::NoScreen(screen.clone()));
        };
        let old = (own.node.clone(), own.output_number);
        if old == (node.clone(), output) {
            return Ok(());
        }
        let other = self.outputs().at(node, output).cloned();
        let put = |screen: &ScreenId, (node, output): (NodeId, u32)| {
            let set = |setting| WallEdit::SetScreen { screen: screen.clone(), setting };
            [set(ScreenSetting::Node(node)), set(ScreenSetting::Output(output))]
        };
        let mut edits: Vec<WallEdit> = put(screen, (node.clone(), output)).into();
        let name = match &other {
            Some(other) => {
                edits.extend(put(other, old.clone()));
                step("交换输出", "Swap outputs")
            }
            None => step("改接输出", "Assign output"),
        };
        // The node that has driven it may have nothing left.
        let rest =
            self.layout().screens().filter(|(_, other)| other.id != *screen && other.node == old.0).count();
        if rest == 0 && other.is_none() && *node != old.0 && self.layout().decodes_1080p(&old.0).is_some() {
            edits.push(WallEdit::Node { node: old.0, decodes_1080p: None });
        }
        let edits: Vec<TextEdit> = edits.into_iter().map(TextEdit::Wall).collect();
        self.act(name, &edits, None)
    }

    /// Says how many streams of 1080p a node can decode, or nothing.
    pub fn set_decodes(
        &mut self,
        node: &NodeId,
        decodes_1080p: Option<u32>,
        gesture: Option<u64>,
    ) -> Result<(), EditError> {
        let edit = WallEdit::Node { node: node.clone(), decodes_1080p };
        self.act(step("改节点能力", "Change what a node can"), &[TextEdit::Wall(edit)], gesture)
    }

    /// Says something else of the open wall. With another scale windows keep their size in millimetres.
    pub fn set_wall(
        &mut self,
        name: StepName,
        setting: WallSetting,
        gesture: Option<u64>,
    ) -> Result<(), EditError> {
        let Some(wall) = self.wall().map(|wall| wall.id.clone()) else { return Ok(()) };
        let scale = match setting {
            WallSetting::Scale(scale) => scale,
            _ => self.scale_e6(),
        };
        let after: Vec<After> = self.screen_items().iter().map(at).collect();
        self.rehang(name, vec![WallEdit::Set { wall, setting }], (&after, scale, Windows::Stay), gesture)
    }

    /// Builds what `grid` plans, with `scale_e6` canvas pixels per millimetre in millionths.
    pub fn build_wall(&mut self, grid: &WallGrid, scale_e6: i64, on: &BuildOn) -> Result<(), EditError> {
        match on {
            BuildOn::New { wall } => self.build_new(grid, scale_e6, wall),
            BuildOn::Open => self.rebuild(grid, scale_e6),
        }
    }

    fn build_new(&mut self, grid: &WallGrid, scale_e6: i64, wall: &WallId) -> Result<(), EditError> {
        let taken = self.layout().screens().map(|(_, screen)| screen.id.clone()).collect();
        let screens = grid.screens([0; 2], wall.as_str(), &taken);
        let Some(scene) = self.free_scene(wall) else { return Ok(()) };
        let add = WallEdit::Add { wall: wall.clone(), scale_e6, screens };
        let name = (format!("{wall} 场景"), format!("{wall} scene"));
        let edits =
            [TextEdit::Wall(add), TextEdit::AddScene { scene: scene.clone(), wall: wall.clone(), name }];
        self.act(step("搭建墙体", "Build wall"), &edits, None)?;
        self.show(&scene);
        Ok(())
    }

    fn free_scene(&self, wall: &WallId) -> Option<SceneId> {
        let numbered = (2..NUMBERS_MAX).map(|number| format!("{wall}-{number}"));
        let ids = [wall.to_string()].into_iter().chain(numbered).filter_map(|id| SceneId::new(&id).ok());
        ids.into_iter().find(|id| self.layout().scene(id).is_none())
    }

    fn rebuild(&mut self, grid: &WallGrid, scale_e6: i64) -> Result<(), EditError> {
        let (Some(wall), Some(frame)) = (self.wall().cloned(), self.wall_frame()) else { return Ok(()) };
        let others = self.layout().screens().filter(|(of, _)| of.id != wall.id);
        let taken = others.map(|(_, screen)| screen.id.clone()).collect();
        let screens = grid.screens([frame.lit_um.x, frame.lit_um.y], wall.id.as_str(), &taken);
        let mut edits: Vec<WallEdit> = wall
            .screens
            .iter()
            .filter(|old| screens.iter().all(|new| new.id != old.id))
            .map(|old| WallEdit::RemoveScreen { screen: old.id.clone() })
            .collect();
        for screen in &screens {
            match wall.screen(&screen.id) {
                Some(_) => edits.extend(changes(&wall, screen)),
                None => edits.push(WallEdit::AddScreen { wall: wall.id.clone(), screen: screen.clone() }),
            }
        }
        if scale_e6 != wall.canvas_px_per_mm_e6 {
            edits.push(WallEdit::Set { wall: wall.id.clone(), setting: WallSetting::Scale(scale_e6) });
        }
        let after: Vec<After> = screens
            .iter()
            .map(|screen| {
                let ([x, y], [width, height]) = (screen.position_um, screen.size_um);
                After { lit: Rect { x, y, width, height }, node: screen.node.clone() }
            })
            .collect();
        self.rehang(step("重新搭建墙体", "Rebuild wall"), edits, (&after, scale_e6, Windows::Stretch), None)
    }
}

fn turned(rotation: Rotation) -> Rotation {
    match rotation {
        Rotation::None => Rotation::Quarter,
        Rotation::Quarter => Rotation::Half,
        Rotation::Half => Rotation::ThreeQuarters,
        Rotation::ThreeQuarters => Rotation::None,
    }
}

/// What makes the screen of the same name as `new` like it; what is the same already is not touched.
fn changes(wall: &Wall, new: &NewScreen) -> Vec<WallEdit> {
    let NewScreen { id, node, output, resolution, position_um, size_um, rotation, bezel_um } = new;
    let Some(old) = wall.screen(id) else { return Vec::new() };
    let settings = [
        (old.node != *node, ScreenSetting::Node(node.clone())),
        (old.output_number != *output, ScreenSetting::Output(*output)),
        (old.output.size != *resolution, ScreenSetting::Resolution(*resolution)),
        (old.position_um != *position_um, ScreenSetting::Position(*position_um)),
        (old.size_um != *size_um, ScreenSetting::Size(*size_um)),
        (old.output.rotation != *rotation, ScreenSetting::Rotation(*rotation)),
        (old.bezel_um != *bezel_um, ScreenSetting::Bezel(*bezel_um)),
    ];
    let set = |(_, setting)| WallEdit::SetScreen { screen: id.clone(), setting };
    settings.into_iter().filter(|(differs, _)| *differs).map(set).collect()
}

/// What becomes of windows when the canvas changes from `old` to `new`; `None` when it stays what it is.
fn kept(wall: WallId, old: &WallFrame, new: &WallFrame, windows: &Windows) -> Option<KeptWindows> {
    if old == new {
        return None;
    }
    let (before, canvas) = (old.canvas(), new.canvas());
    let (scaled, scale) = (old.scale_e6 != new.scale_e6, (old.scale_e6, new.scale_e6));
    let kept = match windows {
        Windows::Stretch => KeptWindows {
            wall,
            across: (before[0], canvas[0]),
            down: (before[1], canvas[1]),
            shift: [0; 2],
            canvas,
            lengths: true,
        },
        Windows::Stay => {
            let shift = [old.lit_um.x - new.lit_um.x, old.lit_um.y - new.lit_um.y].map(|um| new.length(um));
            KeptWindows { wall, across: scale, down: scale, shift, canvas, lengths: scaled }
        }
    };
    Some(kept)
}
