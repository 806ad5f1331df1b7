//! A small bot on serenity. If serenity parses the sandbox's events and responses, the sandbox is
//! compatible.

use std::sync::Arc;

use discord_sandbox::{Options, Sandbox};
use serde_json::{Value, json};
use serenity::all::{
    Client, Context, Event, GatewayIntents, Http, HttpBuilder, Interaction, RawEventHandler,
};
use serenity::async_trait;
use tokio::sync::mpsc;

/// The bot, with the events that serenity has parsed.
pub struct Bot {
    pub http: Arc<Http>,
    events: mpsc::UnboundedReceiver<Event>,
    /// Events that the test has not waited for yet: serenity does not keep their order.
    backlog: Vec<Event>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Bot {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Handler(mpsc::UnboundedSender<Event>);

#[async_trait]
impl RawEventHandler for Handler {
    async fn raw_event(&self, context: Context, event: Event) {
        if let Event::InteractionCreate(created) = &event {
            answer(&context, &created.interaction).await;
        }
        // The test may have ended.
        let _ = self.0.send(event);
    }
}

/// Responds to an interaction: `/greet` gets two buttons, which change the message; `/slow` is
/// deferred; `/mute` gets no response.
async fn answer(context: &Context, interaction: &Interaction) {
    if matches!(interaction, Interaction::Command(one) if one.data.name == "mute") {
        return;
    }
    let (id, token) = match interaction {
        Interaction::Command(one) | Interaction::Autocomplete(one) => (one.id, one.token.clone()),
        Interaction::Component(one) => (one.id, one.token.clone()),
        Interaction::Modal(one) => (one.id, one.token.clone()),
        _ => return,
    };
    let message = |content: &str| json!({ "type": 4, "data": { "content": content, "flags": 64 } });
    let body = match interaction {
        Interaction::Command(one) if one.data.name == "greet" => json!({
            "type": 4,
            "data": {
                "content": "Hello",
                "embeds": [{ "title": "A question", "description": "What is a task?", "footer": { "text": "Round 1" } }],
                "components": [{ "type": 1, "components": [
                    { "type": 2, "style": 1, "label": "More", "custom_id": "more" },
                    { "type": 2, "style": 2, "label": "Less", "custom_id": "less" },
                ] }],
            },
        }),
        Interaction::Command(one) if one.data.name == "slow" => {
            json!({ "type": 5, "data": { "flags": 64 } })
        }
        Interaction::Command(one) if one.data.name == "form" => json!({ "type": 9, "data": {
            "title": "Tell", "custom_id": "tell", "components": [{ "type": 1, "components": [
                { "type": 4, "style": 1, "label": "What", "custom_id": "what" },
            ] }],
        } }),
        Interaction::Command(_) => message("What?"),
        Interaction::Component(one) if one.data.custom_id == "more" => {
            json!({ "type": 7, "data": { "content": "Hello again" } })
        }
        Interaction::Modal(_) => message("Got it"),
        Interaction::Autocomplete(_) => json!({ "type": 8, "data": {
            "choices": [{ "name": "Tasks", "value": "tasks" }],
        } }),
        _ => message("Less it is"),
    };
    let sent = context
        .http
        .create_interaction_response(id, &token, &body, Vec::new())
        .await;
    sent.expect("the sandbox should accept the response");
    if body["type"] == 5 {
        let later = json!({ "content": "Sorry, that took a while" });
        let sent = context
            .http
            .edit_original_interaction_response(&token, &later, Vec::new())
            .await;
        sent.expect("the sandbox should accept the edit");
    }
}

/// Starts a sandbox whose clock is stopped at 08:00 UTC on a Friday.
pub async fn sandbox() -> Sandbox {
    start(Options::default()).await
}

pub async fn start(options: Options) -> Sandbox {
    let start = Some("2026-03-27T08:00:00Z".parse().unwrap());
    Sandbox::start(Options { start, ..options }).await.unwrap()
}

pub fn http(sandbox: &Sandbox) -> Http {
    HttpBuilder::new(sandbox.token())
        .proxy(sandbox.url())
        .ratelimiter_disabled(true)
        .application_id(discord_sandbox::ids::APP.into())
        .build()
}

impl Bot {
    /// Connects and waits for READY.
    pub async fn connect(sandbox: &Sandbox) -> Self {
        Self::with_intents(
            sandbox,
            GatewayIntents::GUILDS | GatewayIntents::GUILD_MESSAGES,
        )
        .await
    }

    pub async fn with_intents(sandbox: &Sandbox, intents: GatewayIntents) -> Self {
        let (sender, events) = mpsc::unbounded_channel();
        let builder = serenity::client::ClientBuilder::new_with_http(http(sandbox), intents);
        let mut client: Client = builder.raw_event_handler(Handler(sender)).await.unwrap();
        let http = Arc::clone(&client.http);
        let task = tokio::spawn(async move {
            // Some tests make it end with an error.
            let _ = client.start().await;
        });
        let mut bot = Self {
            http,
            events,
            backlog: Vec::new(),
            task,
        };
        bot.next("READY").await;
        bot
    }

    /// Waits for the next event with this name. An event that serenity can't parse fails the test.
    pub async fn next(&mut self, name: &str) -> Event {
        let is_wanted = |event: &Event| event.name() == Some(name.to_owned());
        if let Some(index) = self.backlog.iter().position(is_wanted) {
            return self.backlog.remove(index);
        }
        let found = async {
            loop {
                let event = self.events.recv().await.expect("the bot is running");
                if let Event::Unknown(unknown) = &event {
                    panic!("serenity can't parse {unknown:?}");
                }
                if is_wanted(&event) {
                    return event;
                }
                self.backlog.push(event);
            }
        };
        let limit = std::time::Duration::from_secs(60);
        tokio::time::timeout(limit, found)
            .await
            .unwrap_or_else(|_| panic!("no {name} in 5 s"))
    }
}

impl Bot {
    /// Waits for the event of a message.
    pub async fn next_message(&mut self, id: u64) -> Event {
        loop {
            let event = self.next("MESSAGE_CREATE").await;
            if matches!(&event, Event::MessageCreate(one) if one.message.id.get() == id) {
                return event;
            }
        }
    }
}

/// Sends a request as the bot; returns the response's status and JSON.
pub async fn call(sandbox: &Sandbox, method: &str, path: &str, body: Value) -> (u16, Value) {
    let url = format!("{}/api/v10{path}", sandbox.url());
    let method = method.parse().unwrap();
    let request = reqwest::Client::new()
        .request(method, url)
        .header("Authorization", format!("Bot {}", sandbox.token()));
    let request = if body.is_null() {
        request
    } else {
        request.json(&body)
    };
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or(Value::Null))
}

/// Asserts that all requests and responses match Discord's description. Invalid requests are
/// allowed if they were refused with 400.
pub fn assert_matches_openapi(sandbox: &Sandbox) {
    let mut violations = crate::openapi::check(sandbox);
    violations.retain(|line| !line.contains("(400): request") && !line.contains("(400): query"));
    assert!(
        violations.is_empty(),
        "violations of Discord's description:\n{}",
        violations.join("\n")
    );
}
