//! Starts the demo hall's servers and keeps them until it is asked to stop: for work on one part of Taibai alone.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tests::{peers, process};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("peers: {error}");
            ExitCode::from(3)
        }
    }
}

fn run() -> std::io::Result<()> {
    process::catch_stop_signals();
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
    let target = root.join("target/demo");
    let credentials = root.join("assets/demo/credentials.toml");
    let kit = peers::Kit { cache: target.join("clips"), work: target.join("peers"), credentials };
    let mut say = |words: &str| println!("{words}");
    peers::ensure(&kit.cache, &peers::demo_clips(), &mut say)?;
    peers::write_demo_media(&kit.cache, &target.join("media"))?;
    let passphrase = peers::password(&kit.credentials, "srt-news")?;
    let mut running = peers::start_demo(&kit, &passphrase, &mut say)?;
    println!("media files in {}; running until Ctrl-C", target.join("media").display());
    let mut seconds = 0_u32;
    while !process::stop_asked() {
        std::thread::sleep(Duration::from_millis(200));
        running.iter_mut().try_for_each(peers::Peer::tend)?;
        seconds += 1;
        if std::env::var_os("PEERS_CPU").is_some() && seconds.is_multiple_of(50) {
            for peer in &running {
                println!("{:12} {:6.2} s CPU", peer.name(), peer.cpu_seconds());
            }
        }
    }
    Ok(())
}
