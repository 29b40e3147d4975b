//! What the hall's walls do by themselves over a stretch of time, played through the controller's own engine of rules with a clock that
//! is an argument: tours, schedules, alarms and what comes of them.

use layouts::rules::{AlarmId, AlarmView, Effect, Engine, EventView, Now, Picture, RowView, Why};
use layouts::{Layout, OnAir, Variant, Words};
use media::{EventReport, EventState, LocalTime, SceneId, TableId, TourId, Value, WallId, WallTime};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Most moments of a run: beyond them it ends.
const BEATS_MAX: usize = 20_000;
/// Steps of the time that lies before a run. A schedule that is missed by more than an hour is not made up for.
const WARM_UP_STEP: Duration = Duration::from_secs(3600);
/// Who does what a script has operators do.
const WHO: &str = "editor";

/// Something that happens to the hall.
#[derive(Debug, Clone, PartialEq)]
pub enum Happening {
    /// An event is reported, or has come to another state.
    Event {
        /// What was reported.
        report: EventReport,
        /// Where it stands.
        state: EventState,
    },
    /// A row comes or changes.
    Row {
        /// In which table.
        table: TableId,
        /// What it is known by.
        key: String,
        /// The columns' names.
        columns: Vec<Arc<str>>,
        /// One value for each of them.
        values: Vec<Value>,
    },
    /// An operator acknowledges every alarm that is due and can be.
    Acknowledge,
    /// An operator chooses a scene.
    Scene(SceneId),
    /// An operator has a tour run.
    Tour(TourId),
}

/// Something that happens at a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Cue {
    /// When, from the beginning.
    pub at: Duration,
    /// What.
    pub what: Happening,
}

/// What is to be played.
#[derive(Debug, Clone, PartialEq)]
pub struct Script {
    /// The hall's time at the beginning.
    pub begin: WallTime,
    /// For how long the hall has been running by then: so its schedules have acted already.
    pub warm_up: Duration,
    /// What happens, in order of time.
    pub cues: Vec<Cue>,
    /// How long it is played.
    pub length: Duration,
}

/// What a wall shows from a moment on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shot {
    /// From when on.
    pub at: Duration,
    /// The scene, as [`Run::layout`] calls it.
    pub scene: SceneId,
    /// The document's scene that it follows from.
    pub base: SceneId,
    /// The tour that has put it there, if no alarm lies over it.
    pub tour: Option<TourId>,
    /// The alarm that is seen.
    pub alarm: Option<AlarmId>,
}

/// A moment at which something happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Beat {
    /// When.
    pub at: Duration,
    /// The alarms that are due from then on.
    pub alarms: Vec<AlarmView>,
    /// Why what happened happened.
    pub whys: Vec<Why>,
    /// What was done beside the picture: said, played, sent.
    pub done: Vec<Words>,
}

/// What walls have shown, and why.
#[derive(Debug, Clone)]
pub struct Run {
    layout: Arc<Layout>,
    begin: WallTime,
    length: Duration,
    beats: Vec<Beat>,
    shots: BTreeMap<WallId, Vec<Shot>>,
}

impl Run {
    /// Plays `script` in the hall of `layout`.
    pub fn play(layout: &Arc<Layout>, script: &Script) -> Self {
        let mut player = Player::new(layout, script);
        player.record(Duration::ZERO);
        let mut cues = script.cues.iter().peekable();
        for _ in 0..BEATS_MAX {
            let timer = player.engine.poll_timeout();
            let timer = timer.map(|due| due.since(LocalTime(0) + script.warm_up));
            let at = match (cues.peek().map(|cue| cue.at), timer) {
                (Some(cue), Some(timer)) => cue.min(timer),
                (Some(at), None) | (None, Some(at)) => at,
                (None, None) => break,
            };
            if at > script.length {
                break;
            }
            match cues.next_if(|cue| cue.at <= at) {
                Some(cue) => player.happen(at, &cue.what),
                None => player.engine.handle_timeout(player.now(at)),
            }
            player.record(at);
        }
        player.finish(layout, script.length)
    }

    /// The hall, with the scenes that alarms have made.
    pub fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// The hall's time at the beginning.
    pub fn begin(&self) -> WallTime {
        self.begin
    }

    /// How long it lasts.
    pub fn length(&self) -> Duration {
        self.length
    }

    /// What happened, in order of time.
    pub fn beats(&self) -> &[Beat] {
        &self.beats
    }

    /// What a wall has shown, in order of time; empty for a wall without scenes.
    pub fn shots(&self, wall: &WallId) -> &[Shot] {
        self.shots.get(wall).map_or(&[], Vec::as_slice)
    }

    /// The shot that a wall shows at a moment.
    pub fn shot(&self, wall: &WallId, at: Duration) -> Option<&Shot> {
        let shots = self.shots(wall);
        shots.get(shots.partition_point(|shot| shot.at <= at).checked_sub(1)?)
    }

