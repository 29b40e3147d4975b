//! Synthetic cameras: calm night scenes with a few moving lights, a clock and the frame counter, the same bytes each time.
//!
//! The scene's ground is painted once; each frame copies it and moves a handful of small things, so that a camera costs
//! little beside its encoder. All motion repeats after [`LOOP_S`] seconds: a clip of that length loops without a jump.

mod glyphs;
mod grounds;
mod paint;
mod scenes;

pub use grounds::map;
pub use paint::Ground;
pub use scenes::Scene;

use crate::counter::{self, Reading};
use scenes::Mover;
use std::io::{self, Write};

/// Seconds after which all motion begins again.
pub const LOOP_S: u32 = 60;

/// One synthetic camera.
#[derive(Debug, Clone)]
pub struct Camera {
    width: u32,
    height: u32,
    frames_per_second: u32,
    number: u32,
    strips: u32,
    name: &'static str,
    ground: Planes,
    movers: Vec<Mover>,
}

/// Planes Y, U, V at 4:2:0, limited range BT.601, eight bits.
#[derive(Debug, Clone)]
pub struct Planes {
    y: Vec<u8>,
    u: Vec<u8>,
    v: Vec<u8>,
}

impl Camera {
    /// A camera that looks at `scene`. `number` goes into the counter strip and is below [`counter::CAMERAS`];
    /// width and height are even.
    pub fn new(scene: Scene, number: u32, size: (u32, u32), frames_per_second: u32) -> Self {
        Self::with_strips(scene, number, size, frames_per_second, 1)
    }

    /// A camera with a strip in each of `strips` equal parts side by side, where that is more than one.
    pub fn with_strips(
        scene: Scene,
        number: u32,
        (width, height): (u32, u32),
        frames_per_second: u32,
        strips: u32,
    ) -> Self {
        let ground = grounds::ground(scene, width, height).to_planes();
        let movers = scenes::movers(scene);
        Self { width, height, frames_per_second, number, strips, name: scene.name(), ground, movers }
    }

    /// Writes the header of a YUV4MPEG2 stream.
    pub fn write_header(&self, out: &mut impl Write) -> io::Result<()> {
        let Self { width, height, frames_per_second, .. } = self;
        writeln!(out, "YUV4MPEG2 W{width} H{height} F{frames_per_second}:1 Ip A1:1 C420mpeg2")
    }

    /// Writes frame `index` of a YUV4MPEG2 stream.
    pub fn write_frame(&self, out: &mut impl Write, index: u32) -> io::Result<()> {
        let planes = self.frame(index);
        out.write_all(b"FRAME\n")?;
        out.write_all(&planes.y)?;
        out.write_all(&planes.u)?;
        out.write_all(&planes.v)
    }

    /// The brightness of frame `index`, row by row: 16 is black, 235 is white.
    pub fn luma(&self, index: u32) -> Vec<u8> {
        self.frame(index).y
    }

    fn frame(&self, index: u32) -> Planes {
        let mut planes = self.ground.clone();
        let loop_frames = LOOP_S * self.frames_per_second;
        let turn = f64::from(index % loop_frames) / f64::from(loop_frames);
        for mover in &self.movers {
            mover.draw(&mut planes, self.width, self.height, turn);
        }
        let seconds = 20 * 3600 + 30 * 60 + index / self.frames_per_second;
        let clock = format!("{:02}:{:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
        let scale = (self.width / 320).max(1);
        let margin = 8 * scale;
        glyphs::draw(&mut planes.y, self.width, (margin, margin + 12 * scale), scale, &clock);
        glyphs::draw(&mut planes.y, self.width, (margin, margin + 22 * scale), scale, self.name);
        let reading = Reading { camera: self.number, frame: index };
        if self.strips == 1 {
            counter::draw(&mut planes.y, self.width, self.height, reading);
        } else {
            let (width, height) = (f64::from(self.width), f64::from(self.height));
            let place = |part| counter::part_place(part, self.strips, width, height);
            (0..self.strips)
                .for_each(|part| counter::draw_at(&mut planes.y, self.width, place(part), reading));
        }
        planes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::{Picture, Rect};

    #[test]
    fn every_scene_carries_its_counter_and_moves() {
        for scene in Scene::ALL {
            let camera = Camera::new(scene, 9, (640, 360), 25);
            let [first, later] = [40, 553].map(|index| camera.frame(index));
            assert!(first.y[640 * 100..] != later.y[640 * 100..], "{scene:?} stands still");
            let bgra = later.y.iter().flat_map(|&y| [y, y, y, 255]).collect();
            let picture = Picture { width: 640, height: 360, bgra };
            let reading = counter::read(&picture, Rect::new(0.0, 0.0, 640.0, 360.0));
            assert_eq!(reading, Some(Reading { camera: 9, frame: 553 }), "{scene:?}");
        }
    }

    #[test]
    fn the_same_frame_is_the_same_bytes() {
        let [a, b] = [(), ()].map(|()| Camera::new(Scene::Shore, 3, (320, 180), 25).frame(77));
        assert_eq!((a.y, a.u, a.v), (b.y, b.u, b.v));
    }
}
