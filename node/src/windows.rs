//! One window per screen, on the main thread, as window systems demand; pictures are put into them from elsewhere.
//!
//! The display engine runs on a thread of its own and never waits for this one. It asks for windows through a
//! [`WindowDoor`] and gets a [`Presenter`] for each; from then on it copies pictures straight into their surfaces.

use crate::display_node::{DisplayError, OpenWindows};
use crate::output::Present;
use layouts::Screen;
use media::Size;
use renderer::Compositor;
use renderer::wgpu::Presenter;
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
    /// Output number of the machine, from 1: the window fills that monitor when its resolution is the screen's.
    pub output: u32,
    /// The frame buffer's size in pixels.
    pub size: Size,
}

enum Ask {
    Open { wishes: Vec<WindowWish>, answer: Sender<Result<Vec<Presenter>, WindowError>> },
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

    /// Ends the window thread.
    pub fn quit(&self) {
        // A window thread that is already gone needs no telling.
        let _ = self.proxy.send_event(Ask::Quit);
    }
}

impl Present for Presenter {
    fn present(&mut self, compositor: &mut dyn Compositor) -> Result<(), String> {
        // A window that takes no picture just now, hidden or busy, is no fault: the next tick brings another.
        self.present_from(compositor).map(|_| ()).map_err(|error| error.to_string())
    }
}

/// What a display node calls to get a window per screen.
pub fn open_windows(door: &WindowDoor) -> OpenWindows {
    // Event loop proxies may not be shared between threads, only sent: the lock makes one of the two out of the other.
    let door = Mutex::new(door.clone());
    Arc::new(move |screens: &[&Screen]| {
        let wish = |screen: &&Screen| WindowWish {
            title: format!("Taibai {}", screen.id),
            output: screen.output_number,
            size: screen.output.size,
        };
        let door = door.lock().unwrap_or_else(PoisonError::into_inner);
        let presenters = door.open(screens.iter().map(wish).collect());
        let presenters = presenters.map_err(|error| DisplayError::Windows(error.to_string()))?;
        Ok(presenters.into_iter().map(|presenter| Box::new(presenter) as Box<dyn Present>).collect())
    })
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
    windows: BTreeMap<String, Arc<Window>>,
    closed: Sender<()>,
}

impl App {
    fn open(
        &mut self,
        event_loop: &ActiveEventLoop,
        wishes: &[WindowWish],
    ) -> Result<Vec<Presenter>, WindowError> {
        let mut next_x = 0;
        let mut presenters = Vec::new();
        for wish in wishes {
            let refused = |why: String| WindowError::Refused { screen: wish.title.clone(), why };
            let attributes = attributes_for(event_loop, wish, &mut next_x);
            let window = event_loop.create_window(attributes).map_err(|error| refused(error.to_string()))?;
            window.set_cursor_visible(false);
            let window = Arc::new(window);
            self.windows.insert(wish.title.clone(), window.clone());
            let presenter = Presenter::new(window, wish.size).map_err(|error| refused(error.to_string()))?;
            presenters.push(presenter);
        }
        Ok(presenters)
    }

    fn person_closed(&self, event_loop: &ActiveEventLoop) {
        // Nobody listening means the engine has ended already.
        let _ = self.closed.send(());
        event_loop.exit();
    }
}

/// Fills the wished monitor when it has the screen's resolution; otherwise a window of exactly that size, side by side.
fn attributes_for(
    event_loop: &ActiveEventLoop,
    wish: &WindowWish,
    next_x: &mut i32,
) -> winit::window::WindowAttributes {
    let size = PhysicalSize::new(wish.size.width, wish.size.height);
    let attributes =
        Window::default_attributes().with_title(&wish.title).with_inner_size(size).with_decorations(false);
    let monitor = event_loop
        .available_monitors()
        .nth(wish.output.saturating_sub(1) as usize)
        .filter(|monitor| monitor.size() == size);
    match monitor {
        Some(monitor) => attributes.with_fullscreen(Some(Fullscreen::Borderless(Some(monitor)))),
        None => {
            let place = PhysicalPosition::new(*next_x, 0);
            *next_x = next_x.saturating_add_unsigned(wish.size.width);
            attributes.with_position(place).with_resizable(false)
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
