//! What operators see of walls, as JSON.

use crate::data::Said;
use layouts::rules::{AlarmId, TourView};
use layouts::{CanvasRect, Crop, Draft, Layout, Scene, Wall, Window, WindowContent, to_pixels};
use media::{NodeId, SceneId, ScreenId, SourceId, TourId, WallId, WindowId};
use serde::{Deserialize, Serialize};

fn same(name: &str) -> Said {
    Said { zh: name.to_owned(), en: name.to_owned() }
}

/// A place in canvas pixels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RectView {
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Extent to the right.
    pub width: f64,
    /// Extent downwards.
    pub height: f64,
}

impl From<CanvasRect> for RectView {
    fn from(rect: CanvasRect) -> Self {
        let CanvasRect { x, y, width, height } = rect;
        let [x, y, width, height] = [x, y, width, height].map(to_pixels);
        Self { x, y, width, height }
    }
}

/// A part of a picture, in fractions of its width and height.
impl From<Crop> for RectView {
    fn from(crop: Crop) -> Self {
        let Crop { x, y, width, height } = crop;
        let [x, y, width, height] = [x, y, width, height].map(|part| f64::from(part) / 65_536.0);
        Self { x, y, width, height }
    }
}

/// A size in canvas pixels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SizeView {
    /// Extent to the right.
    pub width: f64,
    /// Extent downwards.
    pub height: f64,
}

/// One screen of a wall.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScreenLine {
    /// Which screen.
    pub screen: ScreenId,
    /// Who drives it.
    pub node: NodeId,
    /// What it shows of the canvas.
    pub rect: RectView,
}

/// One scene of a wall.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SceneLine {
    /// Which scene.
    pub scene: SceneId,
    /// Its name.
    pub name: Said,
}

/// One tour of a wall.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WallTourLine {
    /// Which tour.
    pub tour: TourId,
    /// Whether the wall shows it when no alarm is due.
    pub chosen: bool,
    /// Whether an operator has paused it.
    pub paused: bool,
    /// Whether its time runs.
    pub runs: bool,
    /// The scene at which it is.
    pub scene: SceneId,
    /// How long that scene still stays, in seconds.
    pub left_s: f64,
}

impl From<TourView> for WallTourLine {
    fn from(view: TourView) -> Self {
        let TourView { id, wall: _, chosen, paused, runs, scene, left } = view;
        Self { tour: id, chosen, paused, runs, scene, left_s: left.as_secs_f64() }
    }
}

/// A wall.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WallLine {
    /// Which wall.
    pub wall: WallId,
    /// Its name.
    pub name: Said,
    /// Its canvas.
    pub canvas: SizeView,
    /// Its screens, in document order.
    pub screens: Vec<ScreenLine>,
    /// How often it changes its picture.
    pub tick_hz: u32,
    /// From capture to light, in milliseconds.
    pub latency_ms: u32,
    /// The scene of the document that is shown.
    pub on_air: SceneId,
    /// The one that is to come.
    pub next: Option<SceneId>,
    /// The one on the stage.
    pub staged: Option<SceneId>,
    /// Grows with every change of its air or stage.
    pub revision: u64,
    /// The alarm that covers what operators have chosen.
    pub covered_by: Option<AlarmId>,
    /// Its scenes, in document order.
    pub scenes: Vec<SceneLine>,
    /// Its tours, in document order.
    pub tours: Vec<WallTourLine>,
}

impl WallLine {
    /// What the document says of `wall`, with nothing of what is going on.
    pub(super) fn of(layout: &Layout, wall: &Wall, on_air: SceneId, revision: u64) -> Self {
        let size = wall.canvas_size();
        let scene = |scene: &Scene| SceneLine { scene: scene.id.clone(), name: Said::from(&scene.name) };
        let screens = wall.screens.iter().map(|screen| ScreenLine {
            screen: screen.id.clone(),
            node: screen.node.clone(),
            rect: screen.grid.area.into(),
        });
        Self {
            name: same(wall.id.as_str()),
            canvas: SizeView { width: size.width.into(), height: size.height.into() },
            screens: screens.collect(),
            tick_hz: wall.tick.hz(),
            latency_ms: wall.latency_ms,
            on_air,
            next: None,
            staged: None,
            revision,
            covered_by: None,
            scenes: layout.scenes_of(&wall.id).map(scene).collect(),
            tours: Vec::new(),
            wall: wall.id.clone(),
        }
    }
}

