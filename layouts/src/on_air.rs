//! What a wall shows, and how far a change of scenes has come: a matter of ticks alone, so that every node agrees.

use crate::layout::{Easing, Layout, Scene, TransitionKind, Wall};
use media::{CanvasFrame, SceneId};

/// Progress is counted in 1/65536 of the way.
pub(crate) const WHOLE: u32 = 65_536;

/// The scene on the air of one wall, and what it replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnAir {
    /// What is shown.
    pub scene: SceneId,
    /// What it replaced, while that can still be seen. Without it, and where it is made for another wall, `scene` comes
    /// on by a cut.
    pub from: Option<SceneId>,
    /// The first tick of `scene`. Before it, `from` is shown alone.
    pub since: CanvasFrame,
}

/// What is to be drawn at one tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment<'a> {
    /// One scene.
    Still(&'a Scene),
    /// A scene on its way to another one.
    Change {
        from: &'a Scene,
        to: &'a Scene,
        /// Never a cut.
        kind: TransitionKind,
        /// 1 to [`WHOLE`].
        progress: u32,
    },
}

impl OnAir {
    /// `scene` alone, since ever.
    pub fn still(scene: SceneId) -> Self {
        Self { scene, from: None, since: CanvasFrame(0) }
    }

    /// The first tick that shows nothing but `scene`; `from` may be dropped from then on.
    ///
    /// A transition of *n* ticks shows *k + 1* *n*ths of the way at tick `since + k`: the first tick already moves, and the
    /// last one, `since + n − 1`, is the new scene itself. A cut is a transition of one tick. *n* is `duration_ms` in ticks
    /// of the wall, rounded to the nearest (half a tick up), at least 1.
    pub fn ends(&self, layout: &Layout) -> CanvasFrame {
        CanvasFrame(self.since.0.saturating_add(self.ticks(layout) - 1))
    }

    /// Whether tick `canvas_frame` shows nothing but `scene`.
    pub fn is_over(&self, layout: &Layout, canvas_frame: CanvasFrame) -> bool {
        canvas_frame >= self.ends(layout)
    }

    /// The transition's length in ticks, at least 1.
    pub fn ticks(&self, layout: &Layout) -> u64 {
        let Some((scene, _)) = self.change(layout) else { return 1 };
        let Some(wall) = layout.wall(&scene.wall) else { return 1 };
        let thousandths = u64::from(scene.transition.duration_ms) * u64::from(wall.tick.hz());
        ((thousandths + 500) / 1000).max(1)
    }

    /// The scene on air and the one that it replaces in more than one tick, if it does.
    pub(crate) fn change<'a>(&self, layout: &'a Layout) -> Option<(&'a Scene, &'a Scene)> {
        let scene = layout.scene(&self.scene)?;
        let from = layout.scene(self.from.as_ref()?).filter(|from| from.wall == scene.wall)?;
        (scene.transition.kind != TransitionKind::Cut).then_some((scene, from))
    }

    /// What `wall` shows at tick `canvas_frame`; `None` when nothing on air is made for it.
    pub(crate) fn at<'a>(
        &self,
        layout: &'a Layout,
        wall: &Wall,
        canvas_frame: CanvasFrame,
    ) -> Option<Moment<'a>> {
        let here = |id: &SceneId| layout.scene(id).filter(|scene| scene.wall == wall.id);
        let to = here(&self.scene);
        let from = self.from.as_ref().and_then(here);
        let Some(step) = canvas_frame.0.checked_sub(self.since.0) else {
            return from.or(to).map(Moment::Still);
        };
        let (to, ticks) = (to?, self.ticks(layout));
        match from {
            Some(from) if step + 1 < ticks => {
                let crate::layout::Transition { kind, easing, duration_ms: _ } = to.transition;
                Some(Moment::Change { from, to, kind, progress: easing.progress(step + 1, ticks) })
            }
            _ => Some(Moment::Still(to)),
        }
    }
}

impl Easing {
    /// How far a transition has come after `step` of its `ticks`, in 1/65536, rounded down; 0 at the start, 65536 at the end, and
    /// never backwards.
    ///
    /// With t for the part of the time that has passed: `Even` is t; `Out` is 1 − (1 − t)³; `InOut` is 4t³ up to the middle and
    /// 1 − 4(1 − t)³ from there on.
    pub fn progress(self, step: u64, ticks: u64) -> u32 {
        let whole = u64::from(WHOLE);
        let even = step.min(ticks) * whole / ticks.max(1);
        let cube = |part: u64| (part * part * part) >> 32;
        let rest = whole - even;
        let eased = match self {
            Self::Even => even,
            Self::Out => whole - cube(rest),
            Self::InOut if even <= rest => 4 * cube(even),
            Self::InOut => whole - 4 * cube(rest),
        };
        u32::try_from(eased).unwrap_or(WHOLE)
    }
}

/// The number `progress` of the way from `from` to `to`, rounded to the nearest: exact at both ends, and numbers that lie
/// at least one apart at both ends do so all the way.
pub(crate) fn between(from: i64, to: i64, progress: u32) -> i64 {
    let way = i128::from(to - from) * i128::from(progress);
    from + i64::try_from((way + 32_768) >> 16).unwrap_or(to - from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_starts_at_nothing_ends_at_the_whole_and_never_goes_back() {
        for easing in [Easing::Even, Easing::Out, Easing::InOut] {
            for ticks in [1, 2, 3, 10, 24, 240, 2400] {
                let way: Vec<u32> = (0..=ticks).map(|step| easing.progress(step, ticks)).collect();
                assert_eq!((way[0], way[ticks as usize]), (0, WHOLE));
                assert!(way.windows(2).all(|pair| pair[0] <= pair[1]), "{easing:?} in {ticks} ticks");
                assert!(way[1] > 0 || easing == Easing::InOut, "the first tick moves");
            }
        }
    }

    #[test]
    fn what_eases_out_arrives_gently_and_what_eases_in_sets_off_gently_too() {
        let steps = |easing: Easing| -> Vec<u32> {
            (0..10).map(|at| easing.progress(at + 1, 10) - easing.progress(at, 10)).collect()
        };
        let out = steps(Easing::Out);
        assert!(out.windows(2).all(|pair| pair[1] < pair[0]));
        assert!(out[0] > WHOLE / 4 && out[9] < WHOLE / 500);
        let both = steps(Easing::InOut);
        assert!(both[..5].windows(2).all(|pair| pair[0] < pair[1]));
        assert!(both.iter().zip(both.iter().rev()).all(|(one, other)| one.abs_diff(*other) <= 8), "{both:?}");
        let even = steps(Easing::Even);
        assert!(even.iter().all(|step| step.abs_diff(WHOLE / 10) <= 1));
    }

    #[test]
    fn ways_are_exact_at_their_ends_and_edges_never_cross() {
        let places = [-(1 << 40), -65_537, -1, 0, 1, 3, 65_536, 1 << 40];
        for from in places {
            for to in places {
                assert_eq!((between(from, to, 0), between(from, to, WHOLE)), (from, to));
                for progress in [1, 13, 32_767, 32_768, 65_535] {
                    let (left, right) = (between(from, to, progress), between(from + 1, to + 1, progress));
                    assert!(left < right, "{from} to {to} at {progress}");
                    assert!(left >= from.min(to) && left <= from.max(to));
                }
            }
        }
    }
}
