//! Files that the bot attached, in memory.

use std::collections::BTreeMap;

/// Files that are kept; the oldest go. A bot that draws pictures would fill the memory otherwise.
const MAX_FILES: usize = 200;
/// Pictures that are served as what they are; everything else is served as bytes.
const IMAGE_TYPES: [(&str, &str); 4] = [
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
];
/// What everything else is served as.
const OCTET_STREAM: &str = "application/octet-stream";
/// A PNG begins so, and its width and height follow (PNG specification, 5.2 and 11.2.1).
const PNG_HEADER: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR";

/// A file.
#[derive(Debug, Clone)]
pub struct StoredFile {
    /// Its name.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl StoredFile {
    /// The content type, by the name's ending.
    pub fn content_type(&self) -> &'static str {
        let ending = self.name.rsplit('.').next().unwrap_or_default();
        let ending = ending.to_ascii_lowercase().replace("jpeg", "jpg");
        let found = IMAGE_TYPES.iter().find(|(known, _)| *known == ending);
        found.map_or(OCTET_STREAM, |(_, kind)| kind)
    }

    /// Width and height of a PNG.
    pub fn image_size(&self) -> Option<(u32, u32)> {
        let rest = self.bytes.strip_prefix(PNG_HEADER)?;
        let number = |at: usize| Some(u32::from_be_bytes(rest.get(at..at + 4)?.try_into().ok()?));
        Some((number(0)?, number(4)?))
    }
}

/// All files by id.
#[derive(Debug, Default)]
pub struct StoredFiles {
    base_url: String,
    files: BTreeMap<u64, StoredFile>,
}

impl StoredFiles {
    /// Says under which address they are served.
    pub fn set_base_url(&mut self, base: String) {
        self.base_url = base;
    }

    /// A file.
    pub fn get(&self, id: u64) -> Option<&StoredFile> {
        self.files.get(&id)
    }

    /// Keeps a file of a channel; its address.
    pub fn insert(&mut self, channel: u64, id: u64, file: StoredFile) -> String {
        let url = format!("{}/attachments/{channel}/{id}/{}", self.base_url, file.name);
        self.files.insert(id, file);
        if self.files.len() > MAX_FILES {
            self.files.pop_first();
        }
        url
    }
}
