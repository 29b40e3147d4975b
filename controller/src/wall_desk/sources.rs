//! The sources that operators look for, and how they stand.

use super::WallDesk;
use crate::data::Said;
use crate::source_desk;
use crate::status::SourceStatus;
use layouts::{Draft, Layout, Place, Source, WindowContent};
use layouts_edit::HallText;
use media::{Endpoint, SourceId, WallId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};

/// Most sources of one answer.
pub(crate) const PAGE_MAX: usize = 1000;
const PAGE: usize = 200;

/// What is looked for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SourceQuery {
    /// Parts of id, names, place, tags, or their sound; all that stand between blanks must be found.
    search: Option<String>,
    /// A tag.
    tag: Option<String>,
    /// A path of the grid, or its beginning.
    place: Option<String>,
    /// How it stands.
    state: Option<String>,
    /// The last source of the page before.
    after: Option<String>,
    /// Most sources of the answer.
    limit: Option<usize>,
}

impl SourceQuery {
    /// Where the page behind `last` is.
    pub(crate) fn behind(&self, last: &SourceId) -> String {
        let Self { search, tag, place, state, after: _, limit } = self;
        let mut path = format!("/v1/sources?after={last}&limit={}", lines_of(*limit));
        for (name, value) in [("search", search), ("tag", tag), ("place", place), ("state", state)] {
            if let Some(value) = value {
                let value: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
                path += &format!("&{name}={value}");
            }
        }
        path
    }
}

/// Lines of a page.
fn lines_of(limit: Option<usize>) -> usize {
    limit.unwrap_or(PAGE).clamp(1, PAGE_MAX)
}

/// A source as operators see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceLine {
    /// Which source.
    pub source: SourceId,
    /// Its name.
    pub label: Said,
    /// The names of the levels of the grid where it stands, outermost first.
    pub place: Vec<Said>,
    /// The path of its place; empty where the document says nothing of it.
    pub path: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// `rtsp`, `rtmp`, `http`, `srt`, `udp`, `file` or `image`.
    pub kind: String,
    /// `connecting`, `live`, `stale`, `lost` or `unread`.
    pub state: String,
    /// Half of its pictures were younger than this when shown.
    pub age_ms: Option<u32>,
    /// New pictures a second.
    pub fps: Option<f64>,
    /// The initials of its Chinese name, in the first reading of each character.
    pub initials: String,
    /// The walls that show it.
    pub on_walls: Vec<WallId>,
    /// Another one after every change of what the document says of it; also the ETag of the source.
    pub revision: String,
}

/// All sources, as they are searched for and as they are shown.
pub(super) struct Index {
    /// What it was made of.
    layout: Arc<Layout>,
    search: layouts_search::Index,
    lines: BTreeMap<SourceId, SourceLine>,
}

/// A source as everybody sees it who has asked no node about it.
fn line(source: &Source, initials: String, revision: String) -> SourceLine {
    let (path, place) = match &source.place {
        None => (String::new(), Vec::new()),
        Some(Place { path, names }) => (path.join("/"), names.iter().map(Said::from).collect()),
    };
    SourceLine {
        source: source.id.clone(),
        label: Said::from(&source.label),
        place,
        path,
        tags: source.tags.clone(),
        kind: kind(source).to_owned(),
        state: "unread".to_owned(),
        age_ms: None,
        fps: None,
        initials,
        on_walls: Vec::new(),
        revision,
    }
}

fn kind(source: &Source) -> &'static str {
    let best = source.streams.last().map(|stream| &stream.id);
    match source.endpoint(best).or(source.endpoint(None)) {
        Some(Endpoint::Rtsp { .. }) => "rtsp",
        Some(Endpoint::Rtmp { .. }) => "rtmp",
        Some(Endpoint::Http { .. }) => "http",
        Some(Endpoint::Srt { .. }) => "srt",
        Some(Endpoint::Udp { .. }) => "udp",
        Some(Endpoint::File { .. }) => "file",
        Some(Endpoint::Image { .. }) | None => "image",
    }
}

