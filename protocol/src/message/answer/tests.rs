//! Answers survive the wire; what is too large or no answer is refused with its name.

use super::*;
use crate::{FrameHeader, HEADER_BYTES};
use proptest::collection::vec;
use proptest::prelude::*;

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Flag),
        any::<i64>().prop_map(Value::Integer),
        any::<f64>().prop_filter_map("a number", Real::new).prop_map(Value::Real),
        ".{0,20}".prop_map(|words: String| Value::Text(words.into())),
        any::<i64>().prop_map(|time| Value::Time(WallTime(time))),
    ]
}

fn tables() -> impl Strategy<Value = Table> {
    (vec("[a-z]{1,8}", 0..5), 0..6_usize).prop_flat_map(|(columns, height)| {
        vec(vec(value(), columns.len()), height).prop_map(move |rows| {
            Table::new(columns.iter().map(|name| name.as_str().into()).collect(), rows).unwrap()
        })
    })
}

fn answers() -> impl Strategy<Value = Answer> {
    let fault = prop::option::of(".{0,90}".prop_map(|words: String| Answer::fault(&words)));
    ("[a-z0-9][a-z0-9_-]{0,63}", any::<i64>(), any::<Option<i64>>(), any::<u64>(), fault, tables()).prop_map(
        |(query, from, as_of, promise_ns, fault, table)| Answer {
            query: QueryId::new(&query).unwrap(),
            from: WallTime(from),
            as_of: as_of.map(WallTime),
            promise: Duration::from_nanos(promise_ns),
            fault,
            table: Arc::new(table),
        },
    )
}

fn split(frame: &[u8]) -> (Kind, &[u8]) {
    let (header, body) = frame.split_first_chunk::<HEADER_BYTES>().unwrap();
    let header = FrameHeader::decode(*header).unwrap();
    assert_eq!(header.body_bytes as usize, body.len());
    (header.kind, body)
}

fn answer(columns: usize, rows: usize, value: &Value) -> Answer {
    let names = (0..columns).map(|n| n.to_string().into()).collect();
    let table = Table::new(names, vec![vec![value.clone(); columns]; rows]).unwrap();
    Answer {
        query: QueryId::new("jobs").unwrap(),
        from: WallTime(0),
        as_of: None,
        promise: Duration::ZERO,
        fault: None,
        table: Arc::new(table),
    }
}

fn limit(field: &'static str, count: usize, limit: usize) -> Result<AnswerFrame, EncodeError> {
    Err(EncodeError::Limit { field, count, limit })
}

proptest! {
    #[test]
    fn an_answer_survives_the_wire(answer in answers()) {
        let frame = answer.encode().unwrap();
        prop_assert_eq!(frame.query(), &answer.query);
        let (kind, body) = split(frame.bytes());
        prop_assert_eq!(Answer::decode(kind, body).unwrap(), answer);
    }

    #[test]
    fn an_answer_that_is_cut_short_or_goes_on_is_refused(answer in answers(), cut in any::<prop::sample::Index>()) {
        let frame = answer.encode().unwrap();
        let (kind, body) = split(frame.bytes());
        prop_assert!(Answer::decode(kind, &body[..cut.index(body.len())]).is_err());
        prop_assert_eq!(Answer::decode(kind, &[body, &[0]].concat()), Err(DecodeError::Trailing));
    }

    #[test]
    fn any_bytes_are_an_answer_or_an_error(body in vec(any::<u8>(), 0..300)) {
        let _ = Answer::decode(Kind::Answer, &body);
        // What begins well and goes on badly reaches further in.
        let _ = Answer::decode(Kind::Answer, &[b"\x04jobs\x00\x00\x00\x00", &body[..]].concat());
        prop_assert_eq!(Answer::decode(Kind::Snapshot, &body), Err(DecodeError::Kind(17)));
    }
}

#[test]
fn the_wire_is_what_the_page_says() {
    let columns = vec!["a".into(), "b".into()];
    let rows = vec![
        vec![Value::Null, Value::Flag(true)],
        vec![Value::Integer(-1), Value::Real(Real::new(1.0).unwrap())],
        vec![Value::Text("京".into()), Value::Time(WallTime(1))],
    ];
    let answer = Answer {
        query: QueryId::new("jobs").unwrap(),
        from: WallTime(3),
        as_of: Some(WallTime(2)),
        promise: Duration::from_nanos(300),
        fault: Some("x".into()),
        table: Arc::new(Table::new(columns, rows).unwrap()),
    };
    let body = b"\x04jobs\x06\x01\x04\xac\x02\x01\x01x\x02\x01a\x01b\x03\x06\
        \x00\x01\x01\x02\x01\x03\x00\x00\x00\x00\x00\x00\xf0\x3f\x04\x03\xe4\xba\xac\x05\x02";
    let frame = answer.encode().unwrap();
    assert_eq!(&frame.bytes()[..6], &[0, 0, 0, body.len() as u8, crate::PROTOCOL_VERSION, 20]);
    assert_eq!(&frame.bytes()[6..], body);
}

