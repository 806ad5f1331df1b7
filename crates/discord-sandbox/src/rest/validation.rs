//! Field errors of a body, in Discord's nested format (Discord docs, reference, "Error Messages").

use serde_json::{Map, Value, json};

use super::error_response::ErrorResponse;

/// Error code and message for invalid fields.
const INVALID_FORM: (u32, &str) = (50035, "Invalid Form Body");

/// Collected field errors.
#[derive(Debug, Default)]
pub struct FieldErrors {
    errors: Map<String, Value>,
}

impl FieldErrors {
    /// Adds an error of the field at `path`, such as `embeds.0.title`.
    pub fn push(&mut self, path: &str, code: &str, message: &str) {
        let mut node = &mut self.errors;
        for key in path.split('.') {
            let next = node.entry(key).or_insert_with(|| json!({}));
            let Value::Object(next) = next else {
                return;
            };
            node = next;
        }
        let list = node.entry("_errors").or_insert_with(|| json!([]));
        if let Value::Array(list) = list {
            list.push(json!({ "code": code, "message": message }));
        }
    }

    /// Adds an error if the length of `text`, in characters, is out of range.
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

    /// Adds an error if the length of a list is out of range.
    pub fn check_count(&mut self, path: &str, count: usize, min: usize, max: usize) {
        if count > max || count < min {
            let message = format!("Must be between {min} and {max} in length.");
            self.push(path, "BASE_TYPE_BAD_LENGTH", &message);
        }
    }

    /// Adds an error for a missing field.
    pub fn push_required(&mut self, path: &str) {
        self.push(path, "BASE_TYPE_REQUIRED", "This field is required");
    }

    /// Adds an error for a value that is not one of `allowed`.
    pub fn push_invalid_choice(&mut self, path: &str, allowed: &str) {
        let message = format!("Value must be one of {{{allowed}}}.");
        self.push(path, "BASE_TYPE_CHOICES", &message);
    }

    /// Finishes the validation.
    ///
    /// # Errors
    ///
    /// Returns 50035 with all errors, if there are any.
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
    fn errors_are_nested_like_their_fields() {
        let mut errors = FieldErrors::default();
        errors.check_length("embeds.0.title", &"x".repeat(257), 0, 256);
        errors.push_required("name");
        let response = errors.finish().unwrap_err();
        assert_eq!(
            response.json(),
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
