//! Pictures into windows: composed bytes are copied into the surface, a device's own picture is drawn into it.

use super::device::{DeviceError, WgpuDevice};
use crate::picture::Picture;
use ::wgpu::{CurrentSurfaceTexture, PresentMode, TextureFormat, TextureUsages};
use media::Size;
use std::sync::Arc;

/// Why a picture could not be put into a window.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PresentError {
    /// No graphics device.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The window cannot be drawn into.
    #[error("the window cannot be drawn into: {0}")]
    Surface(String),
    /// The window offers no format of eight plain bits.
    #[error("the window offers none of BGRA and RGBA with 8 bits; it has {0}")]
    Format(String),
    /// The window takes no copies.
    #[error("the window's surface takes no copies on adapter {0}")]
    Copies(String),
    /// The device complains.
    #[error("the graphics device failed: {0}")]
    Failed(String),
}

/// What became of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presented {
    /// It is on its way to the screen.
    Shown,
    /// The window takes none just now (hidden, or still busy); nothing is wrong.
    Skipped,
}

/// A window's surface.
#[derive(Debug)]
pub struct Presenter {
    device: Arc<WgpuDevice>,
    surface: ::wgpu::Surface<'static>,
    configuration: ::wgpu::SurfaceConfiguration,
    /// Red before blue, where the surface has no BGRA: the bytes are turned on the way.
    swapped: Option<Vec<u8>>,
}

impl Presenter {
    /// A presenter for a window of `size` pixels, on the process's shared device.
    ///
    /// `target` is anything with window and display handles that may be kept, such as `Arc<winit::window::Window>`.
    pub fn new(target: impl Into<::wgpu::SurfaceTarget<'static>>, size: Size) -> Result<Self, PresentError> {
        Self::with_device(&WgpuDevice::shared()?, target, size)
    }

    /// The same on a device of the caller's choice.
    pub fn with_device(
        device: &Arc<WgpuDevice>,
        target: impl Into<::wgpu::SurfaceTarget<'static>>,
        size: Size,
    ) -> Result<Self, PresentError> {
        let surface = device
            .instance
            .create_surface(target)
            .map_err(|error| PresentError::Surface(error.to_string()))?;
        let offered = surface.get_capabilities(&device.adapter);
        let formats = [TextureFormat::Bgra8Unorm, TextureFormat::Rgba8Unorm];
        let format = formats.into_iter().find(|format| offered.formats.contains(format));
        let format = format.ok_or_else(|| PresentError::Format(format!("{:?}", offered.formats)))?;
        if !offered.usages.contains(TextureUsages::COPY_DST) {
            return Err(PresentError::Copies(device.summary().name.clone()));
        }
        // A newer picture replaces one that still waits, so presenting never blocks and never tears.
        let modes = [PresentMode::Mailbox, PresentMode::Immediate, PresentMode::Fifo];
        let mode = modes.into_iter().find(|mode| offered.present_modes.contains(mode));
        let mut configuration = surface
            .get_default_config(&device.adapter, size.width.max(1), size.height.max(1))
            .ok_or_else(|| PresentError::Surface("the adapter cannot reach it".into()))?;
        configuration.format = format;
        configuration.usage = TextureUsages::RENDER_ATTACHMENT | TextureUsages::COPY_DST;
        configuration.present_mode = mode.unwrap_or(PresentMode::Fifo);
        configuration.view_formats.clear();
        surface.configure(&device.device, &configuration);
        let swapped = (format == TextureFormat::Rgba8Unorm).then(Vec::new);
        let presenter = Self { device: Arc::clone(device), surface, configuration, swapped };
        presenter.checked()?;
        Ok(presenter)
    }

    /// The device that it presents with.
    pub fn device(&self) -> &Arc<WgpuDevice> {
        &self.device
    }

    /// Tells it that the window has another size now.
    pub fn resize(&mut self, size: Size) {
        self.configuration.width = size.width.max(1);
        self.configuration.height = size.height.max(1);
        self.surface.configure(&self.device.device, &self.configuration);
    }

    /// Copies `picture` into the window, from its top left corner as far as both reach.
    ///
    /// The error is about this picture; the next one may be tried again unless the device
    /// [is lost](WgpuDevice::lost).
    pub fn present(&mut self, picture: &Picture<'_>) -> Result<Presented, PresentError> {
        let Some(target) = self.acquire()? else { return Ok(Presented::Skipped) };
        let width = picture.size.width.min(target.texture.width());
        let height = picture.size.height.min(target.texture.height());
        let bytes = match &mut self.swapped {
            None => picture.bytes,
            Some(swapped) => {
                swapped.clear();
                swapped.extend_from_slice(picture.bytes);
                swapped.chunks_exact_mut(4).for_each(|pixel| pixel.swap(0, 2));
                swapped
            }
        };
        self.device.queue.write_texture(
            target.texture.as_image_copy(),
            bytes,
            ::wgpu::TexelCopyBufferLayout {
                offset: 0,
                bytes_per_row: Some(picture.stride as u32),
                rows_per_image: None,
            },
            ::wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
        );
        self.show(target)
    }

    /// The surface's next texture; `None` when the window takes none just now.
    fn acquire(&mut self) -> Result<Option<::wgpu::SurfaceTexture>, PresentError> {
        for _ in 0..2 {
            match self.surface.get_current_texture() {
                CurrentSurfaceTexture::Success(texture) => return Ok(Some(texture)),
                CurrentSurfaceTexture::Suboptimal(texture) => return Ok(Some(texture)),
                CurrentSurfaceTexture::Timeout | CurrentSurfaceTexture::Occluded => return Ok(None),
                CurrentSurfaceTexture::Outdated | CurrentSurfaceTexture::Lost => {
                    self.surface.configure(&self.device.device, &self.configuration);
                }
                CurrentSurfaceTexture::Validation => break,
            }
        }
        self.checked()?;
        Err(PresentError::Surface("it is gone".into()))
    }

    /// Sends a filled texture to the screen.
    fn show(&self, target: ::wgpu::SurfaceTexture) -> Result<Presented, PresentError> {
        // Copies begun by `write_texture` are carried out by the next submission, even an empty one.
        self.device.queue.submit([]);
        self.device.queue.present(target);
        self.checked()?;
        Ok(Presented::Shown)
    }

    fn checked(&self) -> Result<(), PresentError> {
        self.device.take_fault().map_or(Ok(()), |fault| Err(PresentError::Failed(fault)))
    }
}
