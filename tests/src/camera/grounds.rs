//! The still part of each scene, and the city map.

use super::paint::{Ground, Rgb};
use super::scenes::{Scene, mix};

/// The still part of a scene.
pub fn ground(scene: Scene, width: u32, height: u32) -> Ground {
    let seed = 0x9e37_79b9_u32.wrapping_mul(scene as u32 + 1);
    let ground = match scene {
        Scene::Gate => gate(width, height),
        Scene::Crossing => crossing(width, height),
        Scene::Shore => water(width, height, 430.0, 178.0, [38.0, 62.0, 96.0]),
        Scene::Lake => water(width, height, 210.0, 160.0, [30.0, 70.0, 84.0]),
        Scene::Harbour => harbour(width, height),
        Scene::Market => market(width, height),
        Scene::News => studio(width, height, [24.0, 62.0, 110.0]),
        Scene::LateNews => studio(width, height, [70.0, 40.0, 84.0]),
        Scene::Patrol => road(width, height, 168.0, 1, [44.0, 52.0, 66.0]),
        Scene::Motorway => road(width, height, 132.0, 3, [58.0, 50.0, 44.0]),
        Scene::Bridge => bridge(width, height),
        Scene::Lane => lane(width, height),
        Scene::Plaza => plaza(width, height),
    };
    ground.finish(seed)
}

fn road(width: u32, height: u32, horizon: f32, lanes: u32, asphalt: Rgb) -> Ground {
    let sky = [
        (0.0, [14.0, 24.0, 42.0]),
        (horizon, [64.0, 78.0, 100.0]),
        (horizon + 1.0, [26.0, 32.0, 34.0]),
        (360.0, [16.0, 20.0, 22.0]),
    ];
    let mut ground = Ground::gradient(width, height, &sky);
    skyline(&mut ground, horizon, 7, [22.0, 32.0, 48.0]);
    ground.polygon(&[(304.0, horizon), (336.0, horizon), (700.0, 360.0), (-60.0, 360.0)], asphalt, 1.0);
    for lane in 0..=lanes * 2 {
        let share = lane as f32 / (lanes * 2) as f32;
        let edge = lane == 0 || lane == lanes * 2;
        let opacity = if edge { 0.55 } else { 0.3 };
        ground.line(
            (mix(305.0, 335.0, share), horizon),
            (mix(-40.0, 680.0, share), 360.0),
            (0.4, 5.0),
            [210.0, 214.0, 206.0],
            opacity,
        );
    }
    for lamp in 0..6 {
        let near = (lamp as f32 / 5.0).powi(2);
        for side in [-1.0, 1.0] {
            let foot = (320.0 + side * mix(22.0, 360.0, near), mix(horizon + 2.0, 330.0, near));
            let top = (foot.0, foot.1 - mix(14.0, 220.0, near));
            ground.line(foot, top, (mix(0.6, 4.0, near), mix(0.5, 3.0, near)), [40.0, 46.0, 56.0], 1.0);
            ground.glow(top, (mix(5.0, 40.0, near), mix(5.0, 34.0, near)), [255.0, 214.0, 150.0], 0.9);
        }
    }
    ground
}

/// Houses with a few lit windows along the horizon.
fn skyline(ground: &mut Ground, horizon: f32, seed: u32, wall: Rgb) {
    let mut state = seed;
    let mut next = |limit: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) % limit
    };
    let mut x = -10.0;
    while x < 640.0 {
        let (house, top) = (24.0 + next(40) as f32, horizon - 14.0 - next(58) as f32);
        let tint = next(14) as f32;
        ground.rectangle([x, top, x + house, horizon], wall.map(|value| value + tint), 1.0);
        for _ in 0..next(9) {
            let (wx, wy) = (
                x + 4.0 + next(house as u32 - 8) as f32,
                top + 4.0 + next((horizon - top - 6.0) as u32) as f32,
            );
            ground.rectangle([wx, wy, wx + 3.0, wy + 3.0], [238.0, 196.0, 120.0], 0.75);
        }
        x += house + next(10) as f32;
    }
}

