//! How the hall is, in the shape that `taibai status`, the HTTP API and `report.json` share.

use crate::on_wall::NotReady;
use media::{Health, NodeId, SceneId, ScreenId, SourceId, WallId, WallTime};
use protocol::{ClockReport, ClockState, Report, Role};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Everything at one moment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HallStatus {
    /// The layout's revision.
    pub revision: u64,
    /// The hall's time of day minus UTC, in seconds.
    pub utc_offset_s: i32,
    /// What is shown where.
    pub walls: Vec<WallStatus>,
    /// The machines.
    pub nodes: Vec<NodeStatus>,
    /// One row per source and display node that shows it; from its ingest node where nobody shows it.
    pub sources: Vec<SourceStatus>,
    /// One row per screen.
    pub screens: Vec<ScreenStatus>,
}

impl HallStatus {
    /// The hall as its nodes report it, seen without a controller: every node counts as connected and showing.
    pub fn of(
        revision: u64,
        utc_offset_s: i32,
        walls: Vec<WallStatus>,
        software: &str,
        reports: &[(NodeId, Role, Report)],
    ) -> Self {
        let node = |(node, role, report): &(NodeId, Role, Report)| NodeStatus {
            node: node.clone(),
            role: role.as_str().to_owned(),
            connected: true,
            software: software.to_owned(),
            standing: "showing".to_owned(),
            why: None,
            cpu_percent: cpu_percent(report),
            memory_mib: memory_mib(report),
            pictures_encoded: report.pictures_encoded,
            clock: report.clock.into(),
        };
        let rows = || reports.iter().map(|(node, role, report)| (node, *role, report));
        Self {
            revision,
            utc_offset_s,
            walls,
            nodes: reports.iter().map(node).collect(),
            sources: source_rows(rows()),
            screens: screen_rows(rows()),
        }
    }
}

/// Per cent of one core.
pub(crate) fn cpu_percent(report: &Report) -> f64 {
    f64::from(report.cpu_milli_percent) / 1000.0
}

/// Resident memory in MiB.
pub(crate) fn memory_mib(report: &Report) -> f64 {
    report.memory_bytes as f64 / f64::from(1 << 20)
}

/// What is shown on a wall.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WallStatus {
    /// Which wall.
    pub wall: WallId,
    /// The scene that is shown, or that a transition leads to.
    pub on_air: SceneId,
    /// When its first tick began.
    pub since: WallTime,
    /// The scene that is being prepared, or that all nodes switch to at `next_at`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub next: Option<SceneId>,
    /// When `next` goes on air, once that is decided.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub next_at: Option<WallTime>,
    /// The nodes that have not answered yet whether they are ready for `next`.
    pub preparing: Vec<NodeId>,
    /// The nodes that cannot show `next`, or that were not ready when `on_air` went on air.
    pub not_ready: Vec<NotReady>,
    /// Whether the sync stamp is shown.
    pub stamp: bool,
    /// Until when every screen shows its number, while it does.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub identify_until: Option<WallTime>,
}

impl WallStatus {
    /// A wall that nobody changes.
    pub fn still(wall: WallId, on_air: SceneId, since: WallTime) -> Self {
        let (preparing, not_ready) = (Vec::new(), Vec::new());
        let (next, next_at, identify_until) = (None, None, None);
        Self { wall, on_air, since, next, next_at, preparing, not_ready, stamp: false, identify_until }
    }
}

/// How a node's clock stands to the hall's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockStatus {
    /// `unset`, `locked`, `slewing`, `holdover` or `system`.
    pub state: String,
    /// The correction that is still being made, in microseconds: positive when the clock is behind the hall's.
    pub offset_us: i64,
    /// Its wall time is at most this far from the hall's, in microseconds, rounded up.
    pub error_us: u64,
    /// The shortest way to the controller and back in the last seconds, in microseconds; 0 while there is none.
    pub round_trip_us: u64,
}

impl From<ClockReport> for ClockStatus {
    fn from(report: ClockReport) -> Self {
        let ClockReport { state, offset_ns, error_ns, round_trip_ns } = report;
        let state = match state {
            ClockState::Unset => "unset",
            ClockState::Locked => "locked",
            ClockState::Slewing => "slewing",
            ClockState::Holdover => "holdover",
            ClockState::System => "system",
        };
        Self {
            state: state.to_owned(),
            offset_us: offset_ns / 1000,
            error_us: error_ns.div_ceil(1000),
            round_trip_us: round_trip_ns / 1000,
        }
    }
}

