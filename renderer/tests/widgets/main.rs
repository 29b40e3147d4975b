//! Every widget in both languages and both themes, against stored pictures, and what widgets must never do.
//!
//! `WIDGETS_BLESS=1 cargo test -p renderer --test widgets` stores the pictures anew; then they are to be looked at.

mod faces;
mod files;
mod sheets;

use faces::{Both, LOOKS, Look, NOW_S, answer, face, real, shown, table, text};
use layouts::{Language, Mode, Shown, WidgetFace, WidgetKind};
use media::Value;
use sheets::{Sheet, canvas, draw, rasterizer};
use std::collections::{BTreeSet, HashSet};

/// Draws each look of a widget into a quarter of a sheet.
fn drawn(name: &str, width: u32, height: u32, make: impl Fn(Look) -> WidgetFace) -> Sheet {
    let mut sheet = Sheet::new(width * 2 + 36, height * 2 + 36, canvas(Mode::Dark));
    sheet.fill(0, height + 18, width * 2 + 36, height + 18, canvas(Mode::Light));
    let mut rasterizer = rasterizer();
    for (index, look) in LOOKS.into_iter().enumerate() {
        let report = draw(&mut rasterizer, &make(look), width, height);
        assert_eq!(report.missing_glyphs, 0, "{name} {look:?}");
        let (column, row) = (index as u32 % 2, index as u32 / 2);
        sheet.put(&report, 12 + column * (width + 12), 12 + row * (height + 12));
    }
    sheet
}

/// Compares each look of a widget with the stored picture of all of them.
fn quarters(name: &str, width: u32, height: u32, make: impl Fn(Look) -> WidgetFace) {
    assert_eq!(drawn(name, width, height, make).compare(name), None);
}

fn quarter(name: &str, title: Both, make: impl Fn(Look) -> WidgetKind<Shown>) {
    quarters(name, 480, 270, |look| face(look, title, 20, make(look)));
}

#[test]
fn figures() {
    quarters("figure", 480, 150, |look| {
        face(look, ("本年化解矛盾纠纷", "Disputes settled this year"), 20, faces::figure(look))
    });
}

#[test]
fn lines() {
    quarter("line", ("诉求与办结 · 24 小时", "Requests and closed, 24 hours"), |look| {
        faces::line(look, false)
    });
    quarter("area", ("诉求 · 24 小时", "Requests, 24 hours"), |look| faces::line(look, true));
}

#[test]
fn bars() {
    quarter("bar", ("事件来源 · 社区", "Events by community"), |look| faces::bar(look, false));
    quarter("bar-stacked", ("四网事件 · 社区", "Events by network and community"), |look| {
        faces::bar(look, true)
    });
}

#[test]
fn donuts() {
    quarter("donut", ("诉求构成", "What people ask for"), faces::donut);
}

#[test]
fn gauges() {
    quarter("gauge", ("按期办结率", "Closed in time"), faces::gauge);
}

#[test]
fn rankings() {
    quarter("ranking", ("诉求来源 · 社区", "Requests by community"), faces::ranking);
}

#[test]
fn tables() {
    quarter("table", ("最新事项", "Latest reports"), |look| faces::rows(look, 23));
}

#[test]
fn event_boards() {
    quarters("event-board", 960, 300, |look| {
        face(look, ("事件流转 · 四网合一", "Events, four networks"), 20, faces::board(look))
    });
}

#[test]
fn heat_maps() {
    quarter("heat", ("一周时段分布", "The week by hour"), faces::heat);
}

#[test]
fn tickers() {
    quarters("ticker", 620, 40, |look| face(look, ("", ""), 20, faces::ticker(look)));
}

#[test]
fn clocks() {
    quarters("clock", 300, 140, |look| {
        face(look, ("", ""), 20, WidgetKind::Clock { seconds: true, date: true })
    });
    quarters("clock-wide", 480, 60, |look| WidgetFace {
        card: false,
        ..face(look, ("", ""), 20, WidgetKind::Clock { seconds: false, date: true })
    });
}

#[test]
fn strips() {
    quarters("strip", 620, 80, |look| face(look, ("", ""), 20, faces::strip(look)));
}

#[test]
fn banners() {
    quarters("banner", 720, 60, |look| face(look, ("", ""), 20, faces::banner(look)));
}

