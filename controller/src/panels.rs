//! Panels, displays and machines of the hall: carries out what other systems ask for, and tells them what the wall does.

use crate::api::AuditDesk;
use crate::data::DataDesk;
use controller_identity::Deed;
use controller_panels::{Order, OrderRefused, Orders, Telling, set_input, set_power, state, tell, wake};
use layouts::rules::{AlarmId, Engine, Refused};
use layouts::{DisplayControl, DisplayProtocol};
use media::{NodeId, SceneId, ScreenId, TourId};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::task::JoinSet;

/// How often is looked whether there is something to tell.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What is ordered, as the audit log names it, with the words for it in Chinese and English.
const ORDERS: [(&str, &str, &str); 8] = [
    ("ORDER scene", "调用场景", "Bring a scene on its wall"),
    ("ORDER pause-tour", "暂停轮巡", "Hold a tour"),
    ("ORDER resume-tour", "继续轮巡", "Let a tour go on"),
    ("ORDER acknowledge", "确认告警", "End an alarm because it was seen"),
    ("ORDER power-on", "打开显示屏", "Switch displays on"),
    ("ORDER power-off", "关闭显示屏", "Switch displays off"),
    ("ORDER input", "切换显示屏输入", "Have a display show another input"),
    ("ORDER wake", "唤醒节点主机", "Wake a node's machine"),
];

/// What a panel's order in the audit log means, in Chinese and English.
pub(crate) fn words_of(what: &str) -> Option<(&'static str, &'static str)> {
    ORDERS.into_iter().find(|(order, ..)| *order == what).map(|(_, zh, en)| (zh, en))
}

/// An order as the audit log names it, and to what it is; `None` where it changes nothing.
fn named(order: &Order) -> Option<(&'static str, String)> {
    let or_all = |name: Option<String>| name.unwrap_or_else(|| "all".to_owned());
    Some(match order {
        Order::Scene(scene) => ("ORDER scene", scene.to_string()),
        Order::PauseTour(tour) => ("ORDER pause-tour", tour.to_string()),
        Order::ResumeTour(tour) => ("ORDER resume-tour", tour.to_string()),
        Order::Acknowledge(alarm) => ("ORDER acknowledge", or_all(alarm.map(|alarm| alarm.to_string()))),
        Order::Power { screen, on } => {
            let what = if *on { "ORDER power-on" } else { "ORDER power-off" };
            (what, or_all(screen.as_ref().map(ToString::to_string)))
        }
        Order::Input { screen, input: _ } => ("ORDER input", screen.to_string()),
        Order::Wake(node) => ("ORDER wake", node.to_string()),
        Order::Status => return None,
    })
}

/// With which status an order goes into the audit log; `None` where nothing was done.
fn status_of(outcome: &Result<Carried, OrderRefused>) -> Option<u16> {
    match outcome {
        Ok(_) => Some(200),
        Err(refused) => match refused.code {
            // Some displays have done it, or have done it without saying so.
            "display" | "network" => Some(502),
            "state_not_kept" => Some(503),
            _ => None,
        },
    }
}

/// An order that was carried out.
struct Carried {
    /// What there is to say.
    words: String,
    /// What is now, where there is something to tell.
    after: Option<Value>,
}

/// Carries out the orders of panels.
#[derive(Clone)]
pub(crate) struct PanelDesk {
    data: DataDesk,
    audit: AuditDesk,
}

impl PanelDesk {
    /// `audit` is where orders are written down.
    pub(crate) fn new(data: DataDesk, audit: AuditDesk) -> Self {
        Self { data, audit }
    }

    fn rules<T>(
        &self,
        what: impl FnOnce(&mut Engine, layouts::rules::Now) -> Result<T, Refused>,
    ) -> Result<T, OrderRefused> {
        self.data.shared.rules.tell(what).map_err(|error| {
            let code = match &error {
                Refused::NoSuchAlarm(_) => "no_such_alarm",
                Refused::NotAcknowledgeable(_) => "not_acknowledgeable",
                Refused::Unknown { .. } => "unknown",
            };
            OrderRefused { code, words: error.to_string() }
        })
    }

