//! Conditions in CEL: compiled once, told what they look at, and bounded before they ever run.
//!
//! What an expression can cost is known from its text: it has few characters, nests little, loops only over lists that are
//! written in it, and calls a handful of functions. So there is no clock to stop one that runs long.

use super::member::{AGING_MEMBERS, EVENT_MEMBERS, MEMBER_BYTES_MAX, MEMBERS_MAX, Member, Members, cut};
use crate::document::remedy;
use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedEntryExpr, IdedExpr, LiteralValue};
use cel::objects::{Key, Map};
use cel::{Context, Env, Program, Value};
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, LazyLock};

/// Most characters of an expression.
pub const EXPRESSION_CHARS_MAX: usize = 500;
/// Brackets inside brackets, so many at most: the parser needs stack for each.
const NESTING_MAX: usize = 8;
/// Signs and negations one after the other, and `? :` in one expression.
const RUN_MAX: usize = 4;
/// What one evaluation may touch, in bytes.
const COST_MAX: u64 = 4 << 20;

/// Operators and functions that expressions may use.
const FUNCTIONS: [&str; 24] = [
    "_?_:_",
    "_&&_",
    "_||_",
    "!_",
    "_-_",
    "_+_",
    "_*_",
    "_/_",
    "_%_",
    "_==_",
    "_!=_",
    "_>=_",
    "_<=_",
    "_>_",
    "_<_",
    "-_",
    "_[_]",
    "@in",
    "@not_strictly_false",
    "size",
    "contains",
    "startsWith",
    "endsWith",
    "int",
];
/// Further ones, for values of another kind.
const CONVERSIONS: [&str; 2] = ["double", "string"];

static STANDARD: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// What an expression looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Over {
    /// `event`, with [`EVENT_MEMBERS`].
    Event,
    /// `row`, with the columns of its table.
    Row,
}

impl Over {
    /// The variable's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Row => "row",
        }
    }
}

/// A compiled expression. Equal texts over the same thing are equal.
#[derive(Clone)]
pub struct Expression {
    text: Arc<str>,
    over: Over,
    /// Whether what it says can change without anything having been told.
    aging: bool,
    program: Arc<Program>,
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.over == other.over
    }
}

impl Eq for Expression {}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.text)
    }
}

/// Why a text is no expression that may run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExpressionError {
    /// The byte at which it goes wrong.
    pub at: usize,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub help: String,
}

/// What an expression is evaluated on, made once for all that look at the same thing.
pub struct Scope {
    over: Over,
    context: Context<'static, 'static>,
}

impl Scope {
    /// Prepares `members` as the variable that `over` names.
    pub fn new(over: Over, members: &Members) -> Self {
        let value = |member: &Member| match member {
            Member::Nothing => Value::Null,
            Member::Flag(flag) => Value::Bool(*flag),
            Member::Integer(number) => Value::Int(*number),
            Member::Real(number) => Value::Float(*number),
            Member::Text(text) => Value::String(Arc::new(text.clone())),
            Member::Time(time) => Value::Int(time.0.div_euclid(1_000_000_000)),
        };
        let pairs = members.iter().map(|(name, member)| (Key::String(Arc::new(name.clone())), value(member)));
        let map = Map { map: Arc::new(pairs.collect::<HashMap<_, _>>()) };
        let mut context = Context::with_env(Arc::clone(&STANDARD));
        context.add_variable_from_value(over.name(), Value::Map(map));
        Self { over, context }
    }
}

impl Expression {
    /// Compiles `text`; `columns` are those of the table, where they are known.
    pub fn compile(
        text: &str,
        over: Over,
        columns: Option<&BTreeSet<String>>,
    ) -> Result<Self, ExpressionError> {
        precheck(text)?;
        let program = Program::compile(text).map_err(|errors| unreadable(text, &errors))?;
        let mut walk =
            Walk { text, over, columns, program: &program, names: Vec::new(), cost: 0, aging: false };
        walk.visit(program.expression(), 1)?;
        if walk.cost > COST_MAX {
            let help = "look at fewer members, or shorten its lists";
            return Err(error(0, "the expression costs too much", help));
        }
        let aging = walk.aging;
        Ok(Self { text: text.into(), over, aging, program: Arc::new(program) })
    }

    /// The expression as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it looks at.
    pub fn over(&self) -> Over {
        self.over
    }

    /// The expression, taken apart.
    pub(crate) fn root(&self) -> &IdedExpr {
        self.program.expression()
    }

    /// Whether what it says can change only because time passes.
    pub fn is_aging(&self) -> bool {
        self.aging
    }

    fn value(&self, scope: &Scope) -> Result<Value, String> {
        if scope.over != self.over {
            return Err(format!("there is no {}", self.over.name()));
        }
        self.program.execute(&scope.context).map_err(|error| error.to_string())
    }

