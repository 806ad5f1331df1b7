//! The buttons with which a member rates how well they knew the answer to a question without key
//! points.

use super::component::{ActionRow, ButtonStyle};
use super::daily::button;
use crate::bot::interactions::custom_id::ComponentId;
use quizloop_core::review::Rating;

/// The text above the buttons.
pub const QUESTION: &str = "How well did you know it? **Again**: not really. **Hard**: a part. \
                            **Good**: most of it. **Easy**: all of it.";

/// A row with a button for each rating.
pub fn row(id: impl Fn(Rating) -> ComponentId) -> ActionRow {
    let rate = |rating| button(ButtonStyle::Secondary, label(rating), &id(rating));
    ActionRow::buttons(Rating::ALL.map(rate).into())
}

/// The name of a rating, as in other tools for repeating.
pub const fn label(rating: Rating) -> &'static str {
    match rating {
        Rating::Again => "Again",
        Rating::Hard => "Hard",
        Rating::Good => "Good",
        Rating::Easy => "Easy",
    }
}
