//! A file that comes with a message.

use std::fmt;
use std::sync::Arc;

use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

use super::text::truncate;

/// Discord's limit for the description of an attachment, in characters (Discord docs, resources/message,
/// "Attachment Object").
pub const DESCRIPTION_MAX: usize = 1024;

/// A file. A message has at most one.
#[derive(Clone, PartialEq, Eq)]
pub struct File {
    name: &'static str,
    description: String,
    bytes: Arc<[u8]>,
}

impl File {
    /// A file under that name; its ending says what it is. The description is read to those who can't see it.
    pub fn new(name: &'static str, description: &str, bytes: impl Into<Arc<[u8]>>) -> Self {
        Self {
            name,
            description: truncate(description, DESCRIPTION_MAX),
            bytes: bytes.into(),
        }
    }

    /// Its name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What is in it.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The address under which an embed shows it (Discord docs, reference, "Using Attachments within Embeds").
    pub fn url(&self) -> String {
        format!("attachment://{}", self.name)
    }
}

/// As the list of attachments of a message: the bytes come beside it, under the number 0 (Discord docs,
/// reference, "Uploading Files").
impl Serialize for File {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Attachment<'a> {
            id: u8,
            filename: &'a str,
            description: &'a str,
        }
        let mut list = serializer.serialize_seq(Some(1))?;
        list.serialize_element(&Attachment {
            id: 0,
            filename: self.name,
            description: &self.description,
        })?;
        list.end()
    }
}

/// Without its bytes.
impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.bytes.len();
        write!(f, "{} of {size} bytes: {}", self.name, self.description)
    }
}
