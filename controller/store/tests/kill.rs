//! The store's process is killed at one write after the other: whatever was acknowledged is there, and the file can be read.
//!
//! strace counts the system calls with which SQLite changes its files and sends SIGKILL at the chosen one. By default a spread of points;
//! with STORE_KILL_POINTS=all every one of them. With STORE_KILL_PLANT=early the writer says that something is safe before it is, which must
//! be found out.

use controller_store::{Outcome, SqliteStore, StateStore, StoreLimits, Transaction};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// Everything that changes a file, or says that it is safe.
const CALLS: &str = "pwrite64,pwritev,fsync,fdatasync,ftruncate,fallocate,unlink,unlinkat,rename,renameat2";
/// Transactions of one run, and the keys among which they are spread.
const TRANSACTIONS: u64 = 60;
const KEYS: u64 = 7;
/// Points unless all are asked for.
const POINTS: usize = 24;
/// So little history that old changes are dropped within a run.
const LIMITS: StoreLimits = StoreLimits { bytes_max: 1 << 20, history: 8 };

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [flag, file] if flag == "--writer" => {
            write_all(Path::new(file));
            ExitCode::SUCCESS
        }
        // What `cargo test` says to list or filter tests.
        [flag, ..] if flag == "--list" => ExitCode::SUCCESS,
        _ => campaign(),
    }
}

/// Commits one transaction after the other, and says the number of each when it has been acknowledged.
fn write_all(file: &Path) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = SqliteStore::open(file, LIMITS).await.unwrap();
        for n in 1..=TRANSACTIONS {
            let text = n.to_string().into_bytes();
            let mut transaction =
                Transaction::put("counter", text.clone()).and_put(&format!("key/{}", n % KEYS), text);
            if n % 5 == 0 {
                transaction = transaction.and_delete(&format!("key/{}", (n + 3) % KEYS));
            }
            let say = || {
                let mut out = std::io::stdout();
                writeln!(out, "{n}").unwrap();
                out.flush().unwrap();
            };
            let early = std::env::var("STORE_KILL_PLANT").is_ok_and(|plant| plant == "early");
            if early {
                say();
            }
            assert_eq!(store.commit(transaction).await.unwrap(), Outcome::Done { revision: n });
            if !early {
                say();
            }
        }
        store.close().await.unwrap();
    });
}

/// What a store has after `n` transactions.
fn expected(n: u64) -> Vec<(String, u64)> {
    let mut keys = std::collections::BTreeMap::new();
    for n in 1..=n {
        keys.insert("counter".to_owned(), n);
        keys.insert(format!("key/{}", n % KEYS), n);
        if n % 5 == 0 {
            keys.remove(&format!("key/{}", (n + 3) % KEYS));
        }
    }
    keys.into_iter().collect()
}

fn writer(file: &Path, options: &[&str]) -> (u64, bool) {
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-e", &format!("trace={CALLS}")]).args(options);
    command.arg(std::env::current_exe().unwrap()).arg("--writer").arg(file);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("strace is needed: apt-get install strace");
    let mut said = String::new();
    child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    let status = child.wait().unwrap();
    (said.lines().last().map_or(0, |line| line.parse().unwrap()), status.success())
}

fn campaign() -> ExitCode {
    let folder = std::env::temp_dir().join(format!("taibai-kill-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let log = folder.join("calls.log");
    let (acknowledged, whole) = writer(&folder.join("whole.db"), &["-o", log.to_str().unwrap()]);
    assert!(whole && acknowledged == TRANSACTIONS, "the run without a kill ended at {acknowledged}");
    // strace counts the calls of each name by themselves.
    let text = std::fs::read_to_string(&log).unwrap();
    let mut seen = std::collections::BTreeMap::<&str, u32>::new();
    let mut calls = Vec::new();
    for line in text.lines().filter(|line| !line.contains("resumed>")) {
        let Some(name) = line.split_once('(').and_then(|(start, _)| start.split_whitespace().last()) else {
            continue;
        };
        let nth = seen.entry(name).or_default();
        *nth += 1;
        calls.push((name, *nth));
    }
    let all = std::env::var("STORE_KILL_POINTS").is_ok_and(|points| points == "all");
    let step = if all { 1 } else { calls.len().div_ceil(POINTS) };
    let (mut points, mut lost, mut unreadable, mut killed) = (0, 0, 0, 0);
    for (name, nth) in calls.iter().step_by(step.max(1)) {
        let at = format!("{name}-{nth}");
        let file: PathBuf = folder.join(format!("{at}.db"));
        let inject = format!("inject={name}:signal=KILL:when={nth}");
        let (acknowledged, whole) = writer(&file, &["-e", &inject, "-o", "/dev/null"]);
        points += 1;
        killed += u32::from(!whole);
        match look(&file) {
            Err(words) => {
                unreadable += 1;
                eprintln!("call {at}: {words}");
            }
            // What was being committed may be there or not; what was acknowledged must.
            Ok(there) if there < acknowledged || there > acknowledged + 1 => {
                lost += 1;
                eprintln!("call {at}: {acknowledged} acknowledged, {there} there");
            }
            Ok(_) => {}
        }
    }
    let _ = std::fs::remove_dir_all(&folder);
    println!(
        "killed at {killed} of {points} points ({} calls): {unreadable} unreadable stores, {lost} acknowledged changes lost",
        calls.len()
    );
    if lost + unreadable == 0 && killed * 10 >= points * 9 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// How many transactions a store holds; an error where it holds anything but whole ones.
fn look(file: &Path) -> Result<u64, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = SqliteStore::open(file, LIMITS).await.map_err(|error| error.to_string())?;
        let revision = store.revision().await.map_err(|error| error.to_string())?;
        let entries = store.range("", None, 100).await.map_err(|error| error.to_string())?;
        let found: Vec<(String, u64)> = entries
            .into_iter()
            .map(|entry| (entry.key, String::from_utf8(entry.value).unwrap().parse().unwrap()))
            .collect();
        store.close().await.map_err(|error| error.to_string())?;
        if found == expected(revision) { Ok(revision) } else { Err(format!("half a transaction: {found:?}")) }
    })
}
