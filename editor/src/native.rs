//! The editor in a window of its own.

use crate::app::{Editor, OpenError, Options};
use crate::live::LiveOptions;
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

/// Opens `options` in a window and returns when it is closed.
pub fn run(options: Options) -> Result<(), RunError> {
    // A document that is wrong is said before a window opens.
    let context = egui::Context::default();
    install(&context);
    let editor = Editor::open(options, &context)?;
    show(editor, context)
}

/// Opens a controller's document in a window, as [`Editor::open_live`] does, and returns when it is closed.
pub fn run_live(options: Options, live: LiveOptions) -> Result<(), RunError> {
    let context = egui::Context::default();
    install(&context);
    let editor = Editor::open_live(options, live, &context)?;
    show(editor, context)
}

fn show(editor: Editor, context: egui::Context) -> Result<(), RunError> {
    let title = format!("{} · Taibai", editor.file().display());
    let viewport = ViewportBuilder::default()
        .with_title(title)
        .with_app_id("taibai-editor")
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
    let creator: eframe::AppCreator<'_> = Box::new(move |_| Ok(Box::new(editor)));
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
