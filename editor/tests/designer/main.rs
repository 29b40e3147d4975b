//! The editor on a software GPU, driven by names.

mod desk;
mod feel;
mod live;
mod pixels;
mod speed;
mod start;
mod time;
mod walls;
mod widgets;
mod window;
mod workflows;
