//! Counting replies: live from the gateway, and from the history after we were away.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::Semaphore;

use super::budget::Urgency;
use super::desk::{Desk, TeamKey};
use super::event::Wrote;
use super::rest::{Failure, HISTORY_PAGE, History};
use crate::failpoint;
use crate::practice::id::{ChannelId, GuildId, MessageId, snowflake_at};
use crate::practice::reply::Counted;
use crate::practice::round::Thread;
use crate::practice::team::Team;
use crate::store::Ticket;

/// So many of a team's newest rounds are read after we were away: the open one, and those in which
/// people still write late.
const ROUNDS_READ: usize = 3;

/// The history is read from this long before the last message known: messages of one moment may
/// reach us in any order.
const OVERLAP: SignedDuration = SignedDuration::from_secs(60);

/// How many teams' histories are read side by side.
const READ_AT_ONCE: usize = 4;

/// When a history that could not be read is tried again. After these the next session reads it.
const RETRY_AFTER: [Duration; 7] = [
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(15),
    Duration::from_secs(60),
    Duration::from_secs(300),
    Duration::from_secs(900),
    Duration::from_secs(1800),
];

/// Where a message counts as a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    key: TeamKey,
    /// The message with which the round was posted.
    posted: MessageId,
}

/// Counts a message, if it is a reply; marks a member's first one as soon as it is on disk.
pub async fn heard(desk: Arc<Desk>, wrote: Wrote) {
    if let Some((place, ticket)) = count(&desk, wrote) {
        acknowledge(&desk, place, wrote, ticket).await;
    }
}

/// Counts a message; gives what is to be waited for before the member may be told.
fn count(desk: &Desk, wrote: Wrote) -> Option<(Place, Ticket)> {
    if !wrote.person {
        return None;
    }
    let place = place_of(desk, wrote)?;
    let news = |team: &Team| team.would_count(place.posted, wrote.author, wrote.message);
    if desk.team(place.key, news) != Some(true) {
        return None;
    }
    let (counted, ticket) = desk.store.change(wrote.guild, |guild| {
        guild
            .team_mut(place.key.channel)
            .map(|team| team.reply(place.posted, wrote.author, wrote.message))
    });
    failpoint::pass("reply.entered");
    matches!(counted, Some(Counted::First { .. })).then_some((place, ticket))
}

async fn acknowledge(desk: &Desk, place: Place, wrote: Wrote, ticket: Ticket) {
    ticket.saved().await;
    failpoint::pass("reply.saved");
    tracing::debug!(guild = %wrote.guild, round_message = %place.posted, member = %wrote.author, "counted a reply");
    desk.mark(wrote.channel, wrote.message);
    // The receiver is gone only when the process is ending.
    let _ = desk.stale_footers.send((place.key, place.posted));
}

/// A round's thread has the id of the round's message; where it could not be started, replies to the
/// message itself count.
fn place_of(desk: &Desk, wrote: Wrote) -> Option<Place> {
    let place = |channel: ChannelId, posted: MessageId| Place {
        key: TeamKey {
            guild: wrote.guild,
            channel,
        },
        posted,
    };
    desk.store.read(wrote.guild, |guild| {
        let thread = wrote.channel.starter_message();
        if let Some(team) = guild.team_of(thread) {
            return Some(place(team.channel, thread));
        }
        let team = guild.team(wrote.channel)?;
        let to = wrote.to.filter(|to| team.round_of(*to).is_some())?;
        Some(place(team.channel, to))
    })?
}

/// Reads what was written in the newest rounds of these guilds while we were away.
pub async fn catch_up(desk: Arc<Desk>, guilds: Vec<GuildId>) {
    let places = Arc::new(Semaphore::new(READ_AT_ONCE));
    let mut reading = tokio::task::JoinSet::new();
    for key in teams(&desk, &guilds) {
        let (desk, places) = (Arc::clone(&desk), Arc::clone(&places));
        reading.spawn(async move { catch_up_patiently(&desk, key, &places).await });
    }
    while reading.join_next().await.is_some() {}
}

