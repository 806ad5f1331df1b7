//! The page in a real browser: Chromium, headless, driven over its debugging protocol.
//!
//! A machine without Chromium skips these tests and says so; with `QUIZLOOP_CI` set it fails instead.
//! `CHROMIUM` names the program where it has another name than usual.

mod access;
mod appearance;
mod chat;
mod chromium;
mod components;
mod faults;
mod first_visit;
mod keyboard;
mod practice;
mod screenshot;
mod tab;

use jiff::Timestamp;
use jiff::civil::time;
use quizloop::practice::schedule::{Schedule, ScheduleOverrides};
use quizloop::practice::zone::Zone;
use quizloop::sandbox::page::Calendar;

use crate::support::World;
use chromium::Chromium;
use tab::Tab;

/// Friday, before the question of the day.
const FRIDAY: &str = "2026-03-27T08:59[Europe/Berlin]";

/// A world with the bot, whose page knows the team's days.
async fn world() -> World {
    let world = World::at(FRIDAY).team().start().await;
    world.sandbox.set_calendar(calendar());
    world
}

/// 09:00 in Berlin on working days.
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

/// Chromium with the page, where the guided start was dismissed; nothing where there is no Chromium.
async fn page(world: &World) -> Option<(Chromium, Tab)> {
    let chromium = Chromium::start().await?;
    let tab = chromium.tab().await;
    tab.open(&world.sandbox.url()).await;
    tab.eval::<bool>("localStorage.setItem('guide', '{\"hint\":\"over\",\"used\":[]}'), true")
        .await;
    tab.open(&world.sandbox.url()).await;
    Some((chromium, tab))
}
