//! `taibai token` and `taibai join`: how a machine becomes a node of the hall.
//!
//! What `taibai token` prints is `ROLE.NODE.` followed by the protocol's join token, so that `taibai join` needs
//! nothing else.

use super::show::runtime;
use crate::cli::{JoinArgs, RoleChoice, TokenArgs};
use crate::exit::Failure;
use anyhow::Context;
use media::NodeId;
use protocol::{JoinToken, Role};
use protocol_quic::Host;
use std::time::Duration;

fn node_id(text: &str) -> Result<NodeId, Failure> {
    NodeId::new(text).map_err(|why| Failure::Usage(format!("{text:?} cannot be a node's name: {why}")))
}

/// Makes a token and prints it: the one place where it is shown.
pub fn token(args: &TokenArgs) -> Result<(), Failure> {
    let (Some(node), Some(role)) = (&args.node, args.role) else {
        return Err(Failure::Usage("name the node and its --role".into()));
    };
    let node = node_id(node)?;
    let role = match role {
        RoleChoice::Ingest => Role::Ingest,
        RoleChoice::Display => Role::Display,
        RoleChoice::Feed => Role::Feed,
    };
    if args.minutes == 0 || args.minutes > 7 * 24 * 60 {
        return Err(Failure::Usage("--minutes takes 1 to 10080 (a week)".into()));
    }
    let authority = protocol_quic::Authority::open(&Host::system(), &args.state)?;
    let token = authority.new_token(&node, role, Duration::from_secs(args.minutes * 60))?;
    println!("{role}.{node}.{}", token.reveal());
    Ok(())
}

/// Spends a token and keeps the certificate.
pub fn join(args: &JoinArgs) -> Result<(), Failure> {
    let text = if args.token == "-" {
        std::io::read_to_string(std::io::stdin()).context("the token cannot be read from standard input")?
    } else {
        args.token.clone()
    };
    let (role, node, token) = parse(text.trim())?;
    let address = args.controller.to_string();
    let identity = runtime()?
        .block_on(protocol_quic::join(&Host::system(), &address, &token, &node, role))
        .with_context(|| format!("node {node} cannot join the hall at {}", args.controller))?;
    identity.save(&args.state)?;
    let part = match role {
        Role::Ingest | Role::Display => "node",
        Role::Feed => "program",
    };
    println!("{node} has joined as a {role} {part}; its certificate lies in {}", args.state.display());
    Ok(())
}

fn parse(text: &str) -> Result<(Role, NodeId, JoinToken), Failure> {
    let usage =
        || Failure::Usage("that is no join token; copy the whole line that `taibai token` printed".into());
    let mut parts = text.splitn(3, '.');
    let (Some(role), Some(node), Some(token)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(usage());
    };
    let role = Role::from_word(role).ok_or_else(usage)?;
    let token = JoinToken::parse(token).map_err(|why| Failure::Usage(why.to_string()))?;
    Ok((role, node_id(node)?, token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_token_is_a_usage_error_that_does_not_repeat_it() {
        let good = format!("display.left.taibai-join-1.{}.{}", "a1".repeat(32), "b2".repeat(16));
        let (role, node, _) = parse(&good).ok().unwrap();
        assert_eq!((role, node.as_str()), (Role::Display, "left"));
        for wrong in [&good[1..], &good[..good.len() - 1], "display.left", "display.LEFT.x", ""] {
            let Err(Failure::Usage(words)) = parse(wrong) else { panic!("{wrong} was taken") };
            assert!(!words.contains("b2b2"), "{words}");
        }
    }
}
