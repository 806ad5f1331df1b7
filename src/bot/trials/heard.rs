//! Payloads of the gateway, through serenity's types, to what the bot does about them.

use std::sync::Arc;

use serenity::all::{Event as Sent, GatewayEvent};

use super::limits;
use crate::bot::desk::Desk;
use crate::bot::event::Event;
use crate::bot::{commands, replies, translate};
use crate::practice::id::GuildId;

/// What a payload means to the bot. Serenity drops what it can't read.
pub fn events(payload: &[u8]) -> Vec<Event> {
    let Ok(GatewayEvent::Dispatch(_, sent)) = serde_json::from_slice(payload) else {
        return Vec::new();
    };
    translated(&sent).into_iter().collect()
}

/// As the gateway's handler does it.
fn translated(sent: &Sent) -> Option<Event> {
    match sent {
        Sent::Ready(sent) => Some(translate::ready(&sent.ready, 0)),
        Sent::GuildCreate(sent) => Some(Event::GuildHere(GuildId::new(sent.guild.id.get()))),
        Sent::GuildDelete(sent) => translate::guild_gone(&sent.guild),
        Sent::ChannelDelete(sent) => Some(translate::channel_gone(&sent.channel)),
        Sent::ChannelUpdate(sent) => Some(translate::channel_changed(&sent.channel)),
        Sent::ThreadDelete(sent) => Some(translate::thread_gone(&sent.thread)),
        Sent::MessageCreate(sent) => {
            let guild = sent.message.guild_id?;
            let guild = GuildId::new(guild.get());
            Some(Event::Wrote(translate::wrote(&sent.message, guild)))
        }
        Sent::InteractionCreate(sent) => translate::asked(&sent.interaction, super::desk::now()),
        _ => None,
    }
}

/// What the bot does, as far as that is possible without Discord. Whatever happens, the guild can be saved and
/// read again.
pub async fn act(desk: &Arc<Desk>, events: Vec<Event>) {
    for event in events {
        match event {
            Event::Ready { me, .. } => desk.set_me(me),
            Event::GuildHere(_) | Event::GuildGone(_) | Event::ChannelChanged { .. } => {}
            Event::ChannelGone { guild, channel } => {
                crate::bot::thread_gone(Arc::clone(desk), guild, channel).await;
            }
            Event::Wrote(wrote) => replies::on_message(Arc::clone(desk), wrote).await,
            Event::Asked(call) => limits::check(&commands::respond(desk, &call).await),
        }
    }
    for id in desk.store.guild_ids() {
        desk.store.read(id, super::saved::sound);
    }
}
