//! A side of a wall as it is written down: one value that says which acts there are, and one for each of them, which is written once. Who
//! was in whose way is forgotten with the program: revisions of an earlier run are known to be old.

use super::{Act, Track, UNDO_MAX};
use layouts::{Draft, Layout, SavedDraft};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The form that this program writes.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedTrack {
    version: u32,
    draft: Option<SavedDraft>,
    /// Acts by their numbers, oldest first.
    undo: Vec<u64>,
    redo: Vec<u64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedAct {
    draft: SavedDraft,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gesture: Option<String>,
}

fn act_key(prefix: &str, number: u64) -> String {
    format!("{prefix}/{number:020}")
}

impl Track {
    /// Adds what is to be kept of this side: its values by their keys, which begin with `prefix`. An act that is `kept` already is only
    /// named.
    pub(crate) fn remember_in(
        &self,
        prefix: &str,
        kept: &BTreeSet<String>,
        entries: &mut BTreeMap<String, Option<Vec<u8>>>,
    ) {
        let Self { draft, undo, redo, revision: _, since: _, steps: _ } = self;
        for Act { number, draft, gesture } in undo.iter().chain(redo) {
            let key = act_key(prefix, *number);
            // A value of names and numbers is always JSON.
            let act = || SavedAct { draft: draft.into(), gesture: gesture.clone() };
            let value = if kept.contains(&key) { None } else { serde_json::to_vec(&act()).ok() };
            entries.insert(key, value);
        }
        let numbers = |acts: &mut dyn Iterator<Item = &Act>| acts.map(|act| act.number).collect();
        let saved = SavedTrack {
            version: VERSION,
            draft: draft.as_ref().map(Into::into),
            undo: numbers(&mut undo.iter()),
            redo: numbers(&mut redo.iter()),
        };
        entries.insert(prefix.to_owned(), serde_json::to_vec(&saved).ok());
    }

    /// Goes on where a side was left, with a document that may have changed: acts that lead to scenes which it no longer has are left out.
    /// Nothing where nothing was kept, or nothing that can be understood, which the log says.
    pub(crate) fn restored(
        layout: &Layout,
        prefix: &str,
        entries: &BTreeMap<String, Vec<u8>>,
        revision: u64,
    ) -> Self {
        let track = Self::new(revision);
        let Some(bytes) = entries.get(prefix) else { return track };
        let saved: SavedTrack = match serde_json::from_slice(bytes) {
            Ok(SavedTrack { version, .. }) if version != VERSION => {
                tracing::error!(
                    prefix,
                    version,
                    "what was done to a wall is of another version and is not used"
                );
                return track;
            }
            Ok(saved) => saved,
            Err(error) => {
                tracing::error!(prefix, %error, "what was done to a wall cannot be read");
                return track;
            }
        };
        let SavedTrack { version: _, draft, undo, redo } = saved;
        let act = |number: u64| -> Option<Act> {
            let bytes = entries.get(&act_key(prefix, number))?;
            let SavedAct { draft, gesture } = serde_json::from_slice(bytes).ok()?;
            Some(Act { number, draft: draft.restored(layout)?, gesture })
        };
        let acts = |numbers: Vec<u64>| -> Vec<Act> {
            numbers.into_iter().rev().take(UNDO_MAX).filter_map(act).collect()
        };
        let draft: Option<Draft> = draft.and_then(|draft| draft.restored(layout));
        if draft.is_none() {
            return track;
        }
        let (mut undo, mut redo) = (acts(undo), acts(redo));
        undo.reverse();
        redo.reverse();
        Self { draft, undo: undo.into(), redo, ..track }
    }

    /// What it is, without its revisions.
    #[cfg(test)]
    pub(crate) fn essence(&self) -> String {
        let acts = |acts: &mut dyn Iterator<Item = &Act>| {
            acts.map(|act| (act.draft.clone(), act.gesture.clone())).collect::<Vec<_>>()
        };
        let (undo, redo) = (acts(&mut self.undo.iter()), acts(&mut self.redo.iter()));
        format!("{:?} {undo:?} {redo:?}", self.draft)
    }

    /// The greatest number of an act; 0 where there is none.
    pub(crate) fn newest(&self) -> u64 {
        self.undo.iter().chain(&self.redo).map(|act| act.number).max().unwrap_or(0)
    }
}
