//! An operator's morning in Chromium against the demo hall, each act found in the wall's composed pixels; axe on every page;
//! texts that would be scripts; the live picture's age; pictures of every page.

use super::super::{Proofs, Row};
use super::eyes::{ALIKE, Screens, Window, place, rect_of, unlike};
use super::hall::{Driver, Hall, install, pictures, types};
use super::{Measured, rows};
use crate::picture::Rect;
use layouts::{BannerSpec, Edits, Rgba, Variant, WindowContent, Words};
use media::SceneId;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What an act does is on the wall after so long at the latest.
const SEEN_WITHIN: Duration = Duration::from_secs(5);
/// Cameras that nobody showed have to be connected first, one of them over HLS.
const CONNECTED_WITHIN: Duration = Duration::from_secs(25);
/// A part of the wall whose mean colour differs by more than this, of 255, has something else in it.
const CHANGED: f64 = 8.0;
/// Where the events are: beside a gate, so that other cameras come than the alarm's scene has by itself.
const AT: [f64; 2] = [116.58213, 35.35507];
/// The alarm's scene, and the rule that brings it.
const ALARM: &str = "alarm";
/// The events: one whose alarm is acknowledged, one that is closed.
const EVENTS: [&str; 2] = ["proof-1", "proof-2"];
/// Sign in, open, drag, close, sign out.
const TOUCHES: usize = 5;
const BAR: &str = "seen in the composed pixels";

/// Everything that is done in Chromium.
pub(crate) fn browser(proofs: &Proofs) -> Vec<Row> {
    rows("the console in Chromium", "each act on the wall, 0 serious issues, 0 scripts run", measure(proofs))
}

fn measure(proofs: &Proofs) -> Measured<Vec<Row>> {
    install()?;
    let mut hall = Hall::open(proofs)?;
    let mut found = live_picture(&mut hall)?;
    let (said, good) = types()?;
    let words = said.lines().next().unwrap_or("nothing to say").to_owned();
    found.push(Row::new(
        "types of the console's modules, by TypeScript's compiler",
        words,
        "nothing to say",
        good,
    ));
    let mut morning = Morning::of(hall)?;
    let words = "an act that is answered and never sent: the page believes it";
    found.push(morning.planted("acts", "drop it on the wall", words)?);
    found.extend(morning.live()?);
    found.extend(morning.touched()?);
    let words = "a tap that is answered and never sent: the page believes it";
    found.push(morning.planted("touch", "touch: open a source by a tap", words)?);
    let mut hall = morning.hall;
    found.extend(pages(&mut hall)?);
    hall.close()?;
    Ok(found)
}

/// How old the live picture is when it is drawn.
fn live_picture(hall: &mut Hall) -> Measured<Vec<Row>> {
    let p50 = |lines: &[Value], format: &str| {
        let line = lines.iter().find(|line| line["bar"] == 150 && line["more"]["format"] == format);
        line.and_then(|line| line["figure"].as_f64().zip(line["more"]["drawn"].as_u64()))
    };
    let holds = |figure: Option<(f64, u64)>| {
        figure.is_some_and(|(ms, drawn)| (0.0..=150.0).contains(&ms) && drawn >= 200)
    };
    let real = hall.driven(&["--only", "picture"])?;
    let late = hall.driven(&["--only", "picture", "--plant", "delay"])?;
    let mut found = Vec::new();
    for (format, words) in [("h264", "as H.264"), ("jpeg", "as JPEGs")] {
        let (real, late) = (p50(&real, format), p50(&late, format));
        let figure = real.map_or("not measured".to_owned(), |(ms, drawn)| {
            format!("p50 {ms:.0} ms of {drawn} pictures in 15 s")
        });
        let line = format!("live picture in Chromium {words}, from composed to drawn");
        found.push(Row::new(&line, figure, "p50 ≤ 150 ms, ≥ 200 pictures", holds(real)));
        let fault = format!("each comes 200 ms late, {words}");
        found.push(Row::planted("live picture", &fault, late.is_some() && !holds(late)));
    }
    Ok(found)
}

/// The operator's guides, and where their pictures stand in them.
const GUIDES: [&str; 2] =
    [include_str!("../../../../docs/OPERATOR.md"), include_str!("../../../../docs/OPERATOR.zh-CN.md")];
const GUIDE_FOLDER: &str = "](operator/";
/// A picture of less than this shows nothing.
const PICTURE_BYTES_MIN: u64 = 10_000;

