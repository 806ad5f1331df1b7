//! Slash commands and message commands as users run them.

use axum::body::Bytes;
use serde_json::{Value, json};

use super::super::Sandbox;
use super::super::model::{
    Channel, Command, Discord, InteractionKind, InteractionState, StoredFile, command_kind,
};
use super::super::payloads::{self, id};
use super::super::permission::{self, ADMINISTRATOR, USE_APPLICATION_COMMANDS};
use super::super::rest::upload::{FILE_MAX, sanitize_file_name};
use super::ClientError;
use super::interaction::{InteractionRequest, dispatch_interaction, source_message_json};
use super::options::{ResolveContext, TypedCommand};
use super::outcome::{ChoiceView, ClientOutcome};
use super::view::can_see;

impl Sandbox {
    /// Runs a slash command, such as `team void`, and waits for the response.
    pub async fn command(
        &self,
        channel: u64,
        user: u64,
        typed: &str,
        options: &[(&str, Value)],
    ) -> ClientOutcome {
        let interaction = self.with(|discord| {
            let input = CommandInput {
                typed,
                options,
                focused: None,
            };
            let (name, data) = command_data(discord, channel, user, &input)?;
            Ok(dispatch_interaction(
                discord,
                InteractionRequest {
                    kind: InteractionKind::Command,
                    user,
                    channel,
                    name,
                    data,
                    source_message: None,
                },
            ))
        });
        self.wait_for_outcome(interaction).await
    }

    /// Uploads a file of a user for an attachment option of a command. Returns the id of the
    /// attachment, which is the option's value.
    ///
    /// ```
    /// # use discord_sandbox::{Options, Sandbox, ids};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = Sandbox::start(Options::default()).await?;
    /// let file = sandbox.upload(ids::ADA, "table.csv", "name,value")?;
    /// let options = [("file", file.to_string().into())];
    /// sandbox.command(ids::GENERAL, ids::ADA, "import", &options).await;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// There is no such user, or the file is too large.
    pub fn upload(
        &self,
        user: u64,
        name: &str,
        bytes: impl Into<Bytes>,
    ) -> Result<u64, ClientError> {
        let file = StoredFile {
            name: sanitize_file_name(name),
            bytes: bytes.into(),
        };
        if file.bytes.len() > FILE_MAX {
            return Err(ClientError::new("The file is larger than 10 MiB."));
        }
        self.with(|discord| {
            if !discord.users.contains_key(&user) {
                return Err(ClientError::new("There is no such user."));
            }
            let (id, now_ms) = (discord.next_id(), discord.clock.now_ms());
            discord.files.insert_upload(id, user, now_ms, file);
            Ok(id)
        })
    }

    /// Returns the attachment object of an uploaded file as the bot receives it.
    pub fn uploaded_file(&self, attachment: u64) -> Option<Value> {
        self.read(|discord| {
            let upload = discord.files.upload(attachment)?;
            Some(payloads::attachment::uploaded(discord, attachment, upload))
        })
    }

    /// Runs a message command, which is in the menu *Apps* of a message, and waits for the response.
    pub async fn message_command(&self, message: u64, user: u64, name: &str) -> ClientOutcome {
        let interaction = self.with(|discord| {
            let (channel, data) = message_command_data(discord, message, user, name)?;
            Ok(dispatch_interaction(
                discord,
                InteractionRequest {
                    kind: InteractionKind::Command,
                    user,
                    channel,
                    name: name.to_owned(),
                    data,
                    source_message: None,
                },
            ))
        });
        self.wait_for_outcome(interaction).await
    }

    /// Types part of an option's value and returns the bot's autocomplete choices. The last option
    /// is the one being typed.
    ///
    /// # Errors
    ///
    /// The command or option does not exist, or the bot did not respond.
    pub async fn autocomplete(
        &self,
        channel: u64,
        user: u64,
        typed: &str,
        options: &[(&str, Value)],
    ) -> Result<Vec<ChoiceView>, ClientError> {
        let interaction = self.with(|discord| {
            let input = CommandInput {
                typed,
                options,
                focused: options.last().map(|(name, _)| *name),
            };
            let (name, data) = command_data(discord, channel, user, &input)?;
            Ok(dispatch_interaction(
                discord,
                InteractionRequest {
                    kind: InteractionKind::Autocomplete,
                    user,
                    channel,
                    name,
                    data,
                    source_message: None,
                },
            ))
        })?;
        match self.first_response(interaction).await {
            InteractionState::Choices(choices) => Ok(choices.iter().map(choice).collect()),
            _ => Err(ClientError::new("Loading options failed.")),
        }
    }
}

fn choice(json: &Value) -> ChoiceView {
    ChoiceView {
        name: json["name"].as_str().unwrap_or_default().to_owned(),
        value: json["value"].clone(),
    }
}

