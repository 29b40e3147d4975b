//! `taibai bench compose`: the same decoded frames to our CPU compositor and to libavfilter, one thread each, by turns.

use anyhow::{Context, ensure};
use bytes::Bytes;
use ingest_ffmpeg::peer_compose::FilterGraphCompositor;
use layouts::{
    CANVAS_PIXEL, CanvasRect, Content, Crop, Draw, Outline, Output, PixelGrid, Raster, Rgba, Rotation,
    TilePlan,
};
use media::{
    CanvasFrame, Chroma, Color, Frame, MediaTime, PixelLayout, Plane, ScreenId, Size, SourceId, WallTime,
};
use renderer::cpu::CpuCompositor;
use renderer::picture::{Bitmap, Picture};
use renderer::scene::PixelScale;
use renderer::{Compositor, FrameLookup, RasterProvider};
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The bars of the comparison: the geometric mean of the ratios, and the worst of them.
const MEAN_MAX: f64 = 0.6;
const RATIO_MAX: f64 = 1.5;

/// How the comparison is run.
#[derive(Debug, Clone, Default)]
pub struct BenchComposeOptions {
    /// Fewer rounds a case.
    pub quick: bool,
    /// Where to write the figures as JSON.
    pub json: Option<PathBuf>,
}

/// One case's figures.
#[derive(Debug, Clone)]
pub struct CaseFigures {
    /// Such as `16×360p → 1080p`.
    pub name: String,
    /// Our median, milliseconds a picture.
    pub ours_ms: f64,
    /// libavfilter's median, milliseconds a picture.
    pub peer_ms: f64,
    /// Reading every source byte once and writing every output byte once, milliseconds.
    pub floor_ms: f64,
    /// Likeness of the two pictures in decibels (PSNR over blue, green and red).
    pub psnr_db: f64,
}

impl CaseFigures {
    /// Our time over libavfilter's.
    pub fn ratio(&self) -> f64 {
        self.ours_ms / self.peer_ms
    }

    /// Our time over the byte floor.
    pub fn floor_ratio(&self) -> f64 {
        self.ours_ms / self.floor_ms
    }
}

/// The whole comparison.
#[derive(Debug, Clone)]
pub struct Summary {
    /// All cases.
    pub cases: Vec<CaseFigures>,
    /// Geometric mean of the ratios.
    pub mean: f64,
    /// The largest ratio.
    pub worst: f64,
}

impl Summary {
    /// Whether both bars hold: mean ≤ 0.6 and none above 1.5.
    pub fn holds(&self) -> bool {
        self.mean <= MEAN_MAX && self.worst <= RATIO_MAX
    }
}

