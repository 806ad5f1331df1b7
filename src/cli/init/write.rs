//! Writes the files of `init`.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;

use super::super::exit::{CliError, Exit};
use super::super::output;
use super::answers::Answers;

/// Writes the token to its file, which no other account can read. An existing file stays.
pub fn token(answers: &Answers) -> Result<(), CliError> {
    let Some(file) = &answers.token_file else {
        return Ok(());
    };
    let Some(token) = &file.token else {
        return Ok(());
    };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    // On other systems a new file has the permissions of its folder.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&file.path).and_then(|mut opened| {
        opened.write_all(format!("{}\n", token.secret()).as_bytes())?;
        opened.sync_all()
    });
    written.map_err(|error| write_error(&file.path, &error))
}

/// Writes the config. An existing one, which the operator agreed to replace, is replaced at once.
pub fn config(path: &Path, text: &str) -> Result<(), CliError> {
    let mut new = OsString::from(path);
    new.push(".new");
    let written = write(Path::new(&new), text).and_then(|()| std::fs::rename(&new, path));
    written.map_err(|error| {
        // The error matters more than a file that can't be removed either.
        let _ = std::fs::remove_file(&new);
        write_error(path, &error)
    })
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = std::fs::File::create(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn write_error(path: &Path, error: &io::Error) -> CliError {
    CliError::new(Exit::Failed, output::write_problem(path, error))
}
