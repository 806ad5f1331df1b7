//! Compares the pictures with reference pictures in the repository.
//!
//! After an intended change, run `cargo test --lib write_the_pictures -- --ignored` and check the new
//! reference pictures.

use std::fs;
use std::path::PathBuf;

use super::examples;
use super::similarity::{TestImage, difference};
use crate::{WIDTH, png};

/// Maximum difference between two renderings of the same picture on different machines. A changed
/// word makes a much larger difference.
const MAX_DIFFERENCE: f64 = 0.05;

fn reference_path(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/tests/pictures");
    folder.join(format!("{name}.png"))
}

#[test]
fn pictures_match_their_references() {
    for (name, progress) in examples() {
        let drawn = TestImage::read(&png(&progress).unwrap());
        assert_eq!(drawn.width, WIDTH as usize);
        let reference = TestImage::read(&fs::read(reference_path(name)).unwrap());
        let difference = difference(&drawn, &reference);
        assert!(
            difference < MAX_DIFFERENCE,
            "{name} differs by {difference:.3}"
        );
    }
}

#[test]
#[ignore = "writes files in the repository"]
fn write_the_pictures() {
    for (name, progress) in examples() {
        fs::write(reference_path(name), png(&progress).unwrap()).unwrap();
    }
}

/// The comparison must detect changes that a member would see.
#[test]
fn a_small_change_is_detected() {
    let [.., (_, progress), _] = examples();
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

/// Discord allows 10 MiB, which would be too much on a phone.
#[test]
fn pictures_are_small_files() {
    for (name, progress) in examples() {
        let size = png(&progress).unwrap().len();
        assert!(size < 200_000, "{name} has {size} bytes");
    }
}
