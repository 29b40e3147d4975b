//! A thread that encodes pixels for people who look from afar: small pictures of screens while somebody watches
//! their wall, and single pictures that are asked for. No engine waits for it, and what it is given is bounded.

mod films;

use crate::assets::Images;
use crate::clock::Clock;
use crate::wall_picture::OwnedPicture;
use bytes::Bytes;
use films::Films;
use jpeg_encoder::{ColorType, Encoder};
use layouts::{Rotation, TilePlan};
use media::{CanvasFrame, Frame, ScreenId, Size, SourceId, WallId, WallTime};
use protocol::{Looks, NoPicture, PictureFormat, PictureReply, PreviewCoding, PreviewPicture};
use protocol_quic::PictureSender;
use renderer::cpu::CpuCompositor;
use renderer::picture::{Bitmap, Picture};
use renderer::raster::RasterCache;
use renderer::{ComposeError, Compositor, FrameLookup, shrink};
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// Quality of previews and thumbnails, as JPEG encoders count it; coarser ones where that would be too many bytes.
const QUALITIES: [u8; 3] = [75, 50, 20];
/// Quality of a picture that somebody wants to keep.
const KEPT_QUALITY: u8 = 90;
/// Of more requests at once the oldest are not answered.
const REQUESTS_MAX: usize = 8;
/// Bytes of text, marks and cards kept for thumbnails.
const RASTER_BYTES_MAX: usize = 32 << 20;
/// Screens come first.
const NICENESS: libc::c_int = 5;

/// A screen at one tick.
#[derive(Debug)]
pub struct Shot {
    /// On which wall.
    pub wall: WallId,
    /// Which screen.
    pub screen: ScreenId,
    /// At which tick.
    pub tick: CanvasFrame,
    /// When it had been composed.
    pub composed: WallTime,
    /// As what it is wanted.
    pub looks: Looks,
    /// The picture, upright and small; `None` when it is still the one before.
    pub picture: Option<Bitmap>,
}

/// What a picture is drawn from.
#[derive(Debug)]
pub struct Portrait {
    /// All draws.
    pub plan: TilePlan,
    /// The pictures of sources that it may need.
    pub frames: BTreeMap<SourceId, Frame>,
}

impl FrameLookup for Portrait {
    fn frame(&self, source: &SourceId) -> Option<&Frame> {
        self.frames.get(source)
    }
}

/// Where the pixels of a picture that was asked for come from.
#[derive(Debug)]
pub enum Pixels {
    /// A frame buffer as its cable carries it, and how its panel hangs.
    Screen(OwnedPicture, Rotation),
    /// To be drawn with these still pictures.
    Drawn(Box<Portrait>, Images),
    /// There are none.
    None(NoPicture),
}

/// A picture that was asked for.
#[derive(Debug)]
pub struct Commission {
    /// The request's number.
    pub number: u64,
    /// As of when.
    pub made: WallTime,
    /// The kind of file.
    pub format: PictureFormat,
    /// At most so wide; `None` for all pixels that there are.
    pub width_px: Option<u32>,
    /// What it shows.
    pub pixels: Pixels,
}

/// Where finished pictures go.
pub trait Post: Send + 'static {
    /// Sends a screen's picture. False when it is too large.
    fn preview(&self, picture: &PreviewPicture) -> bool;
    /// Sends a picture that was asked for. False when it is too large.
    fn reply(&self, reply: &PictureReply) -> bool;
}

impl Post for PictureSender {
    fn preview(&self, picture: &PreviewPicture) -> bool {
        self.preview(picture).is_ok()
    }

    fn reply(&self, reply: &PictureReply) -> bool {
        self.reply(reply).is_ok()
    }
}

#[derive(Default)]
struct Work {
    /// One of each screen.
    shots: VecDeque<Shot>,
    commissions: VecDeque<Commission>,
    /// Walls that are watched no longer, or by others: what is remembered of their screens is out of date.
    forgotten: Vec<WallId>,
    end: bool,
}

#[derive(Default)]
struct Shared {
    work: Mutex<Work>,
    wake: Condvar,
    encoded: AtomicU64,
}

