//! The demo's own hall, watched through a whole tour: every scene is composed and answered, the fire lane's alarm takes the
//! wall and gives it back, and the tour goes on.

use super::super::{Proofs, Row};
use super::{Measured, rows};
use crate::counter::{self, Reading};
use crate::data::{Api, Seen, wall_canvas};
use crate::demo::{Demo, Options};
use crate::peers;
use crate::picture::{Picture, Rect};
use layouts::{CANVAS_PIXEL, Layout, WindowContent};
use media::SceneId;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The overview of the district and its five domains, as the tour shows them.
const SCENES: [&str; 6] = ["today", "livelihood", "roads", "services", "assessment", "city"];
/// The alarm's scene and rule.
const ALARM: (&str, &str) = ("alarm", "fire-lane");
/// A scene is looked at so long after it came: it has faded in, and cameras that nobody showed are connected.
const SETTLED: Duration = Duration::from_secs(8);
/// A whole tour with its alarm takes less.
const PATIENCE: Duration = Duration::from_secs(330);
/// How long nobody acknowledges the alarm: the planted fault.
const UNANSWERED: Duration = Duration::from_secs(5);
/// The alarm must have the wall, and give it back, so soon.
const TURN_WITHIN: Duration = Duration::from_secs(5);
/// Colours of a scene that is composed; an empty canvas has one.
const COLORS_MIN: usize = 400;

/// What the wall shows at a moment.
struct Now {
    scene: String,
    since: Duration,
    tour: Value,
    screens: BTreeMap<u32, Seen>,
}

/// What the alarm has shown.
#[derive(Default)]
struct Alarm {
    words: String,
    interrupted: String,
    came_ms: u128,
    cameras: Vec<u32>,
    expected: Vec<u32>,
    moved: usize,
    unanswered: bool,
    back_ms: Option<u128>,
    left_s: [f64; 2],
    unlike: [f64; 2],
    next: Option<String>,
}

struct Play {
    demo: Demo,
    api: Api,
    layout: Layout,
    out: PathBuf,
    scenes: BTreeMap<String, Row>,
    seen: BTreeMap<String, Picture>,
}

/// The demo with its district.
pub(crate) fn demo(proofs: &Proofs) -> Vec<Row> {
    rows(
        "demo with its district",
        "all scenes, the alarm takes the wall and gives it back",
        measure(&proofs.taibai),
    )
}

fn measure(taibai: &Path) -> Measured<Vec<Row>> {
    let options = Options { headless: true, seconds: None, district: true, tapped: true };
    let mut say = |line: &str| eprintln!("   {line}");
    let mut demo = Demo::start(&options, taibai, &mut say)?;
    demo.wait_until_ready(&mut say)?;
    let hall = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/demo/hall.toml");
    let layout =
        layouts::parse(&std::fs::read_to_string(hall)?, "hall.toml").map_err(|wrong| wrong.to_text())?;
    let out = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/demo/scenes");
    let _ = std::fs::remove_dir_all(&out);
    std::fs::create_dir_all(&out)?;
    let api = Api::new(&demo.http());
    let mut play = Play { demo, api, layout, out, scenes: BTreeMap::new(), seen: BTreeMap::new() };
    let alarm = play.watch()?;
    let mut found = play.judge();
    match &alarm {
        Some(alarm) => found.extend(judge_alarm(alarm)),
        None => found.push(Row::broken("demo: the fire lane's alarm", "takes the wall", "it never came")),
    }
    play.demo.finish(&mut say)?;
    Ok(found)
}

impl Play {
    /// Watches until every scene has been seen and the tour has gone on after the alarm.
    fn watch(&mut self) -> Measured<Option<Alarm>> {
        let (begin, mut alarm, mut before): (_, Option<Alarm>, Option<Now>) = (Instant::now(), None, None);
        while begin.elapsed() < PATIENCE && !crate::process::stop_asked() {
            self.demo.tend()?;
            let raised = self.alarm()?;
            let now = self.now()?;
            if alarm.is_none()
                && let (Some(raised), Some(before)) = (raised, &before)
            {
                alarm = Some(self.answer(&raised, before)?);
                continue;
            }
            if SCENES.contains(&now.scene.as_str()) {
                if now.since >= SETTLED && !self.scenes.contains_key(&now.scene) {
                    self.record(&now)?;
                }
                if let Some(alarm) = &mut alarm
                    && now.scene != alarm.interrupted
                    && alarm.next.is_none()
                {
                    alarm.next = Some(now.scene.clone());
                }
            }
            let on = alarm.as_ref().is_some_and(|alarm| alarm.next.is_some());
            if on && self.scenes.len() == SCENES.len() {
                break;
            }
            before = Some(now);
            std::thread::sleep(Duration::from_millis(250));
        }
        Ok(alarm)
    }

