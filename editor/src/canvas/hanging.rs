//! Screens on the canvas while they are worked on: selected, dragged in millimetres, hung beside each other.

use crate::app::Editor;
use crate::canvas::guides;
use crate::style::Tokens;
use crate::words::Word;
use editor_model::{Guide, Held, Rect as Place, ScreenGrip, ScreenItem, WallFrame};
use egui::{Id, PointerButton, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2};
use media::WallId;

/// How near a place must be to hold a screen, in points.
const REACH: f32 = 9.0;

/// What is being done with screens.
#[derive(Default)]
pub(super) struct Hanging {
    drag: Option<Drag>,
    /// Where a marquee began, in µm.
    marquee: Option<(i64, i64)>,
    /// Where the canvas of which wall lay when it was drawn last.
    drawn: Option<(WallId, WallFrame)>,
}

struct Drag {
    grip: Box<ScreenGrip>,
    from: (i64, i64),
    held: Held,
}

impl Hanging {
    /// Whether something is being dragged.
    pub fn is_busy(&self) -> bool {
        self.drag.is_some() || self.marquee.is_some()
    }
}

/// Keeps screens where they are on the screen of the desk when the corner of their canvas moves, because one was hung to the left of or above
/// all others.
pub(super) fn hold_still(editor: &mut Editor) {
    let now = editor.session.wall().map(|wall| wall.id.clone()).zip(editor.session.wall_frame());
    if let (Some((wall, frame)), Some((drawn, before))) = (&now, &editor.canvas.hanging.drawn)
        && wall == drawn
        && frame.scale_e6 == before.scale_e6
        && (frame.lit_um.x, frame.lit_um.y) != (before.lit_um.x, before.lit_um.y)
    {
        let by = (before.lit_um.x - frame.lit_um.x, before.lit_um.y - frame.lit_um.y);
        let view = &mut editor.canvas.view;
        let points = view.screen((frame.length(by.0), frame.length(by.1))) - view.screen((0, 0));
        view.pan(-points);
    }
    editor.canvas.hanging.drawn = now;
}

/// Shows the screens and what is done with them.
pub(super) fn show(editor: &mut Editor, ui: &mut Ui, ground: &Response, tokens: &Tokens) {
    let Some(frame) = editor.session.wall_frame() else { return };
    on_ground(editor, ui, ground, &frame);
    let items = editor.session.screen_items();
    for item in &items {
        screen(editor, ui, item, &frame, tokens);
    }
    paint(editor, ui, &items, &frame, tokens);
}

/// Where in the hall the pointer is.
fn pointer_um(editor: &Editor, ui: &Ui, frame: &WallFrame, pressed: bool) -> Option<(i64, i64)> {
    let at = ui.input(|input| {
        if pressed { input.pointer.press_origin() } else { None }.or(input.pointer.latest_pos())
    })?;
    Some(frame.um(editor.canvas.view.place(at)))
}

/// Whether the canvas is being panned.
fn pans(ui: &Ui) -> bool {
    ui.input(|input| input.key_down(egui::Key::Space) || input.pointer.button_down(PointerButton::Middle))
}

/// Clicks on nothing, and the marquee.
fn on_ground(editor: &mut Editor, ui: &Ui, ground: &Response, frame: &WallFrame) {
    let more = ui.input(|input| input.modifiers.shift);
    if ground.clicked() && !more {
        editor.session.select_screens([], false);
    }
    if ground.drag_started_by(PointerButton::Primary) && !pans(ui) {
        editor.canvas.hanging.marquee = pointer_um(editor, ui, frame, true);
    }
    if ground.drag_stopped()
        && let Some(from) = editor.canvas.hanging.marquee.take()
        && let Some(to) = pointer_um(editor, ui, frame, false)
    {
        editor.session.select_screens_in(Place::between(from, to), more);
    }
}

/// One screen: can be found by its name, clicked and dragged.
fn screen(editor: &mut Editor, ui: &mut Ui, item: &ScreenItem, frame: &WallFrame, tokens: &Tokens) {
    let language = editor.preferences.language;
    let (viewport, rect) = (ui.clip_rect(), editor.canvas.view.rect(frame.place(item.lit)));
    if !rect.intersects(viewport) {
        return;
    }
    let name = format!("{} {} · {}", Word::Screen.get(language), item.number, item.id);
    let id = Id::unique(("screen", item.id.as_str()));
    let response = ui.interact(rect.intersect(viewport), id, Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, item.selected, &name));
    if response.hovered() && !item.selected {
        ui.painter().rect_stroke(rect, 0.0, Stroke::new(1.0, tokens.accent), StrokeKind::Inside);
    }
    let more = ui.input(|input| input.modifiers.shift);
    if response.clicked() {
        match more {
            true => editor.session.toggle_screen(&item.id),
            false => editor.session.select_screens([item.id.clone()], false),
        }
    }
    if response.secondary_clicked() && !item.selected {
        editor.session.select_screens([item.id.clone()], false);
    }
    drag(editor, ui, item, &response, frame);
    response.context_menu(|ui| crate::app::menu::screens(editor, ui));
}

