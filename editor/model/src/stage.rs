//! From a designed scene to what a wall is asked for: windows that are opened, changed, raised and closed.
//!
//! Of the rest of a scene (texts, looks, widgets) a wall is told nothing while it runs; it stays in the document and is counted here.

use crate::merge::{Face, pair};
use layouts::{Crop, Layout, Scene, Window, WindowContent};
use layouts_edit::{EditError, Fields, Graft, HallText, PLACE, PartName, Pixels};
use media::{SceneId, SourceId};
use std::collections::{BTreeMap, BTreeSet};

/// Fields of a window that a wall can be told while it runs.
const TOLD: [&str; 5] = [PLACE, "source", "crop_percent", "z", "small_stream"];

/// A window as it hangs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hung {
    /// How it can be known again: its name on the wall, what it shows, where.
    pub face: Face,
    /// The source that it shows.
    pub source: Option<SourceId>,
    /// Which part of its picture.
    pub crop: Crop,
    /// Whether the smallest stream will do.
    pub small_stream: bool,
    /// Whether it may not be changed.
    pub locked: bool,
}

/// Something that a wall is asked for. Places are in thousandths of a canvas pixel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// A window, in front of all others.
    Open {
        /// What it shows.
        source: SourceId,
        /// Where.
        place: [i64; 4],
        /// Whether the smallest stream will do.
        small_stream: bool,
    },
    /// Something else of a window.
    Set {
        /// Which one.
        window: Which,
        /// Where it stands.
        place: Option<[i64; 4]>,
        /// What it shows.
        source: Option<SourceId>,
        /// Which part of the picture.
        crop: Option<Crop>,
        /// Whether the smallest stream will do.
        small_stream: Option<bool>,
        /// In front of all others.
        raise: bool,
    },
    /// A window is gone.
    Close(String),
}

/// A window that a wish is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// One that hangs, by its name.
    Hung(String),
    /// The n-th of those that the wishes open, from 0: the wall names it.
    Opened(usize),
}

/// What a wall is asked for, so that it shows a scene.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wishes {
    /// At first.
    pub first: Vec<Wish>,
    /// And when the windows that are opened have names.
    pub then: Vec<Wish>,
    /// Windows that hang and are locked, and would have to change.
    pub locked: Vec<String>,
    /// Windows of the scene that a wall cannot be asked for: new texts, images and widgets.
    pub unsaid: usize,
}

impl Wishes {
    /// Whether there is nothing to ask for.
    pub fn is_empty(&self) -> bool {
        self.first.is_empty() && self.then.is_empty()
    }
}

fn set(window: Which) -> Wish {
    Wish::Set { window, place: None, source: None, crop: None, small_stream: None, raise: false }
}

/// What of a picture a window shows.
fn picture(window: &Window) -> Option<(&SourceId, Crop)> {
    match &window.content {
        WindowContent::Source { source, crop, .. } => Some((source, *crop)),
        _ => None,
    }
}

/// What makes the windows that hang, back to front, those of `scene`, which are back to front as well.
pub fn wishes(scene: &Scene, hung: &[Hung]) -> Wishes {
    let faces: Vec<Face> = scene.windows.iter().map(Face::of).collect();
    let hanging: Vec<Face> = hung.iter().map(|hung| hung.face.clone()).collect();
    let found = pair(&faces, &hanging);
    let mut wishes = Wishes::default();
    let gone = (0..hung.len()).filter(|index| !found.contains(&Some(*index)));
    let gone: Vec<&Hung> = gone.map(|index| &hung[index]).collect();
    wishes.first.extend(gone.iter().map(|hung| Wish::Close(hung.face.name.clone())));
    let (mut order, mut opened) = (Vec::new(), 0);
    for (window, found) in scene.windows.iter().zip(&found) {
        match found {
            Some(index) => {
                wishes.change(window, &hung[*index]);
                order.push(Which::Hung(hung[*index].face.name.clone()));
            }
            None => {
                let Some((source, crop)) = picture(window) else {
                    wishes.unsaid += 1;
                    continue;
                };
                let (source, Pixels(place)) = (source.clone(), Pixels::of(window.rect, (0, 0)));
                wishes.first.push(Wish::Open { source, place, small_stream: window.small_stream });
                if crop != Crop::ALL {
                    let mut cut = set(Which::Opened(opened));
                    if let Wish::Set { crop: part, .. } = &mut cut {
                        *part = Some(crop);
                    }
                    wishes.then.push(cut);
                }
                order.push(Which::Opened(opened));
                opened += 1;
            }
        }
    }
    let left = hung.iter().filter(|hung| !gone.contains(hung));
    let now = left.map(|hung| Which::Hung(hung.face.name.clone())).chain((0..opened).map(Which::Opened));
    wishes.raise(&order, &now.collect::<Vec<_>>());
    let touched = |name: &String| {
        wishes.first.iter().chain(&wishes.then).any(|wish| matches!(wish, Wish::Close(window) | Wish::Set { window: Which::Hung(window), .. } if window == name))
    };
    let locked = hung.iter().filter(|hung| hung.locked).map(|hung| hung.face.name.clone());
    wishes.locked = locked.filter(touched).collect();
    wishes
}

