//! The view models of the page for one member: plain values for the templates.

mod channel;
mod clock;
mod component;
mod embed;
mod extension;
mod log;
mod message;
mod people;
mod tools;
mod unread;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Calendar;
use super::markdown::NameResolver;
use crate::SandboxState;
use crate::model::{Discord, Guild};
use crate::rest::route::NAMES;

pub use log::line_in_full as line;

/// The viewer and the location, from the page's query string.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct PageQuery {
    /// The member who views the page.
    #[serde(rename = "as")]
    user: Option<String>,
    /// The channel.
    channel: Option<String>,
    /// The thread next to the channel.
    thread: Option<String>,
    /// Present if the tools are open; then the view includes them and the log.
    tools: Option<String>,
}

/// The whole page.
#[derive(Debug, Serialize)]
pub struct PageView {
    me: people::UserItem,
    people: Vec<people::UserItem>,
    guilds: Vec<channel::GuildItem>,
    channel: Option<channel::ChannelView>,
    thread: Option<channel::ChannelView>,
    clock: clock::ClockView,
    bot: people::BotStatus,
    /// Names of the routes for faults.
    routes: &'static [&'static str],
    tools: Option<tools::ToolsView>,
    extension: extension::ExtensionView,
    /// Number of private messages that vanished because the page was loaded again.
    vanished: usize,
}

impl PageView {
    /// Adds the number of private messages that vanished.
    pub fn after_restart(self, vanished: usize) -> Self {
        Self { vanished, ..self }
    }
}

impl PageQuery {
    /// Returns the viewer.
    pub fn user(&self, discord: &Discord) -> u64 {
        people::selected_user(discord, id(self.user.as_ref()))
    }
}

/// The viewer: everything shown depends on its permissions, name and time zone.
pub struct PageViewer<'a> {
    discord: &'a Discord,
    calendar: &'a Calendar,
    user: u64,
}

impl<'a> PageViewer<'a> {
    fn guild_of(&self, channel: u64) -> Option<&'a Guild> {
        let guild = self.discord.guild_of(channel)?;
        self.discord.guilds.get(&guild)
    }

    fn names(&self, channel: u64) -> NameResolver<'a> {
        NameResolver {
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

/// Builds the page for one member.
pub async fn page(shared: &Arc<SandboxState>, query: &PageQuery) -> PageView {
    let calendar = shared.calendar();
    let tools = if query.tools.is_some() {
        Some(tools::tools(shared).await)
    } else {
        None
    };
    shared.read(|discord| {
        let user = query.user(discord);
        let viewer = PageViewer {
            discord,
            calendar: &calendar,
            user,
        };
        let channel = channel::selected_channel(&viewer, id(query.channel.as_ref()));
        let thread = channel::selected_thread(&viewer, channel, id(query.thread.as_ref()));
        let mut marks = shared.read_marks();
        for shown in channel.into_iter().chain(thread) {
            unread::mark_read(&viewer, &mut marks, shown);
        }
        PageView {
            me: people::user_item(&viewer, user, channel),
            people: people::people(&viewer, channel),
            guilds: channel::guilds(&viewer, &marks, channel, thread),
            channel: channel.map(|channel| channel::channel_view(&viewer, channel)),
            thread: thread.map(|thread| channel::channel_view(&viewer, thread)),
            clock: clock::clock(discord, &calendar),
            bot: people::bot(discord, shared.process_commands.has_subscriber()),
            routes: NAMES,
            tools,
            extension: extension::extension(&shared.page),
            vanished: 0,
        }
    })
}
