//! The command line: what can be asked of Taibai, in words that teach.

mod data;
mod people;
mod sources;

pub use data::{
    AcknowledgeArgs, AlarmsArgs, EventsAdvanceArgs, EventsCommand, EventsListArgs, EventsReportArgs,
    EventsVerifyArgs, FeedCommand, FeedPushArgs, LogArgs, TourArgs, TourCommand,
};
pub use people::{
    AccessTokenCommand, AuditLogCommand, AuditLogListArgs, AuditLogVerifyArgs, PeopleListArgs, RightsArgs,
    TokenAddArgs, TokenRevokeArgs, UserAddArgs, UserCommand, UserNameArgs, UserPasswordArgs, UserRoleArgs,
};

pub use sources::{AddSourceArgs, ListSourcesArgs, ProbeSourceArgs, RemoveSourceArgs, SourceCommand};

use crate::cli_wall::WallCommand;
use crate::logging::LogFormat;
use clap::{Args, Parser, Subcommand, ValueEnum};
use node::Rehearsal;
use protocol_quic::ClockMaster;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Taibai (太白): live video and data on one spliced wall, over many screens and many machines.
///
/// A hall document (TOML) says which screens hang where, what comes in, and what is shown. Begin with
/// `taibai check HALL.toml`, look at it with `taibai render`, run it on this machine with `taibai run`, and spread it
/// over machines with `taibai controller`, `taibai ingest` and `taibai display`.
///
/// Exit codes: 0 done, 1 the hall document is wrong, 2 the command line is wrong, 3 something failed while running or an
/// audit found screens that differed.
#[derive(Debug, Parser)]
#[command(name = "taibai", version, propagate_version = true)]
pub struct Cli {
    /// What to log: error, warn, info, debug, trace, or a filter such as `info,node=debug`.
    #[arg(long, global = true, default_value = "info", env = "TAIBAI_LOG")]
    pub log: String,
    /// How log lines look.
    #[arg(long, global = true, value_enum, default_value = "text")]
    pub log_format: LogFormat,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What Taibai can be asked to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read a hall document and say everything that is wrong with it
    Check(CheckArgs),
    /// Draw one moment of a scene into a PNG; same input, same bytes
    Render(RenderArgs),
    /// Run a whole hall in this one process, media in memory
    Run(RunArgs),
    /// Design halls in a window: what is on its canvas is what the wall shows
    Editor(EditorArgs),
    /// Be the authority on the wall: nodes and operators talk to it
    Controller(ControllerArgs),
    /// Make a one-time token with which a node may join the hall; with add, list or revoke, the tokens of other systems
    Token(TokenArgs),
    /// Users of the console and the API, on the controller's own machine
    #[command(subcommand)]
    User(UserCommand),
    /// Who did what, when, from where; and the proof that none of it was altered
    #[command(subcommand)]
    AuditLog(AuditLogCommand),
    /// Enrol this machine with a one-time token
    Join(JoinArgs),
    /// Be an ingest node: read sources and publish them over QUIC
    Ingest(IngestArgs),
    /// Be a display node: drive this machine's screens
    Display(DisplayArgs),
    /// Show another scene on a running wall
    Scene(SceneArgs),
    /// Show or hide the sync stamp of a wall, by which a photograph proves that its screens agree
    Stamp(StampArgs),
    /// Show every screen's number, name and output on itself for a while, so that people find which is which
    Identify(IdentifyArgs),
    #[command(flatten)]
    Wall(WallCommand),
    /// List, add, look at and remove sources while the hall runs
    #[command(subcommand)]
    Source(SourceCommand),
    /// Say how a running hall is
    Status(StatusArgs),
    /// Watch a running hall and say whether all screens showed the same frames; ends with 3 if they did not
    Audit(AuditArgs),
    /// Push rows into a feed, or say how all feeds are
    #[command(subcommand)]
    Feed(FeedCommand),
    /// Events of the hall: report them, let them go on, list them, prove that none was altered
    #[command(subcommand)]
    Events(EventsCommand),
    /// Say which alarms are due
    Alarms(AlarmsArgs),
    /// End an alarm because it has been seen: the wall is given back
    Acknowledge(AcknowledgeArgs),
    /// Hold a tour at its scene, or let it go on
    #[command(subcommand)]
    Tour(TourCommand),
    /// Say why things happened on the walls, or did not
    Log(LogArgs),
    /// Say what this machine can do, and what to install where something is missing
    Doctor(DoctorArgs),
    /// Measure
    #[command(subcommand)]
    Bench(BenchCommand),
}

