//! The command line of sources at run time.

use crate::cli::HTTP_DEFAULT;
use clap::{Args, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;

/// `taibai source`
#[derive(Debug, Subcommand)]
pub enum SourceCommand {
    /// List the sources, or those that are looked for, with how they stand
    List(ListSourcesArgs),
    /// Add a source while the hall runs
    Add(AddSourceArgs),
    /// Look at a source that nobody keeps: what it sends, or what is wrong with it
    Probe(ProbeSourceArgs),
    /// Remove a source that no window shows
    Remove(RemoveSourceArgs),
}

/// `taibai source list`
#[derive(Debug, Args)]
pub struct ListSourcesArgs {
    /// Parts of id, names, place or tags, or their sound: nfhy finds 南风花园
    pub search: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// The controller's command address
    #[arg(long, default_value = HTTP_DEFAULT)]
    pub http: SocketAddr,
}

/// `taibai source add`
#[derive(Debug, Args)]
pub struct AddSourceArgs {
    /// A file with one [[source]], as in a hall document; - reads standard input
    pub file: PathBuf,
    /// The controller's command address
    #[arg(long, default_value = HTTP_DEFAULT)]
    pub http: SocketAddr,
}

/// `taibai source probe`
#[derive(Debug, Args)]
pub struct ProbeSourceArgs {
    /// A file with one [[source]], as in a hall document; - reads standard input
    pub file: PathBuf,
    /// Print JSON, pictures in base64
    #[arg(long)]
    pub json: bool,
    /// The controller's command address
    #[arg(long, default_value = HTTP_DEFAULT)]
    pub http: SocketAddr,
}

/// `taibai source remove`
#[derive(Debug, Args)]
pub struct RemoveSourceArgs {
    /// Which source
    pub source: String,
    /// Close the windows that show it
    #[arg(long)]
    pub close: bool,
    /// The controller's command address
    #[arg(long, default_value = HTTP_DEFAULT)]
    pub http: SocketAddr,
}
