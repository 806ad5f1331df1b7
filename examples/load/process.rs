//! What the system says of a process. Linux only; elsewhere it says nothing, and the table has zeros.

use std::time::Duration;

/// Ticks of a second in which /proc counts (proc(5): `sysconf(_SC_CLK_TCK)`, which is 100 on every Linux that Rust's
/// standard library runs on).
const TICKS_A_SECOND: u32 = 100;

/// The processor's time a process has used so far.
pub fn cpu_time(process: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name of the program, in parentheses, may contain anything; what follows is numbers.
    let numbers = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    // proc(5): utime and stime are fields 14 and 15 of the line, the name being field 2.
    let ticks = numbers.split_whitespace().skip(11).take(2);
    let ticks: u32 = ticks.filter_map(|field| field.parse::<u32>().ok()).sum();
    Duration::from_secs(1) * ticks / TICKS_A_SECOND
}

/// Megabytes (of a million bytes) that a process holds now.
pub fn resident(process: u32) -> f64 {
    megabytes(process, "VmRSS:")
}

/// The most it ever held.
pub fn peak_resident(process: u32) -> f64 {
    megabytes(process, "VmHWM:")
}

fn megabytes(process: u32, what: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(what));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kib.unwrap_or(0.0) * 1024.0 / 1e6
}
