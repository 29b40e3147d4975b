//! A source goes: not while a window shows it, and afterwards no way leads back to it.

use super::{Side, Sides, WallDesk, WallFault, act_words};
use layouts::{Change, Draft, Shows, Window, WindowContent};
use media::{SourceId, WallId, WindowId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A window that shows a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ShownBy {
    /// On which wall.
    pub(crate) wall: WallId,
    /// `air` or `stage`.
    pub(crate) of: String,
    /// Which window.
    pub(crate) window: WindowId,
}

impl WallDesk {
    /// The windows that show `source`, on every wall, on air and staged.
    pub(crate) fn shown_by(&self, source: &SourceId) -> Vec<ShownBy> {
        self.shown_in(&mut self.walls(), source)
    }

    /// Does `removal`, after which there is no `source`, unless windows show it: those are given then, and nothing is done. Nobody
    /// can open one meanwhile.
    pub(crate) fn remove_source(
        &self,
        source: &SourceId,
        removal: impl FnOnce(),
    ) -> Result<(), Vec<ShownBy>> {
        let mut walls = self.walls();
        let shown = self.shown_in(&mut walls, source);
        if !shown.is_empty() {
            return Err(shown);
        }
        removal();
        self.inner.memory.touch();
        for sides in walls.values_mut() {
            sides.air.forget_drafts(|draft| names(draft, source));
            sides.stage.forget_drafts(|draft| names(draft, source));
        }
        Ok(())
    }

    /// Closes every window that operators can close and that shows `source`.
    pub(crate) fn close_source(&self, source: &SourceId, who: &str) -> Result<(), WallFault> {
        let layout = self.layout();
        let mut walls = self.walls();
        for name in walls.keys().cloned().collect::<Vec<_>>() {
            let (wall, sides) = self.followed(&mut walls, name.as_str())?;
            for of in [Side::Air, Side::Stage] {
                let Ok(before) = Self::draft(&wall, sides, of) else { continue };
                let shown = before.windows(&layout)?.into_iter().filter(|window| shows(window, source));
                let changes: Vec<Change> = shown.map(|window| Change::Close { window: window.id }).collect();
                if changes.is_empty() {
                    continue;
                }
                let (after, _) = before.change(&layout, &changes)?;
                let words = act_words(who, &wall, &before, &after);
                self.lay(&wall, of, after.clone(), who, Some(words))?;
                let Sides { counter, air, stage } = &mut *sides;
                let track = if of == Side::Air { air } else { stage };
                track.act(after, None, counter);
            }
        }
        Ok(())
    }

    fn shown_in(&self, walls: &mut BTreeMap<WallId, Sides>, source: &SourceId) -> Vec<ShownBy> {
        let layout = self.layout();
        let mut found = Vec::new();
        for name in walls.keys().cloned().collect::<Vec<_>>() {
            let Ok((wall, sides)) = self.followed(walls, name.as_str()) else { continue };
            // An alarm's picture lies over what operators have made, and goes on needing its sources, too.
            let picture = self.inner.rules.look(|engine| engine.picture(&wall).cloned());
            let covering = picture.map(|picture| Draft {
                scene: picture.scene,
                fills: picture.fills.into_iter().collect(),
                edits: picture.edits,
            });
            let drafts = [
                (Side::Air, sides.air.draft()),
                (Side::Air, covering.as_ref()),
                (Side::Stage, sides.stage.draft()),
            ];
            for (of, draft) in drafts {
                let windows = draft.and_then(|draft| draft.windows(&layout).ok()).unwrap_or_default();
                for Window { id: window, .. } in windows.into_iter().filter(|window| shows(window, source)) {
                    let line = ShownBy { wall: wall.clone(), of: of.name().to_owned(), window };
                    if !found.contains(&line) {
                        found.push(line);
                    }
                }
            }
        }
        found
    }
}

fn shows(window: &Window, source: &SourceId) -> bool {
    matches!(&window.content, WindowContent::Source { source: shown, .. } if shown == source)
}

/// Whether a draft speaks of `source` at all.
fn names(draft: &Draft, source: &SourceId) -> bool {
    let edited = |shows: &Shows| matches!(shows, Shows::Source { source: shown, .. } if shown == source);
    draft.fills.values().any(|fill| fill == source)
        || draft.edits.values().any(|edit| edit.shows.as_ref().is_some_and(edited))
}
