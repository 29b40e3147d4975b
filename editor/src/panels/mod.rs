//! The panels around the canvas, docked where the designer wants them.

mod history;
mod inspector;
mod layers;
mod places;
mod preflight;
mod scenes;
mod sources;
pub(crate) mod thumbnails;
mod wall;
mod wall_outputs;
pub(crate) mod widget;
mod widgets;

use crate::app::Editor;
use crate::style::Tokens;
use crate::tour::Spot;
use crate::words::Word;
use egui::{Color32, Margin, Stroke, Ui, Visuals, WidgetText};
use egui_tiles::{Behavior, Container, Linear, LinearDir, TabState, TileId, Tiles, Tree, UiResponse};
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
}

impl Pane {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Canvas,
        Self::Scenes,
        Self::Sources,
        Self::Widgets,
        Self::Inspector,
        Self::Layers,
        Self::History,
        Self::Preflight,
        Self::Wall,
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
    let left = tiles.insert_vertical_tile(vec![scenes, sources]);
    let right = tiles.insert_vertical_tile(vec![inspector, below]);
    let mut row = Linear::new(LinearDir::Horizontal, vec![left, canvas, right]);
    for (tile, share) in [(left, 0.62), (canvas, 2.6), (right, 0.68)] {
        row.shares.set_share(tile, share);
    }
    let root = tiles.insert_container(Container::Linear(row));
    Tree::new(egui::Id::unique("panels"), root, tiles)
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

    fn tab_bar_color(&self, visuals: &Visuals) -> Color32 {
        visuals.extreme_bg_color
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
