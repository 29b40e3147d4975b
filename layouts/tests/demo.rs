//! The demo hall is the manual, so it is right, and it is the wall that the demo promises.

use layouts::{Answers, Layout, OnAir, Rotation, SourceStates, WindowContent, advice, demand, parse, solve};
use media::{CanvasFrame, NodeId, SceneId, WallId, WallTime};
use std::collections::BTreeSet;

fn demo() -> Layout {
    let text = include_str!("../../assets/demo/hall.toml");
    parse(text, "hall.toml").unwrap_or_else(|mistakes| panic!("{}", mistakes.to_text()))
}

#[test]
fn the_first_hall_of_the_readmes_is_right_and_has_ten_lines() {
    for readme in [include_str!("../../README.md"), include_str!("../../README.zh-CN.md")] {
        let (text, _) = readme.split_once("```toml\n").unwrap().1.split_once("```\n").unwrap();
        assert_eq!(text.lines().filter(|line| !line.is_empty()).count(), 10, "{text}");
        let layout = parse(text, "README").unwrap_or_else(|mistakes| panic!("{}", mistakes.to_text()));
        assert_eq!((layout.scenes().len(), layout.sources().count()), (1, 1));
    }
}

fn ids() -> (WallId, SceneId, SceneId) {
    (WallId::new("main").unwrap(), SceneId::new("overview").unwrap(), SceneId::new("focus").unwrap())
}

#[test]
fn wall_has_unlike_screens_and_four_megapixels() {
    let layout = demo();
    let wall = layout.wall(&ids().0).unwrap();
    let pixels: u64 = wall.screens.iter().map(|screen| screen.output.size.area()).sum();
    assert!((4_000_000..=4_400_000).contains(&pixels), "{pixels} pixels");
    assert_eq!(wall.canvas_size(), media::Size::new(3100, 1295));
    let sizes: BTreeSet<_> =
        wall.screens.iter().map(|screen| (screen.output.size.width, screen.output.size.height)).collect();
    assert!(sizes.len() >= 5, "five unlike screens");
    for rotation in [Rotation::Quarter, Rotation::Half] {
        assert!(wall.screens.iter().any(|screen| screen.output.rotation == rotation), "{rotation:?}");
    }
    let nodes: Vec<_> = layout.display_nodes().into_iter().map(NodeId::as_str).collect();
    assert_eq!(nodes, ["left", "right"]);
}

#[test]
fn overview_shows_at_least_twelve_moving_sources() {
    let layout = demo();
    let (_, overview, _) = ids();
    let shown: BTreeSet<_> = layout
        .scene(&overview)
        .unwrap()
        .windows
        .iter()
        .filter_map(|window| match &window.content {
            WindowContent::Source { source, .. } => layout.source(source),
            _ => None,
        })
        .filter(|source| source.endpoint(None).unwrap().is_moving())
        .map(|source| source.id.clone())
        .collect();
    assert!(shown.len() >= 12, "{shown:?}");
}

#[test]
fn both_nodes_demand_what_they_show_and_small_windows_take_the_sub_stream() {
    let layout = demo();
    let (wall, overview, focus) = ids();
    let streams = |scene: &SceneId, node: &str| -> Vec<String> {
        demand(&layout, &wall, &OnAir::still(scene.clone()), &NodeId::new(node).unwrap())
            .iter()
            .map(|demand| {
                let stream = demand.stream.as_ref().map_or("-", |stream| stream.as_str());
                format!("{}/{stream} {}", demand.source, demand.on_screen)
            })
            .collect()
    };
    assert!(streams(&overview, "left").iter().any(|d| d.starts_with("gate-east/main")));
    assert!(
        streams(&focus, "right").iter().any(|d| d.starts_with("gate-east/sub")),
        "{:?}",
        streams(&focus, "right")
    );
    assert!(!streams(&overview, "right").iter().any(|d| d.starts_with("gate-east")));
}

#[test]
fn everything_on_the_demo_wall_can_be_read_and_seen() {
    assert_eq!(advice(&demo()), []);
    let text = include_str!("../../assets/demo/hall.toml");
    let from = |old: &str, new: &str| -> Vec<String> {
        assert!(text.contains(old));
        let layout = parse(&text.replace(old, new), "hall.toml").unwrap();
        advice(&layout).into_iter().map(|advice| advice.words.en).collect()
    };
    let far = from("viewing_distance_m = 3", "viewing_distance_m = 6");
    let label = "the label in the window of `broadcast` has letters of 21 px; from 6 m away they need 35 px to be read";
    assert!(far.iter().any(|message| message == label), "{far:#?}");
    let small = from("size_px = 36", "size_px = 12");
    assert_eq!(small.len(), 1, "{small:#?}");
    let hidden = from("cell = { column = 5, row = 3 }", "cell = { column = 8, row = 3 }");
    assert_eq!(hidden, ["the window of `broadcast` lies in a gap between the screens; nobody sees it"]);
}

#[test]
fn the_secrets_file_must_hold_what_the_sources_ask_for() {
    let layout = demo();
    let names: Vec<_> = layout.credentials().into_iter().map(|credential| credential.as_str()).collect();
    assert_eq!(names, ["cameras", "reports", "srt-news"]);
}

#[test]
fn every_scene_solves_on_every_screen() {
    let layout = demo();
    for scene in layout.scenes() {
        let plans = solve(
            &layout,
            &scene.wall,
            &OnAir::still(scene.id.clone()),
            CanvasFrame(7),
            WallTime(0),
            &SourceStates::new(),
            &Answers::new(),
            None,
        );
        assert_eq!(plans.len(), 6);
        for plan in plans {
            assert!(!plan.draws.is_empty(), "{} shows nothing in {}", plan.screen, scene.id);
        }
    }
}
