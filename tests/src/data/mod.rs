//! Halls of data for proofs: a document of tables, feeds and widgets, Taibai's processes, the real servers that the feeds
//! speak to, and what the wall shows.

mod api;
mod canvas;
mod screen;
mod servers;

pub use api::Api;
pub use canvas::{region, wall_canvas, wall_part};
pub use screen::{Screen, Seen};
pub use servers::{Broker, Page, Postgres, Publisher, Sql, sqlite_number};

use crate::cluster::{Cluster, Settings};
use crate::peers;
use crate::picture::Picture;
use crate::process::Process;
use crate::stage::Place;
use crate::tap;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Ticks a second of these halls.
pub const TICK_HZ: u32 = 25;
/// The display node.
const NODE: &str = "wall";
/// How often something is asked again while it is waited for.
const ASK_EVERY: Duration = Duration::from_millis(40);

/// What a hall of data is made of.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// Name of its folder.
    pub name: String,
    /// The hall document.
    pub document: String,
    /// Entries of the controller's secrets: name, user, password.
    pub secrets: Vec<(&'static str, &'static str, &'static str)>,
    /// Files of the media folder: path and text.
    pub media: Vec<(&'static str, &'static str)>,
    /// Nobody reads the pixels: the display process has no tap.
    pub unwatched: bool,
}

/// A hall that runs. Dropping it stops it.
#[derive(Debug)]
pub struct DataHall {
    /// Its processes.
    pub cluster: Cluster,
    /// The API on loopback.
    pub api: Api,
    /// The webhooks' own address.
    pub hooks: Api,
    place: Place,
    screen: Option<Screen>,
}

/// The document's beginning: one wall with one screen.
pub fn head([width, height]: [u32; 2]) -> String {
    format!(
        "version = 1\n[hall]\nname = \"data\"\nlanguage = \"en\"\n[[wall]]\nid = \"w\"\ntick_hz = {TICK_HZ}\nlatency_ms = 240\n\
         canvas_px_per_mm = 1\nviewing_distance_m = 1\n[[wall.screen]]\nid = \"s1\"\nnode = \"{NODE}\"\noutput = 1\n\
         resolution = [{width}, {height}]\nposition_mm = [0, 0]\nsize_mm = [{width}, {height}]\n"
    )
}

/// The beginning of scene `day`.
pub fn scene() -> &'static str {
    "[[scene]]\nid = \"day\"\nwall = \"w\"\nname = \"day\"\n"
}

/// A window of the scene with a widget; `more` are its other keys.
pub fn window(widget: &str, query: &str, [x, y, width, height]: [u32; 4], more: &str) -> String {
    format!(
        "[[scene.window]]\nwidget = \"{widget}\"\nquery = \"{query}\"\nrect_px = [{x}, {y}, {width}, {height}]\n{more}\n"
    )
}

impl DataHall {
    /// Starts it and waits for its first picture.
    pub fn start(setup: &Setup) -> io::Result<Self> {
        let place = Place::of_this_program(&setup.name)?;
        let hall = place.work.join("hall.toml");
        fs::write(&hall, &setup.document)?;
        let media = place.work.join("media");
        fs::create_dir_all(&media)?;
        for (path, text) in &setup.media {
            fs::write(media.join(path), text)?;
        }
        let secrets = place.work.join("secrets.toml");
        let entry = |(name, user, password): &(&str, &str, &str)| {
            format!("[{name}]\nuser = \"{user}\"\npassword = \"{password}\"\n")
        };
        let open = place.work.join("secrets-open.toml");
        fs::write(&open, setup.secrets.iter().map(entry).collect::<String>())?;
        peers::private_copy(&open, &secrets)?;
        let mut taps = BTreeMap::new();
        let mut screen = None;
        if !setup.unwatched {
            let pipe = place.work.join("tap");
            tap::make_pipe(&pipe)?;
            screen = Some(Screen::watch(&pipe));
            taps.insert(NODE.to_owned(), pipe);
        }
        let ports = [peers::free_udp_port()?, peers::free_tcp_port()?, peers::free_udp_port()?];
        let hooks = format!("127.0.0.1:{}", peers::free_tcp_port()?);
        let api = Api::new(&format!("127.0.0.1:{}", ports[1]));
        let paths = [("--credentials", &secrets), ("--media", &media), ("--data", &place.work)];
        let mut controller = vec!["--webhook-listen".to_owned(), hooks.clone()];
        for (word, path) in paths {
            controller.extend([word.to_owned(), path.display().to_string()]);
        }
        let settings = Settings {
            media,
            ports,
            taps,
            arguments: BTreeMap::from([("controller".to_owned(), controller)]),
            ..Settings::headless(&place, hall)?
        };
        let cluster = Cluster::start(settings, &mut |_| {})?;
        let hall = Self { cluster, api, hooks: Api::new(&hooks), place, screen };
        hall.wait_until_shown()?;
        Ok(hall)
    }

