//! Data in a hall document: what its keys come to.

use layouts::{
    CANVAS_PIXEL, DataStore, EventSettings, Layout, MapLayer, WidgetContent, WidgetKind, WindowContent, parse,
};
use media::{
    ColumnKind, FeedEndpoint, FeedId, FeedTarget, FileFormat, MqttVersion, QueryId, SceneId, SqlEngine,
    TableId,
};
use std::time::Duration;

const HALL: &str = include_str!("data/hall.toml");

fn hall() -> Layout {
    parse(HALL, "hall.toml").unwrap_or_else(|mistakes| panic!("{}", mistakes.to_text()))
}

fn widgets(layout: &Layout) -> Vec<&WidgetContent> {
    let scene = layout.scene(&SceneId::new("data").unwrap()).unwrap();
    scene
        .windows
        .iter()
        .filter_map(|window| match &window.content {
            WindowContent::Widget(widget) => Some(&**widget),
            _ => None,
        })
        .collect()
}

#[test]
fn tables_have_columns_in_the_documents_order_and_a_key() {
    let layout = hall();
    let table = layout.table(&TableId::new("appeals").unwrap()).unwrap();
    let columns: Vec<(&str, ColumnKind, bool)> =
        table.columns.iter().map(|column| (&*column.name, column.kind, column.optional)).collect();
    assert_eq!(
        columns,
        [
            ("id", ColumnKind::Text, false),
            ("street", ColumnKind::Text, false),
            ("value", ColumnKind::Real, true),
            ("count", ColumnKind::Integer, true),
            ("open", ColumnKind::Flag, true),
            ("at", ColumnKind::Time, false),
        ]
    );
    assert_eq!((&*table.key, table.keep, table.rows_max), (&["id".to_owned()][..], None, 100_000));
    let boxes = layout.table(&TableId::new("boxes").unwrap()).unwrap();
    assert_eq!((boxes.keep, boxes.rows_max), (Some(Duration::from_secs(30)), 5000));
}

#[test]
fn feeds_come_in_six_ways() {
    let layout = hall();
    let feed = |id: &str| layout.feed(&FeedId::new(id).unwrap()).unwrap();
    let ways: Vec<String> = layout.feeds().iter().map(|feed| feed.endpoint.to_string()).collect();
    assert_eq!(
        ways,
        [
            "push over QUIC",
            "webhook",
            "https://10.0.0.9:443/appeals",
            "mqtt://broker:8883 sensors/+/level/#",
            "sql://db:5432/city",
            "sql://db:3306/city",
            "sqlite in/old.db",
            "file in/appeals.CSV",
        ]
    );
    let every = |id: &str| match &feed(id).endpoint {
        FeedEndpoint::Http { every, .. } | FeedEndpoint::Sql { every, .. } => *every,
        other => panic!("{other}"),
    };
    assert_eq!(every("polled"), Duration::from_millis(2500));
    assert_eq!(every("pg"), Duration::from_secs(5));
    assert!(matches!(&feed("my").endpoint, FeedEndpoint::Sql { engine: SqlEngine::MySql, .. }));
    assert!(matches!(&feed("mq").endpoint, FeedEndpoint::Mqtt { version: MqttVersion::V4, tls: true, .. }));
    assert!(matches!(&feed("csv").endpoint, FeedEndpoint::File { format: FileFormat::Csv, .. }));
    assert_eq!(
        (feed("csv").promise, feed("polled").promise),
        (Duration::from_secs(60), Duration::from_secs(15))
    );
    assert_eq!(feed("polled").rows.as_deref(), Some("doc.data.list"));
    let FeedTarget::Table { table, columns } = &feed("polled").target else { panic!() };
    assert_eq!(table.as_str(), "appeals");
    assert_eq!(columns[0], ("id".to_owned(), "row.no".to_owned()));
    let FeedTarget::Events { fields } = &feed("hook").target else { panic!() };
    assert_eq!(fields.iter().map(|(field, _)| field.as_str()).collect::<Vec<_>>(), ["id", "state", "title"]);
    let secrets: Vec<&str> = layout.credentials().into_iter().map(|id| id.as_str()).collect();
    assert_eq!(secrets, ["broker", "city", "data"]);
}

#[test]
fn queries_events_and_store_have_their_defaults() {
    let layout = hall();
    let query = layout.query(&QueryId::new("today").unwrap()).unwrap();
    assert_eq!(query.sql, "select count(*) as value from appeals");
    let facts = (query.rows_max, query.runs_per_s_max, query.timeout);
    assert_eq!(facts, (1000, 4, Duration::from_millis(500)));
    assert_eq!(layout.events().due, Duration::from_secs(900));
    assert_eq!(layout.events().networks[1].en, "Police");
    assert_eq!(layout.events().domains, EventSettings::default().domains);
    assert_eq!(layout.events().domains.len(), 5);
    let DataStore::Postgres { host, port, database, credential, tls } = layout.store() else { panic!() };
    assert_eq!((&**host, *port, &**database, *tls), ("10.0.0.7", 5432, "taibai", true));
    assert_eq!(credential.as_ref().unwrap().as_str(), "data");
}

#[test]
fn every_kind_of_widget_is_read() {
    let layout = hall();
    let kinds: Vec<&str> = widgets(&layout).iter().map(|widget| widget.kind.name()).collect();
    assert_eq!(kinds, layouts::WIDGET_KINDS);
}

