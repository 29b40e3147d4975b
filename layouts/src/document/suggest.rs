//! Finds what was probably meant.

/// Words are compared by so many characters: the length of an id.
const LENGTH_MAX: usize = 64;

/// How many single-character edits (insert, delete, replace, swap of neighbours) turn `a` into `b`: the optimal string
/// alignment distance. Both are cut to 64 characters, so the cost is bounded.
pub(super) fn distance(a: &str, b: &str) -> usize {
    let cut = |text: &str| {
        let mut chars = ['\0'; LENGTH_MAX];
        let mut count = 0;
        for (slot, c) in chars.iter_mut().zip(text.chars()) {
            *slot = c;
            count += 1;
        }
        (chars, count)
    };
    let ((a, rows), (b, columns)) = (cut(a), cut(b));
    let mut before_last = [0; LENGTH_MAX + 1];
    let mut last: [usize; LENGTH_MAX + 1] = std::array::from_fn(|column| column);
    for i in 1..=rows {
        let mut row = [i; LENGTH_MAX + 1];
        for j in 1..=columns {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before_last[j - 2] + 1);
            }
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[columns]
}

/// What people call things that have another name here.
const SYNONYMS: [(&str, &str); 16] = [
    ("hevc", "h265"),
    ("avc", "h264"),
    ("jpeg", "mjpeg"),
    ("ts", "mpegts"),
    ("fill", "stretch"),
    ("fit", "contain"),
    ("crop", "cover"),
    ("centre", "center"),
    ("bold", "medium"),
    ("zh", "zh-CN"),
    ("chinese", "zh-CN"),
    ("english", "en"),
    ("server", "listener"),
    ("client", "caller"),
    ("fps", "tick_hz"),
    ("colour", "color"),
];

/// The candidate nearest to `word`, if one is near enough to have been meant.
pub(super) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let limit = (word.chars().count() / 3).clamp(1, 4);
    let candidates: Vec<&str> = candidates.into_iter().collect();
    let other = SYNONYMS.iter().find(|(name, _)| *name == word).map(|(_, meant)| *meant);
    if let Some(found) = candidates.iter().find(|candidate| Some(**candidate) == other) {
        return Some(found);
    }
    candidates
        .into_iter()
        .map(|candidate| (distance(&word, &candidate.to_lowercase()), candidate))
        .filter(|(edits, _)| *edits <= limit)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// "did you mean `x`?", or else what there is to choose from.
pub(crate) fn remedy<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str> + Clone,
    none: &str,
) -> String {
    if let Some(meant) = nearest(word, candidates.clone()) {
        return format!("did you mean `{meant}`?");
    }
    let all: Vec<&str> = candidates.into_iter().collect();
    match all.len() {
        0 => none.to_owned(),
        1..=24 => format!("there is {}", listed(&all)),
        more => format!("there is {} and {} more", listed(&all[..16]), more - 16),
    }
}

/// "`a`, `b`, `c`".
pub(super) fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        assert_eq!(distance("", ""), 0);
        assert_eq!(distance("resolutoin", "resolution"), 1);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("太白", "太湖"), 1);
        assert_eq!(distance("abc", ""), 3);
    }

    #[test]
    fn only_near_words_are_suggested() {
        assert_eq!(nearest("Rotaton", ["rotation", "resolution"]), Some("rotation"));
        assert_eq!(nearest("HEVC", ["h264", "h265"]), Some("h265"));
        assert_eq!(nearest("weight", ["rotation", "resolution"]), None);
    }
}
