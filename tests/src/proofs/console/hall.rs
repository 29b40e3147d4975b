//! The demo hall with its district as these proofs use it: watched pixel by pixel, nobody but the proof raising alarms, an
//! administrator who is known, and the program that drives the console in Chromium.

use super::super::Proofs;
use super::Measured;
use super::eyes::{Eyes, Screens, Window};
use crate::data::Api;
use crate::demo::{Demo, Options};
use layouts::Layout;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Who drives the console, made with the demo's own link.
const USER: (&str, &str) = ("prover", "seven-quiet-lakes-in-may");
/// The wall of the demo.
pub(super) const WALL: &str = "main";
/// The first scene's cameras are there after so long at the latest.
const SHOWN_WITHIN: Duration = Duration::from_secs(30);
/// How often the wall is looked at while something is waited for.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// A proof in Chromium says something at least so often.
const SAYS_WITHIN: Duration = Duration::from_secs(600);

/// A demo that runs, with its wall in view.
pub(super) struct Hall {
    /// Its processes.
    pub demo: Demo,
    /// The local door.
    pub api: Api,
    /// The console's address, `http://host:port`.
    pub console: String,
    /// The hall document.
    pub layout: Layout,
    /// What looks at the wall.
    pub eyes: Eyes,
    cookie: String,
}

impl Hall {
    /// Starts it, makes the administrator, and waits until the first scene's cameras are seen.
    pub fn open(proofs: &Proofs) -> Measured<Self> {
        let options = Options { headless: true, seconds: None, district: true, tapped: true };
        let mut demo = Demo::start_calm(&options, &proofs.taibai, &mut |_| {})?;
        demo.wait_until_ready(&mut |_| {})?;
        let link =
            demo.console_link().ok_or("the controller has printed no link for its first administrator")?;
        let (address, token) = link.split_once("/#/setup?token=").ok_or("the link is none")?;
        let form = json!({ "token": token, "user": USER.0, "name": USER.0, "password": USER.1 });
        let answer = ureq::post(format!("{address}/v1/setup")).header("origin", address).send_json(form)?;
        let cookie = answer.headers().get("set-cookie").and_then(|value| value.to_str().ok());
        let cookie = cookie.and_then(|value| value.split(';').next()).ok_or("no session")?.to_owned();
        let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/demo/hall.toml");
        let layout = layouts::parse(&std::fs::read_to_string(document)?, "hall.toml")
            .map_err(|wrong| wrong.to_text())?;
        let wall = layout.walls().first().ok_or("the hall has no wall")?.clone();
        let (api, console) = (Api::new(&demo.http()), address.to_owned());
        let mut hall = Self { demo, api, console, layout, eyes: Eyes::new(wall), cookie };
        // What is late is said across the foot of the wall, whenever it is late: not while the wall is measured.
        hall.post("/v1/rules/overdue/pause", &json!({}))?;
        hall.all_live(SHOWN_WITHIN)?;
        Ok(hall)
    }

    /// Posts at the local door. Errors: it is refused.
    pub fn post(&self, path: &str, body: &Value) -> Measured<Value> {
        match self.api.post_json(path, &body.to_string())? {
            (200, answer) => Ok(answer),
            (status, answer) => Err(format!("{path}: {status}: {answer}").into()),
        }
    }

    /// A token for an operator of the wall, made as the administrator does.
    pub fn operator_token(&self, name: &str) -> Measured<String> {
        let grants = json!([{ "role": "operator", "walls": [WALL], "tags": ["*"] }]);
        let request = ureq::post(format!("{}/v1/tokens", self.console)).header("origin", &self.console);
        let mut answer =
            request.header("cookie", &self.cookie).send_json(json!({ "name": name, "grants": grants }))?;
        let line: Value = serde_json::from_str(&answer.body_mut().read_to_string()?)?;
        Ok(line["token"].as_str().ok_or_else(|| format!("no token: {line}"))?.to_owned())
    }

    /// What the wall shows below all alarms, as the controller says.
    pub fn on_air(&self) -> Measured<Value> {
        Ok(self.api.get(&format!("/v1/walls/{WALL}/windows?of=air"))?)
    }

    /// The newest picture of every screen.
    pub fn seen(&self) -> Screens {
        self.demo.seen()
    }