/// Reads a team's history, again and again while Discord is in trouble: nobody's reply may be lost to it.
async fn catch_up_patiently(desk: &Desk, key: TeamKey, places: &Semaphore) {
    for pause in RETRY_AFTER.map(Some).into_iter().chain([None]) {
        let read = {
            // The semaphore is never closed.
            let _place = places.acquire().await;
            catch_up_team(desk, key).await
        };
        let Err(failure) = read else {
            return;
        };
        let pause = pause.filter(|_| failure.is_passing());
        tracing::warn!(guild = %key.guild, channel = %key.channel, %failure, ?pause, "a history could not be read");
        match pause {
            Some(pause) => tokio::time::sleep(pause).await,
            None => return,
        }
    }
}

fn teams(desk: &Desk, guilds: &[GuildId]) -> Vec<TeamKey> {
    let of_guild = |guild: &GuildId| {
        desk.store.read(*guild, |state| {
            let key = |channel: &ChannelId| TeamKey {
                guild: *guild,
                channel: *channel,
            };
            state.teams().keys().map(key).collect::<Vec<_>>()
        })
    };
    guilds.iter().filter_map(of_guild).flatten().collect()
}

/// What is to be read of one round.
#[derive(Debug, Clone, Copy)]
struct Reading {
    number: u32,
    posted: MessageId,
    from: ChannelId,
    after: MessageId,
}

async fn catch_up_team(desk: &Desk, key: TeamKey) -> Result<(), Failure> {
    let readings = desk.team(key, readings).unwrap_or_default();
    for reading in readings {
        match read_round(desk, key, reading).await {
            // A thread that was deleted, or that we may not see, has nothing to read.
            Err(Failure::Unknown { .. } | Failure::Forbidden { .. }) | Ok(()) => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(())
}

fn readings(team: &Team) -> Vec<Reading> {
    let reading = |round: &crate::practice::round::Round| {
        let posted = round.message?;
        let from = match round.thread {
            Thread::There => posted.thread(),
            Thread::Wanted | Thread::Refused => team.channel,
        };
        let overlap = |read: MessageId| MessageId::new(snowflake_at(read.time() - OVERLAP));
        let after = round.read_to.map_or(posted, overlap).max(posted);
        Some(Reading {
            number: round.number,
            posted,
            from,
            after,
        })
    };
    team.posted_rounds()
        .rev()
        .take(ROUNDS_READ)
        .filter_map(reading)
        .collect()
}

async fn read_round(desk: &Desk, key: TeamKey, reading: Reading) -> Result<(), Failure> {
    let mut after = reading.after;
    loop {
        let page = desk
            .rest
            .history(key.guild, reading.from, after, Urgency::Background)
            .await?;
        let Some(last) = page.last().map(|message| message.wrote.message) else {
            return Ok(());
        };
        failpoint::pass("history.page");
        count_page(desk, key, reading, &page).await;
        failpoint::pass("history.counted");
        after = last;
        if page.len() < usize::from(HISTORY_PAGE) {
            return Ok(());
        }
    }
}

/// Counts a page of history, writes down how far was read, and marks what was not marked.
async fn count_page(desk: &Desk, key: TeamKey, reading: Reading, page: &[History]) {
    let mut news = Vec::new();
    for message in page.iter().filter(|message| message.wrote.person) {
        let wrote = message.wrote;
        if let Some((place, ticket)) = count(desk, wrote) {
            news.push((place, wrote, ticket));
        } else if !message.marked && is_counted(desk, key, reading.posted, wrote) {
            // Counted before a crash that came before the mark.
            desk.mark(wrote.channel, wrote.message);
        }
    }
    let unread = |last: &&History| {
        let read_to = desk
            .team(key, |team| team.round(reading.number)?.read_to)
            .flatten();
        read_to < Some(last.wrote.message)
    };
    if let Some(last) = page.last().filter(unread) {
        // Nobody is told, so nobody has to wait for the disk.
        let _unawaited = desk.store.change(key.guild, |guild| {
            guild
                .team_mut(key.channel)
                .map(|team| team.read_to(reading.number, last.wrote.message))
        });
        failpoint::pass("history.noted");
    }
    for (place, wrote, ticket) in news {
        acknowledge(desk, place, wrote, ticket).await;
    }
}

fn is_counted(desk: &Desk, key: TeamKey, posted: MessageId, wrote: Wrote) -> bool {
    desk.team(key, |team| {
        team.is_first_reply(posted, wrote.author, wrote.message)
    }) == Some(true)
}