    fn acknowledge(&self, alarm: Option<u64>, by: &str) -> Result<String, OrderRefused> {
        if let Some(alarm) = alarm {
            self.rules(|engine, now| engine.acknowledge(AlarmId(alarm), by, now))?;
            return Ok(format!("alarm {alarm} is acknowledged"));
        }
        let all: Vec<AlarmId> = self.data.shared.rules.look(|engine| {
            engine.alarms().into_iter().filter(|alarm| alarm.acknowledge).map(|alarm| alarm.id).collect()
        });
        let mut count = 0;
        for alarm in all {
            // One that ended meanwhile needs nobody.
            count += u32::from(self.rules(|engine, now| engine.acknowledge(alarm, by, now)).is_ok());
        }
        Ok(format!("{count} alarms are acknowledged"))
    }

    fn displays(&self, screen: Option<&ScreenId>) -> Result<Vec<DisplayControl>, OrderRefused> {
        let all = &self.data.shared.layout.control().displays;
        let found: Vec<DisplayControl> = all
            .iter()
            .filter(|display| screen.is_none_or(|screen| display.screen == *screen))
            .cloned()
            .collect();
        if found.is_empty() {
            let words = match screen {
                Some(screen) => format!("screen {screen} has no [[control.display]]"),
                None => "the hall document has no [[control.display]]".to_owned(),
            };
            return Err(OrderRefused { code: "no_display", words });
        }
        Ok(found)
    }

    fn password(&self, display: &DisplayControl) -> Option<String> {
        let credential = match &display.protocol {
            DisplayProtocol::PjLink { credential } => credential.as_ref(),
            DisplayProtocol::SamsungMdc { id: _ } => None,
        };
        (self.data.shared.settings.secrets)(credential?).map(|secret| secret.password)
    }

    /// Switches displays, all at once; who does not do it is named.
    async fn power(&self, screen: Option<&ScreenId>, on: bool) -> Result<String, OrderRefused> {
        let mut tasks = JoinSet::new();
        for display in self.displays(screen)? {
            let password = self.password(&display);
            tasks.spawn(async move {
                let outcome = set_power(&display, password.as_deref(), on).await;
                (display.screen, outcome.map_err(|error| error.to_string()))
            });
        }
        let outcomes = tasks.join_all().await;
        let count = outcomes.len();
        let faults: Vec<String> = outcomes
            .into_iter()
            .filter_map(|(screen, outcome)| Some(format!("{screen}: {}", outcome.err()?)))
            .collect();
        let word = if on { "on" } else { "off" };
        if faults.is_empty() {
            return Ok(format!("{count} displays are switched {word}"));
        }
        Err(OrderRefused { code: "display", words: faults.join("; ") })
    }

    async fn input(&self, screen: &ScreenId, input: &str) -> Result<String, OrderRefused> {
        for display in self.displays(Some(screen))? {
            let password = self.password(&display);
            set_input(&display, password.as_deref(), input)
                .await
                .map_err(|error| OrderRefused { code: "display", words: format!("{screen}: {error}") })?;
        }
        Ok(format!("{screen} shows input {input}"))
    }

    async fn wake(&self, node: &NodeId) -> Result<String, OrderRefused> {
        let machines = &self.data.shared.layout.control().machines;
        let machine = machines.iter().find(|machine| machine.node == *node).ok_or_else(|| OrderRefused {
            code: "no_machine",
            words: format!("node {node} has no [[control.machine]]"),
        })?;
        wake(machine).await.map_err(|error| OrderRefused { code: "network", words: error.to_string() })?;
        Ok(format!("{node} is being woken"))
    }

