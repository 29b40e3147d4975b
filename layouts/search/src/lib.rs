//! Finding a hall's sources: by id, by name in both languages, by place and tag, and by the sound of Chinese names in every reading.
//! Pure: the console's search and the editor's are the same.

mod names;
mod sounding;

use layouts::{Layout, Place, Source};
use media::SourceId;
pub use names::Names;
use sounding::Sounding;

/// Of what is looked for no more is looked at.
const SEARCH_CHARS_MAX: usize = 64;

/// A source as it is searched for.
#[derive(Debug)]
struct Entry {
    source: SourceId,
    names: [Sounding; 2],
    places: Vec<Sounding>,
    path: String,
    tags: Vec<Sounding>,
    tag_words: Vec<String>,
}

/// All sources of a hall, as they are searched for.
#[derive(Debug)]
pub struct Index {
    entries: Vec<Entry>,
}

impl Entry {
    fn new(source: &Source) -> Self {
        let (path, places) = match &source.place {
            None => (String::new(), Vec::new()),
            Some(Place { path, names }) => (path.join("/"), names.iter().collect()),
        };
        let both = places.into_iter().flat_map(|words| [Sounding::of(&words.zh), Sounding::of(&words.en)]);
        Self {
            source: source.id.clone(),
            names: [Sounding::of(&source.label.zh), Sounding::of(&source.label.en)],
            places: both.collect(),
            path,
            tags: source.tags.iter().map(|tag| Sounding::of(tag)).collect(),
            tag_words: source.tags.clone(),
        }
    }

    /// How well it fits one term: 0 is best; `None` not at all.
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

    /// Whether it stands at `place`, a path of the grid or its beginning.
    fn stands_at(&self, place: &str) -> bool {
        let rest = self.path.strip_prefix(place);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || place.is_empty())
    }
}

impl Index {
    /// The sources of `layout`.
    pub fn new(layout: &Layout) -> Self {
        Self { entries: layout.sources().map(Entry::new).collect() }
    }

    /// The sources that fit, best first: each part of `search` that stands between blanks must be found, and tag and place must be
    /// the given ones. An empty search finds all.
    pub fn find(&self, search: &str, tag: Option<&str>, place: Option<&str>) -> Vec<&SourceId> {
        let search: String = search.chars().take(SEARCH_CHARS_MAX).collect();
        let search = search.to_lowercase().replace('ü', "v");
        let fits = |entry: &&Entry| {
            let tagged = tag.is_none_or(|tag| entry.tag_words.iter().any(|own| own == tag));
            tagged && place.is_none_or(|place| entry.stands_at(place))
        };
        let ranked = self.entries.iter().filter(fits).filter_map(|entry| {
            let ranks: Option<Vec<u32>> = search.split_whitespace().map(|term| entry.find(term)).collect();
            Some((ranks?.into_iter().sum::<u32>(), entry))
        });
        let mut ranked: Vec<(u32, &Entry)> = ranked.collect();
        ranked.sort_by(|(a, one), (b, other)| a.cmp(b).then_with(|| one.source.cmp(&other.source)));
        ranked.into_iter().map(|(_, entry)| &entry.source).collect()
    }

    /// The initials of a source's Chinese name, in the first reading of each character; empty for a source that is not there.
    pub fn initials(&self, source: &SourceId) -> String {
        let entry = self.entries.iter().find(|entry| entry.source == *source);
        entry.map(|entry| entry.names[0].initials()).unwrap_or_default()
    }
}
