//! Which time is worked on: the playhead over tours, a day or a rehearsal, and what the canvas shows of it.

mod played;

use crate::app::Editor;
use crate::canvas::moment::Moment;
use crate::compose::Scenery;
use crate::panels::{Pane, reveal};
use editor_model::{Begins, Rehearsal, Run};
use layouts::Layout;
use layouts::rules::{Day, Rule};
use media::{RuleId, SceneId, ScheduleId, TourId, WallId, WallTime};
use played::Played;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Files are shown over and over from their beginning, for so long: a moment far from there would take long to be read.
const FILES: Duration = Duration::from_secs(10);
/// When a rehearsal begins on its day, where nothing else is said.
const REHEARSAL_HOUR: Duration = Duration::from_secs(10 * 3600);

/// What the time line is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Tours, one round of them.
    Tours,
    /// A day with its schedules.
    Day,
    /// An alarm that is played through.
    Rehearsal,
}

impl Mode {
    /// All of them, in their order.
    pub const ALL: [Self; 3] = [Self::Tours, Self::Day, Self::Rehearsal];

    fn index(self) -> usize {
        match self {
            Self::Tours => 0,
            Self::Day => 1,
            Self::Rehearsal => 2,
        }
    }
}

/// Time that runs: since when, in seconds of the window, and from where.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Playing {
    since_s: f64,
    from: Duration,
}

/// What is known of the time that is worked on.
pub struct TimeDesk {
    pub(crate) mode: Mode,
    pub(crate) tour: Option<TourId>,
    /// The stop of the tour that is selected.
    pub(crate) stop: Option<usize>,
    pub(crate) schedule: Option<ScheduleId>,
    pub(crate) day: Day,
    pub(crate) rule: Option<RuleId>,
    pub(crate) rehearsal: Option<Rehearsal>,
    /// The act of the rehearsal that is selected.
    pub(crate) act: Option<usize>,
    /// How many seconds of the hall pass in one of the designer's.
    pub(crate) speed: u32,
    /// How much larger than the panel the time line is drawn, at least 1.
    pub(crate) zoom: f32,
    /// While an edge is dragged: the mark of the gesture, and the length of the line, which stays so that it does not run away.
    pub(crate) held: Option<(u64, Duration)>,
    heads: [Duration; 3],
    on_canvas: bool,
    playing: Option<Playing>,
    played: Option<Played>,
    wants_timeline: bool,
}

impl Default for TimeDesk {
    fn default() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            mode: Mode::Tours,
            tour: None,
            stop: None,
            schedule: None,
            day: Day::at(WallTime(0) + now, 0),
            rule: None,
            rehearsal: None,
            act: None,
            speed: 1,
            zoom: 1.0,
            held: None,
            heads: [Duration::ZERO; 3],
            on_canvas: false,
            playing: None,
            played: None,
            wants_timeline: false,
        }
    }
}

impl TimeDesk {
    /// Whether the canvas shows what is under the playhead instead of the open scene.
    pub fn is_on_canvas(&self) -> bool {
        self.on_canvas
    }

    /// The open scene is on the canvas again; whether it was not.
    pub(crate) fn leave(&mut self) -> bool {
        self.playing = None;
        std::mem::take(&mut self.on_canvas)
    }

    /// Works on another day.
    pub fn set_day(&mut self, day: Day) {
        self.day = day;
    }

    /// What the time line is of.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Where the playhead stands.
    pub fn head(&self) -> Duration {
        self.heads[self.mode.index()]
    }

    /// Whether time runs.
    pub fn is_playing(&self) -> bool {
        self.playing.is_some()
    }

    /// What is rehearsed.
    pub fn rehearsal(&self) -> Option<&Rehearsal> {
        self.rehearsal.as_ref()
    }

    fn set_head(&mut self, at: Duration) {
        self.heads[self.mode.index()] = at;
    }

