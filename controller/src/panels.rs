//! Panels, displays and machines of the hall: carries out what other systems ask for, and tells them what the wall does.

use crate::data::DataDesk;
use controller_panels::{Order, OrderRefused, Orders, Telling, set_input, set_power, state, tell, wake};
use layouts::rules::{AlarmId, Engine, Refused};
use layouts::{DisplayControl, DisplayProtocol};
use media::{NodeId, ScreenId};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::task::JoinSet;

/// How often is looked whether there is something to tell.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Carries out the orders of panels.
#[derive(Clone)]
pub(crate) struct PanelDesk {
    data: DataDesk,
}

impl PanelDesk {
    pub(crate) fn new(data: DataDesk) -> Self {
        Self { data }
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

impl Orders for PanelDesk {
    async fn perform(&self, order: Order, by: &str) -> Result<String, OrderRefused> {
        tracing::info!(by, ?order, "a panel's order");
        let done = match order {
            Order::Scene(scene) => {
                let recalled = self
                    .data
                    .recall(scene.as_str(), by)
                    .map_err(|error| OrderRefused { code: "unknown_scene", words: error.to_string() })?;
                let behind = if recalled.behind.is_some() { ", when no alarm is due any more" } else { "" };
                format!("{} shows {scene}{behind}", recalled.wall)
            }
            Order::PauseTour(tour) => {
                self.rules(|engine, now| engine.pause_tour(&tour, by, now))?;
                format!("{tour} waits")
            }
            Order::ResumeTour(tour) => {
                self.rules(|engine, now| engine.resume_tour(&tour, by, now))?;
                format!("{tour} goes on")
            }
            Order::Acknowledge(alarm) => self.acknowledge(alarm, by)?,
            Order::Power { screen, on } => return self.power(screen.as_ref(), on).await,
            Order::Input { screen, input } => return self.input(&screen, &input).await,
            Order::Wake(node) => return self.wake(&node).await,
            Order::Status => return Ok(self.status().await),
        };
        let kept = self.data.written().await;
        kept.map_err(|error| OrderRefused { code: "state_not_kept", words: error.to_string() })?;
        Ok(done)
    }
}
