//! What goes wrong on purpose.

/// Rules by which requests fail.
#[derive(Debug, Default)]
pub struct Faults {}
