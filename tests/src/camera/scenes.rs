//! What the synthetic cameras look at: night roads, shores, squares, and the few things that move in each.

use super::Planes;
use super::paint::{NOMINAL, Point};

/// A place to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scene {
    /// A housing estate's gate with its barrier.
    Gate,
    /// A crossing seen from a mast.
    Crossing,
    /// The lake's shore under the moon.
    Shore,
    /// A market lane with lanterns.
    Market,
    /// The evening news.
    News,
    /// The late news.
    LateNews,
    /// The road ahead of a patrol car.
    Patrol,
    /// A motorway.
    Motorway,
    /// A bridge over the water.
    Bridge,
    /// A harbour basin.
    Harbour,
    /// A lane between houses.
    Lane,
    /// Open water.
    Lake,
    /// A square with people.
    Plaza,
}

impl Scene {
    /// All scenes.
    pub const ALL: [Self; 13] = [
        Self::Gate,
        Self::Crossing,
        Self::Shore,
        Self::Market,
        Self::News,
        Self::LateNews,
        Self::Patrol,
        Self::Motorway,
        Self::Bridge,
        Self::Harbour,
        Self::Lane,
        Self::Lake,
        Self::Plaza,
    ];

    /// Its name, in the letters that a camera writes into its picture.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gate => "GATE",
            Self::Crossing => "CROSSING",
            Self::Shore => "SHORE",
            Self::Market => "MARKET",
            Self::News => "NEWS",
            Self::LateNews => "LATENEWS",
            Self::Patrol => "PATROL",
            Self::Motorway => "MOTORWAY",
            Self::Bridge => "BRIDGE",
            Self::Harbour => "HARBOUR",
            Self::Lane => "LANE",
            Self::Lake => "LAKE",
            Self::Plaza => "PLAZA",
        }
    }

    /// The scene of that name in any case; `None` when there is none.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scene| scene.name().eq_ignore_ascii_case(name))
    }
}

/// A soft light (or, with a negative strength, a shadow) that travels along a line, growing as it comes near.
#[derive(Debug, Clone, Copy)]
pub struct Mover {
    from: Point,
    to: Point,
    radius: (f32, f32),
    /// Height over width.
    aspect: f32,
    /// Luma and the two colour differences that its middle adds.
    light: [f32; 3],
    /// Whole journeys per loop.
    journeys: u32,
    phase: f64,
    /// 1 for even pace, 2 for something that comes out of the distance.
    pace: i32,
}

impl Mover {
    /// Draws it at `turn`, 0 to 1, of the loop.
    pub fn draw(&self, planes: &mut Planes, width: u32, height: u32, turn: f64) {
        let journey = (turn * f64::from(self.journeys) + self.phase).fract() as f32;
        let along = journey.powi(self.pace);
        // It fades in and out at the ends of its way, so that a journey's end is no jump.
        let fade = (journey.min(1.0 - journey) * 12.0).min(1.0);
        let place = (mix(self.from.0, self.to.0, along), mix(self.from.1, self.to.1, along));
        let radius = mix(self.radius.0, self.radius.1, along);
        let light = self.light.map(|value| value * fade);
        let blob = Blob { place, radius, aspect: self.aspect };
        blob.add(&mut planes.y, (width, height), light[0]);
        blob.add(&mut planes.u, (width / 2, height / 2), light[1]);
        blob.add(&mut planes.v, (width / 2, height / 2), light[2]);
    }
}

struct Blob {
    place: Point,
    radius: f32,
    aspect: f32,
}

impl Blob {
    /// Adds the light to a plane that shows the nominal picture at `size`.
    fn add(&self, plane: &mut [u8], (width, height): (u32, u32), strength: f32) {
        let (sx, sy) = (width as f32 / NOMINAL.0, height as f32 / NOMINAL.1);
        let (x, y) = (self.place.0 * sx, self.place.1 * sy);
        let (rx, ry) = ((self.radius * sx).max(0.8), (self.radius * self.aspect * sy).max(0.8));
        let rows = (y - ry).max(0.0) as usize..((y + ry).ceil().max(0.0) as usize).min(height as usize);
        for row in rows {
            let columns = (x - rx).max(0.0) as usize..((x + rx).ceil().max(0.0) as usize).min(width as usize);
            for column in columns {
                let distance2 =
                    ((column as f32 + 0.5 - x) / rx).powi(2) + ((row as f32 + 0.5 - y) / ry).powi(2);
                let share = (1.0 - distance2).max(0.0);
                let pixel = &mut plane[row * width as usize + column];
                *pixel = (f32::from(*pixel) + strength * share * share).clamp(16.0, 235.0) as u8;
            }
        }
    }
}

pub(super) fn mix(a: f32, b: f32, share: f32) -> f32 {
    a + (b - a) * share
}

const WARM: [f32; 3] = [190.0, -26.0, 12.0];
const RED: [f32; 3] = [90.0, -18.0, 60.0];
const WHITE: [f32; 3] = [205.0, 0.0, 0.0];
const GLINT: [f32; 3] = [38.0, 6.0, -4.0];
const SHADE: [f32; 3] = [-52.0, 0.0, 0.0];

