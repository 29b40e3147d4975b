//! Fields of panels: numbers and lines that are written into the document when they have been entered.

use egui::text::{CCursor, CCursorRange};
use egui::text_edit::TextEditState;
use egui::{DragValue, Id, Response, TextEdit, Ui};
use std::collections::HashMap;

/// Lines that are being typed and are not in the document yet.
#[derive(Default)]
pub(crate) struct Fields {
    typed: HashMap<Id, String>,
    /// The name of the line that is to be typed into next.
    wanted: Option<String>,
    /// Whether one of them has the keyboard.
    pen: bool,
}

impl Fields {
    /// The line that bears `name` is typed into as soon as it is drawn, and what is typed takes the place of what is there.
    pub fn focus(&mut self, name: &str) {
        self.wanted = Some(name.to_owned());
    }

    /// Whether a line was being typed into when it was drawn last; asked once for each picture.
    pub fn was_typed_into(&mut self) -> bool {
        std::mem::take(&mut self.pen)
    }

    /// A line with a name. Gives what was typed when it is done: by Enter or by leaving the line.
    pub fn line(&mut self, ui: &mut Ui, id: impl egui::AsIdSalt, name: &str, now: &str) -> Option<String> {
        let id = ui.make_persistent_id(id);
        let label = label(ui, name);
        let words = self.typed.entry(id).or_insert_with(|| now.to_owned());
        let field = TextEdit::singleline(words).id(id).desired_width(f32::INFINITY);
        let response = ui.add(field).labelled_by(label.id);
        self.take_pen(ui, &response, name, now);
        self.done(&response, id, now)
    }

    /// The same with several lines.
    pub fn lines(&mut self, ui: &mut Ui, id: impl egui::AsIdSalt, name: &str, now: &str) -> Option<String> {
        let id = ui.make_persistent_id(id);
        let label = label(ui, name);
        let words = self.typed.entry(id).or_insert_with(|| now.to_owned());
        let field = TextEdit::multiline(words).id(id).desired_rows(2).desired_width(f32::INFINITY);
        let response = ui.add(field).labelled_by(label.id);
        self.take_pen(ui, &response, name, now);
        self.done(&response, id, now)
    }

    /// Has a line typed into where it is the one that is wanted.
    fn take_pen(&mut self, ui: &Ui, response: &Response, name: &str, now: &str) {
        if self.wanted.take_if(|wanted| wanted == name).is_some() {
            response.request_focus();
            response.scroll_to_me(None);
            select_all(ui, response.id, now.chars().count());
        }
    }

    fn done(&mut self, response: &Response, id: Id, now: &str) -> Option<String> {
        if response.has_focus() {
            self.pen = true;
            return None;
        }
        // Nobody types here: what was typed counts once, and the field shows the document again.
        let typed = self.typed.remove(&id)?;
        (response.lost_focus() && typed != now).then_some(typed)
    }
}

/// Marks all of a line of `count` letters.
fn select_all(ui: &Ui, id: Id, count: usize) {
    let mut state = TextEditState::load(ui.ctx(), id).unwrap_or_default();
    state.cursor.set_char_range(Some(CCursorRange::two(CCursor::new(0), CCursor::new(count))));
    state.store(ui.ctx(), id);
}

/// The name of a field above it.
fn label(ui: &mut Ui, name: &str) -> Response {
    let color = crate::style::Tokens::here(ui).text_2;
    ui.label(egui::RichText::new(name).size(12.0).color(color))
}

/// A number in thousandths with a name; gives the new one when it is changed, and whether the change goes on (it is dragged).
pub(crate) fn number(ui: &mut Ui, name: &str, e3: i64, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
    number_of(ui, name, e3, range, 3)
}

/// The same of a number in units of 10^-`places`.
pub(crate) fn number_of(
    ui: &mut Ui,
    name: &str,
    now: i64,
    range: std::ops::RangeInclusive<i64>,
    places: u32,
) -> Option<i64> {
    let scale = 10_f64.powi(i32::try_from(places).unwrap_or(0));
    let mut value = now as f64 / scale;
    let (low, high) = (*range.start() as f64 / scale, *range.end() as f64 / scale);
    let response = ui
        .vertical(|ui| {
            let label = label(ui, name);
            let field = DragValue::new(&mut value)
                .range(low..=high)
                .speed(if places > 3 { 0.01 } else { 1.0 })
                .max_decimals(places as usize);
            let field = field.update_while_editing(false).clamp_existing_to_range(false);
            ui.add_sized([ui.available_width().min(116.0), 28.0], field).labelled_by(label.id)
        })
        .inner;
    let new = (value * scale).round() as i64;
    (response.changed() && new != now).then_some(new)
}
