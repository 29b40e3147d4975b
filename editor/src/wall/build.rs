//! The sheet that builds a wall from rows and columns of panels, with a picture of what it would become.

use crate::app::Editor;
use crate::fields::number_of;
use crate::panels::{Pane, teach, title};
use crate::style::{Tokens, strong};
use crate::words::{Language, Word};
use editor_model::{
    BuildOn, Cabling, OUTPUTS_MAX, PANELS_MAX, Panel, Session, WallGrid, nodes_of, pitch_nm, pixels_at,
};
use egui::{
    Align2, Button, Color32, ComboBox, FontId, Painter, Pos2, Rect, ScrollArea, Sense, Stroke, StrokeKind,
    TextEdit, Ui, pos2, vec2,
};
use layouts::{Rotation, Theme};
use layouts_edit::NewScreen;
use media::{NodeId, Size, WallId};
use std::collections::BTreeSet;

/// What is planned.
pub(crate) struct BuildState {
    grid: WallGrid,
    /// Nodes as they are typed.
    nodes: String,
    /// Whether it becomes a wall of its own.
    is_new: bool,
    /// Its id then.
    name: String,
    /// Whether a canvas pixel is a pixel of the panels, and not as large as it is on the open wall.
    own_scale: bool,
}

impl Default for BuildState {
    fn default() -> Self {
        let grid = WallGrid::default();
        Self { grid, nodes: "wall-1".to_owned(), is_new: true, name: "wall".to_owned(), own_scale: true }
    }
}

impl BuildState {
    /// A plan to begin with in a document.
    pub fn begin(session: &Session) -> Self {
        let layout = session.layout();
        let free = |stem: &str, taken: &dyn Fn(&str) -> bool| {
            let numbered = (1..1000).map(|number| format!("{stem}-{number}"));
            numbered.into_iter().find(|name| !taken(name)).unwrap_or_default()
        };
        let drives = |name: &str| layout.display_nodes().iter().any(|node| node.as_str() == name);
        let hangs = |name: &str| layout.walls().iter().any(|wall| wall.id.as_str() == name);
        let nodes = free("node", &drives);
        let grid = WallGrid { nodes: nodes_of(&nodes), ..WallGrid::default() };
        Self { grid, nodes, is_new: true, name: free("wall", &hangs), own_scale: true }
    }

    fn scale_e6(&self, session: &Session) -> i64 {
        let open = session.wall().map(|wall| wall.canvas_px_per_mm_e6);
        open.filter(|_| !self.is_new && !self.own_scale).unwrap_or_else(|| self.grid.scale_e6())
    }

    /// The words of all that is wrong, in the editor's language.
    fn faults(&self, session: &Session, language: Language) -> Vec<String> {
        let layout = session.layout();
        let open = session.wall().map(|wall| &wall.id).filter(|_| !self.is_new);
        let mut faults: Vec<String> =
            self.grid.faults(layout, open).iter().map(|words| words.get(language).to_owned()).collect();
        if self.is_new {
            match WallId::new(&self.name) {
                Err(why) => faults.push(format!("{}: {why}", Word::NewWallName.get(language))),
                Ok(id) if layout.wall(&id).is_some() => faults.push(match language {
                    Language::Chinese => format!("已经有墙叫 {id}"),
                    Language::English => format!("there is a wall {id} already"),
                }),
                Ok(_) => {}
            }
        }
        faults
    }
}

/// Shows the sheet.
pub(crate) fn show(editor: &mut Editor, ui: &mut Ui) {
    let language = editor.preferences.language;
    // As large as the window has room for.
    let window = ui.ctx().content_rect().size();
    let high = (window.y - 140.0).clamp(320.0, 860.0);
    ui.set_width((window.x - 64.0).min(940.0));
    ui.heading(Word::BuildWall.get(language));
    ui.add_space(8.0);
    ui.horizontal_top(|ui| {
        ui.allocate_ui_with_layout(vec2(330.0, high), egui::Layout::top_down(egui::Align::Min), |ui| {
            ui.set_width(330.0);
            ScrollArea::vertical().id_salt("plan").max_height(high).show(ui, |ui| {
                panel(&mut editor.wall.build, ui, language);
                cables(&mut editor.wall.build, ui, language);
                target(editor, ui);
            });
        });
        ui.add_space(12.0);
        ui.vertical(|ui| {
            preview(editor, ui);
            outcome(editor, ui);
        });
    });
}

