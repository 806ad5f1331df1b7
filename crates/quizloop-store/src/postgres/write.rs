//! Saving a guild: one transaction with the rows that changed.
//!
//! A commit is in doubt if the connection fails after COMMIT was sent: the server may or may not
//! have executed it. Each guild's row therefore contains the number of its newest commit, and the
//! [`RowCache`] keeps the row hashes that apply if the commit in doubt succeeded. The next save
//! resolves it. For example:
//!
//! 1. The cache has commit 4. A save writes the changed rows with commit number 5, sets `in_doubt`,
//!    and sends COMMIT. The connection breaks before the response. The save fails, so the change is
//!    not acknowledged.
//! 2. The writer retries. The transaction reads the commit number of the guild's row under a lock,
//!    so it waits if the server still executes the old transaction.
//! 3. If it reads 5, the commit had succeeded: the cache takes over the hashes in doubt, and only
//!    what has changed since is written, as commit 6.
//! 4. If it reads 4, the commit was lost: the rows are compared with those of commit 4 and written
//!    again, as commit 5.
//! 5. With any other number some other process has written the rows without a lease. The save fails
//!    with [`WriteError::Conflict`] rather than overwrite data that it does not know.

use std::io;

use jiff::Timestamp;
use serde_json::Value;
use sqlx::{Connection, PgConnection, PgPool, Row};

use super::STEP_TIMEOUT;
use super::lease::{Lease, LeaseLost};
use super::row_cache::{RowCache, TableChange, diff, row_hashes};
use super::rows::{GuildRows, RowError, split_guild};
use crate::backend::LEASE_LOST;
use quizloop_core::guild::Guild;
use quizloop_core::guild_summary::GuildSummary;
use quizloop_core::id::GuildId;

const SELECT_COMMIT: &str = "select commit from guild where guild = $1 for update";
const INSERT_GUILD: &str = "insert into guild (guild, commit, state, wake, managed, places) \
    values ($1, $2 + 1, $3::text::jsonb, $4::text::timestamptz, $5, $6)";
const UPDATE_GUILD: &str = "update guild set commit = commit + 1, state = $3::text::jsonb, \
    wake = $4::text::timestamptz, managed = $5, places = $6 where guild = $1 and commit = $2";
const DELETE_GUILD: &str = "delete from guild where guild = $1";
const UPSERT_METADATA: &str = "insert into note (name, text) values ($1, $2) on conflict (name) do update set text = excluded.text";

/// Deletes the reviews of given members except for the given questions.
const DELETE_REVIEWS: &str = "delete from review as kept using jsonb_to_recordset($1::text::jsonb) \
    as given (guild bigint, member bigint, questions jsonb) \
    where kept.guild = given.guild and kept.member = given.member and not given.questions ? kept.question";

/// Why a guild could not be saved or deleted.
#[derive(Debug, thiserror::Error)]
pub(super) enum WriteError {
    /// A query failed.
    #[error("the database could not save it: {0}")]
    Database(#[from] sqlx::Error),
    /// The database did not answer in time.
    #[error("the database did not answer within {} s", STEP_TIMEOUT.as_secs())]
    Timeout,
    /// Another process owns the shard now.
    #[error(transparent)]
    LeaseLost(#[from] LeaseLost),
    /// This process has no lease for the guild's shard.
    #[error("another process owns this server")]
    NotOwner,
    /// The guild can't be converted to rows.
    #[error(transparent)]
    Rows(#[from] RowError),
    /// The rows were changed by something other than the owner of the shard.
    #[error(
        "the rows of this server were changed outside of this process: found commit {found}, expected {expected}. Restart the bot to use them as they are"
    )]
    Conflict {
        /// The commit number in the database.
        found: i64,
        /// The last commit number that this process knows.
        expected: i64,
    },
    /// The id does not fit into a `bigint`.
    #[error("the id {0} is too large for the database")]
    IdTooLarge(GuildId),
}

impl WriteError {
    /// Whether the database can't hold a value of the guild. A retry can't help then.
    pub(super) fn is_refused_value(&self) -> bool {
        /// SQLSTATE class "Data Exception" (PostgreSQL's manual, appendix A).
        const DATA_EXCEPTION: &str = "22";
        let Self::Database(sqlx::Error::Database(error)) = self else {
            return false;
        };
        error
            .code()
            .is_some_and(|code| code.starts_with(DATA_EXCEPTION))
    }

