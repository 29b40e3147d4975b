//! Lines, OSC, displays and machines over real sockets on loopback.

use controller_panels::{
    Doors, Order, OrderRefused, Orders, Power, Telling, set_input, set_power, state, tell,
};
use layouts::{AddressRange, Control, DisplayControl, DisplayProtocol, Door, Listener, PanelAct, PanelLine};
use media::{SceneId, ScreenId};
use rosc::{OscMessage, OscPacket, OscType, decoder, encoder};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::mpsc;
use tokio::time::timeout;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const SOON: Duration = Duration::from_secs(10);

/// Carries out scenes, refuses the one called `no`, and remembers all.
#[derive(Clone)]
struct Wall {
    done: mpsc::UnboundedSender<(Order, String)>,
}

impl Orders for Wall {
    async fn perform(&self, order: Order, by: &str) -> Result<String, OrderRefused> {
        self.done.send((order.clone(), by.to_owned())).unwrap();
        match order {
            Order::Scene(scene) if scene.as_str() == "no" => {
                Err(OrderRefused { code: "unknown_scene", words: "there is\nno scene no".into() })
            }
            other => Ok(format!("{other:?}")),
        }
    }
}

/// A port that was free a moment ago, for TCP and UDP.
fn free_port() -> u16 {
    std::net::TcpListener::bind((HERE, 0)).unwrap().local_addr().unwrap().port()
}

fn door(allow: &str) -> Door {
    Door { listen: HERE, port: free_port(), allow: vec![AddressRange::parse(allow).unwrap()] }
}

async fn open(control: &Control) -> mpsc::UnboundedReceiver<(Order, String)> {
    let (done, orders) = mpsc::unbounded_channel();
    let doors = Doors::open(control).await.unwrap();
    tokio::spawn(doors.run(Wall { done }));
    orders
}

fn scene(id: &str) -> Order {
    Order::Scene(SceneId::new(id).unwrap())
}

#[tokio::test]
async fn lines_are_answered_over_tcp_and_udp_in_their_order() {
    let own = PanelLine {
        words: vec!["预案1".into()],
        act: PanelAct::Scene,
        with: vec![("scene".into(), "flood".into())],
    };
    let mut commands = Control::usual_commands();
    commands.push(own);
    let lines = door("127.0.0.0/8");
    let at = SocketAddr::new(HERE, lines.port);
    let mut orders = open(&Control { lines: Some(lines), commands, ..Control::default() }).await;
    let mut panel = BufReader::new(TcpStream::connect(at).await.unwrap());
    // In pieces, several at once, with every line end there is.
    panel.get_mut().write_all("SCENE over".as_bytes()).await.unwrap();
    panel.get_mut().flush().await.unwrap();
    panel.get_mut().write_all("view\r\n\r\n预案1\nSCENE no\rSING\n".as_bytes()).await.unwrap();
    let mut answers = Vec::new();
    for _ in 0..4 {
        let mut line = String::new();
        timeout(SOON, panel.read_line(&mut line)).await.unwrap().unwrap();
        answers.push(line);
    }
    assert!(answers[0].starts_with("OK ") && answers[0].ends_with("\r\n"), "{answers:?}");
    assert!(answers[1].starts_with("OK "), "{answers:?}");
    assert_eq!(answers[2], "ERR unknown_scene there is no scene no\r\n");
    assert!(answers[3].starts_with("ERR unknown_command no command fits; this hall has: SCENE {scene} | "));
    for id in ["overview", "flood", "no"] {
        assert_eq!(orders.recv().await.unwrap(), (scene(id), "panel 127.0.0.1".to_owned()));
    }

    let by_udp = UdpSocket::bind((HERE, 0)).await.unwrap();
    by_udp.send_to(b"SCENE overview", at).await.unwrap();
    let mut answer = [0; 2048];
    let (length, _) = timeout(SOON, by_udp.recv_from(&mut answer)).await.unwrap().unwrap();
    assert!(answer[..length].starts_with(b"OK "));
    assert_eq!(orders.recv().await.unwrap().0, scene("overview"));

    // A line without an end closes the connection.
    let mut endless = TcpStream::connect(at).await.unwrap();
    endless.write_all(&[b'A'; 4000]).await.unwrap();
    let mut words = String::new();
    // What it had not read makes the system reset the connection; then the words may be lost.
    let _ = timeout(SOON, endless.read_to_string(&mut words)).await.unwrap();
    assert!(words.is_empty() || words == "ERR bad_line a line has at most 512 bytes\r\n", "{words}");
}

