//! The query of a widget: which one, what it asks, where its data comes from, and the rows that are known.

use super::step;
use crate::app::Editor;
use crate::panels::{teach, title};
use crate::style::{Tokens, strong};
use crate::words::{Language, Word};
use editor_model::{Item, Origin, Sort};
use egui::{ComboBox, Grid, RichText, ScrollArea, Ui};
use layouts::{Answer, Layout, NumberFormat, QuerySpec, WidgetContent};
use layouts_edit::WidgetSetting;
use media::{FeedEndpoint, FeedTarget, QueryId, Value};
use std::path::PathBuf;

/// Rows and columns of an answer that are shown.
const SHOWN: (usize, usize) = (50, 12);
/// Letters of a cell.
const CELL: usize = 40;

/// Shows the query of `widget` and its rows; for a map, those of its first layer that has any.
pub(super) fn show(editor: &mut Editor, ui: &mut Ui, widget: &WidgetContent, item: &Item) {
    let queries: Vec<QueryId> = widget.kind.queries().into_iter().cloned().collect();
    let Some(first) = queries.first().cloned() else { return };
    choice(editor, ui, &queries);
    let Some(query) = editor.session.layout().query(&first).cloned() else { return };
    statement(editor, ui, &query, item);
    fed_by(editor, ui, &query);
    ask(editor, ui, queries);
    rows(editor, ui, &first, Sort::of(widget.kind.name()));
}

fn choice(editor: &mut Editor, ui: &mut Ui, now: &[QueryId]) {
    let language = editor.preferences.language;
    title(ui, Word::Query.get(language));
    let all: Vec<QueryId> = editor.session.layout().queries().map(|query| query.id.clone()).collect();
    let shown: Vec<&str> = now.iter().map(QueryId::as_str).collect();
    let mut chosen = None;
    ui.horizontal(|ui| {
        let own = ui.spacing().interact_size.x * 3.3;
        let list = ComboBox::from_id_salt("query").selected_text(shown.join(", "));
        let list = list.width((ui.available_width() - own).max(80.0)).truncate();
        let response = list.show_ui(ui, |ui| {
            for query in &all {
                if ui.selectable_label(now.contains(query), query.as_str()).clicked() {
                    chosen = Some(query.clone());
                }
            }
        });
        response.response.accessible_name(Word::Query.get(language));
        let tip = Word::NewQueryTip.get(language);
        if ui.button(Word::NewQuery.get(language)).on_hover_text(tip).clicked() {
            editor.own_query();
        }
    });
    if let Some(query) = chosen.filter(|query| now.first() != Some(query)) {
        super::set(editor, step("换查询", "Change query of widget"), WidgetSetting::Query(query), None);
    }
}

fn statement(editor: &mut Editor, ui: &mut Ui, query: &QuerySpec, item: &Item) {
    let language = editor.preferences.language;
    let id = ("statement", query.id.as_str(), item.id.as_str());
    let typed = editor.fields.lines(ui, id, Word::Statement.get(language), query.sql.trim());
    if let Some(sql) = typed {
        let done = editor.session.set_statement(&query.id, sql.trim().to_owned());
        editor.tell(done);
    }
}

/// The feeds that fill the tables which the statement names.
fn fed_by(editor: &Editor, ui: &mut Ui, query: &QuerySpec) {
    let language = editor.preferences.language;
    let feeds = feeds_of(editor.session.layout(), &query.sql);
    let feeds = if feeds.is_empty() { Word::NoFeed.get(language).to_owned() } else { feeds.join(" · ") };
    teach(ui, &format!("{} {feeds}", Word::FedBy.get(language)));
}

/// Each feed of the tables that `sql` names, with where it takes its data from.
fn feeds_of(layout: &Layout, sql: &str) -> Vec<String> {
    let is_named = |table: &str| {
        let whole = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        sql.split(|c: char| !whole(c)).any(|word| word.eq_ignore_ascii_case(table))
    };
    let feeds = layout.feeds().iter().filter(|feed| match &feed.target {
        FeedTarget::Table { table, .. } => is_named(table.as_str()),
        FeedTarget::Events { .. } => is_named("events"),
    });
    feeds
        .map(|feed| match &feed.endpoint {
            FeedEndpoint::File { path, .. } => format!("{} ({path})", feed.id),
            other => format!("{} ({other})", feed.id),
        })
        .collect()
}

