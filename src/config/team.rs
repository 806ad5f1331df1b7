//! The teams of a config: `[[team]]`.

use std::borrow::Cow;
use std::collections::HashMap;
use std::str::FromStr;
use std::sync::LazyLock;

use toml::de::DeValue;

use quizloop_core::id::{ChannelId, GuildId, RoleId};
use quizloop_core::programme::{SERVER, normalized};
use quizloop_core::question_pool::QuestionPool;
use quizloop_core::team::{ConfiguredTeam, TeamSettings};
use quizloop_core::team_settings::{
    ItemError, ItemForm, SettingConflict, SettingKind, TEAM_SETTINGS, TeamSetting, check_programme,
};
use quizloop_diagnostics::toml_reader::{self, TomlField, TomlReader, TomlTable, TomlValue};
use quizloop_diagnostics::{Diagnostic, Severity, Source, Span, did_you_mean};

const TEAM_TABLE: &str = "[[team]]";

/// The keys of `[[team]]`.
pub static TEAM_KEYS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let settings = TEAM_SETTINGS.iter().map(|setting| setting.key);
    ["guild", "channel"].into_iter().chain(settings).collect()
});

/// The settings that choose questions.
const PROGRAMME_KEYS: [&str; 4] = ["levels", "topics", "sources", "order"];

/// When Discord began to give every channel an id of its own. Before, a server's first channel had
/// the server's id; such channels still exist (Discord's changelog, "Deletable default channels").
const SEPARATE_CHANNEL_IDS_SINCE: u64 = 1_501_718_400_000; // 3 August 2017

/// The time in a Discord id counts from here (Discord docs, reference, "Snowflakes").
const DISCORD_EPOCH: u64 = 1_420_070_400_000;

/// How much older than its server a channel may seem. Both are created in one moment, perhaps by two
/// of Discord's machines whose clocks differ.
const ID_TOLERANCE: u64 = 60_000;

/// Reads all teams. Two teams on the same channel are an error, and ids that can't be those of a
/// server and its channel.
pub fn read_all(reader: &mut TomlReader<'_>, top: &TomlTable<'_>) -> Vec<ConfiguredTeam> {
    let Some(list) = reader.optional(top, "team", toml_reader::array) else {
        return Vec::new();
    };
    let tables = reader.items("team", list.value, toml_reader::table);
    let mut channels: HashMap<ChannelId, Span> = HashMap::new();
    let mut guilds: HashMap<u64, Span> = HashMap::new();
    let mut teams = Vec::new();
    for found in tables {
        let table = reader.table(found.value, found.span, TEAM_TABLE, &TEAM_KEYS);
        let channel = required_id::<ChannelId>(reader, &table, "channel");
        if let Some(channel) = &channel {
            match channels.get(&channel.value) {
                Some(before) => report_duplicate_channel(reader, channel, before),
                None => drop(channels.insert(channel.value, channel.span.clone())),
            }
        }
        let guild = required_id::<GuildId>(reader, &table, "guild");
        if let (Some(guild), Some(channel)) = (&guild, &channel) {
            check_ids(reader, guild, channel);
        }
        if let Some(guild) = &guild {
            let span = guild.span.clone();
            guilds.entry(guild.value.get()).or_insert(span);
        }
        teams.extend(read_team(reader, &table, guild, channel));
    }
    for (channel, span) in &channels {
        let id = channel.get();
        if let Some(guild) = guilds.get(&id)
            && !may_be_first_channel(id)
        {
            report_channel_as_server(reader, id, span, guild);
        }
    }
    teams
}

