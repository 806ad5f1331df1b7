//! Which file is the config, and reading it.

use std::io;
use std::path::{Path, PathBuf};

use super::Config;
use crate::diagnostics::{Diagnostic, Source};

/// The config's name where nobody names one.
const DEFAULT_NAME: &str = "config.toml";

/// Which file is the config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigPath {
    /// Somebody named it: it must be there.
    Explicit(PathBuf),
    /// The usual name: without such a file the defaults hold.
    Default(PathBuf),
}

/// A config that can't be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The named file is not there.
    #[error("there is no config at {}: name another file, or leave the option out", .0.display())]
    NotFound(PathBuf),
    /// The system does not let us.
    #[error("can't read the config {}: {why}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        why: io::Error,
    },
}

/// Which file is the config: the one of `--config`, else of `QUIZLOOP_CONFIG`, else `config.toml`.
pub fn find_path(option: Option<&Path>, environment: Option<&Path>) -> ConfigPath {
    let environment = environment.filter(|path| !path.as_os_str().is_empty());
    match option.or(environment) {
        Some(path) => ConfigPath::Explicit(path.to_owned()),
        None => ConfigPath::Default(DEFAULT_NAME.into()),
    }
}

/// Reads the config. A file of the usual name that is not there is no mistake.
///
/// # Errors
///
/// The file can't be read. What is wrong inside is among the diagnostics.
pub fn read(path: &ConfigPath) -> Result<(Config, Vec<Diagnostic>), ConfigError> {
    let (ConfigPath::Explicit(file) | ConfigPath::Default(file)) = path;
    let bytes = match std::fs::read(file) {
        Ok(bytes) => bytes,
        Err(why) if why.kind() == io::ErrorKind::NotFound => {
            return match path {
                ConfigPath::Explicit(file) => Err(ConfigError::NotFound(file.clone())),
                ConfigPath::Default(_) => Ok((Config::default(), Vec::new())),
            };
        }
        Err(why) => {
            let path = file.clone();
            return Err(ConfigError::Unreadable { path, why });
        }
    };
    let folder = file.parent().unwrap_or(Path::new(""));
    Ok(match Source::decode(&file.display().to_string(), &bytes) {
        Ok(source) => Config::parse(&source, folder),
        Err(diagnostic) => (Config::default(), vec![*diagnostic]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_comes_before_the_environment() {
        let (a, b) = (Path::new("a.toml"), Path::new("b.toml"));
        assert_eq!(find_path(Some(a), Some(b)), ConfigPath::Explicit(a.into()));
        assert_eq!(find_path(None, Some(b)), ConfigPath::Explicit(b.into()));
        let usual = ConfigPath::Default("config.toml".into());
        assert_eq!(find_path(None, Some(Path::new(""))), usual);
        assert_eq!(find_path(None, None), usual);
    }

    #[test]
    fn only_a_named_file_must_be_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        assert_eq!(
            read(&ConfigPath::Default(file.clone())).unwrap(),
            (Config::default(), vec![])
        );
        let error = read(&ConfigPath::Explicit(file.clone())).unwrap_err();
        assert!(
            error.to_string().starts_with("there is no config at "),
            "{error}"
        );
        std::fs::write(&file, "[bank]\npaths = [\"packs\", \"/srv/a.toml\"]\n").unwrap();
        let (config, diagnostics) = read(&ConfigPath::Explicit(file)).unwrap();
        assert_eq!(diagnostics, []);
        assert_eq!(
            config.bank_paths,
            [folder.path().join("packs"), "/srv/a.toml".into()]
        );
        assert_eq!(config.state_dir, folder.path().join("state"));
    }
}
