//! What two people have made of one document, put together. What only one of them has touched is as he has made it; where both have
//! touched the same field of the same thing and do not agree, it stays as the designer has it and is a conflict until he has chosen.
//!
//! The *base* is the last edition that both know: it takes in what is put together, and in a conflict keeps what was before, so that the
//! conflict is there again the next time until it is decided. All is values; nothing is remembered between calls.

mod pair;

pub use pair::{Face, pair};

use layouts_edit::{EditError, Fields, Graft, HallText, PartName};
use media::SceneId;
use std::collections::{BTreeMap, BTreeSet};

/// Something that both have changed, each in his own way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// What it is called in the base; `None` where both have made something of the same name.
    pub base: Option<PartName>,
    /// In the designer's document; `None` where he has taken it away.
    pub mine: Option<PartName>,
    /// In the others'; `None` where they have taken it away.
    pub theirs: Option<PartName>,
    /// The fields in which both differ from what was before and from each other; empty where it is about the whole.
    pub fields: BTreeSet<String>,
}

/// Whose edition is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Choice {
    /// The designer's.
    Mine,
    /// The others'.
    Theirs,
}

/// Three editions that were put together.
#[derive(Debug, Clone)]
pub struct Merged {
    /// The designer's document, with what others have made.
    pub mine: HallText,
    /// The base from which it goes on.
    pub base: HallText,
    /// What the designer has to decide.
    pub conflicts: Vec<Conflict>,
}

/// So often is looked again at what was put together; twice is rare.
const ROUNDS_MAX: usize = 8;

/// Puts `theirs` into `mine`; both have come from `base`. Errors: together they would be no right document, for what one needs the other
/// has taken away.
pub fn merge(base: &HallText, mine: &HallText, theirs: &HallText) -> Result<Merged, EditError> {
    // What one of them still uses and the other has taken away is for the designer to decide.
    together(base, mine, theirs, false).or_else(|_| together(base, mine, theirs, true))
}

fn together(base: &HallText, mine: &HallText, theirs: &HallText, hold: bool) -> Result<Merged, EditError> {
    let (mut base, mut mine) = (base.clone(), mine.clone());
    // Windows have no names of their own: what was put together may be paired otherwise than before, and leave more to put together.
    for _ in 0..ROUNDS_MAX {
        let found = compare(&base, &mine, theirs, hold);
        if found.into_mine.is_empty() && found.into_base.is_empty() {
            return Ok(Merged { mine, base, conflicts: found.conflicts });
        }
        (mine, base) = (mine.grafted(theirs, &found.into_mine)?, base.grafted(theirs, &found.into_base)?);
    }
    let conflicts = compare(&base, &mine, theirs, hold).conflicts;
    Ok(Merged { mine, base, conflicts })
}

/// Decides a conflict of these editions.
pub fn decide(
    conflict: &Conflict,
    choice: Choice,
    base: &HallText,
    mine: &HallText,
    theirs: &HallText,
) -> Result<Merged, EditError> {
    let Conflict { base: before, mine: own, theirs: other, fields } = conflict;
    let into = |here: &Option<PartName>| -> Vec<Graft> {
        match (here, other) {
            (Some(to), Some(from)) if !fields.is_empty() => {
                let graft = |field: &String| Graft::Field {
                    from: from.clone(),
                    to: to.clone(),
                    field: field.clone(),
                };
                fields.iter().map(graft).collect()
            }
            (Some(to), Some(from)) => vec![Graft::Remove(to.clone()), Graft::Add(from.clone())],
            (Some(to), None) => vec![Graft::Remove(to.clone())],
            (None, Some(from)) => vec![Graft::Add(from.clone())],
            (None, None) => Vec::new(),
        }
    };
    // Either way the others' edition is known from now on.
    let base = replaced(base, theirs, &into(before))?;
    let mine = match choice {
        Choice::Mine => mine.clone(),
        Choice::Theirs => replaced(mine, theirs, &into(own))?,
    };
    merge(&base, &mine, theirs)
}

/// A part that takes the place of one with the same name can only come when that one has gone.
fn replaced(document: &HallText, from: &HallText, grafts: &[Graft]) -> Result<HallText, EditError> {
    match grafts {
        [Graft::Remove(_), Graft::Add(_)] => {
            document.grafted(from, &grafts[..1])?.grafted(from, &grafts[1..])
        }
        _ => document.grafted(from, grafts),
    }
}

