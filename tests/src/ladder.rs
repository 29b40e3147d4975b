//! The network ladder: one ingest node that sends streams of 4 Mbit/s, viewers behind links of all kinds, and what comes
//! through, picture by picture.
//!
//! Controller, ingest node and probes are processes; the feeding and the showing machine are network namespaces that
//! nothing but a relay joins. A probe on the feeding machine itself tells which pictures there were.

use crate::cluster::{Cluster, Settings};
use crate::impair::{Relay, RelayCounts, Script};
use crate::namespace::{Inside, Machines};
use crate::peers::{self, Clip, Coding};
use crate::probe::{self, Picture, Probe};
use crate::stage::Place;
use crate::watch::now_ns;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

/// The latency of the wall that the viewers pretend to be: the default of hall documents.
const WALL_LATENCY: Duration = Duration::from_millis(120);
/// How long streams may take to begin.
const PATIENCE: Duration = Duration::from_secs(20);
const CLIP: Clip = Clip::new("ladder", crate::camera::Scene::Crossing, 30, Coding::H264Constant);

const SECOND_NS: i64 = 1_000_000_000;

/// The source of that number.
pub fn source(number: usize) -> String {
    format!("stream-{number}")
}

/// A hall that only feeds. Dropping it ends its processes.
#[derive(Debug)]
pub struct Rig {
    place: Place,
    reference: Probe,
    cluster: Cluster,
    streams: usize,
    // Last: the processes above live in there.
    _inside: Option<Inside>,
    machines: Machines,
}

/// A viewer behind a link of its own.
#[derive(Debug)]
pub struct Viewer {
    name: String,
    probe: Probe,
    relay: Relay,
}

/// A node that no process of the hall plays: its identity is the probes'.
const NODE: &str = "probe";
const INGEST: &str = "ingest-1";

impl Rig {
    /// Starts controller and ingest node with `streams` sources, and the probe that tells which pictures there were.
    pub fn start(place: &Place, streams: usize, say: &mut dyn FnMut(&str)) -> Result<Self, String> {
        let words = |error: std::io::Error| error.to_string();
        let kit = place.kit();
        peers::ensure(&kit.cache, &[CLIP], say).map_err(words)?;
        let media = place.work.join("media");
        fs::create_dir_all(&media).map_err(words)?;
        fs::copy(CLIP.file(&kit.cache), media.join("ladder.mp4")).map_err(words)?;
        let hall = place.work.join("hall.toml");
        fs::write(&hall, document(streams)).map_err(words)?;
        let machines = Machines::new();
        let inside = machines.feeding().map_err(words)?;
        let port = || peers::free_udp_port();
        let settings = Settings {
            taibai: place.taibai.clone(),
            hall,
            credentials: kit.credentials,
            media,
            work: place.work.clone(),
            ports: [port().map_err(words)?, peers::free_tcp_port().map_err(words)?, port().map_err(words)?],
            headless: true,
            taps: BTreeMap::new(),
            controller_seen: None,
            arguments: BTreeMap::new(),
        };
        let cluster = Cluster::start_without_displays(settings, say).map_err(words)?;
        cluster.settings().enrol(NODE, "display").map_err(words)?;
        let all: Vec<_> = (0..streams).map(|number| (number, number)).collect();
        let feed = SocketAddr::from(([127, 0, 0, 1], cluster.settings().ports[2]));
        let probe = probe_settings(&cluster, feed, &all);
        let reference = Probe::start(&probe, &place.work.join("reference.log")).map_err(words)?;
        let mut rig = Self { place: place.clone(), reference, cluster, streams, _inside: inside, machines };
        rig.wait_for_streams(&mut [])?;
        Ok(rig)
    }

    /// Where the machines are, in words.
    pub fn described(&self) -> String {
        self.machines.described()
    }

    /// A viewer over the links of `script`, which begins now, of the sources with these numbers and ranks.
    pub fn viewer(
        &self,
        name: &str,
        script: Script,
        seed: u64,
        sources: &[(usize, usize)],
    ) -> Result<Viewer, String> {
        let start = || {
            let listener = {
                let _inside = self.machines.showing()?;
                UdpSocket::bind("127.0.0.1:0")?
            };
            let feed = SocketAddr::from(([127, 0, 0, 1], self.cluster.settings().ports[2]));
            let relay = Relay::serve(listener, feed, script, seed)?;
            let settings = probe_settings(&self.cluster, relay.local_addr(), sources);
            let _inside = self.machines.showing()?;
            let probe = Probe::start(&settings, &self.place.work.join(format!("{name}.log")))?;
            Ok(Viewer { name: name.to_owned(), probe, relay })
        };
        start().map_err(|error: std::io::Error| error.to_string())
    }

