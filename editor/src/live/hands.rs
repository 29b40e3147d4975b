//! Others at the same wall: whose hand a window is in, who has just changed it, where they point, and which windows wait for a decision.

use super::bar::color_of;
use super::conflicts::is_of;
use super::line::Pointer;
use crate::app::Editor;
use crate::canvas::wall::paint_name;
use crate::style::Tokens;
use crate::words::Word;
use editor_model::merge::Conflict;
use egui::{Id, Pos2, Rect, Shape, Stroke, StrokeKind, Ui, vec2};
use layouts::Scene;
use layouts_edit::PartName;
use media::WindowId;
use std::collections::BTreeMap;

/// How long it is seen that somebody has changed a window.
pub(super) const TOUCHED_S: f64 = 4.0;
/// How long a pointer is seen that does not move.
pub(super) const POINTER_S: f64 = 8.0;
/// How long a pointer takes to where it is said to be, so that it glides where others hear of it a few times a second.
const GLIDE_S: f32 = 0.2;
/// A pointer's outline on the screen, in points from its tip.
const ARROW: [(f32, f32); 4] = [(0.0, 0.0), (0.0, 17.0), (4.6, 12.6), (11.5, 11.8)];

/// Paints frames with names over the windows.
pub(crate) fn paint(editor: &Editor, ui: &Ui, tokens: &Tokens) {
    let Some(live) = &editor.live else { return };
    let (Some(scene), Some(wall)) = (editor.session.scene(), editor.session.wall()) else { return };
    // A hand that holds a window counts more than one that has let it go.
    let mut held: BTreeMap<WindowId, String> = BTreeMap::new();
    for hand in live.touched.iter().chain(live.hands.values()).filter(|hand| hand.wall == wall.id) {
        for window in &hand.windows {
            if let Some(own) = live.own_name(&editor.session, hand.scene.as_ref(), window) {
                held.insert(own, hand.name.clone());
            }
        }
    }
    let asked = |conflict: &Conflict| match &conflict.mine {
        Some(PartName::Window { index, .. }) if is_of(conflict, &scene.id) => Some(*index),
        _ => None,
    };
    let asked: Vec<usize> = live.conflicts().iter().filter_map(asked).collect();
    for item in editor.session.items() {
        let rect = editor.canvas.view.rect(item.rect);
        let frame = |color| ui.painter().rect_stroke(rect, 0.0, Stroke::new(2.0, color), StrokeKind::Inside);
        if asked.contains(&item.index) {
            frame(tokens.warn);
            // At the foot, for at the head stands the name of what is selected.
            let words = Word::Conflicts.get(editor.preferences.language);
            paint_name(ui.painter(), rect.with_min_y(rect.bottom()), words, tokens.warn, tokens.canvas);
        } else if let Some(name) = held.get(&item.id) {
            let color = color_of(name, tokens);
            frame(color);
            paint_name(ui.painter(), rect, name, color, tokens.canvas);
        }
    }
}

/// Paints others' pointers, each with its owner's name. Over everything else on the canvas.
pub(crate) fn paint_pointers(editor: &Editor, ui: &Ui, tokens: &Tokens) {
    let (Some(live), Some(scene)) = (&editor.live, editor.session.scene()) else { return };
    for pointer in live.pointers.values().filter(|pointer| pointer.is_in(scene)) {
        let Some((x, y)) = pointer.at else { continue };
        let glide = |way: &str, to: i64| {
            let id = Id::unique(("pointer", way, pointer.mark.as_str()));
            ui.ctx().animate_value_with_time(id, to as f32, GLIDE_S).round() as i64
        };
        let tip = editor.canvas.view.screen((glide("x", x), glide("y", y)));
        let color = color_of(&pointer.name, tokens);
        let outline: Vec<Pos2> = ARROW.iter().map(|(x, y)| tip + vec2(*x, *y)).collect();
        // The tail's notch makes the outline hollow: two triangles fill it.
        for corners in [[0, 1, 2], [0, 2, 3]] {
            let corners = corners.map(|corner| outline[corner]).to_vec();
            ui.painter().add(Shape::convex_polygon(corners, color, Stroke::NONE));
        }
        ui.painter().add(Shape::closed_line(outline, Stroke::new(1.0, tokens.canvas)));
        let below = Rect::from_min_size(tip + vec2(9.0, 36.0), vec2(0.0, 0.0));
        paint_name(ui.painter(), below, &pointer.name, color, tokens.canvas);
    }
}

impl Pointer {
    fn is_in(&self, scene: &Scene) -> bool {
        (&self.wall, &self.scene) == (&scene.wall, &scene.id)
    }
}

impl Editor {
    /// Who else points at the open scene, and where, in thousandths of a canvas pixel.
    pub fn pointers_of_others(&self) -> BTreeMap<String, (i64, i64)> {
        let (Some(live), Some(scene)) = (&self.live, self.session.scene()) else { return BTreeMap::new() };
        let here = live.pointers.values().filter(|pointer| pointer.is_in(scene));
        here.filter_map(|pointer| Some((pointer.name.clone(), pointer.at?))).collect()
    }

    /// Whose hand each window of the open scene is in, as others have said.
    pub fn held_by_others(&self) -> BTreeMap<WindowId, String> {
        let Some(live) = &self.live else { return BTreeMap::new() };
        let windows =
            live.hands.values().flat_map(|hand| hand.windows.iter().map(move |window| (hand, window)));
        let own = windows.filter_map(|(hand, window)| {
            let own = live.own_name(&self.session, hand.scene.as_ref(), window)?;
            Some((own, hand.name.clone()))
        });
        own.collect()
    }
}
