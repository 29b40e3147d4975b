//! The `Source` trait: a blocking pull of encoded pictures, and everything that can go wrong with it.

use bytes::Bytes;
use media::{Fault, LocalTime, StreamInfo};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

/// One encoded picture with the timestamps exactly as the container gives them.
#[derive(Debug, Clone)]
pub struct RawPacket {
    /// When it is to be shown, in ticks; `None` where the container says nothing.
    pub pts: Option<i64>,
    /// When it is to be decoded, in ticks; `None` where the container says nothing.
    pub dts: Option<i64>,
    /// The length of one tick.
    pub timescale: Timescale,
    /// After 2^`wrap_bits` ticks the count begins again at zero; 64 for one that never does.
    pub wrap_bits: u32,
    /// Whether decoding can begin here.
    pub keyframe: bool,
    /// The access unit as demultiplexed, untouched.
    pub bytes: Bytes,
}

/// The length of a tick as a fraction of a second: `num / den`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timescale {
    /// Numerator, such as 1.
    pub num: NonZeroU32,
    /// Denominator, such as 90 000.
    pub den: NonZeroU32,
}

impl Timescale {
    /// The 90 kHz clock of MPEG transport streams and most RTP payloads.
    pub const KHZ_90: Self = Self::per_second(match NonZeroU32::new(90_000) {
        Some(ticks) => ticks,
        None => NonZeroU32::MIN,
    });

    /// `ticks` ticks a second.
    pub const fn per_second(ticks: NonZeroU32) -> Self {
        Self { num: NonZeroU32::MIN, den: ticks }
    }

    /// `ticks` in nanoseconds, rounded down and held inside `i64`.
    pub fn to_nanos(self, ticks: i64) -> i64 {
        let nanos = i128::from(ticks) * i128::from(self.num.get()) * 1_000_000_000;
        let nanos = nanos.div_euclid(i128::from(self.den.get()));
        i64::try_from(nanos).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX })
    }
}

/// What a source says next.
#[derive(Debug, Clone)]
pub enum SourceEvent {
    /// How the packets that follow are encoded: comes first, and again whenever it changes.
    Stream(StreamInfo),
    /// The next picture in decoding order.
    Packet(RawPacket),
}

/// Something that gives encoded pictures. Its constructor connects; dropping it disconnects.
pub trait Source: Send {
    /// Waits for the next event, at most for the read timeout that the source was opened with.
    ///
    /// After an error the source is spent and is to be dropped and opened again. A still image gives its one
    /// picture and then [`SourceError::Ended`].
    fn next(&mut self) -> Result<SourceEvent, SourceError>;
}

/// Why a source could not be opened or gives no more pictures. Texts hold no user, password, query or stream id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// No answer, no route or no such host name.
    #[error("nobody answers at {place}")]
    Unreachable {
        /// Scheme, host, port and path.
        place: String,
    },
    /// The host refuses the connection.
    #[error("{place} refuses the connection")]
    Refused {
        /// Scheme, host, port and path.
        place: String,
    },
    /// User, password or passphrase is wrong or missing.
    #[error("{place} wants another user name or password")]
    Credentials {
        /// Scheme, host, port and path.
        place: String,
    },
    /// No such stream or file.
    #[error("{place} does not exist")]
    NotFound {
        /// Scheme, host, port and path.
        place: String,
    },
    /// The connection stands and no picture comes in time.
    #[error("no picture came from {place} in {waited_ms} ms")]
    NoPicture {
        /// Scheme, host, port and path.
        place: String,
        /// The read timeout.
        waited_ms: u64,
    },
    /// Bytes come and they are no pictures.
    #[error("what {place} sends cannot be read: {detail}")]
    Garbage {
        /// Scheme, host, port and path.
        place: String,
        /// What is wrong with it.
        detail: String,
    },
    /// The stream is of a kind that this program does not read.
    #[error("{place} cannot be read here: {detail}")]
    Unsupported {
        /// Scheme, host, port and path.
        place: String,
        /// What is not supported.
        detail: String,
    },
    /// The source ended the stream.
    #[error("{place} has ended")]
    Ended {
        /// Scheme, host, port and path.
        place: String,
    },
    /// Our own side asked for the end through [`Interrupt::cancel`].
    #[error("reading was cancelled")]
    Cancelled,
}

impl SourceError {
    /// The kind of fault as an operator is told it; `None` for our own cancellation.
    pub fn fault(&self) -> Option<Fault> {
        Some(match self {
            Self::Unreachable { .. } => Fault::Unreachable,
            Self::Refused { .. } => Fault::Refused,
            Self::Credentials { .. } => Fault::Credentials,
            Self::NotFound { .. } => Fault::NotFound,
            Self::NoPicture { .. } => Fault::NoPicture,
            Self::Garbage { .. } => Fault::Garbage,
            Self::Unsupported { .. } => Fault::Unsupported,
            Self::Ended { .. } => Fault::Ended,
            Self::Cancelled => return None,
        })
    }
}

/// Ends a blocking call from outside: at a deadline, or at once for good. Clones share both.
#[derive(Debug, Clone, Default)]
pub struct Interrupt {
    cancelled: Arc<AtomicBool>,
    deadline_ns: Arc<AtomicI64>,
}

impl Interrupt {
    /// One that is neither cancelled nor has a deadline.
    pub fn new() -> Self {
        Self::default()
    }

    /// One that is cancelled together with this one and has a deadline of its own: for each source one.
    pub fn child(&self) -> Self {
        Self { cancelled: self.cancelled.clone(), deadline_ns: Arc::default() }
    }

    /// Ends the blocking call that runs now and every one after it.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether [`Self::cancel`] was called.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// Sets when the next blocking call has to end, on whatever local clock its implementor reads; `None` for never.
    pub fn set_deadline(&self, deadline: Option<LocalTime>) {
        self.deadline_ns.store(deadline.map_or(0, |time| time.0.max(1)), Ordering::Relaxed);
    }

    /// Whether a blocking call has to end at `now`.
    pub fn is_due(&self, now: LocalTime) -> bool {
        let deadline_ns = self.deadline_ns.load(Ordering::Relaxed);
        self.is_cancelled() || (deadline_ns != 0 && now.0 >= deadline_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_become_nanoseconds_without_overflow() {
        assert_eq!(Timescale::KHZ_90.to_nanos(90_000), 1_000_000_000);
        assert_eq!(Timescale::KHZ_90.to_nanos(-1), -11_112);
        assert_eq!(Timescale::KHZ_90.to_nanos(i64::MAX), i64::MAX);
        assert_eq!(Timescale::KHZ_90.to_nanos(i64::MIN), i64::MIN);
    }

    #[test]
    fn an_interrupt_is_due_at_its_deadline_or_when_cancelled() {
        let interrupt = Interrupt::new();
        assert!(!interrupt.is_due(LocalTime(i64::MAX)));
        interrupt.set_deadline(Some(LocalTime(10)));
        assert!(!interrupt.is_due(LocalTime(9)));
        assert!(interrupt.clone().is_due(LocalTime(10)));
        assert!(!interrupt.child().is_due(LocalTime(10)));
        interrupt.set_deadline(None);
        assert!(!interrupt.is_due(LocalTime(10)));
        interrupt.child().cancel();
        assert!(interrupt.is_due(LocalTime(0)));
    }
}
