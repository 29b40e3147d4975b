//! What rules of a document mean, and that no expression runs long.

use crate::hall::{layout, text};
use layouts::rules::{
    Action, EVENT_MEMBERS, Expression, Filling, MEMBER_BYTES_MAX, Member, Members, Over, Scope, Until,
};
use proptest::prelude::{Strategy, prop};
use std::time::{Duration, Instant};

#[test]
fn every_key_of_a_rule_is_read() {
    let layout = layout(
        r##"
[[rule]]
id = "all"
name = { zh = "全部", en = "All" }
when = { table = "sensors", row = "row.level > 3.5 && row.camera.startsWith('cam')" }
debounce_s = 1.5
do = [
  { scene = "siren" },
  { slot = "a-1", source = "cam-1" },
  { slot = "a-2", source = "row.camera" },
  { nearest = { slots = ["a-3"], to = "row", within_m = 250 } },
  { banner = "{level}", color = "danger" },
  { mqtt = { host = "10.0.0.1", topic = "a/b", tls = true, version = "3.1.1" } },
  { webhook = { host = "h", path = "/x", tls = true } },
]
hold_s = 90
until = "acknowledged"
priority = -7
at_most = { count = 3, per_s = 10 }
cooldown_s = 2
quiet = [{ days = ["sat", "sun"], from = "22:00", to = "06:30" }]
"##,
    );
    let rule = &layout.rules().rules[0];
    assert_eq!((rule.debounce, rule.hold), (Duration::from_millis(1500), Some(Duration::from_secs(90))));
    assert_eq!((rule.priority, rule.until.clone()), (-7, Some(Until::Acknowledged)));
    assert_eq!(rule.walls.iter().map(|wall| wall.as_str()).collect::<Vec<_>>(), ["side"]);
    assert_eq!((rule.quiet[0].days, rule.quiet[0].from, rule.quiet[0].to), (0b100_0001, 1320, 390));
    assert!(
        matches!(&rule.actions[1], Action::Fill { filling: Filling::Source(id), .. } if id.as_str() == "cam-1")
    );
    assert!(
        matches!(&rule.actions[2], Action::Fill { filling: Filling::Given(given), .. } if given.text() == "row.camera")
    );
    assert!(matches!(&rule.actions[3], Action::Nearest { within_m: Some(250), .. }));
    assert!(matches!(&rule.actions[5], Action::Mqtt(topic) if topic.port == 8883));
    assert!(matches!(&rule.actions[6], Action::Webhook(webhook) if webhook.port == 443));
    assert_eq!(
        layout.source(&media::SourceId::new("cam-0").unwrap()).unwrap().position.unwrap()[0].get(),
        120.6
    );
}

#[test]
fn a_wrong_expression_is_shown_at_its_line_and_column() {
    for (rule, line, said) in [
        (
            "when = { event = \"event.kind == '消防' && event.sverity > 3\" }",
            "sverity > 3\" }",
            "did you mean `severity`?",
        ),
        ("when = { event = \"event.kind = 'fire'\" }", "= 'fire'\" }", "compare with =="),
        ("when = { event = '''\nevent.kind == 'a' ||\nkind == 'b' ''' }", "kind == 'b' ''' }", "event.kind"),
        (
            "when = { table = \"sensors\", row = \"row.levl > 1.0\" }",
            "levl > 1.0\" }",
            "did you mean `level`?",
        ),
    ] {
        let document =
            text(&format!("[[rule]]\nid = \"x\"\n{rule}\ndo = [{{ scene = \"alarm\" }}]\nhold_s = 1\n"));
        let mistakes = layouts::parse(&document, "hall.toml").unwrap_err();
        let mistake = &mistakes.list()[0];
        assert_eq!(mistakes.total(), 1, "{}", mistakes.to_text());
        assert!(document[mistake.offset..].starts_with(line), "{}", &document[mistake.offset..]);
        assert!(mistake.help.contains(said), "{}", mistakes.to_text());
    }
}

fn full() -> Members {
    let long = Member::Text("消防".repeat(MEMBER_BYTES_MAX / 6));
    EVENT_MEMBERS.into_iter().map(|name| (name.to_owned(), long.clone())).collect()
}

