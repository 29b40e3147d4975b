//! Messages of every kind through mappings of every kind.

use super::{
    AHEAD_MAX, EventInput, Expression, Heard, MESSAGE_BYTES_MAX, Mapped, Mapping, MappingError, MomentError,
    REJECTS_KEPT, RejectLog, RejectReason, moment_of_number, moment_of_text,
};
use media::{
    ColumnKind, ColumnSpec, DUE_AFTER, EventState, FeedEndpoint, FeedId, FeedSpec, FeedTarget, Real, TableId,
    TableSpec, Value, WallTime,
};
use proptest::prelude::*;
use std::time::Duration;

const S: i64 = 1_000_000_000;
const NOW: WallTime = WallTime(1_800_000_000 * S);

fn table() -> TableSpec {
    let column = |name: &str, kind, optional| ColumnSpec { name: name.into(), kind, optional };
    TableSpec {
        id: TableId::new("t").unwrap(),
        columns: vec![
            column("id", ColumnKind::Text, false),
            column("n", ColumnKind::Integer, true),
            column("v", ColumnKind::Real, true),
            column("open", ColumnKind::Flag, true),
            column("at", ColumnKind::Time, true),
        ],
        key: vec!["id".into()],
        keep: None,
        rows_max: 10,
    }
}

fn feed(rows: Option<&str>, columns: &[(&str, &str)]) -> FeedSpec {
    let columns = columns.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect();
    FeedSpec {
        id: FeedId::new("f").unwrap(),
        endpoint: FeedEndpoint::Push { by: Vec::new() },
        rows: rows.map(str::to_owned),
        target: FeedTarget::Table { table: TableId::new("t").unwrap(), columns },
        promise: Duration::from_secs(5),
    }
}

fn mapping(rows: Option<&str>, columns: &[(&str, &str)]) -> Mapping {
    Mapping::new(&feed(rows, columns), &[table()]).unwrap_or_else(|error| panic!("{error}"))
}