/// Checks which questions the teams of a config or of a seed choose. Reports names that no question
/// and no path has, and choices without questions; other errors are reported where the file is
/// parsed.
///
/// The server's own questions are not known here. If a team names them as a source, its problems are
/// warnings.
pub fn check_programmes(source: &Source, pool: &QuestionPool<'_>) -> Vec<Diagnostic> {
    let mut reader = TomlReader::new(source);
    let Some(document) = reader.document() else {
        return Vec::new();
    };
    let top = reader.table(document.get_ref(), 0..0, "the file", &["team"]);
    let Some(list) = reader.optional(&top, "team", toml_reader::array) else {
        return Vec::new();
    };
    let tables = reader.items("team", list.value, toml_reader::table);
    let check = |found: TomlField<_>| {
        let table = reader.table(found.value, found.span.clone(), TEAM_TABLE, &TEAM_KEYS);
        let settings = TEAM_SETTINGS.iter();
        let settings = settings.filter(|setting| PROGRAMME_KEYS.contains(&setting.key));
        let programme = read_settings(&mut reader, &table, settings)?.programme;
        let SettingConflict { key, error } = check_programme(&programme, pool).err()?;
        let span = locate(&mut reader, &table, key, error.rejected()).unwrap_or(found.span);
        let severity = if programme.sources.iter().any(|source| source == SERVER) {
            Severity::Warning
        } else {
            Severity::Error
        };
        let diagnostic = Diagnostic::at(source, &span, error.problem());
        Some(diagnostic.severity(severity).fix(error.fix))
    };
    tables.into_iter().filter_map(check).collect()
}

/// Returns the place of a setting, or of the item with that name in its list.
fn locate(
    reader: &mut TomlReader<'_>,
    table: &TomlTable<'_>,
    key: &str,
    name: &str,
) -> Option<Span> {
    if key == "order" {
        return Some(reader.optional(table, key, toml_reader::text)?.span);
    }
    let list = reader.optional(table, key, toml_reader::array)?;
    let mut items = reader.items(key, list.value, toml_reader::text).into_iter();
    let item = items.find(|item| normalized(item.value) == name);
    Some(item.map_or(list.span, |item| item.span))
}

/// Reports a team whose ids can't be those of a server and one of its channels.
fn check_ids(
    reader: &mut TomlReader<'_>,
    guild: &TomlField<GuildId>,
    channel: &TomlField<ChannelId>,
) {
    let (server, id) = (guild.value.get(), channel.value.get());
    if created_at(id) + ID_TOLERANCE < created_at(server) {
        let message = format!("channel {id} is older than its server {server}");
        let diagnostic = Diagnostic::at(reader.source(), &channel.span, message)
            .related(reader.source(), &guild.span, "the server is here")
            .fix("`guild` is the server's id and `channel` the channel's: swap them if they are in each other's place");
        reader.push(diagnostic);
    }
}

/// Whether the channel may be the first one of a server of the same id.
const fn may_be_first_channel(id: u64) -> bool {
    created_at(id) < SEPARATE_CHANNEL_IDS_SINCE
}

/// Returns when an id was created, as a Unix time in milliseconds (Discord docs, reference,
/// "Snowflakes").
const fn created_at(id: u64) -> u64 {
    (id >> 22) + DISCORD_EPOCH
}

fn report_channel_as_server(reader: &mut TomlReader<'_>, id: u64, channel: &Span, guild: &Span) {
    let message = format!("{id} is named as a channel and as a server");
    let diagnostic = Diagnostic::at(reader.source(), channel, message)
        .related(reader.source(), guild, "the server is here")
        .fix("right-click the channel in Discord to copy the channel's id, and the server's icon for the server's id");
    reader.push(diagnostic);
}

fn report_duplicate_channel(
    reader: &mut TomlReader<'_>,
    channel: &TomlField<ChannelId>,
    before: &Span,
) {
    let message = format!("two teams on channel {}", channel.value);
    let diagnostic = Diagnostic::at(reader.source(), &channel.span, message)
        .related(reader.source(), before, "the other team is here")
        .fix("a channel can have one team: change one of the channels, or remove one team");
    reader.push(diagnostic);
}

/// Reads a team. All keys are read before the function returns because of a missing one, so that
/// all problems are reported.
fn read_team(
    reader: &mut TomlReader<'_>,
    table: &TomlTable<'_>,
    guild: Option<TomlField<GuildId>>,
    channel: Option<TomlField<ChannelId>>,
) -> Option<ConfiguredTeam> {
    let settings = read_settings(reader, table, TEAM_SETTINGS);
    if let (Some(guild), Some(settings)) = (&guild, &settings)
        && settings
            .role
            .is_some_and(|role| role.get() == guild.value.get())
    {
        report_everyone(reader, table);
        return None;
    }
    Some(ConfiguredTeam {
        guild: guild?.value,
        channel: channel?.value,
        settings: settings?,
    })
}