fn water(width: u32, height: u32, moon: f32, horizon: f32, tone: Rgb) -> Ground {
    let deep = tone.map(|value| value * 0.45);
    let light = tone.map(|value| value * 1.9);
    let stops =
        [(0.0, deep), (horizon, light), (horizon + 2.0, tone.map(|value| value * 1.2)), (360.0, deep)];
    let mut ground = Ground::gradient(width, height, &stops);
    let far = [tone[0] * 0.7, tone[1] * 0.7, tone[2] * 0.75];
    ground.polygon(
        &[(0.0, horizon - 26.0), (150.0, horizon - 8.0), (330.0, horizon), (0.0, horizon)],
        far,
        1.0,
    );
    ground.polygon(
        &[(640.0, horizon - 38.0), (640.0, horizon), (360.0, horizon), (520.0, horizon - 12.0)],
        far,
        0.8,
    );
    ground.glow((moon, 86.0), (90.0, 90.0), [210.0, 226.0, 240.0], 0.35);
    ground.glow((moon, 86.0), (19.0, 19.0), [244.0, 246.0, 238.0], 1.6);
    for row in 0..30 {
        let y = horizon + 4.0 + row as f32 * 6.0;
        let reach = 8.0 + row as f32 * 2.6 + (row * 37 % 11) as f32;
        ground.line((moon - reach, y), (moon + reach, y), (1.6, 1.6), [214.0, 226.0, 232.0], 0.16);
    }
    for post in 0..5 {
        let x = 36.0 + post as f32 * 62.0;
        ground.line((x, 300.0), (x, 356.0), (4.0, 5.0), [8.0, 12.0, 18.0], 1.0);
        ground.line((x, 308.0), (x + 62.0, 308.0), (2.0, 2.0), [8.0, 12.0, 18.0], 1.0);
    }
    ground
}

fn gate(width: u32, height: u32) -> Ground {
    let stops = [
        (0.0, [18.0, 30.0, 50.0]),
        (150.0, [70.0, 92.0, 118.0]),
        (151.0, [54.0, 62.0, 70.0]),
        (360.0, [30.0, 36.0, 42.0]),
    ];
    let mut ground = Ground::gradient(width, height, &stops);
    skyline(&mut ground, 152.0, 23, [30.0, 44.0, 66.0]);
    ground.polygon(&[(290.0, 150.0), (366.0, 150.0), (520.0, 360.0), (40.0, 360.0)], [46.0, 52.0, 60.0], 1.0);
    ground.line((326.0, 152.0), (276.0, 360.0), (0.6, 4.0), [200.0, 206.0, 210.0], 0.35);
    ground.rectangle([96.0, 96.0, 150.0, 290.0], [82.0, 88.0, 96.0], 1.0);
    ground.rectangle([500.0, 96.0, 560.0, 306.0], [82.0, 88.0, 96.0], 1.0);
    ground.rectangle([80.0, 78.0, 580.0, 104.0], [104.0, 110.0, 118.0], 1.0);
    ground.rectangle([250.0, 83.0, 400.0, 99.0], [232.0, 190.0, 110.0], 0.85);
    ground.rectangle([506.0, 196.0, 552.0, 240.0], [250.0, 218.0, 150.0], 0.8);
    ground.glow((528.0, 218.0), (80.0, 70.0), [250.0, 214.0, 150.0], 0.35);
    ground.line((150.0, 246.0), (420.0, 226.0), (6.0, 4.0), [226.0, 226.0, 220.0], 1.0);
    for mark in 0..7 {
        let x = 164.0 + mark as f32 * 38.0;
        ground.line(
            (x, 245.0 - mark as f32 * 2.8),
            (x + 16.0, 243.8 - mark as f32 * 2.8),
            (5.0, 5.0),
            [206.0, 62.0, 56.0],
            1.0,
        );
    }
    ground
}

