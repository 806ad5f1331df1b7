//! Loading guilds and their summaries.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use futures::TryStreamExt as _;
use jiff::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{Connection, PgConnection, PgPool, Row};

use super::connection::DatabaseError;
use super::row_cache::{RowCache, row_hashes};
use super::rows::{GuildAssembler, split_guild};
use super::table::GuildTable;
use crate::snapshot;
use quizloop_core::guild::Guild;
use quizloop_core::guild_summary::GuildSummary;
use quizloop_core::id::GuildId;

const GUILD_IDS: &str = "select guild from guild order by guild";
const GUILDS_OF_SHARDS: &str = "select guild, extract(epoch from wake)::float8, managed, places from guild \
    where (guild >> 22) % $1 = any($2)";
const STATES: &str = "select guild, commit, state::text from guild where guild = any($1)";
const REVIEWS: &str = "select guild, member, question, rating, stability, difficulty, last::text, due::text, count, lapses \
    from review where guild = any($1)";
const SNAPSHOT_ISOLATION: &str = "set transaction isolation level repeatable read read only";
const NO_STATEMENT_TIMEOUT: &str = "set local statement_timeout = 0";

/// A guild with its row cache.
pub(super) type GuildWithRows = (Guild, RowCache);

/// Reads the summaries of all guilds of some shards.
pub(super) async fn summaries_of_shards(
    pool: &PgPool,
    shards: &[u32],
    total: u32,
) -> Result<Vec<(GuildId, GuildSummary)>, DatabaseError> {
    let mut connection = pool.acquire().await?;
    let mut transaction = connection.begin().await?;
    // One row per guild: this may take long.
    sqlx::query(NO_STATEMENT_TIMEOUT)
        .execute(&mut *transaction)
        .await?;
    let numbers: Vec<i64> = shards.iter().map(|shard| i64::from(*shard)).collect();
    let mut rows = sqlx::query(GUILDS_OF_SHARDS)
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
fn timestamp(seconds: f64) -> Option<Timestamp> {
    if seconds.is_infinite() {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "too large values saturate")]
    let whole = Timestamp::from_second(seconds.floor() as i64);
    Some(whole.unwrap_or(Timestamp::MIN))
}

/// Loads guilds in one transaction, so that their rows are consistent.
pub(super) async fn load_guilds(
    pool: &PgPool,
    ids: &[i64],
) -> Result<Vec<GuildWithRows>, DatabaseError> {
    let mut connection = pool.acquire().await?;
    let mut transaction = connection.begin().await?;
    sqlx::query(SNAPSHOT_ISOLATION)
        .execute(&mut *transaction)
        .await?;
    load_guilds_on(&mut transaction, ids).await
}

pub(super) async fn guild_ids(connection: &mut PgConnection) -> Result<Vec<i64>, sqlx::Error> {
    let rows = sqlx::query(GUILD_IDS).fetch_all(connection).await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}

/// Reads all metadata.
pub(super) async fn load_metadata(pool: &PgPool) -> Result<BTreeMap<String, String>, sqlx::Error> {
    let rows = sqlx::query("select name, text from note")
        .fetch_all(pool)
        .await?;
    rows.iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect()
}

/// Loads guilds. Ids without rows are left out.
pub(super) async fn load_guilds_on(
    connection: &mut PgConnection,
    ids: &[i64],
) -> Result<Vec<GuildWithRows>, DatabaseError> {
    let mut assemblers: BTreeMap<i64, (i64, GuildAssembler)> = BTreeMap::new();
    for row in sqlx::query(STATES)
        .bind(ids)
        .fetch_all(&mut *connection)
        .await?
    {
        let (guild, commit) = (row.try_get(0)?, row.try_get(1)?);
        let state = json(&row, 2, guild)?;
        let assembler = GuildAssembler::new(state).map_err(|error| invalid_rows(guild, &error))?;
        assemblers.insert(guild, (commit, assembler));
    }
    let with_state = GuildTable::ALL
        .into_iter()
        .filter(|table| *table != GuildTable::Review);
    for table in with_state {
        for row in sqlx::query(&select(table))
            .bind(ids)
            .fetch_all(&mut *connection)
            .await?
        {
            let guild: i64 = row.try_get(0)?;
            let key = (id(row.try_get(1)?), id(row.try_get(2)?));
            if let Some((_, assembler)) = assemblers.get_mut(&guild) {
                let added = assembler.add(table, key, json(&row, 3, guild)?);
                added.map_err(|error| invalid_rows(guild, &error))?;
            }
        }
    }
    load_reviews(connection, ids, &mut assemblers).await?;
    assemblers.into_iter().map(finish_guild).collect()
}

