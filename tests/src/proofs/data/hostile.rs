//! Data that is wrong in every way: each has its words, in `taibai check`, in the API or on a card of the wall, and all else
//! goes on.

use super::super::{Proofs, Row};
use super::document::figures;
use super::{Measured, rows};
use crate::data::{DataHall, Screen, Setup, head, region, scene, waited, window};
use crate::picture::Picture;
use crate::stage::Place;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The neighbour gets a new value so often …
const NEIGHBOUR_EVERY: Duration = Duration::from_millis(200);
/// … and may stand still for so long.
const STILL_MAX: Duration = Duration::from_millis(1_000);
/// How long a fault may take to be said.
const SAID_WITHIN: Duration = Duration::from_secs(10);
/// Queries of the wall, in the order of their figures.
const FIGURES: [&str; 4] = ["live", "wrong", "endless", "many"];
/// Where the designers' widgets are.
const TEMPLATES: [(&str, [u32; 4]); 2] =
    [("wrong.svg", [20, 540, 300, 150]), ("right.svg", [340, 540, 300, 150])];
/// What a file of the media folder says.
const WRONG_SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 300 150\">\n{{ rows[0].nothing | shine }}\n</svg>";
const RIGHT_SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 300 150\">\n<circle cx=\"150\" cy=\"75\" r=\"60\" fill=\"{{ theme.accent }}\"/>\n</svg>";

/// All of it.
pub(crate) fn hostile(_: &Proofs) -> Vec<Row> {
    let measured = || {
        let mut found = checked()?;
        found.extend(lived()?);
        Ok(found)
    };
    rows("hostile data", "words for each, all else goes on", measured())
}

fn document(wrong: &str) -> String {
    let (windows, _) = figures(&FIGURES, 4, [290, 230]);
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS value FROM n, readings";
    let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5000) SELECT i AS value FROM n, readings";
    let queries = [
        ("live", "SELECT value FROM readings WHERE id = 'live'"),
        ("wrong", wrong),
        ("endless", endless),
        ("many", many),
        ("words", "SELECT id, name FROM readings ORDER BY id"),
        ("at", "SELECT value FROM timed WHERE id = 'a'"),
    ];
    let mut text = head([1280, 720]);
    for (name, columns) in [
        ("readings", "id = \"text\", value = \"real\", name = \"text?\""),
        ("timed", "id = \"text\", value = \"real\", at = \"time\""),
    ] {
        text += &format!(
            "[[table]]\nid = \"{name}\"\ncolumns = {{ {columns} }}\nkey = [\"id\"]\n\
             [[feed]]\nid = \"{name}\"\npush = true\ntable = \"{name}\"\npromise_s = 3600\n"
        );
    }
    for (id, sql) in queries {
        text += &format!("[[query]]\nid = \"{id}\"\nsql = \"{sql}\"\nper_s = 10\n");
    }
    text += scene();
    text += &windows;
    text += &window("table", "words", [20, 280, 600, 240], "title = \"words\"");
    text += &window("figure", "at", [640, 280, 300, 240], "title = \"at\"");
    for (path, place) in TEMPLATES {
        text += &window("template", "words", place, &format!("template = \"{path}\""));
    }
    text
}

/// What `taibai check` says of a document: whether it is right, and its words.
fn check(place: &Place, sql: &str) -> Measured<(bool, String)> {
    let file = place.work.join("hall.toml");
    std::fs::write(&file, document(sql))?;
    let output = Command::new(&place.taibai).arg("check").arg(&file).output()?;
    let words =
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    Ok((output.status.success(), words))
}

/// SQL that is wrong by its text alone is refused before anything runs.
fn checked() -> Measured<Vec<Row>> {
    let place = Place::of_this_program("prove-hostile-check")?;
    let judge = |line: &str, sql: &str| -> Measured<Row> {
        let (right, words) = check(&place, sql)?;
        let said = words.lines().map(str::trim).find(|line| line.contains("`sql`"));
        let figure = if right { "taken for right".to_owned() } else { said.unwrap_or("no words").to_owned() };
        let figure: String = figure.chars().take(120).collect();
        Ok(Row::new(
            &format!("hostile: {line}"),
            figure,
            "refused by `taibai check`",
            !right && said.is_some(),
        ))
    };
    let mut found = vec![
        judge("SQL that is none", "SELEC value FROM readings")?,
        judge("SQL that writes", "DELETE FROM readings")?,
        judge("SQL with a second statement", "SELECT 1 AS value; DROP TABLE readings")?,
    ];
    let right = judge("planted", "SELECT value FROM readings")?;
    found.push(Row::planted("hostile", "SQL with nothing wrong", !right.holds));
    Ok(found)
}

