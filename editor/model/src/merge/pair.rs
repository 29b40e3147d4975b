//! Which window is which in two editions of a scene. Windows without a slot are named by their places in the document, so a name alone
//! is not enough: where one was closed, those behind it are called otherwise.

use layouts::{Window, WindowContent};
use layouts_edit::Pixels;
use std::collections::BTreeSet;

/// A window as far as it can be known again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Face {
    /// Its name.
    pub name: String,
    /// Its slot, if it has one.
    pub slot: Option<String>,
    /// What it shows, such as `source gate`.
    pub content: String,
    /// Where it stands, in thousandths of a canvas pixel.
    pub place: [i64; 4],
    /// Whatever else is said of it.
    pub rest: String,
}

impl Face {
    /// The face of a window of a document.
    pub fn of(window: &Window) -> Self {
        let Window { id, rect, content, z, opacity, border: _, corner, small_stream } = window;
        let Pixels(place) = Pixels::of(*rect, (0, 0));
        let (slot, crop) = match content {
            WindowContent::Source { slot, crop, .. } => (slot.clone(), Some(crop)),
            WindowContent::Image { crop, .. } => (None, Some(crop)),
            _ => (None, None),
        };
        let rest = format!("{z} {opacity:?} {corner:?} {small_stream} {crop:?}");
        Self { name: id.to_string(), slot, content: shown(content), place, rest }
    }
}

/// What a window shows, in words that mean the same wherever they come from.
fn shown(content: &WindowContent) -> String {
    match content {
        WindowContent::Source { source, .. } => format!("source {source}"),
        WindowContent::Text(text) => format!("text {} {}", text.words.zh, text.words.en),
        WindowContent::Image { path, .. } => format!("image {path}"),
        WindowContent::Widget(widget) => match &widget.title {
            Some(title) => format!("widget {} {}", title.zh, title.en),
            None => format!("widget {0} {0}", widget.kind.name()),
        },
        WindowContent::Banner(banner) => format!("banner {} {}", banner.words.zh, banner.words.en),
    }
}

/// Whether two windows are taken for the same one.
type Likeness<'a> = dyn Fn(&Face, &Face) -> bool + 'a;

/// For each of `these` which of `those` it is. No two are the same one. What is most alike is found first; of windows that are alike
/// the earlier ones, so that windows that are equal are equal.
pub fn pair(these: &[Face], those: &[Face]) -> Vec<Option<usize>> {
    let same_slot = |a: &Face, b: &Face| a.slot.is_some() && a.slot == b.slot;
    let loose = |a: &Face, b: &Face| a.slot.is_none() && b.slot.is_none();
    let rounds: [&Likeness<'_>; 8] = [
        &same_slot,
        &|a, b| loose(a, b) && a == b,
        &|a, b| loose(a, b) && (&a.content, a.place, &a.rest) == (&b.content, b.place, &b.rest),
        &|a, b| loose(a, b) && (&a.content, a.place) == (&b.content, b.place),
        &|a, b| loose(a, b) && (&a.content, &a.name) == (&b.content, &b.name),
        &|a, b| loose(a, b) && a.content == b.content,
        &|a, b| loose(a, b) && a.place == b.place,
        // One whose slot is gone, and that shows the same where it was.
        &|a, b| (&a.content, a.place) == (&b.content, b.place),
    ];
    let mut found = vec![None; these.len()];
    let mut taken = BTreeSet::new();
    for alike in rounds {
        for (index, face) in
            these.iter().enumerate().filter(|(index, _)| found[*index].is_none()).collect::<Vec<_>>()
        {
            let other = (0..those.len()).find(|other| !taken.contains(other) && alike(face, &those[*other]));
            if let Some(other) = other {
                taken.insert(other);
                found[index] = Some(other);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face(name: &str, slot: Option<&str>, content: &str, x: i64) -> Face {
        let slot = slot.map(str::to_owned);
        Face { name: name.into(), slot, content: content.into(), place: [x, 0, 10, 10], rest: String::new() }
    }

    #[test]
    fn windows_are_known_again_when_one_before_them_is_closed_and_they_have_moved() {
        let before = [face("w1", None, "a", 0), face("w2", None, "b", 1), face("w3", None, "c", 2)];
        assert_eq!(pair(&before, &before), [Some(0), Some(1), Some(2)]);
        let closed = [face("w1", None, "b", 1), face("w2", None, "c", 9)];
        assert_eq!(pair(&before, &closed), [None, Some(0), Some(1)]);
        let other = [face("w1", None, "x", 0), face("w2", None, "b", 1), face("w3", None, "c", 2)];
        assert_eq!(
            pair(&before, &other),
            [Some(0), Some(1), Some(2)],
            "it shows something else at its place"
        );
        let replaced = [face("w1", None, "b", 1), face("w2", None, "c", 2), face("w3", None, "x", 7)];
        assert_eq!(
            pair(&before, &replaced),
            [None, Some(0), Some(1)],
            "one is gone and another one has come"
        );
    }

    #[test]
    fn slots_are_known_whatever_is_in_them_and_twins_stay_in_order() {
        let before = [face("big", Some("big"), "a", 0), face("w2", None, "t", 1), face("w3", None, "t", 2)];
        let after = [face("w1", None, "t", 5), face("w2", None, "t", 2), face("big", Some("big"), "z", 8)];
        assert_eq!(pair(&before, &after), [Some(2), Some(0), Some(1)]);
    }
}
