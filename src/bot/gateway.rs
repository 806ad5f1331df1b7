//! The gateway: serenity's client on a thread and a runtime of its own.
//!
//! A close frame without a code makes serenity 0.12.5 spin until the next heartbeat is due, which
//! freezes the runtime it is on. Here that is a runtime on which nothing else lives: posts, saves and
//! answers go on meanwhile.

use jiff::Timestamp;
use serenity::all::{
    Context, EventHandler, GatewayError, GatewayIntents, Guild, GuildChannel, Interaction, Message,
    PartialGuildChannel, Ready, UnavailableGuild,
};
use serenity::{Client, Error, async_trait};
use tokio::sync::{mpsc, oneshot};

use super::event::Event;
use super::rest::{Access, http};
use super::translate;
use crate::clock::Clock;
use crate::practice::id::GuildId;

/// Guilds with their channels and threads, and messages without their content: 513. No privileged
/// intent (Discord docs, events/gateway, "Gateway Intents").
const INTENTS: GatewayIntents = GatewayIntents::GUILDS.union(GatewayIntents::GUILD_MESSAGES);

/// Why the gateway's client ended.
#[derive(Debug, thiserror::Error)]
pub enum GatewayEnd {
    /// Discord does not take the token (close code 4004).
    #[error("Discord refused the token")]
    Token,
    /// Discord does not take the intents (close codes 4013 and 4014).
    #[error("Discord refused the intents GUILDS and GUILD_MESSAGES")]
    Intents,
    /// Anything else.
    #[error("the gateway's client ended: {0}")]
    Other(String),
}

/// Connects and keeps connected, on a thread of its own. Events go to `events`; when the client ends
/// for good, the reason goes to the receiver.
///
/// # Errors
///
/// The thread can't be made.
pub fn connect(
    access: Access,
    clock: Clock,
    events: mpsc::UnboundedSender<Event>,
) -> std::io::Result<oneshot::Receiver<GatewayEnd>> {
    let (ended, end) = oneshot::channel();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    std::thread::Builder::new()
        .name("gateway".into())
        .spawn(move || {
            let end = runtime.block_on(client(&access, Handler { clock, events }));
            // The other side is gone only when the process is ending.
            let _ = ended.send(end);
        })?;
    Ok(end)
}

async fn client(access: &Access, handler: Handler) -> GatewayEnd {
    let builder = serenity::client::ClientBuilder::new_with_http(http(access), INTENTS);
    match builder.event_handler(handler).await {
        Ok(client) => start(client).await,
        Err(error) => reason(&error),
    }
}

async fn start(mut client: Client) -> GatewayEnd {
    match client.start().await {
        Ok(()) => GatewayEnd::Other("it was shut down".into()),
        Err(error) => reason(&error),
    }
}

fn reason(error: &Error) -> GatewayEnd {
    match error {
        Error::Gateway(GatewayError::InvalidAuthentication) => GatewayEnd::Token,
        Error::Gateway(
            GatewayError::InvalidGatewayIntents | GatewayError::DisallowedGatewayIntents,
        ) => GatewayEnd::Intents,
        other => GatewayEnd::Other(other.to_string()),
    }
}

/// Hands every event on. Serenity runs each call as a task of its own, so the order of events is
/// not kept; nothing behind this depends on it.
struct Handler {
    clock: Clock,
    events: mpsc::UnboundedSender<Event>,
}

impl Handler {
    fn send(&self, event: Option<Event>) {
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
        self.send(Some(translate::ready(&ready)));
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
