//! The files with questions and paths that are compiled in.

/// Expands each path, without its extension, to the file's name, for diagnostics, and its text.
macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$((
            concat!("data/", $name, ".toml"),
            include_str!(concat!("../../../data/", $name, ".toml")),
        )),*]
    };
}

/// Returns the names and texts of the built-in files: the questions, one file per topic, then the
/// paths, in the order in which people see them.
pub const fn built_in() -> &'static [(&'static str, &'static str)] {
    files![
        "questions/async-iteration",
        "questions/bug-spotting",
        "questions/cancellation",
        "questions/comparisons",
        "questions/context-managers",
        "questions/context",
        "questions/data-access",
        "questions/debugging",
        "questions/design",
        "questions/exceptions",
        "questions/fundamentals",
        "questions/loop-lifecycle",
        "questions/output-prediction",
        "questions/performance",
        "questions/queues",
        "questions/streams",
        "questions/structured-concurrency",
        "questions/subprocess",
        "questions/sync",
        "questions/syntax",
        "questions/tasks",
        "questions/testing",
        "questions/threads",
        "questions/timeouts",
        "questions/web",
        "paths/first-week",
        "paths/backend",
        "paths/data-pipelines",
        "paths/live-coding",
        "paths/senior-in-production",
        "paths/python-3-11-to-3-15",
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folders_is_compiled_in() {
        let files = |folder: &str| {
            let path = format!("{}/../../data/{folder}", env!("CARGO_MANIFEST_DIR"));
            let names = std::fs::read_dir(path).unwrap();
            let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
            let names = names.map(|name| format!("data/{folder}/{name}"));
            names.collect::<Vec<_>>()
        };
        let mut existing = [files("questions"), files("paths")].concat();
        existing.sort();
        let mut listed: Vec<_> = built_in().iter().map(|(name, _)| *name).collect();
        listed.sort_unstable();
        assert_eq!(
            listed, existing,
            "list the files of data/questions and data/paths in built_in.rs"
        );
    }
}