/// `taibai check`
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The hall document
    pub hall: PathBuf,
}

/// Which implementation makes the pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CompositorChoice {
    /// wgpu on a real GPU, else the CPU
    Auto,
    /// The CPU
    Cpu,
    /// wgpu, even on a software rasteriser
    Wgpu,
}

/// `taibai render`
#[derive(Debug, Args)]
pub struct RenderArgs {
    /// The hall document
    pub hall: PathBuf,
    /// Which scene
    #[arg(long)]
    pub scene: String,
    /// The moment, in seconds from the start of every file
    #[arg(long, default_value_t = 0.0)]
    pub at: f64,
    /// The wall time at which every file starts: seconds since 1970, or like 2026-11-23T10:32:00+08:00
    #[arg(long, default_value = "0", value_name = "TIME")]
    pub now: String,
    /// What the hall's queries have answered: a JSON file, {"QUERY": {"columns": ["name", "due time"], "rows": [[…]], "as_of": TIME, "promise_s": 60, "fault": "…"}}
    #[arg(long, value_name = "FILE.json")]
    pub data: Option<PathBuf>,
    /// Which scene it replaces, by its transition
    #[arg(long, value_name = "SCENE")]
    pub from: Option<String>,
    /// When the scene came on, in seconds like `--at`
    #[arg(long, default_value_t = 0.0, requires = "from", value_name = "SECONDS")]
    pub since: f64,
    /// With the sync stamp over it
    #[arg(long)]
    pub stamp: bool,
    /// With the numbered card of every screen over it
    #[arg(long)]
    pub identify: bool,
    /// Which wall, where the hall has several
    #[arg(long)]
    pub wall: Option<String>,
    /// One screen as its cable carries it; without it the whole canvas
    #[arg(long)]
    pub screen: Option<String>,
    /// Which implementation makes the pixels
    #[arg(long, value_enum, default_value = "cpu")]
    pub compositor: CompositorChoice,
    /// Folder of files and stills; by default `media` beside the hall document
    #[arg(long)]
    pub media: Option<PathBuf>,
    /// Where to write the picture
    #[arg(long)]
    pub out: PathBuf,
}

/// What every command that shows pictures takes.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Open no window; compose into memory only
    #[arg(long)]
    pub headless: bool,
    /// End after this many seconds
    #[arg(long)]
    pub seconds: Option<f64>,
    /// At the end, write how it went as JSON
    #[arg(long, value_name = "FILE.json")]
    pub report: Option<PathBuf>,
    /// At the end, write one PNG per screen and one of the wall into this folder
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Append every composed picture to this file or named pipe (for tests)
    #[arg(long, value_name = "FILE")]
    pub tap: Option<PathBuf>,
    /// Write what the clocks say at every present call to this file (for tests)
    #[arg(long, value_name = "FILE.csv")]
    pub timing_log: Option<PathBuf>,
    /// Do something wrong, for proofs that it is noticed: clock-ppm=N, clock-offset-us=N, lag-ticks=N, switch-late-ticks=N
    #[arg(long, value_name = "FAULTS", hide = true)]
    pub rehearse: Option<Rehearsal>,
    /// Which implementation makes the pixels
    #[arg(long, value_enum, default_value = "auto")]
    pub compositor: CompositorChoice,
}

/// `taibai run`
#[derive(Debug, Args)]
pub struct RunArgs {
    /// The hall document
    pub hall: PathBuf,
    /// Which scene to begin with; by default the wall's first
    #[arg(long)]
    pub scene: Option<String>,
    /// Users and passwords of sources (TOML)
    #[arg(long)]
    pub credentials: Option<PathBuf>,
    /// Folder of files and stills; by default `media` beside the hall document
    #[arg(long)]
    pub media: Option<PathBuf>,
    #[command(flatten)]
    pub show: ShowArgs,
}

/// `taibai editor`
#[derive(Debug, Args)]
pub struct EditorArgs {
    /// The hall document; without one the start page opens. With --controller it is the designer's own copy of the controller's, which is
    /// made where it is not there
    pub hall: Option<PathBuf>,
    /// Work live on a controller: follow it, stage scenes and take them; https://HOST:PORT of its console
    #[arg(long, value_name = "URL")]
    pub controller: Option<String>,
    /// File with the token by which the controller knows the designer, for nobody else to read; else TAIBAI_TOKEN. `taibai token add NAME --role
    /// designer` prints one
    #[arg(long, value_name = "FILE", requires = "controller")]
    pub token_file: Option<PathBuf>,
    /// Certificate of the authority that has signed the console's (PEM), where this machine does not know it
    #[arg(long, value_name = "FILE", requires = "controller")]
    pub authority: Option<PathBuf>,
    /// Folder of files and stills; by default `media` beside the hall document
    #[arg(long)]
    pub media: Option<PathBuf>,
    /// Folder of files and databases that feeds read, for the rows of queries; by default `data` beside the hall document
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// Where the editor keeps its settings; by default taibai/editor.json in the folder of settings
    #[arg(long, value_name = "FILE.json")]
    pub settings: Option<PathBuf>,
}

