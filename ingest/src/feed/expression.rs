//! Expressions of feeds: compiled once; plain member access without the interpreter, everything else in CEL.

use super::json::Json;
use cel::objects::{Key, Map};
use cel::{Context, Env, ExecutionError, Program};
use std::borrow::Cow;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Most characters of an expression.
const EXPRESSION_CHARS_MAX: usize = 4096;
/// Most brackets inside each other.
const EXPRESSION_DEPTH_MAX: usize = 48;
/// Deepest result that is taken back.
const RESULT_DEPTH_MAX: usize = 64;

/// Why an expression is none, or gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    /// It cannot be read.
    #[error("{0}")]
    Syntax(String),
    /// It cannot be computed for this row.
    #[error("{0}")]
    Failed(String),
}

/// What an expression begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Root {
    Row,
    Doc,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Member(String),
    Index(usize),
}

#[derive(Debug)]
enum Form {
    /// `row.a.b`, `doc["x"][0]`: read in place.
    Path(Root, Vec<Step>),
    /// Anything else.
    Cel(Box<Program>),
}

/// A compiled expression over `row` and `doc`.
#[derive(Debug)]
pub struct Expression(Form);

/// What expressions see while the rows of one message are computed. Values for CEL are made when first asked for.
pub struct Scope<'a> {
    doc: &'a Json,
    doc_in_cel: Option<cel::Value>,
    row: &'a Json,
    row_in_cel: Option<cel::Value>,
}

impl<'a> Scope<'a> {
    /// The whole message; it is its own row until one is entered.
    pub fn new(doc: &'a Json) -> Self {
        Self { doc, doc_in_cel: None, row: doc, row_in_cel: None }
    }

    /// Makes `row` the row.
    pub fn enter(&mut self, row: &'a Json) {
        self.row = row;
        self.row_in_cel = None;
    }
}

impl Expression {
    /// Compiles `text`: CEL over `row` and `doc`. In a plain path, names may be in any script.
    pub fn compile(text: &str) -> Result<Self, ExpressionError> {
        let text = text.trim();
        if let Some((root, steps)) = path(text) {
            return Ok(Self(Form::Path(root, steps)));
        }
        if text.chars().count() > EXPRESSION_CHARS_MAX || nesting(text) > EXPRESSION_DEPTH_MAX {
            return Err(ExpressionError::Syntax("too long or too deep".into()));
        }
        let compiled = catch_unwind(|| Program::compile(text))
            .map_err(|_| ExpressionError::Syntax("it cannot be read".into()))?;
        let program = compiled.map_err(|errors| ExpressionError::Syntax(one_line(&errors.to_string())))?;
        Ok(Self(Form::Cel(Box::new(program))))
    }

    /// The member called `name` of the row.
    pub fn member(name: &str) -> Self {
        Self(Form::Path(Root::Row, vec![Step::Member(name.into())]))
    }

    /// Whether it is read in place, without the interpreter.
    pub fn is_path(&self) -> bool {
        matches!(self.0, Form::Path(..))
    }

    /// Its value; `None` where a member does not exist.
    pub fn eval<'a>(&self, scope: &mut Scope<'a>) -> Result<Option<Cow<'a, Json>>, ExpressionError> {
        match &self.0 {
            Form::Path(root, steps) => {
                let mut value = match root {
                    Root::Row => scope.row,
                    Root::Doc => scope.doc,
                };
                for step in steps {
                    let next = match step {
                        Step::Member(name) => value.get(name.as_str()),
                        Step::Index(index) => value.get(*index),
                    };
                    match next {
                        Some(next) => value = next,
                        None => return Ok(None),
                    }
                }
                Ok(Some(Cow::Borrowed(value)))
            }
            Form::Cel(program) => Ok(run(program, scope)?.map(Cow::Owned)),
        }
    }
}

fn environment() -> Arc<Env> {
    static ENVIRONMENT: std::sync::OnceLock<Arc<Env>> = std::sync::OnceLock::new();
    ENVIRONMENT.get_or_init(|| Arc::new(Env::stdlib())).clone()
}

