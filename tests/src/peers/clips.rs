//! Encoded clips of the synthetic cameras: made once into a cache folder, sent round and round by the servers.

use crate::camera::{Camera, LOOP_S, Scene};
use std::fs;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Changes whenever pictures or encoders do: clips of other versions are not used.
const VERSION: u32 = 4;

/// How a clip is encoded, and in which container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Coding {
    /// H.264 without B-frames.
    H264,
    /// H.264 with two B-frames in a row.
    H264BFrames,
    /// H.264 without B-frames at a constant 4 Mbit/s, filled up where the picture needs less.
    H264Constant,
    /// H.265 without B-frames.
    H265,
    /// JPEG pictures.
    Mjpeg,
    /// MPEG-2.
    Mpeg2,
    /// VP9 in WebM.
    Vp9,
    /// AV1 in WebM.
    Av1,
}

impl Coding {
    /// Arguments for the ffmpeg command; key pictures stand `gop` pictures apart.
    fn arguments(self, gop: u32) -> String {
        let h264 = format!(
            "-c:v libx264 -preset veryfast -g {gop} -keyint_min {gop} -sc_threshold 0 -crf 24 -maxrate 900k \
             -bufsize 900k -pix_fmt yuv420p -x264-params aud=1:repeat-headers=1:sliced-threads=0"
        );
        match self {
            Self::H264 => format!("{h264} -tune zerolatency -bf 0"),
            Self::H264BFrames => format!("{h264} -bf 2"),
            Self::H264Constant => format!(
                "-c:v libx264 -preset veryfast -tune zerolatency -g {gop} -keyint_min {gop} -sc_threshold 0 -bf 0 \
                 -b:v 4M -minrate 4M -maxrate 4M -bufsize 1M -pix_fmt yuv420p \
                 -x264-params nal-hrd=cbr:aud=1:repeat-headers=1:sliced-threads=0"
            ),
            Self::H265 => format!(
                "-c:v libx265 -preset ultrafast -tune zerolatency -crf 26 -tag:v hev1 -x265-params \
                 keyint={gop}:min-keyint={gop}:scenecut=0:bframes=0:aud=1:repeat-headers=1:log-level=none"
            ),
            Self::Mjpeg => "-c:v mjpeg -q:v 5 -huffman default -pix_fmt yuvj420p".into(),
            Self::Mpeg2 => format!("-c:v mpeg2video -b:v 1500k -maxrate 2000k -bufsize 1000k -g {gop} -bf 0"),
            Self::Vp9 => {
                format!("-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 500k -g {gop} -row-mt 1")
            }
            Self::Av1 => format!("-c:v libsvtav1 -preset 12 -crf 40 -g {gop}"),
        }
    }

    /// Container and file extension when servers read the clip through ffmpeg.
    fn container(self) -> (&'static str, &'static str) {
        match self {
            Self::H264 | Self::H264BFrames | Self::H264Constant | Self::H265 => ("mp4", "mp4"),
            Self::Mjpeg | Self::Mpeg2 => ("matroska", "mkv"),
            Self::Vp9 | Self::Av1 => ("webm", "webm"),
        }
    }

    /// Format and extension of the bare stream that the RTSP server cuts into pictures.
    fn bare(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::H264 => Some(("h264", "h264")),
            Self::H265 => Some(("hevc", "h265")),
            Self::Mjpeg => Some(("mjpeg", "mjpeg")),
            _ => None,
        }
    }
}

/// One clip: [`LOOP_S`] seconds of one camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Clip {
    /// File name without extension, unique among the clips of a cache.
    pub name: &'static str,
    /// What it shows.
    pub scene: Scene,
    /// The camera number in its counter.
    pub number: u32,
    /// Extent in pixels.
    pub size: (u32, u32),
    /// Pictures a second.
    pub fps: u32,
    /// Encoding.
    pub coding: Coding,
    /// Counter strips side by side: one, or one for each part of a wide picture.
    pub strips: u32,
}

