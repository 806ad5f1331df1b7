//! Copies of deleted data, in the table `deleted_guild`.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::postgres::PgRow;

use super::cluster::{LOCK_DIVISION, PROCESS_COUNT};
use super::connection::{Database, DatabaseError, Transaction};
use super::lease::Lease;
use super::read::{self, id, timestamp};
use super::reader::DatabaseRestoreError;
use super::write::{WriteError, guild_as_i64, jsonb_text, save_questions, with_timeout};
use crate::deleted::{ChangeCopy, DeletedGuild};
use quizloop_core::guild::Guild;
use quizloop_core::id::GuildId;

/// Keeps a row of `guild`. If there is a copy of that time already, the time is a second later.
const KEEP_GUILD: &str = "insert into deleted_guild select guild, \
    greatest($2::text::timestamptz, (select max(deleted_at) + interval '1 second' from deleted_guild where guild = $1)), \
    guild.state, server_questions.state from guild left join server_questions using (guild) where guild = $1";
const KEEP_COPY: &str = "insert into deleted_guild select $1, \
    greatest($2::text::timestamptz, (select max(deleted_at) + interval '1 second' from deleted_guild where guild = $1)), \
    $3::text::jsonb, $4::text::jsonb";
const DELETE_GUILD: &str = "delete from guild where guild = $1";
const COPIES: &str = "select guild, extract(epoch from deleted_at)::float8, state::text, questions::text from deleted_guild \
    order by guild, deleted_at";
const COPIES_OF_GUILD: &str = "select guild, extract(epoch from deleted_at)::float8, state::text, questions::text from deleted_guild \
    where guild = $1 order by deleted_at for update";
const HAS_COPIES: &str = "select exists (select from deleted_guild)";
const GUILDS_WITH_COPIES: &str = "select distinct guild from deleted_guild";
const CHANGE: &str = "update deleted_guild set state = $3::text::jsonb, questions = $4::text::jsonb where guild = $1 and deleted_at = $2::text::timestamptz";
const REMOVE: &str =
    "delete from deleted_guild where guild = $1 and deleted_at = $2::text::timestamptz";
const EXPIRE: &str = "delete from deleted_guild where deleted_at <= $1::text::timestamptz \
    returning guild, extract(epoch from deleted_at)::float8";
const RESTORE: &str = "insert into guild as kept (guild, commit, state) values ($1, 1, $2::text::jsonb) \
    on conflict (guild) do update set commit = kept.commit + 1, state = excluded.state, \
    wake = null, managed = true, places = null";

/// Moves a guild's row to the copies.
pub(super) async fn delete_guild(
    transaction: &mut Transaction<'_>,
    guild: i64,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    keep_guild(transaction, guild, at).await?;
    let delete = transaction.query(DELETE_GUILD).bind(guild);
    delete.execute(&mut **transaction).await.map(drop)
}

async fn keep_guild(
    transaction: &mut Transaction<'_>,
    guild: i64,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    let keep = transaction.query(KEEP_GUILD);
    let keep = keep.bind(guild).bind(at.to_string());
    keep.execute(&mut **transaction).await.map(drop)
}

/// Keeps a copy of data that is about to be deleted.
pub(super) async fn keep_copy(
    database: &Database,
    lease: Option<&Lease>,
    copy: &Guild,
    at: Timestamp,
) -> Result<(), WriteError> {
    let lease = lease.ok_or(WriteError::NotOwner)?;
    let (guild, state) = (guild_as_i64(copy.id())?, jsonb_text(copy)?);
    let questions = copy.server_questions().map(jsonb_text).transpose()?;
    with_timeout(database, async |connection| {
        let mut transaction = database.begin_on(connection).await?;
        lease.fence(&mut transaction).await?;
        transaction
            .query(KEEP_COPY)
            .bind(guild)
            .bind(at.to_string())
            .bind(state)
            .bind(questions)
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    })
    .await
}

/// Changes all copies of a guild. Deletes those that can't be read.
pub(super) async fn change_copies(
    database: &Database,
    lease: Option<&Lease>,
    guild: GuildId,
    change: &ChangeCopy,
) -> Result<(), WriteError> {
    let lease = lease.ok_or(WriteError::NotOwner)?;
    with_timeout(database, async |connection| {
        let mut transaction = database.begin_on(connection).await?;
        lease.fence(&mut transaction).await?;
        change_rows(&mut transaction, guild_as_i64(guild)?, change, true).await?;
        Ok(transaction.commit().await?)
    })
    .await
}

async fn change_rows(
    transaction: &mut Transaction<'_>,
    guild: i64,
    change: &ChangeCopy,
    delete_unreadable: bool,
) -> Result<(), WriteError> {
    for copy in copies_of(transaction, guild).await? {
        let deleted_at = copy.deleted_at.to_string();
        match copy.data {
            Ok(mut data) => {
                let before = data.clone();
                change(&mut data);
                if data != before {
                    let update = transaction.query(CHANGE).bind(guild).bind(deleted_at);
                    let questions = data.server_questions().map(jsonb_text).transpose()?;
                    let update = update.bind(jsonb_text(&data)?).bind(questions);
                    update.execute(&mut **transaction).await?;
                }
            }
            Err(_) if delete_unreadable => {
                let remove = transaction.query(REMOVE).bind(guild).bind(deleted_at);
                remove.execute(&mut **transaction).await?;
            }
            Err(_) => {}
        }
    }
    Ok(())
}

async fn copies_of(
    transaction: &mut Transaction<'_>,
    guild: i64,
) -> Result<Vec<DeletedGuild>, sqlx::Error> {
    let rows = transaction
        .query(COPIES_OF_GUILD)
        .bind(guild)
        .fetch_all(&mut **transaction)
        .await?;
    rows.iter().map(copy_from_row).collect()
}

