//! A map that is painted again only where it has changed has the same bytes as one that is painted from the beginning.

use super::sprites::{self, Kind, Sprites};
use super::tiles::{Stamp, Tiles};
use crate::raster::Rasterizer;
use crate::raster::text::TextEngine;
use crate::scene::PixelScale;
use layouts::{
    CANVAS_PIXEL, Language, MapLayer, Mode, NumberFormat, Raster, Rgba, Shown, Theme, WidgetFace, WidgetKind,
};
use media::{Real, Size, Table, Value};
use proptest::prelude::*;
use std::sync::{Arc, Mutex};

const SIZE: Size = Size { width: 420, height: 300 };
const SCALE: PixelScale = PixelScale { columns: 1, width: CANVAS_PIXEL, rows: 1, height: CANVAS_PIXEL };
const GRID: &str = r#"{"type":"FeatureCollection","features":[
    {"type":"Feature","id":"a","geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1],[0,0]]]}},
    {"type":"Feature","id":"b","geometry":{"type":"Polygon","coordinates":[[[1,0],[2,0],[2,1],[1,1],[1,0]]]}}]}"#;

/// A row of points: where, what it is called, its colour's role, its weight.
#[derive(Debug, Clone)]
struct Row {
    at: [f64; 2],
    label: Option<u8>,
    role: &'static str,
    weight: u8,
}

fn row() -> impl Strategy<Value = Row> {
    let roles = prop::sample::select(vec!["accent", "ok", "danger"]);
    // Some lie outside of what is seen.
    (-0.1..2.1, -0.1..1.1, prop::option::weighted(0.1, 0u8..9), roles, 0u8..3)
        .prop_map(|(lon, lat, label, role, weight)| Row { at: [lon, lat], label, role, weight })
}

/// What happens to rows between two answers.
#[derive(Debug, Clone)]
enum Change {
    Set(prop::sample::Index, Row),
    Add(prop::sample::Index, Row),
    Remove(prop::sample::Index),
    Swap(prop::sample::Index, prop::sample::Index),
    /// The tint of an area.
    Value(u8),
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        4 => (at(), row()).prop_map(|(at, row)| Change::Set(at, row)),
        2 => (at(), row()).prop_map(|(at, row)| Change::Add(at, row)),
        2 => at().prop_map(Change::Remove),
        1 => (at(), at()).prop_map(|(a, b)| Change::Swap(a, b)),
        1 => (0u8..9).prop_map(Change::Value),
    ]
}

fn apply(change: &Change, rows: &mut Vec<Row>, value: &mut u8) {
    match change {
        Change::Value(new) => *value = *new,
        Change::Add(at, row) => rows.insert(at.index(rows.len() + 1), row.clone()),
        _ if rows.is_empty() => {}
        Change::Set(at, row) => {
            let at = at.index(rows.len());
            rows[at] = row.clone();
        }
        Change::Remove(at) => drop(rows.remove(at.index(rows.len()))),
        Change::Swap(a, b) => {
            let (a, b) = (a.index(rows.len()), b.index(rows.len()));
            rows.swap(a, b);
        }
    }
}

fn real(number: f64) -> Value {
    Real::new(number).map_or(Value::Null, Value::Real)
}

fn shown(columns: &[&str], rows: Vec<Vec<Value>>) -> Shown {
    let columns = columns.iter().map(|name| (*name).into()).collect();
    Shown { table: Arc::new(Table::new(columns, rows).unwrap()), stale_s: None, waiting: false, fault: None }
}

fn face(rows: &[Row], value: u8, cluster: bool) -> WidgetFace {
    let areas =
        vec![vec![Value::Text("a".into()), real(f64::from(value))], vec![Value::Text("b".into()), real(5.0)]];
    let cells = |row: &Row| {
        let label = row.label.map_or(Value::Null, |n| Value::Text(format!("南风花园 {n} 号").into()));
        vec![
            real(row.at[0]),
            real(row.at[1]),
            label,
            Value::Text(row.role.into()),
            real(f64::from(row.weight)),
        ]
    };
    let points = shown(&["lon", "lat", "label", "color", "weight"], rows.iter().map(cells).collect());
    WidgetFace {
        widget: 1,
        title: "网格".into(),
        kind: WidgetKind::Map {
            layers: vec![
                MapLayer::Areas { path: "grid".into(), query: Some(shown(&["area", "value"], areas)) },
                MapLayer::Points {
                    query: points,
                    color: Rgba { r: 53, g: 182, b: 255, a: 255 },
                    cluster,
                    size: 8 * CANVAS_PIXEL,
                },
            ],
            bounds: None,
            legend: "事件".into(),
            format: NumberFormat::default(),
        },
        card: true,
        size: 14 * CANVAS_PIXEL,
        language: Language::Chinese,
        mode: Mode::Dark,
        utc_offset_s: 28_800,
        now_s: 0,
    }
}

fn rasterizer() -> Rasterizer {
    let grid: Arc<str> = GRID.into();
    Rasterizer::new(Box::new(|_| None)).unwrap().with_texts(Box::new(move |_| Some(Arc::clone(&grid))))
}

