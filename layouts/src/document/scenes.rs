//! The document's scenes and windows, as written.

use super::mistakes::Collector;
use super::reader::{At, Node, Table, list};
use super::sources::media_path;
use super::values::{Paint, choice, flag, id, number, numbers, paint, whole, words};
use super::widgets::{self, Voice, WidgetDoc};
use crate::edit::WINDOWS_MAX;
use crate::layout::{Easing, TransitionKind, Words};
use crate::plan::{Align, Fit, Weight};
use media::{SceneId, SourceId, WallId};

/// How far from the canvas' corner a place may lie, in thousandths of a canvas pixel.
pub(super) const FAR_PX_E3: i64 = 70_000_000;

/// Most scenes of a hall.
pub(super) const SCENES_MAX: usize = 1024;

/// `[[scene]]`.
#[derive(Debug)]
pub(super) struct SceneDoc {
    pub id: Option<At<SceneId>>,
    pub wall: Option<At<WallId>>,
    pub name: Option<At<Words>>,
    pub grid: Option<At<GridDoc>>,
    /// Whether a grid was written, even a wrong one.
    pub grid_given: bool,
    pub transition: Option<At<TransitionDoc>>,
    pub windows: Vec<WindowDoc>,
}

/// `grid = { … }`.
#[derive(Debug)]
pub(super) struct GridDoc {
    pub columns: Option<At<u32>>,
    pub rows: Option<At<u32>>,
    pub gutter_px_e3: Option<At<i64>>,
    pub margin_px_e3: Option<At<i64>>,
}

/// `transition = { … }`.
#[derive(Debug)]
pub(super) struct TransitionDoc {
    pub kind: Option<At<TransitionKind>>,
    pub duration_ms: Option<At<u32>>,
    pub easing: Option<At<Easing>>,
}

/// Where a window stands, in one of three ways.
#[derive(Debug)]
pub(super) enum PlaceDoc {
    /// x, y, width, height in thousandths of a canvas pixel.
    Pixels([i64; 4]),
    /// x, y, width, height in ten-thousandths of a percent of the canvas.
    Percent([i64; 4]),
    /// Cells of the scene's grid.
    Cell { column: Option<At<u32>>, row: Option<At<u32>>, columns: Option<At<u32>>, rows: Option<At<u32>> },
}

/// What a window shows.
#[derive(Debug)]
pub(super) enum ContentDoc {
    Source {
        source: Option<At<SourceId>>,
        crop: Option<At<[i64; 4]>>,
        fit: Option<At<Fit>>,
        label: Option<At<bool>>,
        /// A slot is named as a source is.
        slot: Option<At<SourceId>>,
        small_stream: Option<At<bool>>,
    },
    Image {
        path: Option<At<String>>,
        crop: Option<At<[i64; 4]>>,
        fit: Option<At<Fit>>,
    },
    Text(TextDoc),
    Widget(WidgetDoc),
}

/// The keys of a text window.
#[derive(Debug)]
pub(super) struct TextDoc {
    pub words: Option<At<Words>>,
    pub size_px_e3: Option<At<i64>>,
    pub color: Option<At<Paint>>,
    pub background: Option<At<Paint>>,
    pub align: Option<At<Align>>,
    pub vertical: Option<At<Align>>,
    pub weight: Option<At<Weight>>,
    pub padding_px_e3: Option<At<i64>>,
}

/// `border = { … }`.
#[derive(Debug)]
pub(super) struct BorderDoc {
    pub width_px_e3: Option<At<i64>>,
    pub color: Option<At<Paint>>,
}

/// `[[scene.window]]`.
#[derive(Debug)]
pub(super) struct WindowDoc {
    pub place: Option<At<PlaceDoc>>,
    pub content: Option<At<ContentDoc>>,
    pub z: Option<At<i64>>,
    pub opacity_e4: Option<At<i64>>,
    pub border: Option<At<BorderDoc>>,
    pub corner_px_e3: Option<At<i64>>,
}

/// Said of a key that stands at no window, or at one of another kind.
const WIDGET_KEY: &str = "it belongs to a widget of another kind; docs/HALL.md lists the keys of each";

/// A length in canvas pixels with up to three digits behind the point, in thousandths.
fn length(max: i64) -> impl Fn(&Node<'_>, &str, &mut Collector<'_>) -> Option<i64> {
    number(3, 0..=max * 1000)
}

pub(super) fn read_scenes(
    node: Option<&Node<'_>>,
    voice: Voice<'_>,
    found: &mut Collector<'_>,
) -> Vec<SceneDoc> {
    let nodes = list(node, "scene", SCENES_MAX, found);
    nodes.into_iter().filter_map(|node| read_scene(node, voice, found)).collect()
}

