//! Drawing a finished frame buffer into a surface's texture, pixel for pixel, without a copy to the CPU.

use super::device::WgpuDevice;
use ::wgpu::{
    BindGroupLayout, BindGroupLayoutEntry, BindingType, Buffer, BufferBindingType, BufferUsages,
    CommandEncoder, RenderPipeline, ShaderStages, TextureFormat, TextureView,
};
use media::Size;
use shaders::structs::Screen;
use shaders::{PRESENT_ENTRIES, Shader};

/// The pipeline of [`Shader::Present`] for one texture format.
#[derive(Debug)]
pub(super) struct Blit {
    pipeline: RenderPipeline,
    layout: BindGroupLayout,
    screen: Buffer,
}

impl Blit {
    /// Compiles the shader for textures of `format`; faults are the device's to report.
    pub(super) fn new(device: &WgpuDevice, format: TextureFormat) -> Self {
        let device = &device.device;
        let entry = |binding, ty| BindGroupLayoutEntry {
            binding,
            visibility: ShaderStages::FRAGMENT,
            ty: BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None },
            count: None,
        };
        let layout = device.create_bind_group_layout(&::wgpu::BindGroupLayoutDescriptor {
            label: Some("present"),
            entries: &[
                entry(0, BufferBindingType::Uniform),
                entry(1, BufferBindingType::Storage { read_only: true }),
            ],
        });
        let module = device.create_shader_module(::wgpu::ShaderModuleDescriptor {
            label: Some(Shader::Present.name()),
            source: ::wgpu::ShaderSource::Wgsl(Shader::Present.source().into()),
        });
        let pipeline_layout = device.create_pipeline_layout(&::wgpu::PipelineLayoutDescriptor {
            label: Some("present"),
            bind_group_layouts: &[Some(&layout)],
            ..Default::default()
        });
        let pipeline = device.create_render_pipeline(&::wgpu::RenderPipelineDescriptor {
            label: Some("present"),
            layout: Some(&pipeline_layout),
            vertex: ::wgpu::VertexState {
                module: &module,
                entry_point: Some(PRESENT_ENTRIES.0),
                compilation_options: Default::default(),
                buffers: &[],
            },
            fragment: Some(::wgpu::FragmentState {
                module: &module,
                entry_point: Some(PRESENT_ENTRIES.1),
                compilation_options: Default::default(),
                targets: &[Some(format.into())],
            }),
            primitive: Default::default(),
            depth_stencil: None,
            multisample: Default::default(),
            multiview_mask: None,
            cache: None,
        });
        let screen = device.create_buffer(&::wgpu::BufferDescriptor {
            label: Some("screen"),
            size: size_of::<Screen>() as u64,
            usage: BufferUsages::UNIFORM | BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        Self { pipeline, layout, screen }
    }

    /// Draws `pixels`, a word each, rows of `size.width` without padding, over all of `view`.
    pub(super) fn draw(
        &self,
        device: &WgpuDevice,
        encoder: &mut CommandEncoder,
        view: &TextureView,
        pixels: &Buffer,
        size: Size,
    ) {
        let screen = Screen { width: size.width, height: size.height, ..Default::default() };
        device.queue.write_buffer(&self.screen, 0, bytemuck::bytes_of(&screen));
        let bound = device.device.create_bind_group(&::wgpu::BindGroupDescriptor {
            label: Some("present"),
            layout: &self.layout,
            entries: &[
                ::wgpu::BindGroupEntry { binding: 0, resource: self.screen.as_entire_binding() },
                ::wgpu::BindGroupEntry { binding: 1, resource: pixels.as_entire_binding() },
            ],
        });
        let mut pass = encoder.begin_render_pass(&::wgpu::RenderPassDescriptor {
            label: Some("present"),
            color_attachments: &[Some(::wgpu::RenderPassColorAttachment {
                view,
                depth_slice: None,
                resolve_target: None,
                ops: ::wgpu::Operations {
                    load: ::wgpu::LoadOp::Clear(::wgpu::Color::BLACK),
                    store: ::wgpu::StoreOp::Store,
                },
            })],
            ..Default::default()
        });
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &bound, &[]);
        pass.draw(0..3, 0..1);
    }
}

#[cfg(test)]
mod tests {
    use super::super::device::Prefer;
    use super::super::pool::storage_buffer;
    use super::*;

    #[test]
    fn every_byte_comes_through() {
        let Ok(device) = WgpuDevice::new(&Prefer::Software) else {
            let ci = std::env::var("CI").is_ok_and(|value| !value.is_empty() && value != "false");
            assert!(!ci, "continuous integration must draw");
            eprintln!("NOT DRAWN: no software rasteriser");
            return;
        };
        // Rows of 256 bytes, as copies from textures want them; all byte values in every channel.
        let size = Size::new(64, 16);
        let pixel = |index: u32| [index as u8, (index * 7) as u8, (index * 31 + 5) as u8, 255];
        let bytes: Vec<u8> = (0..64 * 16).flat_map(pixel).collect();
        let pixels = storage_buffer(&device, bytes.len() as u64).unwrap();
        device.queue.write_buffer(&pixels, 0, &bytes);
        let texture = device.device.create_texture(&::wgpu::TextureDescriptor {
            label: None,
            size: ::wgpu::Extent3d { width: 64, height: 16, depth_or_array_layers: 1 },
            mip_level_count: 1,
            sample_count: 1,
            dimension: ::wgpu::TextureDimension::D2,
            format: TextureFormat::Bgra8Unorm,
            usage: ::wgpu::TextureUsages::RENDER_ATTACHMENT | ::wgpu::TextureUsages::COPY_SRC,
            view_formats: &[],
        });
        let staging = device.device.create_buffer(&::wgpu::BufferDescriptor {
            label: None,
            size: bytes.len() as u64,
            usage: BufferUsages::MAP_READ | BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let blit = Blit::new(&device, TextureFormat::Bgra8Unorm);
        let mut encoder = device.device.create_command_encoder(&Default::default());
        blit.draw(&device, &mut encoder, &texture.create_view(&Default::default()), &pixels, size);
        let layout =
            ::wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(256), rows_per_image: None };
        encoder.copy_texture_to_buffer(
            texture.as_image_copy(),
            ::wgpu::TexelCopyBufferInfo { buffer: &staging, layout },
            texture.size(),
        );
        device.queue.submit([encoder.finish()]);
        staging.map_async(::wgpu::MapMode::Read, .., |result| result.unwrap());
        device.device.poll(::wgpu::PollType::wait_indefinitely()).unwrap();
        assert_eq!(device.take_fault(), None);
        assert_eq!(staging.get_mapped_range(..).unwrap()[..], bytes[..]);
    }
}