fn crossing(width: u32, height: u32) -> Ground {
    let stops = [
        (0.0, [20.0, 26.0, 44.0]),
        (118.0, [74.0, 80.0, 104.0]),
        (119.0, [44.0, 46.0, 54.0]),
        (360.0, [28.0, 30.0, 36.0]),
    ];
    let mut ground = Ground::gradient(width, height, &stops);
    skyline(&mut ground, 120.0, 91, [30.0, 36.0, 54.0]);
    let asphalt = [56.0, 57.0, 64.0];
    ground.polygon(&[(0.0, 206.0), (640.0, 190.0), (640.0, 262.0), (0.0, 282.0)], asphalt, 1.0);
    ground.polygon(&[(320.0, 120.0), (372.0, 120.0), (600.0, 360.0), (300.0, 360.0)], asphalt, 1.0);
    ground.line((0.0, 242.0), (640.0, 224.0), (2.5, 2.0), [220.0, 204.0, 140.0], 0.5);
    for stripe in 0..8 {
        let x = 160.0 + stripe as f32 * 15.0;
        let y = 296.0 - stripe as f32 * 14.0;
        ground.polygon(
            &[(x, y), (x + 34.0, y - 1.0), (x + 38.0, y + 7.0), (x + 4.0, y + 8.0)],
            [214.0, 216.0, 212.0],
            0.6,
        );
    }
    for (x, y) in [(272.0, 190.0), (520.0, 184.0)] {
        ground.line((x, y), (x, y - 84.0), (3.0, 2.4), [24.0, 28.0, 36.0], 1.0);
        ground.glow((x, y - 84.0), (14.0, 14.0), [92.0, 236.0, 160.0], 1.0);
    }
    ground
}

fn harbour(width: u32, height: u32) -> Ground {
    let mut ground = water(width, height, 300.0, 214.0, [40.0, 54.0, 80.0]);
    for crane in 0..3 {
        let x = 70.0 + crane as f32 * 190.0;
        ground.line((x, 216.0), (x, 120.0), (5.0, 4.0), [16.0, 22.0, 34.0], 1.0);
        ground.line((x - 34.0, 128.0), (x + 92.0, 104.0), (4.0, 3.0), [16.0, 22.0, 34.0], 1.0);
        ground.glow((x + 92.0, 104.0), (9.0, 9.0), [255.0, 120.0, 96.0], 1.0);
    }
    ground
}

fn market(width: u32, height: u32) -> Ground {
    let stops = [(0.0, [22.0, 20.0, 32.0]), (170.0, [64.0, 50.0, 54.0]), (360.0, [40.0, 34.0, 36.0])];
    let mut ground = Ground::gradient(width, height, &stops);
    ground.polygon(
        &[(318.0, 172.0), (346.0, 172.0), (560.0, 360.0), (100.0, 360.0)],
        [70.0, 62.0, 62.0],
        1.0,
    );
    for stall in 0..5 {
        let near = ((stall as f32 + 0.3) / 4.4).powi(2);
        let (depth, awning) = (mix(178.0, 352.0, near), mix(12.0, 92.0, near));
        let hue = [[188.0, 66.0, 58.0], [66.0, 118.0, 150.0], [196.0, 148.0, 72.0]][stall % 3];
        for side in [-1.0, 1.0] {
            let inner = 332.0 + side * mix(20.0, 208.0, near);
            let outer = inner + side * mix(24.0, 210.0, near);
            let (left, right) = (inner.min(outer), inner.max(outer));
            ground.rectangle([left, depth - awning * 0.9, right, depth], [54.0, 44.0, 42.0], 1.0);
            ground.rectangle([left, depth - awning * 1.25, right, depth - awning * 0.9], hue, 0.9);
            ground.glow(
                (inner, depth - awning * 0.8),
                (awning * 0.5, awning * 0.5),
                [255.0, 206.0, 130.0],
                0.9,
            );
        }
    }
    ground
}