/// The pictures that a guide names and that are not in `folder`, and how many it names.
fn missing(guide: &str, folder: &Path) -> (Vec<String>, usize) {
    let named = guide.split(GUIDE_FOLDER).skip(1).filter_map(|rest| rest.split(')').next());
    let named: Vec<String> = named.map(str::to_owned).collect();
    let made = |name: &String| {
        std::fs::metadata(folder.join(name)).is_ok_and(|about| about.len() >= PICTURE_BYTES_MIN)
    };
    let count = named.len();
    (named.into_iter().filter(|name| !made(name)).collect(), count)
}

/// The pictures of the operator's guide, made anew.
fn guide(hall: &mut Hall) -> Measured<Vec<Row>> {
    let folder = pictures()?.join("guide");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    hall.driven(&["--only", "guide", "--guide", &folder.display().to_string()])?;
    let (mut lacking, mut count) = (Vec::new(), 0);
    for guide in GUIDES {
        let (names, all) = missing(guide, &folder);
        lacking.extend(names);
        count += all;
    }
    let figure = match lacking.first() {
        None => format!("{count} of {count} in target/console/guide"),
        Some(first) => format!("{} of {count}; no {first}", count - lacking.len()),
    };
    let planted = format!("{}![Nowhere](operator/nowhere-en.png)", GUIDES[0]);
    Ok(vec![
        Row::new(
            "pictures that the operator's guides name",
            figure,
            "each made in this run",
            lacking.is_empty() && count >= 10,
        ),
        Row::planted(
            "the operator's guides",
            "a picture that nothing makes",
            missing(&planted, &folder).0.iter().any(|name| name == "nowhere-en.png"),
        ),
    ])
}

/// Pictures of every page, axe and words on each, and texts that would be scripts, which stay on the pages and so come last.
fn pages(hall: &mut Hall) -> Measured<Vec<Row>> {
    let mut found = Vec::new();
    let folder = pictures()?;
    let of_pages = |width: u32| -> Measured<Vec<PathBuf>> {
        let files = std::fs::read_dir(&folder)?.flatten().map(|file| file.path());
        let end = format!("-{width}.png");
        Ok(files.filter(|path| path.to_string_lossy().ends_with(&end)).collect())
    };
    // Sign-in, seven pages, the wall while it is edited, its alarms and an event: on a tablet in two languages and two themes,
    // on a desk of 4K in both once.
    let sizes = [(1180, "1180 × 820", 40), (3840, "3840 × 2160", 20)];
    for (width, ..) in sizes {
        of_pages(width)?.iter().try_for_each(std::fs::remove_file)?;
    }
    hall.driven(&["--only", "pictures", "--pictures", &folder.display().to_string()])?;
    for (width, words, least) in sizes {
        let count = of_pages(width)?.len();
        found.push(Row::new(
            &format!("pictures of the pages, {words}"),
            format!("{count} in target/console"),
            &format!("≥ {least}"),
            count >= least,
        ));
    }
    found.extend(guide(hall)?);
    for (only, line) in [
        ("axe", "axe and words on every page, both languages and themes"),
        ("payloads", "texts that would be scripts"),
    ] {
        let lines = hall.driven(&["--only", only])?;
        let good = lines.iter().filter(|line| line["ok"] == true).count();
        let bad = lines.iter().find(|line| line["ok"] != true);
        let figure = match bad {
            None => format!("{good} of {}", lines.len()),
            Some(bad) => format!("{good} of {}; {}: {}", lines.len(), bad["proof"], bad["more"]),
        };
        found.push(Row::new(line, figure, "all hold", bad.is_none() && good > 0));
    }
    for (only, plant, line, fault) in [
        ("axe", "axe", "axe", "a button without a name"),
        ("axe", "words", "words", "a key without words"),
        ("payloads", "payload", "texts", "one that is taken for markup"),
    ] {
        let lines = hall.driven(&["--only", only, "--plant", plant])?;
        // What broke off has found nothing.
        let noticed =
            |line: &Value| line["ok"] == false && line["figure"].as_f64().is_some_and(|found| found > 0.0);
        found.push(Row::planted(line, fault, lines.iter().any(noticed)));
    }
    Ok(found)
}

/// The acts, and what is looked at between them.
struct Morning {
    hall: Hall,
    /// The wall before the act.
    before: Screens,
    /// The cameras that could be read before the act.
    windows: Vec<Window>,
    /// The cameras that the alarm brings, nearest first.
    alarm: Vec<Window>,
    /// Where its words stand.
    banner: Rect,
}

