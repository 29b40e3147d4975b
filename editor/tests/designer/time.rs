//! Time in the designer's hands: transitions tick by tick, tours and schedules on the time line, rules that are rehearsed.

use crate::desk::Desk;
use editor::{Command, Language, Mode, Word, demo_hall};
use egui::{Key, Modifiers, Pos2, Rect, Role, pos2, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use layouts::rules::Day;
use layouts::{Answers, OnAir, Rundown};
use media::{CanvasFrame, SceneId, WallTime};
use node::{CompositorKind, Moment, OwnedPicture, View, render_still};
use std::path::Path;
use std::time::Duration;

const SIZE: (f32, f32) = (1600.0, 1000.0);
const LANGUAGES: [Language; 2] = [Language::Chinese, Language::English];

fn opened(name: &str, language: Language) -> Desk {
    let mut desk = Desk::open(&format!("time-{name}-{language:?}"), &demo_hall(), language, SIZE);
    // A Thursday that is no holiday, whatever day it is.
    desk.editor_mut().time_mut().set_day(Day::new(2026, 11, 26).unwrap());
    desk
}

/// Brings what bears a name into sight, as the wheel does.
fn see(desk: &mut Desk, role: Role, name: &str) {
    desk.harness.get_by_role_and_label(role, name).scroll_to_me();
    desk.settle();
}

/// The same, and clicks it.
fn press(desk: &mut Desk, role: Role, name: &str) {
    see(desk, role, name);
    desk.harness.get_by_role_and_label(role, name).click();
    desk.settle();
}

/// Puts other words into a line.
fn write(desk: &mut Desk, line: &str, words: &str) {
    press(desk, Role::TextInput, line);
    desk.harness.get_by_role_and_label(Role::TextInput, line).focus();
    desk.harness.run_steps(1);
    desk.keys(Modifiers::COMMAND, Key::A);
    desk.harness.get_by_role_and_label(Role::TextInput, line).type_text(words);
    desk.keys(Modifiers::NONE, Key::Enter);
}

/// Chooses an entry of a list that folds out.
fn choose(desk: &mut Desk, list: Word, entry: Word) {
    let (list, entry) = (desk.say(list), desk.say(entry));
    press(desk, Role::ComboBox, list);
    let entries = desk.harness.get_all_by_label(entry);
    // What has folded out lies in front, and was drawn last.
    entries.last().unwrap().click();
    desk.settle();
}

fn bounds(desk: &Desk, name: &str) -> Rect {
    desk.find(name)
}

/// Three scenes that come on in three ways.
const THREE: &str = r##"version = 1
hall = { name = "three" }
[[wall]]
id = "w"
tick_hz = 25
canvas_px_per_mm = 1
[[wall.screen]]
id = "left"
node = "n"
output = 1
resolution = [320, 360]
position_mm = [0, 0]
size_mm = [320, 360]
[[wall.screen]]
id = "right"
node = "n"
output = 2
resolution = [320, 360]
position_mm = [320, 0]
size_mm = [320, 360]
[[source]]
id = "gate"
rtsp = { host = "127.0.0.1", path = "/gate" }
[[source]]
id = "lake"
rtsp = { host = "127.0.0.1", path = "/lake" }
[[scene]]
id = "one"
wall = "w"
transition = { kind = "fade", duration_ms = 240 }
[[scene.window]]
source = "gate"
rect_px = [0, 0, 400, 360]
[[scene.window]]
text = { zh = "太白湖", en = "Taibai Lake" }
size_px = 40
rect_px = [420, 40, 200, 60]
[[scene]]
id = "two"
wall = "w"
transition = { kind = "move", duration_ms = 400 }
[[scene.window]]
source = "gate"
rect_px = [300, 160, 320, 180]
[[scene.window]]
source = "lake"
rect_px = [10, 10, 280, 160]
corner_px = 20
[[scene]]
id = "three"
wall = "w"
transition = { kind = "move", duration_ms = 320, easing = "in-out" }
[[scene.window]]
source = "lake"
rect_px = [0, 0, 640, 360]
opacity = 0.8
"##;

/// What a node composes at a tick that was told to go from `from` to `to` at tick `since`: its own rundown says what is on the air.
fn on_the_wall(
    layout: &layouts::Layout,
    (from, to): (&SceneId, &SceneId),
    since: u64,
    tick: u64,
    media: &Path,
) -> OwnedPicture {
    let wall = &layout.walls()[0];
    let mut node = Rundown::new(1, OnAir::still(from.clone()), Some(to.clone()));
    node.activate(1, CanvasFrame(since));
    for frame in 0..=tick {
        node.turn(layout, CanvasFrame(frame));
    }
    let answers = Answers::new();
    let moment = Moment {
        layout,
        wall: &wall.id,
        on_air: node.on_air(),
        stamp: false,
        identify: false,
        view: View::Canvas,
        start: WallTime(0),
        at: wall.tick.start_of(CanvasFrame(tick)).since(WallTime(0)),
        answers: &answers,
        media_folder: media,
    };
    render_still(&moment, CompositorKind::Cpu).unwrap()
}

#[test]
fn every_tick_of_a_transition_is_what_the_wall_composes() {
    let mut desk = Desk::open("time-ticks", THREE, Language::English, SIZE);
    let media = desk.hall.with_file_name("media");
    let context = desk.harness.ctx.clone();
    desk.editor_mut().run(Command::ZoomFull, &context);
    desk.settle();
    let layout = desk.editor().session().document().layout().clone();
    let (mut ticks, mut planted, mut noticed) = (0, 0, 0);
    for (from, to) in [("one", "two"), ("two", "one"), ("two", "three"), ("three", "two")] {
        let (from, to) = (SceneId::new(from).unwrap(), SceneId::new(to).unwrap());
        desk.editor_mut().session_mut().show(&to);
        let wall = &layout.walls()[0];
        let length =
            OnAir { scene: to.clone(), from: Some(from.clone()), since: CanvasFrame(0) }.ticks(&layout);
        let mut last: Option<OwnedPicture> = None;
        // From the tick before the first one to the one behind the last one.
        let first = u64::from(wall.tick.hz().div_ceil(2));
        for tick in first - 1..=first + length {
            desk.editor_mut().look_at_tick(&from, tick);
            desk.settle();
            let shown = desk.editor().canvas().picture().shown().unwrap().picture.clone();
            let expected = on_the_wall(&layout, (&from, &to), first, tick, &media);
            assert_eq!(shown.size, expected.size);
            assert!(shown.bytes == expected.bytes, "{from} to {to}: tick {tick} is another picture");
            // The planted fault: the canvas a tick late. Within the change that must be another picture.
            if let Some(late) = last.filter(|_| tick >= first && tick < first + length) {
                planted += 1;
                noticed += u32::from(late.bytes != expected.bytes);
            }
            last = Some(shown);
            ticks += 1;
        }
    }
    println!("ticks: {ticks} of transitions byte-equal");
    println!("planted a tick late: {noticed} noticed of {planted}");
    assert!(planted > 0 && noticed == planted, "{noticed} of {planted}");
}

#[test]
fn a_transition_is_shaped_and_scrubbed() {
    for language in LANGUAGES {
        let mut desk = opened("transition", language);
        let word = desk.say(Word::TransitionMove);
        press(&mut desk, Role::Button, word);
        choose(&mut desk, Word::Easing, Word::EasingInOut);
        assert!(
            desk.text().contains("transition = { kind = \"move\", duration_ms = 400, easing = \"in-out\" }")
        );
        let (curve, picture) = (desk.say(Word::EasingCurve), desk.say(Word::TransitionPicture));
        see(&mut desk, Role::Image, picture);
        see(&mut desk, Role::Button, curve);
        let curve = bounds(&desk, curve);
        let at = |part: f32| pos2(curve.left() + curve.width() * part, curve.center().y);
        desk.drag(at(0.2), at(0.6));
        assert!(desk.editor().canvas().picture().shown().is_some());
        desk.harness.get_by_label(desk.say(Word::Tick));
        desk.snapshot("transition");
        // Played, it goes round; stopped, nothing is drawn any more.
        desk.harness.get_by_role_and_label(Role::Button, desk.say(Word::Play)).click();
        desk.harness.run_steps(3);
        assert!(desk.editor().canvas().moment.is_playing());
        desk.harness.get_by_role_and_label(Role::Button, desk.say(Word::Play)).click();
        desk.harness.run_steps(2);
        desk.settle();
        assert!(desk.harness.try_run().is_ok(), "nothing moves, so nothing is drawn again and again");
        choose(&mut desk, Word::FromScene, Word::FromNothing);
        let word = desk.say(Word::Moment);
        assert!(desk.harness.query_all_by_label(word).next().is_some());
    }
}

fn stops(desk: &Desk) -> Vec<(String, u64)> {
    let tour = &desk.editor().session().layout().rules().tours[0];
    tour.stops.iter().map(|(scene, dwell)| (scene.to_string(), dwell.as_secs())).collect()
}

/// The name of a stop's block.
fn block(desk: &Desk, language: Language, stop: usize) -> String {
    let session = desk.editor().session();
    let (scene, dwell) = &session.layout().rules().tours[0].stops[stop];
    let name = session.layout().scene(scene).unwrap().name.get(language);
    format!("day {}: {name} {} s", stop + 1, dwell.as_secs())
}

#[test]
fn a_tour_is_stretched_reordered_added_to_and_scrubbed() {
    for language in LANGUAGES {
        let mut desk = opened("tours", language);
        let before = desk.text();
        desk.keys(Modifiers::COMMAND, Key::T);
        let first = stops(&desk);
        let edge = bounds(&desk, &format!("day 1: {}", desk.say(Word::DwellEdge)));
        let rect = bounds(&desk, &block(&desk, language, 0));
        desk.drag(edge.center(), edge.center() + vec2(rect.width() / 2.0, 0.0));
        let longer = stops(&desk);
        assert!(longer[0].1 > first[0].1 && longer[1..] == first[1..], "{longer:?}");
        assert_eq!(desk.editor().session().history().past().len(), 1, "a drag is one step");
        let different = before.lines().zip(desk.text().lines()).filter(|(a, b)| a != b).count();
        assert_eq!(different, 1, "one line of the document has changed");

        // The first one behind the second one.
        let (one, two) =
            (bounds(&desk, &block(&desk, language, 0)), bounds(&desk, &block(&desk, language, 1)));
        desk.drag(one.center(), pos2(two.right() - 6.0, one.center().y));
        let swapped = stops(&desk);
        assert_eq!((&swapped[0], &swapped[1]), (&longer[1], &longer[0]));
        desk.click_word(Word::StopEarlier);
        assert_eq!(stops(&desk), longer);
        desk.click_word(Word::RemoveStop);
        assert_eq!(stops(&desk), longer[1..]);

        let add = format!("{} · day", desk.say(Word::AddStop));
        desk.click(&add);
        let alarm = desk.editor().session().layout().scenes().last().unwrap().clone();
        desk.harness.get_all_by_label(alarm.name.get(language)).last().unwrap().click();
        desk.settle();
        assert_eq!(stops(&desk).last().unwrap(), &(alarm.id.to_string(), 20));

        // The same scene dropped on the first stop comes before it.
        let behind = stops(&desk);
        let card = |desk: &Desk| {
            let cards = desk.harness.get_all_by_role_and_label(Role::Button, alarm.name.get(language));
            let card = cards.into_iter().next().unwrap();
            card.scroll_to_me();
            card.rect()
        };
        card(&desk);
        desk.settle();
        let card = card(&desk);
        let first = bounds(&desk, &block(&desk, language, 0));
        desk.drag(card.center(), pos2(first.left() + 2.0, first.center().y));
        let dropped = stops(&desk);
        assert_eq!((&*dropped[0].0, &dropped[1..]), (alarm.id.as_str(), &behind[..]));
        desk.keys(Modifiers::COMMAND, Key::Z);
        assert_eq!(stops(&desk), behind);

        // The playhead on the second stop: the canvas shows it, halfway through its coming on.
        let two = bounds(&desk, &block(&desk, language, 1));
        let ruler = desk.harness.get_by_label(desk.say(Word::Playhead)).rect();
        desk.drag(pos2(two.left() + 20.0, ruler.center().y), pos2(two.center().x, ruler.center().y));
        assert!(desk.editor().time().is_on_canvas());
        assert!(desk.editor().time().head() > Duration::from_secs(stops(&desk)[0].1));
        desk.snapshot("timeline");
        desk.keys(Modifiers::NONE, Key::Escape);
        assert!(!desk.editor().time().is_on_canvas());
        while desk.editor_mut().session_mut().undo().is_some() {}
        desk.settle();
        assert_eq!(desk.text(), before);
    }
}

#[test]
fn a_day_shows_what_schedules_put_on_the_wall() {
    for language in LANGUAGES {
        let mut desk = opened("day", language);
        desk.keys(Modifiers::COMMAND, Key::T);
        desk.click_word(Word::ModeDay);
        assert_eq!(desk.editor().time().mode(), Mode::Day);
        desk.click("morning 08:30");
        assert_eq!(desk.editor().time().head(), Duration::from_secs(8 * 3600 + 1800));
        desk.snapshot("schedule");
        // On Saturday nobody comes: the mark is gone.
        desk.click_word(Word::DayAfter);
        desk.click_word(Word::DayAfter);
        assert!(desk.harness.query_by_label("morning 08:30").is_none());
        desk.click("morning");
        choose(&mut desk, Word::ScheduleDays, Word::DaysAll);
        assert!(!desk.text().contains("except = \"holidays\""));
        let cron = desk.say(Word::Cron);
        write(&mut desk, cron, "15 7 * * *");
        assert!(desk.text().contains("cron = \"15 7 * * *\""));
        desk.harness.get_by_label("morning 07:15");
        desk.click_word(Word::NewSchedule);
        assert_eq!(desk.editor().session().layout().rules().schedules.len(), 3);
        desk.click_word(Word::DeleteSchedule);
        assert_eq!(desk.editor().session().layout().rules().schedules.len(), 2);
    }
}

/// When the wall is as it was, as the rehearsal says.
fn returns(desk: &Desk) -> String {
    let word = desk.say(Word::ReturnsAt);
    let nodes = desk.harness.query_all_by_label_contains(word);
    let words = nodes.filter_map(|node| node.accesskit_node().value().or(node.accesskit_node().label()));
    let mut said = words.filter_map(|words| words.strip_prefix(word).map(|rest| rest.trim().to_owned()));
    said.next_back().unwrap_or_default()
}

#[test]
fn a_rule_is_read_changed_and_rehearsed() {
    for language in LANGUAGES {
        let mut desk = opened("rules", language);
        desk.keys(Modifiers::COMMAND, Key::R);
        let rules = desk.editor().session().layout().rules().rules.clone();
        desk.click(rules[1].name.get(language));
        desk.click(rules[0].name.get(language));
        desk.snapshot("rules");
        let rehearse = desk.say(Word::Rehearse);
        press(&mut desk, Role::Button, rehearse);
        assert_eq!(desk.editor().time().mode(), Mode::Rehearsal);
        let sample = desk.editor().time().rehearsal().unwrap().samples().next().unwrap().clone();
        assert_eq!(sample.text("kind"), "fire-lane");

        // Nobody handles it, so the second alarm comes ten minutes after the report, and stays for its half minute.
        assert_eq!(returns(&desk), "10:35");
        let ruler = desk.harness.get_by_label(desk.say(Word::Playhead)).rect();
        let at = |part: f32| -> Pos2 { pos2(ruler.left() + ruler.width() * part, ruler.center().y) };
        desk.drag(at(0.1), at(0.3));
        assert!(desk.editor().time().is_on_canvas());
        desk.snapshot("rehearsal");
        // When somebody handles it, the wall is given back at once.
        let word = desk.say(Word::AddState);
        press(&mut desk, Role::Button, word);
        let handled = if language == Language::Chinese { "已处置" } else { "handled" };
        desk.harness.get_all_by_label(handled).last().unwrap().click();
        desk.settle();
        let head = desk.editor().time().head().as_secs();
        assert_eq!(returns(&desk), format!("{:02}:{:02}", head / 60, head % 60));

        // A sample that the rule does not act on is said to be one.
        let act = format!("{} 1 00:05", rules[0].name.get(language));
        press(&mut desk, Role::Button, &act);
        let severity = layouts::rules::member_words("severity", true);
        write(&mut desk, &format!("{} *", severity.get(language)), "2");
        let differs = desk.say(Word::SampleDiffers);
        assert!(desk.harness.query_by_label(differs).is_some(), "{}", returns(&desk));

        // Simple fields are lines of the document.
        let before = desk.text();
        let enabled = desk.say(Word::RuleEnabled);
        press(&mut desk, Role::CheckBox, enabled);
        assert!(desk.text().contains("enabled = false"));
        desk.keys(Modifiers::COMMAND, Key::Z);
        assert_eq!(desk.text(), before);
        assert!(desk.editor().canvas().picture().shown().is_some());
    }
}