fn studio(width: u32, height: u32, tone: Rgb) -> Ground {
    let stops = [
        (0.0, tone.map(|value| value * 0.5)),
        (230.0, tone.map(|value| value * 1.5)),
        (360.0, tone.map(|value| value * 0.4)),
    ];
    let mut ground = Ground::gradient(width, height, &stops);
    for panel in 0..6 {
        let x = 20.0 + panel as f32 * 104.0;
        ground.rectangle([x, 56.0, x + 92.0, 196.0], tone.map(|value| value * 0.9 + 30.0), 0.45);
    }
    ground.polygon(&[(120.0, 262.0), (520.0, 262.0), (570.0, 360.0), (70.0, 360.0)], [18.0, 26.0, 40.0], 1.0);
    ground.line((120.0, 262.0), (520.0, 262.0), (4.0, 4.0), [130.0, 196.0, 240.0], 0.9);
    ground.glow((320.0, 150.0), (34.0, 40.0), [196.0, 156.0, 130.0], 3.0);
    ground.polygon(
        &[(284.0, 190.0), (356.0, 190.0), (392.0, 262.0), (248.0, 262.0)],
        [34.0, 40.0, 56.0],
        1.0,
    );
    ground.polygon(
        &[(308.0, 190.0), (332.0, 190.0), (322.0, 236.0), (318.0, 236.0)],
        [222.0, 226.0, 230.0],
        1.0,
    );
    ground
}

fn bridge(width: u32, height: u32) -> Ground {
    let stops = [
        (0.0, [20.0, 28.0, 52.0]),
        (200.0, [96.0, 92.0, 112.0]),
        (230.0, [44.0, 56.0, 78.0]),
        (360.0, [16.0, 24.0, 38.0]),
    ];
    let mut ground = Ground::gradient(width, height, &stops);
    skyline(&mut ground, 226.0, 55, [34.0, 40.0, 60.0]);
    ground.rectangle([0.0, 226.0, 640.0, 232.0], [40.0, 52.0, 72.0], 1.0);
    for tower in [190.0, 460.0] {
        ground.line((tower, 262.0), (tower, 60.0), (9.0, 5.0), [26.0, 32.0, 48.0], 1.0);
        for cable in 1..9 {
            let reach = cable as f32 * 15.0;
            let top = (tower, 62.0 + cable as f32 * 5.0);
            ground.line(top, (tower - reach, 190.0), (0.8, 0.8), [150.0, 160.0, 180.0], 0.6);
            ground.line(top, (tower + reach, 186.0), (0.8, 0.8), [150.0, 160.0, 180.0], 0.6);
        }
        ground.glow((tower, 60.0), (8.0, 8.0), [255.0, 110.0, 100.0], 1.0);
    }
    ground.polygon(&[(0.0, 188.0), (640.0, 174.0), (640.0, 186.0), (0.0, 202.0)], [30.0, 36.0, 52.0], 1.0);
    ground
}

fn lane(width: u32, height: u32) -> Ground {
    let stops = [(0.0, [26.0, 34.0, 52.0]), (175.0, [84.0, 84.0, 92.0]), (360.0, [44.0, 44.0, 48.0])];
    let mut ground = Ground::gradient(width, height, &stops);
    ground.polygon(&[(0.0, 0.0), (300.0, 120.0), (300.0, 182.0), (0.0, 360.0)], [50.0, 56.0, 66.0], 1.0);
    ground.polygon(&[(640.0, 0.0), (640.0, 360.0), (352.0, 182.0), (352.0, 120.0)], [60.0, 58.0, 62.0], 1.0);
    ground.polygon(&[(300.0, 180.0), (352.0, 180.0), (600.0, 360.0), (40.0, 360.0)], [72.0, 72.0, 74.0], 1.0);
    for window in 0..4 {
        let near = (window as f32 + 1.0) / 4.5;
        let (x, size) = (mix(286.0, 20.0, near), mix(8.0, 62.0, near));
        ground.rectangle(
            [x, 150.0 - size * 1.3, x + size * 0.55, 150.0 - size * 0.4],
            [244.0, 206.0, 136.0],
            0.7,
        );
        let right = mix(364.0, 600.0, near);
        ground.rectangle(
            [right, 150.0 - size * 1.2, right + size * 0.5, 150.0 - size * 0.5],
            [150.0, 186.0, 214.0],
            0.35,
        );
    }
    ground.glow((326.0, 118.0), (46.0, 40.0), [255.0, 220.0, 160.0], 0.9);
    ground
}

