//! What panels order, in the audit log.

use super::{HALL, Hall, PATIENCE};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};

#[test]
fn what_a_panel_orders_is_in_the_audit_log_with_its_address() {
    let free = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let (door, display) = (free(), free());
    let document = format!(
        "{HALL}\n[control]\nlines = {{ listen = \"127.0.0.1\", port = {door}, allow = [\"127.0.0.1\"] }}\n\
         [[control.display]]\nscreen = \"a\"\npjlink = {{ host = \"127.0.0.1\", port = {display} }}\n"
    );
    let hall = Hall::of("panels", Box::leak(document.into_boxed_str()));
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, door)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut panel = BufReader::new(stream);
    let mut order = |line: &str| {
        panel.get_mut().write_all(format!("{line}\n").as_bytes()).unwrap();
        let mut answer = String::new();
        panel.read_line(&mut answer).unwrap();
        answer
    };
    assert!(order("SCENE night").starts_with("OK "));
    assert!(order("STATUS").starts_with("OK "));
    assert!(order("SCENE no-such").starts_with("ERR unknown_scene "));
    assert!(order("POWER OFF a").starts_with("ERR display "), "nobody listens there");
    assert!(order("ACK all").starts_with("OK "));

    let page = hall.local("GET", "/v1/audit", Value::Null).json();
    let records = page["records"].as_array().unwrap();
    let told: Vec<_> = records
        .iter()
        .map(|record| (record["what"].as_str().unwrap(), record["status"].as_u64().unwrap()))
        .collect();
    // What asks and what does nothing is not there; what may be half done is.
    assert_eq!(told, [("ORDER scene", 200), ("ORDER power-off", 502), ("ORDER acknowledge", 200)]);
    let scene = &records[0];
    assert_eq!(
        (&scene["by"], &scene["from"], &scene["to"]),
        (&json!("panel:127.0.0.1"), &json!("127.0.0.1"), &json!("night"))
    );
    assert_eq!((&scene["before"]["scene"], &scene["after"]["scene"]), (&json!("day"), &json!("night")));
    assert_eq!(scene["words"]["zh"], "调用场景");
    assert_eq!((&records[1]["to"], &records[1]["outcome"]), (&json!("a"), &json!("refused")));
}
