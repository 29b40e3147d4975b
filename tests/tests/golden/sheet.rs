//! What changed, for a person's eyes: expected, actual and difference beside each other, and accepting it.

use crate::case::Case;
use crate::expected_path;
use crate::render::Screens;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tests::picture::Picture;

const GAP: u32 = 8;

/// Writes a sheet of every picture that changed to target/golden. With `GOLDEN_BLESS=accept`, and all compositors of one
/// mind, makes the actual pictures the expected ones and returns true.
pub fn bless_or_show(cases: &[Case], shown: &BTreeMap<String, Screens>, wrong: &[String]) -> bool {
    let folder = folder();
    let _ = std::fs::remove_dir_all(&folder);
    let accept = std::env::var_os("GOLDEN_BLESS").is_some_and(|value| value == "accept");
    for case in cases {
        for (screen, actual) in &shown[&case.name] {
            let path = expected_path(case, screen);
            let expected = Picture::read_png(&path).ok();
            if expected.as_ref() == Some(actual) {
                continue;
            }
            std::fs::create_dir_all(&folder).unwrap();
            let sheet = folder.join(format!("{}-{screen}.png", case.name));
            beside(expected.as_ref(), actual).write_png(&sheet).unwrap();
            println!(
                "changed: {} / {screen}: expected, actual, difference in {}",
                case.name,
                sheet.display()
            );
            if accept {
                actual.write_png(&path).unwrap();
            }
        }
    }
    if accept {
        let others = wrong.iter().filter(|line| !line.contains(" by cpu: ")).count();
        let first = wrong.len() - others;
        println!(
            "accepted {first} picture(s) as the cpu draws them; run the test again to see whether all agree"
        );
    }
    accept
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/golden")
}

fn beside(expected: Option<&Picture>, actual: &Picture) -> Picture {
    let (width, height) = (actual.width, actual.height);
    let mut sheet = Picture::filled(width * 3 + GAP * 2, height, [96, 32, 96, 255]);
    let mut put = |column: u32, pixel: &dyn Fn(u32, u32) -> [u8; 4]| {
        for y in 0..height {
            for x in 0..width {
                let at = ((y * sheet.width + column * (width + GAP) + x) * 4) as usize;
                sheet.bgra[at..at + 4].copy_from_slice(&pixel(x, y));
            }
        }
    };
    let none = [0, 0, 0, 255];
    let before = |x, y| expected.and_then(|picture| picture.at(x, y)).unwrap_or(none);
    let after = |x, y| actual.at(x, y).unwrap_or(none);
    put(0, &before);
    put(1, &after);
    put(2, &|x, y| {
        let (a, b) = (before(x, y), after(x, y));
        // Any difference is bright; a large one brighter.
        let channel = |i: usize| if a[i] == b[i] { 0 } else { 127 + a[i].abs_diff(b[i]) / 2 };
        [channel(0), channel(1), channel(2), 255]
    });
    sheet
}
