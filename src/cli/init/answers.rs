//! What the operator wants in the config, from a dialogue or from options.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use toml::Value;

use super::super::exit::{CliError, Exit};
use super::InitArgs;
use super::dialogue::Dialogue;
use crate::config;
use crate::token::{Token, TokenFormatError};
use quizloop_core::id::{ChannelId, GuildId};
use quizloop_core::team::TeamSettings;
use quizloop_core::team_settings::{self, SettingKind};

/// The name of the file for the token, beside the config.
const DEFAULT_TOKEN_FILE: &str = "token";

/// The local time of the question, if none is given.
const DEFAULT_TIME: &str = "09:00";

const HEADER: &str = "\
# Quizloop's settings, written by `quizloop init`. `quizloop check` reports mistakes, and
# docs/settings.md explains every key.
";

/// All answers, checked.
pub struct Answers {
    /// `None` if the token is in the environment.
    pub token_file: Option<TokenFile>,
    pub team: Option<Team>,
}

/// The file with the token.
pub struct TokenFile {
    /// What the config says.
    name: String,
    /// Where the file is.
    pub path: PathBuf,
    /// The token to write; `None` if the file has one, or gets it later.
    pub token: Option<Token>,
}

pub struct Team {
    guild: String,
    channel: String,
    timezone: String,
    at: String,
}

impl Answers {
    /// Returns the text of the config.
    pub fn config(&self) -> String {
        let mut text = HEADER.to_owned();
        let quoted = |text: &str| Value::from(text).to_string();
        if let Some(file) = &self.token_file {
            let _ = write!(
                text,
                "\n# The file with the bot's token.\ntoken_file = {}\n",
                quoted(&file.name)
            );
        } else {
            text.push_str("\n# The token is in the environment variable DISCORD_TOKEN.\n");
        }
        let Some(team) = &self.team else {
            text.push_str("\n# Set teams up on Discord with /setup, or here with [[team]].\n");
            return text;
        };
        text.push_str("\n[[team]]\n");
        for (key, value) in [
            ("guild", &team.guild),
            ("channel", &team.channel),
            ("timezone", &team.timezone),
            ("at", &team.at),
        ] {
            let _ = writeln!(text, "{key} = {}", quoted(value));
        }
        text
    }
}

/// Takes the answers from options.
pub fn from_options(args: &InitArgs) -> Result<Answers, CliError> {
    let usage = |message: String| CliError::new(Exit::Usage, message);
    let has_token = !args.token_stdin && args.token_file.is_none() && is_token_in_environment();
    let token_file = if has_token {
        None
    } else {
        let mut file = token_file(args, None);
        if args.token_stdin {
            file.token = Some(read_token(&file.path)?);
        } else if let Some(problem) = problem_of(&file.path) {
            return Err(usage(problem));
        }
        Some(file)
    };
    let team = match (&args.guild, &args.channel, &args.timezone) {
        (Some(guild), Some(channel), Some(timezone)) => {
            let option = |name: &'static str| move |problem| usage(format!("--{name}: {problem}"));
            Some(Team {
                guild: guild_id(guild).map_err(option("guild"))?,
                channel: channel_id(channel).map_err(option("channel"))?,
                timezone: setting("timezone", timezone).map_err(option("timezone"))?,
                at: setting("at", args.at.as_deref().unwrap_or(DEFAULT_TIME))
                    .map_err(option("at"))?,
            })
        }
        _ => None,
    };
    Ok(Answers { token_file, team })
}

/// Asks for everything that no option says.
pub fn ask(args: &InitArgs, dialogue: &mut impl Dialogue) -> Result<Answers, CliError> {
    dialogue.say("A few questions, then the config is written. Press Ctrl-C to stop.\n")?;
    let token_file = ask_token_file(args, dialogue)?;
    let team = ask_team(args, dialogue)?;
    Ok(Answers { token_file, team })
}

fn ask_token_file(
    args: &InitArgs,
    dialogue: &mut impl Dialogue,
) -> Result<Option<TokenFile>, CliError> {
    if args.token_file.is_none() && is_token_in_environment() {
        dialogue.say("The token is in DISCORD_TOKEN, so no file is needed for it.")?;
        return Ok(None);
    }
    let mut answer = None;
    loop {
        if args.token_file.is_none() {
            let typed =
                dialogue.ask(&format!("File for the bot's token [{DEFAULT_TOKEN_FILE}]"))?;
            answer = Some(typed).filter(|typed| !typed.is_empty());
        }
        let mut file = token_file(args, answer.as_deref());
        let path = file.path.display();
        match problem_of(&file.path) {
            Some(problem) if args.token_file.is_some() => {
                return Err(CliError::new(Exit::Usage, problem));
            }
            Some(problem) => dialogue.say(&format!("  {problem}"))?,
            None if file.path.exists() => {
                dialogue.say(&format!("  {path} has a token already; it stays as it is."))?;
                return Ok(Some(file));
            }
            None => {
                file.token = ask_token(dialogue)?;
                return Ok(Some(file));
            }
        }
    }
}

