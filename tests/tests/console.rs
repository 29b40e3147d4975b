//! The console's own tests, which run in Node: its pure modules, its words in both languages, its colours against the theme.
//! What needs a browser and a running hall is driven by the proofs (`tests/console/prove.mjs`).

use std::process::Command;

#[test]
fn the_consoles_modules_words_and_colours_hold() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/console");
    let entries = std::fs::read_dir(format!("{folder}/unit")).unwrap();
    let files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    assert!(files.iter().all(|file| file.to_string_lossy().ends_with(".test.mjs")), "{files:?}");
    let ran = Command::new("node").arg("--test").args(&files).current_dir(folder).output();
    let ran = ran.expect("node runs; ./dev test installs it");
    assert!(
        ran.status.success(),
        "{}{}",
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr)
    );
}
