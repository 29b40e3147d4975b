//! Which ingest node reads which source.
//!
//! Rendezvous hashing: every node gets a score for the source and the highest wins, so that a node that comes or goes
//! moves only the sources that it reads or will read.

use media::{NodeId, SourceId};

/// The node among `nodes` that reads `source`; `None` when there is none. The order of `nodes` does not matter.
pub fn reader_of<'a>(source: &SourceId, nodes: impl Iterator<Item = &'a NodeId>) -> Option<&'a NodeId> {
    nodes.max_by_key(|node| (score(source, node), *node))
}

/// FNV-1a over both names, with a final avalanche so that names that differ in their last letter spread out.
/// Source: <http://www.isthe.com/chongo/tech/comp/fnv/>, 64-bit parameters; the finisher is a xor-shift-multiply.
fn score(source: &SourceId, node: &NodeId) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let text = source.as_str().bytes().chain([0]).chain(node.as_str().bytes());
    let hash = text.fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    let mixed = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ (mixed >> 29)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(names: &[&str]) -> Vec<NodeId> {
        names.iter().map(|name| NodeId::new(name).unwrap()).collect()
    }

    #[test]
    fn a_lost_node_moves_only_its_own_sources() {
        let all = nodes(&["in-1", "in-2", "in-3"]);
        let mut counts = [0; 3];
        for n in 0..300 {
            let source = SourceId::new(&format!("camera-{n}")).unwrap();
            let reader = reader_of(&source, all.iter()).unwrap();
            counts[all.iter().position(|node| node == reader).unwrap()] += 1;
            let without_last = reader_of(&source, all[..2].iter()).unwrap();
            if reader != &all[2] {
                assert_eq!(reader, without_last);
            }
        }
        assert!(counts.iter().all(|count| (60..=140).contains(count)), "{counts:?}");
        assert_eq!(reader_of(&SourceId::new("a").unwrap(), [].iter()), None);
    }
}
