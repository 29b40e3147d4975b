//! Five operators at one wall, twenty acts a second together for a minute, through the console's door with rights of their
//! own: every act is found in the composed pixels, and what was answered is replayed act by act.

use super::super::data::percentile;
use super::super::{Proofs, Row};
use super::eyes::{Eyes, Window, rect_of};
use super::hall::{Hall, WALL};
use super::{Measured, rows};
use crate::data::Seen;
use crate::held::Held;
use crate::picture::Rect;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Operators, and the time between two acts of one of them.
const OPERATORS: usize = 5;
const EVERY: Duration = Duration::from_millis(250);
/// What they do in turn: move, move, resize, move to the front, and move to the front what others want, too.
const KINDS: usize = 5;
/// Acts of each: one minute of them.
const ACTS: usize = 240;
/// Acts of each on a line that holds every one of them back, the planted fault, and for how long.
const ACTS_HELD: usize = 16;
const HELD: Duration = Duration::from_millis(600);
/// From sending to the composed pixel, without the wall's latency.
const BAR_MS: u64 = 250;
/// The wall's latency.
const LATENCY_MS: u64 = 240;
/// An act that is not seen by then is lost.
const SEEN_WITHIN: Duration = Duration::from_secs(3);
/// A request is answered by then.
const ANSWERED_WITHIN: Duration = Duration::from_secs(5);
/// Where each operator's own window moves, from its left end: a camera, the lane's left edge and its top, in canvas pixels.
const OWN: [(&str, f64, f64); OPERATORS] = [
    ("crossing", 20.0, 40.0),
    ("evening-news", 20.0, 340.0),
    ("square", 2100.0, 40.0),
    ("patrol", 2100.0, 340.0),
    ("lake", 20.0, 700.0),
];
/// The windows that all of them want.
const SHARED: [(&str, f64, f64); 2] = [("plaza", 20.0, 990.0), ("gate-east", 2100.0, 720.0)];
/// A window's extent, and the larger one that it is resized to.
const SIZES: [[f64; 2]; 2] = [[400.0, 225.0], [448.0, 252.0]];
/// How far a window moves along its lane, and by how much at a time: never by a multiple of its counter's cells.
const SPAN_PX: usize = 520;
const STEP_PX: usize = 57;
/// On the lower left of the right half there is less room.
const SPAN_NARROW_PX: usize = 250;

/// The five operators.
pub(crate) fn load(proofs: &Proofs) -> Vec<Row> {
    rows("five operators at once", "20 acts/s for 60 s, none lost", measure(proofs))
}

/// One act, as it was sent and answered.
#[derive(Debug, Clone)]
struct Act {
    window: String,
    source: &'static str,
    rect: Rect,
    raise: bool,
    sent: Instant,
    /// Status and body, once there is one.
    answer: Option<(u16, Value)>,
    seen: Option<Instant>,
}

impl Act {
    fn done(&self) -> bool {
        matches!(self.answer, Some((200, _)))
    }

    fn revision(&self) -> u64 {
        self.answer.as_ref().and_then(|(_, body)| body["revision"].as_u64()).unwrap_or(0)
    }
}

/// One operator: a token, what was last seen, a door.
struct Operator {
    number: usize,
    base: String,
    token: String,
    agent: ureq::Agent,
    revision: u64,
}

/// What all of them have done, between what the wall showed before and behind it.
struct Course {
    start: Value,
    acts: Vec<Act>,
    end: Value,
    took: Duration,
}