impl Morning {
    fn of(hall: Hall) -> Measured<Self> {
        let (alarm, banner) = alarm_of(&hall)?;
        let mut morning = Self { before: hall.seen(), windows: Vec::new(), hall, alarm, banner };
        morning.look()?;
        Ok(morning)
    }

    /// The wall as it is, to compare the next act with.
    fn look(&mut self) -> Measured<()> {
        self.windows = Window::all(&self.hall.on_air()?);
        self.windows.retain(|window| self.hall.eyes.can_read(window));
        self.before = self.hall.seen();
        Ok(())
    }

    /// What is put on the wall never reaches the controller, while page and answers say that it did.
    fn planted(&mut self, only: &str, act: &str, fault: &str) -> Measured<Row> {
        let mut driver = self.hall.drive(&["--only", only, "--pause", "--plant", "act"])?;
        let mut told = false;
        let mut noticed = false;
        while let Some(line) = driver.next(&mut self.hall.demo)? {
            if line["proof"] == act {
                told = line["ok"] == true;
                noticed = told && self.seen(&line)?.is_err();
            }
            driver.go_on()?;
        }
        self.look()?;
        let mut row = Row::planted(&format!("{only} on the wall"), fault, noticed);
        if !told {
            row.figure = "the page did not believe it".into();
        }
        Ok(row)
    }

    /// The same wall from a tablet, by finger.
    fn touched(&mut self) -> Measured<Vec<Row>> {
        let mut driver = self.hall.drive(&["--only", "touch", "--pause"])?;
        let mut found = Vec::new();
        while let Some(line) = driver.next(&mut self.hall.demo)? {
            let name = line["proof"].as_str().unwrap_or_default().to_owned();
            found.push(self.row(&name, &line)?);
            self.go_on(&mut driver)?;
        }
        if found.len() < TOUCHES {
            found.push(Row::broken("Chromium: by finger", BAR, format!("{} acts", found.len())));
        }
        Ok(found)
    }

    fn live(&mut self) -> Measured<Vec<Row>> {
        let mut driver = self.hall.drive(&["--only", "acts", "--pause", "--event", EVENTS[1]])?;
        let mut found = Vec::new();
        while let Some(line) = driver.next(&mut self.hall.demo)? {
            let name = line["proof"].as_str().unwrap_or_default().to_owned();
            found.push(self.row(&name, &line)?);
            // The next act ends an alarm: here it comes.
            match name.as_str() {
                "take the scene" => found.push(self.raise(EVENTS[0])?),
                "acknowledge an alarm" => found.push(self.raise(EVENTS[1])?),
                _ => {}
            }
            self.go_on(&mut driver)?;
        }
        Ok(found)
    }

    fn go_on(&mut self, driver: &mut Driver) -> Measured<()> {
        self.before = self.hall.seen();
        driver.go_on()
    }

    /// What the console says and what the wall shows.
    fn row(&mut self, name: &str, line: &Value) -> Measured<Row> {
        let words = format!("Chromium: {name}");
        if line["ok"] != true {
            return Ok(Row::new(&words, format!("{}", line["more"]), BAR, false));
        }
        let seen = self.seen(line)?;
        self.hall.keep(&format!("wall-after-{}", name.replace(": ", "-").replace(' ', "-")))?;
        self.look()?;
        Ok(match seen {
            Ok(figure) => Row::new(&words, figure, BAR, true),
            Err(why) => Row::new(&words, why, BAR, false),
        })
    }

    /// Whether the act is on the wall: what is seen, or what is not.
    fn seen(&mut self, line: &Value) -> Measured<Result<String, String>> {
        let more = &line["more"];
        let window = |key: &str| {
            let source = more["source"].as_str().unwrap_or_default();
            rect_of(&more[key]).map(|rect| Window::new(source, rect))
        };
        let (to, from) = (window("rect"), window("from"));
        match (line["proof"].as_str().unwrap_or_default(), to, from) {
            ("drop it on the wall" | "touch: open a source by a tap", Some(to), _) => self.appears(&to, None),
            (
                "resize it across screens" | "redo" | "undo" | "touch: drag the window",
                Some(to),
                Some(from),
            ) => self.appears(&to, Some(&from)),
            ("close the window" | "touch: close the window", None, Some(from)) => self.vanishes(&from),
            ("move a window with the keys alone" | "take it back", Some(to), Some(from)) => {
                self.moves(&to, &from)
            }
            ("take the scene", ..) => self.scene_is_there(CONNECTED_WITHIN),
            ("acknowledge an alarm" | "close an event", ..) => self.given_back(),
            _ => self.untouched(),
        }
    }