    fn now(&self) -> Measured<Now> {
        let status = self.api.get("/v1/status")?;
        let wall = &status["walls"][0];
        let since_ns = u128::try_from(wall["since"].as_i64().unwrap_or(0))?;
        let now_ns = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos();
        let since = Duration::from_nanos(u64::try_from(now_ns.saturating_sub(since_ns)).unwrap_or(0));
        let tours = self.api.get("/v1/tours")?;
        let scene = wall["on_air"].as_str().unwrap_or_default().to_owned();
        Ok(Now { scene, since, tour: tours[0].clone(), screens: self.demo.seen() })
    }

    /// The canvas, put together from a picture of every screen.
    fn canvas(&self, screens: &BTreeMap<u32, Seen>) -> Measured<Picture> {
        let wall = self.layout.walls().first().ok_or("the hall has no wall")?;
        Ok(wall_canvas(wall, |index| screens.get(&index).map(|seen| &*seen.picture)))
    }

    fn alarm(&self) -> Measured<Option<Value>> {
        let alarms = self.api.get("/v1/alarms")?;
        Ok(alarms.as_array().into_iter().flatten().find(|alarm| alarm["rule"] == ALARM.1).cloned())
    }

    /// Writes the scene's picture, and looks whether it is composed and all its questions are answered.
    fn record(&mut self, now: &Now) -> Measured<()> {
        let canvas = self.canvas(&now.screens)?;
        canvas.write_png(&self.out.join(format!("{}.png", now.scene)))?;
        let colors: BTreeSet<&[u8]> = canvas.bgra.chunks_exact(4).step_by(7).collect();
        let mut queries = self.layout.queries_of(&SceneId::new(&now.scene)?);
        // What finds things in cameras' pictures says nothing until it finds one.
        let detections: BTreeSet<_> =
            self.layout.sources().filter_map(|source| source.detections.as_ref()).collect();
        queries.retain(|query| !detections.contains(query));
        let mut faults = Vec::new();
        for query in &queries {
            let (status, answer) = self.api.ask(&format!("/v1/queries/{query}"))?;
            let empty = answer["rows"].as_array().is_none_or(Vec::is_empty);
            if status != 200 || !answer["fault"].is_null() || (empty && answer["as_of"].is_null()) {
                faults.push(format!("{query} ({})", answer["fault"].as_str().unwrap_or("no answer")));
            }
        }
        let row = Row::new(
            &format!("demo: scene {}", now.scene),
            format!(
                "{} of {} queries answered, {} colours, target/demo/scenes/{}.png{}{}",
                queries.len() - faults.len(),
                queries.len(),
                colors.len(),
                now.scene,
                if faults.is_empty() { "" } else { "; wrong: " },
                faults.join(", ")
            ),
            "composed, all answered",
            faults.is_empty() && colors.len() >= COLORS_MIN && !queries.is_empty(),
        );
        self.scenes.insert(now.scene.clone(), row);
        self.seen.insert(now.scene.clone(), canvas);
        Ok(())
    }

    fn judge(&self) -> Vec<Row> {
        let mut found = Vec::new();
        for scene in SCENES {
            let missing =
                || Row::broken(&format!("demo: scene {scene}"), "composed, all answered", "it never came");
            found.push(self.scenes.get(scene).cloned().unwrap_or_else(missing));
        }
        let pictures: Vec<&Picture> = self.seen.values().collect();
        let pairs = pictures
            .iter()
            .enumerate()
            .flat_map(|(index, one)| pictures[..index].iter().map(move |other| (one, other)));
        let least = pairs.map(|(one, other)| unlike(one, other)).fold(f64::INFINITY, f64::min);
        found.push(Row::new(
            "demo: the scenes differ from each other",
            format!("by {least:.1} of 255 at least"),
            "≥ 3",
            least.is_finite() && least >= 3.0,
        ));
        found
    }

