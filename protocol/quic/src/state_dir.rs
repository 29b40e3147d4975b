//! Files that must survive a power cut and that nobody else may read.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// A file operation that failed, with the path it was about.
#[derive(Debug, thiserror::Error)]
#[error("{}: {what}: {source}", path.display())]
pub struct FileError {
    path: PathBuf,
    what: &'static str,
    source: io::Error,
}

fn fault<'a>(path: &'a Path, what: &'static str) -> impl FnOnce(io::Error) -> FileError + 'a {
    move |source| FileError { path: path.to_owned(), what, source }
}

/// Makes `directory` with access for its owner alone, or takes others' access to an existing one away.
pub(crate) fn make(directory: &Path) -> Result<(), FileError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(fault(directory, "cannot be made"))?;
    fs::set_permissions(directory, fs::Permissions::from_mode(0o700))
        .map_err(fault(directory, "its access rights cannot be set"))
}

/// Writes `bytes` to `directory/name` so that a reader sees either the old or the whole new file, readable by its
/// owner alone.
pub(crate) fn write(directory: &Path, name: &str, bytes: &[u8]) -> Result<(), FileError> {
    let path = directory.join(name);
    let unfinished = directory.join(format!(".{name}.{}.new", std::process::id()));
    let written = write_synced(&unfinished, bytes).and_then(|()| fs::rename(&unfinished, &path));
    if written.is_err() {
        // The leftover is of no use to anybody; that it cannot be removed either changes nothing.
        let _ = fs::remove_file(&unfinished);
    }
    written.map_err(fault(&path, "cannot be written"))?;
    File::open(directory)
        .and_then(|directory| directory.sync_all())
        .map_err(fault(directory, "cannot be synced"))
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// The bytes of `directory/name`, at most `bytes_max` of them; `None` when there is no such file.
pub(crate) fn read(directory: &Path, name: &str, bytes_max: u64) -> Result<Option<Vec<u8>>, FileError> {
    let path = directory.join(name);
    let length = match fs::metadata(&path) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(fault(&path, "cannot be read")(error)),
    };
    if length > bytes_max {
        return Err(fault(&path, "is too long to be right")(io::ErrorKind::FileTooLarge.into()));
    }
    fs::read(&path).map(Some).map_err(fault(&path, "cannot be read"))
}

/// Holds the directory's lock until the returned file is dropped; other processes wait.
pub(crate) fn lock(directory: &Path) -> Result<File, FileError> {
    let path = directory.join(".lock");
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
    let file = file.map_err(fault(&path, "cannot be opened"))?;
    file.lock().map_err(fault(&path, "cannot be locked"))?;
    Ok(file)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// A directory of its own for one test, removed at its end.
    pub(crate) struct TestDir(pub(crate) PathBuf);

    impl TestDir {
        pub(crate) fn new() -> Self {
            static COUNT: AtomicU32 = AtomicU32::new(0);
            let name =
                format!("taibai-quic-test-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
            Self(std::env::temp_dir().join(name))
        }
    }

    impl Drop for TestDir {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn secrets_are_for_their_owner_alone_and_no_leftovers_stay() {
        let dir = TestDir::new();
        make(&dir.0).unwrap();
        write(&dir.0, "a.key", b"one").unwrap();
        write(&dir.0, "a.key", b"two").unwrap();
        assert_eq!(fs::metadata(&dir.0).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(fs::metadata(dir.0.join("a.key")).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(read(&dir.0, "a.key", 10).unwrap().unwrap(), b"two");
        assert_eq!(read(&dir.0, "b.key", 10).unwrap(), None);
        assert!(read(&dir.0, "a.key", 2).is_err());
        assert_eq!(fs::read_dir(&dir.0).unwrap().count(), 1);
    }
}
