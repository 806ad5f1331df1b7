//! Questions to and from the formats of other tools: JSON, CSV, Anki, and question files.
//!
//! Texts go in and out; whoever calls reads and writes the files.

mod anki;
mod csv;
mod import;
mod json;
mod pack;
mod question_record;

pub use self::anki::anki;
pub use self::csv::csv;
pub use self::import::{ImportResult, RejectedRow, import_csv, import_json};
pub use self::json::json;
pub use self::pack::pack;
