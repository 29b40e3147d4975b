//! What a kind of widget looks like: a little hall with one of it alone, and rows that it shows.

use crate::widgets::{Sort, statement};
use layouts::{Answer, Answers, Language, Layout, Mode};
use layouts_edit::{HallText, NewContent, NewWindow, Pixels, TextEdit, WidgetSetting};
use media::{QueryId, SceneId, Table, WallTime};
use std::sync::Arc;
use std::time::Duration;

/// How long rows of a preview stay new.
const PROMISE: Duration = Duration::from_secs(365 * 86_400);

/// A hall that shows one widget and nothing else.
#[derive(Debug, Clone)]
pub struct Preview {
    /// The hall; its first wall and scene are its only ones.
    pub layout: Arc<Layout>,
    /// The rows of its query.
    pub answers: Answers,
}

/// An answer that has just come.
pub fn answer_now(table: Table, now: WallTime) -> Answer {
    Answer { table: Arc::new(table), as_of: Some(now), promise: PROMISE, fault: None }
}

/// A widget of a kind, as a wall with these words and colours would draw it at `now`. `None` for one that draws a designer's own file.
pub fn preview(sort: Sort, language: Language, mode: Mode, now: WallTime) -> Option<Preview> {
    if sort == Sort::Template {
        return None;
    }
    let words = if language == Language::English { "en" } else { "zh-CN" };
    let theme = if mode == Mode::Light { "light" } else { "dark" };
    let text = format!(
        "version = 1\n[hall]\nname = \"preview\"\nlanguage = \"{words}\"\ntheme = \"{theme}\"\nutc_offset = \"+08:00\"\n\
         [[wall]]\nid = \"w\"\ntick_hz = 25\ncanvas_px_per_mm = 1\n\
         [[wall.screen]]\nid = \"s\"\nnode = \"n\"\noutput = 1\nresolution = [320, 180]\nposition_mm = [0, 0]\nsize_mm = [320, 180]\n\
         [[scene]]\nid = \"s\"\nwall = \"w\"\n"
    );
    let hall = HallText::parse(&text, "preview").ok()?;
    let (scene, query) = (SceneId::new("s").ok()?, QueryId::new("q").ok()?);
    let rows = sort.sample(language, now);
    let rect = Pixels(match sort {
        Sort::Ticker | Sort::Banner => [0, 60_000, 320_000, 60_000],
        Sort::Strip => [0, 45_000, 320_000, 90_000],
        _ => [0, 0, 320_000, 180_000],
    });
    let content =
        NewContent::Widget { kind: sort.kind().to_owned(), query: Some(query.to_string()), template: None };
    let set = |setting| TextEdit::Widget { scene: scene.clone(), window: 0, setting };
    let mut edits = vec![
        TextEdit::PutQuery {
            query: query.clone(),
            sql: rows.as_ref().map_or_else(|| "select 1 as value".to_owned(), statement),
        },
        TextEdit::Open { scene: scene.clone(), window: NewWindow { content, rect, z: 0 } },
        set(WidgetSetting::TextSize(Some(match sort {
            Sort::EventBoard | Sort::Table => 17_000,
            Sort::Ticker | Sort::Banner | Sort::Clock => 30_000,
            _ => 22_000,
        }))),
    ];
    if sort == Sort::Gauge {
        let step = |from: i64, color: &str| (from * 1_000_000, color.to_owned());
        edits.push(set(WidgetSetting::Thresholds(vec![step(0, "danger"), step(60, "warn"), step(80, "ok")])));
    }
    let hall = hall.edited(&edits).ok()?;
    let answers = rows.map(|rows| (query, answer_now(rows, now))).into_iter().collect();
    Some(Preview { layout: hall.layout().clone(), answers })
}