    /// A camera's picture comes to a place, on every screen that it reaches, and was not there before. It is gone from the
    /// screens that only its old place reached.
    fn appears(&mut self, to: &Window, from: Option<&Window>) -> Measured<Result<String, String>> {
        let before = self.hall.eyes.unlike(&self.before, to);
        let was_there = before.iter().all(|(_, unlike)| *unlike < ALIKE);
        if was_there && !before.is_empty() {
            return Ok(Err(format!("it was there before: {}", listed(&before))));
        }
        let mut now = Vec::new();
        let seen = self.hall.until(SEEN_WITHIN, |eyes, screens| {
            now = eyes.unlike(screens, to);
            let mut left = from.map(|from| eyes.unlike(screens, from)).unwrap_or_default();
            left.retain(|(screen, _)| now.iter().all(|(reached, _)| reached != screen));
            let gone = left.iter().all(|(_, unlike)| *unlike >= ALIKE);
            !now.is_empty() && now.iter().all(|(_, unlike)| *unlike < ALIKE) && gone
        })?;
        let on: Vec<&str> = now.iter().map(|(screen, _)| screen.as_str()).collect();
        Ok(match seen {
            Some(_) => Ok(format!(
                "{} on {}: off by {}, before by {}",
                to.source,
                on.join(" and "),
                listed(&now),
                listed(&before)
            )),
            None => Err(format!("{} is not seen: off by {} of 255", to.source, listed(&now))),
        })
    }

    fn vanishes(&mut self, from: &Window) -> Measured<Result<String, String>> {
        let before = self.hall.eyes.unlike(&self.before, from);
        let mut now = Vec::new();
        let seen = self.hall.until(SEEN_WITHIN, |eyes, screens| {
            now = eyes.unlike(screens, from);
            now.iter().all(|(_, unlike)| *unlike >= ALIKE)
        })?;
        let was = !before.is_empty() && before.iter().all(|(_, unlike)| *unlike < ALIKE);
        let words = format!("off by {}, before by {}", listed(&now), listed(&before));
        Ok(if seen.is_some() && was { Ok(format!("gone: {words}")) } else { Err(words) })
    }

    /// A counter is read at the new place and no longer at the old one.
    fn moves(&mut self, to: &Window, from: &Window) -> Measured<Result<String, String>> {
        let was = self.hall.eyes.reading(&self.before, from).is_some();
        let seen = self.hall.until(SEEN_WITHIN, |eyes, screens| {
            eyes.reading(screens, to).is_some() && eyes.reading(screens, from).is_none()
        })?;
        let places = format!(
            "{} at {}, {} and no more at {}, {}",
            to.source, to.rect.x, to.rect.y, from.rect.x, from.rect.y
        );
        Ok(match (was, seen) {
            (true, Some(_)) => Ok(format!("counter of {places}")),
            (true, None) => Err(format!("no counter of {places}")),
            (false, _) => Err(format!("{} was not at its old place", from.source)),
        })
    }

    /// Every camera that could be read before can be read at its place, and goes on.
    fn untouched(&mut self) -> Measured<Result<String, String>> {
        let (windows, before) = (&self.windows, &self.before);
        let was: Vec<_> = windows.iter().map(|window| self.hall.eyes.reading(before, window)).collect();
        let mut now = 0;
        let seen = self.hall.until(SEEN_WITHIN, |eyes, screens| {
            let goes_on = |index: usize| {
                let reading = eyes.reading(screens, &windows[index]);
                reading.is_some() && reading != was[index]
            };
            now = (0..windows.len()).filter(|index| goes_on(*index)).count();
            now == windows.len()
        })?;
        let words = format!("{now} of {} cameras where they were, live", windows.len());
        Ok(if seen.is_some() && now > 0 { Ok(words) } else { Err(words) })
    }

    fn scene_is_there(&mut self, patience: Duration) -> Measured<Result<String, String>> {
        Ok(match self.hall.all_live(patience) {
            Ok(count) if count >= 5 => Ok(format!("{count} cameras of the new scene read, live")),
            Ok(count) => Err(format!("only {count} cameras can be read")),
            Err(why) => Err(why.to_string()),
        })
    }

