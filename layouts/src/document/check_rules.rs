//! Checks rules, schedules, tours and quiet times, and compiles their expressions.

use super::mistakes::{Collector, Span};
use super::reader::At;
use super::rules::{ActionDoc, AtMostDoc, RuleDoc, RulesDoc, ServerDoc, WhenDoc, source_id};
use super::timetable::{HolidayDoc, HoursDoc, QuietDoc, ScheduleDoc, StopDoc, Timetable, TourDoc};
use super::{Checked, claim, color, named_by, refer, value_or};
use crate::layout::{Scene, Source, Wall, Words};
use crate::rules::{
    Action, AtMost, Cron, Day, Days, Expression, Filling, Hours, MqttTopic, Over, Quiet, Rule, RuleSet,
    Schedule, Scheduled, Template, Tour, Until, Webhook, When, minute_start,
};
use crate::theme::Palette;
use media::{MqttVersion, Real, RuleId, SceneId, ScheduleId, SourceId, TableId, TableSpec, TourId, WallId};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What rules are checked against.
pub(super) struct Around<'a> {
    pub walls: &'a Checked<WallId, Wall>,
    pub sources: &'a Checked<SourceId, Source>,
    pub scenes: &'a [Scene],
    /// Whether all scenes of the document are there.
    pub scenes_right: bool,
    pub tables: &'a Checked<TableId, TableSpec>,
    pub palette: &'a Palette,
    pub utc_offset_s: i32,
}

/// What a rule's expressions look at.
struct View {
    over: Over,
    /// The columns of the row's table; `None` where the table itself has mistakes.
    columns: Option<BTreeSet<String>>,
}

/// Where a source stands.
pub(super) fn position(position: At<[i64; 2]>) -> Option<[Real; 2]> {
    let degrees = |e6: i64| Real::new(e6 as f64 / 1e6);
    Some([degrees(position.value[0])?, degrees(position.value[1])?])
}

pub(super) fn check(doc: RulesDoc, around: &Around<'_>, found: &mut Collector<'_>) -> RuleSet {
    let RulesDoc { rules, timetable: Timetable { schedules, holidays, tours, quiet } } = doc;
    let scenes = scene_names(around);
    let mut names: Checked<RuleId, ()> = Checked::default();
    let mut right = Vec::new();
    for rule in rules {
        names.nameless |= rule.id.is_none();
        if let Some(id) = &rule.id {
            claim(&mut names.names, id, "rule", found);
        }
        right.extend(check_rule(rule, &scenes, around, found));
    }
    let tours = check_tours(tours, &scenes, around, found);
    RuleSet {
        rules: right,
        schedules: check_schedules(schedules, &scenes, &tours, found),
        tours: tours.right,
        holidays: check_holidays(holidays, found),
        quiet: quiet.into_iter().map(|quiet| check_quiet(quiet, &names, around, found)).collect(),
    }
}

/// The scenes' names as references are checked against them.
fn scene_names(around: &Around<'_>) -> Checked<SceneId, ()> {
    let names = around.scenes.iter().map(|scene| (scene.id.clone(), 0)).collect();
    Checked { right: Vec::new(), names, nameless: !around.scenes_right }
}

fn millis(at: Option<At<i64>>) -> Option<Duration> {
    at.and_then(|at| u64::try_from(at.value).ok()).map(Duration::from_millis)
}

/// Compiles an expression, or notes where it goes wrong.
fn compile(text: At<String>, view: &View, found: &mut Collector<'_>) -> Option<Expression> {
    match Expression::compile(&text.value, view.over, view.columns.as_ref()) {
        Ok(expression) => Some(expression),
        Err(error) => {
            let at = found.within(text.span, &text.value, error.at);
            add_apart(text.span, at, "expression", error.message, error.help, found);
            None
        }
    }
}

/// Notes a mistake whose words repeat some of the document's, which are kept back where those look like a password.
fn add_apart(all: Span, at: Span, code: &'static str, said: String, help: String, found: &mut Collector<'_>) {
    let hidden = found.excerpt(all) == "…";
    let (said, help) = match hidden {
        true => (
            "it cannot be read".to_owned(),
            "write it without anything that looks like a password".to_owned(),
        ),
        false => (said, help),
    };
    found.add(at, code, said, help);
}