/// One machine's part.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NodeStatus {
    /// Which node.
    pub node: NodeId,
    /// `ingest` or `display`.
    pub role: String,
    /// Whether its control link stands.
    pub connected: bool,
    /// Its program's version.
    pub software: String,
    /// `preparing`, `ready`, `showing`, `cannot` or `behind`, in relation to the revision.
    pub standing: String,
    /// What is in the way, where it cannot.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub why: Option<String>,
    /// Mean use of one core since the node's start.
    pub cpu_percent: f64,
    /// Resident memory.
    pub memory_mib: f64,
    /// Pictures that it has encoded for people who look at its walls from afar, since its start.
    #[serde(default)]
    pub pictures_encoded: u64,
    /// Its clock.
    pub clock: ClockStatus,
}

/// A source as one node sees it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SourceStatus {
    /// Which source.
    pub source: SourceId,
    /// Who says so.
    pub node: NodeId,
    /// `connecting`, `live`, `stale` or `lost`.
    pub state: String,
    /// What is wrong, where it is lost.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fault: Option<media::Fault>,
    /// New pictures a second: the mean from the first picture to the newest.
    pub fps: f64,
    /// Half of the pictures were younger than this when shown.
    pub age_p50_ms: u32,
    /// 95 of a hundred were younger than this.
    pub age_p95_ms: u32,
    /// Pictures so far.
    pub frames: u64,
    /// Pictures given up so far.
    pub dropped: u64,
}

/// One screen.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ScreenStatus {
    /// Which screen.
    pub screen: ScreenId,
    /// Who drives it.
    pub node: NodeId,
    /// Ticks that have come.
    pub ticks: u64,
    /// Ticks presented in time.
    pub presented: u64,
    /// Ticks presented late or never.
    pub missed: u64,
    /// Ticks on which nothing had changed.
    pub repeated: u64,
    /// Ticks on which the picture of a widget was not drawn in time.
    pub late_rasters: u64,
}

/// The word for a state.
fn state_word(health: Health) -> &'static str {
    match health {
        Health::Connecting => "connecting",
        Health::Live => "live",
        Health::Stale { .. } => "stale",
        Health::Lost { .. } => "lost",
    }
}

/// Rows for all sources: the display nodes' word first, the ingest nodes' for sources that nobody shows.
pub(crate) fn source_rows<'a>(
    reports: impl Iterator<Item = (&'a NodeId, Role, &'a Report)> + Clone,
) -> Vec<SourceStatus> {
    let rows = |role: Role| {
        reports.clone().filter(move |(_, of, _)| *of == role).flat_map(|(node, _, report)| {
            report.sources.iter().map(move |source| SourceStatus {
                source: source.source.clone(),
                node: node.clone(),
                state: state_word(source.health).to_owned(),
                fault: match source.health {
                    Health::Lost { fault, .. } => Some(fault),
                    _ => None,
                },
                fps: f64::from(source.fps_milli) / 1000.0,
                age_p50_ms: source.age_p50_ms,
                age_p95_ms: source.age_p95_ms,
                frames: source.frames,
                dropped: source.dropped,
            })
        })
    };
    let mut all: Vec<SourceStatus> = rows(Role::Display).collect();
    let shown: BTreeSet<SourceId> = all.iter().map(|row| row.source.clone()).collect();
    all.extend(rows(Role::Ingest).filter(|row| !shown.contains(&row.source)));
    all.sort_by(|a, b| (&a.source, &a.node).cmp(&(&b.source, &b.node)));
    all
}

/// Rows for all screens.
pub(crate) fn screen_rows<'a>(
    reports: impl Iterator<Item = (&'a NodeId, Role, &'a Report)>,
) -> Vec<ScreenStatus> {
    let rows = reports.flat_map(|(node, _, report)| {
        report.screens.iter().map(move |screen| ScreenStatus {
            screen: screen.screen.clone(),
            node: node.clone(),
            ticks: screen.ticks,
            presented: screen.presented,
            missed: screen.missed,
            repeated: screen.repeated,
            late_rasters: screen.late_rasters,
        })
    });
    let mut rows: Vec<ScreenStatus> = rows.collect();
    rows.sort_by(|a, b| a.screen.cmp(&b.screen));
    rows
}
