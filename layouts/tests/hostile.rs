//! Whatever a document holds, reading it ends with a layout or with mistakes, never with a panic or a shown password.

use miette::GraphicalReportHandler;
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop, prop_assert, prop_oneof, proptest};
use proptest::test_runner::TestRunner;

const DEMO: &str = include_str!("../../assets/demo/hall.toml");

/// A document with every kind of feed, query and widget.
const DATA: &str = include_str!("data/hall.toml");

/// Reads `text`, and writes out all that could be said of it.
fn report(text: &str) -> String {
    match layouts::parse(text, "hall.toml") {
        Ok(layout) => format!("{layout:?}"),
        Err(mistakes) => {
            assert!(!mistakes.list().is_empty());
            let mut report = format!("{mistakes} {mistakes:?} {}", mistakes.to_text());
            GraphicalReportHandler::new().render_report(&mut report, &mistakes).unwrap();
            report
        }
    }
}

/// Pieces that documents are made of, right and wrong.
fn piece() -> impl Strategy<Value = String> {
    let words = [
        "[[wall]]",
        "[[wall.screen]]",
        "[[source]]",
        "[[scene]]",
        "[[scene.window]]",
        "[[place]]",
        "[hall]",
        "[wall]",
        "version",
        "id",
        "name",
        "node",
        "output",
        "resolution",
        "position_mm",
        "size_mm",
        "bezel_mm",
        "rotation",
        "canvas_px_per_mm",
        "rtsp",
        "srt",
        "udp",
        "file",
        "streams",
        "host",
        "port",
        "path",
        "cell",
        "rect_px",
        "rect_percent",
        "crop_percent",
        "source",
        "text",
        "image",
        "grid",
        "columns",
        "rows",
        "column",
        "row",
        "gutter_px",
        "margin_px",
        "border",
        "color",
        "size_px",
        "opacity",
        "[[table]]",
        "[[feed]]",
        "[[query]]",
        "[events]",
        "[data]",
        "widget",
        "query",
        "sql",
        "columns",
        "key",
        "events",
        "mqtt",
        "postgres",
        "masks",
        "detections",
        "slot",
        "layers",
        "thresholds",
        "\"text?\"",
        "\"row.id\"",
        "\"((\"",
        "\"select 1\"",
        "\"figure\"",
        "\"map\"",
        "z",
        "\"main\"",
        "\"a1\"",
        "\"accent\"",
        "1",
        "0",
        "-1",
        "1.25",
        "65536",
        "9223372036854775807",
        "1e300",
        "nan",
        "inf",
        "true",
        "1979-05-27",
        "0xff",
        "[1920, 1080]",
        "[0, 0]",
        "[0, 0, 0, 0]",
        "[70000, 70000, 70000, 70000]",
        "{",
        "}",
        "[",
        "]",
        "=",
        ",",
        ".",
        "\"",
        "'",
        "\"\"\"",
        "#",
        "\n",
        "太白",
    ];
    prop_oneof![
        8 => prop::sample::select(words.to_vec()).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
        1 => any::<i64>().prop_map(|number| number.to_string()),
    ]
}

/// A cut, a repeat or a replacement somewhere in a document.
fn mutation() -> impl Strategy<Value = (usize, usize, String)> {
    (
        any::<usize>(),
        0_usize..40,
        prop_oneof![piece(), prop::collection::vec(piece(), 0..6).prop_map(|p| p.join(" "))],
    )
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn random_text_never_panics(text in any::<String>()) {
        report(&text);
    }

    #[test]
    fn random_pieces_never_panic(pieces in prop::collection::vec((piece(), prop_oneof![Just(" "), Just("\n"), Just(" = "), Just("")]), 0..120)) {
        let text: String = pieces.into_iter().flat_map(|(piece, space)| [piece, space.to_owned()]).collect();
        report(&text);
    }

    #[test]
    fn mutated_documents_never_panic(data in any::<bool>(), mutations in prop::collection::vec(mutation(), 1..5)) {
        let mut text = if data { DATA } else { DEMO }.to_owned();
        for (at, length, with) in mutations {
            let start = floor(&text, at % (text.len() + 1));
            let end = floor(&text, (start + length).min(text.len())).max(start);
            text.replace_range(start..end, &with);
        }
        report(&text);
    }

    #[test]
    fn changed_values_never_panic(data in any::<bool>(), line in 0_usize..400, value in piece()) {
        let text: Vec<String> = if data { DATA } else { DEMO }.lines().enumerate().map(|(number, text)| match text.split_once(" = ") {
            Some((key, _)) if number == line => format!("{key} = {value}"),
            _ => text.to_owned(),
        }).collect();
        report(&text.join("\n"));
    }

    #[test]
    fn no_document_shows_its_password(at in 0_usize..400, form in 0_usize..8, data in any::<bool>(), cut in any::<bool>()) {
        let secret = ["webhook = { token = \"geheim\" }", "rows = \"doc.password='geheim'+\"", "sql = \"select 'a:geheim@h\"",
            "rtsp = { host = \"admin:geheim@10.0.0.9\", path = \"/x\" }",
            "rtsp = \"rtsp://admin:geheim@10.0.0.9/x\"",
            "password = \"geheim\"",
            "rtsp = { host = \"h\", path = \"/x\", passphrase = \"geheim\" }",
            "http = { host = \"h\", path = \"/x?pwd=geheim\" }",
        ][form];
        let mut lines: Vec<&str> = if data { DATA } else { DEMO }.lines().collect();
        lines.insert(at.min(lines.len()), secret);
        let mut text = lines.join("\n");
        if cut {
            text.push_str("\nbroken");
        }
        prop_assert!(!report(&text).contains("geheim"));
    }
}

