//! The panels around the canvas, docked where the designer wants them.

mod history;
mod inspector;
mod layers;
mod places;
pub(crate) mod preflight;
mod rules;
mod scenes;
mod sources;
pub(crate) mod thumbnails;
mod timeline;
mod transition;
mod wall;
mod wall_outputs;
pub(crate) mod widget;
mod widgets;

use crate::app::Editor;
use crate::canvas::solid::Solids;
use crate::style::Tokens;
use crate::tour::Spot;
use crate::words::Word;
use egui::{Color32, Margin, Stroke, Ui, Visuals, WidgetText};
use egui_tiles::{Behavior, Container, Linear, LinearDir, TabState, Tile, TileId, Tiles, Tree, UiResponse};
use serde::{Deserialize, Serialize};

/// What can be docked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pane {
    /// The wall.
    Canvas,
    /// Scenes with their pictures.
    Scenes,
    /// Sources to drag in.
    Sources,
    /// Kinds of widgets to drag in.
    Widgets,
    /// What is selected.
    Inspector,
    /// Windows front to back.
    Layers,
    /// What was done.
    History,
    /// Whether the nodes can carry it.
    Preflight,
    /// Screens, panels and cables.
    Wall,
    /// Tours, schedules and rehearsals over time.
    Timeline,
    /// What the hall does by itself.
    Rules,
}

impl Pane {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Canvas,
        Self::Scenes,
        Self::Sources,
        Self::Widgets,
        Self::Inspector,
        Self::Layers,
        Self::History,
        Self::Preflight,
        Self::Wall,
        Self::Timeline,
        Self::Rules,
    ];

    fn word(self) -> Word {
        match self {
            Self::Canvas => Word::Canvas,
            Self::Scenes => Word::Scenes,
            Self::Sources => Word::Sources,
            Self::Widgets => Word::Widgets,
            Self::Inspector => Word::Inspector,
            Self::Layers => Word::Layers,
            Self::History => Word::History,
            Self::Preflight => Word::Preflight,
            Self::Wall => Word::Wall,
            Self::Timeline => Word::Timeline,
            Self::Rules => Word::Rules,
        }
    }
}

/// Where panels stand at the first start.
pub fn arrangement() -> Tree<Pane> {
    let mut tiles = Tiles::default();
    let mut tabs = |panes: &[Pane]| {
        let children = panes.iter().map(|pane| tiles.insert_pane(*pane)).collect();
        tiles.insert_tab_tile(children)
    };
    let (scenes, sources) = (tabs(&[Pane::Scenes]), tabs(&[Pane::Sources, Pane::Widgets]));
    let (inspector, below) =
        (tabs(&[Pane::Inspector, Pane::Wall]), tabs(&[Pane::Layers, Pane::History, Pane::Preflight]));
    let canvas = tabs(&[Pane::Canvas]);
    let (rules, timeline) = (tabs(&[Pane::Rules]), tabs(&[Pane::Timeline]));
    let mut below_canvas = Linear::new(LinearDir::Horizontal, vec![rules, timeline]);
    for (tile, share) in [(rules, 0.56), (timeline, 1.4)] {
        below_canvas.shares.set_share(tile, share);
    }
    let below_canvas = tiles.insert_container(Container::Linear(below_canvas));
    let mut middle = Linear::new(LinearDir::Vertical, vec![canvas, below_canvas]);
    for (tile, share) in [(canvas, 1.4), (below_canvas, 1.0)] {
        middle.shares.set_share(tile, share);
    }
    let middle = tiles.insert_container(Container::Linear(middle));
    let left = tiles.insert_vertical_tile(vec![scenes, sources]);
    let right = tiles.insert_vertical_tile(vec![inspector, below]);
    let mut row = Linear::new(LinearDir::Horizontal, vec![left, middle, right]);
    for (tile, share) in [(left, 0.62), (middle, 2.6), (right, 0.68)] {
        row.shares.set_share(tile, share);
    }
    let root = tiles.insert_container(Container::Linear(row));
    let mut tree = Tree::new(egui::Id::unique("panels"), root, tiles);
    // The canvas has all the room until time is worked on.
    for pane in [Pane::Rules, Pane::Timeline] {
        toggle(&mut tree, pane);
    }
    tree
}

impl Editor {
    /// Brings a panel to the front of its tabs.
    pub(crate) fn show_pane(&mut self, pane: Pane) {
        self.preferences.panels.make_active(|_, tile| matches!(tile, Tile::Pane(shown) if *shown == pane));
    }
}

