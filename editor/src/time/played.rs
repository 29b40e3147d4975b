//! What was played last, kept until the document or the question is another.

use super::{Mode, TimeDesk};
use editor_model::{Cue, Happening, Rehearsal, Run, Script};
use layouts::Layout;
use layouts::rules::{Day, Tour};
use media::{ScheduleId, TourId, WallTime};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// A day is played as if the hall had been running for a week.
const WARM_UP: Duration = Duration::from_secs(7 * 86_400);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

/// A run, and what it is of.
pub(super) struct Played {
    layout: Arc<Layout>,
    mode: Mode,
    tour: Option<TourId>,
    day: Day,
    rehearsal: Option<Rehearsal>,
    pub run: Arc<Run>,
    /// When each schedule acts on the day.
    pub acts: Arc<BTreeMap<ScheduleId, Vec<Duration>>>,
}

impl Played {
    /// Whether it is still what is asked for.
    pub fn is_of(&self, layout: &Arc<Layout>, desk: &TimeDesk, tour: Option<&TourId>) -> bool {
        let same = match desk.mode {
            Mode::Tours => self.tour.as_ref() == tour,
            Mode::Day => true,
            Mode::Rehearsal => self.rehearsal == desk.rehearsal,
        };
        same && self.mode == desk.mode && self.day == desk.day && Arc::ptr_eq(&self.layout, layout)
    }

    /// Plays what is asked for; `None` where there is nothing to play.
    pub fn play(layout: &Arc<Layout>, desk: &TimeDesk, tour: Option<&TourId>) -> Option<Self> {
        let midnight = desk.day.start(layout.hall().utc_offset_s);
        let (run, acts) = match desk.mode {
            Mode::Tours => {
                let tour = layout.rules().tours.iter().find(|known| Some(&known.id) == tour)?;
                (round(layout, tour, midnight), BTreeMap::new())
            }
            Mode::Day => {
                let script = Script { begin: midnight, warm_up: WARM_UP, cues: Vec::new(), length: DAY };
                (Run::play(layout, &script), acts(layout, midnight))
            }
            Mode::Rehearsal => (desk.rehearsal.as_ref()?.run(layout), BTreeMap::new()),
        };
        Some(Self {
            layout: layout.clone(),
            mode: desk.mode,
            tour: tour.cloned(),
            day: desk.day,
            rehearsal: desk.rehearsal.clone(),
            run: Arc::new(run),
            acts: Arc::new(acts),
        })
    }
}

/// One round of a tour, at an hour in which no schedule takes the wall from it, where there is one.
fn round(layout: &Arc<Layout>, tour: &Tour, midnight: WallTime) -> Run {
    let length: Duration = tour.stops.iter().map(|(_, dwell)| *dwell).sum();
    let (rules, offset_s) = (layout.rules(), layout.hall().utc_offset_s);
    let quiet = |begin: &WallTime| {
        let next = rules.schedules.iter().filter_map(|schedule| rules.next_of(schedule, *begin, offset_s));
        next.min().is_none_or(|next| next > *begin + length)
    };
    let hours = (0..24_u32).map(|hour| midnight + HOUR * ((10 + hour) % 24));
    let begin = hours.into_iter().find(quiet).unwrap_or(midnight + HOUR * 10);
    let cues = vec![Cue { at: Duration::ZERO, what: Happening::Tour(tour.id.clone()) }];
    Run::play(layout, &Script { begin, warm_up: Duration::ZERO, cues, length })
}

/// When each schedule acts within a day.
fn acts(layout: &Layout, midnight: WallTime) -> BTreeMap<ScheduleId, Vec<Duration>> {
    let (rules, offset_s) = (layout.rules(), layout.hall().utc_offset_s);
    let of = |schedule: &layouts::rules::Schedule| {
        let mut all = Vec::new();
        // The minute before midnight, so that midnight itself counts.
        let mut now = midnight - Duration::from_secs(1);
        while let Some(next) = rules.next_of(schedule, now, offset_s).filter(|next| *next < midnight + DAY) {
            all.push(next.since(midnight));
            now = next;
        }
        all
    };
    rules.schedules.iter().map(|schedule| (schedule.id.clone(), of(schedule))).collect()
}

impl TimeDesk {
    /// When each schedule acts on the day that was played last.
    pub(crate) fn acts(&self) -> Arc<BTreeMap<ScheduleId, Vec<Duration>>> {
        self.played.as_ref().map(|played| played.acts.clone()).unwrap_or_default()
    }
}