#[test]
fn pictures() {
    quarters("picture", 300, 200, |look| face(look, ("现场照片", "Photo"), 20, faces::picture()));
}

#[test]
fn maps() {
    quarters("map", 560, 360, |look| face(look, ("网格态势", "The grid"), 20, faces::map(look)));
}

#[test]
fn designers_templates() {
    quarters("template", 480, 270, |look| {
        face(look, ("自绘组件", "Own widget"), 20, faces::template("own.svg"))
    });
}

/// Widgets whose data is old, wrong, or not there.
#[test]
fn the_state_of_data_is_said() {
    /// A name, an age, whether it is waited for, a fault, whether there are no rows.
    type DataState = (&'static str, Option<u32>, bool, Option<Both>, bool);
    let states: [DataState; 6] = [
        ("old", Some(8), false, None, false),
        ("older", Some(7_300), false, None, false),
        ("fault", None, false, Some(("查询超过 2 秒", "The query took more than 2 s")), false),
        ("both", Some(300), false, Some(("数据源离线", "The feed is dead")), false),
        ("waiting", None, true, None, true),
        ("dead", None, true, Some(("没有表 events", "No table events")), true),
    ];
    let mut rasterizer = rasterizer();
    for (mode, name) in [(Mode::Dark, "states-dark"), (Mode::Light, "states-light")] {
        let mut sheet = Sheet::new(1_248, 840, canvas(mode));
        for (index, (_, stale_s, waiting, fault, empty)) in states.into_iter().enumerate() {
            let language = if index % 2 == 0 { Language::Chinese } else { Language::English };
            let look = Look { language, mode };
            for (half, mut kind) in [faces::ranking(look), faces::figure(look)].into_iter().enumerate() {
                let shown = answer(&mut kind).unwrap();
                (shown.stale_s, shown.waiting) = (stale_s, waiting);
                shown.fault = fault.map(|words| look.say(words).into());
                if empty {
                    shown.table = table(&[], vec![]);
                }
                let face = face(look, ("诉求来源 · 社区", "Requests by community"), 20, kind);
                let report = draw(&mut rasterizer, &face, 400, if half == 0 { 250 } else { 140 });
                let (column, row) = (index as u32 % 3, index as u32 / 3);
                sheet.put(&report, 12 + column * 412, 12 + row * 414 + half as u32 * 262);
            }
        }
        assert_eq!(sheet.compare(name), None);
    }
}

/// A wall of widgets at the measures of a 1080-line screen, in half its size.
#[test]
fn a_whole_wall() {
    for (name, look) in [("wall-dark", LOOKS[0]), ("wall-light", LOOKS[3])] {
        let scale: u32 = std::env::var("WIDGETS_WALL_SCALE").map_or(1, |scale| scale.parse().unwrap());
        let mut sheet = Sheet::new(960 * scale, 540 * scale, canvas(look.mode));
        let mut rasterizer = rasterizer();
        let clock = WidgetKind::Clock { seconds: true, date: true };
        let parts: [(Both, u32, u32, u32, u32, WidgetKind<Shown>); 9] = [
            (("", ""), 580, 10, 360, 32, clock),
            (("网格态势", "The grid"), 20, 56, 460, 278, faces::map(look)),
            (("诉求与办结", "Requests and closed"), 488, 56, 220, 135, faces::line(look, false)),
            (("诉求构成", "Requests"), 488, 199, 220, 135, faces::donut(look)),
            (("本年化解矛盾纠纷", "Disputes settled"), 716, 56, 224, 82, faces::figure(look)),
            (("诉求来源 · 社区", "By community"), 716, 146, 224, 188, faces::ranking(look)),
            (("事件流转 · 四网合一", "Events, four networks"), 20, 342, 688, 148, faces::board(look)),
            (("按期办结率", "Closed in time"), 716, 342, 224, 148, faces::gauge(look)),
            (("", ""), 20, 498, 920, 32, faces::banner(look)),
        ];
        for (title, x, y, width, height, kind) in parts {
            let card = !matches!(kind, WidgetKind::Clock { .. });
            let face = WidgetFace { card, ..face(look, title, i64::from(12 * scale), kind) };
            let report = draw(&mut rasterizer, &face, width * scale, height * scale);
            sheet.put(&report, x * scale, y * scale);
        }
        assert_eq!(sheet.compare(if scale == 1 { name } else { "wall-large" }), None);
    }
}

/// Every kind in one look, for loops over all.
fn all(look: Look) -> Vec<(&'static str, WidgetKind<Shown>)> {
    vec![
        ("figure", faces::figure(look)),
        ("line", faces::line(look, false)),
        ("bar", faces::bar(look, false)),
        ("stacked", faces::bar(look, true)),
        ("donut", faces::donut(look)),
        ("gauge", faces::gauge(look)),
        ("ranking", faces::ranking(look)),
        ("table", faces::rows(look, 40)),
        ("board", faces::board(look)),
        ("map", faces::map(look)),
        ("heat", faces::heat(look)),
        ("ticker", faces::ticker(look)),
        ("clock", WidgetKind::Clock { seconds: true, date: true }),
        ("strip", faces::strip(look)),
        ("picture", faces::picture()),
        ("banner", faces::banner(look)),
        ("template", faces::template("own.svg")),
    ]
}

/// The stored picture of all looks of a kind. A new kind does not compile until it is named here.
fn golden(kind: &WidgetKind<Shown>) -> &'static str {
    match kind {
        WidgetKind::Figure { .. } => "figure",
        WidgetKind::Line { area: false, .. } => "line",
        WidgetKind::Line { area: true, .. } => "area",
        WidgetKind::Bar { stacked: false, .. } => "bar",
        WidgetKind::Bar { stacked: true, .. } => "bar-stacked",
        WidgetKind::Donut { .. } => "donut",
        WidgetKind::Gauge { .. } => "gauge",
        WidgetKind::Ranking { .. } => "ranking",
        WidgetKind::Table { .. } => "table",
        WidgetKind::EventBoard { .. } => "event-board",
        WidgetKind::Map { .. } => "map",
        WidgetKind::Heat { .. } => "heat",
        WidgetKind::Ticker { .. } => "ticker",
        WidgetKind::Clock { .. } => "clock",
        WidgetKind::Strip { .. } => "strip",
        WidgetKind::Picture { .. } => "picture",
        WidgetKind::Banner { .. } => "banner",
        WidgetKind::Template { .. } => "template",
    }
}

