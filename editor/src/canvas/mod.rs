//! The canvas: the wall with its true picture, and windows that can be taken hold of.

mod gestures;
pub(crate) mod guides;
mod handles;
mod hanging;
pub mod moment;
pub(crate) mod picture;
pub(crate) mod solid;
pub mod view;
pub(crate) mod wall;

use crate::app::Editor;
use crate::compose::{Data, Scenery};
use crate::style::Tokens;
use crate::words::{Language, Word};
use editor_model::{Guide, Item, Rect as Place, Session};
use egui::{Id, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo};
use gestures::Gesture;
use layouts::{Layout, OnAir, PixelGrid, Window, WindowContent};
use media::{WallTime, WindowId};
use moment::Moment;
use picture::Picture;
use solid::Solids;
use std::sync::Arc;
use std::time::Duration;
use view::Sight;

/// Lines of the grid are so many thousandths of a canvas pixel apart.
pub(crate) const GRID: i64 = 40_000;

/// Between two pictures of what is dragged lie at least so many seconds.
const DRAGGED_S: f64 = 0.15;

/// What the canvas knows beside the document.
#[derive(Default)]
pub struct CanvasState {
    /// What is looked at.
    pub view: Sight,
    /// Nothing but the picture.
    pub clean: bool,
    /// Whether every screen shows its numbered card.
    pub identify: bool,
    /// Which moment is shown.
    pub moment: Moment,
    picture: Picture,
    asked: Option<Asked>,
    gesture: Option<Gesture>,
    guides: Vec<Guide>,
    cropping: Option<WindowId>,
    pointer: Option<(i64, i64)>,
    /// Whether the pointer is over the canvas and not over something before it.
    hovered: bool,
    hanging: hanging::Hanging,
}

/// What was asked of the composer last.
struct Asked {
    layout: Arc<Layout>,
    on_air: OnAir,
    start: Option<WallTime>,
    at: Duration,
    identify: bool,
    data: Arc<Data>,
    grid: PixelGrid,
    number: u64,
    live: u64,
    /// When it was asked for, by the editor's clock.
    at_s: f64,
}

impl CanvasState {
    /// The picture that is shown.
    pub fn picture(&self) -> &Picture {
        &self.picture
    }

    /// Whether the picture that is shown is not yet the one of the document.
    pub fn is_behind(&self) -> bool {
        let shown = self.picture.shown().map(|canvas| canvas.number);
        self.asked.as_ref().map(|asked| asked.number) != shown
    }

    /// Whether something is being dragged.
    pub(crate) fn is_busy(&self) -> bool {
        self.gesture.is_some() || self.hanging.is_busy()
    }

    /// Where on the canvas the pointer is, in thousandths of a canvas pixel.
    pub fn pointer(&self) -> Option<(i64, i64)> {
        self.pointer
    }

    /// What of the canvas is pointed at, in thousandths of a canvas pixel.
    pub(crate) fn pointed_at(&self) -> Option<(i64, i64)> {
        self.pointer.filter(|_| self.hovered)
    }

    /// Begins or ends cropping the one window that is selected.
    pub(crate) fn toggle_crop(&mut self, session: &Session) {
        let only = session.only().filter(|(window, item)| is_picture(window) && !item.locked);
        self.cropping = match self.cropping {
            Some(_) => None,
            None => only.map(|(window, _)| window.id.clone()),
        };
    }

    /// Ends cropping; whether there was any.
    pub(crate) fn end_crop(&mut self) -> bool {
        self.cropping.take().is_some()
    }
}

fn is_picture(window: &Window) -> bool {
    matches!(window.content, WindowContent::Source { .. } | WindowContent::Image { .. })
}

/// What a window is called by people.
pub fn window_name(layout: &Layout, window: &Window, language: Language) -> String {
    let name = match &window.content {
        WindowContent::Source { source, .. } => match layout.source(source) {
            Some(source) => source.label.get(language).to_owned(),
            None => source.to_string(),
        },
        WindowContent::Text(text) => first_line(text.words.get(language)),
        WindowContent::Image { path, .. } => path.clone(),
        WindowContent::Widget(widget) => match &widget.title {
            Some(title) => title.get(language).to_owned(),
            None => widget.kind.name().to_owned(),
        },
        WindowContent::Banner(banner) => first_line(banner.words.get(language)),
    };
    format!("{name} · {}", window.id)
}