    /// The tour that is selected, else the first one of `wall`, else the first of all.
    pub(crate) fn tour_of(&self, layout: &Layout, wall: Option<&WallId>) -> Option<TourId> {
        let tours = &layout.rules().tours;
        let named = tours.iter().find(|tour| Some(&tour.id) == self.tour.as_ref());
        let here = || tours.iter().find(|tour| Some(&tour.wall) == wall);
        named.or_else(here).or(tours.first()).map(|tour| tour.id.clone())
    }

    /// The rule that is selected, else the first.
    pub(crate) fn rule_of<'l>(&self, layout: &'l Layout) -> Option<&'l Rule> {
        let rules = &layout.rules().rules;
        rules.iter().find(|rule| Some(&rule.id) == self.rule.as_ref()).or(rules.first())
    }
}

impl Editor {
    /// The time that is worked on.
    pub fn time(&self) -> &TimeDesk {
        &self.time
    }

    /// The time that is worked on, for who drives the editor by other means than hands.
    pub fn time_mut(&mut self) -> &mut TimeDesk {
        &mut self.time
    }

    /// Has the canvas show a tick of the open scene's coming on in the place of `from`: 0 lies half a second before the first one.
    pub fn look_at_tick(&mut self, from: &SceneId, tick: u64) {
        self.time.leave();
        self.canvas.moment.scrub(from.clone(), tick);
    }

    /// What is on the canvas: the open scene, or what is under the playhead.
    pub(crate) fn shown(&mut self) -> Option<Scenery> {
        if self.time.on_canvas
            && let Some(scenery) = self.under_playhead()
        {
            return Some(scenery);
        }
        let scene = self.session.scene()?;
        let layout = self.session.document().layout().clone();
        let wall = layout.wall(&scene.wall)?;
        let moment: &Moment = &self.canvas.moment;
        Some(Scenery {
            on_air: moment.on_air(scene, wall.tick),
            at: moment.at(wall.tick),
            start: None,
            wall: wall.id.clone(),
            layout,
            media_folder: self.media_folder.clone(),
            data: self.data.shown().clone(),
        })
    }

    /// What the hall does in the time that is worked on, played through the engine of its rules; `None` where there is nothing to play.
    pub(crate) fn played(&mut self) -> Option<Arc<Run>> {
        let layout = self.session.document().layout().clone();
        let wall = self.session.wall().map(|wall| wall.id.clone());
        let tour = self.time.tour_of(&layout, wall.as_ref());
        let known = self.time.played.take().filter(|played| played.is_of(&layout, &self.time, tour.as_ref()));
        let played = known.or_else(|| Played::play(&layout, &self.time, tour.as_ref()));
        self.time.played = played;
        self.time.played.as_ref().map(|played| played.run.clone())
    }

    /// The wall whose time is worked on.
    pub(crate) fn time_wall(&self) -> Option<WallId> {
        let layout = self.session.layout();
        let open = self.session.wall().map(|wall| wall.id.clone());
        match self.time.mode {
            Mode::Tours => {
                let tour = self.time.tour_of(layout, open.as_ref())?;
                self.session.tour(&tour).map(|tour| tour.wall.clone())
            }
            Mode::Day => open,
            Mode::Rehearsal => {
                let sample = self.time.rehearsal.as_ref().and_then(|rehearsal| rehearsal.samples().next());
                let rule =
                    sample.and_then(|sample| layout.rules().rules.iter().find(|rule| rule.id == sample.rule));
                match rule {
                    Some(rule)
                        if !rule.walls.is_empty()
                            && !open.as_ref().is_some_and(|open| rule.walls.contains(open)) =>
                    {
                        rule.walls.first().cloned()
                    }
                    _ => open,
                }
            }
        }
    }

    fn under_playhead(&mut self) -> Option<Scenery> {
        let (run, wall, head) = (self.played()?, self.time_wall()?, self.time.head());
        let tick = run.layout().wall(&wall)?.tick;
        // The picture of a tick is the same from its beginning to its end.
        let now = tick.start_of(tick.frame_at(run.begin() + head.min(run.length()))).max(run.begin());
        let since = now.since(run.begin()).as_nanos() % FILES.as_nanos();
        let at = Duration::from_nanos(u64::try_from(since).unwrap_or(0));
        Some(Scenery {
            on_air: run.on_air(&wall, now.since(run.begin()))?,
            layout: run.layout().clone(),
            wall,
            start: Some(now - at),
            at,
            media_folder: self.media_folder.clone(),
            data: self.data.shown().clone(),
        })
    }

