//! A crowd before the console's door: five thousand sockets that say nothing, requests that come letter by letter, readers that never read.
//! They are refused or bounded, others are answered meanwhile, and the wall does not notice.

use super::hall::{DoorsHall, Parts};
use super::wire::Request;
use super::{Measured, Row, rows};
use crate::process::{self, Process};
use crate::proofs::Proofs;
use serde_json::Value;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio::time::{interval, sleep, timeout};

const LINE: &str = "a crowd before the console's door";
const BAR: &str = "refused or bounded, the wall's ticks unharmed";
/// Sockets that say nothing, and from how many addresses they come.
const IDLE: usize = 5000;
const ADDRESSES: usize = 25;
/// Requests that come letter by letter: heads, and bodies.
const SLOW_HEADS: usize = 100;
const SLOW_BODIES: usize = 60;
/// WebSockets of each kind that are never read.
const DEAF: usize = 12;
/// When they come: those who are slow have met the door's own limit by then, and are not merely crowded out.
const IDLE_AFTER: Duration = Duration::from_secs(40);
/// How long the wall is measured without a crowd, and with one.
const CALM: Duration = Duration::from_secs(10);
const ATTACK: Duration = Duration::from_secs(80);
/// How often somebody honest asks.
const ASK_EVERY: Duration = Duration::from_millis(100);
/// What the controller may hold: connections, and MiB more than before.
const CONNECTIONS_MAX: usize = 512;
const GROWTH_MAX_MIB: f64 = 64.0;
/// How long an honest client may wait.
const P95_MAX: Duration = Duration::from_millis(150);
const WORST_MAX: Duration = Duration::from_secs(2);
/// When a slow request must be over: the door's own limit is 30 s.
const SLOW_OVER_S: f64 = 35.0;
/// The planted faults: so many MiB that are taken and kept, and how long whoever should act stands still.
const HOARD_MIB: usize = 96;
const DISPLAY_STILL: Duration = Duration::from_secs(1);
const CONTROLLER_STILL: Duration = Duration::from_millis(2500);
/// Missed ticks in percent.
const MISSED_MAX: f64 = 1.0;
/// File descriptors of this process.
const FILES: u64 = 16_384;

/// The crowd comes while a wall runs.
pub(crate) fn crowd(proofs: &Proofs) -> Vec<Row> {
    rows(LINE, BAR, measure(proofs))
}

fn measure(proofs: &Proofs) -> Measured<Vec<Row>> {
    let mut hall = DoorsHall::start(proofs, "prove-crowd", Parts::Shows)?;
    // Behind the hall's start: it keeps the limit that its machine gives it.
    raise_file_limit()?;
    hall.wait_until_shown()?;
    let tokens = [hall.token("operator")?, hall.token("viewer")?];
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let calm = watch(&mut hall, &runtime, &tokens[0], CALM, Fault::None)?;
    let still = watch(&mut hall, &runtime, &tokens[0], Duration::from_secs(5), Fault::DisplayStill)?;
    let crowd = runtime.spawn(gather(hall.console, tokens[1].clone()));
    let during = watch(&mut hall, &runtime, &tokens[0], ATTACK, Fault::None)?;
    let crowd = runtime.block_on(crowd)??;
    let slow = watch(&mut hall, &runtime, &tokens[0], Duration::from_secs(5), Fault::ControllerStill)?;
    let mut found = judge(&crowd);
    found.extend(judge_others(&calm, &during));
    found.push(Row::planted("the wall's ticks", "the display process stands still for 1 s", {
        still.missed() > MISSED_MAX
    }));
    let words = "the controller's process stands still for 2.5 s";
    found.push(Row::planted("an honest client", words, !slow.waits.is_empty() && !slow.answered()));
    let hoarded = hoard()?;
    let words = format!("a process that takes {HOARD_MIB} MiB");
    found.push(Row::planted("the controller's memory", &words, hoarded > GROWTH_MAX_MIB));
    let endless = |all: &[Option<f64>]| all.iter().any(|after| after.is_none_or(|after| after > SLOW_OVER_S));
    found.push(Row::planted("slow requests", "a door without limits", endless(&crowd.endless)));
    found.push(Row::planted("idle sockets", "a door without limits", endless(&crowd.endless_idle)));
    let kept = crowd.endless_deaf.iter().any(Option::is_none);
    found.push(Row::planted("WebSockets that are never read", "a door that keeps them", kept));
    Ok(found)
}

