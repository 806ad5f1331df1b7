//! Reading guilds.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use futures::TryStreamExt as _;
use jiff::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{Connection, PgConnection, PgPool, Row};

use super::known::{Known, prints};
use super::rows::{Joining, split};
use super::server::NoDatabase;
use super::table::Table;
use crate::practice::guild::Guild;
use crate::practice::guild_summary::GuildSummary;
use crate::practice::id::GuildId;
use crate::store::snapshot;

const GUILDS: &str = "select guild from guild order by guild";
const OF_SHARDS: &str = "select guild, extract(epoch from wake)::float8, managed, places from guild \
    where (guild >> 22) % $1 = any($2)";
const STATES: &str = "select guild, commit, state::text from guild where guild = any($1)";
const REVIEWS: &str = "select guild, member, question, rating, stability, difficulty, last::text, due::text, count, lapses \
    from review where guild = any($1)";
const ONE_MOMENT: &str = "set transaction isolation level repeatable read read only";
const NO_LIMIT: &str = "set local statement_timeout = 0";

/// A guild, and what is known of its rows.
pub type Loaded = (Guild, Known);

/// The outlines of all guilds of some shards.
pub async fn outlines(
    pool: &PgPool,
    shards: &[u32],
    total: u32,
) -> Result<Vec<(GuildId, GuildSummary)>, NoDatabase> {
    let mut connection = pool.acquire().await?;
    let mut transaction = connection.begin().await?;
    // As many rows as there are guilds.
    sqlx::query(NO_LIMIT).execute(&mut *transaction).await?;
    let numbers: Vec<i64> = shards.iter().map(|shard| i64::from(*shard)).collect();
    let mut rows = sqlx::query(OF_SHARDS)
        .bind(i64::from(total))
        .bind(numbers)
        .fetch(&mut *transaction);
    let mut outlines = Vec::new();
    while let Some(row) = rows.try_next().await? {
        outlines.push((GuildId::new(id(row.try_get(0)?)), outline(&row)?));
    }
    Ok(outlines)
}

fn outline(row: &PgRow) -> Result<GuildSummary, sqlx::Error> {
    let (wake, places): (Option<f64>, Option<&[u8]>) = (row.try_get(1)?, row.try_get(3)?);
    let (Some(wake), Some(places)) = (wake, places) else {
        return Ok(GuildSummary::unknown());
    };
    Ok(GuildSummary::from_parts(
        moment(wake),
        row.try_get(2)?,
        places,
    ))
}

/// Seconds of Unix time as a moment, at most a second too early; none for never.
fn moment(seconds: f64) -> Option<Timestamp> {
    if seconds.is_infinite() {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "what is too large is cut")]
    let whole = Timestamp::from_second(seconds.floor() as i64);
    Some(whole.unwrap_or(Timestamp::MIN))
}

/// Some guilds, as of one moment.
pub async fn guilds(pool: &PgPool, ids: &[i64]) -> Result<Vec<Loaded>, NoDatabase> {
    let mut connection = pool.acquire().await?;
    let mut transaction = connection.begin().await?;
    sqlx::query(ONE_MOMENT).execute(&mut *transaction).await?;
    these(&mut transaction, ids).await
}

/// The ids of all guilds.
pub async fn ids(connection: &mut PgConnection) -> Result<Vec<i64>, sqlx::Error> {
    let rows = sqlx::query(GUILDS).fetch_all(connection).await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}

/// The notes.
pub async fn notes(pool: &PgPool) -> Result<BTreeMap<String, String>, sqlx::Error> {
    let rows = sqlx::query("select name, text from note")
        .fetch_all(pool)
        .await?;
    rows.iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect()
}

