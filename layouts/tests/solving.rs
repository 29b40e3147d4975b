//! From a document to tile plans: what every state of a source looks like, and what holds for any wall.

use layouts::{
    Answers, CANVAS_PIXEL, CanvasRect, Content, Crop, Draw, Fit, Icon, Layout, OnAir, Outline, Raster, Rgba,
    SourceState, SourceStates, TilePlan, demand, fit_picture, parse, solve, solve_canvas, solve_screen,
};
use media::{CanvasFrame, Fault, Health, NodeId, SceneId, ScreenId, Size, SourceId, WallId, WallTime};
use proptest::prelude::{Just, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};

/// 2026-11-23 10:32:12 in China.
const NOW: WallTime = WallTime(1_795_401_132_000_000_000);

const WALL: &str = r#"
version = 1
[hall]
name = "Hall"
[[place]]
path = "taibaihu/xuzhuang"
name = { zh = "许庄街道", en = "Xuzhuang" }
[[wall]]
id = "main"
canvas_px_per_mm = 1
[[wall.screen]]
id = "a1"
node = "left"
output = 1
resolution = [1920, 1080]
position_mm = [0, 0]
size_mm = [960, 540]
[[wall.screen]]
id = "a2"
node = "right"
output = 1
resolution = [1920, 1080]
position_mm = [960, 540]
size_mm = [960, 540]
[[source]]
id = "gate"
label = { zh = "东门", en = "East gate" }
place = "taibaihu/xuzhuang/nanfeng/03"
rtsp = { host = "h", path = "/x", credential = "cameras" }
[[source]]
id = "lake"
file = { path = "lake.mp4" }
"#;

fn layout(scene: &str) -> Layout {
    let text = format!("{WALL}\n[[scene]]\nid = \"day\"\nwall = \"main\"\n{scene}");
    parse(&text, "hall.toml").unwrap_or_else(|mistakes| panic!("{}", mistakes.to_text()))
}

fn english(scene: &str) -> Layout {
    let text = format!("{WALL}\n[[scene]]\nid = \"day\"\nwall = \"main\"\n{scene}")
        .replace("name = \"Hall\"", "name = \"Hall\"\nlanguage = \"en\"\nutc_offset = \"+00:00\"");
    parse(&text, "hall.toml").unwrap_or_else(|mistakes| panic!("{}", mistakes.to_text()))
}

fn plans(layout: &Layout, states: &SourceStates) -> Vec<TilePlan> {
    solve(
        layout,
        &WallId::new("main").unwrap(),
        &on_air("day"),
        CanvasFrame(5),
        NOW,
        states,
        &Answers::new(),
        None,
    )
}

fn on_air(scene: &str) -> OnAir {
    OnAir::still(SceneId::new(scene).unwrap())
}

fn states(health: Health) -> SourceStates {
    let (picture, captured) = (Some(Size::new(640, 360)), Some(NOW));
    SourceStates::from([(SourceId::new("gate").unwrap(), SourceState { picture, captured, health })])
}

/// All words of a plan, in the order of drawing.
fn words(plan: &TilePlan) -> Vec<String> {
    plan.draws
        .iter()
        .filter_map(|draw| match &draw.content {
            Content::Raster(raster) => match &**raster {
                Raster::Text { text, .. } | Raster::Badge { text, .. } => Some(text.clone()),
                _ => None,
            },
            _ => None,
        })
        .collect()
}

fn dot(plan: &TilePlan) -> Option<Rgba> {
    plan.draws.iter().find_map(|draw| match &draw.content {
        Content::Raster(raster) => match &**raster {
            Raster::Dot(color) => Some(*color),
            _ => None,
        },
        _ => None,
    })
}

fn has_video(plan: &TilePlan) -> bool {
    plan.draws.iter().any(|draw| matches!(draw.content, Content::Video { .. }))
}

fn has_icon(plan: &TilePlan, wanted: Icon) -> bool {
    plan.draws.iter().any(|draw| match &draw.content {
        Content::Raster(raster) => matches!(**raster, Raster::Icon { icon, .. } if icon == wanted),
        _ => false,
    })
}

