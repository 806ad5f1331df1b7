//! Checks what was said over REST against Discord's own description of it (an `OpenAPI` document).
//!
//! The description is a file of 1.2 MB that is not part of the project. Each schema is compiled when it is
//! first needed and then kept. The description is a preview and differs from Discord's documentation in a
//! few places: `excuse` lists them with the reason.

mod complaint;
mod description;
mod excuse;

use serde_json::{Value, json};

use super::log::LoggedRequest;
pub use description::Description;
use description::Operation;

/// A request and its answer.
#[derive(Debug, Clone, Copy)]
pub struct Exchange<'a> {
    /// `GET`, `POST` …
    pub method: &'a str,
    /// The address with its query, starting with `/api/v10`.
    pub path: &'a str,
    /// The body; null if there was none.
    pub body: &'a Value,
    /// The status; 0 if the connection was cut before an answer.
    pub status: u16,
    /// The answer's body; null if it has none.
    pub answer: &'a Value,
    /// Whether a fault made the answer up, so that it says nothing about the sandbox.
    pub is_made_up: bool,
}

impl<'a> From<&'a LoggedRequest> for Exchange<'a> {
    fn from(logged: &'a LoggedRequest) -> Self {
        Self {
            method: &logged.method,
            path: &logged.path,
            body: &logged.body,
            status: logged.status,
            answer: &logged.answer,
            is_made_up: logged.fault.is_some(),
        }
    }
}

impl Description {
    /// What is not as described in an exchange, a line each.
    pub fn complaints(&self, exchange: Exchange<'_>) -> Vec<String> {
        check_one(self, exchange)
    }

    /// What is not as described in the data of an event of the gateway, a line each. The description
    /// speaks of REST only, but the objects in some events are the same; `None` for the others.
    pub fn event_complaints(&self, name: &str, data: &Value) -> Option<Vec<String>> {
        let (_, place, schema) = OBJECTS.iter().find(|(event, ..)| *event == name)?;
        let object = data.pointer(place)?;
        let pointer = format!("/components/schemas/{schema}");
        let found = self.validate(&pointer, object);
        Some(found.iter().map(|line| format!("data{line}")).collect())
    }
}

/// Events that carry an object which the description knows: where in the data, and its schema.
const OBJECTS: [(&str, &str, &str); 9] = [
    ("MESSAGE_CREATE", "", "MessageResponse"),
    ("MESSAGE_UPDATE", "", "MessageResponse"),
    ("THREAD_CREATE", "", "ThreadResponse"),
    ("THREAD_UPDATE", "", "ThreadResponse"),
    ("CHANNEL_CREATE", "", "GuildChannelResponse"),
    ("CHANNEL_UPDATE", "", "GuildChannelResponse"),
    ("CHANNEL_DELETE", "", "GuildChannelResponse"),
    ("GUILD_ROLE_CREATE", "/role", "GuildRoleResponse"),
    ("GUILD_ROLE_UPDATE", "/role", "GuildRoleResponse"),
];

fn check_one(description: &Description, exchange: Exchange<'_>) -> Vec<String> {
    let (path, query) = exchange.path.split_once('?').unwrap_or((exchange.path, ""));
    let Some(operation) = description.operation(exchange.method, path) else {
        // The sandbox must say the same of an address that Discord doesn't have.
        let is_right = exchange.is_made_up || matches!(exchange.status, 0 | 404 | 405);
        let complaint = format!("{} {path}: Discord has no such operation", exchange.method);
        return if is_right {
            Vec::new()
        } else {
            vec![complaint]
        };
    };
    let mut complaints = query_complaints(description, &operation, query);
    complaints.extend(body_complaints(description, &operation, exchange.body));
    if !exchange.is_made_up {
        complaints.extend(answer_complaints(description, &operation, exchange));
    }
    let place = format!("{} {path} ({})", exchange.method, exchange.status);
    complaints
        .iter()
        .map(|complaint| format!("{place}: {complaint}"))
        .collect()
}

fn query_complaints(description: &Description, operation: &Operation, query: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        match description.query_parameter(operation, name) {
            None => complaints.push(format!("query: there is no parameter {name:?}")),
            Some(schema) => {
                let found = description.validate(&schema, &typed(value));
                complaints.extend(found.iter().map(|line| format!("query {name}: {line}")));
            }
        }
    }
    complaints
}

/// A parameter's value as the type that its text looks like; ids stay text.
fn typed(text: &str) -> Value {
    /// Ids have more digits than any number that Discord takes in a query.
    const LONGEST_NUMBER: usize = 9;
    match text.parse::<u64>() {
        Ok(number) if text.len() <= LONGEST_NUMBER => json!(number),
        _ => text
            .parse::<bool>()
            .map_or_else(|_| json!(text), |truth| json!(truth)),
    }
}

fn body_complaints(description: &Description, operation: &Operation, body: &Value) -> Vec<String> {
    match description.request_body(operation) {
        None if body.is_null() => Vec::new(),
        None => vec!["request: this operation takes no body".to_owned()],
        Some(body_schema) if body.is_null() && !body_schema.is_required => Vec::new(),
        Some(body_schema) => {
            let found = description.validate(&body_schema.schema, body);
            found.iter().map(|line| format!("request{line}")).collect()
        }
    }
}

fn answer_complaints(
    description: &Description,
    operation: &Operation,
    exchange: Exchange<'_>,
) -> Vec<String> {
    const NO_ANSWER: u16 = 0;
    if exchange.status == NO_ANSWER || exchange.status >= 500 {
        return Vec::new();
    }
    let Some(response) = description.response(operation, exchange.status) else {
        return vec!["answer: this status is not described".to_owned()];
    };
    match response.schema {
        None if exchange.answer.is_null() => Vec::new(),
        None => vec!["answer: this status has no body".to_owned()],
        Some(schema) => {
            let found = description.validate(&schema, exchange.answer);
            found.iter().map(|line| format!("answer{line}")).collect()
        }
    }
}
