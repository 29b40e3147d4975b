//! Draws as the program's own window is drawn, for speed: textures are filtered by the graphics device, and a finished picture is
//! copied once, as for the screen, and not read back.

use egui::{Context, FullOutput, TexturesDelta};
use egui_kittest::TestRenderer;
use egui_kittest::wgpu::{create_render_state, default_wgpu_setup};
use egui_wgpu::wgpu::{
    Buffer, BufferDescriptor, BufferUsages, Color, CommandEncoderDescriptor, Extent3d, LoadOp, Operations,
    PollType, RenderPassColorAttachment, RenderPassDescriptor, StoreOp, TexelCopyBufferInfo,
    TexelCopyBufferLayout, Texture, TextureDescriptor, TextureDimension, TextureUsages,
    TextureViewDescriptor,
};
use egui_wgpu::{RenderState, RendererOptions, ScreenDescriptor};
use image::RgbaImage;

/// A window without a screen.
pub struct Window {
    state: RenderState,
    surface: Option<(Texture, Buffer)>,
}

impl Window {
    pub fn new() -> Self {
        let own = RendererOptions { dithering: false, ..RendererOptions::default() };
        Self { state: create_render_state(default_wgpu_setup(), own), surface: None }
    }
}

/// Bytes of a row in a buffer.
fn row_bytes(width: u32) -> u32 {
    (width * 4).next_multiple_of(egui_wgpu::wgpu::COPY_BYTES_PER_ROW_ALIGNMENT)
}

impl TestRenderer for Window {
    fn handle_delta(&mut self, delta: &mut TexturesDelta) {
        let mut renderer = self.state.renderer.write();
        for (id, images) in delta.set.drain() {
            for image in images {
                renderer.update_texture(&self.state.device, &self.state.queue, id, &image);
            }
        }
        delta.free.drain().for_each(|id| renderer.free_texture(&id));
    }

    fn render(&mut self, context: &Context, output: &FullOutput) -> Result<RgbaImage, String> {
        let RenderState { device, queue, renderer, target_format, .. } = &self.state;
        let pixels_per_point = context.pixels_per_point();
        let size = context.content_rect().size() * pixels_per_point;
        let (width, height) = (size.x.round() as u32, size.y.round() as u32);
        let extent = Extent3d { width, height, depth_or_array_layers: 1 };
        let (texture, buffer) = self.surface.get_or_insert_with(|| {
            let texture = device.create_texture(&TextureDescriptor {
                label: None,
                size: extent,
                mip_level_count: 1,
                sample_count: 1,
                dimension: TextureDimension::D2,
                format: *target_format,
                usage: TextureUsages::RENDER_ATTACHMENT | TextureUsages::COPY_SRC,
                view_formats: &[],
            });
            let buffer = device.create_buffer(&BufferDescriptor {
                label: None,
                size: u64::from(row_bytes(width)) * u64::from(height),
                usage: BufferUsages::COPY_DST,
                mapped_at_creation: false,
            });
            (texture, buffer)
        });
        let screen = ScreenDescriptor { pixels_per_point, size_in_pixels: [width, height] };
        let jobs = context.tessellate(output.shapes.clone(), pixels_per_point);
        let mut encoder = device.create_command_encoder(&CommandEncoderDescriptor::default());
        let mut renderer = renderer.write();
        let buffers = renderer.update_buffers(device, queue, &mut encoder, &jobs, &screen);
        let view = texture.create_view(&TextureViewDescriptor::default());
        let cleared = Operations { load: LoadOp::Clear(Color::BLACK), store: StoreOp::Store };
        let attachment =
            RenderPassColorAttachment { view: &view, resolve_target: None, ops: cleared, depth_slice: None };
        let pass = RenderPassDescriptor { color_attachments: &[Some(attachment)], ..Default::default() };
        renderer.render(&mut encoder.begin_render_pass(&pass).forget_lifetime(), &jobs, &screen);
        let layout =
            TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(row_bytes(width)), rows_per_image: None };
        encoder.copy_texture_to_buffer(
            texture.as_image_copy(),
            TexelCopyBufferInfo { buffer, layout },
            extent,
        );
        queue.submit(buffers.into_iter().chain([encoder.finish()]));
        device.poll(PollType::wait_indefinitely()).map_err(|error| error.to_string())?;
        Ok(RgbaImage::new(1, 1))
    }
}
