//! Expressions of feeds in CEL: whether they can be compiled, and what they speak of.

use super::mistakes::Collector;
use super::reader::{Node, span};
use super::values::text;
use cel::Program;

/// Most characters of an expression.
const EXPRESSION_CHARS_MAX: usize = 500;
/// Brackets inside brackets, so many at most: the parser needs stack for each.
const NESTING_MAX: usize = 12;
/// Signs one after the other, and choices (`? :`) in one expression, for the same reason.
const RUN_MAX: usize = 6;

/// A CEL expression, as its text.
pub(super) fn expression(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<String> {
    let text = text(1..=EXPRESSION_CHARS_MAX)(node, key, found)?;
    let Err((message, help)) = check(&text) else { return Some(text) };
    // The parser's words repeat those of the document, so they are kept back where these are.
    let hidden = found.excerpt(span(node)).starts_with('…');
    let message = if hidden { "it cannot be read".to_owned() } else { message };
    found.add(span(node), "bad-expression", format!("`{key}` is no expression: {message}"), help);
    None
}

fn check(text: &str) -> Result<(), (String, String)> {
    if too_deep(text) {
        let help =
            format!("at most {NESTING_MAX} brackets inside each other, {RUN_MAX} `?` and {RUN_MAX} signs");
        return Err(("it is nested too deeply".to_owned(), help));
    }
    match Program::compile(text) {
        Ok(_) => Ok(()),
        Err(errors) => {
            let first = errors.errors.first().map(|error| error.msg.lines().next().unwrap_or(""));
            let message: String = first.unwrap_or("it cannot be read").chars().take(120).collect();
            let help = "write CEL over `row` and `doc`, for example row.name or double(row.value)";
            Err((message, help.to_owned()))
        }
    }
}

fn too_deep(text: &str) -> bool {
    let (mut depth, mut run, mut choices) = (0_usize, 0, 0);
    text.chars().any(|c| {
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
        depth > NESTING_MAX || run > RUN_MAX || choices > RUN_MAX
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_compiled_and_bounded() {
        for right in [
            "row.id",
            "doc.data.list",
            "row.a + '/' + string(row.b)",
            "has(row.x) ? row.x : 'none'",
            "[1, 2].map(x, x * 2)",
        ] {
            assert_eq!(check(right), Ok(()), "{right}");
        }
        for wrong in [
            "row.",
            "row..id",
            "1 +",
            "'open",
            "(row.id",
            &"(".repeat(400),
            &"!".repeat(400),
            &"a ? b : ".repeat(50),
        ] {
            assert!(check(wrong).is_err(), "{wrong}");
        }
    }
}