/// Some guilds.
pub async fn these(connection: &mut PgConnection, ids: &[i64]) -> Result<Vec<Loaded>, NoDatabase> {
    let mut joining: BTreeMap<i64, (i64, Joining)> = BTreeMap::new();
    for row in sqlx::query(STATES)
        .bind(ids)
        .fetch_all(&mut *connection)
        .await?
    {
        let (guild, commit) = (row.try_get(0)?, row.try_get(1)?);
        let state = json(&row, 2, guild)?;
        let joined = Joining::new(state).map_err(|error| broken(guild, &error))?;
        joining.insert(guild, (commit, joined));
    }
    let with_state = Table::ALL
        .into_iter()
        .filter(|table| *table != Table::Review);
    for table in with_state {
        for row in sqlx::query(&select(table))
            .bind(ids)
            .fetch_all(&mut *connection)
            .await?
        {
            let guild: i64 = row.try_get(0)?;
            let key = (id(row.try_get(1)?), id(row.try_get(2)?));
            if let Some((_, joined)) = joining.get_mut(&guild) {
                let added = joined.add(table, key, json(&row, 3, guild)?);
                added.map_err(|error| broken(guild, &error))?;
            }
        }
    }
    reviews(connection, ids, &mut joining).await?;
    joining.into_iter().map(finish).collect()
}

fn select(table: Table) -> String {
    let (first, second) = table.keys();
    let second = second.unwrap_or("0");
    let name = table.name();
    format!(
        "select guild, {first}::bigint, {second}::bigint, state::text from {name} where guild = any($1) \
         order by guild, {first}, {second}::bigint"
    )
}

async fn reviews(
    connection: &mut PgConnection,
    ids: &[i64],
    joining: &mut BTreeMap<i64, (i64, Joining)>,
) -> Result<(), NoDatabase> {
    let mut places: BTreeMap<i64, BTreeMap<String, usize>> = BTreeMap::new();
    let mut of_members: BTreeMap<(i64, i64), Vec<(usize, String)>> = BTreeMap::new();
    for row in sqlx::query(REVIEWS).bind(ids).fetch_all(connection).await? {
        let (guild, member, question): (i64, i64, String) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let places = match (places.entry(guild), joining.get(&guild)) {
            (Entry::Occupied(places), _) => places.into_mut(),
            (Entry::Vacant(empty), Some((_, joined))) => empty.insert(joined.questions()),
            (Entry::Vacant(_), None) => continue,
        };
        let place = *places.get(&question).ok_or_else(|| {
            broken(
                guild,
                &format!("a review of {question}, which it does not know"),
            )
        })?;
        let line = review(place, &row)?;
        of_members
            .entry((guild, member))
            .or_default()
            .push((place, line));
    }
    for ((guild, member), lines) in of_members {
        if let Some((_, joined)) = joining.get_mut(&guild) {
            let added = joined.add_reviews(id(member), lines);
            added.map_err(|error| broken(guild, &error))?;
        }
    }
    Ok(())
}

/// A review as it stands in a snapshot.
fn review(place: usize, row: &PgRow) -> Result<String, sqlx::Error> {
    let (rating, last, due): (&str, &str, &str) =
        (row.try_get(3)?, row.try_get(6)?, row.try_get(7)?);
    let (stability, difficulty): (f32, f32) = (row.try_get(4)?, row.try_get(5)?);
    let (count, lapses): (i32, i32) = (row.try_get(8)?, row.try_get(9)?);
    Ok(format!(
        "{place} {rating} {stability} {difficulty} {last} {due} {count} {lapses}"
    ))
}

fn finish((guild, (commit, joined)): (i64, (i64, Joining))) -> Result<Loaded, NoDatabase> {
    let read = snapshot::from_value(joined.finish(), GuildId::new(id(guild)));
    let read = read.map_err(|error| broken(guild, &error.what))?;
    let rows = split(&read).map_err(|error| broken(guild, &error))?.rows;
    let known = Known {
        commit,
        prints: prints(&rows),
        doubt: None,
    };
    Ok((read, known))
}

fn json(row: &PgRow, column: usize, guild: i64) -> Result<serde_json::Value, NoDatabase> {
    let text: &str = row.try_get(column)?;
    serde_json::from_str(text).map_err(|error| broken(guild, &error))
}

/// Ids and numbers are never below 0.
fn id(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

fn broken(guild: i64, what: &dyn std::fmt::Display) -> NoDatabase {
    NoDatabase::Broken {
        guild: guild.to_string(),
        what: what.to_string(),
    }
}
