//! What is selected, in numbers and words.

use super::{teach, thousandths, title};
use crate::app::Editor;
use crate::canvas::window_name;
use crate::commands::Command;
use crate::fields::number;
use crate::style::strong;
use crate::words::Word;
use editor_model::{Align, Axis, Item, Rect as Place, percent_of, rect_of, spoken};
use egui::{ScrollArea, Ui};
use layouts::{Border, Crop, Fit, TextContent, Window, WindowContent};
use layouts_edit::{Percent, Setting};

/// A gesture of a field of the inspector: changes of one field of one window, one after the other, are one step.
fn gesture(item: &Item, field: u64) -> Option<u64> {
    Some((1 << 61) | (u64::try_from(item.index).unwrap_or(0) << 8) | field)
}

fn step(zh: &str, en: &str) -> (String, String) {
    (zh.to_owned(), en.to_owned())
}

/// Shows the panel.
pub(crate) fn show(editor: &mut Editor, ui: &mut Ui) {
    let language = editor.preferences.language;
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let one = editor.session.only().map(|(window, item)| (window.clone(), item));
        match one {
            Some((window, item)) => {
                let name = window_name(editor.session.layout(), &window, language);
                ui.add(egui::Label::new(strong(name).size(15.0)).truncate());
                if item.locked {
                    teach(ui, Word::Locked.get(language));
                }
                ui.add_enabled_ui(!item.locked, |ui| {
                    place(editor, ui, &item);
                    content(editor, ui, &window, &item);
                    look(editor, ui, &window, &item);
                });
            }
            None if editor.session.selected().is_empty() => {
                teach(ui, Word::NothingSelected.get(language));
                screens(editor, ui);
            }
            None => {
                let count = editor.session.selected().len();
                ui.label(strong(format!("{} {count}", Word::SeveralSelected.get(language))).size(15.0));
                arrange(editor, ui);
            }
        }
    });
}

/// Left, top, width and height.
fn place(editor: &mut Editor, ui: &mut Ui, item: &Item) {
    let language = editor.preferences.language;
    let (canvas, rect) = (editor.session.canvas(), item.rect);
    let mut new = None;
    title(ui, Word::Place.get(language));
    ui.columns(2, |columns| {
        let mut field = |column: usize, word: Word, value: i64, range, put: fn(Place, i64) -> Place| {
            if let Some(value) = number(&mut columns[column], word.get(language), value, range) {
                new = Some(put(rect, value));
            }
        };
        field(0, Word::X, rect.x, 0..=canvas.width - rect.width, |rect, x| Place { x, ..rect });
        field(1, Word::Y, rect.y, 0..=canvas.height - rect.height, |rect, y| Place { y, ..rect });
        field(0, Word::Width, rect.width, 8_000..=canvas.width - rect.x, |rect, width| Place {
            width,
            ..rect
        });
        field(1, Word::Height, rect.height, 8_000..=canvas.height - rect.y, |rect, height| Place {
            height,
            ..rect
        });
    });
    if let Some(new) = new {
        let done = editor.session.put_one(step("改变位置", "Change place"), item, new, gesture(item, 1));
        editor.tell(done);
    }
}

fn set(editor: &mut Editor, name: (String, String), setting: Setting, gesture: Option<u64>) {
    let done = editor.session.set(name, &setting, gesture);
    editor.tell(done);
}

/// What the window shows.
fn content(editor: &mut Editor, ui: &mut Ui, window: &Window, item: &Item) {
    match &window.content {
        WindowContent::Source { crop, fit, label, slot, source: _ } => {
            fits(editor, ui, *fit);
            crops(editor, ui, *crop, item);
            source(editor, ui, window, (*label, slot.as_deref()));
        }
        WindowContent::Image { crop, fit, path: _ } => {
            fits(editor, ui, *fit);
            crops(editor, ui, *crop, item);
        }
        WindowContent::Text(text) => words(editor, ui, text, item),
        WindowContent::Widget(content) => super::widget::show(editor, ui, content, item),
        WindowContent::Banner(_) => {}
    }
}

fn fits(editor: &mut Editor, ui: &mut Ui, fit: Fit) {
    let language = editor.preferences.language;
    title(ui, Word::Fit.get(language));
    ui.horizontal_wrapped(|ui| {
        let all = [
            (Fit::Cover, Word::FitCover),
            (Fit::Contain, Word::FitContain),
            (Fit::Stretch, Word::FitStretch),
        ];
        for (other, word) in all {
            if ui.selectable_label(fit == other, word.get(language)).clicked() && fit != other {
                set(editor, step("改变填充方式", "Change fit"), Setting::Fit(other), None);
            }
        }
    });
}

fn crops(editor: &mut Editor, ui: &mut Ui, crop: Crop, item: &Item) {
    let language = editor.preferences.language;
    let Percent(now) = percent_of(crop);
    let mut new = None;
    title(ui, Word::Crop.get(language));
    ui.columns(2, |columns| {
        let fields = [Word::CropLeft, Word::CropTop, Word::CropWidth, Word::CropHeight];
        for (side, word) in fields.into_iter().enumerate() {
            let (least, most) = match side {
                0 | 1 => (0, 1_000_000 - now[side + 2]),
                _ => (10_000, 1_000_000 - now[side - 2]),
            };
            // Ten thousandths of a percent are thousandths of a tenth of one.
            let range = least / 10..=most / 10;
            if let Some(value) = number(&mut columns[side % 2], word.get(language), now[side] / 10, range) {
                let mut crop = now;
                crop[side] = value * 10;
                new = Some(Percent(crop));
            }
        }
    });
    if let Some(new) = new {
        let done = editor.session.crop(spoken(new), gesture(item, 2));
        editor.tell(done);
    }
    ui.horizontal_wrapped(|ui| {
        editor.command_button(ui, Command::CropInPlace);
        editor.command_button(ui, Command::CropReset);
    });
}

