//! Where the health of the bot can be asked for: `[health] listen`.

use std::net::SocketAddr;

use crate::diagnostics::toml_reader::{TomlField, TomlReader};
use crate::diagnostics::{Diagnostic, Severity};

/// What such an address looks like.
const EXAMPLE: &str = "write an address and a port, such as \"127.0.0.1:9420\" or \"[::1]:9420\"";

/// Reads an address to listen on. One that others can reach is taken, with a warning.
pub fn read(reader: &mut TomlReader<'_>, found: &TomlField<&str>) -> Option<SocketAddr> {
    let words = found.value.trim();
    let Ok(address) = words.parse::<SocketAddr>() else {
        let message = format!("\"{words}\" is not an address to listen on");
        reader.error(&found.span, message, EXAMPLE);
        return None;
    };
    if !address.ip().is_loopback() {
        let message = "other machines can ask how the bot is at this address";
        let diagnostic = Diagnostic::at(reader.source(), &found.span, message);
        let fix = "use 127.0.0.1, unless a firewall lets only your monitoring through";
        reader.push(diagnostic.severity(Severity::Warning).fix(fix));
    }
    Some(address)
}
