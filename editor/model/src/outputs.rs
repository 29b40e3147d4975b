//! Which output of which node drives which screen, as a table, and what cannot be in it: two screens on one output, a node that drives
//! nothing.

use layouts::{Screen, Words};
use media::{NodeId, ScreenId};
use std::collections::BTreeMap;

/// A screen and what drives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assigned {
    /// Which screen.
    pub screen: ScreenId,
    /// The node.
    pub node: NodeId,
    /// Its output, from 1.
    pub output: u32,
}

impl Assigned {
    /// As a layout has it.
    pub fn of(screen: &Screen) -> Self {
        Self { screen: screen.id.clone(), node: screen.node.clone(), output: screen.output_number }
    }
}

/// What cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clash {
    /// Several screens on one output.
    Shared {
        /// Which node.
        node: NodeId,
        /// Which output.
        output: u32,
        /// The screens.
        screens: Vec<ScreenId>,
        /// The lowest output of the node that is free, if one is.
        free: Option<u32>,
    },
    /// A node that drives no screen.
    Idle(NodeId),
}

impl Clash {
    /// What it is, and what would be right.
    pub fn words(&self) -> Words {
        match self {
            Self::Shared { node, output, screens, free } => {
                let names = screens.iter().map(ScreenId::as_str).collect::<Vec<_>>();
                let (zh, en) = (names.join("、"), names.join(" and "));
                let (free_zh, free_en) = match free {
                    Some(free) => (format!("；输出 {free} 空着"), format!("; output {free} is free")),
                    None => {
                        ("；这个节点没有空的输出".to_owned(), "; this node has no free output".to_owned())
                    }
                };
                Words {
                    zh: format!("{node} 的输出 {output} 接了 {zh}{free_zh}"),
                    en: format!("output {output} of {node} drives {en}{free_en}"),
                }
            }
            Self::Idle(node) => Words {
                zh: format!("节点 {node} 没有接任何屏幕；去掉它，或减少每个节点的输出数"),
                en: format!("node {node} drives no screen; leave it out, or use fewer outputs of each node"),
            },
        }
    }
}

/// The table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outputs {
    rows: BTreeMap<NodeId, BTreeMap<u32, Vec<ScreenId>>>,
}

impl Outputs {
    /// The table of `all`; `nodes` have a row even where they drive nothing.
    pub fn new<'n>(
        all: impl IntoIterator<Item = Assigned>,
        nodes: impl IntoIterator<Item = &'n NodeId>,
    ) -> Self {
        let mut rows: BTreeMap<NodeId, BTreeMap<u32, Vec<ScreenId>>> = BTreeMap::new();
        for node in nodes {
            rows.entry(node.clone()).or_default();
        }
        for Assigned { screen, node, output } in all {
            rows.entry(node).or_default().entry(output).or_default().push(screen);
        }
        Self { rows }
    }

    /// The nodes, sorted, and the screens of each output.
    pub fn rows(&self) -> impl Iterator<Item = (&NodeId, &BTreeMap<u32, Vec<ScreenId>>)> {
        self.rows.iter()
    }

    /// The highest output that is used.
    pub fn highest(&self) -> u32 {
        self.rows.values().filter_map(|outputs| outputs.keys().next_back().copied()).max().unwrap_or(0)
    }

    /// The screen on an output.
    pub fn at(&self, node: &NodeId, output: u32) -> Option<&ScreenId> {
        self.rows.get(node)?.get(&output)?.first()
    }

    /// The lowest output of `node` that drives nothing; `None` when all 64 do.
    pub fn free(&self, node: &NodeId) -> Option<u32> {
        let used = self.rows.get(node);
        (1..=crate::wall_grid::OUTPUTS_MAX).find(|output| used.is_none_or(|used| !used.contains_key(output)))
    }

    /// All that cannot be.
    pub fn clashes(&self) -> Vec<Clash> {
        let mut clashes = Vec::new();
        for (node, outputs) in &self.rows {
            if outputs.is_empty() {
                clashes.push(Clash::Idle(node.clone()));
            }
            for (output, screens) in outputs.iter().filter(|(_, screens)| screens.len() > 1) {
                let (node, screens) = (node.clone(), screens.clone());
                let free = self.free(&node);
                clashes.push(Clash::Shared { node, output: *output, screens, free });
            }
        }
        clashes
    }
}
