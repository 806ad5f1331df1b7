//! Migrations in one transaction.

use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use sqlx::migrate::{AppliedMigration, Migrate, MigrateError, Migration};
use sqlx::{Executor as _, Row as _, SqlSafeStr};

use super::connection::Transaction;

/// Processes that start at the same time migrate one after the other. The number is arbitrary.
const LOCK: &str = "select pg_advisory_xact_lock(8175556673087172464)";

/// A migration of many guilds takes minutes. Other processes that start meanwhile wait for it.
const TIMEOUTS: &str = "set local statement_timeout = 0; set local lock_timeout = '1h'";

/// The table of sqlx, as in `sqlx-postgres`: databases of earlier versions have it.
const CREATE_TABLE: &str = "create table if not exists _sqlx_migrations (version bigint primary key, \
    description text not null, installed_on timestamptz not null default now(), \
    success boolean not null, checksum bytea not null, execution_time bigint not null)";
const APPLIED: &str = "select version, checksum from _sqlx_migrations order by version";
const INSERT: &str = "insert into _sqlx_migrations (version, description, success, checksum, execution_time) \
    values ($1, $2, true, $3, $4)";

/// A transaction in which sqlx's `Migrator` applies migrations.
///
/// sqlx's own implementation needs a session: it takes a lock that belongs to the session and
/// prepares named statements, and a pooler in transaction mode offers neither.
pub(super) struct MigrationTransaction<'c>(pub Transaction<'c>);

impl MigrationTransaction<'_> {
    async fn run(&mut self, sql: impl SqlSafeStr + Send) -> Result<(), sqlx::Error> {
        self.0.execute(sql).await.map(drop)
    }

    async fn applied(&mut self) -> Result<Vec<AppliedMigration>, sqlx::Error> {
        let rows = self.0.query(APPLIED).fetch_all(&mut *self.0).await?;
        let read = rows.iter().map(|row| {
            Ok(AppliedMigration {
                version: row.try_get(0)?,
                checksum: row.try_get::<Vec<u8>, _>(1)?.into(),
            })
        });
        read.collect()
    }
}

/// The name of sqlx's table is passed everywhere; it is the one above.
impl Migrate for MigrationTransaction<'_> {
    /// There is none to create.
    fn create_schema_if_not_exists<'e>(
        &'e mut self,
        _: &'e str,
    ) -> BoxFuture<'e, Result<(), MigrateError>> {
        Box::pin(async { Ok(()) })
    }

    fn lock(&mut self) -> BoxFuture<'_, Result<(), MigrateError>> {
        Box::pin(async {
            self.run(TIMEOUTS).await?;
            Ok(self.run(LOCK).await?)
        })
    }

    /// The end of the transaction releases the lock.
    fn unlock(&mut self) -> BoxFuture<'_, Result<(), MigrateError>> {
        Box::pin(async { Ok(()) })
    }

    fn ensure_migrations_table<'e>(
        &'e mut self,
        _: &'e str,
    ) -> BoxFuture<'e, Result<(), MigrateError>> {
        Box::pin(async { Ok(self.run(CREATE_TABLE).await?) })
    }

    /// A migration that fails leaves no row.
    fn dirty_version<'e>(
        &'e mut self,
        _: &'e str,
    ) -> BoxFuture<'e, Result<Option<i64>, MigrateError>> {
        Box::pin(async { Ok(None) })
    }

    fn list_applied_migrations<'e>(
        &'e mut self,
        _: &'e str,
    ) -> BoxFuture<'e, Result<Vec<AppliedMigration>, MigrateError>> {
        Box::pin(async { Ok(self.applied().await?) })
    }

    fn apply<'e>(
        &'e mut self,
        _: &'e str,
        migration: &'e Migration,
    ) -> BoxFuture<'e, Result<Duration, MigrateError>> {
        Box::pin(async {
            let start = Instant::now();
            // The migration before may have set its own.
            self.run(TIMEOUTS).await?;
            let done = self.run(migration.sql.clone()).await;
            done.map_err(|error| MigrateError::ExecuteMigration(error, migration.version))?;
            let elapsed = start.elapsed();
            let insert = self.0.query(INSERT);
            insert
                .bind(migration.version)
                .bind(&*migration.description)
                .bind(&*migration.checksum)
                .bind(i64::try_from(elapsed.as_nanos()).unwrap_or(i64::MAX))
                .execute(&mut *self.0)
                .await?;
            Ok(elapsed)
        })
    }

    /// There are no migrations that can be reverted.
    fn revert<'e>(
        &'e mut self,
        _: &'e str,
        migration: &'e Migration,
    ) -> BoxFuture<'e, Result<Duration, MigrateError>> {
        Box::pin(async { Err(MigrateError::VersionNotPresent(migration.version)) })
    }
}