    /// Waits until every viewer has had a picture of every source. Errors: which has not.
    pub fn wait_for_streams(&mut self, viewers: &mut [Viewer]) -> Result<(), String> {
        let begin = Instant::now();
        loop {
            self.look_after(viewers)?;
            let has = |probe: &Probe, count: usize| probe.pictures().is_ok_and(|found| found.len() >= count);
            let waiting =
                viewers.iter().find(|viewer| !has(&viewer.probe, 1)).map(|viewer| viewer.name.as_str());
            let waiting = waiting.or((!has(&self.reference, self.streams)).then_some("the reference"));
            let Some(waiting) = waiting else { return Ok(()) };
            if begin.elapsed() > PATIENCE {
                return Err(format!("{waiting} has no picture after {PATIENCE:?}"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Lets time pass. Errors: a process ended by itself, or somebody asked to stop.
    pub fn pass(&mut self, duration: Duration, viewers: &mut [Viewer]) -> Result<(), String> {
        let begin = Instant::now();
        while begin.elapsed() < duration {
            self.look_after(viewers)?;
            std::thread::sleep(Duration::from_millis(50).min(duration.saturating_sub(begin.elapsed())));
        }
        Ok(())
    }

    fn look_after(&mut self, viewers: &mut [Viewer]) -> Result<(), String> {
        if crate::process::stop_asked() {
            return Err("asked to stop".into());
        }
        if let Some((name, _, words)) = self.cluster.ended() {
            return Err(format!("{name} ended by itself: {words}"));
        }
        let probes = viewers.iter_mut().map(|viewer| &mut viewer.probe).chain([&mut self.reference]);
        probes.map(Probe::complaint).find_map(|complaint| complaint).map_or(Ok(()), Err)
    }

    /// What a viewer saw of the source of that number.
    pub fn history(&self, viewer: &Viewer, number: usize) -> Result<History, String> {
        let of = |probe: &Probe| {
            let found = probe.pictures().map_err(|error| error.to_string());
            found.map(|mut found| found.remove(&source(number)).unwrap_or_default())
        };
        Ok(History::new(&of(&self.reference)?, &of(&viewer.probe)?))
    }
}

impl Viewer {
    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Goes over the links of `script` from now on.
    pub fn play(&self, script: Script) {
        self.relay.play(script);
    }

    /// What its relay has done.
    pub fn counts(&self) -> RelayCounts {
        self.relay.counts()
    }
}

fn probe_settings(cluster: &Cluster, address: SocketAddr, sources: &[(usize, usize)]) -> probe::Settings {
    probe::Settings {
        state: cluster.settings().state(NODE),
        address: address.to_string(),
        ingest: INGEST.into(),
        wall_latency: WALL_LATENCY,
        sources: sources.iter().map(|(number, rank)| (source(*number), *rank)).collect(),
    }
}

/// The hall document: as many sources as asked for, side by side on one screen that nobody drives.
fn document(streams: usize) -> String {
    let mut text = format!(
        "version = 1\n[hall]\nname = \"ladder\"\nlanguage = \"en\"\n[[wall]]\nid = \"w\"\ntick_hz = 25\nlatency_ms = {}\n\
         canvas_px_per_mm = 1\nviewing_distance_m = 1\n[[wall.screen]]\nid = \"s1\"\nnode = \"{NODE}\"\noutput = 1\n\
         resolution = [1280, 720]\nposition_mm = [0, 0]\nsize_mm = [1280, 720]\n[[scene]]\nid = \"all\"\nwall = \"w\"\nname = \"all\"\n",
        WALL_LATENCY.as_millis()
    );
    for number in 0..streams {
        let (id, x) = (source(number), 100 * number);
        let _ = write!(
            text,
            "[[source]]\nid = \"{id}\"\nlabel = \"{id}\"\ningest = \"{INGEST}\"\nfile = {{ path = \"ladder.mp4\" }}\n\
             [[scene.window]]\nsource = \"{id}\"\nrect_px = [{x}, 0, 100, 100]\n"
        );
    }
    text
}

/// What became of each picture of a source, in the order in which they were captured.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// When it was captured, and how old it was when it came; `None` for one that cannot be decoded because it, or one
    /// before it that it needs, is missing.
    pictures: Vec<(i64, Option<f64>)>,
}

impl History {
    /// Holds what a viewer saw against what there was.
    pub fn new(reference: &[Picture], seen: &[Picture]) -> Self {
        let seen: BTreeMap<i64, &Picture> =
            seen.iter().map(|picture| (picture.captured_ns, picture)).collect();
        let mut unbroken = false;
        let judge = |picture: &Picture| {
            let found = seen.get(&picture.captured_ns);
            unbroken = found.is_some() && (unbroken || picture.keyframe);
            (picture.captured_ns, found.filter(|_| unbroken).map(|found| found.age_ms()))
        };
        Self { pictures: reference.iter().map(judge).collect() }
    }

    /// Those captured in a span of time, in ns of the Unix epoch.
    pub fn between(&self, from_ns: i64, to_ns: i64) -> Course {
        let inside = self.pictures.iter().filter(|(captured, _)| (from_ns..to_ns).contains(captured));
        let mut ages: Vec<f64> = inside.map(|(_, age)| age.unwrap_or(f64::INFINITY)).collect();
        ages.sort_by(f64::total_cmp);
        Course { ages }
    }

    /// Those captured in the last `seconds` but one.
    pub fn last(&self, seconds: i64) -> Course {
        let to = self.pictures.last().map_or(0, |(captured, _)| captured - SECOND_NS);
        self.between(to - seconds * SECOND_NS, to)
    }

    /// How long after `end_ns` the pictures were captured from which on a whole second came without a loss and none of
    /// them older than `age_ms`; `None` when that never was.
    pub fn back_after(&self, end_ns: i64, age_ms: f64) -> Option<Duration> {
        let last = self.pictures.last()?.0;
        let starts =
            self.pictures.iter().map(|(captured, _)| *captured).filter(|captured| *captured >= end_ns);
        let mut whole = starts.take_while(|start| start + SECOND_NS <= last);
        let start = whole.find(|start| self.between(*start, start + SECOND_NS).within(age_ms) >= 1.0)?;
        u64::try_from(start - end_ns).ok().map(Duration::from_nanos)
    }
}

/// How old pictures were when they came, those that cannot be decoded counted as infinitely old.
#[derive(Debug, Clone, Default)]
pub struct Course {
    /// Milliseconds, smallest first.
    ages: Vec<f64>,
}

impl Course {
    /// How many pictures there were.
    pub fn count(&self) -> usize {
        self.ages.len()
    }

    /// Share of the pictures (0–1) that came, can be decoded and were no older than this; 0 of none.
    pub fn within(&self, age_ms: f64) -> f64 {
        self.ages.partition_point(|age| *age <= age_ms) as f64 / self.ages.len().max(1) as f64
    }

    /// Share of the pictures that can be decoded, however late they came.
    pub fn decodable(&self) -> f64 {
        self.within(f64::MAX)
    }

    /// The age in ms that so many per cent of all pictures did not exceed.
    pub fn percentile(&self, percent: f64) -> f64 {
        let rank = (percent / 100.0 * self.ages.len() as f64).ceil() as usize;
        self.ages.get(rank.saturating_sub(1)).copied().unwrap_or(f64::INFINITY)
    }
}

/// Nanoseconds since the Unix epoch, as pictures count them.
pub fn now() -> i64 {
    i64::try_from(now_ns()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_000_000;

    /// A picture every 40 ms, every fifth a key picture, each 30 ms old on arrival.
    fn pictures(count: i64) -> Vec<Picture> {
        let picture = |index: i64| Picture {
            captured_ns: index * 40 * MS,
            arrived_ns: (index * 40 + 30) * MS,
            keyframe: index % 5 == 0,
        };
        (0..count).map(picture).collect()
    }

    #[test]
    fn what_follows_a_missing_picture_cannot_be_decoded() {
        let reference = pictures(15);
        let mut seen = reference.clone();
        seen.remove(6);
        let course = History::new(&reference, &seen).between(0, i64::MAX);
        assert_eq!((course.count(), course.decodable()), (15, 11.0 / 15.0));
        let all = History::new(&reference, &reference).between(0, i64::MAX);
        assert_eq!((all.decodable(), all.within(29.0), all.within(30.0)), (1.0, 0.0, 1.0));
        assert_eq!((all.percentile(50.0), all.percentile(99.0)), (30.0, 30.0));
        assert_eq!(Course::default().percentile(99.0), f64::INFINITY);
    }

    #[test]
    fn missing_pictures_are_older_than_any() {
        let reference = pictures(100);
        let course = History::new(&reference, &reference[..95]).between(0, i64::MAX);
        assert_eq!((course.percentile(95.0), course.percentile(96.0)), (30.0, f64::INFINITY));
    }

    #[test]
    fn it_is_back_when_a_whole_second_came() {
        let reference = pictures(100);
        let mut seen = reference.clone();
        // Late up to picture 29, one missing at 37: the group that begins at 40 is the first to be whole.
        seen[..30].iter_mut().for_each(|picture| picture.arrived_ns += 500 * MS);
        seen.remove(37);
        let history = History::new(&reference, &seen);
        assert_eq!(history.back_after(1000 * MS, 100.0), Some(Duration::from_millis(600)));
        assert_eq!(history.back_after(1000 * MS, 20.0), None);
        assert_eq!(history.back_after(3000 * MS, 100.0), None, "no second is left");
    }
}
