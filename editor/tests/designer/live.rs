//! Designers live on a real controller, over real HTTPS: what one does the other sees, conflicts are decided, scenes are staged and taken,
//! what is refused is helped, and a lost line costs nothing.

use crate::desk::Desk;
use controller::{ConsoleCertificate, Controller, ControllerOptions, DataSettings, TokenMade, WindowsView};
use controller_client::{AskError, Client, Door, Token};
use editor::live::{Done, LiveOptions, Remedy, Standing};
use editor::{Editor, Language, Launch, OpenError, Program, Word, base_path};
use editor_model::Rect as Place;
use egui::{Key, Modifiers};
use layouts::{CANVAS_PIXEL, PixelGrid};
use media::{NodeId, WallTime};
use protocol::{Hello, PictureReply, PictureRequest, PictureSubject, Role};
use protocol_quic::{ClientEvent, ControlClient, Host, Peer};
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

const SIZE: (f32, f32) = (1440.0, 900.0);
const LANGUAGES: [Language; 2] = [Language::Chinese, Language::English];
const WITHIN: Duration = Duration::from_secs(20);

const HALL: &str = r##"# The hall of two designers.
version = 1
hall = { name = { zh = "联合指挥大厅", en = "Joint hall" }, language = "en" }
[[node]]
id = "left"
decodes_1080p = 2
[[wall]]
id = "main"
canvas_px_per_mm = 1
viewing_distance_m = 3
[[wall.screen]]
id = "s1"
node = "left"
output = 1
resolution = [1920, 1080]
position_mm = [0, 0]
size_mm = [1920, 1080]
bezel_mm = 8
[[source]]
id = "gate"
label = { zh = "东门", en = "East gate" }
rtsp = { host = "127.0.0.1", port = 9 }
streams = [{ name = "sub", path = "/1s", size = [800, 450] }, { name = "main", path = "/1m", size = [1920, 1080] }]
[[source]]
id = "lake"
label = { zh = "太白湖", en = "Lake" }
rtsp = { host = "127.0.0.1", port = 9 }
streams = [{ name = "sub", path = "/2s", size = [800, 450] }, { name = "main", path = "/2m", size = [1920, 1080] }]
[[source]]
id = "plaza"
label = { zh = "广场", en = "Plaza" }
rtsp = { host = "127.0.0.1", port = 9 }
streams = [{ name = "sub", path = "/3s", size = [800, 450] }, { name = "main", path = "/3m", size = [1920, 1080] }]
[[scene]]
id = "day"
wall = "main"
name = { zh = "白天", en = "Day" }
[[scene.window]]
source = "gate"
rect_px = [0, 0, 600, 400]
[[scene.window]]
source = "lake"
rect_px = [640, 0, 600, 400]
[[scene.window]]
source = "plaza"
rect_px = [0, 440, 600, 400]
[[scene.window]]
text = { zh = "欢迎", en = "Welcome" }
size_px = 60
rect_px = [640, 440, 600, 200]
[[scene]]
id = "night"
wall = "main"
name = { zh = "夜间", en = "Night" }
window = [{ source = "lake", rect_px = [0, 0, 640, 360] }]
"##;

/// A controller that runs, with HTTPS at its console.
struct Hall {
    /// One for each run: when it ends, so does every connection, as when a process does.
    runtime: Option<Runtime>,
    folder: PathBuf,
    pem: Vec<u8>,
    options: ControllerOptions,
    local: SocketAddr,
    running: Option<(oneshot::Sender<()>, tokio::task::JoinHandle<()>)>,
}