/// `count` things that share one way, spread evenly over it.
fn convoy(
    count: u32,
    way: (Point, Point),
    radius: (f32, f32),
    light: [f32; 3],
    journeys: u32,
    pace: i32,
) -> Vec<Mover> {
    let one = |index| Mover {
        from: way.0,
        to: way.1,
        radius,
        aspect: 0.8,
        light,
        journeys,
        // An irrational step keeps the distances uneven.
        phase: (f64::from(index) * 0.618_034 + 0.1).fract(),
        pace,
    };
    (0..count).map(one).collect()
}

/// Pairs of lamps that come nearer on one lane.
fn traffic(count: u32, far: Point, near: Point, gap: f32, light: [f32; 3], journeys: u32) -> Vec<Mover> {
    let mut all = convoy(count, (far, (near.0 - gap, near.1)), (1.2, 13.0), light, journeys, 2);
    all.extend(convoy(count, (far, (near.0 + gap, near.1)), (1.2, 13.0), light, journeys, 2));
    all
}

/// Glitter on water: short flat lights that drift.
fn glitter(rows: u32, top: f32, middle: f32) -> Vec<Mover> {
    let mut all = Vec::new();
    for row in 0..rows {
        let y = top + row as f32 * 11.0;
        let reach = 20.0 + row as f32 * 7.0;
        let mut glints =
            convoy(2, ((middle - reach, y), (middle + reach, y)), (10.0, 12.0), GLINT, 6 + row % 5, 1);
        glints.iter_mut().for_each(|glint| glint.aspect = 0.16);
        all.extend(glints);
    }
    all
}

/// People who walk: upright shadows.
fn walkers(count: u32, way: (Point, Point), radius: (f32, f32), journeys: u32) -> Vec<Mover> {
    let mut all = convoy(count, way, radius, SHADE, journeys, 1);
    all.iter_mut().for_each(|walker| walker.aspect = 2.4);
    all
}

/// What moves in a scene.
pub fn movers(scene: Scene) -> Vec<Mover> {
    match scene {
        Scene::Gate => {
            let mut all = traffic(2, (330.0, 150.0), (250.0, 330.0), 34.0, WARM, 5);
            all.extend(walkers(2, ((60.0, 250.0), (590.0, 262.0)), (9.0, 9.0), 4));
            all
        }
        Scene::Crossing => {
            let mut all = convoy(4, ((0.0, 222.0), (640.0, 204.0)), (7.0, 7.0), WHITE, 12, 1);
            all.extend(convoy(4, ((640.0, 246.0), (0.0, 262.0)), (8.0, 8.0), RED, 10, 1));
            all.extend(convoy(3, ((352.0, 120.0), (470.0, 360.0)), (3.0, 12.0), WARM, 8, 1));
            all.extend(walkers(3, ((150.0, 300.0), (250.0, 190.0)), (6.0, 4.0), 4));
            all
        }
        Scene::Shore => glitter(14, 196.0, 430.0),
        Scene::Lake => glitter(16, 176.0, 210.0),
        Scene::Harbour => {
            let mut all = glitter(9, 240.0, 300.0);
            all.extend(convoy(1, ((80.0, 214.0), (600.0, 206.0)), (6.0, 6.0), WARM, 1, 1));
            all
        }
        Scene::Market => {
            let mut all = walkers(4, ((210.0, 330.0), (330.0, 190.0)), (16.0, 4.0), 5);
            all.extend(walkers(3, ((345.0, 190.0), (470.0, 350.0)), (4.0, 18.0), 4));
            all
        }
        Scene::News | Scene::LateNews => {
            convoy(5, ((0.0, 96.0), (640.0, 150.0)), (60.0, 60.0), [26.0, 6.0, -6.0], 3, 1)
        }
        Scene::Patrol => {
            let mut all = traffic(2, (318.0, 168.0), (120.0, 340.0), 30.0, WHITE, 9);
            all.extend(traffic(2, (324.0, 168.0), (430.0, 250.0), 14.0, RED, 4));
            all
        }
        Scene::Motorway => {
            let mut all = traffic(5, (306.0, 132.0), (90.0, 350.0), 26.0, WHITE, 11);
            all.extend(traffic(4, (330.0, 132.0), (540.0, 350.0), 22.0, RED, 10));
            all
        }
        Scene::Bridge => {
            let mut all = convoy(6, ((0.0, 186.0), (640.0, 172.0)), (4.0, 4.0), WARM, 9, 1);
            all.extend(glitter(10, 250.0, 320.0));
            all
        }
        Scene::Lane => walkers(3, ((330.0, 176.0), (300.0, 340.0)), (4.0, 26.0), 4),
        Scene::Plaza => {
            let mut all = walkers(5, ((0.0, 230.0), (640.0, 214.0)), (7.0, 7.0), 4);
            all.extend(walkers(4, ((640.0, 300.0), (0.0, 282.0)), (13.0, 13.0), 5));
            all
        }
    }
}
