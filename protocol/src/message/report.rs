//! `Report`: what a node has measured since the link stands.
//!
//! ```text
//! body: sources  list ≤ 4096   source text, health, fps_milli, age_p50_ms, age_p95_ms, frames, dropped: varints
//!       screens  list ≤ 256    screen text, ticks, presented, missed, repeated, late_rasters: varints
//!       cpu_milli_percent varint
//!       memory_bytes      varint
//!       pictures_encoded  varint
//!       clock  state varint, offset_ns zigzag, error_ns varint, round_trip_ns varint
//! state: 0 unset, 1 locked, 2 slewing, 3 holdover, 4 system
//! health: 0 connecting, 1 live, 2 stale + since zigzag, 3 lost + since zigzag + fault varint
//! ```

use crate::error::{DecodeError, OverLimit, at_most};
use crate::frame::{Kind, Wire};
use media::{Fault, Health, ScreenId, SourceId, WallTime};
use serde::{Deserialize, Serialize};

const SOURCES_MAX: usize = 4096;
const SCREENS_MAX: usize = 256;

/// One source as this node sees it. Counters run since the node's start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceReport {
    /// Which source.
    pub source: SourceId,
    /// Its state.
    pub health: Health,
    /// New pictures a second in thousandths: the mean from the first picture to the newest.
    pub fps_milli: u32,
    /// Half of the pictures were younger than this when they were shown (display) or sent (ingest), in milliseconds.
    pub age_p50_ms: u32,
    /// 95 of a hundred pictures were younger than this, in milliseconds.
    pub age_p95_ms: u32,
    /// Pictures decoded (display) or passed on (ingest).
    pub frames: u64,
    /// Pictures given up: late, broken or for want of room.
    pub dropped: u64,
}

/// One screen of this node. Counters run since the node's start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScreenReport {
    /// Which screen.
    pub screen: ScreenId,
    /// Ticks that have come.
    pub ticks: u64,
    /// Ticks whose picture was presented in time.
    pub presented: u64,
    /// Ticks whose picture came too late or not at all.
    pub missed: u64,
    /// Ticks on which nothing had changed, so the picture before was kept.
    pub repeated: u64,
    /// Ticks on which the picture of a widget was not drawn yet, so that the one before it, or none, was shown.
    pub late_rasters: u64,
}

/// How a node's clock stands to the hall's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClockState {
    /// No time has come from the master yet.
    #[default]
    Unset,
    /// It follows the master.
    Locked,
    /// It follows the master, and still runs faster or slower to make up for an offset that was found.
    Slewing,
    /// The master is not heard; the clock runs on at the rate that it had.
    Holdover,
    /// It is the system's clock, which others keep in order.
    System,
}

/// How well a node knows the hall's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClockReport {
    /// Where its time comes from.
    pub state: ClockState,
    /// The correction that is still being made, in nanoseconds: positive when the clock is behind the master.
    pub offset_ns: i64,
    /// Its wall time is at most this far from the master's, in nanoseconds.
    pub error_ns: u64,
    /// The shortest way to the master and back in the last half a minute of exchanges, in nanoseconds; 0 before the first.
    pub round_trip_ns: u64,
}

/// What a node has measured.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// At most 4096.
    pub sources: Vec<SourceReport>,
    /// At most 256; empty from an ingest node.
    pub screens: Vec<ScreenReport>,
    /// Processor use of the node's process in thousandths of a percent of one core.
    pub cpu_milli_percent: u32,
    /// Resident memory of the node's process.
    pub memory_bytes: u64,
    /// Pictures of its screens, sources and scenes that it has encoded for people who look from afar, since its start.
    pub pictures_encoded: u64,
    /// Its clock.
    pub clock: ClockReport,
}

#[derive(Serialize, Deserialize)]
pub(crate) enum WireFault {
    Unreachable,
    Refused,
    Credentials,
    NotFound,
    NoPicture,
    Garbage,
    Unsupported,
    Ended,
    IngestLost,
}

pub(crate) fn fault_to_wire(fault: Fault) -> WireFault {
    match fault {
        Fault::Unreachable => WireFault::Unreachable,
        Fault::Refused => WireFault::Refused,
        Fault::Credentials => WireFault::Credentials,
        Fault::NotFound => WireFault::NotFound,
        Fault::NoPicture => WireFault::NoPicture,
        Fault::Garbage => WireFault::Garbage,
        Fault::Unsupported => WireFault::Unsupported,
        Fault::Ended => WireFault::Ended,
        Fault::IngestLost => WireFault::IngestLost,
    }
}