    /// What is on the air of a wall at a moment, with the change of scenes that is going on: the wall itself begins it as soon as its
    /// nodes are ready, a few tenths of a second later.
    pub fn on_air(&self, wall: &WallId, at: Duration) -> Option<OnAir> {
        let shots = self.shots(wall);
        let index = shots.partition_point(|shot| shot.at <= at).checked_sub(1)?;
        let scene = &shots[index].scene;
        let first =
            shots[..index].iter().rposition(|shot| shot.scene != *scene).map_or(0, |before| before + 1);
        let Some(before) = first.checked_sub(1) else { return Some(OnAir::still(scene.clone())) };
        let since = self.layout.wall(wall)?.tick.frame_at(self.begin + shots[first].at);
        Some(OnAir { scene: scene.clone(), from: Some(shots[before].scene.clone()), since })
    }

    /// The same, ending when everything is over that the last cue has led to, and `more` later. What has no end is cut off so much
    /// after the last thing that happened.
    pub fn trimmed(mut self, more: Duration) -> Self {
        let last = self.beats.iter().rev().find(|beat| !beat.whys.is_empty() || !beat.done.is_empty());
        self.length = last.map_or(more, |beat| beat.at + more).min(self.length);
        self.beats.retain(|beat| beat.at <= self.length);
        self.shots.values_mut().for_each(|shots| shots.retain(|shot| shot.at <= self.length));
        self
    }

    /// The alarms that are due at a moment.
    pub fn alarms(&self, at: Duration) -> &[AlarmView] {
        let index = self.beats.partition_point(|beat| beat.at <= at).checked_sub(1);
        index.map_or(&[], |index| &self.beats[index].alarms)
    }

    /// Each alarm with the stretches of time in which it was due, and whether it was seen on `wall` then: in the order in which they
    /// were raised.
    pub fn lanes(&self, wall: &WallId) -> Vec<Lane> {
        let mut lanes: Vec<Lane> = Vec::new();
        let ends = self.beats.iter().skip(1).map(|beat| beat.at).chain([self.length]);
        for (beat, end) in self.beats.iter().zip(ends) {
            for alarm in &beat.alarms {
                let lane = match lanes.iter_mut().position(|lane| lane.alarm.id == alarm.id) {
                    Some(at) => &mut lanes[at],
                    None => {
                        lanes.push(Lane { alarm: alarm.clone(), parts: Vec::new() });
                        let last = lanes.len() - 1;
                        &mut lanes[last]
                    }
                };
                lane.alarm = alarm.clone();
                let seen = alarm.seen_on.contains(wall);
                match lane.parts.last_mut() {
                    Some((_, until, was)) if *until == beat.at && *was == seen => *until = end,
                    _ => lane.parts.push((beat.at, end, seen)),
                }
            }
        }
        lanes
    }
}

/// An alarm over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Lane {
    /// The alarm as it was last.
    pub alarm: AlarmView,
    /// From when to when it was due, and whether it was seen.
    pub parts: Vec<(Duration, Duration, bool)>,
}

struct Player {
    engine: Engine,
    begin: WallTime,
    warm_up: Duration,
    beats: Vec<Beat>,
    shots: BTreeMap<WallId, Vec<Shot>>,
    /// What walls show that is no scene of the document, each with the name that it was given.
    variants: Vec<(Picture, SceneId)>,
    layout: Arc<Layout>,
}

impl Player {
    fn new(layout: &Arc<Layout>, script: &Script) -> Self {
        let Script { begin, warm_up, cues: _, length: _ } = *script;
        let at = |before: Duration| Now {
            local: LocalTime(0) + warm_up.saturating_sub(before),
            wall: begin - before,
        };
        let mut engine = Engine::new(layout, at(warm_up));
        let (rules, offset_s) = (layout.rules(), layout.hall().utc_offset_s);
        let mut before = warm_up;
        while !before.is_zero() {
            let now = begin - before;
            let acts = rules.schedules.iter().filter_map(|schedule| rules.next_of(schedule, now, offset_s));
            let step = acts.map(|next| next.since(now)).min().unwrap_or(before);
            let step = if rules.schedules.is_empty() { before } else { step.min(WARM_UP_STEP) };
            before = before.saturating_sub(step.max(Duration::from_secs(1)));
            engine.handle_timeout(at(before));
        }
        // What was said before the beginning is nobody's concern; what walls show is polled first of all.
        let mut player = Self {
            engine,
            begin,
            warm_up,
            beats: Vec::new(),
            shots: BTreeMap::new(),
            variants: Vec::new(),
            layout: layout.clone(),
        };
        player.record(Duration::ZERO);
        player.beats.clear();
        player
    }

    fn now(&self, at: Duration) -> Now {
        Now { local: LocalTime(0) + self.warm_up + at, wall: self.begin + at }
    }