    fn wait_until_shown(&self) -> io::Result<()> {
        if let Some(screen) = &self.screen {
            screen.until("the first picture", Duration::from_secs(30), |_| true)?;
        }
        waited("the wall's first ticks", Duration::from_secs(30), || {
            let shown = self.ticks().is_ok_and(|(_, presented)| presented > 0);
            Ok(shown.then_some(()))
        })
    }

    /// What the wall shows. Errors: nobody watches it.
    pub fn screen(&self) -> io::Result<&Screen> {
        self.screen.as_ref().ok_or_else(|| io::Error::other("nobody watches this wall"))
    }

    /// Its folder.
    pub fn work(&self) -> &Path {
        &self.place.work
    }

    /// The file of the embedded store.
    pub fn store_file(&self) -> std::path::PathBuf {
        self.cluster.settings().state("controller").join("data.sqlite")
    }

    /// Ticks that have come to the screen, and those presented in time, as its node has reported.
    pub fn ticks(&self) -> io::Result<(u64, u64)> {
        let status = self.cluster.status()?;
        let number = |key: &str| status["screens"][0][key].as_u64();
        number("ticks")
            .zip(number("presented"))
            .ok_or_else(|| io::Error::other("the screen has not reported yet"))
    }

    /// The newest answer to a query; `None` while there is none.
    pub fn answer(&self, query: &str) -> io::Result<Option<Value>> {
        match self.api.ask(&format!("/v1/queries/{query}"))? {
            (200, answer) => Ok(Some(answer)),
            _ => Ok(None),
        }
    }

    /// The first value of the newest answer to a query.
    pub fn number(&self, query: &str) -> io::Result<Option<f64>> {
        Ok(self.answer(query)?.and_then(|answer| answer["rows"][0][0].as_f64()))
    }

    /// How a feed is.
    pub fn feed(&self, id: &str) -> io::Result<Value> {
        let feeds = self.api.get("/v1/feeds")?;
        let found = feeds.as_array().into_iter().flatten().find(|feed| feed["feed"] == id).cloned();
        found.ok_or_else(|| io::Error::other(format!("there is no feed {id}")))
    }

    /// Errors: a part of Taibai has ended by itself.
    pub fn check(&mut self) -> io::Result<()> {
        match self.cluster.ended() {
            None => Ok(()),
            Some((name, _, words)) => Err(io::Error::other(format!("{name} ended by itself: {words}"))),
        }
    }

    /// The display process.
    pub fn display(&mut self) -> io::Result<&mut Process> {
        self.cluster.displays().first_mut().ok_or_else(|| io::Error::other("no display process"))
    }

    /// What `taibai render` draws of scene `day` with the newest answers to some queries, at this moment.
    pub fn rendered(&self, queries: &[&str]) -> io::Result<Picture> {
        let mut data = serde_json::Map::new();
        for query in queries {
            let Some(answer) = self.answer(query)? else { continue };
            let as_of = match answer["as_of"].as_i64() {
                Some(ns) => Value::from(ns as f64 / 1e9),
                None => Value::Null,
            };
            let mut entry = serde_json::json!({
                "columns": answer["columns"], "rows": answer["rows"], "as_of": as_of,
                "promise_s": answer["promise_s"].as_f64().unwrap_or(60.0) as u64,
            });
            if !answer["fault"].is_null() {
                entry["fault"] = answer["fault"].clone();
            }
            data.insert((*query).to_owned(), entry);
        }
        let (file, out) = (self.work().join("answers.json"), self.work().join("rendered.png"));
        fs::write(&file, Value::from(data).to_string())?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let mut command = Command::new(&self.place.taibai);
        command.arg("render").arg(self.work().join("hall.toml")).args(["--scene", "day", "--screen", "s1"]);
        command.args(["--now", &now.to_string(), "--data"]).arg(file);
        command.arg("--media").arg(self.work().join("media")).arg("--out").arg(&out);
        let output = command.output()?;
        if !output.status.success() {
            let words = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(io::Error::other(format!("taibai render: {words}")));
        }
        Picture::read_png(&out)
    }
}

/// Asks again and again until there is an answer. Errors: none within `patience`; what was asked for.
pub fn waited<T>(
    what: &str,
    patience: Duration,
    mut ask: impl FnMut() -> io::Result<Option<T>>,
) -> io::Result<T> {
    let begin = Instant::now();
    loop {
        if let Some(answer) = ask()? {
            return Ok(answer);
        }
        if begin.elapsed() > patience {
            return Err(io::Error::other(format!("not within {patience:?}: {what}")));
        }
        std::thread::sleep(ASK_EVERY);
    }
}
