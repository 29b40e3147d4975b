//! `district`: the demo hall's fictional district. Runs live against a broker, a webhook and a database, or writes all answers of
//! the hall document at one moment for `taibai render --data`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tests::district::{Live, Places, Simulator, data_file, read_cells, write_lists};
use tests::process;

const HELP: &str = "\
Usage: district lists --data DIR
       district data --data DIR --hall FILE --out FILE [--seed N]
       district live --data DIR --mqtt PORT --http HOST:PORT --token-file FILE [--seed N] [--per-minute X] [--acknowledge-after SECONDS] [--tour ID] [--no-alarms]

  lists    writes components, buildings, cells, cameras and notices, which the hall's feeds read as files
  data     writes the answers to all queries of a hall document at Monday, 23 November 2026, 10:32
  live     sends reports, steps, readings and alarms until it is stopped";

/// 2026-11-23T10:32:00+08:00.
const DEMO_MOMENT_S: i64 = 1_795_401_120;

struct Options {
    command: String,
    data: PathBuf,
    hall: PathBuf,
    out: PathBuf,
    mqtt: u16,
    http: String,
    token_file: PathBuf,
    seed: u64,
    per_minute: f64,
    acknowledge_after: Option<Duration>,
    tour: Option<String>,
    no_alarms: bool,
}

fn main() -> ExitCode {
    let options = match parse(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(why) => {
            eprintln!("district: {why}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("district: {error}");
            ExitCode::from(3)
        }
    }
}

fn parse(mut args: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
    let mut options = Options {
        command: String::new(),
        data: "data".into(),
        hall: "assets/demo/hall.toml".into(),
        out: "data.json".into(),
        mqtt: 18831,
        http: "127.0.0.1:17780".into(),
        token_file: PathBuf::new(),
        seed: 20_261_123,
        per_minute: 3.0,
        acknowledge_after: None,
        tour: None,
        no_alarms: false,
    };
    while let Some(word) = args.next() {
        let mut value = || args.next().ok_or(format!("{word} needs a value"));
        let number = |text: String| text.parse::<f64>().map_err(|_| format!("{text:?} is no number"));
        match word.as_str() {
            "lists" | "data" | "live" if options.command.is_empty() => options.command = word,
            "--data" => options.data = value()?.into(),
            "--hall" => options.hall = value()?.into(),
            "--out" => options.out = value()?.into(),
            "--mqtt" => options.mqtt = number(value()?)? as u16,
            "--http" => options.http = value()?,
            "--token-file" => options.token_file = value()?.into(),
            "--seed" => options.seed = number(value()?)? as u64,
            "--per-minute" => options.per_minute = number(value()?)?,
            "--tour" => options.tour = Some(value()?),
            "--no-alarms" => options.no_alarms = true,
            "--acknowledge-after" => {
                options.acknowledge_after =
                    Some(Duration::from_secs_f64(number(value()?)?.clamp(0.0, 3600.0)));
            }
            "-h" | "--help" => return Ok(None),
            _ => return Err(format!("unknown word {word}")),
        }
    }
    if options.command.is_empty() {
        return Ok(None);
    }
    Ok(Some(options))
}

fn run(options: &Options) -> std::io::Result<()> {
    let district = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/demo/district");
    match options.command.as_str() {
        "lists" => write_lists(&district, &options.data),
        "data" => {
            write_lists(&district, &options.data)?;
            let text = std::fs::read_to_string(&options.hall)?;
            let layout = layouts::parse(&text, &options.hall.display().to_string())
                .map_err(|mistakes| std::io::Error::other(mistakes.to_text()))?;
            let now = media::WallTime(DEMO_MOMENT_S * 1_000_000_000);
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            let answers = data_file(&layout, &options.data, &options.data, options.seed, now);
            std::fs::write(&options.out, runtime.block_on(answers)?)
        }
        _ => live(options),
    }
}

fn live(options: &Options) -> std::io::Result<()> {
    process::catch_stop_signals();
    let start = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
    let cells = read_cells(&options.data)?;
    let mut district = Simulator::new(cells, options.seed, start, options.per_minute);
    if options.no_alarms {
        district = district.without_alarms();
    }
    let places = Places {
        mqtt_port: options.mqtt,
        http: options.http.clone(),
        token: tests::peers::password(&options.token_file, "reports")?,
        services: options.data.join("services.db"),
        acknowledge_after: options.acknowledge_after,
        tour: options.tour.clone(),
    };
    let mut live = Live::start(places)?;
    live.run(&mut district, process::stop_asked)?;
    let count = |number: &std::sync::atomic::AtomicU64| number.load(Ordering::Relaxed);
    let sent = live.sent();
    println!(
        "{} published, {} posted, {} refused",
        count(&sent.published),
        count(&sent.posted),
        count(&sent.refused)
    );
    Ok(())
}
