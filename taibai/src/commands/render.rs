//! `taibai render`: one moment of a scene as a PNG, without clocks, networks or windows.

use super::check::read_hall;
use super::show::compositor_kind;
use crate::cli::RenderArgs;
use crate::exit::Failure;
use crate::png_file::write_png;
use layouts::Layout;
use media::{ScreenId, WallId};
use node::{AT_MAX, Moment, render_still};
use std::time::Duration;

/// Renders and writes.
pub fn run(args: &RenderArgs) -> Result<(), Failure> {
    let (layout, _) = read_hall(&args.hall)?;
    let at = Duration::try_from_secs_f64(args.at).ok().filter(|at| *at <= AT_MAX);
    let at = at.ok_or_else(|| Failure::Usage(format!("--at takes 0 to {} seconds", AT_MAX.as_secs())))?;
    let scene = layout.scenes().iter().find(|scene| scene.id.as_str() == args.scene);
    let scene = scene.ok_or_else(|| {
        let known: Vec<&str> = layout.scenes().iter().map(|scene| scene.id.as_str()).collect();
        Failure::Usage(format!("the hall has no scene {:?}; it has {}", args.scene, known.join(", ")))
    })?;
    let wall = args.wall.as_deref().map_or_else(|| Ok(scene.wall.clone()), |wall| wall_of(&layout, wall))?;
    if wall != scene.wall {
        return Err(Failure::Usage(format!(
            "scene {} is made for wall {}, not for {wall}",
            scene.id, scene.wall
        )));
    }
    let screen = args.screen.as_deref().map(|screen| screen_of(&layout, &wall, screen)).transpose()?;
    let beside = args.hall.parent().map(|folder| folder.join("media")).unwrap_or_default();
    let moment = Moment {
        layout: &layout,
        wall: &wall,
        scene: &scene.id,
        screen: screen.as_ref(),
        at,
        media_folder: args.media.as_deref().unwrap_or(&beside),
        compositor: compositor_kind(args.compositor),
    };
    let picture = render_still(&moment)?;
    write_png(&args.out, &picture)?;
    println!("{} {}", args.out.display(), picture.size);
    Ok(())
}

fn wall_of(layout: &Layout, wanted: &str) -> Result<WallId, Failure> {
    let found = layout.walls().iter().find(|wall| wall.id.as_str() == wanted);
    found.map(|wall| wall.id.clone()).ok_or_else(|| {
        let known: Vec<&str> = layout.walls().iter().map(|wall| wall.id.as_str()).collect();
        Failure::Usage(format!("the hall has no wall {wanted:?}; it has {}", known.join(", ")))
    })
}

fn screen_of(layout: &Layout, wall: &WallId, wanted: &str) -> Result<ScreenId, Failure> {
    let screens = layout.wall(wall).map(|wall| wall.screens.as_slice()).unwrap_or_default();
    let found = screens.iter().find(|screen| screen.id.as_str() == wanted);
    found.map(|screen| screen.id.clone()).ok_or_else(|| {
        let known: Vec<&str> = screens.iter().map(|screen| screen.id.as_str()).collect();
        Failure::Usage(format!("wall {wall} has no screen {wanted:?}; it has {}", known.join(", ")))
    })
}
