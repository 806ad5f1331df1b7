//! Counting replies: live from the gateway, and from the history after we were away.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::{Semaphore, oneshot};

use super::budget::Urgency;
use super::desk::{Desk, TeamKey};
use super::event::Wrote;
use super::fetch;
use super::rest::{Failure, HISTORY_PAGE, History};
use crate::failpoint;
use crate::practice::data_deletion::BACKFILL_ROUNDS;
use crate::practice::id::{ChannelId, GuildId, MessageId, snowflake_at};
use crate::practice::reply::ReplyOutcome;
use crate::practice::team::Team;
use crate::store::Commit;

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

/// Hears that a mark was made, or could not be.
type Marked = oneshot::Receiver<()>;

/// Where a message counts as a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    key: TeamKey,
    /// The message with which the round was posted.
    posted: MessageId,
}

/// Counts a message, if it is a reply; marks a member's first one as soon as it is on disk.
pub async fn heard(desk: Arc<Desk>, wrote: Wrote) {
    if !wrote.person || !desk.store.may_contain_reply(wrote.guild, wrote.channel) {
        return;
    }
    let Some(_pin) = fetch::patiently(&desk, wrote.guild).await else {
        return;
    };
    if let Some((place, commit)) = count(&desk, wrote) {
        // When the mark is made is of no interest: who reads the history looks whether it is there.
        drop(acknowledge(&desk, place, wrote, commit).await);
    }
}

/// Counts a message; gives what is to be waited for before the member may be told.
fn count(desk: &Desk, wrote: Wrote) -> Option<(Place, Commit)> {
    if !wrote.person {
        return None;
    }
    let Some(place) = place_of(desk, wrote) else {
        note_early(desk, wrote);
        return None;
    };
    let news = |team: &Team| team.is_new_reply(place.posted, wrote.author, wrote.message);
    if desk.team(place.key, news) != Some(true) {
        return None;
    }
    let (counted, commit) = desk.change_team(place.key, |team| {
        team.count_reply(place.posted, wrote.author, wrote.message)
    });
    failpoint::pass("reply.entered");
    matches!(counted, Some(ReplyOutcome::First { .. })).then_some((place, commit))
}

/// While a question is being posted its message is not known here yet, and a reply to it can't be told from one
/// to any other message: the history is read once it is known.
fn note_early(desk: &Desk, wrote: Wrote) {
    let key = TeamKey {
        guild: wrote.guild,
        channel: wrote.channel,
    };
    let is_posting = |team: &Team| {
        team.rounds()
            .last()
            .is_some_and(|round| round.message.is_none())
    };
    if wrote.to.is_some() && desk.team(key, is_posting) == Some(true) {
        desk.early.insert(key);
    }
}

/// Marks a reply when it is on disk; gives who hears when that is over.
async fn acknowledge(desk: &Desk, place: Place, wrote: Wrote, commit: Commit) -> Marked {
    if !commit.wait_durable().await {
        // Whoever has the guild now reads it from the history.
        return oneshot::channel().1;
    }
    failpoint::pass("reply.saved");
    desk.vitals.reply_counted();
    tracing::debug!(guild = %wrote.guild, round_message = %place.posted, member = %wrote.author, "counted a reply");
    let marked = desk.mark(wrote.channel, wrote.message);
    // The receiver is gone only when the process is ending.
    let _ = desk.stale_footers.send((place.key, place.posted));
    marked
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
        if let Some(team) = guild.team_by_message(thread) {
            return Some(place(team.channel, thread));
        }
        let team = guild.team(wrote.channel)?;
        let to = wrote.to.filter(|to| team.round_by_message(*to).is_some())?;
        Some(place(team.channel, to))
    })?
}

/// Reads what was written in the newest rounds of these guilds while we were away.
pub async fn catch_up(desk: Arc<Desk>, guilds: Vec<GuildId>) {
    let places = Arc::new(Semaphore::new(READ_AT_ONCE));
    let mut reading = tokio::task::JoinSet::new();
    for guild in guilds {
        // One after the other: who has a place next is fetched, and all others need not be in memory.
        let turn = places.acquire().await;
        let Some(pin) = fetch::patiently(&desk, guild).await else {
            continue;
        };
        drop(turn);
        for key in teams(&desk, guild) {
            let (desk, places, pin) = (Arc::clone(&desk), Arc::clone(&places), pin.clone());
            reading.spawn(async move {
                catch_up_patiently(&desk, key, &places).await;
                drop(pin);
            });
        }
        while reading.try_join_next().is_some() {}
    }
    while reading.join_next().await.is_some() {}
}

/// Reads a team's history once more, because something was found that was not known when a session began.
pub async fn read_again(desk: Arc<Desk>, key: TeamKey) {
    let Some(_pin) = fetch::patiently(&desk, key.guild).await else {
        return;
    };
    catch_up_patiently(&desk, key, &Semaphore::new(1)).await;
}

/// Reads a team's history, again and again while Discord is in trouble: nobody's reply may be lost to it.
async fn catch_up_patiently(desk: &Desk, key: TeamKey, places: &Semaphore) {
    for pause in RETRY_AFTER.map(Some).into_iter().chain([None]) {
        let read = {
            // The semaphore is never closed.
            let _place = places.acquire().await;
            catch_up_team(desk, key).await
        };
        let failure = match read {
            Ok(pages) => return note(desk, key, pages).await,
            Err(failure) => failure,
        };
        let pause = pause.filter(|_| failure.is_passing());
        tracing::warn!(guild = %key.guild, channel = %key.channel, %failure, ?pause, "a history could not be read");
        match pause {
            Some(pause) => tokio::time::sleep(pause).await,
            None => return,
        }
    }
}

