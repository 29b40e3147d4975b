//! Operators at the walls: windows are opened, moved and closed, scenes are staged and taken, acts are undone. What they make goes
//! through the engine of the rules, so that an alarm gives back exactly what was there.
//!
//! A change names the revision that its author has seen. It is carried out when nobody else has touched its windows since, and else
//! answered with what stands in the way; nothing is swallowed. Budgets are looked at before anything is changed.

mod acts;
mod budget;
mod fault;
mod removal;
mod sources;
mod track;
mod view;

pub(crate) use acts::{Doing, Turn};
pub(crate) use budget::{Over, Remedy};
pub(crate) use fault::WallFault;
pub(crate) use removal::ShownBy;
pub use sources::SourceLine;
pub(crate) use sources::SourceQuery;
pub use view::{RectView, SceneLine, ScreenLine, SizeView, WallLine, WallTourLine, WindowLine, WindowsView};

use crate::data::RulesDesk;
use crate::hall::HallNow;
use crate::memory::{Memory, Snapshot, WALLS};
use crate::node_service::Desk;
use controller_store::StoreError;
use layouts::rules::Engine;
use layouts::{Change, Draft, Layout, WindowContent, Words};
use media::{SceneId, SourceId, WallId, WallTime, WindowId};
use sources::Index;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use track::{InTheWay, Track};

/// Which side of a wall is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Side {
    /// What is shown (播出).
    #[default]
    Air,
    /// What is made ready unseen (预监).
    Stage,
}

impl Side {
    const fn name(self) -> &'static str {
        match self {
            Self::Air => "air",
            Self::Stage => "stage",
        }
    }
}

/// Which sources the one who acts may see: nothing else is shown by what they do.
pub(crate) type Sees<'a> = dyn Fn(&SourceId) -> bool + 'a;

/// A change as an operator asks for it.
pub(crate) struct Wish {
    /// Of which side.
    pub(crate) of: Side,
    /// The revision that the operator has seen.
    pub(crate) base: u64,
    /// All of it or nothing.
    pub(crate) changes: Vec<Change>,
    /// Wishes of one gesture that follow each other are one act.
    pub(crate) gesture: Option<String>,
    /// What may be done besides where nodes could not decode it.
    pub(crate) remedy: Option<Remedy>,
    /// Who asks.
    pub(crate) who: String,
}

/// Both sides of a wall.
struct Sides {
    /// The newest revision of both.
    counter: u64,
    air: Track,
    stage: Track,
}

struct Inner {
    hall: HallNow,
    desk: Desk,
    rules: RulesDesk,
    index: Mutex<Arc<Index>>,
    memory: Memory,
    /// Locked before the engine of the rules, never after it.
    walls: Mutex<BTreeMap<WallId, Sides>>,
}

/// Where operators change what the walls show. Cheap to clone.
#[derive(Clone)]
pub(crate) struct WallDesk {
    inner: Arc<Inner>,
}

impl WallDesk {
    /// The walls of `hall`, with what operators had done to them when it was written down. Revisions begin with the time, so that none of
    /// a former run is taken for one of this run.
    pub(crate) fn new(
        hall: HallNow,
        desk: Desk,
        rules: RulesDesk,
        (memory, acts): (&Memory, &BTreeMap<String, Vec<u8>>),
        now: WallTime,
    ) -> Self {
        let layout = hall.layout();
        let begin = u64::try_from(now.0 / 1_000_000).unwrap_or(0);
        let sides = |wall: &WallId| {
            let track = |of| Track::restored(&layout, &key(wall, of), acts, begin);
            let (air, stage) = (track(Side::Air), track(Side::Stage));
            // Also where the clock was put back.
            let counter = begin.max(air.newest()).max(stage.newest());
            Sides { counter, air, stage }
        };
        let walls = layout.walls().iter().filter(|wall| layout.scenes_of(&wall.id).next().is_some());
        let inner = Arc::new(Inner {
            walls: Mutex::new(walls.map(|wall| (wall.id.clone(), sides(&wall.id))).collect()),
            index: Mutex::new(Arc::new(Index::new(&hall.text()))),
            hall,
            desk,
            rules,
            memory: memory.clone(),
        });
        // The desk knows its memory, so the memory may not hold the desk.
        let desk = Arc::downgrade(&inner);
        memory.keeps(move |kept| Some(Self { inner: desk.upgrade()? }.snapshot(kept)));
        Self { inner }
    }

