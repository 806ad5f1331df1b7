//! Actions of a member, and views of the messages that the member sees.

use std::time::Duration;

use discord_sandbox::client::{ClientOutcome, MessageView, ModalView};
use discord_sandbox::ids;
use discord_sandbox::model::InteractionState;
use serde_json::{Value, json};

use super::World;

/// A member of a world.
#[derive(Clone, Copy)]
pub struct MemberHandle<'w> {
    world: &'w World,
    pub id: u64,
}

impl<'w> MemberHandle<'w> {
    pub const fn new(world: &'w World, id: u64) -> Self {
        Self { world, id }
    }

    /// Writes in a channel or thread.
    pub fn write(&self, channel: u64, text: &str) -> u64 {
        self.world
            .sandbox
            .post(channel, self.id, text)
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// Replies in the thread of the newest question without waiting for the ✅.
    pub fn post_reply(&self, text: &str) -> u64 {
        self.write(self.world.thread(), text)
    }

    /// Replies in the thread of the newest question and waits for the ✅.
    pub async fn reply(&self, text: &str) -> u64 {
        let message = self.post_reply(text);
        self.wait_until_counted(message).await;
        message
    }

    /// Waits until a message has the ✅.
    pub async fn wait_until_counted(&self, message: u64) {
        self.world
            .wait_for("the ✅", |world| {
                world.sandbox.message(message)?.is_counted().then_some(())
            })
            .await;
    }

    /// Runs a command in #asyncio.
    pub async fn command(&self, command: &str, options: &[(&str, Value)]) -> ClientOutcome {
        self.command_in(ids::ASYNCIO, command, options).await
    }

    /// Runs a command in a channel.
    pub async fn command_in(
        &self,
        channel: u64,
        command: &str,
        options: &[(&str, Value)],
    ) -> ClientOutcome {
        self.world
            .sandbox
            .command(channel, self.id, command, options)
            .await
    }

    /// Runs a command in #asyncio and returns the message it shows.
    pub async fn command_message(&self, command: &str, options: &[(&str, Value)]) -> MessageView {
        let outcome = self.command(command, options).await;
        outcome
            .message()
            .cloned()
            .unwrap_or_else(|| panic!("/{command}: {outcome:?}\n{}", self.world.log()))
    }

    /// Cancels a round of #asyncio as an admin, and returns the response to the confirmation.
    pub async fn void(&self, round: u32) -> MessageView {
        let question = [("question", json!(round.to_string()))];
        let asked = self.command_message("team void", &question).await;
        self.confirm(asked, "Cancel the question").await
    }

    /// Credits a member with a round of #asyncio as an admin, and returns the response to the
    /// confirmation, or the refusal.
    pub async fn credit(&self, member: u64, round: u32) -> MessageView {
        let options = credit_options(member, round);
        let asked = self.command_message("team credit", &options).await;
        self.confirm(asked, "Give credit").await
    }

    async fn confirm(&self, asked: MessageView, button: &str) -> MessageView {
        if asked.components.is_empty() {
            return asked;
        }
        let sandbox = &self.world.sandbox;
        let outcome = sandbox.press(asked.id, self.id, button, &[]).await;
        match outcome.message() {
            Some(message) => message.clone(),
            // The response was deferred, and replaces the question later.
            None => self.wait_for_change_of(&asked).await,
        }
    }

    /// Waits until the text of a message is another one, and returns the message.
    pub async fn wait_for_change_of(&self, message: &MessageView) -> MessageView {
        let changed = |world: &World| {
            let now = world.sandbox.message(message.id)?;
            (now.content != message.content).then_some(now)
        };
        self.world.wait_for("the deferred response", changed).await
    }

    /// Chooses a message command in the menu *Apps* of a message, and returns the message it shows.
    pub async fn run_app(&self, message: u64, name: &str) -> MessageView {
        let sandbox = &self.world.sandbox;
        let outcome = sandbox.message_command(message, self.id, name).await;
        outcome
            .message()
            .cloned()
            .unwrap_or_else(|| panic!("{name}: {outcome:?}\n{}", self.world.log()))
    }

    pub async fn press(&self, message: u64, button: &str) -> MessageView {
        let outcome = self
            .world
            .sandbox
            .press(message, self.id, button, &[])
            .await;
        self.shown(message, &outcome)
            .await
            .unwrap_or_else(|| panic!("{button}: {outcome:?}\n{}", self.world.log()))
    }

    /// Selects values in the menu of a message.
    pub async fn choose(&self, message: &MessageView, values: &[&str]) -> MessageView {
        let (sandbox, menu) = (&self.world.sandbox, message.menu());
        let id = menu["custom_id"].as_str().expect("a menu has an id");
        let outcome = sandbox.press(message.id, self.id, id, values).await;
        self.shown(message.id, &outcome)
            .await
            .unwrap_or_else(|| panic!("{menu}: {outcome:?}\n{}", self.world.log()))
    }

    /// Presses a button that opens a form, fills in one field and submits the form.
    pub async fn submit_modal_field(
        &self,
        message: u64,
        button: &str,
        field: (&str, &str),
    ) -> MessageView {
        let sandbox = &self.world.sandbox;
        let opened = sandbox.press(message, self.id, button, &[]).await;
        let ClientOutcome::Modal(form) = opened else {
            panic!("{button}: {opened:?}\n{}", self.world.log());
        };
        let outcome = sandbox.submit_modal(self.id, &form, &[field]).await;
        outcome
            .message()
            .cloned()
            .unwrap_or_else(|| panic!("{button}: {outcome:?}\n{}", self.world.log()))
    }

    /// Presses a button that opens a form.
    pub async fn open_modal(&self, message: u64, button: &str) -> ModalView {
        match self
            .world
            .sandbox
            .press(message, self.id, button, &[])
            .await
        {
            ClientOutcome::Modal(form) => form,
            other => panic!("{button}: {other:?}\n{}", self.world.log()),
        }
    }

    /// Runs a command in #asyncio that opens a form.
    pub async fn command_modal(&self, command: &str, options: &[(&str, Value)]) -> ModalView {
        match self.command(command, options).await {
            ClientOutcome::Modal(form) => form,
            other => panic!("/{command}: {other:?}\n{}", self.world.log()),
        }
    }

    /// Fills in a form and submits it.
    pub async fn submit_modal(&self, form: &ModalView, fields: &[(&str, &str)]) -> MessageView {
        let outcome = self.world.sandbox.submit_modal(self.id, form, fields).await;
        let shown = match form.source_message {
            Some(message) => self.shown(message, &outcome).await,
            None => outcome.message().cloned(),
        };
        shown.unwrap_or_else(|| panic!("{outcome:?}\n{}", self.world.log()))
    }

    /// Returns the message that the use of a component shows. On a busy machine the bot may defer the
    /// update. Then this waits for what follows: the update, or a new message.
    async fn shown(&self, source: u64, outcome: &ClientOutcome) -> Option<MessageView> {
        if *outcome != ClientOutcome::Acknowledged {
            return outcome.message().cloned();
        }
        let what = "what follows a deferred update";
        let shown = self.world.wait(what, |discord| {
            let mut newest_first = discord.interactions.values().rev();
            let of_use = newest_first.find(|one| {
                let of_source = one.source_message.is_some_and(|key| key.message == source);
                one.user == self.id && of_source
            })?;
            match of_use.state {
                InteractionState::Updated => Some(source),
                InteractionState::DeferredUpdate => of_use.follow_ups.first().copied(),
                _ => None,
            }
        });
        self.world.sandbox.message(shown.await)
    }

    /// Presses a button with a custom id that no current message has.
    pub async fn press_id(&self, custom_id: &str) -> MessageView {
        let message = self.write(ids::ASYNCIO, "an old message");
        self.world.sandbox.with(|discord| {
            let message = discord.message_mut(ids::ASYNCIO, message).unwrap();
            message.author = ids::APP;
            message.components = vec![json!({ "type": 1, "id": 1, "components": [
                { "type": 2, "id": 2, "style": 2, "label": "Old", "custom_id": custom_id },
            ] })];
        });
        self.press(message, custom_id).await
    }

    /// Returns the streak that `/streak` shows.
    pub async fn streak(&self) -> u32 {
        self.streak_in(ids::ASYNCIO).await
    }

    /// Waits until `/streak` shows a streak, for a reply that is counted but never gets its ✅. The
    /// waits grow, so that the member stays below the bot's limit of 40 commands.
    pub async fn wait_for_streak(&self, streak: u32) {
        for attempt in 1..30 {
            if self.streak().await == streak {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20 * attempt)).await;
        }
        panic!("no streak of {streak}\n{}", self.world.log());
    }

