//! An editor on a software GPU that tests drive by names, as hands and screen readers do.

use controller_client::Door;
use editor::live::LiveOptions;
use editor::{Editor, Language, Options, Word};
use editor_model::Rect as Place;
use egui::{Key, Modifiers, Pos2, Rect, Role, vec2};
use egui_kittest::kittest::Queryable as _;
use egui_kittest::{Harness, SnapshotOptions};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The demo hall, with test cards in the place of clips that only the demo has.
pub fn demo() -> String {
    let text = include_str!("../../../assets/demo/hall.toml");
    let mut plain = text.to_owned();
    for (clip, live) in [
        (
            "file = { path = \"clips/lake.mp4\", repeat = true }",
            "rtsp = { host = \"127.0.0.1\", path = \"/lake\" }",
        ),
        ("file = { path = \"clips/plaza.webm\" }", "rtsp = { host = \"127.0.0.1\", path = \"/plaza\" }"),
        ("image = { path = \"stills/map.png\" }", "rtsp = { host = \"127.0.0.1\", path = \"/map\" }"),
    ] {
        assert!(plain.contains(clip), "the demo hall has no {clip} any more");
        plain = plain.replace(clip, live);
    }
    plain
}

/// The editor, opened when the first picture is drawn.
pub struct Lazy {
    options: Options,
    live: Option<LiveOptions>,
    language: Language,
    editor: Option<Editor>,
}

/// A hall in a folder of its own, and the editor that it is open in.
pub struct Desk {
    /// The window.
    pub harness: Harness<'static, Lazy>,
    /// The document.
    pub hall: PathBuf,
    language: Language,
}

impl Desk {
    /// Opens `text` in a window of `size`.
    pub fn open(name: &str, text: &str, language: Language, size: (f32, f32)) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(folder.join("media")).unwrap();
        let hall = folder.join("hall.toml");
        std::fs::write(&hall, text).unwrap();
        Self::open_file(hall, language, size)
    }

    /// Opens a document that is there.
    pub fn open_file(hall: PathBuf, language: Language, size: (f32, f32)) -> Self {
        Self::show(hall, None, language, size)
    }

    /// Opens what the controller behind `door` has, with a copy in a folder that is empty.
    pub fn open_live(name: &str, door: Door, language: Language, size: (f32, f32)) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Self::open_copy(folder.join("hall.toml"), door, language, size)
    }

    /// Opens what the controller behind `door` has, and the copy that is there.
    pub fn open_copy(hall: PathBuf, door: Door, language: Language, size: (f32, f32)) -> Self {
        let live = LiveOptions { door, base: editor::base_path(&hall) };
        Self::show(hall, Some(live), language, size)
    }

    fn show(hall: PathBuf, live: Option<LiveOptions>, language: Language, size: (f32, f32)) -> Self {
        let media_folder = hall.with_file_name("media");
        let settings = Some(hall.with_file_name("editor.json"));
        let options = Options { hall: hall.clone(), media_folder, settings };
        let lazy = Lazy { options, live, language, editor: None };
        let harness = Harness::builder()
            .with_size(vec2(size.0, size.1))
            .with_render_cursor(false)
            .with_context_setup(editor::install)
            .wgpu()
            .build_ui_state(
                |ui, lazy: &mut Lazy| {
                    let Lazy { options, live, language, editor } = lazy;
                    let editor = editor.get_or_insert_with(|| {
                        let opened = match live {
                            None => Editor::open(options.clone(), ui.ctx()),
                            Some(live) => Editor::open_live(options.clone(), live.clone(), ui.ctx()),
                        };
                        let mut editor = opened.unwrap();
                        editor.preferences_mut().language = *language;
                        editor
                    });
                    editor.show(ui);
                },
                lazy,
            );
        let mut desk = Self { harness, hall, language };
        desk.settle();
        desk
    }

    pub fn editor(&self) -> &Editor {
        self.harness.state().editor.as_ref().unwrap()
    }

    pub fn editor_mut(&mut self) -> &mut Editor {
        self.harness.state_mut().editor.as_mut().unwrap()
    }

    /// Draws until nothing changes any more and everything is composed.
    pub fn settle(&mut self) {
        for _ in 0..6 {
            self.harness.run_steps(2);
            self.editor().settle();
        }
        self.harness.run_steps(2);
        assert!(!self.editor().canvas().is_behind());
        self.harness.check_accessibility();
    }

    /// Draws until what is waited for has come about; news of the controller wake it.
    pub fn until(&mut self, what: &str, holds: impl Fn(&Editor) -> bool) {
        let begin = Instant::now();
        while !holds(self.editor()) {
            let known = self.editor().live().map(|live| (live.standing(), live.refusal(), live.done(), live.is_asking()));
            assert!(begin.elapsed() < Duration::from_secs(30), "{what}: not within 30 s; {known:?}");
            self.editor().wait_for_news(Duration::from_millis(100));
            self.harness.run_steps(1);
        }
        self.settle();
    }

    /// A word in the editor's language.
    pub fn say(&self, word: Word) -> &'static str {
        word.get(self.language)
    }

    /// Clicks what bears a name.
    pub fn click(&mut self, name: &str) {
        self.harness.get_by_role_and_label(Role::Button, name).click();
        self.settle();
    }

    /// Clicks what bears the name of a word.
    pub fn click_word(&mut self, word: Word) {
        self.click(self.say(word));
    }

    /// Where what bears a name is.
    pub fn find(&self, name: &str) -> Rect {
        self.harness.get_by_role_and_label(Role::Button, name).rect()
    }

    /// Drags from a point to another, in some steps, as a hand does.
    pub fn drag(&mut self, from: Pos2, to: Pos2) {
        self.harness.hover_at(from);
        self.harness.run_steps(1);
        self.harness.drag_at(from);
        self.harness.run_steps(1);
        for step in 1..=6 {
            self.harness.hover_at(from + (to - from) * (step as f32 / 6.0));
            self.harness.run_steps(1);
        }
        self.harness.drop_at(to);
        self.settle();
    }

    /// Presses keys.
    pub fn keys(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.settle();
    }

    /// The text of the open document.
    pub fn text(&self) -> String {
        self.editor().session().document().text().to_string()
    }

    /// Where a window of the open scene stands.
    pub fn place(&self, index: usize) -> Place {
        let items = self.editor().session().items();
        items.into_iter().find(|item| item.index == index).unwrap().rect
    }

    /// What a window of the open scene is called on the canvas.
    pub fn name(&self, index: usize) -> String {
        let session = self.editor().session();
        let item = session.items().into_iter().find(|item| item.index == index).unwrap();
        let window = session.scene().unwrap().window(&item.id).unwrap();
        editor::window_name(session.layout(), window, self.language)
    }

    /// Where a place of the canvas, in whole canvas pixels, lies on the screen.
    pub fn at(&self, x: i64, y: i64) -> Pos2 {
        self.editor().canvas().view.screen((x * 1000, y * 1000))
    }

    /// Compares the whole window with the stored picture, byte by byte: lavapipe gives the same ones everywhere.
    pub fn snapshot(&mut self, name: &str) {
        self.harness.hover_at(Pos2::new(1.0, 1.0));
        self.settle();
        let language = match self.language {
            Language::Chinese => "zh",
            Language::English => "en",
        };
        let options = SnapshotOptions::new().threshold(0.0).output_path("tests/snapshots");
        if let Err(error) = self.harness.try_snapshot_options(format!("{name}-{language}"), &options) {
            panic!("{error}");
        }
    }
}