    /// Looks at the wall until it is as wanted; gives how long that took, or `None`.
    pub fn until(
        &mut self,
        patience: Duration,
        mut wanted: impl FnMut(&mut Eyes, &Screens) -> bool,
    ) -> Measured<Option<Duration>> {
        let begin = Instant::now();
        loop {
            let screens = self.demo.seen();
            if wanted(&mut self.eyes, &screens) {
                return Ok(Some(begin.elapsed()));
            }
            if begin.elapsed() > patience {
                return Ok(None);
            }
            tend(&mut self.demo)?;
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Waits until every camera that is on air and can be read is read, and goes on. Gives how many. Errors: which are not.
    pub fn all_live(&mut self, patience: Duration) -> Measured<usize> {
        let mut windows = Window::all(&self.on_air()?);
        windows.retain(|window| self.eyes.can_read(window));
        let mut first = vec![None; windows.len()];
        let mut moved = vec![false; windows.len()];
        let all = self.until(patience, |eyes, screens| {
            for (index, window) in windows.iter().enumerate() {
                let now = eyes.reading(screens, window);
                moved[index] |= first[index].is_some() && now.is_some() && now != first[index];
                first[index] = first[index].or(now);
            }
            moved.iter().all(|moved| *moved)
        })?;
        if all.is_some() {
            return Ok(windows.len());
        }
        let dark = windows.iter().zip(&moved).filter(|(_, moved)| !**moved).map(|(window, _)| &window.source);
        Err(format!("the wall does not show {:?} live", dark.collect::<Vec<_>>()).into())
    }

    /// Writes the whole wall to `target/console/NAME.png`, to look at.
    pub fn keep(&self, name: &str) -> Measured<()> {
        self.eyes.canvas(&self.seen()).write_png(&pictures()?.join(format!("{name}.png")))?;
        Ok(())
    }

    /// Starts `prove.mjs` in Chromium against this hall.
    pub fn drive(&self, more: &[&str]) -> Measured<Driver> {
        let mut command = Command::new("node");
        command.args(["prove.mjs", "--url", &self.console, "--user", USER.0, "--password", USER.1]);
        command.args(["--search", "nfhy"]).args(more).current_dir(console_folder());
        Driver::start(&mut command)
    }

    /// Runs it to its end and gives what it says.
    pub fn driven(&mut self, more: &[&str]) -> Measured<Vec<Value>> {
        let mut driver = self.drive(more)?;
        let mut lines = Vec::new();
        while let Some(line) = driver.next(&mut self.demo)? {
            lines.push(line);
        }
        Ok(lines)
    }

    /// Ends the demo. Errors: a part of it does not end cleanly.
    pub fn close(self) -> Measured<()> {
        Ok(self.demo.finish(&mut |_| {})?)
    }
}

/// Keeps the demo going. Errors: a part of it has ended, or somebody asks this program to end.
pub(super) fn tend(demo: &mut Demo) -> Measured<()> {
    if crate::process::stop_asked() {
        return Err("asked to end".into());
    }
    Ok(demo.tend()?)
}

/// Where pictures to look at are put.
pub(super) fn pictures() -> Measured<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/console");
    std::fs::create_dir_all(&folder)?;
    Ok(folder.canonicalize()?)
}

fn console_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("console")
}

/// Installs what `prove.mjs` needs, once.
pub(super) fn install() -> Measured<()> {
    let mut npm = Command::new("npm");
    let output = npm.args(["ci", "--no-audit", "--no-fund"]).current_dir(console_folder()).output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("npm ci: {}", String::from_utf8_lossy(&output.stderr)).into())
}

/// What the compiler says of the types that the console's modules name, and whether that is nothing.
pub(super) fn types() -> Measured<(String, bool)> {
    let mut npm = Command::new("npm");
    let output = npm.args(["run", "--silent", "types"]).current_dir(console_folder()).output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok((said, output.status.success()))
}

/// `prove.mjs` that runs: a line of JSON for each thing it has done; where it was told to pause it waits then.
pub(super) struct Driver {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<Value>,
}

impl Driver {
    fn start(command: &mut Command) -> Measured<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (input, output) = (child.stdin.take(), child.stdout.take().ok_or("no output")?);
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                eprintln!("   {line}");
                if let Ok(value) = serde_json::from_str(&line)
                    && sender.send(value).is_err()
                {
                    break;
                }
            }
        });
        Ok(Self { child, input, lines })
    }

    /// The next line; `None` at the end. Errors: a part of the demo ends meanwhile, or nothing is said for long.
    pub fn next(&mut self, demo: &mut Demo) -> Measured<Option<Value>> {
        let begin = Instant::now();
        loop {
            tend(demo)?;
            match self.lines.recv_timeout(Duration::from_millis(100)) {
                Ok(line) => return Ok(Some(line)),
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
                Err(RecvTimeoutError::Timeout) if begin.elapsed() > SAYS_WITHIN => {
                    return Err("prove.mjs says nothing any more".into());
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// The next line, if it is there already.
    pub fn poll(&mut self) -> Option<Value> {
        self.lines.try_recv().ok()
    }

    /// Lets it do the next thing.
    pub fn go_on(&mut self) -> Measured<()> {
        if let Some(input) = &mut self.input {
            // It may have come to its end already.
            let _ = input.write_all(b"\n").and_then(|()| input.flush());
        }
        Ok(())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.input = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
