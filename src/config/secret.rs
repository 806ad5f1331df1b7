//! Secrets from the environment, or from files that the environment or the config names.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

/// A secret that was found. `Debug` does not show it.
pub struct Secret {
    pub text: String,
    /// Where it was found, for error messages: a variable or a file.
    pub place: String,
}

/// A secret can't be read. The messages contain nothing of it.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("{0} is set but empty: give it a value, or unset it")]
    EmptyVariable(String),
    #[error("{0} and {0}_FILE are both set: unset one of them")]
    TwoPlaces(&'static str),
    #[error("{0} is not UTF-8 text")]
    NotText(&'static str),
    #[error("the file {}, which {named_by} names, is empty: write the secret into it", .path.display())]
    EmptyFile { named_by: String, path: PathBuf },
    #[error("the file {}, which {named_by} names, is not UTF-8 text: write the secret into it", .path.display())]
    FileNotText { named_by: String, path: PathBuf },
    #[error("can't read the file {}, which {named_by} names: {error}", .path.display())]
    UnreadableFile {
        named_by: String,
        path: PathBuf,
        error: std::io::Error,
    },
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret(… from {})", self.place)
    }
}

/// Finds a secret in the variable `name`, or in the file that the variable `name` with `_FILE`
/// names; `None` if neither is set. `variable` returns the value of a variable.
///
/// # Errors
///
/// Fails if both are set, if one of them is empty, or if the file can't be read or is empty.
pub fn from_environment(
    name: &'static str,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Option<Secret>, SecretError> {
    let file_variable = format!("{name}_FILE");
    let value = |name: &str| match variable(name) {
        Some(value) if value.to_string_lossy().trim().is_empty() => {
            Err(SecretError::EmptyVariable(name.to_owned()))
        }
        value => Ok(value),
    };
    match (value(name)?, value(&file_variable)?) {
        (Some(_), Some(_)) => Err(SecretError::TwoPlaces(name)),
        (Some(value), None) => {
            let text = value.into_string();
            let text = text.map_err(|_| SecretError::NotText(name))?;
            let place = name.to_owned();
            Ok(Some(Secret { text, place }))
        }
        (None, Some(path)) => {
            let Secret { text, .. } = from_file(&file_variable, Path::new(&path))?;
            let place = file_variable;
            Ok(Some(Secret { text, place }))
        }
        (None, None) => Ok(None),
    }
}

/// Reads a secret from a file, which `named_by` names.
///
/// # Errors
///
/// Fails if the file can't be read or is empty.
pub fn from_file(named_by: &str, path: &Path) -> Result<Secret, SecretError> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let (named_by, path) = (named_by.to_owned(), path.to_owned());
        if error.kind() == std::io::ErrorKind::InvalidData {
            SecretError::FileNotText { named_by, path }
        } else {
            SecretError::UnreadableFile {
                named_by,
                path,
                error,
            }
        }
    })?;
    if text.trim().is_empty() {
        return Err(SecretError::EmptyFile {
            named_by: named_by.to_owned(),
            path: path.to_owned(),
        });
    }
    let place = path.display().to_string();
    Ok(Secret { text, place })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(variables: &[(&str, &str)]) -> Result<Option<Secret>, SecretError> {
        from_environment("A_SECRET", |name| {
            let found = variables.iter().find(|(other, _)| *other == name);
            found.map(|(_, value)| value.into())
        })
    }

    #[test]
    fn a_secret_is_in_a_variable_or_in_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, "from a file\n").unwrap();
        let file = file.to_str().unwrap();
        assert!(found(&[]).unwrap().is_none());
        let text = |variables: &[_]| found(variables).unwrap().unwrap().text;
        assert_eq!(text(&[("A_SECRET", "from a variable")]), "from a variable");
        assert_eq!(text(&[("A_SECRET_FILE", file)]), "from a file\n");
        let debug = format!("{:?}", found(&[("A_SECRET", "hunter2")]).unwrap());
        assert_eq!(debug, "Some(Secret(… from A_SECRET))");
    }

    #[test]
    fn errors_name_the_variable_and_what_to_do() {
        let error = |variables: &[_]| found(variables).unwrap_err().to_string();
        insta::assert_snapshot!(error(&[("A_SECRET", " ")]), @"A_SECRET is set but empty: give it a value, or unset it");
        insta::assert_snapshot!(error(&[("A_SECRET_FILE", "")]), @"A_SECRET_FILE is set but empty: give it a value, or unset it");
        insta::assert_snapshot!(error(&[("A_SECRET", "hunter2"), ("A_SECRET_FILE", "x")]), @"A_SECRET and A_SECRET_FILE are both set: unset one of them");
        insta::assert_snapshot!(error(&[("A_SECRET_FILE", "no/such/file")]), @"can't read the file no/such/file, which A_SECRET_FILE names: No such file or directory (os error 2)");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, " \n").unwrap();
        let error = error(&[("A_SECRET_FILE", file.to_str().unwrap())]);
        let end = "which A_SECRET_FILE names, is empty: write the secret into it";
        assert!(error.ends_with(end), "{error}");
    }
}