impl Wishes {
    fn change(&mut self, window: &Window, hung: &Hung) {
        let Pixels(at) = Pixels::of(window.rect, (0, 0));
        let place = (at != hung.face.place).then_some(at);
        let (mut source, mut crop, mut small_stream) = (None, None, None);
        match picture(window) {
            Some((shown, part)) => {
                source = (hung.source.as_ref() != Some(shown)).then(|| shown.clone());
                // A source that is new in a window is seen whole.
                let seen = if source.is_some() { Crop::ALL } else { hung.crop };
                crop = (part != seen).then_some(part);
                small_stream = (window.small_stream != hung.small_stream).then_some(window.small_stream);
            }
            None if Face::of(window).content != hung.face.content => self.unsaid += 1,
            None => {}
        }
        if place.is_some() || source.is_some() || crop.is_some() || small_stream.is_some() {
            let window = Which::Hung(hung.face.name.clone());
            self.first.push(Wish::Set { window, place, source, crop, small_stream, raise: false });
        }
    }

    /// Raises what has to be in front, one after the other: all from the first window that lies behind one which should lie behind it.
    fn raise(&mut self, order: &[Which], now: &[Which]) {
        let place = |window: &Which| now.iter().position(|other| other == window);
        let sorted = order.windows(2).take_while(|pair| place(&pair[0]) < place(&pair[1])).count();
        let in_order = if order.is_empty() { 0 } else { sorted + 1 };
        for window in &order[in_order..] {
            let mut raised = set(window.clone());
            if let Wish::Set { raise, .. } = &mut raised {
                *raise = true;
            }
            self.then.push(raised);
        }
    }
}

/// What of a scene is other than in the base.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Difference {
    /// Windows that a wall can be asked for, those that are gone as well.
    pub windows: usize,
    /// Fields and windows that it cannot be asked for.
    pub unsaid: usize,
}

/// What of a scene is other in `mine` than in `base`. A scene that the base does not have is all unsaid.
pub fn difference(base: &HallText, mine: &HallText, scene: &SceneId) -> Difference {
    let (before, now) = (Parts::of(base, scene), Parts::of(mine, scene));
    let mut found = Difference::default();
    let own = PartName::Listed { list: "scene".to_owned(), id: scene.to_string() };
    found.unsaid += unlike(before.parts.get(&own), now.parts.get(&own), |_| true);
    let paired = pair(&before.faces, &now.faces);
    for (index, there) in paired.iter().enumerate() {
        let Some(there) = there else {
            found.windows += 1;
            continue;
        };
        let (old, new) = (before.window(index), now.window(*there));
        found.windows += usize::from(unlike(old, new, |key| TOLD.contains(&key)) > 0);
        found.unsaid += unlike(old, new, |key| !TOLD.contains(&key));
    }
    for index in (0..now.faces.len()).filter(|index| !paired.contains(&Some(*index))) {
        match now.faces[index].content.starts_with("source ") {
            true => found.windows += 1,
            false => found.unsaid += 1,
        }
    }
    found
}

/// The base when a wall has taken over `staged`: what a wall can be told of the scene is known to all now, the rest is not.
pub fn taken(base: &HallText, staged: &HallText, scene: &SceneId) -> Result<HallText, EditError> {
    let (before, now) = (Parts::of(base, scene), Parts::of(staged, scene));
    let name = |index: usize| PartName::Window { scene: scene.clone(), index };
    let paired = pair(&before.faces, &now.faces);
    let mut grafts = Vec::new();
    for (index, there) in paired.iter().enumerate() {
        let Some(there) = there else {
            grafts.push(Graft::Remove(name(index)));
            continue;
        };
        let (old, new) = (before.window(index), now.window(*there));
        for field in TOLD.into_iter().filter(|field| unlike(old, new, |key| key == *field) > 0) {
            grafts.push(Graft::Field { from: name(*there), to: name(index), field: field.to_owned() });
        }
    }
    let new = (0..now.faces.len()).filter(|index| !paired.contains(&Some(*index)));
    let new = new.filter(|index| now.faces[*index].content.starts_with("source "));
    grafts.extend(new.map(|index| Graft::Add(name(index))));
    base.grafted(staged, &grafts)
}

/// The parts of a document and the windows of a scene in it.
struct Parts<'s> {
    scene: &'s SceneId,
    parts: BTreeMap<PartName, Fields>,
    faces: Vec<Face>,
}

impl<'s> Parts<'s> {
    fn of(hall: &HallText, scene: &'s SceneId) -> Self {
        let layout: &Layout = hall.layout();
        let windows = hall.windows(scene).iter();
        let faces = windows.filter_map(|id| Some(Face::of(layout.scene(scene)?.window(id)?))).collect();
        Self { scene, parts: hall.parts(), faces }
    }

    fn window(&self, index: usize) -> Option<&Fields> {
        self.parts.get(&PartName::Window { scene: self.scene.clone(), index })
    }
}

/// How many fields differ, of those that count.
fn unlike(one: Option<&Fields>, other: Option<&Fields>, counts: impl Fn(&str) -> bool) -> usize {
    let keys: BTreeSet<&String> = one.into_iter().chain(other).flat_map(BTreeMap::keys).collect();
    let value = |fields: Option<&Fields>, key: &String| fields.and_then(|fields| fields.get(key).cloned());
    keys.into_iter().filter(|key| counts(key) && value(one, key) != value(other, key)).count()
}
