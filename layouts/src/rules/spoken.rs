//! A rule in words, as people say it: when it acts, what it does, and when it is over. What cannot be said in words is said as written.

use super::alarm::condition;
use super::calendar::Hours;
use super::expression::{Expression, Over};
use super::rule::{Action, Filling, Rule, Until, When};
use super::sample::member;
use super::template::state_words;
use super::why::{both, seconds};
use crate::layout::{Language, Layout, Words};
use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue};
use media::EventState;

/// A rule in words, each part a sentence without its full stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleWords {
    /// When it acts.
    pub when: Words,
    /// What it does, in order.
    pub does: Vec<Words>,
    /// What ends it, and what limits it.
    pub ends: Vec<Words>,
}

/// What members of an event are called.
const MEMBERS: [(&str, &str, &str); 15] = [
    ("id", "编号", "id"),
    ("state", "状态", "state"),
    ("network", "来源", "network"),
    ("domain", "领域", "domain"),
    ("place", "地点", "place"),
    ("kind", "类型", "kind"),
    ("severity", "等级", "severity"),
    ("title", "标题", "title"),
    ("title_en", "英文标题", "English title"),
    ("lon", "经度", "longitude"),
    ("lat", "纬度", "latitude"),
    ("reported", "上报时间", "time of report"),
    ("due", "期限", "due time"),
    ("age_s", "上报后秒数", "seconds since the report"),
    ("due_in_s", "距期限秒数", "seconds until due"),
];

/// What a member of an event, or a column of a row, is called.
pub fn member_words(name: &str, of_event: bool) -> Words {
    let known = MEMBERS.into_iter().find(|(known, ..)| of_event && *known == name);
    known.map_or_else(|| both(name, name), |(_, zh, en)| both(zh, en))
}

impl Rule {
    /// The rule in words. Scenes and sources are called as `layout` calls them.
    pub fn spoken(&self, layout: &Layout) -> RuleWords {
        let (expression, over) = condition(self);
        let (zh, en) = match &self.when {
            When::Event { .. } => ("事件".to_owned(), "an event whose".to_owned()),
            When::Row { table, .. } => (format!("表 {table} 的一行"), format!("a row of {table} whose")),
        };
        let when = both(
            format!("{zh}：{}", spoken(expression, over, Language::Chinese)),
            format!("{en} {}", spoken(expression, over, Language::English)),
        );
        let does = self.actions.iter().map(|action| action_words(action, layout)).collect();
        RuleWords { when, does, ends: self.ends_words() }
    }

    fn ends_words(&self) -> Vec<Words> {
        let mut all = Vec::new();
        if !self.debounce.is_zero() {
            let length = seconds(self.debounce);
            all.push(both(
                format!("须持续 {}", length.zh),
                format!("after it has been so for {}", length.en),
            ));
        }
        if let Some(hold) = self.hold {
            let length = seconds(hold);
            all.push(both(format!("最多保持 {}", length.zh), format!("for {} at most", length.en)));
        }
        match &self.until {
            Some(Until::Condition(until)) => all.push(both(
                format!("直到{}", spoken(until, until.over(), Language::Chinese)),
                format!("until {}", spoken(until, until.over(), Language::English)),
            )),
            Some(Until::Acknowledged) => all.push(both("直到有人确认", "until somebody acknowledges it")),
            None => {}
        }
        if let Some(limit) = self.at_most {
            let (count, length) = (limit.count, seconds(limit.per));
            all.push(both(
                format!("{} 内最多 {count} 次", length.zh),
                format!("at most {count} times in {}", length.en),
            ));
        }
        if !self.cooldown.is_zero() {
            let length = seconds(self.cooldown);
            all.push(both(
                format!("同一对象结束后 {} 内不再告警", length.zh),
                format!("the same raises none for {} after it is over", length.en),
            ));
        }
        all.extend(self.quiet.iter().map(|hours| quiet_words(*hours)));
        all
    }
}

