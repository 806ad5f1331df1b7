//! Files that the bot attached, in memory.

use std::collections::BTreeMap;

/// Files that are kept; the oldest go. A bot that draws pictures would fill the memory otherwise.
const KEPT: usize = 200;
/// Pictures that are served as what they are; everything else is served as bytes.
const PICTURES: [(&str, &str); 4] = [
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
];
/// What everything else is served as.
const BYTES: &str = "application/octet-stream";
/// A PNG begins so, and its width and height follow (PNG specification, 5.2 and 11.2.1).
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR";

/// A file.
#[derive(Debug, Clone)]
pub struct File {
    /// Its name.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl File {
    /// The content type, by the name's ending.
    pub fn served_as(&self) -> &'static str {
        let ending = self.name.rsplit('.').next().unwrap_or_default();
        let ending = ending.to_ascii_lowercase().replace("jpeg", "jpg");
        let found = PICTURES.iter().find(|(known, _)| *known == ending);
        found.map_or(BYTES, |(_, kind)| kind)
    }

    /// Width and height of a PNG.
    pub fn size_in_pixels(&self) -> Option<(u32, u32)> {
        let rest = self.bytes.strip_prefix(PNG)?;
        let number = |at: usize| Some(u32::from_be_bytes(rest.get(at..at + 4)?.try_into().ok()?));
        Some((number(0)?, number(4)?))
    }
}

/// All files by id.
#[derive(Debug, Default)]
pub struct Files {
    base: String,
    files: BTreeMap<u64, File>,
}

impl Files {
    /// Says under which address they are served.
    pub fn serve_at(&mut self, base: String) {
        self.base = base;
    }

    /// A file.
    pub fn get(&self, id: u64) -> Option<&File> {
        self.files.get(&id)
    }

    /// Keeps a file of a channel; its address.
    pub fn keep(&mut self, channel: u64, id: u64, file: File) -> String {
        let url = format!("{}/attachments/{channel}/{id}/{}", self.base, file.name);
        self.files.insert(id, file);
        if self.files.len() > KEPT {
            self.files.pop_first();
        }
        url
    }
}