/// A neighbour that gets a new value again and again, until it is told to stop.
struct Neighbour {
    over: Arc<AtomicBool>,
    sender: JoinHandle<Result<(), String>>,
    watcher: JoinHandle<Result<(Duration, u32), String>>,
}

impl Neighbour {
    fn start(hall: &DataHall, place: [u32; 4]) -> Measured<Self> {
        let over = Arc::new(AtomicBool::new(false));
        let (api, screen): (_, Screen) = (hall.api.clone(), hall.screen()?.clone());
        let stop = Arc::clone(&over);
        let sender = std::thread::spawn(move || {
            let mut value = 0_u32;
            while !stop.load(Ordering::Relaxed) {
                value += 1;
                let row = format!("{{\"id\": \"live\", \"value\": {value}}}");
                let (status, answer) =
                    api.post_json("/v1/feeds/readings", &row).map_err(|error| error.to_string())?;
                if status != 200 {
                    return Err(format!("the neighbour's value: {status}: {answer}"));
                }
                std::thread::sleep(NEIGHBOUR_EVERY);
            }
            Ok(())
        });
        let stop = Arc::clone(&over);
        let watcher = std::thread::spawn(move || watch(&screen, place, &stop));
        Ok(Self { over, sender, watcher })
    }

    /// The longest time in which its figure did not change, and how often it did.
    fn stop(self) -> Measured<(Duration, u32)> {
        self.over.store(true, Ordering::Relaxed);
        self.sender.join().map_err(|_| "the sender broke off")??;
        Ok(self.watcher.join().map_err(|_| "the watcher broke off")??)
    }
}

fn watch(screen: &Screen, place: [u32; 4], stop: &AtomicBool) -> Result<(Duration, u32), String> {
    let mut last = region(&screen.next().map_err(|error| error.to_string())?.picture, place);
    let (mut since, mut longest, mut changes) = (Instant::now(), Duration::ZERO, 0);
    while !stop.load(Ordering::Relaxed) {
        let seen = screen.next().map_err(|error| error.to_string())?;
        let now = region(&seen.picture, place);
        longest = longest.max(since.elapsed());
        if now != last {
            (last, since, changes) = (now, Instant::now(), changes + 1);
        }
    }
    Ok((longest, changes))
}

