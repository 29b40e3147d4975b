//! The compiled shaders and what they are bound to.

use ::wgpu::{
    BindGroup, BindGroupEntry, BindGroupLayout, BindGroupLayoutEntry, BindingResource, BindingType, Buffer,
    BufferBinding, BufferBindingType, ComputePipeline, Device, ShaderStages,
};
use shaders::Shader;
use std::num::NonZeroU64;

/// Bytes from one uniform structure to the next: the largest alignment that any device asks for.
pub(super) const UNIFORM_STRIDE: u64 = 256;

/// Every compute pipeline of the compositor.
#[derive(Debug)]
pub(super) struct Pipelines {
    pub fill: ComputePipeline,
    pub bitmap: ComputePipeline,
    pub yuv: ComputePipeline,
    pub bgra: ComputePipeline,
    pub boxes: ComputePipeline,
    items: BindGroupLayout,
    prefilter: BindGroupLayout,
}

impl Pipelines {
    /// Compiles all shaders; faults are the device's to report.
    pub(super) fn new(device: &Device) -> Self {
        let storage = |read_only| BindingType::Buffer {
            ty: BufferBindingType::Storage { read_only },
            has_dynamic_offset: false,
            min_binding_size: None,
        };
        let uniform = |bytes: usize| BindingType::Buffer {
            ty: BufferBindingType::Uniform,
            has_dynamic_offset: true,
            min_binding_size: NonZeroU64::new(bytes as u64),
        };
        let item = uniform(size_of::<shaders::structs::Item>());
        let items = layout(device, "items", &[item, storage(false), storage(true), storage(true)]);
        let boxes = uniform(size_of::<shaders::structs::Boxes>());
        let prefilter = layout(device, "prefilter", &[boxes, storage(false), storage(true)]);
        Self {
            fill: pipeline(device, Shader::Fill, &items),
            bitmap: pipeline(device, Shader::Bitmap, &items),
            yuv: pipeline(device, Shader::Yuv, &items),
            bgra: pipeline(device, Shader::Bgra, &items),
            boxes: pipeline(device, Shader::Boxes, &prefilter),
            items,
            prefilter,
        }
    }

    /// Binds a painting shader to uniforms, frame buffer, tables and samples, in this order.
    pub(super) fn bind_items(
        &self,
        device: &Device,
        [uniforms, target, tables, samples]: [&Buffer; 4],
    ) -> BindGroup {
        let item = window(uniforms, size_of::<shaders::structs::Item>());
        let resources =
            [item, target.as_entire_binding(), tables.as_entire_binding(), samples.as_entire_binding()];
        group(device, &self.items, resources)
    }

    /// Binds the prefilter: uniforms, where boxes go, where samples come from.
    pub(super) fn bind_boxes(
        &self,
        device: &Device,
        uniforms: &Buffer,
        to: &Buffer,
        from: &Buffer,
    ) -> BindGroup {
        let boxes = window(uniforms, size_of::<shaders::structs::Boxes>());
        group(device, &self.prefilter, [boxes, to.as_entire_binding(), from.as_entire_binding()])
    }
}

/// The first structure of a buffer of many; a dynamic offset moves on to the others.
fn window(buffer: &Buffer, bytes: usize) -> BindingResource<'_> {
    BindingResource::Buffer(BufferBinding { buffer, offset: 0, size: NonZeroU64::new(bytes as u64) })
}

fn layout(device: &Device, label: &str, types: &[BindingType]) -> BindGroupLayout {
    let entry = |(binding, ty): (usize, &BindingType)| BindGroupLayoutEntry {
        binding: binding as u32,
        visibility: ShaderStages::COMPUTE,
        ty: *ty,
        count: None,
    };
    let entries: Vec<_> = types.iter().enumerate().map(entry).collect();
    device.create_bind_group_layout(&::wgpu::BindGroupLayoutDescriptor {
        label: Some(label),
        entries: &entries,
    })
}

fn group<const N: usize>(
    device: &Device,
    layout: &BindGroupLayout,
    resources: [BindingResource<'_>; N],
) -> BindGroup {
    let mut binding = 0;
    let entries = resources.map(|resource| {
        binding += 1;
        BindGroupEntry { binding: binding - 1, resource }
    });
    device.create_bind_group(&::wgpu::BindGroupDescriptor { label: None, layout, entries: &entries })
}

fn pipeline(device: &Device, shader: Shader, layout: &BindGroupLayout) -> ComputePipeline {
    let module = device.create_shader_module(::wgpu::ShaderModuleDescriptor {
        label: Some(shader.name()),
        source: ::wgpu::ShaderSource::Wgsl(shader.source().into()),
    });
    let layout = device.create_pipeline_layout(&::wgpu::PipelineLayoutDescriptor {
        label: Some(shader.name()),
        bind_group_layouts: &[Some(layout)],
        ..Default::default()
    });
    device.create_compute_pipeline(&::wgpu::ComputePipelineDescriptor {
        label: Some(shader.name()),
        layout: Some(&layout),
        module: &module,
        entry_point: Some(shaders::ENTRY),
        compilation_options: Default::default(),
        cache: None,
    })
}
