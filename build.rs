//! Finds the commit for `quizloop --version`.
//!
//! Packagers set `QUIZLOOP_COMMIT`. Otherwise Git is asked, but only in release builds: a
//! development build would compile the whole package again after every commit. Without Git, there
//! is no commit.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-env-changed=QUIZLOOP_COMMIT");
    let is_set = std::env::var_os("QUIZLOOP_COMMIT").is_some_and(|commit| !commit.is_empty());
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    // The compiler reads a variable that is set on its own.
    if is_set || !is_release {
        println!("cargo::rerun-if-changed=build.rs");
        return;
    }
    for path in [
        "src",
        "crates",
        "data",
        "Cargo.toml",
        "Cargo.lock",
        "build.rs",
    ] {
        println!("cargo::rerun-if-changed={path}");
    }
    if let Some(head) = git(&["rev-parse", "--git-path", "logs/HEAD"]) {
        println!("cargo::rerun-if-changed={head}");
    }
    if let Some(commit) = commit() {
        println!("cargo::rustc-env=QUIZLOOP_COMMIT={commit}");
    }
}

/// Returns the commit and its date, if this folder is the root of a Git repository. An unpacked
/// archive inside another repository is not.
fn commit() -> Option<String> {
    let prefix = git(&["rev-parse", "--show-prefix"])?;
    if !prefix.is_empty() {
        return None;
    }
    let commit = git(&[
        "describe",
        "--always",
        "--exclude=*",
        "--abbrev=12",
        "--dirty=-modified",
    ])?;
    let date = git(&["show", "--no-patch", "--format=%cs", "HEAD"])?;
    Some(format!("{commit} {date}"))
}

/// Runs Git and returns what it prints, if it succeeds.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
