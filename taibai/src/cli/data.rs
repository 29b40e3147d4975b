//! What can be asked about data, events and rules.

use super::HTTP_DEFAULT;
use clap::{Args, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;

/// `taibai feed`
#[derive(Debug, Subcommand)]
pub enum FeedCommand {
    /// Read JSON lines from standard input and push them, many at a time; each line is a message of the feed
    Push(FeedPushArgs),
    /// Say how the feeds are, and what did not fit
    List(AlarmsArgs),
}

/// `taibai feed push`
#[derive(Debug, Args)]
pub struct FeedPushArgs {
    /// Which feed: one with `push = true`, or with `webhook` and a token
    pub feed: String,
    /// The controller's command address, or its webhook address
    #[arg(long, default_value = HTTP_DEFAULT)]
    pub http: SocketAddr,
    /// A file (chmod 600) with the feed's token; a command line is public
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Push over QUIC instead, to the controller's node address (HOST:PORT), with the certificate in --state
    #[arg(long, value_name = "ADDRESS", conflicts_with = "token_file")]
    pub quic: Option<String>,
    /// Where `taibai join` has left the certificate; it must have joined as a feed
    #[arg(long, default_value = "state/feed")]
    pub state: PathBuf,
}

/// `taibai events`
#[derive(Debug, Subcommand)]
pub enum EventsCommand {
    /// Compute every hash of the ledger anew; ends with 3 if a record was altered or is missing
    Verify(EventsVerifyArgs),
    /// The newest events
    List(EventsListArgs),
    /// Report an event
    Report(EventsReportArgs),
    /// Let an event go on: verified, dispatched, handled, closed
    Advance(EventsAdvanceArgs),
}

/// `taibai events verify`
#[derive(Debug, Args)]
pub struct EventsVerifyArgs {
    /// Open the store of this state folder instead of asking the controller
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// The controller's command address
    #[arg(long, default_value = HTTP_DEFAULT)]
    pub http: SocketAddr,
}

/// `taibai events list`
#[derive(Debug, Args)]
pub struct EventsListArgs {
    /// Only those in this state
    #[arg(long)]
    pub only: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// The controller's command address
    #[arg(long, default_value = HTTP_DEFAULT)]
    pub http: SocketAddr,
}

/// `taibai events report`
#[derive(Debug, Args)]
pub struct EventsReportArgs {
    /// Its id, unique for ever
    pub id: String,
    /// What kind of thing, such as fire-lane
    #[arg(long)]
    pub kind: String,
    /// In words
    #[arg(long)]
    pub title: String,
    /// 1 (slight) to 5 (grave)
    #[arg(long, default_value_t = 1)]
    pub severity: u8,
    /// Where, outermost level first, joined by `/`
    #[arg(long, default_value = "")]
    pub place: String,
    /// Longitude in degrees
    #[arg(long, allow_negative_numbers = true, requires = "lat")]
    pub lon: Option<f64>,
    /// Latitude in degrees
    #[arg(long, allow_negative_numbers = true, requires = "lon")]
    pub lat: Option<f64>,
    /// Which network reports it
    #[arg(long, default_value = "")]
    pub network: String,
    /// Which domain it belongs to
    #[arg(long, default_value = "")]
    pub domain: String,
    /// Who reports it
    #[arg(long)]
    pub by: Option<String>,
    /// The controller's command address
    #[arg(long, default_value = HTTP_DEFAULT)]
    pub http: SocketAddr,
}

/// `taibai events advance`
#[derive(Debug, Args)]
pub struct EventsAdvanceArgs {
    /// Which event
    pub id: String,
    /// verified, dispatched, handled or closed
    pub to: String,
    /// Who
    #[arg(long)]
    pub by: Option<String>,
    /// The controller's command address
    #[arg(long, default_value = HTTP_DEFAULT)]
    pub http: SocketAddr,
}

/// `taibai alarms` and `taibai feed list`
#[derive(Debug, Args)]
pub struct AlarmsArgs {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// The controller's command address
    #[arg(long, default_value = HTTP_DEFAULT)]
    pub http: SocketAddr,
}

/// `taibai acknowledge`
#[derive(Debug, Args)]
pub struct AcknowledgeArgs {
    /// The alarm's number
    pub alarm: u64,
    /// Who has seen it
    #[arg(long)]
    pub by: Option<String>,
    /// The controller's command address
    #[arg(long, default_value = HTTP_DEFAULT)]
    pub http: SocketAddr,
}

/// `taibai tour`
#[derive(Debug, Subcommand)]
pub enum TourCommand {
    /// Hold it at its present scene
    Pause(TourArgs),
    /// Let it go on where it was
    Resume(TourArgs),
}

/// Which tour.
#[derive(Debug, Args)]
pub struct TourArgs {
    /// Which tour
    pub tour: String,
    /// Who
    #[arg(long)]
    pub by: Option<String>,
    /// The controller's command address
    #[arg(long, default_value = HTTP_DEFAULT)]
    pub http: SocketAddr,
}

/// `taibai log`
#[derive(Debug, Args)]
pub struct LogArgs {
    /// Only lines behind this number
    #[arg(long)]
    pub after: Option<u64>,
    /// In English; else in Chinese
    #[arg(long)]
    pub english: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// The controller's command address
    #[arg(long, default_value = HTTP_DEFAULT)]
    pub http: SocketAddr,
}
