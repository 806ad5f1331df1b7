//! Command options as entered by a user, checked against the command's definition.

use serde_json::{Map, Value, json};

use super::super::model::{Command, Discord, command_kind};
use super::super::payloads;
use super::super::payloads::id;
use super::ClientError;

/// Option types (Discord docs, interactions/application-commands, "Application Command Option
/// Type").
pub mod kind {
    pub const SUBCOMMAND: u64 = 1;
    pub const GROUP: u64 = 2;
    pub const STRING: u64 = 3;
    pub const INTEGER: u64 = 4;
    pub const BOOLEAN: u64 = 5;
    pub const USER: u64 = 6;
    pub const CHANNEL: u64 = 7;
    pub const ROLE: u64 = 8;
    pub const MENTIONABLE: u64 = 9;
    pub const NUMBER: u64 = 10;
    pub const ATTACHMENT: u64 = 11;
}

/// A typed command, resolved to its definition and subcommands.
#[derive(Debug)]
pub struct TypedCommand<'a> {
    /// The registered command.
    pub command: &'a Command,
    /// Names and types of the subcommand groups and the subcommand, outermost first.
    path: Vec<(String, u64)>,
    /// The definitions of its options.
    options: &'a [Value],
}

/// The context in which ids are resolved.
#[derive(Clone, Copy)]
pub struct ResolveContext<'a> {
    /// The whole state.
    pub discord: &'a Discord,
    /// The guild; `None` in direct messages.
    pub guild: Option<u64>,
    /// The user.
    pub user: u64,
}

impl<'a> TypedCommand<'a> {
    /// Finds a command by its typed name, such as `team void`.
    ///
    /// # Errors
    ///
    /// The command or subcommand does not exist.
    pub fn find(
        discord: &'a Discord,
        guild: Option<u64>,
        typed: &str,
    ) -> Result<Self, ClientError> {
        let mut words = typed.trim().trim_start_matches('/').split_whitespace();
        let name = words.next().unwrap_or_default();
        let command = discord
            .commands
            .available_in(guild)
            .find(|one| one.name == name && one.kind == command_kind::CHAT_INPUT);
        let command =
            command.ok_or_else(|| ClientError::new(format!("There is no command /{name}.")))?;
        let mut options = list(&command.body["options"]);
        let mut path = Vec::new();
        for word in words {
            let next = options
                .iter()
                .find(|one| one["name"] == word && is_group(one));
            let next =
                next.ok_or_else(|| ClientError::new(format!("/{typed} is not a command.")))?;
            path.push((
                word.to_owned(),
                next["type"].as_u64().unwrap_or(kind::SUBCOMMAND),
            ));
            options = list(&next["options"]);
        }
        if options.iter().any(is_group) {
            return Err(ClientError::new(format!("/{typed} needs a subcommand.")));
        }
        Ok(Self {
            command,
            path,
            options,
        })
    }

    /// Builds the `data` of an interaction. `focused` is the option being typed, for autocomplete:
    /// then no option is required, and the focused value is not checked.
    ///
    /// # Errors
    ///
    /// An option is missing, unknown or invalid.
    pub fn data(
        &self,
        place: ResolveContext<'_>,
        given: &[(String, Value)],
        focused: Option<&str>,
    ) -> Result<Value, ClientError> {
        if let Some((name, _)) = given
            .iter()
            .find(|(name, _)| self.definition(name).is_none())
        {
            return Err(ClientError::new(format!("There is no option {name}.")));
        }
        let mut resolved = Map::new();
        let mut options = Vec::new();
        for definition in self.options {
            let name = definition["name"].as_str().unwrap_or_default();
            let Some((_, value)) = given.iter().find(|(given, _)| given == name) else {
                if focused.is_none() && definition["required"] == true {
                    return Err(ClientError::new(format!("The option {name} is required.")));
                }
                continue;
            };
            let kind = definition["type"].as_u64().unwrap_or(kind::STRING);
            let is_focused = focused == Some(name);
            let value = if is_focused {
                value.clone()
            } else {
                check_value(definition, value)?
            };
            if !is_focused {
                resolve(place, kind, &value, &mut resolved)?;
            }
            let mut option = json!({ "name": name, "type": kind, "value": value });
            if is_focused {
                option["focused"] = json!(true);
            }
            options.push(option);
        }
        Ok(self.wrap(&options, resolved))
    }

    /// Returns the command's name with its subcommands.
    pub fn name(&self) -> String {
        let names = self.path.iter().map(|(name, _)| name.as_str());
        std::iter::once(self.command.name.as_str())
            .chain(names)
            .collect::<Vec<_>>()
            .join(" ")
    }

    fn definition(&self, name: &str) -> Option<&Value> {
        self.options.iter().find(|one| one["name"] == name)
    }

