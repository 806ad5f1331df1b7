//! Import and export of questions.
//!
//! Other tools' tables, lists, Markdown and plain text are read by [`read_any()`]; question files, CSV,
//! JSON and Anki's text are written. The functions take and return texts or bytes; callers read and
//! write the files.

mod anki;
mod build;
mod choices;
mod csv;
mod decode;
mod fields;
mod html;
mod ids;
mod json;
mod json_tree;
mod markdown;
mod pack;
mod plain_text;
mod question_record;
mod read_any;
mod record;
mod table;
#[cfg(test)]
mod tests;
mod tidy;
mod tree;
mod yaml_tree;

pub use self::anki::{AnkiCards, AnkiDeckName, AnkiOptions, ParseAnkiDeckNameError, anki};
pub use self::csv::csv;
pub use self::fields::{ColumnMapping, ParseColumnMappingError};
pub(crate) use self::ids::hashed_id;
pub use self::json::{json, json_object};
pub use self::pack::pack;
pub use self::read_any::{
    Formats, ImportedFile, ImportedQuestion, Mistake, ROWS_MAX, ReadOptions, read_any,
};
