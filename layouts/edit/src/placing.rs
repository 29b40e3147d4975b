//! Windows that are dragged: their places change in the text and in what it means, without reading the whole document again. A large
//! hall is dragged at many steps a second, and all other edits are rare.

use crate::edit::TextEdit;
use crate::hall_text::HallText;
use crate::value::Pixels;
use media::{SceneId, WindowId};
use std::collections::BTreeMap;
use std::ops::Range;
use toml_edit::{Document, Item, Value};

/// Where in the text the value of `rect_px` stands, for each window of each scene in document order; `None` for a window whose place is
/// written otherwise.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spots(BTreeMap<SceneId, Vec<Option<Range<usize>>>>);

impl Spots {
    /// Those of a document.
    pub fn of(text: &str) -> Self {
        let Ok(document) = Document::parse(text) else { return Self::default() };
        let mut spots = BTreeMap::new();
        for scene in tables(document.as_table().get("scene")) {
            let id = scene.get("id").and_then(Item::as_str).and_then(|id| SceneId::new(id).ok());
            let windows = tables(scene.get("window"));
            let spot = |window: &&dyn toml_edit::TableLike| window.get("rect_px")?.as_value()?.span();
            let places = windows.iter().map(spot).collect();
            if let Some(id) = id {
                spots.insert(id, places);
            }
        }
        Self(spots)
    }

    fn get(&self, scene: &SceneId, window: usize) -> Option<&Range<usize>> {
        self.0.get(scene)?.get(window)?.as_ref()
    }
}

/// The tables of a list, in whichever form it is written.
fn tables(list: Option<&Item>) -> Vec<&dyn toml_edit::TableLike> {
    match list {
        Some(Item::ArrayOfTables(tables)) => {
            tables.iter().map(|table| table as &dyn toml_edit::TableLike).collect()
        }
        Some(Item::Value(Value::Array(list))) => list
            .iter()
            .filter_map(|value| Some(value.as_inline_table()? as &dyn toml_edit::TableLike))
            .collect(),
        _ => Vec::new(),
    }
}

/// Where each window goes that some edit puts elsewhere; `None` where an edit does anything else. Of two places of one window the later
/// one counts.
fn places(edits: &[TextEdit]) -> Option<BTreeMap<(&SceneId, usize), Pixels>> {
    let place = |edit| match edit {
        &TextEdit::Place { ref scene, window, rect } => Some(((scene, window), rect)),
        _ => None,
    };
    edits.iter().map(place).collect()
}

/// The document after `edits`, if they do nothing but move windows whose places stand in the text as `rect_px`, and to where they may
/// stand: text and meaning are what reading all of it again would give. Else `None`, and nothing is said.
pub(crate) fn placed(hall: &HallText, edits: &[TextEdit]) -> Option<HallText> {
    let places = places(edits)?;
    let spots = hall.spots();
    let mut cuts: Vec<(Range<usize>, String)> = Vec::with_capacity(places.len());
    let mut moved: Vec<(&SceneId, &WindowId, [i64; 4])> = Vec::with_capacity(places.len());
    for ((scene, window), rect) in places {
        cuts.push((spots.get(scene, window)?.clone(), rect.value().to_string()));
        moved.push((scene, hall.windows(scene).get(window)?, rect.0));
    }
    let layout = hall.layout().with_windows_at(&moved)?;
    cuts.sort_by_key(|(range, _)| range.start);
    let (mut text, mut at) = (String::with_capacity(hall.text().len() + 64), 0);
    for (range, value) in &cuts {
        text.push_str(hall.text().get(at..range.start)?);
        text.push_str(value);
        at = range.end;
    }
    text.push_str(hall.text().get(at..)?);
    Some(hall.with_places(&text, layout, shifted(spots, &cuts)))
}

/// The spots after each of `cuts`, which are in the order of the text, was replaced by its value.
fn shifted(spots: &Spots, cuts: &[(Range<usize>, String)]) -> Spots {
    // How far everything behind each cut moves.
    let mut sums = vec![0];
    for (range, value) in cuts {
        let grown = value.len() as i64 - range.len() as i64;
        sums.push(sums.last().copied().unwrap_or(0) + grown);
    }
    let shift = |range: &Range<usize>| {
        let before = cuts.partition_point(|(cut, _)| cut.start < range.start);
        let own = cuts.get(before).filter(|(cut, _)| cut.start == range.start);
        let length = own.map_or(range.len(), |(_, value)| value.len());
        let start = usize::try_from(range.start as i64 + sums[before]).unwrap_or(0);
        start..start + length
    };
    let scene = |(id, places): (&SceneId, &Vec<Option<Range<usize>>>)| {
        (id.clone(), places.iter().map(|spot| spot.as_ref().map(shift)).collect())
    };
    Spots(spots.0.iter().map(scene).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HALL: &str = include_str!("../tests/hall.toml");

    fn edit() -> impl Strategy<Value = TextEdit> {
        let rect = (0..2_000_000_i64, 0..1_200_000_i64, -5..900_000_i64, 1..500_000_i64);
        (prop_oneof![Just("day"), Just("night"), Just("dusk")], 0..5_usize, rect).prop_map(
            |(scene, window, (x, y, width, height))| TextEdit::Place {
                scene: SceneId::new(scene).unwrap(),
                window,
                rect: Pixels([x, y, width, height]),
            },
        )
    }

    proptest! {
        /// A drag gives, step by step, what reading the document anew would give: text, meaning, and where things stand.
        #[test]
        fn what_is_placed_quickly_is_what_is_edited_slowly(drags in proptest::collection::vec(proptest::collection::vec(edit(), 1..4), 1..8)) {
            let mut now = HallText::parse(HALL, "hall.toml").unwrap();
            for edits in &drags {
                let slow = now.reread(edits).ok();
                if let Some(quick) = placed(&now, edits) {
                    let slow = slow.expect("what would be refused was placed");
                    prop_assert_eq!(quick.text(), slow.text());
                    prop_assert_eq!(quick.layout(), slow.layout());
                    let found = Spots::of(quick.text());
                    prop_assert_eq!(format!("{:?}", quick.spots()), format!("{found:?}"));
                    now = quick;
                } else if let Some(slow) = slow {
                    now = slow;
                }
            }
        }
    }

    #[test]
    fn a_place_at_pixels_is_placed_quickly_and_a_cell_is_not() {
        let hall = HallText::parse(HALL, "hall.toml").unwrap();
        let place = |window| TextEdit::Place {
            scene: SceneId::new("day").unwrap(),
            window,
            rect: Pixels([10_500, 20_000, 300_000, 60_000]),
        };
        let quick = placed(&hall, &[place(1)]).expect("it goes the long way");
        assert!(quick.text().contains("rect_px = [10.5, 20, 300, 60]  # unusual spaces stay"));
        assert!(placed(&hall, &[place(0)]).is_none());
        let closed = TextEdit::Close { scene: SceneId::new("day").unwrap(), window: 2 };
        assert!(placed(&hall, &[place(1), closed]).is_none());
    }
}
