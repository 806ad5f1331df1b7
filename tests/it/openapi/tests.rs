//! Tests of the checker: it finds violations and names their location.

use serde_json::{Value, json};

use super::{Exchange, check_exchanges};

const CHANNEL: &str = "/api/v10/channels/1120000000000000001";

/// Returns the violations of one exchange, or `None` without the description.
fn violations(request: (&str, &str, &Value), answer: (u16, &Value)) -> Option<Vec<String>> {
    super::shared()?;
    let exchange = Exchange {
        method: request.0,
        path: request.1,
        body: request.2,
        status: answer.0,
        answer: answer.1,
        is_injected: false,
    };
    Some(check_exchanges([exchange]))
}

fn error(code: u32) -> Value {
    json!({ "code": code, "message": "Missing Access" })
}

#[test]
fn a_valid_exchange_has_no_violations() {
    let body = json!({
        "content": "What is a coroutine?",
        "nonce": "q1", "enforce_nonce": true, "tts": false, "sticker_ids": [], "attachments": [],
        "allowed_mentions": { "parse": [] },
        "embeds": [{ "title": "Round 1", "color": 5_793_266, "footer": { "text": "round 1" } }],
        "components": [{ "type": 1, "components": [
            { "type": 2, "style": 1, "label": "How to answer", "custom_id": "q:1:how" },
        ]}],
    });
    let request = ("POST", &*format!("{CHANNEL}/messages"), &body);
    let found = violations(request, (403, &error(50001)));
    assert!(found.is_none_or(|found| found.is_empty()));
}

#[test]
fn a_label_that_is_too_long_is_found_inside_the_unions() {
    let body = json!({ "components": [{ "type": 1, "components": [
        { "type": 2, "style": 1, "label": "x".repeat(81), "custom_id": "q:1:how" },
    ]}]});
    let request = ("POST", &*format!("{CHANNEL}/messages"), &body);
    let Some(found) = violations(request, (403, &error(50001))) else {
        return;
    };
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(
        found[0].contains("request/components/0/components/0/label"),
        "{found:#?}"
    );
    assert!(found[0].contains("80"), "{found:#?}");
}

#[test]
fn a_message_that_lacks_fields_is_found() {
    let request = (
        "GET",
        &*format!("{CHANNEL}/messages/1130000000000000001"),
        &Value::Null,
    );
    let answer = json!({ "id": "1130000000000000001", "type": 0, "content": "" });
    let Some(found) = violations(request, (200, &answer)) else {
        return;
    };
    assert!(
        found
            .iter()
            .any(|line| line.contains("\"channel_id\" is missing")),
        "{found:#?}"
    );
    assert!(
        found.iter().any(|line| line.contains("\"tts\" is missing")),
        "{found:#?}"
    );
}

#[test]
fn a_permission_bit_set_may_be_text() {
    let path = "/api/v10/applications/1100000000000000001/commands";
    let command = |permissions| {
        let body = json!([{ "name": "setup", "description": "Set up", "default_member_permissions": permissions }]);
        violations(("PUT", path, &body), (403, &error(50001)))
    };
    assert!(command(json!("32")).is_none_or(|found| found.is_empty()));
    assert!(command(json!("manage")).is_none_or(|found| found.len() == 1));
}

#[test]
fn the_query_is_checked() {
    let list = |query| {
        let path = format!("{CHANNEL}/messages?{query}");
        violations(("GET", &path, &Value::Null), (403, &error(50001)))
    };
    assert!(list("after=1130000000000000001&limit=100").is_none_or(|found| found.is_empty()));
    assert!(list("limit=101").is_none_or(|found| found.len() == 1));
    assert!(list("afterwards=1").is_none_or(|found| found.len() == 1));
}

/// discord.py sends `1` for true.
#[test]
fn a_boolean_in_the_query_may_be_a_number() {
    let body = json!({ "type": 4, "data": { "content": "hi" } });
    let callback = |flag| {
        let path = format!(
            "/api/v10/interactions/1140000000000000001/token/callback?with_response={flag}"
        );
        violations(("POST", &path, &body), (204, &Value::Null))
    };
    for flag in ["true", "True", "1", "false", "0"] {
        let found = callback(flag);
        assert!(
            found.as_ref().is_none_or(Vec::is_empty),
            "{flag}: {found:?}"
        );
    }
    assert!(callback("2").is_none_or(|found| found.len() == 1));
    assert!(callback("yes").is_none_or(|found| found.len() == 1));
}

/// The log keeps no body of a request whose sender was refused.
#[test]
fn a_refused_request_needs_no_body() {
    let path = format!("{CHANNEL}/messages");
    let refused = |status| violations(("POST", &path, &Value::Null), (status, &error(0)));
    assert!(refused(401).is_none_or(|found| found.is_empty()));
    assert!(refused(403).is_none_or(|found| found.len() == 1));
}

#[test]
fn an_address_that_does_not_exist_must_get_404() {
    let ask = |status| violations(("GET", "/api/v10/guild", &Value::Null), (status, &error(0)));
    assert!(ask(404).is_none_or(|found| found.is_empty()));
    assert!(ask(403).is_none_or(|found| found.len() == 1));
}

#[test]
fn a_callback_has_no_answer_unless_it_was_asked_for() {
    let path = "/api/v10/interactions/1140000000000000001/token/callback";
    let body = json!({ "type": 4, "data": { "content": "hi", "flags": 64 } });
    let answer = |status, answer| violations(("POST", path, &body), (status, &answer));
    assert!(answer(204, Value::Null).is_none_or(|found| found.is_empty()));
    assert!(answer(204, json!({})).is_none_or(|found| found.len() == 1));
    assert!(answer(201, json!({})).is_none_or(|found| found.len() == 1));
}
