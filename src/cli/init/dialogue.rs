//! Questions to the operator, and their answers.

use std::io::{self, BufRead as _};

use super::super::exit::{CliError, Exit};
use super::super::output;

/// Asks questions. Tests answer them without a terminal.
pub trait Dialogue {
    /// Prints a line.
    fn say(&mut self, text: &str) -> Result<(), CliError>;

    /// Asks for a line of text.
    fn ask(&mut self, question: &str) -> Result<String, CliError>;

    /// Asks for a secret, which the terminal does not show.
    fn ask_secret(&mut self, question: &str) -> Result<String, CliError>;
}

/// The terminal.
pub struct Console;

impl Dialogue for Console {
    fn say(&mut self, text: &str) -> Result<(), CliError> {
        Ok(output::line(text)?)
    }

    fn ask(&mut self, question: &str) -> Result<String, CliError> {
        output::text(format_args!("{question}: "))?;
        let mut line = String::new();
        match io::stdin().lock().read_line(&mut line) {
            Ok(length) if length > 0 => Ok(line.trim().to_owned()),
            // The end of the input: Ctrl-D.
            _ => {
                output::line("")?;
                Err(CliError::new(Exit::Failed, "stopped; nothing was written"))
            }
        }
    }

    fn ask_secret(&mut self, question: &str) -> Result<String, CliError> {
        output::text(format_args!("{question}: "))?;
        let secret = rpassword::read_password().map_err(|error| {
            let message = format!("can't read the token from the terminal: {error}");
            CliError::new(Exit::Failed, message)
        })?;
        Ok(secret.trim().to_owned())
    }
}
