//! Users in JSON.

use serde_json::{Value, json};

use super::id;
use crate::sandbox::model::User;

/// A user.
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

/// The bot's own user, as `GET /users/@me` and READY give it.
pub fn own_user(user: &User) -> Value {
    let mut own = self::user(user);
    own["mfa_enabled"] = json!(false);
    own["verified"] = json!(true);
    own["email"] = Value::Null;
    own["locale"] = json!("en-US");
    own
}