impl Shared {
    fn work(&self) -> MutexGuard<'_, Work> {
        // It is whole between any two statements: a panic elsewhere does not spoil it.
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread. Dropping it ends it.
pub struct PicturePress {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl PicturePress {
    /// Starts the thread; what it makes goes to `post`, stamped with the time of `clock`.
    pub fn start(post: impl Post, clock: Clock) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let press = Press {
            shared: shared.clone(),
            post,
            clock,
            last: BTreeMap::new(),
            films: Films::default(),
            rasters: None,
        };
        let thread = std::thread::Builder::new().name("pictures".into()).spawn(move || press.run())?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Has a screen's picture encoded and sent, in the place of an older one that still waits.
    pub fn preview(&self, shot: Shot) {
        let mut work = self.shared.work();
        match work.shots.iter_mut().find(|older| older.screen == shot.screen) {
            Some(older) => {
                // What is still the one before may be one that waits itself.
                let picture = shot.picture.or(older.picture.take());
                *older = Shot { picture, ..shot };
            }
            None => work.shots.push_back(shot),
        }
        drop(work);
        self.shared.wake.notify_one();
    }

    /// Nobody watches `wall` any more, or others do: the next picture of each of its screens leans on none before.
    pub fn forget(&self, wall: &WallId) {
        let mut work = self.shared.work();
        work.shots.retain(|shot| shot.wall != *wall);
        if !work.forgotten.contains(wall) {
            work.forgotten.push(wall.clone());
        }
    }

    /// Has a picture made and sent that was asked for.
    pub fn commission(&self, commission: Commission) {
        let mut work = self.shared.work();
        if work.commissions.len() >= REQUESTS_MAX {
            work.commissions.pop_front();
        }
        work.commissions.push_back(commission);
        drop(work);
        self.shared.wake.notify_one();
    }

    /// How many pictures have been encoded so far.
    pub fn encoded(&self) -> u64 {
        self.shared.encoded.load(Ordering::Relaxed)
    }
}

impl Drop for PicturePress {
    fn drop(&mut self) {
        self.shared.work().end = true;
        self.shared.wake.notify_one();
        if let Some(thread) = self.thread.take() {
            // A thread that has panicked has said so.
            let _ = thread.join();
        }
    }
}

/// What the thread does next.
enum Next {
    Shot(Shot),
    Commission(Commission),
    End,
}

struct Press<P> {
    shared: Arc<Shared>,
    post: P,
    clock: Clock,
    /// The last file of each screen.
    last: BTreeMap<ScreenId, (WallId, Bytes)>,
    films: Films,
    rasters: Option<(Images, RasterCache)>,
}

impl<P: Post> Press<P> {
    fn run(mut self) {
        // SAFETY: a plain system call about the calling thread; a refusal does no harm.
        unsafe { libc::nice(NICENESS) };
        loop {
            match self.next() {
                Next::Shot(shot) => self.preview(shot),
                Next::Commission(commission) => self.reply(commission),
                Next::End => return,
            }
        }
    }

