//! Loading guilds and their summaries.

use std::collections::BTreeMap;

use futures::TryStreamExt as _;
use jiff::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{Executor as _, Row};

use super::connection::{Database, DatabaseError, Transaction};
use crate::snapshot::{self, SnapshotError};
use quizloop_core::guild::Guild;
use quizloop_core::guild_summary::GuildSummary;
use quizloop_core::id::GuildId;

const GUILD_IDS: &str = "select guild from guild order by guild";
const GUILDS_OF_SHARDS: &str = "select guild, extract(epoch from wake)::float8, managed, places from guild \
    where (guild >> 22) % $1 = any($2)";
const STATES: &str = "select guild, guild.state::text, server_questions.state::text \
    from guild left join server_questions using (guild) where guild = any($1)";
const NO_STATEMENT_TIMEOUT: &str = "set local statement_timeout = 0";

/// Reads the summaries of all guilds of some shards.
pub(super) async fn summaries_of_shards(
    database: &Database,
    shards: &[u32],
    total: u32,
) -> Result<Vec<(GuildId, GuildSummary)>, DatabaseError> {
    let mut transaction = database.begin().await?;
    // One row per guild: this may take long.
    transaction.execute(NO_STATEMENT_TIMEOUT).await?;
    let numbers: Vec<i64> = shards.iter().map(|shard| i64::from(*shard)).collect();
    let mut rows = transaction
        .query(GUILDS_OF_SHARDS)
        .bind(i64::from(total))
        .bind(numbers)
        .fetch(&mut *transaction);
    let mut summaries = Vec::new();
    while let Some(row) = rows.try_next().await? {
        summaries.push((GuildId::new(id(row.try_get(0)?)), summary_from_row(&row)?));
    }
    Ok(summaries)
}

fn summary_from_row(row: &PgRow) -> Result<GuildSummary, sqlx::Error> {
    let (due, channel_hashes): (Option<f64>, Option<&[u8]>) = (row.try_get(1)?, row.try_get(3)?);
    let (Some(due), Some(channel_hashes)) = (due, channel_hashes) else {
        return Ok(GuildSummary::unknown());
    };
    Ok(GuildSummary::from_parts(
        timestamp(due),
        row.try_get(2)?,
        channel_hashes,
    ))
}

/// Converts Unix time in seconds to a timestamp, rounded down to whole seconds. Infinity is `None`.
pub(super) fn timestamp(seconds: f64) -> Option<Timestamp> {
    if seconds.is_infinite() {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "too large values saturate")]
    let whole = Timestamp::from_second(seconds.floor() as i64);
    Some(whole.unwrap_or(Timestamp::MIN))
}

/// Returns the ids of all guilds.
pub(super) async fn guild_ids(database: &Database) -> Result<Vec<i64>, sqlx::Error> {
    let mut transaction = database.begin().await?;
    let query = transaction.query(GUILD_IDS);
    let rows = query.fetch_all(&mut *transaction).await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}

/// Reads all metadata.
pub(super) async fn load_metadata(
    database: &Database,
) -> Result<BTreeMap<String, String>, sqlx::Error> {
    let mut transaction = database.begin().await?;
    let query = transaction.query("select name, text from note");
    let rows = query.fetch_all(&mut *transaction).await?;
    rows.iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect()
}

/// Loads guilds. Ids without a row are left out.
pub(super) async fn load_guilds(
    database: &Database,
    guilds: &[GuildId],
) -> Result<Vec<Guild>, DatabaseError> {
    load_guilds_in(&mut database.begin().await?, guilds).await
}

/// Loads guilds as a part of a transaction.
pub(super) async fn load_guilds_in(
    transaction: &mut Transaction<'_>,
    guilds: &[GuildId],
) -> Result<Vec<Guild>, DatabaseError> {
    let ids = guilds.iter().map(|guild| i64::try_from(guild.get()));
    let ids: Vec<i64> = ids.filter_map(Result::ok).collect();
    let query = transaction.query(STATES).bind(ids);
    let mut rows = query.fetch(&mut **transaction);
    let mut loaded = Vec::new();
    while let Some(row) = rows.try_next().await? {
        let guild = GuildId::new(id(row.try_get(0)?));
        let decoded = decode_guild(guild, row.try_get(1)?, row.try_get(2)?);
        loaded.push(decoded.map_err(|error| DatabaseError::InvalidRow { guild, error })?);
    }
    Ok(loaded)
}

/// Decodes a guild and its own questions.
pub(super) fn decode_guild(
    guild: GuildId,
    state: &str,
    questions: Option<&str>,
) -> Result<Guild, SnapshotError> {
    let mut decoded = snapshot::decode(state.as_bytes(), guild)?;
    let questions = questions.map(|own| snapshot::decode_questions(own.as_bytes(), guild));
    let set = decoded.set_server_questions(questions.transpose()?);
    set.map_err(snapshot::invalid)?;
    Ok(decoded)
}

/// Converts an id of a `bigint` column, which is never negative.
pub(super) fn id(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}
