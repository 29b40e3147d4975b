//! The rules at work, on fake time.

mod dates;
mod dice;
mod document;
mod edits;
mod engine;
mod hall;
mod histories;
mod model;
mod samples;
mod storms;
