//! Templates that are being worked on: where one cannot be drawn any more, the last good one of it stands in.

use protocol::Asset;
use std::collections::BTreeMap;

/// What is known of each template.
#[derive(Debug, Default)]
pub(crate) struct Templates {
    /// The last ones that were drawn.
    good: BTreeMap<String, Vec<u8>>,
    /// What is wrong with the files as they are.
    wrong: BTreeMap<String, String>,
}

impl Templates {
    /// The files have been read anew.
    pub fn renewed(&mut self) {
        self.wrong.clear();
    }

    /// Takes what drawing with `assets` has shown: which templates were drawn, or what is wrong with them. Puts good ones in the place of
    /// wrong ones, and says whether it has.
    pub fn judge(&mut self, tried: BTreeMap<String, Option<String>>, assets: &mut [Asset]) -> bool {
        let mut replaced = false;
        for (path, fault) in tried {
            let Some(asset) = assets.iter_mut().find(|asset| asset.path == path) else { continue };
            match (fault, self.good.get(&path)) {
                // A good one that stands in for the file says nothing about the file.
                (None, _) if self.wrong.contains_key(&path) => {}
                (None, _) => drop(self.good.insert(path, asset.bytes.clone())),
                (Some(words), good) => {
                    if let Some(good) = good.filter(|good| **good != asset.bytes) {
                        asset.bytes.clone_from(good);
                        replaced = true;
                    }
                    self.wrong.entry(path).or_insert(words);
                }
            }
        }
        replaced
    }

    /// What is wrong with the files as they are.
    pub fn faults(&self) -> impl Iterator<Item = &String> {
        self.wrong.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asset(text: &str) -> Vec<Asset> {
        vec![Asset { path: "a.svg".to_owned(), bytes: text.as_bytes().to_vec() }]
    }

    fn tried(fault: Option<&str>) -> BTreeMap<String, Option<String>> {
        BTreeMap::from([("a.svg".to_owned(), fault.map(str::to_owned))])
    }

    #[test]
    fn the_last_good_one_stands_in_until_the_file_is_right_again() {
        let mut templates = Templates::default();
        let mut first = asset("wrong from the beginning");
        assert!(!templates.judge(tried(Some("line 1")), &mut first), "nothing can stand in");
        assert_eq!(templates.faults().collect::<Vec<_>>(), ["line 1"]);
        templates.renewed();
        assert!(!templates.judge(tried(None), &mut asset("good")));
        assert_eq!(templates.faults().count(), 0);
        templates.renewed();
        let mut bad = asset("bad");
        assert!(templates.judge(tried(Some("line 7")), &mut bad));
        assert_eq!(bad, asset("good"));
        // Drawn with the good one, and once more with rows that even that cannot draw.
        assert!(!templates.judge(tried(None), &mut bad));
        assert!(!templates.judge(tried(Some("line 9")), &mut bad));
        assert_eq!(templates.faults().collect::<Vec<_>>(), ["line 7"]);
        templates.renewed();
        assert!(!templates.judge(tried(None), &mut asset("better")));
        let mut bad = asset("bad");
        assert!(templates.judge(tried(Some("line 7")), &mut bad));
        assert_eq!(bad, asset("better"));
    }
}
