//! Tests against a PostgreSQL server, whose URL is in the variable `QUIZLOOP_TEST_POSTGRES`. Each
//! test has its own database.

mod equivalence;
mod eviction;
mod migration;
mod outages;
mod ownership;
#[path = "../../../../../tests/it/support/proxy.rs"]
mod proxy;
pub mod random_history;
mod sessions;
#[allow(clippy::print_stdout, reason = "a skipped test says so")]
#[path = "../../../../../tests/it/support/test_database.rs"]
pub mod test_database;

use test_database::TestDatabase;

use crate::Store;
use quizloop_core::id::GuildId;

const GUILD: GuildId = GuildId::new(1_110_000_000_000_000_001);

fn open(test_database: &TestDatabase) -> Store {
    Store::open_database(&test_database.url()).unwrap_or_else(|error| panic!("{error}"))
}
