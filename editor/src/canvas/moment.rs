//! Which moment of the open scene the canvas shows: time since the start of every file, or any tick of its coming on.

use crate::app::Editor;
use crate::panels::{choose, play_button};
use crate::style::Tokens;
use crate::words::{Language, Word};
use egui::{Rect, Slider, Ui, UiBuilder};
use layouts::{Layout, OnAir, Scene};
use media::{CanvasFrame, SceneId, TickRate};
use std::time::Duration;

/// How high the strip below the canvas is, in points.
pub(super) const HEIGHT: f32 = 40.0;

/// The end of the slider.
const SECONDS_MAX: f64 = 10.0;

/// A moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Moment {
    /// Time since the start of every file, in milliseconds, while no scene gives way.
    pub at_ms: u64,
    /// The scene that gives way.
    pub from: Option<SceneId>,
    /// The tick of its giving way, from half a second before the first one to half a second behind the last one.
    pub tick: u64,
    /// Since when time runs, in seconds of the window, and from which tick or millisecond.
    playing: Option<(f64, u64)>,
}

/// How many ticks lie before a transition, and behind it.
pub(crate) fn lead(tick: TickRate) -> u64 {
    u64::from(tick.hz().div_ceil(2))
}

impl Moment {
    /// Time since the start of every file.
    pub fn at(&self, tick: TickRate) -> Duration {
        match &self.from {
            // The first tick of all begins with the files.
            Some(_) => tick.start_of(CanvasFrame(self.tick)).since(media::WallTime(0)),
            None => Duration::from_millis(self.at_ms),
        }
    }

    /// What is on the air while `scene` is open.
    pub fn on_air(&self, scene: &Scene, tick: TickRate) -> OnAir {
        match self.from.clone().filter(|from| *from != scene.id) {
            Some(from) => OnAir { scene: scene.id.clone(), from: Some(from), since: CanvasFrame(lead(tick)) },
            None => OnAir::still(scene.id.clone()),
        }
    }

    /// The last tick that can be looked at.
    pub fn last(&self, layout: &Layout, scene: &Scene, tick: TickRate) -> u64 {
        2 * lead(tick) + self.on_air(scene, tick).ticks(layout) - 1
    }

    /// Whether time runs.
    pub fn is_playing(&self) -> bool {
        self.playing.is_some()
    }

    /// Lets time run, or stops it.
    pub(crate) fn toggle_play(&mut self, now_s: f64) {
        let from = if self.from.is_some() { self.tick } else { self.at_ms };
        self.playing = if self.playing.is_some() { None } else { Some((now_s, from)) };
    }

    /// Looks at a tick of a transition, and stops there.
    pub(crate) fn scrub(&mut self, from: SceneId, tick: u64) {
        (self.from, self.tick, self.playing) = (Some(from), tick, None);
    }

    /// Lets the time pass that runs, over and over; whether it does.
    pub(crate) fn pass(&mut self, now_s: f64, layout: &Layout, scene: &Scene, tick: TickRate) -> bool {
        let Some((since_s, from)) = self.playing else { return false };
        let passed = (now_s - since_s).max(0.0);
        if self.from.is_some() {
            let ticks = (passed * f64::from(tick.hz())) as u64;
            self.tick = (from + ticks) % (self.last(layout, scene, tick) + 1);
        } else {
            self.at_ms = (from + (passed * 1000.0) as u64) % (SECONDS_MAX * 1000.0) as u64;
        }
        true
    }
}

/// Shows the strip.
pub(super) fn show(editor: &mut Editor, ui: &mut Ui, strip: Rect) {
    ui.painter().rect_filled(strip, 0.0, Tokens::here(ui).surface);
    let mut ui = ui.new_child(UiBuilder::new().max_rect(strip.shrink2(egui::vec2(12.0, 5.0))));
    ui.horizontal_centered(|ui| {
        if editor.time.is_on_canvas() {
            return playhead(editor, ui);
        }
        let language = editor.preferences.language;
        let runs = editor.canvas.moment.is_playing();
        if play_button(ui, runs, language).clicked() {
            let now_s = ui.input(|input| input.time);
            editor.canvas.moment.toggle_play(now_s);
        }
        match editor.canvas.moment.from {
            Some(_) => tick(editor, ui),
            None => seconds(editor, ui),
        }
        ui.label(Word::FromScene.get(language));
        from(editor, ui);
    });
}