/// Reports a role with the server's id. That is @everyone (Discord docs, topics/permissions, "Role
/// Object"), and a mention of it as a role notifies nobody.
fn report_everyone(reader: &mut TomlReader<'_>, table: &TomlTable<'_>) {
    if let Some(found) = reader.optional(table, "role", toml_reader::text) {
        let fix = "write the id of a role that the members have; a mention of @everyone as a role notifies \
                   nobody";
        reader.error(
            &found.span,
            "`role` is @everyone, whose id is that of the server",
            fix,
        );
    }
}

/// Reads these settings of a team; the others keep their defaults. Returns `None` after an error.
pub fn read_settings<'s>(
    reader: &mut TomlReader<'_>,
    table: &TomlTable<'_>,
    wanted: impl IntoIterator<Item = &'s TeamSetting>,
) -> Option<TeamSettings> {
    let mut settings = TeamSettings::default();
    let mut is_valid = true;
    for setting in wanted {
        is_valid &= read_setting(reader, table, setting, &mut settings).is_some();
    }
    is_valid.then_some(())?;
    check_settings(reader, table, &settings)?;
    Some(settings)
}

/// Reports settings that contradict each other. Returns `None` after an error.
fn check_settings(
    reader: &mut TomlReader<'_>,
    table: &TomlTable<'_>,
    settings: &TeamSettings,
) -> Option<()> {
    let Err(SettingConflict { key, error }) = settings.check() else {
        return Some(());
    };
    let found = reader.optional(table, key, toml_reader::text)?;
    reader.error(&found.span, error.problem(), error.fix);
    None
}

/// Reads a setting, if the table has it. Returns `None` after an error.
fn read_setting(
    reader: &mut TomlReader<'_>,
    table: &TomlTable<'_>,
    setting: &TeamSetting,
    settings: &mut TeamSettings,
) -> Option<()> {
    let key = setting.key;
    if !table.contains_key(key) {
        if setting.is_required {
            reader.required(table, key, toml_reader::text)?;
        }
        return Some(());
    }
    reader.with_advice(type_advice(&setting.kind), |reader| {
        read_value(reader, table, setting, settings)
    })
}

/// Returns how to write a setting whose value has the wrong type: in quotes, `at = 900` would still
/// be no time of day.
fn type_advice(kind: &SettingKind) -> Option<String> {
    /// A text that no setting accepts.
    const INVALID: &str = "?";
    let mut unused = TeamSettings::default();
    match kind {
        SettingKind::Text { set, .. } => set(&mut unused, INVALID).err().map(|error| error.fix),
        SettingKind::List { set_items, .. } => {
            let error = set_items(&mut unused, &[INVALID]).into_iter().next();
            error.map(|error| error.error.fix)
        }
        SettingKind::Choice { choices, .. } => {
            let values: Vec<&str> = choices.iter().map(|(value, _)| *value).collect();
            Some(format!("write \"{}\"", values.join("\" or \"")))
        }
        SettingKind::Role { .. } => None,
        SettingKind::Flag(_) => Some("write true or false, without quotes".to_owned()),
        SettingKind::Percent { min, max, .. } => {
            let (min, max) = (f64::from(*min) / 100.0, f64::from(*max) / 100.0);
            Some(format!("write a share from {min} to {max}, without quotes"))
        }
    }
}

