//! `taibai controller`: the authority on the wall.

use super::check::read_hall;
use super::show::{only_one, runtime, stop_signal};
use crate::cli::ControllerArgs;
use crate::exit::Failure;
use controller::{Controller, ControllerOptions};

/// Serves until it is told to stop.
pub fn run(args: &ControllerArgs) -> Result<(), Failure> {
    let (layout, document) = read_hall(&args.hall)?;
    let _running = only_one(&args.state)?;
    let beside = args.hall.parent().map(|folder| folder.join("media")).unwrap_or_default();
    let assets = node::read_assets(&layout, args.media.as_deref().unwrap_or(&beside))?;
    let options = ControllerOptions {
        state: args.state.clone(),
        listen: args.listen,
        http: args.http,
        software: env!("CARGO_PKG_VERSION").to_owned(),
    };
    runtime()?.block_on(async {
        let controller = Controller::bind(layout, document, assets, &options).await?;
        tracing::info!(nodes = %args.listen, commands = %args.http, hall = %args.hall.display(), "controller is ready");
        controller.run(stop_signal(None)).await;
        tracing::info!("controller has ended");
        Ok(())
    })
}
