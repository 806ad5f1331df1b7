//! Saving a guild: one row with its whole snapshot, and one with its own questions if they have
//! changed.
//!
//! A commit is in doubt if the connection fails after COMMIT was sent: the server may or may not
//! have executed it. Each row therefore contains the number of its newest commit. For example:
//!
//! 1. The database has commit 4. A save writes the row as commit 5, and the connection breaks
//!    before the response to COMMIT. The save fails, so the change is not acknowledged.
//! 2. The writer retries. The statement waits if the server still executes the old transaction,
//!    increments the number that it finds, and returns it.
//! 3. If it returns 6, the commit in doubt had succeeded; if it returns 5, it was lost. Either way
//!    the row has the guild as it is now.
//! 4. With any other number something else has written the row without the lease. The save fails
//!    with [`WriteError::Conflict`] rather than overwrite data that it does not know.

use std::io;

use jiff::Timestamp;
use serde::Serialize;
use sqlx::{PgConnection, Row as _};

use super::connection::{Database, Transaction, is_connection_failure};
use super::lease::{Lease, LeaseLost};
use super::{STEP_TIMEOUT, deleted};
use crate::backend::{GuildToSave, LEASE_LOST};
use quizloop_core::guild_summary::GuildSummary;
use quizloop_core::id::GuildId;
use quizloop_core::server_questions::ServerQuestions;

const UPSERT_GUILD: &str = "insert into guild as kept (guild, commit, state, wake, managed, places) \
    values ($1, 1, $2::text::jsonb, $3::text::timestamptz, $4, $5) \
    on conflict (guild) do update set commit = kept.commit + 1, state = excluded.state, \
    wake = excluded.wake, managed = excluded.managed, places = excluded.places returning commit";
const UPSERT_QUESTION_LIST: &str = "insert into server_question_list as kept (guild, state) \
    values ($1, $2::text::jsonb) on conflict (guild) do update set state = excluded.state \
    where kept.state is distinct from excluded.state";
const UPSERT_QUESTIONS: &str = "insert into server_question as kept (guild, id, number, state) \
    select $1, one ->> 'id', (one ->> 'number')::integer, one from jsonb_array_elements($2::text::jsonb) one \
    on conflict (guild, id) do update set number = excluded.number, state = excluded.state \
    where kept.state is distinct from excluded.state";
const DELETE_REMOVED_QUESTIONS: &str =
    "delete from server_question where guild = $1 and id <> all($2)";
const DELETE_QUESTIONS: &str = "delete from server_question_list where guild = $1";
const UPSERT_METADATA: &str = "insert into note (name, text) values ($1, $2) on conflict (name) do update set text = excluded.text";

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
    /// The guild can't be serialized.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// The row was changed by something other than the owner of the shard.
    #[error(
        "the row of this server was changed outside of this process: found commit {found}, expected {expected}. Restart the bot to use it as it is"
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
            Self::Timeout => io::ErrorKind::NotConnected,
            Self::Database(error) if is_connection_failure(error) => io::ErrorKind::NotConnected,
            Self::LeaseLost(_) | Self::NotOwner => LEASE_LOST,
            Self::Database(_) | Self::Json(_) | Self::Conflict { .. } | Self::IdTooLarge(_) => {
                io::ErrorKind::Other
            }
        };
        io::Error::new(kind, self)
    }
}

/// The newest commit of a guild that this process knows.
#[derive(Debug, Clone, Copy)]
pub(super) struct KnownCommit {
    number: i64,
    /// Whether the next commit was sent without a response.
    next_in_doubt: bool,
}

impl KnownCommit {
    /// Checks that nothing else has written the row before the commit `new`.
    fn check(self, new: i64) -> Result<(), WriteError> {
        let (found, expected) = (new - 1, self.number);
        if found == expected || (self.next_in_doubt && found == expected + 1) {
            return Ok(());
        }
        Err(WriteError::Conflict { found, expected })
    }
}

/// Saves a guild. The first save under a lease accepts the commit number that it finds.
pub(super) async fn save(
    database: &Database,
    lease: Option<&Lease>,
    save: &GuildToSave,
    now: Option<Timestamp>,
) -> Result<(), WriteError> {
    let GuildToSave {
        guild,
        questions_changed,
    } = save;
    let summary = now.map_or_else(GuildSummary::unknown, |now| guild.summary(now));
    let lease = lease.ok_or(WriteError::NotOwner)?;
    let id = guild_as_i64(guild.id())?;
    let state = jsonb_text(guild)?;
    with_timeout(database, async |connection| {
        let mut transaction = database.begin_on(connection).await?;
        lease.fence(&mut transaction).await?;
        let row = transaction
            .query(UPSERT_GUILD)
            .bind(id)
            .bind(state)
            .bind(due_column(&summary))
            .bind(summary.managed)
            .bind(summary.channel_hashes())
            .fetch_one(&mut *transaction)
            .await?;
        let commit: i64 = row.try_get(0)?;
        if let Some(known) = lease.commits.get(&guild.id()) {
            known.check(commit)?;
        }
        if *questions_changed {
            save_questions(&mut transaction, id, guild.server_questions()).await?;
        }
        let set_known = |number, next_in_doubt| {
            let known = KnownCommit {
                number,
                next_in_doubt,
            };
            lease.commits.insert(guild.id(), known);
        };
        set_known(commit - 1, true);
        transaction.commit().await?;
        set_known(commit, false);
        Ok(())
    })
    .await
}

