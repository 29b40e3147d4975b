//! The real editor under Xvfb: opens a hall, is worked on with keys, saves; `taibai check` and `taibai render` see the edit; killed at
//! any moment it loses no more than a second; and it costs next to nothing while nothing happens.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tests::editing::{Display, Editing, wait_for};
use tests::input_method::{self, InputMethod};
use tests::peers;
use tests::picture::Picture;
use tests::stage::Place;

/// One editor at a time: what one costs is measured.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

const PATIENCE: Duration = Duration::from_secs(30);

/// A folder of its own for a test. The program is the one beside this one, or the one that `TAIBAI` names: what is measured is what
/// is delivered.
fn place(name: &str) -> Place {
    let mut place = Place::of_this_program(name).unwrap();
    if let Some(taibai) = std::env::var_os("TAIBAI") {
        place.taibai = taibai.into();
    }
    place
}

/// A hall of test cards with more screens and windows than any real one.
fn large(windows: usize, screens: usize) -> String {
    let mut text = String::from(
        "version = 1\n[hall]\nname = \"large\"\n[[wall]]\nid = \"w\"\ntick_hz = 25\ncanvas_px_per_mm = 1\n",
    );
    let columns = 8;
    for screen in 0..screens {
        let (x, y) = (screen % columns * 490, screen / columns * 280);
        text += &format!(
            "[[wall.screen]]\nid = \"s{screen}\"\nnode = \"n\"\noutput = {}\nresolution = [480, 270]\nposition_mm = [{x}, {y}]\nsize_mm = [480, 270]\n",
            screen + 1
        );
    }
    for source in 0..20 {
        text += &format!(
            "[[source]]\nid = \"c{source}\"\nlabel = {{ zh = \"摄像机 {source}\", en = \"Camera {source}\" }}\nrtsp = {{ host = \"127.0.0.1\", path = \"/{source}\" }}\n"
        );
    }
    text += "[[scene]]\nid = \"s\"\nwall = \"w\"\nname = \"large\"\n";
    for window in 0..windows {
        let (x, y) = (window % 20 * 190 + 20, window / 20 * 130 + 10);
        text += &format!("[[scene.window]]\nsource = \"c{}\"\nrect_px = [{x}, {y}, 180, 100]\n", window % 20);
    }
    text
}

fn hall(place: &Place, text: &str) -> PathBuf {
    let hall = place.work.join("hall.toml");
    std::fs::create_dir_all(place.work.join("media")).unwrap();
    std::fs::write(&hall, text).unwrap();
    hall
}

fn render(place: &Place, hall: &Path, scene: &str, name: &str) -> Picture {
    let out = place.work.join(format!("{name}.png"));
    let mut command = Command::new(&place.taibai);
    command.arg("render").arg(hall).args(["--scene", scene, "--out"]).arg(&out);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Picture::read_png(&out).unwrap()
}

fn differing(one: &Picture, other: &Picture) -> usize {
    one.bgra.chunks_exact(4).zip(other.bgra.chunks_exact(4)).filter(|(a, b)| a != b).count()
}

/// Where the name of the demo hall stands in the editor's window.
const TITLE: (u32, u32) = (404, 281);

