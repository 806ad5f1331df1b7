//! What is known of a guild's rows, so that only those that changed are written.

use serde_json::{Value, json};

use super::rows::{RowKey, TableRow, row_hash};
use super::table::GuildTable;
use crate::practice::id::GuildId;

/// Which rows there are, with what tells their content: 32 bytes a row.
pub type RowHashes = Vec<(GuildTable, RowKey, u64)>;

/// What is known of one guild in the database.
#[derive(Debug, Default, Clone)]
pub struct RowCache {
    /// The number of its newest commit; 0 if the database has nothing of it.
    pub commit_number: i64,
    /// Its rows.
    pub hashes: RowHashes,
    /// What its rows are if a commit came through whose answer did not.
    pub in_doubt: Option<RowHashes>,
}

/// What is to be done to a table.
#[derive(Debug)]
pub struct TableChange {
    /// The table.
    pub table: GuildTable,
    /// Rows to write.
    pub write: Vec<Value>,
    /// Keys of rows to delete.
    pub delete: Vec<Value>,
    /// The members whose reviews were touched, with the questions that they have now.
    pub kept_reviews: Vec<Value>,
}

/// The prints of these rows, which are sorted.
pub fn row_hashes(rows: &[TableRow]) -> RowHashes {
    let prints = rows
        .iter()
        .map(|row| (row.table, row.key, row_hash(&row.columns)));
    prints.collect()
}

/// What has to be done for the database to have `new` where it has `old`.
pub fn diff(
    guild: GuildId,
    old: &RowHashes,
    rows: Vec<TableRow>,
    new: &RowHashes,
) -> Vec<TableChange> {
    let mut changes = GuildTable::ALL.map(|table| TableChange {
        table,
        write: Vec::new(),
        delete: Vec::new(),
        kept_reviews: Vec::new(),
    });
    let place = |prints: &RowHashes, table: GuildTable, key: RowKey| {
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
                    .kept_reviews
                    .push(member_reviews(guild, row.key, &json!(questions)));
                change.write.extend(many);
            }
            one => change.write.push(one),
        }
    }
    for (table, key, _) in old {
        if place(new, *table, *key).is_err() {
            let change = &mut changes[*table as usize];
            match table {
                GuildTable::Review => {
                    change
                        .kept_reviews
                        .push(member_reviews(guild, *key, &json!([])))
                }
                _ => change.delete.push(key_columns(guild, *table, *key)),
            }
        }
    }
    changes.into()
}

fn member_reviews(guild: GuildId, key: RowKey, questions: &Value) -> Value {
    json!({ "guild": guild, "member": key.0, "questions": questions })
}

fn key_columns(guild: GuildId, table: GuildTable, key: RowKey) -> Value {
    let (first, second) = table.keys();
    let mut columns = json!({ "guild": guild, first: key.0 });
    if let Some(second) = second {
        columns[second] = json!(key.1);
    }
    columns
}
