//! JSON of users.

use serde_json::{Value, json};

use super::id;
use crate::model::User;

/// Returns a user object.
pub fn user(user: &User) -> Value {
    json!({
        "id": id(user.id),
        "username": user.name,
        "global_name": user.global_name,
        "discriminator": "0",
        "avatar": null,
        "bot": user.bot,
        "system": false,
        "flags": 0,
        "public_flags": 0,
        "primary_guild": null,
    })
}

/// Returns the bot's own user object, as in `GET /users/@me` and READY.
pub fn own_user(user: &User) -> Value {
    let mut json = self::user(user);
    json["mfa_enabled"] = json!(false);
    json["verified"] = json!(true);
    json["email"] = Value::Null;
    json["locale"] = json!("en-US");
    json
}