fn read_scene(node: &Node<'_>, voice: Voice<'_>, found: &mut Collector<'_>) -> Option<SceneDoc> {
    let mut table = Table::open("a scene", "scene", node, "[[scene]] and its keys below", found)?;
    let doc = SceneDoc {
        id: table.required("id", "id = \"overview\"", found, id),
        wall: table.required("wall", "wall = \"main\"", found, id),
        name: table.optional("name", found, words(1..=100)),
        grid: table.optional("grid", found, read_grid),
        grid_given: table.has("grid"),
        transition: table.optional("transition", found, read_transition),
        windows: read_windows(table.get("window"), voice, found),
    };
    table.finish(found);
    Some(doc)
}

fn read_grid(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<GridDoc> {
    let mut table =
        Table::open("a grid", key, node, "grid = { columns = 12, rows = 6, gutter_px = 16 }", found)?;
    let doc = GridDoc {
        columns: table.required("columns", "columns = 12", found, whole(1..=256)),
        rows: table.required("rows", "rows = 6", found, whole(1..=256)),
        gutter_px_e3: table.optional("gutter_px", found, length(1000)),
        margin_px_e3: table.optional("margin_px", found, length(1000)),
    };
    table.finish(found);
    Some(doc)
}

fn read_transition(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<TransitionDoc> {
    let mut table =
        Table::open("a transition", key, node, "transition = { kind = \"fade\", duration_ms = 400 }", found)?;
    let kinds =
        [("cut", TransitionKind::Cut), ("fade", TransitionKind::Fade), ("move", TransitionKind::Move)];
    let easings = [("even", Easing::Even), ("out", Easing::Out), ("in-out", Easing::InOut)];
    let doc = TransitionDoc {
        kind: table.required("kind", "kind = \"fade\"", found, choice(&kinds)),
        duration_ms: table.optional("duration_ms", found, whole(0..=10_000)),
        easing: table.optional("easing", found, choice(&easings)),
    };
    table.finish(found);
    Some(doc)
}

fn read_windows(node: Option<&Node<'_>>, voice: Voice<'_>, found: &mut Collector<'_>) -> Vec<WindowDoc> {
    let nodes = list(node, "scene.window", WINDOWS_MAX, found);
    nodes.into_iter().filter_map(|node| read_window(node, voice, found)).collect()
}

fn read_window(node: &Node<'_>, voice: Voice<'_>, found: &mut Collector<'_>) -> Option<WindowDoc> {
    let mut table =
        Table::open("a window", "scene.window", node, "[[scene.window]] and its keys below", found)?;
    let doc = WindowDoc {
        content: read_content(&mut table, voice, found),
        place: read_place(&mut table, found),
        z: table.optional("z", found, number(0, -1000..=1000)),
        opacity_e4: table.optional("opacity", found, number(4, 0..=10_000)),
        border: table.optional("border", found, read_border),
        corner_px_e3: table.optional("corner_px", found, length(4096)),
    };
    for key in ["fit", "crop_percent"] {
        table.misplaced(key, "only windows with `source` or `image` have it");
    }
    for key in ["label", "slot", "small_stream"] {
        table.misplaced(key, "only windows with `source` have it");
    }
    for key in ["title", "query", "text_px", "card", "unit", "decimals", "layers", "template"] {
        table.misplaced(key, WIDGET_KEY);
    }
    table.misplaced("crop", "write crop_percent = [left, top, width, height], in percent of the picture");
    table.misplaced("rect", "write rect_px, rect_percent or cell");
    for key in ["size_px", "color", "background", "align", "vertical", "weight", "padding_px"] {
        table.misplaced(key, "only windows with `text` have it");
    }
    table.finish(found);
    Some(doc)
}

/// Of `keys` exactly one must stand in the table: gives it, or notes what is wrong.
pub(super) fn one_of(
    table: &Table<'_, '_>,
    keys: &[&'static str],
    thing: &str,
    what: &str,
    found: &mut Collector<'_>,
) -> Option<&'static str> {
    let given: Vec<&'static str> = keys.iter().copied().filter(|key| table.has(key)).collect();
    match given.as_slice() {
        [] => {
            let message = format!("{thing} does not say {what}");
            found.add(
                table.at(),
                "missing-key",
                message,
                format!("add one of {}", super::suggest::listed(keys)),
            );
            None
        }
        [only] => Some(only),
        [first, second, ..] => {
            let message = format!("{thing} has both `{first}` and `{second}`");
            found.add(table.key_span(second), "two-of-a-kind", message, "keep one of them");
            Some(first)
        }
    }
}

fn read_place(table: &mut Table<'_, '_>, found: &mut Collector<'_>) -> Option<At<PlaceDoc>> {
    let names = "x, y, width, height";
    let given = one_of(table, &["rect_px", "rect_percent", "cell"], "a window", "where it stands", found);
    let pixels = table.optional("rect_px", found, numbers::<4>(names, 3, -FAR_PX_E3..=FAR_PX_E3));
    let percent = table.optional("rect_percent", found, numbers::<4>(names, 4, 0..=1_000_000));
    let cell = table.optional("cell", found, read_cell);
    match given? {
        "rect_px" => pixels.map(|at| At { value: PlaceDoc::Pixels(at.value), span: at.span }),
        "rect_percent" => percent.map(|at| At { value: PlaceDoc::Percent(at.value), span: at.span }),
        _ => cell,
    }
}

fn read_cell(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<PlaceDoc> {
    let mut table =
        Table::open("a cell", key, node, "cell = { column = 1, row = 1, columns = 4, rows = 2 }", found)?;
    let doc = PlaceDoc::Cell {
        column: table.required("column", "column = 1", found, whole(1..=256)),
        row: table.required("row", "row = 1", found, whole(1..=256)),
        columns: table.optional("columns", found, whole(1..=256)),
        rows: table.optional("rows", found, whole(1..=256)),
    };
    table.finish(found);
    Some(doc)
}

const FITS: [(&str, Fit); 3] = [("cover", Fit::Cover), ("contain", Fit::Contain), ("stretch", Fit::Stretch)];

fn read_content(
    table: &mut Table<'_, '_>,
    voice: Voice<'_>,
    found: &mut Collector<'_>,
) -> Option<At<ContentDoc>> {
    let given = one_of(table, &["source", "text", "image", "widget"], "a window", "what it shows", found);
    let source = table.optional("source", found, id);
    let path = table.optional("image", found, media_path);
    let widget = table.optional("widget", found, widgets::name);
    let text = table.optional("text", found, words(1..=2000));
    let at = given.map_or(table.at(), |key| table.key_span(key));
    if given == Some("widget") && widget.is_none() {
        // Of which kind it is nobody knows, so nobody knows which keys it may have.
        for key in widgets::KEYS {
            table.get(key);
        }
    }
    let crop = numbers::<4>("left, top, width, height", 4, 0..=1_000_000);
    let content = match given? {
        "source" => ContentDoc::Source {
            source,
            crop: table.optional("crop_percent", found, crop),
            fit: table.optional("fit", found, choice(&FITS)),
            label: table.optional("label", found, flag),
            slot: table.optional("slot", found, id),
            small_stream: table.optional("small_stream", found, flag),
        },
        "widget" => ContentDoc::Widget(widgets::read_widget(table, widget?.value, voice, found)),
        "image" => ContentDoc::Image {
            path,
            crop: table.optional("crop_percent", found, crop),
            fit: table.optional("fit", found, choice(&FITS)),
        },
        _ => ContentDoc::Text(read_text(table, text, found)),
    };
    Some(At { value: content, span: at })
}

fn read_text(table: &mut Table<'_, '_>, words: Option<At<Words>>, found: &mut Collector<'_>) -> TextDoc {
    let across = [("left", Align::Start), ("center", Align::Middle), ("right", Align::End)];
    let down = [("top", Align::Start), ("middle", Align::Middle), ("bottom", Align::End)];
    let weights = [("regular", Weight::Regular), ("medium", Weight::Medium)];
    TextDoc {
        words,
        size_px_e3: table.required("size_px", "size_px = 36", found, number(3, 4_000..=2_000_000)),
        color: table.optional("color", found, paint),
        background: table.optional("background", found, paint),
        align: table.optional("align", found, choice(&across)),
        vertical: table.optional("vertical", found, choice(&down)),
        weight: table.optional("weight", found, choice(&weights)),
        padding_px_e3: table.optional("padding_px", found, length(4096)),
    }
}

fn read_border(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<BorderDoc> {
    let mut table =
        Table::open("a border", key, node, "border = { width_px = 4, color = \"accent\" }", found)?;
    let doc = BorderDoc {
        width_px_e3: table.required("width_px", "width_px = 4", found, number(3, 100..=1_000_000)),
        color: table.optional("color", found, paint),
    };
    table.finish(found);
    Some(doc)
}
