//! From one scene to the next: what every tick of a transition shows, and what nodes need on the way.

use layouts::{
    Answers, CANVAS_PIXEL, CanvasRect, Content, Demand, Draw, Layout, OnAir, SourceState, SourceStates,
    TilePlan, demand, parse, solve,
};
use media::{CanvasFrame, Health, NodeId, SceneId, Size, SourceId, WallId, WallTime};
use proptest::prelude::{Just, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};

const SINCE: u64 = 44_871_234_567;

/// Three screens of 100 × 100 in a row, each of a node of its own.
fn hall(scenes: &str) -> Layout {
    let mut text =
        "version = 1\n[hall]\nname = \"x\"\n[[wall]]\nid = \"main\"\ncanvas_px_per_mm = 1\ntick_hz = 25\n"
            .to_owned();
    for (name, x) in [("left", 0), ("middle", 100), ("right", 200)] {
        text += &format!(
            "[[wall.screen]]\nid = \"{name}\"\nnode = \"{name}\"\noutput = 1\nresolution = [100, 100]\n\
             position_mm = [{x}, 0]\nsize_mm = [100, 100]\n"
        );
    }
    text += "[[wall]]\nid = \"other\"\ncanvas_px_per_mm = 1\n[[wall.screen]]\nid = \"far\"\nnode = \"far\"\n\
             output = 1\nresolution = [100, 100]\nposition_mm = [0, 0]\nsize_mm = [100, 100]\n\
             [[scene]]\nid = \"elsewhere\"\nwall = \"other\"\n";
    for id in ["gate", "lake", "road"] {
        text += &format!(
            "[[source]]\nid = \"{id}\"\nrtsp = {{ host = \"h\" }}\nstreams = [\n\
             {{ name = \"sub\", path = \"/s\", size = [80, 80] }},\n\
             {{ name = \"main\", path = \"/m\", size = [200, 200] }},\n]\n"
        );
    }
    text += scenes;
    parse(&text, "hall.toml").unwrap_or_else(|mistakes| panic!("{text}\n{}", mistakes.to_text()))
}

fn scene(id: &str, transition: &str, windows: &[(&str, [i64; 4])]) -> String {
    let mut text = format!("[[scene]]\nid = \"{id}\"\nwall = \"main\"\ntransition = {{ {transition} }}\n");
    for (source, rect) in windows {
        text += &format!("[[scene.window]]\nsource = \"{source}\"\nlabel = false\nrect_px = {rect:?}\n");
    }
    text
}

fn id(scene: &str) -> SceneId {
    SceneId::new(scene).unwrap()
}

fn on_air(scene: &str, from: &str) -> OnAir {
    OnAir { scene: id(scene), from: Some(id(from)), since: CanvasFrame(SINCE) }
}

fn states() -> SourceStates {
    let state = SourceState { picture: Some(Size::new(80, 80)), captured: None, health: Health::Live };
    ["gate", "lake", "road"].map(|id| (SourceId::new(id).unwrap(), state)).into()
}

fn plans(layout: &Layout, on_air: &OnAir, tick: u64) -> Vec<TilePlan> {
    let wall = WallId::new("main").unwrap();
    solve(layout, &wall, on_air, CanvasFrame(tick), WallTime(0), &states(), &Answers::new(), None)
}

/// What each screen draws, and what lies over it.
type Drawn = Vec<(Vec<Draw>, Option<(Vec<Draw>, u8)>)>;

fn drawn(plans: Vec<TilePlan>) -> Drawn {
    plans.into_iter().map(|plan| (plan.draws, plan.over.map(|over| (over.draws, over.opacity)))).collect()
}

fn still(layout: &Layout, scene: &str) -> Drawn {
    drawn(plans(layout, &OnAir::still(id(scene)), 7))
}

/// Where `source` is drawn, whole.
fn place(draws: &[Draw], source: &str) -> Option<CanvasRect> {
    draws.iter().find_map(|draw| match &draw.content {
        Content::Video { source: found, .. } if found.as_str() == source => Some(draw.rect),
        _ => None,
    })
}

const LEFT: [i64; 4] = [10, 10, 80, 80];
const RIGHT: [i64; 4] = [240, 40, 40, 40];

