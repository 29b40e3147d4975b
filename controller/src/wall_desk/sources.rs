//! Finding sources: by id, by name in both languages, by place and tag, and by the sound of Chinese names in every reading.

use super::WallDesk;
use crate::data::Said;
use crate::status::SourceStatus;
use layouts::{Draft, Layout, Place, Source, WindowContent};
use media::{Endpoint, SourceId, WallId};
use pinyin::ToPinyinMulti;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};

/// Most sources of one answer.
pub(crate) const PAGE_MAX: usize = 1000;
const PAGE: usize = 200;
/// Of what is looked for no more is looked at.
const SEARCH_CHARS_MAX: usize = 64;

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
}

/// A character, and how it may be said.
struct Letter {
    letter: char,
    readings: Vec<String>,
}

/// Words, and how they sound.
struct Sounding {
    words: String,
    letters: Vec<Letter>,
}

/// A source as it is searched for.
struct Entry {
    source: SourceId,
    names: [Sounding; 2],
    places: Vec<Sounding>,
    path: String,
    tags: Vec<Sounding>,
    line: SourceLine,
}

/// All sources, as they are searched for.
pub(super) struct Index {
    /// What it was made of.
    layout: Arc<Layout>,
    entries: Vec<Entry>,
}

impl Sounding {
    fn of(words: &str) -> Self {
        let words = words.to_lowercase();
        let letters = words.chars().filter(|letter| letter.is_alphanumeric());
        let letter = |letter: char| {
            let readings = letter.to_pinyin_multi().into_iter().flatten().map(pinyin::Pinyin::plain);
            // Keyboards have no ü: it is typed as v, and by many as u.
            let typed = readings.flat_map(|reading| match reading.contains('ü') {
                true => vec![reading.replace('ü', "v"), reading.replace('ü', "u")],
                false => vec![reading.to_owned()],
            });
            Letter { letter, readings: typed.collect() }
        };
        Self { letters: letters.map(letter).collect(), words }
    }

    /// The first reading's initials.
    fn initials(&self) -> String {
        let first = |letter: &Letter| {
            letter.readings.first().and_then(|reading| reading.chars().next()).unwrap_or(letter.letter)
        };
        self.letters.iter().map(first).collect()
    }

    /// How well `term` fits: 0 is best; `None` not at all.
    fn find(&self, term: &str) -> Option<u32> {
        if self.words == term {
            return Some(0);
        }
        if self.words.starts_with(term) {
            return Some(1);
        }
        if sounds(&self.letters, term) {
            return Some(2);
        }
        if self.words.contains(term) {
            return Some(3);
        }
        (1..self.letters.len()).any(|from| sounds(&self.letters[from..], term)).then_some(4)
    }
}

/// Whether `letters` begin with the sound of `term`: each letter by itself, by its initial or by the whole of a reading, and the last one
/// also by the beginning of one.
fn sounds(letters: &[Letter], term: &str) -> bool {
    // How far into the term the letters so far can have led.
    let mut reached = BTreeSet::from([0]);
    for letter in letters {
        let mut next = BTreeSet::new();
        for at in reached {
            let rest = &term[at..];
            let mut own = [0; 4];
            let own: &str = letter.letter.encode_utf8(&mut own);
            if rest.starts_with(own) {
                next.insert(at + own.len());
            }
            for reading in &letter.readings {
                if reading.starts_with(rest) {
                    return true;
                }
                if rest.starts_with(reading.as_str()) {
                    next.insert(at + reading.len());
                }
                let initial = reading.chars().next().map_or(0, char::len_utf8);
                if initial > 0 && rest.starts_with(&reading[..initial]) {
                    next.insert(at + initial);
                }
            }
        }
        if next.contains(&term.len()) {
            return true;
        }
        if next.is_empty() {
            return false;
        }
        reached = next;
    }
    false
}

impl Entry {
    fn new(source: &Source) -> Self {
        let label = Said::from(&source.label);
        let names = [Sounding::of(&label.zh), Sounding::of(&label.en)];
        let (path, places) = match &source.place {
            None => (String::new(), Vec::new()),
            Some(Place { path, names }) => (path.join("/"), names.iter().map(Said::from).collect()),
        };
        let both = places.iter().flat_map(|Said { zh, en }| [Sounding::of(zh), Sounding::of(en)]);
        Self {
            places: both.collect(),
            path: path.clone(),
            tags: source.tags.iter().map(|tag| Sounding::of(tag)).collect(),
            line: SourceLine {
                source: source.id.clone(),
                label,
                place: places,
                path,
                tags: source.tags.clone(),
                kind: kind(source).to_owned(),
                state: "unread".to_owned(),
                age_ms: None,
                fps: None,
                initials: names[0].initials(),
                on_walls: Vec::new(),
            },
            names,
            source: source.id.clone(),
        }
    }

