//! Reading what a display node really composed: the records of `taibai display --tap`, from a file or a named pipe.

use crate::picture::Picture;
use std::ffi::CString;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// One screen at one tick.
#[derive(Debug, Clone)]
pub struct Record {
    /// The wall's tick, counted from the Unix epoch.
    pub tick: u64,
    /// Which screen, in the order of the hall document.
    pub screen: u32,
    /// Its frame buffer.
    pub picture: Picture,
}

/// Makes a named pipe.
pub fn make_pipe(path: &Path) -> io::Result<()> {
    let name = CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: `name` is a string that ends with a zero byte and outlives the call.
    match unsafe { libc::mkfifo(name.as_ptr(), 0o600) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Reads records one after the other.
#[derive(Debug)]
pub struct Reader {
    input: BufReader<File>,
}

impl Reader {
    /// Opens a file or a named pipe; the latter waits for its writer.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { input: BufReader::with_capacity(1 << 20, File::open(path)?) })
    }

    /// The next record; `None` at the end. A record that breaks off in the middle counts as the end.
    pub fn read(&mut self) -> io::Result<Option<Record>> {
        let mut head = [0; 20];
        match self.input.read_exact(&mut head) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        }
        let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let tick = u64::from(word(0)) | (u64::from(word(4)) << 32);
        let (screen, width, height) = (word(8), word(12), word(16));
        if width == 0 || height == 0 || width > 16_384 || height > 16_384 {
            return Err(io::Error::other(format!("a record of {width}×{height} pixels: this is no tap")));
        }
        let mut bgra = vec![0; width as usize * height as usize * 4];
        match self.input.read_exact(&mut bgra) {
            Ok(()) => Ok(Some(Record { tick, screen, picture: Picture { width, height, bgra } })),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn records_come_through_a_pipe_and_a_broken_one_ends_it() {
        let path = std::env::temp_dir().join(format!("tests-tap-{}", std::process::id()));
        make_pipe(&path).unwrap();
        let writing = path.clone();
        let writer = std::thread::spawn(move || {
            let mut out = File::options().append(true).open(writing).unwrap();
            for tick in [7_u64, 1 << 40] {
                out.write_all(&tick.to_le_bytes()).unwrap();
                [3_u32, 2, 1].iter().for_each(|number| out.write_all(&number.to_le_bytes()).unwrap());
                out.write_all(&[1, 2, 3, 255, 4, 5, 6, 255]).unwrap();
            }
            out.write_all(&[9; 13]).unwrap();
        });
        let mut reader = Reader::open(&path).unwrap();
        for tick in [7, 1 << 40] {
            let record = reader.read().unwrap().unwrap();
            assert_eq!((record.tick, record.screen), (tick, 3));
            assert_eq!(record.picture.at(1, 0), Some([4, 5, 6, 255]));
        }
        assert!(reader.read().unwrap().is_none());
        writer.join().unwrap();
        std::fs::remove_file(path).unwrap();
    }
}
