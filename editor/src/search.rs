//! What is looked for among the sources of the document.

use layouts::{Layout, Place, Words};
use layouts_search::Index;
use media::SourceId;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The search of the palette.
pub(crate) struct Search {
    /// What was typed.
    pub words: String,
    /// The tag that sources must bear.
    pub tag: Option<String>,
    /// The path of the grid, or its beginning, at which they must stand.
    pub place: Option<String>,
    /// Whether sources are shown in the tree of the grid.
    pub by_grid: bool,
    /// The paths of the tree's levels that are open.
    pub open: BTreeSet<String>,
    index: Index,
    layout: Arc<Layout>,
}

impl Search {
    /// Over the sources of `layout`.
    pub fn new(layout: &Arc<Layout>) -> Self {
        let index = Index::new(layout);
        Self {
            words: String::new(),
            tag: None,
            place: None,
            by_grid: false,
            open: BTreeSet::new(),
            index,
            layout: layout.clone(),
        }
    }

    /// Over the sources of `layout`, where they are others.
    pub fn refresh(&mut self, layout: &Arc<Layout>) {
        if Arc::ptr_eq(layout, &self.layout) {
            return;
        }
        // Pinyin of a thousand names costs more than comparing them.
        if !layout.sources().eq(self.layout.sources()) {
            self.index = Index::new(layout);
        }
        self.layout = layout.clone();
    }

    /// The sources that fit, best first.
    pub fn found(&self) -> Vec<SourceId> {
        self.index
            .find(&self.words, self.tag.as_deref(), self.place.as_deref())
            .into_iter()
            .cloned()
            .collect()
    }
}

/// A level of the grid at which sources stand: its path, how deep it lies, its name.
pub(crate) type Level = (String, usize, Words);

/// All of them, each before what lies in it.
pub(crate) fn levels(layout: &Layout) -> Vec<Level> {
    let mut levels: BTreeMap<Vec<&str>, &Words> = BTreeMap::new();
    for Place { path, names } in layout.sources().filter_map(|source| source.place.as_ref()) {
        for (depth, name) in names.iter().enumerate() {
            levels.entry(path.iter().take(depth + 1).map(String::as_str).collect()).or_insert(name);
        }
    }
    levels.into_iter().map(|(path, name)| (path.join("/"), path.len() - 1, name.clone())).collect()
}