/// MiB that a process has grown by, measured as the controller's are: this one, that takes them.
fn hoard() -> Measured<f64> {
    let memory = || process::memory_bytes(std::process::id()).ok_or("no memory is told");
    let before = memory()?;
    let taken = std::hint::black_box(vec![1_u8; HOARD_MIB << 20]);
    let grown = memory()?.saturating_sub(before);
    drop(taken);
    Ok(mib(grown))
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

/// This process holds five thousand sockets. Errors: it may not.
fn raise_file_limit() -> io::Result<()> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: plain system calls with a structure of ours.
    unsafe {
        if libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) != 0 {
            return Err(io::Error::last_os_error());
        }
        limit.rlim_cur = limit.rlim_cur.max(FILES.min(limit.rlim_max));
        if libc::setrlimit(libc::RLIMIT_NOFILE, &limit) != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    if limit.rlim_cur < FILES {
        return Err(io::Error::other(format!(
            "{FILES} open files are needed; ulimit -n gives {}",
            limit.rlim_cur
        )));
    }
    Ok(())
}

/// What somebody honest and the wall have seen for a while.
struct Seen {
    ticks: u64,
    presented: u64,
    waits: Vec<Duration>,
    unanswered: u64,
    grown_mib: f64,
}

/// What is done to the hall while it is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    /// The display process stands still.
    DisplayStill,
    /// The controller's does.
    ControllerStill,
}

impl Seen {
    /// Whether an honest client was answered, and soon.
    fn answered(&self) -> bool {
        let soon = self.p95() <= P95_MAX && self.waits.iter().all(|wait| *wait <= WORST_MAX);
        self.unanswered == 0 && soon && !self.waits.is_empty()
    }

    /// Missed ticks in percent.
    fn missed(&self) -> f64 {
        self.ticks.saturating_sub(self.presented) as f64 * 100.0 / self.ticks.max(1) as f64
    }

    fn p95(&self) -> Duration {
        let mut sorted = self.waits.clone();
        sorted.sort();
        sorted.get((sorted.len() * 95).div_ceil(100).saturating_sub(1)).copied().unwrap_or(Duration::MAX)
    }
}

/// Asks as an honest client and watches the wall and the controller's memory.
fn watch(
    hall: &mut DoorsHall,
    runtime: &Runtime,
    token: &str,
    duration: Duration,
    fault: Fault,
) -> Measured<Seen> {
    let pid = hall.controller_pid()?;
    let memory = || process::memory_bytes(pid).ok_or("the controller is gone");
    let (before, mut most) = (memory()?, 0);
    let (ticks, presented) = hall.ticks()?;
    let unanswered = Arc::new(AtomicU64::new(0));
    let honest = runtime.spawn(ask(hall.console, token.to_owned(), duration, unanswered.clone()));
    let begin = Instant::now();
    let mut scenes = ["night", "day"].into_iter().cycle();
    while begin.elapsed() < duration {
        match fault {
            Fault::None => {}
            Fault::DisplayStill => stand_still(hall.cluster.displays().first_mut(), DISPLAY_STILL),
            Fault::ControllerStill => stand_still(hall.cluster.controller(), CONTROLLER_STILL),
        }
        // There is news for those who watch, and other pictures for those who look.
        hall.local("POST", &format!("/v1/scene/{}", scenes.next().unwrap_or_default()), &Value::Null)?;
        std::thread::sleep(Duration::from_secs(2).min(duration.saturating_sub(begin.elapsed())));
        most = most.max(memory()?);
        hall.check()?;
    }
    let waits = runtime.block_on(honest)?;
    let (ticks_then, presented_then) = hall.ticks()?;
    Ok(Seen {
        ticks: ticks_then - ticks,
        presented: presented_then - presented,
        waits,
        unanswered: unanswered.load(Ordering::Relaxed),
        grown_mib: mib(most.saturating_sub(before)),
    })
}

fn stand_still(process: Option<&mut Process>, duration: Duration) {
    if let Some(process) = process {
        process.signal(libc::SIGSTOP);
        std::thread::sleep(duration);
        process.signal(libc::SIGCONT);
    }
}

