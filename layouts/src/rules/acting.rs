//! What a rule does when it acts: which cameras it chooses, what it writes, whom it tells.

use super::engine::{Effect, Engine, Notice};
use super::expression::Scope;
use super::member::{Member, Members, cut, lon_lat};
use super::nearest::nearest;
use super::rule::{Action, Filling, Rule, When};
use super::why::{AlarmId, both};
use crate::layout::Words;
use crate::variant::BannerSpec;
use media::{SourceId, WallTime};
use std::collections::BTreeMap;

impl Engine {
    /// Which source goes into which slot, and the same in words.
    pub(crate) fn choose_sources(
        &mut self,
        rule: usize,
        members: &Members,
        scope: &Scope,
    ) -> (BTreeMap<String, SourceId>, Vec<String>) {
        let (mut fills, mut done, mut faults) = (BTreeMap::new(), Vec::new(), Vec::new());
        for action in &self.facts.set.rules[rule].actions {
            match action {
                Action::Scene(scene) => done.push(format!("scene {scene}")),
                Action::Fill { slot, filling } => match self.filling(filling, scope) {
                    Ok(source) => {
                        done.push(format!("{slot} = {source}"));
                        fills.insert(slot.clone(), source);
                    }
                    Err(error) => faults.push(error),
                },
                Action::Nearest { slots, within_m } => {
                    let Some(place) = lon_lat(members) else {
                        faults.push("its lon and lat are no place".to_owned());
                        continue;
                    };
                    let usable =
                        |(id, at): (&'_ SourceId, &Option<[f64; 2]>)| !self.lost.contains(id) && at.is_some();
                    let cameras = self.facts.sources.iter().filter(|(id, at)| usable((id, at)));
                    let cameras = cameras.filter_map(|(id, at)| Some((id, (*at)?)));
                    for (slot, (source, metres)) in
                        slots.iter().zip(nearest(place, cameras, *within_m, slots.len()))
                    {
                        done.push(format!("{slot} = {source} ({metres:.0} m)"));
                        fills.insert(slot.clone(), source.clone());
                    }
                }
                _ => {}
            }
        }
        faults.iter().for_each(|error| self.fault(rule, error));
        (fills, done)
    }

    fn filling(&self, filling: &Filling, scope: &Scope) -> Result<SourceId, String> {
        let expression = match filling {
            Filling::Source(source) => return Ok(source.clone()),
            Filling::Given(expression) => expression,
        };
        let name = expression.words(scope)?;
        let known = SourceId::new(&name).ok().filter(|source| self.facts.sources.contains_key(source));
        known.ok_or_else(|| format!("there is no source `{}`", cut(&name, 64)))
    }

    /// The words across the wall, with the newest members.
    pub(crate) fn banner(&self, rule: usize, members: &Members, raised: WallTime) -> Option<BannerSpec> {
        let rule = &self.facts.set.rules[rule];
        let hold = rule.hold.map(|hold| raised + hold);
        let due = match (&rule.when, members.get("due")) {
            (When::Event { .. }, Some(Member::Time(due))) => Some(*due),
            _ => hold,
        };
        rule.actions.iter().rev().find_map(|action| match action {
            Action::Banner { words, color } => {
                let words = words.words(members, self.facts.utc_offset_s);
                Some(BannerSpec { words, color: *color, until: due })
            }
            _ => None,
        })
    }

    /// Does what is done once.
    pub(crate) fn act(
        &mut self,
        rule: usize,
        alarm: AlarmId,
        key: &str,
        members: &Members,
        banner: Option<&BannerSpec>,
        done: &mut Vec<String>,
    ) {
        let Rule { id, name, actions, .. } = &self.facts.set.rules[rule];
        let words = described(banner, members, key);
        let notice = || {
            Box::new(Notice {
                alarm,
                rule: id.clone(),
                name_zh: name.zh.clone(),
                name_en: name.en.clone(),
                words_zh: words.zh.clone(),
                words_en: words.en.clone(),
                at: self.now.wall,
                subject: key.to_owned(),
                members: members.clone(),
            })
        };
        let mut effects = Vec::new();
        for action in actions {
            match action {
                Action::Scene(_) | Action::Fill { .. } | Action::Nearest { .. } => {}
                Action::Banner { .. } => done.push("banner".to_owned()),
                Action::Sound(path) => {
                    done.push(format!("sound {path}"));
                    effects.push(Effect::Sound { alarm, path: path.clone() });
                }
                Action::Voice(template) => {
                    done.push("voice".to_owned());
                    let words = template.words(members, self.facts.utc_offset_s);
                    effects.push(Effect::Voice { alarm, words });
                }
                Action::Webhook(to) => {
                    done.push(format!("webhook {}", to.host));
                    effects.push(Effect::Webhook { to: to.clone(), notice: notice() });
                }
                Action::Mqtt(to) => {
                    done.push(format!("mqtt {}", to.topic));
                    effects.push(Effect::Mqtt { to: to.clone(), notice: notice() });
                }
            }
        }
        effects.into_iter().for_each(|effect| self.push(effect));
    }
}

/// What an alarm is about: its banner, else a title, else its name.
pub(crate) fn described(banner: Option<&BannerSpec>, members: &Members, key: &str) -> Words {
    if let Some(banner) = banner {
        return banner.words.clone();
    }
    let text = |name: &str| members.get(name).and_then(Member::as_text).filter(|text| !text.is_empty());
    let placed = |title: Option<&str>| {
        let words = match (title, text("place")) {
            (Some(title), Some(place)) => format!("{place} {title}"),
            (Some(title), None) => title.to_owned(),
            (None, _) => key.to_owned(),
        };
        cut(&words, 240).to_owned()
    };
    both(placed(text("title")), placed(text("title_en").or(text("title"))))
}
