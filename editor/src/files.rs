//! Documents, journals and settings on the disk: the only place of the editor that writes files.
//!
//! While a document is not saved, what it has become lies in a journal beside it, written by a thread of its own within a fraction of a
//! second, so that a crash costs no more. Everything is written beside its place, synced, and renamed into it.

use crate::words::Language;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// Why a file cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {why}")]
pub struct FileError {
    /// Which file.
    pub path: PathBuf,
    /// The system's words.
    pub why: std::io::Error,
}

fn with<T>(path: &Path, result: std::io::Result<T>) -> Result<T, FileError> {
    result.map_err(|why| FileError { path: path.to_path_buf(), why })
}

impl FileError {
    /// The error in Chinese; [`std::fmt::Display`] gives it in English.
    pub fn chinese(&self) -> String {
        use std::io::ErrorKind;
        let Self { path, why } = self;
        let reason = match why.kind() {
            ErrorKind::NotFound => "没有这个文件或文件夹".to_owned(),
            ErrorKind::PermissionDenied => "没有权限".to_owned(),
            ErrorKind::AlreadyExists => "已经存在".to_owned(),
            ErrorKind::NotADirectory => "不是文件夹".to_owned(),
            ErrorKind::IsADirectory => "是一个文件夹".to_owned(),
            ErrorKind::StorageFull => "磁盘已满".to_owned(),
            ErrorKind::ReadOnlyFilesystem => "磁盘只读".to_owned(),
            ErrorKind::InvalidData => "不是 UTF-8 文本".to_owned(),
            ErrorKind::InvalidFilename => "文件名不合法".to_owned(),
            _ => format!("系统拒绝：{why}"),
        };
        format!("{}：{reason}", path.display())
    }

    /// The error in `language`.
    pub fn say(&self, language: Language) -> String {
        match language {
            Language::Chinese => self.chinese(),
            Language::English => self.to_string(),
        }
    }
}

/// The whole of a text file.
pub fn read(path: &Path) -> Result<String, FileError> {
    with(path, std::fs::read_to_string(path))
}

/// Puts `text` into the place of `path`: after a crash at any moment the file holds the old text or the new one.
pub fn replace(path: &Path, text: &str) -> Result<(), FileError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let beside = hidden(path, "new");
    let write = || -> std::io::Result<()> {
        let mut file = File::create(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        // A document that only some may read stays one.
        if let Ok(about) = std::fs::metadata(path) {
            std::fs::set_permissions(&beside, about.permissions())?;
        }
        std::fs::rename(&beside, path)?;
        File::open(folder)?.sync_all()
    };
    with(path, write())
}

/// Writes a file that is not there yet, and the folders that it needs. What is there stays as it is.
pub fn create(path: &Path, text: &str) -> Result<(), FileError> {
    let write = || -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        match File::create_new(path) {
            Ok(mut file) => {
                file.write_all(text.as_bytes())?;
                file.sync_all()
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
        }
    };
    with(path, write())
}

/// `hall.toml` and `journal` make `.hall.toml.journal` in the same folder.
fn hidden(path: &Path, kind: &str) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!(".{name}.{kind}"))
}

/// Whether an editor has left a journal of the document.
pub fn has_journal(document: &Path) -> bool {
    hidden(document, "journal").exists()
}

/// What a journal holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    /// The document as it lay in its file when the work began.
    base: String,
    /// What has become of it.
    text: String,
}

/// What an editor that ended without saving has left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// The document as it was last.
    pub text: String,
    /// Whether the file has been changed since by somebody else.
    pub file_differs: bool,
}

