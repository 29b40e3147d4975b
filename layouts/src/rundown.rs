//! What goes on the air of one wall, in order: the scene that is shown, those whose tick has been decided, and the one that is
//! to be prepared. Every node that has been told the same shows the same at every tick.

use crate::layout::Layout;
use crate::on_air::OnAir;
use media::{CanvasFrame, SceneId};
use std::collections::VecDeque;

/// The order of scenes on one wall, as one node has been told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rundown {
    revision: u64,
    on_air: OnAir,
    /// Decided and not shown yet, soonest first: at most what a revision found decided, and what it has itself put on air.
    coming: VecDeque<OnAir>,
    next: Option<SceneId>,
}

/// What a tick has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Another scene is on air.
    Switched,
    /// What was on air before is seen no longer.
    Over,
}

impl Rundown {
    /// Begins with `on_air` of `revision`, whose tick may be yet to come; `next` is to be prepared.
    pub fn new(revision: u64, on_air: OnAir, next: Option<SceneId>) -> Self {
        match on_air.from.clone() {
            Some(from) => Self { revision, on_air: OnAir::still(from), coming: [on_air].into(), next },
            None => Self { revision, on_air, coming: VecDeque::new(), next },
        }
    }

    /// Follows a newer revision, at `tick`. A scene whose tick is yet to come waits for it.
    pub fn follow(&mut self, revision: u64, on_air: OnAir, next: Option<SceneId>, tick: CanvasFrame) {
        (self.revision, self.next) = (revision, next);
        self.coming.clear();
        if on_air.since <= tick {
            self.on_air = on_air;
            return;
        }
        // Whoever has missed the scene before joins the others in it until then.
        if let Some(from) = on_air.from.as_ref().filter(|from| **from != self.on_air.scene) {
            self.on_air = OnAir::still(from.clone());
        }
        self.coming.push_back(on_air);
    }

    /// Puts on air what `revision` has this wall prepare, at tick `at`, or at once when that has passed. Any other revision
    /// is not followed any more, or not yet.
    pub fn activate(&mut self, revision: u64, at: CanvasFrame) {
        if revision == self.revision
            && let Some(scene) = self.next.take()
        {
            let from = Some(self.last().clone());
            self.coming.push_back(OnAir { scene, from, since: at });
        }
    }

    /// Lets tick `frame` come.
    pub fn turn(&mut self, layout: &Layout, frame: CanvasFrame) -> Option<Turn> {
        let mut turn = None;
        while let Some(coming) = self.coming.pop_front_if(|coming| frame >= coming.since) {
            self.on_air = coming;
            turn = Some(Turn::Switched);
        }
        let on_air = &self.on_air;
        if on_air.from.is_some() && frame >= on_air.since && on_air.is_over(layout, frame) {
            self.on_air.from = None;
            turn = turn.or(Some(Turn::Over));
        }
        turn
    }

    /// The revision that is followed.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// What is shown.
    pub fn on_air(&self) -> &OnAir {
        &self.on_air
    }

    /// What is to be prepared.
    pub fn next(&self) -> Option<&SceneId> {
        self.next.as_ref()
    }

    /// The way from scene to scene beyond what is shown, up to the one that is to be prepared.
    pub fn ahead(&self) -> Vec<OnAir> {
        let next = self.next.clone().map(|scene| {
            // No tick is decided yet; the way is the same from any.
            OnAir { scene, from: Some(self.last().clone()), since: CanvasFrame(0) }
        });
        self.coming.iter().cloned().chain(next).collect()
    }

    /// The newest decision: what is shown last of all that is decided.
    pub fn decided(&self) -> &OnAir {
        self.coming.back().unwrap_or(&self.on_air)
    }