/// Shows a panel that is hidden, or hides it, wherever it is docked.
pub(crate) fn toggle(panels: &mut Tree<Pane>, pane: Pane) {
    let Some(tile) = panels.tiles.find_pane(&pane) else { return };
    let shown = panels.is_visible(tile);
    panels.set_visible(tile, !shown);
    if !shown {
        panels.make_active(|other, _| other == tile);
    }
}

/// Shows a panel, wherever it is docked.
pub(crate) fn reveal(panels: &mut Tree<Pane>, pane: Pane) {
    if panels.tiles.find_pane(&pane).is_some_and(|tile| !panels.is_visible(tile)) {
        toggle(panels, pane);
    }
}

/// Shows panels for the editor.
pub(crate) struct Dock<'e> {
    /// Whose panels they are.
    pub editor: &'e mut Editor,
}

impl Behavior<Pane> for Dock<'_> {
    fn pane_ui(&mut self, ui: &mut Ui, _tile: TileId, pane: &mut Pane) -> UiResponse {
        self.editor.tour.note(Spot::Pane(*pane), ui.available_rect_before_wrap());
        if *pane == Pane::Canvas {
            crate::canvas::show(self.editor, ui);
            return UiResponse::None;
        }
        let tokens = Tokens::here(ui);
        let frame = egui::Frame::new().fill(tokens.surface).inner_margin(Margin::same(12));
        frame.show(ui, |ui| {
            // As large as its tile, however little is in it.
            ui.set_min_size(ui.available_size());
            match pane {
                Pane::Canvas => {}
                Pane::Scenes => scenes::show(self.editor, ui),
                Pane::Sources => sources::show(self.editor, ui),
                Pane::Widgets => widgets::show(self.editor, ui),
                Pane::Inspector => inspector::show(self.editor, ui),
                Pane::Layers => layers::show(self.editor, ui),
                Pane::History => history::show(self.editor, ui),
                Pane::Preflight => preflight::show(self.editor, ui),
                Pane::Wall => wall::show(self.editor, ui),
                Pane::Timeline => timeline::show(self.editor, ui),
                Pane::Rules => rules::show(self.editor, ui),
            }
        });
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, pane: &Pane) -> WidgetText {
        pane.word().get(self.editor.preferences.language).into()
    }

    fn tab_bar_height(&self, _style: &egui::Style) -> f32 {
        32.0
    }

    fn gap_width(&self, _style: &egui::Style) -> f32 {
        2.0
    }

    fn tab_title_spacing(&self, _visuals: &Visuals) -> f32 {
        12.0
    }

    fn tab_bar_color(&self, _visuals: &Visuals) -> Color32 {
        // The window is cleared to this colour already.
        Color32::TRANSPARENT
    }

    fn tab_bg_color(&self, visuals: &Visuals, _: &Tiles<Pane>, _: TileId, state: &TabState) -> Color32 {
        if state.active { visuals.panel_fill } else { Color32::TRANSPARENT }
    }

    fn tab_outline_stroke(&self, _: &Visuals, _: &Tiles<Pane>, _: TileId, _: &TabState) -> Stroke {
        Stroke::NONE
    }

    fn tab_bar_hline_stroke(&self, _visuals: &Visuals) -> Stroke {
        Stroke::NONE
    }

    fn tab_text_color(&self, visuals: &Visuals, _: &Tiles<Pane>, _: TileId, state: &TabState) -> Color32 {
        if state.active { visuals.text_color() } else { visuals.weak_text_color() }
    }

    fn simplification_options(&self) -> egui_tiles::SimplificationOptions {
        egui_tiles::SimplificationOptions { all_panes_must_have_tabs: true, ..Default::default() }
    }
}

/// One of several things, in a list that folds out; gives another one when it is chosen. `name` is what the list is called.
pub(crate) fn choose<T: Clone + PartialEq>(
    ui: &mut Ui,
    salt: impl egui::AsIdSalt,
    name: &str,
    now: &T,
    all: &[(T, String)],
) -> Option<T> {
    let shown = all.iter().find(|(one, _)| one == now).map(|(_, words)| words.clone()).unwrap_or_default();
    let width = ui.available_width().clamp(56.0, ui.spacing().combo_width);
    let list = egui::ComboBox::from_id_salt(salt).selected_text(shown).width(width).truncate();
    let mut chosen = None;
    let response = list.show_ui(ui, |ui| {
        for (one, words) in all {
            if ui.selectable_label(one == now, words).clicked() {
                chosen = Some(one.clone());
            }
        }
    });
    response.response.accessible_name(name);
    chosen.filter(|one| one != now)
}

