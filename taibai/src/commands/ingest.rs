//! `taibai ingest`: reads sources and offers them over QUIC.

use super::show::{identity, only_one, runtime, stop_signal};
use crate::cli::IngestArgs;
use crate::exit::Failure;
use node::{Credentials, IngestSettings, serve_ingest};
use protocol_quic::Host;

/// Serves until it is told to stop.
pub fn run(args: &IngestArgs) -> Result<(), Failure> {
    let identity = identity(&args.state)?;
    let _running = only_one(&args.state)?;
    let settings = IngestSettings {
        controller: args.controller.to_string(),
        identity,
        listen: args.listen,
        credentials: args.credentials.as_deref().map(Credentials::read).transpose()?.unwrap_or_default(),
        media_folder: args.media.clone(),
        software: env!("CARGO_PKG_VERSION").to_owned(),
        host: Host::system(),
        clock_master: args.clock.master(),
        announce_port: args.announce_port,
    };
    Ok(runtime()?.block_on(serve_ingest(settings, stop_signal(args.seconds)))?)
}