fn template(words: At<Words>, view: &View, found: &mut Collector<'_>) -> Option<Template> {
    match Template::new(&words.value, view.over, view.columns.as_ref()) {
        Ok(template) => Some(template),
        Err(error) => {
            add_apart(words.span, words.span, "template", error.message, error.help, found);
            None
        }
    }
}

fn check_rule(
    doc: RuleDoc,
    scenes: &Checked<SceneId, ()>,
    around: &Around<'_>,
    found: &mut Collector<'_>,
) -> Option<Rule> {
    let RuleDoc {
        at,
        id,
        name,
        wall,
        when,
        debounce_ms,
        actions,
        hold_ms,
        until,
        end_given,
        priority,
        at_most,
        cooldown_ms,
        acknowledge,
        quiet,
        enabled,
    } = doc;
    let (view, when) = when.map(|when| check_when(when.value, around, found))?;
    // An action that could not be read may be one that changes a picture.
    let action_count = actions.as_ref().map(Vec::len);
    let actions = actions.unwrap_or_default();
    let slots: Vec<At<String>> = actions.iter().flat_map(slot_names).collect();
    let actions: Vec<Action> =
        actions.into_iter().filter_map(|action| check_action(action, &view, scenes, around, found)).collect();
    let complete = Some(actions.len()) == action_count;
    let walls = check_walls(wall, &actions, around, found);
    check_slots(&slots, &actions, &walls, around, found);
    let held = actions.iter().any(Action::is_picture);
    let end_span = hold_ms.as_ref().map(|at| at.span).or(until.as_ref().map(|at| at.span));
    if held && !end_given {
        let message = "a rule never gives the picture back";
        found.add(at, "no-end", message, "add hold_s = 60, until = \"acknowledged\", or both");
    } else if let (false, true, Some(span)) = (held, complete, end_span) {
        let message = "the rule changes no picture, so there is nothing to give back";
        found.add(span, "nothing-held", message, "remove `hold_s` and `until`");
    }
    let until = until.and_then(|until| check_until(until, acknowledge.as_ref(), &view, found));
    let at_most = at_most.and_then(|limit| {
        let AtMostDoc { count, per_ms } = limit.value;
        Some(AtMost { count: count?.value, per: millis(per_ms)? })
    });
    let id = id?.value;
    Some(Rule {
        name: name.map_or_else(|| named_by(id.as_str()), |name| name.value),
        id,
        when: when?,
        debounce: millis(debounce_ms).unwrap_or_default(),
        walls,
        actions,
        hold: millis(hold_ms),
        until,
        priority: i8::try_from(value_or(priority, 0)).ok()?,
        at_most,
        cooldown: millis(cooldown_ms).unwrap_or_default(),
        acknowledge: value_or(acknowledge, true),
        quiet: quiet.into_iter().filter_map(check_hours).collect(),
        enabled: value_or(enabled, true),
    })
}

fn check_until(
    until: At<String>,
    acknowledge: Option<&At<bool>>,
    view: &View,
    found: &mut Collector<'_>,
) -> Option<Until> {
    if until.value != "acknowledged" {
        return compile(until, view, found).map(Until::Condition);
    }
    if let Some(At { value: false, span }) = acknowledge {
        let message = "the rule waits to be acknowledged and cannot be";
        found.add(*span, "contradiction", message, "remove `acknowledge = false`, or write another `until`");
    }
    Some(Until::Acknowledged)
}

fn check_when(when: WhenDoc, around: &Around<'_>, found: &mut Collector<'_>) -> (View, Option<When>) {
    match when {
        WhenDoc::Event { condition } => {
            let view = View { over: Over::Event, columns: None };
            let condition = condition.and_then(|text| compile(text, &view, found));
            (view, condition.map(|condition| When::Event { condition }))
        }
        WhenDoc::Row { table, condition } => {
            if let Some(table) = &table {
                refer(around.tables, table, "table", found);
            }
            let spec = around
                .tables
                .right
                .iter()
                .find(|spec| table.as_ref().is_some_and(|table| table.value == spec.id));
            let columns = spec.map(|spec| spec.columns.iter().map(|column| column.name.clone()).collect());
            let view = View { over: Over::Row, columns };
            let condition = condition.and_then(|text| compile(text, &view, found));
            let when = table.zip(condition);
            (view, when.map(|(table, condition)| When::Row { table: table.value, condition }))
        }
    }
}