fn quiet_words(hours: Hours) -> Words {
    let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    let (from, to) = (clock(hours.from), clock(hours.to));
    both(format!("{from} 到 {to} 静默"), format!("quiet from {from} to {to}"))
}

fn action_words(action: &Action, layout: &Layout) -> Words {
    match action {
        Action::Scene(id) => {
            let name =
                layout.scene(id).map_or_else(|| both(id.as_str(), id.as_str()), |scene| scene.name.clone());
            both(format!("显示场景“{}”", name.zh), format!("show scene \"{}\"", name.en))
        }
        Action::Fill { slot, filling } => {
            let name = match filling {
                Filling::Source(id) => layout
                    .source(id)
                    .map_or_else(|| both(id.as_str(), id.as_str()), |source| source.label.clone()),
                Filling::Given(expression) => both(expression.text(), expression.text()),
            };
            both(format!("插槽 {slot} 显示“{}”", name.zh), format!("slot {slot} shows \"{}\"", name.en))
        }
        Action::Nearest { slots, within_m } => {
            let (count, slots) = (slots.len(), slots.join(", "));
            let (zh, en) = match within_m {
                Some(metres) => (format!("{metres} 米内"), format!(" within {metres} m")),
                None => (String::new(), String::new()),
            };
            both(
                format!("{zh}最近的 {count} 路摄像机放入 {slots}"),
                format!("the nearest {count} cameras{en} into {slots}"),
            )
        }
        Action::Banner { words, .. } => {
            let words = words.pattern();
            both(format!("通栏“{}”", words.zh), format!("banner \"{}\"", words.en))
        }
        Action::Sound(path) => both(format!("播放 {path}"), format!("play {path}")),
        Action::Voice(words) => {
            let words = words.pattern();
            both(format!("语音“{}”", words.zh), format!("say \"{}\"", words.en))
        }
        Action::Webhook(to) => both(format!("通知 {}", to.host), format!("tell {}", to.host)),
        Action::Mqtt(to) => both(format!("发布到 {}", to.topic), format!("publish to {}", to.topic)),
    }
}

/// A condition in words; as written where there are none for it.
fn spoken(expression: &Expression, over: Over, language: Language) -> String {
    let speaker = Speaker { over, language };
    speaker.say(expression.root(), 0).unwrap_or_else(|| expression.text().to_owned())
}

#[derive(Clone, Copy)]
struct Speaker {
    over: Over,
    language: Language,
}

impl Speaker {
    fn pick(self, zh: &str, en: &str) -> String {
        match self.language {
            Language::Chinese => zh.to_owned(),
            Language::English => en.to_owned(),
        }
    }

    /// `depth` counts the ands and ors around it: those inside others stand in brackets.
    fn say(self, expr: &IdedExpr, depth: u32) -> Option<String> {
        if let Some(name) = member(expr, self.over) {
            let tested = matches!(&expr.expr, Expr::Select(select) if select.test);
            let name = self.name(name);
            return Some(if tested {
                self.pick(&format!("有{name}"), &format!("{name} is known"))
            } else {
                name
            });
        }
        match &expr.expr {
            Expr::Literal(literal) => self.literal(literal),
            Expr::Call(call) => self.call(call, depth),
            Expr::List(list) => {
                let all: Option<Vec<String>> = list.elements.iter().map(|one| self.say(one, depth)).collect();
                Some(all?.join(&self.pick("、", ", ")))
            }
            _ => None,
        }
    }

    fn name(self, member: &str) -> String {
        member_words(member, self.over == Over::Event).get(self.language).to_owned()
    }