fn run(program: &Program, scope: &mut Scope) -> Result<Option<Json>, ExpressionError> {
    let uses = program.references();
    let mut context = Context::with_env(environment());
    if uses.has_variable("doc") {
        let doc = scope.doc_in_cel.get_or_insert_with(|| to_cel(scope.doc)).clone();
        context.add_variable_from_value("doc", doc);
    }
    if uses.has_variable("row") {
        let row = scope.row_in_cel.get_or_insert_with(|| to_cel(scope.row)).clone();
        context.add_variable_from_value("row", row);
    }
    // Expressions come from the hall document, values from anywhere: a slip in the interpreter costs a row, not the feed.
    let outcome = catch_unwind(AssertUnwindSafe(|| program.execute(&context)))
        .map_err(|_| ExpressionError::Failed("it cannot be computed".into()))?;
    match outcome {
        Ok(value) => from_cel(&value, 0).map(Some),
        Err(ExecutionError::NoSuchKey(_)) => Ok(None),
        Err(error) => {
            Err(ExpressionError::Failed(super::reject::shortened(&one_line(&error.to_string()), 200)))
        }
    }
}

fn to_cel(json: &Json) -> cel::Value {
    match json {
        Json::Null => cel::Value::Null,
        Json::Bool(flag) => cel::Value::Bool(*flag),
        // Whole numbers are CEL's int wherever they fit, so that `row.a + 1` needs no conversion.
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(int), _) => cel::Value::Int(int),
            (None, Some(uint)) => cel::Value::UInt(uint),
            (None, None) => cel::Value::Float(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => cel::Value::String(Arc::new(text.clone())),
        Json::Array(list) => cel::Value::List(Arc::new(list.iter().map(to_cel).collect())),
        Json::Object(members) => {
            let members =
                members.iter().map(|(name, value)| (Key::String(Arc::new(name.clone())), to_cel(value)));
            cel::Value::Map(Map { map: Arc::new(members.collect::<HashMap<_, _>>()) })
        }
    }
}

fn from_cel(value: &cel::Value, depth: usize) -> Result<Json, ExpressionError> {
    if depth > RESULT_DEPTH_MAX {
        return Err(ExpressionError::Failed("the result nests too deep".into()));
    }
    Ok(match value {
        cel::Value::Null => Json::Null,
        cel::Value::Bool(flag) => Json::Bool(*flag),
        cel::Value::Int(int) => Json::from(*int),
        cel::Value::UInt(uint) => Json::from(*uint),
        cel::Value::Float(float) => match serde_json::Number::from_f64(*float) {
            Some(number) => Json::Number(number),
            None => return Err(ExpressionError::Failed(format!("the result is {float}"))),
        },
        cel::Value::String(text) => Json::String(text.as_ref().clone()),
        cel::Value::List(list) => {
            Json::Array(list.iter().map(|value| from_cel(value, depth + 1)).collect::<Result<_, _>>()?)
        }
        cel::Value::Map(map) => {
            let mut members = serde_json::Map::new();
            for (key, value) in map.map.iter() {
                members.insert(key.to_string(), from_cel(value, depth + 1)?);
            }
            Json::Object(members)
        }
        _ => return Err(ExpressionError::Failed("the result is no value".into())),
    })
}

/// `row` or `doc` with members and indices behind it; `None` for anything else.
fn path(text: &str) -> Option<(Root, Vec<Step>)> {
    let (root, mut rest) = match (text.strip_prefix("row"), text.strip_prefix("doc")) {
        (Some(rest), _) => (Root::Row, rest),
        (_, Some(rest)) => (Root::Doc, rest),
        (None, None) => return None,
    };
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let (step, behind) = step(rest)?;
        steps.push(step);
        rest = behind;
    }
    Some((root, steps))
}

fn step(text: &str) -> Option<(Step, &str)> {
    if let Some(rest) = text.strip_prefix('.') {
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let (name, behind) = rest.split_at(end);
        let first = name.chars().next()?;
        return (!first.is_ascii_digit()).then(|| (Step::Member(name.into()), behind));
    }
    let rest = text.strip_prefix('[')?;
    for quote in ['"', '\''] {
        if let Some(quoted) = rest.strip_prefix(quote) {
            let (name, behind) = quoted.split_once(quote)?;
            let behind = behind.strip_prefix(']')?;
            return (!name.contains('\\')).then(|| (Step::Member(name.into()), behind));
        }
    }
    let (index, behind) = rest.split_once(']')?;
    Some((Step::Index(index.parse().ok()?), behind))
}

fn nesting(text: &str) -> usize {
    let (mut depth, mut most) = (0usize, 0usize);
    for c in text.chars() {
        match c {
            '(' | '[' | '{' | '!' | '-' | '?' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        most = most.max(depth);
    }
    most
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
