//! A controller's HTTP API from outside: the one client of commands and of the editor. Calls block: who must not wait asks from a
//! thread of its own. Tokens are in no error, no log and no `Debug`.

mod ask;
mod door;
mod watch;

pub use ask::{AskError, Client, Picture, Refused};
pub use door::{Door, DoorError, Token};
pub use watch::{Heard, Watch};
