//! What is shown to one member: plain values for the templates.

mod clock;
mod component;
mod embed;
mod log;
mod message;
mod people;
mod place;
mod tools;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Calendar;
use super::markdown::Names;
use crate::sandbox::Shared;
use crate::sandbox::model::{Discord, Guild};
use crate::sandbox::rest::route::NAMES;

pub use log::line_in_full as line;

/// Who looks, and at what.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Where {
    /// The member.
    #[serde(rename = "as")]
    user: Option<String>,
    /// The channel.
    channel: Option<String>,
    /// The thread beside it.
    thread: Option<String>,
    /// Whether the tools are open: then the log is shown as well.
    tools: Option<String>,
}

/// The whole page.
#[derive(Debug, Serialize)]
pub struct Page {
    me: people::Person,
    people: Vec<people::Person>,
    guilds: Vec<place::GuildItem>,
    channel: Option<place::Room>,
    thread: Option<place::Room>,
    clock: clock::Clock,
    bot: people::Bot,
    /// Names of the routes that a fault can strike.
    routes: &'static [&'static str],
    tools: Option<tools::Tools>,
}

/// Who looks: everything that depends on it takes one of these.
pub struct Reader<'a> {
    discord: &'a Discord,
    calendar: &'a Calendar,
    user: u64,
}

impl<'a> Reader<'a> {
    fn guild_of(&self, channel: u64) -> Option<&'a Guild> {
        let guild = self.discord.guild_of(channel)?;
        self.discord.guilds.get(&guild)
    }

    fn names(&self, channel: u64) -> Names<'a> {
        Names {
            discord: self.discord,
            guild: self.guild_of(channel),
            now: self.discord.clock.now(),
            zone: &self.calendar.zone,
        }
    }
}

fn id(text: Option<&String>) -> Option<u64> {
    text.and_then(|text| text.parse().ok())
}

/// Looks at everything for one member.
pub async fn page(shared: &Arc<Shared>, place: &Where) -> Page {
    let calendar = shared.calendar();
    let tools = if place.tools.is_some() {
        Some(tools::tools(shared).await)
    } else {
        None
    };
    shared.read(|discord| {
        let user = people::known(discord, id(place.user.as_ref()));
        let reader = Reader {
            discord,
            calendar: &calendar,
            user,
        };
        let channel = place::channel(&reader, id(place.channel.as_ref()));
        let thread = place::thread(&reader, channel, id(place.thread.as_ref()));
        Page {
            me: people::person(&reader, user, channel),
            people: people::people(&reader, channel),
            guilds: place::guilds(&reader, channel, thread),
            channel: channel.map(|channel| place::room(&reader, channel)),
            thread: thread.map(|thread| place::room(&reader, thread)),
            clock: clock::clock(discord, &calendar),
            bot: people::bot(discord, shared.orders.are_taken()),
            routes: NAMES,
            tools,
        }
    })
}
