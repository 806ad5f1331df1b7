//! Messages as one member sees them.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::Reader;
use super::component::{Row, rows};
use super::embed::{Embed, Picture, attached, embed};
use super::people::{Person, person};
use crate::sandbox::model::{Message, flag, message_kind};
use crate::sandbox::page::markdown::{Part, read};

/// Messages that are shown of a channel.
const SHOWN: usize = 120;
/// Messages of one author within this time stand under one name, in milliseconds.
const TOGETHER_MS: i64 = 7 * 60 * 1000;
/// Characters of a message that is quoted above its reply.
const QUOTE_MAX: usize = 90;

/// One entry of the list.
#[derive(Debug, Serialize)]
pub struct Entry {
    /// Names it among its neighbours.
    key: String,
    /// The day that begins here, or nothing.
    day: Option<String>,
    message: Shown,
}

/// A message.
#[expect(
    clippy::struct_excessive_bools,
    reason = "these are independent marks on a message"
)]
#[derive(Debug, Serialize)]
pub struct Shown {
    id: String,
    author: Person,
    /// `Today at 09:00`.
    when: String,
    /// In full, for a tooltip.
    full: String,
    /// `09:00`, beside messages that stand under another's name.
    time: String,
    /// Whether it stands under the name above.
    together: bool,
    /// "said", "started" (somebody started a thread) or "starter" (what a thread began with).
    kind: &'static str,
    /// The message it replies to.
    replies_to: Option<Quote>,
    /// Who used which command to get it.
    used: Option<Used>,
    text: Vec<Part>,
    /// The text as it was written, for editing it.
    source: String,
    embeds: Vec<Embed>,
    pictures: Vec<Picture>,
    rows: Vec<Row>,
    reactions: Vec<Reaction>,
    thread: Option<Thread>,
    ephemeral: bool,
    thinking: bool,
    edited: bool,
    /// Whether the reader wrote it.
    own: bool,
    /// Whether the reader is named in it.
    names_me: bool,
}

#[derive(Debug, Serialize)]
struct Quote {
    author: String,
    text: String,
}

#[derive(Debug, Serialize)]
struct Used {
    by: String,
    command: String,
}

#[derive(Debug, Serialize)]
struct Reaction {
    emoji: String,
    count: usize,
    /// Who, in words.
    who: String,
    mine: bool,
}

#[derive(Debug, Serialize)]
struct Thread {
    id: String,
    name: String,
    messages: u64,
}

/// The newest messages of a channel, the oldest first.
pub fn entries(reader: &Reader<'_>, channel: u64) -> Vec<Entry> {
    let all = reader.discord.messages.get(&channel);
    let seen = all.into_iter().flat_map(|all| all.values().rev());
    let mut newest: Vec<&Message> = seen
        .filter(|one| one.is_seen_by(reader.user))
        .take(SHOWN)
        .collect();
    newest.reverse();
    let mut before: Option<&Message> = None;
    let mut entries = Vec::new();
    for one in newest {
        let day = date(reader, one.written_ms);
        let is_new_day = before.is_none_or(|last| date(reader, last.written_ms) != day);
        let mut message = shown(reader, one);
        message.together = !is_new_day && before.is_some_and(|last| stands_under(last, one));
        entries.push(Entry {
            key: one.id.to_string(),
            day: is_new_day.then(|| day.strftime("%A, %-d %B %Y").to_string()),
            message,
        });
        before = Some(one);
    }
    entries
}

fn stands_under(last: &Message, one: &Message) -> bool {
    last.author == one.author
        && one.written_ms - last.written_ms < TOGETHER_MS
        && one.reference.is_none()
        && one.interaction.is_none()
        && last.seen_only_by == one.seen_only_by
        && last.kind != message_kind::THREAD_STARTER
        && last.kind != message_kind::THREAD_CREATED
}

fn local(reader: &Reader<'_>, ms: i64) -> jiff::Zoned {
    let time = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
    time.to_zoned(reader.calendar.zone.clone())
}

fn date(reader: &Reader<'_>, ms: i64) -> jiff::civil::Date {
    local(reader, ms).date()
}

