//! The controller is killed and stays away for a minute: the wall goes on with live video, nodes come back to it, and a console
//! that stayed open, too.

use super::super::{Proofs, Row};
use super::eyes::{Eyes, Screens, Window};
use super::hall::Hall;
use super::{Measured, rows};
use crate::peers;
use serde_json::Value;
use std::time::{Duration, Instant};

/// How long the controller stays away.
const AWAY: Duration = Duration::from_secs(60);
/// Nodes are back after so long.
const REJOIN_WITHIN: Duration = Duration::from_secs(2);
/// No camera may stand still for longer, nor show less of its pictures.
const STANDS_MAX: Duration = Duration::from_secs(1);
const SHARE_MIN: f64 = 0.9;
/// The planted fault: the server of one camera hangs for so long.
const HANGS: Duration = Duration::from_secs(5);
const PLANTED: &str = "udp-h264";
/// Another planted fault: a node that stands still has not come back for so long.
const STANDS_STILL: Duration = Duration::from_secs(3);
/// All are there again after so long, once nothing is planted any more.
const SETTLED_WITHIN: Duration = Duration::from_secs(20);
/// How often the wall is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(8);
/// The page is back after so long at the latest.
const PAGE_BACK_WITHIN: Duration = Duration::from_secs(30);

/// The controller is away.
pub(crate) fn away(proofs: &Proofs) -> Vec<Row> {
    rows("the controller killed for 60 s", "the wall goes on, all come back", measure(proofs))
}

/// How a camera's window went on.
struct Course {
    window: Window,
    /// Whether its counter can be read; else the visible part of its strip is compared.
    legible: bool,
    /// The tick, or the sum of all screens' where the strip lies on several, and the picture.
    last: Option<(u64, u64)>,
    changed: Instant,
    pictures: u32,
    /// Ticks on which the counter could not be read.
    unreadable: u32,
    stood: Duration,
}

/// Every camera on the wall, looked at from a moment on.
struct Watch {
    began: Instant,
    courses: Vec<Course>,
}

impl Watch {
    fn of(hall: &Hall) -> Measured<Self> {
        let began = Instant::now();
        let course = |window: Window| {
            let legible = hall.eyes.can_read(&window);
            Course {
                window,
                legible,
                last: None,
                changed: began,
                pictures: 0,
                unreadable: 0,
                stood: Duration::ZERO,
            }
        };
        Ok(Self { began, courses: Window::all(&hall.on_air()?).into_iter().map(course).collect() })
    }

    fn look(&mut self, eyes: &Eyes, screens: &Screens) {
        let all = screens.values().map(|seen| seen.tick).sum();
        for course in &mut self.courses {
            let own = eyes.strip_screen(&course.window).and_then(|screen| screens.get(&screen));
            let tick = own.map_or(all, |seen| seen.tick);
            if course.last.is_some_and(|(at, _)| at == tick) {
                continue;
            }
            let now = match course.legible {
                true => eyes.reading(screens, &course.window).map(|reading| u64::from(reading.frame)),
                false => Some(eyes.trace(screens, &course.window)),
            };
            let before = course.last.map(|(_, picture)| picture);
            match now {
                None => course.unreadable += 1,
                Some(now) if before != Some(now) => {
                    course.pictures += u32::from(before.is_some());
                    course.changed = Instant::now();
                }
                Some(_) => {}
            }
            course.stood = course.stood.max(course.changed.elapsed());
            course.last = now.or(before).map(|picture| (tick, picture));
        }
    }

    /// The wall's line: whether all cameras went on, and which was the worst.
    fn row(&self, line: &str) -> Row {
        let seconds = self.began.elapsed().as_secs_f64();
        let share = |course: &Course| {
            let fps = peers::demo_fps(&course.window.source);
            f64::from(course.pictures) / seconds / fps
        };
        let worst = self.courses.iter().min_by(|a, b| share(a).total_cmp(&share(b)));
        let longest = self.courses.iter().max_by_key(|course| course.stood);
        let legible = self.courses.iter().filter(|course| course.legible).count();
        let unreadable: u32 = self.courses.iter().map(|course| course.unreadable).sum();
        let Some((worst, longest)) = worst.zip(longest) else {
            return Row::broken(line, "live", "no camera is on the wall");
        };
        let fps = f64::from(worst.pictures) / seconds;
        let figure = format!(
            "{} cameras ({legible} by their counters) for {seconds:.0} s: slowest {fps:.1} pictures/s ({}), longest still {} ms ({}), {unreadable} unreadable",
            self.courses.len(),
            worst.window.source,
            longest.stood.as_millis(),
            longest.window.source
        );
        let holds = share(worst) >= SHARE_MIN && longest.stood <= STANDS_MAX && legible >= 8;
        Row::new(line, figure, "each ≥ 90 % of its pictures, none still for 1 s", holds)
    }

    fn go_on(&mut self, hall: &mut Hall, duration: Duration) -> Measured<()> {
        let begin = Instant::now();
        while begin.elapsed() < duration {
            self.look(&hall.eyes, &hall.seen());
            super::hall::tend(&mut hall.demo)?;
            std::thread::sleep(LOOK_EVERY);
        }
        Ok(())
    }
}

