//! Reads the question files of `bank.paths`.

use std::io;
use std::path::{Path, PathBuf};

use quizloop_diagnostics::{Diagnostic, MAX_BYTES, RawFile};

/// Reads question files. Of a folder, it reads all files that end in `.toml`, ordered by name.
pub fn read(paths: &[PathBuf]) -> (Vec<RawFile>, Vec<Diagnostic>) {
    let (mut packs, mut diagnostics) = (Vec::new(), Vec::new());
    for path in paths {
        match list_files(path) {
            Ok(files) if files.is_empty() => diagnostics.push(no_files(path)),
            Ok(files) => {
                for file in files {
                    match read_pack(&file) {
                        Ok(pack) => packs.push(pack),
                        Err(error) => diagnostics.push(unreadable(&file, &error)),
                    }
                }
            }
            Err(error) => diagnostics.push(unreadable(path, &error)),
        }
    }
    (packs, diagnostics)
}

fn list_files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !std::fs::metadata(path)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let file = entry?.path();
        if file
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

/// Reads at most one byte more than is allowed. The bank can then reject a file that is too big
/// without reading all of it into memory.
fn read_pack(file: &Path) -> io::Result<RawFile> {
    use io::Read;
    let mut bytes = Vec::new();
    let limit = u64::try_from(MAX_BYTES)
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    std::fs::File::open(file)?
        .take(limit)
        .read_to_end(&mut bytes)?;
    Ok(RawFile {
        name: file.display().to_string(),
        bytes,
    })
}

fn no_files(path: &Path) -> Diagnostic {
    let message = "no question files in this folder";
    Diagnostic::warning(path.display().to_string(), message)
        .fix("question files end in .toml; subfolders are not searched")
}

fn unreadable(path: &Path, error: &io::Error) -> Diagnostic {
    let name = path.display().to_string();
    let fix = "check the path in `bank.paths`; relative paths start at the config file's folder";
    Diagnostic::error(name, format!("can't read this file or folder: {error}")).fix(fix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_read_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["b.toml", "a.toml", "notes.txt"] {
            std::fs::write(path(name), name).unwrap();
        }
        std::fs::create_dir(path("empty")).unwrap();
        let (packs, diagnostics) = read(&[folder.path().into(), path("empty"), path("gone.toml")]);
        let read: Vec<_> = packs.iter().map(|pack| pack.bytes.as_slice()).collect();
        assert_eq!(read, [b"a.toml".as_slice(), b"b.toml"]);
        let messages: Vec<_> = diagnostics
            .iter()
            .map(|diagnostic| diagnostic.message.as_str())
            .collect();
        assert_eq!(messages[0], "no question files in this folder");
        assert!(
            messages[1].starts_with("can't read this file or folder: "),
            "{}",
            messages[1]
        );
    }
}
