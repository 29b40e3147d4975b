//! How a certificate says whose it is: one DNS name that holds role and node, and no host name.
//!
//! A node's name is `<hex of the id in labels of at most 60>.<role>.node.taibai.internal`, the controller's
//! `controller.taibai.internal`. Hex, because an id may be 64 long and end in `-`, which no DNS label may. The
//! standard verification of host names then checks that the peer is the expected node.

use media::NodeId;
use protocol::Role;

const CONTROLLER: &str = "controller.taibai.internal";
const NODE_SUFFIX: &str = ".node.taibai.internal";
const LABEL_MAX: usize = 60;

/// Whom a certificate belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Peer {
    /// The controller of the hall.
    Controller,
    /// A node, in a role.
    Node(NodeId, Role),
}

impl std::fmt::Display for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Controller => f.write_str("the controller"),
            Self::Node(node, role) => write!(f, "{role} node {node}"),
        }
    }
}

impl Peer {
    /// The DNS name in the certificate.
    pub(crate) fn to_dns_name(&self) -> String {
        match self {
            Self::Controller => CONTROLLER.to_owned(),
            Self::Node(node, role) => {
                let mut name = String::new();
                for (index, byte) in node.as_str().bytes().enumerate() {
                    if index > 0 && index % (LABEL_MAX / 2) == 0 {
                        name.push('.');
                    }
                    name.push_str(&format!("{byte:02x}"));
                }
                format!("{name}.{role}{NODE_SUFFIX}")
            }
        }
    }

    /// Reads a certificate's DNS name; `None` when it is none of ours.
    pub(crate) fn from_dns_name(name: &str) -> Option<Self> {
        if name == CONTROLLER {
            return Some(Self::Controller);
        }
        let (hex, role) = name.strip_suffix(NODE_SUFFIX)?.rsplit_once('.')?;
        let digits: Vec<u32> =
            hex.chars().filter(|c| *c != '.').map(|c| c.to_digit(16)).collect::<Option<_>>()?;
        let (pairs, rest) = digits.as_chunks::<2>();
        let bytes: Vec<u8> =
            pairs.iter().map(|[high, low]| u8::try_from(high << 4 | low).ok()).collect::<Option<_>>()?;
        let node = NodeId::new(std::str::from_utf8(&bytes).ok()?).ok()?;
        let peer = Self::Node(node, Role::from_word(role)?);
        // One peer has one name: no other spelling of it is accepted.
        (rest.is_empty() && peer.to_dns_name() == name).then_some(peer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hold_every_id() {
        for id in ["a", "north-gate_3", "ends-in-", &"x-".repeat(32), &"0".repeat(64)] {
            for role in [Role::Ingest, Role::Display, Role::Feed] {
                let peer = Peer::Node(NodeId::new(id).unwrap(), role);
                let name = peer.to_dns_name();
                assert!(rustls::pki_types::DnsName::try_from(name.clone()).is_ok(), "{name}");
                assert_eq!(Peer::from_dns_name(&name), Some(peer), "{name}");
            }
        }
        assert_eq!(Peer::from_dns_name(CONTROLLER), Some(Peer::Controller));
    }

    #[test]
    fn other_spellings_are_nobody() {
        for name in [
            "example.org",
            "61.ingest.node.taibai.internal.",
            "6.1.ingest.node.taibai.internal",
            "61.controller.node.taibai.internal",
            ".ingest.node.taibai.internal",
            "zz.ingest.node.taibai.internal",
            "616.ingest.node.taibai.internal",
            "6A.ingest.node.taibai.internal",
        ] {
            assert_eq!(Peer::from_dns_name(name), None, "{name}");
        }
    }
}
