//! The servers that feeds speak to, real ones on ports of their own: mosquitto, PostgreSQL, a page over HTTP; ended by pid.

use crate::peers::free_tcp_port;
use crate::process::Process;
use rumqttc::{Client, Event, MqttOptions, Packet, QoS};
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection};
use std::fs;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a server may take to come.
const PATIENCE: Duration = Duration::from_secs(30);
/// Messages that wait for the broker.
const WAITING_MAX: usize = 4096;
/// User and password of the databases.
const USER: &str = "taibai";
const PASSWORD: &str = "secret";

/// A mosquitto.
#[derive(Debug)]
pub struct Broker {
    /// Its TCP port on 127.0.0.1.
    pub port: u16,
    folder: PathBuf,
    process: Option<Process>,
}

impl Broker {
    /// Starts one; `keeps` says whether it writes down what it has taken, so that it survives a kill.
    pub fn start(folder: &Path, keeps: bool) -> io::Result<Self> {
        let (port, folder) = (free_tcp_port()?, folder.join("mosquitto"));
        fs::create_dir_all(&folder)?;
        let kept = format!(
            "persistence true\npersistence_location {}/\nautosave_interval 1\nautosave_on_changes true\n",
            folder.display()
        );
        let text = format!(
            "listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nuser root\n{}",
            if keeps { kept.as_str() } else { "persistence false\n" }
        );
        fs::write(folder.join("conf"), text)?;
        let mut broker = Self { port, folder, process: None };
        broker.up()?;
        Ok(broker)
    }

    /// Starts it again.
    pub fn up(&mut self) -> io::Result<()> {
        let mut command = Command::new("/usr/sbin/mosquitto");
        command.arg("-c").arg(self.folder.join("conf"));
        let mut process = Process::spawn("mosquitto", &mut command, &self.folder.join("log"))?;
        let begin = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            if process.ended().is_some() || begin.elapsed() > PATIENCE {
                return Err(io::Error::other(format!("mosquitto does not start: {}", process.last_words(5))));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        self.process = Some(process);
        Ok(())
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill();
        }
    }
}

/// Who publishes at QoS 1 and keeps what the broker has not acknowledged.
pub struct Publisher {
    client: Client,
    acknowledged: Arc<AtomicU64>,
    sent: u64,
}

impl Publisher {
    /// Connects to a broker on 127.0.0.1, again and again by itself.
    pub fn connect(port: u16) -> Self {
        let mut options = MqttOptions::new("proof-publisher", "127.0.0.1", port);
        options.set_keep_alive(Duration::from_secs(5)).set_clean_session(false);
        let (client, mut connection) = Client::new(options, WAITING_MAX);
        let acknowledged = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&acknowledged);
        std::thread::spawn(move || {
            for event in connection.iter() {
                match event {
                    Ok(Event::Incoming(Packet::PubAck(_))) => {
                        counted.fetch_add(1, Ordering::Relaxed);
                    }
                    Ok(_) => {}
                    Err(_) => std::thread::sleep(Duration::from_millis(100)),
                }
            }
        });
        Self { client, acknowledged, sent: 0 }
    }

    /// Publishes one message.
    pub fn publish(&mut self, topic: &str, body: String) -> io::Result<()> {
        self.client.publish(topic, QoS::AtLeastOnce, false, body).map_err(io::Error::other)?;
        self.sent += 1;
        Ok(())
    }

    /// Waits until the broker has everything.
    pub fn wait_until_taken(&self) -> io::Result<()> {
        super::waited("the broker has taken all messages", PATIENCE, || {
            Ok((self.acknowledged.load(Ordering::Relaxed) >= self.sent).then_some(()))
        })
    }
}

/// A PostgreSQL server with user `taibai`, password `secret`, database `postgres`. Its folder is gone with it.
#[derive(Debug)]
pub struct Postgres {
    /// Its TCP port on 127.0.0.1.
    pub port: u16,
    folder: PathBuf,
    process: Option<Process>,
}