/// Where the controller answers commands unless told otherwise.
pub const HTTP_DEFAULT: &str = "127.0.0.1:7780";
/// Where the console is unless told otherwise.
pub const CONSOLE_DEFAULT: &str = "127.0.0.1:8470";
/// Where the controller listens for nodes unless told otherwise.
pub const LISTEN_DEFAULT: &str = "127.0.0.1:7777";

/// `taibai controller`
#[derive(Debug, Args)]
pub struct ControllerArgs {
    /// The hall document
    pub hall: PathBuf,
    /// Folder of certificates, tokens and state
    #[arg(long, default_value = "state/controller")]
    pub state: PathBuf,
    /// Where nodes connect (QUIC, mutual TLS)
    #[arg(long, default_value = LISTEN_DEFAULT)]
    pub listen: SocketAddr,
    /// Where `taibai scene` and `taibai status` connect; loopback only
    #[arg(long, default_value = HTTP_DEFAULT)]
    pub http: SocketAddr,
    /// Where people and other systems come: the console and the API, each with an account; may be reached from other machines
    #[arg(long, default_value = CONSOLE_DEFAULT, value_name = "ADDRESS")]
    pub console: SocketAddr,
    /// A name of this machine that people type into their browsers; may be given several times. Its addresses and localhost need none
    #[arg(long, value_name = "NAME")]
    pub console_host: Vec<String>,
    /// Certificate of the console and the API (PEM, with those between it and its authority): they speak HTTPS then, and nothing else
    #[arg(long, value_name = "FILE", requires = "console_key")]
    pub console_certificate: Option<PathBuf>,
    /// Its private key (PEM)
    #[arg(long, value_name = "FILE", requires = "console_certificate")]
    pub console_key: Option<PathBuf>,
    /// Where webhooks of feeds may come from other machines; off unless given. Their tokens travel readably: put a TLS proxy before it
    #[arg(long, value_name = "ADDRESS")]
    pub webhook_listen: Option<SocketAddr>,
    /// Folder of the pictures that windows name, and of sounds; by default `media` beside the hall document
    #[arg(long)]
    pub media: Option<PathBuf>,
    /// Folder of files and databases that feeds read; by default `data` beside the hall document
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// Users, passwords and tokens of feeds, webhooks and the data store (TOML)
    #[arg(long)]
    pub credentials: Option<PathBuf>,
    /// A program that says words aloud, and its arguments: `--voice-command espeak-ng -v cmn ;`; the words come on its standard input
    #[arg(long, num_args = 1.., value_terminator = ";", allow_hyphen_values = true, value_name = "PROGRAM")]
    pub voice_command: Vec<String>,
    /// A program that plays a sound, and its arguments, ended by `;`; the file comes last
    #[arg(long, num_args = 1.., value_terminator = ";", allow_hyphen_values = true, value_name = "PROGRAM")]
    pub sound_command: Vec<String>,
}

/// What a node is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RoleChoice {
    /// Reads sources
    Ingest,
    /// Drives screens
    Display,
    /// Pushes data into feeds
    Feed,
}

/// Where a node's time comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ClockChoice {
    /// The controller, over the network
    Controller,
    /// This machine's system clock, kept by PTP or chrony on every machine of the hall
    System,
}

impl ClockChoice {
    /// Whom the node's clock follows.
    pub fn master(self) -> ClockMaster {
        match self {
            Self::Controller => ClockMaster::Controller,
            Self::System => ClockMaster::System,
        }
    }
}

/// `taibai token`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct TokenArgs {
    /// Tokens of other systems
    #[command(subcommand)]
    pub access: Option<AccessTokenCommand>,
    /// The node's name, as the hall document uses it
    #[arg(required = true)]
    pub node: Option<String>,
    /// What the node is for
    #[arg(long, value_enum, required = true)]
    pub role: Option<RoleChoice>,
    /// The controller's state folder
    #[arg(long, default_value = "state/controller")]
    pub state: PathBuf,
    /// For how many minutes the token can be used
    #[arg(long, default_value_t = 15)]
    pub minutes: u64,
}

