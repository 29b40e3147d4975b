//! A display without a screen: Xvfb, on a number that it chooses itself.

use crate::process::Process;
use crate::stage::Place;
use std::io;
use std::process::Command;
use std::time::{Duration, Instant};

/// Starts an X server with a screen of `size` pixels. Returns it and the display's name.
pub fn start(place: &Place, size: (u32, u32)) -> io::Result<(Process, String)> {
    let log = place.work.join("xvfb.log");
    let mut command = Command::new("Xvfb");
    let screen = format!("{}x{}x24", size.0, size.1);
    // Without -noreset the server starts over when the last client leaves, and refuses whoever comes meanwhile.
    command.args(["-displayfd", "1", "-screen", "0", &screen, "-nolisten", "tcp", "-noreset"]);
    let mut server = Process::spawn("Xvfb", &mut command, &log)?;
    let begin = Instant::now();
    loop {
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        if let Some(number) =
            said.lines().find(|line| !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit()))
        {
            return Ok((server, format!(":{number}")));
        }
        if server.ended().is_some() || begin.elapsed() > Duration::from_secs(20) {
            return Err(io::Error::other(format!("no X server: {said}")));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
