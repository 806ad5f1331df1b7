//! Saving a guild: one transaction of the rows that changed.

use std::io;

use jiff::Timestamp;
use serde_json::Value;
use sqlx::{Connection, PgConnection, PgPool, Row};

use super::LIMIT;
use super::known::{Change, Known, changes, prints};
use super::lease::{Lease, Lost};
use super::rows::{NotRows, Rows, split};
use crate::practice::guild::Guild;
use crate::practice::guild_summary::GuildSummary;
use crate::practice::id::GuildId;
use crate::store::keep::TAKEN_OVER;

const COMMITTED: &str = "select commit from guild where guild = $1 for update";
const INSERT: &str = "insert into guild (guild, commit, state, wake, managed, places) \
    values ($1, $2 + 1, $3::text::jsonb, $4::text::timestamptz, $5, $6)";
const UPDATE: &str = "update guild set commit = commit + 1, state = $3::text::jsonb, \
    wake = $4::text::timestamptz, managed = $5, places = $6 where guild = $1 and commit = $2";
const DELETE: &str = "delete from guild where guild = $1";
const NOTE: &str = "insert into note (name, text) values ($1, $2) on conflict (name) do update set text = excluded.text";

/// Of a member's reviews those go whose questions are not named.
const REVIEWS_GONE: &str = "delete from review as kept using jsonb_to_recordset($1::text::jsonb) \
    as given (guild bigint, member bigint, questions jsonb) \
    where kept.guild = given.guild and kept.member = given.member and not given.questions ? kept.question";