/// Everything else comes while the hall lives.
fn lived() -> Measured<Vec<Row>> {
    let (_, places) = figures(&FIGURES, 4, [290, 230]);
    let setup = Setup {
        name: "prove-hostile".into(),
        document: document("SELECT depth FROM readings"),
        media: vec![("wrong.svg", WRONG_SVG), ("right.svg", RIGHT_SVG)],
        ..Setup::default()
    };
    let mut hall = DataHall::start(&setup)?;
    waited("the hall takes rows", SAID_WITHIN, || {
        let (status, _) =
            hall.api.post_json("/v1/feeds/readings", r#"{"id": "a", "value": 1, "name": "Lake"}"#)?;
        Ok((status == 200).then_some(()))
    })?;
    let neighbour = Neighbour::start(&hall, places[0])?;
    let mut found = queries(&hall, &places)?;
    found.extend(messages(&hall)?);
    found.push(template(&hall)?);
    // The endless query is stopped and begins again with every value of the neighbour.
    std::thread::sleep(Duration::from_secs(4));
    let (still, changes) = neighbour.stop()?;
    found.push(goes_on("hostile: a neighbour's figure meanwhile", still, changes));
    hall.screen()?.next()?.picture.write_png(&hall.work().join("wall.png"))?;
    let neighbour = Neighbour::start(&hall, places[0])?;
    std::thread::sleep(Duration::from_secs(1));
    hall.display()?.signal(libc::SIGSTOP);
    std::thread::sleep(Duration::from_secs(2));
    hall.display()?.signal(libc::SIGCONT);
    std::thread::sleep(Duration::from_secs(1));
    let (still, changes) = neighbour.stop()?;
    found.push(Row::planted(
        "hostile",
        "the wall stands still for 2 s",
        !goes_on("planted", still, changes).holds,
    ));
    hall.check()?;
    Ok(found)
}

fn goes_on(line: &str, still: Duration, changes: u32) -> Row {
    Row::new(
        line,
        format!("{changes} changes, at most {} ms apart", still.as_millis()),
        "≤ 1000 ms",
        still <= STILL_MAX && changes >= 5,
    )
}

/// Queries that cannot be answered: their words in the API, and the card that `taibai render` draws of them on the wall.
fn queries(hall: &DataHall, places: &[[u32; 4]]) -> Measured<Vec<Row>> {
    let mut found = Vec::new();
    let cases = [
        ("a column that does not exist", "wrong", "depth", 1),
        ("SQL that never ends", "endless", "longer than 500 ms", 2),
        ("SQL with too many rows", "many", "more than 1000 rows", 3),
    ];
    for (line, query, words, index) in cases {
        let fault = waited("the query's fault", SAID_WITHIN, || {
            Ok(hall.answer(query)?.and_then(|answer| answer["fault"].as_str().map(str::to_owned)))
        })?;
        let card = hall.rendered(&[query])?;
        let same = |picture: &Picture| region(picture, places[index]) == region(&card, places[index]);
        let shown = hall.screen()?.until("the card", SAID_WITHIN, same).is_ok();
        found.push(Row::new(
            &format!("hostile: {line}"),
            format!("{fault}; its card on the wall: {shown}"),
            "said, and the same card as `taibai render`",
            fault.contains(words) && shown,
        ));
    }
    // A query with nothing wrong has no fault.
    let answer = hall.answer("words")?.ok_or("the right query has no answer")?;
    found.push(Row::planted("hostile", "a query with nothing wrong", answer["fault"].is_null()));
    Ok(found)
}

/// Messages that do not fit: each is counted and kept with its reason.
fn messages(hall: &DataHall) -> Measured<Vec<Row>> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs();
    let (long, ahead) = ("x".repeat(1 << 20), now + 3 * 86_400);
    let deep = format!("{{\"id\": {}1{}, \"value\": 1}}", "[".repeat(10_000), "]".repeat(10_000));
    let at = |value: u32, at: u64| format!("{{\"id\": \"a\", \"value\": {value}, \"at\": {at}}}");
    let cases = [
        (
            "a text of 1 MB",
            "readings",
            format!("{{\"id\": \"long\", \"value\": 1, \"name\": \"{long}\"}}"),
            "64 KiB",
        ),
        ("NaN", "readings", "{\"id\": \"nan\", \"value\": NaN}".to_owned(), "no JSON"),
        (
            "a number beyond all",
            "readings",
            "{\"id\": \"huge\", \"value\": 1e999}".to_owned(),
            "out of range",
        ),
        ("lists 10,000 deep", "readings", deep, "64"),
        ("a clock three days ahead", "timed", at(7, ahead), "ahead of the hall's clock"),
    ];
    let mut found = Vec::new();
    for (line, feed, body, words) in cases {
        let before = hall.feed(feed)?["rejected"].as_u64().unwrap_or(0);
        let (status, _) = hall.api.post_json(&format!("/v1/feeds/{feed}"), &body)?;
        let state = hall.feed(feed)?;
        let newest =
            state["rejects"].as_array().and_then(|rejects| rejects.last()).cloned().unwrap_or_default();
        let why = newest["why"]["en"].as_str().unwrap_or("no reason").to_owned();
        let chinese = newest["why"]["zh"].as_str().is_some_and(|why| !why.is_empty());
        let counted = state["rejected"].as_u64().unwrap_or(0) - before;
        let shown: String = why.chars().take(100).collect();
        found.push(Row::new(
            &format!("hostile: {line}"),
            format!("{status}, {counted} rejected: {shown}"),
            "counted, with its reason in both languages",
            counted == 1 && why.contains(words) && chinese,
        ));
    }
    let (status, _) = hall.api.post_json("/v1/feeds/readings", &" ".repeat((4 << 20) + 1))?;
    found.push(Row::new("hostile: a message of more than 4 MiB", format!("{status}"), "413", status == 413));
    // A clock that is behind: what is newer stays.
    hall.api.post_json("/v1/feeds/timed", &at(5, now))?;
    hall.api.post_json("/v1/feeds/timed", &at(6, now - 30 * 86_400))?;
    let kept = waited("the newer row", SAID_WITHIN, || hall.number("at"))?;
    std::thread::sleep(Duration::from_millis(500));
    let kept = hall.number("at")?.unwrap_or(kept);
    found.push(Row::new(
        "hostile: a clock thirty days behind",
        format!("{kept} stays on the wall"),
        "5, the newer row",
        kept == 5.0,
    ));
    Ok(found)
}

/// A designer's template with an error is a card with words; the one beside it is drawn.
fn template(hall: &DataHall) -> Measured<Row> {
    let drawn = hall.rendered(&["words"])?;
    let [wrong, right] = TEMPLATES.map(|(_, place)| place);
    let same = |picture: &Picture| {
        [wrong, right].iter().all(|place| region(picture, *place) == region(&drawn, *place))
    };
    let shown = hall.screen()?.until("both templates", SAID_WITHIN, same).is_ok();
    let (card, picture) = (region(&drawn, wrong), region(&drawn, right));
    let plain = |bytes: &[u8]| bytes.chunks_exact(4).all(|pixel| pixel == &bytes[..4]);
    let words = !plain(&card) && !plain(&picture);
    Ok(Row::new(
        "hostile: a template with an error",
        format!("a card on the wall: {}; the right one beside it: {shown}", shown && words),
        "the same card as `taibai render`",
        shown && words,
    ))
}
