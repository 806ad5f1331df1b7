//! What disks and crashes do to the store.