/// Asks for the token until it is one, or until the operator wants to add it later.
fn ask_token(dialogue: &mut impl Dialogue) -> Result<Option<Token>, CliError> {
    loop {
        let typed = dialogue.ask_secret(
            "The token, from the Developer Portal under Bot (not shown; empty to add it later)",
        )?;
        if typed.is_empty() {
            return Ok(None);
        }
        match parse_token(&typed) {
            Ok(token) => return Ok(Some(token)),
            Err(error) => dialogue.say(&format!("  This is not a token: {error}"))?,
        }
    }
}

fn ask_team(args: &InitArgs, dialogue: &mut impl Dialogue) -> Result<Option<Team>, CliError> {
    dialogue.say(
        "\nA team practises in one channel. Set it up here, or later on Discord with /setup. For ids, \
         turn on\nDeveloper Mode in Discord's settings (Advanced), then right-click the server or the \
         channel.",
    )?;
    let mut ask = |question: &str, given: &Option<String>, default: &str, check: Check| {
        if let Some(given) = given {
            return check(given).map_err(|problem| CliError::new(Exit::Usage, problem));
        }
        loop {
            let typed = dialogue.ask(question)?;
            let typed = if typed.is_empty() {
                default.to_owned()
            } else {
                typed
            };
            match check(&typed) {
                Ok(value) => return Ok(value),
                Err(problem) => dialogue.say(&format!("  {problem}"))?,
            }
        }
    };
    let optional = |text: &str| {
        if text.is_empty() {
            Ok(String::new())
        } else {
            guild_id(text)
        }
    };
    let guild = ask("Server id [later]", &args.guild, "", &optional)?;
    if guild.is_empty() {
        return Ok(None);
    }
    let zone = |text: &str| setting("timezone", text);
    let time = |text: &str| setting("at", text);
    let channel = ask("Channel id", &args.channel, "", &channel_id)?;
    let timezone = ask(
        "Time zone, such as Europe/Berlin",
        &args.timezone,
        "",
        &zone,
    )?;
    let question = format!("When to post the question [{DEFAULT_TIME}]");
    let at = ask(&question, &args.at, DEFAULT_TIME, &time)?;
    Ok(Some(Team {
        guild,
        channel,
        timezone,
        at,
    }))
}

/// Returns the value in its normal form, or what is wrong with it.
type Check<'a> = &'a dyn Fn(&str) -> Result<String, String>;

fn guild_id(text: &str) -> Result<String, String> {
    let id = text.parse::<GuildId>();
    id.map(|id| id.to_string())
        .map_err(|_| format!("\"{text}\" is not a Discord id, a number of 17 to 20 digits"))
}

fn channel_id(text: &str) -> Result<String, String> {
    let id = text.parse::<ChannelId>();
    id.map(|id| id.to_string())
        .map_err(|_| format!("\"{text}\" is not a Discord id, a number of 17 to 20 digits"))
}

/// Checks the value of a team setting that is a text.
fn setting(key: &str, text: &str) -> Result<String, String> {
    let kind = team_settings::find(key).map(|setting| &setting.kind);
    if let Some(SettingKind::Text { set, .. }) = kind {
        set(&mut TeamSettings::default(), text)
            .map_err(|error| format!("{}: {}", error.problem(), error.fix))?;
    }
    Ok(text.trim().to_owned())
}

/// Returns the file for the token: an option, an answer, or the default. In a config, relative
/// paths start at its folder; as an option or an answer, at the current one.
fn token_file(args: &InitArgs, answer: Option<&str>) -> TokenFile {
    let folder = args.config().parent().unwrap_or(Path::new(""));
    let named = args.token_file.clone().or(answer.map(PathBuf::from));
    let (name, path) = match named {
        None => (
            PathBuf::from(DEFAULT_TOKEN_FILE),
            folder.join(DEFAULT_TOKEN_FILE),
        ),
        Some(path) if folder.as_os_str().is_empty() => (path.clone(), path),
        Some(path) => (std::path::absolute(&path).unwrap_or(path.clone()), path),
    };
    TokenFile {
        name: name.display().to_string(),
        path,
        token: None,
    }
}

/// Returns what is wrong with an existing file for the token.
fn problem_of(path: &Path) -> Option<String> {
    if !path.exists() {
        return None;
    }
    let found = config::find_token(None, Some(path));
    found.err().map(|error| error.to_string())
}

fn read_token(path: &Path) -> Result<Token, CliError> {
    if path.exists() {
        let message = format!(
            "{} exists already: remove it, or leave --token-stdin out to use it",
            path.display()
        );
        return Err(CliError::new(Exit::Usage, message));
    }
    let mut text = String::new();
    let read = std::io::stdin().read_to_string(&mut text);
    read.map_err(|error| {
        CliError::new(
            Exit::Failed,
            format!("can't read the token from standard input: {error}"),
        )
    })?;
    parse_token(&text).map_err(|error| {
        CliError::new(
            Exit::Usage,
            format!("what came on standard input is not a token: {error}"),
        )
    })
}

fn parse_token(text: &str) -> Result<Token, TokenFormatError> {
    let token = Token::parse(text)?;
    token.check_discord_form()?;
    Ok(token)
}

fn is_token_in_environment() -> bool {
    std::env::var_os("DISCORD_TOKEN").is_some_and(|token| !token.is_empty())
}
