//! The guided tour of the first start: five places of the editor, one after the other, each with a sentence that says what to try there.

use crate::app::Editor;
use crate::panels::Pane;
use crate::style::{Tokens, strong};
use crate::words::Word;
use egui::{Area, Button, Context, Frame, Id, LayerId, Order, Rect, Stroke, StrokeKind, Vec2, pos2, vec2};
use egui_tiles::Tile;

/// A place that the tour points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spot {
    /// A panel.
    Pane(Pane),
    /// The button that saves.
    Save,
}

/// The stops: where, its title, what to try.
const STOPS: [(Spot, Word, Word); 5] = [
    (Spot::Pane(Pane::Canvas), Word::TourCanvas, Word::TourCanvasTry),
    (Spot::Pane(Pane::Sources), Word::TourSources, Word::TourSourcesTry),
    (Spot::Pane(Pane::Scenes), Word::TourScenes, Word::TourScenesTry),
    (Spot::Pane(Pane::Preflight), Word::TourPreflight, Word::TourPreflightTry),
    (Spot::Save, Word::TourSave, Word::TourSaveTry),
];

/// How wide the card is, in points.
const CARD: f32 = 340.0;
/// About how high it is, until it has been drawn once.
const CARD_HEIGHT: f32 = 170.0;

/// Where the tour is.
#[derive(Debug, Default)]
pub(crate) struct Tour {
    stop: Option<usize>,
    /// Where on the screen each place is, as it was drawn last.
    places: [Option<Rect>; STOPS.len()],
}

impl Tour {
    /// Begins at the first stop.
    pub fn begin(&mut self) {
        self.stop = Some(0);
    }

    /// Ends; whether it was going on.
    pub fn end(&mut self) -> bool {
        self.stop.take().is_some()
    }

    /// Says where a place is.
    pub fn note(&mut self, spot: Spot, rect: Rect) {
        if let Some(at) = STOPS.iter().position(|(of, ..)| *of == spot) {
            self.places[at] = Some(rect);
        }
    }
}

/// Shows the stop that the tour is at.
pub(crate) fn show(editor: &mut Editor, context: &Context) {
    let Some(stop) = editor.tour.stop.filter(|_| editor.sheet.is_none()) else { return };
    let Some((spot, title, words)) = STOPS.get(stop).copied() else { return };
    // A panel that lies behind another one comes to the front.
    if let Spot::Pane(pane) = spot {
        let wanted = |_, tile: &Tile<Pane>| matches!(tile, Tile::Pane(own) if *own == pane);
        editor.preferences.panels.make_active(wanted);
    }
    let screen = context.content_rect();
    let place = editor.tour.places[stop].unwrap_or(Rect::from_center_size(screen.center(), Vec2::ZERO));
    let tokens = Tokens::of(editor.preferences.mode());
    dim(context, screen, place, &tokens);
    let id = Id::unique("tour card");
    let height = context.memory(|memory| memory.area_rect(id)).map_or(CARD_HEIGHT, |rect| rect.height());
    let at = beside(screen, place, vec2(CARD + 32.0, height));
    let language = editor.preferences.language;
    let mut next = Some(stop);
    Area::new(id).order(Order::Foreground).fixed_pos(at).constrain_to(screen).show(context, |ui| {
        let frame = Frame::new()
            .fill(tokens.raised)
            .stroke(Stroke::new(1.0, tokens.accent))
            .corner_radius(12)
            .inner_margin(16);
        frame.show(ui, |ui| {
            ui.set_width(CARD);
            ui.horizontal(|ui| {
                ui.label(strong(title.get(language)).size(16.0).color(tokens.text));
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    let count = format!("{} / {}", stop + 1, STOPS.len());
                    ui.label(egui::RichText::new(count).color(tokens.muted));
                });
            });
            let color = tokens.text_2;
            ui.add(egui::Label::new(egui::RichText::new(words.get(language)).color(color)).wrap());
            ui.add_space(4.0);
            ui.horizontal(|ui| next = answers(ui, language, stop, &tokens));
        });
    });
    if next.is_none() {
        editor.end_tour();
    } else {
        editor.tour.stop = next;
    }
}

