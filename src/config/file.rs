//! Finds and reads the config file.

use std::io;
use std::path::{Path, PathBuf};

use super::Config;
use quizloop_diagnostics::{Diagnostic, Source};

/// The config file if none is named.
const DEFAULT_NAME: &str = "config.toml";

/// The path of the config file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigPath {
    /// A path that the operator named. The file must exist.
    Explicit(PathBuf),
    /// The default path. If there is no such file, the default settings apply.
    Default(PathBuf),
}

/// The config file can't be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("there is no config file {}: name another file, or leave the option out", .0.display())]
    NotFound(PathBuf),
    #[error("can't read the config file {}: {error}", .path.display())]
    Unreadable { path: PathBuf, error: io::Error },
}

/// Returns the path from `--config`, else from `QUIZLOOP_CONFIG`, else `config.toml`.
pub fn find_path(option: Option<&Path>, environment: Option<&Path>) -> ConfigPath {
    let environment = environment.filter(|path| !path.as_os_str().is_empty());
    match option.or(environment) {
        Some(path) => ConfigPath::Explicit(path.to_owned()),
        None => ConfigPath::Default(DEFAULT_NAME.into()),
    }
}

/// Reads the config. Problems inside the file are returned as diagnostics.
pub fn read(path: &ConfigPath) -> Result<(Config, Vec<Diagnostic>), ConfigError> {
    let (ConfigPath::Explicit(file) | ConfigPath::Default(file)) = path;
    let bytes = match std::fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return match path {
                ConfigPath::Explicit(file) => Err(ConfigError::NotFound(file.clone())),
                ConfigPath::Default(file) => {
                    Ok((Config::default(), misspelled(file).into_iter().collect()))
                }
            };
        }
        Err(error) => {
            let path = file.clone();
            return Err(ConfigError::Unreadable { path, error });
        }
    };
    let folder = file.parent().unwrap_or(Path::new(""));
    Ok(match Source::decode(&file.display().to_string(), &bytes) {
        Ok(source) => Config::parse(&source, folder),
        Err(diagnostic) => (Config::default(), vec![*diagnostic]),
    })
}

/// Returns an error if there is a file with the default name in other letters, such as
/// `Config.toml`. With the default settings instead, the bot would use another data folder.
fn misspelled(file: &Path) -> Option<Diagnostic> {
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let entries = std::fs::read_dir(folder.unwrap_or(Path::new("."))).ok()?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut similar = names.filter(|name| name.eq_ignore_ascii_case(DEFAULT_NAME));
    let name = similar.next()?;
    let fix = format!("rename it to {DEFAULT_NAME}, or name it with --config {name}");
    Some(
        Diagnostic::error(
            &*name,
            format!("this file is not read: the config is {DEFAULT_NAME}"),
        )
        .fix(fix),
    )
}

/// Reads the text of the config again, for checks that need more than the file. `None` if there is
/// none that can be read.
pub fn source(path: &ConfigPath) -> Option<Source> {
    let (ConfigPath::Explicit(file) | ConfigPath::Default(file)) = path;
    let bytes = std::fs::read(file).ok()?;
    Source::decode(&file.display().to_string(), &bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_comes_before_the_environment() {
        let (a, b) = (Path::new("a.toml"), Path::new("b.toml"));
        assert_eq!(find_path(Some(a), Some(b)), ConfigPath::Explicit(a.into()));
        assert_eq!(find_path(None, Some(b)), ConfigPath::Explicit(b.into()));
        let default = ConfigPath::Default("config.toml".into());
        assert_eq!(find_path(None, Some(Path::new(""))), default);
        assert_eq!(find_path(None, None), default);
    }

    #[test]
    fn only_a_named_file_must_exist() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        assert_eq!(
            read(&ConfigPath::Default(file.clone())).unwrap(),
            (Config::default(), vec![])
        );
        let error = read(&ConfigPath::Explicit(file.clone())).unwrap_err();
        assert!(
            error.to_string().starts_with("there is no config file "),
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
    #[test]
    fn the_default_name_in_other_letters_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        std::fs::write(folder.path().join("Config.TOML"), "").unwrap();
        if file.exists() {
            // The file system knows no difference.
            return;
        }
        let (config, diagnostics) = read(&ConfigPath::Default(file.clone())).unwrap();
        assert_eq!(config, Config::default());
        insta::assert_snapshot!(diagnostics[0].to_string(), @"
        error: this file is not read: the config is config.toml
        --> Config.TOML
         = help: rename it to config.toml, or name it with --config Config.TOML
        ");
        std::fs::write(&file, "").unwrap();
        let (_, diagnostics) = read(&ConfigPath::Default(file)).unwrap();
        assert_eq!(diagnostics, []);
    }
}