    /// How the hall is, on one line: what each wall shows, alarms, nodes and displays that are there.
    async fn status(&self) -> String {
        let status = self.data.shared.desk.status();
        let alarms = self.data.shared.rules.look(Engine::alarms).len();
        let walls = status.walls.iter().map(|wall| format!("{}={}", wall.wall, wall.on_air));
        let walls = walls.collect::<Vec<_>>().join(" ");
        let there = status.nodes.iter().filter(|node| node.connected).count();
        let mut words = format!("{walls} alarms={alarms} nodes={there}/{}", status.nodes.len());
        let mut tasks = JoinSet::new();
        for display in self.data.shared.layout.control().displays.clone() {
            let password = self.password(&display);
            tasks.spawn(async move { (state(&display, password.as_deref()).await, display.screen) });
        }
        let mut displays: Vec<_> = tasks.join_all().await;
        displays.sort_by(|(_, one), (_, other)| one.cmp(other));
        for (state, screen) in displays {
            let power = state.map_or_else(|_| "unknown".to_owned(), |state| state.power.to_string());
            words += &format!(" {screen}={power}");
        }
        words
    }

    /// Tells listeners what changes, for ever.
    pub(crate) async fn keep_telling(self) {
        let listeners = self.data.shared.layout.control().tell.clone();
        if listeners.is_empty() {
            return;
        }
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let (mut shown, mut raised) = (BTreeMap::new(), BTreeSet::new());
        loop {
            look.tick().await;
            for wall in self.data.shared.desk.status().walls {
                let (wall, scene) = (wall.wall.to_string(), wall.on_air.to_string());
                if shown.insert(wall.clone(), scene.clone()).as_ref() != Some(&scene) {
                    tell(&listeners, &Telling::OnAir { wall, scene }).await;
                }
            }
            let alarms = self.data.shared.rules.look(Engine::alarms);
            let now: BTreeSet<u64> = alarms.iter().map(|alarm| alarm.id.0).collect();
            for alarm in alarms.iter().filter(|alarm| !raised.contains(&alarm.id.0)) {
                let words = (alarm.words.zh.clone(), alarm.words.en.clone());
                let telling = Telling::Alarm { number: alarm.id.0, rule: alarm.rule.to_string(), words };
                tell(&listeners, &telling).await;
            }
            for number in raised.difference(&now) {
                tell(&listeners, &Telling::AlarmOver { number: *number }).await;
            }
            raised = now;
        }
    }
}

impl PanelDesk {
    fn scene(&self, scene: &SceneId, by: &str) -> Result<Carried, OrderRefused> {
        let recalled = self
            .data
            .recall(scene.as_str(), by)
            .map_err(|error| OrderRefused { code: "unknown_scene", words: error.to_string() })?;
        let behind = if recalled.behind.is_some() { ", when no alarm is due any more" } else { "" };
        let words = format!("{} shows {scene}{behind}", recalled.wall);
        let after = json!({ "wall": recalled.wall, "scene": recalled.scene, "behind": recalled.behind });
        Ok(Carried { words, after: Some(after) })
    }

    fn tour(&self, tour: &TourId, paused: bool, by: &str) -> Result<Carried, OrderRefused> {
        if paused {
            self.rules(|engine, now| engine.pause_tour(tour, by, now))?;
        } else {
            self.rules(|engine, now| engine.resume_tour(tour, by, now))?;
        }
        let words = format!("{tour} {}", if paused { "waits" } else { "goes on" });
        Ok(Carried { words, after: Some(json!({ "tour": tour, "paused": paused })) })
    }