#[test]
fn a_hall_is_edited_with_keys_saved_checked_and_rendered() {
    let _alone = alone();
    let place = place("editor");
    let display = Display::start(&place).unwrap();
    // The demo hall, whose first scene begins with its name in large letters.
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/demo/hall.toml");
    let before = std::fs::read_to_string(demo).unwrap();
    let hall = hall(&place, &before);
    let cache = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/demo/clips");
    let clips = ["lake", "plaza"].map(peers::demo_clips_of).concat();
    peers::ensure(&cache, &clips, &mut |words| println!("{words}")).unwrap();
    peers::write_demo_media(&cache, &place.work.join("media")).unwrap();
    let scene = layouts::parse(&before, "hall.toml").unwrap().scenes()[0].clone();
    let old = render(&place, &hall, scene.id.as_str(), "before");
    let mut editing = Editing::open(&place, &display, &hall).unwrap();
    // The planted fault: nothing is edited, and what is saved and rendered stays what it was.
    editing.click(TITLE).unwrap();
    editing.keys(&["ctrl+s"]).unwrap();
    let unedited = render(&place, &hall, scene.id.as_str(), "unedited");
    println!("planted nothing edited: {} pixels differ", differing(&old, &unedited));
    assert_eq!(differing(&old, &unedited), 0);
    editing.keys(&["shift+Down", "Down"]).unwrap();
    let moved = |text: &str| depth(text) == depth(&before) + 11;
    let journaled = wait_for(PATIENCE, || editing.journal().filter(|text| moved(text)));
    editing.screenshot(&place.work.join("editor.png")).unwrap();
    let kept = || editing.journal().map(|text| depth(&text) - depth(&before));
    assert!(journaled.is_some(), "moved by {:?}: {}", kept(), editing.editor.last_words(20));
    assert_eq!(editing.saved().unwrap(), before, "nothing is saved unasked");
    editing.keys(&["ctrl+s"]).unwrap();
    let saved =
        wait_for(PATIENCE, || editing.saved().ok().filter(|text| *text != before)).expect("not saved");
    assert_eq!(saved.lines().count(), before.lines().count());
    let lines = saved.lines().zip(before.lines()).filter(|(a, b)| a != b).count();
    assert_eq!(lines, 1, "only the line of the window that was moved");
    assert!(wait_for(PATIENCE, || editing.journal().is_none().then_some(())).is_some());
    let check = Command::new(&place.taibai).arg("check").arg(&hall).output().unwrap();
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
    let new = render(&place, &hall, scene.id.as_str(), "after");
    println!("edit on the wall: {} pixels differ", differing(&old, &new));
    assert_ne!(differing(&old, &new), 0, "the edit is not on the wall");
    editing.keys(&["ctrl+q"]).unwrap();
    let status = editing.editor.wait(PATIENCE).expect("it does not end");
    assert_eq!(status.code(), Some(0), "{}", editing.editor.last_words(20));
}

/// How many times the editor is killed: `EDITOR_KILLS=40` for the proof.
fn kills() -> u32 {
    std::env::var("EDITOR_KILLS").ok().and_then(|count| count.parse().ok()).unwrap_or(3)
}

/// How far down the first window of a document stands, in canvas pixels.
fn depth(text: &str) -> i64 {
    let layout = layouts::parse(text, "hall.toml").expect("the journal holds a document that is wrong");
    layout.scenes()[0].windows[0].rect.y >> 16
}

/// How much work is lost: how long before `killed` the first act was that is not in `kept`, the text that is left. The first window
/// stood at `began_at` and has moved by a pixel with each act.
fn lost(kept: &str, began_at: i64, pressed: &[Instant], killed: Instant) -> Duration {
    let moved = usize::try_from((depth(kept) - began_at).abs()).unwrap();
    pressed.get(moved).map_or(Duration::ZERO, |first| killed.duration_since(*first))
}

#[test]
fn killed_at_any_moment_it_loses_no_more_than_a_second() {
    let _alone = alone();
    let place = place("editor-killed");
    let display = Display::start(&place).unwrap();
    // In the middle, so that they never come to the canvas' edge.
    let text = large(12, 16).replace(", 10, 180, 100]", ", 210, 180, 100]");
    let hall = hall(&place, &text);
    let (mut most, mut acts, mut began_at, mut late) = (Duration::ZERO, 0, depth(&text), Duration::ZERO);
    for kill in 0..kills() {
        let mut editing = Editing::open(&place, &display, &hall).unwrap();
        // The question whether to keep what was not saved: Enter keeps it.
        if kill > 0 {
            editing.keys(&["Return"]).unwrap();
            editing.rest();
        }
        editing.keys(&["ctrl+a"]).unwrap();
        let (key, begun) = (if kill % 2 == 0 { "Down" } else { "Up" }, Instant::now());
        let (mut pressed, mut early) = (Vec::new(), None);
        // Each kill comes at another moment between two writes of the journal.
        while begun.elapsed() < Duration::from_millis(1600 + u64::from(kill) * 37 % 400) {
            pressed.push(Instant::now());
            editing.keys(&[key]).unwrap();
            if begun.elapsed() < Duration::from_millis(300) {
                early = editing.journal();
            }
        }
        editing.editor.kill();
        let killed = Instant::now();
        editing.editor.wait(PATIENCE).expect("it survives a kill");
        // There is no journal where all is as in the file again.
        let kept = editing.journal().or_else(|| editing.saved().ok()).expect("nothing is left");
        assert_ne!(depth(&kept), began_at, "kill {kill}: nothing was kept");
        most = most.max(lost(&kept, began_at, &pressed, killed));
        // The planted fault: a journal that is written late would hold what it held more than a second ago.
        late = late.max(early.map_or(Duration::ZERO, |early| lost(&early, began_at, &pressed, killed)));
        acts += pressed.len();
        began_at = depth(&kept);
    }
    println!("killed {} times over {acts} acts: at most the last {} ms lost", kills(), most.as_millis());
    println!("planted late journal: {} ms lost", late.as_millis());
    assert!(most <= Duration::from_secs(1), "{most:?}");
    assert!(late > Duration::from_secs(1), "a journal that is written late goes unnoticed: {late:?}");
}