fn measure(proofs: &Proofs) -> Measured<Vec<Row>> {
    let mut hall = Hall::open(proofs)?;
    let windows = open_windows(&mut hall)?;
    let course = run(&hall, &windows, &hall.console, ACTS)?;
    hall.demo.tend()?;
    hall.keep("wall-after-load")?;
    let address = hall.console.strip_prefix("http://").ok_or("the console speaks HTTP here")?;
    let relay = Held::requests(address.parse()?, HELD)?;
    let held = run(&hall, &windows, &format!("http://{}", relay.address()), ACTS_HELD)?;
    hall.demo.tend()?;
    hall.close()?;
    let mut found = judge(&course);
    let soon = Late::of(&held.acts);
    found.push(Row::planted(
        "five operators at once",
        "a relay holds each act for at least 600 ms",
        !soon.late.is_empty() && !soon.holds(),
    ));
    Ok(found)
}

/// Every operator acts so often, through the door at that address.
fn run(hall: &Hall, windows: &[String], door: &str, count: usize) -> Measured<Course> {
    let start = hall.on_air()?;
    let operators = (0..OPERATORS)
        .map(|number| Operator::new(hall, number, door, &start))
        .collect::<Measured<Vec<_>>>()?;
    let acts: Mutex<Vec<Act>> = Mutex::default();
    let over = AtomicBool::new(false);
    let begin = Instant::now();
    let mut took = Duration::ZERO;
    std::thread::scope(|scope| -> Measured<()> {
        let working: Vec<_> = operators
            .into_iter()
            .map(|mut operator| {
                let acts = &acts;
                scope.spawn(move || operator.work(begin, count, windows, acts))
            })
            .collect();
        let watching = {
            let (acts, over) = (&acts, &over);
            scope.spawn(move || watch(|| hall.seen(), &hall.eyes, acts, over))
        };
        working.into_iter().for_each(|one| one.join().unwrap_or_default());
        took = begin.elapsed();
        std::thread::sleep(SEEN_WITHIN);
        over.store(true, Ordering::Relaxed);
        watching.join().unwrap_or_default();
        Ok(())
    })?;
    let end = hall.on_air()?;
    Ok(Course { start, acts: acts.into_inner().unwrap_or_default(), end, took })
}

/// Opens the windows of all: their names, the own ones first. Errors: they do not come.
fn open_windows(hall: &mut Hall) -> Measured<Vec<String>> {
    let places: Vec<_> = OWN.iter().chain(&SHARED).collect();
    let open = places.iter().map(|(source, x, y)| {
        let rect = json!({ "x": x, "y": y, "width": SIZES[0][0], "height": SIZES[0][1] });
        json!({ "do": "open", "source": source, "rect": rect, "small_stream": false })
    });
    let changes: Vec<Value> = open.collect();
    let revision = hall.on_air()?["revision"].clone();
    let answer = hall.post(
        &format!("/v1/walls/{WALL}/changes"),
        &json!({ "of": "air", "base_revision": revision, "changes": changes }),
    )?;
    let opened: Vec<String> = serde_json::from_value(answer["opened"].clone())?;
    let there: Vec<Window> = places
        .iter()
        .map(|(source, x, y)| Window::new(source, Rect::new(*x, *y, SIZES[0][0], SIZES[0][1])))
        .collect();
    let seen = hall.until(Duration::from_secs(15), |eyes, screens| {
        there.iter().all(|window| eyes.reading(screens, window).is_some())
    })?;
    hall.keep("wall-before-load")?;
    match seen {
        Some(_) if opened.len() == places.len() => Ok(opened),
        _ => Err(format!("the operators' windows are not on the wall: {opened:?}").into()),
    }
}

impl Operator {
    fn new(hall: &Hall, number: usize, door: &str, start: &Value) -> Measured<Self> {
        let config =
            ureq::Agent::config_builder().timeout_global(Some(ANSWERED_WITHIN)).http_status_as_error(false);
        let agent = config.max_idle_connections(0).build().into();
        let token = hall.operator_token(&format!("operator {number}"))?;
        let revision = start["revision"].as_u64().ok_or("no revision")?;
        Ok(Self { number, base: format!("{door}/v1/walls/{WALL}/windows"), token, agent, revision })
    }

