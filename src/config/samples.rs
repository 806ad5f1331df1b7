//! A value of each team setting that is not the default, for tests.

/// Returns the value as TOML, and the text, number or flag that means the same in a command.
pub fn of_setting(key: &str) -> (&'static str, &'static str) {
    match key {
        "timezone" => ("\"Europe/Berlin\"", "europe/berlin"),
        "at" => ("\"17:30\"", "17:30"),
        "days" => ("[\"mon\", \"wed\"]", "mon, wed"),
        "catch_up" => ("\"90m\"", "1h30m"),
        "reveal" => ("\"open\"", "open"),
        "show_level" => ("false", "false"),
        "role" => ("\"1130000000000000001\"", "1130000000000000001"),
        "report" => ("true", "true"),
        "wrap_up_at" => ("\"20:00\"", "20:00"),
        "levels" => ("[\"mid\", \"junior\"]", "mid, Junior"),
        "topics" => ("[\"queues\", \"cancellation\"]", "queues, cancellation"),
        "sources" => ("[\"built-in\", \"server\"]", "built-in, server"),
        "order" => (
            "\"topics: queues, cancellation\"",
            "Topics: queues,cancellation",
        ),
        "repeat_day" => ("\"fri\"", "fri"),
        "pairs" => ("\"mon 10:00\"", "Mon 10:00"),
        "retention" => ("0.85", "85"),
        "holidays" => ("[\"2026-12-25\", 2027-01-01]", "2026-12-25, 2027-01-01"),
        _ => panic!("add a sample of `{key}`"),
    }
}
