//! An editor on a software GPU that tests drive by names, as hands and screen readers do.

use crate::window::Window;
use controller_client::Door;
use editor::live::LiveOptions;
use editor::{Editor, Language, Launch, Program, Word};
use editor_model::Rect as Place;
use egui::{Key, Modifiers, Pos2, Rect, Role, UiBuilder, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use egui_kittest::{Harness, HarnessBuilder, SnapshotOptions};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The program, started when the first picture is drawn.
pub struct Lazy {
    launch: Launch,
    language: Language,
    program: Option<Program>,
    /// Whether the ground is painted, for pictures that are compared: the harness clears to nothing.
    cleared: bool,
}

/// A hall in a folder of its own, and the editor that it is open in.
pub struct Desk {
    /// The window.
    pub harness: Harness<'static, Lazy>,
    /// The document.
    pub hall: PathBuf,
    language: Language,
}

fn launch_of(hall: PathBuf, live: Option<LiveOptions>) -> Launch {
    Launch {
        media_folder: Some(hall.with_file_name("media")),
        settings: Some(hall.with_file_name("editor.json")),
        documents: hall.with_file_name("documents"),
        home: hall.parent().map(Path::to_owned),
        hall: Some(hall),
        live,
    }
}

impl Desk {
    /// Opens `text` in a window of `size`.
    pub fn open(name: &str, text: &str, language: Language, size: (f32, f32)) -> Self {
        Self::open_file(Self::write(name, text), language, size)
    }

    fn write(name: &str, text: &str) -> PathBuf {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(folder.join("media")).unwrap();
        let hall = folder.join("hall.toml");
        std::fs::write(&hall, text).unwrap();
        hall
    }

    /// Opens a document that is there.
    pub fn open_file(hall: PathBuf, language: Language, size: (f32, f32)) -> Self {
        Self::open_with(hall, None, language, size)
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
        Self::open_with(hall, Some(live), language, size)
    }

    fn open_with(hall: PathBuf, live: Option<LiveOptions>, language: Language, size: (f32, f32)) -> Self {
        Self::start(launch_of(hall, live), language, size, 1.0)
    }

    /// Opens a hall in what is drawn as the program's own window is, at the pace of a slow machine.
    pub fn open_as_window(name: &str, text: &str, language: Language, size: (f32, f32)) -> Self {
        let builder = Harness::builder().renderer(Window::new()).with_step_dt(1.0 / 15.0);
        Self::start_in(builder, launch_of(Self::write(name, text), None), language, size, false)
    }

    /// Starts the program in a window of `size` points, each of `pixels` pixels.
    pub fn start(launch: Launch, language: Language, size: (f32, f32), pixels: f32) -> Self {
        let builder = Harness::builder().with_pixels_per_point(pixels).wgpu();
        Self::start_in(builder, launch, language, size, true)
    }

    /// With `cleared` the ground is painted, which a window is cleared to, and the harness is not.
    fn start_in(
        builder: HarnessBuilder<Lazy>,
        launch: Launch,
        language: Language,
        size: (f32, f32),
        cleared: bool,
    ) -> Self {
        let hall = launch.hall.clone().unwrap_or_default();
        let lazy = Lazy { launch, language, program: None, cleared };
        let harness = builder
            .with_size(vec2(size.0, size.1))
            .with_render_cursor(false)
            .with_context_setup(editor::install)
            .build_ui_state(
                |ui, lazy: &mut Lazy| {
                    let Lazy { launch, language, program, cleared } = lazy;
                    let program = program.get_or_insert_with(|| {
                        let mut program = Program::open(launch.clone(), ui.ctx()).unwrap();
                        program.preferences_mut().language = *language;
                        program
                    });
                    // The harness leaves a margin around what it tests; a window has none.
                    let screen = ui.ctx().content_rect();
                    let mut whole = ui.new_child(UiBuilder::new().max_rect(screen));
                    whole.set_clip_rect(screen);
                    if *cleared {
                        // To this colour the program's own window is cleared.
                        whole.painter().rect_filled(screen, 0.0, whole.visuals().extreme_bg_color);
                    }
                    program.show(&mut whole);
                },
                lazy,
            );
        let mut desk = Self { harness, hall, language };
        desk.settle();
        desk
    }

    pub fn program(&mut self) -> &mut Program {
        self.harness.state_mut().program.as_mut().unwrap()
    }

    /// Whether a document is open.
    pub fn is_at_work(&self) -> bool {
        self.harness.state().program.as_ref().unwrap().editor().is_some()
    }

    pub fn editor(&self) -> &Editor {
        self.harness.state().program.as_ref().unwrap().editor().unwrap()
    }

    pub fn editor_mut(&mut self) -> &mut Editor {
        self.program().editor_mut().unwrap()
    }

    /// Draws until nothing changes any more and everything is composed. News of a controller may come in between and ask
    /// for one more picture.
    pub fn settle(&mut self) {
        for _ in 0..6 {
            self.draw_and_compose();
        }
        self.harness.run_steps(2);
        let begin = Instant::now();
        while self.is_behind() {
            assert!(begin.elapsed() < Duration::from_secs(30), "the canvas stays behind");
            self.draw_and_compose();
            self.harness.run_steps(1);
        }
        self.harness.check_accessibility();
    }

    fn draw_and_compose(&mut self) {
        self.harness.run_steps(2);
        if self.is_at_work() {
            self.editor().settle();
        }
    }

    /// Whether a picture of the canvas is still to come.
    fn is_behind(&self) -> bool {
        self.is_at_work() && self.editor().canvas().is_behind()
    }

    /// Draws until what is waited for has come about; news of the controller wake it.
    pub fn until(&mut self, what: &str, holds: impl Fn(&Editor) -> bool) {
        let begin = Instant::now();
        while !holds(self.editor()) {
            let known = self
                .editor()
                .live()
                .map(|live| (live.standing(), live.refusal(), live.done(), live.is_asking()));
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

    /// Whether the button that bears the name of a word can not be pressed.
    pub fn is_disabled(&self, word: Word) -> bool {
        self.harness.get_by_role_and_label(Role::Button, self.say(word)).accesskit_node().is_disabled()
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

    /// Puts words into the field that bears a name, in the place of those that are there.
    pub fn fill(&mut self, name: &str, words: &str) {
        let field = self.harness.get_by_role_and_label(Role::TextInput, name);
        field.focus();
        self.harness.run_steps(2);
        self.harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
        self.harness.run_steps(1);
        self.harness.get_by_role_and_label(Role::TextInput, name).type_text(words);
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