#[test]
fn every_kind_has_a_golden_picture_of_every_look() {
    let look = LOOKS[0];
    let mut kinds = all(look);
    kinds.push(("area", faces::line(look, true)));
    let names: BTreeSet<&str> = kinds.iter().map(|(_, kind)| golden(kind)).collect();
    assert!(names.iter().all(|name| sheets::path(name).is_file()), "{names:?}");
    let kinds: HashSet<_> = kinds.iter().map(|(_, kind)| std::mem::discriminant(kind)).collect();
    assert_eq!(kinds.len(), 16, "a kind is missing among those of `all`");
    let languages =
        LOOKS.map(|look| look.language == Language::Chinese).into_iter().collect::<BTreeSet<_>>().len();
    let themes = LOOKS.map(|look| look.mode == Mode::Dark).into_iter().collect::<BTreeSet<_>>().len();
    assert_eq!((languages * themes, languages, themes), (LOOKS.len(), 2, 2));
    println!(
        "widgets: {} kinds ({} with their variants) × {languages} languages × {themes} themes = {} golden cases",
        kinds.len(),
        names.len(),
        names.len() * LOOKS.len()
    );
}

/// A sheet of figures that all say `value`.
fn figures_of(value: i64) -> Sheet {
    drawn("figure", 480, 150, |look| {
        let mut kind = faces::figure(look);
        let shown = answer(&mut kind).unwrap();
        let columns: Vec<&str> = shown.table.columns().iter().map(|name| &**name).collect();
        let mut rows = shown.table.rows().to_vec();
        rows.iter_mut().for_each(|row| row[0] = Value::Integer(value));
        shown.table = table(&columns, rows);
        face(look, ("本年化解矛盾纠纷", "Disputes settled this year"), 20, kind)
    })
}

#[test]
fn a_planted_change_is_caught() {
    assert!(figures_of(157).is_stored("figure"));
    assert!(!figures_of(158).is_stored("figure"));
}