/// Runs every case, prints the table and, when asked, writes it as JSON.
///
/// Errors: libavfilter is missing a filter, the two sides disagree about the picture, or the file cannot be written.
pub fn run(options: BenchComposeOptions) -> anyhow::Result<Summary> {
    println!(
        "{:<20} {:>9} {:>9} {:>7} {:>8} {:>8}",
        "case", "ours ms", "peer ms", "ratio", "× floor", "PSNR dB"
    );
    let mut cases = Vec::new();
    for (output_name, output) in [("1080p", Size::new(1920, 1080)), ("4K", Size::new(3840, 2160))] {
        for (source_name, source) in [("360p", Size::new(640, 360)), ("1080p", Size::new(1920, 1080))] {
            for side in [1u32, 2, 4, 6] {
                let name = format!("{}×{source_name} → {output_name}", side * side);
                let figures = Case { side, source, output }.measure(name, options.quick)?;
                println!(
                    "{:<20} {:>9.3} {:>9.3} {:>7.2} {:>8.2} {:>8.1}",
                    figures.name,
                    figures.ours_ms,
                    figures.peer_ms,
                    figures.ratio(),
                    figures.floor_ratio(),
                    figures.psnr_db
                );
                cases.push(figures);
            }
        }
    }
    let mean = (cases.iter().map(|case| case.ratio().ln()).sum::<f64>() / cases.len() as f64).exp();
    let worst = cases.iter().map(CaseFigures::ratio).fold(0.0, f64::max);
    let summary = Summary { cases, mean, worst };
    println!(
        "geometric mean {mean:.3} (at most {MEAN_MAX}), worst {worst:.2} (at most {RATIO_MAX}): {}",
        if summary.holds() { "ok" } else { "short" }
    );
    if let Some(path) = &options.json {
        let text = serde_json::to_string_pretty(&as_json(&summary))?;
        std::fs::write(path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(summary)
}

fn as_json(summary: &Summary) -> serde_json::Value {
    let case = |case: &CaseFigures| {
        serde_json::json!({
            "case": case.name, "ours_ms": case.ours_ms, "peer_ms": case.peer_ms, "ratio": case.ratio(),
            "floor_ms": case.floor_ms, "floor_ratio": case.floor_ratio(), "psnr_db": case.psnr_db,
        })
    };
    serde_json::json!({
        "cases": summary.cases.iter().map(case).collect::<Vec<_>>(),
        "mean": summary.mean, "mean_max": MEAN_MAX, "worst": summary.worst, "ratio_max": RATIO_MAX,
        "holds": summary.holds(),
    })
}

/// A square grid of equal tiles.
struct Case {
    side: u32,
    source: Size,
    output: Size,
}

impl Case {
    fn measure(&self, name: String, quick: bool) -> anyhow::Result<CaseFigures> {
        let count = (self.side * self.side) as usize;
        // Two moments of every source, so that each tick brings new pictures in other memory.
        let moments = [0, 1].map(|moment| -> Vec<Frame> {
            (0..count).filter_map(|index| synthetic(self.source, index, moment)).collect()
        });
        ensure!(moments.iter().all(|frames| frames.len() == count), "synthetic frames could not be made");
        let tile = Size::new(self.output.width / self.side, self.output.height / self.side);
        let mut peer = FilterGraphCompositor::new(&moments[0], self.side as usize, tile)?;
        let mut ours = CpuCompositor::new();
        let plan = self.plan(tile)?;
        peer.compose()?;
        compose(&mut ours, &plan, &moments[0])?;
        let psnr_db = likeness(ours.picture()?, peer.pixels());
        // The peer may place chroma and round otherwise; a wrong picture is far below this.
        ensure!(
            psnr_db > 28.0,
            "{name}: the two pictures differ, {psnr_db:.1} dB: the comparison would be void"
        );
        let rounds = if quick { 9 } else { 31 };
        let (mut our_times, mut peer_times) = (Vec::new(), Vec::new());
        for round in 0..rounds {
            our_times.push(timed(|| compose(&mut ours, &plan, &moments[(round + 1) % 2]))?);
            peer_times.push(timed(|| Ok(peer.compose()?))?);
        }
        let floor_ms = self.floor(&moments[0], rounds)?;
        Ok(CaseFigures { name, ours_ms: median(our_times), peer_ms: median(peer_times), floor_ms, psnr_db })
    }

    fn plan(&self, tile: Size) -> anyhow::Result<TilePlan> {
        let units = |pixels: u32| i64::from(pixels) * CANVAS_PIXEL;
        let mut draws = Vec::new();
        for index in 0..self.side * self.side {
            let rect = CanvasRect {
                x: units(index % self.side * tile.width),
                y: units(index / self.side * tile.height),
                width: units(tile.width),
                height: units(tile.height),
            };
            let content = Content::Video { source: source_id(index as usize)?, crop: Crop::ALL };
            draws.push(Draw { content, rect, clip: rect, opacity: 255, outline: Outline::default() });
        }
        let area =
            CanvasRect { x: 0, y: 0, width: units(self.output.width), height: units(self.output.height) };
        Ok(TilePlan {
            screen: ScreenId::new("bench")?,
            canvas_frame: CanvasFrame(0),
            output: Output { size: self.output, rotation: Rotation::None },
            grid: PixelGrid { area, size: self.output },
            background: Rgba { r: 0, g: 0, b: 0, a: 255 },
            draws,
            over: None,
        })
    }

    /// Milliseconds to read each source byte once and to write each output byte once.
    fn floor(&self, frames: &[Frame], rounds: usize) -> anyhow::Result<f64> {
        let mut output = vec![0u8; self.output.area() as usize * 4];
        let mut pass = |round: usize| {
            let mut sum = 0u64;
            for frame in frames {
                for plane in (0..3).filter_map(|index| frame.plane(index)) {
                    // Whole words, summed: the compiler makes wide loads of it.
                    sum = plane.bytes.chunks_exact(8).fold(sum, |sum, word| {
                        sum.wrapping_add(word.try_into().map_or(0, u64::from_le_bytes))
                    });
                }
            }
            output.fill(round as u8);
            black_box((sum, &output));
            Ok(())
        };
        let times = (0..rounds).map(|round| timed(|| pass(round))).collect::<anyhow::Result<Vec<_>>>()?;
        Ok(median(times))
    }
}

struct Sources<'a>(&'a [Frame]);

impl FrameLookup for Sources<'_> {
    fn frame(&self, source: &SourceId) -> Option<&Frame> {
        self.0.get(source.as_str().strip_prefix('s')?.parse::<usize>().ok()?)
    }
}