/// Which panel, and how many.
fn panel(state: &mut BuildState, ui: &mut Ui, language: Language) {
    title(ui, Word::PanelPreset.get(language));
    let now = state.grid.panel();
    let shown = now.map_or(Word::PanelFree.get(language), |panel| panel.name);
    let list = ComboBox::from_id_salt("panel").selected_text(shown).width(300.0);
    let response = list.show_ui(ui, |ui| {
        for panel in &Panel::USUAL {
            if ui.selectable_label(now == Some(panel), panel.name).clicked() {
                state.grid.take_panel(panel);
            }
        }
    });
    response.response.accessible_name(Word::PanelPreset.get(language));
    let grid = &mut state.grid;
    ui.columns(2, |columns| {
        let mut field = |column: usize, word: Word, value: &mut i64, range, places| {
            if let Some(new) = number_of(&mut columns[column], word.get(language), *value, range, places) {
                *value = new;
            }
        };
        let count = 1..=i64::from(PANELS_MAX);
        let (mut wide, mut high) = (i64::from(grid.columns), i64::from(grid.rows));
        field(0, Word::PanelColumns, &mut wide, count.clone(), 0);
        field(1, Word::PanelRows, &mut high, count, 0);
        (grid.columns, grid.rows) = (whole(wide), whole(high));
        let (length, sides) = (10_000..=100_000_000, 1..=16_384);
        let [width, height] = &mut grid.size_um;
        field(0, Word::PanelWidth, width, length.clone(), 3);
        field(1, Word::PanelHeight, height, length, 3);
        let Size { width, height } = grid.resolution;
        let (mut across, mut down) = (i64::from(width), i64::from(height));
        field(0, Word::PanelPixelsWide, &mut across, sides.clone(), 0);
        field(1, Word::PanelPixelsHigh, &mut down, sides, 0);
        grid.resolution = Size::new(whole(across), whole(down));
        let seam = 0..=1_000_000;
        let [across, down] = &mut grid.gap_um;
        field(0, Word::SeamAcross, across, seam.clone(), 3);
        field(1, Word::SeamDown, down, seam, 3);
        let pitch = pitch_nm(grid.size_um[0], grid.resolution.width);
        let mut new = pitch;
        field(0, Word::PanelPitch, &mut new, 100_000..=100_000_000, 6);
        if new != pitch {
            grid.resolution = pixels_at(grid.size_um, new);
        }
    });
    title(ui, Word::Rotation.get(language));
    if let Some(rotation) = turns(ui, grid.rotation) {
        grid.rotation = rotation;
    }
}

fn whole(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(1)
}

/// The four ways in which a panel can hang; gives the one that was chosen.
pub(crate) fn turns(ui: &mut Ui, now: Rotation) -> Option<Rotation> {
    let all = [
        (Rotation::None, "0°"),
        (Rotation::Quarter, "90°"),
        (Rotation::Half, "180°"),
        (Rotation::ThreeQuarters, "270°"),
    ];
    let mut chosen = None;
    ui.horizontal(|ui| {
        for (rotation, words) in all {
            if ui.selectable_label(now == rotation, words).clicked() && now != rotation {
                chosen = Some(rotation);
            }
        }
    });
    chosen
}

