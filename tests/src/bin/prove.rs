//! `./dev prove NAME`: measures every promise of the hall, its frame-lock, its data, its console or its editor, on this machine, in
//! this run, and prints the table.

use std::path::PathBuf;
use std::process::ExitCode;
use tests::process;
use tests::proofs::{self, Promises, Proofs};

const HELP: &str = "\
Usage: ./dev prove hall|lock|data|console|editor [--quick] [--only WORD]

  --quick       leave out what takes longer than twenty minutes: .ci/run from an empty cache, the fresh clone; data is poured
                for a quarter of a minute instead of a whole one
  --only WORD   only the lines whose name holds WORD

Each line is measured, and measured again with a planted fault to show that it can fall short.
Ctrl-C ends it: the table says what was not measured.
Exit code 0: every line was measured and holds. 1: one falls short, or was not measured. 2: usage.";

fn main() -> ExitCode {
    process::catch_stop_signals();
    let (mut taibai, mut quick, mut only) = (PathBuf::from("target/release/taibai"), false, String::new());
    let mut about = None;
    let mut args = std::env::args().skip(1);
    while let Some(word) = args.next() {
        match word.as_str() {
            name if about.is_none() && Promises::by_name(name).is_some() => about = Promises::by_name(name),
            "--quick" => quick = true,
            "--taibai" => taibai = args.next().unwrap_or_default().into(),
            "--only" => only = args.next().unwrap_or_default(),
            "-h" | "--help" => {
                println!("{HELP}");
                return ExitCode::SUCCESS;
            }
            other => {
                eprintln!("prove: unknown word {other}\n\n{HELP}");
                return ExitCode::from(2);
            }
        }
    }
    let Some(about) = about else {
        eprintln!("prove: say what: hall, lock, data, console or editor\n\n{HELP}");
        return ExitCode::from(2);
    };
    let rows = Proofs { taibai, quick, only }.run(about, &mut |words| eprintln!("{words}"));
    println!("{}", proofs::table(&rows));
    if rows.is_empty() {
        eprintln!("prove: nothing was measured: no line of that name");
    }
    if !rows.is_empty() && rows.iter().all(|row| row.holds) { ExitCode::SUCCESS } else { ExitCode::from(1) }
}
