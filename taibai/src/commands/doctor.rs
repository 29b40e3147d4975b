//! `taibai doctor`: what this machine can do, and what to install where something is missing.

use crate::cli::DoctorArgs;
use crate::exit::Failure;
use ingest_ffmpeg::{Capabilities, capabilities};
use protocol_quic::Host;
use renderer::wgpu::{AdapterSummary, Advice, adapters, advice};
use serde_json::{Value, json};

/// One line of the examination.
struct Finding {
    part: &'static str,
    what: String,
    good: bool,
    /// What to do about it; empty where nothing is to be done.
    remedy: &'static str,
}

impl Finding {
    fn new(part: &'static str, what: String, good: bool, remedy: &'static str) -> Self {
        Self { part, what, good, remedy: if good { "" } else { remedy } }
    }
}

/// Prints the examination. Something missing is no failure of the command: a headless ingest node needs no windows.
pub fn run(args: &DoctorArgs) -> Result<(), Failure> {
    let found = adapters();
    let capabilities = capabilities();
    let mut findings = Vec::new();
    findings.extend(graphics(&found));
    findings.extend(media(&capabilities));
    findings.push(fonts());
    findings.extend(clock_and_display());
    if args.json {
        let row = |finding: &Finding| json!({ "part": finding.part, "what": finding.what, "good": finding.good, "remedy": finding.remedy });
        let rows: Vec<Value> = findings.iter().map(row).collect();
        println!("{}", serde_json::to_string_pretty(&rows)?);
        return Ok(());
    }
    for finding in &findings {
        let mark = if finding.good { "ok     " } else { "missing" };
        println!("{mark}  {:<11} {}", finding.part, finding.what);
        if !finding.remedy.is_empty() {
            println!("{:21} → {}", "", finding.remedy);
        }
    }
    Ok(())
}

fn graphics(found: &[AdapterSummary]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = found
        .iter()
        .map(|adapter| {
            let kind = if adapter.is_software() { "software rasteriser" } else { "graphics device" };
            let what = format!("{} ({}, {}): {kind}", adapter.name, adapter.backend, adapter.driver);
            Finding::new("adapter", what, true, "")
        })
        .collect();
    let (words, good) = match advice(found) {
        Advice::Wgpu(adapter) => (format!("wgpu on {}", adapter.name), true),
        Advice::CpuThrough(_) => {
            ("cpu, copied into windows: faster than a software rasteriser".to_owned(), true)
        }
        Advice::CpuHeadless => ("cpu, into memory only: no adapter to open windows with".to_owned(), false),
    };
    findings.push(Finding::new(
        "compositor",
        words,
        good,
        "apt-get install mesa-vulkan-drivers libvulkan1, or the driver of the graphics card",
    ));
    let simd = if std::arch::is_x86_feature_detected!("avx2") {
        "AVX2"
    } else {
        "plain: slower by a factor of five"
    };
    findings.push(Finding::new("cpu kernels", simd.to_owned(), true, ""));
    findings
}

fn media(capabilities: &Capabilities) -> Vec<Finding> {
    let mut findings = vec![Finding::new("ffmpeg", capabilities.version.clone(), true, "")];
    for (protocol, there) in &capabilities.protocols {
        let remedy = "install an FFmpeg that was built with this protocol; Debian's has all of them";
        findings.push(Finding::new("protocol", (*protocol).to_owned(), *there, remedy));
    }
    for (codec, decoder) in &capabilities.decoders {
        let what = format!("{codec:?}: {}", decoder.as_deref().unwrap_or("no decoder"));
        let remedy = "install an FFmpeg with this decoder; Debian's has all of them";
        findings.push(Finding::new("decoder", what, decoder.is_some(), remedy));
    }
    findings
}

fn fonts() -> Finding {
    let loader: renderer::raster::ImageLoader = Box::new(|_| None);
    match renderer::raster::Rasterizer::new(loader) {
        Ok(mut rasterizer) => {
            let missing: String =
                "太白湖新区指挥大厅0123456789".chars().filter(|c| !rasterizer.has_glyph(*c)).collect();
            Finding::new(
                "font",
                "Noto Sans SC, bundled".to_owned(),
                missing.is_empty(),
                "this build is damaged: build it again",
            )
        }
        Err(error) => Finding::new("font", error.to_string(), false, "this build is damaged: build it again"),
    }
}

fn clock_and_display() -> Vec<Finding> {
    // Any honest clock stands after this program was written.
    const WRITTEN_NS: i64 = 1_790_000_000_000_000_000;
    let good = Host::system().wall().0 > WRITTEN_NS;
    let clock = if good { "the system clock is plausible" } else { "the system clock is years behind" };
    let display = ["WAYLAND_DISPLAY", "DISPLAY"].into_iter().find_map(|name| {
        std::env::var(name).ok().filter(|value| !value.is_empty()).map(|value| format!("{name}={value}"))
    });
    vec![
        Finding::new("clock", clock.to_owned(), good, "set the clock: timedatectl set-ntp true"),
        synchronised(kernel_status()),
        Finding::new(
            "windows",
            display.clone().unwrap_or_else(|| "no display server".to_owned()),
            display.is_some(),
            "start X or set DISPLAY; without it, use --headless",
        ),
    ]
}

/// The status of the kernel's clock; `None` where it may not be asked.
fn kernel_status() -> Option<libc::c_int> {
    // SAFETY: all zeros is a valid timex that asks for nothing to be changed, and the kernel writes inside it only.
    let (state, kernel) = unsafe {
        let mut kernel: libc::timex = std::mem::zeroed();
        (libc::adjtimex(&mut kernel), kernel)
    };
    (state >= 0).then_some(kernel.status)
}

/// Whether somebody keeps the clock: a clock that is plausible today drifts by seconds in a week, and events and
/// certificates go by it.
fn synchronised(status: Option<libc::c_int>) -> Finding {
    let (what, good) = match status {
        Some(status) if status & libc::STA_UNSYNC == 0 => ("the system clock is synchronised", true),
        Some(_) => ("nobody keeps the system clock: it is not synchronised", false),
        None => ("the system does not say whether its clock is synchronised", false),
    };
    let remedy = "apt-get install chrony, name the hall's time server in /etc/chrony/chrony.conf, look with: chronyc tracking";
    Finding::new("clock", what.to_owned(), good, remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_nobody_keeps_is_told_with_a_remedy() {
        let kept = synchronised(Some(libc::STA_PLL));
        assert!(kept.good && kept.remedy.is_empty());
        for status in [None, Some(libc::STA_PLL | libc::STA_UNSYNC)] {
            let left = synchronised(status);
            assert!(!left.good && left.remedy.contains("chrony"), "{}", left.what);
        }
    }
}