/// The slots that an action fills.
fn slot_names(action: &At<ActionDoc>) -> Vec<At<String>> {
    match &action.value {
        ActionDoc::Fill { slot: Some(slot), .. } => vec![slot.clone()],
        ActionDoc::Nearest { slots: Some(slots), .. } => {
            slots.value.iter().map(|slot| At { value: slot.clone(), span: slots.span }).collect()
        }
        _ => Vec::new(),
    }
}

fn check_action(
    action: At<ActionDoc>,
    view: &View,
    scenes: &Checked<SceneId, ()>,
    around: &Around<'_>,
    found: &mut Collector<'_>,
) -> Option<Action> {
    match action.value {
        ActionDoc::Scene(scene) => {
            let scene = scene?;
            refer(scenes, &scene, "scene", found);
            Some(Action::Scene(scene.value))
        }
        ActionDoc::Fill { slot, source } => {
            let filling = check_filling(source?, view, around, found)?;
            Some(Action::Fill { slot: slot?.value, filling })
        }
        ActionDoc::Nearest { slots, to, within_m } => {
            if let Some(to) = to.filter(|to| to.value != view.over) {
                let message =
                    format!("the rule has no {}: it waits for {}s", to.value.name(), view.over.name());
                found.add(to.span, "contradiction", message, format!("write to = \"{}\"", view.over.name()));
            }
            if around.sources.right.iter().all(|source| source.position.is_none()) && around.scenes_right {
                let help = "add position = [longitude, latitude] to sources";
                found.add(action.span, "no-positions", "no source says where it stands", help);
            }
            let slots = slots?.value;
            Some(Action::Nearest { slots, within_m: within_m.map(|at| at.value) })
        }
        ActionDoc::Banner { words, color: paint } => {
            let paint = paint.map_or(around.palette.warn.0, |at| color(at.value, around.palette));
            Some(Action::Banner { words: template(words?, view, found)?, color: paint })
        }
        ActionDoc::Sound(path) => Some(Action::Sound(path?.value)),
        ActionDoc::Voice(words) => Some(Action::Voice(template(words?, view, found)?)),
        ActionDoc::Webhook(server) => {
            let ServerDoc { host, port, path, tls, credential } = server;
            let tls = value_or(tls, false);
            let port = u16::try_from(value_or(port, if tls { 443 } else { 80 })).ok()?;
            let credential = credential.map(|at| at.value);
            Some(Action::Webhook(Webhook { host: host?.value, port, path: path?.value, tls, credential }))
        }
        ActionDoc::Mqtt { server, version } => {
            let ServerDoc { host, port, path: topic, tls, credential } = server;
            let tls = value_or(tls, false);
            let port = u16::try_from(value_or(port, if tls { 8883 } else { 1883 })).ok()?;
            let version = value_or(version, MqttVersion::V5);
            let credential = credential.map(|at| at.value);
            let (host, topic) = (host?.value, topic?.value);
            Some(Action::Mqtt(MqttTopic { host, port, tls, version, topic, credential }))
        }
    }
}

/// A source's id, or else an expression that looks at something.
fn check_filling(
    source: At<String>,
    view: &View,
    around: &Around<'_>,
    found: &mut Collector<'_>,
) -> Option<Filling> {
    let id = source_id(&source.value);
    if let Some(id) = id.clone().filter(|id| around.sources.names.contains_key(id)) {
        return Some(Filling::Source(id));
    }
    if let (Some(id), false) = (id, source.value == view.over.name()) {
        refer(around.sources, &At { value: id.clone(), span: source.span }, "source", found);
        return Some(Filling::Source(id));
    }
    compile(source, view, found).map(Filling::Given)
}

/// The walls whose picture a rule changes.
fn check_walls(
    wall: Option<At<WallId>>,
    actions: &[Action],
    around: &Around<'_>,
    found: &mut Collector<'_>,
) -> Vec<WallId> {
    let scenes = actions.iter().filter_map(|action| match action {
        Action::Scene(scene) => around.scenes.iter().find(|known| known.id == *scene),
        _ => None,
    });
    let mut walls: BTreeSet<&WallId> = scenes.map(|scene| &scene.wall).collect();
    if let Some(wall) = &wall {
        refer(around.walls, wall, "wall", found);
        if let Some(other) = walls.iter().find(|other| ***other != wall.value) {
            let message =
                format!("the rule is for wall `{}` and recalls a scene of wall `{other}`", wall.value);
            found.add(wall.span, "contradiction", message, "remove `wall`: a scene is shown on its own wall");
        }
        walls.insert(&wall.value);
    }
    if !actions.iter().any(Action::is_picture) {
        return Vec::new();
    }
    let all = around.walls.right.iter().map(|wall| &wall.id);
    all.filter(|id| walls.is_empty() || walls.contains(id)).cloned().collect()
}

