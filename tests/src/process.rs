//! Processes that we start: each has a log, is stopped by its pid, and dies with the thread that started it.

use std::fs::{self, File};
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A child process. Dropping it stops it.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command` with its output appended to `log`.
    ///
    /// The child sits in a process group of its own, so that Ctrl-C reaches only us and we stop it in order; should we
    /// die without doing so, the kernel sends it SIGTERM.
    pub fn spawn(name: &str, command: &mut Command, log: &Path) -> io::Result<Self> {
        if let Some(folder) = log.parent() {
            fs::create_dir_all(folder)?;
        }
        let out = File::options().create(true).append(true).open(log)?;
        let parent = std::process::id();
        command.stdin(Stdio::null()).stdout(out.try_clone()?).stderr(out).process_group(0);
        // SAFETY: only async-signal-safe calls run between fork and exec.
        unsafe {
            command.pre_exec(move || die_with_parent(parent));
        }
        let child = command.spawn().map_err(|e| {
            io::Error::new(e.kind(), format!("{name}: {}: {e}", command.get_program().display()))
        })?;
        Ok(Self { name: name.into(), child, log: log.into() })
    }

    /// What we call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, `None` while it runs.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Sends a signal such as `libc::SIGSTOP`; does nothing once the process has ended.
    pub fn signal(&mut self, signal: i32) {
        if self.ended().is_none()
            && let Ok(pid) = i32::try_from(self.child.id())
        {
            // SAFETY: plain system call; the child is not yet reaped, so the pid is still its own.
            unsafe { libc::kill(pid, signal) };
        }
    }

    /// Ends it at once, as a power cut would.
    pub fn kill(&mut self) {
        self.signal(libc::SIGKILL);
        let _ = self.child.wait();
    }

    /// Asks it to end, waits up to `patience`, then kills it. Returns how it ended.
    pub fn stop(&mut self, patience: Duration) -> Option<ExitStatus> {
        self.signal(libc::SIGCONT);
        self.signal(libc::SIGTERM);
        let status = self.wait(patience);
        if status.is_none() {
            self.kill();
        }
        status.or_else(|| self.ended())
    }

    /// Waits up to `patience` for it to end by itself.
    pub fn wait(&mut self, patience: Duration) -> Option<ExitStatus> {
        let begin = Instant::now();
        loop {
            match self.ended() {
                Some(status) => return Some(status),
                None if begin.elapsed() >= patience => return None,
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        }
    }

    /// The last `lines` lines that it wrote, for error messages.
    pub fn last_words(&self, lines: usize) -> String {
        let text =
            fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
        let all: Vec<&str> = text.lines().collect();
        all[all.len().saturating_sub(lines)..].join("\n")
    }

    /// CPU seconds (user and system) that it has used so far; 0 once it has ended.
    pub fn cpu_seconds(&self) -> f64 {
        cpu_seconds(self.pid()).unwrap_or(0.0)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop(Duration::from_secs(3));
    }
}

/// Whether `status` is what we ask of a part that is told to end: code 0.
pub fn ended_cleanly(status: ExitStatus) -> bool {
    status.code() == Some(0)
}

/// How a process ended, in words.
pub fn how_it_ended(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "unknown".into(),
    }
}

fn die_with_parent(parent: u32) -> io::Result<()> {
    // SAFETY: plain system calls.
    unsafe {
        if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGTERM) != 0 {
            return Err(io::Error::last_os_error());
        }
        // The parent may have died between fork and prctl.
        if u32::try_from(libc::getppid()) != Ok(parent) {
            return Err(io::Error::other("the parent process is gone"));
        }
    }
    Ok(())
}

/// CPU seconds of a process by pid, from /proc/PID/stat; `None` when there is no such process.
pub fn cpu_seconds(pid: u32) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name may hold spaces and parentheses: fields are counted after its last one.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: f64 = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    // SAFETY: plain library call.
    let per_second = unsafe { libc::sysconf(libc::_SC_CLK_TCK) };
    Some(ticks / per_second as f64)
}

/// Bytes of memory that a process holds resident, from /proc/PID/statm; `None` when there is no such process.
pub fn memory_bytes(pid: u32) -> Option<u64> {
    let statm = fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
    let pages: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    // SAFETY: plain library call.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    Some(pages * u64::try_from(page).ok()?)
}

static STOP: AtomicBool = AtomicBool::new(false);

/// From now on SIGINT, SIGTERM and SIGHUP set a flag that [`stop_asked`] reads, instead of ending this process.
pub fn catch_stop_signals() {
    extern "C" fn note(_: libc::c_int) {
        STOP.store(true, Ordering::Relaxed);
    }
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        // SAFETY: the handler only stores to an atomic.
        unsafe { libc::signal(signal, note as extern "C" fn(libc::c_int) as libc::sighandler_t) };
    }
}

/// Ends this process as a signal would: [`stop_asked`] is true from now on.
pub fn ask_to_stop() {
    STOP.store(true, Ordering::Relaxed);
}

/// Whether somebody asked this process to end.
pub fn stop_asked() -> bool {
    STOP.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_stopped_by_pid_and_leaves_its_words() {
        let log = std::env::temp_dir().join(format!("tests-process-{}.log", std::process::id()));
        let mut shell =
            Process::spawn("shell", Command::new("sh").args(["-c", "echo hello; exec sleep 60"]), &log)
                .unwrap();
        let begin = Instant::now();
        while shell.last_words(3).is_empty() && begin.elapsed() < Duration::from_secs(20) {
            std::thread::yield_now();
        }
        assert_eq!(shell.ended(), None);
        shell.signal(libc::SIGSTOP);
        let status = shell.stop(Duration::from_secs(5)).unwrap();
        assert_eq!(how_it_ended(status), "signal 15");
        assert_eq!(shell.last_words(3), "hello");
        fs::remove_file(log).unwrap();
    }

    #[test]
    fn a_missing_program_is_named() {
        let log = std::env::temp_dir().join(format!("tests-process-missing-{}.log", std::process::id()));
        let error = Process::spawn("x", &mut Command::new("/no/such/program"), &log).unwrap_err();
        assert!(error.to_string().contains("/no/such/program"), "{error}");
        let _ = fs::remove_file(log);
    }
}