/// `taibai join`
#[derive(Debug, Args)]
pub struct JoinArgs {
    /// The token that `taibai token` printed; `-` reads it from standard input
    pub token: String,
    /// The controller's address
    #[arg(long, default_value = LISTEN_DEFAULT)]
    pub controller: SocketAddr,
    /// Folder in which this node keeps its key and certificate
    #[arg(long, default_value = "state/node")]
    pub state: PathBuf,
}

/// `taibai ingest`
#[derive(Debug, Args)]
pub struct IngestArgs {
    /// The controller's address
    #[arg(long, default_value = LISTEN_DEFAULT)]
    pub controller: SocketAddr,
    /// This node's state folder, filled by `taibai join`
    #[arg(long, default_value = "state/node")]
    pub state: PathBuf,
    /// Where display nodes fetch media (QUIC, mutual TLS)
    #[arg(long, default_value = "127.0.0.1:7778")]
    pub listen: SocketAddr,
    /// The media port that display nodes are told, where it is another one than this node listens on (forwarded ports)
    #[arg(long, value_name = "PORT")]
    pub announce_port: Option<u16>,
    /// Who tells this node the hall's time
    #[arg(long, value_enum, default_value = "controller")]
    pub clock: ClockChoice,
    /// Users and passwords of sources (TOML)
    #[arg(long)]
    pub credentials: Option<PathBuf>,
    /// Folder of files and stills
    #[arg(long, default_value = "media")]
    pub media: PathBuf,
    /// End after this many seconds
    #[arg(long)]
    pub seconds: Option<f64>,
}

/// `taibai display`
#[derive(Debug, Args)]
pub struct DisplayArgs {
    /// The controller's address
    #[arg(long, default_value = LISTEN_DEFAULT)]
    pub controller: SocketAddr,
    /// This node's state folder, filled by `taibai join`
    #[arg(long, default_value = "state/node")]
    pub state: PathBuf,
    /// Who tells this node the hall's time
    #[arg(long, value_enum, default_value = "controller")]
    pub clock: ClockChoice,
    #[command(flatten)]
    pub show: ShowArgs,
}

/// `taibai scene`
#[derive(Debug, Args)]
pub struct SceneArgs {
    /// Which scene
    pub scene: String,
    /// Return at once; by default wait until the scene is on air and say which nodes were not ready
    #[arg(long)]
    pub no_wait: bool,
    /// The controller's command address
    #[arg(long, default_value = HTTP_DEFAULT)]
    pub http: SocketAddr,
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// Shown
    On,
    /// Hidden
    Off,
}

/// `taibai stamp`
#[derive(Debug, Args)]
pub struct StampArgs {
    /// Which wall
    pub wall: String,
    /// Whether to show the stamp
    #[arg(value_enum)]
    pub switch: Switch,
    /// The controller's command address
    #[arg(long, default_value = HTTP_DEFAULT)]
    pub http: SocketAddr,
}

/// `taibai identify`
#[derive(Debug, Args)]
pub struct IdentifyArgs {
    /// Which wall
    pub wall: String,
    /// For how long, in seconds; 0 takes the cards away
    #[arg(long, default_value_t = 30)]
    pub seconds: u32,
    /// The controller's command address
    #[arg(long, default_value = HTTP_DEFAULT)]
    pub http: SocketAddr,
}

/// `taibai status`
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// How well the screens agree: frames, present calls, clocks, alarms; on a terminal drawn again each second
    #[arg(long)]
    pub sync: bool,
    /// The controller's command address
    #[arg(long, default_value = HTTP_DEFAULT)]
    pub http: SocketAddr,
}

/// `taibai audit`
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// For how long
    #[arg(long, default_value_t = 60.0)]
    pub seconds: f64,
    /// Write every figure, every differing tick and every alarm as JSON
    #[arg(long, value_name = "FILE.json")]
    pub report: Option<PathBuf>,
    /// The controller's command address
    #[arg(long, default_value = HTTP_DEFAULT)]
    pub http: SocketAddr,
}

/// `taibai doctor`
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `taibai bench`
#[derive(Debug, Subcommand)]
pub enum BenchCommand {
    /// The compositor against libavfilter on the same decoded frames
    Compose(BenchComposeArgs),
}

/// `taibai bench compose`
#[derive(Debug, Args)]
pub struct BenchComposeArgs {
    /// Fewer rounds
    #[arg(long)]
    pub quick: bool,
    /// Also write the table as JSON
    #[arg(long, value_name = "FILE.json")]
    pub json: Option<PathBuf>,
}
