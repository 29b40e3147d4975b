//! What the rules remember over a restart, in a file that is either the old one or the new one, whenever the power fails.

use layouts::rules::EngineState;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Largest file in bytes.
const BYTES_MAX: u64 = 64 << 20;

/// The file below a controller's state folder.
pub(super) fn file(state: &Path) -> PathBuf {
    state.join("rules.json")
}

/// What was remembered; `None` at first start. A file that cannot be understood is put aside.
pub(super) fn read(path: &Path) -> Option<EngineState> {
    let parsed = match fs::metadata(path) {
        Ok(about) if about.len() > BYTES_MAX => Err("it is too large".to_owned()),
        Ok(_) => fs::read(path)
            .map_err(|error| error.to_string())
            .and_then(|bytes| serde_json::from_slice(&bytes).map_err(|error| error.to_string())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => Err(error.to_string()),
    };
    match parsed {
        Ok(state) => Some(state),
        Err(why) => {
            let aside = path.with_extension("json.unreadable");
            tracing::error!(file = %path.display(), why, "what the rules remember cannot be read; it is put aside");
            let _ = fs::rename(path, aside);
            None
        }
    }
}

/// Writes it down. The folder exists.
pub(super) fn write(path: &Path, state: &EngineState) -> io::Result<()> {
    let bytes = serde_json::to_vec(state).map_err(io::Error::other)?;
    let new = path.with_extension("json.new");
    let mut file = File::create(&new)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Names this hall to brokers: the same after a restart, another one for every state folder.
pub(super) fn instance(state: &Path) -> String {
    let path = fs::canonicalize(state).unwrap_or_else(|_| state.to_owned());
    let machine = fs::read_to_string("/etc/machine-id").unwrap_or_default();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in machine.trim().bytes().chain(path.as_os_str().as_encoded_bytes().iter().copied()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use layouts::rules::{Engine, Now};
    use media::{LocalTime, WallTime};

    #[test]
    fn what_was_written_is_read_and_a_broken_file_is_put_aside() {
        let folder = std::env::temp_dir().join(format!("taibai-memory-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = file(&folder);
        assert_eq!(read(&path), None);
        let layout = layouts::parse(include_str!("../../tests/two-walls.toml"), "hall.toml").unwrap();
        let state = Engine::new(&layout, Now { local: LocalTime(0), wall: WallTime(7) }).state();
        write(&path, &state).unwrap();
        assert_eq!(read(&path), Some(state));
        fs::write(&path, "{").unwrap();
        assert_eq!(read(&path), None);
        assert!(!path.exists() && folder.join("rules.json.unreadable").exists());
        assert_eq!(instance(&folder), instance(&folder));
        fs::remove_dir_all(&folder).unwrap();
    }
}
