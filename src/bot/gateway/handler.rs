//! Serenity's events, handed on as ours.

use std::sync::Arc;

use jiff::Timestamp;
use serenity::all::{
    Context, EventHandler, GatewayIntents, Guild, GuildChannel, Interaction, Message,
    PartialGuildChannel, Ready, UnavailableGuild,
};
use serenity::async_trait;
use tokio::sync::mpsc;

use super::pulse::Pulse;
use crate::bot::event::Event;
use crate::bot::translate;
use crate::clock::Clock;
use crate::practice::id::GuildId;

/// Guilds with their channels and threads, and messages without their content: 513. No privileged
/// intent (Discord docs, events/gateway, "Gateway Intents").
pub const INTENTS: GatewayIntents = GatewayIntents::GUILDS.union(GatewayIntents::GUILD_MESSAGES);

/// Hands every event on. Serenity runs each call as a task of its own, so the order of events is
/// not kept; nothing behind this depends on it.
pub struct Handler {
    /// The shard whose events these are.
    pub shard: u32,
    /// The time.
    pub clock: Clock,
    /// Where events go.
    pub events: mpsc::UnboundedSender<Event>,
    /// Where their coming is noted.
    pub pulse: Arc<Pulse>,
}

impl Handler {
    fn send(&self, event: Option<Event>) {
        self.pulse.heard();
        // A closed channel means that the process is ending.
        let _ = event.map(|event| self.events.send(event));
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

#[async_trait]
impl EventHandler for Handler {
    async fn ready(&self, _: Context, ready: Ready) {
        self.pulse.session();
        self.send(Some(translate::ready(&ready, self.shard)));
    }

    async fn guild_create(&self, _: Context, guild: Guild, _: Option<bool>) {
        let id = GuildId::new(guild.id.get());
        self.send(Some(Event::GuildHere(id)));
    }

    async fn guild_delete(&self, _: Context, guild: UnavailableGuild, _: Option<Guild>) {
        self.send(translate::guild_gone(&guild));
    }

    async fn channel_delete(&self, _: Context, channel: GuildChannel, _: Option<Vec<Message>>) {
        self.send(Some(translate::channel_gone(&channel)));
    }

    async fn channel_update(&self, _: Context, _: Option<GuildChannel>, new: GuildChannel) {
        self.send(Some(translate::channel_changed(&new)));
    }

    async fn thread_delete(
        &self,
        _: Context,
        thread: PartialGuildChannel,
        _: Option<GuildChannel>,
    ) {
        self.send(Some(translate::thread_gone(&thread)));
    }

    async fn message(&self, _: Context, message: Message) {
        let guild = message.guild_id.map(|guild| GuildId::new(guild.get()));
        self.send(guild.map(|guild| Event::Wrote(translate::wrote(&message, guild))));
    }

    async fn interaction_create(&self, _: Context, interaction: Interaction) {
        self.send(translate::asked(&interaction, self.now()));
    }
}
