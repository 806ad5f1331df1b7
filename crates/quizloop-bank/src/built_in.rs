//! The question files that are compiled in.

/// Expands each topic to the file's name, for diagnostics, and its text.
macro_rules! files {
    ($($topic:literal),* $(,)?) => {
        &[$((
            concat!("data/questions/", $topic, ".toml"),
            include_str!(concat!("../../../data/questions/", $topic, ".toml")),
        )),*]
    };
}

/// Returns the names and texts of the built-in question files.
pub const fn built_in() -> &'static [(&'static str, &'static str)] {
    files![
        "async-iteration",
        "bug-spotting",
        "cancellation",
        "comparisons",
        "context-managers",
        "context",
        "data-access",
        "debugging",
        "design",
        "exceptions",
        "fundamentals",
        "loop-lifecycle",
        "output-prediction",
        "performance",
        "queues",
        "streams",
        "structured-concurrency",
        "subprocess",
        "sync",
        "syntax",
        "tasks",
        "testing",
        "threads",
        "timeouts",
        "web",
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_compiled_in() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/questions");
        let mut existing: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .map(|name| format!("data/questions/{name}"))
            .collect();
        existing.sort();
        let listed: Vec<_> = built_in().iter().map(|(name, _)| *name).collect();
        assert_eq!(
            listed, existing,
            "list the files of data/questions in bank/built_in.rs"
        );
    }
}
