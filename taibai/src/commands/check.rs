//! `taibai check`: everything that is wrong with a hall document, at once.

use crate::cli::CheckArgs;
use crate::exit::Failure;
use anyhow::Context;
use layouts::Layout;
use std::path::Path;

/// Reads and validates the document at `path`; gives its text too.
pub fn read_hall(path: &Path) -> Result<(Layout, String), Failure> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("the hall document {} cannot be read", path.display()))?;
    match layouts::parse(&text, &path.display().to_string()) {
        Ok(layout) => Ok((layout, text)),
        Err(mistakes) => Err(Failure::Document(miette::Report::new(mistakes))),
    }
}

/// Says what is wrong, or what the hall holds when nothing is.
pub fn run(args: &CheckArgs) -> Result<(), Failure> {
    let (layout, _) = read_hall(&args.hall)?;
    for wall in layout.walls() {
        let pixels: u64 = wall.screens.iter().map(|screen| screen.output.size.area()).sum();
        println!(
            "wall {}: {} screens, {:.1} megapixels, canvas {}, {} ticks a second",
            wall.id,
            wall.screens.len(),
            pixels as f64 / 1e6,
            wall.canvas_size(),
            wall.tick.hz()
        );
    }
    for remark in layouts::advice(&layout) {
        println!("scene {}: {}", remark.scene, remark.words.en);
    }
    println!(
        "{} sources, {} scenes: {} is right",
        layout.sources().count(),
        layout.scenes().len(),
        args.hall.display()
    );
    Ok(())
}
