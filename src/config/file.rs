//! Which file is the config, and reading it.

use std::io;
use std::path::{Path, PathBuf};

use super::Config;
use crate::findings::{Finding, Source};

/// The config's name where nobody names one.
const DEFAULT_NAME: &str = "config.toml";

/// Which file is the config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigPath {
    /// Somebody named it: it must be there.
    Named(PathBuf),
    /// The usual name: without such a file the defaults hold.
    Usual(PathBuf),
}

/// A config that can't be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The named file is not there.
    #[error("there is no config at {}: name another file, or leave the option out", .0.display())]
    NotThere(PathBuf),
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
        Some(path) => ConfigPath::Named(path.to_owned()),
        None => ConfigPath::Usual(DEFAULT_NAME.into()),
    }
}

/// Reads the config. A file of the usual name that is not there is no mistake.
///
/// # Errors
///
/// The file can't be read. What is wrong inside is among the findings.
pub fn read(path: &ConfigPath) -> Result<(Config, Vec<Finding>), ConfigError> {
    let (ConfigPath::Named(file) | ConfigPath::Usual(file)) = path;
    let bytes = match std::fs::read(file) {
        Ok(bytes) => bytes,
        Err(why) if why.kind() == io::ErrorKind::NotFound => {
            return match path {
                ConfigPath::Named(file) => Err(ConfigError::NotThere(file.clone())),
                ConfigPath::Usual(_) => Ok((Config::default(), Vec::new())),
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
        Err(finding) => (Config::default(), vec![*finding]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_comes_before_the_environment() {
        let (a, b) = (Path::new("a.toml"), Path::new("b.toml"));
        assert_eq!(find_path(Some(a), Some(b)), ConfigPath::Named(a.into()));
        assert_eq!(find_path(None, Some(b)), ConfigPath::Named(b.into()));
        let usual = ConfigPath::Usual("config.toml".into());
        assert_eq!(find_path(None, Some(Path::new(""))), usual);
        assert_eq!(find_path(None, None), usual);
    }

    #[test]
    fn only_a_named_file_must_be_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        assert_eq!(
            read(&ConfigPath::Usual(file.clone())).unwrap(),
            (Config::default(), vec![])
        );
        let error = read(&ConfigPath::Named(file.clone())).unwrap_err();
        assert!(
            error.to_string().starts_with("there is no config at "),
            "{error}"
        );
        std::fs::write(&file, "[bank]\npaths = [\"packs\", \"/srv/a.toml\"]\n").unwrap();
        let (config, findings) = read(&ConfigPath::Named(file)).unwrap();
        assert_eq!(findings, []);
        assert_eq!(
            config.bank_paths,
            [folder.path().join("packs"), "/srv/a.toml".into()]
        );
        assert_eq!(config.state_dir, folder.path().join("state"));
    }
}