/// A reader that does not bear a wall's header: the random documents come across it.
#[test]
fn a_planted_panic_is_found() {
    let config =
        ProptestConfig { failure_persistence: None, max_shrink_iters: 0, ..ProptestConfig::with_cases(400) };
    let documents = prop::collection::vec(piece(), 0..120).prop_map(|pieces| pieces.join(" "));
    let outcome = TestRunner::new(config).run(&documents, |text| {
        assert!(!text.contains("[[wall]]"), "the planted panic");
        report(&text);
        Ok(())
    });
    assert!(outcome.is_err());
}

#[test]
fn limits_hold() {
    let long = " ".repeat(layouts::DOCUMENT_BYTES_MAX + 1);
    assert_eq!(layouts::parse(&long, "x").unwrap_err().list()[0].code, "too-large");

    let deep = format!("x = {}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(layouts::parse(&deep, "x").is_err());

    let many = DEMO.to_owned() + &"[[source]]\n".repeat(5_000);
    let mistakes = layouts::parse(&many, "x").unwrap_err();
    assert!(mistakes.list().iter().any(|mistake| mistake.code == "too-many"), "{}", mistakes.to_text());
    assert_eq!(mistakes.list().len(), layouts::MISTAKES_MAX);

    // Each of these would take minutes if the work for one mistake grew with the document.
    let parts = ["@", "a:@", "password=", "x", "\n", "\"", "k = \"@\"\n"];
    for part in parts {
        let _ = layouts::parse(&part.repeat((layouts::DOCUMENT_BYTES_MAX - 64) / part.len()), "x");
    }
    let unknown: String = (0..200_000).map(|number| format!("key-number-{number}=1\n")).collect();
    assert!(layouts::parse(&unknown, "x").is_err());
    let mut strangers = DEMO.to_owned();
    strangers.extend(
        (0..4_000).map(|n| {
            format!("[[source]]\nid = \"source-with-a-long-name-{n}\"\nfile = {{ path = \"a\" }}\n")
        }),
    );
    for scene in 0..100 {
        strangers += &format!("[[scene]]\nid = \"s{scene}\"\nwall = \"main\"\n");
        strangers.extend((0..500).map(|n| {
            format!("[[scene.window]]\nsource = \"sorce-with-a-long-name-{n}\"\nrect_px=[0,0,9,9]\n")
        }));
    }
    assert!(layouts::parse(&strangers, "x").unwrap_err().total() >= 50_000);

    let garbage = "=\n".repeat(layouts::DOCUMENT_BYTES_MAX / 2);
    assert!(layouts::parse(&garbage, "x").is_err());
}

#[test]
fn expressions_and_statements_made_to_hurt_are_refused_in_time() {
    let began = std::time::Instant::now();
    let feed = |rows: &str| {
        format!("{DATA}\n[[feed]]\nid = \"hostile\"\npush = true\ntable = \"appeals\"\nrows = '''{rows}'''\n")
    };
    for part in [
        "(",
        "[",
        "{",
        "!",
        "-",
        "a?b:",
        "a.",
        "a[",
        "a(",
        "[1].map(x,",
        "'",
        "\"",
        "\\u",
        "a&&",
        "a||",
        "1+",
    ] {
        for count in [8, 40, 100, 166, 500, 20_000] {
            let _ = layouts::parse(&feed(&part.repeat(count)), "x");
        }
    }
    for part in ["'", "--", "/*", ";", "$$", "select ", "\""] {
        for count in [1, 2, 3999, 4000] {
            let _ = layouts::parse(
                &format!("{DATA}\n[[query]]\nid = \"hostile\"\nsql = '''select {}'''\n", part.repeat(count)),
                "x",
            );
        }
    }
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}