const GATE: &str = "[[scene.window]]\nsource = \"gate\"\nrect_px = [0, 0, 640, 360]\n";

fn first(health: Health) -> TilePlan {
    plans(&layout(GATE), &states(health)).swap_remove(0)
}

fn role(name: &str) -> Rgba {
    layouts::Theme::built_in().dark.role(name).unwrap()
}

#[test]
fn live_shows_the_picture_name_and_place() {
    let plan = first(Health::Live);
    assert!(has_video(&plan));
    assert_eq!(words(&plan), ["东门", "许庄街道 · 03"]);
    assert_eq!(dot(&plan), Some(role("ok")));
    let foot = plan.draws.iter().find(|d| matches!(d.content, Content::Fill(c) if c.a < 255)).unwrap();
    assert_eq!(foot.content, Content::Fill(Rgba { a: 183, ..role("canvas") }), "72 % of 255");
    assert_eq!(foot.rect.y + foot.rect.height, 360 * CANVAS_PIXEL, "at the foot");
}

#[test]
fn stale_is_dimmed_and_tells_its_age() {
    let plan = first(Health::Stale { since: NOW.offset(-8_400_000_000) });
    assert!(has_video(&plan));
    assert_eq!(words(&plan)[0], "画面 8 秒前");
    assert_eq!(dot(&plan), Some(role("stale")));
    let dim = Content::Fill(Rgba { a: 114, ..role("canvas") });
    assert!(plan.draws.iter().any(|draw| draw.content == dim && draw.rect == draw.clip), "45 % of 255");
}

#[test]
fn lost_is_a_card_with_fault_time_and_deed() {
    let since = NOW.offset(-20_000_000_000);
    let plan = first(Health::Lost { since, fault: Fault::Unreachable });
    assert!(!has_video(&plan) && has_icon(&plan, Icon::Lost));
    assert_eq!(words(&plan), ["设备无应答", "10:31:52 起 · 正在重连", "东门", "许庄街道 · 03"]);
    assert_eq!(dot(&plan), Some(role("danger")));
    let login = first(Health::Lost { since, fault: Fault::Credentials });
    assert_eq!(words(&login)[1], "10:31:52 起 · 请检查凭据 cameras");
}

#[test]
fn the_wall_speaks_its_language_and_local_time() {
    let since = NOW.offset(-20_000_000_000);
    let plan = plans(&english(GATE), &states(Health::Lost { since, fault: Fault::NoPicture })).swap_remove(0);
    assert_eq!(words(&plan), ["No picture", "since 02:31:52 · reconnecting", "East gate", "Xuzhuang · 03"]);
}

#[test]
fn without_any_state_a_window_is_connecting() {
    for states in [SourceStates::new(), states(Health::Connecting)] {
        let plan = plans(&layout(GATE), &states).swap_remove(0);
        assert!(!has_video(&plan) && has_icon(&plan, Icon::Waiting));
        assert_eq!(words(&plan), ["正在连接", "东门", "许庄街道 · 03"]);
    }
    let mut none_yet = states(Health::Live);
    none_yet.values_mut().for_each(|state| state.picture = None);
    assert!(has_icon(&plans(&layout(GATE), &none_yet)[0], Icon::Waiting), "live elsewhere, no picture here");
}

#[test]
fn a_hidden_label_comes_back_when_the_picture_is_not_live() {
    let layout = layout(&format!("{GATE}label = false\n"));
    assert!(words(&plans(&layout, &states(Health::Live))[0]).is_empty());
    let lost = Health::Lost { since: NOW, fault: Fault::Ended };
    assert!(words(&plans(&layout, &states(lost))[0]).contains(&"东门".to_owned()));
}

