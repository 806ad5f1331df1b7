//! Translates serenity's events and forwards them to the event loop.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use serenity::all::{Context, Event as GatewayEvent, GatewayIntents, Message, RawEventHandler};
use tokio::sync::mpsc;

use super::liveness::LivenessMonitor;
use crate::bot::gateway::event::Event;
use crate::bot::gateway::translate;
use crate::bot::interactions::queue::InteractionQueue;
use quizloop_core::id::GuildId;

/// The intents, 513: guilds with their channels and threads, and messages without content. None of
/// them is privileged (Discord docs, events/gateway, "Gateway Intents").
pub const INTENTS: GatewayIntents = GatewayIntents::GUILDS.union(GatewayIntents::GUILD_MESSAGES);

/// Forwards events. Serenity runs each call in a separate task, so events may be reordered. The
/// event loop does not depend on their order.
pub struct Handler {
    pub shard: u32,
    pub events: mpsc::UnboundedSender<Event>,
    pub interactions: Arc<InteractionQueue>,
    pub liveness: Arc<LivenessMonitor>,
}

impl Handler {
    fn dispatch(&self, event: &GatewayEvent) {
        let translated = match event {
            GatewayEvent::Ready(event) => {
                self.liveness.on_session();
                Some(translate::ready(&event.ready, self.shard))
            }
            GatewayEvent::GuildCreate(event) => Some(translate::guild_create(&event.guild)),
            GatewayEvent::GuildDelete(event) => translate::guild_delete(&event.guild),
            GatewayEvent::ChannelDelete(event) => Some(translate::channel_delete(&event.channel)),
            GatewayEvent::ChannelUpdate(event) => Some(translate::channel_update(&event.channel)),
            GatewayEvent::ThreadDelete(event) => Some(translate::thread_delete(&event.thread)),
            GatewayEvent::ThreadUpdate(event) => Some(translate::thread_update(&event.thread)),
            GatewayEvent::ThreadListSync(event) => {
                Some(Event::AccessGained(GuildId::new(event.guild_id.get())))
            }
            GatewayEvent::GuildRoleUpdate(event) => {
                Some(Event::RoleUpdate(GuildId::new(event.role.guild_id.get())))
            }
            GatewayEvent::MessageCreate(event) => message_create(&event.message),
            GatewayEvent::Resumed(_) => {
                self.liveness.on_resume();
                None
            }
            GatewayEvent::InteractionCreate(event) => {
                let interaction = translate::interaction_create(&event.interaction, Instant::now());
                if let Some(interaction) = interaction {
                    self.interactions.push(Box::new(interaction));
                }
                None
            }
            GatewayEvent::Unknown(event) => {
                let Some(undecoded) = translate::undecoded(event) else {
                    return;
                };
                let _ = self.events.send(undecoded);
                translate::recovered(event)
            }
            _ => return,
        };
        self.liveness.on_event();
        // The receiver is closed only during shutdown.
        let _ = translated.map(|event| self.events.send(event));
    }
}

/// Serenity starts a task for each event. With the one method of this trait the task is far smaller
/// than with `EventHandler`, whose task can call any of eighty methods.
impl RawEventHandler for Handler {
    // Written by hand instead of with `async_trait`: nothing here awaits, so the event, which takes
    // some kilobytes, need not move into a future.
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

/// Translates a message; `None` for a direct message, which the bot ignores.
fn message_create(message: &Message) -> Option<Event> {
    let guild = GuildId::new(message.guild_id?.get());
    Some(Event::MessageCreate(translate::message_create(
        message, guild,
    )))
}