fn drag(editor: &mut Editor, ui: &Ui, item: &ScreenItem, response: &Response, frame: &WallFrame) {
    if response.drag_started_by(PointerButton::Primary) && !pans(ui) {
        if !item.selected {
            let more = ui.input(|input| input.modifiers.shift);
            editor.session.select_screens([item.id.clone()], more);
        }
        let held = Held { by: (0, 0), guides: Vec::new(), collides: false };
        let grip = editor.session.grip_screens().zip(pointer_um(editor, ui, frame, true));
        editor.canvas.hanging.drag = grip.map(|(grip, from)| Drag { grip: Box::new(grip), from, held });
    }
    if response.dragged_by(PointerButton::Primary)
        && let Some(mut drag) = editor.canvas.hanging.drag.take()
    {
        let snaps = editor.preferences.snap && !ui.input(|input| input.modifiers.alt);
        let reach = if snaps { frame.length_um(editor.canvas.view.distance(vec2(REACH, 0.0)).0) } else { 0 };
        if let Some(at) = pointer_um(editor, ui, frame, false) {
            // A screen hangs at whole tenths of a millimetre where nothing holds it.
            let tenth = |um: i64| (um + 50).div_euclid(100) * 100;
            let by = (tenth(at.0 - drag.from.0), tenth(at.1 - drag.from.1));
            drag.held = drag.grip.at(by, reach);
        }
        editor.canvas.hanging.drag = Some(drag);
    }
    if response.drag_stopped()
        && let Some(Drag { grip, held, from: _ }) = editor.canvas.hanging.drag.take()
        && !held.collides
    {
        let done = editor.session.hang_screens(&grip, held.by);
        editor.tell(done);
    }
}

/// What is selected, what is being dragged, and what holds it.
fn paint(editor: &Editor, ui: &Ui, items: &[ScreenItem], frame: &WallFrame, tokens: &Tokens) {
    let (view, painter) = (&editor.canvas.view, ui.painter());
    for item in items.iter().filter(|item| item.selected) {
        let rect = view.rect(frame.place(item.lit));
        painter.rect(
            rect,
            0.0,
            tokens.accent.gamma_multiply(0.16),
            Stroke::new(2.0, tokens.accent),
            StrokeKind::Inside,
        );
    }
    if let Some(from) = editor.canvas.hanging.marquee
        && let Some(to) = pointer_um(editor, ui, frame, false)
    {
        let area = view.rect(frame.place(Place::between(from, to)));
        painter.rect(
            area,
            0.0,
            tokens.accent.gamma_multiply(0.14),
            Stroke::new(1.0, tokens.accent),
            StrokeKind::Inside,
        );
    }
    if let Some(Drag { grip, held, from: _ }) = &editor.canvas.hanging.drag {
        paint_drag(editor, ui, grip, held, frame, tokens);
    }
}

fn paint_drag(editor: &Editor, ui: &Ui, grip: &ScreenGrip, held: &Held, frame: &WallFrame, tokens: &Tokens) {
    let (view, painter) = (&editor.canvas.view, ui.painter());
    let color = if held.collides { tokens.danger } else { tokens.accent };
    let moved: Vec<Place> = grip.lit(held.by).collect();
    for lit in &moved {
        let rect = view.rect(frame.place(*lit));
        painter.rect(rect, 0.0, color.gamma_multiply(0.3), Stroke::new(2.0, color), StrokeKind::Inside);
    }
    let guides: Vec<Guide> = held.guides.iter().map(|guide| on_canvas(*guide, frame)).collect();
    guides::paint(painter, view, &guides, tokens);
    let Some(around) = Place::around(moved) else { return };
    let language = editor.preferences.language;
    let words = match held.collides {
        true => Word::Overlaps.get(language).to_owned(),
        false => {
            let gaps = gaps(around, grip, editor);
            let [x, y] = [around.x, around.y].map(guides::pixels);
            format!("{x}, {y} mm{gaps}")
        }
    };
    let rect: Rect = view.rect(frame.place(around));
    guides::note(painter, egui::pos2(rect.center().x, rect.bottom() + 14.0), &words, tokens);
}

/// How far the nearest screens to the left and to the right are, in millimetres.
fn gaps(around: Place, grip: &ScreenGrip, editor: &Editor) -> String {
    let held: Vec<&media::ScreenId> = grip.screens().iter().map(|screen| &screen.id).collect();
    let items = editor.session.screen_items();
    let others = items.iter().filter(|item| !held.contains(&&item.id)).map(|item| item.lit);
    let beside: Vec<Place> =
        others.filter(|other| other.y < around.bottom() && around.y < other.bottom()).collect();
    let left = beside.iter().map(|other| around.x - other.right()).filter(|gap| *gap >= 0).min();
    let right = beside.iter().map(|other| other.x - around.right()).filter(|gap| *gap >= 0).min();
    let words =
        |gap: Option<i64>| gap.map(|gap| format!(" · {} mm", guides::pixels(gap))).unwrap_or_default();
    words(left.into_iter().chain(right).min())
}

fn on_canvas(guide: Guide, frame: &WallFrame) -> Guide {
    let begin = if guide.upright { frame.lit_um.x } else { frame.lit_um.y };
    Guide { at: frame.length(guide.at - begin), ..guide }
}