#[test]
fn a_fade_lays_the_new_scene_over_the_old_one_more_and_more() {
    let layout = hall(
        &(scene("a", "kind = \"cut\"", &[("gate", LEFT)])
            + &scene("b", "kind = \"fade\", duration_ms = 400", &[("lake", LEFT), ("gate", RIGHT)])),
    );
    let on_air = on_air("b", "a");
    let (old, new) = (still(&layout, "a"), still(&layout, "b"));
    for before in [SINCE - 1, SINCE - 1000, 0] {
        assert_eq!(drawn(plans(&layout, &on_air, before)), old);
    }
    assert_eq!(
        on_air.ends(&layout),
        CanvasFrame(SINCE + 9),
        "400 ms are ten ticks, the last one is the new scene"
    );
    let mut last = 0;
    for tick in SINCE..SINCE + 9 {
        assert!(!on_air.is_over(&layout, CanvasFrame(tick)));
        let plans = drawn(plans(&layout, &on_air, tick));
        for (((draws, over), old), new) in plans.iter().zip(&old).zip(&new).take(1) {
            let (above, opacity) = over.as_ref().unwrap();
            assert_eq!((draws, above), (&old.0, &new.0));
            assert!(*opacity > last, "{opacity} after {last}");
            last = *opacity;
        }
        assert_eq!(plans[1], (Vec::new(), None), "nothing is on the middle screen, so nothing fades there");
    }
    assert!((225..255).contains(&last), "{last}");
    for after in [SINCE + 9, SINCE + 10, u64::MAX] {
        assert!(on_air.is_over(&layout, CanvasFrame(after)));
        assert_eq!(drawn(plans(&layout, &on_air, after)), new);
    }
}

#[test]
fn a_moving_window_travels_in_both_pictures_and_arrives() {
    let layout = hall(
        &(scene("a", "kind = \"cut\"", &[("gate", LEFT)])
            + &scene("b", "kind = \"move\", duration_ms = 400", &[("gate", RIGHT)])),
    );
    let on_air = on_air("b", "a");
    let px = |[x, y, width, height]: [i64; 4]| CanvasRect {
        x: x * CANVAS_PIXEL,
        y: y * CANVAS_PIXEL,
        width: width * CANVAS_PIXEL,
        height: height * CANVAS_PIXEL,
    };
    let mut last = px(LEFT);
    for tick in SINCE..SINCE + 9 {
        let plans = drawn(plans(&layout, &on_air, tick));
        let places: Vec<CanvasRect> = plans.iter().filter_map(|(draws, _)| place(draws, "gate")).collect();
        assert!(places.windows(2).all(|pair| pair[0] == pair[1]), "all tiles agree");
        assert!(plans.iter().all(|(_, over)| over.is_none()), "a window that only travels does not fade");
        let now = places[0];
        assert!(now.x > last.x && now.y > last.y && now.width < last.width && now.width == now.height);
        last = now;
    }
    let end = drawn(plans(&layout, &on_air, SINCE + 9));
    assert_eq!(end, still(&layout, "b"));
    assert_eq!(place(&end[2].0, "gate"), Some(px(RIGHT)));
}

#[test]
fn what_is_in_one_scene_only_fades_where_it_stands() {
    let layout = hall(
        &(scene("a", "kind = \"cut\"", &[("gate", LEFT), ("lake", [10, 10, 20, 20])])
            + &scene("b", "kind = \"move\"", &[("road", [110, 10, 50, 50]), ("gate", RIGHT)])),
    );
    let (tick, on_air) = (SINCE + 3, on_air("b", "a"));
    let plans = drawn(plans(&layout, &on_air, tick));
    let over = |screen: usize| &plans[screen].1.as_ref().unwrap().0;
    assert!(place(&plans[0].0, "lake").is_some() && place(over(0), "lake").is_none());
    assert!(place(&plans[1].0, "road").is_none() && place(over(1), "road").is_some());
    let travelling = [place(&plans[1].0, "gate"), place(over(1), "gate")];
    assert!(travelling[0].is_some() && travelling[0] == travelling[1]);
}

#[test]
fn of_several_windows_those_that_stay_stay() {
    let [a, b, c] = [[10, 10, 20, 20], [40, 10, 20, 20], [70, 10, 20, 20]];
    let layout = hall(
        &(scene("a", "kind = \"cut\"", &[("gate", a), ("gate", b)])
            + &scene("b", "kind = \"move\"", &[("gate", b), ("gate", c)])),
    );
    let plans = plans(&layout, &on_air("b", "a"), SINCE + 2);
    let xs = |draws: &[Draw]| -> Vec<i64> { draws.iter().map(|draw| draw.rect.x / CANVAS_PIXEL).collect() };
    let (under, over) = (xs(&plans[0].draws), xs(&plans[0].over.as_ref().unwrap().draws));
    assert_eq!((under[1], over[0]), (40, 40), "the one at 40 stays");
    assert!(under[0] > 10 && under[0] < 70 && under[0] == over[1], "the other one travels");
}

