//! What data comes to on a wall: faces of widgets, strips that move, zones that stay covered, boxes that belong to one
//! picture, scenes that a rule has made.

use layouts::{
    Answer, Answers, BannerSpec, CANVAS_PIXEL, CanvasRect, Content, Draw, Edits, Layout, OnAir, Raster, Rgba,
    Shown, SourceState, SourceStates, TilePlan, Variant, VariantError, WidgetFace, WidgetKind, Words, demand,
    parse, solve, solve_canvas, solve_scene, solve_source,
};
use media::{
    CanvasFrame, Health, NodeId, QueryId, Real, SceneId, Size, SourceId, Table, Value, WallId, WallTime,
};
use proptest::prelude::{Strategy, prop_assert, prop_oneof, proptest};
use std::sync::Arc;
use std::time::Duration;

/// 2026-11-23 10:32:12.4 in China.
const NOW: WallTime = WallTime(1_795_401_132_400_000_000);
const TICK: CanvasFrame = CanvasFrame(44_885_028_310);

/// Two screens side by side with a gap, and a third one of another pitch below.
const WALL: &str = r#"
version = 1
[hall]
name = "Hall"
[[wall]]
id = "main"
canvas_px_per_mm = 1
[[wall.screen]]
id = "a1"
node = "left"
output = 1
resolution = [960, 540]
position_mm = [0, 0]
size_mm = [960, 540]
[[wall.screen]]
id = "a2"
node = "right"
output = 1
resolution = [960, 540]
position_mm = [1000, 0]
size_mm = [960, 540]
[[wall.screen]]
id = "a3"
node = "right"
output = 2
resolution = [1310, 360]
position_mm = [0, 560]
size_mm = [1960, 540]
[[query]]
id = "news"
sql = "select text from news"
[[query]]
id = "boxes"
sql = "select * from boxes"
[[source]]
id = "lake"
file = { path = "lake.mp4" }
[[source]]
id = "shore"
file = { path = "shore.mp4" }
[[source]]
id = "gate"
file = { path = "gate.mp4" }
detections = { query = "boxes" }
"#;

fn layout(masks: &str, scenes: &str) -> Layout {
    let text = format!("{WALL}{masks}\n{scenes}");
    parse(&text, "hall.toml").unwrap_or_else(|mistakes| panic!("{}", mistakes.to_text()))
}

fn scene(windows: &str) -> String {
    format!("[[scene]]\nid = \"day\"\nwall = \"main\"\n{windows}")
}

fn on_air(scene: &str) -> OnAir {
    OnAir::still(SceneId::new(scene).unwrap())
}

fn wall() -> WallId {
    WallId::new("main").unwrap()
}

