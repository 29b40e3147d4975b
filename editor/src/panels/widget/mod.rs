//! The inspector of a widget: what it is, which rows it shows, how they are written and coloured, and whether it can be read.

mod format;
mod legible;
mod own;
mod query;
mod thresholds;

use super::{thousandths, title};
use crate::app::Editor;
use crate::fields::number;
use crate::style::strong;
use crate::words::Word;
use editor_model::{Item, Sort};
use egui::{CollapsingHeader, ComboBox, Ui};
use layouts::{Mode, WidgetContent};
use layouts_edit::{Pair, WidgetSetting, WidgetText};
pub(super) use legible::remarks;
use media::SceneId;
use std::sync::Arc;

/// What the inspector knows between two frames: what the document says of the selected widget.
#[derive(Default)]
pub(crate) struct WidgetState {
    read: Option<(Arc<str>, SceneId, usize, Option<WidgetText>)>,
}

impl WidgetState {
    /// What the document says of a window's widget; read again where the document is another.
    fn text(&mut self, editor: &editor_model::Session, item: &Item) -> Option<WidgetText> {
        let (text, scene) = (editor.document().text(), &editor.scene()?.id);
        let same = self
            .read
            .as_ref()
            .filter(|(read, of, index, _)| Arc::ptr_eq(read, text) && of == scene && *index == item.index);
        if let Some((.., widget)) = same {
            return widget.clone();
        }
        let widget = editor.document().widget(scene, item.index);
        self.read = Some((text.clone(), scene.clone(), item.index, widget.clone()));
        widget
    }
}

/// A gesture of a field of the inspector: changes of one field of one widget, one after the other, are one step.
fn gesture(item: &Item, field: u64) -> Option<u64> {
    Some((1 << 60) | (u64::try_from(item.index).unwrap_or(0) << 8) | field)
}

fn step(zh: &str, en: &str) -> (String, String) {
    (zh.to_owned(), en.to_owned())
}

fn set(editor: &mut Editor, name: (String, String), setting: WidgetSetting, gesture: Option<u64>) {
    let done = editor.session.set_widget(name, setting, gesture);
    editor.tell(done);
}

/// Shows the panel's part for a widget.
pub(super) fn show(editor: &mut Editor, ui: &mut Ui, widget: &WidgetContent, item: &Item) {
    let Some(text) = editor.widgets.text(&editor.session, item) else { return };
    kind(editor, ui, &text);
    titles(editor, ui, &text, item);
    legible::show(editor, ui, item);
    let language = editor.preferences.language;
    if !widget.kind.queries().is_empty() {
        section(ui, Word::QueryAndRows.get(language), |ui| query::show(editor, ui, widget, item));
    }
    if let Some(format) = format::of(&widget.kind) {
        let words = Word::NumberFormat.get(language);
        section(ui, words, |ui| format::show(editor, ui, (widget, format), &text, item));
    }
    if text.can_have("thresholds") {
        let words = Word::Thresholds.get(language);
        section(ui, words, |ui| thresholds::show(editor, ui, widget, &text, item));
    }
    section(ui, Word::KindAndLook.get(language), |ui| {
        own::show(editor, ui, widget, &text, item);
        look(editor, ui, widget, &text, item);
    });
}

/// A part of the inspector that can be closed up.
fn section(ui: &mut Ui, words: &str, add: impl FnOnce(&mut Ui)) {
    let header = CollapsingHeader::new(strong(words)).default_open(true);
    header.show_unindented(ui, add);
}

/// Which kind it is.
fn kind(editor: &mut Editor, ui: &mut Ui, text: &WidgetText) {
    let language = editor.preferences.language;
    title(ui, Word::WidgetKind.get(language));
    let now = Sort::of(text.kind());
    let shown = now.map_or(text.kind(), |sort| sort.name(language)).to_owned();
    let mut chosen = None;
    let list = ComboBox::from_id_salt("widget kind").selected_text(shown).width(ui.available_width());
    let response = list.show_ui(ui, |ui| {
        for sort in Sort::ALL {
            if ui.selectable_label(now == Some(sort), sort.name(language)).clicked() {
                chosen = Some(sort);
            }
        }
    });
    response.response.accessible_name(Word::WidgetKind.get(language));
    if let Some(sort) = chosen.filter(|sort| now != Some(*sort)) {
        editor.change_sort(sort);
    }
}

/// Two lines for words in Chinese and in English; gives the new words, which are nothing where both lines are empty.
fn pair(
    editor: &mut Editor,
    ui: &mut Ui,
    id: (&str, &Item),
    names: (Word, Word),
    now: Option<&Pair>,
) -> Option<Option<Pair>> {
    let language = editor.preferences.language;
    let (zh, en) = now.cloned().unwrap_or_default();
    let mut new = None;
    for (word, own, chinese) in [(names.0, &zh, true), (names.1, &en, false)] {
        let id = (id.0, id.1.id.as_str(), chinese);
        if let Some(typed) = editor.fields.line(ui, id, word.get(language), own) {
            let typed = typed.trim().to_owned();
            // Words that are said in one language alone are said in both.
            let other = |other: &String| if other.is_empty() { typed.clone() } else { other.clone() };
            new = Some(if chinese { (typed.clone(), other(&en)) } else { (other(&zh), typed.clone()) });
        }
    }
    new.map(|(zh, en)| (!zh.is_empty() && !en.is_empty()).then_some((zh, en)))
}

fn titles(editor: &mut Editor, ui: &mut Ui, text: &WidgetText, item: &Item) {
    if text.can_have("title") {
        let names = (Word::TitleChinese, Word::TitleEnglish);
        if let Some(title) = pair(editor, ui, ("widget title", item), names, text.words("title").as_ref()) {
            set(editor, step("改标题", "Change title"), WidgetSetting::Title(title), None);
        }
    }
}

/// Card, size of words, the hall's theme.
fn look(editor: &mut Editor, ui: &mut Ui, widget: &WidgetContent, text: &WidgetText, item: &Item) {
    let language = editor.preferences.language;
    if text.can_have("card") {
        let mut card = widget.card;
        if ui.checkbox(&mut card, Word::Card.get(language)).changed() {
            set(editor, step("卡片底", "Card"), WidgetSetting::Card(Some(card)), None);
        }
    }
    let e3 = thousandths(widget.size);
    if let Some(size) = number(ui, Word::WidgetText.get(language), e3, 4_000..=2_000_000) {
        let setting = WidgetSetting::TextSize(Some(size));
        set(editor, step("改字号", "Change text size"), setting, gesture(item, 1));
    }
    title(ui, Word::HallTheme.get(language));
    let now = editor.session.layout().hall().mode;
    ui.horizontal(|ui| {
        for (mode, word) in [(Mode::Dark, Word::ThemeDark), (Mode::Light, Word::ThemeLight)] {
            if ui.selectable_label(now == mode, word.get(language)).clicked() && now != mode {
                let done = editor.session.set_theme(mode);
                editor.tell(done);
            }
        }
    });
}