#[tokio::test]
async fn who_is_on_no_list_is_not_heard() {
    let lines = door("10.0.0.20");
    let at = SocketAddr::new(HERE, lines.port);
    let mut orders =
        open(&Control { lines: Some(lines), commands: Control::usual_commands(), ..Control::default() })
            .await;
    let mut stream = TcpStream::connect(at).await.unwrap();
    // It may be closed before or after this is sent.
    let _ = stream.write_all(b"SCENE overview\n").await;
    let mut answer = Vec::new();
    let _ = timeout(SOON, stream.read_to_end(&mut answer)).await.unwrap();
    assert!(answer.is_empty(), "{answer:?}");
    assert!(orders.try_recv().is_err());
}

#[tokio::test]
async fn osc_comes_in_and_goes_out() {
    let osc = door("127.0.0.1");
    let at = SocketAddr::new(HERE, osc.port);
    let mut orders = open(&Control { osc: Some(osc), ..Control::default() }).await;
    let mixer = UdpSocket::bind((HERE, 0)).await.unwrap();
    let message = |addr: &str, args| {
        encoder::encode(&OscPacket::Message(OscMessage { addr: addr.into(), args })).unwrap()
    };
    mixer.send_to(b"no OSC", at).await.unwrap();
    mixer.send_to(&message("/other", vec![]), at).await.unwrap();
    mixer.send_to(&message("/taibai/scene", vec![OscType::String("night".into())]), at).await.unwrap();
    let (order, by) = timeout(SOON, orders.recv()).await.unwrap().unwrap();
    assert_eq!((order, by.as_str()), (scene("night"), "osc 127.0.0.1"));

    let listener = Listener { host: "127.0.0.1".into(), port: mixer.local_addr().unwrap().port() };
    let words = ("消防通道占用".to_owned(), "Fire lane blocked".to_owned());
    let telling = Telling::Alarm { number: 7, rule: "fire-lane".into(), words: words.clone() };
    tell(&[listener], &telling).await;
    let mut packet = [0; 1024];
    let (length, _) = timeout(SOON, mixer.recv_from(&mut packet)).await.unwrap().unwrap();
    let (_, heard) = decoder::decode_udp(&packet[..length]).unwrap();
    let args = vec![
        OscType::Int(7),
        OscType::String("fire-lane".into()),
        OscType::String(words.0),
        OscType::String(words.1),
    ];
    assert_eq!(heard, OscPacket::Message(OscMessage { addr: "/taibai/alarm".into(), args }));
}

/// A display that speaks PJLink class 1 with a password, and remembers what it was told.
async fn projector(password: &'static str) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind((HERE, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = told.clone();
    tokio::spawn(async move {
        let mut power = "0";
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = BufReader::new(stream);
            stream.get_mut().write_all(b"PJLINK 1 498e4a67\r").await.unwrap();
            let mut line = Vec::new();
            stream.read_until(b'\r', &mut line).await.unwrap();
            if line.is_empty() {
                // It had nothing to ask.
                continue;
            }
            let line = String::from_utf8(line).unwrap();
            // MD5("498e4a67JBMIAProjectorLink"), the example of the specification, section 5.1.
            let right = match password {
                "JBMIAProjectorLink" => "5d8409bc1c3fa39749434aa3a5c38682",
                _ => "no password of this test",
            };
            let answer = match line.trim_end().strip_prefix(right) {
                None => "PJLINK ERRA",
                Some(command) => {
                    log.lock().unwrap().push(command.to_owned());
                    match (command, power) {
                        ("%1POWR 1", _) => {
                            power = "1";
                            "%1POWR=OK"
                        }
                        ("%1POWR 0", _) => {
                            power = "0";
                            "%1POWR=OK"
                        }
                        ("%1POWR ?", "1") => "%1POWR=1",
                        ("%1POWR ?", _) => "%1POWR=0",
                        ("%1INPT 31", "1") => "%1INPT=OK",
                        ("%1INPT 31", _) => "%1INPT=ERR3",
                        _ => "%1INPT=ERR2",
                    }
                }
            };
            stream.get_mut().write_all(format!("{answer}\r").as_bytes()).await.unwrap();
        }
    });
    (port, told)
}

