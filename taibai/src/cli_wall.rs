//! The command line of operators at the walls: windows, the stage, undo.

use crate::cli::HTTP_DEFAULT;
use clap::{Args, Subcommand};
use std::net::SocketAddr;

/// What can be asked of a running wall.
#[derive(Debug, Subcommand)]
pub enum WallCommand {
    /// Open, move, swap and close windows on a running wall
    #[command(subcommand)]
    Window(WindowCommand),
    /// Undo what was done last on a wall, or do it again
    Undo(UndoArgs),
    /// Make a scene ready on a wall's stage, unseen; without a scene the stage is emptied
    Stage(StageArgs),
    /// Put what is staged on air
    Take(TakeArgs),
    /// Print the hall document with what is on air written into it
    Export(ExportArgs),
}

/// `taibai window`
#[derive(Debug, Subcommand)]
pub enum WindowCommand {
    /// List the windows of a wall, back to front
    List(ListArgs),
    /// Open a window in front of all others
    Open(OpenArgs),
    /// Move or resize a window
    Move(MoveArgs),
    /// Close a window
    Close(CloseArgs),
    /// Let two windows show each what the other one does
    Swap(SwapArgs),
}

/// Which wall, which side of it, and who is asked.
#[derive(Debug, Args)]
pub struct WallArgs {
    /// Which wall
    pub wall: String,
    /// The stage, not the air
    #[arg(long)]
    pub stage: bool,
    /// The controller's command address
    #[arg(long, default_value = HTTP_DEFAULT)]
    pub http: SocketAddr,
}

/// `taibai window list`
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Where
    #[command(flatten)]
    pub at: WallArgs,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `taibai window open`
#[derive(Debug, Args)]
pub struct OpenArgs {
    /// Where
    #[command(flatten)]
    pub at: WallArgs,
    /// What it shows
    pub source: String,
    /// Left edge, top edge, width and height in canvas pixels
    #[arg(num_args = 4, allow_negative_numbers = true, value_names = ["X", "Y", "WIDTH", "HEIGHT"])]
    pub rect: Vec<f64>,
}

/// `taibai window move`
#[derive(Debug, Args)]
pub struct MoveArgs {
    /// Where
    #[command(flatten)]
    pub at: WallArgs,
    /// Which window
    pub window: String,
    /// Left edge, top edge, width and height in canvas pixels
    #[arg(num_args = 4, allow_negative_numbers = true, value_names = ["X", "Y", "WIDTH", "HEIGHT"])]
    pub rect: Vec<f64>,
}

/// `taibai window close`
#[derive(Debug, Args)]
pub struct CloseArgs {
    /// Where
    #[command(flatten)]
    pub at: WallArgs,
    /// Which window
    pub window: String,
}

/// `taibai window swap`
#[derive(Debug, Args)]
pub struct SwapArgs {
    /// Where
    #[command(flatten)]
    pub at: WallArgs,
    /// One window
    pub a: String,
    /// The other one
    pub b: String,
}

/// `taibai undo`
#[derive(Debug, Args)]
pub struct UndoArgs {
    /// Where
    #[command(flatten)]
    pub at: WallArgs,
    /// Do again what was undone last
    #[arg(long)]
    pub redo: bool,
}

/// `taibai stage`
#[derive(Debug, Args)]
pub struct StageArgs {
    /// Which wall
    pub wall: String,
    /// Which scene
    pub scene: Option<String>,
    /// The controller's command address
    #[arg(long, default_value = HTTP_DEFAULT)]
    pub http: SocketAddr,
}

/// `taibai take`
#[derive(Debug, Args)]
pub struct TakeArgs {
    /// Which wall
    pub wall: String,
    /// The controller's command address
    #[arg(long, default_value = HTTP_DEFAULT)]
    pub http: SocketAddr,
}

/// `taibai export`
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The controller's command address
    #[arg(long, default_value = HTTP_DEFAULT)]
    pub http: SocketAddr,
}