impl Clip {
    /// A clip of 640 × 360 at 25 pictures a second.
    pub const fn new(name: &'static str, scene: Scene, number: u32, coding: Coding) -> Self {
        Self { name, scene, number, size: (640, 360), fps: 25, coding, strips: 1 }
    }

    /// Pictures from one key picture to the next.
    pub fn gop(&self) -> u32 {
        if self.coding == Coding::Mjpeg { 1 } else { self.fps }
    }

    /// How many pictures it has; its counter runs from 0 to one less.
    pub fn frames(&self) -> u32 {
        LOOP_S * self.fps
    }

    /// Where it lies below a cache folder, in a container.
    pub fn file(&self, cache: &Path) -> PathBuf {
        cache.join(format!("{}-v{VERSION}.{}", self.name, self.coding.container().1))
    }

    /// Where its bare stream lies; `None` for codings that the RTSP server does not send.
    pub fn bare_file(&self, cache: &Path) -> Option<PathBuf> {
        Some(cache.join(format!("{}-v{VERSION}.{}", self.name, self.coding.bare()?.1)))
    }
}

/// Makes those of `clips` that the cache does not hold yet, and tells `progress` about each.
///
/// A clip appears under its name only when it is whole. Errors: ffmpeg is missing or fails, the disk is full.
pub fn ensure(cache: &Path, clips: &[Clip], progress: &mut dyn FnMut(&str)) -> io::Result<()> {
    fs::create_dir_all(cache)?;
    let missing: Vec<_> = clips.iter().filter(|clip| !clip.file(cache).is_file()).collect();
    for (index, clip) in missing.iter().enumerate() {
        progress(&format!(
            "encoding clip {} of {}: {} ({:?})",
            index + 1,
            missing.len(),
            clip.name,
            clip.coding
        ));
        encode(cache, clip)?;
    }
    Ok(())
}

fn encode(cache: &Path, clip: &Clip) -> io::Result<()> {
    let (format, extension) = clip.coding.container();
    let part = cache.join(format!("{}.{}.{extension}.part", clip.name, std::process::id()));
    let mut command = ffmpeg();
    command.args("-f yuv4mpegpipe -i - -map_metadata -1 -fflags +bitexact".split(' '));
    command.args(clip.coding.arguments(clip.gop()).split_whitespace()).args(["-y", "-f", format]).arg(&part);
    let mut child = command
        .stdin(Stdio::piped())
        .spawn()
        .map_err(|e| io::Error::new(e.kind(), format!("ffmpeg: {e}")))?;
    if let Some(stdin) = child.stdin.take() {
        let mut pipe = BufWriter::with_capacity(1 << 20, stdin);
        let camera = Camera::with_strips(clip.scene, clip.number, clip.size, clip.fps, clip.strips);
        camera.write_header(&mut pipe)?;
        for index in 0..clip.frames() {
            camera.write_frame(&mut pipe, index)?;
        }
    }
    finished(child.wait()?, clip.name)?;
    if let (Some(bare), Some((format, extension))) = (clip.bare_file(cache), clip.coding.bare()) {
        let bare_part = part.with_extension(format!("{extension}.part"));
        let status = ffmpeg()
            .arg("-i")
            .arg(&part)
            .args(["-c", "copy", "-y", "-f", format])
            .arg(&bare_part)
            .status()?;
        finished(status, clip.name)?;
        fs::rename(bare_part, bare)?;
    }
    fs::rename(part, clip.file(cache))
}

fn ffmpeg() -> Command {
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-loglevel", "error"]).stdin(Stdio::null()).stdout(Stdio::null());
    // The AV1 encoder writes a page about itself unless told not to.
    command.env("SVT_LOG", "1");
    command
}

fn finished(status: std::process::ExitStatus, name: &str) -> io::Result<()> {
    if status.success() {
        Ok(())
    } else {
        Err(io::Error::other(format!("ffmpeg could not encode clip {name}: {status}")))
    }
}
