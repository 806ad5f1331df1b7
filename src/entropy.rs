//! The one place that makes random sources.
