//! Conversion between a guild and its rows.
//!
//! It goes through the JSON of a snapshot. A database can therefore hold exactly what a snapshot
//! file can hold, and both are validated by the same code.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::{Map, Value, json};

use super::table::GuildTable;
use quizloop_core::guild::Guild;
use quizloop_core::id::GuildId;

type Object = Map<String, Value>;

/// The key of a row within its table and guild: a channel and a number or member, or one id and 0.
pub(super) type RowKey = (u64, u64);

/// One row, or all reviews of one member, which are hashed and written together.
#[derive(Debug)]
pub(super) struct TableRow {
    /// The table.
    pub table: GuildTable,
    /// Its key.
    pub key: RowKey,
    /// An object with a value per column, or a list of such objects.
    pub columns: Value,
}

/// A guild as rows.
#[derive(Debug)]
pub(super) struct GuildRows {
    /// The column `state` of the guild's own row.
    pub guild: Value,
    /// All other rows, sorted by table and key.
    pub rows: Vec<TableRow>,
}

/// Why a guild can't be converted.
#[derive(Debug, thiserror::Error)]
pub(super) enum RowError {
    /// It can't be serialised.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// A part is missing or has another type.
    #[error("a guild has no {0}")]
    Missing(&'static str),
}

/// Splits a guild into rows.
pub(super) fn split_guild(guild: &Guild) -> Result<GuildRows, RowError> {
    let id = guild.id();
    let mut state = object(serde_json::to_value(guild)?, "state")?;
    let mut rows = Vec::new();
    for (channel, team) in object(take(&mut state, "teams"), "teams")? {
        split_team(id, &channel, object(team, "team")?, &mut rows)?;
    }
    let questions = state.get("questions").and_then(Value::as_array).cloned();
    let questions = questions.unwrap_or_default();
    for (member, person) in object_or_empty(take(&mut state, "people"), "people")? {
        let mut person = object(person, "person")?;
        let reviews = take(&mut person, "reviews");
        let key = (number(&Value::String(member.clone())), 0);
        let columns = json!({ "guild": id, "member": member, "hidden": person.get("hidden"), "state": person });
        rows.push(TableRow {
            table: GuildTable::Person,
            key,
            columns,
        });
        let reviews = reviews.as_array().map_or(&[][..], Vec::as_slice);
        if !reviews.is_empty() {
            let columns = reviews
                .iter()
                .map(|review| split_review(id, &member, review, &questions));
            let columns = columns.collect::<Result<Vec<_>, _>>()?;
            rows.push(TableRow {
                table: GuildTable::Review,
                key,
                columns: columns.into(),
            });
        }
    }
    if let Some(Value::Object(reports)) = state.get_mut("reports") {
        for report in take(reports, "open").as_array().into_iter().flatten() {
            let key = (number(&report["number"]), 0);
            let columns = json!({
                "guild": id, "number": report["number"], "question": report["question"], "member": report["user"],
                "at": report["at"], "state": report,
            });
            rows.push(TableRow {
                table: GuildTable::Report,
                key,
                columns,
            });
        }
    }
    rows.sort_by_key(|row| (row.table, row.key));
    Ok(GuildRows {
        guild: state.into(),
        rows,
    })
}

fn split_team(
    guild: GuildId,
    channel: &str,
    mut team: Object,
    rows: &mut Vec<TableRow>,
) -> Result<(), RowError> {
    let channel_id = number(&Value::String(channel.to_owned()));
    for round in take(&mut team, "rounds").as_array().into_iter().flatten() {
        let columns = json!({
            "guild": guild, "channel": channel, "number": round["number"], "day": round["day"],
            "question": round["question"], "due": round["due"], "message": round["message"], "state": round,
        });
        rows.push(TableRow {
            table: GuildTable::Round,
            key: (channel_id, number(&round["number"])),
            columns,
        });
    }
    for (member, ledger) in object(take(&mut team, "members"), "members")? {
        let key = (channel_id, number(&Value::String(member.clone())));
        let columns = json!({
            "guild": guild, "channel": channel, "member": member, "first_round": ledger["from"],
            "marks": ledger["marks"], "state": ledger,
        });
        rows.push(TableRow {
            table: GuildTable::Member,
            key,
            columns,
        });
    }
    let schedule = &team["settings"]["schedule"];
    let columns = json!({
        "guild": guild, "channel": channel, "zone": schedule["zone"], "at": schedule["at"],
        "last_day": team.get("last_day"), "paused": team.contains_key("pause"), "state": team,
    });
    rows.push(TableRow {
        table: GuildTable::Team,
        key: (channel_id, 0),
        columns,
    });
    Ok(())
}

/// The fields of a review in a snapshot, in order, after the position of its question in the
/// guild's list.
const REVIEW_COLUMNS: [&str; 7] = [
    "rating",
    "stability",
    "difficulty",
    "last",
    "due",
    "count",
    "lapses",
];

fn split_review(
    guild: GuildId,
    member: &str,
    review: &Value,
    questions: &[Value],
) -> Result<Value, RowError> {
    let mut words = review.as_str().unwrap_or_default().split(' ');
    let position = words.next().and_then(|word| word.parse::<usize>().ok());
    let question = position.and_then(|position| questions.get(position));
    let question = question.ok_or(RowError::Missing("question for a review"))?;
    let mut columns = Object::new();
    columns.insert("guild".into(), json!(guild));
    columns.insert("member".into(), json!(member));
    columns.insert("question".into(), question.clone());
    for (name, word) in REVIEW_COLUMNS.iter().zip(words) {
        columns.insert((*name).into(), json!(word));
    }
    Ok(columns.into())
}

/// Assembles a guild's snapshot from its rows.
#[derive(Debug)]
pub(super) struct GuildAssembler {
    state: Object,
    teams: BTreeMap<u64, Object>,
    people: BTreeMap<u64, Object>,
    open_reports: Vec<Value>,
}

impl GuildAssembler {
    /// Begins with the column `state` of the guild's own row.
    pub(super) fn new(state: Value) -> Result<Self, RowError> {
        Ok(Self {
            state: object(state, "state")?,
            teams: BTreeMap::new(),
            people: BTreeMap::new(),
            open_reports: Vec::new(),
        })
    }

