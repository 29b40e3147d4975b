//! `./dev demo`: the demo hall from one command. Starts the cameras, a controller, an ingest node and two display nodes as
//! processes of their own, with `--district` the district's residents and sensors too, waits, and collects what the wall showed.

use std::path::PathBuf;
use std::process::ExitCode;
use tests::demo::{Demo, Options};

const HELP: &str = "\
Usage: ./dev demo [--headless] [--seconds N] [--district]

  --headless      no windows: the same code draws into images
  --district      data too: a broker, a district that reports and is late, a tour over all scenes, alarms that interrupt it
  --seconds N     end after N seconds; without it, Ctrl-C ends the demo

Pictures of the wall and of each screen, and report.json, go to target/demo.";

fn main() -> ExitCode {
    let (options, taibai) = match parse(std::env::args().skip(1)) {
        Ok(Some(parsed)) => parsed,
        Ok(None) => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(why) => {
            eprintln!("demo: {why}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    let mut say = |words: &str| println!("{words}");
    match Demo::run(&options, &taibai, &mut say) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo: {error}");
            ExitCode::from(3)
        }
    }
}

fn parse(mut args: impl Iterator<Item = String>) -> Result<Option<(Options, PathBuf)>, String> {
    let mut options = Options { headless: false, seconds: None, district: false, tapped: false };
    let mut taibai = PathBuf::from("target/release/taibai");
    while let Some(flag) = args.next() {
        let mut value = || args.next().ok_or(format!("{flag} needs a value"));
        match flag.as_str() {
            "--district" => options.district = true,
            "--headless" => options.headless = true,
            "--taibai" => taibai = value()?.into(),
            "--seconds" => {
                let text = value()?;
                let seconds = text.parse().ok().filter(|seconds| *seconds > 0);
                options.seconds =
                    Some(seconds.ok_or(format!("--seconds: {text:?} is no whole number above 0"))?);
            }
            "-h" | "--help" => return Ok(None),
            _ => return Err(format!("unknown option {flag}")),
        }
    }
    Ok(Some((options, taibai)))
}
