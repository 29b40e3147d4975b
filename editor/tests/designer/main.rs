//! The editor on a software GPU, driven by names.

mod desk;
mod pixels;
mod speed;
mod time;
mod workflows;
