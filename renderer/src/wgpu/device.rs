//! Graphics devices: which ones there are, which one is taken, and what went wrong with it.

use super::pipelines::Pipelines;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::task::{Context, Poll, Waker};

/// How many faults of a device are kept until somebody asks; later ones are counted by nobody.
const FAULTS_MAX: usize = 8;

/// What an adapter is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdapterKind {
    /// A graphics card.
    Discrete,
    /// Graphics in the processor.
    Integrated,
    /// A graphics device lent to a virtual machine.
    Virtual,
    /// A program that pretends to be a graphics device, such as lavapipe.
    Software,
    /// The driver does not say.
    Unknown,
}

/// An adapter, as `taibai doctor` lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdapterSummary {
    /// The maker's name for it.
    pub name: String,
    /// The interface that reaches it, such as `vulkan`.
    pub backend: String,
    /// The driver and its version, as it names itself.
    pub driver: String,
    /// What it is made of.
    pub kind: AdapterKind,
    /// The longest side of a texture, in pixels.
    pub texture_side_max: u32,
    /// The largest buffer that a shader may read or write, in bytes.
    pub buffer_bytes_max: u64,
}

impl AdapterSummary {
    fn of(adapter: &::wgpu::Adapter) -> Self {
        let (info, limits) = (adapter.get_info(), adapter.limits());
        let kind = match info.device_type {
            ::wgpu::DeviceType::DiscreteGpu => AdapterKind::Discrete,
            ::wgpu::DeviceType::IntegratedGpu => AdapterKind::Integrated,
            ::wgpu::DeviceType::VirtualGpu => AdapterKind::Virtual,
            ::wgpu::DeviceType::Cpu => AdapterKind::Software,
            ::wgpu::DeviceType::Other => AdapterKind::Unknown,
        };
        Self {
            name: info.name,
            backend: info.backend.to_string(),
            driver: format!("{} {}", info.driver, info.driver_info).trim().to_owned(),
            kind,
            texture_side_max: limits.max_texture_dimension_2d,
            buffer_bytes_max: limits.max_storage_buffer_binding_size,
        }
    }

    /// Whether the adapter is a program: then the CPU compositor is many times faster than it
    /// (`FACTS.md` section 3: 2 ms against 38 ms).
    pub fn is_software(&self) -> bool {
        self.kind == AdapterKind::Software
    }

    /// Real devices first, the strongest kind first among them.
    fn rank(&self) -> u8 {
        match self.kind {
            AdapterKind::Discrete => 0,
            AdapterKind::Integrated => 1,
            AdapterKind::Virtual => 2,
            AdapterKind::Unknown => 3,
            AdapterKind::Software => 4,
        }
    }
}

/// Which compositor a machine should use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Advice {
    /// A real graphics device is there: the wgpu compositor, on this adapter.
    Wgpu(AdapterSummary),
    /// Only software rasterisers: the CPU compositor, which copies its pictures through this adapter into windows.
    CpuThrough(AdapterSummary),
    /// No adapter at all: the CPU compositor, and no windows.
    CpuHeadless,
}

/// The rule that chooses a compositor: a real device is used, a software rasteriser never composes.
pub fn advice(adapters: &[AdapterSummary]) -> Advice {
    match adapters.iter().min_by_key(|adapter| adapter.rank()) {
        None => Advice::CpuHeadless,
        Some(adapter) if adapter.is_software() => Advice::CpuThrough(adapter.clone()),
        Some(adapter) => Advice::Wgpu(adapter.clone()),
    }
}

/// Which adapter to take.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Prefer {
    /// The strongest there is; a software rasteriser only where nothing else is.
    #[default]
    Best,
    /// One whose name contains these words, in any case.
    Named(String),
    /// A software rasteriser: for tests, which must not depend on the machine's graphics card.
    Software,
}

/// Why no graphics device can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// The machine has none, or none that was asked for.
    #[error("no graphics adapter{0}; on Debian, mesa-vulkan-drivers brings at least a software one")]
    NoAdapter(String),
    /// The driver refuses to open it.
    #[error("the adapter {adapter} cannot be opened: {why}")]
    Refused {
        /// The adapter's name.
        adapter: String,
        /// The driver's words.
        why: String,
    },
}

/// Everything the machine offers, best first.
pub fn adapters() -> Vec<AdapterSummary> {
    let mut found: Vec<_> = all_adapters(&instance()).iter().map(AdapterSummary::of).collect();
    found.sort_by_key(AdapterSummary::rank);
    found
}

/// An opened device, shared by all screens of a process.
#[derive(Debug)]
pub struct WgpuDevice {
    pub(super) instance: ::wgpu::Instance,
    pub(super) adapter: ::wgpu::Adapter,
    pub(super) device: ::wgpu::Device,
    pub(super) queue: ::wgpu::Queue,
    summary: AdapterSummary,
    faults: Arc<Mutex<Faults>>,
    pipelines: OnceLock<Pipelines>,
}

/// What a device has complained about.
#[derive(Debug, Default)]
struct Faults {
    lost: Option<String>,
    texts: Vec<String>,
}