#[derive(Default)]
struct Found {
    into_mine: Vec<Graft>,
    into_base: Vec<Graft>,
    conflicts: Vec<Conflict>,
}

/// An edition of a document in its parts.
struct Edition<'d> {
    hall: &'d HallText,
    parts: BTreeMap<PartName, Fields>,
}

impl<'d> Edition<'d> {
    fn of(hall: &'d HallText) -> Self {
        Self { hall, parts: hall.parts() }
    }

    fn fields(&self, part: &PartName) -> Option<&Fields> {
        self.parts.get(part)
    }

    /// The windows of a scene, in document order.
    fn faces(&self, scene: &SceneId) -> Vec<Face> {
        let layout = self.hall.layout();
        let windows = self.hall.windows(scene).iter();
        windows.filter_map(|id| Some(Face::of(layout.scene(scene)?.window(id)?))).collect()
    }

    /// Everything that is said of a part and what belongs to it.
    fn whole(&self, part: &PartName) -> Option<(&Fields, Vec<&Fields>)> {
        let own = self.fields(part)?;
        let windows = match scene_of(part) {
            Some(id) => self
                .parts
                .iter()
                .filter(|(name, _)| matches!(name, PartName::Window { scene, .. } if *scene == id))
                .map(|(_, fields)| fields)
                .collect(),
            None => Vec::new(),
        };
        Some((own, windows))
    }
}

/// The scene that a part is.
fn scene_of(part: &PartName) -> Option<SceneId> {
    match part {
        PartName::Listed { list, id } if list == "scene" => SceneId::new(id).ok(),
        _ => None,
    }
}

/// Compares three editions; with `hold` what others have removed is not removed here, but asked about.
fn compare(base: &HallText, mine: &HallText, theirs: &HallText, hold: bool) -> Found {
    let (base, mine, theirs) = (Edition::of(base), Edition::of(mine), Edition::of(theirs));
    let mut found = Found::default();
    let no_window = |part: &&PartName| !matches!(part, PartName::Window { .. });
    let names: BTreeSet<&PartName> = [&base, &mine, &theirs]
        .into_iter()
        .flat_map(|edition| edition.parts.keys())
        .filter(no_window)
        .collect();
    for part in names {
        let known = |edition: &Edition<'_>| edition.fields(part).is_some().then(|| part.clone());
        let names = [known(&base), known(&mine), known(&theirs)];
        if names.iter().all(Option::is_some) {
            found.fields(&base, &mine, &theirs, names);
            if let Some(scene) = scene_of(part) {
                found.windows(&base, &mine, &theirs, &scene);
            }
        } else {
            found.whole(&base, &mine, &theirs, names);
        }
    }
    if hold {
        found.hold();
    }
    found
}

