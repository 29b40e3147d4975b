//! A small hall with both doors open, and the accounts with which proofs come to them.

use super::Measured;
use super::wire::{Answer, Request};
use crate::camera::Scene;
use crate::cluster::{Cluster, Settings, count_live};
use crate::peers::{self, Clip, Coding};
use crate::proofs::Proofs;
use crate::stage::Place;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The hall document of these proofs and of the guide's examples.
const DOCUMENT: &str = include_str!("hall.toml");
/// A user's password where it is no matter.
pub(super) const PASSWORD: &str = "seven-quiet-lakes-in-may";
/// How long a wall may take to come up.
const PATIENCE: Duration = Duration::from_secs(40);
pub(super) const GATE: Clip = Clip::new("door-gate", Scene::Gate, 41, Coding::H264);
const SHORE: Clip = Clip::new("door-shore", Scene::Shore, 42, Coding::H264);

/// Which processes of the hall run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parts {
    /// Controller and ingest node.
    Decides,
    /// The display node too.
    Shows,
}

/// A hall that runs. Dropping it stops it.
#[derive(Debug)]
pub(super) struct DoorsHall {
    pub(super) cluster: Cluster,
    /// Where this machine's commands arrive.
    pub(super) commands: SocketAddr,
    /// Where people and other systems come.
    pub(super) console: SocketAddr,
    /// Its folder.
    pub(super) work: PathBuf,
}

impl DoorsHall {
    /// The usual hall.
    pub(super) fn start(proofs: &Proofs, name: &str, parts: Parts) -> Measured<Self> {
        let place = Place { taibai: proofs.taibai.clone(), ..Place::of_this_program(name)? };
        let (kit, media) = (place.kit(), place.work.join("media"));
        peers::ensure(&kit.cache, &[GATE, SHORE], &mut |words| eprintln!("   {words}"))?;
        fs::create_dir_all(&media)?;
        fs::copy(GATE.file(&kit.cache), media.join("gate.mp4"))?;
        fs::copy(SHORE.file(&kit.cache), media.join("shore.mp4"))?;
        let hall = place.work.join("hall.toml");
        fs::write(&hall, DOCUMENT)?;
        let settings = Settings { media, ..Settings::headless(&place, hall)? };
        Self::start_with(settings, parts)
    }

    /// A hall of one's own; its controller's console is put on a free port.
    pub(super) fn start_with(mut settings: Settings, parts: Parts) -> Measured<Self> {
        let console = SocketAddr::from(([127, 0, 0, 1], peers::free_tcp_port()?));
        let arguments: &mut BTreeMap<_, _> = &mut settings.arguments;
        let of_controller: &mut Vec<String> = arguments.entry("controller".to_owned()).or_default();
        of_controller.extend(["--console".to_owned(), console.to_string()]);
        let (commands, work) = (settings.http().parse()?, settings.work.clone());
        let cluster = match parts {
            Parts::Decides => Cluster::start_without_displays(settings, &mut |_| {})?,
            Parts::Shows => Cluster::start(settings, &mut |_| {})?,
        };
        Ok(Self { cluster, commands, console, work })
    }

    /// Waits until the wall shows every source live.
    pub(super) fn wait_until_shown(&mut self) -> Measured<()> {
        let begin = Instant::now();
        loop {
            let status = self.cluster.status().unwrap_or_default();
            let (live, all) = count_live(&status);
            if all > 0 && live == all && ticks_of(&status).0 > 0 {
                return Ok(());
            }
            self.check()?;
            if begin.elapsed() > PATIENCE {
                return Err(format!("{live} of {all} sources are live after {PATIENCE:?}").into());
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Ticks that have come to the screens, and those presented in time.
    pub(super) fn ticks(&self) -> Measured<(u64, u64)> {
        Ok(ticks_of(&self.cluster.status()?))
    }

    /// Errors: a part of Taibai has ended by itself.
    pub(super) fn check(&mut self) -> Measured<()> {
        match self.cluster.ended() {
            None => Ok(()),
            Some((name, _, words)) => Err(format!("{name} ended by itself: {words}").into()),
        }
    }

    /// The controller's process.
    pub(super) fn controller_pid(&mut self) -> Measured<u32> {
        Ok(self.cluster.controller().ok_or("there is no controller")?.pid())
    }

    /// Asks on this machine, as commands do. Errors: no answer, or none of success.
    pub(super) fn local(&self, method: &str, path: &str, body: &Value) -> Measured<Value> {
        let answer = Request::new(method, path).json(body).to(self.commands)?;
        if !(200..300).contains(&answer.status) {
            return Err(format!("{method} {path}: {} {}", answer.status, answer.text).into());
        }
        Ok(if answer.text.is_empty() { Value::Null } else { answer.json()? })
    }

    /// A new token for everything that a role may.
    pub(super) fn token(&self, role: &str) -> Measured<String> {
        let made = self.local("POST", "/v1/tokens", &json!({ "name": role, "roles": [role] }))?;
        Ok(made["token"].as_str().ok_or("no token")?.to_owned())
    }

    /// A new user with one role, who has signed in at the console: the cookie.
    pub(super) fn session(&self, user: &str, role: &str) -> Measured<String> {
        let form = json!({ "user": user, "name": user, "password": PASSWORD, "roles": [role] });
        self.local("POST", "/v1/users", &form)?;
        let form = json!({ "user": user, "password": PASSWORD });
        let answer: Answer = Request::new("POST", "/v1/session").json(&form).to(self.console)?;
        let cookie = answer.header("set-cookie").ok_or_else(|| format!("no session: {}", answer.text))?;
        Ok(cookie.split(';').next().unwrap_or_default().to_owned())
    }

    /// The description of the API.
    pub(super) fn description(&self) -> Measured<Value> {
        self.local("GET", "/v1/openapi.json", &Value::Null)
    }
}

fn ticks_of(status: &Value) -> (u64, u64) {
    let screens = status["screens"].as_array().cloned().unwrap_or_default();
    let sum = |key: &str| screens.iter().filter_map(|screen| screen[key].as_u64()).sum();
    (sum("ticks"), sum("presented"))
}