    /// Reports an event and looks for its alarm: the nearest cameras, and the words across the foot.
    fn raise(&mut self, event: &str) -> Measured<Row> {
        let before = self.hall.seen();
        let foot = self.hall.eyes.part(&before, self.banner);
        let report = json!({ "id": event, "kind": "fire-lane", "severity": 5, "title": "南风花园 消防通道被占用", "network": "综治",
            "domain": "平安建设", "place": "taibaihu/xuzhuang/nanfeng/03", "lon": AT[0], "lat": AT[1] });
        self.hall.post("/v1/events", &report)?;
        let (alarm, banner) = (&self.alarm, self.banner);
        let (mut read, mut changed) = (0, 0.0);
        let seen = self.hall.until(CONNECTED_WITHIN, |eyes, screens| {
            read = alarm.iter().filter(|window| eyes.reading(screens, window).is_some()).count();
            changed = unlike(&foot, &eyes.part(screens, banner));
            read == alarm.len() && changed >= CHANGED
        })?;
        // It fades in.
        self.hall.until(Duration::from_millis(600), |_, _| false)?;
        self.hall.keep(&format!("wall-alarm-{event}"))?;
        self.before = self.hall.seen();
        let names: Vec<&str> = alarm.iter().map(|window| window.source.as_str()).collect();
        Ok(Row::new(
            &format!("the alarm of event {event} takes the wall"),
            format!("{read} of the cameras {} read; the foot changed by {changed:.0}", names.join(", ")),
            BAR,
            seen.is_some(),
        ))
    }

    /// The alarm's words are gone, and the scene below is back.
    fn given_back(&mut self) -> Measured<Result<String, String>> {
        let foot = self.hall.eyes.part(&self.before, self.banner);
        let banner = self.banner;
        let mut changed = 0.0;
        let gone = self.hall.until(SEEN_WITHIN, |eyes, screens| {
            changed = unlike(&foot, &eyes.part(screens, banner));
            changed >= CHANGED
        })?;
        if gone.is_none() {
            return Ok(Err(format!("the alarm's words still stand: changed by {changed:.1}")));
        }
        let back = self.scene_is_there(CONNECTED_WITHIN)?;
        Ok(back.map(|words| format!("the foot changed by {changed:.0}; {words}")))
    }
}

fn listed(parts: &[(String, f64)]) -> String {
    parts.iter().map(|(_, unlike)| format!("{unlike:.0}")).collect::<Vec<_>>().join("/")
}

/// The windows of the alarm's scene with the cameras nearest to the event, and where the plan puts its words.
fn alarm_of(hall: &Hall) -> Measured<(Vec<Window>, Rect)> {
    let mut near: Vec<(f64, &str)> = hall
        .layout
        .sources()
        .filter_map(|source| {
            let [lon, lat] = source.position?.map(|degrees| degrees.get());
            Some((((lon - AT[0]) * AT[1].to_radians().cos()).hypot(lat - AT[1]), source.id.as_str()))
        })
        .collect();
    near.sort_by(|a, b| a.0.total_cmp(&b.0));
    let words = Words { zh: "告警".into(), en: "Alarm".into() };
    let banner = BannerSpec { words, color: Rgba { r: 255, g: 176, b: 32, a: 255 }, until: None };
    let (base, id) = (SceneId::new(ALARM)?, SceneId::new("with-words")?);
    let variant = Variant {
        id: id.clone(),
        base,
        edits: Edits::new(),
        fills: Vec::new(),
        banner: Some(banner),
        cut: true,
    };
    let layout = hall.layout.with_variants(&[variant])?;
    let scene = layout.scene(&id).ok_or("no alarm's scene")?;
    let mut slots = Vec::new();
    let mut foot = None;
    for window in &scene.windows {
        match &window.content {
            WindowContent::Source { slot: Some(slot), .. } => {
                slots.push((slot.as_str().to_owned(), place(window.rect)))
            }
            WindowContent::Banner(_) => foot = Some(place(window.rect)),
            _ => {}
        }
    }
    slots.sort_by(|a, b| a.0.cmp(&b.0));
    let windows =
        near.iter().zip(&slots).map(|((_, source), (_, rect))| Window::new(source, *rect)).collect();
    Ok((windows, foot.ok_or("the plan has no place for words")?))
}
