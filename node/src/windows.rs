//! One window per screen, on the main thread, as window systems demand; pictures are put into them from elsewhere.
//!
//! The display engine runs on a thread of its own and never waits for this one. It asks for windows through a
//! [`WindowDoor`] and gets a [`Presenter`] for each; from then on it copies pictures straight into their surfaces.

use crate::display_node::{DisplayError, OpenWindows, Windows};
use crate::output::Present;
use layouts::{CanvasUnit, Screen};
use media::{NodeId, Size};
use renderer::Compositor;
use renderer::wgpu::{Presented, Presenter};
use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use winit::application::ApplicationHandler;
use winit::dpi::{PhysicalPosition, PhysicalSize};
use winit::event::{ElementState, WindowEvent};
use winit::event_loop::{ActiveEventLoop, EventLoop, EventLoopProxy};
use winit::keyboard::{Key, NamedKey};
use winit::window::{Fullscreen, Window, WindowId};

/// Why no window can be shown.
#[derive(Debug, thiserror::Error)]
pub enum WindowError {
    /// No display server answers.
    #[error("no display to open windows on: {0}; run with --headless, or set DISPLAY")]
    NoDisplay(String),
    /// The window system refuses a window.
    #[error("the window for screen {screen} cannot be opened: {why}")]
    Refused {
        /// Which screen.
        screen: String,
        /// The window system's words.
        why: String,
    },
}

/// A window to open.
#[derive(Debug, Clone)]
pub struct WindowWish {
    /// Title, and the name in faults.
    pub title: String,
    /// Whose window it is: several display nodes may share one window thread.
    pub node: NodeId,
    /// Where its top left corner lies in pixels, when it is no monitor's whole picture and the place is free.
    pub place: [i32; 2],
    /// Output number of the machine, from 1: the window fills that monitor when its resolution is the screen's.
    pub output: u32,
    /// The frame buffer's size in pixels.
    pub size: Size,
}

enum Ask {
    Open { wishes: Vec<WindowWish>, answer: Sender<Result<Vec<Presenter>, WindowError>> },
    Keep { node: NodeId, titles: Vec<String> },
    Quit,
}

/// Asks the window thread for windows, from any thread.
#[derive(Clone)]
pub struct WindowDoor {
    proxy: EventLoopProxy<Ask>,
}

impl WindowDoor {
    /// Opens one window per wish, in place of one with the same title, and gives their presenters in the same order.
    pub fn open(&self, wishes: Vec<WindowWish>) -> Result<Vec<Presenter>, WindowError> {
        let (answer, answers) = channel();
        let gone = || WindowError::NoDisplay("the window thread has ended".into());
        self.proxy.send_event(Ask::Open { wishes, answer }).map_err(|_| gone())?;
        answers.recv().map_err(|_| gone())?
    }

    /// Closes every window of `node` but those called `titles`.
    pub fn keep(&self, node: NodeId, titles: Vec<String>) {
        // A window thread that is already gone has closed them all.
        let _ = self.proxy.send_event(Ask::Keep { node, titles });
    }

    /// Ends the window thread.
    pub fn quit(&self) {
        // A window thread that is already gone needs no telling.
        let _ = self.proxy.send_event(Ask::Quit);
    }
}

impl Present for Presenter {
    fn present(&mut self, compositor: &mut dyn Compositor) -> Result<Presented, String> {
        self.present_from(compositor).map_err(|error| error.to_string())
    }
}

/// The windows of display nodes that share one window thread.
///
/// Event loop proxies may not be shared between threads, only sent: the lock makes one of the two out of the other.
struct DoorWindows(Mutex<WindowDoor>);

impl Windows for DoorWindows {
    fn open(&self, screens: &[&Screen]) -> Result<Vec<Box<dyn Present>>, DisplayError> {
        let wish = |screen: &&Screen| WindowWish {
            title: title(screen),
            node: screen.node.clone(),
            place: place(screen),
            output: screen.output_number,
            size: screen.output.size,
        };
        let door = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let presenters = door.open(screens.iter().map(wish).collect());
        let presenters = presenters.map_err(|error| DisplayError::Windows(error.to_string()))?;
        Ok(presenters.into_iter().map(|presenter| Box::new(presenter) as Box<dyn Present>).collect())
    }

