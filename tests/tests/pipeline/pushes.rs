//! Programs of the hall push data over QUIC: what was answered for is in the table after the controller was killed, and a program
//! reaches the feeds that name it and no others.

use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;
use tests::cluster::{Cluster, Settings};
use tests::stage::Place;

const HALL: &str = r##"version = 1
[hall]
name = "pushes"
[[wall]]
id = "w"
tick_hz = 25
canvas_px_per_mm = 1
[[wall.screen]]
id = "s1"
node = "wall"
output = 1
resolution = [320, 180]
position_mm = [0, 0]
size_mm = [320, 180]
[[table]]
id = "levels"
columns = { id = "integer", value = "real" }
key = ["id"]
[[feed]]
id = "levels"
push = ["office"]
table = "levels"
promise_s = 3600
[[query]]
id = "sum"
sql = "SELECT count(*) AS n, total(value) AS value FROM levels"
per_s = 20
[[scene]]
id = "day"
wall = "w"
name = "day"
[[scene.window]]
widget = "figure"
query = "sum"
rect_px = [0, 0, 320, 180]
"##;
const ROWS: u32 = 3000;

fn start(place: &Place) -> Cluster {
    let hall = place.work.join("hall.toml");
    std::fs::write(&hall, HALL).unwrap();
    let settings = Settings::headless(place, hall).unwrap();
    Cluster::start_without_displays(settings, &mut |words| println!("{words}")).unwrap()
}

/// `taibai feed push levels --quic …` with `lines` on its standard input.
fn push(settings: &Settings, state: &Path, lines: &str) -> Output {
    let mut command = settings.command("feed");
    command.args(["push", "levels", "--quic", &settings.listen(), "--state"]).arg(state);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// What the query of the hall answers: how many rows there are, and their sum.
fn sum(settings: &Settings) -> serde_json::Value {
    let mut answer = ureq::get(format!("http://{}/v1/queries/sum", settings.http())).call().unwrap();
    let answer: serde_json::Value = answer.body_mut().read_json().unwrap();
    answer["rows"][0].clone()
}

#[test]
fn programs_push_over_quic_and_what_has_landed_stays() {
    let _alone = crate::alone();
    let place = Place::of_this_program("pushes").unwrap();
    let mut cluster = start(&place);
    let settings = cluster.settings().clone();
    for program in ["office", "stranger"] {
        settings.enrol(program, "feed").unwrap();
    }
    let (office, stranger) = (settings.state("office"), settings.state("stranger"));

    let rows: String = (0..ROWS).map(|id| format!("{{\"id\": {id}, \"value\": 1.5}}\n")).collect();
    let pushed = push(&settings, &office, &(rows.clone() + "{\"id\": \"x\"}\n\nno JSON\n"));
    assert!(pushed.status.success(), "{}", words(&pushed));
    assert_eq!(words(&pushed), format!("{ROWS} rows have landed in levels, 2 did not fit\n"));

    // Another program's certificate, a display node's, and none at all.
    let refused = push(&settings, &stranger, "{\"id\": 0, \"value\": 99}\n");
    assert!(!refused.status.success() && words(&refused).contains("no such feed"), "{}", words(&refused));
    settings.enrol("screen", "display").unwrap();
    let screen = push(&settings, &settings.state("screen"), "{\"id\": 0, \"value\": 99}\n");
    assert!(!screen.status.success() && words(&screen).contains("role"), "{}", words(&screen));
    let nobody = push(&settings, &settings.state("nobody"), "{\"id\": 0, \"value\": 99}\n");
    assert!(!nobody.status.success() && words(&nobody).contains("join"), "{}", words(&nobody));

    // What was answered for survives a kill, and the same once more changes nothing.
    cluster.restart_controller().unwrap();
    let again = push(&settings, &office, &rows);
    assert!(again.status.success(), "{}", words(&again));
    let begin = std::time::Instant::now();
    let expected = serde_json::json!([ROWS, f64::from(ROWS) * 1.5]);
    while sum(&settings) != expected {
        assert!(begin.elapsed() < Duration::from_secs(10), "{} instead of {expected}", sum(&settings));
        std::thread::sleep(Duration::from_millis(50));
    }
    cluster.stop();
}
