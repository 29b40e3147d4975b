//! Widgets in a session: each kind is put in, shows rows, becomes another, is coloured and read, and everything is taken back.

use editor_model::{KnownRows, Origin, Rect, Session, Sort, answer_now, preview, statement};
use layouts::{Language, Mode, Remedy, WindowContent};
use layouts_edit::{HallText, WidgetSetting};
use media::{QueryId, Value, WallTime};

const HALL: &str = r##"version = 1
[hall]
name = "h"
language = "en"
[[wall]]
id = "w"
tick_hz = 25
canvas_px_per_mm = 1
viewing_distance_m = 1
[[wall.screen]]
id = "s1"
node = "n"
output = 1
resolution = [1920, 1080]
position_mm = [0, 0]
size_mm = [1920, 1080]
[[query]]
id = "late"      # overdue
sql = "select 3 as value"
[[scene]]
id = "day"
wall = "w"
[[scene.window]]
text = "hello"
size_px = 4
color = "#101820"   # nearly the canvas
rect_px = [100, 100, 200, 50]
"##;

const NOW: WallTime = WallTime(1_795_401_120_000_000_000);
const RECT: Rect = Rect { x: 400_000, y: 200_000, width: 600_000, height: 400_000 };

fn session() -> Session {
    Session::new(HallText::parse(HALL, "hall.toml").unwrap(), "hall.toml")
}

fn added(session: &mut Session, sort: Sort) -> Option<QueryId> {
    let rows = sort.sample(Language::English, NOW);
    let template = (sort == Sort::Template).then(|| "widgets/own.svg".to_owned());
    session.add_widget(sort, RECT, template, rows.as_ref()).unwrap()
}

#[test]
fn every_kind_of_the_document_is_offered_once() {
    let sorted = |mut kinds: [&'static str; 17]| {
        kinds.sort_unstable();
        kinds
    };
    assert_eq!(sorted(Sort::ALL.map(Sort::kind)), sorted(layouts::WIDGET_KINDS));
}

#[test]
fn each_kind_has_rows_with_its_columns_and_a_statement_that_says_them() {
    for language in [Language::Chinese, Language::English] {
        for sort in Sort::ALL {
            assert_eq!(Sort::of(sort.kind()), Some(sort));
            let Some(rows) = sort.sample(language, NOW) else {
                assert_eq!(sort, Sort::Clock);
                continue;
            };
            for column in sort.columns() {
                assert!(rows.column(column).is_some(), "{sort:?} has no {column}");
            }
            let sql = statement(&rows);
            assert_eq!(sql.matches("select ").count(), rows.rows().len());
            assert!(sql.contains(&format!(" as {}", rows.columns()[0])), "{sql}");
        }
    }
}

#[test]
fn quotes_in_a_statement_stay_in_their_text() {
    let table =
        media::Table::new(vec!["text".into()], vec![vec![Value::Text("it's".into())], vec![Value::Null]]);
    assert_eq!(statement(&table.unwrap()), "select 'it''s' as text\nunion all select null");
}

#[test]
fn a_kind_is_put_in_with_a_query_of_its_own_and_taken_back_whole() {
    for sort in Sort::ALL {
        let mut session = session();
        let before = session.document().text().clone();
        let query = added(&mut session, sort);
        assert_eq!(query.is_some(), sort != Sort::Clock, "{sort:?}");
        let (widget, _) = session.widget().unwrap();
        assert_eq!(widget.kind.name(), sort.kind());
        assert_eq!(widget.kind.queries(), query.iter().collect::<Vec<_>>());
        assert_eq!(session.history().past().len(), 1, "one step");
        assert!(session.document().text().starts_with(before.split("[[query]]").next().unwrap()));
        session.undo();
        assert_eq!(session.document().text(), &before);
        assert!(session.widget().is_none());
    }
}

#[test]
fn a_second_one_of_a_kind_shows_what_the_first_does_until_it_gets_a_query_of_its_own() {
    let mut session = session();
    let first = added(&mut session, Sort::Donut).unwrap();
    assert_eq!(added(&mut session, Sort::Donut), None);
    let own = session.own_query(None).unwrap().unwrap();
    assert_ne!(own, first);
    let layout = session.layout();
    assert_eq!(layout.query(&own).unwrap().sql, layout.query(&first).unwrap().sql);
    assert_eq!(session.widget().unwrap().0.kind.queries(), [&own]);
    session.set_statement(&own, "select 'a' as name, 1 as value".to_owned()).unwrap();
    assert_ne!(session.layout().query(&own).unwrap().sql, session.layout().query(&first).unwrap().sql);
    assert!(session.set_statement(&own, String::new()).is_err(), "a query asks something");
}