    /// What happens from the alarm until the wall is given back.
    fn answer(&mut self, raised: &Value, before: &Now) -> Measured<Alarm> {
        let left = |now: &Now| now.tour["left_s"].as_f64().unwrap_or(0.0);
        let mut alarm = Alarm {
            words: raised["words"]["zh"].as_str().unwrap_or_default().to_owned(),
            interrupted: before.scene.clone(),
            expected: self.nearest(raised["subject"].as_str().unwrap_or_default())?,
            ..Alarm::default()
        };
        let shown = self.until(|now| now.scene == ALARM.0)?.ok_or("the alarm's scene never came")?;
        let raised_ns = u128::try_from(raised["raised"].as_i64().unwrap_or(0))?;
        let on_air_ns = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos() - shown.since.as_nanos();
        alarm.came_ms = on_air_ns.saturating_sub(raised_ns) / 1_000_000;
        // Cameras that nobody showed must be subscribed to first.
        let begin = Instant::now();
        let mut readings = Vec::new();
        while begin.elapsed() < Duration::from_secs(10) {
            readings = self.cameras(&self.canvas(&self.demo.seen())?);
            if readings.iter().map(|reading| reading.camera).eq(alarm.expected.iter().copied()) {
                break;
            }
            self.demo.tend()?;
            std::thread::sleep(Duration::from_millis(100));
        }
        alarm.cameras = readings.iter().map(|reading| reading.camera).collect();
        // Nobody acknowledges: nothing may give the wall back.
        let unanswered = Instant::now();
        while unanswered.elapsed() < UNANSWERED {
            self.demo.tend()?;
            std::thread::sleep(Duration::from_millis(200));
        }
        let held = self.now()?;
        let held_canvas = self.canvas(&held.screens)?;
        held_canvas.write_png(&self.out.join("alarm.png"))?;
        alarm.unanswered = held.scene == ALARM.0 && self.alarm()?.is_some();
        let later = self.cameras(&held_canvas);
        alarm.moved =
            readings.iter().zip(&later).filter(|(a, b)| a.camera == b.camera && a.frame != b.frame).count();
        alarm.left_s[0] = left(&held);
        let acknowledged = Instant::now();
        let path = format!("/v1/alarms/{}/acknowledge?by=proof", raised["id"]);
        let (status, answer) = self.api.post_json(&path, "{}")?;
        if status != 200 {
            return Err(format!("acknowledging: {status}: {answer}").into());
        }
        if self.until(|now| now.scene == before.scene)?.is_some() {
            alarm.back_ms = Some(acknowledged.elapsed().as_millis());
        }
        // It fades in.
        std::thread::sleep(Duration::from_millis(1_000));
        let back = self.now()?;
        let back_canvas = self.canvas(&back.screens)?;
        back_canvas.write_png(&self.out.join("given-back.png"))?;
        alarm.left_s[1] = left(&back);
        let before_canvas = self.canvas(&before.screens)?;
        alarm.unlike = [unlike(&before_canvas, &back_canvas), unlike(&before_canvas, &held_canvas)];
        Ok(alarm)
    }