/// A slash command as a user types it.
struct CommandInput<'a> {
    /// The command with its subcommands, such as `team void`.
    typed: &'a str,
    /// Names and values of the options.
    options: &'a [(&'a str, Value)],
    /// Name of the option being typed, for autocomplete.
    focused: Option<&'a str>,
}

/// Returns the command's full name and the `data` of its interaction.
fn command_data(
    discord: &Discord,
    channel: u64,
    user: u64,
    input: &CommandInput<'_>,
) -> Result<(String, Value), ClientError> {
    let one = discord
        .channels
        .get(&channel)
        .filter(|_| can_see(discord, channel, user));
    let one = one.ok_or_else(|| ClientError::new("There is no such channel."))?;
    if one.is_archived() {
        return Err(ClientError::new(
            "Commands can't be used in an archived thread.",
        ));
    }
    let command = TypedCommand::find(discord, one.guild, input.typed)?;
    check_available(
        discord,
        channel,
        user,
        command.command,
        &format!("/{}", command.name()),
    )?;
    let place = ResolveContext {
        discord,
        guild: one.guild,
        user,
    };
    let given: Vec<_> = input
        .options
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    Ok((command.name(), command.data(place, &given, input.focused)?))
}

/// Whether Discord's client lists a slash command for this user in this channel.
pub fn is_command_available(discord: &Discord, channel: u64, user: u64, name: &str) -> bool {
    let is_writable = discord
        .channels
        .get(&channel)
        .is_some_and(|one| !one.is_archived());
    let guild = discord.guild_of(channel);
    let mut available = discord.commands.available_in(guild);
    let command = available.find(|one| one.name == name && one.kind == command_kind::CHAT_INPUT);
    is_writable
        && command.is_some_and(|one| check_available(discord, channel, user, one, name).is_ok())
}

/// Returns the channel of a message and the `data` for a message command on it (Discord docs,
/// interactions/application-commands, "Message Commands").
fn message_command_data(
    discord: &Discord,
    message: u64,
    user: u64,
    name: &str,
) -> Result<(u64, Value), ClientError> {
    let target = discord
        .find_message(message)
        .filter(|one| one.is_visible_to(user) && can_see(discord, one.channel, user));
    let target = target.ok_or_else(|| ClientError::new("There is no such message."))?;
    if target.ephemeral_for.is_some() {
        return Err(ClientError::new(
            "A message that only you can see has no apps.",
        ));
    }
    let channel = target.channel;
    let is_archived = |one: &Channel| one.is_archived();
    if discord.channels.get(&channel).is_some_and(is_archived) {
        return Err(ClientError::new(
            "Commands can't be used in an archived thread.",
        ));
    }
    let mut available = discord.commands.available_in(discord.guild_of(channel));
    let command = available.find(|one| one.name == name && one.kind == command_kind::MESSAGE);
    let command =
        command.ok_or_else(|| ClientError::new(format!("There is no app \"{name}\".")))?;
    check_available(discord, channel, user, command, &format!("\"{name}\""))?;
    let data = json!({
        "id": id(command.id),
        "name": command.name,
        "type": command.kind,
        "target_id": id(message),
        "resolved": { "messages": { (message.to_string()): source_message_json(discord, target) } },
    });
    Ok((channel, data))
}

/// Returns the names of the message commands that Discord's client offers to a user in a channel.
pub fn message_commands(discord: &Discord, channel: u64, user: u64) -> Vec<String> {
    let is_archived = |one: &Channel| one.is_archived();
    if discord.channels.get(&channel).is_none_or(is_archived) {
        return Vec::new();
    }
    let available = discord.commands.available_in(discord.guild_of(channel));
    available
        .filter(|one| one.kind == command_kind::MESSAGE)
        .filter(|one| check_available(discord, channel, user, one, &one.name).is_ok())
        .map(|one| one.name.clone())
        .collect()
}

/// Checks whether Discord's client offers a command to this user in this channel. `shown` is the
/// command as the error names it.
fn check_available(
    discord: &Discord,
    channel: u64,
    user: u64,
    command: &Command,
    shown: &str,
) -> Result<(), ClientError> {
    let refused = || ClientError::new(format!("You can't use {shown} here."));
    let one = discord.channels.get(&channel).ok_or_else(refused)?;
    let body = &command.body;
    let context = u64::from(one.guild.is_none());
    let contexts = body["contexts"].as_array();
    if contexts.is_some_and(|all| !all.iter().any(|one| one.as_u64() == Some(context))) {
        return Err(refused());
    }
    let Some(guild) = one.guild else {
        return Ok(());
    };
    let own = discord.permissions(one, user);
    let needed = permission::parse_bits(&body["default_member_permissions"]);
    // "0" means administrators only.
    let needed = match needed {
        Some(0) => ADMINISTRATOR,
        Some(bits) => bits,
        None => 0,
    };
    if own & USE_APPLICATION_COMMANDS == 0 || own & needed != needed || !discord.bot_is_in(guild) {
        return Err(refused());
    }
    Ok(())
}