    /// Returns the streak that `/streak` shows in a channel.
    pub async fn streak_in(&self, channel: u64) -> u32 {
        let outcome = self.command_in(channel, "streak", &[]).await;
        let text = match outcome.message() {
            Some(message) => message.text(),
            None => panic!("/streak: {outcome:?}\n{}", self.world.log()),
        };
        if text.contains("No streak yet") || text.contains("Your streak starts again") {
            return 0;
        }
        let number = text
            .split("**")
            .nth(1)
            .and_then(|bold| bold.split(' ').next());
        number
            .and_then(|number| number.parse().ok())
            .unwrap_or_else(|| panic!("no streak in: {text}"))
    }

    /// Returns the reasons that `/streak why` gives for the last rounds, newest first.
    pub async fn streak_reasons(&self) -> Vec<String> {
        let message = self
            .command_message("streak", &[("why", true.into())])
            .await;
        let description = message.embeds[0]["description"].as_str();
        let lines = description.unwrap_or_default().lines();
        lines
            .skip_while(|line| !line.starts_with("**Last "))
            .skip(1)
            .map(|line| line.rsplit(" · ").next().unwrap_or(line).to_owned())
            .collect()
    }
}

/// The options of `/team credit`.
pub fn credit_options(member: u64, round: u32) -> [(&'static str, Value); 2] {
    [
        ("member", json!(member.to_string())),
        ("question", json!(round.to_string())),
    ]
}

/// Readable parts of a message.
pub trait MessageExt {
    /// Returns the content and the text of all embeds. Links to commands are as before the
    /// registration: `/quiz` between backticks.
    fn text(&self) -> String;
    /// Returns whether the bot added its ✅.
    fn is_counted(&self) -> bool;
    /// Returns the footer of the first embed.
    fn footer(&self) -> String;
    /// Returns the question of a daily message.
    fn question(&self) -> String;
    /// Returns the question's id, which the buttons of a daily message contain.
    fn question_id(&self) -> String;
    /// Returns the select menu of the message.
    fn menu(&self) -> Value;
}

impl MessageExt for MessageView {
    fn menu(&self) -> Value {
        let rows = self.components.iter();
        let inner = rows.flat_map(|row| row["components"].as_array().into_iter().flatten());
        let menu = inner.into_iter().find(|one| one["type"] == 3);
        menu.cloned()
            .unwrap_or_else(|| panic!("no menu under {}", self.text()))
    }

    fn text(&self) -> String {
        let mut text = self.content.clone();
        for embed in &self.embeds {
            for part in [&embed["title"], &embed["description"]] {
                text.push_str(part.as_str().unwrap_or_default());
                text.push('\n');
            }
            for field in embed["fields"].as_array().into_iter().flatten() {
                let part = |name: &str| field[name].as_str().unwrap_or_default().to_owned();
                text += &["[", &part("name"), "] ", &part("value"), "\n"].concat();
            }
        }
        without_command_links(&text)
    }

    fn question(&self) -> String {
        let first = self.content.lines().next().unwrap_or_default();
        let question = first.strip_prefix("**Question of the day:** ");
        question
            .unwrap_or_else(|| panic!("no daily message: {first}"))
            .to_owned()
    }

    fn question_id(&self) -> String {
        let ids = self
            .components
            .iter()
            .filter_map(|row| row["components"].as_array());
        let mut ids = ids.flatten().filter_map(|one| one["custom_id"].as_str());
        let id = ids.find_map(|id| id.strip_prefix("q1:answer:"));
        id.expect("the button of the model answer").to_owned()
    }

    fn is_counted(&self) -> bool {
        self.reactions
            .iter()
            .any(|(emoji, users)| emoji == "✅" && users.contains(&ids::APP))
    }

    fn footer(&self) -> String {
        self.embeds
            .first()
            .and_then(|embed| embed["footer"]["text"].as_str())
            .unwrap_or_default()
            .to_owned()
    }
}

/// Replaces `</remind on:12>` by the code of the command.
fn without_command_links(text: &str) -> String {
    let mut parts = text.split("</");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let link = part.split_once('>').and_then(|(link, after)| {
            let (name, id) = link.rsplit_once(':')?;
            let id_is_number = id.chars().all(|digit| digit.is_ascii_digit());
            id_is_number.then_some((name, after))
        });
        match link {
            Some((name, after)) => plain.extend(["`/", name, "`", after]),
            None => plain.extend(["</", part]),
        }
    }
    plain
}
