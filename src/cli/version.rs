//! What `--version` prints: the version, the commit if it is known, and the features.

use std::sync::LazyLock;

/// The commit, from the build script: from the environment variable of the same name, or from Git.
/// A build without either of them, and a development build, has none.
const COMMIT: Option<&str> = option_env!("QUIZLOOP_COMMIT");

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The cargo features, with whether they are on.
const FEATURES: [(&str, bool); 3] = [
    ("sandbox", cfg!(feature = "sandbox")),
    ("openapi", cfg!(feature = "openapi")),
    (
        "failpoints",
        cfg!(all(feature = "failpoints", debug_assertions)),
    ),
];

/// Returns the version and the commit, for `-V`.
pub fn short() -> &'static str {
    static SHORT: LazyLock<String> = LazyLock::new(|| with_commit(COMMIT));
    &SHORT
}

/// Returns the version, the commit and the features, for `--version`.
pub fn long() -> &'static str {
    static LONG: LazyLock<String> =
        LazyLock::new(|| format!("{}\nfeatures: {}", short(), features()));
    &LONG
}

fn features() -> String {
    let on = FEATURES.iter().filter(|(_, is_on)| *is_on);
    let names: Vec<_> = on.map(|(name, _)| *name).collect();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

fn with_commit(commit: Option<&str>) -> String {
    match commit.map(str::trim).filter(|commit| !commit.is_empty()) {
        Some(commit) => format!("{VERSION} ({commit})"),
        None => VERSION.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_has_the_commit_if_there_is_one() {
        assert_eq!(with_commit(None), VERSION);
        assert_eq!(with_commit(Some(" ")), VERSION);
        assert_eq!(
            with_commit(Some("1a2b3c4 2026-11-30")),
            format!("{VERSION} (1a2b3c4 2026-11-30)")
        );
    }
}
