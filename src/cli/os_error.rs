//! Sentences in place of the operating system's errors.
//!
//! Errors of the operating system reach the command line inside of other errors, such as "can't
//! read the config file a.toml: No such file or directory (os error 2)". They are replaced where
//! they are printed, so that no place can be forgotten. Log lines keep the number, by which one can
//! search.

use std::io::{Error, ErrorKind};

/// The beginning of the number in an error's text.
const NUMBER: &str = " (os error ";

/// Replaces each error of the operating system by a sentence.
pub fn explain(text: &str) -> String {
    let mut explained = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(NUMBER) {
        let number = &rest[start + NUMBER.len()..];
        let end = number.find(')');
        let code = end.and_then(|end| number[..end].parse::<i32>().ok());
        let (Some(end), Some(code)) = (end, code) else {
            let (before, after) = rest.split_at(start + NUMBER.len());
            explained.push_str(before);
            rest = after;
            continue;
        };
        let error = Error::from_raw_os_error(code);
        let whole = error.to_string();
        let description = whole.split(NUMBER).next().unwrap_or_default();
        match rest[..start].strip_suffix(description) {
            Some(before) => {
                explained.push_str(before);
                explained.push_str(&sentence(error.kind(), description));
            }
            // Of another machine, or shortened: only the number is removed.
            None => explained.push_str(&rest[..start]),
        }
        rest = &number[end + 1..];
    }
    explained.push_str(rest);
    explained
}

/// Returns what an error means for the operator. It continues a sentence such as "can't read
/// a.toml:".
fn sentence(kind: ErrorKind, description: &str) -> String {
    let sentence = match kind {
        ErrorKind::NotFound => "it does not exist",
        ErrorKind::PermissionDenied => "this account has no permission",
        ErrorKind::AlreadyExists => "it exists already",
        ErrorKind::IsADirectory => "it is a folder, not a file",
        ErrorKind::NotADirectory => "a part of the path is a file, not a folder",
        ErrorKind::ReadOnlyFilesystem => "the file system is read-only",
        ErrorKind::StorageFull => "the disk is full",
        ErrorKind::QuotaExceeded => "the disk quota is used up",
        ErrorKind::FileTooLarge => "the file would be too large",
        ErrorKind::ConnectionRefused => "nothing listens there",
        ErrorKind::ConnectionReset => "the other side closed the connection",
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => "it can't be reached",
        ErrorKind::TimedOut => "it did not answer in time",
        ErrorKind::AddrInUse => "the address is already in use",
        ErrorKind::AddrNotAvailable => "this machine does not have that address",
        _ => return description.to_lowercase(),
    };
    sentence.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn errors_of_the_operating_system_become_sentences() {
        let os = |code: i32| Error::from_raw_os_error(code).to_string();
        let text = format!("can't read a: {}. Or b: {}", os(2), os(13));
        assert_eq!(
            explain(&text),
            "can't read a: it does not exist. Or b: this account has no permission"
        );
        assert_eq!(explain(&format!("a: {}", os(5))), "a: input/output error");
        // The text of another error before that number.
        assert_eq!(explain("a: odd words (os error 2)"), "a: odd words");
        for text in ["", "a (os error x) b", "a (os error 2", "a (os error 2b)"] {
            assert_eq!(explain(text), text);
        }
    }
}