/// Which outputs drive it.
fn cables(state: &mut BuildState, ui: &mut Ui, language: Language) {
    title(ui, Word::NodeNames.get(language));
    let line = TextEdit::singleline(&mut state.nodes).desired_width(300.0);
    let response = ui.add(line).accessible_name(Word::NodeNames.get(language));
    if response.on_hover_text(Word::NodeNamesTip.get(language)).changed() {
        state.grid.nodes = nodes_of(&state.nodes);
    }
    let grid = &mut state.grid;
    ui.columns(2, |columns| {
        let mut field = |column: usize, word: Word, value: &mut u32, most: u32| {
            let range = 1..=i64::from(most);
            if let Some(new) =
                number_of(&mut columns[column], word.get(language), i64::from(*value), range, 0)
            {
                *value = whole(new);
            }
        };
        let [across, down] = &mut grid.block;
        field(0, Word::BlockAcross, across, PANELS_MAX);
        field(1, Word::BlockDown, down, PANELS_MAX);
        field(0, Word::OutputsPerNode, &mut grid.outputs, OUTPUTS_MAX);
    });
    title(ui, Word::Cabling.get(language));
    let all = [
        (Cabling::Rows, Word::CablingRows),
        (Cabling::Serpentine, Word::CablingSerpentine),
        (Cabling::Columns, Word::CablingColumns),
        (Cabling::ColumnSerpentine, Word::CablingColumnSerpentine),
    ];
    ui.horizontal_wrapped(|ui| {
        for (cabling, word) in all {
            if ui.selectable_label(grid.cabling == cabling, word.get(language)).clicked() {
                grid.cabling = cabling;
            }
        }
    });
}

/// As which wall.
fn target(editor: &mut Editor, ui: &mut Ui) {
    let language = editor.preferences.language;
    let state = &mut editor.wall.build;
    ui.add_space(4.0);
    ui.horizontal_wrapped(|ui| {
        for (is_new, word) in [(true, Word::BuildNew), (false, Word::BuildOpen)] {
            if ui.selectable_label(state.is_new == is_new, word.get(language)).clicked() {
                (state.is_new, state.own_scale) = (is_new, is_new || state.own_scale);
            }
        }
    });
    if state.is_new {
        title(ui, Word::NewWallName.get(language));
        let line = TextEdit::singleline(&mut state.name).desired_width(300.0);
        ui.add(line).accessible_name(Word::NewWallName.get(language));
    } else {
        ui.checkbox(&mut state.own_scale, Word::PixelForPixel.get(language));
    }
}

/// The wall as it would hang.
fn preview(editor: &Editor, ui: &mut Ui) {
    let state = &editor.wall.build;
    let tokens = Tokens::here(ui);
    let room = vec2(ui.available_width().max(200.0), 330.0);
    let (area, response) = ui.allocate_exact_size(room, Sense::hover());
    let name = Word::BuildTitle.get(editor.preferences.language);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, name));
    ui.painter().rect_filled(area, 8.0, tokens.canvas);
    let screens = state.grid.screens([0; 2], "", &BTreeSet::new());
    let [wide, high] = state.grid.extent_um();
    let inner = area.shrink(20.0);
    let scale = (inner.width() / wide.max(1) as f32).min(inner.height() / high.max(1) as f32);
    let size = vec2(wide as f32, high as f32) * scale;
    let corner = inner.center() - size / 2.0;
    let place = |screen: &NewScreen| {
        let [x, y] = screen.position_um.map(|um| um as f32 * scale);
        let [width, height] = screen.size_um.map(|um| um as f32 * scale);
        Rect::from_min_size(corner + vec2(x, y), vec2(width, height))
    };
    let nodes: Vec<&NodeId> = {
        let all: BTreeSet<&NodeId> = screens.iter().map(|screen| &screen.node).collect();
        all.into_iter().collect()
    };
    let painter = ui.painter().with_clip_rect(area);
    // The cables, in the order of outputs, behind what is written on the screens.
    for node in &nodes {
        let mut own: Vec<&NewScreen> = screens.iter().filter(|screen| screen.node == **node).collect();
        own.sort_by_key(|screen| screen.output);
        let points: Vec<Pos2> = own.into_iter().map(|screen| place(screen).center()).collect();
        painter.line(points, Stroke::new(1.5, tokens.text.gamma_multiply(0.35)));
    }
    for (index, screen) in screens.iter().enumerate() {
        let node = nodes.iter().position(|node| **node == screen.node).unwrap_or(0);
        paint_screen(&painter, place(screen), index + 1, screen, series(editor, node), &tokens);
    }
}

