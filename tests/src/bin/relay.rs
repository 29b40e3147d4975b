//! A UDP relay that makes a bad link of a good one: loss, bursts, delay, jitter, a narrow wire, outages.

use std::net::{SocketAddr, UdpSocket};
use std::process::ExitCode;
use std::time::Duration;
use tests::impair::{LinkSettings, Relay, Script};
use tests::process;

const HELP: &str = "\
Usage: relay LISTEN UPSTREAM LINK [--seed N] [--at SECONDS LINK]...

Passes UDP packets that come to the address LISTEN on to the address UPSTREAM and back, over the named link.

  --seed N             which packets are lost and delayed follows from this (default 1)
  --at SECONDS LINK    change to that link so long after the start

Links:";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("relay: {why}\n\n{HELP}");
            LinkSettings::NAMES.iter().for_each(|(name, about)| eprintln!("  {name:12} {about}"));
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), String> {
    process::catch_stop_signals();
    let mut words = std::env::args().skip(1);
    let mut next = |what: &str| words.next().ok_or(format!("{what} is missing"));
    let listen: SocketAddr = number(&next("LISTEN")?)?;
    let upstream: SocketAddr = number(&next("UPSTREAM")?)?;
    let (mut script, mut seed) = (Script::steady(link(&next("LINK")?)?), 1);
    while let Ok(word) = next("") {
        match word.as_str() {
            "--seed" => seed = number(&next("N")?)?,
            "--at" => {
                let after = Duration::try_from_secs_f64(number(&next("SECONDS")?)?);
                script = script.at(after.map_err(|error| error.to_string())?, link(&next("LINK")?)?);
            }
            other => return Err(format!("unknown word {other}")),
        }
    }
    let listener = UdpSocket::bind(listen).map_err(|error| format!("{listen}: {error}"))?;
    let relay = Relay::serve(listener, upstream, script, seed).map_err(|error| error.to_string())?;
    println!("{} → {upstream}, seed {seed}", relay.local_addr());
    while !process::stop_asked() {
        std::thread::sleep(Duration::from_millis(100));
    }
    println!("{:#?}", relay.counts());
    Ok(())
}

fn link(name: &str) -> Result<LinkSettings, String> {
    LinkSettings::named(name).ok_or(format!("there is no link {name}"))
}

fn number<T: std::str::FromStr>(word: &str) -> Result<T, String> {
    word.parse().map_err(|_| format!("{word} does not fit"))
}