fn select(table: GuildTable) -> String {
    let (first, second) = table.keys();
    let second = second.unwrap_or("0");
    let name = table.name();
    format!(
        "select guild, {first}::bigint, {second}::bigint, state::text from {name} where guild = any($1) \
         order by guild, {first}, {second}::bigint"
    )
}

async fn load_reviews(
    connection: &mut PgConnection,
    ids: &[i64],
    assemblers: &mut BTreeMap<i64, (i64, GuildAssembler)>,
) -> Result<(), DatabaseError> {
    let mut positions: BTreeMap<i64, BTreeMap<String, usize>> = BTreeMap::new();
    let mut of_members: BTreeMap<(i64, i64), Vec<(usize, String)>> = BTreeMap::new();
    for row in sqlx::query(REVIEWS).bind(ids).fetch_all(connection).await? {
        let (guild, member, question): (i64, i64, String) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let positions = match (positions.entry(guild), assemblers.get(&guild)) {
            (Entry::Occupied(positions), _) => positions.into_mut(),
            (Entry::Vacant(empty), Some((_, assembler))) => {
                empty.insert(assembler.question_positions())
            }
            (Entry::Vacant(_), None) => continue,
        };
        let position = *positions.get(&question).ok_or_else(|| {
            invalid_rows(
                guild,
                &format!("a review of {question}, which is not in the server's list of questions"),
            )
        })?;
        let line = review_line(position, &row)?;
        of_members
            .entry((guild, member))
            .or_default()
            .push((position, line));
    }
    for ((guild, member), lines) in of_members {
        if let Some((_, assembler)) = assemblers.get_mut(&guild) {
            let added = assembler.add_reviews(id(member), lines);
            added.map_err(|error| invalid_rows(guild, &error))?;
        }
    }
    Ok(())
}

/// Formats a review as in a snapshot. `position` is that of its question in the guild's list.
fn review_line(position: usize, row: &PgRow) -> Result<String, sqlx::Error> {
    let (rating, last, due): (&str, &str, &str) =
        (row.try_get(3)?, row.try_get(6)?, row.try_get(7)?);
    let (stability, difficulty): (f32, f32) = (row.try_get(4)?, row.try_get(5)?);
    let (count, lapses): (i32, i32) = (row.try_get(8)?, row.try_get(9)?);
    Ok(format!(
        "{position} {rating} {stability} {difficulty} {last} {due} {count} {lapses}"
    ))
}

fn finish_guild(
    (guild, (commit, assembler)): (i64, (i64, GuildAssembler)),
) -> Result<GuildWithRows, DatabaseError> {
    let loaded = snapshot::from_value(assembler.finish(), GuildId::new(id(guild)))
        .map_err(|error| invalid_rows(guild, &error.message))?;
    let rows = split_guild(&loaded)
        .map_err(|error| invalid_rows(guild, &error))?
        .rows;
    let cache = RowCache {
        commit_number: commit,
        hashes: row_hashes(&rows),
        in_doubt: None,
    };
    Ok((loaded, cache))
}

fn json(row: &PgRow, column: usize, guild: i64) -> Result<serde_json::Value, DatabaseError> {
    let text: &str = row.try_get(column)?;
    serde_json::from_str(text).map_err(|error| invalid_rows(guild, &error))
}

/// Converts an id or number of a `bigint` column, which is never negative.
fn id(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

fn invalid_rows(guild: i64, reason: &dyn std::fmt::Display) -> DatabaseError {
    DatabaseError::InvalidRows {
        guild: guild.to_string(),
        message: reason.to_string(),
    }
}