/// Why something is not in the database.
#[derive(Debug, thiserror::Error)]
pub enum NotWritten {
    /// The database did not do it.
    #[error("the database did not take it: {0}")]
    Database(#[from] sqlx::Error),
    /// It did not answer in time.
    #[error("the database did not answer within {} s", LIMIT.as_secs())]
    TooSlow,
    /// Another process writes these guilds now.
    #[error(transparent)]
    Lost(#[from] Lost),
    /// This process does not have the guild's shard.
    #[error("another process has this server")]
    NotOurs,
    /// The guild can't be written as rows.
    #[error(transparent)]
    Rows(#[from] NotRows),
    /// Somebody else wrote, who must not.
    #[error(
        "somebody changed the rows of this server (commit {found} where {expected} was expected)"
    )]
    Changed {
        /// What is there.
        found: i64,
        /// What was last written here.
        expected: i64,
    },
    /// The id is larger than the database's numbers.
    #[error("the id {0} is too large")]
    Id(GuildId),
}

impl NotWritten {
    /// As the store wants it: whether the database is away, the guild somebody else's, or there is something against it.
    pub fn told(self) -> io::Error {
        let kind = match &self {
            Self::TooSlow
            | Self::Database(
                sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed,
            ) => io::ErrorKind::NotConnected,
            Self::Lost(_) | Self::NotOurs => TAKEN_OVER,
            Self::Database(_) | Self::Rows(_) | Self::Changed { .. } | Self::Id(_) => {
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
    known: &mut Known,
) -> Result<(), NotWritten> {
    let outline = now.map_or_else(GuildSummary::unknown, |now| guild.summary(now));
    let lease = lease.ok_or(NotWritten::NotOurs)?;
    let id = number(guild.id())?;
    let Rows { guild: state, rows } = split(guild)?;
    let new = prints(&rows);
    in_time(pool, async |connection| {
        let mut transaction = connection.begin().await?;
        lease.fence(&mut transaction).await?;
        settle(&mut transaction, id, known).await?;
        begin(&mut transaction, (id, known.commit), (&state, &outline)).await?;
        let mut changes = changes(guild.id(), &known.prints, rows, &new);
        apply(&mut transaction, &mut changes).await?;
        // From here on the answer may get lost on its way.
        known.doubt = Some(new);
        transaction.commit().await?;
        known.prints = known.doubt.take().unwrap_or_default();
        known.commit += 1;
        Ok(())
    })
    .await
}

/// Deletes a guild with all its rows.
pub async fn delete(
    pool: &PgPool,
    lease: Option<&Lease>,
    guild: GuildId,
) -> Result<(), NotWritten> {
    let lease = lease.ok_or(NotWritten::NotOurs)?;
    let id = number(guild)?;
    in_time(pool, async |connection| {
        let mut transaction = connection.begin().await?;
        lease.fence(&mut transaction).await?;
        sqlx::query(DELETE)
            .bind(id)
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    })
    .await
}

/// Writes a note.
pub async fn note(pool: &PgPool, name: &str, text: &str) -> Result<(), sqlx::Error> {
    let note = sqlx::query(NOTE).bind(name).bind(text);
    note.execute(pool).await.map(drop)
}

/// Does something on a connection, in time. A connection on which it failed is not used again.
async fn in_time(
    pool: &PgPool,
    work: impl AsyncFnOnce(&mut PgConnection) -> Result<(), NotWritten>,
) -> Result<(), NotWritten> {
    let mut connection = pool.acquire().await?;
    let done = tokio::time::timeout(LIMIT, work(&mut connection)).await;
    let done = done.unwrap_or(Err(NotWritten::TooSlow));
    if done.is_err() {
        drop(connection.detach());
    }
    done
}

/// Looks whether a commit came through whose answer did not.
async fn settle(
    transaction: &mut PgConnection,
    id: i64,
    known: &mut Known,
) -> Result<(), NotWritten> {
    if known.commit > 0 && known.doubt.is_none() {
        return Ok(());
    }
    let found = sqlx::query(COMMITTED)
        .bind(id)
        .fetch_optional(&mut *transaction)
        .await?;
    let found: i64 = found.map_or(Ok(0), |row| row.try_get(0))?;
    match known.doubt.take() {
        Some(prints) if found == known.commit + 1 => {
            tracing::info!(
                guild = id,
                commit = found,
                "a commit in doubt had come through"
            );
            known.prints = prints;
            known.commit = found;
        }
        // A guild that was forgotten and is here again: nothing of the old one may stay.
        None if found > 0 => {
            sqlx::query(DELETE).bind(id).execute(transaction).await?;
        }
        _ if found != known.commit => {
            let expected = known.commit;
            return Err(NotWritten::Changed { found, expected });
        }
        _ => {}
    }
    Ok(())
}

/// The guild's own row, with the number of this commit.
async fn begin(
    transaction: &mut PgConnection,
    (id, commit): (i64, i64),
    (state, outline): (&Value, &GuildSummary),
) -> Result<(), NotWritten> {
    let statement = if commit == 0 { INSERT } else { UPDATE };
    let written = sqlx::query(statement)
        .bind(id)
        .bind(commit)
        .bind(state.to_string())
        .bind(wake(outline))
        .bind(outline.managed)
        .bind(outline.channel_hashes())
        .execute(&mut *transaction)
        .await?;
    if written.rows_affected() == 1 {
        return Ok(());
    }
    let found = sqlx::query(COMMITTED)
        .bind(id)
        .fetch_optional(transaction)
        .await?;
    let found = found.map_or(Ok(0), |row| row.try_get(0))?;
    Err(NotWritten::Changed {
        found,
        expected: commit,
    })
}

/// As the column `wake` has it.
fn wake(outline: &GuildSummary) -> Option<String> {
    match outline.next_due {
        None => Some("infinity".into()),
        Some(wake) if wake == Timestamp::MIN => None,
        Some(wake) => Some(wake.to_string()),
    }
}

/// Rows that are gone first, the last tables before those to which they refer; then the others the other way round.
async fn apply(transaction: &mut PgConnection, changes: &mut [Change]) -> Result<(), sqlx::Error> {
    for change in changes.iter_mut().rev() {
        run(transaction, REVIEWS_GONE, &mut change.reviewed).await?;
        run(
            transaction,
            &change.table.statements().delete,
            &mut change.delete,
        )
        .await?;
    }
    for change in changes {
        run(
            transaction,
            &change.table.statements().write,
            &mut change.write,
        )
        .await?;
    }
    Ok(())
}

async fn run(
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

fn number(guild: GuildId) -> Result<i64, NotWritten> {
    i64::try_from(guild.get()).map_err(|_| NotWritten::Id(guild))
}