fn source(editor: &mut Editor, ui: &mut Ui, window: &Window, (label, slot): (bool, Option<&str>)) {
    let language = editor.preferences.language;
    let (mut labelled, mut small) = (label, window.small_stream);
    if ui.checkbox(&mut labelled, Word::Label.get(language)).changed() {
        set(editor, step("名称条", "Show the name"), Setting::Label(labelled), None);
    }
    if ui.checkbox(&mut small, Word::SmallStream.get(language)).changed() {
        set(editor, step("子码流", "Sub-stream"), Setting::SmallStream(small), None);
    }
    let id = ("slot", window.id.as_str());
    if let Some(slot) = editor.fields.line(ui, id, Word::Slot.get(language), slot.unwrap_or("")) {
        let slot = slot.trim().to_owned();
        let slot = (!slot.is_empty()).then_some(slot);
        set(editor, step("插槽名", "Change slot"), Setting::Slot(slot), None);
    }
}

fn words(editor: &mut Editor, ui: &mut Ui, text: &TextContent, item: &Item) {
    let language = editor.preferences.language;
    let TextContent { words, size, .. } = text;
    for (word, zh) in [(Word::TextChinese, true), (Word::TextEnglish, false)] {
        let own = if zh { &words.zh } else { &words.en };
        let id = ("text", item.id.as_str(), zh);
        if let Some(typed) = editor.fields.lines(ui, id, word.get(language), own) {
            let (zh, en) = if zh { (typed, words.en.clone()) } else { (words.zh.clone(), typed) };
            set(editor, step("改文字", "Change words"), Setting::Text(zh, en), None);
        }
    }
    let e3 = thousandths(*size);
    if let Some(size) = number(ui, Word::TextSize.get(language), e3, 4_000..=2_000_000) {
        set(editor, step("改字号", "Change text size"), Setting::TextSize(size), gesture(item, 3));
    }
}

/// Opacity, border, corners, depth.
fn look(editor: &mut Editor, ui: &mut Ui, window: &Window, item: &Item) {
    let language = editor.preferences.language;
    let border = window.border.map_or(0, |Border { width, color: _ }| thousandths(width));
    let color = window.border.map_or("accent".to_owned(), |border| {
        let layouts::Rgba { r, g, b, a } = border.color;
        if a == 255 { format!("#{r:02X}{g:02X}{b:02X}") } else { format!("#{r:02X}{g:02X}{b:02X}{a:02X}") }
    });
    let opacity = (i64::from(window.opacity) * 100_000 + 127) / 255;
    let corner = thousandths(window.corner);
    let mut settings = Vec::new();
    ui.columns(2, |columns| {
        if let Some(e3) = number(&mut columns[0], Word::Opacity.get(language), opacity, 0..=100_000) {
            let e4 = u32::try_from(e3 / 10).unwrap_or(10_000);
            settings.push((step("不透明度", "Change opacity"), Setting::Opacity(e4), 4));
        }
        if let Some(e3) = number(&mut columns[1], Word::Corner.get(language), corner, 0..=4_096_000) {
            settings.push((step("圆角", "Change corners"), Setting::Corner(e3), 5));
        }
        if let Some(e3) = number(&mut columns[0], Word::Border.get(language), border, 0..=1_000_000) {
            let border = (e3 >= 100).then(|| (e3, color.clone()));
            settings.push((step("边框", "Change border"), Setting::Border(border), 6));
        }
        let z = i64::from(item.z) * 1000;
        if let Some(e3) = number(&mut columns[1], Word::Depth.get(language), z, -1_000_000..=1_000_000) {
            let z = i32::try_from(e3 / 1000).unwrap_or(0);
            let done = editor.session.set_depth(item, z, gesture(item, 7));
            editor.tell(done);
        }
    });
    for (name, setting, field) in settings {
        set(editor, name, setting, gesture(item, field));
    }
}

/// What can be done with several.
fn arrange(editor: &mut Editor, ui: &mut Ui) {
    let rows: [&[Command]; 4] = [
        &[
            Command::Align(Axis::Across, Align::Begin),
            Command::Align(Axis::Across, Align::Middle),
            Command::Align(Axis::Across, Align::End),
        ],
        &[
            Command::Align(Axis::Down, Align::Begin),
            Command::Align(Axis::Down, Align::Middle),
            Command::Align(Axis::Down, Align::End),
        ],
        &[Command::Distribute(Axis::Across), Command::Distribute(Axis::Down), Command::SameSize],
        &[Command::Group, Command::Ungroup, Command::Lock, Command::Duplicate, Command::Delete],
    ];
    for row in rows {
        ui.horizontal_wrapped(|ui| {
            for command in row {
                editor.command_button(ui, *command);
            }
        });
    }
}

/// The wall, where nothing is selected.
fn screens(editor: &Editor, ui: &mut Ui) {
    let language = editor.preferences.language;
    let Some(wall) = editor.session.wall() else { return };
    ui.add_space(12.0);
    ui.label(strong(format!("{} · {}", wall.id, wall.canvas_size())));
    title(ui, Word::ScreenList.get(language));
    for screen in &wall.screens {
        let [width, height] = screen.size_um.map(|um| um / 1000);
        let lit = rect_of(screen.grid.area);
        ui.label(format!("{} · {} {}", screen.id, screen.node, screen.output_number));
        teach(ui, &format!("{} px · {width} × {height} mm", screen.output.size));
        teach(ui, &format!("{}, {} px", lit.x / 1000, lit.y / 1000));
    }
}
