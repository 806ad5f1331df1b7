//! Discord's description: finds operations in it and keeps the compiled schemas.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use jsonschema::{Draft, Registry, Validator};
use serde_json::{Value, json};

use super::{VARIABLE, complaint};

/// The name under which the description's schemas refer to each other; nothing is ever fetched from it.
const BASE: &str = "discord:openapi";

static SHARED: LazyLock<Option<Description>> = LazyLock::new(Description::load);

/// The description, and the schemas compiled so far by their JSON pointer.
pub struct Description {
    root: Value,
    registry: Registry<'static>,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

/// An operation: JSON pointers to its path and to itself.
pub struct Operation {
    path: String,
    method: String,
}

/// The body of a request.
pub struct Body {
    /// A JSON pointer to its schema.
    pub schema: String,
    /// Whether it may not be left out.
    pub is_required: bool,
}

/// A described answer.
pub struct Response {
    /// A JSON pointer to the schema of its body, if it has a body.
    pub schema: Option<String>,
}

impl Description {
    /// The one that `DISCORD_OPENAPI` names, read once in a process.
    pub fn shared() -> Option<&'static Self> {
        SHARED.as_ref()
    }

    fn load() -> Option<Self> {
        let file = std::env::var(VARIABLE)
            .ok()
            .filter(|file| !file.is_empty())?;
        let text = std::fs::read_to_string(&file).unwrap_or_else(|error| {
            panic!("{VARIABLE} names {file}, which can't be read: {error}")
        });
        let root = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{VARIABLE} names {file}, which is no JSON: {error}"));
        Some(Self::new(root))
    }

    /// # Panics
    ///
    /// The references in it can't be resolved.
    pub fn new(root: Value) -> Self {
        // OpenAPI 3.1 speaks JSON Schema 2020-12, which the file doesn't say in its own words.
        let resource = Draft::Draft202012.create_resource(root.clone());
        let registry = Registry::new()
            .add(BASE, resource)
            .and_then(jsonschema::RegistryBuilder::prepare)
            .expect("the description's references resolve");
        Self {
            root,
            registry,
            validators: Mutex::default(),
        }
    }

    /// The operation for a request; a path that is spelled out wins over one with a parameter.
    pub fn operation(&self, method: &str, path: &str) -> Option<Operation> {
        let path = path.strip_prefix("/api/v10")?;
        let method = method.to_lowercase();
        let templates = self.root["paths"].as_object()?;
        let fitting = templates
            .iter()
            .filter(|(template, of_path)| fits(template, path) && of_path.get(&method).is_some());
        let (template, _) = fitting.min_by_key(|(template, _)| template.matches('{').count())?;
        let path = format!("/paths/{}", escaped(template));
        Some(Operation {
            method: format!("{path}/{method}"),
            path,
        })
    }

    /// A pointer to the schema of a parameter in the query.
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

    /// The body that the operation takes, as JSON.
    pub fn request_body(&self, operation: &Operation) -> Option<Body> {
        let pointer = format!("{}/requestBody", operation.method);
        let body = self.root.pointer(&pointer)?;
        Some(Body {
            schema: format!("{pointer}{JSON_SCHEMA}"),
            is_required: body["required"] == true,
        })
    }

    /// The answer with this status, or with its class (`4XX`).
    pub fn response(&self, operation: &Operation, status: u16) -> Option<Response> {
        let responses = format!("{}/responses", operation.method);
        let names = [status.to_string(), format!("{}XX", status / 100)];
        let mut own = names.iter().map(|name| format!("{responses}/{name}"));
        let pointer = own.find(|pointer| self.root.pointer(pointer).is_some())?;
        let shared = self.root.pointer(&pointer)?["$ref"].as_str();
        let pointer = shared.map_or(pointer.clone(), |shared| {
            shared.trim_start_matches('#').to_owned()
        });
        let schema = format!("{pointer}{JSON_SCHEMA}");
        Some(Response {
            schema: self.root.pointer(&schema).is_some().then_some(schema),
        })
    }

    /// What is wrong with a value, a line each, by the schema at a JSON pointer.
    pub fn validate(&self, pointer: &str, value: &Value) -> Vec<String> {
        complaint::of(self.validator(pointer).iter_errors(value))
    }

    fn validator(&self, pointer: &str) -> Arc<Validator> {
        let mut validators = self
            .validators
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let compiled = validators.entry(pointer.to_owned()).or_insert_with(|| {
            let schema = json!({ "$ref": format!("{BASE}#{}", pointer.replace('{', "%7B").replace('}', "%7D")) });
            let options = jsonschema::options().with_draft(Draft::Draft202012).with_registry(&self.registry);
            let compiled = options.should_validate_formats(true).build(&schema);
            Arc::new(compiled.unwrap_or_else(|error| panic!("{pointer}: {error}")))
        });
        Arc::clone(compiled)
    }
}

/// Where a body's schema lies under the body.
const JSON_SCHEMA: &str = "/content/application~1json/schema";

/// A path as one step of a JSON pointer.
fn escaped(path: &str) -> String {
    path.replace('~', "~0").replace('/', "~1")
}

fn fits(template: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted.starts_with('{') => {
                // `@me` and the like are addresses of their own, never an id.
                if given.is_empty() || given.starts_with('@') {
                    return false;
                }
            }
            (Some(wanted), Some(given)) if wanted == given => {}
            _ => return false,
        }
    }
}
