//! What only some kinds of widgets have: a gauge's ends, a ticker's speed, a designer's template.

use super::{gesture, pair, set, step};
use crate::app::Editor;
use crate::fields::number;
use crate::panels::{teach, title};
use crate::rows::template_files;
use crate::words::Word;
use editor_model::Item;
use egui::{ComboBox, Ui};
use layouts::{ROLES, WidgetContent, WidgetKind};
use layouts_edit::{WidgetSetting, WidgetText};

/// The ends of what a document can say, in thousandths.
const ENDS: std::ops::RangeInclusive<i64> = -9_000_000_000_000..=9_000_000_000_000;

/// Shows what the kind of `widget` has of its own.
pub(super) fn show(editor: &mut Editor, ui: &mut Ui, widget: &WidgetContent, text: &WidgetText, item: &Item) {
    let language = editor.preferences.language;
    match &widget.kind {
        WidgetKind::Figure { rising_is_good, .. } => figure(editor, ui, text, item, *rising_is_good),
        WidgetKind::Gauge { .. } => gauge(editor, ui, text, item),
        WidgetKind::Bar { stacked, .. } => {
            let mut stacked = *stacked;
            if ui.checkbox(&mut stacked, Word::Stacked.get(language)).changed() {
                set(editor, step("叠放", "Stacked"), WidgetSetting::Stacked(stacked), None);
            }
        }
        WidgetKind::Table { page, query, .. } => {
            let e3 = i64::try_from(page.as_millis()).unwrap_or(10_000);
            if let Some(e3) = number(ui, Word::PageSeconds.get(language), e3, 1_000..=3_600_000) {
                let seconds = u32::try_from((e3 + 500) / 1000).unwrap_or(10);
                set(
                    editor,
                    step("每页时间", "Time of a page"),
                    WidgetSetting::Page(seconds),
                    gesture(item, 5),
                );
            }
            columns(editor, ui, text, query);
        }
        WidgetKind::Ticker { speed_px_s, .. } => {
            let e3 = i64::from(*speed_px_s) * 1000;
            if let Some(e3) = number(ui, Word::SpeedPixels.get(language), e3, 10_000..=1_000_000) {
                let pixels = u32::try_from((e3 + 500) / 1000).unwrap_or(100);
                set(
                    editor,
                    step("字幕速度", "Speed of ticker"),
                    WidgetSetting::Speed(pixels),
                    gesture(item, 6),
                );
            }
        }
        WidgetKind::Clock { seconds, date } => {
            let (mut seconds, mut date) = (*seconds, *date);
            if ui.checkbox(&mut seconds, Word::ClockSeconds.get(language)).changed() {
                set(editor, step("显示秒", "Show seconds"), WidgetSetting::Seconds(seconds), None);
            }
            if ui.checkbox(&mut date, Word::ClockDate.get(language)).changed() {
                set(editor, step("显示日期", "Show the date"), WidgetSetting::Date(date), None);
            }
        }
        WidgetKind::Banner { .. } => banner(editor, ui, text),
        WidgetKind::Template { path, .. } => template(editor, ui, path),
        _ => {}
    }
}

fn figure(editor: &mut Editor, ui: &mut Ui, text: &WidgetText, item: &Item, now: Option<bool>) {
    let language = editor.preferences.language;
    ui.horizontal_wrapped(|ui| {
        let all = [
            (Some(true), Word::RisingIsGood),
            (Some(false), Word::RisingIsBad),
            (None, Word::RisingIsNeither),
        ];
        for (good, word) in all {
            if ui.selectable_label(now == good, word.get(language)).clicked() && now != good {
                set(
                    editor,
                    step("上升好坏", "Whether rising is good"),
                    WidgetSetting::RisingIsGood(good),
                    None,
                );
            }
        }
    });
    let names = (Word::AgainstChinese, Word::AgainstEnglish);
    if let Some(against) = pair(editor, ui, ("widget against", item), names, text.words("against").as_ref()) {
        set(editor, step("改比较对象", "Change what is compared"), WidgetSetting::Against(against), None);
    }
}

