//! `taibai render`: one moment of a scene as a PNG, without clocks, networks or windows.

use super::check::read_hall;
use super::show::compositor_kind;
use crate::cli::RenderArgs;
use crate::exit::Failure;
use crate::png_file::write_png;
use layouts::{Answers, Layout, OnAir, Scene};
use media::{ScreenId, WallId};
use node::{AT_MAX, DataFileError, Moment, View, read_answers, render_still, wall_time};
use std::time::Duration;

/// Renders and writes.
pub fn run(args: &RenderArgs) -> Result<(), Failure> {
    let (layout, _) = read_hall(&args.hall)?;
    let at = time_of(args.at, "--at")?;
    let start = wall_time(&args.now).ok_or_else(|| {
        Failure::Usage("--now takes seconds since 1970, or a time like 2026-11-23T10:32:00+08:00".to_owned())
    })?;
    let answers = match &args.data {
        Some(path) => read_answers(path, &layout, start + at).map_err(|error| match error {
            DataFileError::NoQuery { .. } => Failure::Usage(error.to_string()),
            other => other.into(),
        })?,
        None => Answers::new(),
    };
    let scene = scene_of(&layout, &args.scene)?;
    let from = args.from.as_deref().map(|from| scene_of(&layout, from)).transpose()?;
    let wall = args.wall.as_deref().map_or_else(|| Ok(scene.wall.clone()), |wall| wall_of(&layout, wall))?;
    if let Some(scene) = from.into_iter().chain([scene]).find(|scene| scene.wall != wall) {
        return Err(Failure::Usage(format!(
            "scene {} is made for wall {}, not for {wall}",
            scene.id, scene.wall
        )));
    }
    let tick_rate = layout.wall(&wall).map(|wall| wall.tick);
    let since = time_of(args.since, "--since")?;
    let on_air = OnAir {
        scene: scene.id.clone(),
        from: from.map(|scene| scene.id.clone()),
        since: tick_rate.map(|rate| rate.frame_at(start + since)).unwrap_or_default(),
    };
    let screen = args.screen.as_deref().map(|screen| screen_of(&layout, &wall, screen)).transpose()?;
    let beside = args.hall.parent().map(|folder| folder.join("media")).unwrap_or_default();
    let moment = Moment {
        layout: &layout,
        wall: &wall,
        on_air: &on_air,
        stamp: args.stamp,
        identify: args.identify,
        view: screen.as_ref().map_or(View::Canvas, View::Screen),
        start,
        at,
        answers: &answers,
        media_folder: args.media.as_deref().unwrap_or(&beside),
    };
    let picture = render_still(&moment, compositor_kind(args.compositor))?;
    write_png(&args.out, &picture)?;
    println!("{} {}", args.out.display(), picture.size);
    Ok(())
}

fn time_of(seconds: f64, option: &str) -> Result<Duration, Failure> {
    let time = Duration::try_from_secs_f64(seconds).ok().filter(|time| *time <= AT_MAX);
    time.ok_or_else(|| Failure::Usage(format!("{option} takes 0 to {} seconds", AT_MAX.as_secs())))
}

fn scene_of<'a>(layout: &'a Layout, wanted: &str) -> Result<&'a Scene, Failure> {
    let found = layout.scenes().iter().find(|scene| scene.id.as_str() == wanted);
    found.ok_or_else(|| {
        let known: Vec<&str> = layout.scenes().iter().map(|scene| scene.id.as_str()).collect();
        Failure::Usage(format!("the hall has no scene {wanted:?}; it has {}", known.join(", ")))
    })
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
