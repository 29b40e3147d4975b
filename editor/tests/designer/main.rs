//! The editor on a software GPU, driven by names.

mod desk;
mod pixels;
mod speed;
mod widgets;
mod workflows;
