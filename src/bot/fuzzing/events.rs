//! Gateway payloads: parsed by serenity, translated and handled by the bot.

use std::sync::Arc;
use std::time::Instant;

use serenity::all::{Event as SerenityEvent, GatewayEvent};

use super::discord_limits;
use crate::bot::context::BotContext;
use crate::bot::gateway::event::{Event, Interaction};
use crate::bot::gateway::translate;
use crate::bot::interactions::commands;
use crate::bot::replies;
use quizloop_core::id::GuildId;

/// What a payload means for the bot.
pub enum Translated {
    Event(Event),
    Interaction(Box<Interaction>),
}

/// Translates a payload; empty for one that serenity can't parse and would drop.
pub fn from_payload(payload: &[u8]) -> Vec<Translated> {
    let Ok(GatewayEvent::Dispatch(_, event)) = serde_json::from_slice(payload) else {
        return Vec::new();
    };
    let translated = match &event {
        SerenityEvent::InteractionCreate(event) => {
            translate::interaction_create(&event.interaction, Instant::now())
                .map(|interaction| Translated::Interaction(Box::new(interaction)))
        }
        event => to_event(event).map(Translated::Event),
    };
    translated.into_iter().collect()
}

/// Translates an event in the same way as the gateway's handler.
fn to_event(event: &SerenityEvent) -> Option<Event> {
    match event {
        SerenityEvent::Ready(event) => Some(translate::ready(&event.ready, 0)),
        SerenityEvent::GuildCreate(event) => Some(translate::guild_create(&event.guild)),
        SerenityEvent::GuildDelete(event) => translate::guild_delete(&event.guild),
        SerenityEvent::ChannelDelete(event) => Some(translate::channel_delete(&event.channel)),
        SerenityEvent::ChannelUpdate(event) => Some(translate::channel_update(&event.channel)),
        SerenityEvent::ThreadDelete(event) => Some(translate::thread_delete(&event.thread)),
        SerenityEvent::ThreadUpdate(event) => Some(translate::thread_update(&event.thread)),
        SerenityEvent::Unknown(event) => translate::recovered(event),
        SerenityEvent::MessageCreate(event) => {
            let guild = event.message.guild_id?;
            let guild = GuildId::new(guild.get());
            Some(Event::MessageCreate(translate::message_create(
                &event.message,
                guild,
            )))
        }
        _ => None,
    }
}

/// Handles events as far as that is possible without Discord. Panics if a guild does not survive a
/// save and a load.
pub async fn handle(ctx: &Arc<BotContext>, events: Vec<Translated>) {
    for event in events {
        let event = match event {
            Translated::Event(event) => event,
            Translated::Interaction(interaction) => {
                discord_limits::check(&commands::respond(ctx, &interaction).await);
                continue;
            }
        };
        match event {
            Event::Ready { user_id, .. } => ctx.set_user_id(user_id),
            Event::GuildCreate { .. }
            | Event::GuildDelete(_)
            | Event::ChannelUpdate { .. }
            | Event::ThreadUpdate { .. }
            | Event::AccessGained(_)
            | Event::RoleUpdate(_)
            | Event::Undecoded { .. } => {}
            Event::ChannelDelete { guild, channel } => {
                crate::bot::event_loop::on_channel_deleted(Arc::clone(ctx), guild, channel).await;
            }
            Event::MessageCreate(message) => {
                if let Some(mut message) = replies::begin(ctx, message) {
                    drop(replies::count_message(ctx, &mut message).await);
                }
            }
        }
    }
    for id in ctx.store.guild_ids() {
        let loaded = ctx.store.loaded(id).expect("the guild is in memory");
        loaded.read(super::snapshots::assert_round_trip);
    }
}
