//! Relative times, as Discord's clients show the time stamp style `R`.

/// Discord's units of relative times and their lengths in seconds, largest first.
const UNITS: [(i64, &str); 5] = [
    (365 * 86_400, "year"),
    (30 * 86_400, "month"),
    (86_400, "day"),
    (3_600, "hour"),
    (60, "minute"),
];

/// Formats a distance in time, such as `in 3 hours` or `2 days ago`.
pub fn relative_time(seconds: i64) -> String {
    let distance = seconds.abs();
    let unit = UNITS.iter().find(|(size, _)| distance * 10 >= size * 9);
    let (count, unit) = unit.map_or((distance, "second"), |(size, unit)| {
        (((distance + size / 2) / size).max(1), unit)
    });
    let plural = if count == 1 { "" } else { "s" };
    if seconds < 0 {
        format!("{count} {unit}{plural} ago")
    } else {
        format!("in {count} {unit}{plural}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_times_use_the_largest_fitting_unit() {
        let shown: Vec<_> = [30, 90, -3_600, 80_000, 86_400, -200_000, 40 * 86_400]
            .map(relative_time)
            .into();
        assert_eq!(
            shown,
            [
                "in 30 seconds",
                "in 2 minutes",
                "1 hour ago",
                "in 1 day",
                "in 1 day",
                "2 days ago",
                "in 1 month"
            ]
        );
    }
}
