//! CPU time and memory of a process. Linux only: elsewhere the values are zero.

use std::time::Duration;

/// Clock ticks per second in /proc (proc(5): `sysconf(_SC_CLK_TCK)`, which is 100 on every Linux
/// that Rust's standard library supports).
const TICKS_PER_SECOND: u32 = 100;

/// Returns the CPU time that a process has used so far.
pub fn cpu_time(process: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The program's name is in parentheses and may contain anything. Only numbers follow it.
    let numbers = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    // proc(5): utime and stime are fields 14 and 15 of the line. The name is field 2.
    let ticks = numbers.split_whitespace().skip(11).take(2);
    let ticks: u32 = ticks.filter_map(|field| field.parse::<u32>().ok()).sum();
    Duration::from_secs(1) * ticks / TICKS_PER_SECOND
}

/// Returns the current resident memory of a process in megabytes (10⁶ bytes).
pub fn resident(process: u32) -> f64 {
    megabytes(process, "VmRSS:")
}

/// Returns the peak resident memory of a process in megabytes (10⁶ bytes).
pub fn peak_resident(process: u32) -> f64 {
    megabytes(process, "VmHWM:")
}

fn megabytes(process: u32, field: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kib.unwrap_or(0.0) * 1024.0 / 1e6
}