    fn wrap(&self, options: &[Value], resolved: Map<String, Value>) -> Value {
        let mut options = json!(options);
        for (name, kind) in self.path.iter().rev() {
            options = json!([{ "name": name, "type": kind, "options": options }]);
        }
        let mut data = json!({
            "id": id(self.command.id),
            "name": self.command.name,
            "type": self.command.kind,
        });
        if options.as_array().is_some_and(|all| !all.is_empty()) {
            data["options"] = options;
        }
        if !resolved.is_empty() {
            data["resolved"] = Value::Object(resolved);
        }
        if let Some(guild) = self.command.guild {
            data["guild_id"] = id(guild);
        }
        data
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn is_group(option: &Value) -> bool {
    matches!(
        option["type"].as_u64(),
        Some(kind::SUBCOMMAND | kind::GROUP)
    )
}

/// Checks a value against its definition. Numbers, booleans and ids may be given as text, as in the
/// client.
fn check_value(definition: &Value, value: &Value) -> Result<Value, ClientError> {
    let name = definition["name"].as_str().unwrap_or_default();
    let invalid = || ClientError::new(format!("{value} is not a valid value for {name}."));
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    let value = match definition["type"].as_u64() {
        Some(kind::INTEGER) => json!(text.parse::<i64>().map_err(|_| invalid())?),
        Some(kind::NUMBER) => json!(text.parse::<f64>().map_err(|_| invalid())?),
        Some(kind::BOOLEAN) => json!(text.parse::<bool>().map_err(|_| invalid())?),
        Some(kind::USER..=kind::MENTIONABLE | kind::ATTACHMENT) => {
            json!(text.parse::<u64>().map_err(|_| invalid())?.to_string())
        }
        _ => json!(text),
    };
    let choices = list(&definition["choices"]);
    if !choices.is_empty() && !choices.iter().any(|one| one["value"] == value) {
        return Err(invalid());
    }
    let fits = match value.as_str() {
        Some(text) => {
            let length = text.chars().count() as u64;
            let [min, max] = ["min_length", "max_length"].map(|bound| definition[bound].as_u64());
            min.is_none_or(|min| length >= min) && max.is_none_or(|max| length <= max)
        }
        None => value.as_f64().is_none_or(|number| {
            let [min, max] = ["min_value", "max_value"].map(|bound| definition[bound].as_f64());
            min.is_none_or(|min| number >= min) && max.is_none_or(|max| number <= max)
        }),
    };
    if fits { Ok(value) } else { Err(invalid()) }
}

/// Adds the object with an id to `resolved`.
///
/// # Errors
///
/// No object has this id.
pub fn resolve(
    place: ResolveContext<'_>,
    kind: u64,
    value: &Value,
    resolved: &mut Map<String, Value>,
) -> Result<(), ClientError> {
    let Some(object_id) = value.as_str().and_then(|id| id.parse::<u64>().ok()) else {
        return Ok(());
    };
    let ResolveContext {
        discord,
        guild,
        user,
    } = place;
    let mut put = |key: &str, json: Value| {
        let object = resolved.entry(key).or_insert_with(|| json!({}));
        object[object_id.to_string()] = json;
    };
    let found = match kind {
        kind::USER | kind::MENTIONABLE if discord.users.contains_key(&object_id) => {
            put("users", payloads::user::user(&discord.users[&object_id]));
            if let Some(mut member) = discord.member_json(guild, object_id) {
                if let Value::Object(member) = &mut member {
                    member.remove("user");
                    member.insert("permissions".into(), json!("0"));
                }
                put("members", member);
            }
            true
        }
        kind::CHANNEL => discord.channels.get(&object_id).is_some_and(|channel| {
            let mut json = payloads::channel::interaction_channel(discord, channel, user);
            json["app_permissions"] =
                json!(discord.permissions(channel, discord.app.id).to_string());
            put("channels", json);
            true
        }),
        kind::ROLE | kind::MENTIONABLE => {
            let guild = guild.and_then(|id| discord.guilds.get(&id));
            guild
                .and_then(|guild| guild.roles.get(&object_id))
                .is_some_and(|role| {
                    put("roles", payloads::guild::role(role));
                    true
                })
        }
        kind::ATTACHMENT => {
            let upload = discord.files.upload(object_id);
            upload.filter(|one| one.user == user).is_some_and(|one| {
                let json = payloads::attachment::uploaded(discord, object_id, one);
                put("attachments", json);
                true
            })
        }
        kind::USER => false,
        _ => true,
    };
    let missing = match kind {
        kind::ATTACHMENT => "You uploaded no file with",
        _ => "No user, channel or role has",
    };
    if found {
        Ok(())
    } else {
        Err(ClientError::new(format!("{missing} the id {object_id}.")))
    }
}