    fn last(&self) -> &SceneId {
        &self.decided().scene
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scene(name: &str) -> SceneId {
        SceneId::new(name).unwrap()
    }

    fn on_air(name: &str, from: Option<&str>, since: u64) -> OnAir {
        OnAir { scene: scene(name), from: from.map(scene), since: CanvasFrame(since) }
    }

    fn layout() -> Layout {
        let scene = |id: &str, transition: &str| {
            format!("[[scene]]\nid = \"{id}\"\nwall = \"main\"\nwindow = []\n{transition}\n")
        };
        let fade = "transition = { kind = \"fade\", duration_ms = 160 }";
        let text = format!(
            "version = 1\nhall = {{ name = \"x\" }}\n[[wall]]\nid = \"main\"\ntick_hz = 25\ncanvas_px_per_mm = 1.0\n\
             [[wall.screen]]\nid = \"a\"\nnode = \"n\"\noutput = 1\nresolution = [640, 360]\nposition_mm = [0, 0]\n\
             size_mm = [640, 360]\n{}{}{}",
            scene("a", ""),
            scene("b", fade),
            scene("c", "")
        );
        crate::parse(&text, "hall.toml").unwrap()
    }

    /// The scene at each tick from 0 on, with the one that is still seen behind it.
    fn shown(rundown: &mut Rundown, ticks: std::ops::Range<u64>) -> String {
        let layout = layout();
        let mut all = String::new();
        for frame in ticks {
            rundown.turn(&layout, CanvasFrame(frame));
            let OnAir { scene, from, .. } = rundown.on_air();
            all.push_str(&format!(
                "{scene}{} ",
                from.as_ref().map_or(String::new(), |from| format!("<{from}"))
            ));
        }
        all.trim_end().to_owned()
    }

    #[test]
    fn what_is_prepared_goes_on_air_at_its_tick_and_lets_go_of_what_was() {
        let mut rundown = Rundown::new(1, on_air("a", None, 0), Some(scene("b")));
        rundown.activate(2, CanvasFrame(1));
        rundown.activate(1, CanvasFrame(2));
        rundown.activate(1, CanvasFrame(1));
        assert_eq!(shown(&mut rundown, 0..7), "a a b<a b<a b<a b b");
    }

    #[test]
    fn an_activation_that_comes_late_switches_into_the_middle_of_the_transition() {
        let mut rundown = Rundown::new(1, on_air("a", None, 0), Some(scene("b")));
        assert_eq!(shown(&mut rundown, 0..4), "a a a a");
        rundown.activate(1, CanvasFrame(2));
        assert_eq!(rundown.turn(&layout(), CanvasFrame(4)), Some(Turn::Switched));
        assert_eq!(rundown.turn(&layout(), CanvasFrame(5)), Some(Turn::Over));
        assert_eq!(rundown.on_air(), &on_air("b", None, 2));
    }

    #[test]
    fn a_second_change_before_the_first_has_come_does_not_swallow_it() {
        let mut rundown = Rundown::new(1, on_air("a", None, 0), Some(scene("c")));
        rundown.activate(1, CanvasFrame(3));
        rundown.follow(2, on_air("c", Some("a"), 3), Some(scene("a")), CanvasFrame(1));
        rundown.activate(2, CanvasFrame(5));
        assert_eq!(rundown.ahead().len(), 2);
        assert_eq!(shown(&mut rundown, 1..7), "a a c c a a");
    }

    #[test]
    fn whoever_begins_before_a_change_shows_what_the_others_do() {
        let mut rundown = Rundown::new(1, on_air("c", Some("a"), 3), None);
        assert_eq!(rundown.on_air().scene.as_str(), "a", "its sources are needed at once");
        assert_eq!(shown(&mut rundown, 2..5), "a c c");
        let mut late = Rundown::new(1, on_air("b", Some("a"), 1), None);
        assert_eq!(shown(&mut late, 3..5), "b<a b");
    }

    #[test]
    fn whoever_missed_a_change_joins_the_others_before_the_next_one() {
        let mut rundown = Rundown::new(1, on_air("a", None, 0), None);
        rundown.follow(3, on_air("c", Some("b"), 3), None, CanvasFrame(1));
        assert_eq!(shown(&mut rundown, 1..5), "b b c c");
    }

    #[test]
    fn a_newer_revision_calls_off_what_was_decided_before() {
        let mut rundown = Rundown::new(1, on_air("a", None, 0), Some(scene("b")));
        rundown.activate(1, CanvasFrame(3));
        rundown.follow(2, on_air("a", None, 0), None, CanvasFrame(1));
        assert_eq!(shown(&mut rundown, 1..5), "a a a a");
    }
}
