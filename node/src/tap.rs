//! A tap on the composed pictures: every tick's frame buffers, appended to a file or named pipe, so that a test can
//! read what was really shown.
//!
//! One record per screen and tick, all integers little-endian: tick `u64`, screen index `u32` (order of the hall
//! document), width `u32`, height `u32`, then `width × height` pixels of blue, green, red, alpha.

use media::{CanvasFrame, Size};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Writes records.
#[derive(Debug)]
pub struct Tap {
    out: BufWriter<File>,
}

impl Tap {
    /// Opens `path` for appending; a named pipe waits for its reader.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::options().append(true).create(true).open(path)?;
        Ok(Self { out: BufWriter::with_capacity(1 << 20, file) })
    }

    /// Appends one screen's picture; `rows` gives its rows from top to bottom, `size.width × 4` bytes each.
    pub fn write<'a>(
        &mut self,
        tick: CanvasFrame,
        screen_index: u32,
        size: Size,
        rows: impl Iterator<Item = &'a [u8]>,
    ) -> io::Result<()> {
        self.out.write_all(&tick.0.to_le_bytes())?;
        for number in [screen_index, size.width, size.height] {
            self.out.write_all(&number.to_le_bytes())?;
        }
        for row in rows {
            self.out.write_all(row)?;
        }
        self.out.flush()
    }
}
