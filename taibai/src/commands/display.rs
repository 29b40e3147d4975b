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
    let controller = args.controller.to_string();
    show(&args.show, move |args, windows, stop| {
        Box::pin(async move {
            let settings: DisplaySettings = settings(&args, node.clone(), windows)?;
            let software = env!("CARGO_PKG_VERSION");
            let end = serve_display(&controller, identity, software, settings, stop).await?;
            let DisplayEnd { layout, snapshot, pictures, report } = end;
            let walls = snapshot.iter().flat_map(|snapshot| &snapshot.walls);
            let decided = |program: &WallProgram| program.next.as_ref().unwrap_or(&program.scene).clone();
            let walls = walls
                .map(|program| WallStatus { wall: program.wall.clone(), scene: decided(program) })
                .collect();
            let revision = snapshot.as_ref().map_or(0, |snapshot| snapshot.revision);
            let status = HallStatus::of(revision, walls, software, &[(node, Role::Display, report)]);
            Ok(End { layout, pictures, status })
        })
    })
}