    /// Whether it holds. Errors say in English what kept it from being evaluated.
    pub fn holds(&self, scope: &Scope) -> Result<bool, String> {
        match self.value(scope)? {
            Value::Bool(holds) => Ok(holds),
            other => Err(format!("it gives {}, not true or false", other.type_of())),
        }
    }

    /// The text that it gives.
    pub fn words(&self, scope: &Scope) -> Result<String, String> {
        match self.value(scope)? {
            Value::String(text) => Ok(text.to_string()),
            other => Err(format!("it gives {}, not text", other.type_of())),
        }
    }
}

fn error(at: usize, message: impl Into<String>, help: impl Into<String>) -> ExpressionError {
    ExpressionError { at, message: message.into(), help: help.into() }
}

/// Refuses what the parser itself could not bear.
fn precheck(text: &str) -> Result<(), ExpressionError> {
    let count = text.chars().count();
    if count > EXPRESSION_CHARS_MAX {
        let message = format!("the expression has {count} characters");
        return Err(error(0, message, format!("shorten it to {EXPRESSION_CHARS_MAX}")));
    }
    let (mut depth, mut run, mut choices) = (0_usize, 0, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            '?' => choices += 1,
            _ => {}
        }
        run = match c {
            '!' | '-' => run + 1,
            c if c.is_whitespace() => run,
            _ => 0,
        };
        if depth > NESTING_MAX || run > RUN_MAX || choices > RUN_MAX {
            let help =
                format!("at most {NESTING_MAX} brackets inside each other, {RUN_MAX} `?` and {RUN_MAX} `!`");
            return Err(error(at, "the expression is nested too deeply", help));
        }
    }
    Ok(())
}

/// The byte of the character `chars` behind the beginning of line `line`, both from 0.
fn byte_at(text: &str, line: usize, chars: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = text.get(start..).unwrap_or("");
    start + rest.char_indices().nth(chars).map_or(rest.len(), |(at, _)| at)
}

/// The parser's first complaint, in words for operators.
fn unreadable(text: &str, errors: &cel::ParseErrors) -> ExpressionError {
    let Some(first) = errors.errors.first() else {
        return error(0, "the expression cannot be read", "write it like event.severity >= 3");
    };
    let from_one = |number: isize| usize::try_from(number - 1).unwrap_or(0);
    let at = byte_at(text, from_one(first.pos.0), from_one(first.pos.1));
    let rest: String = text.get(at..).unwrap_or("").chars().take(24).collect();
    let unit = |words: &[&str]| words.iter().any(|word| rest.starts_with(word));
    let help = match () {
        () if rest.starts_with('=') && !rest.starts_with("==") => "compare with ==",
        () if unit(&["and ", "AND "]) => "write && for and",
        () if unit(&["or ", "OR "]) => "write || for or",
        () if unit(&["not ", "NOT "]) => "write ! for not",
        () if unit(&["\"", "'", "“", "‘"]) => "put text in 'single quotes' and close them",
        () if rest.is_empty() => "something is missing at its end",
        () => "write it like event.kind == 'fire' && event.severity >= 3",
    };
    let message = match rest.as_str() {
        "" => "the expression ends too early".to_owned(),
        rest => format!("the expression cannot be read from `{rest}` on"),
    };
    error(at, message, help)
}

/// Looks at every node: whether it means something, and what it costs at most.
struct Walk<'a> {
    text: &'a str,
    over: Over,
    columns: Option<&'a BTreeSet<String>>,
    program: &'a Program,
    /// Variables of loops, each with the bytes that it holds at most.
    names: Vec<(&'a str, u64)>,
    cost: u64,
    aging: bool,
}

impl<'a> Walk<'a> {
    /// The byte at which a node stands.
    fn at(&self, expr: &IdedExpr) -> usize {
        let start = self.program.source_info().offset_for(expr.id).map_or(0, |(start, _)| start);
        cut(self.text, usize::try_from(start).unwrap_or(0)).len()
    }

    /// Visits `expr`, which is evaluated `times` times, and gives the bytes that its value has at most.
    fn visit(&mut self, expr: &'a IdedExpr, times: u64) -> Result<u64, ExpressionError> {
        let bytes = match &expr.expr {
            Expr::Unspecified => 16,
            Expr::Literal(LiteralValue::String(text)) => text.inner().len() as u64,
            Expr::Literal(_) => 16,
            Expr::Ident(name) => self.name(expr, name)?,
            Expr::Select(select) => match &select.operand.expr {
                Expr::Ident(name) if name == self.over.name() => self.member(expr, &select.field)?,
                _ => self.visit(&select.operand, times)?,
            },
            Expr::Call(call) => self.call(expr, call, times)?,
            Expr::List(list) => self.sum(list.elements.iter(), times)?,
            Expr::Map(map) => self.entries(&map.entries, times)?,
            Expr::Comprehension(comprehension) => self.comprehension(expr, comprehension, times)?,
            Expr::Struct(_) => {
                return Err(error(
                    self.at(expr),
                    "an expression cannot make structures",
                    "compare members instead",
                ));
            }
        };
        self.cost = self.cost.saturating_add(bytes.max(16).saturating_mul(times));
        Ok(bytes)
    }

