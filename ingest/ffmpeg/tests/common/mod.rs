//! Clips made by the ffmpeg command, and the short way from a file to packets and frames.
#![allow(dead_code)] // Each test binary uses its part.

use ingest::{Decoder, Interrupt, RawPacket, Source, SourceError, SourceEvent};
use ingest_ffmpeg::{FfmpegDecoder, Timeouts, open};
use media::{Endpoint, Frame, MediaTime, Packet, SourceId, StreamInfo, WallTime};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// A folder of this test's own.
pub fn folder() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("ingest-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs the ffmpeg command and gives what it writes to its standard output.
pub fn ffmpeg(arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("ffmpeg")
        .args(["-hide_banner", "-loglevel", "error", "-nostdin", "-y"])
        .args(arguments)
        .output()
        .expect("the ffmpeg command is needed for this test");
    assert!(output.status.success(), "ffmpeg {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Encodes 12 pictures of a moving test pattern at 25 a second with `encoder` into `folder/name`.
pub fn clip(folder: &Path, name: &str, size: &str, encoder: &[&str]) -> PathBuf {
    let file = folder.join(name);
    let pattern = format!("testsrc2=size={size}:rate=25");
    let mut arguments = vec!["-f", "lavfi", "-i", &pattern, "-frames:v", "12"];
    arguments.extend(encoder);
    arguments.push(file.to_str().unwrap());
    ffmpeg(&arguments);
    file
}

pub fn limits() -> Timeouts {
    Timeouts { connect: Duration::from_secs(20), read: Duration::from_secs(20) }
}

pub fn pull(
    folder: &Path,
    endpoint: &Endpoint,
    most: usize,
) -> Result<(StreamInfo, Vec<RawPacket>), SourceError> {
    let mut source = open(endpoint, None, folder, limits(), Interrupt::new())?;
    let mut info = None;
    let mut packets = Vec::new();
    while packets.len() < most {
        match source.next() {
            Ok(SourceEvent::Stream(stream)) => info = Some(stream),
            Ok(SourceEvent::Packet(packet)) => packets.push(packet),
            Err(SourceError::Ended { .. }) => break,
            Err(error) => return Err(error),
        }
    }
    Ok((info.expect("a description comes before packets"), packets))
}

pub fn pull_file(folder: &Path, name: &str) -> (StreamInfo, Vec<RawPacket>) {
    pull(folder, &Endpoint::File { path: name.to_owned(), repeat: false }, usize::MAX).unwrap()
}

/// The packet as it travels: its capture time is its display time plus one hour.
pub fn travelling(raw: &RawPacket) -> Packet {
    let time = raw.timescale.to_nanos(raw.pts.or(raw.dts).unwrap());
    Packet {
        source: SourceId::new("clip").unwrap(),
        time: MediaTime(time),
        captured: WallTime(time + 3_600_000_000_000),
        keyframe: raw.keyframe,
        bytes: raw.bytes.clone(),
    }
}

pub fn decode(info: &StreamInfo, packets: &[RawPacket]) -> Vec<Frame> {
    let mut decoder = FfmpegDecoder::new(info, 1).unwrap();
    let mut frames = Vec::new();
    for raw in packets {
        decoder.decode(&travelling(raw), &mut frames).unwrap();
    }
    decoder.flush(&mut frames).unwrap();
    frames
}

/// All planes of a frame, row after row without padding.
pub fn packed(frame: &Frame) -> Vec<u8> {
    let mut bytes = Vec::new();
    for index in 0..frame.layout().plane_count() {
        let plane = frame.plane(index).unwrap();
        let extent = frame.layout().plane_size(frame.size(), index);
        let row = extent.width as usize * frame.layout().bytes_per_sample();
        for y in 0..extent.height as usize {
            bytes.extend_from_slice(&plane.bytes[y * plane.stride..y * plane.stride + row]);
        }
    }
    bytes
}