fn draw(rasterizer: &mut Rasterizer, face: &WidgetFace) -> crate::raster::RasterReport {
    rasterizer.draw(&Raster::Widget(Box::new(face.clone())), SIZE, SCALE).unwrap()
}

/// Two rasterizers, parsed once: one draws on, the other one from the beginning each time.
static BOTH: Mutex<Option<[Rasterizer; 2]>> = Mutex::new(None);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_changes_the_bytes_are_those_of_a_full_raster(
        mut rows in prop::collection::vec(row(), 0..250),
        answers in prop::collection::vec(prop::collection::vec(change(), 0..4), 1..8),
        cluster in any::<bool>(),
    ) {
        let mut both = BOTH.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let [onward, anew] = both.get_or_insert_with(|| [rasterizer(), rasterizer()]);
        let mut value = 3;
        for changes in &answers {
            changes.iter().for_each(|change| apply(change, &mut rows, &mut value));
            let face = face(&rows, value, cluster);
            anew.forget_files();
            prop_assert!(draw(onward, &face) == draw(anew, &face), "after {changes:?}");
        }
    }
}

#[test]
fn one_point_that_moves_is_painted_in_its_tiles_alone() {
    let mut rasterizer = rasterizer();
    let mut rows: Vec<Row> = (0..2_000)
        .map(|n| Row {
            at: [f64::from(n % 50) / 25.0, f64::from(n / 50) / 40.0],
            label: None,
            role: "ok",
            weight: 0,
        })
        .collect();
    draw(&mut rasterizer, &face(&rows, 3, false));
    let first = rasterizer.widgets.maps.tiles_painted;
    assert!(first > 20, "{first}");
    draw(&mut rasterizer, &face(&rows, 3, false));
    assert_eq!(rasterizer.widgets.maps.tiles_painted, first, "nothing has changed");
    rows[777].at = [1.5, 0.5];
    draw(&mut rasterizer, &face(&rows, 3, false));
    let moved = rasterizer.widgets.maps.tiles_painted - first;
    // A dot of ten pixels lies in four tiles at most.
    assert!((1..=8).contains(&moved), "{moved} of {first} tiles");
    // Its order alone: it now lies above those that it touches.
    rows[777].weight = 2;
    draw(&mut rasterizer, &face(&rows, 3, false));
    assert!(rasterizer.widgets.maps.tiles_painted - first - moved <= 4);
}

#[test]
fn tiles_give_what_stamps_give_one_by_one() {
    let palette = Theme::built_in().palette(Mode::Dark);
    let (mut sprites, mut text) = (Sprites::default(), TextEngine::new().unwrap());
    sprites.begin(palette);
    let dot = sprites.dot(9, palette.ok.0, &mut text).unwrap();
    let label = Kind::Label { color: palette.text.0, words: "南风花园".into(), em_64: 900, width: 60 };
    let numbers = [dot, sprites.get(label, &mut text).unwrap()];
    let size = Size::new(200, 130);
    let mut seed = 3u64;
    let mut random = |below: i32| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) as i32 % below
    };
    let ground: Vec<u8> = (0..size.area() as usize).flat_map(|n| [(n % 251) as u8, 7, 9, 255]).collect();
    let (mut picture, mut before) = (ground.clone(), Tiles::default());
    for round in 0..40 {
        let stamps: Vec<Stamp> = (0..round * 5)
            .map(|n| Stamp {
                sprite: numbers[(n % 2) as usize],
                left: random(260) - 40,
                top: random(200) - 40,
            })
            .collect();
        let tiles = Tiles::new(size, &stamps, &sprites);
        tiles.repaint(&before, size, &ground, &sprites, &mut picture);
        before = tiles;
        let mut one_by_one = ground.clone();
        for stamp in &stamps {
            let sprite = sprites.sprite(stamp.sprite).unwrap();
            sprites::lay(sprite, stamp.left, stamp.top, [0, 0, 200, 130], 200, &mut one_by_one);
        }
        assert!(picture == one_by_one, "round {round}");
    }
}

#[test]
fn a_sprites_number_is_never_given_twice() {
    let palettes = [Mode::Dark, Mode::Light].map(|mode| *Theme::built_in().palette(mode));
    let (mut sprites, mut text) = (Sprites::default(), TextEngine::new().unwrap());
    let mut numbers = std::collections::BTreeSet::new();
    let mut drawn = 0;
    for shade in 0..3_000u32 {
        for palette in &palettes {
            sprites.begin(palette);
            drawn += 1;
            // Many colours, so that the sprites are given up in between.
            let color = Rgba { r: (shade % 256) as u8, g: (shade / 256) as u8, b: 0, a: 255 };
            numbers.insert(sprites.dot(5, color, &mut text).unwrap());
        }
    }
    assert_eq!(numbers.len(), drawn);
    assert!(sprites.sprite(0).is_none(), "the first ones are forgotten");
}