    fn literal(self, literal: &LiteralValue) -> Option<String> {
        Some(match literal {
            LiteralValue::Boolean(flag) if *flag.inner() => self.pick("是", "true"),
            LiteralValue::Boolean(_) => self.pick("否", "false"),
            LiteralValue::Double(number) => number.inner().to_string(),
            LiteralValue::Int(number) => number.inner().to_string(),
            LiteralValue::Null => self.pick("空", "nothing"),
            LiteralValue::String(text) if text.inner().is_empty() => self.pick("空", "nothing"),
            LiteralValue::String(text) => text.inner().to_owned(),
            LiteralValue::Bytes(_) | LiteralValue::UInt(_) => return None,
        })
    }

    fn call(self, call: &CallExpr, depth: u32) -> Option<String> {
        let name = call.func_name.as_str();
        let joined = |word: &str| {
            let all: Option<Vec<String>> = call.args.iter().map(|one| self.say(one, depth + 1)).collect();
            let words = all?.join(word);
            Some(if depth > 0 { self.pick(&format!("（{words}）"), &format!("({words})")) } else { words })
        };
        match (name, call.target.as_deref(), call.args.as_slice()) {
            ("_&&_", ..) => joined(&self.pick("，且", " and ")),
            ("_||_", ..) => joined(&self.pick("，或", " or ")),
            ("!_", _, [one]) => {
                let one = self.say(one, depth + 1)?;
                Some(self.pick(&format!("并非{one}"), &format!("not {one}")))
            }
            ("-_", _, [one]) => Some(format!("-{}", self.say(one, depth + 1)?)),
            ("@in", _, [one, list]) => {
                let (one, list) = (self.say(one, depth + 1)?, self.value(one, list)?);
                Some(self.pick(&format!("{one}为{list}之一"), &format!("{one} is one of {list}")))
            }
            ("startsWith", Some(one), [other]) => self.about(one, other, "以", "开头", "begins with"),
            ("endsWith", Some(one), [other]) => self.about(one, other, "以", "结尾", "ends with"),
            ("contains", Some(one), [other]) => self.about(one, other, "含", "", "contains"),
            (_, _, [one, other]) => {
                let (zh, en) = match name {
                    "_==_" => ("为", " is "),
                    "_!=_" => ("不为", " is not "),
                    "_>=_" => (" ≥ ", " ≥ "),
                    "_<=_" => (" ≤ ", " ≤ "),
                    "_>_" => (" > ", " > "),
                    "_<_" => (" < ", " < "),
                    _ => return None,
                };
                let (left, right) = (self.value(other, one)?, self.value(one, other)?);
                // Between Chinese and Latin letters stands a space.
                let space = if right.starts_with(|c: char| c.is_ascii_alphanumeric()) { " " } else { "" };
                let zh = if zh.ends_with(' ') { zh.to_owned() } else { format!("{zh}{space}") };
                Some(format!("{left}{}{right}", self.pick(&zh, en)))
            }
            _ => None,
        }
    }

    fn about(self, one: &IdedExpr, other: &IdedExpr, zh: &str, zh_end: &str, en: &str) -> Option<String> {
        let (one, other) = (self.say(one, 1)?, self.say(other, 1)?);
        Some(self.pick(&format!("{one}{zh}{other}{zh_end}"), &format!("{one} {en} {other}")))
    }

    /// `value` as what `of` is compared with: states have names of their own.
    fn value(self, of: &IdedExpr, value: &IdedExpr) -> Option<String> {
        if member(of, self.over) != Some("state") || self.over != Over::Event {
            return self.say(value, 1);
        }
        let state = |expr: &IdedExpr| match &expr.expr {
            Expr::Literal(LiteralValue::String(text)) => {
                let state = EventState::by_name(text.inner())?;
                Some(state_words(state).get(self.language).to_owned())
            }
            _ => self.say(expr, 1),
        };
        match &value.expr {
            Expr::List(list) => {
                let all: Option<Vec<String>> = list.elements.iter().map(state).collect();
                Some(all?.join(&self.pick("、", ", ")))
            }
            _ => state(value),
        }
    }
}
