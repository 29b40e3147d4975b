//! The editor in a window of its own.

use crate::app::OpenError;
use crate::program::{Launch, Program, RowsOf};
use crate::style::install;
use eframe::NativeOptions;
use egui::ViewportBuilder;
use egui_wgpu::{SurfaceConfig, WgpuConfiguration, WgpuSetup, WgpuSetupCreateNew};

/// Why the editor has ended.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The document cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// There is no window.
    #[error("no window can be opened: {0}; is there a display, and a Vulkan driver (mesa-vulkan-drivers)?")]
    Window(String),
}

/// Opens a window on what `launch` says and returns when it is closed. `rows_of` gives who answers the queries of a document.
pub fn run(launch: Launch, rows_of: RowsOf) -> Result<(), RunError> {
    // A document that is wrong is said before a window opens.
    let context = egui::Context::default();
    install(&context);
    let mut program = Program::open(launch, &context)?;
    program.answer_with(rows_of);
    show(program, context)
}

fn show(program: Program, context: egui::Context) -> Result<(), RunError> {
    // On X11 the window's class is the name of the program, `taibai`: winit takes it from there, and egui gives it another one on
    // Wayland alone, which this program does not speak.
    let viewport = ViewportBuilder::default()
        .with_title("Taibai")
        .with_inner_size([1440.0, 900.0])
        .with_min_inner_size([960.0, 600.0]);
    let native = NativeOptions {
        viewport,
        wgpu_options: wgpu_options(),
        renderer: eframe::Renderer::Wgpu,
        system_font_fallback: false,
        dithering: false,
        persist_window: false,
        ..NativeOptions::default()
    };
    let creator: eframe::AppCreator<'_> = Box::new(move |_| Ok(Box::new(program)));
    eframe::run_native_ext("taibai-editor", native, Some(context), creator)
        .map_err(|error| RunError::Window(error.to_string()))
}

/// Vulkan alone, as everywhere in Taibai.
fn wgpu_options() -> WgpuConfiguration {
    let mut setup = WgpuSetupCreateNew::without_display_handle();
    setup.instance_descriptor.backends = egui_wgpu::wgpu::Backends::VULKAN;
    WgpuConfiguration {
        surface: SurfaceConfig::LOW_LATENCY,
        wgpu_setup: WgpuSetup::CreateNew(setup),
        ..WgpuConfiguration::default()
    }
}