    /// All acts of this operator, each at its time.
    fn work(&mut self, begin: Instant, count: usize, windows: &[String], acts: &Mutex<Vec<Act>>) {
        let begin = begin + EVERY.mul_f64(self.number as f64 / OPERATORS as f64);
        for act in 0..count {
            let due = begin + EVERY.mul_f64(act as f64);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let kind = act % KINDS;
            let shared = (act / KINDS + self.number) % SHARED.len();
            let (index, (source, x, y)) = match kind {
                4 => (OPERATORS + shared, SHARED[shared]),
                _ => (self.number, OWN[self.number]),
            };
            let span = if index == OPERATORS + 1 { SPAN_NARROW_PX } else { SPAN_PX };
            // Resizing leaves the corner where the act before has put it.
            let moves = if kind == 2 { act - 1 } else { act };
            let along = (moves * STEP_PX + self.number * 29) % span;
            let [width, height] = SIZES[usize::from(kind == 2)];
            let rect = Rect::new(x + along as f64, y, width, height);
            self.send(&windows[index], source, rect, kind >= 3, acts);
        }
    }

    fn send(&mut self, window: &str, source: &'static str, rect: Rect, raise: bool, acts: &Mutex<Vec<Act>>) {
        let place = json!({ "x": rect.x, "y": rect.y, "width": rect.width, "height": rect.height });
        let mut body = json!({ "of": "air", "base_revision": self.revision, "rect": place });
        if raise {
            body["raise"] = true.into();
        }
        let (window, sent) = (window.to_owned(), Instant::now());
        let url = format!("{}/{window}", self.base);
        let act = Act { window, source, rect, raise, sent, answer: None, seen: None };
        let index = with(acts, |acts| {
            acts.push(act);
            acts.len() - 1
        });
        let request = self.agent.patch(url).header("authorization", format!("Bearer {}", self.token));
        let answer = request.send_json(&body).ok().and_then(|mut answer| {
            let text = answer.body_mut().read_to_string().ok()?;
            Some((answer.status().as_u16(), serde_json::from_str::<Value>(&text).ok()?))
        });
        // What is seen next is what this answer shows: the wall as it is, also where the act was refused.
        if let Some((status, body)) = &answer {
            let now = if *status == 200 { &body["revision"] } else { &body["current"]["revision"] };
            self.revision = now.as_u64().unwrap_or(self.revision);
        }
        with(acts, |acts| acts[index].answer = answer);
    }
}