    fn happen(&mut self, at: Duration, what: &Happening) {
        let now = self.now(at);
        match what {
            Happening::Event { report, state } => self.engine.event(now, &EventView::new(report, *state)),
            Happening::Row { table, key, columns, values } => {
                self.engine.row(now, table, &RowView { key, columns, values });
            }
            Happening::Acknowledge => {
                let due = self.engine.alarms().into_iter().filter(|alarm| alarm.acknowledge);
                for alarm in due.collect::<Vec<_>>() {
                    // It may have ended with another one.
                    let _ = self.engine.acknowledge(alarm.id, WHO, now);
                }
            }
            Happening::Scene(scene) => {
                let wall = self.layout.scene(scene).map(|scene| scene.wall.clone());
                if let Some(wall) = wall {
                    // A scene that is gone was chosen by nobody.
                    let _ = self.engine.operator_scene(&wall, scene, WHO, now);
                }
            }
            Happening::Tour(tour) => {
                let _ = self.engine.resume_tour(tour, WHO, now);
            }
        }
    }

    /// Notes what has come of it.
    fn record(&mut self, at: Duration) {
        let (mut whys, mut done) = (Vec::new(), Vec::new());
        let same = |text: &str| Words { zh: text.to_owned(), en: text.to_owned() };
        while let Some(effect) = self.engine.poll_effect() {
            match effect {
                Effect::Show { .. } => {}
                Effect::Log(why) => whys.push(why),
                Effect::Sound { path, .. } => done.push(same(&path)),
                Effect::Voice { words, .. } => done.push(words),
                Effect::Webhook { to, .. } => done.push(same(&format!("{}{}", to.host, to.path))),
                Effect::Mqtt { to, .. } => done.push(same(&to.topic)),
            }
        }
        let walls: Vec<WallId> = self.layout.walls().iter().map(|wall| wall.id.clone()).collect();
        for wall in &walls {
            self.look(wall, at);
        }
        let alarms = self.engine.alarms();
        let before = self.beats.last().map_or(&[][..], |beat| &beat.alarms);
        let seen = |alarms: &[AlarmView]| -> Vec<(AlarmId, Vec<WallId>)> {
            alarms.iter().map(|alarm| (alarm.id, alarm.seen_on.clone())).collect()
        };
        if !whys.is_empty() || !done.is_empty() || seen(before) != seen(&alarms) {
            self.beats.push(Beat { at, alarms, whys, done });
        }
    }

    /// Notes what `wall` shows, where that is something else than before.
    fn look(&mut self, wall: &WallId, at: Duration) {
        let Some(picture) = self.engine.picture(wall).cloned() else { return };
        let (base, scene) = (picture.scene.clone(), self.name(picture));
        let alarm = self.engine.covering(wall);
        let tours = if alarm.is_some() { Vec::new() } else { self.engine.tours() };
        let tour = tours.into_iter().find(|tour| tour.wall == *wall && tour.chosen).map(|tour| tour.id);
        let shot = Shot { at, scene, base, tour, alarm };
        let shots = self.shots.entry(wall.clone()).or_default();
        match shots.last_mut() {
            Some(last) if Shot { at: last.at, ..shot.clone() } == *last => {}
            // Of several things at one moment the last one is seen.
            Some(last) if last.at == at => *last = shot,
            _ => shots.push(shot),
        }
    }

    /// The scene that shows `picture`: the document's own, or one that follows from it.
    fn name(&mut self, picture: Picture) -> SceneId {
        let plain = picture.edits.is_empty() && picture.fills.is_empty() && picture.banner.is_none();
        if plain {
            return picture.scene;
        }
        if let Some((_, id)) = self.variants.iter().find(|(known, _)| *known == picture) {
            return id.clone();
        }
        let free = (self.variants.len()..).filter_map(|number| SceneId::new(&format!("run-{number}")).ok());
        let free = free.into_iter().find(|id| {
            self.layout.scene(id).is_none() && !self.variants.iter().any(|(_, taken)| taken == id)
        });
        let id = free.unwrap_or_else(|| picture.scene.clone());
        self.variants.push((picture, id.clone()));
        id
    }

    fn finish(self, layout: &Arc<Layout>, length: Duration) -> Run {
        let Self { begin, beats, mut shots, variants, .. } = self;
        let variant = |(picture, id): (Picture, SceneId)| {
            let Picture { scene, edits, fills, banner } = picture;
            Variant { id, base: scene, edits, fills, banner, cut: false }
        };
        let variants: Vec<Variant> = variants.into_iter().map(variant).collect();
        let with_them = match variants.is_empty() {
            true => layout.clone(),
            false => match layout.with_variants(&variants) {
                Ok(with_them) => Arc::new(with_them),
                Err(_) => {
                    // What the engine has made of the hall fits it; if not, the scenes are shown as they are written.
                    shots.values_mut().flatten().for_each(|shot| shot.scene = shot.base.clone());
                    layout.clone()
                }
            },
        };
        Run { layout: with_them, begin, length, beats, shots }
    }
}
