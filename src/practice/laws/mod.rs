//! The laws of the habit, tried on random histories.

mod habit;
mod schedule;
