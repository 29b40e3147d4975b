//! How a widget writes its numbers and times, with an example that is written by the wall's own hand.

use super::{gesture, pair, set, step};
use crate::app::Editor;
use crate::fields::number;
use crate::style::{Tokens, strong};
use crate::words::Word;
use editor_model::Item;
use egui::Ui;
use layouts::{NumberFormat, WidgetContent, WidgetKind};
use layouts_edit::{WidgetSetting, WidgetText};
use media::{QueryId, Value, WallTime};

/// What is written where no row has a number.
const NUMBER: f64 = 47_906.25;

/// Shows digits, units and an example.
pub(super) fn show(
    editor: &mut Editor,
    ui: &mut Ui,
    (widget, format): (&WidgetContent, &NumberFormat),
    text: &WidgetText,
    item: &Item,
) {
    let language = editor.preferences.language;
    let decimals = i64::from(format.decimals) * 1000;
    // Shortened numbers have as many as are worth reading.
    if !format.short
        && let Some(e3) = number(ui, Word::Decimals.get(language), decimals, 0..=6_000)
    {
        let digits = u8::try_from((e3 + 500) / 1000).unwrap_or(6);
        set(editor, step("改小数位", "Change decimals"), WidgetSetting::Decimals(digits), gesture(item, 2));
    }
    let (mut short, mut signed) = (format.short, format.signed);
    if ui.checkbox(&mut short, Word::ShortNumbers.get(language)).changed() {
        set(editor, step("缩写大数", "Shorten large numbers"), WidgetSetting::Short(short), None);
    }
    if ui.checkbox(&mut signed, Word::SignedNumbers.get(language)).changed() {
        set(editor, step("正数加号", "Plus sign"), WidgetSetting::Signed(signed), None);
    }
    let names = (Word::UnitChinese, Word::UnitEnglish);
    if let Some(unit) = pair(editor, ui, ("widget unit", item), names, text.words("unit").as_ref()) {
        set(editor, step("改单位", "Change unit"), WidgetSetting::Unit(unit), None);
    }
    example(editor, ui, widget, format);
}

/// A number of the rows, and a time where they have one, as the wall writes them.
fn example(editor: &Editor, ui: &mut Ui, widget: &WidgetContent, format: &NumberFormat) {
    let language = editor.preferences.language;
    let hall = editor.session.layout().hall();
    let answers = &editor.data.shown().answers;
    let values: Vec<&Value> = widget
        .kind
        .queries()
        .into_iter()
        .filter_map(|query| answers.get(query))
        .flat_map(|answer| answer.table.rows().iter().take(20).flatten())
        .collect();
    // The widest number of the rows says most about a format.
    let numbers = values.iter().filter_map(|value| value.number());
    let sample = numbers.max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap_or(NUMBER);
    let time: Option<WallTime> = values.iter().find_map(|value| match value {
        Value::Time(time) => Some(*time),
        _ => None,
    });
    let said = |ui: &mut Ui, word: Word, written: String| {
        ui.horizontal(|ui| {
            ui.label(egui::RichText::new(word.get(language)).color(Tokens::here(ui).muted));
            ui.label(strong(written));
        });
    };
    said(ui, Word::FormatExample, renderer::raster::number_words(sample, format, hall.language));
    if let Some(time) = time {
        let seconds = time.0.div_euclid(1_000_000_000);
        said(
            ui,
            Word::MomentExample,
            renderer::raster::moment_words(seconds, hall.utc_offset_s, hall.language),
        );
    }
}

/// How a kind writes its numbers; `None` for one that writes none.
pub(super) fn of(kind: &WidgetKind<QueryId>) -> Option<&NumberFormat> {
    match kind {
        WidgetKind::Figure { format, .. }
        | WidgetKind::Line { format, .. }
        | WidgetKind::Bar { format, .. }
        | WidgetKind::Donut { format, .. }
        | WidgetKind::Gauge { format, .. }
        | WidgetKind::Ranking { format, .. }
        | WidgetKind::Table { format, .. }
        | WidgetKind::Map { format, .. }
        | WidgetKind::Heat { format, .. }
        | WidgetKind::Template { format, .. } => Some(format),
        WidgetKind::EventBoard { .. }
        | WidgetKind::Ticker { .. }
        | WidgetKind::Clock { .. }
        | WidgetKind::Strip { .. }
        | WidgetKind::Picture { .. }
        | WidgetKind::Banner { .. } => None,
    }
}
