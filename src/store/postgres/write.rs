//! Saving a guild: one transaction of the rows that changed.

use std::io;

use jiff::Timestamp;
use serde_json::Value;
use sqlx::{Connection, PgConnection, PgPool, Row};

use super::STEP_TIMEOUT;
use super::lease::{Lease, LeaseLost};
use super::row_cache::{RowCache, TableChange, diff, row_hashes};
use super::rows::{GuildRows, RowError, split_guild};
use crate::practice::guild::Guild;
use crate::practice::guild_summary::GuildSummary;
use crate::practice::id::GuildId;
use crate::store::backend::LEASE_LOST;

const SELECT_COMMIT: &str = "select commit from guild where guild = $1 for update";
const INSERT_GUILD: &str = "insert into guild (guild, commit, state, wake, managed, places) \
    values ($1, $2 + 1, $3::text::jsonb, $4::text::timestamptz, $5, $6)";
const UPDATE_GUILD: &str = "update guild set commit = commit + 1, state = $3::text::jsonb, \
    wake = $4::text::timestamptz, managed = $5, places = $6 where guild = $1 and commit = $2";
const DELETE_GUILD: &str = "delete from guild where guild = $1";
const UPSERT_METADATA: &str = "insert into note (name, text) values ($1, $2) on conflict (name) do update set text = excluded.text";

/// Of a member's reviews those go whose questions are not named.
const DELETE_REVIEWS: &str = "delete from review as kept using jsonb_to_recordset($1::text::jsonb) \
    as given (guild bigint, member bigint, questions jsonb) \
    where kept.guild = given.guild and kept.member = given.member and not given.questions ? kept.question";

/// Why something is not in the database.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The database did not do it.
    #[error("the database did not take it: {0}")]
    Database(#[from] sqlx::Error),
    /// It did not answer in time.
    #[error("the database did not answer within {} s", STEP_TIMEOUT.as_secs())]
    Timeout,
    /// Another process writes these guilds now.
    #[error(transparent)]
    LeaseLost(#[from] LeaseLost),
    /// This process does not have the guild's shard.
    #[error("another process has this server")]
    NotOwner,
    /// The guild can't be written as rows.
    #[error(transparent)]
    Rows(#[from] RowError),
    /// Somebody else wrote, who must not.
    #[error(
        "somebody changed the rows of this server (commit {found} where {expected} was expected)"
    )]
    Conflict {
        /// What is there.
        found: i64,
        /// What was last written here.
        expected: i64,
    },
    /// The id is larger than the database's numbers.
    #[error("the id {0} is too large")]
    IdTooLarge(GuildId),
}

impl WriteError {
    /// As the store wants it: whether the database is away, the guild somebody else's, or there is something against it.
    pub fn into_io_error(self) -> io::Error {
        let kind = match &self {
            Self::Timeout
            | Self::Database(
                sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed,
            ) => io::ErrorKind::NotConnected,
            Self::LeaseLost(_) | Self::NotOwner => LEASE_LOST,
            Self::Database(_) | Self::Rows(_) | Self::Conflict { .. } | Self::IdTooLarge(_) => {
                io::ErrorKind::Other
            }
        };
        io::Error::new(kind, self)
    }
}

/// Saves a guild, and remembers what is there.
pub async fn save(
    pool: &PgPool,
    lease: Option<&Lease>,
    (guild, now): (&Guild, Option<Timestamp>),
    cache: &mut RowCache,
) -> Result<(), WriteError> {
    let outline = now.map_or_else(GuildSummary::unknown, |now| guild.summary(now));
    let lease = lease.ok_or(WriteError::NotOwner)?;
    let id = guild_as_i64(guild.id())?;
    let GuildRows { guild: state, rows } = split_guild(guild)?;
    let new = row_hashes(&rows);
    with_timeout(pool, async |connection| {
        let mut transaction = connection.begin().await?;
        lease.fence(&mut transaction).await?;
        resolve_in_doubt_commit(&mut transaction, id, cache).await?;
        upsert_guild(
            &mut transaction,
            (id, cache.commit_number),
            (&state, &outline),
        )
        .await?;
        let mut changes = diff(guild.id(), &cache.hashes, rows, &new);
        apply_changes(&mut transaction, &mut changes).await?;
        // From here on the answer may get lost on its way.
        cache.in_doubt = Some(new);
        transaction.commit().await?;
        cache.hashes = cache.in_doubt.take().unwrap_or_default();
        cache.commit_number += 1;
        Ok(())
    })
    .await
}

