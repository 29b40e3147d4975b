//! The real editor in a window under Xvfb, driven by xdotool as by hands.

use crate::process::Process;
use crate::stage::Place;
use crate::x_server;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// The size of the screen and of the editor's window on it.
pub const SCREEN: (u32, u32) = (1440, 900);

/// Seconds of a core in a quarter of one that a program which rests needs at most.
const RESTING: f64 = 0.015;

/// An editor at work.
#[derive(Debug)]
pub struct Editing {
    /// The program.
    pub editor: Process,
    /// The document.
    pub hall: PathBuf,
    display: String,
    window: String,
}

/// A display for editors, with the folder of its logs.
#[derive(Debug)]
pub struct Display {
    name: String,
    _server: Process,
}

impl Display {
    /// Starts one.
    pub fn start(place: &Place) -> io::Result<Self> {
        let (server, name) = x_server::start(place, SCREEN)?;
        Ok(Self { name, _server: server })
    }

    /// What programs call it, such as `:99`.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Waits until `what` gives something.
pub fn wait_for<T>(patience: Duration, mut what: impl FnMut() -> Option<T>) -> Option<T> {
    let begin = Instant::now();
    loop {
        if let Some(found) = what() {
            return Some(found);
        }
        if begin.elapsed() > patience {
            return None;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

impl Editing {
    /// Opens `hall` and waits for the window.
    pub fn open(place: &Place, display: &Display, hall: &Path) -> io::Result<Self> {
        Self::open_in(place, display, hall, &[])
    }

    /// The same with more in the program's environment.
    pub fn open_in(
        place: &Place,
        display: &Display,
        hall: &Path,
        environment: &[(&str, &str)],
    ) -> io::Result<Self> {
        let mut command = Command::new(&place.taibai);
        command.arg("editor").arg(hall).arg("--settings").arg(hall.with_file_name("editor.json"));
        command.env("DISPLAY", &display.name).env_remove("WAYLAND_DISPLAY").env("WGPU_VALIDATION", "0");
        command.envs(environment.iter().copied());
        let editor = Process::spawn("taibai editor", &mut command, &place.work.join("editor.log"))?;
        let mut editing =
            Self { editor, hall: hall.to_owned(), display: display.name.clone(), window: String::new() };
        let found = wait_for(Duration::from_secs(60), || {
            if editing.editor.ended().is_some() {
                return Some(None);
            }
            let said = editing.tool(&["search", "--onlyvisible", "--class", "^taibai$"]).ok()?;
            said.lines().last().map(|line| Some(line.to_owned()))
        });
        match found.flatten() {
            Some(window) => {
                editing.window = window;
                editing.tool(&["windowfocus", "--sync", &editing.window])?;
                editing.rest();
                Ok(editing)
            }
            None => Err(io::Error::other(format!("no window: {}", editing.editor.last_words(20)))),
        }
    }

    /// Waits until the program has done all that it was asked for and rests, as people wait until they see it: keys that come
    /// in one and the same picture with those before them mean something else.
    pub fn rest(&self) {
        let mut spent = self.editor.cpu_seconds();
        wait_for(Duration::from_secs(30), || {
            std::thread::sleep(Duration::from_millis(250));
            let before = std::mem::replace(&mut spent, self.editor.cpu_seconds());
            (spent - before < RESTING).then_some(())
        });
    }

    fn tool(&self, arguments: &[&str]) -> io::Result<String> {
        let output = Command::new("xdotool").args(arguments).env("DISPLAY", &self.display).output()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            return Ok(said);
        }
        Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()))
    }

    /// Presses keys, such as `ctrl+s`, one after the other.
    pub fn keys(&self, keys: &[&str]) -> io::Result<()> {
        let arguments: Vec<&str> = ["key", "--delay", "40"].iter().chain(keys).copied().collect();
        self.tool(&arguments).map(drop)
    }

    /// Moves the pointer to a place on the screen.
    pub fn point(&self, (x, y): (u32, u32)) -> io::Result<()> {
        self.tool(&["mousemove", &x.to_string(), &y.to_string()]).map(drop)
    }

    /// Clicks a place on the screen.
    pub fn click(&self, (x, y): (u32, u32)) -> io::Result<()> {
        self.tool(&["mousemove", &x.to_string(), &y.to_string(), "click", "1"]).map(drop)
    }

    /// What the screen shows, as PNG.
    pub fn screenshot(&self, to: &Path) -> io::Result<()> {
        let status =
            Command::new("import").args(["-display", &self.display, "-window", "root"]).arg(to).status()?;
        if status.success() { Ok(()) } else { Err(io::Error::other("import took no picture")) }
    }

    /// The document as it lies in its file.
    pub fn saved(&self) -> io::Result<String> {
        std::fs::read_to_string(&self.hall)
    }

    /// What the journal holds of the document that is not saved.
    pub fn journal(&self) -> Option<String> {
        let name = format!(".{}.journal", self.hall.file_name()?.to_string_lossy());
        let page = std::fs::read_to_string(self.hall.with_file_name(name)).ok()?;
        let page: serde_json::Value = serde_json::from_str(&page).ok()?;
        page.get("text")?.as_str().map(str::to_owned)
    }
}