struct NoRasters;

impl RasterProvider for NoRasters {
    fn raster(&mut self, _: &Arc<Raster>, _: Size, _: PixelScale) -> Option<Arc<Bitmap>> {
        None
    }
}

fn source_id(index: usize) -> anyhow::Result<SourceId> {
    Ok(SourceId::new(&format!("s{index}"))?)
}

fn compose(compositor: &mut CpuCompositor, plan: &TilePlan, frames: &[Frame]) -> anyhow::Result<()> {
    compositor.compose(plan, &Sources(frames), &mut NoRasters)?;
    Ok(())
}

/// Milliseconds of this thread's processor time that `work` takes: what other programs do meanwhile does not count.
fn timed(mut work: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<f64> {
    let start = thread_time()?;
    work()?;
    Ok((thread_time()? - start).as_secs_f64() * 1e3)
}

fn thread_time() -> anyhow::Result<Duration> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a timespec of our own.
    let result = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    ensure!(result == 0, "the thread's processor time cannot be read");
    Ok(Duration::new(time.tv_sec.try_into()?, time.tv_nsec.try_into()?))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A picture that moves: two slow waves, a fine texture and a few hard edges, as cameras give them. 8-bit 4:2:0.
fn synthetic(size: Size, index: usize, moment: i64) -> Option<Frame> {
    let layout = PixelLayout::Planar8(Chroma::Yuv420);
    let shift = index as f32 * 0.7 + moment as f32 * 0.1;
    let planes = (0..3).map(|plane| {
        let extent = layout.plane_size(size, plane);
        let (width, height) = (extent.width as f32, extent.height as f32);
        // One period of the fine texture is eight samples of a 360-line picture, whatever the size.
        let fine = 360.0 * std::f32::consts::TAU / 8.0;
        let mut bytes = Vec::with_capacity(extent.area() as usize);
        for y in 0..extent.height {
            let v = y as f32 / height;
            for x in 0..extent.width {
                let u = x as f32 / width;
                let slow = 60.0 * (u * 5.0 + shift).sin() + 40.0 * (v * 7.0 - shift).cos();
                let texture = if plane == 0 { 6.0 * (u * fine + v * 40.0).sin() } else { 0.0 };
                let edge = if plane == 0 && (u * 4.0 + shift).fract() < 0.1 { 25.0 } else { 0.0 };
                bytes.push((128.0 + slow * if plane == 0 { 0.8 } else { 0.5 } + texture + edge) as u8);
            }
        }
        Plane { bytes: Bytes::from(bytes), stride: extent.width as usize }
    });
    let planes = planes.collect();
    Frame::new(MediaTime(moment), WallTime(moment), size, Color::HD, layout, planes).ok()
}

/// PSNR over blue, green and red, in decibels.
fn likeness(ours: Picture<'_>, (stride, peer): (usize, &[u8])) -> f64 {
    let mut squares = 0u64;
    for y in 0..ours.size.height {
        let theirs = peer.chunks(stride).nth(y as usize).unwrap_or(&[]);
        for (a, b) in ours.row(y).chunks_exact(4).zip(theirs.chunks_exact(4)) {
            squares += (0..3).map(|channel| u64::from(a[channel].abs_diff(b[channel])).pow(2)).sum::<u64>();
        }
    }
    let mean = squares as f64 / (ours.size.area() * 3) as f64;
    10.0 * (255.0 * 255.0 / mean.max(1e-9)).log10()
}
