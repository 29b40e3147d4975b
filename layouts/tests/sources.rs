//! From where sources may be read that come while a hall runs, and sources read by themselves.

use layouts::{Hall, parse, parse_source};
use std::net::IpAddr;

fn hall(addresses: &str) -> Hall {
    let text = format!(
        "version = 1\n[hall]\nname = \"h\"\n{addresses}\n[[wall]]\nid = \"w\"\ncanvas_px_per_mm = 1\n[[wall.screen]]\nid = \"s\"\nnode = \"n\"\n\
         output = 1\nresolution = [640, 360]\nposition_mm = [0, 0]\nsize_mm = [640, 360]\n"
    );
    match parse(&text, "hall.toml") {
        Ok(layout) => layout.hall().clone(),
        Err(mistakes) => panic!("{}", mistakes.to_text()),
    }
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn by_itself_a_hall_reads_from_other_machines_only() {
    let hall = hall("");
    for good in ["10.0.0.9", "192.168.1.4", "8.8.8.8", "fd00::7", "2001:db8::1"] {
        assert!(hall.may_read_from(address(good)), "{good}");
    }
    for wrong in [
        "127.0.0.1",
        "127.9.9.9",
        "0.0.0.0",
        "169.254.169.254",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
    ] {
        assert!(!hall.may_read_from(address(wrong)), "{wrong}");
    }
    assert!(hall.may_listen_at(address("0.0.0.0")) && hall.may_listen_at(address("239.1.1.1")));
    assert!(!hall.may_listen_at(address("127.0.0.1")));
}

#[test]
fn a_hall_that_names_addresses_reads_from_these_only() {
    let hall = hall("source_addresses = [\"10.0.1.0/24\", \"127.0.0.1\", \"fd00::/8\"]");
    for good in ["10.0.1.7", "127.0.0.1", "fd12::1", "::ffff:10.0.1.7"] {
        assert!(hall.may_read_from(address(good)), "{good}");
    }
    for wrong in ["10.0.2.7", "127.0.0.2", "8.8.8.8", "169.254.1.1"] {
        assert!(!hall.may_read_from(address(wrong)), "{wrong}");
    }
}

#[test]
fn a_source_is_read_by_itself_with_all_its_rules() {
    let good = "[[source]]\nid = \"gate\"\ndetections = { query = \"boxes\" }\ningest = \"in-1\"\nrtsp = { host = \"10.0.0.9\", path = \"/1\" }\n";
    let source = parse_source(good, "source").unwrap();
    assert_eq!((source.id.as_str(), source.label.zh.as_str()), ("gate", "gate"));
    let codes = |text: &str| -> Vec<&str> {
        parse_source(text, "source").unwrap_err().list().iter().map(|mistake| mistake.code).collect()
    };
    assert_eq!(codes(""), ["one-source"]);
    assert_eq!(
        codes(
            "[[source]]\nid = \"a\"\nimage = { path = \"a\" }\n[[source]]\nid = \"b\"\nimage = { path = \"b\" }\n"
        ),
        ["one-source"]
    );
    assert_eq!(codes("version = 1\n[[source]]\nid = \"a\"\nimage = { path = \"a\" }\n"), ["unknown-key"]);
    assert_eq!(codes("[[source]]\nid = \"a\"\nrtsp = \"rtsp://u:p@h/x\"\n"), ["url"]);
    assert_eq!(codes("[[source"), ["syntax"]);
}