impl Found {
    /// A part that all three have.
    fn fields(
        &mut self,
        base: &Edition<'_>,
        mine: &Edition<'_>,
        theirs: &Edition<'_>,
        names: [Option<PartName>; 3],
    ) {
        let [Some(in_base), Some(in_mine), Some(in_theirs)] = names else { return };
        let none = Fields::new();
        let of = |edition: &Edition<'_>, part: &PartName| {
            edition.fields(part).cloned().unwrap_or_else(|| none.clone())
        };
        let (before, own, other) = (of(base, &in_base), of(mine, &in_mine), of(theirs, &in_theirs));
        let keys: BTreeSet<&String> = before.keys().chain(own.keys()).chain(other.keys()).collect();
        let mut fields = BTreeSet::new();
        for key in keys {
            let (before, own, other) = (before.get(key), own.get(key), other.get(key));
            if other == before {
                continue;
            }
            let graft =
                |to: &PartName| Graft::Field { from: in_theirs.clone(), to: to.clone(), field: key.clone() };
            if own == other || own == before {
                self.into_base.push(graft(&in_base));
                if own != other {
                    self.into_mine.push(graft(&in_mine));
                }
            } else {
                fields.insert(key.clone());
            }
        }
        if !fields.is_empty() {
            let conflict =
                Conflict { base: Some(in_base), mine: Some(in_mine), theirs: Some(in_theirs), fields };
            self.conflicts.push(conflict);
        }
    }

    /// A part that is not in all of them.
    fn whole(
        &mut self,
        base: &Edition<'_>,
        mine: &Edition<'_>,
        theirs: &Edition<'_>,
        names: [Option<PartName>; 3],
    ) {
        let said = |edition: &Edition<'_>, name: &Option<PartName>| {
            let (own, windows) = edition.whole(name.as_ref()?)?;
            Some((own.clone(), windows.into_iter().cloned().collect::<Vec<_>>()))
        };
        let (before, own, other) = (said(base, &names[0]), said(mine, &names[1]), said(theirs, &names[2]));
        let [in_base, in_mine, in_theirs] = names;
        if before == other {
            // Only the designer has touched it.
            return;
        }
        if own != other && own != before {
            let conflict =
                Conflict { base: in_base, mine: in_mine, theirs: in_theirs, fields: BTreeSet::new() };
            self.conflicts.push(conflict);
            return;
        }
        let graft = |here: &Option<PartName>| match (here, &in_theirs) {
            (Some(gone), None) => Some(Graft::Remove(gone.clone())),
            (None, Some(new)) => Some(Graft::Add(new.clone())),
            _ => None,
        };
        self.into_base.extend(graft(&in_base));
        if own != other {
            self.into_mine.extend(graft(&in_mine));
        }
    }

    /// Asks about everything that would be removed and is neither a scene nor a window.
    fn hold(&mut self) {
        let is_held =
            |graft: &Graft| matches!(graft, Graft::Remove(PartName::Listed { list, .. }) if list != "scene");
        self.into_base.retain(|graft| !is_held(graft));
        let held: Vec<Graft> = self.into_mine.extract_if(.., |graft| is_held(graft)).collect();
        for graft in held {
            if let Graft::Remove(part) = graft {
                let own = Some(part);
                let conflict =
                    Conflict { base: own.clone(), mine: own, theirs: None, fields: BTreeSet::new() };
                self.conflicts.push(conflict);
            }
        }
    }

    fn windows(&mut self, base: &Edition<'_>, mine: &Edition<'_>, theirs: &Edition<'_>, scene: &SceneId) {
        let (before, own, other) = (base.faces(scene), mine.faces(scene), theirs.faces(scene));
        let (to_own, to_other) = (pair(&before, &own), pair(&before, &other));
        let name = |index: usize| PartName::Window { scene: scene.clone(), index };
        for index in 0..before.len() {
            let names = [Some(name(index)), to_own[index].map(name), to_other[index].map(name)];
            match names.iter().all(Option::is_some) {
                true => self.fields(base, mine, theirs, names),
                false => self.whole(base, mine, theirs, names),
            }
        }
        // New ones: those that both have opened alike are one, a slot of one name as well.
        let new = |paired: &[Option<usize>], count: usize| -> Vec<usize> {
            (0..count).filter(|index| !paired.contains(&Some(*index))).collect()
        };
        let (own_new, other_new) = (new(&to_own, own.len()), new(&to_other, other.len()));
        let faces = |new: &[usize], all: &[Face]| -> Vec<Face> {
            new.iter().map(|index| all[*index].clone()).collect()
        };
        let alike = pair(&faces(&other_new, &other), &faces(&own_new, &own));
        for (index, twin) in other_new.into_iter().zip(alike) {
            let twin = twin.map(|twin| own_new[twin]).filter(|twin| is_same(&own[*twin], &other[index]));
            match twin {
                None => {
                    self.into_mine.push(Graft::Add(name(index)));
                    self.into_base.push(Graft::Add(name(index)));
                }
                Some(twin) => self.whole_window(mine, theirs, name(twin), name(index)),
            }
        }
    }

    /// A window that both have opened, and that is known to be one.
    fn whole_window(&mut self, mine: &Edition<'_>, theirs: &Edition<'_>, own: PartName, other: PartName) {
        let none = Fields::new();
        let (said, heard) = (mine.fields(&own).unwrap_or(&none), theirs.fields(&other).unwrap_or(&none));
        let keys: BTreeSet<&String> = said.keys().chain(heard.keys()).collect();
        let fields: BTreeSet<String> =
            keys.into_iter().filter(|key| said.get(*key) != heard.get(*key)).cloned().collect();
        match fields.is_empty() {
            true => self.into_base.push(Graft::Add(other)),
            false => {
                self.conflicts.push(Conflict { base: None, mine: Some(own), theirs: Some(other), fields })
            }
        }
    }
}

/// Whether two new windows are one: of one slot, or with the same at the same place.
fn is_same(own: &Face, other: &Face) -> bool {
    (own.slot.is_some() && own.slot == other.slot)
        || (&own.content, own.place) == (&other.content, other.place)
}
