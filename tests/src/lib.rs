//! Tests that stand above every crate: golden images, pipelines with real peers, the rules of the house.
//!
//! The library holds what those tests, `./dev demo` and `./dev prove` share: synthetic cameras with a frame counter in
//! the picture, real servers that send them, processes that die with their parent, and readers of what the wall shows.

pub mod camera;
pub mod cameras;
pub mod cluster;
pub mod counter;
pub mod data;
pub mod demo;
pub mod district;
pub mod editing;
pub mod faults;
pub mod held;
pub mod impair;
pub mod input_method;
pub mod ladder;
pub mod lock;
pub mod namespace;
pub mod peers;
pub mod picture;
pub mod probe;
pub mod process;
pub mod proofs;
pub mod relay;
pub mod stage;
pub mod tap;
pub mod watch;
pub mod x_server;