fn map(mapping: &Mapping, text: &str) -> (Vec<Vec<Value>>, Vec<RejectReason>) {
    let mut rejects = RejectLog::default();
    match mapping.map_bytes(text.as_bytes(), MESSAGE_BYTES_MAX, NOW, &mut rejects) {
        Mapped::Rows(rows) => (rows, rejects.last().map(|reject| reject.reason.clone()).collect()),
        Mapped::Events(_) => panic!("rows are expected"),
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

fn real(number: f64) -> Value {
    Value::Real(Real::new(number).unwrap())
}

#[test]
fn members_of_the_columns_names_become_typed_values() {
    let plain = mapping(None, &[]);
    let (rows, rejects) = map(
        &plain,
        r#"[{"id":7,"n":"42","v":"1.5e3","open":1,"at":"2027-01-15T16:00:00+08:00"},
            {"id":"b","n":4.0,"v":-0.0,"open":"false","at":1800000000.5},
            {"id":"c","n":"","v":null,"at":1799999999999}]"#,
    );
    assert_eq!(rejects, []);
    let at = |ns| Value::Time(WallTime(ns));
    assert_eq!(
        rows[0],
        [text("7"), Value::Integer(42), real(1500.0), Value::Flag(true), at(1_800_000_000 * S)]
    );
    assert_eq!(
        rows[1],
        [text("b"), Value::Integer(4), real(0.0), Value::Flag(false), at(1_800_000_000 * S + S / 2)]
    );
    assert_eq!(
        rows[2],
        [text("c"), Value::Null, Value::Null, Value::Null, at(1_799_999_999_999 * 1_000_000)]
    );
}

#[test]
fn what_does_not_fit_is_rejected_in_words_and_stops_nothing() {
    let plain = mapping(None, &[]);
    let cases = [
        (r#"{"n":1}"#, "id: no value, and it may not be empty"),
        (r#"{"id":"a","n":1.5}"#, "n: 1.5 is no whole number"),
        (r#"{"id":"a","n":1e300}"#, "n: 1e+300 is out of range"),
        (r#"{"id":"a","v":"NaN"}"#, "v: \"NaN\" is out of range"),
        (r#"{"id":"a","v":"-inf"}"#, "v: \"-inf\" is out of range"),
        (r#"{"id":"a","open":"maybe"}"#, "open: \"maybe\" is no true or false"),
        (r#"{"id":["a"]}"#, "id: a list of 1 is no text"),
        (r#"{"id":"a\u0000"}"#, "id: \"a\\u0000\" is no text"),
        (
            r#"{"id":"a","at":"2027-01-15 16:00:00"}"#,
            "at: \"2027-01-15 16:00:00\" names no time zone; add one, such as +08:00",
        ),
        (
            r#"{"id":"a","at":"2027-02-29T00:00:00Z"}"#,
            "at: \"2027-02-29T00:00:00Z\" is no moment (RFC 3339, or seconds or milliseconds since 1970)",
        ),
        (r#"{"id":"a","at":1800000301}"#, "at: 301 s ahead of the hall's clock; check the sender's clock"),
        (r#"5"#, "id: no value, and it may not be empty"),
    ];
    for (message, words) in cases {
        let both = format!(r#"[{message},{{"id":"good"}}]"#);
        let (rows, rejects) = map(&plain, &both);
        assert_eq!(rows.len(), 1, "{message}");
        assert_eq!(rejects.iter().map(ToString::to_string).collect::<Vec<_>>(), [words], "{message}");
        assert!(rejects[0].chinese().chars().any(|c| c >= '一'), "{message}");
    }
    assert_eq!(AHEAD_MAX, Duration::from_secs(300));
    let huge = format!("{{\"id\":\"{}\"}}", "x".repeat(1 << 20));
    let key = format!("{{\"id\":\"{}\"}}", "x".repeat(600));
    for (message, words) in [
        ("{\"id\":NaN}".to_owned(), "this is no JSON: expected value at line 1 column 7"),
        ("[".repeat(65), "lists and objects nest deeper than 64"),
        (huge, "a text has more than 64 KiB"),
        (key, "id: a key of more than 512 bytes is out of range"),
    ] {
        let (rows, rejects) = map(&plain, &message);
        assert_eq!(rows.len(), 0);
        assert_eq!(rejects.iter().map(ToString::to_string).collect::<Vec<_>>(), [words]);
    }
    // As deep as may be, and as large as may be.
    let deep = format!("{}{{\"id\":\"a\"}}{}", "[".repeat(63), "]".repeat(63));
    assert_eq!(map(&plain, &deep).1.len(), 1);
    let mut rejects = RejectLog::default();
    plain.map_bytes(&[b' '; 20], 19, NOW, &mut rejects);
    assert!(matches!(
        rejects.last().next().unwrap().reason,
        RejectReason::TooLarge { bytes: 20, bytes_max: 19 }
    ));
}

#[test]
fn the_log_of_rejects_is_bounded_and_its_copies_are_short() {
    let message = format!("[{}]", vec![format!("{{\"title\":\"{}\"}}", "长".repeat(1000)); 250].join(","));
    let mut rejects = RejectLog::default();
    mapping(None, &[]).map_bytes(message.as_bytes(), MESSAGE_BYTES_MAX, NOW, &mut rejects);
    assert_eq!((rejects.count(), rejects.last().count()), (250, REJECTS_KEPT));
    assert!(rejects.last().all(|reject| reject.copy.chars().count() <= 300 && reject.copy.ends_with('…')));
}

#[test]
fn expressions_pick_and_compute() {
    let columns = [
        ("id", r#"row["名称"]"#),
        ("n", "size(row.list) + 1"),
        ("v", "row.list[1].x"),
        ("open", "row.state in ['open', 'ajar']"),
        ("at", "doc.sent"),
    ];
    let (rows, rejects) = map(
        &mapping(Some("doc.data.items"), &columns),
        r#"{"sent":1800000000,"data":{"items":[{"名称":"门","list":[1,{"x":2}],"state":"ajar"},{"名称":"窗","state":"shut","list":[]}]}}"#,
    );
    assert_eq!(rejects, []);
    assert_eq!(rows[0], [text("门"), Value::Integer(3), real(2.0), Value::Flag(true), Value::Time(NOW)]);
    assert_eq!(rows[1], [text("窗"), Value::Integer(1), Value::Null, Value::Flag(false), Value::Time(NOW)]);
    let filtered = mapping(Some("doc.filter(r, r.n > 1)"), &[]);
    assert_eq!(map(&filtered, r#"[{"id":"a","n":1},{"id":"b","n":2}]"#).0.len(), 1);
    let failing = mapping(None, &[("n", "row.a / row.b")]);
    let (rows, rejects) =
        map(&failing, r#"[{"id":"a","a":1,"b":0},{"id":"b","a":4,"b":2},{"id":"c","a":"x","b":1}]"#);
    assert_eq!((rows.len(), rejects.len()), (1, 2), "{rejects:?}");
    assert!(map(&mapping(Some("doc.none"), &[]), "{}").1[0].to_string().starts_with("rows: no value"));
    for (fast, slow) in [("row.a", "true ? row.a : 0"), ("doc.b[1]", "(doc.b)[0 + 1]")] {
        assert!(Expression::compile(fast).unwrap().is_path());
        assert!(!Expression::compile(slow).unwrap().is_path());
        let both = mapping(None, &[("n", fast), ("v", slow)]);
        let (rows, _) = map(&both, r#"{"id":"x","a":3,"b":[1,5]}"#);
        assert_eq!(rows[0][1].number(), rows[0][2].number(), "{fast}");
    }
}

#[test]
fn wrong_expressions_and_columns_are_told_at_the_start() {
    let compile = |rows, columns: &[(&str, &str)]| Mapping::new(&feed(rows, columns), &[table()]).err();
    assert!(
        matches!(compile(None, &[("v", "row.")]), Some(MappingError::Expression { field, .. }) if field == "v")
    );
    assert!(
        matches!(compile(Some("doc +"), &[]), Some(MappingError::Expression { field, .. }) if field == "rows")
    );
    assert!(matches!(compile(None, &[("w", "row.w")]), Some(MappingError::NoField { .. })));
    assert!(compile(None, &[("v", &"(".repeat(5000))]).is_some());
    assert!(matches!(Mapping::new(&feed(None, &[]), &[]), Err(MappingError::NoTable { .. })));
}

#[test]
fn moments_are_read_as_they_are_written() {
    let s = |text: &str| moment_of_text(text).map(|time| time.0);
    assert_eq!(s("1970-01-01T00:00:00Z"), Ok(0));
    assert_eq!(s("1970-01-01T08:00:00.000000001+08:00"), Ok(1));
    assert_eq!(s("2000-02-29 12:00:00-0330"), Ok((951_782_400 + 43_200 + 12_600) * S));
    assert_eq!(s("2262-04-12T00:00:00Z"), Err(MomentError::OutOfRange));
    assert_eq!(s("1969-12-31T23:59:59Z"), Ok(-S));
    assert_eq!(s(" 1800000000 "), Ok(NOW.0));
    assert_eq!(s("2027-01-15"), Err(MomentError::NoZone));
    for wrong in [
        "",
        "x",
        "2027-13-01T00:00:00Z",
        "2027-01-01T24:00:00Z",
        "2027-01-01T00:00:00Zx",
        "2027-01-01T00:00:00.Z",
    ] {
        assert_eq!(s(wrong), Err(MomentError::NoMoment), "{wrong}");
    }
    assert_eq!(moment_of_number(1e14), Err(MomentError::OutOfRange));
    assert_eq!(moment_of_number(1_800_000_000_123.0), Ok(WallTime(1_800_000_000_123_000_000)));
}

#[test]
fn a_feed_is_fresh_while_it_keeps_its_promise() {
    let mut heard = Heard::new(Duration::from_secs(5), None);
    assert!(!heard.is_fresh(NOW) && heard.good_until().is_none());
    heard.hear(NOW);
    heard.hear(WallTime(0));
    assert_eq!(heard.last(), Some(NOW));
    assert!(heard.is_fresh(NOW + Duration::from_secs(5)));
    assert!(!heard.is_fresh(NOW + Duration::from_secs(6)));
}

fn events(message: &str) -> (Vec<EventInput>, Vec<String>) {
    let spec = FeedSpec {
        target: FeedTarget::Events { fields: vec![("title".into(), "row.what".into())] },
        ..feed(None, &[])
    };
    let mut rejects = RejectLog::default();
    let mapped =
        Mapping::new(&spec, &[]).unwrap().map_bytes(message.as_bytes(), MESSAGE_BYTES_MAX, NOW, &mut rejects);
    let Mapped::Events(events) = mapped else { panic!("events are expected") };
    (events, rejects.last().map(|reject| reject.reason.to_string()).collect())
}

#[test]
fn rows_become_reports_and_steps_of_events() {
    let (inputs, rejects) = events(
        r#"[{"id":"e","what":"火","at":1799999990,"lon":"120.1","lat":30},{"id":"e","state":"handled","by":"李"},
            {"id":"e"},{"id":"e","what":"x","photo":"../x"},{"id":"e","what":"x","lon":200,"lat":1},{"id":"e","state":"gone"}]"#,
    );
    assert_eq!(rejects.len(), 4, "{rejects:?}");
    let EventInput::Report { report, .. } = &inputs[0] else { panic!("{inputs:?}") };
    assert_eq!(
        (report.reported, report.due),
        (NOW - Duration::from_secs(10), NOW - Duration::from_secs(10) + DUE_AFTER)
    );
    assert_eq!((report.severity, report.lon_lat), (3, Some([120.1, 30.0])));
    let step = EventInput::Advance { id: "e".into(), to: EventState::Handled, by: "李".into(), at: NOW };
    assert_eq!(inputs[1], step);
}

fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|flag| flag.to_string()),
        any::<f64>().prop_map(|number| number.to_string()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<u64>().prop_map(|number| number.to_string()),
        "[ -~人]{0,12}".prop_map(|text| serde_json::to_string(&text).unwrap()),
        "[0-9T:.Z+-]{0,30}".prop_map(|text| format!("\"{text}\"")),
    ];
    leaf.prop_recursive(6, 60, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(|list| format!("[{}]", list.join(","))),
            prop::collection::vec(("id|n|v|open|at|list|data|items", inner), 0..6).prop_map(|members| {
                let members: Vec<String> =
                    members.into_iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_message_panics_and_every_row_that_lands_fits(message in json(), broken in any::<prop::sample::Index>()) {
        let mappings = [
            mapping(None, &[]),
            mapping(Some("doc.data.items"), &[("n", "size(row.list) * 2"), ("v", "row.v / row.n"), ("id", "string(row.id) + 'x'")]),
            mapping(Some("doc.map(x, {'id': x, 'n': x.n - doc[0].n, 'open': x.v > 1.0})"), &[("at", "row.at + 1")]),
        ];
        let mut cut = message.clone().into_bytes();
        cut.truncate(broken.index(message.len().max(1)));
        for mapping in &mappings {
            let mut rejects = RejectLog::default();
            for bytes in [message.as_bytes(), &cut] {
                let Mapped::Rows(rows) = mapping.map_bytes(bytes, MESSAGE_BYTES_MAX, NOW, &mut rejects) else { unreachable!() };
                for row in rows {
                    prop_assert_eq!(row.len(), 5);
                    prop_assert!(row[0].text().is_some());
                    prop_assert!(matches!(row[1], Value::Null | Value::Integer(_)));
                    prop_assert!(matches!(row[2], Value::Null | Value::Real(_)));
                    prop_assert!(matches!(row[3], Value::Null | Value::Flag(_)));
                    prop_assert!(matches!(row[4], Value::Null | Value::Time(_)));
                }
            }
        }
        events(&message);
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), soup in "[\\[\\]{}\",:0-9eE.+a-z\\\\-]{0,80}") {
        let mut rejects = RejectLog::default();
        mapping(None, &[]).map_bytes(&bytes, MESSAGE_BYTES_MAX, NOW, &mut rejects);
        mapping(None, &[]).map_bytes(soup.as_bytes(), MESSAGE_BYTES_MAX, NOW, &mut rejects);
    }

    #[test]
    fn no_text_of_an_expression_panics(soup in "(row|doc|\\.|\\[|\\]|\\(|\\)|'|\"|0|9|a|\\+|-|!|\\?|:|,| |in|size|人){0,20}") {
        let _ = Expression::compile(&soup);
    }

    #[test]
    fn moments_come_back_from_their_text(s in -9_000_000_000i64..9_000_000_000, ns in 0i64..S) {
        // The reverse, by the same calendar from its other side.
        let days = s.div_euclid(86_400);
        let (z, rest) = (days + 719_468, s.rem_euclid(86_400));
        let (era, of_era) = (z.div_euclid(146_097), z.rem_euclid(146_097));
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let m = (5 * of_year + 2) / 153;
        let (day, month) = (of_year - (153 * m + 2) / 5 + 1, if m < 10 { m + 3 } else { m - 9 });
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        let text = format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{ns:09}Z", rest / 3600, rest / 60 % 60, rest % 60);
        prop_assert_eq!(moment_of_text(&text), Ok(WallTime(s * S + ns)), "{}", text);
    }
}