fn when(reader: &Reader<'_>, ms: i64) -> String {
    let written = local(reader, ms);
    let today = local(reader, reader.discord.clock.now_ms()).date();
    let day = if written.date() == today {
        "Today at"
    } else if today
        .yesterday()
        .is_ok_and(|yesterday| yesterday == written.date())
    {
        "Yesterday at"
    } else {
        "%a, %-d %b %Y,"
    };
    written.strftime(&format!("{day} %H:%M")).to_string()
}

fn shown(reader: &Reader<'_>, one: &Message) -> Shown {
    let discord = reader.discord;
    // A thread begins with the message it was started from.
    let starter = (one.kind == message_kind::THREAD_STARTER)
        .then(|| {
            one.reference
                .and_then(|to| discord.message(to.channel, to.message?))
        })
        .flatten();
    let of = starter.unwrap_or(one);
    let names = reader.names(of.channel);
    let written = local(reader, of.written_ms);
    Shown {
        id: of.id.to_string(),
        author: person(reader, of.author, Some(of.channel)),
        when: when(reader, of.written_ms),
        full: written.strftime("%A, %-d %B %Y at %H:%M").to_string(),
        time: written.strftime("%H:%M").to_string(),
        together: false,
        kind: match one.kind {
            message_kind::THREAD_STARTER => "starter",
            message_kind::THREAD_CREATED => "started",
            _ => "said",
        },
        replies_to: (one.kind == message_kind::REPLY).then(|| quote(reader, one)),
        used: used(reader, of),
        text: read(&of.content, &names),
        source: of.content.clone(),
        embeds: of.embeds.iter().map(|one| embed(one, &names)).collect(),
        pictures: attached(&of.attachments),
        rows: rows(reader, of),
        reactions: reactions(reader, of),
        thread: if starter.is_some() {
            None
        } else {
            thread(reader, of)
        },
        ephemeral: of.seen_only_by.is_some(),
        thinking: of.flags & flag::LOADING != 0,
        edited: of.edited_ms.is_some(),
        own: of.author == reader.user,
        names_me: of.mentions.users.contains(&reader.user) || of.mentions.everyone,
    }
}

fn quote(reader: &Reader<'_>, one: &Message) -> Quote {
    let discord = reader.discord;
    let to = one
        .reference
        .and_then(|to| discord.message(to.channel, to.message?));
    let Some(to) = to.filter(|to| to.is_seen_by(reader.user)) else {
        return Quote {
            author: String::new(),
            text: "The message was deleted".to_owned(),
        };
    };
    let embedded = || to.embeds.first().and_then(|embed| embed["title"].as_str());
    let text = Some(to.content.as_str()).filter(|text| !text.is_empty());
    let text = text.or_else(embedded).unwrap_or("A picture or a file");
    Quote {
        author: discord.shown(discord.guild_of(one.channel), to.author),
        text: text.chars().take(QUOTE_MAX).collect(),
    }
}

fn used(reader: &Reader<'_>, one: &Message) -> Option<Used> {
    let asked = one
        .interaction
        .as_ref()
        .filter(|asked| !asked.name.is_empty())?;
    Some(Used {
        by: reader
            .discord
            .shown(reader.discord.guild_of(one.channel), asked.user),
        command: asked.name.clone(),
    })
}

fn reactions(reader: &Reader<'_>, one: &Message) -> Vec<Reaction> {
    let guild = reader.discord.guild_of(one.channel);
    let shown = one.reactions.iter().map(|reaction| {
        let who: Vec<String> = reaction
            .users
            .iter()
            .map(|user| reader.discord.shown(guild, *user))
            .collect();
        Reaction {
            emoji: reaction.emoji.clone(),
            count: reaction.users.len(),
            who: who.join(", "),
            mine: reaction.users.contains(&reader.user),
        }
    });
    shown.collect()
}

fn thread(reader: &Reader<'_>, one: &Message) -> Option<Thread> {
    let started = match one.kind {
        message_kind::THREAD_CREATED => one.reference?.channel,
        _ if one.flags & flag::HAS_THREAD != 0 => one.id,
        _ => return None,
    };
    let channel = reader.discord.channels.get(&started)?;
    Some(Thread {
        id: started.to_string(),
        name: channel.name.clone(),
        messages: channel
            .thread
            .as_ref()
            .map_or(0, |thread| thread.message_count),
    })
}

/// A text of the bot's JSON.
pub fn text<'a>(json: &'a Value, key: &str) -> &'a str {
    json[key].as_str().unwrap_or_default()
}
