//! The laws of the habit, tried on random histories.

mod habit;
mod outline;
mod picking;
mod reminders;
mod schedule;
mod weeks;
