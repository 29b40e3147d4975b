//! The x86-64 form: safe doors in front of functions compiled for AVX2.

mod blending;
mod sampling;
mod shading;

use crate::color::ColorMatrix;
use crate::cpu::columns::Blocks;
use crate::cpu::kernels::RowPair;

/// Whether this processor has AVX2.
pub fn is_available() -> bool {
    std::arch::is_x86_feature_detected!("avx2")
}

macro_rules! doors {
    ($($(#[$doc:meta])* $name:ident in $module:ident ($($argument:ident: $kind:ty),*);)*) => {$(
        $(#[$doc])*
        pub fn $name($($argument: $kind),*) {
            // SAFETY: the caller holds `Kernels::Avx2`, which exists only where AVX2 was found.
            unsafe { $module::$name($($argument),*) }
        }
    )*};
}

doors! {
    /// See `scalar::narrow`.
    narrow in sampling (words: &[u8], out: &mut [u8]);
    /// See `scalar::sum`.
    sum in sampling (rows: &[&[u8]], sums: &mut [u16]);
    /// See `scalar::sum_pairs`.
    sum_pairs in sampling (rows: &[&[u8]], sums: &mut [u16]);
    /// See `scalar::reduce`.
    reduce in sampling (sums: &[u16], group: u32, total: u32, out: &mut [u8]);
    /// See `scalar::sum_pairs` and `scalar::reduce`, for pairs of columns in 2 rows, or fours in 4.
    average_small in sampling (rows: &[&[u8]], out: &mut [u8]);
    /// See `scalar::widen`.
    widen in sampling (row: &[u8], out: &mut [i16]);
    /// See `scalar::columns`; whole pairs of blocks are written.
    blocks in sampling (row: &[u8], blocks: &Blocks, start: usize, end: usize, out: &mut [i16]);
    /// See `scalar::rows`.
    rows in sampling (near: &[u8], far: &[u8], weight: u32, out: &mut [i16]);
    /// See `scalar::shade`.
    shade in shading (planes: [RowPair<'_>; 3], matrix: ColorMatrix, stream: bool, out: &mut [u8]);
    /// See `scalar::shade_doubled`.
    shade_doubled in shading (luma: &[u8], u: &[i16], v: &[i16], matrix: ColorMatrix, stream: bool, out: &mut [u8]);
    /// See `scalar::blend`.
    blend in blending (below: &mut [u8], above: &[u8], alpha: u8);
}

/// Makes streamed pixels visible to whoever reads them next.
pub fn fence() {
    // SAFETY: every x86-64 processor has SSE2.
    unsafe { std::arch::x86_64::_mm_sfence() }
}

/// Loads and stores. Whoever calls them has compared lengths once, before a loop.
mod memory {
    use std::arch::x86_64::{
        __m128i, __m256i, _mm_loadu_si128, _mm_storeu_si128, _mm256_loadu_si256, _mm256_storeu_si256,
        _mm256_stream_si256,
    };

    /// A plain number type of which registers are made.
    pub trait Number: Copy {}
    impl Number for u8 {}
    impl Number for i16 {}
    impl Number for u16 {}

    /// The 16 bytes from element `at` on; they must lie inside.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub unsafe fn load_128<T: Number>(from: &[T], at: usize) -> __m128i {
        debug_assert!(at + 16 / size_of::<T>() <= from.len());
        // SAFETY: the caller's promise.
        unsafe { _mm_loadu_si128(from.as_ptr().add(at).cast()) }
    }

    /// The 32 bytes from element `at` on; they must lie inside.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub unsafe fn load_256<T: Number>(from: &[T], at: usize) -> __m256i {
        debug_assert!(at + 32 / size_of::<T>() <= from.len());
        // SAFETY: the caller's promise.
        unsafe { _mm256_loadu_si256(from.as_ptr().add(at).cast()) }
    }

    /// Puts 16 bytes from element `at` on; they must lie inside.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub unsafe fn store_128<T: Number>(to: &mut [T], at: usize, value: __m128i) {
        debug_assert!(at + 16 / size_of::<T>() <= to.len());
        // SAFETY: the caller's promise.
        unsafe { _mm_storeu_si128(to.as_mut_ptr().add(at).cast(), value) }
    }

    /// Puts 32 bytes from element `at` on; they must lie inside.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub unsafe fn store_256<T: Number>(to: &mut [T], at: usize, value: __m256i) {
        debug_assert!(at + 32 / size_of::<T>() <= to.len());
        // SAFETY: the caller's promise.
        unsafe { _mm256_storeu_si256(to.as_mut_ptr().add(at).cast(), value) }
    }

    /// As [`store_256`], past the caches when `STREAM`; then the place must be a multiple of 32 in memory.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub unsafe fn store_pixels<const STREAM: bool>(to: &mut [u8], at: usize, value: __m256i) {
        debug_assert!(at + 32 <= to.len());
        // SAFETY: the caller's promise.
        unsafe {
            let place = to.as_mut_ptr().add(at).cast();
            if STREAM { _mm256_stream_si256(place, value) } else { _mm256_storeu_si256(place, value) }
        }
    }
}
