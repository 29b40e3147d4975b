//! Three cameras break at the same moment, each in its own way, and come back: how long the wall takes to say so, and
//! what the neighbours notice.

use crate::cameras::{rtsp_alone, rtsp_endpoint};
use crate::relay::Relay;
use crate::stage::{Camera, Grid, Place, Stage};
use crate::watch::{Course, Seen, Watch, now_ns};
use std::time::Duration;

/// The cameras that break.
pub const VICTIMS: [&str; 3] = ["killed", "frozen", "garbage"];
/// The cameras that do not.
pub const NEIGHBOURS: [&str; 2] = ["neighbour-1", "neighbour-2"];
/// How long the cameras stay broken.
const BROKEN: Duration = Duration::from_secs(9);

/// What one broken camera's window did, in milliseconds from the fault or from its end; `None` where it never came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// Until the held picture was dimmed or gone.
    pub marked_ms: Option<u64>,
    /// Until a card stood in its place.
    pub card_ms: Option<u64>,
    /// From the camera's return until its new pictures came.
    pub live_ms: Option<u64>,
}

/// What was measured.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Per victim, in the order of [`VICTIMS`].
    pub victims: Vec<Times>,
    /// Per neighbour, from two seconds before the faults to the end.
    pub neighbours: Vec<Course>,
}

/// Runs the whole play. With `plant`, the neighbours' first camera is killed too: a measurement that does not notice
/// that is worth nothing.
pub fn play(place: &Place, plant: bool) -> Result<Outcome, String> {
    let words = |error: std::io::Error| error.to_string();
    let mut cameras = Vec::new();
    for (id, number) in VICTIMS.into_iter().chain(NEIGHBOURS).zip(0..) {
        cameras.push(rtsp_alone(id, number).map_err(words)?);
    }
    let relay = Relay::start(port_of(&cameras[2])).map_err(words)?;
    cameras[2].endpoint = rtsp_endpoint(relay.port(), "/live", "tcp");
    let grid = Grid { columns: 3, window: (320, 180) };
    let mut stage = Stage::start(place, grid, &cameras).map_err(words)?;
    stage.wait_until_all_show(Duration::from_secs(40))?;
    stage.watch_for(Duration::from_secs(3))?;
    let before = now_ns() - 2_000_000_000;
    let usual: Vec<f64> = VICTIMS.iter().map(|id| brightness(&stage.watch, id, before)).collect();

    let broken_at = now_ns();
    with(&mut stage, "killed", |peer| peer.kill());
    with(&mut stage, "frozen", |peer| peer.freeze());
    relay.set_garbage(true);
    if plant {
        with(&mut stage, NEIGHBOURS[0], |peer| peer.kill());
    }
    stage.watch_for(BROKEN)?;

    let mended_at = now_ns();
    with(&mut stage, "frozen", |peer| peer.thaw());
    relay.set_garbage(false);
    let killed = stage.peers.get_mut("killed").ok_or("no such peer")?;
    killed.restart().map_err(words)?;
    let restarted_at = now_ns();
    stage.watch_for(Duration::from_secs(7))?;

    let returned_at = [restarted_at, mended_at, mended_at];
    let watch = &stage.watch;
    let times =
        |index: usize| times(watch, VICTIMS[index], usual[index], [broken_at, mended_at, returned_at[index]]);
    let neighbours = NEIGHBOURS.iter().filter_map(|id| watch.course(id, before)).collect();
    Ok(Outcome { victims: (0..VICTIMS.len()).map(times).collect(), neighbours })
}

fn times(watch: &Watch, id: &str, usual: f64, [broken_at, mended_at, returned_at]: [u128; 3]) -> Times {
    let in_fault = |seen: &Seen| watch.time_ns(seen) < mended_at;

    let dimmed = |seen: &Seen| in_fault(seen) && (seen.frame.is_none() || seen.brightness < usual * 0.8);
    // The held picture stands still under its mark; a card looks otherwise.
    let marked = watch.since(id, broken_at).iter().find(|seen| dimmed(seen)).copied();
    let card = |seen: &Seen| {
        in_fault(seen) && marked.is_some_and(|held| seen.tick > held.tick && seen.unlike(&held) > 3.0)
    };
    let held = watch
        .since(id, broken_at)
        .iter()
        .filter(|seen| in_fault(seen))
        .filter_map(|seen| seen.frame)
        .next_back();
    let fresh = |seen: &Seen| seen.frame.is_some() && seen.frame != held && seen.brightness > usual * 0.8;
    Times {
        marked_ms: watch.ms_until(id, broken_at, dimmed),
        card_ms: watch.ms_until(id, broken_at, card),
        live_ms: watch.ms_until(id, returned_at, fresh),
    }
}

fn with(stage: &mut Stage, id: &str, what: impl FnOnce(&mut crate::peers::Peer)) {
    if let Some(peer) = stage.peers.get_mut(id) {
        what(peer);
    }
}

fn port_of(camera: &Camera) -> u16 {
    match camera.server {
        Some(crate::peers::Server::Rtsp { port, .. }) => port,
        _ => 0,
    }
}

fn brightness(watch: &Watch, id: &str, from_ns: u128) -> f64 {
    let seen = watch.since(id, from_ns);
    seen.iter().map(|seen| seen.brightness).sum::<f64>() / seen.len().max(1) as f64
}
