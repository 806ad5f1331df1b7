//! The address of the health endpoints: `[health] listen`.

use std::net::SocketAddr;

use quizloop_diagnostics::toml_reader::{TomlField, TomlReader};
use quizloop_diagnostics::{Diagnostic, Severity};

/// Help for an invalid address.
const EXAMPLE: &str = "write an address and a port, such as \"127.0.0.1:9420\" or \"[::1]:9420\"";

/// Reads an address to listen on. An address that is not loopback causes a warning.
pub fn read(reader: &mut TomlReader<'_>, field: &TomlField<&str>) -> Option<SocketAddr> {
    let text = field.value.trim();
    let Ok(address) = text.parse::<SocketAddr>() else {
        let message = format!("\"{text}\" is not an address to listen on");
        reader.error(&field.span, message, EXAMPLE);
        return None;
    };
    if !address.ip().is_loopback() {
        let message = "other machines can reach the health endpoints at this address";
        let diagnostic = Diagnostic::at(reader.source(), &field.span, message);
        let fix = "use 127.0.0.1, unless a firewall allows only your monitoring";
        reader.push(diagnostic.severity(Severity::Warning).fix(fix));
    }
    Some(address)
}