pub(crate) fn fault_from_wire(fault: WireFault) -> Fault {
    match fault {
        WireFault::Unreachable => Fault::Unreachable,
        WireFault::Refused => Fault::Refused,
        WireFault::Credentials => Fault::Credentials,
        WireFault::NotFound => Fault::NotFound,
        WireFault::NoPicture => Fault::NoPicture,
        WireFault::Garbage => Fault::Garbage,
        WireFault::Unsupported => Fault::Unsupported,
        WireFault::Ended => Fault::Ended,
        WireFault::IngestLost => Fault::IngestLost,
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) enum WireHealth {
    Connecting,
    Live,
    Stale { since: i64 },
    Lost { since: i64, fault: WireFault },
}

impl From<Health> for WireHealth {
    fn from(health: Health) -> Self {
        match health {
            Health::Connecting => Self::Connecting,
            Health::Live => Self::Live,
            Health::Stale { since: WallTime(since) } => Self::Stale { since },
            Health::Lost { since: WallTime(since), fault } => {
                Self::Lost { since, fault: fault_to_wire(fault) }
            }
        }
    }
}

impl From<WireHealth> for Health {
    fn from(health: WireHealth) -> Self {
        match health {
            WireHealth::Connecting => Self::Connecting,
            WireHealth::Live => Self::Live,
            WireHealth::Stale { since } => Self::Stale { since: WallTime(since) },
            WireHealth::Lost { since, fault } => {
                Self::Lost { since: WallTime(since), fault: fault_from_wire(fault) }
            }
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct SourceForm {
    source: String,
    health: WireHealth,
    fps_milli: u32,
    age_p50_ms: u32,
    age_p95_ms: u32,
    frames: u64,
    dropped: u64,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct ScreenForm {
    screen: String,
    ticks: u64,
    presented: u64,
    missed: u64,
    repeated: u64,
    late_rasters: u64,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Form {
    sources: Vec<SourceForm>,
    screens: Vec<ScreenForm>,
    cpu_milli_percent: u32,
    memory_bytes: u64,
    pictures_encoded: u64,
    clock: ClockForm,
}

#[derive(Serialize, Deserialize)]
enum WireClockState {
    Unset,
    Locked,
    Slewing,
    Holdover,
    System,
}

#[derive(Serialize, Deserialize)]
struct ClockForm {
    state: WireClockState,
    offset_ns: i64,
    error_ns: u64,
    round_trip_ns: u64,
}

impl From<ClockReport> for ClockForm {
    fn from(report: ClockReport) -> Self {
        let ClockReport { state, offset_ns, error_ns, round_trip_ns } = report;
        let state = match state {
            ClockState::Unset => WireClockState::Unset,
            ClockState::Locked => WireClockState::Locked,
            ClockState::Slewing => WireClockState::Slewing,
            ClockState::Holdover => WireClockState::Holdover,
            ClockState::System => WireClockState::System,
        };
        Self { state, offset_ns, error_ns, round_trip_ns }
    }
}

impl From<ClockForm> for ClockReport {
    fn from(form: ClockForm) -> Self {
        let ClockForm { state, offset_ns, error_ns, round_trip_ns } = form;
        let state = match state {
            WireClockState::Unset => ClockState::Unset,
            WireClockState::Locked => ClockState::Locked,
            WireClockState::Slewing => ClockState::Slewing,
            WireClockState::Holdover => ClockState::Holdover,
            WireClockState::System => ClockState::System,
        };
        Self { state, offset_ns, error_ns, round_trip_ns }
    }
}

impl From<&SourceReport> for SourceForm {
    fn from(report: &SourceReport) -> Self {
        let SourceReport { source, health, fps_milli, age_p50_ms, age_p95_ms, frames, dropped } = report;
        Self {
            source: source.to_string(),
            health: (*health).into(),
            fps_milli: *fps_milli,
            age_p50_ms: *age_p50_ms,
            age_p95_ms: *age_p95_ms,
            frames: *frames,
            dropped: *dropped,
        }
    }
}

impl TryFrom<SourceForm> for SourceReport {
    type Error = DecodeError;
    fn try_from(form: SourceForm) -> Result<Self, DecodeError> {
        let SourceForm { source, health, fps_milli, age_p50_ms, age_p95_ms, frames, dropped } = form;
        let source = SourceId::new(&source).map_err(|_| DecodeError::Value("report.source"))?;
        Ok(Self { source, health: health.into(), fps_milli, age_p50_ms, age_p95_ms, frames, dropped })
    }
}

impl From<&ScreenReport> for ScreenForm {
    fn from(report: &ScreenReport) -> Self {
        let ScreenReport { screen, ticks, presented, missed, repeated, late_rasters } = report;
        Self {
            screen: screen.to_string(),
            ticks: *ticks,
            presented: *presented,
            missed: *missed,
            repeated: *repeated,
            late_rasters: *late_rasters,
        }
    }
}

impl TryFrom<ScreenForm> for ScreenReport {
    type Error = DecodeError;
    fn try_from(form: ScreenForm) -> Result<Self, DecodeError> {
        let ScreenForm { screen, ticks, presented, missed, repeated, late_rasters } = form;
        let screen = ScreenId::new(&screen).map_err(|_| DecodeError::Value("report.screen"))?;
        Ok(Self { screen, ticks, presented, missed, repeated, late_rasters })
    }
}

impl Wire for Report {
    const KIND: Kind = Kind::Report;
    type Form = Form;

    fn to_form(&self) -> Form {
        let Self { sources, screens, cpu_milli_percent, memory_bytes, pictures_encoded, clock } = self;
        Form {
            sources: sources.iter().map(SourceForm::from).collect(),
            screens: screens.iter().map(ScreenForm::from).collect(),
            cpu_milli_percent: *cpu_milli_percent,
            memory_bytes: *memory_bytes,
            pictures_encoded: *pictures_encoded,
            clock: (*clock).into(),
        }
    }

    fn check(form: &Form) -> Result<(), OverLimit> {
        at_most("report.sources", form.sources.len(), SOURCES_MAX)?;
        at_most("report.screens", form.screens.len(), SCREENS_MAX)
    }

    fn from_form(form: Form) -> Result<Self, DecodeError> {
        let Form { sources, screens, cpu_milli_percent, memory_bytes, pictures_encoded, clock } = form;
        Ok(Self {
            sources: sources.into_iter().map(SourceReport::try_from).collect::<Result<_, _>>()?,
            screens: screens.into_iter().map(ScreenReport::try_from).collect::<Result<_, _>>()?,
            cpu_milli_percent,
            memory_bytes,
            pictures_encoded,
            clock: clock.into(),
        })
    }
}