    /// Waits until the wall is as wanted; `None` when it takes longer than [`TURN_WITHIN`].
    fn until(&mut self, wanted: impl Fn(&Now) -> bool) -> Measured<Option<Now>> {
        let begin = Instant::now();
        while begin.elapsed() < TURN_WITHIN {
            self.demo.tend()?;
            let now = self.now()?;
            if wanted(&now) {
                return Ok(Some(now));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(None)
    }

    /// The numbers of the three cameras nearest to an event, nearest first, by the document's positions.
    fn nearest(&self, event: &str) -> Measured<Vec<u32>> {
        let events = self.api.get("/v1/events?limit=1000")?;
        let found = events.as_array().into_iter().flatten().find(|known| known["id"] == event);
        let place = found.map(|event| event["lon_lat"].clone()).unwrap_or_default();
        let (lon, lat) = place[0].as_f64().zip(place[1].as_f64()).ok_or("the alarm's event has no place")?;
        let mut cameras: Vec<(f64, &str)> = self
            .layout
            .sources()
            .filter_map(|source| {
                let [x, y] = source.position?.map(|degrees| degrees.get());
                let east = (x - lon) * lat.to_radians().cos();
                Some((east.hypot(y - lat), source.id.as_str()))
            })
            .collect();
        cameras.sort_by(|a, b| a.0.total_cmp(&b.0));
        let clips = peers::demo_clips();
        let number = |id: &str| clips.iter().find(|clip| clip.name == id).map(|clip| clip.number);
        let numbers: Option<Vec<u32>> = cameras.iter().take(3).map(|(_, id)| number(id)).collect();
        Ok(numbers.ok_or("a camera of the demo has no clip of its name")?)
    }

    /// What the counters in the alarm's three windows say, slot by slot.
    fn cameras(&self, canvas: &Picture) -> Vec<Reading> {
        let scene = self.layout.scenes().iter().find(|scene| scene.id.as_str() == ALARM.0);
        let windows = scene.into_iter().flat_map(|scene| &scene.windows);
        let mut slots: Vec<(&str, Rect)> = windows
            .filter_map(|window| match &window.content {
                WindowContent::Source { slot: Some(slot), .. } => {
                    let rect = window.rect;
                    let px = |units: i64| units as f64 / CANVAS_PIXEL as f64;
                    let place = Rect::new(px(rect.x), px(rect.y), px(rect.width), px(rect.height));
                    Some((slot.as_str(), counter::visible_strip(place, place.cover(16.0 / 9.0))))
                }
                _ => None,
            })
            .collect();
        slots.sort_by_key(|(slot, _)| *slot);
        slots.iter().filter_map(|(_, place)| counter::read(canvas, *place)).collect()
    }
}

/// Mean difference of two canvases, 0 to 255, by one pixel of 64.
fn unlike(one: &Picture, other: &Picture) -> f64 {
    let (mut sum, mut count) = (0_u64, 0_u64);
    for y in (0..one.height).step_by(8) {
        for x in (0..one.width).step_by(8) {
            if let (Some(a), Some(b)) = (one.at(x, y), other.at(x, y)) {
                sum += a.iter().zip(b).take(3).map(|(a, b)| u64::from(a.abs_diff(b))).sum::<u64>();
                count += 3;
            }
        }
    }
    sum as f64 / count.max(1) as f64
}

fn judge_alarm(alarm: &Alarm) -> Vec<Row> {
    let Alarm {
        words,
        interrupted,
        came_ms,
        cameras,
        expected,
        moved,
        unanswered,
        back_ms,
        left_s,
        unlike,
        next,
    } = alarm;
    let back = back_ms.map_or("never".to_owned(), |ms| format!("after {ms} ms"));
    let within = back_ms.is_some_and(|ms| ms <= TURN_WITHIN.as_millis());
    let kept = (left_s[0] - left_s[1]).abs() <= 5.0;
    vec![
        Row::new(
            "demo: the fire lane's alarm interrupts the tour",
            format!("{interrupted} gives way after {came_ms} ms: {words}"),
            "≤ 5000 ms",
            *came_ms <= TURN_WITHIN.as_millis() && SCENES.contains(&interrupted.as_str()),
        ),
        Row::new(
            "demo: the nearest cameras come",
            format!("cameras {cameras:?} read from the pixels, {moved} of them move"),
            &format!("{expected:?}, live"),
            cameras == expected && *moved == expected.len(),
        ),
        Row::new(
            "demo: acknowledged, the wall is given back",
            format!(
                "{interrupted} is back {back}; {:.1} s of its dwell left of {:.1} s; its picture is {:.1} off, the alarm's was {:.1}",
                left_s[1], left_s[0], unlike[0], unlike[1]
            ),
            "≤ 5000 ms, the tour's time stood still, the same picture",
            within && kept && unlike[0] * 3.0 <= unlike[1],
        ),
        Row::new(
            "demo: the tour goes on",
            next.as_ref().map_or("it stands".to_owned(), |next| format!("{interrupted}, then {next}")),
            "the next scene",
            next.as_ref().is_some_and(|next| follows(interrupted, next)),
        ),
        Row::planted("demo", "nobody acknowledges for 5 s: the wall is not given back", *unanswered),
    ]
}

/// Whether the tour shows `next` after `scene`.
fn follows(scene: &str, next: &str) -> bool {
    let place = |name: &str| SCENES.iter().position(|known| *known == name);
    place(scene).zip(place(next)).is_some_and(|(one, other)| (one + 1) % SCENES.len() == other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tour_goes_round() {
        assert!(follows("today", "livelihood") && follows("city", "today"));
        assert!(!follows("today", "today") && !follows("today", "roads") && !follows("alarm", "today"));
    }
}