/// Comes anew each time, as a panel does.
async fn ask(to: SocketAddr, token: String, duration: Duration, unanswered: Arc<AtomicU64>) -> Vec<Duration> {
    let request =
        Request::new("GET", "/v1/walls").header("Authorization", &format!("Bearer {token}")).bytes(to);
    let (begin, mut every, mut waits) = (Instant::now(), interval(ASK_EVERY), Vec::new());
    while begin.elapsed() < duration {
        every.tick().await;
        let asked = Instant::now();
        let answered = async {
            let mut stream = TcpStream::connect(to).await.ok()?;
            stream.write_all(&request).await.ok()?;
            let mut text = Vec::new();
            stream.read_to_end(&mut text).await.ok()?;
            text.starts_with(b"HTTP/1.1 200").then_some(())
        };
        match timeout(Duration::from_secs(10), answered).await {
            Ok(Some(())) => waits.push(asked.elapsed()),
            _ => {
                unanswered.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
    waits
}

/// What became of the crowd: seconds after which each was shut out, nothing for those who are still there.
struct Crowd {
    idle: Vec<Option<f64>>,
    heads: Vec<Option<f64>>,
    bodies: Vec<Option<f64>>,
    deaf: Vec<Option<f64>>,
    /// The same slow requests at a door that holds everybody.
    endless: Vec<Option<f64>>,
    /// Idle sockets there, and WebSockets that are never read.
    endless_idle: Vec<Option<f64>>,
    endless_deaf: Vec<Option<f64>>,
    /// Idle sockets that were let in at the busiest moment.
    held: usize,
}

async fn gather(console: SocketAddr, token: String) -> io::Result<Crowd> {
    let until = Instant::now() + ATTACK.saturating_sub(Duration::from_secs(3));
    let holder = TcpListener::bind("127.0.0.1:0").await?;
    let nowhere = holder.local_addr()?;
    let holding = tokio::spawn(hold(holder));
    let get = "GET /v1/walls HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ".to_owned();
    let post = "POST /v1/session HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 90000\r\n\r\n";
    let slow = |to, count, from, start: &str| {
        let start = start.to_owned();
        async move {
            let mut all = JoinSet::new();
            for _ in 0..count {
                all.spawn(drip(to, from, start.clone(), until));
            }
            all.join_all().await
        }
    };
    let token = &token;
    let deaf = |to, count: usize| async move {
        let mut all = JoinSet::new();
        for number in 0..count {
            let path = if number < DEAF { "/v1/watch" } else { "/v1/walls/main/preview" };
            let request = Request::new("GET", path).header("Authorization", &format!("Bearer {token}"));
            all.spawn(never_read(to, request.socket().bytes(to), until));
        }
        all.join_all().await
    };
    let (heads, bodies, deaf, endless, endless_deaf, (endless_idle, _), (idle, held)) = tokio::join!(
        slow(console, SLOW_HEADS, 2, &get),
        slow(console, SLOW_BODIES, 3, post),
        deaf(console, DEAF * 2),
        slow(nowhere, 5, 2, &get),
        deaf(nowhere, 2),
        stand(nowhere, 5, until),
        async {
            sleep(IDLE_AFTER).await;
            stand(console, IDLE, until).await
        },
    );
    holding.abort();
    Ok(Crowd { idle, heads, bodies, deaf, endless, endless_idle, endless_deaf, held })
}

/// A door without any limit.
async fn hold(listener: TcpListener) {
    let mut held = Vec::new();
    while let Ok((stream, _)) = listener.accept().await {
        held.push(stream);
    }
}

/// Comes from `127.0.0.LAST`.
async fn come(to: SocketAddr, last: u8) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((Ipv4Addr::new(127, 0, 0, last), 0)))?;
    socket.connect(to).await
}

/// Sends a letter a second. Gives after how many seconds nothing was taken any more.
async fn drip(to: SocketAddr, from: u8, start: String, until: Instant) -> Option<f64> {
    let begin = Instant::now();
    let shut = async {
        let mut stream = come(to, from).await?;
        stream.write_all(start.as_bytes()).await?;
        let (mut reader, mut writer) = stream.split();
        let letters = async {
            loop {
                sleep(Duration::from_secs(1)).await;
                writer.write_all(b"a").await?;
            }
        };
        let mut answer = Vec::new();
        tokio::select! {
            error = letters => error,
            read = reader.read_to_end(&mut answer) => read.map(drop),
        }
    };
    let shut: Result<io::Result<()>, _> = timeout(until.saturating_duration_since(begin), shut).await;
    shut.is_ok().then(|| begin.elapsed().as_secs_f64())
}

/// Asks for a WebSocket, then neither reads nor answers. At the end it is tried whether anybody is still there.
async fn never_read(to: SocketAddr, request: Vec<u8>, until: Instant) -> Option<f64> {
    let begin = Instant::now();
    let shut = async {
        let mut stream = come(to, 4).await?;
        stream.write_all(&request).await?;
        sleep(until.saturating_duration_since(begin).saturating_sub(Duration::from_secs(2))).await;
        loop {
            // What is sent to a side that is gone brings an error soon afterwards.
            stream.write_all(&[0x8a, 0x80, 0, 0, 0, 0]).await?;
            sleep(Duration::from_millis(200)).await;
        }
    };
    let shut: Result<io::Result<()>, _> = timeout(until.saturating_duration_since(begin), shut).await;
    shut.is_ok().then(|| begin.elapsed().as_secs_f64())
}

/// So many that come and say nothing. Gives what became of each, and how many were there at once.
async fn stand(to: SocketAddr, count: usize, until: Instant) -> (Vec<Option<f64>>, usize) {
    let there = Arc::new(AtomicU64::new(0));
    let most = Arc::new(AtomicU64::new(0));
    let mut all = JoinSet::new();
    for number in 0..count {
        let (there, most) = (there.clone(), most.clone());
        let from = 10 + u8::try_from(number % ADDRESSES).unwrap_or_default();
        all.spawn(async move {
            let begin = Instant::now();
            let mut byte = [0];
            let shut = async {
                let mut stream = come(to, from).await?;
                most.fetch_max(there.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
                let read = stream.read(&mut byte).await;
                there.fetch_sub(1, Ordering::Relaxed);
                read
            };
            let shut: Result<io::Result<usize>, _> =
                timeout(until.saturating_duration_since(begin), shut).await;
            shut.is_ok().then(|| begin.elapsed().as_secs_f64())
        });
        // A hundred in a tenth of a second, as fast as one machine of somebody else can.
        if number % 100 == 99 {
            sleep(Duration::from_millis(100)).await;
        }
    }
    let all = all.join_all().await;
    (all, usize::try_from(most.load(Ordering::Relaxed)).unwrap_or(usize::MAX))
}

/// The last that was shut out, in seconds, and how many never were.
fn shut(all: &[Option<f64>]) -> (f64, usize) {
    let last = all.iter().flatten().copied().fold(0.0, f64::max);
    (last, all.iter().filter(|after| after.is_none()).count())
}

/// What became of the crowd.
fn judge(crowd: &Crowd) -> Vec<Row> {
    let line = |what: &str, all: &[Option<f64>]| {
        let (last, there) = shut(all);
        Row::new(
            what,
            format!("{} of {} shut out, the last after {last:.0} s", all.len() - there, all.len()),
            &format!("all, ≤ {SLOW_OVER_S:.0} s"),
            there == 0 && last <= SLOW_OVER_S && !all.is_empty(),
        )
    };
    let (last, there) = shut(&crowd.idle);
    let (deaf_last, deaf_there) = shut(&crowd.deaf);
    vec![
        Row::new(
            "5,000 idle sockets from 25 addresses",
            format!(
                "{} shut out, the last after {last:.0} s; at most {} connected at once",
                crowd.idle.len() - there,
                crowd.held
            ),
            &format!("all shut out, ≤ {SLOW_OVER_S:.0} s"),
            there == 0 && last <= SLOW_OVER_S && crowd.idle.len() == IDLE,
        ),
        line("heads that come letter by letter", &crowd.heads),
        line("bodies that come letter by letter", &crowd.bodies),
        Row::new(
            "WebSockets that are never read",
            format!(
                "{} of {} shut out when looked for after {deaf_last:.0} s",
                crowd.deaf.len() - deaf_there,
                crowd.deaf.len()
            ),
            &format!("all, ≤ {} s", ATTACK.as_secs()),
            deaf_there == 0 && crowd.deaf.len() == DEAF * 2,
        ),
    ]
}

/// What others have seen of it.
fn judge_others(calm: &Seen, during: &Seen) -> Vec<Row> {
    let worst = during.waits.iter().max().copied().unwrap_or(Duration::MAX);
    vec![
        Row::new(
            "the controller's memory meanwhile",
            format!("+{:.1} MiB ({:+.1} without the crowd)", during.grown_mib, calm.grown_mib),
            &format!("≤ +{GROWTH_MAX_MIB:.0} MiB for {CONNECTIONS_MAX} connections"),
            during.grown_mib <= GROWTH_MAX_MIB,
        ),
        Row::new(
            "an honest client meanwhile, each time a new connection",
            format!(
                "{} answers, {} without; p95 {} ms (calm {}), worst {} ms",
                during.waits.len(),
                during.unanswered,
                during.p95().as_millis(),
                calm.p95().as_millis(),
                worst.as_millis()
            ),
            "each answered, p95 ≤ 150 ms, worst ≤ 2 s",
            during.answered(),
        ),
        Row::new(
            "the wall's ticks meanwhile",
            format!(
                "{:.2} % of {} missed; {:.2} % of {} before",
                during.missed(),
                during.ticks,
                calm.missed(),
                calm.ticks
            ),
            "≤ 1 % missed",
            during.ticks > 1000 && during.missed() <= MISSED_MAX,
        ),
    ]
}
