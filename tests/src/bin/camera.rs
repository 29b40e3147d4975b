//! Writes a synthetic camera's pictures to standard output as YUV4MPEG2, or one picture as PNG.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use tests::camera::{Camera, Scene};

const HELP: &str = "\
Usage: camera SCENE [--number N] [--size WxH] [--fps N] [--start FRAME] [--frames N] [--live]

Writes YUV4MPEG2 to standard output, for example:
  camera shore --frames 250 | ffmpeg -f yuv4mpegpipe -i - shore.mp4
With --live, one picture leaves every 1/fps seconds. Without --frames it never ends.";

struct Options {
    scene: Scene,
    number: u32,
    size: (u32, u32),
    fps: u32,
    start: u32,
    frames: u32,
    live: bool,
}

fn main() -> ExitCode {
    let options = match parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(why) => {
            let names: Vec<_> = Scene::ALL.map(|scene| scene.name().to_ascii_lowercase()).into();
            eprintln!("{why}\n\n{HELP}\nScenes: {}", names.join(", "));
            return ExitCode::from(2);
        }
    };
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        // The reader has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("camera: {error}");
            ExitCode::from(3)
        }
    }
}

fn parse(mut args: impl Iterator<Item = String>) -> Result<Options, String> {
    let name = args.next().ok_or("which scene?")?;
    let scene = Scene::by_name(&name).ok_or(format!("there is no scene {name:?}"))?;
    let mut options =
        Options { scene, number: 0, size: (640, 360), fps: 25, start: 0, frames: u32::MAX, live: false };
    while let Some(flag) = args.next() {
        if flag == "--live" {
            options.live = true;
            continue;
        }
        let value = args.next().ok_or(format!("{flag} needs a value"))?;
        let number = || value.parse::<u32>().map_err(|_| format!("{flag}: {value:?} is no whole number"));
        match flag.as_str() {
            "--number" => options.number = number()?,
            "--fps" => options.fps = number()?.clamp(1, 120),
            "--start" => options.start = number()?,
            "--frames" => options.frames = number()?,
            "--size" => {
                options.size = size(&value).ok_or(format!("{value:?} is no even size such as 640x360"))?
            }
            _ => return Err(format!("unknown option {flag}")),
        }
    }
    Ok(options)
}

fn size(text: &str) -> Option<(u32, u32)> {
    let (width, height) = text.split_once('x')?;
    let (width, height) = (width.parse().ok()?, height.parse().ok()?);
    let fits = |side: u32| (64..=4096).contains(&side) && side.is_multiple_of(2);
    (fits(width) && fits(height)).then_some((width, height))
}

fn run(options: &Options) -> io::Result<()> {
    let camera = Camera::new(options.scene, options.number, options.size, options.fps);
    let mut out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    camera.write_header(&mut out)?;
    let begin = Instant::now();
    for index in 0..options.frames {
        if options.live {
            let due = Duration::from_secs_f64(f64::from(index) / f64::from(options.fps));
            std::thread::sleep(due.saturating_sub(begin.elapsed()));
        }
        camera.write_frame(&mut out, options.start.wrapping_add(index))?;
        if options.live {
            out.flush()?;
        }
    }
    out.flush()
}