/// Runs the queries, or opens a file with answers.
fn ask(editor: &mut Editor, ui: &mut Ui, queries: Vec<QueryId>) {
    let language = editor.preferences.language;
    let asked = editor.data.asked().map(|name| name.get(language).to_owned());
    ui.horizontal(|ui| {
        let tip = match &asked {
            Some(name) => format!("{} · {name}", Word::RunQueryTip.get(language)),
            None => Word::NobodyToAsk.get(language).to_owned(),
        };
        let button = egui::Button::new(Word::RunQuery.get(language));
        let button = ui.add_enabled(asked.is_some(), button).on_hover_text(&tip).on_disabled_hover_text(tip);
        if button.clicked() {
            editor.ask_rows(queries);
        }
        if editor.data.is_asking() {
            ui.label(RichText::new(Word::Asking.get(language)).color(Tokens::here(ui).muted));
        }
    });
    if let Some(path) = editor.fields.line(ui, "data file", Word::DataFile.get(language), "") {
        editor.open_data_file(&PathBuf::from(path.trim()));
    }
    teach(ui, Word::DataFileTip.get(language));
}

/// The rows that are known, and where they are from.
fn rows(editor: &Editor, ui: &mut Ui, query: &QueryId, sort: Option<Sort>) {
    let language = editor.preferences.language;
    let tokens = Tokens::here(ui);
    title(ui, Word::QueryRows.get(language));
    let layout = editor.session.layout();
    let known = editor.data.known().get(layout, query);
    let (answer, origin) = match known {
        Some((answer, origin)) => (answer, origin),
        None => match editor.data.shown().answers.get(query) {
            Some(answer) => (answer, &Origin::Sample),
            None => return teach(ui, Word::RowsUnknown.get(language)),
        },
    };
    let Answer { table, fault, .. } = answer;
    let word = if table.rows().len() == 1 { Word::RowAndColumns } else { Word::RowsAndColumns };
    let count = format!("{} {}", table.rows().len(), word.get(language));
    teach(ui, &format!("{count} · {}", origin_words(origin, language)));
    if let Some(fault) = fault {
        ui.add(egui::Label::new(RichText::new(&**fault).color(tokens.danger)).wrap());
    }
    let missing: Vec<&str> = sort
        .map_or(&[][..], Sort::columns)
        .iter()
        .copied()
        .filter(|column| table.column(column).is_none())
        .collect();
    if !missing.is_empty() && !table.columns().is_empty() {
        let words = format!("{} {}", Word::MissingColumns.get(language), missing.join(", "));
        ui.add(egui::Label::new(RichText::new(words).color(tokens.danger)).wrap());
    }
    let scroll = ScrollArea::both()
        .id_salt("rows")
        .max_height(180.0)
        .min_scrolled_height(180.0)
        .auto_shrink([false, true]);
    scroll.show(ui, |ui| {
        let (rows, columns) = SHOWN;
        let offset_s = layout.hall().utc_offset_s;
        Grid::new("rows").striped(true).spacing([12.0, 4.0]).show(ui, |ui| {
            for column in table.columns().iter().take(columns) {
                ui.label(strong(&**column).size(12.0));
            }
            ui.end_row();
            for row in table.rows().iter().take(rows) {
                for value in row.iter().take(columns) {
                    ui.label(RichText::new(cell(value, offset_s, language)).size(12.0));
                }
                ui.end_row();
            }
        });
    });
}

fn origin_words(origin: &Origin, language: Language) -> String {
    match origin {
        Origin::Query => Word::FromQuery.get(language).to_owned(),
        Origin::Asked(name) => name.get(language).to_owned(),
        Origin::File(name) => name.clone(),
        Origin::Sample => Word::FromSample.get(language).to_owned(),
    }
}

/// A value as a table of the wall writes it, or as much of it as fits.
fn cell(value: &Value, utc_offset_s: i32, language: Language) -> String {
    let plain = NumberFormat::default();
    match value {
        Value::Null => "—".to_owned(),
        Value::Flag(flag) => flag.to_string(),
        Value::Integer(number) => renderer::raster::number_words(*number as f64, &plain, language),
        Value::Real(number) => {
            let format = NumberFormat { decimals: 2, ..plain };
            renderer::raster::number_words(number.get(), &format, language)
        }
        Value::Text(words) => {
            let line: String =
                words.chars().map(|c| if c.is_control() { ' ' } else { c }).take(CELL).collect();
            if words.chars().count() > CELL { format!("{line}…") } else { line }
        }
        Value::Time(time) => {
            renderer::raster::moment_words(time.0.div_euclid(1_000_000_000), utc_offset_s, language)
        }
    }
}
