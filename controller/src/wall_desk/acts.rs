//! Acts on a whole side of a wall: back and forth again, the scene as it is written, the stage, and a scene straight on air.
//!
//! Each may name the revision that its author has seen; what somebody else has done since stands in its way then. Nothing is shown that
//! the one who acts may not see.

use super::{InTheWay, Remedy, Sees, Side, Sides, WallDesk, WallFault, WindowsView};
use crate::node_service::SceneRecalled;
use layouts::{Draft, Words};
use media::{SceneId, WallId, WindowId};
use std::collections::BTreeSet;

/// Who acts on a side as a whole, and upon what.
pub(crate) struct Doing<'a> {
    /// Who.
    pub(crate) who: String,
    /// What they may see.
    pub(crate) sees: &'a Sees<'a>,
    /// The revision that they have seen, where they say it.
    pub(crate) base: Option<u64>,
    /// What may be done besides where nodes could not decode it.
    pub(crate) remedy: Option<Remedy>,
}

/// One act back, or forth again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turn {
    /// Of which side.
    pub(crate) of: Side,
    /// Back, not forth.
    pub(crate) back: bool,
    /// The number of the act that is meant, where it has to be that one.
    pub(crate) act: Option<u64>,
}

impl WallDesk {
    /// Goes one act back, or forth again.
    pub(crate) fn undo(&self, wall: &str, turn: Turn, doing: Doing<'_>) -> Result<WindowsView, WallFault> {
        let (Turn { of, back, act }, Doing { who, sees, base, remedy }) = (turn, doing);
        let mut walls = self.walls();
        let (wall, sides) = self.followed(&mut walls, wall)?;
        let track = sides.track(of);
        let (target, newest, nothing) = match back {
            true => (track.undoing(), track.undo_act(), WallFault::NothingToUndo),
            false => (track.redoing(), track.redo_act(), WallFault::NothingToRedo),
        };
        let target = target.cloned().ok_or(nothing)?;
        self.may_show(&target, sees)?;
        let before = Self::draft(&wall, sides, of)?;
        let touched = before.differences(&target);
        if act.is_some() && act != newest {
            return Err(self.conflict(&wall, sides, of, touched.unwrap_or_default(), sees));
        }
        self.upon(&wall, sides, of, (base, touched.as_ref()), sees)?;
        let target = self.within_budget(&wall, &before, target, remedy)?;
        self.lay(&wall, of, target.clone(), &who, Some(turn_words(&who, &wall, back)))?;
        let (track, counter) = sides.side(of);
        let act = if back {
            track.undone(target, counter);
            track.redo_act()
        } else {
            track.redone(target, counter);
            track.undo_act()
        };
        Ok(WindowsView { act, ..self.view(&wall, sides, of)? })
    }

    /// Makes one side the scene as the document has it; that can be undone like any act.
    pub(crate) fn reset(&self, wall: &str, of: Side, doing: Doing<'_>) -> Result<WindowsView, WallFault> {
        let Doing { who, sees, base, remedy } = doing;
        let mut walls = self.walls();
        let (wall, sides) = self.followed(&mut walls, wall)?;
        let before = Self::draft(&wall, sides, of)?;
        let plain = Draft::of(before.scene.clone());
        self.may_show(&plain, sees)?;
        let touched = before.differences(&plain);
        self.upon(&wall, sides, of, (base, touched.as_ref()), sees)?;
        let plain = self.within_budget(&wall, &before, plain, remedy)?;
        let words = Words {
            zh: format!("{who} 将墙 {wall} 恢复为场景原样"),
            en: format!("{who} has put wall {wall} back to its scene as it is written"),
        };
        self.lay(&wall, of, plain.clone(), &who, Some(words))?;
        let was = sides.track(of).revision();
        let (track, counter) = sides.side(of);
        track.act(plain, None, counter);
        self.acted(&wall, sides, of, was)
    }

    /// Puts a scene on the stage, or empties it.
    pub(crate) fn stage(
        &self,
        wall: &str,
        scene: Option<&str>,
        doing: Doing<'_>,
    ) -> Result<Option<WindowsView>, WallFault> {
        let Doing { who: _, sees, base, remedy: _ } = doing;
        let mut walls = self.walls();
        let (wall, sides) = self.followed(&mut walls, wall)?;
        let draft = match scene {
            None => None,
            Some(name) => Some(Draft::of(self.scene_of(&wall, name)?)),
        };
        if let Some(draft) = &draft {
            self.may_show(draft, sees)?;
        }
        self.upon(&wall, sides, Side::Stage, (base, None), sees)?;
        let was = sides.stage.revision();
        let is_empty = draft.is_none();
        let (stage, counter) = sides.side(Side::Stage);
        match draft {
            Some(draft) => stage.act(draft, None, counter),
            None => stage.follow(None, false, counter),
        }
        self.inner.memory.touch();
        if is_empty { Ok(None) } else { self.acted(&wall, sides, Side::Stage, was).map(Some) }
    }