fn display(port: u16, protocol: DisplayProtocol) -> DisplayControl {
    DisplayControl { screen: ScreenId::new("a1").unwrap(), host: "127.0.0.1".into(), port, protocol }
}

#[tokio::test]
async fn pjlink_displays_are_switched_with_their_password_and_say_what_is_wrong() {
    let password = "JBMIAProjectorLink";
    let (port, told) = projector(password).await;
    let display = display(port, DisplayProtocol::PjLink { credential: None });
    let right = Some(password);
    assert_eq!(state(&display, right).await.unwrap().power, Power::Off);
    let early = set_input(&display, right, "31").await.unwrap_err();
    assert!(early.to_string().contains("warming up"), "{early}");
    set_power(&display, right, true).await.unwrap();
    assert_eq!(state(&display, right).await.unwrap().power, Power::On);
    set_input(&display, right, "31").await.unwrap();
    assert!(set_input(&display, right, "32").await.unwrap_err().to_string().contains("no such input"));
    assert!(set_input(&display, right, "31\r%1POWR 0").await.unwrap_err().to_string().contains("11 to 59"));
    let wrong = set_power(&display, Some("canary-password"), false).await.unwrap_err();
    assert!(wrong.to_string().contains("check the credential") && !format!("{wrong:?}").contains("canary"));
    let none = set_power(&display, None, false).await.unwrap_err();
    assert!(none.to_string().contains("wants a password"), "{none}");
    set_power(&display, right, false).await.unwrap();
    let told = told.lock().unwrap().clone();
    let expected = ["%1POWR ?", "%1INPT 31", "%1POWR 1", "%1POWR ?", "%1INPT 31", "%1INPT 32", "%1POWR 0"];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn samsung_displays_are_switched_by_mdc() {
    let listener = TcpListener::bind((HERE, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        // What must come, and what is answered; frames reckoned by hand from the protocol's tables.
        let talks: [(&[u8], &[u8]); 4] = [
            (&[0xAA, 0x11, 0x01, 0x01, 0x01, 0x14], &[0xAA, 0xFF, 0x01, 0x03, b'A', 0x11, 0x01, 0x56]),
            (&[0xAA, 0x11, 0x01, 0x00, 0x12], &[0xAA, 0xFF, 0x01, 0x03, b'A', 0x11, 0x01, 0x56]),
            (&[0xAA, 0x14, 0x01, 0x01, 0x21, 0x37], &[0xAA, 0xFF, 0x01, 0x03, b'N', 0x14, 0x01, 0x66]),
            (&[0xAA, 0x11, 0x01, 0x00, 0x12], &[0xAA, 0xFF, 0x01, 0x03, b'A', 0x11, 0x01, 0x57]),
        ];
        for (wanted, answer) in talks {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut frame = vec![0; wanted.len()];
            stream.read_exact(&mut frame).await.unwrap();
            assert_eq!(frame, wanted);
            stream.write_all(answer).await.unwrap();
        }
    });
    let display = display(port, DisplayProtocol::SamsungMdc { id: 1 });
    set_power(&display, None, true).await.unwrap();
    assert_eq!(state(&display, None).await.unwrap().power, Power::On);
    let refused = set_input(&display, None, "HDMI1").await.unwrap_err();
    assert!(refused.to_string().contains("does not take"), "{refused}");
    let damaged = state(&display, None).await.unwrap_err();
    assert!(damaged.to_string().contains("does not speak"), "{damaged}");
    server.await.unwrap();
    let unknown = set_input(&display, None, "scart").await;
    assert!(unknown.is_err());
}