#[test]
fn a_still_picture_travels_only_when_it_keeps_its_size() {
    let image = |id: &str, rect: [i64; 4]| {
        scene(id, "kind = \"move\"", &[])
            + &format!("[[scene.window]]\nimage = \"map.png\"\nrect_px = {rect:?}\n")
    };
    let layout = hall(
        &(image("a", [10, 10, 30, 30])
            + &image("same", [50, 10, 30, 30])
            + &image("larger", [10, 10, 60, 60])),
    );
    let places = |to: &str| -> Vec<i64> {
        let plan = plans(&layout, &on_air(to, "a"), SINCE + 2).remove(0);
        let over = plan.over.into_iter().flat_map(|over| over.draws);
        plan.draws.into_iter().chain(over).map(|draw| draw.rect.width / CANVAS_PIXEL).collect()
    };
    assert_eq!(places("same"), [30], "one picture, on its way");
    assert_eq!(places("larger"), [30, 60], "one fades, the other one comes");
}

#[test]
fn where_there_is_nothing_to_come_from_a_transition_is_a_cut() {
    let layout = hall(
        &(scene("a", "kind = \"cut\"", &[("gate", LEFT)])
            + &scene("b", "kind = \"fade\"", &[("lake", LEFT)])
            + &scene("c", "kind = \"fade\", duration_ms = 60", &[("lake", LEFT)])),
    );
    let froms = [("b", None), ("b", Some("elsewhere")), ("b", Some("unknown")), ("a", Some("b"))];
    for (scene, from) in froms {
        let on_air = OnAir { scene: id(scene), from: from.map(id), since: CanvasFrame(SINCE) };
        assert_eq!(on_air.ends(&layout), CanvasFrame(SINCE), "{scene} from {from:?}");
        assert_eq!(drawn(plans(&layout, &on_air, SINCE)), still(&layout, scene));
    }
    assert_eq!(drawn(plans(&layout, &on_air("a", "b"), SINCE - 1)), still(&layout, "b"));
    // 60 ms are one and a half ticks: two, of which the second is the new scene.
    assert_eq!(on_air("c", "a").ends(&layout), CanvasFrame(SINCE + 1));
    let last = OnAir { since: CanvasFrame(u64::MAX - 3), ..on_air("b", "a") };
    assert_eq!(last.ends(&layout), CanvasFrame(u64::MAX));
}

fn needs(layout: &Layout, on_air: &OnAir, node: &str) -> Vec<Demand> {
    demand(layout, &WallId::new("main").unwrap(), on_air, &NodeId::new(node).unwrap())
}

/// Source and stream of every demand.
fn streams(layout: &Layout, on_air: &OnAir, node: &str) -> Vec<String> {
    needs(layout, on_air, node)
        .iter()
        .map(|demand| {
            format!("{}/{}", demand.source, demand.stream.as_ref().map_or("-", |stream| stream.as_str()))
        })
        .collect()
}

#[test]
fn nodes_that_share_a_window_take_the_same_stream() {
    let layout = hall(
        &(scene(
            "shared",
            "kind = \"cut\"",
            &[("gate", [90, 0, 60, 60]), ("gate", [100, 0, 100, 100]), ("gate", [220, 0, 50, 50])],
        ) + &scene("apart", "kind = \"cut\"", &[("gate", [0, 0, 60, 60]), ("gate", [100, 0, 100, 100])])),
    );
    let at = |scene: &str, node: &str| streams(&layout, &OnAir::still(id(scene)), node);
    // Left and middle share a window that the small stream suffices for; the middle needs the large one for another.
    assert_eq!(at("shared", "left"), ["gate/main"]);
    assert_eq!(at("shared", "middle"), ["gate/main"]);
    assert_eq!(at("shared", "right"), ["gate/sub"], "shares nothing");
    assert_eq!(at("apart", "left"), ["gate/sub"]);
    assert_eq!(at("apart", "middle"), ["gate/main"]);
    let left = needs(&layout, &OnAir::still(id("shared")), "left");
    assert_eq!(
        (left[0].on_screen, left[0].area_px),
        (Size::new(60, 60), 600),
        "only what is seen there counts"
    );
}

