//! The page in headless Chromium, driven over its debugging protocol.
//!
//! Without Chromium, the tests are skipped with a message; if `QUIZLOOP_CI` is set, they fail.
//! `CHROMIUM` is the path of the program, if it is not in a usual place.

mod access;
mod animation;
mod appearance;
mod attachments;
mod chat;
mod chromium;
mod components;
mod faults;
mod first_minute;
mod interviews;
mod keyboard;
mod like_discord;
mod named_commands;
mod pairs;
mod phone_answers;
mod practice;
mod question_forms;
mod screenshot;
mod tab;
mod typed_options;

use discord_sandbox::Sandbox;
use discord_sandbox::page::Calendar;
use jiff::Timestamp;
use jiff::civil::time;
use quizloop_core::schedule::{Schedule, ScheduleOverrides};
use quizloop_core::zone::Zone;

use crate::support::World;
use chromium::Chromium;
use tab::Tab;

/// Friday, before the question of the day.
const FRIDAY: &str = "2026-03-27T08:59[Europe/Berlin]";

/// Starts a world with the bot; the page knows the team's schedule.
async fn world() -> World {
    let world = World::at(FRIDAY).team().start().await;
    world.sandbox.set_calendar(calendar());
    world
}

/// Starts a sandbox with Quizloop's page, for a small bot.
async fn sandbox() -> Sandbox {
    crate::sandbox::client::start(quizloop::cli::sandbox_options()).await
}

/// Returns a schedule: 09:00 in Berlin on working days.
fn calendar() -> Calendar {
    let zone = Zone::from_name("Europe/Berlin").unwrap();
    let schedule = Schedule::weekdays_at(time(9, 0, 0, 0), zone.clone());
    let limits = ScheduleOverrides {
        since: Timestamp::MIN,
        last_day: None,
        pause: None,
        skip: None,
    };
    Calendar::new(zone.time_zone().clone(), move |after| {
        schedule.upcoming(after, &limits).next().map(|(_, at)| at)
    })
}

/// Opens the page with the guided start closed; `None` without Chromium.
async fn page(world: &World) -> Option<(Chromium, Tab)> {
    let chromium = Chromium::start().await?;
    let tab = chromium.tab().await;
    tab.open(&world.sandbox.url()).await;
    tab.eval::<bool>("localStorage.setItem('guide', '{\"closed\":true}'), true")
        .await;
    tab.open(&world.sandbox.url()).await;
    Some((chromium, tab))
}