/// The canvas shows what is under the playhead of the time line.
fn playhead(editor: &mut Editor, ui: &mut Ui) {
    let language = editor.preferences.language;
    let tokens = Tokens::here(ui);
    ui.label(crate::style::strong(Word::UnderPlayhead.get(language)).color(tokens.warn));
    let words = crate::panels::clock(editor.time.head());
    ui.label(words);
    if ui.button(Word::BackToScene.get(language)).on_hover_text(Word::BackTip.get(language)).clicked() {
        editor.time.leave();
    }
}

fn seconds(editor: &mut Editor, ui: &mut Ui) {
    let label = ui.label(Word::Moment.get(editor.preferences.language));
    let mut seconds = editor.canvas.moment.at_ms as f64 / 1000.0;
    ui.spacing_mut().slider_width = (ui.available_width() - 420.0).clamp(80.0, 480.0);
    let slider = Slider::new(&mut seconds, 0.0..=SECONDS_MAX).step_by(0.04).fixed_decimals(2);
    if ui.add(slider).labelled_by(label.id).changed() {
        editor.canvas.moment.playing = None;
        editor.canvas.moment.at_ms = (seconds * 1000.0).round() as u64;
    }
}

fn tick(editor: &mut Editor, ui: &mut Ui) {
    let language = editor.preferences.language;
    let layout = editor.session.document().layout().clone();
    let Some(scene) = editor.session.scene() else { return };
    let Some(rate) = layout.wall(&scene.wall).map(|wall| wall.tick) else { return };
    let moment = &mut editor.canvas.moment;
    let (last, ticks) = (moment.last(&layout, scene, rate), moment.on_air(scene, rate).ticks(&layout));
    let label = ui.label(Word::Tick.get(language)).on_hover_text(Word::TickTip.get(language));
    // A document in which the transition has become shorter.
    moment.tick = moment.tick.min(last);
    let mut tick = moment.tick;
    ui.spacing_mut().slider_width = (ui.available_width() - 500.0).clamp(80.0, 480.0);
    if ui.add(Slider::new(&mut tick, 0..=last).show_value(false)).labelled_by(label.id).changed() {
        (moment.tick, moment.playing) = (tick, None);
    }
    ui.label(progress_words(tick, rate, ticks, language));
}

/// How far a transition has come at a tick.
pub(crate) fn progress_words(tick: u64, rate: TickRate, ticks: u64, language: Language) -> String {
    let step = (tick + 1).saturating_sub(lead(rate)).min(ticks);
    let ms = step * 1000 / u64::from(rate.hz());
    match language {
        Language::Chinese => format!("第 {step} / {ticks} 帧 · {ms} ms"),
        Language::English => format!("{step} of {ticks} · {ms} ms"),
    }
}

fn from(editor: &mut Editor, ui: &mut Ui) {
    let language = editor.preferences.language;
    let Some((own, wall)) = editor.session.scene().map(|scene| (scene.id.clone(), scene.wall.clone())) else {
        return;
    };
    let scenes = editor.session.layout().scenes_of(&wall).filter(|scene| scene.id != own);
    let named = scenes.map(|scene| (Some(scene.id.clone()), scene.name.get(language).to_owned()));
    let all: Vec<(Option<SceneId>, String)> =
        [(None, Word::FromNothing.get(language).to_owned())].into_iter().chain(named).collect();
    let now = editor.canvas.moment.from.clone();
    // The scene that gave way may be the open one by now.
    let now = now.filter(|from| *from != own);
    if let Some(id) = choose(ui, "from", Word::FromScene.get(language), &now, &all) {
        editor.canvas.moment = Moment { from: id, at_ms: editor.canvas.moment.at_ms, ..Moment::default() };
    }
}