/// One window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WindowLine {
    /// Its name within the scene.
    pub window: WindowId,
    /// `source`, `text`, `image` or `widget`.
    pub kind: String,
    /// The source that it shows.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<SourceId>,
    /// What it shows, for people.
    pub label: Said,
    /// Where it stands.
    pub rect: RectView,
    /// Which part of the picture, where it is not the whole.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub crop: Option<RectView>,
    /// Higher ones lie in front.
    pub z: i32,
    /// Whether it may not be changed.
    pub locked: bool,
    /// Whether it stands as large as the canvas and can be put back.
    pub full_screen: bool,
    /// The name under which rules put sources into it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub slot: Option<String>,
    /// Whether its source's smallest stream will do.
    pub small_stream: bool,
    /// Whether operators have changed it.
    pub edited: bool,
}

impl WindowLine {
    fn new(layout: &Layout, draft: &Draft, window: &Window) -> Self {
        let Window { id, rect, content, z, opacity: _, border: _, corner: _, small_stream } = window;
        let whole = |crop: &Crop| (*crop != Crop::ALL).then(|| RectView::from(*crop));
        let (kind, source, label, crop, slot) = match content {
            WindowContent::Source { source, crop, slot, .. } => {
                let label = layout
                    .source(source)
                    .map_or_else(|| same(source.as_str()), |found| Said::from(&found.label));
                ("source", Some(source.clone()), label, whole(crop), slot.clone())
            }
            WindowContent::Text(text) => ("text", None, Said::from(&text.words), None, None),
            WindowContent::Image { path, crop, .. } => ("image", None, same(path), whole(crop), None),
            WindowContent::Widget(widget) => {
                let kind = || same(widget.kind.name());
                ("widget", None, widget.title.as_ref().map_or_else(kind, Said::from), None, None)
            }
            WindowContent::Banner(banner) => ("banner", None, Said::from(&banner.words), None, None),
        };
        let edit = draft.edits.get(id);
        Self {
            window: id.clone(),
            kind: kind.to_owned(),
            source,
            label,
            rect: (*rect).into(),
            crop,
            z: *z,
            small_stream: *small_stream,
            locked: edit.is_some_and(|edit| edit.locked),
            full_screen: edit.is_some_and(|edit| edit.back.is_some()),
            edited: edit.is_some() || slot.as_ref().is_some_and(|slot| draft.fills.contains_key(slot)),
            slot,
        }
    }
}

/// The windows of one side of a wall.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WindowsView {
    /// Which wall.
    pub wall: WallId,
    /// `air` or `stage`.
    pub of: String,
    /// What a change of them names as its base.
    pub revision: u64,
    /// The scene of the document that they are made of.
    pub scene: SceneId,
    /// Whether something differs from the document.
    pub edited: bool,
    /// Acts that can be undone.
    pub undo: usize,
    /// Acts that can be done again.
    pub redo: usize,
    /// The number of the act that undoing takes back.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub undo_act: Option<u64>,
    /// The number of the act that is done again.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub redo_act: Option<u64>,
    /// The number of the act that this very request has done, where it has changed something.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub act: Option<u64>,
    /// The alarm that covers them.
    pub covered_by: Option<AlarmId>,
    /// The windows, back to front.
    pub windows: Vec<WindowLine>,
    /// The windows that this very change has opened.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub opened: Vec<WindowId>,
}

/// The windows of `draft` as operators see them.
pub(super) fn lines(layout: &Layout, draft: &Draft) -> Result<Vec<WindowLine>, layouts::VariantError> {
    let windows = draft.windows(layout)?;
    Ok(windows.iter().map(|window| WindowLine::new(layout, draft, window)).collect())
}