    /// What an order is going to change, as far as it is known, in the form of the same act over HTTP.
    fn before(&self, order: &Order) -> Option<Value> {
        let rules = &self.data.shared.rules;
        match order {
            Order::Scene(scene) => {
                let wall = self.data.layout().scene(scene)?.wall.clone();
                let walls = self.data.shared.desk.status().walls;
                let found = walls.into_iter().find(|line| line.wall == wall)?;
                Some(json!({ "scene": found.on_air }))
            }
            Order::PauseTour(tour) | Order::ResumeTour(tour) => {
                let known = rules.look(Engine::tours).into_iter().find(|known| known.id == *tour)?;
                Some(json!({ "paused": known.paused }))
            }
            Order::Acknowledge(alarm) => {
                let due = rules.look(Engine::alarms).into_iter();
                let meant = due.filter(|due| alarm.map_or(due.acknowledge, |alarm| due.id.0 == alarm));
                let line = |due: layouts::rules::AlarmView| {
                    let (alarm, rule, words) = (due.id.0, due.rule, due.words.zh);
                    json!({ "alarm": alarm, "rule": rule, "words": words, "subject": due.subject })
                };
                Some(Value::Array(meant.map(line).collect()))
            }
            Order::Power { .. } | Order::Input { .. } | Order::Wake(_) | Order::Status => None,
        }
    }

    async fn carry_out(&self, order: Order, by: &str) -> Result<Carried, OrderRefused> {
        let carried = match order {
            Order::Scene(scene) => self.scene(&scene, by)?,
            Order::PauseTour(tour) => self.tour(&tour, true, by)?,
            Order::ResumeTour(tour) => self.tour(&tour, false, by)?,
            Order::Acknowledge(alarm) => Carried { words: self.acknowledge(alarm, by)?, after: None },
            Order::Power { screen, on } => {
                let words = self.power(screen.as_ref(), on).await?;
                return Ok(Carried { words, after: Some(json!({ "on": on })) });
            }
            Order::Input { screen, input } => {
                let words = self.input(&screen, &input).await?;
                return Ok(Carried { words, after: Some(json!({ "input": input })) });
            }
            Order::Wake(node) => return Ok(Carried { words: self.wake(&node).await?, after: None }),
            Order::Status => return Ok(Carried { words: self.status().await, after: None }),
        };
        let kept = self.data.written().await;
        kept.map_err(|error| OrderRefused { code: "state_not_kept", words: error.to_string() })?;
        Ok(carried)
    }
}

impl Orders for PanelDesk {
    async fn perform(&self, order: Order, by: &str) -> Result<String, OrderRefused> {
        tracing::info!(by, ?order, "a panel's order");
        let (named, before) = (named(&order), self.before(&order));
        let outcome = self.carry_out(order, by).await;
        if let Some(((what, to), status)) = named.zip(status_of(&outcome)) {
            let (kind, from) = by.split_once(' ').unwrap_or((by, ""));
            let after = match &outcome {
                Ok(carried) => carried.after.as_ref().map(Value::to_string),
                Err(refused) => Some(json!({ "code": refused.code, "words": refused.words }).to_string()),
            };
            let (by, from, what) = (format!("{kind}:{from}"), from.to_owned(), what.to_owned());
            let before = before.map(|before| before.to_string());
            self.audit.record(Deed { by, from, what, to, status, before, after }).await;
        }
        outcome.map(|carried| carried.words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_that_changes_something_has_a_name_with_words() {
        let (scene, tour) = (SceneId::new("day").unwrap(), TourId::new("round").unwrap());
        let (screen, node) = (ScreenId::new("a1").unwrap(), NodeId::new("left").unwrap());
        let orders = [
            (Order::Scene(scene), "day"),
            (Order::PauseTour(tour.clone()), "round"),
            (Order::ResumeTour(tour), "round"),
            (Order::Acknowledge(Some(7)), "7"),
            (Order::Acknowledge(None), "all"),
            (Order::Power { screen: Some(screen.clone()), on: true }, "a1"),
            (Order::Power { screen: None, on: false }, "all"),
            (Order::Input { screen, input: "hdmi1".into() }, "a1"),
            (Order::Wake(node), "left"),
        ];
        let mut seen = BTreeSet::new();
        for (order, to) in orders {
            let (what, target) = named(&order).unwrap();
            assert_eq!(target, to, "{what}");
            assert!(words_of(what).is_some(), "{what}");
            seen.insert(what);
        }
        assert_eq!(seen.len(), ORDERS.len());
        assert_eq!(named(&Order::Status), None);
    }
}