    /// What is to be kept of the walls and of the rules that make their pictures, as it is at one moment.
    fn snapshot(&self, kept: &BTreeSet<String>) -> Snapshot {
        let mut walls = self.walls();
        let names: Vec<WallId> = walls.keys().cloned().collect();
        let mut entries = BTreeMap::new();
        for wall in names {
            if let Ok((wall, sides)) = self.followed(&mut walls, wall.as_str()) {
                sides.air.remember_in(&key(&wall, Side::Air), kept, &mut entries);
                sides.stage.remember_in(&key(&wall, Side::Stage), kept, &mut entries);
            }
        }
        Snapshot { rules: self.inner.rules.look(Engine::state), walls: entries }
    }

    /// The hall as its document says.
    pub(crate) fn layout(&self) -> Arc<Layout> {
        self.inner.hall.layout()
    }

    fn walls(&self) -> MutexGuard<'_, BTreeMap<WallId, Sides>> {
        // What is remembered of a wall is brought up to date whenever it is looked at.
        self.inner.walls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What operators can go on changing on the wall, with its sides brought up to date.
    fn followed<'a>(
        &self,
        walls: &'a mut BTreeMap<WallId, Sides>,
        name: &str,
    ) -> Result<(WallId, &'a mut Sides), WallFault> {
        let unknown = || WallFault::UnknownWall(name.to_owned());
        let wall = WallId::new(name).map_err(|_| unknown())?;
        let sides = walls.get_mut(&wall).ok_or_else(unknown)?;
        let (draft, by_operator) =
            self.inner.rules.look(|engine| (engine.draft(&wall), engine.is_operators(&wall)));
        sides.air.follow(draft.as_ref(), by_operator, &mut sides.counter);
        Ok((wall, sides))
    }

    fn draft(wall: &WallId, sides: &Sides, of: Side) -> Result<Draft, WallFault> {
        match of {
            Side::Air => sides.air.draft().cloned().ok_or_else(|| WallFault::UnknownWall(wall.to_string())),
            Side::Stage => sides.stage.draft().cloned().ok_or_else(|| WallFault::NothingStaged(wall.clone())),
        }
    }

    fn view(&self, wall: &WallId, sides: &Sides, of: Side) -> Result<WindowsView, WallFault> {
        let draft = Self::draft(wall, sides, of)?;
        let track = sides.track(of);
        let (undo, redo) = track.depth();
        let covered_by = self.inner.rules.look(|engine| engine.covering(wall));
        Ok(WindowsView {
            wall: wall.clone(),
            of: of.name().to_owned(),
            revision: track.revision(),
            edited: !draft.is_plain(),
            undo,
            redo,
            undo_act: track.undo_act(),
            redo_act: track.redo_act(),
            act: None,
            covered_by: covered_by.filter(|_| of == Side::Air),
            windows: view::lines(&self.layout(), &draft)?,
            opened: Vec::new(),
            scene: draft.scene,
        })
    }

    /// All walls that have scenes.
    pub(crate) fn lines(&self) -> Vec<WallLine> {
        let (layout, Inner { desk, rules, .. }) = (self.layout(), &*self.inner);
        let status = desk.status();
        let mut walls = self.walls();
        let lines = layout.walls().iter().filter_map(|wall| {
            let (id, sides) = self.followed(&mut walls, wall.id.as_str()).ok()?;
            let shown = status.walls.iter().find(|row| row.wall == id)?;
            let line = WallLine::of(&layout, wall, shown.on_air.clone(), sides.counter);
            let (tours, covered_by) = rules.look(|engine| (engine.tours(), engine.covering(&id)));
            let tours = tours.into_iter().filter(|tour| tour.wall == id).map(Into::into);
            Some(WallLine {
                next: shown.next.clone(),
                staged: sides.stage.draft().map(|draft| draft.scene.clone()),
                covered_by,
                tours: tours.collect(),
                ..line
            })
        });
        lines.collect()
    }

    /// The windows of one side of a wall.
    pub(crate) fn windows(&self, wall: &str, of: Side) -> Result<WindowsView, WallFault> {
        let mut walls = self.walls();
        let (wall, sides) = self.followed(&mut walls, wall)?;
        self.view(&wall, sides, of)
    }

    /// The scene of the document that a wall shows.
    pub(crate) fn on_air(&self, wall: &WallId) -> Option<SceneId> {
        let rows = self.inner.desk.status().walls;
        rows.into_iter().find(|row| row.wall == *wall).map(|row| row.on_air)
    }

    /// Refuses a picture with a source that the one who acts may not see.
    fn may_show(&self, draft: &Draft, sees: &Sees<'_>) -> Result<(), WallFault> {
        let windows = draft.windows(&self.layout())?;
        let is_seen = |content: &WindowContent| match content {
            WindowContent::Source { source, .. } => sees(source),
            _ => true,
        };
        if windows.iter().all(|window| is_seen(&window.content)) { Ok(()) } else { Err(WallFault::Hidden) }
    }

    /// Others have acted meanwhile. What there is now is told to those who may see it.
    fn conflict(
        &self,
        wall: &WallId,
        sides: &Sides,
        of: Side,
        changed: BTreeSet<WindowId>,
        sees: &Sees<'_>,
    ) -> WallFault {
        let shown = sides.track(of).draft().map(|draft| self.may_show(draft, sees));
        match (shown, self.view(wall, sides, of)) {
            (Some(Err(fault)), _) => fault,
            (_, Ok(current)) => WallFault::Conflict { changed, current: Some(Box::new(current)) },
            (_, Err(WallFault::NothingStaged(_))) => WallFault::Conflict { changed, current: None },
            (_, Err(fault)) => fault,
        }
    }

    /// A side after something that began at revision `was`, with the act that was done, if one was.
    fn acted(&self, wall: &WallId, sides: &Sides, of: Side, was: u64) -> Result<WindowsView, WallFault> {
        let track = sides.track(of);
        let act = if track.revision() == was { None } else { track.undo_act() };
        Ok(WindowsView { act, ..self.view(wall, sides, of)? })
    }

    /// Changes windows, all of it or nothing.
    pub(crate) fn change(&self, wall: &str, wish: Wish, sees: &Sees<'_>) -> Result<WindowsView, WallFault> {
        let Wish { of, base, changes, gesture, remedy, who } = wish;
        let mut walls = self.walls();
        let (wall, sides) = self.followed(&mut walls, wall)?;
        let before = Self::draft(&wall, sides, of)?;
        let touched: BTreeSet<WindowId> = changes.iter().flat_map(Change::windows).cloned().collect();
        if let Err(InTheWay { changed }) = sides.track(of).fits(base, &touched, sides.counter) {
            return Err(self.conflict(&wall, sides, of, changed, sees));
        }
        let (after, opened) = before.change(&self.layout(), &changes)?;
        self.may_show(&after, sees)?;
        let after = self.within_budget(&wall, &before, after, remedy)?;
        let words = match sides.track(of).goes_on(gesture.as_deref()) {
            true => None,
            false => Some(act_words(&who, &wall, &before, &after)),
        };
        self.lay(&wall, of, after.clone(), &who, words)?;
        let was = sides.track(of).revision();
        let (track, counter) = sides.side(of);
        track.act(after, gesture, counter);
        Ok(WindowsView { opened, ..self.acted(&wall, sides, of, was)? })
    }

    /// The hall document with what is on air written into its scenes.
    pub(crate) fn document(&self) -> Result<String, WallFault> {
        let (text, Inner { rules, .. }) = (self.inner.hall.text(), &*self.inner);
        let layout = text.layout();
        let drafts: Vec<Draft> =
            rules.look(|engine| layout.walls().iter().filter_map(|wall| engine.draft(&wall.id)).collect());
        Ok(layouts_edit::export(text.text(), layout, &drafts)?)
    }

    /// Waits until what has been changed is written down.
    pub(crate) async fn written(&self) -> Result<(), StoreError> {
        self.inner.memory.save().await
    }

    /// Puts `draft` on the wall, where it is the wall's. That of a stage is nowhere but in its track.
    fn lay(
        &self,
        wall: &WallId,
        of: Side,
        draft: Draft,
        who: &str,
        words: Option<Words>,
    ) -> Result<(), WallFault> {
        self.inner.memory.touch();
        if of == Side::Stage {
            return Ok(());
        }
        let scene = draft.scene.to_string();
        let told = self.inner.rules.tell(|engine, now| engine.operator_draft(wall, draft, who, words, now));
        told.map_err(|_| WallFault::UnknownScene { wall: wall.clone(), scene })?;
        Ok(())
    }
}

/// Under which key a side of a wall is kept.
fn key(wall: &WallId, of: Side) -> String {
    format!("{WALLS}{wall}/{}", of.name())
}

impl Sides {
    fn track(&self, of: Side) -> &Track {
        match of {
            Side::Air => &self.air,
            Side::Stage => &self.stage,
        }
    }

    /// One side, and the newest revision of both.
    fn side(&mut self, of: Side) -> (&mut Track, &mut u64) {
        let Self { counter, air, stage } = self;
        let track = match of {
            Side::Air => air,
            Side::Stage => stage,
        };
        (track, counter)
    }
}

/// What an act was, for the log.
fn act_words(who: &str, wall: &WallId, before: &Draft, after: &Draft) -> Words {
    let windows = before.differences(after).unwrap_or_default();
    let names: Vec<&str> = windows.iter().take(8).map(WindowId::as_str).collect();
    Words {
        zh: format!("{who} 改动墙 {wall} 的窗口 {}", names.join("、")),
        en: format!("{who} has changed windows on wall {wall}: {}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests;
