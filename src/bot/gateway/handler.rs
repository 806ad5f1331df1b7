//! Serenity's events, handed on as ours.

use std::pin::Pin;
use std::sync::Arc;

use serenity::all::{Context, Event as GatewayEvent, GatewayIntents, Message, RawEventHandler};
use tokio::sync::mpsc;

use super::liveness::LivenessMonitor;
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
    pub liveness: Arc<LivenessMonitor>,
}

impl Handler {
    fn dispatch(&self, event: &GatewayEvent) {
        let ours = match event {
            GatewayEvent::Ready(event) => {
                self.liveness.on_session();
                Some(translate::ready(&event.ready, self.shard))
            }
            GatewayEvent::GuildCreate(event) => {
                Some(Event::GuildCreate(GuildId::new(event.guild.id.get())))
            }
            GatewayEvent::GuildDelete(event) => translate::guild_delete(&event.guild),
            GatewayEvent::ChannelDelete(event) => Some(translate::channel_delete(&event.channel)),
            GatewayEvent::ChannelUpdate(event) => Some(translate::channel_update(&event.channel)),
            GatewayEvent::ThreadDelete(event) => Some(translate::thread_delete(&event.thread)),
            GatewayEvent::MessageCreate(event) => message_create(&event.message),
            GatewayEvent::InteractionCreate(event) => {
                translate::interaction_create(&event.interaction, self.clock.now())
            }
            _ => return,
        };
        self.liveness.on_event();
        // A closed channel means that the process is ending.
        let _ = ours.map(|event| self.events.send(event));
    }
}

/// One method for all events: the task that serenity starts for each is then far smaller than the one that can call any
/// of the eighty methods of the other kind.
impl RawEventHandler for Handler {
    // Written out as `async_trait` would, but nothing here waits: the event, some kilobytes, does not move into a future.
    fn raw_event<'h, 'f>(
        &'h self,
        _: Context,
        event: GatewayEvent,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'f>>
    where
        'h: 'f,
        Self: 'f,
    {
        self.dispatch(&event);
        Box::pin(std::future::ready(()))
    }
}

/// Direct messages mean nothing to us.
fn message_create(message: &Message) -> Option<Event> {
    let guild = GuildId::new(message.guild_id?.get());
    Some(Event::MessageCreate(translate::message_create(
        message, guild,
    )))
}
