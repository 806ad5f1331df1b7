//! Times of day and catch-up limits in the forms in which people write them.

use jiff::SignedDuration;
use jiff::civil::Time;

use super::text::pluralize;

/// Maximum catch-up limit. It ensures that a question is never posted after its day.
pub(crate) const CATCH_UP_MAX: SignedDuration = SignedDuration::from_hours(24);

/// Parses `09:00` or `9:00` in the 24-hour format.
pub(crate) fn parse_time_of_day(text: &str) -> Option<Time> {
    let (hour, minute) = text.trim().split_once(':')?;
    if hour.len() > 2 || minute.len() != 2 {
        return None;
    }
    Time::new(parse_digits(hour)?, parse_digits(minute)?, 0, 0).ok()
}

/// Parses `3h`, `90m`, `1h30m`, `1h 30m` or `0`, at most 24 hours.
pub(crate) fn parse_catch_up(text: &str) -> Option<SignedDuration> {
    if text.trim() == "0" {
        return Some(SignedDuration::ZERO);
    }
    let text = text.replace(' ', "");
    let (hours, rest) = text
        .split_once('h')
        .map_or((None, text.as_str()), |(hours, rest)| (Some(hours), rest));
    let minutes = match rest {
        "" => None,
        rest => Some(rest.strip_suffix('m')?),
    };
    if hours.is_none() && minutes.is_none() {
        return None;
    }
    let read = |part: Option<&str>| part.map_or(Some(0), parse_digits::<i64>);
    let total = read(hours)?.checked_mul(60)?.checked_add(read(minutes)?)?;
    let minutes = u16::try_from(total).ok()?;
    Some(SignedDuration::from_mins(minutes.into())).filter(|limit| *limit <= CATCH_UP_MAX)
}

/// Formats as `90 minutes`, `1 hour`, `3 hours` or `1 h 30 min`.
pub(crate) fn hours_and_minutes(span: SignedDuration) -> String {
    let (hours, minutes) = (span.as_hours(), span.as_mins() % 60);
    match (hours, minutes) {
        (0, minutes) => pluralize(minutes, "minute", "minutes"),
        (hours, 0) => pluralize(hours, "hour", "hours"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

fn parse_digits<T: std::str::FromStr>(text: &str) -> Option<T> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_use_the_24_hour_format() {
        assert_eq!(parse_time_of_day("09:00"), Some(Time::constant(9, 0, 0, 0)));
        assert_eq!(
            parse_time_of_day(" 9:05 "),
            Some(Time::constant(9, 5, 0, 0))
        );
        assert_eq!(parse_time_of_day("00:00"), Some(Time::midnight()));
        for bad in [
            "24:00", "9", "9am", "09:60", "09:0", "+9:00", "009:00", "09:00:00", "",
        ] {
            assert_eq!(parse_time_of_day(bad), None, "{bad}");
        }
    }

    #[test]
    fn durations_are_shown_in_hours_and_minutes() {
        let shown = [1, 45, 60, 90, 180, 1440]
            .map(|minutes| hours_and_minutes(SignedDuration::from_mins(minutes)));
        let expected = [
            "1 minute",
            "45 minutes",
            "1 hour",
            "1 h 30 min",
            "3 hours",
            "24 hours",
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn durations_are_hours_and_minutes() {
        let minutes = |text| parse_catch_up(text).map(|span| span.as_mins());
        assert_eq!(minutes("3h"), Some(180));
        assert_eq!(minutes("90m"), Some(90));
        assert_eq!(minutes("1h30m"), Some(90));
        assert_eq!(minutes("1h 30m"), Some(90));
        assert_eq!(minutes("0"), Some(0));
        assert_eq!(minutes("24h"), Some(1440));
        for bad in [
            "",
            "3",
            "h",
            "m",
            "25h",
            "1441m",
            "-1h",
            "90s",
            "3 hours",
            "99999999999999999999h",
        ] {
            assert_eq!(minutes(bad), None, "{bad}");
        }
    }
}
