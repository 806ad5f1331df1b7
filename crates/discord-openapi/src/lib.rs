//! Checks REST requests, responses and gateway events against Discord's OpenAPI description.
//!
//! [`Description`] is a check for [`discord_sandbox::Options::check`]. It is a crate of its own
//! because the libraries for JSON schemas take long to compile, and most users never need them.
//!
//! The description is a file of 1.2 MB that is not part of the project. Each schema is compiled on
//! first use and then kept. The description is a preview and contradicts Discord's documentation in
//! a few places: `known_deviations` lists them with reasons.

mod description;
mod known_deviations;
mod violations;

use discord_sandbox::exchange::{Exchange, ExchangeCheck};
use serde_json::Value;

use description::Operation;
pub use description::{Description, DescriptionError};

impl ExchangeCheck for Description {
    fn violations(&self, exchange: Exchange<'_>) -> Vec<String> {
        check_exchange(self, exchange)
    }

    /// The description covers only REST, but some events carry the same objects.
    fn event_violations(&self, name: &str, data: &Value) -> Option<Vec<String>> {
        if name == "INTERACTION_CREATE" {
            return self.attachment_violations(data);
        }
        let (_, object_path, schema) = EVENT_SCHEMAS.iter().find(|(event, ..)| *event == name)?;
        let object = data.pointer(object_path)?;
        let pointer = format!("/components/schemas/{schema}");
        let found = self.validate(&pointer, object);
        Some(found.iter().map(|line| format!("data{line}")).collect())
    }
}

impl Description {
    /// Checks the attachments that a member chose for options of a command; `None` without any.
    fn attachment_violations(&self, interaction: &Value) -> Option<Vec<String>> {
        let attachments = interaction["data"]["resolved"]["attachments"].as_object()?;
        let mut violations = Vec::new();
        for (id, attachment) in attachments {
            let found = self.validate("/components/schemas/AttachmentResponse", attachment);
            let path = format!("data/data/resolved/attachments/{id}");
            violations.extend(found.iter().map(|line| format!("{path}{line}")));
        }
        Some(violations)
    }
}

/// Events that carry a described object: name, JSON pointer to the object, schema.
const EVENT_SCHEMAS: [(&str, &str, &str); 9] = [
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

fn check_exchange(description: &Description, exchange: Exchange<'_>) -> Vec<String> {
    let (path, query) = exchange.path.split_once('?').unwrap_or((exchange.path, ""));
    // A download from the CDN is no operation of the API.
    if !path.starts_with("/api/") {
        return Vec::new();
    }
    let Some(operation) = description.operation(exchange.method, path) else {
        // For an operation that Discord doesn't have, the sandbox must respond with an error, too.
        let is_expected = exchange.is_injected || matches!(exchange.status, 0 | 404 | 405);
        let violation = format!("{} {path}: Discord has no such operation", exchange.method);
        return if is_expected {
            Vec::new()
        } else {
            vec![violation]
        };
    };
    let mut violations = query_violations(description, &operation, query);
    // The log keeps no body of a request whose sender was refused.
    let is_body_dropped = exchange.body.is_null() && matches!(exchange.status, 401 | 404);
    if !is_body_dropped {
        violations.extend(body_violations(description, &operation, exchange.body));
    }
    if !exchange.is_injected {
        violations.extend(response_violations(description, &operation, exchange));
    }
    let prefix = format!("{} {path} ({})", exchange.method, exchange.status);
    violations
        .iter()
        .map(|violation| format!("{prefix}: {violation}"))
        .collect()
}

fn query_violations(description: &Description, operation: &Operation, query: &str) -> Vec<String> {
    let mut violations = Vec::new();
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        match description.query_parameter(operation, name) {
            None => violations.push(format!("query: there is no parameter {name:?}")),
            Some(schema) => {
                let found = query_value_violations(description, &schema, value);
                violations.extend(found.iter().map(|line| format!("query {name}: {line}")));
            }
        }
    }
    violations
}

/// Returns the violations of a query value. A text such as `1` fits a number and a boolean.
fn query_value_violations(description: &Description, schema: &str, text: &str) -> Vec<String> {
    /// Maximum digits of a number in a query; longer numbers are ids, which are strings.
    const LONGEST_NUMBER: usize = 9;
    let number = text.parse::<u64>().ok();
    let number = number.filter(|_| text.len() <= LONGEST_NUMBER);
    let flag = matches!(text, "true" | "True" | "1")
        .then_some(true)
        .or_else(|| matches!(text, "false" | "False" | "0").then_some(false));
    let values = [number.map(Value::from), flag.map(Value::from)];
    let mut violations = Vec::new();
    for value in values.into_iter().flatten().chain([text.into()]) {
        let found = description.validate(schema, &value);
        if found.is_empty() {
            return found;
        }
        if violations.is_empty() {
            violations = found;
        }
    }
    violations
}

fn body_violations(description: &Description, operation: &Operation, body: &Value) -> Vec<String> {
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

fn response_violations(
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
