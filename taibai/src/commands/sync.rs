//! `taibai status --sync` and `taibai audit`: what the controller's audit says, live and over a time.

use super::operate::ask;
use super::sync_words::{audit_table, sync_block};
use crate::cli::{AuditArgs, StatusArgs};
use crate::exit::Failure;
use anyhow::{Context, anyhow};
use controller::{Alarm, Difference, NodeSync, PresentSkew, SyncStatus, WallSync};
use media::{WallId, WallTime};
use serde::Serialize;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

const DRAW_EVERY: Duration = Duration::from_secs(1);
/// Often enough that the controller has not forgotten anything meanwhile.
const COLLECT_EVERY: Duration = Duration::from_millis(500);
/// Moves to the top left corner and clears what stands below.
const HOME: &str = "\x1b[H\x1b[J";

/// Prints how well the screens agree: once, or on a terminal again each second until it is stopped.
pub fn status(args: &StatusArgs) -> Result<(), Failure> {
    let mut out = std::io::stdout();
    loop {
        let status: SyncStatus = ask(args.http, "/v1/sync")?;
        if args.json {
            println!("{}", serde_json::to_string_pretty(&status)?);
            return Ok(());
        }
        let block = sync_block(&status);
        if !out.is_terminal() {
            print!("{block}");
            return Ok(());
        }
        write!(out, "{HOME}{block}")?;
        out.flush()?;
        std::thread::sleep(DRAW_EVERY);
    }
}

/// What an audit has found.
#[derive(Debug, Serialize)]
pub struct AuditReport {
    /// When it began.
    pub from: WallTime,
    /// When it ended.
    pub to: WallTime,
    /// The hall's time of day minus UTC, in seconds.
    pub utc_offset_s: i32,
    /// Whether no difference and no tick was missed by the audit itself.
    pub complete: bool,
    /// Every wall.
    pub walls: Vec<WallReport>,
    /// Every alarm that stood at some time meanwhile.
    pub alarms: Vec<Alarm>,
}

/// What an audit has found of one wall. Counters are those of the audit's time.
#[derive(Debug, Serialize)]
pub struct WallReport {
    /// Which wall.
    pub wall: WallId,
    /// Ticks a second.
    pub tick_hz: u32,
    /// Ticks on which at least one source was shown by at least two nodes, and compared.
    pub compared_ticks: u64,
    /// Comparisons of one node's frame of one source with the right one.
    pub comparisons: u64,
    /// Ticks on which some node showed a wrong frame or a wrong scene.
    pub differing_ticks: u64,
    /// The largest difference, in frames and in microseconds of capture time.
    pub worst_frames: u64,
    /// The same in microseconds of capture time.
    pub worst_us: u64,
    /// How far apart the present calls were.
    pub present: PresentSkew,
    /// Its display nodes.
    pub nodes: Vec<NodeSync>,
    /// Every tick on which a node differed.
    pub differences: Vec<Difference>,
}

impl AuditReport {
    /// Ticks on which frames were compared, and those that differed.
    pub fn verdict(&self) -> (u64, u64) {
        let walls = self.walls.iter().map(|wall| (wall.compared_ticks, wall.differing_ticks));
        walls.fold((0, 0), |(compared, differing), (c, d)| (compared + c, differing + d))
    }
}

/// What has been gathered so far.
struct Collected {
    first: SyncStatus,
    complete: bool,
    /// For each wall of `first`.
    differences: Vec<Vec<Difference>>,
    present_ns: Vec<Vec<u64>>,
}

impl Collected {
    fn new(first: SyncStatus) -> Self {
        let walls = first.walls.len();
        Self {
            first,
            complete: true,
            differences: vec![Vec::new(); walls],
            present_ns: vec![Vec::new(); walls],
        }
    }

    /// Takes in what has come since the answer before.
    fn take(&mut self, status: &mut SyncStatus) {
        self.complete &= status.complete;
        for (index, wall) in status.walls.iter_mut().enumerate() {
            let skews = wall.ticks.drain(..).filter_map(|tick| tick.present_ns);
            if let Some(present_ns) = self.present_ns.get_mut(index) {
                present_ns.extend(skews);
            }
            if let Some(differences) = self.differences.get_mut(index) {
                differences.append(&mut wall.differences);
            }
        }
    }

