//! Row operations with 256-bit integers. Each does what its namesake in `scalar` does, byte for byte.
//!
//! The functions that this module gives away may be called only where [`is_available`] has said yes;
//! `Kernels::Avx2` can be made in no other way.

#[cfg(target_arch = "x86_64")]
mod x86;

#[cfg(target_arch = "x86_64")]
pub use x86::{
    average_small, blend, blocks, fence, is_available, narrow, reduce, rows, shade, shade_doubled, sum,
    sum_pairs, widen,
};

#[cfg(not(target_arch = "x86_64"))]
mod other;

#[cfg(not(target_arch = "x86_64"))]
pub use other::{
    average_small, blend, blocks, fence, is_available, narrow, reduce, rows, shade, shade_doubled, sum,
    sum_pairs, widen,
};