    /// How well it fits one term.
    fn find(&self, term: &str) -> Option<u32> {
        if self.source.as_str() == term {
            return Some(0);
        }
        let names = self.names.iter().filter_map(|name| name.find(term)).min();
        let id = self.source.as_str().contains(term).then_some(3);
        let places = self.places.iter().filter_map(|place| place.find(term)).min().map(|rank| rank + 5);
        let path = self.path.contains(term).then_some(9);
        let tags = self.tags.iter().filter_map(|tag| tag.find(term)).min().map(|rank| rank + 5);
        [names, id, places, path, tags].into_iter().flatten().min()
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
    pub(super) fn new(layout: &Arc<Layout>) -> Self {
        Self { layout: layout.clone(), entries: layout.sources().map(Entry::new).collect() }
    }

    /// The sources that fit, best first.
    fn find(&self, query: &SourceQuery) -> Vec<&Entry> {
        let SourceQuery { search, tag, place, state: _, after: _, limit: _ } = query;
        let search: String = search.iter().flat_map(|search| search.chars()).take(SEARCH_CHARS_MAX).collect();
        let search = search.to_lowercase().replace('ü', "v");
        let fits = |entry: &&Entry| {
            let tagged = tag.as_ref().is_none_or(|tag| entry.line.tags.contains(tag));
            let placed = place.as_ref().is_none_or(|place| {
                let rest = entry.path.strip_prefix(place.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || place.is_empty())
            });
            tagged && placed
        };
        let ranked = self.entries.iter().filter(fits).filter_map(|entry| {
            let ranks: Option<Vec<u32>> = search.split_whitespace().map(|term| entry.find(term)).collect();
            Some((ranks?.into_iter().sum::<u32>(), entry))
        });
        let mut ranked: Vec<(u32, &Entry)> = ranked.collect();
        ranked.sort_by(|(a, one), (b, other)| a.cmp(b).then_with(|| one.source.cmp(&other.source)));
        ranked.into_iter().map(|(_, entry)| entry).collect()
    }
}

impl WallDesk {
    /// The index of the sources that there are now.
    fn index(&self) -> Arc<Index> {
        let layout = self.layout();
        // It is replaced as a whole.
        let mut index = self.inner.index.lock().unwrap_or_else(PoisonError::into_inner);
        if !Arc::ptr_eq(&index.layout, &layout) {
            *index = Arc::new(Index::new(&layout));
        }
        index.clone()
    }

    /// The sources that are looked for, best first.
    pub(crate) fn sources(&self, query: &SourceQuery, seen: impl Fn(&SourceId) -> bool) -> Vec<SourceLine> {
        let states = states(self.inner.desk.status().sources);
        let shown = self.shown();
        let index = self.index();
        let lines = index.find(query).into_iter().filter(|entry| seen(&entry.source)).map(|entry| {
            let mut line = entry.line.clone();
            if let Some(row) = states.get(&entry.source) {
                line.state.clone_from(&row.state);
                let alive = row.frames > 0;
                (line.age_ms, line.fps) = (alive.then_some(row.age_p50_ms), alive.then_some(row.fps));
            }
            let walls = shown.iter().filter(|(_, sources)| sources.contains(&entry.source));
            line.on_walls = walls.map(|(wall, _)| wall.clone()).collect();
            line
        });
        let fits = |line: &SourceLine| query.state.as_ref().is_none_or(|state| line.state == *state);
        let mut lines: Vec<SourceLine> = lines.filter(fits).collect();
        if let Some(after) = &query.after {
            let place = lines.iter().position(|line| line.source.as_str() == after);
            lines.drain(..place.map_or(0, |place| place + 1));
        }
        lines.truncate(query.limit.unwrap_or(PAGE).clamp(1, PAGE_MAX));
        lines
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

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(words: &str, term: &str) -> Option<u32> {
        Sounding::of(words).find(term)
    }

    #[test]
    fn names_are_found_by_their_sound_in_every_reading() {
        assert_eq!(finds("南风花园 东门", "nfhy"), Some(2));
        assert_eq!(finds("南风花园 东门", "nfhydm"), Some(2));
        assert_eq!(finds("南风花园 东门", "nanfenghuayuan"), Some(2));
        assert_eq!(finds("南风花园 东门", "nanfhy"), Some(2));
        assert_eq!(finds("南风花园 东门", "nanfenghuay"), Some(2));
        assert_eq!(finds("南风花园 东门", "hydm"), Some(4));
        assert_eq!(finds("南风花园 东门", "花园"), Some(3));
        assert_eq!(finds("南风花园 东门", "nfx"), None);
        // 重 is chong and zhong, 长 is chang and zhang, 行 is hang and xing.
        for term in ["chongqing", "zhongqing", "cq", "zq"] {
            assert!(finds("重庆", term).is_some(), "{term}");
        }
        assert!(finds("长兴路", "cxl").is_some() && finds("长兴路", "zxl").is_some());
        assert!(finds("银行", "yinhang").is_some() && finds("银行", "yx").is_some());
        assert_eq!(finds("绿地3号楼", "ld3hl"), Some(2));
        assert_eq!(finds("East gate", "east"), Some(1));
        assert_eq!(Sounding::of("南风花园 东门").initials(), "nfhydm");
    }

    #[test]
    fn whatever_is_typed_is_answered() {
        for term in ["", "é", "ü", "南", "n南", "\u{1F3A5}", "....", "nüe"] {
            finds("南风花园", term);
            finds("", term);
        }
    }
}