fn plaza(width: u32, height: u32) -> Ground {
    let stops = [
        (0.0, [24.0, 30.0, 54.0]),
        (170.0, [104.0, 96.0, 112.0]),
        (171.0, [88.0, 84.0, 88.0]),
        (360.0, [62.0, 60.0, 66.0]),
    ];
    let mut ground = Ground::gradient(width, height, &stops);
    skyline(&mut ground, 172.0, 140, [44.0, 46.0, 70.0]);
    for line in 0..13 {
        let share = line as f32 / 12.0;
        ground.line(
            (mix(180.0, 460.0, share), 172.0),
            (mix(-500.0, 1140.0, share), 360.0),
            (0.6, 2.0),
            [36.0, 36.0, 44.0],
            0.5,
        );
        let y = 172.0 + 188.0 * share * share;
        ground.line((0.0, y), (640.0, y), (1.0, 1.0), [36.0, 36.0, 44.0], 0.4);
    }
    for lamp in [110.0, 320.0, 530.0] {
        ground.line((lamp, 222.0), (lamp, 128.0), (3.0, 2.0), [26.0, 28.0, 38.0], 1.0);
        ground.glow((lamp, 126.0), (34.0, 30.0), [255.0, 226.0, 176.0], 1.0);
        ground.glow((lamp, 230.0), (90.0, 22.0), [240.0, 220.0, 190.0], 0.35);
    }
    ground
}

/// A quiet city map with lake, river, roads and blocks, for the demo's still picture.
pub fn map(width: u32, height: u32) -> Ground {
    let mut ground =
        Ground::gradient(width, height, &[(0.0, [14.0, 30.0, 50.0]), (360.0, [12.0, 26.0, 44.0])]);
    for row in 0..9 {
        for column in 0..14 {
            let (x, y) = (column as f32 * 47.0 + (row * 13 % 17) as f32, row as f32 * 42.0);
            let tint = (row * 5 + column * 3) % 4;
            let color = [18.0 + tint as f32 * 2.0, 38.0 + tint as f32 * 3.0, 63.0 + tint as f32 * 4.0];
            ground.rectangle([x + 3.0, y + 3.0, x + 43.0, y + 38.0], color, 0.9);
        }
    }
    let water = [22.0, 74.0, 112.0];
    ground.polygon(
        &[
            (396.0, 190.0),
            (470.0, 152.0),
            (560.0, 160.0),
            (600.0, 214.0),
            (570.0, 286.0),
            (480.0, 306.0),
            (404.0, 262.0),
        ],
        water,
        1.0,
    );
    let river = [(-10.0, 96.0), (120.0, 132.0), (240.0, 120.0), (330.0, 170.0), (410.0, 214.0)];
    for pair in river.windows(2) {
        ground.line(pair[0], pair[1], (13.0, 13.0), water, 1.0);
    }
    let road = [46.0, 86.0, 128.0];
    for (from, to, thick) in [
        ((0.0, 250.0), (640.0, 330.0), 4.0),
        ((90.0, 0.0), (170.0, 360.0), 4.0),
        ((300.0, 0.0), (350.0, 360.0), 3.0),
        ((0.0, 40.0), (640.0, 96.0), 3.0),
        ((560.0, 0.0), (610.0, 360.0), 3.0),
    ] {
        ground.line(from, to, (thick, thick), road, 1.0);
    }
    for (x, y) in
        [(132.0, 190.0), (316.0, 84.0), (214.0, 284.0), (500.0, 110.0), (596.0, 300.0), (430.0, 330.0)]
    {
        ground.glow((x, y), (16.0, 16.0), [53.0, 182.0, 255.0], 0.5);
        ground.glow((x, y), (5.0, 5.0), [180.0, 226.0, 255.0], 3.0);
    }
    ground
}
