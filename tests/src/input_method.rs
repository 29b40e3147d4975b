//! A real input method for a display without a screen: fcitx5 with pinyin, which the editor meets by XIM as on a desk in China.

use crate::editing::{Display, wait_for};
use crate::process::Process;
use crate::stage::Place;
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// What is turned off: all that wants a session bus, and what changes words as they are typed.
const WITHOUT: &str = "dbus,dbusfrontend,ibusfrontend,fcitx4frontend,kimpanel,notificationitem,notifications,wayland,waylandim,\
                       clipboard,emoji,spell";

/// A keyboard that types letters until Ctrl+Space is pressed, and pinyin from then on.
const PROFILE: &str = "[Groups/0]\nName=Default\nDefault Layout=us\nDefaultIM=pinyin\n\n[Groups/0/Items/0]\nName=keyboard-us\nLayout=\n\n\
                       [Groups/0/Items/1]\nName=pinyin\nLayout=\n\n[GroupOrder]\n0=Default\n";

/// What a program needs in its environment to be served by it.
pub const ENVIRONMENT: [(&str, &str); 2] = [("XMODIFIERS", "@im=fcitx"), ("LC_ALL", "C.UTF-8")];

/// An input method at work. Dropping it stops it.
#[derive(Debug)]
pub struct InputMethod {
    _server: Process,
}

/// The Debian packages that are missing for it.
pub fn missing() -> Vec<&'static str> {
    let all = [("fcitx5", "/usr/bin/fcitx5"), ("fcitx5-pinyin", "/usr/share/fcitx5/inputmethod/pinyin.conf")];
    all.into_iter().filter(|(_, file)| !Path::new(file).exists()).map(|(package, _)| package).collect()
}

impl InputMethod {
    /// Starts it on `display`, with settings and memory of its own, and waits until it can be asked.
    pub fn start(place: &Place, display: &Display) -> io::Result<Self> {
        let home = place.work.join("input-method");
        std::fs::create_dir_all(home.join("config").join("fcitx5"))?;
        std::fs::write(home.join("config").join("fcitx5").join("profile"), PROFILE)?;
        let log = place.work.join("input-method.log");
        let mut command = Command::new("fcitx5");
        command.arg(format!("--disable={WITHOUT}")).env("DISPLAY", display.name()).env("HOME", &home);
        for (name, folder) in [
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_CACHE_HOME", "cache"),
            ("XDG_RUNTIME_DIR", "run"),
        ] {
            std::fs::create_dir_all(home.join(folder))?;
            command.env(name, home.join(folder));
        }
        let mut server = Process::spawn("fcitx5", &mut command, &log)?;
        let ready = wait_for(Duration::from_secs(60), || {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            let there = ["xim", "pinyin"].iter().all(|addon| said.contains(&format!("Loaded addon {addon}")));
            (there || server.ended().is_some()).then_some(there)
        });
        match ready {
            Some(true) => Ok(Self { _server: server }),
            _ => Err(io::Error::other(format!("fcitx5 does not start: {}", server.last_words(20)))),
        }
    }
}