impl Hall {
    fn new(name: &str) -> Self {
        protocol_quic::install_crypto_provider();
        let folder = std::env::temp_dir().join(format!("taibai-live-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let files =
            ConsoleCertificate { chain: folder.join("console.pem"), key: folder.join("console-key.pem") };
        std::fs::write(&files.chain, made.cert.pem()).unwrap();
        std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let nodes = std::net::UdpSocket::bind(any).unwrap().local_addr().unwrap();
        let options = ControllerOptions {
            state: folder.clone(),
            listen: nodes,
            http: any,
            console: any,
            console_hosts: Vec::new(),
            console_certificate: Some(files),
            webhook_listen: None,
            software: "test".into(),
        };
        let pem = made.cert.pem().into_bytes();
        let mut hall = Self { runtime: None, folder, pem, options, local: any, running: None };
        hall.start();
        hall
    }

    /// Starts the controller; again where it was before, so that it is found.
    fn start(&mut self) {
        let data = DataSettings {
            data_folder: self.folder.clone(),
            media_folder: self.folder.clone(),
            secrets: Arc::new(|_| None),
            voice_command: Vec::new(),
            sound_command: Vec::new(),
        };
        let layout = layouts::parse(HALL, "hall.toml").unwrap();
        let bind = Controller::bind(layout, HALL.into(), Vec::new(), &self.options, data);
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let controller = runtime.block_on(bind).unwrap();
        (self.options.http, self.options.console) = controller.addresses().unwrap();
        self.local = self.options.http;
        let (stop, stopped) = oneshot::channel::<()>();
        let running = runtime.spawn(controller.run(async {
            let _ = stopped.await;
        }));
        (self.running, self.runtime) = (Some((stop, running)), Some(runtime));
    }

    fn stop(&mut self) {
        if let (Some((stop, running)), Some(runtime)) = (self.running.take(), self.runtime.take()) {
            drop(stop);
            runtime.block_on(running).unwrap();
            runtime.shutdown_timeout(WITHIN);
        }
    }

    /// On this machine, as commands do.
    fn client(&self) -> Client {
        Client::new(Door::local(self.local), WITHIN)
    }

    /// The console's door for somebody with a role.
    fn door(&self, name: &str, role: &str) -> Door {
        let form =
            json!({ "name": name, "days": 1, "grants": [{ "role": role, "walls": ["*"], "tags": ["*"] }] });
        let made: TokenMade = self.client().tell("/v1/tokens", &form).unwrap();
        let url = format!("https://localhost:{}", self.options.console.port());
        Door::parse(&url, Some(Token::new(&made.token).unwrap()), Some(&self.pem)).unwrap()
    }

    fn designer(&self, test: &str, name: &str, language: Language) -> Desk {
        let door = self.door(name, "designer");
        let mut desk = Desk::open_live(&format!("live-{test}-{name}-{language:?}"), door, language, SIZE);
        desk.until("the line stands", |editor| *editor.live().unwrap().standing() == Standing::Up);
        desk
    }

    fn windows(&self, of: &str) -> WindowsView {
        self.client().get(&format!("/v1/walls/main/windows?of={of}")).unwrap()
    }

    /// An operator at the console.
    fn change(&self, change: Value) {
        let body = json!({ "base_revision": self.windows("air").revision, "changes": [change] });
        let _: WindowsView = self.client().tell("/v1/walls/main/changes", &body).unwrap();
    }

    fn move_to(&self, window: &str, x: i64, y: i64) {
        let rect = json!({ "x": x, "y": y, "width": 600, "height": 400 });
        self.change(json!({ "do": "change", "window": window, "rect": rect }));
    }
}

impl Drop for Hall {
    fn drop(&mut self) {
        self.stop();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Where a window stands, in canvas pixels.
fn at(desk: &Desk, index: usize) -> (f64, f64) {
    let Place { x, y, .. } = desk.place(index);
    (x as f64 / 1000.0, y as f64 / 1000.0)
}

/// Moves a window by dragging it.
fn drag(desk: &mut Desk, index: usize, by: (f32, f32)) {
    let name = desk.name(index);
    let middle = desk.find(&name).center();
    desk.keys(Modifiers::NONE, Key::Escape);
    desk.drag(middle, middle + egui::vec2(by.0, by.1));
}

fn stage(desk: &mut Desk) {
    desk.click_word(Word::Stage);
    desk.until("staged", |editor| matches!(editor.live().unwrap().done(), Some(Done::Staged(..))));
}

fn take(desk: &mut Desk) {
    desk.click_word(Word::Take);
    desk.until("taken", |editor| {
        // What is taken comes back as the wall's own.
        matches!(editor.live().unwrap().done(), Some(Done::Taken(_) | Done::Merged))
    });
}

#[test]
fn what_one_designer_puts_on_the_wall_comes_into_the_others_document() {
    for language in LANGUAGES {
        let hall = Hall::new(&format!("merge-{language:?}"));
        let (mut wang, mut li) =
            (hall.designer("merge", "王芳", language), hall.designer("merge", "Li", language));
        assert!(
            wang.text().contains("# The hall of two designers."),
            "the controller's document with its comments"
        );
        wang.until("the other one is there", |editor| {
            editor
                .live()
                .unwrap()
                .others()
                .iter()
                .any(|person| person.name == "Li" && person.page == "editor")
        });
        // Li takes hold of the lake, and Wang sees whose hand it is in.
        let lake = li.name(1);
        li.click(&lake);
        wang.until("the hand is seen", |editor| {
            editor.held_by_others().values().any(|name| name == "Li")
                && editor.pointers_of_others().contains_key("Li")
        });
        let pointed = wang.editor().pointers_of_others()["Li"];
        let Place { x, y, width, height } = li.place(1);
        assert!((x..x + width).contains(&pointed.0) && (y..y + height).contains(&pointed.1), "{pointed:?}");
        wang.snapshot("live-hand");
        // Both move something; Li puts it on the wall.
        drag(&mut wang, 2, (60.0, 30.0));
        let own = at(&wang, 2);
        drag(&mut li, 1, (80.0, 60.0));
        let moved = at(&li, 1);
        assert_ne!(moved, (640.0, 0.0));
        stage(&mut li);
        assert_eq!(hall.windows("air").windows[1].rect.x, 640.0, "nobody sees it yet");
        take(&mut li);
        assert_eq!(hall.windows("air").windows[1].rect.x, moved.0, "what was staged is on the wall");
        wang.until("what is on the wall has come", |editor| {
            matches!(editor.live().unwrap().done(), Some(Done::Merged))
        });
        assert_eq!((at(&wang, 1), at(&wang, 2)), (moved, own));
        // Li's pointer has left the canvas for the button.
        wang.until("the pointer has gone", |editor| editor.pointers_of_others().is_empty());
        wang.snapshot("live-merged");
        // An undo takes back what Wang has done, and not what Li has.
        wang.keys(Modifiers::COMMAND, Key::Z);
        wang.until("Li's comes in again", |editor| {
            matches!(editor.live().unwrap().done(), Some(Done::Merged))
        });
        assert_eq!((at(&wang, 1), at(&wang, 2)), (moved, (0.0, 440.0)));
        // Nothing is left to be put on the wall, and a text's look is none of the wall's business while it runs.
        assert!(li.editor().live().unwrap().conflicts().is_empty());
        assert_eq!(li.editor().live().unwrap().base().text(), li.editor().session().document().text());
    }
}

#[test]
fn a_window_that_both_have_moved_is_shown_side_by_side_and_chosen() {
    for (language, choice) in LANGUAGES.into_iter().zip([Word::TakeTheirs, Word::KeepMineHere]) {
        let hall = Hall::new(&format!("conflict-{language:?}"));
        let mut wang = hall.designer("conflict", "王芳", language);
        drag(&mut wang, 0, (120.0, 90.0));
        let own = at(&wang, 0);
        hall.move_to("w1", 1200, 600);
        hall.change(json!({ "do": "close", "window": "w2" }));
        wang.until("the conflict is known and the window that was closed has gone", |editor| {
            !editor.live().unwrap().conflicts().is_empty() && editor.session().items().len() == 3
        });
        assert_eq!(at(&wang, 0), own, "until it is decided the designer's stays");
        // What is not decided is not staged, and one click leads to the decision.
        wang.click_word(Word::Stage);
        assert_eq!(wang.editor().live().unwrap().refusal().unwrap().remedy, Some(Remedy::Decide));
        wang.snapshot("live-undecided");
        wang.click_word(Word::RemedyDecide);
        wang.snapshot("live-conflict");
        wang.click_word(choice);
        assert!(wang.editor().live().unwrap().conflicts().is_empty());
        let chosen = if choice == Word::TakeTheirs { (1200.0, 600.0) } else { own };
        assert_eq!(at(&wang, 0), chosen);
        if choice == Word::KeepMineHere {
            stage(&mut wang);
            take(&mut wang);
            assert_eq!(hall.windows("air").windows[0].rect.x, own.0);
        }
    }
}

#[test]
fn what_is_refused_is_helped_with_one_click() {
    for language in LANGUAGES {
        let hall = Hall::new(&format!("refused-{language:?}"));
        let mut wang = hall.designer("refused", "王芳", language);
        // Nothing is staged yet.
        assert!(!wang.editor().is_possible(editor::Command::Take));
        // Three windows that each need more than the small stream has: three decodes of 1080p where there are two.
        for index in 0..3 {
            let rect = json!([40 + 30 * index, 40 + 20 * index, 1200, 700]);
            let rect: [i64; 4] = serde_json::from_value(rect).unwrap();
            let scene = wang.editor().session().scene().unwrap().id.clone();
            let rect = layouts_edit::Pixels(rect.map(|pixels| pixels * 1000));
            let edit = layouts_edit::TextEdit::Place { scene, window: index, rect };
            wang.editor_mut().session_mut().act(("大".into(), "Large".into()), &[edit], None).unwrap();
        }
        wang.settle();
        wang.click_word(Word::Stage);
        wang.until("it is refused", |editor| editor.live().unwrap().refusal().is_some());
        let refused = wang.editor().live().unwrap().refusal().unwrap().clone();
        assert_eq!(refused.remedy, Some(Remedy::SubStreams), "{refused:?}");
        assert!(refused.words.1.contains("1080p") && refused.words.0.contains("子码流"), "{refused:?}");
        // The scene itself was staged before its windows were refused; news of that may come later than the refusal.
        wang.until("the stage is seen", |editor| editor.is_possible(editor::Command::Take));
        wang.snapshot("live-refused");
        wang.click_word(Word::RemedySubStreams);
        wang.until("staged", |editor| matches!(editor.live().unwrap().done(), Some(Done::Staged(..))));
        assert!(hall.windows("stage").windows.iter().any(|window| window.small_stream));
        assert!(wang.text().contains("small_stream = true"), "and in the document, so that they stay");
        // Somebody else locks a window on the stage.
        let on_stage = |change: Value| {
            let body = json!({ "of": "stage", "base_revision": hall.windows("stage").revision, "changes": [change] });
            let _: WindowsView = hall.client().tell("/v1/walls/main/changes", &body).unwrap();
        };
        on_stage(json!({ "do": "change", "window": "w4", "locked": true }));
        drag(&mut wang, 3, (30.0, 60.0));
        let own = at(&wang, 3);
        wang.click_word(Word::Stage);
        wang.until("it is refused", |editor| editor.live().unwrap().refusal().is_some());
        let refused = wang.editor().live().unwrap().refusal().unwrap().clone();
        assert_eq!(refused.remedy, Some(Remedy::Unlock), "{refused:?}");
        wang.click_word(Word::RemedyUnlock);
        wang.until("staged", |editor| matches!(editor.live().unwrap().done(), Some(Done::Staged(..))));
        // And moves one: that is not lost without a question.
        on_stage(
            json!({ "do": "change", "window": "w4", "rect": { "x": 5, "y": 5, "width": 600, "height": 200 } }),
        );
        wang.click_word(Word::Stage);
        wang.until("it is refused", |editor| editor.live().unwrap().refusal().is_some());
        let refused = wang.editor().live().unwrap().refusal().unwrap().clone();
        assert_eq!(refused.remedy, Some(Remedy::Replace), "{refused:?}");
        wang.click_word(Word::RemedyReplace);
        wang.until("staged", |editor| matches!(editor.live().unwrap().done(), Some(Done::Staged(..))));
        take(&mut wang);
        let text = hall.windows("air").windows.into_iter().find(|window| window.kind == "text").unwrap();
        assert_eq!((text.rect.x, text.rect.y), (own.0, own.1));
    }
}

#[test]
fn a_lost_line_is_said_work_goes_on_and_is_compared_when_it_is_back() {
    for language in LANGUAGES {
        let mut hall = Hall::new(&format!("lost-{language:?}"));
        let mut wang = hall.designer("lost", "王芳", language);
        hall.stop();
        wang.until("the loss is said", |editor| {
            matches!(editor.live().unwrap().standing(), Standing::Down { .. })
        });
        wang.snapshot("live-lost");
        drag(&mut wang, 0, (90.0, 60.0));
        let own = at(&wang, 0);
        assert!(!wang.editor().is_possible(editor::Command::Stage), "there is nobody to stage it");
        hall.start();
        hall.move_to("w2", 1200, 500);
        wang.until("both are there", |editor| {
            let live = editor.live().unwrap();
            *live.standing() == Standing::Up && live.base().text().contains("1200, 500")
        });
        assert_eq!((at(&wang, 0), at(&wang, 1)), (own, (1200.0, 500.0)));
        stage(&mut wang);
        take(&mut wang);
        // A designer who ends and begins again without the controller goes on with his copy, and what he does then is compared, too.
        drag(&mut wang, 2, (50.0, -30.0));
        wang.keys(Modifiers::COMMAND, Key::S);
        let (later, copy) = (at(&wang, 2), wang.hall.clone());
        wang.until("all is kept", |editor| !editor.live().unwrap().is_asking());
        let door = hall.door("王芳", "designer");
        drop(wang);
        hall.stop();
        let mut again = Desk::open_copy(copy, door, language, SIZE);
        assert_eq!(at(&again, 2), later);
        hall.start();
        hall.move_to("w1", 20, 20);
        again.until("compared", |editor| editor.live().unwrap().base().text().contains("[20, 20,"));
        assert_eq!((at(&again, 0), at(&again, 2)), ((20.0, 20.0), later));
    }
}

#[test]
fn the_real_screens_are_asked_to_show_their_numbers() {
    for language in LANGUAGES {
        let mut hall = Hall::new(&format!("identify-{language:?}"));
        let mut wang = hall.designer("identify", "王芳", language);
        let shown = |hall: &Hall| {
            let status: Value = hall.client().get("/v1/status").unwrap();
            status["walls"][0]["identify_until"].clone()
        };
        assert!(shown(&hall).is_null());
        wang.click_word(Word::Wall);
        wang.click_word(Word::IdentifyReal);
        let said = wang.say(Word::Identified);
        wang.until("it is said", |editor| editor.notice() == Some(said));
        assert!(!shown(&hall).is_null(), "the wall's screens show their numbers");
        // Without a controller there is nobody to ask.
        hall.stop();
        wang.until("the loss is said", |editor| {
            matches!(editor.live().unwrap().standing(), Standing::Down { .. })
        });
        assert!(wang.is_disabled(Word::IdentifyReal));
    }
}

#[test]
fn whoever_may_not_design_is_not_let_in_and_no_token_is_in_the_words() {
    let hall = Hall::new("rights");
    let folder = hall.folder.join("copy");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("hall.toml");
    let open = |door: Door| {
        let launch = Launch {
            hall: Some(file.clone()),
            media_folder: Some(folder.clone()),
            settings: None,
            documents: folder.clone(),
            home: None,
            live: Some(LiveOptions { door, base: base_path(&file) }),
        };
        Program::open(launch, &egui::Context::default()).err().unwrap()
    };
    let code = |error: OpenError| match error {
        OpenError::Live(AskError::Refused(refused)) => refused.code,
        other => panic!("{other}"),
    };
    assert_eq!(code(open(hall.door("viewer", "viewer"))), "forbidden");
    let url = format!("https://localhost:{}", hall.options.console.port());
    let canary = Token::new("taibai_canary-7Q").unwrap();
    let made_up = Door::parse(&url, Some(canary.clone()), Some(&hall.pem)).unwrap();
    assert_eq!(code(open(made_up)), "bad_token");
    // A certificate that nobody vouches for is not believed, and the token is not sent.
    let stranger = open(Door::parse(&url, Some(canary), None).unwrap());
    assert!(matches!(&stranger, OpenError::Live(AskError::Unreachable { .. })), "{stranger:?}");
    assert!(!format!("{stranger:?} {stranger}").contains("canary"));
    assert!(!file.exists(), "and nothing is left behind");
}

/// A picture of one colour, as a display node sends it; what it is, is read from its first bytes.
fn plain(color: [u8; 3]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 64, 36);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&color.repeat(64 * 36)).unwrap();
    writer.finish().unwrap();
    bytes
}

#[test]
fn sources_are_shown_as_they_are_now_and_marked_when_they_are_old() {
    let hall = Hall::new("pictures");
    let answers = Arc::new(AtomicBool::new(true));
    // A display node that this test plays: it answers for the gate.
    let (going, nodes, folder) = (answers.clone(), hall.options.listen, hall.folder.clone());
    hall.runtime.as_ref().unwrap().spawn(async move {
        let host = Host::system();
        let identities = protocol_quic::Authority::open(&host, &folder).unwrap();
        let (node, role) = (NodeId::new("left").unwrap(), Role::Display);
        let identity = identities.issue(&Peer::Node(node.clone(), role)).unwrap();
        let hello = Hello { node, role, software: "test".into(), media_port: 0 };
        let mut client = ControlClient::start(&host, &nodes.to_string(), identity, hello);
        let mut moment = 5_000_000;
        while let Some(event) = client.next().await {
            if let ClientEvent::PictureRequest(PictureRequest {
                number,
                subject: PictureSubject::Source(source),
                ..
            }) = event
                && source.as_str() == "gate"
                && going.load(Ordering::Relaxed)
            {
                moment += 1_000_000_000;
                let outcome = Ok((WallTime(moment), plain([200, 30, 10]).into()));
                client.pictures().reply(&PictureReply { number, outcome }).unwrap();
            }
        }
    });
    let mut wang = hall.designer("pictures", "王芳", Language::English);
    // Blue, green and red in the middle of the gate's window.
    let middle = |editor: &Editor| -> Option<[u8; 3]> {
        let shown = editor.canvas().picture().shown()?;
        let (PixelGrid { area, size }, picture) = (shown.grid, &shown.picture);
        let x = (300 * CANVAS_PIXEL - area.x) * i64::from(size.width) / area.width;
        let y = (150 * CANVAS_PIXEL - area.y) * i64::from(size.height) / area.height;
        let begin = usize::try_from((y * i64::from(size.width) + x) * 4).ok()?;
        picture.bytes.get(begin..begin + 3)?.try_into().ok()
    };
    let red = |editor: &Editor, range: std::ops::Range<u8>| {
        middle(editor).is_some_and(|[blue, green, red]| range.contains(&red) && blue < 40 && green < 50)
    };
    wang.until("the gate is shown as it is", |editor| red(editor, 180..220));
    wang.snapshot("live-pictures");
    answers.store(false, Ordering::Relaxed);
    // The same picture, dimmed and with its age, as it would be on the wall.
    wang.until("it is marked", |editor| red(editor, 60..160));
}