#[test]
fn a_planted_missing_picture_is_caught() {
    assert!(!figures_of(157).is_stored("no-such-picture"));
}

/// Every kind where it has little room: small, narrow, flat.
#[test]
fn widgets_without_room_stay_readable() {
    let mut rasterizer = rasterizer();
    let title = ("社区诉求来源与办理情况统计", "Where requests come from and how they go");
    for (name, look) in [("small-chinese", LOOKS[0]), ("small-english", LOOKS[3])] {
        let kinds = all(look);
        let mut sheet = Sheet::new(1_260, 190 * kinds.len() as u32, canvas(look.mode));
        for (row, (_, kind)) in kinds.into_iter().enumerate() {
            let mut x = 8;
            for (width, height) in [(160, 90), (90, 174), (420, 70), (240, 174), (300, 120)] {
                let report = draw(&mut rasterizer, &face(look, title, 16, kind.clone()), width, height);
                sheet.put(&report, x, 8 + 190 * row as u32);
                x += width + 8;
            }
        }
        assert_eq!(sheet.compare(name), None);
    }
}

#[test]
fn every_size_is_drawn_within_its_card() {
    let mut rasterizer = rasterizer();
    for look in [LOOKS[0], LOOKS[3]] {
        for (name, kind) in all(look) {
            for (width, height) in [(1, 1), (2, 300), (300, 2), (7, 7), (33, 21), (1_000, 33), (40, 700)] {
                for size_px in [1, 20, 400] {
                    let report = draw(
                        &mut rasterizer,
                        &face(look, ("标题", "Title"), size_px, kind.clone()),
                        width,
                        height,
                    );
                    assert_eq!(
                        (report.bitmap.size().width, report.bitmap.size().height),
                        (width, height),
                        "{name}"
                    );
                }
            }
        }
    }
    let huge =
        draw(&mut rasterizer, &face(LOOKS[0], ("标题", "Title"), 96, faces::ranking(LOOKS[0])), 3_840, 2_160);
    assert!(huge.bitmap.bytes().chunks_exact(4).any(|pixel| pixel[3] == 255));
}

/// Words that are much too long, and words that no font has.
#[test]
fn endless_words_are_cut_and_unknown_ones_counted() {
    let mut rasterizer = rasterizer();
    let long = "南风花园东门消防通道被占用，已通知物业到场处置。".repeat(45_000);
    let latin = "Pneumonoultramicroscopicsilicovolcanoconiosis".repeat(24_000);
    let look = LOOKS[0];
    let mut sheet = Sheet::new(1_008, 800, canvas(look.mode));
    let kinds: [WidgetKind<Shown>; 6] = [
        WidgetKind::Ranking {
            query: shown(
                &["name", "value"],
                vec![
                    vec![text(&long), real(1e300)],
                    vec![text(&latin), real(-3.0)],
                    vec![Value::Null, Value::Null],
                ],
            ),
            format: faces::format(6, false, &latin[..200]),
        },
        WidgetKind::Table {
            query: shown(
                &["甲", "乙", "丙"],
                vec![
                    vec![text(&long), text(&latin), real(123_456_789.0)],
                    vec![Value::Null, Value::Flag(true), Value::Null],
                ],
            ),
            headings: vec![],
            format: faces::format(2, false, ""),
            page: std::time::Duration::ZERO,
        },
        WidgetKind::Ticker {
            query: shown(&["text"], vec![vec![text(&long)], vec![text(&latin)]]),
            speed_px_s: 60,
        },
        WidgetKind::Banner { query: shown(&["text"], vec![vec![text(&long)]]), color: look.role("danger") },
        WidgetKind::Strip {
            query: shown(
                &["name", "value"],
                vec![vec![text(&long), text(&latin)], vec![text(&latin), text(&long)]],
            ),
        },
        WidgetKind::Donut {
            query: shown(
                &["name", "value"],
                vec![vec![text(&long), real(3.0)], vec![text(&latin), real(1.0)]],
            ),
            format: faces::format(0, false, ""),
        },
    ];
    for (index, kind) in kinds.into_iter().enumerate() {
        let mut face = face(look, ("", ""), 20, kind);
        face.title.clone_from(&long);
        let report = draw(&mut rasterizer, &face, 488, 250);
        assert_eq!(report.missing_glyphs, 0);
        sheet.put(&report, 8 + 500 * (index as u32 % 2), 8 + 264 * (index as u32 / 2));
    }
    assert_eq!(sheet.compare("long"), None);
    let unknown = WidgetKind::Ticker {
        query: shown(&["text"], vec![vec![text("a\u{1F600}b\u{20000}")]]),
        speed_px_s: 60,
    };
    assert_eq!(draw(&mut rasterizer, &face(look, ("", ""), 20, unknown), 300, 40).missing_glyphs, 2);
}

