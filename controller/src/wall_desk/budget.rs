//! Whether the display nodes can decode what an operator wants, and what could be done where they cannot.

use super::{WallDesk, WallFault};
use layouts::rules::Picture;
use layouts::{CanvasUnit, Change, Draft, Load, Variant, VariantError, WindowContent, WindowSet};
use media::{SceneId, SourceId, WallId, WindowId};
use std::collections::BTreeMap;

/// What may be done where nodes could not decode what is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
pub(crate) enum Remedy {
    /// Windows take the smallest streams of their sources: of sources that are seen small first, and of as few as it takes.
    #[serde(rename = "sub-streams")]
    SubStreams,
}

/// What nodes could not decode.
#[derive(Debug)]
pub(crate) struct Over {
    /// The nodes.
    pub(crate) loads: Vec<Load>,
    /// The windows of the wall that would take smaller streams with [`Remedy::SubStreams`]; none where that would not do.
    pub(crate) remedy: Vec<WindowId>,
}

impl WallDesk {
    /// What is to be done for `after`: itself, or with `remedy` also what makes it fit. Refuses what no node could decode, unless it was as
    /// much before.
    pub(super) fn within_budget(
        &self,
        wall: &WallId,
        before: &Draft,
        after: Draft,
        remedy: Option<Remedy>,
    ) -> Result<Draft, WallFault> {
        let layout = self.layout();
        if !layout.display_nodes().into_iter().any(|node| layout.decodes_1080p(node).is_some()) {
            return Ok(after);
        }
        let was = self.loads(wall, before)?;
        let loads = self.over(wall, &was, &after)?;
        if loads.is_empty() {
            return Ok(after);
        }
        let (windows, smaller) = self.with_sub_streams(wall, &was, &after, &loads)?.unzip();
        match (remedy, smaller) {
            (Some(Remedy::SubStreams), Some(smaller)) => Ok(smaller),
            _ => Err(WallFault::OverBudget(Over { loads, remedy: windows.unwrap_or_default() })),
        }
    }

    /// The nodes that would have more to decode than they can, and more than they had.
    fn over(&self, wall: &WallId, was: &[Load], after: &Draft) -> Result<Vec<Load>, VariantError> {
        let grown = |load: &Load| {
            let was = was.iter().find(|was| was.node == load.node);
            was.is_none_or(|was| load.decodes_e3 > was.decodes_e3)
        };
        let mut loads = self.loads(wall, after)?;
        loads.retain(|load| load.is_over() && grown(load));
        Ok(loads)
    }

    /// `after` with smaller streams where that makes it fit, and the windows that take them.
    fn with_sub_streams(
        &self,
        wall: &WallId,
        was: &[Load],
        after: &Draft,
        over: &[Load],
    ) -> Result<Option<(Vec<WindowId>, Draft)>, WallFault> {
        let layout = self.layout();
        let is_locked = |window: &WindowId| after.edits.get(window).is_some_and(|edit| edit.locked);
        let could = |window: &WindowId| {
            over.iter()
                .flat_map(|load| &load.could_be_smaller)
                .any(|(of, named)| of == wall && named == window)
        };
        // A node decodes a source once, at the size of its largest window: all its windows must do with less, or none.
        let mut sources: BTreeMap<SourceId, (CanvasUnit, Vec<WindowId>)> = BTreeMap::new();
        for window in after.windows(&layout)? {
            let WindowContent::Source { source, .. } = &window.content else { continue };
            if could(&window.id) && !is_locked(&window.id) {
                let (largest, windows) = sources.entry(source.clone()).or_default();
                *largest = (*largest).max(window.rect.width.saturating_mul(window.rect.height));
                windows.push(window.id);
            }
        }
        // What is seen small loses least.
        let mut sources: Vec<(CanvasUnit, Vec<WindowId>)> = sources.into_values().collect();
        sources.sort_by_key(|(largest, _)| *largest);
        let with = |count: usize| -> Result<Option<Draft>, WallFault> {
            let set = |window: &WindowId| Change::Set {
                window: window.clone(),
                set: WindowSet { small_stream: Some(true), ..WindowSet::default() },
            };
            let windows = sources.iter().take(count).flat_map(|(_, windows)| windows);
            let changes: Vec<Change> = windows.map(set).collect();
            if changes.is_empty() || changes.len() > layouts::CHANGES_MAX {
                return Ok(None);
            }
            let (draft, _) = after.change(&layout, &changes)?;
            Ok(self.over(wall, was, &draft)?.is_empty().then_some(draft))
        };
        let Some(mut fitting) = with(sources.len())? else { return Ok(None) };
        let (mut too_few, mut enough) = (0, sources.len());
        while enough - too_few > 1 {
            let middle = (too_few + enough) / 2;
            match with(middle)? {
                Some(draft) => (enough, fitting) = (middle, draft),
                None => too_few = middle,
            }
        }
        let windows = sources.iter().take(enough).flat_map(|(_, windows)| windows.clone());
        Ok(Some((windows.collect(), fitting)))
    }

    /// What nodes would have to decode with `draft` on `wall` and all other walls as they are.
    fn loads(&self, wall: &WallId, draft: &Draft) -> Result<Vec<Load>, VariantError> {
        let (layout, rules) = (self.layout(), &self.inner.rules);
        let pictures: Vec<(WallId, Picture)> = rules.look(|engine| {
            let picture = |id: &WallId| Some((id.clone(), engine.picture(id)?.clone()));
            let others = layout.walls().iter().filter(|other| other.id != *wall);
            others.filter_map(|other| picture(&other.id)).collect()
        });
        let Draft { scene, fills, edits } = draft.clone();
        let own = Picture { scene, edits, fills: fills.into_iter().collect(), banner: None };
        let (mut variants, mut scenes) = (Vec::new(), Vec::new());
        for (number, (wall, picture)) in pictures.into_iter().chain([(wall.clone(), own)]).enumerate() {
            let Picture { scene: base, edits, fills, banner } = picture;
            let names = (0..1000).filter_map(|round| SceneId::new(&format!("load-{number}-{round}")).ok());
            let free = names.into_iter().find(|id| layout.scene(id).is_none());
            let id = free.ok_or_else(|| VariantError::NoSuchScene(base.clone()))?;
            variants.push(Variant { id: id.clone(), base, edits, fills, banner, cut: true });
            scenes.push((wall, id));
        }
        Ok(layouts::loads(&layout.with_variants(&variants)?, &scenes))
    }
}