#[test]
fn small_windows_say_less() {
    let at = |wide: u32, high: u32, health: Health| {
        let scene = format!("[[scene.window]]\nsource = \"gate\"\nrect_px = [0, 0, {wide}, {high}]\n");
        plans(&layout(&scene), &states(health)).swap_remove(0)
    };
    assert_eq!(words(&at(100, 75, Health::Live)), ["东门", "03"], "no room for the street");
    assert!(words(&at(60, 50, Health::Live)) == ["东门"], "no room for the place");
    assert!(words(&at(50, 40, Health::Live)).is_empty(), "no room for the strip");
    let lost = Health::Lost { since: NOW, fault: Fault::Refused };
    let tiny = at(50, 40, lost);
    assert!(words(&tiny).is_empty() && has_icon(&tiny, Icon::Lost), "the sign alone");
    let stale = at(50, 40, Health::Stale { since: NOW.offset(-9_000_000_000) });
    assert_eq!(words(&stale), ["9 秒"], "the age alone");
}

#[test]
fn windows_are_drawn_by_z_then_in_document_order() {
    let window = |text: &str, z: i32| {
        format!("[[scene.window]]\ntext = \"{text}\"\nsize_px = 20\nz = {z}\nrect_px = [0, 0, 100, 100]\n")
    };
    let scene = [window("c", 1), window("a", -2), window("d", 1), window("b", 0)].concat();
    assert_eq!(words(&plans(&layout(&scene), &SourceStates::new())[0]), ["a", "b", "c", "d"]);
}

#[test]
fn border_is_a_ring_over_everything_and_opacity_is_everywhere() {
    let scene =
        format!("{GATE}corner_px = 12\nopacity = 0.5\nborder = {{ width_px = 4, color = \"#ff0000\" }}\n");
    let plan = plans(&layout(&scene), &states(Health::Live)).swap_remove(0);
    assert!(plan.draws.iter().all(|draw| draw.opacity == 128 && draw.outline.radius == 12 * CANVAS_PIXEL));
    let last = plan.draws.last().unwrap();
    assert_eq!(last.content, Content::Fill(Rgba { r: 255, g: 0, b: 0, a: 255 }));
    assert_eq!(last.outline, Outline { radius: 12 * CANVAS_PIXEL, ring: 4 * CANVAS_PIXEL });
}

#[test]
fn screens_draw_what_lies_on_them_only() {
    let all = plans(&layout(GATE), &states(Health::Live));
    assert_eq!(all.len(), 2);
    assert!(all[1].draws.is_empty(), "the window lies on a1 alone");
    assert_eq!(all[0].canvas_frame, CanvasFrame(5));
    assert_eq!(all[0].background, role("canvas"));
    let layout = layout(GATE);
    let screen = ScreenId::new("a1").unwrap();
    let states = states(Health::Live);
    let solved = |scene| {
        solve_screen(&layout, &screen, &on_air(scene), CanvasFrame(5), NOW, &states, &Answers::new(), None)
            .unwrap()
    };
    let one = solved("day");
    assert_eq!(one, all[0]);
    assert!(solved("night").draws.is_empty());
}

#[test]
fn the_whole_canvas_is_one_picture_of_canvas_pixels() {
    let layout = layout(GATE);
    let wall = WallId::new("main").unwrap();
    let (tick, states) = (CanvasFrame(5), states(Health::Live));
    let whole =
        solve_canvas(&layout, &wall, &on_air("day"), tick, NOW, &states, &Answers::new(), false).unwrap();
    assert_eq!(whole.grid.size, Size::new(1920, 1080));
    assert_eq!(whole.grid.area, layout.walls()[0].canvas);
    assert_eq!(whole.draws, plans(&layout, &states)[0].draws);
}

/// What is seen of a rectangle inside another.
fn common_area(a: CanvasRect, b: CanvasRect) -> i128 {
    let wide = (a.x + a.width).min(b.x + b.width) - a.x.max(b.x);
    let high = (a.y + a.height).min(b.y + b.height) - a.y.max(b.y);
    i128::from(wide.max(0)) * i128::from(high.max(0))
}

