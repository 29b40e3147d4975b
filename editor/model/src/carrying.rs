//! Whether the display nodes can carry a scene, and what helps where one cannot: sub-streams, smaller windows, fewer windows.

use crate::rect::Rect;
use crate::session::{Item, Session};
use layouts::{Layout, Load, NodeBudget, Resource, WindowContent};
use layouts_edit::{EditError, HallText, Pixels, Setting, TextEdit};
use media::{NodeId, SceneId};

/// How small a window may become, in parts of ten of its own sides, tried in this order.
const SMALLER: [i64; 7] = [8, 7, 6, 5, 4, 3, 2];

/// What a node has to carry of a scene, and what it can carry where the document says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// What it has to carry.
    pub load: Load,
    /// What it can.
    pub budget: Option<NodeBudget>,
}

impl Carried {
    fn of(layout: &Layout, scene: &SceneId, node: &NodeId) -> Option<Self> {
        let budget = layout.budget(node);
        let scenes = [(layout.scene(scene)?.wall.clone(), scene.clone())];
        let limit = budget.map_or(u32::MAX, |budget| budget.decodes_1080p);
        Some(Self { load: layouts::load(layout, &scenes, node, limit), budget })
    }

    /// Of what it has to carry more than it can.
    pub fn over(&self) -> Vec<Resource> {
        self.budget.iter().flat_map(|budget| self.load.over(budget)).collect()
    }

    /// How much of what it can carry best it has to carry, in parts of a hundred; `None` where the document does not say what it can.
    pub fn percent(&self) -> Option<u64> {
        let part = |resource| {
            let has = self.budget?.has(resource)?;
            Some((self.load.needs(resource) * 100).div_ceil(has.max(1)))
        };
        Resource::ALL.into_iter().filter_map(part).max()
    }

    /// By how much it is too much, all resources together.
    fn excess(&self) -> u128 {
        let beyond = |resource| {
            let has = self.budget?.has(resource)?;
            let over = self.load.needs(resource).checked_sub(has)?;
            Some(u128::from(over) * 1_000_000 / u128::from(has.max(1)))
        };
        Resource::ALL.into_iter().filter_map(beyond).sum()
    }
}

/// What every display node of the scene's wall has to carry of it.
pub fn carried(layout: &Layout, scene: &SceneId) -> Vec<Carried> {
    let Some(wall) = layout.scene(scene).map(|scene| &scene.wall) else { return Vec::new() };
    let here = |node: &&NodeId| layout.screens_of(node).any(|(of, _)| of.id == *wall);
    layout
        .display_nodes()
        .into_iter()
        .filter(here)
        .filter_map(|node| Carried::of(layout, scene, node))
        .collect()
}

/// What can be done where a node cannot carry a scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relief {
    /// Windows show their sub-streams, the smallest windows first: they lose least.
    SubStreams,
    /// Windows become smaller, the largest first, until a smaller stream does for them.
    Smaller,
    /// Windows are closed, the smallest first.
    Fewer,
}

impl Relief {
    /// All of them, the one that takes least away first.
    pub const ALL: [Self; 3] = [Self::SubStreams, Self::Smaller, Self::Fewer];

    /// What the step is called.
    fn name(self) -> (String, String) {
        let (zh, en) = match self {
            Self::SubStreams => ("改用子码流", "Use sub-streams"),
            Self::Smaller => ("缩小窗口", "Smaller windows"),
            Self::Fewer => ("减少窗口", "Fewer windows"),
        };
        (zh.to_owned(), en.to_owned())
    }

    /// What can be done with one window, what takes least away first.
    fn attempts(self, scene: &SceneId, item: &Item) -> Vec<TextEdit> {
        let (scene, window) = (scene.clone(), item.index);
        match self {
            Self::SubStreams => {
                vec![TextEdit::Set { scene, window, setting: Setting::SmallStream(true) }]
            }
            Self::Smaller => {
                let place = |tenths: i64| {
                    let Rect { x, y, width, height } = item.rect;
                    // On whole pixels, around its own middle.
                    let side = |length: i64| length * tenths / 10 / 1000 * 1000;
                    let (wide, high) = (side(width), side(height));
                    let begin = |from: i64, room: i64| (from + room / 2) / 1000 * 1000;
                    let rect = Pixels([begin(x, width - wide), begin(y, height - high), wide, high]);
                    TextEdit::Place { scene: scene.clone(), window, rect }
                };
                SMALLER.map(place).to_vec()
            }
            Self::Fewer => vec![TextEdit::Close { scene, window }],
        }
    }
}

/// The edits of `relief`, one window after another until `node` can carry `scene`; all that help where it is not enough, and `None` where
/// nothing does. Windows that are locked stay as they are.
fn relieved(
    document: &HallText,
    scene: &SceneId,
    items: &[Item],
    node: &NodeId,
    relief: Relief,
) -> Option<Vec<TextEdit>> {
    let shown = document.layout().scene(scene)?;
    let mut items: Vec<&Item> = items
        .iter()
        .filter(|item| {
            let window = shown.window(&item.id);
            let is_source = |content: &WindowContent| matches!(content, WindowContent::Source { .. });
            !item.locked && window.is_some_and(|window| is_source(&window.content))
        })
        .collect();
    items.sort_by_key(|item| item.rect.width * item.rect.height);
    if relief == Relief::Smaller {
        items.reverse();
    }
    let (mut chosen, mut excess) = (Vec::new(), Carried::of(document.layout(), scene, node)?.excess());
    for item in items {
        if excess == 0 {
            break;
        }
        for edit in relief.attempts(scene, item) {
            let mut tried: Vec<TextEdit> = chosen.clone();
            tried.push(edit);
            // Where one is gone, those behind it are counted otherwise.
            tried.sort_by_key(|edit| match edit {
                TextEdit::Close { window, .. } => std::cmp::Reverse(*window),
                _ => std::cmp::Reverse(0),
            });
            let Ok(edited) = document.edited(&tried) else { continue };
            let left = Carried::of(edited.layout(), scene, node)?.excess();
            if left < excess {
                (chosen, excess) = (tried, left);
                break;
            }
        }
    }
    (!chosen.is_empty()).then_some(chosen)
}

impl Session {
    /// Has `node` carry less of the open scene, until it can; whether anything of that kind helps.
    pub fn relieve(&mut self, node: &NodeId, relief: Relief) -> Result<bool, EditError> {
        let Some(scene) = self.scene().map(|scene| scene.id.clone()) else { return Ok(false) };
        let Some(edits) = relieved(self.document(), &scene, &self.items(), node, relief) else {
            return Ok(false);
        };
        self.act(relief.name(), &edits, None).map(|()| true)
    }
}