    fn sum(&mut self, all: impl Iterator<Item = &'a IdedExpr>, times: u64) -> Result<u64, ExpressionError> {
        let mut bytes = 16_u64;
        for each in all {
            bytes = bytes.saturating_add(self.visit(each, times)?);
        }
        Ok(bytes)
    }

    fn entries(&mut self, entries: &'a [IdedEntryExpr], times: u64) -> Result<u64, ExpressionError> {
        let mut bytes = 16_u64;
        for entry in entries {
            if let EntryExpr::MapEntry(entry) = &entry.expr {
                bytes = bytes.saturating_add(self.visit(&entry.key, times)?);
                bytes = bytes.saturating_add(self.visit(&entry.value, times)?);
            }
        }
        Ok(bytes)
    }

    fn name(&self, expr: &IdedExpr, name: &str) -> Result<u64, ExpressionError> {
        if name == self.over.name() {
            return Ok((MEMBERS_MAX * MEMBER_BYTES_MAX) as u64);
        }
        if let Some((_, bytes)) = self.names.iter().rev().find(|(known, _)| *known == name) {
            return Ok(*bytes);
        }
        let over = self.over.name();
        let help = match (name, over) {
            ("row", _) => "this rule waits for events: write event.…".to_owned(),
            ("event", _) => "this rule waits for rows: write row.…".to_owned(),
            _ => format!("write {over}.{name} for a member, '{name}' for text"),
        };
        Err(error(self.at(expr), format!("`{name}` means nothing here"), help))
    }

    /// A member of what the expression looks at.
    fn member(&mut self, expr: &IdedExpr, name: &str) -> Result<u64, ExpressionError> {
        self.aging |= self.over == Over::Event && AGING_MEMBERS.contains(&name);
        let known = match (self.over, self.columns) {
            (Over::Event, _) => EVENT_MEMBERS.contains(&name),
            (Over::Row, Some(columns)) => columns.contains(name),
            (Over::Row, None) => true,
        };
        if known {
            return Ok(MEMBER_BYTES_MAX as u64);
        }
        // A selection is placed at its dot; the member's own name helps more.
        let at = self.at(expr);
        let at = at + self.text.get(at..).and_then(|rest| rest.find(name)).unwrap_or(0);
        let over = self.over.name();
        let help = match (self.over, self.columns) {
            (Over::Row, Some(columns)) => remedy(name, columns.iter().map(String::as_str), "it has none"),
            _ => remedy(name, EVENT_MEMBERS, ""),
        };
        Err(error(at, format!("{over} has no member `{name}`"), help))
    }

    fn call(&mut self, expr: &'a IdedExpr, call: &'a CallExpr, times: u64) -> Result<u64, ExpressionError> {
        let name = call.func_name.as_str();
        if !FUNCTIONS.contains(&name) && !CONVERSIONS.contains(&name) {
            let plain =
                FUNCTIONS.into_iter().chain(CONVERSIONS).filter(|name| name.starts_with(char::is_alphabetic));
            let help = remedy(name, plain.chain(["exists", "all", "has"]), "");
            return Err(error(self.at(expr), format!("there is no function `{name}`"), help));
        }
        if let ("_[_]", [of, index]) = (name, call.args.as_slice())
            && let (Expr::Ident(variable), Expr::Literal(LiteralValue::String(member))) =
                (&of.expr, &index.expr)
            && variable == self.over.name()
        {
            return self.member(index, member.inner());
        }
        let bytes = self.sum(call.target.as_deref().into_iter().chain(&call.args), times)?;
        Ok(match name {
            "_+_" | "_?_:_" | "_[_]" | "string" => bytes,
            _ => 16,
        })
    }

    /// `exists`, `all` and `exists_one` over a list that is written out.
    fn comprehension(
        &mut self,
        expr: &'a IdedExpr,
        comprehension: &'a ComprehensionExpr,
        times: u64,
    ) -> Result<u64, ExpressionError> {
        let ComprehensionExpr {
            iter_range,
            iter_var,
            iter_var2: _,
            accu_var,
            accu_init,
            loop_cond,
            loop_step,
            result,
        } = comprehension;
        let (Expr::List(list), false) = (&iter_range.expr, matches!(accu_init.expr, Expr::List(_))) else {
            let help = "only exists and all, and only over a list written here: ['a', 'b'].exists(x, x == event.kind)";
            return Err(error(self.at(expr), "this loop is not allowed", help));
        };
        let bytes = self.visit(iter_range, times)?;
        let rounds = times.saturating_mul(list.elements.len() as u64);
        self.visit(accu_init, times)?;
        self.names.push((iter_var, bytes));
        self.names.push((accu_var, 16));
        self.visit(loop_cond, rounds)?;
        self.visit(loop_step, rounds)?;
        self.visit(result, times)?;
        self.names.truncate(self.names.len() - 2);
        Ok(16)
    }
}