    fn keep(&self, node: &NodeId, screens: &[&Screen]) {
        let door = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        door.keep(node.clone(), screens.iter().map(|screen| title(screen)).collect());
    }
}

fn title(screen: &Screen) -> String {
    format!("Taibai {}", screen.id)
}

/// Where a screen hangs on its wall, in its own pixels: the windows of all nodes on one desktop lie as the screens hang,
/// although no node knows of the others' windows.
fn place(screen: &Screen) -> [i32; 2] {
    let (area, pixels) = (screen.grid.area, screen.grid.size);
    let along = |at: CanvasUnit, pixels: u32, span: CanvasUnit| {
        let place = i128::from(at) * i128::from(pixels) / i128::from(span.max(1));
        i32::try_from(place).unwrap_or(0)
    };
    [along(area.x, pixels.width, area.width), along(area.y, pixels.height, area.height)]
}

/// What a display node calls to get a window per screen.
pub fn open_windows(door: &WindowDoor) -> OpenWindows {
    Arc::new(DoorWindows(Mutex::new(door.clone())))
}

/// The main thread's part.
pub struct WindowThread {
    event_loop: EventLoop<Ask>,
}

impl WindowThread {
    /// Connects to the display server. Must be called on the main thread.
    pub fn new() -> Result<Self, WindowError> {
        let event_loop = EventLoop::with_user_event()
            .build()
            .map_err(|error| WindowError::NoDisplay(error.to_string()))?;
        Ok(Self { event_loop })
    }

    /// A door to this thread's windows.
    pub fn door(&self) -> WindowDoor {
        WindowDoor { proxy: self.event_loop.create_proxy() }
    }

    /// Serves windows until [`WindowDoor::quit`], or until a person closes one or presses Escape, which is told through
    /// `closed`.
    pub fn run(self, closed: Sender<()>) -> Result<(), WindowError> {
        let mut app = App { windows: BTreeMap::new(), closed };
        self.event_loop.run_app(&mut app).map_err(|error| WindowError::NoDisplay(error.to_string()))
    }
}

/// A pair of ends on which a closed window is heard.
pub fn close_signal() -> (Sender<()>, Receiver<()>) {
    channel()
}

struct App {
    /// By title, that is by screen: a screen that is opened again replaces its window.
    windows: BTreeMap<String, Opened>,
    closed: Sender<()>,
}

/// A window, whose it is, and where it lies unless it fills a monitor.
struct Opened {
    node: NodeId,
    spot: Option<Spot>,
    _window: Arc<Window>,
}

impl App {
    fn open(
        &mut self,
        event_loop: &ActiveEventLoop,
        wishes: &[WindowWish],
    ) -> Result<Vec<Presenter>, WindowError> {
        let mut presenters = Vec::new();
        for wish in wishes {
            let refused = |why: String| WindowError::Refused { screen: wish.title.clone(), why };
            let others = self.windows.iter().filter(|(title, _)| **title != wish.title);
            let taken: Vec<Spot> = others.filter_map(|(_, opened)| opened.spot).collect();
            let (attributes, spot) = attributes_for(event_loop, wish, &taken);
            let window = event_loop.create_window(attributes).map_err(|error| refused(error.to_string()))?;
            window.set_cursor_visible(false);
            let window = Arc::new(window);
            let opened = Opened { node: wish.node.clone(), spot, _window: window.clone() };
            self.windows.insert(wish.title.clone(), opened);
            let presenter = Presenter::new(window, wish.size).map_err(|error| refused(error.to_string()))?;
            presenters.push(presenter);
        }
        Ok(presenters)
    }

    /// Closes what no screen of `node` is shown in any more.
    fn keep(&mut self, node: &NodeId, titles: &[String]) {
        self.windows.retain(|title, opened| opened.node != *node || titles.contains(title));
    }

    fn person_closed(&self, event_loop: &ActiveEventLoop) {
        // Nobody listening means the engine has ended already.
        let _ = self.closed.send(());
        event_loop.exit();
    }
}

/// A window's place on the desktop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Spot {
    place: [i32; 2],
    size: Size,
}

impl Spot {
    /// The first pixels beyond its right and lower edges.
    fn ends(&self) -> [i32; 2] {
        let [x, y] = self.place;
        [x.saturating_add_unsigned(self.size.width), y.saturating_add_unsigned(self.size.height)]
    }