    /// The figures from the first answer to `last`.
    fn report(self, last: SyncStatus) -> AuditReport {
        let Self { first, complete, differences, present_ns } = self;
        let gathered = differences.into_iter().zip(present_ns);
        let walls = first.walls.iter().zip(last.walls).zip(gathered);
        let walls = walls.map(|((before, after), (differences, present_ns))| {
            wall_report(before, after, differences, present_ns)
        });
        let meanwhile = |alarm: &Alarm| alarm.ended.is_none_or(|ended| ended >= first.now);
        AuditReport {
            from: first.now,
            to: last.now,
            utc_offset_s: last.utc_offset_s,
            complete,
            walls: walls.collect(),
            alarms: last.alarms.into_iter().filter(meanwhile).collect(),
        }
    }
}

fn wall_report(
    before: &WallSync,
    after: WallSync,
    differences: Vec<Difference>,
    present_ns: Vec<u64>,
) -> WallReport {
    let node = |mut node: NodeSync| {
        if let Some(before) = before.nodes.iter().find(|before| before.node == node.node) {
            node.ticks = node.ticks.saturating_sub(before.ticks);
            node.missed = node.missed.saturating_sub(before.missed);
            node.differing_ticks = node.differing_ticks.saturating_sub(before.differing_ticks);
            node.unaudited_ticks = node.unaudited_ticks.saturating_sub(before.unaudited_ticks);
        }
        node
    };
    let sources = || differences.iter().flat_map(|difference| &difference.sources);
    let clock_error_ns = after.present.clock_error_us.map(|us| us.saturating_mul(1000));
    WallReport {
        tick_hz: after.tick_hz,
        compared_ticks: after.compared_ticks.saturating_sub(before.compared_ticks),
        comparisons: after.comparisons.saturating_sub(before.comparisons),
        differing_ticks: after.differing_ticks.saturating_sub(before.differing_ticks),
        worst_frames: sources().map(|source| source.frames.unsigned_abs()).max().unwrap_or(0),
        worst_us: sources().map(|source| source.us.unsigned_abs()).max().unwrap_or(0),
        present: PresentSkew::of(present_ns, clock_error_ns),
        nodes: after.nodes.into_iter().map(node).collect(),
        differences,
        wall: after.wall,
    }
}

/// Watches for a while, prints what was found, and fails if screens differed or nothing could be compared.
pub fn audit(args: &AuditArgs) -> Result<(), Failure> {
    if !(1.0..=86_400.0).contains(&args.seconds) {
        return Err(Failure::Usage("--seconds takes 1 to 86400 (a day)".into()));
    }
    let end = Instant::now() + Duration::from_secs_f64(args.seconds);
    let first: SyncStatus = ask(args.http, "/v1/sync")?;
    let mut sequence = first.sequence;
    let mut collected = Collected::new(first);
    let last = loop {
        std::thread::sleep(COLLECT_EVERY.min(end.saturating_duration_since(Instant::now())));
        let mut status: SyncStatus = ask(args.http, &format!("/v1/sync?after={sequence}"))?;
        if status.sequence < sequence {
            return Err(anyhow!("the controller was started anew during the audit").into());
        }
        sequence = status.sequence;
        collected.take(&mut status);
        if Instant::now() >= end {
            break status;
        }
    };
    let report = collected.report(last);
    if let Some(path) = &args.report {
        let text = serde_json::to_string_pretty(&report)?;
        std::fs::write(path, text)
            .with_context(|| format!("the report {} cannot be written", path.display()))?;
    }
    print!("{}", audit_table(&report));
    match report.verdict() {
        (0, _) => Err(anyhow!("nothing was compared: no two nodes showed the same source").into()),
        (_, 0) => Ok(()),
        (compared, differing) => Err(anyhow!("{differing} of {compared} ticks differ").into()),
    }
}
