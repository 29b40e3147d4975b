//! One file per command.

mod bench;
mod check;
mod controller;
mod data;
mod display;
mod doctor;
mod editor;
mod enrol;
mod ingest;
mod operate;
mod people;
mod render;
mod run;
mod show;
mod source;
mod sync;
mod sync_words;
mod wall;

use crate::cli::Command;
use crate::exit::Failure;

/// Runs one command to its end.
pub fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Check(args) => check::run(&args),
        Command::Render(args) => render::run(&args),
        Command::Run(args) => run::run(args),
        Command::Editor(args) => editor::run(args),
        Command::Controller(args) => controller::run(&args),
        Command::Token(args) => match &args.access {
            Some(command) => people::token(command),
            None => enrol::token(&args),
        },
        Command::User(command) => people::user(&command),
        Command::AuditLog(command) => people::audit_log(&command),
        Command::Join(args) => enrol::join(&args),
        Command::Ingest(args) => ingest::run(&args),
        Command::Display(args) => display::run(args),
        Command::Scene(args) => operate::scene(&args),
        Command::Stamp(args) => operate::stamp(&args),
        Command::Identify(args) => operate::identify(&args),
        Command::Wall(command) => wall::run(&command),
        Command::Source(command) => source::run(&command),
        Command::Status(args) => operate::status(&args),
        Command::Audit(args) => sync::audit(&args),
        Command::Feed(args) => data::feed(&args),
        Command::Events(args) => data::events(&args),
        Command::Alarms(args) => data::alarms(&args),
        Command::Acknowledge(args) => data::acknowledge(&args),
        Command::Tour(args) => data::tour(&args),
        Command::Log(args) => data::log(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Bench(args) => bench::run(args),
    }
}
