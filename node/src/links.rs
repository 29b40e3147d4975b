//! Where a display node fetches each source: one connection per ingest node, kept up while the directory names it.

use media::{NodeId, SourceId};
use protocol::IngestEntry;
use protocol_quic::{Host, Identity, MediaLink, MediaReader};
use std::collections::BTreeMap;

/// Connections by ingest node, and who reads what.
#[derive(Debug, Default)]
pub struct Links {
    by_node: BTreeMap<NodeId, (String, MediaLink)>,
    reader_of: BTreeMap<SourceId, NodeId>,
}

impl Links {
    /// Links as `directory` says. A connection that `before` has to the same node at the same address is kept. To be
    /// called inside a tokio runtime.
    pub fn follow(host: &Host, directory: &[IngestEntry], before: &Self, identity: &Identity) -> Self {
        let mut links = Self::default();
        for IngestEntry { node, address, sources } in directory {
            if address.is_empty() {
                continue;
            }
            let link = match before.by_node.get(node) {
                Some((kept_address, link)) if kept_address == address => link.clone(),
                _ => MediaLink::start(host, address, identity.clone(), node.clone()),
            };
            links.by_node.insert(node.clone(), (address.clone(), link));
            links.reader_of.extend(sources.iter().map(|source| (source.clone(), node.clone())));
        }
        links.keep(before);
        links
    }

    /// A controller that has just started knows no reader until one connects: until somebody reads a source, it is fetched where it
    /// was. Without that a wall whose controller comes back would let go of live pictures, and take them up again from older ones.
    fn keep(&mut self, before: &Self) {
        for (source, node) in &before.reader_of {
            if !self.reader_of.contains_key(source)
                && let Some(kept) = before.by_node.get(node)
            {
                self.by_node.entry(node.clone()).or_insert_with(|| kept.clone());
                self.reader_of.insert(source.clone(), node.clone());
            }
        }
    }

    /// Every source of `sources` from inside this process.
    pub fn local(node: NodeId, reader: MediaReader, sources: impl Iterator<Item = SourceId>) -> Self {
        let link = MediaLink::local(reader);
        let reader_of = sources.map(|source| (source, node.clone())).collect();
        Self { by_node: BTreeMap::from([(node, (String::new(), link))]), reader_of }
    }

    /// Who reads `source`, and the way there; `None` while nobody does.
    pub fn of(&self, source: &SourceId) -> Option<(&NodeId, &MediaLink)> {
        let node = self.reader_of.get(source)?;
        self.by_node.get(node).map(|(_, link)| (node, link))
    }
}
