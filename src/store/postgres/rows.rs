//! A guild as rows, and rows as a guild.
//!
//! The way leads over the JSON of a snapshot, so what a snapshot file can hold a database can hold, and both are
//! checked alike when they are read.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::{Map, Value, json};

use super::table::GuildTable;
use crate::practice::guild::Guild;
use crate::practice::id::GuildId;

type Object = Map<String, Value>;

/// What tells a row from the others of its table and guild: a channel and a number, or a member.
pub type RowKey = (u64, u64);

/// One row, or the rows of one member where the table has many for each.
#[derive(Debug)]
pub struct TableRow {
    /// Where it belongs.
    pub table: GuildTable,
    /// Its key.
    pub key: RowKey,
    /// The columns with their names, or a list of such.
    pub columns: Value,
}

/// A guild as rows.
#[derive(Debug)]
pub struct GuildRows {
    /// The guild's own state.
    pub guild: Value,
    /// All others, sorted by table and key.
    pub rows: Vec<TableRow>,
}

/// Something that a snapshot can't look like.
#[derive(Debug, thiserror::Error)]
pub enum RowError {
    /// It can't be written as JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// A part is missing or of another kind.
    #[error("a guild has no {0}")]
    Missing(&'static str),
}

/// Takes a guild apart.
pub fn split_guild(guild: &Guild) -> Result<GuildRows, RowError> {
    let id = guild.id();
    let mut state = object(serde_json::to_value(guild)?, "state")?;
    let mut rows = Vec::new();
    for (channel, team) in object(take(&mut state, "teams"), "teams")? {
        split_team(id, &channel, object(team, "team")?, &mut rows)?;
    }
    let questions = state.get("questions").and_then(Value::as_array).cloned();
    let questions = questions.unwrap_or_default();
    for (member, person) in object_or_none(take(&mut state, "people"), "people")? {
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
    let place = number(&Value::String(channel.to_owned()));
    for round in take(&mut team, "rounds").as_array().into_iter().flatten() {
        let columns = json!({
            "guild": guild, "channel": channel, "number": round["number"], "day": round["day"],
            "question": round["question"], "due": round["due"], "message": round["message"], "state": round,
        });
        rows.push(TableRow {
            table: GuildTable::Round,
            key: (place, number(&round["number"])),
            columns,
        });
    }
    for (member, ledger) in object(take(&mut team, "members"), "members")? {
        let key = (place, number(&Value::String(member.clone())));
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
        key: (place, 0),
        columns,
    });
    Ok(())
}

/// The words of a review in their order; the first is the place of its question in the guild's list.
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
    let place = words.next().and_then(|word| word.parse::<usize>().ok());
    let question = place.and_then(|place| questions.get(place));
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

/// Puts a guild together again: its own state, and the states of its rows.
#[derive(Debug)]
pub struct GuildAssembler {
    state: Object,
    teams: BTreeMap<u64, Object>,
    people: BTreeMap<u64, Object>,
    open_reports: Vec<Value>,
}

impl GuildAssembler {
    /// Begins with the guild's own state.
    pub fn new(state: Value) -> Result<Self, RowError> {
        Ok(Self {
            state: object(state, "state")?,
            teams: BTreeMap::new(),
            people: BTreeMap::new(),
            open_reports: Vec::new(),
        })
    }

    /// Adds a row that is no review. Teams come before their rounds and members.
    pub fn add(
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

    /// The places of the questions in the guild's list.
    pub fn question_positions(&self) -> BTreeMap<String, usize> {
        let questions = self.state.get("questions").and_then(Value::as_array);
        let questions = questions.into_iter().flatten().filter_map(Value::as_str);
        questions
            .zip(0..)
            .map(|(id, place)| (id.to_owned(), place))
            .collect()
    }

    /// Adds a member's reviews, sorted by the places of their questions, each as in a snapshot.
    pub fn add_reviews(
        &mut self,
        member: u64,
        mut reviews: Vec<(usize, String)>,
    ) -> Result<(), RowError> {
        reviews.sort_unstable_by_key(|(place, _)| *place);
        let lines: Vec<String> = reviews.into_iter().map(|(_, line)| line).collect();
        let person = self.people.get_mut(&member);
        let person = person.ok_or(RowError::Missing("person for a review"))?;
        person.insert("reviews".into(), json!(lines));
        Ok(())
    }

    /// The snapshot.
    pub fn finish(mut self) -> Value {
        let keyed = |map: BTreeMap<u64, Object>| {
            let map = map.into_iter();
            let map: Object = map
                .map(|(key, one)| (key.to_string(), one.into()))
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

/// What tells the content of a row from another, for the sake of not writing it again. Two contents have the same
/// one with a probability of 2⁻⁶⁴.
pub fn row_hash(columns: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    columns.hash(&mut hasher);
    hasher.finish()
}

fn take(object: &mut Object, key: &str) -> Value {
    object.remove(key).unwrap_or_default()
}

fn object(value: Value, what: &'static str) -> Result<Object, RowError> {
    match value {
        Value::Object(object) => Ok(object),
        _ => Err(RowError::Missing(what)),
    }
}

fn object_or_none(value: Value, what: &'static str) -> Result<Object, RowError> {
    if value.is_null() {
        return Ok(Object::new());
    }
    object(value, what)
}

/// Ids are texts in a snapshot, numbers are numbers.
fn number(value: &Value) -> u64 {
    let text = || value.as_str().and_then(|text| text.parse().ok());
    value.as_u64().or_else(text).unwrap_or_default()
}
