//! What this crate takes from the machine it runs on: two clocks and a network. A simulation brings its own.

use bytes::Bytes;
use media::{LocalTime, WallTime};
use quinn::udp::{RecvMeta, Transmit};
use quinn::{AsyncUdpSocket, Endpoint, EndpointConfig, ServerConfig, UdpPoller};
use std::fmt::Debug;
use std::io::{self, IoSliceMut};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// The two clocks of a machine. Timers are tokio's in any case, so that a paused runtime pauses them.
pub trait HostClock: Debug + Send + Sync {
    /// Monotonic time, from a zero of its own.
    fn local(&self) -> LocalTime;
    /// The machine's own idea of the wall time. It may step.
    fn wall(&self) -> WallTime;
    /// How far that may be from the truth, as whoever keeps the machine's clock says.
    fn wall_error_ns(&self) -> u64 {
        0
    }
}

/// A network that is not the system's.
pub trait DatagramNetwork: Debug + Send + Sync {
    /// A socket at `address`; port 0 asks for any that is free.
    fn bind(&self, address: SocketAddr) -> io::Result<Arc<dyn DatagramSocket>>;
}

/// A socket of a [`DatagramNetwork`].
pub trait DatagramSocket: Debug + Send + Sync {
    /// Sends one datagram. Never waits: what does not fit is lost, as datagrams are.
    fn send(&self, to: SocketAddr, datagram: &[u8]);
    /// The next datagram and whence it came. Wakes the task of the newest call when there is one.
    fn poll_receive(&self, context: &mut Context<'_>) -> Poll<(SocketAddr, Bytes)>;
    /// Where it is bound, with the real port.
    fn local_addr(&self) -> SocketAddr;
}

/// The machine that a program runs on. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Host {
    clock: Arc<dyn HostClock>,
    /// `None` is the system's.
    network: Option<Arc<dyn DatagramNetwork>>,
}

impl Host {
    /// The real machine. All of these share one zero of local time.
    pub fn system() -> Self {
        Self { clock: Arc::new(SystemClock), network: None }
    }

    /// A machine of a simulation.
    pub fn simulated(clock: Arc<dyn HostClock>, network: Arc<dyn DatagramNetwork>) -> Self {
        Self { clock, network: Some(network) }
    }

    /// The real machine's network with another clock.
    pub fn with_clock(clock: Arc<dyn HostClock>) -> Self {
        Self { clock, network: None }
    }

    /// Monotonic time, from a zero of the machine's own.
    pub fn local(&self) -> LocalTime {
        self.clock.local()
    }

    /// The machine's own idea of the wall time. It may step.
    pub fn wall(&self) -> WallTime {
        self.clock.wall()
    }

    /// How far [`Host::wall`] may be from the truth, in nanoseconds, as whoever keeps the machine's clock says.
    pub fn wall_error_ns(&self) -> u64 {
        self.clock.wall_error_ns()
    }

    /// The instant of tokio's clock that `at` stands for.
    pub(crate) fn instant(&self, at: LocalTime) -> tokio::time::Instant {
        tokio::time::Instant::now() + at.since(self.local())
    }

    /// A QUIC endpoint at `address`. To be called inside a tokio runtime.
    pub(crate) fn endpoint(&self, address: SocketAddr, server: Option<ServerConfig>) -> io::Result<Endpoint> {
        let runtime = quinn::default_runtime()
            .ok_or_else(|| io::Error::new(io::ErrorKind::Unsupported, "there is no tokio runtime"))?;
        let socket = match &self.network {
            Some(network) => Arc::new(Socket(network.bind(address)?)),
            None => runtime.wrap_udp_socket(std::net::UdpSocket::bind(address)?)?,
        };
        Endpoint::new_with_abstract_socket(EndpointConfig::default(), server, socket, runtime)
    }
}

#[derive(Debug)]
struct SystemClock;

impl HostClock for SystemClock {
    fn local(&self) -> LocalTime {
        static START: OnceLock<Instant> = OnceLock::new();
        LocalTime(0) + START.get_or_init(Instant::now).elapsed()
    }

    fn wall(&self) -> WallTime {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        WallTime(0) + since
    }

    /// What PTP or chrony tells the kernel (`maxerror` of `adjtimex(2)`); the kernel lets it grow by 500 µs a second while
    /// nobody does, up to 16 s.
    fn wall_error_ns(&self) -> u64 {
        // SAFETY: all zeros is a valid timex that asks for nothing to be changed, and the kernel writes inside it only.
        let (status, kernel) = unsafe {
            let mut kernel: libc::timex = std::mem::zeroed();
            (libc::adjtimex(&mut kernel), kernel)
        };
        if status < 0 {
            return u64::MAX;
        }
        u64::try_from(kernel.maxerror).map_or(u64::MAX, |us| us.saturating_mul(1000))
    }
}

/// A [`DatagramSocket`] as quinn wants it.
#[derive(Debug)]
struct Socket(Arc<dyn DatagramSocket>);

/// Sending never waits.
#[derive(Debug)]
struct AlwaysWritable;

impl UdpPoller for AlwaysWritable {
    fn poll_writable(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl AsyncUdpSocket for Socket {
    fn create_io_poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
        Box::pin(AlwaysWritable)
    }

    fn try_send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        self.0.send(transmit.destination, transmit.contents);
        Ok(())
    }

    fn poll_recv(
        &self,
        context: &mut Context<'_>,
        buffers: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        let mut filled = 0;
        for (buffer, meta) in buffers.iter_mut().zip(meta) {
            let Poll::Ready((addr, datagram)) = self.0.poll_receive(context) else { break };
            // A longer one is cut off, as the system would.
            let len = datagram.len().min(buffer.len());
            buffer[..len].copy_from_slice(&datagram[..len]);
            *meta = RecvMeta { addr, len, stride: len, ecn: None, dst_ip: None };
            filled += 1;
        }
        if filled > 0 { Poll::Ready(Ok(filled)) } else { Poll::Pending }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.0.local_addr())
    }

    fn may_fragment(&self) -> bool {
        false
    }
}