    /// Puts what is staged on air; the stage is empty then. What it is based on is the stage as its author has seen it.
    pub(crate) fn take(&self, wall: &str, doing: Doing<'_>) -> Result<WindowsView, WallFault> {
        let Doing { who, sees, base, remedy } = doing;
        let mut walls = self.walls();
        let (wall, sides) = self.followed(&mut walls, wall)?;
        let staged = Self::draft(&wall, sides, Side::Stage)?;
        self.may_show(&staged, sees)?;
        self.upon(&wall, sides, Side::Stage, (base, None), sees)?;
        let before = Self::draft(&wall, sides, Side::Air)?;
        let staged = self.within_budget(&wall, &before, staged, remedy)?;
        let words = Words {
            zh: format!("{who} 将预监场景 {} 切出到墙 {wall}", staged.scene),
            en: format!("{who} has taken the staged scene {} on wall {wall}", staged.scene),
        };
        self.lay(&wall, Side::Air, staged.clone(), &who, Some(words))?;
        let was = sides.air.revision();
        let Sides { counter, air, stage } = &mut *sides;
        air.act(staged, None, counter);
        stage.follow(None, false, counter);
        self.acted(&wall, sides, Side::Air, was)
    }

    /// Brings a scene of the document straight on its wall; an alarm that is due stays on top. What rules bring does not come this way.
    pub(crate) fn recall(
        &self,
        wall: &WallId,
        scene: &SceneId,
        doing: Doing<'_>,
    ) -> Result<SceneRecalled, WallFault> {
        let Doing { who, sees, base, remedy } = doing;
        let mut walls = self.walls();
        let (wall, sides) = self.followed(&mut walls, wall.as_str())?;
        let plain = Draft::of(scene.clone());
        self.may_show(&plain, sees)?;
        self.upon(&wall, sides, Side::Air, (base, None), sees)?;
        let before = Self::draft(&wall, sides, Side::Air)?;
        let after = self.within_budget(&wall, &before, plain, remedy)?;
        let words = Words {
            zh: format!("{who} 选择场景 {scene}，墙 {wall}"),
            en: format!("{who} has chosen scene {scene} on wall {wall}"),
        };
        self.lay(&wall, Side::Air, after.clone(), &who, Some(words))?;
        let (air, counter) = sides.side(Side::Air);
        air.act(after, None, counter);
        let behind = self.inner.rules.look(|engine| engine.covering(&wall));
        Ok(SceneRecalled { wall, scene: scene.clone(), revision: self.inner.desk.revision(), behind })
    }

    /// Refuses what was thought of at an older revision, where somebody has changed since what it touches: the windows that are named, or
    /// everything of the side. Without a revision nothing is in its way.
    fn upon(
        &self,
        wall: &WallId,
        sides: &Sides,
        of: Side,
        (base, touched): (Option<u64>, Option<&BTreeSet<WindowId>>),
        sees: &Sees<'_>,
    ) -> Result<(), WallFault> {
        let Some(base) = base else { return Ok(()) };
        let track = sides.track(of);
        let fits = match touched {
            Some(touched) => track.fits(base, touched, sides.counter),
            None => track.unchanged(base, sides.counter),
        };
        fits.map_err(|InTheWay { changed }| self.conflict(wall, sides, of, changed, sees))
    }

    fn scene_of(&self, wall: &WallId, name: &str) -> Result<SceneId, WallFault> {
        let layout = self.layout();
        let found = layout.scenes_of(wall).find(|scene| scene.id.as_str() == name);
        let unknown = || WallFault::UnknownScene { wall: wall.clone(), scene: name.to_owned() };
        found.map(|scene| scene.id.clone()).ok_or_else(unknown)
    }
}

/// What going back or forth was, for the log.
fn turn_words(who: &str, wall: &WallId, back: bool) -> Words {
    match back {
        true => Words {
            zh: format!("{who} 撤销了墙 {wall} 上的操作"),
            en: format!("{who} has undone an act on wall {wall}"),
        },
        false => Words {
            zh: format!("{who} 重做了墙 {wall} 上的操作"),
            en: format!("{who} has done an act on wall {wall} again"),
        },
    }
}
