//! The wall simulator at work: halls of many seeds, replays, and planted faults that must be noticed.

use std::process::Command;

fn wall(words: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_wall")).args(words).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.success(), text + &String::from_utf8_lossy(&output.stderr))
}

/// `WALL_SEED=…` replays one seed; `WALL_HOURS=200` makes it as long as `./dev prove lock` does.
#[test]
fn halls_recover_from_everything_and_never_fall_out_of_step() {
    let hours = std::env::var("WALL_HOURS").unwrap_or_else(|_| "8".into());
    let (holds, words) = wall(&["all", "--wall-hours", &hours, "--replays", "4"]);
    println!("{words}");
    assert!(holds, "a simulated hall broke a promise; replay it with the seed that is printed above");
}

#[test]
fn planted_faults_are_noticed() {
    for (planted, words) in [("lag", "apart"), ("deaf", "was not told to show"), ("early", "too early")] {
        let (holds, said) = wall(&["run", "3", "--minutes", "3", "--planted", planted]);
        assert!(!holds && said.contains(words), "{planted} went unnoticed:\n{said}");
    }
}
