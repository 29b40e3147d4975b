//! Reading a finished frame buffer back: for tests and headless runs, the only place that waits for the device.

use super::compositor::Target;
use super::device::WgpuDevice;
use crate::ComposeError;
use crate::picture::Picture;
use ::wgpu::{Buffer, BufferUsages, MapMode, PollType};
use std::time::Duration;

/// A device that has not finished by then counts as hung.
const WAIT_MAX: Duration = Duration::from_secs(20);

/// The last frame buffer read back.
#[derive(Debug, Default)]
pub(super) struct Finished {
    bytes: Vec<u8>,
    staging: Option<Buffer>,
    current: bool,
}

impl Finished {
    /// The device has painted since.
    pub(super) fn outdate(&mut self) {
        self.current = false;
    }
}

/// The frame buffer's bytes, waiting for the device if it has painted since they were last read.
pub(super) fn read_back<'a>(
    device: &WgpuDevice,
    target: &Target,
    finished: &'a mut Finished,
) -> Result<Picture<'a>, ComposeError> {
    let size = target.output.size;
    let stride = size.width as usize * 4;
    if !finished.current {
        copy(device, target, finished)?;
        finished.current = true;
    }
    Ok(Picture { size, stride, bytes: &finished.bytes })
}

fn copy(device: &WgpuDevice, target: &Target, finished: &mut Finished) -> Result<(), ComposeError> {
    let bytes = target.output.size.area() * 4;
    let fitting = finished.staging.take().filter(|staging| staging.size() == bytes);
    let staging = fitting.unwrap_or_else(|| {
        device.device.create_buffer(&::wgpu::BufferDescriptor {
            label: Some("read back"),
            size: bytes,
            usage: BufferUsages::MAP_READ | BufferUsages::COPY_DST,
            mapped_at_creation: false,
        })
    });
    let mut encoder = device.device.create_command_encoder(&Default::default());
    encoder.copy_buffer_to_buffer(&target.buffer, 0, &staging, 0, bytes);
    device.queue.submit([encoder.finish()]);
    let (answer, answered) = std::sync::mpsc::channel();
    staging.map_async(MapMode::Read, .., move |result| {
        // The receiver is gone only when the wait below was given up.
        let _ = answer.send(result);
    });
    let failed = |text: String| ComposeError::Device(device.take_fault().unwrap_or(text));
    device
        .device
        .poll(PollType::Wait { submission_index: None, timeout: Some(WAIT_MAX) })
        .map_err(|error| failed(error.to_string()))?;
    // Another screen's thread may have taken this answer out of the device and be about to hand it over.
    match answered.recv_timeout(WAIT_MAX) {
        Ok(Ok(())) => {}
        Ok(Err(error)) => return Err(failed(error.to_string())),
        Err(_) => return Err(failed("it did not answer in time".into())),
    }
    {
        let view = staging.get_mapped_range(..).map_err(|error| failed(error.to_string()))?;
        finished.bytes.clear();
        finished.bytes.extend_from_slice(&view);
    }
    staging.unmap();
    finished.staging = Some(staging);
    Ok(())
}