fn query(name: &str) -> QueryId {
    QueryId::new(name).unwrap()
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

fn answer(columns: &[&str], rows: Vec<Vec<Value>>, age: Duration) -> Answer {
    let table = Table::new(columns.iter().map(|name| (*name).into()).collect(), rows).unwrap();
    Answer { table: Arc::new(table), as_of: Some(NOW - age), promise: Duration::from_secs(60), fault: None }
}

fn states(health: Health) -> SourceStates {
    let state = SourceState { picture: Some(Size::new(1280, 720)), captured: Some(NOW), health };
    ["lake", "shore", "gate"].map(|id| (SourceId::new(id).unwrap(), state)).into()
}

fn canvas(layout: &Layout, scene: &str, answers: &Answers, tick: CanvasFrame, now: WallTime) -> TilePlan {
    solve_canvas(layout, &wall(), &on_air(scene), tick, now, &states(Health::Live), answers, false).unwrap()
}

/// Every widget's face and where it is drawn.
fn faces(plan: &TilePlan) -> Vec<(&WidgetFace, CanvasRect)> {
    let mut faces = Vec::new();
    for draw in &plan.draws {
        if let Content::Raster(raster) = &draw.content
            && let Raster::Widget(face) = &**raster
        {
            faces.push((&**face, draw.rect));
        }
    }
    faces
}

fn shown(face: &WidgetFace) -> &Shown {
    face.kind.queries()[0]
}

#[test]
fn a_widget_says_whether_its_answer_is_awaited_new_or_old() {
    let layout = layout(
        "",
        &scene(
            "[[scene.window]]\nwidget = \"ranking\"\nquery = \"news\"\ntitle = { zh = \"排行\", en = \"Ranking\" }\nrect_px = [0, 0, 400, 300]",
        ),
    );
    let rows = || vec![vec![text("许庄"), Value::Integer(4)]];
    let at = |age_s: u64| {
        let news = answer(&["name", "value"], rows(), Duration::from_secs(age_s));
        let plan = canvas(&layout, "day", &Answers::from([(query("news"), news)]), TICK, NOW);
        let faces = faces(&plan);
        assert_eq!(faces.len(), 1);
        (shown(faces[0].0).stale_s, shown(faces[0].0).waiting, faces[0].0.title.clone())
    };
    assert_eq!(at(60), (None, false, "排行".to_owned()));
    assert_eq!(at(61).0, Some(61));
    assert_eq!(at(3599).0, Some(3540));
    let plan = canvas(&layout, "day", &Answers::new(), TICK, NOW);
    assert!(shown(faces(&plan)[0].0).waiting);
    let never = Answer { as_of: None, ..answer(&["value"], vec![vec![Value::Integer(0)]], Duration::ZERO) };
    let plan = canvas(&layout, "day", &Answers::from([(query("news"), never)]), TICK, NOW);
    assert!(shown(faces(&plan)[0].0).waiting, "an answer without any data behind it is none");
}

#[test]
fn a_widget_without_time_in_it_is_the_same_raster_at_every_tick() {
    let layout = layout(
        "",
        &scene(
            "[[scene.window]]\nwidget = \"ranking\"\nquery = \"news\"\nrect_px = [0, 0, 400, 300]\n[[scene.window]]\nwidget = \"clock\"\nrect_px = [400, 0, 400, 300]",
        ),
    );
    let answers = Answers::from([(query("news"), answer(&["name"], vec![], Duration::ZERO))]);
    let plan = |ms: i64| canvas(&layout, "day", &answers, TICK, NOW.offset(ms * 1_000_000));
    assert_eq!(plan(0).draws, plan(599).draws);
    assert_eq!(plan(0).draws[0], plan(600).draws[0]);
    assert_ne!(plan(0).draws[1], plan(600).draws[1], "the clock shows another second");
}

const TICKER: &str = "[[scene.window]]\nwidget = \"ticker\"\nquery = \"news\"\nspeed_px_s = 90\ncard = false\ntext_px = 40\nrect_px = [100, 900, 1700, 80]";

fn news(texts: &[&str], age: Duration) -> Answers {
    let rows = texts.iter().map(|line| vec![text(line)]).collect();
    Answers::from([(query("news"), answer(&["text"], rows, age))])
}

#[test]
fn a_strip_moves_by_the_tick_alone_and_is_drawn_once() {
    let layout = layout("", &scene(TICKER));
    let answers = news(&["防汛预警：太白湖水位 33.4 米", "Short"], Duration::ZERO);
    let plans: Vec<TilePlan> =
        (0..500).map(|step| canvas(&layout, "day", &answers, CanvasFrame(TICK.0 + step), NOW)).collect();
    let mut steps = 0;
    for pair in plans.windows(2) {
        let (before, after) = (faces(&pair[0]), faces(&pair[1]));
        for (face, rect) in &after {
            assert!(shown(face).table.rows().len() == 1 && face.now_s == 0);
            // Unless it has just come in, it stood 3.6 pixels further right one tick ago.
            let moved = |(old, at): &(&WidgetFace, CanvasRect)| {
                old == face && (at.x - rect.x - 90 * CANVAS_PIXEL / 25).abs() <= 1
            };
            steps += usize::from(before.iter().any(moved));
            assert!(before.iter().any(moved) || rect.x > 1790 * CANVAS_PIXEL, "{rect:?}");
        }
        assert!(after.windows(2).all(|pair| pair[0].1.x + pair[0].1.width <= pair[1].1.x));
    }
    assert!(steps > 500);
    let rasters: std::collections::HashSet<&Raster> = plans
        .iter()
        .flat_map(|plan| &plan.draws)
        .filter_map(|draw| match &draw.content {
            Content::Raster(raster) => Some(&**raster),
            _ => None,
        })
        .collect();
    assert_eq!(rasters.len(), 2, "one raster for each piece, at every tick");
}

#[test]
fn a_strip_stands_at_one_place_on_all_screens_and_on_the_whole_canvas() {
    let layout = layout("", &scene(&TICKER.replace("[100, 900, 1700, 80]", "[100, 500, 1700, 80]")));
    let answers = news(&["防汛预警：太白湖水位 33.4 米，请注意", "第二条", "第三条 third"], Duration::ZERO);
    for step in 0..60 {
        let tick = CanvasFrame(TICK.0 + 7 * step);
        let whole = canvas(&layout, "day", &answers, tick, NOW);
        let plans = solve(&layout, &wall(), &on_air("day"), tick, NOW, &states(Health::Live), &answers, None);
        let mut seen = 0;
        for draw in plans.iter().flat_map(|plan| &plan.draws) {
            assert!(whole.draws.contains(draw), "tick {tick:?}: {draw:?}");
            seen += 1;
        }
        assert!(plans.iter().all(|plan| !plan.draws.is_empty()) && seen > 3);
    }
}

#[test]
fn an_old_strip_travels_on_dimmed_and_says_its_age() {
    let layout = layout("", &scene(TICKER));
    let badge = |age_s| {
        let plan = canvas(&layout, "day", &news(&["消息"], Duration::from_secs(age_s)), TICK, NOW);
        let moving = faces(&plan).iter().all(|(face, _)| shown(face).stale_s.is_none());
        let words = plan.draws.iter().find_map(|draw| match &draw.content {
            Content::Raster(raster) => match &**raster {
                Raster::Badge { text, .. } => Some(text.clone()),
                _ => None,
            },
            _ => None,
        });
        (moving, words)
    };
    assert_eq!(badge(60), (true, None));
    assert_eq!(badge(90), (true, Some("数据 1 分钟前".to_owned())));
    let plan = canvas(&layout, "day", &Answers::new(), TICK, NOW);
    assert_eq!(faces(&plan).len(), 1);
    assert_eq!(faces(&plan)[0].1.width, 1700 * CANVAS_PIXEL, "what is awaited fills the window");
}

/// The opaque fills above the picture, and the picture's draw.
fn picture_and_zones(plan: &TilePlan) -> (Draw, Vec<CanvasRect>) {
    let at = plan.draws.iter().position(|draw| matches!(draw.content, Content::Video { .. })).unwrap();
    let zone = |draw: &&Draw| match draw.content {
        Content::Fill(color) => {
            color.a == 255 && draw.opacity == 255 && draw.outline == layouts::Outline::default()
        }
        _ => false,
    };
    (plan.draws[at].clone(), plan.draws[at + 1..].iter().filter(zone).map(|draw| draw.rect).collect())
}

fn percent(low: u32, high: u32) -> impl Strategy<Value = u32> {
    low..high
}

proptest! {
    #[test]
    fn a_zone_is_covered_however_its_picture_is_cropped_and_fitted(
        crop in (percent(0, 60), percent(0, 60), percent(10, 40), percent(10, 40)),
        mask in (percent(0, 90), percent(0, 90), percent(1, 10), percent(1, 10)),
        window in (0_u32..1200, 0_u32..600, 20_u32..700, 20_u32..480),
        size in (16_u32..4000, 16_u32..2200),
        fit in prop_oneof![proptest::prelude::Just("cover"), proptest::prelude::Just("contain"), proptest::prelude::Just("stretch")],
        held in proptest::prelude::any::<bool>(),
    ) {
        let (cx, cy, cw, ch) = crop;
        let (mx, my, mw, mh) = mask;
        let (x, y, w, h) = window;
        let masks = format!("masks = [{{ rect_percent = [{mx}, {my}, {mw}, {mh}] }}]");
        let windows = format!("[[scene.window]]\nsource = \"gate\"\nfit = \"{fit}\"\nopacity = 0.5\ncorner_px = 9\ncrop_percent = [{cx}, {cy}, {cw}, {ch}]\nrect_px = [{x}, {y}, {w}, {h}]");
        let layout = layout(&masks, &scene(&windows));
        let health = if held { Health::Stale { since: NOW } } else { Health::Live };
        let mut states = states(health);
        for state in states.values_mut() {
            state.picture = Some(Size::new(size.0, size.1));
        }
        let plan = solve_canvas(&layout, &wall(), &on_air("day"), TICK, NOW, &states, &Answers::new(), false).unwrap();
        let (video, zones) = picture_and_zones(&plan);
        let Content::Video { crop, .. } = video.content else { unreachable!() };
        let rect = video.rect;
        // Points of the canvas, and where in the picture they are, in percent.
        for i in 0..40_i64 {
            for j in 0..40_i64 {
                let (px, py) = (rect.x + rect.width * i / 39, rect.y + rect.height * j / 39);
                if px >= rect.x + rect.width || py >= rect.y + rect.height {
                    continue;
                }
                let part = |at: i64, start: i64, length: i64, from: u32, of: u32| {
                    (f64::from(from) + (at - start) as f64 / length as f64 * f64::from(of)) * 100.0 / 65_536.0
                };
                let u = part(px, rect.x, rect.width, crop.x, crop.width);
                let v = part(py, rect.y, rect.height, crop.y, crop.height);
                let inside = u >= f64::from(mx) && u <= f64::from(mx + mw) && v >= f64::from(my) && v <= f64::from(my + mh);
                let covered = zones.iter().any(|zone| px >= zone.x && px < zone.x + zone.width && py >= zone.y && py < zone.y + zone.height);
                prop_assert!(!inside || covered, "({u}, {v}) shows at ({px}, {py})");
            }
        }
        for zone in &zones {
            prop_assert!(zone.x >= x as i64 * CANVAS_PIXEL && zone.x + zone.width <= (x + w) as i64 * CANVAS_PIXEL);
        }
    }
}

#[test]
fn a_zone_covers_little_more_than_itself() {
    let masks = "masks = [{ rect_percent = [0, 0, 25, 50] }]";
    let layout = layout(masks, &scene("[[scene.window]]\nsource = \"gate\"\nrect_px = [0, 0, 640, 360]"));
    let plan = canvas(&layout, "day", &Answers::new(), TICK, NOW);
    let (_, zones) = picture_and_zones(&plan);
    // A quarter of 640 and half of 360, and what filters reach: three samples of the picture (half a pixel each), two of the
    // wall's coarsest pixels (1.5 each).
    let [CanvasRect { x, y, width, height }] = zones[..] else { panic!("{zones:?}") };
    assert_eq!((x, y), (0, 0));
    let px = |units: i64| units as f64 / CANVAS_PIXEL as f64;
    assert!(
        (164.0..165.0).contains(&px(width)) && (184.0..185.0).contains(&px(height)),
        "{} {}",
        px(width),
        px(height)
    );
}

#[test]
fn a_zone_hides_in_the_smallest_thumbnail_what_it_hides_on_the_wall() {
    let masks = "masks = [{ rect_percent = [0, 0, 25, 50] }]";
    let layout = layout(masks, &scene("[[scene.window]]\nsource = \"gate\"\nrect_px = [0, 0, 640, 360]"));
    let (wall, gate) = (wall(), SourceId::new("gate").unwrap());
    let (day, size, answers) = (SceneId::new("day").unwrap(), Size::new(64, 36), Answers::new());
    let states = states(Health::Live);
    let alone = solve_source(&layout, &wall, &gate, size, NOW, &states).unwrap();
    let whole = solve_scene(&layout, &wall, &day, size, TICK, NOW, &states, &answers).unwrap();
    for plan in [&alone, &whole] {
        assert_eq!((plan.output.size, plan.grid.size), (size, size));
        let (picture, zones) = picture_and_zones(plan);
        let ([zone], picture) = (&zones[..], picture.rect) else { panic!("{zones:?}") };
        // Two of the thumbnail's own pixels beyond the zone's edges, for filters reach over one and a half.
        let pixel = plan.grid.area.width / 64;
        assert!(
            zone.x + zone.width >= picture.x + picture.width / 4 + 3 * pixel / 2,
            "{zone:?} of {picture:?}"
        );
        assert!(zone.y + zone.height >= picture.y + picture.height / 2 + 3 * pixel / 2);
    }
    let other = SceneId::new("other").unwrap();
    assert!(solve_scene(&layout, &wall, &other, size, TICK, NOW, &states, &answers).is_none());
    assert!(solve_source(&layout, &wall, &SourceId::new("other").unwrap(), size, NOW, &states).is_none());
}

fn boxes(rows: &[(&str, i64, [f64; 4], &str)]) -> Answers {
    let real = |number: f64| Real::new(number).map_or(Value::Null, Value::Real);
    let rows = rows.iter().map(|(source, ms, [x, y, w, h], label)| {
        let captured = Value::Time(NOW.offset(ms * 1_000_000));
        vec![text(source), captured, real(*x), real(*y), real(*w), real(*h), text(label), text("danger")]
    });
    let columns = ["source", "captured", "x", "y", "width", "height", "label", "color"];
    Answers::from([(query("boxes"), answer(&columns, rows.collect(), Duration::ZERO))])
}

fn labels(plan: &TilePlan) -> Vec<(String, CanvasRect)> {
    let label = |draw: &Draw| match &draw.content {
        Content::Raster(raster) => match &**raster {
            Raster::Text { text, .. } => Some((text.clone(), draw.rect)),
            _ => None,
        },
        _ => None,
    };
    plan.draws.iter().filter_map(label).collect()
}

#[test]
fn boxes_are_those_of_the_picture_that_is_shown() {
    let layout =
        layout("", &scene("[[scene.window]]\nsource = \"gate\"\nlabel = false\nrect_px = [0, 0, 640, 360]"));
    let said = |rows: &[(&str, i64, [f64; 4], &str)]| -> Vec<String> {
        let plan = canvas(&layout, "day", &boxes(rows), TICK, NOW);
        labels(&plan).into_iter().map(|(label, _)| label).collect()
    };
    let place = [0.25, 0.5, 0.25, 0.25];
    assert_eq!(
        said(&[("gate", -480, place, "old"), ("gate", -40, place, "a"), ("gate", -40, place, "b")]),
        ["a", "b"]
    );
    assert_eq!(said(&[("gate", 30, place, "next"), ("gate", -30, place, "before")]), ["before"]);
    assert_eq!(said(&[("gate", -501, place, "too old"), ("gate", 501, place, "too new")]), [""; 0]);
    assert_eq!(said(&[("lake", 0, place, "another camera")]), [""; 0]);
    assert_eq!(
        said(&[("gate", 0, [0.1, 0.1, 0.0, 0.5], "nothing"), ("gate", 0, [2.0, 0.0, 1.0, 1.0], "outside")]),
        [""; 0]
    );
    assert_eq!(
        said(&[
            ("gate", 0, [f64::NAN, 0.1, 0.5, 0.5], "not a number"),
            ("gate", 0, [1e300, -1e300, 1e300, 1e300], "vast")
        ]),
        [""; 0]
    );
}

#[test]
fn a_box_stands_where_the_picture_has_it() {
    // Half of the picture's width fills the window: 1280 × 720 shown from 25 % to 75 %.
    let layout = layout(
        "",
        &scene(
            "[[scene.window]]\nsource = \"gate\"\nlabel = false\nfit = \"stretch\"\ncrop_percent = [25, 0, 50, 100]\nrect_px = [100, 100, 640, 360]",
        ),
    );
    let plan = canvas(&layout, "day", &boxes(&[("gate", 0, [0.5, 0.5, 0.125, 0.25], "车")]), TICK, NOW);
    let danger = layouts::Theme::built_in().dark.danger.0;
    let sides: Vec<CanvasRect> = plan
        .draws
        .iter()
        .filter(|draw| draw.content == Content::Fill(danger))
        .map(|draw| draw.rect)
        .collect();
    // Four sides and the plate of the label.
    assert_eq!(sides.len(), 5);
    let left = sides[..4].iter().map(|side| side.x).min().unwrap();
    let right = sides[..4].iter().map(|side| side.x + side.width).max().unwrap();
    let top = sides[..4].iter().map(|side| side.y).min().unwrap();
    let bottom = sides[..4].iter().map(|side| side.y + side.height).max().unwrap();
    let px = |pixels: i64| pixels * CANVAS_PIXEL;
    assert_eq!([left, right, top, bottom], [px(420), px(580), px(280), px(370)]);
    let plate = sides[4];
    assert_eq!((plate.x, plate.y + plate.height), (left, top));
    let cut = canvas(&layout, "day", &boxes(&[("gate", 0, [0.0, 0.5, 0.1, 0.25], "outside")]), TICK, NOW);
    assert!(labels(&cut).is_empty(), "what is cropped away is not named");
}

#[test]
fn boxes_lie_below_zones_and_both_follow_a_window_that_travels() {
    let scenes = "[[scene]]\nid = \"small\"\nwall = \"main\"\n[[scene.window]]\nsource = \"gate\"\nrect_px = [0, 0, 320, 180]\n\
                  [[scene]]\nid = \"large\"\nwall = \"main\"\ntransition = { kind = \"move\", duration_ms = 400 }\n[[scene.window]]\nsource = \"gate\"\nrect_px = [960, 0, 960, 540]";
    let layout = layout("masks = [{ rect_percent = [40, 40, 20, 20] }]", scenes);
    let answers = boxes(&[("gate", 0, [0.3, 0.3, 0.4, 0.4], "箱")]);
    let on_air = OnAir {
        scene: SceneId::new("large").unwrap(),
        from: Some(SceneId::new("small").unwrap()),
        since: TICK,
    };
    for step in 0..9 {
        let tick = CanvasFrame(TICK.0 + step);
        let plan = solve_canvas(&layout, &wall(), &on_air, tick, NOW, &states(Health::Live), &answers, false)
            .unwrap();
        let over = plan.over.clone().unwrap();
        for draws in [&plan.draws, &over.draws] {
            let zone = layouts::Theme::built_in().dark.raised.0;
            let video = draws.iter().position(|draw| matches!(draw.content, Content::Video { .. })).unwrap();
            let danger = layouts::Theme::built_in().dark.danger.0;
            let last_box = draws.iter().rposition(|draw| draw.content == Content::Fill(danger)).unwrap();
            let mask = draws.iter().position(|draw| draw.content == Content::Fill(zone)).unwrap();
            assert!(video < last_box && last_box < mask);
            let (window, mask) = (draws[video].rect, draws[mask].rect);
            assert!(mask.x < window.x + window.width * 2 / 5 && mask.x > window.x);
            assert!(mask.x + mask.width > window.x + window.width * 3 / 5);
        }
    }
}

fn words(zh: &str) -> Words {
    Words { zh: zh.to_owned(), en: zh.to_owned() }
}

fn id(name: &str) -> SourceId {
    SourceId::new(name).unwrap()
}

#[test]
fn a_variant_is_its_base_with_other_sources_and_words_across_its_foot() {
    let scenes = "[[scene]]\nid = \"day\"\nwall = \"main\"\ntransition = { kind = \"fade\", duration_ms = 400 }\n\
        [[scene.window]]\nsource = \"lake\"\nslot = \"centre\"\ncrop_percent = [0, 0, 50, 50]\nrect_px = [0, 0, 800, 450]\n\
        [[scene.window]]\nsource = \"gate\"\nrect_px = [1000, 0, 800, 450]";
    let layout = layout("", scenes);
    let amber = Rgba { r: 255, g: 176, b: 32, a: 255 };
    let until = NOW.offset(600_000_000_000);
    let banner = BannerSpec { words: words("消防通道被占用"), color: amber, until: Some(until) };
    let variant = Variant {
        id: SceneId::new("alarm-1").unwrap(),
        base: SceneId::new("day").unwrap(),
        edits: Edits::new(),
        cut: false,
        fills: vec![("centre".to_owned(), id("shore"))],
        banner: Some(banner),
    };
    let larger = layout.with_variants(std::slice::from_ref(&variant)).unwrap();
    assert_eq!(layout.scenes().len() + 1, larger.scenes().len());
    let (base, made) = (layout.scene(&variant.base).unwrap(), larger.scene(&variant.id).unwrap());
    assert_eq!((base.transition, &base.wall, &base.name), (made.transition, &made.wall, &made.name));
    assert_eq!(made.slots().collect::<Vec<_>>(), [("centre", &id("shore"))]);
    assert_eq!(larger.scene(&variant.base), layout.scene(&variant.base), "the base stays as it was");

    let plan = canvas(&larger, "alarm-1", &Answers::new(), TICK, NOW);
    let (face, rect) = *faces(&plan).last().unwrap();
    let WidgetKind::Banner { query, color } = &face.kind else { panic!() };
    assert_eq!((query.table.get(0, "text").and_then(Value::text), *color), (Some("消防通道被占用"), amber));
    assert_eq!(query.table.get(0, "until"), Some(&Value::Time(until)));
    assert_eq!(face.now_s, NOW.0 / 1_000_000_000, "the time that is left runs");
    assert!(rect.y > 900 * CANVAS_PIXEL && rect.x > 0 && rect.x + rect.width < 1960 * CANVAS_PIXEL);
    let video = plan.draws.iter().filter(|draw| matches!(draw.content, Content::Video { .. })).count();
    assert_eq!((video, matches!(plan.draws.last().unwrap().content, Content::Raster(_))), (2, true));

    let needs: Vec<String> = demand(&larger, &wall(), &on_air("alarm-1"), &NodeId::new("left").unwrap())
        .into_iter()
        .map(|demand| demand.source.to_string())
        .collect();
    assert_eq!(needs, ["shore"], "what is shown is asked for");

    // A second alarm on top of the first: its words replace those of the first, its source too.
    let second = Variant {
        id: SceneId::new("alarm-2").unwrap(),
        base: variant.id.clone(),
        edits: Edits::new(),
        cut: false,
        fills: vec![("centre".to_owned(), id("gate"))],
        banner: Some(BannerSpec { words: words("第二"), color: amber, until: None }),
    };
    let both = layout.with_variants(&[variant.clone(), second.clone()]).unwrap();
    let plan = canvas(&both, "alarm-2", &Answers::new(), TICK, NOW);
    assert_eq!(faces(&plan).len(), 1);
    assert_eq!(faces(&plan)[0].0.now_s, 0);
}

#[test]
fn a_variant_of_what_is_not_there_is_refused() {
    let layout =
        layout("", &scene("[[scene.window]]\nsource = \"lake\"\nslot = \"a\"\nrect_px = [0, 0, 800, 450]"));
    let (day, new) = (SceneId::new("day").unwrap(), SceneId::new("new").unwrap());
    let make = |id: &SceneId, base: &SceneId, slot: &str, source: &str| {
        let fills = vec![(slot.to_owned(), SourceId::new(source).unwrap())];
        let (edits, cut) = (Edits::new(), false);
        layout.with_variants(&[Variant {
            id: id.clone(),
            base: base.clone(),
            edits,
            fills,
            banner: None,
            cut,
        }])
    };
    assert!(make(&new, &day, "a", "shore").is_ok());
    assert_eq!(make(&new, &new, "a", "shore"), Err(VariantError::NoSuchScene(new.clone())));
    assert_eq!(make(&day, &day, "a", "shore"), Err(VariantError::Taken(day.clone())));
    assert_eq!(make(&new, &day, "a", "sea"), Err(VariantError::NoSuchSource(id("sea"))));
    let no_slot = VariantError::NoSuchSlot { scene: day.clone(), slot: "b".to_owned() };
    assert_eq!(make(&new, &day, "b", "shore"), Err(no_slot));
}
