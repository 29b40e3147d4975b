//! The whole of the crate over real sockets on loopback: one binary, so that it links once.

mod answers;
mod clock;
mod control;
mod enrolment;
mod feeds;
mod media;
mod pictures;
mod relay;
mod silence;
mod support;
