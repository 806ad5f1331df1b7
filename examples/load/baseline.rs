//! Bare bots: serenity bots that answer everything with a constant text. Their throughput is the
//! upper bound for a serenity bot on this machine.

use anyhow::{Context as _, Result};
use serenity::all::{
    Client, ClientBuilder, Context, CreateInteractionResponse, CreateInteractionResponseMessage,
    EventHandler, GatewayIntents, HttpBuilder, Interaction, Message, ReactionType,
};
use serenity::async_trait;

use crate::fake_discord::{FakeDiscord, TlsProxy};
use crate::wire;

/// Argument that turns this process into a bare bot. The kind follows.
const BASELINE_ARGUMENT: &str = "--bare";
/// Environment variables with the addresses of the simulated Discord.
const URL: &str = "LOAD_URL";
const PROXY: &str = "LOAD_PROXY";
const CERTIFICATE: &str = "LOAD_CERTIFICATE";

/// Kind of bare bot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Baseline {
    /// One thread, like the part of Quizloop that responds; no rate limiter.
    OneThread,
    /// One thread per core, which is tokio's default; no rate limiter.
    ManyThreads,
    /// One thread and serenity's rate limiter, which requires TLS.
    Limited,
}

impl Baseline {
    /// All kinds, in the order of the table.
    pub const ALL: [Self; 3] = [Self::OneThread, Self::ManyThreads, Self::Limited];

    /// Returns the name in the table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OneThread => "bare, one thread",
            Self::ManyThreads => "bare, thread per core",
            Self::Limited => "bare, limiter and TLS",
        }
    }

    const fn argument(self) -> &'static str {
        match self {
            Self::OneThread => "one-thread",
            Self::ManyThreads => "many-threads",
            Self::Limited => "limited",
        }
    }

    /// Returns the kind of bare bot that the arguments select, if any.
    pub fn from_arguments(arguments: &[String]) -> Option<Self> {
        let [first, kind] = arguments else {
            return None;
        };
        Self::ALL
            .into_iter()
            .find(|baseline| first == BASELINE_ARGUMENT && kind == baseline.argument())
    }

    /// Returns the arguments that start a bare bot of this kind.
    pub fn arguments(self) -> [&'static str; 2] {
        [BASELINE_ARGUMENT, self.argument()]
    }

    /// Returns the environment variables of the process. The certificate is written to `folder`.
    pub async fn environment(
        self,
        discord: &FakeDiscord,
        folder: &std::path::Path,
    ) -> Result<Vec<(String, String)>> {
        let mut environment = vec![(URL.to_owned(), discord.url())];
        if self == Self::Limited {
            let proxy = TlsProxy::start(discord.address()).await?;
            let file = folder.join("certificate.der");
            std::fs::write(&file, &proxy.certificate).context("cannot write the certificate")?;
            environment.push((PROXY.to_owned(), proxy.address.to_string()));
            environment.push((CERTIFICATE.to_owned(), file.display().to_string()));
        }
        Ok(environment)
    }
}

/// Runs a baseline bot until it is killed.
pub fn run(kind: Baseline) -> Result<()> {
    let mut builder = match kind {
        Baseline::ManyThreads => tokio::runtime::Builder::new_multi_thread(),
        Baseline::OneThread | Baseline::Limited => tokio::runtime::Builder::new_current_thread(),
    };
    let runtime = builder.enable_all().build()?;
    runtime.block_on(async {
        let mut client = client(kind).await?;
        client.start().await.context("the gateway client failed")
    })
}

async fn client(kind: Baseline) -> Result<Client> {
    let url = std::env::var(URL)?;
    let builder = HttpBuilder::new(wire::TOKEN);
    let http = if kind == Baseline::Limited {
        builder.client(discord_over_tls()?).build()
    } else {
        builder.proxy(&url).ratelimiter_disabled(true).build()
    };
    let intents = GatewayIntents::GUILDS | GatewayIntents::GUILD_MESSAGES;
    let client = ClientBuilder::new_with_http(http, intents).event_handler(ConstantReply);
    let client = client.await.context("cannot build the client")?;
    // Serenity falls back to Discord's own gateway if fetching the URL fails.
    *client.ws_url.lock().await = format!("{}/gateway", url.replacen("http", "ws", 1));
    Ok(client)
}

fn discord_over_tls() -> Result<reqwest::Client> {
    let certificate = std::fs::read(std::env::var(CERTIFICATE)?)?;
    let client = reqwest::Client::builder()
        .use_rustls_tls()
        .no_proxy()
        .resolve("discord.com", std::env::var(PROXY)?.parse()?)
        .add_root_certificate(reqwest::Certificate::from_der(&certificate)?);
    Ok(client.build()?)
}

/// Answers every command with the same text, and every message with a reaction.
struct ConstantReply;

#[async_trait]
impl EventHandler for ConstantReply {
    async fn interaction_create(&self, context: Context, interaction: Interaction) {
        if let Interaction::Command(command) = interaction {
            let message = CreateInteractionResponseMessage::new().content("A constant.");
            let response = CreateInteractionResponse::Message(message);
            // The driver counts missing responses.
            let _ = command.create_response(&context.http, response).await;
        }
    }

    async fn message(&self, context: Context, message: Message) {
        let reaction = ReactionType::Unicode("✅".to_owned());
        // As above.
        let _ = context
            .http
            .create_reaction(message.channel_id, message.id, &reaction)
            .await;
    }
}