impl Postgres {
    /// Makes a database and starts its server.
    pub fn start() -> io::Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        // It runs as another user, who cannot look into everybody's home.
        let folder = std::env::temp_dir().join(format!("taibai-postgres-{}-{count}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder)?;
        if let Some((user, group)) = other_user()? {
            std::os::unix::fs::chown(&folder, Some(user), Some(group))?;
        }
        fs::write(folder.join("password"), PASSWORD)?;
        let mut this = Self { port: free_tcp_port()?, folder, process: None };
        let mut make = this.command("initdb")?;
        make.args(["-U", USER, "-A", "scram-sha-256", "--no-sync", "-E", "UTF8", "--locale=C"]);
        make.arg("--pwfile").arg(this.folder.join("password")).arg("-D").arg(this.folder.join("data"));
        let made = make.output()?;
        if !made.status.success() {
            return Err(io::Error::other(format!("initdb: {}", String::from_utf8_lossy(&made.stderr))));
        }
        this.up()?;
        Ok(this)
    }

    fn command(&self, name: &str) -> io::Result<Command> {
        let versions = fs::read_dir("/usr/lib/postgresql")?;
        let newest = versions.flatten().map(|entry| entry.path()).max();
        let newest = newest.ok_or_else(|| io::Error::other("there is no PostgreSQL"))?;
        let mut command = Command::new(newest.join("bin").join(name));
        if let Some((user, group)) = other_user()? {
            command.uid(user).gid(group);
        }
        command.current_dir("/");
        Ok(command)
    }

    /// Starts it again.
    pub fn up(&mut self) -> io::Result<()> {
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            let mut command = self.command("postgres")?;
            command.arg("-D").arg(self.folder.join("data"));
            command.args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-k", ""]);
            let mut process = Process::spawn("postgres", &mut command, &self.folder.join("log"))?;
            while process.ended().is_none() && begin.elapsed() < PATIENCE {
                if Sql::connect(self.port).is_ok() {
                    self.process = Some(process);
                    return Ok(());
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            // What its killed predecessor started may still be there for a moment.
            std::thread::sleep(Duration::from_millis(200));
        }
        let words = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        let end = words.lines().rev().take(5).collect::<Vec<_>>().join("\n");
        Err(io::Error::other(format!("PostgreSQL does not start: {end}")))
    }

    /// Ends it as a power cut would; what it started ends by itself.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill();
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.signal(libc::SIGQUIT);
            process.wait(Duration::from_secs(5));
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Who runs PostgreSQL where we are root, which it refuses to be.
fn other_user() -> io::Result<Option<(u32, u32)>> {
    // SAFETY: a plain system call.
    if unsafe { libc::geteuid() } != 0 {
        return Ok(None);
    }
    let text = fs::read_to_string("/etc/passwd")?;
    let of = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(&format!("{name}:")))?;
        let mut numbers = line.split(':').skip(2).map(|part| part.parse().ok());
        Some((numbers.next()??, numbers.next()??))
    };
    let found = of("postgres").or_else(|| of("nobody"));
    found.map(Some).ok_or_else(|| io::Error::other("there is no user for PostgreSQL"))
}

/// A connection to a [`Postgres`].
#[derive(Debug)]
pub struct Sql {
    runtime: tokio::runtime::Runtime,
    link: PgConnection,
}

impl Sql {
    /// Connects to a server on 127.0.0.1.
    pub fn connect(port: u16) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let options = PgConnectOptions::new().host("127.0.0.1").port(port).username(USER).password(PASSWORD);
        let options = options.database("postgres").disable_statement_logging();
        let link = runtime.block_on(PgConnection::connect_with(&options)).map_err(io::Error::other)?;
        Ok(Self { runtime, link })
    }

    /// Runs statements.
    pub fn run(&mut self, text: &str) -> io::Result<()> {
        let work = self.link.execute(sqlx::raw_sql(AssertSqlSafe(text.to_owned())));
        self.runtime.block_on(work).map(drop).map_err(io::Error::other)
    }

    /// The one whole number that a statement gives.
    pub fn number(&mut self, text: &str) -> io::Result<i64> {
        let work = sqlx::query_scalar(AssertSqlSafe(text.to_owned())).fetch_one(&mut self.link);
        self.runtime.block_on(work).map_err(io::Error::other)
    }
}

/// The one whole number that a statement gives on a SQLite file that others use meanwhile.
pub fn sqlite_number(file: &Path, text: &str) -> io::Result<i64> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let options = SqliteConnectOptions::new().filename(file).read_only(true);
        let mut link = options.connect().await.map_err(io::Error::other)?;
        let number = sqlx::query_scalar(AssertSqlSafe(text.to_owned())).fetch_one(&mut link).await;
        let _ = link.close().await;
        number.map_err(io::Error::other)
    })
}

/// A page over HTTP that says what it was told last.
#[derive(Debug)]
pub struct Page {
    /// Its TCP port on 127.0.0.1.
    pub port: u16,
    body: Arc<Mutex<String>>,
    ended: Arc<AtomicBool>,
}

impl Page {
    /// Serves `body` as JSON under every path.
    pub fn start(body: &str) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let (body, ended) = (Arc::new(Mutex::new(body.to_owned())), Arc::new(AtomicBool::new(false)));
        let (said, over) = (Arc::clone(&body), Arc::clone(&ended));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                let body = said.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let _ = respond(stream, &body);
            }
        });
        Ok(Self { port, body, ended })
    }

    /// From now on it says this.
    pub fn say(&self, body: String) {
        *self.body.lock().unwrap_or_else(PoisonError::into_inner) = body;
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn respond(mut stream: TcpStream, body: &str) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && head.len() < 8192 {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}