#[test]
fn widgets_speak_the_walls_language_and_follow_its_scale() {
    let layout = hall();
    let all = widgets(&layout);
    let WidgetKind::Figure { format, against, rising_is_good, thresholds, .. } = &all[0].kind else {
        panic!()
    };
    assert_eq!((&*format.unit, format.decimals, format.signed, &**against), ("起", 1, true, "较上月"));
    assert_eq!((*rising_is_good, thresholds.len()), (Some(false), 2));
    assert_eq!(thresholds[1].from.get(), 100.25);
    let english = parse(&HALL.replace("\"zh-CN\"", "\"en\""), "x").unwrap();
    let WidgetKind::Figure { format, .. } = &widgets(&english)[0].kind else { panic!() };
    assert_eq!(format.unit, "cases");
    // The canvas is 960 × 540: half a design wall.
    assert_eq!(all[0].size, 12 * CANVAS_PIXEL);
    assert_eq!(all[1].size, 20 * CANVAS_PIXEL);
    let cards: Vec<&str> =
        all.iter().filter(|widget| !widget.card).map(|widget| widget.kind.name()).collect();
    assert_eq!(cards, ["donut", "clock", "strip", "picture", "template"]);
    let WidgetKind::Ticker { speed_px_s, .. } = &all[11].kind else { panic!() };
    assert_eq!(*speed_px_s, 90, "whole pixels at each of 30 ticks a second");
    let WidgetKind::Map { layers, bounds, .. } = &all[9].kind else { panic!() };
    assert_eq!(bounds.unwrap().map(|degrees| degrees.get()), [116.5, 35.25, 116.75, 35.4]);
    let MapLayer::Points { size, cluster: true, .. } = &layers[2] else { panic!() };
    assert_eq!(*size, 5 * CANVAS_PIXEL);
    let WidgetKind::Table { headings, page, .. } = &all[7].kind else { panic!() };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(*headings, [pair("street", "街道"), pair("value", "value")]);
    assert_eq!(*page, Duration::from_secs(8));
}

#[test]
fn a_scene_needs_the_answers_of_its_widgets_and_of_the_detections_on_its_sources() {
    let layout = hall();
    let needs = |scene: &str| -> Vec<String> {
        layout.queries_of(&SceneId::new(scene).unwrap()).into_iter().map(|id| id.to_string()).collect()
    };
    assert_eq!(needs("video"), ["boxes"]);
    assert_eq!(needs("data"), ["by-cell", "points", "rows", "today"]);
    assert_eq!(needs("nowhere"), [""; 0]);
}

#[test]
fn small_words_and_faint_colours_of_widgets_are_reported() {
    let said = |text: &str| -> Vec<String> {
        let layout = parse(text, "x").unwrap();
        layouts::advice(&layout).into_iter().map(|advice| advice.words.en).collect()
    };
    // From 1 m away 16′ are 4.7 of these pixels; from 5 m away 23.3, and small words are 9 and 15 of them.
    let near = HALL.replace("tick_hz = 30", "tick_hz = 30\nviewing_distance_m = 1");
    assert_eq!(said(&near), [""; 0]);
    let far = said(HALL);
    assert_eq!(far.len(), 17 + 2, "{far:#?}");
    let figure = "the smallest text in the figure \"Settled\" has letters of 9 px; from 5 m away they need 24 px to be read";
    assert!(far.iter().any(|message| message == figure), "{far:#?}");
    let faint = said(&near.replace("#FF6060", "#502020"));
    assert_eq!(faint.len(), 1);
    assert!(
        faint[0].starts_with("the figure \"Settled\" has words in #502020 with a contrast of 1.3 : 1"),
        "{faint:?}"
    );
}

#[test]
fn what_is_remarked_is_gone_after_its_remedy() {
    use layouts::Remedy;
    let text = HALL.replace("#FF6060", "#502020");
    let before = layouts::advice(&parse(&text, "x").unwrap());
    let sizes: Vec<i64> = before
        .iter()
        .filter_map(|advice| match advice.remedy? {
            Remedy::Size(size) => Some(size / layouts::CANVAS_PIXEL),
            Remedy::Color { .. } => None,
        })
        .collect();
    let largest = sizes.iter().max().unwrap();
    assert!(sizes.iter().all(|size| size == largest), "{sizes:?}");
    // All widgets of this hall take the size of the wall's theme unless they say one.
    let larger = text.replace("widget = \"figure\"", &format!("widget = \"figure\"\ntext_px = {largest}"));
    let after = layouts::advice(&parse(&larger, "x").unwrap());
    assert!(after.iter().all(|advice| !advice.words.en.starts_with("the smallest text in the figure")));
    let faint = after.iter().find_map(|advice| match advice.remedy? {
        Remedy::Color { faint, readable } => Some((faint, readable)),
        Remedy::Size(_) => None,
    });
    let (faint, layouts::Rgba { r, g, b, .. }) = faint.unwrap();
    assert_eq!((faint.r, faint.g, faint.b), (0x50, 0x20, 0x20));
    let read = larger.replace("#502020", &format!("#{r:02X}{g:02X}{b:02X}"));
    let read = layouts::advice(&parse(&read, "x").unwrap());
    assert!(read.iter().all(|advice| !advice.words.en.contains("contrast")), "{read:?}");
}
