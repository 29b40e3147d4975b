//! A display node without a screen: subscribes exactly as the engine does, and writes down each picture that comes.
//!
//! `tests/src/bin/probe.rs` is the process; [`Probe`] starts one and reads what it wrote.

use crate::process::Process;
use media::{NodeId, SourceId};
use protocol_quic::{Host, Identity, MediaLink, SubscribeOptions, TrackEvent};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// One picture that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Picture {
    /// When it was captured, in ns of the Unix epoch: its name, too.
    pub captured_ns: i64,
    /// When the whole of it was here.
    pub arrived_ns: i64,
    /// Decoding can begin with it.
    pub keyframe: bool,
}

impl Picture {
    /// How old it was on arrival.
    pub fn age_ms(&self) -> f64 {
        (self.arrived_ns - self.captured_ns) as f64 / 1e6
    }
}

/// What a probe is to watch.
#[derive(Debug, Clone)]
pub struct Settings {
    /// State folder of an enrolled display node.
    pub state: PathBuf,
    /// Where the ingest node is dialled.
    pub address: String,
    /// The ingest node.
    pub ingest: String,
    /// The latency of the wall that it pretends to be.
    pub wall_latency: Duration,
    /// Each source with the rank of its window, 0 being the smallest.
    pub sources: Vec<(String, usize)>,
}

/// A probe that runs.
#[derive(Debug)]
pub struct Probe {
    process: Process,
    log: PathBuf,
}

impl Probe {
    /// Starts the program `probe` that lies beside this one. `log` is written anew.
    pub fn start(settings: &Settings, log: &Path) -> io::Result<Self> {
        let _ = std::fs::remove_file(log);
        let program = std::env::current_exe()?;
        // target/debug/deps/NAME-… or target/release/prove
        let program =
            program.ancestors().skip(1).map(|folder| folder.join("probe")).find(|path| path.is_file());
        let program =
            program.ok_or_else(|| io::Error::other("no probe beside this program: cargo build -p tests"))?;
        let mut command = Command::new(program);
        command.arg(&settings.state).args([&settings.address, &settings.ingest]);
        command.arg(settings.wall_latency.as_millis().to_string());
        command.args(settings.sources.iter().map(|(source, rank)| format!("{source}:{rank}")));
        Ok(Self { process: Process::spawn("probe", &mut command, log)?, log: log.into() })
    }

    /// Everything that it has written so far, by source.
    pub fn pictures(&self) -> io::Result<BTreeMap<String, Vec<Picture>>> {
        let text = std::fs::read_to_string(&self.log)?;
        let mut pictures = BTreeMap::<_, Vec<_>>::new();
        for (source, picture) in text.lines().filter_map(parse) {
            pictures.entry(source).or_default().push(picture);
        }
        Ok(pictures)
    }

    /// Its last words that are no pictures, and how it ended if it has.
    pub fn complaint(&mut self) -> Option<String> {
        let status = self.process.ended()?;
        Some(format!("the probe: {}: {}", crate::process::how_it_ended(status), self.process.last_words(3)))
    }

    /// Ends it.
    pub fn stop(&mut self) {
        self.process.stop(Duration::from_secs(3));
    }
}

/// `picture SOURCE CAPTURED ARRIVED KEY`.
fn parse(line: &str) -> Option<(String, Picture)> {
    let mut words = line.strip_prefix("picture ")?.split(' ');
    let source = words.next()?.to_owned();
    let mut number = || words.next()?.parse::<i64>().ok();
    let picture = Picture { captured_ns: number()?, arrived_ns: number()?, keyframe: number()? == 1 };
    Some((source, picture))
}

/// What the process does: watches until it is told to end, and writes to `out`. Errors: in words.
pub fn watch(settings: &Settings) -> Result<(), String> {
    protocol_quic::install_crypto_provider();
    let identity = Identity::load(&settings.state).map_err(|error| error.to_string())?;
    let node = NodeId::new(&settings.ingest).map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let link = MediaLink::start(&Host::system(), &settings.address, identity, node);
        for (source, rank) in &settings.sources {
            let source = SourceId::new(source).map_err(|error| error.to_string())?;
            let options = SubscribeOptions::for_window(*rank, settings.wall_latency);
            tokio::spawn(write_down(link.clone(), source, options));
        }
        while !crate::process::stop_asked() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    })
}

async fn write_down(link: MediaLink, source: SourceId, options: SubscribeOptions) {
    let host = Host::system();
    let mut track = link.track(&source, None, options);
    loop {
        let line = match track.next().await {
            TrackEvent::Picture(_, packet) => {
                let key = u8::from(packet.keyframe);
                format!("picture {source} {} {} {key}\n", packet.captured.0, host.wall().0)
            }
            TrackEvent::Interrupted(error) => format!("interrupted {source} {} {error}\n", host.wall().0),
        };
        // A line in one piece; who no longer reads has stopped this process or will.
        let _ = io::stdout().lock().write_all(line.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_lines_of_pictures_count() {
        let picture = Picture { captured_ns: 1_000_000, arrived_ns: 3_500_000, keyframe: true };
        assert_eq!(parse("picture gate 1000000 3500000 1"), Some(("gate".into(), picture)));
        assert_eq!(picture.age_ms(), 2.5);
        for line in ["picture gate 1000000 35000", "picture gate", "interrupted gate 5 nobody answers", ""] {
            assert_eq!(parse(line), None, "{line}");
        }
    }
}