fn first_line(words: &str) -> String {
    let line = words.lines().next().unwrap_or_default();
    let start: String = line.chars().take(16).collect();
    if start.len() < line.len() { format!("{start}…") } else { start }
}

/// Shows the canvas.
pub(crate) fn show(editor: &mut Editor, ui: &mut Ui) {
    let mut viewport = ui.available_rect_before_wrap();
    let strip = viewport.with_min_y(viewport.bottom() - moment::HEIGHT);
    moment::show(editor, ui, strip);
    viewport.set_bottom(strip.top());
    let language = editor.preferences.language;
    let tokens = Tokens::here(ui);
    ui.set_clip_rect(ui.clip_rect().intersect(viewport));
    // Its ground is the colour to which the window is cleared.
    let ground = ui.interact(viewport, Id::unique("canvas"), Sense::click_and_drag());
    ground.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, Word::Canvas.get(language)));

    hanging::hold_still(editor);
    let canvas = editor.session.canvas();
    let outer = editor.session.wall().and_then(wall::outer).unwrap_or(canvas);
    editor.canvas.view.settle(viewport, ui.pixels_per_point(), outer);
    gestures::look_around(&mut editor.canvas, ui, &ground);
    compose(editor, ui);
    if let Some(composed) = editor.composer.take() {
        editor.canvas.picture.take(ui.ctx(), composed);
    }
    let canvas_rect = editor.canvas.view.rect(canvas);
    editor.canvas.picture.paint(ui.painter(), &editor.canvas.view, canvas_rect);
    if editor.canvas.clean {
        return;
    }
    paint_wall(editor, ui, canvas, &tokens);
    if editor.session.is_on_wall() {
        hanging::show(editor, ui, &ground, &tokens);
        return;
    }
    if editor.time.is_on_canvas() {
        return;
    }
    gestures::ground(editor, ui, &ground);
    let items = editor.session.items();
    windows(editor, ui, &items, &tokens);
    crate::live::hands::paint(editor, ui, &tokens);
    gestures::handles(editor, ui);
    paint_gesture(editor, ui, &tokens);
    gestures::drop_source(editor, ui, &ground);
    gestures::drop_widget(editor, ui, &ground);
    crate::live::hands::paint_pointers(editor, ui, &tokens);
    if items.is_empty() {
        hint(ui, viewport, language, &tokens);
    }
}

/// Says what can be done where nothing is.
fn hint(ui: &Ui, viewport: Rect, language: Language, tokens: &Tokens) {
    let words = Word::NoWindows.get(language);
    guides::note(ui.painter(), viewport.center(), words, tokens);
}

/// Asks for the picture of what is seen, where it is not the one that was asked for last. While something is dragged that is done some
/// times a second: a machine of few cores has enough to do with what follows the hand.
fn compose(editor: &mut Editor, ui: &Ui) {
    let now_s = ui.input(|input| input.time);
    let is_young = |asked: &Asked| now_s - asked.at_s < DRAGGED_S;
    if editor.canvas.is_busy() && editor.canvas.asked.as_ref().is_some_and(is_young) {
        return ui.ctx().request_repaint_after_secs(DRAGGED_S as f32);
    }
    let Some(size) = editor.session.wall().map(layouts::Wall::canvas_size) else { return };
    let Some(scenery) = editor.shown() else { return };
    let Scenery { layout, wall: _, on_air, start, at, media_folder: _, data } = scenery.clone();
    let (identify, live) = (editor.canvas.identify, editor.composer.live_number());
    let served = editor.canvas.asked.as_ref().is_some_and(|asked| {
        Arc::ptr_eq(&asked.layout, &layout)
            && Arc::ptr_eq(&asked.data, &data)
            && (&asked.on_air, asked.start, asked.at) == (&on_air, start, at)
            && (asked.identify, asked.live) == (identify, live)
            && editor.canvas.view.is_served_by(&asked.grid, size)
    });
    let Some(grid) = editor.canvas.view.grid(size).filter(|_| !served) else { return };
    let number = editor.composer.ask(scenery, grid, identify);
    let asked = Asked { layout, on_air, start, at, identify, data, grid, number, live, at_s: now_s };
    editor.canvas.asked = Some(asked);
}