fn copy_from_row(row: &PgRow) -> Result<DeletedGuild, sqlx::Error> {
    let (guild, deleted_at) = key_from_row(row)?;
    Ok(DeletedGuild {
        guild,
        deleted_at,
        data: read::decode_guild(guild, row.try_get(2)?, row.try_get(3)?),
    })
}

fn key_from_row(row: &PgRow) -> Result<(GuildId, Timestamp), sqlx::Error> {
    let deleted_at = timestamp(row.try_get(1)?).unwrap_or(Timestamp::MAX);
    Ok((GuildId::new(id(row.try_get(0)?)), deleted_at))
}

/// Deletes the copies of data that was deleted until `limit`, and changes the others. Any process
/// may do this, whichever shards it has: nothing else writes these rows except by their owner.
pub(super) async fn expire(
    database: &Database,
    limit: Timestamp,
    change: &ChangeCopy,
) -> Result<(), WriteError> {
    let mut guilds = Vec::new();
    with_timeout(database, async |connection| {
        let mut transaction = database.begin_on(connection).await?;
        let expire = transaction.query(EXPIRE).bind(limit.to_string());
        for row in expire.fetch_all(&mut *transaction).await? {
            let (guild, deleted_at) = key_from_row(&row)?;
            tracing::info!(%guild, %deleted_at, "deleted data expired");
        }
        let rows = transaction
            .query(GUILDS_WITH_COPIES)
            .fetch_all(&mut *transaction)
            .await?;
        guilds = rows
            .iter()
            .map(|row| row.try_get(0))
            .collect::<Result<Vec<i64>, _>>()?;
        Ok(transaction.commit().await?)
    })
    .await?;
    for guild in guilds {
        with_timeout(database, async |connection| {
            let mut transaction = database.begin_on(connection).await?;
            change_rows(&mut transaction, guild, change, false).await?;
            Ok(transaction.commit().await?)
        })
        .await?;
    }
    Ok(())
}

pub(super) async fn has_copies(database: &Database) -> Result<bool, sqlx::Error> {
    let mut transaction = database.begin().await?;
    let query = transaction.query(HAS_COPIES);
    query.fetch_one(&mut *transaction).await?.try_get(0)
}

/// Returns all copies, ordered by server and time.
pub(super) async fn list(database: &Database) -> Result<Vec<DeletedGuild>, sqlx::Error> {
    let mut transaction = database.begin().await?;
    let query = transaction.query(COPIES);
    let rows = query.fetch_all(&mut *transaction).await?;
    rows.iter().map(copy_from_row).collect()
}

/// The rows that a restore reads and replaces.
pub(super) struct RestoreRows {
    /// What is stored of the guild now.
    pub current: Option<Guild>,
    /// What was deleted.
    pub copy: DeletedGuild,
}

/// Reads a guild and its newest copy, or that of a time. `None` if there is no such copy.
pub(super) async fn read_for_restore(
    database: &Database,
    guild: GuildId,
    deleted_at: Option<Timestamp>,
) -> Result<Option<RestoreRows>, DatabaseError> {
    let mut transaction = database.begin().await?;
    let current = read::load_guilds_in(&mut transaction, &[guild]).await?;
    let current = current.into_iter().next();
    let Ok(number) = guild_as_i64(guild) else {
        return Ok(None);
    };
    let mut copies = copies_of(&mut transaction, number).await?;
    copies.retain(|copy| deleted_at.is_none_or(|time| copy.deleted_at == time));
    Ok(copies.pop().map(|copy| RestoreRows { current, copy }))
}

/// Replaces a guild by `restored`, if no process uses the database and the guild still is what was
/// read. What it replaces becomes a copy that was deleted `at`, and the restored copy is removed.
pub(super) async fn restore(
    database: &Database,
    rows: &RestoreRows,
    restored: &Guild,
    at: Timestamp,
) -> Result<(), DatabaseRestoreError> {
    let guild = guild_as_i64(restored.id())?;
    let state = jsonb_text(restored).map_err(WriteError::from)?;
    let mut transaction = database.begin().await.map_err(WriteError::from)?;
    if !is_unused(&mut transaction).await? {
        return Err(DatabaseRestoreError::InUse);
    }
    let current = read::load_guilds_in(&mut transaction, &[restored.id()]).await?;
    if current.first() != rows.current.as_ref() {
        return Err(DatabaseRestoreError::Changed);
    }
    let deleted_at = rows.copy.deleted_at.to_string();
    let remove = transaction.query(REMOVE).bind(guild).bind(deleted_at);
    let replace = async {
        let removed = remove.execute(&mut *transaction).await?;
        if removed.rows_affected() == 0 {
            return Ok(false);
        }
        keep_guild(&mut transaction, guild, at).await?;
        let restore = transaction.query(RESTORE).bind(guild).bind(state);
        restore.execute(&mut *transaction).await?;
        save_questions(&mut transaction, guild, restored.server_questions()).await?;
        transaction.commit().await?;
        Ok::<_, WriteError>(true)
    };
    if replace.await? {
        Ok(())
    } else {
        Err(DatabaseRestoreError::Changed)
    }
}

/// Whether no process uses the database. Prevents processes from joining until the end of the
/// transaction.
async fn is_unused(transaction: &mut Transaction<'_>) -> Result<bool, WriteError> {
    let lock = transaction.query(LOCK_DIVISION);
    lock.execute(&mut **transaction).await?;
    let count = transaction.query(PROCESS_COUNT);
    let processes: i64 = count.fetch_one(&mut **transaction).await?.try_get(0)?;
    Ok(processes == 0)
}
