//! Cards by which screens are found: every screen has its own, wherever it is drawn, and nothing of the scene shines through.

use layouts::{
    Answers, CanvasRect, Content, Draw, Layout, OnAir, PixelGrid, Raster, SourceStates, TilePlan, identify,
    parse, screen_number, solve, solve_canvas,
};
use media::{CanvasFrame, SceneId, WallId, WallTime};

const HALL: &str = r##"
version = 1
hall = { name = "h", language = "en" }
[[wall]]
id = "main"
canvas_px_per_mm = 1
[[wall.screen]]
id = "left-one"
node = "n-a"
output = 3
resolution = [1920, 1080]
position_mm = [0, 0]
size_mm = [1920, 1080]
[[wall.screen]]
id = "tall"
node = "n-b"
output = 1
resolution = [1920, 1080]
rotation = 90
position_mm = [1930, 0]
size_mm = [1080, 1920]
[[wall.screen]]
id = "tiny"
node = "n-b"
output = 2
resolution = [64, 32]
position_mm = [0, 1200]
size_mm = [640, 320]
[[scene]]
id = "s"
wall = "main"
[[scene.window]]
text = "behind"
size_px = 40
rect_px = [0, 0, 3010, 1920]
"##;

fn hall() -> Layout {
    parse(HALL, "hall.toml").unwrap_or_else(|mistakes| panic!("{}", mistakes.to_text()))
}

fn main_wall() -> WallId {
    WallId::new("main").unwrap()
}

fn on_air() -> OnAir {
    OnAir::still(SceneId::new("s").unwrap())
}

fn plans(layout: &Layout) -> Vec<TilePlan> {
    let (states, answers) = (SourceStates::new(), Answers::new());
    let (tick, now) = (CanvasFrame(7), WallTime(0));
    solve(layout, &main_wall(), &on_air(), tick, now, &states, &answers, None)
}

fn words(draws: &[Draw]) -> Vec<String> {
    let text = |draw: &Draw| match &draw.content {
        Content::Raster(raster) => match &**raster {
            Raster::Text { text, .. } => Some(text.clone()),
            _ => None,
        },
        _ => None,
    };
    draws.iter().filter_map(text).collect()
}

fn inside(outer: CanvasRect, inner: CanvasRect) -> bool {
    let (right, bottom) = (outer.x + outer.width, outer.y + outer.height);
    inner.x >= outer.x
        && inner.y >= outer.y
        && inner.x + inner.width <= right
        && inner.y + inner.height <= bottom
}

#[test]
fn each_screen_says_its_number_its_name_and_what_drives_it() {
    let layout = hall();
    let expected: [&[&str]; 3] = [
        &["1", "left-one", "n-a · output 3", "1920 × 1080"],
        &["2", "tall", "n-b · output 1", "1920 × 1080 · 90°"],
        &["3"],
    ];
    for (mut plan, expected) in plans(&layout).into_iter().zip(expected) {
        let before = plan.draws.len();
        identify(&layout, &main_wall(), &mut plan);
        let card = &plan.draws[before..];
        assert_eq!(words(card), expected);
        let PixelGrid { area, .. } = plan.grid;
        assert!(card.iter().all(|draw| inside(area, draw.rect)), "a card stays on its screen");
        let ground = &card[0];
        assert_eq!(ground.rect, area, "nothing shines through");
        assert!(matches!(ground.content, Content::Fill(color) if color.a == 255) && ground.opacity == 255);
        assert_eq!(screen_number(&layout.walls()[0], &plan.screen).unwrap().to_string(), expected[0]);
    }
}

#[test]
fn screens_of_one_node_have_one_colour_and_those_of_another_have_another() {
    let layout = hall();
    let grounds: Vec<Content> = plans(&layout)
        .into_iter()
        .map(|mut plan| {
            let before = plan.draws.len();
            identify(&layout, &main_wall(), &mut plan);
            plan.draws[before].content.clone()
        })
        .collect();
    assert_ne!(grounds[0], grounds[1]);
    assert_eq!(grounds[1], grounds[2]);
}

#[test]
fn the_canvas_shows_the_cards_of_all_screens_and_another_wall_none() {
    let layout = hall();
    let (states, answers) = (SourceStates::new(), Answers::new());
    let (tick, now) = (CanvasFrame(7), WallTime(0));
    let mut plan =
        solve_canvas(&layout, &main_wall(), &on_air(), tick, now, &states, &answers, false).unwrap();
    let plain = plan.clone();
    identify(&layout, &WallId::new("other").unwrap(), &mut plan);
    assert_eq!(plan, plain);
    identify(&layout, &main_wall(), &mut plan);
    let all: Vec<Draw> = plans(&layout)
        .into_iter()
        .flat_map(|mut plan| {
            let before = plan.draws.len();
            identify(&layout, &main_wall(), &mut plan);
            plan.draws.split_off(before)
        })
        .collect();
    assert_eq!(plan.draws[plain.draws.len()..], all, "the same cards, draw for draw");
}