#[test]
fn each_limit_holds_when_an_answer_is_encoded() {
    let null = Value::Null;
    assert!(answer(64, 16_384, &null).encode().is_ok());
    assert!(answer(1, 100_000, &null).encode().is_ok());
    assert_eq!(answer(65, 1, &null).encode(), limit("answer.columns", 65, 64));
    assert_eq!(answer(1, 100_001, &null).encode(), limit("answer.rows", 100_001, 100_000));
    assert_eq!(answer(0, 100_001, &null).encode(), limit("answer.rows", 100_001, 100_000));
    assert_eq!(answer(64, 16_385, &null).encode(), limit("answer.cells", 1_048_640, 1_048_576));
    let words = |bytes: usize| Value::Text("x".repeat(bytes).into());
    assert!(answer(1, 1, &words(65_536)).encode().is_ok());
    assert_eq!(answer(1, 1, &words(65_537)).encode(), limit("answer.text", 65_537, 65_536));
    let named = |bytes: usize| Answer {
        table: Arc::new(Table::new(vec!["x".repeat(bytes).into()], vec![]).unwrap()),
        ..answer(1, 0, &null)
    };
    assert!(named(256).encode().is_ok());
    assert_eq!(named(257).encode(), limit("answer.column", 257, 256));
    let faulty = |bytes: usize| Answer { fault: Some("x".repeat(bytes).into()), ..answer(1, 1, &null) };
    assert!(faulty(300).encode().is_ok());
    assert_eq!(faulty(301).encode(), limit("answer.fault", 301, 300));
    assert_eq!(Answer::fault(&"墙".repeat(101)).len(), 300);
    assert_eq!(Answer::fault(&"长".repeat(200)).len(), 300);
    // 127 texts fit into 8 MiB, 128 do not.
    assert!(answer(1, 127, &words(65_536)).encode().is_ok());
    assert!(matches!(
        answer(1, 128, &words(65_536)).encode(),
        Err(EncodeError::TooLong { limit: 8_388_608, .. })
    ));
}

#[test]
fn the_takers_own_limits_hold_too() {
    let head = b"\x04jobs\x00\x00\x00";
    let decode = |rest: &[u8]| Answer::decode(Kind::Answer, &[&head[..], rest].concat());
    let over = |field, count, limit| Err(DecodeError::Limit { field, count, limit });
    let long = |bytes: usize| postcard::to_allocvec(&"x".repeat(bytes)).unwrap();
    assert_eq!(decode(&[&[1], &long(301)[..], &[0, 0, 0]].concat()), over("answer.fault", 301, 300));
    let columns = vec!["x"; 65];
    let columns = postcard::to_allocvec(&columns).unwrap();
    assert_eq!(decode(&[&[0], &columns[..], &[0, 0]].concat()), over("answer.columns", 65, 64));
    // No column at all, and rows without end: nothing on the wire, but much in memory.
    assert_eq!(decode(b"\x00\x00\xa1\x8d\x06\x00"), over("answer.rows", 100_001, 100_000));
    let cells = [&b"\x00\x01\x01x\xa1\x8d\x06\xa1\x8d\x06"[..], &[0; 100_001]].concat();
    assert_eq!(decode(&cells), over("answer.rows", 100_001, 100_000));
    assert_eq!(
        decode(&[&b"\x00\x01\x01x\x01\x01\x04"[..], &long(65_537)].concat()),
        over("answer.text", 65_537, 65_536)
    );
}

#[test]
fn an_answer_that_is_no_table_is_refused() {
    let decode =
        |rest: &[u8]| Answer::decode(Kind::Answer, &[&b"\x04jobs\x00\x00\x00\x00"[..], rest].concat());
    assert!(decode(b"\x01\x01x\x02\x02\x00\x00").is_ok());
    assert_eq!(decode(b"\x01\x01x\x02\x01\x00"), Err(DecodeError::Value("answer.cells")));
    assert_eq!(decode(b"\x00\x02\x01\x00"), Err(DecodeError::Value("answer.cells")));
    let nan = [&b"\x01\x01x\x01\x01\x03"[..], &f64::NAN.to_le_bytes()].concat();
    assert_eq!(decode(&nan), Err(DecodeError::Value("answer.real")));
    assert_eq!(decode(b"\x01\x01x\x01\x01\x06"), Err(DecodeError::Malformed));
    let named = Answer::decode(Kind::Answer, b"\x04/obs\x00\x00\x00\x00\x00\x00\x00");
    assert_eq!(named, Err(DecodeError::Value("answer.query")));
}

#[test]
fn lists_and_texts_that_claim_all_the_memory_there_is_take_none() {
    const HUGE: [u8; 10] = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01];
    let heads: [&[u8]; 5] = [
        b"",
        b"\x04jobs\x00\x00\x00\x01",
        b"\x04jobs\x00\x00\x00\x00",
        b"\x04jobs\x00\x00\x00\x00\x01\x01x\x01",
        b"\x04jobs\x00\x00\x00\x00\x01\x01x\x01\x01\x04",
    ];
    for head in heads {
        let body = [head, &HUGE].concat();
        assert_eq!(Answer::decode(Kind::Answer, &body), Err(DecodeError::Malformed));
    }
}