/// A wall without gaps: columns and rows of the given widths and heights in µm.
fn gapless(widths: &[i64], heights: &[i64], scale_e6: i64, left_um: i64, windows: &[[u32; 4]]) -> String {
    let mm = |um: i64| format!("{}{}.{:03}", if um < 0 { "-" } else { "" }, um.abs() / 1000, um.abs() % 1000);
    let mut text = format!(
        "version = 1\n[hall]\nname = \"x\"\n[[wall]]\nid = \"main\"\ncanvas_px_per_mm = {}.{:06}\n",
        scale_e6 / 1_000_000,
        scale_e6 % 1_000_000
    );
    let (mut y, mut number) = (0, 0);
    for height in heights {
        let mut x = left_um;
        for width in widths {
            number += 1;
            // Square pixels of about half a millimetre.
            let (wide, high) = (width / 500, height / 500);
            text += &format!(
                "[[wall.screen]]\nid = \"s{number}\"\nnode = \"n\"\noutput = {number}\nresolution = [{wide}, {high}]\n\
                 position_mm = [{}, {}]\nsize_mm = [{}, {}]\n",
                mm(x),
                mm(y),
                mm(*width),
                mm(*height)
            );
            x += width;
        }
        y += height;
    }
    text += "[[scene]]\nid = \"day\"\nwall = \"main\"\n";
    for [x, y, w, h] in windows {
        text += &format!(
            "[[scene.window]]\ntext = \"{x} {y} {w} {h}\"\nbackground = \"accent\"\nsize_px = 12\n\
             rect_percent = [{x}, {y}, {w}, {h}]\n"
        );
    }
    text
}

fn percent_rect() -> impl Strategy<Value = [u32; 4]> {
    (0_u32..99, 0_u32..99)
        .prop_flat_map(|(x, y)| (Just(x), Just(y), 1..=100 - x, 1..=100 - y))
        .prop_map(|(x, y, w, h)| [x, y, w, h])
}

#[test]
fn a_window_that_nobody_can_see_needs_no_stream() {
    let needs = |opacity: &str| {
        let window = "[[scene.window]]\nsource = \"gate\"\nrect_percent = [0, 0, 100, 100]\nopacity = ";
        let layout = layout(&format!("{window}{opacity}\n"));
        demand(&layout, &WallId::new("main").unwrap(), &on_air("day"), &NodeId::new("left").unwrap()).len()
    };
    assert_eq!((needs("0"), needs("0.01")), (0, 1));
}