    /// Adds the column `state` of a row. Teams must be added before their rounds and members.
    /// Reviews have no such column; see [`GuildAssembler::add_reviews`].
    pub(super) fn add(
        &mut self,
        table: GuildTable,
        (first, second): RowKey,
        state: Value,
    ) -> Result<(), RowError> {
        match table {
            GuildTable::Team => {
                let mut team = object(state, "team")?;
                team.insert("rounds".into(), json!([]));
                team.insert("members".into(), json!({}));
                self.teams.insert(first, team);
            }
            GuildTable::Round => {
                let team = self.teams.get_mut(&first);
                let rounds = team.and_then(|team| team["rounds"].as_array_mut());
                rounds
                    .ok_or(RowError::Missing("team for a round"))?
                    .push(state);
            }
            GuildTable::Member => {
                let team = self.teams.get_mut(&first);
                let members = team.and_then(|team| team["members"].as_object_mut());
                let members = members.ok_or(RowError::Missing("team for a member"))?;
                members.insert(second.to_string(), state);
            }
            GuildTable::Person => {
                self.people.insert(first, object(state, "person")?);
            }
            GuildTable::Report => self.open_reports.push(state),
            GuildTable::Review => return Err(RowError::Missing("state in a review")),
        }
        Ok(())
    }

    /// Returns the positions of the questions in the guild's list.
    pub(super) fn question_positions(&self) -> BTreeMap<String, usize> {
        let questions = self.state.get("questions").and_then(Value::as_array);
        let questions = questions.into_iter().flatten().filter_map(Value::as_str);
        questions
            .zip(0..)
            .map(|(id, position)| (id.to_owned(), position))
            .collect()
    }

    /// Adds a member's reviews: the positions of their questions, and their lines as in a snapshot.
    pub(super) fn add_reviews(
        &mut self,
        member: u64,
        mut reviews: Vec<(usize, String)>,
    ) -> Result<(), RowError> {
        reviews.sort_unstable_by_key(|(position, _)| *position);
        let lines: Vec<String> = reviews.into_iter().map(|(_, line)| line).collect();
        let person = self.people.get_mut(&member);
        let person = person.ok_or(RowError::Missing("person for a review"))?;
        person.insert("reviews".into(), json!(lines));
        Ok(())
    }

    /// Returns the JSON of the snapshot.
    pub(super) fn finish(mut self) -> Value {
        let keyed = |map: BTreeMap<u64, Object>| {
            let map = map.into_iter();
            let map: Object = map
                .map(|(key, object)| (key.to_string(), object.into()))
                .collect();
            Value::Object(map)
        };
        self.state.insert("teams".into(), keyed(self.teams));
        if !self.people.is_empty() {
            self.state.insert("people".into(), keyed(self.people));
        }
        if let Some(Value::Object(reports)) = self.state.get_mut("reports") {
            reports.insert("open".into(), self.open_reports.into());
        }
        self.state.into()
    }
}

/// Returns a hash of a row's content, by which unchanged rows are recognised. Two contents have the
/// same hash with a probability of 2⁻⁶⁴.
pub(super) fn row_hash(columns: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    columns.hash(&mut hasher);
    hasher.finish()
}

fn take(object: &mut Object, key: &str) -> Value {
    object.remove(key).unwrap_or_default()
}

fn object(value: Value, name: &'static str) -> Result<Object, RowError> {
    match value {
        Value::Object(object) => Ok(object),
        _ => Err(RowError::Missing(name)),
    }
}

fn object_or_empty(value: Value, name: &'static str) -> Result<Object, RowError> {
    if value.is_null() {
        return Ok(Object::new());
    }
    object(value, name)
}

/// Converts an id, which is a string in a snapshot, or a number.
fn number(value: &Value) -> u64 {
    let text = || value.as_str().and_then(|text| text.parse().ok());
    value.as_u64().or_else(text).unwrap_or_default()
}