fn teams(desk: &Desk, guild: GuildId) -> Vec<TeamKey> {
    let keys = desk.store.read(guild, |state| {
        let key = |channel: &ChannelId| TeamKey {
            guild,
            channel: *channel,
        };
        state.teams().keys().map(key).collect()
    });
    keys.unwrap_or_default()
}

/// Something to be read: a round's thread, or the channel with the replies to the questions themselves.
#[derive(Debug, Clone, Copy)]
struct Reading {
    /// The number of the round whose thread it is; none for the channel.
    thread_of: Option<u32>,
    from: ChannelId,
    after: MessageId,
}

/// A page of history that was counted.
#[derive(Debug)]
struct Page {
    /// As of its reading.
    thread_of: Option<u32>,
    /// Its last message.
    last: MessageId,
    /// The marks that it brought.
    marks: Vec<Marked>,
}

async fn catch_up_team(desk: &Desk, key: TeamKey) -> Result<Vec<Page>, Failure> {
    let mut pages = Vec::new();
    let readings = desk.team(key, readings).unwrap_or_default();
    for reading in readings {
        match read(desk, key.guild, reading, &mut pages).await {
            // A thread that was deleted, or that we may not see, has nothing to read.
            Err(Failure::Unknown { .. } | Failure::Forbidden { .. }) | Ok(()) => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(pages)
}

/// How many rounds would be read: for trials of what a snapshot may hold.
#[cfg(any(test, fuzzing))]
pub fn readings_of(team: &Team) -> usize {
    readings(team).len()
}

fn readings(team: &Team) -> Vec<Reading> {
    let newest: Vec<_> = team.posted_rounds().rev().take(BACKFILL_ROUNDS).collect();
    let overlap = |read: MessageId| MessageId::new(snowflake_at(read.time() - OVERLAP));
    let reading = |thread_of, from, posted: MessageId, read_to: Option<MessageId>| Reading {
        thread_of,
        from,
        after: read_to.map_or(posted, overlap).max(posted),
    };
    let threads = newest.iter().filter_map(|round| {
        let thread = round.thread_id()?;
        let number = Some(round.number);
        Some(reading(number, thread, round.message?, round.read_up_to))
    });
    let oldest = newest.last().and_then(|round| round.message);
    let channel = oldest.map(|oldest| reading(None, team.channel, oldest, team.read_up_to));
    threads.chain(channel).collect()
}

async fn read(
    desk: &Desk,
    guild: GuildId,
    reading: Reading,
    pages: &mut Vec<Page>,
) -> Result<(), Failure> {
    let mut after = reading.after;
    loop {
        let page = desk
            .rest
            .history(guild, reading.from, after, Urgency::Background)
            .await?;
        let Some(last) = page.last().map(|message| message.wrote.message) else {
            return Ok(());
        };
        failpoint::pass("history.page");
        let marks = count_page(desk, &page).await;
        failpoint::pass("history.counted");
        pages.push(Page {
            thread_of: reading.thread_of,
            last,
            marks,
        });
        after = last;
        if page.len() < usize::from(HISTORY_PAGE) {
            return Ok(());
        }
    }
}

/// Counts a page of history, and marks what was not marked.
async fn count_page(desk: &Desk, page: &[History]) -> Vec<Marked> {
    let (mut news, mut marks) = (Vec::new(), Vec::new());
    for message in page.iter().filter(|message| message.wrote.person) {
        let wrote = message.wrote;
        if let Some((place, commit)) = count(desk, wrote) {
            news.push((place, wrote, commit));
        } else if !message.marked && is_counted(desk, wrote) {
            // Counted before a crash that came before the mark; or just now, by an event, and not on disk yet.
            if desk.store.latest_commit(wrote.guild).wait_durable().await {
                marks.push(desk.mark(wrote.channel, wrote.message));
            }
        }
    }
    for (place, wrote, commit) in news {
        marks.push(acknowledge(desk, place, wrote, commit).await);
    }
    marks
}

/// Writes down how far was read. Only after the marks: a message before that place is not looked at again.
async fn note(desk: &Desk, key: TeamKey, pages: Vec<Page>) {
    for page in pages {
        for mark in page.marks {
            // The other end is gone when the mark is made: that is all it has to say.
            let _ = mark.await;
        }
        note_page(desk, key, page.thread_of, page.last);
        failpoint::pass("history.noted");
    }
}

fn note_page(desk: &Desk, key: TeamKey, thread_of: Option<u32>, last: MessageId) {
    let known = |team: &Team| match thread_of {
        Some(number) => team.round(number)?.read_up_to,
        None => team.read_up_to,
    };
    if desk.team(key, known).flatten() < Some(last) {
        // Nobody is told, so nobody has to wait for the disk.
        let _unawaited = desk.change_team(key, |team| team.record_read_up_to(thread_of, last));
    }
}

fn is_counted(desk: &Desk, wrote: Wrote) -> bool {
    place_of(desk, wrote).is_some_and(|place| {
        desk.team(place.key, |team| {
            team.is_first_reply(place.posted, wrote.author, wrote.message)
        }) == Some(true)
    })
}
