//! The application that owns a database.

use sqlx::{Connection, PgPool, Row};

use super::cluster::{LOCK_DIVISION, PROCESS_COUNT};
use super::connection::DatabaseError;

const BIND: &str = "insert into application (id) values ($1) on conflict (one) do nothing";
const OWNER: &str = "select id from application";
const ADOPT: &str =
    "insert into application (id) values ($1) on conflict (one) do update set id = excluded.id";

/// Binds the database to an application unless it is bound already. Returns the owner.
pub(super) async fn bind(pool: &PgPool, application: u64) -> Result<u64, DatabaseError> {
    sqlx::query(BIND)
        .bind(application.cast_signed())
        .execute(pool)
        .await?;
    Ok(owner(pool).await?.unwrap_or(application))
}

/// Returns the application that owns the database, if any.
pub(super) async fn owner(pool: &PgPool) -> Result<Option<u64>, DatabaseError> {
    let row = sqlx::query(OWNER).fetch_optional(pool).await?;
    let owner: Option<i64> = row.map(|row| row.try_get(0)).transpose()?;
    Ok(owner.map(i64::cast_unsigned))
}

/// Binds the database to another application if no process uses it. Returns the number of processes
/// that use it; above 0 nothing was changed.
pub(super) async fn adopt(pool: &PgPool, application: u64) -> Result<i64, DatabaseError> {
    let mut connection = pool.acquire().await?;
    let mut transaction = connection.begin().await?;
    // Prevents processes from joining until the commit.
    sqlx::query(LOCK_DIVISION)
        .execute(&mut *transaction)
        .await?;
    let processes: i64 = sqlx::query(PROCESS_COUNT)
        .fetch_one(&mut *transaction)
        .await?
        .try_get(0)?;
    if processes == 0 {
        sqlx::query(ADOPT)
            .bind(application.cast_signed())
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(processes)
}
