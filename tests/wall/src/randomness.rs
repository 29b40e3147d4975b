//! One seed for all randomness of this process: every library below asks the system for it, and here the answer is ours.
//!
//! Keys, connection ids, hash tables, the order of `select!`, the waits between attempts and the probing of the congestion
//! control then are the same in each run of a seed. A process is seeded once, first thing in `main`; one that is not seeded
//! gets the system's randomness.

use std::ffi::{c_int, c_long, c_uint, c_void};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering};

static SEEDED: AtomicBool = AtomicBool::new(false);
static STATE: AtomicU64 = AtomicU64::new(0);

/// From now on this process draws all its randomness from `seed`.
pub fn seed_process(seed: u64) {
    STATE.store(seed, Ordering::SeqCst);
    SEEDED.store(true, Ordering::SeqCst);
}

/// Stirs a counter into a number that looks random (splitmix64, Steele, Lea and Flood 2014).
fn mix(counter: u64) -> u64 {
    let z = (counter ^ (counter >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Writes `length` numbers to `buffer`.
///
/// # Safety
/// `buffer` must be writable for `length` bytes.
unsafe fn fill(buffer: *mut c_void, length: usize) -> isize {
    for at in 0..length {
        let number = mix(STATE.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP));
        // SAFETY: `at` is below `length`.
        unsafe { buffer.cast::<u8>().add(at).write(number as u8) };
    }
    isize::try_from(length).unwrap_or(isize::MAX)
}

/// What the standard library and `getrandom` call, in place of the C library's.
///
/// # Safety
/// As getrandom(2): `buffer` must be writable for `length` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn getrandom(buffer: *mut c_void, length: usize, flags: c_uint) -> isize {
    if SEEDED.load(Ordering::SeqCst) {
        // SAFETY: as promised by the caller.
        return unsafe { fill(buffer, length) };
    }
    // SAFETY: as promised by the caller.
    let got =
        unsafe { pass_on(libc::SYS_getrandom, [buffer as c_long, length as c_long, flags.into(), 0, 0, 0]) };
    got as isize
}

/// What `ring` calls, in place of the C library's. Everything but randomness is passed on.
///
/// # Safety
/// As syscall(2). The C function takes its arguments as they come; on x86-64 and AArch64 that is the same as seven words.
#[unsafe(no_mangle)]
unsafe extern "C" fn syscall(
    number: c_long,
    a: c_long,
    b: c_long,
    c: c_long,
    d: c_long,
    e: c_long,
    f: c_long,
) -> c_long {
    if number == libc::SYS_getrandom && SEEDED.load(Ordering::SeqCst) {
        // SAFETY: as promised by the caller.
        return unsafe { fill(a as *mut c_void, b as usize) } as c_long;
    }
    // SAFETY: as promised by the caller.
    unsafe { pass_on(number, [a, b, c, d, e, f]) }
}

type SystemCall = unsafe extern "C" fn(c_long, ...) -> c_long;

/// Calls the C library's `syscall`.
///
/// # Safety
/// As syscall(2).
unsafe fn pass_on(number: c_long, [a, b, c, d, e, f]: [c_long; 6]) -> c_long {
    static NEXT: AtomicPtr<c_void> = AtomicPtr::new(std::ptr::null_mut());
    let mut next = NEXT.load(Ordering::Relaxed);
    if next.is_null() {
        // SAFETY: the name ends with a zero byte.
        next = unsafe { libc::dlsym(libc::RTLD_NEXT, c"syscall".as_ptr()) };
        NEXT.store(next, Ordering::Relaxed);
    }
    if next.is_null() {
        const NO_SUCH_CALL: c_int = -1;
        return NO_SUCH_CALL.into();
    }
    // SAFETY: this is the C library's function of that name, and that is its type.
    let call: SystemCall = unsafe { std::mem::transmute(next) };
    // SAFETY: as promised by the caller.
    unsafe { call(number, a, b, c, d, e, f) }
}

/// A stream of numbers for one part of a simulation, so that one part drawing more does not change the others.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The stream of `seed` for the part called `part`.
    pub fn new(seed: u64, part: u64) -> Self {
        Self(mix(seed ^ mix(part.wrapping_add(STEP))))
    }

    /// Any number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high.saturating_sub(low) + 1)
    }

    /// True in `per_100k` of 100,000 cases.
    pub fn chance(&mut self, per_100k: u32) -> bool {
        per_100k > 0 && self.next() % 100_000 < u64::from(per_100k)
    }

    /// One of `choices`, which must not be empty.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.between(0, choices.len() as u64 - 1) as usize]
    }
}
