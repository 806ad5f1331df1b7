//! `/help`.

use serde_json::{Value, json};

/// The command in Discord's form.
pub fn definition() -> Value {
    json!({
        "name": "help",
        "description": "What Quizloop does, and its commands",
        "contexts": [0],
    })
}
