//! State of `/quiz`: the quiz in custom ids, and the questions asked today.

mod asked_today;
mod state;

pub use self::asked_today::AskedToday;
pub use self::state::{MadePoints, OPTION_COUNT, OptionOrder, QuizAction, QuizState, ScoredPage};
