//! What the commands that run for long share: a runtime, how they are told to stop, and, for those that show
//! pictures, the window thread and what is written at the end.

use crate::cli::{CompositorChoice, ShowArgs};
use crate::exit::Failure;
use crate::png_file::write_png;
use anyhow::{Context, anyhow};
use controller::HallStatus;
use layouts::Layout;
use media::{NodeId, ScreenId};
use node::{
    Clock, CompositorKind, DisplaySettings, OpenWindows, OwnedPicture, Rehearsal, WindowThread, close_signal,
    open_windows, rehearsed_host, wall_picture,
};
use protocol_quic::Identity;
use renderer::wgpu::{Advice, adapters, advice};
use std::fs::{File, TryLockError};
use std::future::Future;
use std::io::{Read, Write};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::{Handle, Runtime};
use tokio::signal::unix::{SignalKind, signal};

/// Width of the picture of the whole wall, in pixels.
const WALL_PICTURE_WIDTH: u32 = 2400;

/// The threads on which network tasks run; pictures are made elsewhere.
pub fn runtime() -> anyhow::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("the network threads cannot be started")
}

/// Is done at Ctrl-C, at SIGTERM, or after `seconds`.
pub async fn stop_signal(seconds: Option<f64>) {
    let limit = seconds.map(|seconds| Duration::from_secs_f64(seconds.clamp(0.0, 1e9)));
    let timer = async {
        match limit {
            Some(limit) => tokio::time::sleep(limit).await,
            None => std::future::pending().await,
        }
    };
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(error) => {
                tracing::warn!(%error, "SIGTERM cannot be heard");
                std::future::pending::<()>().await;
            }
        }
    };
    tokio::select! {
        () = timer => {}
        () = terminated => tracing::info!("SIGTERM: stopping"),
        _ = tokio::signal::ctrl_c() => tracing::info!("Ctrl-C: stopping"),
    }
}

/// The certificate that `taibai join` put into `state`.
pub fn identity(state: &Path) -> Result<Identity, Failure> {
    Ok(Identity::load(state).with_context(|| {
        format!(
            "this machine has not joined a hall (state folder {}); run `taibai join TOKEN` first",
            state.display()
        )
    })?)
}

/// Keeps a second part from starting on the same state folder while this value lives.
pub fn only_one(state: &Path) -> Result<File, Failure> {
    let path = state.join("running");
    std::fs::create_dir_all(state)
        .with_context(|| format!("the folder {} cannot be made", state.display()))?;
    let mut file = File::options()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(&path)
        .with_context(|| format!("the lock {} cannot be opened", path.display()))?;
    match file.try_lock() {
        Ok(()) => {
            file.set_len(0)?;
            write!(file, "{}", std::process::id())?;
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            file.read_to_string(&mut holder)?;
            let words = "is used already by process";
            Err(anyhow!(
                "the state folder {} {words} {}; end that one first, or name another folder with --state",
                state.display(),
                holder.trim()
            )
            .into())
        }
        Err(TryLockError::Error(error)) => Err(anyhow::Error::new(error)
            .context(format!("the lock {} cannot be taken", path.display()))
            .into()),
    }
}

/// How a display ended.
pub struct End {
    /// The hall that was shown.
    pub layout: Option<Arc<Layout>>,
    /// Every screen's last picture.
    pub pictures: Vec<(ScreenId, OwnedPicture)>,
    /// How it went.
    pub status: HallStatus,
}

