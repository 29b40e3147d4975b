//! Looks what has changed in the hall, by itself and many times a second, so that nobody who watches has to be told by each part.

use super::watch::{Hub, What};
use crate::data::DataDesk;
use crate::node_service::Desk;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// How often it looks; after an operator's act it looks at once.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Looks for ever.
pub(crate) async fn look(hub: Hub, desk: Desk, data: DataDesk) {
    let mut known = BTreeMap::new();
    let mut tick = interval(LOOK_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = hub.hurry.notified() => {}
        }
        for (what, print) in prints(&desk, &data) {
            if known.insert(what, print).is_some_and(|before| before != print) {
                hub.tell(what);
            }
        }
    }
}

/// A fingerprint of everything that somebody may watch.
fn prints(desk: &Desk, data: &DataDesk) -> [(What, u64); 7] {
    let status = desk.status();
    let mut walls = DefaultHasher::new();
    status.revision.hash(&mut walls);
    for wall in &status.walls {
        (wall.wall.as_str(), wall.on_air.as_str(), wall.next.as_ref().map(media::SceneId::as_str))
            .hash(&mut walls);
        (wall.next_at.map(|at| at.0), wall.since.0, wall.stamp, wall.preparing.len(), wall.not_ready.len())
            .hash(&mut walls);
        wall.identify_until.map(|until| until.0).hash(&mut walls);
    }
    let (mut sources, mut nodes) = (DefaultHasher::new(), DefaultHasher::new());
    for row in &status.sources {
        (row.source.as_str(), row.node.as_str(), row.state.as_str()).hash(&mut sources);
    }
    for row in &status.nodes {
        (row.node.as_str(), row.connected, row.standing.as_str(), row.clock.state.as_str()).hash(&mut nodes);
    }
    let [alarms, tours, log, events] = data.prints();
    [
        (What::Walls, walls.finish()),
        (What::Sources, sources.finish()),
        (What::Nodes, nodes.finish()),
        (What::Alarms, alarms),
        (What::Tours, tours),
        (What::Log, log),
        (What::Events, events),
    ]
}