#[test]
fn one_becomes_every_other_kind_and_back() {
    let mut session = session();
    added(&mut session, Sort::Clock);
    let clock = session.document().text().clone();
    let rows = Sort::Figure.sample(Language::English, NOW);
    let new = session.change_sort(Sort::Figure, None, rows.as_ref()).unwrap();
    assert!(new.is_some(), "a clock has no query, a figure needs one");
    for sort in Sort::ALL {
        let template = (sort == Sort::Template).then(|| "widgets/own.svg".to_owned());
        let made = session.change_sort(sort, template, None);
        // A clock keeps no query, so what follows it has none without rows.
        if sort == Sort::Ticker {
            assert!(made.is_err());
            let rows = Sort::Ticker.sample(Language::English, NOW);
            session.change_sort(sort, None, rows.as_ref()).unwrap();
        } else {
            made.unwrap();
        }
        assert_eq!(session.widget().unwrap().0.kind.name(), sort.kind());
    }
    while session.history().past().len() > 1 {
        session.undo();
    }
    assert_eq!(session.document().text(), &clock);
}

#[test]
fn a_locked_widget_stays_what_it_is() {
    let mut session = session();
    added(&mut session, Sort::Figure);
    session.toggle_lock();
    let before = session.document().text().clone();
    session.set_widget(("a".into(), "b".into()), WidgetSetting::Decimals(3), None).unwrap();
    session.change_sort(Sort::Line, None, None).unwrap();
    assert_eq!(session.document().text(), &before);
}

#[test]
fn remedies_do_away_with_remarks_and_keep_roles_of_the_theme() {
    let mut session = session();
    added(&mut session, Sort::Figure);
    let steps = vec![(0, "ok".to_owned()), (5_000_000, "#0C1B30".to_owned())];
    session.set_widget(("a".into(), "b".into()), WidgetSetting::Thresholds(steps), None).unwrap();
    session.set_widget(("a".into(), "b".into()), WidgetSetting::TextSize(Some(5_000)), None).unwrap();
    let remarks = layouts::advice(session.layout());
    let sizes = remarks.iter().filter(|advice| matches!(advice.remedy, Some(Remedy::Size(_)))).count();
    assert_eq!((remarks.len(), sizes), (4, 2), "{remarks:?}");
    for advice in &remarks {
        session.remedy(advice).unwrap();
    }
    assert_eq!(layouts::advice(session.layout()), []);
    let text = session.document().text();
    assert!(text.contains("thresholds = [{ from = 0, color = \"ok\" }, { from = 5, color = \"#"), "{text}");
    assert!(text.contains("# nearly the canvas"), "{text}");
    for _ in 0..remarks.len() {
        session.undo();
    }
    assert_eq!(layouts::advice(session.layout()), remarks);
}

#[test]
fn the_hall_is_light_and_dark() {
    let mut session = session();
    session.set_theme(Mode::Light).unwrap();
    assert_eq!(session.layout().hall().mode, Mode::Light);
    session.set_theme(Mode::Dark).unwrap();
    assert_eq!(session.layout().hall().mode, Mode::Dark);
}

#[test]
fn rows_are_known_until_their_query_asks_something_else() {
    let mut session = session();
    let query = added(&mut session, Sort::Figure).unwrap();
    let mut known = KnownRows::default();
    assert!(known.answers(session.layout(), NOW).is_empty());
    let rows = Sort::Figure.sample(Language::English, NOW).unwrap();
    known.learn(session.layout(), &query, answer_now(rows.clone(), NOW), Origin::Query);
    assert_eq!(known.get(session.layout(), &query).unwrap().1, &Origin::Query);
    assert_eq!(*known.answers(session.layout(), NOW)[&query].table, rows);
    session.set_statement(&query, "select 4 as value".to_owned()).unwrap();
    assert!(known.get(session.layout(), &query).is_none());
    session.undo();
    assert!(known.get(session.layout(), &query).is_some(), "the same statement has the same rows");
    let changes = known.changes();
    known.forget();
    assert!(known.changes() > changes && known.answers(session.layout(), NOW).is_empty());
    known.show_samples(true);
    assert_eq!(*known.answers(session.layout(), NOW)[&query].table, rows);
}

#[test]
fn a_preview_is_a_hall_that_shows_the_kind_and_nothing_else() {
    for sort in Sort::ALL {
        for (language, mode) in [(Language::Chinese, Mode::Dark), (Language::English, Mode::Light)] {
            let Some(preview) = preview(sort, language, mode, NOW) else {
                assert_eq!(sort, Sort::Template);
                continue;
            };
            let hall = preview.layout.hall();
            assert_eq!((hall.language, hall.mode), (language, mode));
            let [window] = &preview.layout.scenes()[0].windows[..] else { panic!("{sort:?}") };
            let WindowContent::Widget(widget) = &window.content else { panic!("{sort:?}") };
            assert_eq!(widget.kind.name(), sort.kind());
            assert!(widget.kind.queries().iter().all(|query| preview.answers.contains_key(*query)));
        }
    }
}
