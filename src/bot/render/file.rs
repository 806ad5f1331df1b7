//! An attachment of a message.

use std::fmt;
use std::sync::Arc;

use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

use super::text::truncate;

/// Maximum length of an attachment's description in characters (Discord docs, resources/message,
/// "Attachment Object").
pub const DESCRIPTION_MAX: usize = 1024;

/// An attachment. A message has at most one.
#[derive(Clone, PartialEq, Eq)]
pub struct File {
    name: &'static str,
    description: String,
    bytes: Arc<[u8]>,
}

impl File {
    /// A file whose type follows from the extension in `name`. Screen readers read the description.
    pub fn new(name: &'static str, description: &str, bytes: impl Into<Arc<[u8]>>) -> Self {
        Self {
            name,
            description: truncate(description, DESCRIPTION_MAX),
            bytes: bytes.into(),
        }
    }

    pub const fn name(&self) -> &'static str {
        self.name
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The URL by which an embed shows it (Discord docs, reference, "Using Attachments within
    /// Embeds").
    pub fn url(&self) -> String {
        format!("attachment://{}", self.name)
    }
}

/// Serializes to the `attachments` of a message. The bytes are sent in a separate part with the id
/// 0 (Discord docs, reference, "Uploading Files").
impl Serialize for File {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Attachment<'a> {
            id: &'a str,
            filename: &'a str,
            description: &'a str,
        }
        let mut list = serializer.serialize_seq(Some(1))?;
        list.serialize_element(&Attachment {
            id: "0",
            filename: self.name,
            description: &self.description,
        })?;
        list.end()
    }
}

/// Leaves the bytes out.
impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.bytes.len();
        write!(f, "{} of {size} bytes: {}", self.name, self.description)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Discord's description of the API allows only strings as ids.
    #[test]
    fn the_id_of_an_attachment_is_a_string() {
        let file = File::new("progress.png", "A chart", *b"PNG");
        let attachments = json!([
            { "id": "0", "filename": "progress.png", "description": "A chart" },
        ]);
        assert_eq!(serde_json::to_value(&file).unwrap(), attachments);
    }
}