    fn next(&mut self) -> Next {
        let shared = self.shared.clone();
        let mut work = shared.work();
        loop {
            for wall in std::mem::take(&mut work.forgotten) {
                self.last.retain(|_, (of, _)| *of != wall);
                self.films.forget(&wall);
            }
            if work.end {
                return Next::End;
            }
            if let Some(shot) = work.shots.pop_front() {
                return Next::Shot(shot);
            }
            if let Some(commission) = work.commissions.pop_front() {
                return Next::Commission(commission);
            }
            work = shared.wake.wait(work).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Sends a shot in each form that is wanted. Where no H.264 can be made, JPEGs take its place.
    fn preview(&mut self, shot: Shot) {
        let Looks { stills, video } = shot.looks;
        let filmed = video && self.film(&shot);
        if stills || (video && !filmed) {
            self.still(shot);
        }
    }

    /// False when there is no film of this screen.
    fn film(&mut self, shot: &Shot) -> bool {
        let Some((coding, bytes)) = self.films.next(shot) else { return false };
        self.shared.encoded.fetch_add(1, Ordering::Relaxed);
        let (wall, screen) = (shot.wall.clone(), shot.screen.clone());
        let (tick, composed, sent) = (shot.tick, shot.composed, self.clock.wall());
        let sent = self.post.preview(&PreviewPicture { wall, screen, tick, composed, sent, coding, bytes });
        if !sent {
            // What follows would lean on a picture that nobody has.
            self.films.cut(&shot.screen);
        }
        sent
    }

    fn still(&mut self, shot: Shot) {
        let Shot { wall, screen, tick, composed, picture, .. } = shot;
        let qualities = if picture.is_some() { &QUALITIES[..] } else { &QUALITIES[..1] };
        for quality in qualities {
            let jpeg = match &picture {
                Some(picture) => self.jpeg(picture, *quality),
                None => self.last.get(&screen).map(|(_, jpeg)| jpeg.clone()),
            };
            let Some(jpeg) = jpeg else { return };
            let sent = self.clock.wall();
            let (wall, screen) = (wall.clone(), screen.clone());
            let coding = PreviewCoding::Jpeg;
            let message = PreviewPicture { wall, screen, tick, composed, sent, coding, bytes: jpeg };
            if self.post.preview(&message) {
                self.last.insert(message.screen, (message.wall, message.bytes));
                return;
            }
        }
        tracing::warn!(%screen, "a small picture of a screen is too large to be sent");
    }

    fn reply(&mut self, commission: Commission) {
        let Commission { number, made, format, width_px, pixels } = commission;
        let outcome = self.bitmap(pixels, width_px).and_then(|(bitmap, quality)| {
            let bytes = match format {
                PictureFormat::Jpeg => self.jpeg(&bitmap, quality),
                PictureFormat::Png => self.png(&bitmap),
            };
            Ok((made, bytes.ok_or(NoPicture::Failed)?))
        });
        if !self.post.reply(&PictureReply { number, outcome }) {
            self.post.reply(&PictureReply { number, outcome: Err(NoPicture::TooLarge) });
        }
    }

    /// The pixels, and the quality that they are worth.
    fn bitmap(&mut self, pixels: Pixels, width_px: Option<u32>) -> Result<(Bitmap, u8), NoPicture> {
        match pixels {
            Pixels::None(why) => Err(why),
            Pixels::Screen(picture, rotation) => {
                let turned = matches!(rotation, Rotation::Quarter | Rotation::ThreeQuarters);
                let seen = if turned { picture.size.transposed() } else { picture.size };
                let size = shrink::fitting(seen, width_px.unwrap_or(seen.width));
                let stride = picture.size.width as usize * 4;
                let picture = Picture { size: picture.size, stride, bytes: &picture.bytes };
                let bitmap = shrink::upright(picture, rotation, size).ok_or(NoPicture::None)?;
                Ok((bitmap, KEPT_QUALITY))
            }
            Pixels::Drawn(portrait, images) => Ok((self.draw(&portrait, images)?, QUALITIES[0])),
        }
    }

    fn draw(&mut self, portrait: &Portrait, images: Images) -> Result<Bitmap, NoPicture> {
        if self.rasters.as_ref().is_none_or(|(held, _)| !held.is(&images)) {
            let rasters = images.rasters(RASTER_BYTES_MAX).map_err(|_| NoPicture::Failed)?;
            self.rasters = Some((images, rasters));
        }
        let Some((_, rasters)) = &mut self.rasters else { return Err(NoPicture::Failed) };
        let mut compositor = CpuCompositor::new();
        let failed = |error: ComposeError| {
            tracing::warn!(%error, "a picture that was asked for cannot be drawn");
            NoPicture::Failed
        };
        compositor.compose(&portrait.plan, portrait, rasters).map_err(failed)?;
        let picture = compositor.picture().map_err(failed)?;
        shrink::upright(picture, Rotation::None, picture.size).ok_or(NoPicture::None)
    }

    fn jpeg(&self, bitmap: &Bitmap, quality: u8) -> Option<Bytes> {
        self.shared.encoded.fetch_add(1, Ordering::Relaxed);
        jpeg(bitmap, quality)
    }

    fn png(&self, bitmap: &Bitmap) -> Option<Bytes> {
        self.shared.encoded.fetch_add(1, Ordering::Relaxed);
        let Size { width, height } = bitmap.size();
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Fast);
        let mut rgb = Vec::with_capacity(bitmap.bytes().len() / 4 * 3);
        bitmap
            .bytes()
            .chunks_exact(4)
            .for_each(|pixel| rgb.extend_from_slice(&[pixel[2], pixel[1], pixel[0]]));
        let written = encoder.write_header().and_then(|mut writer| {
            writer.write_image_data(&rgb)?;
            writer.finish()
        });
        written.inspect_err(|error| tracing::warn!(%error, "a picture cannot be encoded")).ok()?;
        Some(bytes.into())
    }
}

/// A bitmap as a JPEG file.
pub fn jpeg(bitmap: &Bitmap, quality: u8) -> Option<Bytes> {
    let Size { width, height } = bitmap.size();
    let (width, height) = (u16::try_from(width).ok()?, u16::try_from(height).ok()?);
    let mut bytes = Vec::with_capacity(bitmap.bytes().len() / 16);
    let encoder = Encoder::new(&mut bytes, quality);
    let encoded = encoder.encode(bitmap.bytes(), width, height, ColorType::Bgra);
    encoded.inspect_err(|error| tracing::warn!(%error, "a picture cannot be encoded")).ok()?;
    Some(bytes.into())
}

#[cfg(test)]
mod tests;