/// Reads the value of a setting that the table has.
fn read_value(
    reader: &mut TomlReader<'_>,
    table: &TomlTable<'_>,
    setting: &TeamSetting,
    settings: &mut TeamSettings,
) -> Option<()> {
    let key = setting.key;
    match &setting.kind {
        SettingKind::Text { set, .. } => {
            let found = reader.optional(table, key, toml_reader::text)?;
            set(settings, found.value)
                .map_err(|error| reader.error(&found.span, error.problem(), error.fix))
                .ok()
        }
        SettingKind::List {
            set_items, form, ..
        } => {
            let list = reader.optional(table, key, toml_reader::array)?;
            let items = reader.items(key, list.value, |value| read_item(*form, value));
            let is_complete = items.len() == list.value.len();
            if items.is_empty() && !is_complete {
                return None;
            }
            let texts: Vec<&str> = items.iter().map(|item| item.value.as_ref()).collect();
            let spans: Vec<&Span> = items.iter().map(|item| &item.span).collect();
            let is_valid = report_items(reader, &list.span, &spans, set_items(settings, &texts));
            (is_complete && is_valid).then_some(())
        }
        SettingKind::Choice { noun, choices, set } => {
            let found = reader.optional(table, key, toml_reader::text)?;
            if set(settings, found.value) {
                return Some(());
            }
            let values: Vec<&str> = choices.iter().map(|(value, _)| *value).collect();
            let message = format!("unknown {noun} \"{}\"", found.value);
            reader.error(&found.span, message, did_you_mean(found.value, &values));
            None
        }
        SettingKind::Role { set, .. } => {
            let found = reader.optional(table, key, toml_reader::text)?;
            let role = parse_id::<RoleId>(reader, key, found)?;
            set(settings, Some(role.value));
            Some(())
        }
        SettingKind::Flag(set) => {
            let found = reader.optional(table, key, toml_reader::boolean)?;
            set(settings, found.value);
            Some(())
        }
        SettingKind::Percent {
            min,
            max,
            if_higher,
            set,
        } => {
            let found = reader.optional(table, key, toml_reader::float)?;
            if set(settings, found.value) {
                return Some(());
            }
            let message = format!("`{key}` {} is out of range", found.value);
            let (min, max) = (f64::from(*min) / 100.0, f64::from(*max) / 100.0);
            let fix = format!("write a share from {min} to {max}; with a higher one, {if_higher}");
            reader.error(&found.span, message, fix);
            None
        }
    }
}

/// Reads an item of a list.
fn read_item<'d>(form: ItemForm, value: &'d TomlValue<'d>) -> Result<Cow<'d, str>, &'static str> {
    match (form, value.get_ref()) {
        (ItemForm::Text, _) => toml_reader::text(value).map(Cow::Borrowed),
        (ItemForm::Date, DeValue::String(text)) => Ok(Cow::Borrowed(text)),
        (ItemForm::Date, DeValue::Datetime(date)) => Ok(Cow::Owned(date.to_string())),
        (ItemForm::Date, _) => Err("a date such as \"2026-12-25\""),
    }
}

/// Reports what is wrong with a list. Returns whether its value is usable.
fn report_items(
    reader: &mut TomlReader<'_>,
    list: &Span,
    items: &[&Span],
    errors: Vec<ItemError>,
) -> bool {
    let is_valid = errors.iter().all(|error| error.is_warning);
    for ItemError {
        item,
        error,
        is_warning,
    } in errors
    {
        let span = item.and_then(|index| items.get(index)).unwrap_or(&list);
        let severity = if is_warning {
            Severity::Warning
        } else {
            Severity::Error
        };
        let diagnostic = Diagnostic::at(reader.source(), span, error.problem());
        reader.push(diagnostic.severity(severity).fix(error.fix));
    }
    is_valid
}

fn required_id<T: FromStr>(
    reader: &mut TomlReader<'_>,
    table: &TomlTable<'_>,
    key: &str,
) -> Option<TomlField<T>> {
    let found = reader.required(table, key, toml_reader::text)?;
    parse_id(reader, key, found)
}

/// Parses an id. Ids must be strings: as TOML integers, some tools would lose digits.
fn parse_id<T: FromStr>(
    reader: &mut TomlReader<'_>,
    key: &str,
    found: TomlField<&str>,
) -> Option<TomlField<T>> {
    if let Ok(value) = found.value.trim().parse() {
        return Some(TomlField {
            value,
            key: found.key,
            span: found.span,
        });
    }
    let noun = if key == "guild" { "server" } else { key };
    let fix = format!(
        "turn on Developer Mode in Discord's settings (Advanced), then right-click the {noun} and \
         copy its id"
    );
    reader.error(
        &found.span,
        format!("\"{}\" is not a Discord id", found.value),
        fix,
    );
    None
}