fn gauge(editor: &mut Editor, ui: &mut Ui, text: &WidgetText, item: &Item) {
    let language = editor.preferences.language;
    let (from, to) = (text.number_e6("from").unwrap_or(0), text.number_e6("to").unwrap_or(100_000_000));
    let mut new = None;
    ui.columns(2, |columns| {
        let below = *ENDS.start()..=(to / 1000 - 1);
        if let Some(e3) = number(&mut columns[0], Word::GaugeFrom.get(language), from / 1000, below) {
            new = Some((e3 * 1000, to));
        }
        let above = (from / 1000 + 1)..=*ENDS.end();
        if let Some(e3) = number(&mut columns[1], Word::GaugeTo.get(language), to / 1000, above) {
            new = Some((from, e3 * 1000));
        }
    });
    if let Some((from, to)) = new {
        set(
            editor,
            step("改仪表两端", "Change ends of gauge"),
            WidgetSetting::Ends(from, to),
            gesture(item, 4),
        );
    }
}

/// Which columns of the rows a table shows; their headings in the document stay with them.
fn columns(editor: &mut Editor, ui: &mut Ui, text: &WidgetText, query: &media::QueryId) {
    let language = editor.preferences.language;
    let now = text.headings();
    let known: Vec<String> = match editor.data.shown().answers.get(query) {
        Some(answer) => answer.table.columns().iter().map(ToString::to_string).collect(),
        None => now.iter().map(|(column, _)| column.clone()).collect(),
    };
    if known.is_empty() {
        return;
    }
    title(ui, Word::ColumnsShown.get(language));
    let mut new = None;
    ui.horizontal_wrapped(|ui| {
        for column in &known {
            let shown = now.is_empty() || now.iter().any(|(own, _)| own == column);
            if ui.selectable_label(shown, column).clicked() {
                let heading = |own: &String| {
                    now.iter().find(|(known, _)| known == own).cloned().unwrap_or((own.clone(), None))
                };
                let is_shown = |own: &&String| now.is_empty() || now.iter().any(|(known, _)| known == *own);
                let wanted = known.iter().filter(|own| (*own == column) != is_shown(own));
                new = Some(wanted.map(heading).collect::<Vec<_>>());
            }
        }
    });
    // A table without headings shows all columns, so the last one stays.
    if let Some(headings) = new.filter(|headings| !headings.is_empty()) {
        set(editor, step("改显示的列", "Change columns shown"), WidgetSetting::Headings(headings), None);
    }
}

fn banner(editor: &mut Editor, ui: &mut Ui, text: &WidgetText) {
    let language = editor.preferences.language;
    let now = text.text("color").unwrap_or("warn").to_owned();
    let mut chosen = None;
    title(ui, Word::ThresholdColor.get(language));
    let list = ComboBox::from_id_salt("banner color")
        .selected_text(super::thresholds::role_name(&now, language))
        .width(120.0);
    let response = list.show_ui(ui, |ui| {
        for role in ROLES {
            if super::thresholds::role_label(editor, ui, role, now == role) {
                chosen = Some(role.to_owned());
            }
        }
    });
    response.response.accessible_name(Word::ThresholdColor.get(language));
    if let Some(color) = chosen {
        set(editor, step("改横幅颜色", "Change colour of banner"), WidgetSetting::Color(color), None);
    }
}

fn template(editor: &mut Editor, ui: &mut Ui, now: &str) {
    let language = editor.preferences.language;
    title(ui, Word::TemplateFile.get(language));
    let mut chosen = None;
    let list = ComboBox::from_id_salt("template").selected_text(now).width(ui.available_width()).truncate();
    let response = list.show_ui(ui, |ui| {
        for path in template_files(&editor.media_folder) {
            if ui.selectable_label(now == path, &path).clicked() {
                chosen = Some(path);
            }
        }
    });
    response.response.accessible_name(Word::TemplateFile.get(language));
    if let Some(path) = chosen.filter(|path| path != now) {
        set(editor, step("换模板", "Change template"), WidgetSetting::Template(path), None);
    }
    teach(ui, Word::TemplateTip.get(language));
    // What is wrong with it as it is: the canvas shows the last one that was right.
    let faults = editor.canvas.picture().shown().map(|canvas| canvas.faults.clone()).unwrap_or_default();
    let color = crate::style::Tokens::here(ui).danger;
    for fault in faults.iter().map(|fault| fault.get(language)).filter(|fault| fault.contains(now)) {
        ui.add(egui::Label::new(egui::RichText::new(fault).color(color)).wrap());
    }
}
