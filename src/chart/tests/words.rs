//! The pictures in words, whole.

use insta::assert_snapshot;

use super::{beginner, extreme, newcomer, regular};
use crate::chart::{Unwritten, alt, unwritten};

#[test]
fn a_newcomer() {
    assert_snapshot!(alt(&newcomer()), @"");
}

#[test]
fn a_beginner() {
    assert_snapshot!(alt(&beginner()), @"");
}

#[test]
fn a_regular() {
    assert_snapshot!(alt(&regular()), @"");
}

#[test]
fn too_much_for_one_text() {
    assert_snapshot!(alt(&extreme()), @"");
}

/// What the font can't write is named in the message.
#[test]
fn names_of_other_alphabets() {
    let expected = Unwritten {
        label: "topic 2".into(),
        name: "非同期",
    };
    assert_eq!(unwritten(&beginner()), [expected]);
    let extreme = extreme();
    let labels: Vec<_> = unwritten(&extreme).into_iter().map(|one| one.label).collect();
    assert_eq!(labels, ["topic 6", "topic 7", "topic 8", "topic 2"]);
}
