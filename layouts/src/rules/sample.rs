//! Events and rows that a rule acts on, made from what its own condition compares: for rehearsals.

use super::alarm::condition;
use super::expression::{Over, Scope};
use super::member::{Member, Members, age};
use super::rule::{Rule, Until};
use cel::common::ast::{EntryExpr, Expr, IdedExpr, LiteralValue};
use media::{EventState, WallTime};
use std::collections::{BTreeMap, BTreeSet};

/// Most combinations of values that are tried.
const TRIES_MAX: usize = 4096;

/// The operators and functions that say something of a member's value.
const COMPARES: [&str; 10] =
    ["_==_", "_!=_", "_>=_", "_<=_", "_>_", "_<_", "@in", "contains", "startsWith", "endsWith"];

/// What is worth trying for each member.
type Candidates = BTreeMap<String, Vec<Member>>;

impl Rule {
    /// The members of an event or a row at `now` for which the rule acts and whose alarm is not over at once. What the condition says
    /// nothing of is as in `base`, which has every member with a value of its kind; `None` where no combination of the values that
    /// the condition compares makes it true.
    pub fn sample(&self, base: &Members, now: WallTime) -> Option<Members> {
        let (when, over) = condition(self);
        let mut found = Candidates::new();
        collect(when.root(), over, &mut found);
        let tries = tries(found, base, over);
        let counts: usize = tries.iter().map(|(_, values)| values.len()).fold(1, usize::saturating_mul);
        (0..counts.min(TRIES_MAX)).find_map(|number| {
            let mut members = base.clone();
            let mut rest = number;
            for (name, values) in &tries {
                put(&mut members, name, &values[rest % values.len()], over, now);
                rest /= values.len();
            }
            if over == Over::Event {
                age(&mut members, now);
            }
            self.acts_on(&members).then_some(members)
        })
    }

    /// Whether the condition holds for an event or a row with these members, and what ends the alarm does not.
    pub fn acts_on(&self, members: &Members) -> bool {
        let (when, over) = condition(self);
        let scope = Scope::new(over, members);
        let over_at_once = match &self.until {
            Some(Until::Condition(until)) => until.holds(&scope).unwrap_or(false),
            Some(Until::Acknowledged) | None => false,
        };
        !over_at_once && when.holds(&scope).unwrap_or(false)
    }

    /// The members of which the rule's condition says something.
    pub fn compared(&self) -> BTreeSet<String> {
        let (when, over) = condition(self);
        let mut found = BTreeSet::new();
        walk(when.root(), &mut |expr| {
            found.extend(member(expr, over).map(str::to_owned));
        });
        found
    }
}

/// Calls `visit` for `expr` and everything in it.
fn walk<'e>(expr: &'e IdedExpr, visit: &mut impl FnMut(&'e IdedExpr)) {
    visit(expr);
    match &expr.expr {
        Expr::Select(select) => walk(&select.operand, visit),
        Expr::Call(call) => {
            call.target.as_deref().into_iter().chain(&call.args).for_each(|part| walk(part, visit));
        }
        Expr::List(list) => list.elements.iter().for_each(|part| walk(part, visit)),
        Expr::Map(map) => {
            for entry in &map.entries {
                if let EntryExpr::MapEntry(entry) = &entry.expr {
                    walk(&entry.key, visit);
                    walk(&entry.value, visit);
                }
            }
        }
        Expr::Comprehension(all) => {
            [&all.iter_range, &all.loop_step, &all.result].into_iter().for_each(|part| walk(part, visit));
        }
        Expr::Unspecified | Expr::Literal(_) | Expr::Ident(_) | Expr::Struct(_) => {}
    }
}