/// Skip, back and on; gives the stop to go to, or none when the tour ends.
fn answers(
    ui: &mut egui::Ui,
    language: crate::words::Language,
    stop: usize,
    tokens: &Tokens,
) -> Option<usize> {
    let last = stop + 1 == STOPS.len();
    let mut next = Some(stop);
    let word = if last { Word::TourDone } else { Word::TourNext };
    let on = Button::new(word.get(language)).fill(tokens.accent.gamma_multiply(0.35));
    if ui.add(on).clicked() {
        next = Some(stop + 1).filter(|stop| *stop < STOPS.len());
    }
    if stop > 0 && ui.button(Word::TourBack.get(language)).clicked() {
        next = Some(stop - 1);
    }
    if !last && ui.add(Button::new(Word::TourSkip.get(language)).frame(false)).clicked() {
        next = None;
    }
    next
}

/// Darkens all but `place`; nothing is kept from being used.
fn dim(context: &Context, screen: Rect, place: Rect, tokens: &Tokens) {
    let painter = context.layer_painter(LayerId::new(Order::Middle, Id::unique("tour shade")));
    let hole = place.intersect(screen);
    let veil = tokens.canvas.gamma_multiply(0.55);
    let around = [
        Rect::from_min_max(screen.min, pos2(screen.right(), hole.top())),
        Rect::from_min_max(pos2(screen.left(), hole.bottom()), screen.max),
        Rect::from_min_max(pos2(screen.left(), hole.top()), pos2(hole.left(), hole.bottom())),
        Rect::from_min_max(pos2(hole.right(), hole.top()), pos2(screen.right(), hole.bottom())),
    ];
    for part in around.into_iter().filter(Rect::is_positive) {
        painter.rect_filled(part, 0.0, veil);
    }
    painter.rect_stroke(hole, 4.0, Stroke::new(2.0, tokens.accent), StrokeKind::Inside);
}

/// Where a card of `size` stands so that it covers nothing of `place`; in the middle of it where it fills the screen.
fn beside(screen: Rect, place: Rect, size: Vec2) -> egui::Pos2 {
    let (gap, room) = (12.0, screen.shrink(8.0));
    let middle = place.center() - size / 2.0;
    let all = [
        pos2(place.right() + gap, middle.y),
        pos2(place.left() - gap - size.x, middle.y),
        pos2(middle.x, place.bottom() + gap),
        pos2(middle.x, place.top() - gap - size.y),
    ];
    // Along the place the card may be moved to stay on the screen, across it not.
    let kept = |at: egui::Pos2| {
        let most = room.max - size;
        pos2(at.x.clamp(room.left(), most.x.max(room.left())), at.y.clamp(room.top(), most.y.max(room.top())))
    };
    let free = |at: &egui::Pos2| !Rect::from_min_size(*at, size).intersects(place);
    all.into_iter().map(kept).find(free).unwrap_or(kept(middle))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_card_stands_beside_what_it_speaks_of_and_on_the_screen() {
        let screen = Rect::from_min_size(pos2(0.0, 0.0), vec2(1440.0, 900.0));
        let size = vec2(372.0, 170.0);
        let rect = |x: f32, y: f32, w: f32, h: f32| Rect::from_min_size(pos2(x, y), vec2(w, h));
        for place in [
            rect(0.0, 500.0, 280.0, 360.0),
            rect(1150.0, 40.0, 290.0, 380.0),
            rect(1300.0, 4.0, 60.0, 28.0),
            rect(300.0, 860.0, 800.0, 40.0),
        ] {
            let card = Rect::from_min_size(beside(screen, place, size), size);
            assert!(screen.contains_rect(card) && !card.intersects(place), "{place:?} {card:?}");
        }
        let all = Rect::from_min_size(beside(screen, screen, size), size);
        assert!(screen.contains_rect(all));
        let tiny = rect(0.0, 0.0, 100.0, 80.0);
        assert_eq!(beside(tiny, tiny, size), pos2(8.0, 8.0));
    }
}
