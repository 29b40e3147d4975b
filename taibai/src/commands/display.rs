//! `taibai display`: drives this machine's screens.

use super::show::{End, identity, only_one, settings, show};
use crate::cli::DisplayArgs;
use crate::exit::Failure;
use controller::{HallStatus, WallStatus};
use node::{DisplayEnd, DisplaySettings, serve_display};
use protocol::{Role, WallProgram};
use protocol_quic::Peer;

/// Shows until it is told to stop, or until a person closes a window.
pub fn run(args: DisplayArgs) -> Result<(), Failure> {
    let identity = identity(&args.state)?;
    let _running = only_one(&args.state)?;
    let node = match identity.peer() {
        Peer::Node(node, _) => node.clone(),
        Peer::Controller => {
            return Err(Failure::Usage("that state folder is the controller's; join as a node".into()));
        }
    };
    let (controller, clock) = (args.controller.to_string(), args.clock.master());
    show(&args.show, move |args, windows, stop| {
        Box::pin(async move {
            let settings: DisplaySettings = settings(&args, node.clone(), windows)?;
            let software = env!("CARGO_PKG_VERSION");
            let end = serve_display(&controller, identity, software, settings, clock, stop).await?;
            let DisplayEnd { layout, snapshot, pictures, report } = end;
            let programs = snapshot.iter().flat_map(|snapshot| &snapshot.walls);
            let begin = |program: &WallProgram| {
                let wall = layout.as_ref()?.wall(&program.wall)?;
                Some(wall.tick.start_of(program.since))
            };
            let decided = |program: &WallProgram| {
                let scene = program.next.as_ref().unwrap_or(&program.scene).clone();
                WallStatus::still(program.wall.clone(), scene, begin(program).unwrap_or_default())
            };
            let walls = programs.map(decided).collect();
            let revision = snapshot.as_ref().map_or(0, |snapshot| snapshot.revision);
            let utc_offset_s = layout.as_ref().map_or(0, |layout| layout.hall().utc_offset_s);
            let reports = [(node, Role::Display, report)];
            let status = HallStatus::of(revision, utc_offset_s, walls, software, &reports);
            Ok(End { layout, pictures, status })
        })
    })
}