impl Index {
    pub(super) fn new(hall: &HallText) -> Self {
        let (layout, keys) = (hall.layout(), hall.sources());
        let revision = |source: &Source| keys.get(&source.id).map(source_desk::revision).unwrap_or_default();
        let search = layouts_search::Index::new(layout);
        let line = |source: &Source| {
            (source.id.clone(), line(source, search.initials(&source.id), revision(source)))
        };
        let lines = layout.sources().map(line).collect();
        Self { layout: layout.clone(), search, lines }
    }

    /// The sources that fit, best first.
    fn find(&self, query: &SourceQuery) -> Vec<&SourceLine> {
        let SourceQuery { search, tag, place, state: _, after: _, limit: _ } = query;
        let search = search.as_deref().unwrap_or("");
        let found = self.search.find(search, tag.as_deref(), place.as_deref());
        found.into_iter().filter_map(|source| self.lines.get(source)).collect()
    }
}

impl WallDesk {
    /// The index of the sources that there are now.
    fn index(&self) -> Arc<Index> {
        let hall = self.inner.hall.text();
        // It is replaced as a whole.
        let mut index = self.inner.index.lock().unwrap_or_else(PoisonError::into_inner);
        if !Arc::ptr_eq(&index.layout, hall.layout()) {
            *index = Arc::new(Index::new(&hall));
        }
        index.clone()
    }

    /// The sources that are looked for, best first, and whether there are more of them.
    pub(crate) fn sources(
        &self,
        query: &SourceQuery,
        seen: impl Fn(&SourceId) -> bool,
    ) -> (Vec<SourceLine>, bool) {
        let states = states(self.inner.desk.status().sources);
        let shown = self.shown();
        let index = self.index();
        let found = index.find(query).into_iter().filter(|line| seen(&line.source));
        let lines = found.map(|line| {
            let mut line = line.clone();
            if let Some(row) = states.get(&line.source) {
                line.state.clone_from(&row.state);
                let alive = row.frames > 0;
                (line.age_ms, line.fps) = (alive.then_some(row.age_p50_ms), alive.then_some(row.fps));
            }
            let walls = shown.iter().filter(|(_, sources)| sources.contains(&line.source));
            line.on_walls = walls.map(|(wall, _)| wall.clone()).collect();
            line
        });
        let fits = |line: &SourceLine| query.state.as_ref().is_none_or(|state| line.state == *state);
        let mut lines: Vec<SourceLine> = lines.filter(fits).collect();
        if let Some(after) = &query.after {
            let place = lines.iter().position(|line| line.source.as_str() == after);
            lines.drain(..place.map_or(0, |place| place + 1));
        }
        let limit = lines_of(query.limit);
        let more = lines.len() > limit;
        lines.truncate(limit);
        (lines, more)
    }

    /// The sources that each wall shows.
    fn shown(&self) -> Vec<(WallId, BTreeSet<SourceId>)> {
        let layout = self.layout();
        let picture = |wall: &WallId| self.inner.rules.look(|engine| engine.picture(wall).cloned());
        let shown = layout.walls().iter().filter_map(|wall| {
            let picture = picture(&wall.id)?;
            let fills = picture.fills.into_iter().collect();
            let draft = Draft { scene: picture.scene, fills, edits: picture.edits };
            let windows = draft.windows(&layout).ok()?;
            let source = |content: WindowContent| match content {
                WindowContent::Source { source, .. } => Some(source),
                _ => None,
            };
            Some((wall.id.clone(), windows.into_iter().filter_map(|window| source(window.content)).collect()))
        });
        shown.collect()
    }
}

/// The best that anybody says of each source.
fn states(rows: Vec<SourceStatus>) -> BTreeMap<SourceId, SourceStatus> {
    let rank = |row: &SourceStatus| match row.state.as_str() {
        "live" => 0,
        "stale" => 1,
        "connecting" => 2,
        _ => 3,
    };
    let mut best: BTreeMap<SourceId, SourceStatus> = BTreeMap::new();
    for row in rows {
        if best.get(&row.source).is_none_or(|known| rank(&row) < rank(known)) {
            best.insert(row.source.clone(), row);
        }
    }
    best
}
