//! Discord's OpenAPI description: finds operations and compiles schemas.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use boon::{CompileError, Compiler, Draft, SchemaIndex, Schemas};
use serde_json::Value;

use crate::violations;

/// Address of the description for references between its schemas; nothing is fetched from it.
const BASE: &str = "https://discord.invalid/openapi.json";

/// The description can't be read.
#[derive(Debug, thiserror::Error)]
pub enum DescriptionError {
    /// The text is not JSON.
    #[error("the file is not valid JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The JSON is not a description of operations.
    #[error("the file has no paths, so it is not an OpenAPI description")]
    NoPaths,
}

/// The description, and the schemas compiled so far.
pub struct Description {
    root: Value,
    compiled: Mutex<CompiledSchemas>,
}

#[derive(Default)]
struct CompiledSchemas {
    schemas: Schemas,
    /// By JSON pointer.
    indices: HashMap<String, SchemaIndex>,
}

impl std::fmt::Debug for Description {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Description").finish_non_exhaustive()
    }
}

/// An operation: JSON pointers to its path and to its method.
pub struct Operation {
    path: String,
    method: String,
}

/// The body of a request.
pub struct RequestBodySchema {
    /// A JSON pointer to its schema.
    pub schema: String,
    /// Whether the body is required.
    pub is_required: bool,
}

/// A described response.
pub struct ResponseSchema {
    /// A JSON pointer to the schema of its body; `None` if it has no body.
    pub schema: Option<String>,
}

impl Description {
    /// Parses a description.
    ///
    /// # Errors
    ///
    /// The text is not JSON, or has no paths.
    pub fn read(text: &str) -> Result<Self, DescriptionError> {
        let root: Value = serde_json::from_str(text)?;
        if !root["paths"].is_object() {
            return Err(DescriptionError::NoPaths);
        }
        Ok(Self {
            root,
            compiled: Mutex::default(),
        })
    }

    /// Finds the operation for a request. Literal paths win over paths with parameters.
    pub fn operation(&self, method: &str, path: &str) -> Option<Operation> {
        let path = path.strip_prefix("/api/v10")?;
        let method = method.to_lowercase();
        let templates = self.root["paths"].as_object()?;
        let matching = templates.iter().filter(|(template, of_path)| {
            matches_template(template, path) && of_path.get(&method).is_some()
        });
        let (template, _) = matching.min_by_key(|(template, _)| template.matches('{').count())?;
        let path = format!("/paths/{}", escape_pointer(template));
        Some(Operation {
            method: format!("{path}/{method}"),
            path,
        })
    }

    /// Returns a JSON pointer to the schema of a query parameter.
    pub fn query_parameter(&self, operation: &Operation, name: &str) -> Option<String> {
        [&operation.method, &operation.path]
            .into_iter()
            .find_map(|owner| {
                let parameters = self
                    .root
                    .pointer(&format!("{owner}/parameters"))?
                    .as_array()?;
                let is_it =
                    |parameter: &Value| parameter["in"] == "query" && parameter["name"] == name;
                let index = parameters.iter().position(is_it)?;
                Some(format!("{owner}/parameters/{index}/schema"))
            })
    }

    /// Returns the schema of the operation's JSON body.
    pub fn request_body(&self, operation: &Operation) -> Option<RequestBodySchema> {
        let pointer = format!("{}/requestBody", operation.method);
        let body = self.root.pointer(&pointer)?;
        Some(RequestBodySchema {
            schema: format!("{pointer}{JSON_SCHEMA}"),
            is_required: body["required"] == true,
        })
    }

    /// Returns the response for this status, or for its class (`4XX`).
    pub fn response(&self, operation: &Operation, status: u16) -> Option<ResponseSchema> {
        let responses = format!("{}/responses", operation.method);
        let names = [status.to_string(), format!("{}XX", status / 100)];
        let mut own = names.iter().map(|name| format!("{responses}/{name}"));
        let pointer = own.find(|pointer| self.root.pointer(pointer).is_some())?;
        let shared = self.root.pointer(&pointer)?["$ref"].as_str();
        let pointer = shared.map_or(pointer.clone(), |shared| {
            shared.trim_start_matches('#').to_owned()
        });
        let schema = format!("{pointer}{JSON_SCHEMA}");
        Some(ResponseSchema {
            schema: self.root.pointer(&schema).is_some().then_some(schema),
        })
    }

    /// Returns the violations of the schema at a JSON pointer, one line each.
    pub fn validate(&self, pointer: &str, value: &Value) -> Vec<String> {
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        let index = match compiled.index(&self.root, pointer) {
            Ok(index) => index,
            Err(error) => return vec![format!("the schema at {pointer} can't be used: {error}")],
        };
        match compiled.schemas.validate(value, index) {
            Ok(()) => Vec::new(),
            Err(error) => violations::describe_all(&error, value),
        }
    }
}

impl CompiledSchemas {
    /// Returns the schema at a JSON pointer, which is compiled on first use.
    fn index(&mut self, root: &Value, pointer: &str) -> Result<SchemaIndex, Box<CompileError>> {
        if let Some(index) = self.indices.get(pointer) {
            return Ok(*index);
        }
        // Not kept, because a compiler can't be moved between threads.
        let mut compiler = Compiler::new();
        // OpenAPI 3.1 uses JSON Schema 2020-12, but the file does not declare it.
        compiler.set_default_draft(Draft::V2020_12);
        compiler.enable_format_assertions();
        compiler.add_resource(BASE, root.clone())?;
        let fragment = pointer.replace('{', "%7B").replace('}', "%7D");
        let index = compiler.compile(&format!("{BASE}#{fragment}"), &mut self.schemas)?;
        self.indices.insert(pointer.to_owned(), index);
        Ok(index)
    }
}

/// Path from a body to its JSON schema.
const JSON_SCHEMA: &str = "/content/application~1json/schema";

/// Escapes a path as one segment of a JSON pointer.
fn escape_pointer(path: &str) -> String {
    path.replace('~', "~0").replace('/', "~1")
}

fn matches_template(template: &str, path: &str) -> bool {
    let (mut expected, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (expected.next(), given.next()) {
            (None, None) => return true,
            (Some(expected), Some(given)) if expected.starts_with('{') => {
                // `@me` and similar segments are literal paths, not ids.
                if given.is_empty() || given.starts_with('@') {
                    return false;
                }
            }
            (Some(expected), Some(given)) if expected == given => {}
            _ => return false,
        }
    }
}
