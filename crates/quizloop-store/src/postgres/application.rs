//! The application that owns a database.

use sqlx::Row;

use super::cluster::{LOCK_DIVISION, PROCESS_COUNT};
use super::connection::{Database, DatabaseError, Transaction};

const BIND: &str = "insert into application (id) values ($1) on conflict (one) do nothing";
const OWNER: &str = "select id from application";
const ADOPT: &str =
    "insert into application (id) values ($1) on conflict (one) do update set id = excluded.id";

/// Binds the database to an application unless it is bound already. Returns the owner.
pub(super) async fn bind(database: &Database, application: u64) -> Result<u64, DatabaseError> {
    let mut transaction = database.begin().await?;
    transaction
        .query(BIND)
        .bind(application.cast_signed())
        .execute(&mut *transaction)
        .await?;
    let owner = read_owner(&mut transaction).await?;
    transaction.commit().await?;
    Ok(owner.unwrap_or(application))
}

/// Returns the application that owns the database, if any.
pub(super) async fn owner(database: &Database) -> Result<Option<u64>, DatabaseError> {
    Ok(read_owner(&mut database.begin().await?).await?)
}

async fn read_owner(transaction: &mut Transaction<'_>) -> Result<Option<u64>, sqlx::Error> {
    let query = transaction.query(OWNER);
    let row = query.fetch_optional(&mut **transaction).await?;
    let owner: Option<i64> = row.map(|row| row.try_get(0)).transpose()?;
    Ok(owner.map(i64::cast_unsigned))
}

/// Binds the database to another application if no process uses it. Returns the number of processes
/// that use it; above 0 nothing was changed.
pub(super) async fn adopt(database: &Database, application: u64) -> Result<i64, DatabaseError> {
    let mut transaction = database.begin().await?;
    // Prevents processes from joining until the commit.
    transaction
        .query(LOCK_DIVISION)
        .execute(&mut *transaction)
        .await?;
    let processes: i64 = transaction
        .query(PROCESS_COUNT)
        .fetch_one(&mut *transaction)
        .await?
        .try_get(0)?;
    if processes == 0 {
        transaction
            .query(ADOPT)
            .bind(application.cast_signed())
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(processes)
}