#[test]
fn no_expression_that_compiles_runs_long() {
    let scope = Scope::new(Over::Event, &full());
    let many = ["event.title"; 40].join(" + ");
    let list = format!("[{}]", ["event.title"; 30].join(", "));
    let dear = [
        format!("{many} == 'x'"),
        format!("{list}.exists(x, x + x == event.place)"),
        format!("{list}.all(x, {list}.exists(y, x == y))"),
        "[1, 2, 3].exists(a, [1, 2, 3].exists(b, [1, 2, 3].exists(c, a + b + c == 99)))".to_owned(),
        format!("size({many}) > 0"),
        "event.exists(k, k == 'x')".to_owned(),
        "[event.title].map(x, x + x).map(x, x + x)[0] == ''".to_owned(),
        format!("'{}'.contains(event.title)", "a".repeat(400)),
        "event == event || {'a': event} == {'a': event}".to_owned(),
    ];
    let mut ran = 0;
    for text in dear {
        if let Ok(expression) = Expression::compile(&text, Over::Event, None) {
            let begin = Instant::now();
            let _ = expression.holds(&scope);
            // A bound that no machine comes near; what is refused would take minutes.
            assert!(begin.elapsed() < Duration::from_secs(5), "{text}");
            ran += 1;
        }
    }
    assert!((2..=7).contains(&ran), "{ran} of 9 are cheap enough");
}

#[test]
fn doubling_and_nesting_are_refused() {
    for (text, said) in [
        ("[event.title].map(x, x + x) == []", "loop"),
        ("event.filter(k, true) == []", "loop"),
        ("event.all(k, true)", "loop"),
        ("matches(event.title, 'a+')", "function"),
        ("Foo{a: 1} == 1", "structures"),
        ("title == 'x'", "means nothing"),
        ("row.title == 'x'", "means nothing"),
        ("((((((((((1))))))))) == 1", "nested"),
        ("!!!!!!true", "nested"),
        ("a ? b : c ? d : e ? f : g ? h : i ? j : k ? l : m", "nested"),
        ("event.title", ""),
    ] {
        match Expression::compile(text, Over::Event, None) {
            Err(error) => assert!(error.message.contains(said) && !said.is_empty(), "{text}: {error:?}"),
            Ok(expression) => {
                let gives = expression.holds(&Scope::new(Over::Event, &full())).unwrap_err();
                assert_eq!((text, gives.as_str()), ("event.title", "it gives string, not true or false"));
            }
        }
    }
    let dear = ["event == event"; 20].join(" || ");
    assert!(Expression::compile(&dear, Over::Event, None).unwrap_err().message.contains("costs too much"));
}

/// Text that looks like an expression.
fn scribble() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "event",
        ".",
        "kind",
        "severity",
        "title",
        "==",
        "!=",
        "&&",
        "||",
        "!",
        "-",
        "+",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "'a'",
        "\"",
        "'",
        "1",
        "2.5",
        "in",
        "has(",
        "exists(x,",
        "all(",
        "size(",
        "?",
        ":",
        ",",
        " ",
        "消防",
        "\\",
        "\n",
        "null",
        "true",
        "x",
        "b'",
        "0x",
        "1e",
        "u",
        "/",
        "%",
        "for",
        "`",
        "//",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

#[test]
fn whatever_stands_there_reading_it_ends() {
    let scope = Scope::new(Over::Event, &full());
    crate::dice::run("expressions", 6000, scribble(), |text| {
        if let Ok(expression) = Expression::compile(&text, Over::Event, None) {
            let _ = (expression.holds(&scope), expression.words(&scope));
        } else if let Err(error) = Expression::compile(&text, Over::Row, None) {
            proptest::prop_assert!(error.at <= text.len() && text.is_char_boundary(error.at));
        }
        Ok(())
    });
}

#[test]
fn the_deepest_allowed_expression_fits_a_small_stack() {
    let deepest = [
        format!("{}true{}", "(".repeat(8), ")".repeat(8)),
        format!("{}[]{} == []", "[".repeat(7), "]".repeat(7)),
        format!("event.severity{} == 1", " + 1".repeat(118)),
        format!("event.kind == 'a'{}", " || event.kind == 'b'".repeat(22)),
        format!("{}true{}", "[1].exists(x, ".repeat(7), ")".repeat(7)),
        format!("event{} == 1", ".a".repeat(200)),
        format!("event.severity{} == 1", "[0]".repeat(150)),
    ];
    // Half of what a thread of the standard library has.
    let small = std::thread::Builder::new().stack_size(1 << 20);
    let run = move || {
        let scope = Scope::new(Over::Event, &full());
        for text in deepest {
            if let Ok(expression) = Expression::compile(&text, Over::Event, None) {
                let _ = expression.holds(&scope);
            }
        }
    };
    small.spawn(run).unwrap().join().unwrap();
}