/// Keeps a second `taibai run` from showing the hall document `hall` while this value lives: both would read every camera
/// and lay their windows over each other. The document itself is locked, since a hall that is run has no state folder, and
/// may lie where nothing can be written. A file system without locks forbids nothing.
pub fn only_run(hall: &Path) -> Result<File, Failure> {
    let file =
        File::open(hall).with_context(|| format!("the hall document {} cannot be read", hall.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(anyhow!(
            "the hall {} is run already on this machine; end that `taibai run` first",
            hall.display()
        )
        .into()),
        Err(TryLockError::Error(error)) => {
            tracing::warn!(%error, hall = %hall.display(), "whether this hall is run already cannot be found out");
            Ok(file)
        }
    }
}

/// What tells a display to end.
pub type Stop = Pin<Box<dyn Future<Output = ()> + Send>>;
/// A display's work.
pub type Work = Pin<Box<dyn Future<Output = anyhow::Result<End>> + Send>>;

/// What a display node is given at start. To be called inside the runtime.
pub fn settings(
    args: &ShowSettings,
    node: NodeId,
    windows: Option<OpenWindows>,
) -> anyhow::Result<DisplaySettings> {
    Ok(DisplaySettings {
        node,
        clock: Clock::system(rehearsed_host(args.rehearsal)),
        runtime: Handle::current(),
        compositor: args.compositor,
        windows,
        tap: args.tap.clone(),
        timing_log: args.timing_log.clone(),
        rehearsal: args.rehearsal,
    })
}

/// The compositor that `choice` means on this machine.
pub fn compositor_kind(choice: CompositorChoice) -> CompositorKind {
    match choice {
        CompositorChoice::Cpu => CompositorKind::Cpu,
        CompositorChoice::Wgpu => CompositorKind::Wgpu,
        CompositorChoice::Auto => match advice(&adapters()) {
            Advice::Wgpu(adapter) => {
                tracing::info!(adapter = adapter.name, "pictures are composed on the graphics device");
                CompositorKind::Wgpu
            }
            Advice::CpuThrough(_) | Advice::CpuHeadless => {
                tracing::info!(
                    "pictures are composed on the CPU: there is no graphics device but a software one"
                );
                CompositorKind::Cpu
            }
        },
    }
}

/// The parts of [`ShowArgs`] that a display's work needs.
#[derive(Clone)]
pub struct ShowSettings {
    /// Which implementation makes the pixels.
    pub compositor: CompositorKind,
    /// Where every composed picture is appended.
    pub tap: Option<std::path::PathBuf>,
    /// Where every present call is noted.
    pub timing_log: Option<std::path::PathBuf>,
    /// What to do wrong.
    pub rehearsal: Rehearsal,
}

/// Runs a display's work: windows on this thread, everything else on others. Writes what was asked for at the end.
pub fn show(
    args: &ShowArgs,
    work: impl FnOnce(ShowSettings, Option<OpenWindows>, Stop) -> Work,
) -> Result<(), Failure> {
    let runtime = runtime()?;
    let settings = ShowSettings {
        compositor: compositor_kind(args.compositor),
        tap: args.tap.clone(),
        timing_log: args.timing_log.clone(),
        rehearsal: args.rehearse.unwrap_or_default(),
    };
    let seconds = args.seconds;
    let end = if args.headless {
        runtime.block_on(work(settings, None, Box::pin(stop_signal(seconds))))?
    } else {
        let windows = WindowThread::new()?;
        let (closed, heard) = close_signal();
        let door = windows.door();
        let stop = async move {
            let closed = tokio::task::spawn_blocking(move || heard.recv());
            tokio::select! {
                () = stop_signal(seconds) => {}
                _ = closed => tracing::info!("a window was closed: stopping"),
            }
        };
        let running = runtime.spawn(work(settings, Some(open_windows(&door)), Box::pin(stop)));
        let ended = runtime.spawn(async move {
            let end = running.await;
            door.quit();
            end
        });
        windows.run(closed)?;
        runtime
            .block_on(ended)
            .context("the display's task failed")?
            .context("the display's task failed")??
    };
    runtime.shutdown_timeout(Duration::from_secs(2));
    write_end(args, &end)?;
    Ok(())
}

fn write_end(args: &ShowArgs, end: &End) -> anyhow::Result<()> {
    if let Some(path) = &args.report {
        let text = serde_json::to_string_pretty(&end.status)?;
        std::fs::write(path, text)
            .with_context(|| format!("the report {} cannot be written", path.display()))?;
    }
    let (Some(folder), Some(layout)) = (&args.out, &end.layout) else { return Ok(()) };
    std::fs::create_dir_all(folder)
        .with_context(|| format!("the folder {} cannot be made", folder.display()))?;
    for (screen, picture) in &end.pictures {
        write_png(&folder.join(format!("screen-{screen}.png")), picture)?;
    }
    for wall in layout.walls() {
        let of =
            |wanted: &ScreenId| end.pictures.iter().find(|(id, _)| id == wanted).map(|(_, picture)| picture);
        let name =
            if layout.walls().len() == 1 { "wall.png".to_owned() } else { format!("wall-{}.png", wall.id) };
        write_png(&folder.join(name), &wall_picture(wall, WALL_PICTURE_WIDTH, |screen| of(&screen.id)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hall_is_run_once_at_a_time() {
        let hall = std::env::temp_dir().join(format!("taibai-only-run-{}.toml", std::process::id()));
        std::fs::write(&hall, "version = 1\n").unwrap();
        let running = only_run(&hall).unwrap();
        match only_run(&hall) {
            Err(Failure::Fault(error)) => assert!(error.to_string().contains("is run already"), "{error}"),
            _ => panic!("a second one may run"),
        }
        drop(running);
        assert!(only_run(&hall).is_ok());
        std::fs::remove_file(&hall).unwrap();
    }
}