#[test]
fn chinese_is_typed_through_an_input_method() {
    let _alone = alone();
    let missing = input_method::missing();
    if !missing.is_empty() {
        println!("input method: 1 skipped, these packages are not installed: {}", missing.join(" "));
        return;
    }
    let place = place("editor-input-method");
    let display = Display::start(&place).unwrap();
    let _method = InputMethod::start(&place, &display).unwrap();
    // The words of the one text of a scene, selected with all else that is in it.
    let text =
        large(0, 16) + "[[scene.window]]\ntext = \"words\"\nsize_px = 120\nrect_px = [20, 20, 900, 200]\n";
    let hall = hall(&place, &text);
    let old = render(&place, &hall, "s", "before");
    let mut editing = Editing::open_in(&place, &display, &hall, &input_method::ENVIRONMENT).unwrap();
    let written = |editing: &Editing, keys: &[&str], wanted: &str| {
        // Out of the field that was typed into before, so that these keys are the canvas'.
        editing.keys(&["Escape"]).unwrap();
        editing.rest();
        editing.keys(&["ctrl+a", "F2"]).unwrap();
        editing.rest();
        editing.keys(keys).unwrap();
        editing.rest();
        editing.keys(&["Tab"]).unwrap();
        editing.rest();
        editing.keys(&["ctrl+s"]).unwrap();
        let saved = wait_for(PATIENCE, || editing.saved().ok().filter(|text| text.contains(wanted)));
        let last = || editing.screenshot(&place.work.join("input-method.png"));
        assert!(saved.is_some(), "{wanted} is not in the file; {:?}", last());
    };
    let letters = ["z", "h", "i", "h", "u", "i"];
    // The planted fault: without the input method the same keys are letters.
    written(&editing, &letters, "\"zhihui\"");
    println!("planted input method off: zhihui in the file");
    let pinyin: Vec<&str> = ["ctrl+space"].into_iter().chain(letters).chain(["space"]).collect();
    written(&editing, &pinyin, CHOSEN);
    editing.screenshot(&place.work.join("input-method.png")).unwrap();
    let check = Command::new(&place.taibai).arg("check").arg(&hall).output().unwrap();
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
    let new = render(&place, &hall, "s", "after");
    assert_ne!(differing(&old, &new), 0, "the words are not on the wall");
    println!("typed: zhihui is {CHOSEN} in the file and on the wall");
    editing.keys(&["ctrl+q"]).unwrap();
    editing.editor.wait(PATIENCE).expect("it does not end");
}

/// What pinyin makes of `zhihui` when nobody chooses.
const CHOSEN: &str = "指挥";

#[test]
fn an_editor_that_nobody_touches_costs_next_to_nothing() {
    let _alone = alone();
    let place = place("editor-idle");
    let display = Display::start(&place).unwrap();
    let hall = hall(&place, &large(200, 40));
    let editing = Editing::open(&place, &display, &hall).unwrap();
    // First pictures, thumbnails and fonts are made once.
    let mut last = editing.editor.cpu_seconds();
    wait_for(Duration::from_secs(60), || {
        std::thread::sleep(Duration::from_secs(1));
        let now = editing.editor.cpu_seconds();
        let spent = now - last;
        last = now;
        (spent < 0.05).then_some(())
    });
    let share = |seconds: f64, meanwhile: &dyn Fn()| {
        let (begin, spent) = (Instant::now(), editing.editor.cpu_seconds());
        while begin.elapsed().as_secs_f64() < seconds {
            meanwhile();
        }
        (editing.editor.cpu_seconds() - spent) / begin.elapsed().as_secs_f64() * 100.0
    };
    let percent = share(5.0, &|| std::thread::sleep(Duration::from_millis(100)));
    println!("idle: {percent:.1} % of a core");
    // The planted fault: an editor that has to draw all the time, here because the pointer moves.
    let at = std::cell::Cell::new(0);
    let busy = share(3.0, &|| {
        at.set((at.get() + 7) % 400);
        editing.point((500 + at.get(), 400)).unwrap();
    });
    println!("planted restless editor: {busy:.1} % of a core");
    assert!(percent <= 2.0, "{percent:.1} % of a core");
    assert!(busy > 2.0, "an editor that draws all the time goes unnoticed: {busy:.1} %");
}
