//! `taibai window`, `undo`, `stage`, `take` and `export`: an operator's changes of a running wall, over the controller's HTTP API.

use super::operate::{ask, ask_text, post};
use crate::cli_wall::{
    CloseArgs, ExportArgs, ListArgs, MoveArgs, OpenArgs, StageArgs, SwapArgs, TakeArgs, UndoArgs, WallArgs,
    WallCommand, WindowCommand,
};
use crate::exit::Failure;
use controller::{WindowLine, WindowsView};
use media::WallId;
use serde_json::{Value, json};

const JSON: &str = "application/json";

/// Does what is asked.
pub fn run(command: &WallCommand) -> Result<(), Failure> {
    match command {
        WallCommand::Window(WindowCommand::List(args)) => list(args),
        WallCommand::Window(WindowCommand::Open(OpenArgs { at, source, rect })) => {
            act(at, json!({ "do": "open", "source": source, "rect": place(rect) }))
        }
        WallCommand::Window(WindowCommand::Move(MoveArgs { at, window, rect })) => {
            act(at, json!({ "do": "change", "window": window, "rect": place(rect) }))
        }
        WallCommand::Window(WindowCommand::Close(CloseArgs { at, window })) => {
            act(at, json!({ "do": "close", "window": window }))
        }
        WallCommand::Window(WindowCommand::Swap(SwapArgs { at, a, b })) => {
            act(at, json!({ "do": "swap", "a": a, "b": b }))
        }
        WallCommand::Undo(args) => undo(args),
        WallCommand::Stage(args) => stage(args),
        WallCommand::Take(args) => take(args),
        WallCommand::Export(ExportArgs { http }) => {
            print!("{}", ask_text(*http, "/v1/document")?);
            Ok(())
        }
    }
}

/// The name as it stands in an address.
fn wall(name: &str) -> Result<WallId, Failure> {
    WallId::new(name).map_err(|why| Failure::Usage(format!("{name:?}: {why}")))
}

fn side(at: &WallArgs) -> &'static str {
    if at.stage { "stage" } else { "air" }
}

fn place(rect: &[f64]) -> Value {
    // The command line sees to it that there are four.
    match rect {
        [x, y, width, height] => json!({ "x": x, "y": y, "width": width, "height": height }),
        _ => Value::Null,
    }
}

fn windows(at: &WallArgs) -> Result<WindowsView, Failure> {
    ask(at.http, &format!("/v1/walls/{}/windows?of={}", wall(&at.wall)?, side(at)))
}

fn list(args: &ListArgs) -> Result<(), Failure> {
    let view = windows(&args.at)?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&view)?);
    } else {
        print_windows(&view);
    }
    Ok(())
}

/// Makes one change, upon the windows as they are now.
fn act(at: &WallArgs, change: Value) -> Result<(), Failure> {
    let base = windows(at)?.revision;
    let body = json!({ "of": side(at), "base_revision": base, "changes": [change] });
    let path = format!("/v1/walls/{}/changes", wall(&at.wall)?);
    let view: WindowsView = post(at.http, &path, JSON, None, body.to_string().as_bytes())?;
    print_windows(&view);
    Ok(())
}

fn undo(args: &UndoArgs) -> Result<(), Failure> {
    let UndoArgs { at, redo } = args;
    let what = if *redo { "redo" } else { "undo" };
    let body = json!({ "of": side(at) }).to_string();
    let path = format!("/v1/walls/{}/{what}", wall(&at.wall)?);
    let view: WindowsView = post(at.http, &path, JSON, None, body.as_bytes())?;
    print_windows(&view);
    Ok(())
}

fn stage(args: &StageArgs) -> Result<(), Failure> {
    let StageArgs { wall: name, scene, http } = args;
    let body = json!({ "scene": scene }).to_string();
    let path = format!("/v1/walls/{}/stage", wall(name)?);
    let view: Option<WindowsView> = post(*http, &path, JSON, None, body.as_bytes())?;
    match view {
        None => println!("nothing is staged on wall {name}"),
        Some(view) => print_windows(&view),
    }
    Ok(())
}

fn take(args: &TakeArgs) -> Result<(), Failure> {
    let TakeArgs { wall: name, http } = args;
    let view: WindowsView = post(*http, &format!("/v1/walls/{}/take", wall(name)?), JSON, None, b"{}")?;
    print_windows(&view);
    Ok(())
}

fn print_windows(view: &WindowsView) {
    let WindowsView { wall, of, revision, scene, edited, covered_by, windows, .. } = view;
    let edited = if *edited { ", edited" } else { "" };
    println!("wall {wall}, {of}: {scene}{edited} (revision {revision})");
    if let Some(alarm) = covered_by {
        println!("covered by alarm {alarm}");
    }
    for WindowLine { window, kind, source, label, rect, z, locked, .. } in windows {
        let shows = source.as_ref().map_or_else(|| kind.clone(), ToString::to_string);
        let lock = if *locked { "  locked" } else { "" };
        println!(
            "{window:<12} {:>8} {:>8} {:>8} {:>8}  z {z:<4} {shows}  {}{lock}",
            rect.x, rect.y, rect.width, rect.height, label.en
        );
    }
}
