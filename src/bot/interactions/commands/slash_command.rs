//! The parts of a slash command, from which the bot derives everything else about it: the
//! registration, the dispatch, the deferral, the metric label and the lines of `/help`.

use futures::future::BoxFuture;
use serde_json::{Value, json};

use super::CommandResult;
use crate::bot::context::BotContext;
use crate::bot::gateway::event::Interaction;
use crate::bot::interactions::response::{AutocompleteChoice, Response};
use crate::bot::render::user_error::UserError;
use quizloop_core::id::GuildId;
use quizloop_store::LoadedGuild;

/// The type of an option that is a subcommand (Discord docs, interactions/application-commands,
/// "Application Command Option Type").
const SUBCOMMAND: u8 = 1;
/// The type of an option that is a group of subcommands.
const SUBCOMMAND_GROUP: u8 = 2;
/// The interaction context of a guild (Discord docs, interactions/receiving-and-responding,
/// "Interaction Context Types").
pub const IN_GUILD: u8 = 0;
/// The installation to a guild (Discord docs, resources/application, "Application Integration
/// Types"). With a user's installation a member could run a command in a guild that the bot is not
/// in, and what they do there would be deleted as data of a guild that removed it.
pub const GUILD_INSTALL: u8 = 0;
/// The permission Manage Server as a bit set in a string (Discord docs, topics/permissions: bit 5).
const MANAGE_GUILD: &str = "32";

/// A slash command. Each has a static in its file and a line in [`super::COMMANDS`].
pub struct SlashCommand {
    /// The name without the slash, also the metric label.
    pub name: &'static str,
    pub description: &'static str,
    pub access: Access,
    pub kind: CommandKind,
}

/// The members who may run a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Everyone,
    /// Members with the permission Manage Server. Discord hides the command from the others, and
    /// the bot checks the permission before it calls the handler.
    Admins,
}

pub enum CommandKind {
    Single(Action),
    /// A command that members can run only with one of its subcommands, some of which are in groups.
    Groups {
        subcommands: &'static [Subcommand],
        groups: &'static [SubcommandGroup],
    },
}

pub struct Subcommand {
    pub name: &'static str,
    pub description: &'static str,
    pub action: Action,
}

/// Subcommands with a common word before their names. Discord allows no groups within groups.
pub struct SubcommandGroup {
    pub name: &'static str,
    pub description: &'static str,
    pub subcommands: &'static [Subcommand],
}

/// An action that a member can run: a command without subcommands, or a subcommand.
pub struct Action {
    /// Returns the options as Discord's JSON, required ones first.
    pub options: fn() -> Vec<Value>,
    /// The functions for the options that have `"autocomplete": true`, by the option's name.
    pub autocomplete: &'static [(&'static str, Autocomplete)],
    pub visibility: Visibility,
    pub help: Help,
    pub handler: CommandHandler,
}

/// A function that returns suggestions for the text that a member has typed so far.
#[derive(Clone, Copy)]
pub enum Autocomplete {
    /// They are the same in the whole server.
    InGuild(fn(&BotContext, GuildId, &str) -> Vec<AutocompleteChoice>),
    /// They depend on the channel or on other options. They need the guild's data, so there are none
    /// if it could not be loaded in time.
    InChannel(fn(&BotContext, &Interaction, &LoadedGuild, &str) -> Vec<AutocompleteChoice>),
}

/// The option that a member is typing.
#[derive(Debug, Clone, Copy)]
pub struct FocusedOption<'a> {
    pub name: &'a str,
    /// The text so far.
    pub typed: &'a str,
}

/// The members who see the response. A slow response is deferred accordingly, because a deferral
/// can't change its visibility later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// Only the member who ran the command.
    Ephemeral,
    /// All members in the channel; errors are ephemeral.
    Public,
    /// Decided by the handler. A deferral is ephemeral.
    ByHandler,
}

/// The place of an action in `/help`.
#[derive(Debug, Clone, Copy)]
pub enum Help {
    /// A line of its own.
    Line(fn() -> String),
    /// A line of its own, directly below the one about the daily question.
    QuestionLine(fn() -> String),
    /// Explained in the line of the action with this name.
    In(#[cfg_attr(not(test), expect(dead_code, reason = "a test checks it"))] &'static str),
    /// Named without an explanation, in the last line.
    NameOnly,
    /// Not in `/help`.
    Unlisted,
}

/// A function that runs an action.
#[derive(Clone, Copy)]
pub enum CommandHandler {
    /// Does not wait.
    Sync(fn(&BotContext, &Interaction, &LoadedGuild) -> CommandResult),
    /// May wait for the disk or for Discord.
    Async(
        for<'a> fn(
            &'a BotContext,
            &'a Interaction,
            &'a LoadedGuild,
        ) -> BoxFuture<'a, CommandResult>,
    ),
    /// Does not wait, and may return a cached message.
    Cached(fn(&BotContext, &Interaction, &LoadedGuild) -> Result<Response, UserError>),
    /// Opens a modal. It can't be deferred, so it is called before the guild is loaded.
    Modal(ModalHandler),
}

