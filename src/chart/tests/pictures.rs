//! The pictures against those that were looked at and kept.
//!
//! After a change that is meant to be seen: `cargo test --lib write_the_pictures -- --ignored`, and look at them.

use std::fs;
use std::path::PathBuf;

use super::everybody;
use super::similarity::{TestImage, difference};
use crate::chart::{WIDTH, png};

/// Two drawings of the same picture on different machines differ by less; a word more or less by far more.
const MAX_DIFFERENCE: f64 = 0.05;

fn reference_path(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/chart/tests/pictures");
    folder.join(format!("{name}.png"))
}

#[test]
fn they_look_as_they_did() {
    for (name, progress) in everybody() {
        let drawn = TestImage::read(&png(&progress).unwrap());
        assert_eq!(drawn.width, WIDTH as usize);
        let kept = TestImage::read(&fs::read(reference_path(name)).unwrap());
        let difference = difference(&drawn, &kept);
        assert!(
            difference < MAX_DIFFERENCE,
            "{name} differs by {difference:.3}"
        );
    }
}

#[test]
#[ignore = "it writes files of the repository"]
fn write_the_pictures() {
    for (name, progress) in everybody() {
        fs::write(reference_path(name), png(&progress).unwrap()).unwrap();
    }
}

/// What the comparison is for: it must see what a person would see.
#[test]
fn a_small_change_is_seen() {
    let [.., (_, progress), _] = everybody();
    let drawn = TestImage::read(&png(&progress).unwrap());
    assert!(difference(&drawn, &drawn) < 1e-9);
    let mut other = progress.clone();
    other.forecast[4] += 1;
    let one_more_due = TestImage::read(&png(&other).unwrap());
    assert!(difference(&drawn, &one_more_due) > MAX_DIFFERENCE);
    other.clone_from(&progress);
    other.days.pop();
    let one_day_less = TestImage::read(&png(&other).unwrap());
    assert!(difference(&drawn, &one_day_less) > MAX_DIFFERENCE);
}

/// Discord takes 10 MiB; a member on a phone would not like to.
#[test]
fn they_are_small_files() {
    for (name, progress) in everybody() {
        let size = png(&progress).unwrap().len();
        assert!(size < 200_000, "{name} has {size} bytes");
    }
}
