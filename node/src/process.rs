//! What this process costs the machine, as Linux accounts it (`proc(5)`).

use media::LocalTime;

/// Clock ticks a second in `/proc/self/stat`: fixed by the kernel's user interface on every architecture we run on.
const USER_HZ: u64 = 100;

/// CPU and memory since the last look.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ProcessUse {
    /// Per cent of one core, in thousandths.
    pub cpu_millipercent: u32,
    /// Resident memory in bytes.
    pub memory_bytes: u64,
}

/// Watches this process.
#[derive(Debug)]
pub struct ProcessMeter {
    begun: LocalTime,
    begun_ticks: u64,
}

impl ProcessMeter {
    /// Begins to count at `now`.
    pub fn new(now: LocalTime) -> Self {
        Self { begun: now, begun_ticks: cpu_ticks().unwrap_or(0) }
    }

    /// The mean use since the meter began; zeros where `/proc` cannot be read.
    pub fn read(&self, now: LocalTime) -> ProcessUse {
        let elapsed_ms = now.since(self.begun).as_millis().max(1);
        let ticks = cpu_ticks().unwrap_or(self.begun_ticks).saturating_sub(self.begun_ticks);
        let busy_ms = u128::from(ticks * 1000 / USER_HZ);
        let cpu_millipercent = u32::try_from(busy_ms * 100_000 / elapsed_ms).unwrap_or(u32::MAX);
        ProcessUse { cpu_millipercent, memory_bytes: resident_bytes().unwrap_or(0) }
    }
}

fn cpu_ticks() -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the program's name in parentheses and may hold blanks; the rest is counted from behind it.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let user: u64 = fields.get(11)?.parse().ok()?;
    let system: u64 = fields.get(12)?.parse().ok()?;
    Some(user + system)
}

fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory_and_its_work_is_counted() {
        let meter = ProcessMeter::new(LocalTime(0));
        let mut sum = 0_u64;
        let before = cpu_ticks().unwrap();
        while cpu_ticks().unwrap() < before + 2 {
            sum = (0..100_000).fold(sum, |sum, n| std::hint::black_box(sum ^ n));
        }
        let used = meter.read(LocalTime(1_000_000_000));
        assert!(used.memory_bytes > 1 << 20, "{used:?}");
        assert!(used.cpu_millipercent >= 2_000, "two ticks of 10 ms in a second are 2 per cent: {used:?}");
    }
}