/// A button with the sign for letting time run, or for stopping it.
pub(crate) fn play_button(ui: &mut Ui, runs: bool, language: crate::words::Language) -> egui::Response {
    let tokens = Tokens::here(ui);
    let (rect, response) = ui.allocate_exact_size(egui::vec2(32.0, 28.0), egui::Sense::click());
    let name = Word::Play.get(language);
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, runs, name));
    let edge = if response.hovered() || response.has_focus() { tokens.accent } else { tokens.raised };
    let painter = ui.painter();
    painter.rect(rect, 6.0, tokens.raised, Stroke::new(1.0, edge), egui::StrokeKind::Inside);
    let at = rect.center();
    if runs {
        for side in [-3.5, 3.5] {
            let bar = egui::Rect::from_center_size(at + egui::vec2(side, 0.0), egui::vec2(3.0, 11.0));
            painter.rect_filled(bar, 0.0, tokens.text);
        }
    } else {
        let corners = [(-4.0, -6.0), (6.0, 0.0), (-4.0, 6.0)].map(|(x, y)| at + egui::vec2(x, y));
        painter.add(egui::Shape::convex_polygon(corners.to_vec(), tokens.text, Stroke::NONE));
    }
    response.on_hover_text(Word::PlayTip.get(language))
}

/// A time from a beginning: minutes and seconds, with hours where there are any.
pub(crate) fn clock(at: std::time::Duration) -> String {
    let seconds = at.as_secs();
    match seconds / 3600 {
        0 => format!("{:02}:{:02}", seconds / 60, seconds % 60),
        hours => format!("{hours:02}:{:02}:{:02}", seconds / 60 % 60, seconds % 60),
    }
}

/// A mark for the changes of one field: those that follow one another directly are one step.
pub(crate) fn field_gesture(field: impl std::hash::Hash) -> Option<u64> {
    Some(std::hash::BuildHasher::hash_one(
        &std::hash::BuildHasherDefault::<std::hash::DefaultHasher>::default(),
        field,
    ))
}

/// Writes words in one line from `at`, its left middle, on; what has no room within `width` gives way to three points. Gives where they
/// stand.
pub(crate) fn write_line(
    painter: &egui::Painter,
    at: egui::Pos2,
    width: f32,
    words: &str,
    size: f32,
    color: Color32,
) -> egui::Rect {
    let font = egui::FontId::proportional(size);
    let mut job = egui::text::LayoutJob::simple_singleline(words.to_owned(), font, color);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width.max(0.0));
    let galley = painter.layout_job(job);
    let place = egui::Align2::LEFT_CENTER.anchor_size(at, galley.size());
    painter.galley(place.min, galley, color);
    place
}

/// A rounded rectangle that hides what is below it: three rectangles and four discs, for a fan of thin triangles costs a graphics device
/// that is software many times as much. `fill` is opaque.
pub(crate) fn card(painter: &egui::Painter, rect: egui::Rect, radius: f32, fill: Color32, edge: Stroke) {
    let inner = rect.shrink(radius);
    for corner in [inner.left_top(), inner.right_top(), inner.left_bottom(), inner.right_bottom()] {
        painter.circle_filled(corner, radius, fill);
    }
    let mut solids = Solids::new(painter);
    solids.fill(egui::Rect::from_x_y_ranges(inner.x_range(), rect.y_range()), fill);
    solids.fill(egui::Rect::from_x_y_ranges(rect.left()..=inner.left(), inner.y_range()), fill);
    solids.fill(egui::Rect::from_x_y_ranges(inner.right()..=rect.right(), inner.y_range()), fill);
    solids.paint(painter);
    if !edge.is_empty() {
        painter.rect_stroke(rect, radius, edge, egui::StrokeKind::Inside);
    }
}

/// What stands in a row of fields without a title of its own, on one height with them.
pub(crate) fn untitled<R>(ui: &mut Ui, add: impl FnOnce(&mut Ui) -> R) -> R {
    ui.vertical(|ui| {
        title(ui, " ");
        add(ui)
    })
    .inner
}

/// A length on the canvas in thousandths of a pixel, to the nearest.
pub(crate) fn thousandths(length: layouts::CanvasUnit) -> i64 {
    (length * 1000 + layouts::CANVAS_PIXEL / 2).div_euclid(layouts::CANVAS_PIXEL)
}

/// A small title in a panel.
pub(crate) fn title(ui: &mut Ui, words: &str) {
    let color = Tokens::here(ui).text_2;
    ui.label(egui::RichText::new(words).size(12.0).color(color));
}

/// Quiet words that teach the next step.
pub(crate) fn teach(ui: &mut Ui, words: &str) {
    let color = Tokens::here(ui).muted;
    ui.add(egui::Label::new(egui::RichText::new(words).color(color)).wrap());
}
