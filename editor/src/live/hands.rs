//! Others at the same wall: whose hand a window is in, who has just changed it, and which windows wait for a decision.

use super::bar::color_of;
use super::conflicts::is_of;
use crate::app::Editor;
use crate::canvas::wall::paint_name;
use crate::style::Tokens;
use crate::words::Word;
use editor_model::merge::Conflict;
use egui::{Stroke, StrokeKind, Ui};
use layouts_edit::PartName;
use media::WindowId;
use std::collections::BTreeMap;

/// How long it is seen that somebody has changed a window.
pub(super) const TOUCHED_S: f64 = 4.0;

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

impl Editor {
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