    /// Converts the error to one whose kind tells the writer what to do: skip the rest of the batch
    /// (no connection), never retry (another owner), or retry this guild alone.
    pub(super) fn into_io_error(self) -> io::Error {
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

/// Saves a guild, and updates its row cache.
pub(super) async fn save(
    pool: &PgPool,
    lease: Option<&Lease>,
    guild: &Guild,
    now: Option<Timestamp>,
    cache: &mut RowCache,
) -> Result<(), WriteError> {
    let summary = now.map_or_else(GuildSummary::unknown, |now| guild.summary(now));
    let lease = lease.ok_or(WriteError::NotOwner)?;
    let id = guild_as_i64(guild.id())?;
    let GuildRows { guild: state, rows } = split_guild(guild)?;
    let new = row_hashes(&rows);
    with_timeout(pool, async |connection| {
        let mut transaction = connection.begin().await?;
        lease.fence(&mut transaction).await?;
        resolve_in_doubt_commit(&mut transaction, id, cache).await?;
        upsert_guild(&mut transaction, id, cache.commit_number, &state, &summary).await?;
        let mut changes = diff(guild.id(), &cache.hashes, rows, &new);
        apply_changes(&mut transaction, &mut changes).await?;
        // From here on the commit is in doubt until the response arrives.
        cache.in_doubt = Some(new);
        transaction.commit().await?;
        cache.hashes = cache.in_doubt.take().unwrap_or_default();
        cache.commit_number += 1;
        Ok(())
    })
    .await
}

/// Deletes a guild with all its rows.
pub(super) async fn delete(
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

pub(super) async fn set_metadata(pool: &PgPool, name: &str, text: &str) -> Result<(), sqlx::Error> {
    let query = sqlx::query(UPSERT_METADATA).bind(name).bind(text);
    query.execute(pool).await.map(drop)
}

/// Runs `work` on a connection with a timeout. After a failure the connection is closed, because
/// its state is unknown.
async fn with_timeout(
    pool: &PgPool,
    work: impl AsyncFnOnce(&mut PgConnection) -> Result<(), WriteError>,
) -> Result<(), WriteError> {
    let mut connection = pool.acquire().await?;
    let result = tokio::time::timeout(STEP_TIMEOUT, work(&mut connection))
        .await
        .unwrap_or(Err(WriteError::Timeout));
    if result.is_err() {
        drop(connection.detach());
    }
    result
}

/// Compares the guild's commit number with the cache; see the module documentation.
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
        Some(hashes) if found == cache.commit_number + 1 => {
            tracing::info!(guild = id, commit = found, "commit in doubt had succeeded");
            cache.hashes = hashes;
            cache.commit_number = found;
        }
        // The guild was deleted and created again. Delete rows of the old one that may remain.
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

/// Writes the guild's own row with the next commit number. `commit` is the number of the previous
/// commit, 0 for a new guild.
async fn upsert_guild(
    transaction: &mut PgConnection,
    id: i64,
    commit: i64,
    state: &Value,
    summary: &GuildSummary,
) -> Result<(), WriteError> {
    let statement = if commit == 0 {
        INSERT_GUILD
    } else {
        UPDATE_GUILD
    };
    let written = sqlx::query(statement)
        .bind(id)
        .bind(commit)
        .bind(json_text(state))
        .bind(due_column(summary))
        .bind(summary.managed)
        .bind(summary.channel_hashes())
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

/// Returns the value of the column `wake`: `infinity` for never, null for unknown.
fn due_column(summary: &GuildSummary) -> Option<String> {
    match summary.next_due {
        None => Some("infinity".into()),
        Some(due) if due == Timestamp::MIN => None,
        Some(due) => Some(due.to_string()),
    }
}

/// Deletes and writes rows. The order satisfies the foreign keys: deletions from the last table to
/// the first, then writes from the first table to the last.
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
    let rows = json_text(&std::mem::take(rows).into());
    sqlx::query(statement)
        .bind(rows)
        .execute(transaction)
        .await
        .map(drop)
}

/// Formats a value for `jsonb`, which can't hold U+0000 (PostgreSQL's manual, "8.14. JSON Types").
/// It is removed, because otherwise one text would prevent all saves of its guild.
fn json_text(value: &Value) -> String {
    let text = value.to_string();
    if !text.contains("\\u0000") {
        return text;
    }
    let mut value = value.clone();
    remove_null_characters(&mut value);
    value.to_string()
}

fn remove_null_characters(value: &mut Value) {
    match value {
        Value::String(text) => text.retain(|character| character != '\0'),
        Value::Array(items) => items.iter_mut().for_each(remove_null_characters),
        Value::Object(fields) => fields.values_mut().for_each(remove_null_characters),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn guild_as_i64(guild: GuildId) -> Result<i64, WriteError> {
    i64::try_from(guild.get()).map_err(|_| WriteError::IdTooLarge(guild))
}
