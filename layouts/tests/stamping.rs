//! The sync stamp: what it says, that all screens say the same, and that it costs little.

use layouts::{
    Answers, CanvasRect, Content, Draw, Layout, OnAir, Raster, SourceState, SourceStates, Stamp, TilePlan,
    parse, solve, solve_canvas,
};
use media::{CanvasFrame, Health, NodeId, SceneId, Size, SourceId, WallId, WallTime};
use std::collections::BTreeSet;
use std::sync::Arc;

fn hall() -> Layout {
    let mut text =
        "version = 1\n[hall]\nname = \"x\"\n[[wall]]\nid = \"main\"\ncanvas_px_per_mm = 1\ntick_hz = 50\n"
            .to_owned();
    for (name, x) in [("a", 0), ("b", 650)] {
        text += &format!(
            "[[wall.screen]]\nid = \"{name}\"\nnode = \"n-{name}\"\noutput = 1\nresolution = [960, 540]\n\
             position_mm = [{x}, 0]\nsize_mm = [640, 360]\nbezel_mm = 5\n"
        );
    }
    text += "[[source]]\nid = \"gate\"\nrtsp = { host = \"h\", path = \"/x\" }\n[[scene]]\nid = \"s\"\nwall = \"main\"\n\
             [[scene.window]]\nsource = \"gate\"\nlabel = false\nrect_percent = [0, 0, 100, 100]\n\
             [[scene.window]]\ntext = \"hidden\"\nsize_px = 20\nrect_px = [650, 0, 640, 40]\n";
    parse(&text, "hall.toml").unwrap_or_else(|mistakes| panic!("{}", mistakes.to_text()))
}

/// 10:31:52.040 in China on 23 November 2026, at 50 Hz.
const TICK: u64 = 89_770_055_602;

fn plans(layout: &Layout, tick: u64) -> Vec<TilePlan> {
    let wall = layout.walls()[0].id.clone();
    let now = layout.walls()[0].tick.start_of(CanvasFrame(tick));
    let state = SourceState {
        picture: Some(Size::new(64, 36)),
        captured: Some(WallTime(1_795_401_111_840_000_000)),
        health: Health::Live,
    };
    let states = SourceStates::from([(SourceId::new("gate").unwrap(), state)]);
    let stamp = Stamp { node: NodeId::new("wall-pc").unwrap() };
    let on_air = OnAir::still(SceneId::new("s").unwrap());
    solve(layout, &wall, &on_air, CanvasFrame(tick), now, &states, &Answers::new(), Some(&stamp))
}

fn text(draw: &Draw) -> Option<&str> {
    match &draw.content {
        Content::Raster(raster) => match &**raster {
            Raster::Text { text, .. } => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// All words of a plan in the order of drawing, without spaces.
fn words(plan: &TilePlan) -> String {
    plan.draws.iter().filter_map(text).collect()
}

#[test]
fn every_screen_says_who_and_when() {
    let plans = plans(&hall(), TICK);
    for (plan, name) in plans.iter().zip(["a", "b"]) {
        let words = words(plan);
        assert!(words.ends_with(&format!("wall-pc · {name}10:31:52.04089770055602")), "{words}");
    }
    assert!(words(&plans[0]).contains("111.840"), "the capture time of the picture");
}

#[test]
fn bars_are_the_same_on_every_screen_and_never_stand_still() {
    let layout = hall();
    let canvas = layout.walls()[0].canvas;
    let bars = |tick: u64| -> BTreeSet<[i64; 4]> {
        let long = |rect: &CanvasRect| (rect.width == canvas.width) != (rect.height == canvas.height);
        let plans = plans(&layout, tick);
        let fills = plans.iter().flat_map(|plan| &plan.draws);
        let fills = fills.filter(|draw| matches!(draw.content, Content::Fill(_))).map(|draw| draw.rect);
        fills.filter(long).map(|rect| [rect.x, rect.y, rect.width, rect.height]).collect()
    };
    // 100 ticks across, 150 down.
    let mut seen = BTreeSet::new();
    for tick in TICK..TICK + 300 {
        let now = bars(tick);
        assert!(now.len() <= 2, "one upright and one level bar, the same on all screens: {now:?}");
        let inside = |[x, y, w, h]: &[i64; 4]| x + w <= canvas.width && y + h <= canvas.height;
        assert!(now.iter().all(inside), "{now:?}");
        assert!(seen.insert(now), "tick {tick} looks like another one");
    }
}

#[test]
fn a_running_stamp_draws_no_raster_twice() {
    let layout = hall();
    let mut rasters = BTreeSet::new();
    let mut draws = 0;
    for tick in TICK..TICK + 500 {
        let plans = plans(&layout, tick);
        draws = draws.max(plans.iter().map(|plan| plan.draws.len()).max().unwrap_or(0));
        for draw in plans.iter().flat_map(|plan| &plan.draws) {
            if let Content::Raster(raster) = &draw.content {
                let Draw { rect, .. } = draw;
                rasters.insert(format!("{:?} {} {}", Arc::as_ref(raster), rect.width, rect.height));
            }
        }
    }
    assert!(rasters.len() < 100, "{} rasters in ten seconds", rasters.len());
    assert!(draws < 90, "{draws} draws on a screen");
}

#[test]
fn the_canvas_shows_the_stamp_of_every_screen() {
    let layout = hall();
    let wall = WallId::new("main").unwrap();
    let on_air = OnAir::still(SceneId::new("s").unwrap());
    let solve = |stamped| {
        let (tick, now) = (CanvasFrame(TICK), WallTime(0));
        solve_canvas(&layout, &wall, &on_air, tick, now, &SourceStates::new(), &Answers::new(), stamped)
            .unwrap()
    };
    let words = words(&solve(true));
    assert!(words.contains("n-a · a") && words.contains("n-b · b"), "{words}");
    assert!(solve(false).draws.len() < solve(true).draws.len());
}
