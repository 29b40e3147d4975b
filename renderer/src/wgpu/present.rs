//! Pictures into windows: bytes that the CPU has composed are copied into the surface, what the device has composed
//! is drawn into it. On a software rasteriser a copy costs a tenth of a drawing (`FACTS.md` section 3).

use super::blit::Blit;
use super::compositor::WgpuCompositor;
use super::device::{DeviceError, WgpuDevice};
use super::pool::storage_buffer;
use crate::picture::Picture;
use crate::{ComposeError, Compositor};
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
    /// The compositor paints on another device than the window's.
    #[error("the picture was composed on another device, {0}, than the window's")]
    OtherDevice(String),
    /// The picture cannot be fetched, or does not fit the device's memory.
    #[error(transparent)]
    Picture(#[from] ComposeError),
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
    /// Whether the surface takes copies of BGRA bytes; else they are drawn.
    copies: bool,
    /// Made when first something is drawn.
    blit: Option<Blit>,
    /// Where pictures that are not copied wait to be drawn.
    staging: Option<::wgpu::Buffer>,
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
        let copies = format == TextureFormat::Bgra8Unorm && offered.usages.contains(TextureUsages::COPY_DST);
        // A newer picture replaces one that still waits, so presenting never blocks and never tears.
        let modes = [PresentMode::Mailbox, PresentMode::Immediate, PresentMode::Fifo];
        let mode = modes.into_iter().find(|mode| offered.present_modes.contains(mode));
        let mut configuration = surface
            .get_default_config(&device.adapter, size.width.max(1), size.height.max(1))
            .ok_or_else(|| PresentError::Surface("the adapter cannot reach it".into()))?;
        configuration.format = format;
        configuration.usage = TextureUsages::RENDER_ATTACHMENT;
        configuration.usage.set(TextureUsages::COPY_DST, copies);
        configuration.present_mode = mode.unwrap_or(PresentMode::Fifo);
        configuration.view_formats.clear();
        surface.configure(&device.device, &configuration);
        let device = Arc::clone(device);
        let presenter = Self { device, surface, configuration, copies, blit: None, staging: None };
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

    /// Puts `picture` into the window, from its top left corner as far as both reach.
    ///
    /// The error is about this picture; the next one may be tried again unless the device
    /// [is lost](WgpuDevice::lost).
    pub fn present(&mut self, picture: &Picture<'_>) -> Result<Presented, PresentError> {
        let Some(target) = self.acquire()? else { return Ok(Presented::Skipped) };
        if !self.copies {
            let pixels = self.upload(picture)?;
            return self.draw(target, &pixels, picture.size);
        }
        let width = picture.size.width.min(target.texture.width());
        let height = picture.size.height.min(target.texture.height());
        self.device.queue.write_texture(
            target.texture.as_image_copy(),
            picture.bytes,
            ::wgpu::TexelCopyBufferLayout {
                offset: 0,
                bytes_per_row: Some(picture.stride as u32),
                rows_per_image: None,
            },
            ::wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
        );
        // Copies begun by `write_texture` are carried out by the next submission, even an empty one.
        self.device.queue.submit([]);
        self.show(target)
    }

    /// Shows what `compositor` has composed: drawn where it lies if that is this window's device, else copied.
    pub fn present_from(&mut self, compositor: &mut dyn Compositor) -> Result<Presented, PresentError> {
        match compositor.as_wgpu().filter(|composed| Arc::ptr_eq(&self.device, composed.device())) {
            Some(composed) => self.present_composed(composed),
            None => self.present(&compositor.picture()?),
        }
    }

    /// Draws what `compositor` has composed into the window, without reading it back.
    ///
    /// Errors: as [`Self::present`], and a compositor on another device. Before its first tick nothing is shown.
    pub fn present_composed(&mut self, compositor: &WgpuCompositor) -> Result<Presented, PresentError> {
        if !Arc::ptr_eq(&self.device, compositor.device()) {
            return Err(PresentError::OtherDevice(compositor.device().summary().name.clone()));
        }
        let Some(composed) = compositor.target() else { return Ok(Presented::Skipped) };
        let Some(target) = self.acquire()? else { return Ok(Presented::Skipped) };
        self.draw(target, &composed.buffer, composed.output.size)
    }

    /// Sends a picture to the device, rows without padding.
    fn upload(&mut self, picture: &Picture<'_>) -> Result<::wgpu::Buffer, PresentError> {
        let bytes = picture.size.area() * 4;
        let fitting = self.staging.take().filter(|staging| staging.size() == bytes);
        let staging = fitting.map_or_else(|| storage_buffer(&self.device, bytes), Ok)?;
        for y in 0..picture.size.height {
            let at = u64::from(y) * u64::from(picture.size.width) * 4;
            self.device.queue.write_buffer(&staging, at, picture.row(y));
        }
        self.staging = Some(staging.clone());
        Ok(staging)
    }

    /// Draws `pixels` into the surface's texture and shows it.
    fn draw(
        &mut self,
        target: ::wgpu::SurfaceTexture,
        pixels: &::wgpu::Buffer,
        size: Size,
    ) -> Result<Presented, PresentError> {
        let blit = self.blit.get_or_insert_with(|| Blit::new(&self.device, self.configuration.format));
        let mut encoder = self.device.device.create_command_encoder(&Default::default());
        let view = target.texture.create_view(&Default::default());
        blit.draw(&self.device, &mut encoder, &view, pixels, size);
        self.device.queue.submit([encoder.finish()]);
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
        self.device.queue.present(target);
        self.checked()?;
        Ok(Presented::Shown)
    }

    fn checked(&self) -> Result<(), PresentError> {
        self.device.take_fault().map_or(Ok(()), |fault| Err(PresentError::Failed(fault)))
    }
}