    fn meets(&self, other: &Self) -> bool {
        let (ends, others) = (self.ends(), other.ends());
        (0..2).all(|axis| self.place[axis] < others[axis] && other.place[axis] < ends[axis])
    }

    /// The wished place where it is free, else the first one to the right of everything: screens of another wall, and
    /// screens that are turned and so larger than where they hang.
    fn free(wished: Self, taken: &[Self]) -> Self {
        if !taken.iter().any(|other| wished.meets(other)) {
            return wished;
        }
        let x = taken.iter().map(|other| other.ends()[0]).max().unwrap_or(0);
        Self { place: [x, 0], ..wished }
    }
}

/// Fills the wished monitor when it has the screen's resolution; otherwise a window of exactly that size where the screen
/// hangs.
fn attributes_for(
    event_loop: &ActiveEventLoop,
    wish: &WindowWish,
    taken: &[Spot],
) -> (winit::window::WindowAttributes, Option<Spot>) {
    let size = PhysicalSize::new(wish.size.width, wish.size.height);
    let attributes =
        Window::default_attributes().with_title(&wish.title).with_inner_size(size).with_decorations(false);
    let monitor = event_loop
        .available_monitors()
        .nth(wish.output.saturating_sub(1) as usize)
        .filter(|monitor| monitor.size() == size);
    match monitor {
        Some(monitor) => (attributes.with_fullscreen(Some(Fullscreen::Borderless(Some(monitor)))), None),
        None => {
            let spot = Spot::free(Spot { place: wish.place, size: wish.size }, taken);
            let [x, y] = spot.place;
            let place = PhysicalPosition::new(x, y);
            (attributes.with_position(place).with_resizable(false), Some(spot))
        }
    }
}

impl ApplicationHandler<Ask> for App {
    fn resumed(&mut self, _event_loop: &ActiveEventLoop) {}

    fn user_event(&mut self, event_loop: &ActiveEventLoop, ask: Ask) {
        match ask {
            Ask::Open { wishes, answer } => {
                // An engine that stopped waiting has no use for the windows.
                let _ = answer.send(self.open(event_loop, &wishes));
            }
            Ask::Keep { node, titles } => self.keep(&node, &titles),
            Ask::Quit => event_loop.exit(),
        }
    }

    fn window_event(&mut self, event_loop: &ActiveEventLoop, _window: WindowId, event: WindowEvent) {
        match event {
            WindowEvent::CloseRequested => self.person_closed(event_loop),
            WindowEvent::KeyboardInput { event, .. }
                if event.state == ElementState::Pressed
                    && event.logical_key == Key::Named(NamedKey::Escape) =>
            {
                self.person_closed(event_loop);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A wall of two nodes.
    const HALL: &str = r#"
version = 1
[hall]
name = "h"
[[wall]]
id = "w"
canvas_px_per_mm = 1
[[wall.screen]]
id = "a"
node = "n1"
output = 1
resolution = [1280, 720]
position_mm = [0, 0]
size_mm = [640, 360]
[[wall.screen]]
id = "b"
node = "n2"
output = 1
resolution = [1280, 720]
position_mm = [640, 0]
size_mm = [640, 360]
[[wall.screen]]
id = "c"
node = "n1"
output = 2
resolution = [1280, 720]
position_mm = [0, 360]
size_mm = [640, 360]
"#;

    #[test]
    fn the_windows_of_all_nodes_lie_as_the_screens_hang() {
        let layout = layouts::parse(HALL, "hall.toml").unwrap();
        let places: Vec<[i32; 2]> = layout.screens().map(|(_, screen)| place(screen)).collect();
        assert_eq!(places, [[0, 0], [1280, 0], [0, 720]]);
    }

    #[test]
    fn no_window_covers_another_of_its_process() {
        let spot = |x, y, width, height| Spot { place: [x, y], size: Size::new(width, height) };
        let taken = [spot(0, 0, 1280, 720), spot(1280, 0, 1280, 720)];
        assert_eq!(Spot::free(spot(0, 720, 1280, 720), &taken), spot(0, 720, 1280, 720));
        assert_eq!(Spot::free(spot(0, 0, 1920, 1080), &taken), spot(2560, 0, 1920, 1080));
        assert_eq!(Spot::free(spot(1279, 10, 8, 8), &taken), spot(2560, 0, 8, 8));
    }
}