/// A template that is wrong in any way becomes words on a card.
#[test]
fn wrong_templates_say_what_and_where() {
    let mut rasterizer = rasterizer();
    let look = LOOKS[0];
    let names =
        ["missing", "wrong", "syntax", "undefined", "endless", "huge", "outside", "include", "unclosed"];
    let mut sheet = Sheet::new(1_220, 500, canvas(look.mode));
    let mut drawn = Vec::new();
    for (index, name) in names.into_iter().enumerate() {
        let kind = faces::template(&format!("{name}.svg"));
        let report = draw(&mut rasterizer, &face(look, ("自绘组件", "Own"), 18, kind), 394, 150);
        sheet.put(&report, 8 + 402 * (index as u32 % 3), 8 + 160 * (index as u32 / 3));
        drawn.push(report.bitmap);
    }
    let right =
        draw(&mut rasterizer, &face(look, ("自绘组件", "Own"), 18, faces::template("own.svg")), 394, 150);
    assert!(drawn.iter().all(|bitmap| *bitmap != right.bitmap));
    assert_eq!(sheet.compare("wrong-templates"), None);
    let tried = rasterizer.take_templates();
    assert_eq!(tried["own.svg"], None);
    assert!(tried["syntax.svg"].as_ref().is_some_and(|words| words.contains("syntax.svg")), "{tried:?}");
    // What is not there has no line that is wrong.
    assert_eq!(tried.values().filter(|fault| fault.is_some()).count(), names.len() - 1, "{tried:?}");
    assert!(rasterizer.take_templates().is_empty());
}

/// The same face gives the same bytes: from the cache, from another rasterizer, after others.
#[test]
fn faces_are_drawn_the_same_every_time() {
    let (mut one, mut other) = (rasterizer(), rasterizer());
    for look in LOOKS {
        for (name, kind) in all(look) {
            let face = face(look, ("标题", "Title"), 20, kind);
            let first = draw(&mut one, &face, 320, 200);
            assert!(first == draw(&mut one, &face, 320, 200), "{name} differs from the cache");
            if look.mode == Mode::Dark {
                assert!(first == draw(&mut other, &face, 320, 200), "{name} differs");
            }
        }
    }
}

/// Old data differs from new data, and its violet is seen nowhere else.
#[test]
fn only_old_data_is_violet() {
    let mut rasterizer = rasterizer();
    let look = LOOKS[0];
    let violet = look.role("stale");
    let is_violet = |pixel: &[u8]| (pixel[0], pixel[1], pixel[2]) == (violet.b, violet.g, violet.r);
    for (name, kind) in all(look) {
        let mut face = face(look, ("标题", "Title"), 20, kind);
        let fresh = draw(&mut rasterizer, &face, 400, 240);
        assert!(!fresh.bitmap.bytes().chunks_exact(4).any(is_violet), "{name} is violet");
        let Some(shown) = answer(&mut face.kind) else { continue };
        shown.stale_s = Some(61);
        let old = draw(&mut rasterizer, &face, 400, 240);
        assert!(old.bitmap.bytes().chunks_exact(4).any(is_violet), "{name} does not say its age");
    }
}

/// A table turns its pages with time.
#[test]
fn pages_turn() {
    let mut rasterizer = rasterizer();
    let mut at = |now_s: i64| {
        let face = WidgetFace { now_s, ..face(LOOKS[0], ("事项", "Rows"), 20, faces::rows(LOOKS[0], 40)) };
        draw(&mut rasterizer, &face, 480, 270).bitmap
    };
    assert!(at(NOW_S / 10 * 10) == at(NOW_S / 10 * 10 + 9));
    assert!(at(NOW_S / 10 * 10) != at(NOW_S / 10 * 10 + 10));
}