/// Replaces a server's own questions, as a part of a transaction. Rows that are the same already are
/// not written. All are compared with those of the database, and not with what was saved last,
/// because a commit in doubt may have written others.
pub(super) async fn save_questions(
    transaction: &mut Transaction<'_>,
    guild: i64,
    questions: Option<&ServerQuestions>,
) -> Result<(), WriteError> {
    let Some(own) = questions else {
        let delete = transaction.query(DELETE_QUESTIONS).bind(guild);
        delete.execute(&mut **transaction).await?;
        return Ok(());
    };
    let mut list = serde_json::to_value(own)?;
    let questions = list
        .as_object_mut()
        .and_then(|list| list.remove("questions"));
    let ids: Vec<&str> = own.questions().iter().map(|one| one.id.as_str()).collect();
    let list = transaction
        .query(UPSERT_QUESTION_LIST)
        .bind(guild)
        .bind(jsonb_text(&list)?);
    list.execute(&mut **transaction).await?;
    let removed = transaction
        .query(DELETE_REMOVED_QUESTIONS)
        .bind(guild)
        .bind(ids);
    removed.execute(&mut **transaction).await?;
    let questions = jsonb_text(&questions.unwrap_or_default())?;
    let questions = transaction
        .query(UPSERT_QUESTIONS)
        .bind(guild)
        .bind(questions);
    questions.execute(&mut **transaction).await?;
    Ok(())
}

/// Deletes a guild's rows, of which a copy stays.
pub(super) async fn delete(
    database: &Database,
    lease: Option<&Lease>,
    guild: GuildId,
    at: Timestamp,
) -> Result<(), WriteError> {
    let lease = lease.ok_or(WriteError::NotOwner)?;
    let id = guild_as_i64(guild)?;
    lease.commits.remove(&guild);
    with_timeout(database, async |connection| {
        let mut transaction = database.begin_on(connection).await?;
        lease.fence(&mut transaction).await?;
        deleted::delete_guild(&mut transaction, id, at).await?;
        Ok(transaction.commit().await?)
    })
    .await
}

pub(super) async fn set_metadata(
    database: &Database,
    name: &str,
    text: &str,
) -> Result<(), sqlx::Error> {
    let mut transaction = database.begin().await?;
    let query = transaction.query(UPSERT_METADATA).bind(name).bind(text);
    query.execute(&mut *transaction).await?;
    transaction.commit().await
}

/// Runs `work` on a connection with a timeout. After a failure the connection is closed, because
/// its state is unknown.
pub(super) async fn with_timeout(
    database: &Database,
    work: impl AsyncFnOnce(&mut PgConnection) -> Result<(), WriteError>,
) -> Result<(), WriteError> {
    let mut connection = database.acquire().await?;
    let result = tokio::time::timeout(STEP_TIMEOUT, work(&mut connection))
        .await
        .unwrap_or(Err(WriteError::Timeout));
    if result.is_err() {
        drop(connection.detach());
    }
    result
}

/// Returns the value of the column `wake`: `infinity` for never, null for unknown.
fn due_column(summary: &GuildSummary) -> Option<String> {
    match summary.next_due {
        None => Some("infinity".into()),
        Some(due) if due == Timestamp::MIN => None,
        Some(due) => Some(due.to_string()),
    }
}

/// Formats a guild or its questions for `jsonb`, which can hold every character except U+0000 (PostgreSQL's manual,
/// "8.14. JSON Types"). It is removed, because otherwise one text would prevent all saves of its
/// guild.
pub(super) fn jsonb_text(state: &impl Serialize) -> Result<String, serde_json::Error> {
    let text = serde_json::to_string(state)?;
    Ok(remove_null_characters(text))
}

/// Removes U+0000 from all texts and keys of a JSON document, which writes it as `\u0000`. In
/// `\\u0000` the first backslash escapes the second.
fn remove_null_characters(json: String) -> String {
    const NULL: &str = "\\u0000";
    if !json.contains(NULL) {
        return json;
    }
    let (mut kept, mut rest) = (String::with_capacity(json.len()), json.as_str());
    while let Some(escape) = rest.find('\\') {
        let (before, escaped) = rest.split_at(escape);
        kept.push_str(before);
        if let Some(after) = escaped.strip_prefix(NULL) {
            rest = after;
            continue;
        }
        // A backslash and the ASCII character that it escapes.
        let (pair, after) = escaped.split_at(2.min(escaped.len()));
        kept.push_str(pair);
        rest = after;
    }
    kept + rest
}

pub(super) fn guild_as_i64(guild: GuildId) -> Result<i64, WriteError> {
    i64::try_from(guild.get()).map_err(|_| WriteError::IdTooLarge(guild))
}