fn measure(proofs: &Proofs) -> Measured<Vec<Row>> {
    super::hall::install()?;
    let mut hall = Hall::open(proofs)?;
    let mut page = hall.drive(&["--only", "reconnect", "--pause"])?;
    let mut found = Vec::new();
    let line = page.next(&mut hall.demo)?;
    said(&mut found, line, "drawn", "a live picture".into());
    // It goes, and the wall stays.
    let mut watch = Watch::of(&hall)?;
    hall.demo.cluster().kill_controller();
    let killed = Instant::now();
    page.go_on()?;
    let mut told = None;
    while killed.elapsed() < AWAY {
        watch.go_on(&mut hall, Duration::from_millis(200))?;
        if told.is_none() {
            told = page.poll().map(|line| (line, killed.elapsed()));
        }
    }
    found.push(watch.row("controller killed: the wall's pixels"));
    let (line, after) = told.map_or((None, AWAY), |(line, after)| (Some(line), after));
    said(&mut found, line, "in words", format!("after {:.1} s", after.as_secs_f64()));
    // It comes back with the state that it has written.
    hall.demo.cluster().restart_controller()?;
    let ready = Instant::now();
    page.go_on()?;
    let mut watch = Watch::of(&hall)?;
    let mut back = None;
    let mut page_back = None;
    while ready.elapsed() < PAGE_BACK_WITHIN && (back.is_none() || page_back.is_none()) {
        if back.is_none() && all_connected(&hall)? {
            back = Some(ready.elapsed());
        }
        if page_back.is_none() {
            page_back = page.poll().map(|line| (line, ready.elapsed()));
        }
        watch.go_on(&mut hall, Duration::from_millis(20))?;
    }
    found.push(rejoined(back));
    let (line, after) = page_back.map_or((None, PAGE_BACK_WITHIN), |(line, after)| (Some(line), after));
    let words = format!("picture drawn anew and session valid {:.1} s after it listens", after.as_secs_f64());
    said(&mut found, line, "by itself, still signed in", words);
    watch.go_on(&mut hall, Duration::from_secs(5))?;
    found.push(watch.row("  the wall's pixels while all come back"));
    page.go_on()?;
    drop(page);
    found.push(planted_camera(&mut hall)?);
    found.extend(planted_return(&mut hall)?);
    hall.close()?;
    Ok(found)
}

/// Whether the nodes came back in time.
fn rejoined(back: Option<Duration>) -> Row {
    Row::new(
        "  nodes back after its ports listen",
        back.map_or("never".into(), |back| format!("{} ms", back.as_millis())),
        "all, ≤ 2000 ms",
        back.is_some_and(|back| back <= REJOIN_WITHIN),
    )
}

/// A camera that hangs is no camera that goes on.
fn planted_camera(hall: &mut Hall) -> Measured<Row> {
    let mut watch = Watch::of(hall)?;
    hall.demo.hang_peer(PLANTED, true);
    watch.go_on(hall, HANGS)?;
    let row = watch.row("planted");
    hall.demo.hang_peer(PLANTED, false);
    Ok(Row::planted(
        "the wall's pixels",
        "one camera's server hangs for 5 s",
        !row.holds && row.figure.contains("square"),
    ))
}

/// The controller goes and comes again at once: a node that stands still does not come back, nor does a page whose line stays cut.
fn planted_return(hall: &mut Hall) -> Measured<Vec<Row>> {
    let mut page = hall.drive(&["--only", "reconnect", "--pause", "--plant", "line"])?;
    let drawn = page.next(&mut hall.demo)?.unwrap_or_default();
    hall.demo.cluster().kill_controller();
    page.go_on()?;
    let lost = page.next(&mut hall.demo)?.unwrap_or_default();
    stand_still(hall, true);
    hall.demo.cluster().restart_controller()?;
    page.go_on()?;
    let back = back_within(hall, STANDS_STILL)?;
    stand_still(hall, false);
    let returned = page.next(&mut hall.demo)?.unwrap_or_default();
    page.go_on()?;
    // What was planted is over before the hall is closed.
    if back_within(hall, SETTLED_WITHIN)?.is_none() {
        return Err("the node that stood still has not come back".into());
    }
    let cut = drawn["ok"] == true && lost["ok"] == true && returned["ok"] == false;
    Ok(vec![
        Row::planted("nodes back", "one display process stands still for 3 s", !rejoined(back).holds),
        Row::planted("the console's return", "a page whose line stays cut", cut),
    ])
}

/// Stops a display process in the middle of whatever it does, or lets it go on.
fn stand_still(hall: &mut Hall, still: bool) {
    if let Some(display) = hall.demo.cluster().displays().first_mut() {
        display.signal(if still { libc::SIGSTOP } else { libc::SIGCONT });
    }
}

/// After how long every node has its link; `None` where that takes longer.
fn back_within(hall: &mut Hall, patience: Duration) -> Measured<Option<Duration>> {
    let begin = Instant::now();
    while begin.elapsed() < patience {
        if all_connected(hall)? {
            return Ok(Some(begin.elapsed()));
        }
        super::hall::tend(&mut hall.demo)?;
        std::thread::sleep(LOOK_EVERY);
    }
    Ok(None)
}

/// What the page has said as a line of the table; `figure` where it has done what it should.
fn said(found: &mut Vec<Row>, line: Option<Value>, bar: &str, figure: String) {
    let line = line.unwrap_or_default();
    let words = format!("  console: {}", line["proof"].as_str().unwrap_or("it says nothing"));
    let ok = line["ok"] == true;
    found.push(Row::new(&words, if ok { figure } else { line["more"].to_string() }, bar, ok));
}

/// Whether every node has its link to the controller.
fn all_connected(hall: &Hall) -> Measured<bool> {
    let status = hall.api.get("/v1/status")?;
    let nodes = status["nodes"].as_array().cloned().unwrap_or_default();
    // The ingest node and two display nodes.
    Ok(nodes.iter().filter(|node| node["connected"] == true).count() >= 3)
}
