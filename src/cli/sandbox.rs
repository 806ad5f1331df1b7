//! `sandbox`: Discord on this machine.
