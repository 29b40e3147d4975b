//! Things that have nothing but names: kinds of widgets, commands.

use crate::SEARCH_CHARS_MAX;
use crate::sounding::Sounding;

/// Names in two languages, found as sources are found.
#[derive(Debug)]
pub struct Names(Vec<[Sounding; 2]>);

impl Names {
    /// Over names in Chinese and in English.
    pub fn new<'n>(names: impl IntoIterator<Item = (&'n str, &'n str)>) -> Self {
        Self(names.into_iter().map(|(zh, en)| [Sounding::of(zh), Sounding::of(en)]).collect())
    }

    /// The places of those that fit in the list that was given, best first; all of them in their order for an empty search.
    pub fn find(&self, search: &str) -> Vec<usize> {
        let search: String = search.chars().take(SEARCH_CHARS_MAX).collect();
        let search = search.to_lowercase().replace('ü', "v");
        let one = |names: &[Sounding; 2], term: &str| names.iter().filter_map(|name| name.find(term)).min();
        let ranked = self.0.iter().enumerate().filter_map(|(at, names)| {
            let ranks: Option<Vec<u32>> = search.split_whitespace().map(|term| one(names, term)).collect();
            Some((ranks?.into_iter().sum::<u32>(), at))
        });
        let mut ranked: Vec<(u32, usize)> = ranked.collect();
        ranked.sort_unstable();
        ranked.into_iter().map(|(_, at)| at).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_in_both_languages_and_by_its_sound() {
        let names = Names::new([("折线图", "Line chart"), ("柱状图", "Bar chart"), ("时钟", "Clock")]);
        assert_eq!(names.find(""), [0, 1, 2]);
        assert_eq!(names.find("zxt"), [0]);
        assert_eq!(names.find("zhuzhuang"), [1]);
        assert_eq!(names.find("chart"), [0, 1]);
        assert_eq!(names.find("CLOCK"), [2]);
        assert!(names.find("clock chart").is_empty());
    }
}