/// The colour of a node, as the cards of its screens have it.
fn series(editor: &Editor, node: usize) -> Color32 {
    let palette = Theme::built_in().palette(editor.preferences.mode());
    let layouts::Rgba { r, g, b, a } = palette.series[node % palette.series.len()].0;
    Color32::from_rgba_unmultiplied(r, g, b, a)
}

fn paint_screen(
    painter: &Painter,
    rect: Rect,
    number: usize,
    screen: &NewScreen,
    color: Color32,
    tokens: &Tokens,
) {
    let rect = rect.shrink(0.5);
    painter.rect(rect, 1.0, color.gamma_multiply(0.24), Stroke::new(1.0, color), StrokeKind::Inside);
    let room = rect.width().min(rect.height() * 2.0);
    if room < 18.0 {
        return;
    }
    let size = (room / 4.0).clamp(9.0, 26.0);
    let at = rect.center();
    painter.text(at, Align2::CENTER_BOTTOM, number, FontId::proportional(size), tokens.text);
    let words = format!("{} · {} {}", screen.id, screen.node, screen.output);
    let galley = painter.layout_no_wrap(words, FontId::proportional(10.0), tokens.text_2);
    if galley.size().x + 4.0 <= rect.width() && rect.height() > size + 20.0 {
        painter.galley(pos2(at.x - galley.size().x / 2.0, at.y + 2.0), galley, tokens.text_2);
    }
}

/// What it comes to, what is wrong, and the button.
fn outcome(editor: &mut Editor, ui: &mut Ui) {
    let language = editor.preferences.language;
    let tokens = Tokens::here(ui);
    let state = &editor.wall.build;
    let scale = state.scale_e6(&editor.session);
    let screens = state.grid.screens([0; 2], "", &BTreeSet::new());
    let nodes: BTreeSet<&NodeId> = screens.iter().map(|screen| &screen.node).collect();
    let [wide, high] = state.grid.extent_um().map(|um| um as f64 / 1e6);
    let [across, down] = state.grid.canvas(scale);
    let panels = state.grid.columns * state.grid.rows;
    let counts = [
        (panels as usize, Word::BuildPanels),
        (screens.len(), Word::BuildScreens),
        (nodes.len(), Word::BuildNodes),
    ]
    .map(|(count, word)| format!("{count} {}", word.get(language)));
    ui.label(strong(format!("{wide:.2} × {high:.2} m · {across} × {down} px")));
    teach(ui, &counts.join(" · "));
    let faults = state.faults(&editor.session, language);
    ScrollArea::vertical().id_salt("faults").max_height(124.0).min_scrolled_height(64.0).show(ui, |ui| {
        for fault in &faults {
            ui.add(egui::Label::new(egui::RichText::new(fault).color(tokens.danger)).wrap());
        }
    });
    if faults.is_empty() {
        ui.colored_label(tokens.ok, Word::BuildReady.get(language));
    }
    ui.horizontal(|ui| {
        let build =
            Button::new(strong(Word::BuildNow.get(language))).fill(tokens.accent.gamma_multiply(0.35));
        if ui.add_enabled(faults.is_empty(), build).clicked() {
            editor.build_wall(scale);
        }
        if ui.button(Word::Cancel.get(language)).clicked() {
            editor.sheet = None;
        }
    });
}

impl Editor {
    /// Builds what is planned; the sheet stays open where the document refuses it.
    fn build_wall(&mut self, scale_e6: i64) {
        let state = &self.wall.build;
        let grid = state.grid.clone();
        let on = match (state.is_new, WallId::new(&state.name)) {
            (true, Ok(wall)) => BuildOn::New { wall },
            (true, Err(_)) => return,
            (false, _) => BuildOn::Open,
        };
        let done = self.session.build_wall(&grid, scale_e6, &on);
        if self.tell(done).is_some() {
            self.sheet = None;
            self.canvas.view.fit();
            self.session.work_on_wall(true);
            self.show_pane(Pane::Wall);
        }
    }
}