/// Deletes a guild with all its rows.
pub async fn delete(
    pool: &PgPool,
    lease: Option<&Lease>,
    guild: GuildId,
) -> Result<(), WriteError> {
    let lease = lease.ok_or(WriteError::NotOwner)?;
    let id = guild_as_i64(guild)?;
    with_timeout(pool, async |connection| {
        let mut transaction = connection.begin().await?;
        lease.fence(&mut transaction).await?;
        sqlx::query(DELETE_GUILD)
            .bind(id)
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    })
    .await
}

/// Writes a note.
pub async fn set_metadata(pool: &PgPool, name: &str, text: &str) -> Result<(), sqlx::Error> {
    let note = sqlx::query(UPSERT_METADATA).bind(name).bind(text);
    note.execute(pool).await.map(drop)
}

/// Does something on a connection, in time. A connection on which it failed is not used again.
async fn with_timeout(
    pool: &PgPool,
    work: impl AsyncFnOnce(&mut PgConnection) -> Result<(), WriteError>,
) -> Result<(), WriteError> {
    let mut connection = pool.acquire().await?;
    let done = tokio::time::timeout(STEP_TIMEOUT, work(&mut connection)).await;
    let done = done.unwrap_or(Err(WriteError::Timeout));
    if done.is_err() {
        drop(connection.detach());
    }
    done
}

/// Looks whether a commit came through whose answer did not.
async fn resolve_in_doubt_commit(
    transaction: &mut PgConnection,
    id: i64,
    cache: &mut RowCache,
) -> Result<(), WriteError> {
    if cache.commit_number > 0 && cache.in_doubt.is_none() {
        return Ok(());
    }
    let found = sqlx::query(SELECT_COMMIT)
        .bind(id)
        .fetch_optional(&mut *transaction)
        .await?;
    let found: i64 = found.map_or(Ok(0), |row| row.try_get(0))?;
    match cache.in_doubt.take() {
        Some(prints) if found == cache.commit_number + 1 => {
            tracing::info!(
                guild = id,
                commit = found,
                "a commit in doubt had come through"
            );
            cache.hashes = prints;
            cache.commit_number = found;
        }
        // A guild that was forgotten and is here again: nothing of the old one may stay.
        None if found > 0 => {
            sqlx::query(DELETE_GUILD)
                .bind(id)
                .execute(transaction)
                .await?;
        }
        _ if found != cache.commit_number => {
            let expected = cache.commit_number;
            return Err(WriteError::Conflict { found, expected });
        }
        _ => {}
    }
    Ok(())
}

/// The guild's own row, with the number of this commit.
async fn upsert_guild(
    transaction: &mut PgConnection,
    (id, commit): (i64, i64),
    (state, outline): (&Value, &GuildSummary),
) -> Result<(), WriteError> {
    let statement = if commit == 0 {
        INSERT_GUILD
    } else {
        UPDATE_GUILD
    };
    let written = sqlx::query(statement)
        .bind(id)
        .bind(commit)
        .bind(state.to_string())
        .bind(due_column(outline))
        .bind(outline.managed)
        .bind(outline.channel_hashes())
        .execute(&mut *transaction)
        .await?;
    if written.rows_affected() == 1 {
        return Ok(());
    }
    let found = sqlx::query(SELECT_COMMIT)
        .bind(id)
        .fetch_optional(transaction)
        .await?;
    let found = found.map_or(Ok(0), |row| row.try_get(0))?;
    Err(WriteError::Conflict {
        found,
        expected: commit,
    })
}

/// As the column `wake` has it.
fn due_column(outline: &GuildSummary) -> Option<String> {
    match outline.next_due {
        None => Some("infinity".into()),
        Some(wake) if wake == Timestamp::MIN => None,
        Some(wake) => Some(wake.to_string()),
    }
}

/// Rows that are gone first, the last tables before those to which they refer; then the others the other way round.
async fn apply_changes(
    transaction: &mut PgConnection,
    changes: &mut [TableChange],
) -> Result<(), sqlx::Error> {
    for change in changes.iter_mut().rev() {
        execute_for_rows(transaction, DELETE_REVIEWS, &mut change.kept_reviews).await?;
        execute_for_rows(
            transaction,
            &change.table.statements().delete,
            &mut change.delete,
        )
        .await?;
    }
    for change in changes {
        execute_for_rows(
            transaction,
            &change.table.statements().write,
            &mut change.write,
        )
        .await?;
    }
    Ok(())
}

async fn execute_for_rows(
    transaction: &mut PgConnection,
    statement: &str,
    rows: &mut Vec<Value>,
) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let rows = Value::from(std::mem::take(rows)).to_string();
    sqlx::query(statement)
        .bind(rows)
        .execute(transaction)
        .await
        .map(drop)
}

fn guild_as_i64(guild: GuildId) -> Result<i64, WriteError> {
    i64::try_from(guild.get()).map_err(|_| WriteError::IdTooLarge(guild))
}
