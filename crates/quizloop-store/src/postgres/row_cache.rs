//! Hashes of a guild's rows in the database, so that only changed rows are written.

use serde_json::{Value, json};

use super::rows::{RowKey, TableRow, row_hash};
use super::table::GuildTable;
use quizloop_core::id::GuildId;

/// The table, key and content hash of each row, sorted. 32 bytes per row.
pub(super) type RowHashes = Vec<(GuildTable, RowKey, u64)>;

/// The state of one guild in the database, as far as this process knows.
#[derive(Debug, Default, Clone)]
pub(super) struct RowCache {
    /// The number of its newest commit; 0 if the database has no rows of it.
    pub commit_number: i64,
    /// Its rows as of that commit.
    pub hashes: RowHashes,
    /// Its rows if a commit succeeded whose response was lost; see `write.rs`.
    pub in_doubt: Option<RowHashes>,
}

/// The changes to one table.
#[derive(Debug)]
pub(super) struct TableChange {
    /// The table.
    pub table: GuildTable,
    /// Rows to write.
    pub write: Vec<Value>,
    /// Keys of rows to delete.
    pub delete: Vec<Value>,
    /// The members with changed reviews, with the questions whose reviews they still have.
    pub kept_reviews: Vec<Value>,
}

/// Returns the hashes of rows, which must be sorted.
pub(super) fn row_hashes(rows: &[TableRow]) -> RowHashes {
    rows.iter()
        .map(|row| (row.table, row.key, row_hash(&row.columns)))
        .collect()
}

/// Returns the changes that turn the rows `old` into `new`. `new` has the hashes of `rows`.
pub(super) fn diff(
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
    let find = |hashes: &RowHashes, table: GuildTable, key: RowKey| {
        hashes.binary_search_by_key(&(table, key), |(table, key, _)| (*table, *key))
    };
    for (row, (_, _, hash)) in rows.into_iter().zip(new) {
        let old_hash = find(old, row.table, row.key).map(|index| old[index].2);
        if old_hash == Ok(*hash) {
            continue;
        }
        let change = &mut changes[row.table as usize];
        match row.columns {
            Value::Array(reviews) => {
                let questions: Vec<&Value> =
                    reviews.iter().map(|review| &review["question"]).collect();
                change
                    .kept_reviews
                    .push(member_reviews(guild, row.key, &json!(questions)));
                change.write.extend(reviews);
            }
            columns => change.write.push(columns),
        }
    }
    for (table, key, _) in old {
        if find(new, *table, *key).is_err() {
            let change = &mut changes[*table as usize];
            match table {
                GuildTable::Review => {
                    change
                        .kept_reviews
                        .push(member_reviews(guild, *key, &json!([])));
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
