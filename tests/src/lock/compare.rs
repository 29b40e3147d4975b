//! What the pixels of many nodes say when they are laid side by side, tick by tick.

use super::SCENES;
use crate::watch::{Seen, Watch};
use std::collections::{BTreeMap, BTreeSet};

/// One window on one node at one tick: node, window, frame.
type Sight<'a> = (usize, &'a str, Option<u32>);

/// How far the nodes of a wall showed the same frames.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Agreement {
    /// Ticks on which at least two nodes showed a camera.
    pub ticks: u64,
    /// Comparisons: cameras times ticks.
    pub compared: u64,
    /// Those in which two nodes showed different frames: tick, window, frame by node.
    pub differing: Vec<(u64, String, BTreeMap<usize, u32>)>,
    /// Pictures of a node on which no counter could be read in a window of the scene.
    pub unreadable: u64,
    /// Pictures that never came: node times ticks from the first tick of all to the last of all.
    pub missing: u64,
    /// Node times ticks.
    pub expected: u64,
}

impl Agreement {
    /// Lays the histories of `scene`'s windows from `from_ns` on side by side.
    pub fn of(watches: &[Watch], scene: &str, from_ns: u128) -> Self {
        let mut agreement = Self::default();
        let Some(first) = watches.first() else { return agreement };
        let prefix = format!("{scene}/");
        let names = first.windows().iter().map(|window| window.name.clone());
        let names: Vec<String> = names.filter(|name| name.starts_with(&prefix)).collect();
        let mut ticks: BTreeMap<u64, Vec<Sight<'_>>> = BTreeMap::new();
        for (node, watch) in watches.iter().enumerate() {
            for name in &names {
                for Seen { tick, frame, .. } in watch.since(name, from_ns) {
                    ticks.entry(*tick).or_default().push((node, name, *frame));
                }
            }
        }
        // The last ticks are still on their way through the taps of some nodes.
        for _ in 0..3 {
            ticks.pop_last();
        }
        if let (Some((first, _)), Some((last, _))) = (ticks.first_key_value(), ticks.last_key_value()) {
            agreement.expected = (last - first + 1) * watches.len() as u64;
        }
        let mut seen = 0;
        for (tick, rows) in &ticks {
            seen += rows.iter().map(|(node, ..)| node).collect::<BTreeSet<_>>().len() as u64;
            agreement.take(*tick, rows, &names);
        }
        agreement.missing = agreement.expected - seen;
        agreement
    }

    fn take(&mut self, tick: u64, rows: &[Sight<'_>], names: &[String]) {
        let before = self.compared;
        for name in names {
            let of_window = || rows.iter().filter(|(_, window, _)| window == name);
            self.unreadable += of_window().filter(|(.., frame)| frame.is_none()).count() as u64;
            let frames: BTreeMap<usize, u32> =
                of_window().filter_map(|(node, _, frame)| Some((*node, (*frame)?))).collect();
            if frames.len() < 2 {
                continue;
            }
            self.compared += 1;
            if frames.values().collect::<BTreeSet<_>>().len() > 1 {
                self.differing.push((tick, name.clone(), frames));
            }
        }
        self.ticks += u64::from(self.compared > before);
    }
}

/// Which scene stood on which node, tick by tick.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scenes {
    /// Ticks that were compared.
    pub ticks: u64,
    /// Ticks on which two nodes stood in different scenes.
    pub torn: Vec<u64>,
    /// How often the wall changed from one scene to another.
    pub changes: u64,
    /// Pictures of a node that belong to no scene: parts of two, or unreadable.
    pub unclear: u64,
}

impl Scenes {
    /// Reads the scene out of every picture from `from_ns` on: the one all of whose windows hold their own camera.
    pub fn of(watches: &[Watch], from_ns: u128) -> Self {
        let mut ticks: BTreeMap<u64, Vec<Option<usize>>> = BTreeMap::new();
        for watch in watches {
            let mut of_node: BTreeMap<u64, Vec<bool>> = BTreeMap::new();
            for (index, scene) in SCENES.iter().enumerate() {
                let windows =
                    watch.windows().iter().filter(|window| window.name.starts_with(&format!("{scene}/")));
                for window in windows {
                    for seen in watch.since(&window.name, from_ns) {
                        let whole = of_node.entry(seen.tick).or_insert_with(|| vec![true; SCENES.len()]);
                        whole[index] &= seen.frame.is_some();
                    }
                }
            }
            for (tick, whole) in of_node {
                ticks.entry(tick).or_default().push(whole.iter().position(|whole| *whole));
            }
        }
        for _ in 0..3 {
            ticks.pop_last();
        }
        let mut scenes = Self::default();
        let mut last = None;
        for (tick, found) in &ticks {
            scenes.unclear += found.iter().filter(|scene| scene.is_none()).count() as u64;
            let known: BTreeSet<usize> = found.iter().copied().flatten().collect();
            scenes.ticks += 1;
            if known.len() > 1 {
                scenes.torn.push(*tick);
            }
            if let (1, Some(scene)) = (known.len(), known.first()) {
                scenes.changes += u64::from(last.is_some_and(|last| last != *scene));
                last = Some(*scene);
            }
        }
        scenes
    }
}