    /// Puts the playhead somewhere, and what is under it on the canvas.
    pub(crate) fn scrub(&mut self, at: Duration) {
        self.time.playing = None;
        self.put_head(at);
    }

    fn put_head(&mut self, at: Duration) {
        let length = self.played().map_or(Duration::ZERO, |run| run.length());
        self.time.set_head(at.min(length));
        self.canvas.end_crop();
        self.session.select([], false);
        self.time.on_canvas = true;
        // The canvas is that of the wall whose time it is.
        let wall = self.time_wall();
        let Some(wall) = wall.filter(|wall| self.session.wall().is_none_or(|open| open.id != *wall)) else {
            return;
        };
        let scene = self.session.layout().scenes_of(&wall).next().map(|scene| scene.id.clone());
        if let Some(scene) = scene {
            self.session.show(&scene);
        }
    }

    /// Lets time run, or stops it: under the playhead where the time line is on the canvas, else that of the scene.
    pub(crate) fn toggle_play(&mut self, context: &egui::Context) {
        let now_s = context.input(|input| input.time);
        if !self.time.on_canvas {
            self.canvas.moment.toggle_play(now_s);
            return;
        }
        self.toggle_timeline_play(now_s);
    }

    /// The same for the time line, whatever is on the canvas.
    pub(crate) fn toggle_timeline_play(&mut self, now_s: f64) {
        if self.time.playing.take().is_some() {
            return;
        }
        let Some(run) = self.played() else { return };
        let from = if self.time.head() >= run.length() { Duration::ZERO } else { self.time.head() };
        self.put_head(from);
        self.time.playing = Some(Playing { since_s: now_s, from });
    }

    /// Lets the time pass that runs, and asks to be drawn again for as long as it does.
    pub(crate) fn pass_time(&mut self, context: &egui::Context) {
        if std::mem::take(&mut self.time.wants_timeline) {
            reveal(&mut self.preferences.panels, Pane::Timeline);
            self.canvas.view.fit();
        }
        let now_s = context.input(|input| input.time);
        let tick = self.session.wall().map(|wall| wall.tick);
        let scene = self.session.scene().map(|scene| scene.id.clone());
        let layout = self.session.document().layout().clone();
        let moment = &mut self.canvas.moment;
        if let (Some(tick), Some(scene)) = (tick, scene.as_ref().and_then(|scene| layout.scene(scene)))
            && moment.pass(now_s, &layout, scene, tick)
        {
            context.request_repaint_after(tick.period());
        }
        let Some(Playing { since_s, from }) = self.time.playing else { return };
        let passed = Duration::try_from_secs_f64((now_s - since_s).max(0.0)).unwrap_or_default();
        let head = from + passed * self.time.speed;
        self.put_head(head);
        match self.time.head() < head {
            true => self.time.playing = None,
            false => context.request_repaint_after(tick.map_or(FILES, |tick| tick.period())),
        }
    }

    /// Begins to rehearse a rule, on the time line.
    pub(crate) fn rehearse(&mut self, rule: &RuleId) {
        let layout = self.session.document().layout().clone();
        let Some(rule) = layout.rules().rules.iter().find(|known| known.id == *rule) else { return };
        let begin = self.time.day.start(layout.hall().utc_offset_s) + REHEARSAL_HOUR;
        let begins = self.session.scene().map(|scene| Begins::Scene(scene.id.clone()));
        let rehearsal = Rehearsal::of(&layout, rule, begin, begins.into_iter().collect());
        self.time.rule = Some(rule.id.clone());
        self.time.rehearsal = Some(rehearsal);
        self.time.act = Some(0);
        self.time.mode = Mode::Rehearsal;
        self.time.wants_timeline = true;
        self.scrub(Duration::ZERO);
    }
}