#[test]
fn a_node_needs_what_passes_over_its_screens() {
    let layout = hall(
        &(scene("a", "kind = \"cut\"", &[("gate", LEFT), ("lake", [110, 10, 20, 20])])
            + &scene("b", "kind = \"move\"", &[("gate", RIGHT)])
            + &scene("c", "kind = \"fade\"", &[("gate", RIGHT)])
            + &scene("d", "kind = \"cut\"", &[("gate", RIGHT)])),
    );
    assert_eq!(streams(&layout, &on_air("b", "a"), "middle"), ["gate/sub", "lake/sub"]);
    assert_eq!(needs(&layout, &on_air("b", "a"), "middle")[0].area_px, 0);
    assert_eq!(streams(&layout, &on_air("c", "a"), "middle"), ["lake/sub"]);
    assert_eq!(streams(&layout, &on_air("c", "a"), "left"), ["gate/sub"]);
    assert!(
        streams(&layout, &on_air("d", "a"), "middle").is_empty(),
        "after a cut nothing is left of the old scene"
    );
    assert_eq!(streams(&layout, &OnAir::still(id("b")), "right"), ["gate/sub"]);
}

#[test]
fn on_the_way_all_tiles_take_what_the_new_place_needs() {
    let layout = hall(
        &(scene("small", "kind = \"move\"", &[("gate", [240, 40, 40, 40])])
            + &scene("large", "kind = \"move\"", &[("gate", [0, 0, 100, 100])])),
    );
    for node in ["left", "middle", "right"] {
        assert_eq!(streams(&layout, &on_air("large", "small"), node), ["gate/main"]);
        assert_eq!(streams(&layout, &on_air("small", "large"), node), ["gate/sub"]);
    }
}

fn windows() -> impl Strategy<Value = Vec<(&'static str, [i64; 4])>> {
    let source = prop_oneof![Just("gate"), Just("lake"), Just("road")];
    let rect = (0_i64..299, 0_i64..99).prop_flat_map(|(x, y)| (Just(x), Just(y), 1..=300 - x, 1..=100 - y));
    prop::collection::vec((source, rect.prop_map(|(x, y, width, height)| [x, y, width, height])), 0..6)
}

proptest! {
    /// Whatever two scenes hold: a transition begins after the old one, ends as the new one, and every screen is told the
    /// same of whatever it shares with another.
    #[test]
    fn every_tile_is_told_the_same(
        (old, new) in (windows(), windows()), fade: bool, duration_ms in 1_u64..500, step in any::<prop::sample::Index>(),
    ) {
        let kind = if fade { "fade" } else { "move" };
        let transition = format!("kind = \"{kind}\", duration_ms = {duration_ms}");
        let layout = hall(&(scene("a", "kind = \"cut\"", &old) + &scene("b", &transition, &new)));
        let on_air = on_air("b", "a");
        let ticks = on_air.ends(&layout).0 - SINCE;
        prop_assert_eq!(ticks + 1, ((duration_ms * 25 + 500) / 1000).max(1));
        prop_assert_eq!(drawn(plans(&layout, &on_air, SINCE + ticks)), still(&layout, "b"));
        prop_assert_eq!(drawn(plans(&layout, &on_air, SINCE - 1)), still(&layout, "a"));
        let tick = SINCE + step.index(ticks as usize + 1) as u64;
        let plans = plans(&layout, &on_air, tick);
        for plan in &plans {
            prop_assert!(plan.draws.iter().all(|draw| draw.rect.width > 0 && draw.rect.height > 0));
            let place = |draw: &Draw| (draw.rect, draw.clip);
            let meets = |draw: &Draw, area: CanvasRect| {
                draw.rect.x < area.x + area.width && area.x < draw.rect.x + draw.rect.width
            };
            for other in &plans {
                for draw in plan.draws.iter().filter(|draw| meets(draw, other.grid.area)) {
                    prop_assert!(other.draws.iter().any(|same| place(same) == place(draw) && same == draw));
                }
            }
        }
        for node in ["left", "middle", "right"] {
            let needed = needs(&layout, &on_air, node);
            for last in needs(&layout, &OnAir::still(id("b")), node) {
                let same = |demand: &&Demand| demand.source == last.source && demand.stream == last.stream;
                prop_assert!(needed.iter().any(|demand| same(&demand)), "{node} changes the stream of {}", last.source);
            }
            for plan in plans.iter().filter(|plan| plan.screen.as_str() == node) {
                for draw in plan.draws.iter().chain(plan.over.iter().flat_map(|over| &over.draws)) {
                    let Content::Video { source, .. } = &draw.content else { continue };
                    let known = needed.iter().any(|demand| demand.source == *source);
                    prop_assert!(known, "{node} draws {source} and never asked for it");
                }
            }
        }
    }
}