fn with<T>(acts: &Mutex<Vec<Act>>, work: impl FnOnce(&mut Vec<Act>) -> T) -> T {
    work(&mut acts.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
}

/// Looks for every act that is not seen yet in every new picture, until all is over.
fn watch(seen: impl Fn() -> BTreeMap<u32, Seen>, eyes: &Eyes, acts: &Mutex<Vec<Act>>, over: &AtomicBool) {
    let mut looked: BTreeMap<u32, u64> = BTreeMap::new();
    while !over.load(Ordering::Relaxed) {
        let screens = seen();
        let fresh: Vec<u32> = screens
            .iter()
            .filter(|(index, seen)| looked.insert(**index, seen.tick) != Some(seen.tick))
            .map(|(index, _)| *index)
            .collect();
        if fresh.is_empty() {
            std::thread::sleep(Duration::from_millis(3));
            continue;
        }
        let waiting: Vec<(usize, Window)> = with(acts, |acts| {
            let open = |act: &Act| act.seen.is_none() && !matches!(act.answer, Some((409, _)));
            let all = acts.iter().enumerate().filter(|(_, act)| open(act));
            all.map(|(index, act)| (index, Window::new(act.source, act.rect))).collect()
        });
        for (index, window) in waiting {
            let screen = eyes.strip_screen(&window).filter(|screen| fresh.contains(screen));
            let Some(at) = screen.and_then(|screen| screens.get(&screen)).map(|seen| seen.at) else {
                continue;
            };
            if eyes.reading(&screens, &window).is_some() {
                with(acts, |acts| {
                    if at > acts[index].sent {
                        acts[index].seen = Some(at);
                    }
                });
            }
        }
    }
}

/// When an act was seen: itself, or one that was done to the same window after it.
fn seen_at(acts: &[Act], act: &Act) -> Option<Instant> {
    let later = acts
        .iter()
        .filter(|other| other.done() && other.window == act.window && other.revision() >= act.revision());
    later.filter_map(|other| other.seen).min()
}

/// The places of all windows, back to front.
fn places(windows: &Value) -> Vec<(String, Rect)> {
    let place = |line: &Value| Some((line["window"].as_str()?.to_owned(), rect_of(&line["rect"])?));
    windows["windows"].as_array().into_iter().flatten().filter_map(place).collect()
}

/// Does every act that was answered again, in the order of revisions, upon the picture before them. Says which answers, and
/// whether the picture at the end, show something else.
fn replay(start: &Value, acts: &[Act], end: &Value) -> Vec<String> {
    let mut done: Vec<&Act> = acts.iter().filter(|act| act.done()).collect();
    done.sort_by_key(|act| act.revision());
    let mut now = places(start);
    let mut wrong = Vec::new();
    let mut before = start["revision"].as_u64().unwrap_or(0);
    for act in done {
        let former = now.clone();
        match now.iter().position(|(window, _)| *window == act.window) {
            None => wrong.push(format!("{} is no window", act.window)),
            Some(index) => {
                now[index].1 = act.rect;
                if act.raise {
                    let raised = now.remove(index);
                    now.push(raised);
                }
            }
        }
        let (revision, told) = (act.revision(), act.answer.as_ref().map(|(_, body)| places(body)));
        let told = told.unwrap_or_default();
        // What changes nothing, because the window stands there already, is answered with the revision that there is.
        if revision < before || (revision == before && now != former) {
            wrong.push(format!("revision {revision} comes after {before}"));
        } else if told != now {
            wrong.push(format!("revision {revision}, {}: {}", act.window, difference(&told, &now)));
        }
        before = revision;
    }
    if places(end) != now {
        wrong.push(format!("the end: {}", difference(&places(end), &now)));
    }
    wrong
}

/// The first window that stands elsewhere.
fn difference(told: &[(String, Rect)], wanted: &[(String, Rect)]) -> String {
    let pair = told.iter().zip(wanted).find(|(told, wanted)| told != wanted);
    match pair {
        Some(((window, is), (other, was))) => {
            format!("{window} at {}, {} where {other} at {}, {} should be", is.x, is.y, was.x, was.y)
        }
        None => format!("{} windows instead of {}", told.len(), wanted.len()),
    }
}

/// How late the acts were seen that were done.
struct Late {
    late: Vec<Duration>,
    unseen: usize,
}

impl Late {
    fn of(acts: &[Act]) -> Self {
        let done = acts.iter().filter(|act| act.done());
        let seen: Vec<Option<Duration>> = done.map(|act| Some(seen_at(acts, act)? - act.sent)).collect();
        let unseen = seen.iter().filter(|late| late.is_none()).count();
        Self { late: seen.into_iter().flatten().collect(), unseen }
    }

    fn ms(&self, percent: usize) -> u64 {
        percentile(&self.late, percent).as_millis() as u64
    }

    fn holds(&self) -> bool {
        self.unseen == 0 && !self.late.is_empty() && self.ms(95) <= BAR_MS + LATENCY_MS
    }
}

fn judge(course: &Course) -> Vec<Row> {
    let Course { start, acts, end, took } = course;
    let done = acts.iter().filter(|act| act.done()).count();
    let conflicts = acts
        .iter()
        .filter(|act| matches!(&act.answer, Some((409, body)) if body["code"] == "conflict"))
        .count();
    let other = acts.len() - done - conflicts;
    let odd = acts.iter().find(|act| !act.done() && !matches!(act.answer, Some((409, _))));
    let odd = odd.map(|act| format!(": {:?}", act.answer)).unwrap_or_default();
    let rate = acts.len() as f64 / took.as_secs_f64();
    let late = Late::of(acts);
    let by_itself = acts.iter().filter(|act| act.done() && act.seen.is_some()).count();
    let wrong = replay(start, acts, end);
    let mut left_out = acts.to_vec();
    let middle =
        left_out.iter().position(|act| act.done() && act.sent >= acts[acts.len() / 2].sent).unwrap_or(0);
    left_out.remove(middle);
    vec![
        Row::new(
            "five operators, each with a token, at one wall",
            format!(
                "{} acts, {rate:.1}/s; {done} done, {conflicts} conflicts, {other} else{odd}",
                acts.len()
            ),
            "≥ 19.5/s, 1200, all answered",
            acts.len() == OPERATORS * ACTS && rate >= 19.5 && other == 0 && conflicts > 0,
        ),
        Row::new(
            "  from sending to the composed pixel",
            format!(
                "p50 {} ms, p95 {} ms, worst {} ms; {by_itself} seen by themselves, {} overtaken first, {} never",
                late.ms(50),
                late.ms(95),
                late.ms(100),
                done - by_itself - late.unseen,
                late.unseen
            ),
            &format!("p95 ≤ {BAR_MS} ms + {LATENCY_MS} ms, 0 never"),
            late.holds(),
        ),
        Row::new(
            "  all answers replayed in the order of revisions",
            match wrong.first() {
                None => format!("0 of {done} pictures differ, the last one included"),
                Some(first) => format!("{} of {done} differ: {first}", wrong.len()),
            },
            "0: no lost update",
            wrong.is_empty() && done > 0,
        ),
        Row::planted(
            "the replay",
            "one act that was answered is left out",
            !replay(start, &left_out, end).is_empty(),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(revision: u64, windows: &[(&str, f64)]) -> Value {
        let line = |(name, x): &(&str, f64)| json!({ "window": name, "rect": { "x": x, "y": 0.0, "width": 400.0, "height": 225.0 } });
        json!({ "revision": revision, "windows": windows.iter().map(line).collect::<Vec<_>>() })
    }

    fn act(window: &str, x: f64, raise: bool, answer: (u16, Value)) -> Act {
        let rect = Rect::new(x, 0.0, 400.0, 225.0);
        let window = window.to_owned();
        Act { window, source: "lake", rect, raise, sent: Instant::now(), answer: Some(answer), seen: None }
    }

    #[test]
    fn a_lost_update_is_noticed_and_a_refused_one_is_none() {
        let start = picture(10, &[("a", 0.0), ("b", 0.0)]);
        let acts = [
            act("a", 5.0, true, (200, picture(11, &[("b", 0.0), ("a", 5.0)]))),
            act("b", 9.0, false, (409, json!({ "code": "conflict" }))),
            act("b", 7.0, false, (200, picture(12, &[("b", 7.0), ("a", 5.0)]))),
        ];
        assert!(replay(&start, &acts, &picture(12, &[("b", 7.0), ("a", 5.0)])).is_empty());
        // The end has forgotten an act.
        let forgotten = replay(&start, &acts, &picture(12, &[("b", 0.0), ("a", 5.0)]));
        assert_eq!(forgotten, ["the end: b at 0, 0 where b at 7, 0 should be"]);
        // One that changes nothing has no revision of its own.
        let again = act("b", 7.0, false, (200, picture(12, &[("b", 7.0), ("a", 5.0)])));
        let more: Vec<Act> = acts.iter().cloned().chain([again]).collect();
        assert!(replay(&start, &more, &picture(12, &[("b", 7.0), ("a", 5.0)])).is_empty());
        // An act that was answered is not among those replayed: the answers that follow and the end say so.
        assert_eq!(replay(&start, &acts[1..], &picture(12, &[("b", 7.0), ("a", 5.0)])).len(), 2);
    }
}