proptest! {
    /// Screens that touch on the wall touch on the canvas: no seam, no overlap, whatever the sizes and the scale.
    #[test]
    fn tiles_cover_windows_exactly(
        widths in prop::collection::vec(20_000_i64..900_000, 1..6),
        heights in prop::collection::vec(20_000_i64..900_000, 1..5),
        scale in 50_000_i64..3_000_000,
        left in -5_000_000_i64..5_000_000,
        windows in prop::collection::vec(percent_rect(), 1..5),
    ) {
        let text = gapless(&widths, &heights, scale, left, &windows);
        let layout = parse(&text, "hall.toml").unwrap_or_else(|mistakes| panic!("{text}\n{}", mistakes.to_text()));
        let plans = plans(&layout, &SourceStates::new());
        let canvas = layout.walls()[0].canvas;
        let lit: i128 = plans.iter().map(|plan| common_area(plan.grid.area, canvas)).sum();
        prop_assert_eq!(lit, i128::from(canvas.width) * i128::from(canvas.height));
        for window in &layout.scenes()[0].windows {
            prop_assert_eq!(common_area(window.rect, canvas), i128::from(window.rect.width) * i128::from(window.rect.height));
            let backgrounds = |plan: &TilePlan| -> Vec<Draw> {
                plan.draws.iter().filter(|draw| draw.rect == window.rect && matches!(draw.content, Content::Fill(_))).cloned().collect()
            };
            let mut seen = 0;
            for plan in &plans {
                let here = common_area(plan.grid.area, window.rect);
                prop_assert_eq!(here > 0, !backgrounds(plan).is_empty());
                seen += here;
            }
            prop_assert_eq!(seen, i128::from(window.rect.width) * i128::from(window.rect.height));
        }
    }

    #[test]
    fn fitted_pictures_stay_inside_and_keep_their_shape(
        size in (1_u32..9000, 1_u32..9000),
        crop in crop(),
        rect in (-4_000_000_000_i64..4_000_000_000, -4_000_000_000_i64..4_000_000_000, 1_i64..4_294_967_296, 1_i64..4_294_967_296),
        fit in prop_oneof![Just(Fit::Cover), Just(Fit::Contain), Just(Fit::Stretch)],
    ) {
        let picture = Size::new(size.0, size.1);
        let window = CanvasRect { x: rect.0, y: rect.1, width: rect.2, height: rect.3 };
        let (part, at) = fit_picture(picture, crop, window, fit);
        prop_assert!(part.width >= 1 && part.height >= 1 && part.x >= crop.x && part.y >= crop.y);
        prop_assert!(part.x + part.width <= crop.x + crop.width && part.y + part.height <= crop.y + crop.height);
        prop_assert!(at.width >= 1 && at.height >= 1 && at.x >= window.x && at.y >= window.y);
        prop_assert!(at.x + at.width <= window.x + window.width && at.y + at.height <= window.y + window.height);
        match fit {
            Fit::Stretch => prop_assert!(part == crop && at == window),
            Fit::Cover => prop_assert!(at == window && (part.width == crop.width || part.height == crop.height)),
            Fit::Contain => prop_assert!(part == crop && (at.width == window.width || at.height == window.height)),
        }
        // An extent of one unit cannot get any narrower, whatever the shape would ask for.
        let least = part.width == 1 || part.height == 1 || at.width == 1 || at.height == 1;
        if fit != Fit::Stretch && !least {
            // One unit more of the extent that was rounded down would be too much.
            let shape = |wide: u32, high: u32, w: i64, h: i64| {
                let across = i128::from(wide) * i128::from(picture.width) * i128::from(h);
                let down = i128::from(high) * i128::from(picture.height) * i128::from(w);
                across - down
            };
            let (w, h) = (at.width, at.height);
            let low = shape(part.width, part.height + 1, w + 1, h).min(shape(part.width, part.height + 1, w, h));
            let high = shape(part.width + 1, part.height, w, h + 1).max(shape(part.width + 1, part.height, w, h));
            prop_assert!(low <= 0 && high >= 0, "{part:?} at {at:?}");
        }
    }

    /// The chosen stream is the smallest that no window magnifies, reckoned here from first principles.
    #[test]
    fn demand_is_minimal(
        streams in prop::collection::vec((16_u32..4000, 16_u32..4000), 1..6),
        windows in prop::collection::vec((percent_rect(), crop_percent(), 0_usize..3), 1..4),
    ) {
        let fits = ["cover", "contain", "stretch"];
        let mut text = "version = 1\n[hall]\nname = \"x\"\n[[wall]]\nid = \"main\"\ncanvas_px_per_mm = 1\n[[wall.screen]]\nid = \"a\"\n\
            node = \"n\"\noutput = 1\nresolution = [2000, 1000]\nposition_mm = [0, 0]\nsize_mm = [1000, 500]\n[[source]]\n\
            id = \"gate\"\nrtsp = { host = \"h\" }\nstreams = [\n".to_owned();
        for (number, (wide, high)) in streams.iter().enumerate() {
            text += &format!("{{ name = \"s{number}\", path = \"/{number}\", size = [{wide}, {high}] }},\n");
        }
        text += "]\n[[scene]]\nid = \"day\"\nwall = \"main\"\n";
        for ([x, y, w, h], [cx, cy, cw, ch], fit) in &windows {
            text += &format!("[[scene.window]]\nsource = \"gate\"\nrect_percent = [{x}, {y}, {w}, {h}]\n\
                crop_percent = [{cx}, {cy}, {cw}, {ch}]\nfit = \"{}\"\n", fits[*fit]);
        }
        let layout = parse(&text, "hall.toml").unwrap_or_else(|mistakes| panic!("{}", mistakes.to_text()));
        let needs = demand(&layout, &WallId::new("main").unwrap(), &on_air("day"), &NodeId::new("n").unwrap());
        prop_assert_eq!(needs.len(), 1);
        // A window of w % shows cw % of the picture on 20·w screen pixels: scale = 20·w / (size · cw / 100).
        let enough = |size: Size| windows.iter().all(|([_, _, w, h], [_, _, cw, ch], fit)| {
            let across = (f64::from(20 * w), f64::from(size.width) * f64::from(*cw) / 100.0);
            let down = (f64::from(10 * h), f64::from(size.height) * f64::from(*ch) / 100.0);
            let scale = |axis: (f64, f64)| axis.0 / axis.1;
            let scale = if *fit == 1 { scale(across).min(scale(down)) } else { scale(across).max(scale(down)) };
            scale <= 1.0
        });
        // The document's percents become 1/65536 and pixels are rounded up: a hair's breadth is left to rounding.
        let doubtful = |size: Size| windows.iter().any(|([_, _, w, h], [_, _, cw, ch], _)| {
            let near = |a: f64, b: f64| (a / b - 1.0).abs() < 0.02;
            near(f64::from(20 * w), f64::from(size.width) * f64::from(*cw) / 100.0)
                || near(f64::from(10 * h), f64::from(size.height) * f64::from(*ch) / 100.0)
        });
        let source = layout.source(&SourceId::new("gate").unwrap()).unwrap();
        if source.streams.iter().any(|stream| doubtful(stream.size)) {
            return Ok(());
        }
        let chosen = needs[0].stream.as_ref().unwrap();
        let at = source.streams.iter().position(|stream| stream.id == *chosen).unwrap();
        prop_assert!(source.streams.windows(2).all(|pair| pair[0].size.area() <= pair[1].size.area()));
        prop_assert!(source.streams[..at].iter().all(|stream| !enough(stream.size)), "a smaller one suffices");
        prop_assert!(enough(source.streams[at].size) || at + 1 == source.streams.len(), "{chosen} does not suffice");
    }

    /// Solving is a function: the same input gives the same plans, and no state makes it panic.
    #[test]
    fn solving_is_total_and_repeatable(
        now in any::<i64>(), since in any::<i64>(), kind in 0_u8..4,
        picture in prop::option::of((0_u32..70_000, 0_u32..70_000)),
        rect in percent_rect(),
    ) {
        let [x, y, w, h] = rect;
        let layout = layout(&format!("[[scene.window]]\nsource = \"gate\"\nrect_percent = [{x}, {y}, {w}, {h}]\nfit = \"contain\"\n"));
        let since = WallTime(since);
        let health = match kind {
            0 => Health::Connecting,
            1 => Health::Live,
            2 => Health::Stale { since },
            _ => Health::Lost { since, fault: Fault::Garbage },
        };
        let state = SourceState { picture: picture.map(|(w, h)| Size::new(w, h)), captured: None, health };
        let states = SourceStates::from([(SourceId::new("gate").unwrap(), state)]);
        let wall = WallId::new("main").unwrap();
        let solve = || solve(&layout, &wall, &on_air("day"), CanvasFrame(0), WallTime(now), &states, &Answers::new(), None);
        let solved = solve();
        prop_assert_eq!(&solved, &solve());
        for draw in solved.iter().flat_map(|plan| &plan.draws) {
            prop_assert!(draw.rect.width >= 1 && draw.rect.height >= 1, "{draw:?}");
        }
    }
}

fn crop() -> impl Strategy<Value = Crop> {
    (0_u32..65_536, 0_u32..65_536)
        .prop_flat_map(|(x, y)| (Just(x), Just(y), 1..=65_536 - x, 1..=65_536 - y))
        .prop_map(|(x, y, width, height)| Crop { x, y, width, height })
}

fn crop_percent() -> impl Strategy<Value = [u32; 4]> {
    prop_oneof![Just([0, 0, 100, 100]), percent_rect()]
}
