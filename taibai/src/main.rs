//! The one command of Taibai.

fn main() {}
