//! The compositor for real graphics devices, and the door to windows for both compositors.
//!
//! Every pixel is made by integers in compute shaders over storage buffers, never by fixed-function sampling or
//! blending, so that a GPU of any maker gives the bytes of `docs/PIXELS.md`. Nothing here waits for the device
//! except [`WgpuCompositor::picture`](crate::Compositor::picture), which reads back for tests and headless runs.

mod blit;
mod compositor;
mod device;
mod jobs;
mod pipelines;
mod pool;
mod present;
mod readback;
mod samples;
mod tables;

pub use compositor::{Moved, WgpuCompositor};
pub use device::{AdapterKind, AdapterSummary, Advice, DeviceError, Prefer, WgpuDevice, adapters, advice};
pub use present::{PresentError, Presented, Presenter};