/// Returns a modal, or a message instead of it.
pub type ModalHandler =
    for<'a> fn(&'a BotContext, &'a Interaction) -> BoxFuture<'a, Result<Response, UserError>>;

impl SlashCommand {
    /// Returns the definition as Discord's JSON.
    pub fn definition(&self) -> Value {
        let mut definition = json!({
            "name": self.name,
            "description": self.description,
            "contexts": [IN_GUILD],
            "integration_types": [GUILD_INSTALL],
        });
        if self.access == Access::Admins {
            definition["default_member_permissions"] = MANAGE_GUILD.into();
        }
        let options = match &self.kind {
            CommandKind::Single(action) => (action.options)(),
            CommandKind::Groups { .. } => {
                let subcommands = self.kind.subcommands().iter().map(Subcommand::definition);
                let groups = self.kind.groups().iter().map(SubcommandGroup::definition);
                subcommands.chain(groups).collect()
            }
        };
        with_options(definition, options)
    }

    /// Returns the action of a subcommand such as `pause` or `reviews on`, or of the command itself.
    pub fn action(&self, subcommand: Option<&str>) -> Option<&Action> {
        let Some(path) = subcommand else {
            return match &self.kind {
                CommandKind::Single(action) => Some(action),
                CommandKind::Groups { .. } => None,
            };
        };
        let (subcommands, name) = match path.split_once(' ') {
            Some((group, name)) => {
                let mut groups = self.kind.groups().iter();
                (groups.find(|one| one.name == group)?.subcommands, name)
            }
            None => (self.kind.subcommands(), path),
        };
        let found = subcommands.iter().find(|one| one.name == name);
        found.map(|one| &one.action)
    }

    /// Returns all actions, each with its full name, such as `team pause` or `remind reviews on`.
    pub fn actions(&self) -> Vec<(String, &Action)> {
        if let CommandKind::Single(action) = &self.kind {
            return vec![(self.name.to_owned(), action)];
        }
        let named = |prefix: String, subcommands: &'static [Subcommand]| {
            subcommands
                .iter()
                .map(move |one| (format!("{prefix} {}", one.name), &one.action))
        };
        let groups = self.kind.groups().iter();
        named(self.name.to_owned(), self.kind.subcommands())
            .chain(groups.flat_map(|group| {
                named(format!("{} {}", self.name, group.name), group.subcommands)
            }))
            .collect()
    }
}

impl CommandKind {
    /// Returns the subcommands that are in no group.
    const fn subcommands(&self) -> &'static [Subcommand] {
        match self {
            Self::Single(_) => &[],
            Self::Groups { subcommands, .. } => subcommands,
        }
    }

    const fn groups(&self) -> &'static [SubcommandGroup] {
        match self {
            Self::Single(_) => &[],
            Self::Groups { groups, .. } => groups,
        }
    }
}

impl SubcommandGroup {
    fn definition(&self) -> Value {
        let definition = json!({
            "type": SUBCOMMAND_GROUP,
            "name": self.name,
            "description": self.description,
        });
        let subcommands = self.subcommands.iter().map(Subcommand::definition);
        with_options(definition, subcommands.collect())
    }
}

impl Subcommand {
    fn definition(&self) -> Value {
        let definition = json!({
            "type": SUBCOMMAND,
            "name": self.name,
            "description": self.description,
        });
        with_options(definition, (self.action.options)())
    }
}

fn with_options(mut definition: Value, options: Vec<Value>) -> Value {
    if !options.is_empty() {
        definition["options"] = options.into();
    }
    definition
}

impl Action {
    /// Calls the handler.
    pub async fn run(
        &self,
        ctx: &BotContext,
        interaction: &Interaction,
        guild: &LoadedGuild,
    ) -> Result<Response, UserError> {
        let response = match self.handler {
            CommandHandler::Sync(handler) => Response::New(handler(ctx, interaction, guild)?),
            CommandHandler::Async(handler) => {
                Response::New(handler(ctx, interaction, guild).await?)
            }
            CommandHandler::Cached(handler) => handler(ctx, interaction, guild)?,
            CommandHandler::Modal(handler) => handler(ctx, interaction).await?,
        };
        Ok(match (self.visibility, response) {
            (Visibility::Ephemeral, Response::New(message)) => Response::New(message.ephemeral()),
            (_, response) => response,
        })
    }

    /// Returns suggestions for an option; `None` if it has no suggestions.
    pub fn suggest(
        &self,
        ctx: &BotContext,
        interaction: &Interaction,
        loaded: Option<&LoadedGuild>,
        focused: FocusedOption<'_>,
    ) -> Option<Vec<AutocompleteChoice>> {
        let mut functions = self.autocomplete.iter();
        let (_, autocomplete) = functions.find(|(name, _)| *name == focused.name)?;
        Some(match autocomplete {
            Autocomplete::InGuild(suggest) => suggest(ctx, interaction.guild?, focused.typed),
            Autocomplete::InChannel(suggest) => suggest(ctx, interaction, loaded?, focused.typed),
        })
    }
}

/// Returns the option with which a member names a team from another channel.
pub fn channel_option() -> Value {
    json!({
        "type": 7, "name": "channel", "description": "The team's channel (default: this one)",
        "channel_types": [0, 5],
    })
}
