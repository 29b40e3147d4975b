//! The editor on a software GPU, driven by names.

mod desk;
mod live;
mod pixels;
mod speed;
mod workflows;
