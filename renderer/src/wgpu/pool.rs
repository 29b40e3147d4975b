//! Buffers of the device that are used again instead of being made anew for every frame.

use super::device::WgpuDevice;
use crate::ComposeError;
use ::wgpu::{Buffer, BufferUsages};

/// Buffers are made in these steps, so that frames of nearly one size share them.
const STEP_BYTES: u64 = 64 << 10;

/// How much may lie idle; what is given back beyond is freed.
const IDLE_BYTES_MAX: u64 = 256 << 20;

/// Idle storage buffers by size.
#[derive(Debug, Default)]
pub(super) struct Pool {
    idle: Vec<Buffer>,
    idle_bytes: u64,
}

impl Pool {
    /// A storage buffer of at least `bytes` bytes with undefined contents.
    ///
    /// Errors: more bytes than the device lets a shader see.
    pub(super) fn take(&mut self, device: &WgpuDevice, bytes: u64) -> Result<Buffer, ComposeError> {
        let size = bytes.max(1).next_multiple_of(STEP_BYTES);
        if let Some(found) = self.idle.iter().position(|buffer| buffer.size() == size) {
            self.idle_bytes -= size;
            return Ok(self.idle.swap_remove(found));
        }
        storage_buffer(device, size)
    }

    /// Takes a buffer back. Work on the device that still uses it is not disturbed: whatever is written into it later
    /// comes later on the device too.
    pub(super) fn give(&mut self, buffer: Buffer) {
        if self.idle_bytes + buffer.size() <= IDLE_BYTES_MAX {
            self.idle_bytes += buffer.size();
            self.idle.push(buffer);
        }
    }
}

/// A new storage buffer of `size` bytes that may be copied to and from.
pub(super) fn storage_buffer(device: &WgpuDevice, size: u64) -> Result<Buffer, ComposeError> {
    let limits = device.device.limits();
    let most = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
    if size > most {
        let text = format!("{size} bytes are needed in one buffer, {} allows {most}", device.summary().name);
        return Err(ComposeError::Device(text));
    }
    Ok(device.device.create_buffer(&::wgpu::BufferDescriptor {
        label: None,
        size,
        usage: BufferUsages::STORAGE | BufferUsages::COPY_DST | BufferUsages::COPY_SRC,
        mapped_at_creation: false,
    }))
}
