//! `taibai controller`: the authority on the wall.

use super::check::read_hall;
use super::show::{only_one, runtime, stop_signal};
use crate::cli::ControllerArgs;
use crate::exit::Failure;
use controller::{ConsoleCertificate, Controller, ControllerOptions, DataSettings};
use node::Credentials;
use std::sync::Arc;

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
        console: args.console,
        console_hosts: args.console_host.clone(),
        console_certificate: args
            .console_certificate
            .clone()
            .zip(args.console_key.clone())
            .map(|(chain, key)| ConsoleCertificate { chain, key }),
        webhook_listen: args.webhook_listen,
        software: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let credentials = args.credentials.as_deref().map(Credentials::read).transpose()?.unwrap_or_default();
    let beside_data = args.hall.parent().map(|folder| folder.join("data")).unwrap_or_default();
    let data = DataSettings {
        data_folder: args.data.clone().unwrap_or(beside_data),
        media_folder: args.media.clone().unwrap_or(beside),
        secrets: Arc::new(move |id| credentials.get(id).cloned()),
        voice_command: args.voice_command.clone(),
        sound_command: args.sound_command.clone(),
    };
    runtime()?.block_on(async {
        let controller = Controller::bind(layout, document, assets, &options, data).await?;
        let (commands, console) = controller.addresses()?;
        if let Some(path) = controller.setup_path().await? {
            // Not through the log, which others read: the link makes its first user an administrator.
            println!("open this link once to make the first administrator (good for 24 hours) / 首次使用请打开此链接创建管理员（24 小时内有效）：");
            let scheme = if args.console_certificate.is_some() { "https" } else { "http" };
            println!("{scheme}://{console}{path}");
        }
        tracing::info!(nodes = %args.listen, %commands, %console, hall = %args.hall.display(), "controller is ready");
        controller.run(stop_signal(None)).await;
        tracing::info!("controller has ended");
        Ok(())
    })
}
