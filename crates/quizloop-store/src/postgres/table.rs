//! The tables with rows of guilds, and the statements that change them.

use std::sync::LazyLock;

/// A table. The order is that of writes: tables come after those that they reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum GuildTable {
    /// Teams.
    Team,
    /// Rounds of teams.
    Round,
    /// Ledgers of members in teams.
    Member,
    /// Profiles of members.
    Person,
    /// Reviews of questions by members.
    Review,
    /// Reported mistakes in questions.
    Report,
}

/// A table's columns with their types. The first `keys` columns are the primary key.
struct TableSpec {
    name: &'static str,
    keys: usize,
    columns: &'static [(&'static str, &'static str)],
}

/// The statements of one table. Their parameter is a JSON list with all rows.
pub(super) struct Statements {
    /// Inserts or updates rows. Rows with the same content are not updated.
    pub write: String,
    /// Deletes rows.
    pub delete: String,
}

impl GuildTable {
    /// All tables, in the order of writes.
    pub(super) const ALL: [Self; 6] = [
        Self::Team,
        Self::Round,
        Self::Member,
        Self::Person,
        Self::Review,
        Self::Report,
    ];

    const fn spec(self) -> TableSpec {
        match self {
            Self::Team => TableSpec {
                name: "team",
                keys: 2,
                columns: &[
                    ("guild", "bigint"),
                    ("channel", "bigint"),
                    ("zone", "text"),
                    ("at", "time"),
                    ("last_day", "date"),
                    ("paused", "boolean"),
                    ("state", "jsonb"),
                ],
            },
            Self::Round => TableSpec {
                name: "round",
                keys: 3,
                columns: &[
                    ("guild", "bigint"),
                    ("channel", "bigint"),
                    ("number", "integer"),
                    ("day", "date"),
                    ("question", "text"),
                    ("due", "timestamptz"),
                    ("message", "bigint"),
                    ("state", "jsonb"),
                ],
            },
            Self::Member => TableSpec {
                name: "member",
                keys: 3,
                columns: &[
                    ("guild", "bigint"),
                    ("channel", "bigint"),
                    ("member", "bigint"),
                    ("first_round", "integer"),
                    ("marks", "text"),
                    ("state", "jsonb"),
                ],
            },
            Self::Person => TableSpec {
                name: "person",
                keys: 2,
                columns: &[
                    ("guild", "bigint"),
                    ("member", "bigint"),
                    ("hidden", "date"),
                    ("state", "jsonb"),
                ],
            },
            Self::Review => TableSpec {
                name: "review",
                keys: 3,
                columns: &[
                    ("guild", "bigint"),
                    ("member", "bigint"),
                    ("question", "text"),
                    ("rating", "text"),
                    ("stability", "real"),
                    ("difficulty", "real"),
                    ("last", "date"),
                    ("due", "date"),
                    ("count", "integer"),
                    ("lapses", "integer"),
                ],
            },
            Self::Report => TableSpec {
                name: "report",
                keys: 2,
                columns: &[
                    ("guild", "bigint"),
                    ("number", "integer"),
                    ("question", "text"),
                    ("member", "bigint"),
                    ("at", "timestamptz"),
                    ("state", "jsonb"),
                ],
            },
        }
    }

    pub(super) fn statements(self) -> &'static Statements {
        static ALL: LazyLock<[Statements; 6]> =
            LazyLock::new(|| GuildTable::ALL.map(|table| table.spec().statements()));
        &ALL[self as usize]
    }

    /// Returns the names of the one or two columns that are a row's key within its guild.
    pub(super) fn keys(self) -> (&'static str, Option<&'static str>) {
        let TableSpec { keys, columns, .. } = self.spec();
        (columns[1].0, (keys > 2).then(|| columns[2].0))
    }

    pub(super) fn name(self) -> &'static str {
        self.spec().name
    }
}

impl TableSpec {
    fn statements(&self) -> Statements {
        let Self {
            name,
            keys,
            columns,
        } = self;
        let names = |columns: &[(&str, &str)], of: &str| {
            let names = columns.iter().map(|(column, _)| format!("{of}{column}"));
            names.collect::<Vec<_>>().join(", ")
        };
        let given = columns
            .iter()
            .map(|(column, kind)| format!("{column} {kind}"));
        let given = given.collect::<Vec<_>>().join(", ");
        let (key, rest) = columns.split_at(*keys);
        let write = format!(
            "insert into {name} as kept ({all}) select {all} from jsonb_to_recordset($1::text::jsonb) as given ({given}) \
             on conflict ({key}) do update set ({rest}) = row ({new}) where ({old}) is distinct from ({new})",
            all = names(columns, ""),
            key = names(key, ""),
            rest = names(rest, ""),
            new = names(rest, "excluded."),
            old = names(rest, "kept."),
        );
        let same = key
            .iter()
            .map(|(column, _)| format!("kept.{column} = given.{column}"));
        let delete = format!(
            "delete from {name} as kept using jsonb_to_recordset($1::text::jsonb) as given ({given}) where {}",
            same.collect::<Vec<_>>().join(" and ")
        );
        Statements { write, delete }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_of_a_table() {
        let statements = GuildTable::Person.statements();
        insta::assert_snapshot!(statements.write, @"insert into person as kept (guild, member, hidden, state) select guild, member, hidden, state from jsonb_to_recordset($1::text::jsonb) as given (guild bigint, member bigint, hidden date, state jsonb) on conflict (guild, member) do update set (hidden, state) = row (excluded.hidden, excluded.state) where (kept.hidden, kept.state) is distinct from (excluded.hidden, excluded.state)");
        insta::assert_snapshot!(statements.delete, @"delete from person as kept using jsonb_to_recordset($1::text::jsonb) as given (guild bigint, member bigint, hidden date, state jsonb) where kept.guild = given.guild and kept.member = given.member");
    }
}
