//! `/quiz`: where it stands, and what was asked today.

mod asked;
mod step;

pub use self::asked::Quizzes;
pub use self::step::{OPTIONS, Order, Quiz, Step};
