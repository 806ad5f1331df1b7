//! Databases of earlier versions, which kept a guild in seven tables, become one row per guild.

use serde_json::{Map, Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::random_history::guild_with_history;
use super::{GUILD, TestDatabase, open};
use crate::postgres::connection::{self, Database, MIGRATIONS};
use crate::{Store, snapshot};
use quizloop_core::guild::Guild;
use quizloop_core::id::GuildId;

/// The tables that became views, with their keys.
const VIEWS: [(&str, &str); 6] = [
    ("team", "guild, channel"),
    ("round", "guild, channel, number"),
    ("member", "guild, channel, member"),
    ("person", "guild, member"),
    ("review", "guild, member, question"),
    ("report", "guild, number"),
];

/// Rows of one guild in the old tables.
#[derive(Default)]
struct OldRows {
    state: Value,
    tables: Map<String, Value>,
}

impl OldRows {
    fn add(&mut self, table: &str, row: Value) {
        let rows = self.tables.entry(table).or_insert_with(|| json!([]));
        rows.as_array_mut().unwrap().push(row);
    }
}

/// Splits a guild as the versions before the migration did.
fn old_rows(guild: &Guild) -> OldRows {
    let id = guild.id();
    let mut state = serde_json::to_value(guild).unwrap();
    let mut rows = OldRows::default();
    for (channel, team) in take_object(&mut state, "teams") {
        add_team(&mut rows, id, &channel, team);
    }
    let questions = state["questions"].clone();
    for (member, mut person) in take_object(&mut state, "people") {
        let reviews = person.as_object_mut().unwrap().remove("reviews");
        rows.add(
            "person",
            json!({ "guild": id, "member": member, "hidden": person["hidden"], "state": person }),
        );
        for review in reviews
            .iter()
            .flat_map(|reviews| reviews.as_array().unwrap())
        {
            let words: Vec<&str> = review.as_str().unwrap().split(' ').collect();
            let question = &questions[words[0].parse::<usize>().unwrap()];
            rows.add(
                "review",
                json!({
                    "guild": id, "member": member, "question": question, "rating": words[1],
                    "stability": words[2], "difficulty": words[3], "last": words[4], "due": words[5],
                    "count": words[6], "lapses": words[7],
                }),
            );
        }
    }
    if let Some(reports) = state.get_mut("reports") {
        let open = reports.as_object_mut().unwrap().remove("open").unwrap();
        for report in open.as_array().unwrap() {
            rows.add(
                "report",
                json!({
                    "guild": id, "number": report["number"], "question": report["question"],
                    "member": report["user"], "at": report["at"], "state": report,
                }),
            );
        }
    }
    rows.state = state;
    rows
}

fn add_team(rows: &mut OldRows, guild: GuildId, channel: &str, mut team: Value) {
    let rounds = team.as_object_mut().unwrap().remove("rounds").unwrap();
    for round in rounds.as_array().unwrap() {
        rows.add(
            "round",
            json!({
                "guild": guild, "channel": channel, "number": round["number"], "day": round["day"],
                "question": round["question"], "due": round["due"], "message": round["message"],
                "state": round,
            }),
        );
    }
    for (member, ledger) in take_object(&mut team, "members") {
        rows.add(
            "member",
            json!({
                "guild": guild, "channel": channel, "member": member, "first_round": ledger["from"],
                "marks": ledger["marks"], "state": ledger,
            }),
        );
    }
    let schedule = &team["settings"]["schedule"];
    rows.add(
        "team",
        json!({
            "guild": guild, "channel": channel, "zone": schedule["zone"], "at": schedule["at"],
            "last_day": team["last_day"], "paused": team.get("pause").is_some(), "state": team,
        }),
    );
}

fn take_object(value: &mut Value, key: &str) -> Map<String, Value> {
    match value.as_object_mut().unwrap().remove(key) {
        Some(Value::Object(object)) => object,
        _ => Map::new(),
    }
}

/// Creates the tables of the version before the migration, with guilds.
fn create_old_tables(test_database: &TestDatabase, guilds: &[Guild]) {
    let runtime = connection::runtime().unwrap();
    runtime.block_on(async {
        let database = Database::connect(&test_database.url(), 1).await.unwrap();
        connection::apply(&database, &MIGRATIONS[..3]).await.unwrap();
        drop(database);
        let mut database = PgConnection::connect(&test_database.direct_url()).await.unwrap();
        for guild in guilds {
            let rows = old_rows(guild);
            sqlx::query("insert into guild values ($1, 7, $2::text::jsonb, 'infinity', false, '\\x0102')")
                .bind(guild.id().get().cast_signed())
                .bind(rows.state.to_string())
                .execute(&mut database)
                .await
                .unwrap();
            for (table, _) in VIEWS {
                let insert = format!(
                    "insert into {table} select * from jsonb_populate_recordset(null::{table}, $1::text::jsonb)"
                );
                let rows = rows.tables.get(table).map_or("[]".into(), Value::to_string);
                let insert = sqlx::query(AssertSqlSafe(insert)).bind(rows);
                insert.execute(&mut database).await.unwrap();
            }
        }
    });
}

/// Returns all rows of the tables or views, with the names and types of their columns.
fn contents(test_database: &TestDatabase) -> Vec<String> {
    let columns = "select string_agg(concat_ws(' ', table_name, column_name, data_type), ', ' order by table_name, ordinal_position) \
        from information_schema.columns where table_schema = 'public' \
        and table_name in ('team', 'round', 'member', 'person', 'review', 'report')";
    let rows = VIEWS.map(|(table, keys)| {
        format!("select jsonb_pretty(jsonb_agg(to_jsonb(t) order by {keys})) from {table} t")
    });
    let queries = rows.iter().map(String::as_str).chain([columns]);
    queries.map(|query| test_database.ask(query)).collect()
}

/// Returns a random guild as the versions before the migration knew it.
fn without_own_questions(id: GuildId, seed: u64) -> Guild {
    let mut guild = guild_with_history(id, seed, 300);
    guild.set_server_questions(None).unwrap();
    guild
}

fn every_field() -> Guild {
    snapshot::decode(include_bytes!("every_field.json"), GUILD).unwrap()
}

/// After the migration every guild is the same as before, every row is what a snapshot file would
/// hold, and the views answer what the tables answered.
#[test]
fn old_tables_become_snapshots() {
    for test_database in TestDatabase::with_and_without_pooler() {
        let id = |number| GuildId::new(GUILD.get() + number);
        let generated = (1..=20).map(|seed| without_own_questions(id(seed), seed));
        let guilds: Vec<Guild> = [every_field(), Guild::new(id(100))]
            .into_iter()
            .chain(generated)
            .collect();
        create_old_tables(&test_database, &guilds);
        let before = contents(&test_database);
        for (rows, (table, _)) in before.iter().zip(VIEWS) {
            assert!(!rows.is_empty(), "{table} has rows");
        }
        // Records the time limit under which the rows are converted.
        test_database.run(&[
            "create table time_limit (text text)",
            "create function record() returns trigger language plpgsql as $$ begin \
         insert into time_limit values (current_setting('statement_timeout')); return new; end $$",
            "create trigger record before update on guild for each row execute function record()",
        ]);
        let store = open(&test_database);
        assert_eq!(contents(&test_database), before);
        let time_limit = test_database.ask("select string_agg(distinct text, ' ') from time_limit");
        assert_eq!(time_limit, "0", "it may take long");
        let other_columns = test_database.ask(
        "select string_agg(distinct concat_ws(' ', commit, wake, managed, places), ' ') from guild",
    );
        assert_eq!(other_columns, "7 infinity f \\x0102");
        assert_eq!(store.guild_ids().len(), guilds.len());
        for guild in guilds {
            let row = format!("select state from guild where guild = {}", guild.id());
            let row: Value = serde_json::from_str(&test_database.ask(&row)).unwrap();
            assert_eq!(row, serde_json::to_value(&guild).unwrap());
            assert_eq!(store.read(guild.id(), Clone::clone), Some(guild));
        }
    }
}

/// After the migration, the views show what this version saves.
#[test]
fn views_show_saved_guilds() {
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
    create_old_tables(&test_database, &[every_field()]);
    let expected = contents(&test_database);
    let store = open(&test_database);
    let save = |new: Guild| {
        let ((), commit) = store.upsert(GUILD, |guild| *guild = new);
        futures::executor::block_on(commit.wait()).unwrap();
    };
    save(Guild::new(GUILD));
    assert_eq!(test_database.ask("select count(*) from round"), "0");
    save(every_field());
    assert_eq!(contents(&test_database), expected);
}

/// The migration changes nothing while a process of an earlier version runs.
#[test]
fn a_running_process_of_an_earlier_version() {
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
    create_old_tables(&test_database, &[every_field()]);
    let before = contents(&test_database);
    let process = "insert into process (name, first, last, until) \
        values ('process 12 on a machine', 0, 0, now() + interval '1 minute')";
    let lease =
        "insert into lease values (0, 1, 1, 'process 13 on another', now() + interval '1 minute')";
    for (running, name) in [
        (process, "process 12 on a machine"),
        (lease, "process 13 on another"),
    ] {
        test_database.run(&[running]);
        let error = Store::connect(&test_database.url()).err().unwrap();
        let expected = format!(
            "processes of an earlier version still use the database: {name}. Stop all of them, then start this version again."
        );
        assert!(error.to_string().contains(&expected), "{error}");
        assert_eq!(contents(&test_database), before);
        let tables = "select count(*) from information_schema.tables where table_name = 'round' and table_type = 'BASE TABLE'";
        assert_eq!(test_database.ask(tables), "1");
        test_database.expire_leases();
    }
    let store = open(&test_database);
    assert_eq!(store.read(GUILD, Clone::clone), Some(every_field()));
}

/// A process of an earlier version that hung during the migration can't overwrite a snapshot: it
/// writes a state without teams.
#[test]
fn a_hung_process_of_an_earlier_version() {
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
    create_old_tables(&test_database, &[every_field()]);
    assert!(open(&test_database).close(std::time::Duration::from_secs(5)));
    let state = old_rows(&every_field()).state;
    let runtime = connection::runtime().unwrap();
    let refused = runtime.block_on(async {
        let mut database = PgConnection::connect(&test_database.direct_url()).await.unwrap();
        let update = "update guild set commit = commit + 1, state = $3::text::jsonb where guild = $1 and commit = $2";
        sqlx::query(update)
            .bind(GUILD.get().cast_signed())
            .bind(7_i64)
            .bind(state.to_string())
            .execute(&mut database)
            .await
            .unwrap_err()
    });
    assert!(
        refused.to_string().contains("guild_state_is_snapshot"),
        "{refused}"
    );
    let store = open(&test_database);
    assert_eq!(store.read(GUILD, Clone::clone), Some(every_field()));
}
