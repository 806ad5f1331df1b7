//! What is wrong with which field of a body: Discord's nested `errors` (Discord docs, reference,
//! "Error Messages").

use serde_json::{Map, Value, json};

use super::error_response::ErrorResponse;

/// Code and words of "Invalid Form Body".
const INVALID_FORM: (u32, &str) = (50035, "Invalid Form Body");

/// Collects what is wrong.
#[derive(Debug, Default)]
pub struct FieldErrors {
    errors: Map<String, Value>,
}

impl FieldErrors {
    /// Notes that the field at `path` (such as `embeds.0.title`) is wrong.
    pub fn push(&mut self, path: &str, code: &str, message: &str) {
        let mut at = &mut self.errors;
        for key in path.split('.') {
            let next = at.entry(key).or_insert_with(|| json!({}));
            let Value::Object(next) = next else {
                return;
            };
            at = next;
        }
        let list = at.entry("_errors").or_insert_with(|| json!([]));
        if let Value::Array(list) = list {
            list.push(json!({ "code": code, "message": message }));
        }
    }

    /// Notes a text that is too long or too short, in characters.
    pub fn check_length(&mut self, path: &str, text: &str, min: usize, max: usize) {
        let length = text.chars().count();
        if length == 0 && min > 0 {
            self.push_required(path);
        } else if length > max && min == 0 {
            let message = format!("Must be {max} or fewer in length.");
            self.push(path, "BASE_TYPE_MAX_LENGTH", &message);
        } else if length > max || length < min {
            let message = format!("Must be between {min} and {max} in length.");
            self.push(path, "BASE_TYPE_BAD_LENGTH", &message);
        }
    }

    /// Notes a list that is too long or too short.
    pub fn check_count(&mut self, path: &str, count: usize, min: usize, max: usize) {
        if count > max || count < min {
            let message = format!("Must be between {min} and {max} in length.");
            self.push(path, "BASE_TYPE_BAD_LENGTH", &message);
        }
    }

    /// Notes a field that is missing.
    pub fn push_required(&mut self, path: &str) {
        self.push(path, "BASE_TYPE_REQUIRED", "This field is required");
    }

    /// Notes a value that is not among those allowed.
    pub fn push_invalid_choice(&mut self, path: &str, allowed: &str) {
        let message = format!("Value must be one of {{{allowed}}}.");
        self.push(path, "BASE_TYPE_CHOICES", &message);
    }

    /// # Errors
    ///
    /// Something was wrong: code 50035 with all of it.
    pub fn finish(self) -> Result<(), ErrorResponse> {
        if self.errors.is_empty() {
            return Ok(());
        }
        let (code, message) = INVALID_FORM;
        Err(ErrorResponse {
            errors: Some(Value::Object(self.errors)),
            ..ErrorResponse::new(400, code, message)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_nested_as_the_fields_are() {
        let mut errors = FieldErrors::default();
        errors.check_length("embeds.0.title", &"x".repeat(257), 0, 256);
        errors.push_required("name");
        let problem = errors.finish().unwrap_err();
        assert_eq!(
            problem.json(),
            json!({
                "message": "Invalid Form Body",
                "code": 50035,
                "errors": {
                    "embeds": { "0": { "title": { "_errors": [{
                        "code": "BASE_TYPE_MAX_LENGTH",
                        "message": "Must be 256 or fewer in length.",
                    }] } } },
                    "name": { "_errors": [{
                        "code": "BASE_TYPE_REQUIRED",
                        "message": "This field is required",
                    }] },
                },
            })
        );
    }
}