fn paint_wall(editor: &Editor, ui: &Ui, canvas: Place, tokens: &Tokens) {
    let Some(wall) = editor.session.wall() else { return };
    let (view, settings) = (&editor.canvas.view, &editor.preferences);
    let painter = ui.painter();
    // What nobody sees is dark in a light window, too: there is no light behind it.
    let dark = Tokens::of(layouts::Mode::Dark);
    wall::paint_unlit(painter, view, wall, view.rect(canvas), settings.as_it_hangs, &dark);
    if settings.grid {
        guides::grid(painter, view, canvas, GRID, tokens);
    }
    // The cards say all that the plates would, and while something is dragged its guides count.
    let plates = !editor.canvas.identify && !editor.canvas.is_busy();
    wall::paint_screens(painter, view, wall, plates, tokens);
}

/// Every window: can be found by its name, clicked and dragged.
fn windows(editor: &mut Editor, ui: &mut Ui, items: &[Item], tokens: &Tokens) {
    let language = editor.preferences.language;
    let viewport = ui.clip_rect();
    for item in items {
        let rect = editor.canvas.view.rect(item.rect);
        if !rect.intersects(viewport) {
            continue;
        }
        let Some(window) = editor.session.scene().and_then(|scene| scene.window(&item.id)) else { continue };
        let name = window_name(editor.session.layout(), window, language);
        let sense = if item.locked { Sense::click() } else { Sense::click_and_drag() };
        let response = ui.interact(rect.intersect(viewport), Id::unique(("window", item.id.as_str())), sense);
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, item.selected, &name));
        if response.hovered() && !item.selected {
            ui.painter().rect_stroke(rect, 0.0, Stroke::new(1.0, tokens.accent), StrokeKind::Inside);
        }
        gestures::window(editor, ui, item, &response);
        response.context_menu(|ui| crate::app::menu::context(editor, ui));
    }
}

/// What is selected, what is being dragged, and what holds it.
fn paint_gesture(editor: &Editor, ui: &Ui, tokens: &Tokens) {
    let (view, painter) = (&editor.canvas.view, ui.painter());
    let selected = editor.session.selected();
    let mut solids = Solids::new(painter);
    for item in &selected {
        let edge = if item.locked { tokens.muted } else { tokens.accent };
        solids.frame(view.rect(item.rect), 2.0, edge);
    }
    solids.paint(painter);
    if let Some((window, item)) = editor.session.only() {
        let name = window_name(editor.session.layout(), window, editor.preferences.language);
        let edge = if item.locked { tokens.muted } else { tokens.accent };
        wall::paint_name(painter, view.rect(item.rect), &name, edge, tokens.canvas);
    }
    if let Some(cropping) = &editor.canvas.cropping
        && let Some(item) = selected.iter().find(|item| item.id == *cropping)
    {
        painter.rect_stroke(view.rect(item.rect), 0.0, Stroke::new(3.0, tokens.warn), StrokeKind::Outside);
    }
    match &editor.canvas.gesture {
        Some(Gesture::Marquee { from, .. }) => {
            if let Some(to) = editor.canvas.pointer {
                let area = view.rect(Place::between(*from, to));
                let edge = Stroke::new(1.0, tokens.accent);
                painter.rect(area, 0.0, tokens.accent.gamma_multiply(0.14), edge, StrokeKind::Inside);
            }
        }
        Some(Gesture::Move { .. } | Gesture::Resize { .. }) => {
            guides::paint(painter, view, &editor.canvas.guides, tokens);
            if let Some(around) = Place::around(selected.iter().map(|item| item.rect)) {
                let others = editor.session.items().into_iter().filter(|item| !item.selected);
                let others: Vec<Place> = others.map(|item| item.rect).collect();
                guides::distances(painter, view, around, &others, tokens);
                let rect = view.rect(around);
                let [w, h] = [around.width, around.height].map(guides::pixels);
                let [x, y] = [around.x, around.y].map(guides::pixels);
                let at = egui::pos2(rect.center().x, rect.bottom() + 14.0);
                guides::note(painter, at, &format!("{x}, {y} · {w} × {h}"), tokens);
            }
        }
        Some(Gesture::Crop { .. }) | None => {}
    }
}
