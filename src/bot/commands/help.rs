//! `/help`.

use serde_json::{Value, json};

pub fn definition() -> Value {
    json!({
        "name": "help",
        "description": "How Quizloop works, and its commands",
        "contexts": [0],
    })
}
