//! Bots that do nothing: serenity, and a constant text to everything. What they reach is the most that a bot on
//! serenity can reach here.

use anyhow::{Context as _, Result};
use serenity::all::{
    Client, ClientBuilder, Context, CreateInteractionResponse, CreateInteractionResponseMessage,
    EventHandler, GatewayIntents, HttpBuilder, Interaction, Message, ReactionType,
};
use serenity::async_trait;

use crate::fake_discord::{FakeDiscord, TlsProxy};
use crate::wire;

/// The hidden argument that makes this process such a bot; its kind follows.
const BASELINE_ARGUMENT: &str = "--bare";
/// The variables that say where Discord is.
const URL: &str = "LOAD_URL";
const PROXY: &str = "LOAD_FRONT";
const CERTIFICATE: &str = "LOAD_CERTIFICATE";

/// What a bare bot runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Baseline {
    /// One thread, as Quizloop's answers have; no rate limiter.
    OneThread,
    /// A thread for each core, which is tokio's default.
    ManyThreads,
    /// One thread and serenity's rate limiter, which wants TLS.
    Limited,
}

impl Baseline {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::OneThread, Self::ManyThreads, Self::Limited];

    /// Its name in the table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OneThread => "bare, one thread",
            Self::ManyThreads => "bare, a thread a core",
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

    /// What this process was asked to be.
    pub fn from_arguments(arguments: &[String]) -> Option<Self> {
        let [first, kind] = arguments else {
            return None;
        };
        let mut all = Self::ALL.into_iter();
        all.find(|one| first == BASELINE_ARGUMENT && kind == one.argument())
    }

    /// The arguments that make a process this kind.
    pub fn arguments(self) -> [&'static str; 2] {
        [BASELINE_ARGUMENT, self.argument()]
    }

    /// The variables it needs, and a folder for its certificate.
    pub async fn environment(
        self,
        discord: &FakeDiscord,
        folder: &std::path::Path,
    ) -> Result<Vec<(String, String)>> {
        let mut environment = vec![(URL.to_owned(), discord.url())];
        if self == Self::Limited {
            let front = TlsProxy::start(discord.address()).await?;
            let file = folder.join("certificate.der");
            std::fs::write(&file, &front.certificate).context("the certificate is written")?;
            environment.push((PROXY.to_owned(), front.address.to_string()));
            environment.push((CERTIFICATE.to_owned(), file.display().to_string()));
        }
        Ok(environment)
    }
}

/// Runs a bare bot until it is killed.
pub fn run(kind: Baseline) -> Result<()> {
    let mut builder = match kind {
        Baseline::ManyThreads => tokio::runtime::Builder::new_multi_thread(),
        Baseline::OneThread | Baseline::Limited => tokio::runtime::Builder::new_current_thread(),
    };
    let runtime = builder.enable_all().build()?;
    runtime.block_on(async {
        let mut client = client(kind).await?;
        client.start().await.context("the gateway")
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
    let client = client.await.context("a client")?;
    // Serenity falls back to Discord's own gateway if asking for the URL fails.
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

/// Says the same to everything.
struct ConstantReply;

#[async_trait]
impl EventHandler for ConstantReply {
    async fn interaction_create(&self, context: Context, interaction: Interaction) {
        if let Interaction::Command(command) = interaction {
            let message = CreateInteractionResponseMessage::new().content("A constant.");
            let response = CreateInteractionResponse::Message(message);
            // Who was not answered is counted by who asked.
            let _ = command.create_response(&context.http, response).await;
        }
    }

    async fn message(&self, context: Context, message: Message) {
        let mark = ReactionType::Unicode("✅".to_owned());
        // As above.
        let _ = context
            .http
            .create_reaction(message.channel_id, message.id, &mark)
            .await;
    }
}