impl WgpuDevice {
    /// Opens the adapter that `prefer` asks for.
    ///
    /// Validation layers stay off whatever the environment says: those of Debian 12 refuse shaders that are right.
    pub fn new(prefer: &Prefer) -> Result<Arc<Self>, DeviceError> {
        let instance = instance();
        let wanted = |summary: &AdapterSummary| match prefer {
            Prefer::Best => true,
            Prefer::Named(name) => summary.name.to_lowercase().contains(&name.to_lowercase()),
            Prefer::Software => summary.is_software(),
        };
        let found =
            all_adapters(&instance).into_iter().map(|adapter| (AdapterSummary::of(&adapter), adapter));
        let best = found.filter(|(summary, _)| wanted(summary)).min_by_key(|(summary, _)| summary.rank());
        let (summary, adapter) = best.ok_or_else(|| {
            DeviceError::NoAdapter(match prefer {
                Prefer::Best => String::new(),
                Prefer::Named(name) => format!(" named {name:?}"),
                Prefer::Software => " that is a software rasteriser".into(),
            })
        })?;
        let descriptor = ::wgpu::DeviceDescriptor {
            label: Some("taibai"),
            required_limits: adapter.limits(),
            ..Default::default()
        };
        let (device, queue) = finished(adapter.request_device(&descriptor)).map_err(|error| {
            DeviceError::Refused { adapter: summary.name.clone(), why: error.to_string() }
        })?;
        let faults = Arc::new(Mutex::new(Faults::default()));
        let heard = Arc::clone(&faults);
        device.on_uncaptured_error(Arc::new(move |error: ::wgpu::Error| {
            let mut faults = heard.lock().unwrap_or_else(PoisonError::into_inner);
            if faults.texts.len() < FAULTS_MAX {
                faults.texts.push(error.to_string());
            }
        }));
        let heard = Arc::clone(&faults);
        device.set_device_lost_callback(move |_, why| {
            heard.lock().unwrap_or_else(PoisonError::into_inner).lost = Some(why);
        });
        let pipelines = OnceLock::new();
        Ok(Arc::new(Self { instance, adapter, device, queue, summary, faults, pipelines }))
    }

    /// The best device, opened once for the whole process and closed when its last user goes.
    pub fn shared() -> Result<Arc<Self>, DeviceError> {
        static SHARED: Mutex<Weak<WgpuDevice>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(device) = shared.upgrade().filter(|device| device.lost().is_none()) {
            return Ok(device);
        }
        let device = Self::new(&Prefer::Best)?;
        *shared = Arc::downgrade(&device);
        Ok(device)
    }

    /// The adapter behind it.
    pub fn summary(&self) -> &AdapterSummary {
        &self.summary
    }

    /// The compositor's shaders, compiled at the first call.
    pub(super) fn pipelines(&self) -> &Pipelines {
        self.pipelines.get_or_init(|| Pipelines::new(&self.device))
    }

    /// Why the device is gone for good; `None` while it works. A new one must be opened then.
    pub fn lost(&self) -> Option<String> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).lost.clone()
    }

    /// The device's complaints since the last call, joined; `None` when there are none.
    pub(super) fn take_fault(&self) -> Option<String> {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lost) = &faults.lost {
            return Some(format!("it was lost: {lost}"));
        }
        let texts = std::mem::take(&mut faults.texts);
        (!texts.is_empty()).then(|| texts.join("; "))
    }
}

fn instance() -> ::wgpu::Instance {
    let mut descriptor = ::wgpu::InstanceDescriptor::new_without_display_handle();
    descriptor.flags = ::wgpu::InstanceFlags::empty();
    ::wgpu::Instance::new(descriptor)
}

fn all_adapters(instance: &::wgpu::Instance) -> Vec<::wgpu::Adapter> {
    finished(instance.enumerate_adapters(::wgpu::Backends::all()))
}

/// The value of a future of wgpu, all of which are ready at once outside a browser.
fn finished<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => std::thread::yield_now(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(name: &str, kind: AdapterKind) -> AdapterSummary {
        AdapterSummary {
            name: name.into(),
            backend: "vulkan".into(),
            driver: String::new(),
            kind,
            texture_side_max: 16_384,
            buffer_bytes_max: 1 << 30,
        }
    }

    #[test]
    fn a_software_rasteriser_never_composes() {
        let lavapipe = summary("llvmpipe", AdapterKind::Software);
        let built_in = summary("Iris", AdapterKind::Integrated);
        let card = summary("RTX", AdapterKind::Discrete);
        assert_eq!(advice(&[]), Advice::CpuHeadless);
        assert_eq!(advice(std::slice::from_ref(&lavapipe)), Advice::CpuThrough(lavapipe.clone()));
        assert_eq!(advice(&[lavapipe.clone(), built_in.clone()]), Advice::Wgpu(built_in.clone()));
        assert_eq!(advice(&[lavapipe, built_in, card.clone()]), Advice::Wgpu(card));
    }

    #[test]
    fn an_adapter_that_is_not_there_is_a_plain_error() {
        let error = WgpuDevice::new(&Prefer::Named("no such card".into())).unwrap_err();
        assert_eq!(error, DeviceError::NoAdapter(" named \"no such card\"".into()));
    }
}