/// Every slot must be one of the scenes that can be seen then.
fn check_slots(
    slots: &[At<String>],
    actions: &[Action],
    walls: &[WallId],
    around: &Around<'_>,
    found: &mut Collector<'_>,
) {
    let mut taken = BTreeSet::new();
    for slot in slots {
        if !taken.insert(&slot.value) {
            let message = format!("slot `{}` is filled twice", slot.value);
            found.add(slot.span, "two-of-a-kind", message, "fill each slot once");
        }
    }
    let recalled = |scene: &Scene| actions.iter().any(|action| *action == Action::Scene(scene.id.clone()));
    let any = actions.iter().any(|action| matches!(action, Action::Scene(_)));
    let seen =
        around.scenes.iter().filter(|scene| if any { recalled(scene) } else { walls.contains(&scene.wall) });
    if !around.scenes_right {
        return;
    }
    let known: BTreeSet<&str> = seen.flat_map(|scene| scene.slots().map(|(slot, _)| slot)).collect();
    for slot in slots.iter().filter(|slot| !known.contains(slot.value.as_str())) {
        let message = format!("no scene of this rule has a slot `{}`", slot.value);
        let help =
            super::suggest::remedy(&slot.value, known.iter().copied(), "add slot = \"…\" to a window of it");
        found.add(slot.span, "unknown-reference", message, help);
    }
}

fn check_hours(doc: HoursDoc) -> Option<Hours> {
    let HoursDoc { days, from, to } = doc;
    Some(Hours { days: value_or(days, 0x7F), from: from?.value, to: to?.value })
}

fn check_quiet(
    doc: QuietDoc,
    rules: &Checked<RuleId, ()>,
    around: &Around<'_>,
    found: &mut Collector<'_>,
) -> Quiet {
    let QuietDoc { rule, place, kind, network, domain, source, begins, ends, hours } = doc;
    if let Some(rule) = &rule {
        refer(rules, rule, "rule", found);
    }
    if let (Some(begins), Some(ends)) = (&begins, &ends)
        && ends.value <= begins.value
    {
        found.add(ends.span, "ends-before", "it ends before it begins", "write a later `ends`");
    }
    let moment = |at: Option<At<i64>>| at.map(|at| minute_start(at.value, around.utc_offset_s));
    let text = |at: Option<At<String>>| at.map(|at| at.value);
    Quiet {
        rule: rule.map(|rule| rule.value),
        place: text(place),
        kind: text(kind),
        network: text(network),
        domain: text(domain),
        source: text(source),
        begins: moment(begins),
        ends: moment(ends),
        hours: hours.and_then(check_hours),
    }
}

fn check_holidays(docs: Vec<HolidayDoc>, found: &mut Collector<'_>) -> BTreeSet<Day> {
    let mut all = BTreeSet::new();
    for HolidayDoc { date, to } in docs {
        let Some(first) = date.map(|date| date.value) else { continue };
        let span = to.as_ref().map(|to| to.span);
        let last = value_or(to, first);
        if let (Some(span), false) = (span, (first.0..=first.0 + 366).contains(&last.0)) {
            let message = "these holidays end before they begin, or last longer than a year";
            found.add(span, "ends-before", message, "write a later `to`");
            continue;
        }
        all.extend((first.0..=last.0).map(Day));
    }
    all
}

