//! Structured logs on standard error: readable lines by default, JSON on request.

use clap::ValueEnum;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Libraries whose every subscription is news to them and to nobody else; a later word for the same place overrides it.
const QUIET: &str = "moq_net=error,web_transport_quinn=warn,wgpu_hal=error,wgpu_core=warn,";

/// How a log line looks.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: one JSON object a line.
    Json,
}

/// Begins logging with `filter` (such as `info` or `node=debug`); a filter that cannot be read falls back to `info`.
pub fn start(filter: &str, format: LogFormat) {
    let env_filter = EnvFilter::try_new(format!("{QUIET}{filter}"))
        .unwrap_or_else(|_| EnvFilter::new(format!("{QUIET}info")));
    let builder = tracing_subscriber::fmt().with_env_filter(env_filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => builder.with_ansi(std::io::stderr().is_terminal()).with_target(false).init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
}
