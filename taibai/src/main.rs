//! The one command of Taibai: reads the command line, runs one part of the hall, and turns its end into an exit code.

mod bench_compose;
mod cli;
mod cli_wall;
mod commands;
mod exit;
mod file_rows;
mod logging;
mod png_file;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    logging::start(&cli.log, cli.log_format);
    protocol_quic::install_crypto_provider();
    match commands::run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