/// The member of the event or row that `expr` is, as `event.kind` or `event['kind']`.
pub(super) fn member(expr: &IdedExpr, over: Over) -> Option<&str> {
    let is_it = |expr: &IdedExpr| matches!(&expr.expr, Expr::Ident(name) if name == over.name());
    match &expr.expr {
        Expr::Select(select) if is_it(&select.operand) => Some(&select.field),
        Expr::Call(call) => match (call.func_name.as_str(), call.args.as_slice()) {
            ("_[_]", [of, index]) if is_it(of) => match &index.expr {
                Expr::Literal(LiteralValue::String(name)) => Some(name.inner()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

/// Notes for every member the values that it is compared with, and those that lie beside them.
fn collect(root: &IdedExpr, over: Over, found: &mut Candidates) {
    walk(root, &mut |expr| {
        let compares = match &expr.expr {
            Expr::Call(call) => COMPARES.contains(&call.func_name.as_str()),
            Expr::Comprehension(_) => true,
            _ => false,
        };
        let mut members = Vec::new();
        let mut values = Vec::new();
        if compares {
            walk(expr, &mut |part| {
                members.extend(member(part, over));
                if let Expr::Literal(literal) = &part.expr {
                    values.extend(beside(literal));
                }
            });
        } else {
            // A member that stands alone is a flag.
            members.extend(member(expr, over));
        }
        for name in members {
            found.entry(name.to_owned()).or_default().extend(values.iter().cloned());
        }
    });
}

/// A value and its neighbours, which differ in how they compare.
fn beside(literal: &LiteralValue) -> Vec<Member> {
    match literal {
        LiteralValue::Int(number) => {
            let number = *number.inner();
            [number, number.saturating_add(1), number.saturating_sub(1)].map(Member::Integer).to_vec()
        }
        LiteralValue::Double(number) => {
            let number = *number.inner();
            [number, number + 1.0, number - 1.0].map(Member::Real).to_vec()
        }
        // What is to be anything but empty is something.
        LiteralValue::String(text) if text.inner().is_empty() => {
            vec![Member::Text(String::new()), Member::Text("sample".to_owned())]
        }
        LiteralValue::String(text) => vec![Member::Text(text.inner().to_owned())],
        LiteralValue::Boolean(flag) => vec![Member::Flag(*flag.inner())],
        LiteralValue::Null => vec![Member::Nothing],
        LiteralValue::Bytes(_) | LiteralValue::UInt(_) => Vec::new(),
    }
}

/// What is tried for each member, the value of `base` first; nothing of another kind than that.
fn tries(found: Candidates, base: &Members, over: Over) -> Vec<(String, Vec<Member>)> {
    let mut all = Vec::new();
    for (name, values) in found {
        let Some(own) = base.get(&name) else { continue };
        let mut kept = vec![own.clone()];
        let flags = matches!(own, Member::Flag(_)).then_some([true, false].map(Member::Flag));
        let values = values.into_iter().filter_map(|value| like(own, value));
        for value in values.chain(flags.into_iter().flatten()) {
            if (over == Over::Row || can_be(&name, &value)) && !kept.contains(&value) {
                kept.push(value);
            }
        }
        all.push((name, kept));
    }
    all
}

/// `value` in the kind of `own`.
fn like(own: &Member, value: Member) -> Option<Member> {
    match (own, value) {
        (Member::Integer(_), Member::Real(number)) => Some(Member::Integer(number.ceil() as i64)),
        (Member::Real(_), Member::Integer(number)) => Some(Member::Real(number as f64)),
        (Member::Time(_), Member::Integer(seconds)) => {
            Some(Member::Time(WallTime(seconds.saturating_mul(1_000_000_000))))
        }
        (own, value) => {
            let same = std::mem::discriminant(own) == std::mem::discriminant(&value);
            (same || matches!((own, &value), (Member::Nothing, _) | (_, Member::Nothing))).then_some(value)
        }
    }
}

/// Whether an event can have this.
fn can_be(name: &str, value: &Member) -> bool {
    match (name, value) {
        ("severity", value) => matches!(value, Member::Integer(1..=5)),
        ("state", Member::Text(state)) => EventState::by_name(state).is_some(),
        ("lon" | "lat", value) => value.as_number().is_some() || *value == Member::Nothing,
        (_, value) => *value != Member::Nothing,
    }
}

fn put(members: &mut Members, name: &str, value: &Member, over: Over, now: WallTime) {
    let seconds = |seconds: i64| seconds.saturating_mul(1_000_000_000);
    match (over, name, value) {
        // An event's age follows from when it was reported and when it is due.
        (Over::Event, "age_s", Member::Integer(age)) => {
            members.insert("reported".to_owned(), Member::Time(now.offset(-seconds(*age))));
        }
        (Over::Event, "due_in_s", Member::Integer(left)) => {
            members.insert("due".to_owned(), Member::Time(now.offset(seconds(*left))));
        }
        _ => {
            members.insert(name.to_owned(), value.clone());
        }
    }
}
