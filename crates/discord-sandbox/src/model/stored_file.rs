//! Attached files, kept in memory.

use std::collections::BTreeMap;

/// Maximum number of files kept. The oldest are dropped, so that a bot that sends many images does
/// not exhaust the memory.
const MAX_FILES: usize = 200;
/// File extensions of images and their content types. Other files are served as [`OCTET_STREAM`].
const IMAGE_TYPES: [(&str, &str); 4] = [
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
];
/// Content type of files that are not images.
const OCTET_STREAM: &str = "application/octet-stream";
/// First bytes of a PNG file. Width and height follow as big-endian integers (PNG specification,
/// 5.2 and 11.2.1).
const PNG_HEADER: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR";

/// Stored file.
#[derive(Debug, Clone)]
pub(crate) struct StoredFile {
    /// File name.
    pub name: String,
    /// Content.
    pub bytes: Vec<u8>,
}

impl StoredFile {
    /// Returns the content type, derived from the file extension.
    pub fn content_type(&self) -> &'static str {
        let extension = self.name.rsplit('.').next().unwrap_or_default();
        let extension = extension.to_ascii_lowercase().replace("jpeg", "jpg");
        IMAGE_TYPES
            .iter()
            .find(|(known, _)| *known == extension)
            .map_or(OCTET_STREAM, |(_, content_type)| content_type)
    }

    /// Returns width and height in pixels of a PNG, or `None` for other files.
    pub fn image_size(&self) -> Option<(u32, u32)> {
        let rest = self.bytes.strip_prefix(PNG_HEADER)?;
        let number = |at: usize| Some(u32::from_be_bytes(rest.get(at..at + 4)?.try_into().ok()?));
        Some((number(0)?, number(4)?))
    }
}

/// Stored files by id.
#[derive(Debug, Default)]
pub(crate) struct StoredFiles {
    base_url: String,
    files: BTreeMap<u64, StoredFile>,
}

impl StoredFiles {
    /// Sets the URL under which files are served, such as `http://127.0.0.1:8420`.
    pub fn set_base_url(&mut self, base_url: String) {
        self.base_url = base_url;
    }

    /// Returns a file, or `None` if it is unknown or was dropped.
    pub fn get(&self, id: u64) -> Option<&StoredFile> {
        self.files.get(&id)
    }

    /// Stores a file of a channel and returns its URL.
    pub fn insert(&mut self, channel: u64, id: u64, file: StoredFile) -> String {
        let url = format!("{}/attachments/{channel}/{id}/{}", self.base_url, file.name);
        self.files.insert(id, file);
        if self.files.len() > MAX_FILES {
            self.files.pop_first();
        }
        url
    }
}
