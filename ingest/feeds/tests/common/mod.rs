//! Real peers for the tests, each with a folder and a port of its own, ended by pid; and words for tables and feeds.
#![allow(dead_code, reason = "each test program uses its own part")]

use ingest_feeds::{Clock, Feeds, FeedsSettings, Secrets, Store, StoreAddress};
use media::{
    ColumnKind, ColumnSpec, Credential, CredentialId, FeedEndpoint, FeedId, FeedSpec, FeedTarget, TableId,
    TableSpec, Value, WallTime,
};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A folder that is gone with the test.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("taibai-{name}-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A process that ends with the test, however that ends.
pub struct Process(Child);

impl Process {
    pub fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::null());
        // SAFETY: prctl and nothing else between fork and exec.
        unsafe {
            command.pre_exec(|| {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                Ok(())
            });
        }
        Self(command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }

    pub fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    pub fn signal(&mut self, signal: i32) {
        // SAFETY: the child is ours and has not been waited for.
        unsafe { libc::kill(self.0.id() as i32, signal) };
    }

    pub fn wait(&mut self) {
        let _ = self.0.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

pub fn wait_for_port(port: u16) {
    let until = Instant::now() + Duration::from_secs(60);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < until, "nothing listens on port {port}");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

/// Waits until something is true.
pub async fn until(what: &str, mut check: impl AsyncFnMut() -> bool) {
    let mut tick = tokio::time::interval(Duration::from_millis(20));
    let begin = Instant::now();
    while !check().await {
        assert!(begin.elapsed() < Duration::from_secs(120), "waited in vain: {what}");
        tick.tick().await;
    }
}

pub fn system_clock() -> Clock {
    Arc::new(|| WallTime(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as i64))
}

pub fn table_id(name: &str) -> TableId {
    TableId::new(name).unwrap()
}

pub fn feed_id(name: &str) -> FeedId {
    FeedId::new(name).unwrap()
}

/// A table `name` with columns as `name kind` and `name kind?`, known by the first one.
pub fn table(name: &str, columns: &str) -> TableSpec {
    let columns: Vec<ColumnSpec> = columns
        .split(',')
        .map(|column| {
            let (name, kind) = column.trim().split_once(' ').unwrap();
            let kind_name = kind.trim_end_matches('?');
            let kind_of = match kind_name {
                "text" => ColumnKind::Text,
                "integer" => ColumnKind::Integer,
                "real" => ColumnKind::Real,
                "flag" => ColumnKind::Flag,
                "time" => ColumnKind::Time,
                other => panic!("{other}"),
            };
            ColumnSpec { name: name.into(), kind: kind_of, optional: kind.ends_with('?') }
        })
        .collect();
    let key = vec![columns[0].name.clone()];
    TableSpec { id: table_id(name), columns, key, keep: None, rows_max: 100_000 }
}

pub fn feed(name: &str, endpoint: FeedEndpoint, table: &str) -> FeedSpec {
    FeedSpec {
        id: feed_id(name),
        endpoint,
        rows: None,
        target: FeedTarget::Table { table: table_id(table), columns: vec![] },
        promise: Duration::from_secs(10),
    }
}

pub fn secrets(user: &str, password: &str) -> Secrets {
    let (user, password) = (user.to_owned(), password.to_owned());
    Arc::new(move |id: &CredentialId| {
        (id.as_str() == "good").then(|| Credential { user: user.clone(), password: password.clone() })
    })
}

pub fn settings(folder: &Path) -> FeedsSettings {
    FeedsSettings { data_folder: folder.to_owned(), instance: "test".into(), seed: 7, authorities: vec![] }
}

pub async fn sqlite(folder: &Folder, tables: &[TableSpec]) -> Store {
    let address = StoreAddress::Sqlite { path: folder.0.join("tables.sqlite") };
    Store::open(&address, tables, system_clock()).await.unwrap()
}

pub async fn start(specs: &[FeedSpec], store: &Store, folder: &Folder) -> Feeds {
    Feeds::start(specs, store.clone(), secrets("user", "secret"), settings(&folder.0)).await.unwrap()
}

pub async fn ask(store: &Store, sql: &str) -> Vec<Vec<Value>> {
    let answer = store.ask(sql, 100_000, Duration::from_secs(10)).await;
    answer.unwrap_or_else(|error| panic!("{sql}: {error}")).rows().to_vec()
}

pub async fn integer(store: &Store, sql: &str) -> i64 {
    match ask(store, sql).await.first().and_then(|row| row.first()) {
        Some(Value::Integer(int)) => *int,
        other => panic!("{sql}: {other:?}"),
    }
}

/// A mosquitto of our own.
pub struct Mosquitto {
    pub port: u16,
    folder: PathBuf,
    process: Option<Process>,
}

impl Mosquitto {
    /// With `extra` lines of configuration. What it keeps for sessions survives a SIGTERM.
    pub fn start(folder: &Folder, extra: &str) -> Self {
        let port = free_port();
        let base = folder.0.join("mosquitto");
        std::fs::create_dir_all(&base).unwrap();
        let text = format!(
            "listener {port} 127.0.0.1\npersistence true\npersistence_location {}/\nautosave_interval 1\nautosave_on_changes true\nmax_queued_messages 0\nuser root\n{extra}\n",
            base.display()
        );
        std::fs::write(base.join("conf"), text).unwrap();
        let mut this = Self { port, folder: base, process: None };
        this.up();
        this
    }

    pub fn up(&mut self) {
        let log = std::fs::File::create(self.folder.join("log")).unwrap();
        let mut command = Command::new("/usr/sbin/mosquitto");
        command.arg("-c").arg(self.folder.join("conf")).stderr(log.try_clone().unwrap()).stdout(log);
        self.process = Some(Process::start(&mut command));
        wait_for_port(self.port);
    }

    /// Ends it; `hard` without letting it write what it keeps.
    pub fn down(&mut self, hard: bool) {
        if let Some(mut process) = self.process.take()
            && !hard
        {
            process.signal(libc::SIGTERM);
            process.wait();
        }
    }

    /// Publishes each line as a message at QoS 1; returns when the broker has them.
    pub fn publish(&self, topic: &str, lines: &str, more: &[&str]) {
        let mut command = Command::new("mosquitto_pub");
        command
            .args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-t", topic, "-q", "1", "-l"])
            .args(more);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), lines.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    }
}

/// A PostgreSQL server of our own, with user `taibai`, password `secret`, database `taibai`.
pub struct Postgres {
    pub port: u16,
    folder: PathBuf,
    process: Option<Process>,
}

fn unprivileged() -> (u32, u32) {
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap();
    let id = |name: &str| {
        let line = passwd.lines().find(|line| line.starts_with(&format!("{name}:")))?;
        let mut parts = line.split(':').skip(2).map(|part| part.parse().unwrap());
        Some((parts.next()?, parts.next()?))
    };
    id("postgres").or_else(|| id("nobody")).unwrap()
}

impl Postgres {
    fn command(&self, name: &str) -> Command {
        let folder = std::fs::read_dir("/usr/lib/postgresql").unwrap().next().unwrap().unwrap().path();
        let mut command = Command::new(folder.join("bin").join(name));
        // SAFETY: a plain system call.
        if unsafe { libc::geteuid() } == 0 {
            let (user, group) = unprivileged();
            command.uid(user).gid(group);
        }
        command.current_dir("/").stdout(Stdio::null());
        command
    }

    pub fn start(folder: &Folder) -> Self {
        let base = folder.0.join("postgres");
        std::fs::create_dir_all(&base).unwrap();
        // SAFETY: a plain system call.
        if unsafe { libc::geteuid() } == 0 {
            let (user, group) = unprivileged();
            std::os::unix::fs::chown(&base, Some(user), Some(group)).unwrap();
        }
        std::fs::write(base.join("password"), "secret").unwrap();
        let mut this = Self { port: free_port(), folder: base, process: None };
        let made = this
            .command("initdb")
            .args(["-U", "taibai", "-A", "scram-sha-256", "--no-sync", "-E", "UTF8", "--locale=C"])
            .arg("--pwfile")
            .arg(this.folder.join("password"))
            .arg("-D")
            .arg(this.folder.join("data"))
            .status()
            .unwrap();
        assert!(made.success());
        this.up();
        this
    }

    pub fn up(&mut self) {
        let log = std::fs::File::create(self.folder.join("log")).unwrap();
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.folder.join("data"));
        command.args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-k", ""]).stderr(log);
        self.process = Some(Process::start(&mut command));
        let until = Instant::now() + Duration::from_secs(60);
        let ready = ["-h", "127.0.0.1", "-q", "-p"];
        while !self.command("pg_isready").args(ready).arg(self.port.to_string()).status().unwrap().success() {
            assert!(Instant::now() < until, "PostgreSQL does not start");
            std::thread::park_timeout(Duration::from_millis(50));
        }
    }

    /// Kills it and all that it started, as a power cut would.
    pub fn down(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.signal(libc::SIGQUIT);
            process.wait();
        }
    }

    pub fn address(&self) -> StoreAddress {
        StoreAddress::Postgres {
            host: "127.0.0.1".into(),
            port: self.port,
            database: "postgres".into(),
            tls: false,
            credential: Some(Credential { user: "taibai".into(), password: "secret".into() }),
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.down();
    }
}
