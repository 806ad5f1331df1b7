//! What is known of a guild's rows, so that only those that changed are written.

use serde_json::{Value, json};

use super::rows::{Key, Row, print};
use super::table::Table;
use crate::practice::id::GuildId;

/// Which rows there are, with what tells their content: 32 bytes a row.
pub type Prints = Vec<(Table, Key, u64)>;

/// What is known of one guild in the database.
#[derive(Debug, Default, Clone)]
pub struct Known {
    /// The number of its newest commit; 0 if the database has nothing of it.
    pub commit: i64,
    /// Its rows.
    pub prints: Prints,
    /// What its rows are if a commit came through whose answer did not.
    pub doubt: Option<Prints>,
}

/// What is to be done to a table.
#[derive(Debug)]
pub struct Change {
    /// The table.
    pub table: Table,
    /// Rows to write.
    pub write: Vec<Value>,
    /// Keys of rows to delete.
    pub delete: Vec<Value>,
    /// The members whose reviews were touched, with the questions that they have now.
    pub reviewed: Vec<Value>,
}

/// The prints of these rows, which are sorted.
pub fn prints(rows: &[Row]) -> Prints {
    let prints = rows
        .iter()
        .map(|row| (row.table, row.key, print(&row.columns)));
    prints.collect()
}

/// What has to be done for the database to have `new` where it has `old`.
pub fn changes(guild: GuildId, old: &Prints, rows: Vec<Row>, new: &Prints) -> Vec<Change> {
    let mut changes = Table::ALL.map(|table| Change {
        table,
        write: Vec::new(),
        delete: Vec::new(),
        reviewed: Vec::new(),
    });
    let place = |prints: &Prints, table: Table, key: Key| {
        prints.binary_search_by_key(&(table, key), |(table, key, _)| (*table, *key))
    };
    for (row, (_, _, print)) in rows.into_iter().zip(new) {
        let known = place(old, row.table, row.key).map(|place| old[place].2);
        if known == Ok(*print) {
            continue;
        }
        let change = &mut changes[row.table as usize];
        match row.columns {
            Value::Array(many) => {
                let questions: Vec<&Value> = many.iter().map(|one| &one["question"]).collect();
                change
                    .reviewed
                    .push(reviewed(guild, row.key, &json!(questions)));
                change.write.extend(many);
            }
            one => change.write.push(one),
        }
    }
    for (table, key, _) in old {
        if place(new, *table, *key).is_err() {
            let change = &mut changes[*table as usize];
            match table {
                Table::Review => change.reviewed.push(reviewed(guild, *key, &json!([]))),
                _ => change.delete.push(keyed(guild, *table, *key)),
            }
        }
    }
    changes.into()
}

fn reviewed(guild: GuildId, key: Key, questions: &Value) -> Value {
    json!({ "guild": guild, "member": key.0, "questions": questions })
}

fn keyed(guild: GuildId, table: Table, key: Key) -> Value {
    let (first, second) = table.keys();
    let mut columns = json!({ "guild": guild, first: key.0 });
    if let Some(second) = second {
        columns[second] = json!(key.1);
    }
    columns
}