/// Keeps what a document becomes until it is saved.
#[derive(Debug)]
pub struct Journal {
    desk: Arc<Desk>,
    writer: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Desk {
    path: PathBuf,
    state: Mutex<State>,
    told: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// What is to be written, or that the journal is to go.
    next: Option<Option<Page>>,
    busy: bool,
    end: bool,
    fault: Option<String>,
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) {
        let mut state = self.lock();
        loop {
            if let Some(page) = state.next.take() {
                state.busy = true;
                drop(state);
                let fault = put(&self.path, page.as_ref()).err().map(|error| error.to_string());
                state = self.lock();
                (state.busy, state.fault) = (false, fault);
                self.told.notify_all();
            } else if state.end {
                return;
            } else {
                state = self.told.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }
}

fn put(path: &Path, page: Option<&Page>) -> Result<(), FileError> {
    match page {
        Some(page) => {
            let text = serde_json::to_string(page)
                .map_err(|why| FileError { path: path.into(), why: why.into() })?;
            replace(path, &text)
        }
        None => match std::fs::remove_file(path) {
            Err(why) if why.kind() != std::io::ErrorKind::NotFound => {
                Err(FileError { path: path.into(), why })
            }
            _ => Ok(()),
        },
    }
}

impl Journal {
    /// The journal of the document at `document`, with what an earlier editor has left in it, if that differs from the file, which
    /// holds `text`.
    pub fn open(document: &Path, text: &str) -> std::io::Result<(Self, Option<Left>)> {
        let path = hidden(document, "journal");
        let page =
            std::fs::read_to_string(&path).ok().and_then(|page| serde_json::from_str::<Page>(&page).ok());
        let left = page.filter(|page| page.text != text);
        let left = left.map(|page| Left { file_differs: page.base != text, text: page.text });
        let desk = Arc::new(Desk { path, state: Mutex::default(), told: Condvar::new() });
        let own = Arc::clone(&desk);
        let writer = std::thread::Builder::new().name("journal".to_owned()).spawn(move || own.write())?;
        Ok((Self { desk, writer: Some(writer) }, left))
    }

    /// What began as `base` is `text` now. Returns at once; of several that come while one is written the last one counts.
    pub fn keep(&self, base: &str, text: &str) {
        self.next(Some(Page { base: base.to_owned(), text: text.to_owned() }));
    }

    /// Nothing is to be kept: the document is saved.
    pub fn clear(&self) {
        self.next(None);
    }

    fn next(&self, page: Option<Page>) {
        self.desk.lock().next = Some(page);
        self.desk.told.notify_all();
    }

    /// Why the journal could not be written last, if it could not.
    pub fn fault(&self) -> Option<String> {
        self.desk.lock().fault.clone()
    }

    /// Waits until all is written.
    pub fn settle(&self) {
        let mut state = self.desk.lock();
        while state.busy || state.next.is_some() {
            state = self.desk.told.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.desk.lock().end = true;
        self.desk.told.notify_all();
        if let Some(writer) = self.writer.take() {
            // What it has panicked about has been said already.
            let _ = writer.join();
        }
    }
}

/// Where settings lie unless told otherwise: `$XDG_CONFIG_HOME/taibai/editor.json`, else below `~/.config`.
pub fn settings_path() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("XDG_CONFIG_HOME").or_else(|| Some(set("HOME")?.join(".config")))?;
    Some(folder.join("taibai").join("editor.json"))
}

/// Where the copy of a controller's document lies unless told otherwise: below `$XDG_STATE_HOME/taibai/live`, else below
/// `~/.local/state`. `name` is the controller's.
pub fn copy_path(name: &str) -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("XDG_STATE_HOME").or_else(|| Some(set("HOME")?.join(".local").join("state")))?;
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' || c == '-' { c } else { '_' };
    let name: String = name.chars().map(plain).collect();
    Some(folder.join("taibai").join("live").join(format!("{name}.toml")))
}

/// Where the document lies on which the editor of the copy at `copy` and its controller have agreed last.
pub fn base_path(copy: &Path) -> PathBuf {
    hidden(copy, "base")
}

/// The designer's own folder, as the environment says it.
pub fn home() -> Option<PathBuf> {
    std::env::var_os("HOME").filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// Writes a file, and the folder that it lies in.
pub fn write_with_folder(path: &Path, text: &str) -> Result<(), FileError> {
    if let Some(folder) = path.parent() {
        with(folder, std::fs::create_dir_all(folder))?;
    }
    replace(path, text)
}

/// Most that is listed of a folder.
const ENTRIES_MAX: usize = 4096;

/// Something in a folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Whether it is a file; folders come first.
    pub is_file: bool,
    /// What it is called there.
    pub name: String,
}

/// The folders and the documents (`*.toml`) in `folder`, by name; what is hidden is left out.
pub fn list(folder: &Path) -> Result<Vec<Entry>, FileError> {
    let mut all = Vec::new();
    for entry in with(folder, std::fs::read_dir(folder))?.flatten().take(ENTRIES_MAX) {
        let name = entry.file_name().to_string_lossy().into_owned();
        // What a link leads to counts.
        let is_file = !entry.path().is_dir();
        if !name.starts_with('.') && (!is_file || name.ends_with(".toml")) {
            all.push(Entry { is_file, name });
        }
    }
    all.sort();
    Ok(all)
}

/// Whether something lies at `path`.
pub fn is_there(path: &Path) -> bool {
    path.exists()
}

/// Whether a folder lies at `path`.
pub fn is_folder(path: &Path) -> bool {
    path.is_dir()
}

/// `path` as people write it: `~` is the designer's own folder.
pub fn shown(path: &Path, home: Option<&Path>) -> String {
    match home.and_then(|home| path.strip_prefix(home).ok()) {
        Some(below) if below.as_os_str().is_empty() => "~".to_owned(),
        Some(below) => format!("~/{}", below.display()),
        None => path.display().to_string(),
    }
}

/// The path that somebody has typed: the other way round.
pub fn typed(words: &str, home: Option<&Path>) -> PathBuf {
    match (home, words.trim().strip_prefix('~')) {
        (Some(home), Some(below)) => home.join(below.trim_start_matches('/')),
        _ => PathBuf::from(words.trim()),
    }
}

/// `path` from the root of the file system, so that it means the same wherever the program is started.
pub fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("taibai-editor-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn what_was_not_saved_is_found_again_and_what_was_is_not() {
        let folder = folder("journal");
        let file = folder.join("hall.toml");
        replace(&file, "one").unwrap();
        let (journal, left) = Journal::open(&file, "one").unwrap();
        assert_eq!(left, None);
        for text in ["two", "three", "four"] {
            journal.keep("one", text);
        }
        journal.settle();
        // As after kill -9: nothing tells the journal that it ends.
        let (again, left) = Journal::open(&file, "one").unwrap();
        assert_eq!(left, Some(Left { text: "four".to_owned(), file_differs: false }));
        let (_, left) = Journal::open(&file, "other").unwrap();
        assert!(left.unwrap().file_differs);
        again.clear();
        again.settle();
        assert_eq!(Journal::open(&file, "one").unwrap().1, None);
        std::fs::write(folder.join(".hall.toml.journal"), "no journal").unwrap();
        assert_eq!(Journal::open(&file, "one").unwrap().1, None);
        drop((journal, again));
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_path_is_written_from_the_designers_own_folder_and_read_as_it_is_written() {
        let home = Some(Path::new("/home/li"));
        for (path, words) in
            [("/home/li", "~"), ("/home/li/halls/a", "~/halls/a"), ("/home/liu", "/home/liu")]
        {
            assert_eq!(shown(Path::new(path), home), words);
            assert_eq!(typed(words, home), Path::new(path));
        }
        assert_eq!(shown(Path::new("/home/li"), None), "/home/li");
    }

    #[test]
    fn of_a_folder_the_folders_and_the_documents_are_listed() {
        let folder = folder("list");
        for name in ["b.toml", "a.toml", ".hidden.toml", "notes.txt"] {
            std::fs::write(folder.join(name), "").unwrap();
        }
        std::fs::create_dir_all(folder.join("z")).unwrap();
        let names: Vec<String> = list(&folder).unwrap().into_iter().map(|entry| entry.name).collect();
        assert_eq!(names, ["z", "a.toml", "b.toml"]);
        let error = list(&folder.join("nowhere")).unwrap_err();
        assert!(error.chinese().ends_with("：没有这个文件或文件夹"), "{}", error.chinese());
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_journal_that_cannot_be_written_says_so() {
        let file = std::env::temp_dir().join("taibai-no-such-folder").join("hall.toml");
        let (journal, _) = Journal::open(&file, "one").unwrap();
        journal.keep("one", "two");
        journal.settle();
        assert!(journal.fault().is_some());
    }
}