fn check_tours(
    docs: Vec<TourDoc>,
    scenes: &Checked<SceneId, ()>,
    around: &Around<'_>,
    found: &mut Collector<'_>,
) -> Checked<TourId, Tour> {
    let mut checked: Checked<TourId, Tour> = Checked::default();
    // By wall: which tour it begins with, which one takes it back, and whether the first was asked for.
    let (mut starts, mut backs): (BTreeMap<WallId, bool>, BTreeSet<WallId>) = Default::default();
    for doc in docs {
        let TourDoc { id, name, wall, stops, start, back_after_ms } = doc;
        checked.nameless |= id.is_none();
        if let Some(id) = &id {
            claim(&mut checked.names, id, "tour", found);
        }
        if let Some(wall) = &wall {
            refer(around.walls, wall, "wall", found);
        }
        let wall_id = wall.as_ref().map(|wall| &wall.value);
        let stops = stops.into_iter().filter_map(|stop| check_stop(stop, wall_id, scenes, around, found));
        let stops: Vec<(SceneId, Duration)> = stops.collect();
        let (Some(id), Some(wall)) = (id, wall) else { continue };
        let asked = start.as_ref().is_some_and(|start| start.value);
        if let (true, Some(At { span, .. }), Some(true)) = (asked, &start, starts.get(&wall.value)) {
            let message = format!("wall `{}` begins with another tour already", wall.value);
            found.add(*span, "two-of-a-kind", message, "write start = true in one of them");
        }
        let first = value_or(start, !starts.contains_key(&wall.value));
        if first {
            // Who asks comes before who only stands first.
            checked
                .right
                .iter_mut()
                .filter(|tour| tour.wall == wall.value)
                .for_each(|tour| tour.start = false);
            starts.insert(wall.value.clone(), asked);
        }
        if let Some(back) = back_after_ms.as_ref().filter(|_| !backs.insert(wall.value.clone())) {
            let message = format!("another tour takes wall `{}` back already", wall.value);
            found.add(back.span, "two-of-a-kind", message, "write `back_after_s` in one of them");
        }
        if !stops.is_empty() {
            checked.right.push(Tour {
                name: name.map_or_else(|| named_by(id.value.as_str()), |name| name.value),
                id: id.value,
                wall: wall.value,
                stops,
                start: first,
                back_after: millis(back_after_ms),
            });
        }
    }
    checked
}

fn check_stop(
    stop: StopDoc,
    wall: Option<&WallId>,
    scenes: &Checked<SceneId, ()>,
    around: &Around<'_>,
    found: &mut Collector<'_>,
) -> Option<(SceneId, Duration)> {
    let StopDoc { scene, dwell_ms } = stop;
    let scene = scene?;
    refer(scenes, &scene, "scene", found);
    let known = around.scenes.iter().find(|known| known.id == scene.value);
    if let (Some(known), Some(wall)) = (known, wall)
        && known.wall != *wall
    {
        let message = format!("scene `{}` is made for wall `{}`", scene.value, known.wall);
        found.add(scene.span, "contradiction", message, format!("name a scene of wall `{wall}`"));
    }
    Some((scene.value, millis(dwell_ms)?))
}

fn check_schedules(
    docs: Vec<ScheduleDoc>,
    scenes: &Checked<SceneId, ()>,
    tours: &Checked<TourId, Tour>,
    found: &mut Collector<'_>,
) -> Vec<Schedule> {
    let mut names: BTreeMap<ScheduleId, usize> = BTreeMap::new();
    let mut right = Vec::new();
    for ScheduleDoc { id, cron, scene, tour, except_holidays, only_holidays } in docs {
        if let Some(id) = &id {
            claim(&mut names, id, "schedule", found);
        }
        let cron = cron.and_then(|text| check_cron(&text.value, text.span, found));
        if let Some(scene) = &scene {
            refer(scenes, scene, "scene", found);
        }
        if let Some(tour) = &tour {
            refer(tours, tour, "tour", found);
        }
        let what = match (scene, tour) {
            (Some(scene), _) => Scheduled::Scene(scene.value),
            (None, Some(tour)) => Scheduled::Tour(tour.value),
            (None, None) => continue,
        };
        let days = match (except_holidays, only_holidays) {
            (true, _) => Days::ExceptHolidays,
            (false, true) => Days::OnlyHolidays,
            (false, false) => Days::All,
        };
        if let (Some(id), Some(cron)) = (id, cron) {
            right.push(Schedule { id: id.value, cron, days, what });
        }
    }
    right
}

fn check_cron(text: &str, span: Span, found: &mut Collector<'_>) -> Option<Cron> {
    match Cron::parse(text) {
        Ok(cron) => Some(cron),
        Err((message, help)) => {
            let shown = found.excerpt(span);
            found.add(span, "cron", format!("`cron = {shown}`: {message}"), help);
            None
        }
    }
}
