//! Import and export of questions: JSON, CSV, Anki (export only) and question files.
//!
//! The functions take and return texts; callers read and write the files.

mod anki;
mod csv;
mod import;
mod json;
mod pack;
mod question_record;

pub use self::anki::{AnkiCards, AnkiDeckName, AnkiOptions, ParseAnkiDeckNameError, anki};
pub use self::csv::csv;
pub(crate) use self::import::hashed_id;
pub use self::import::{
    ImportError, ImportOptions, ImportResult, RejectedRow, import_csv, import_json,
};
pub use self::json::json;
pub use self::pack::pack;
