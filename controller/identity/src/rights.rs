//! Rights: what a role may do, on which walls, and about sources with which tags. What nobody has granted is refused.

use serde::{Deserialize, Serialize};

/// A kind of deed. Every endpoint of the API is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Act {
    /// Nobody need be known for it: signing in, being asked whether one is well.
    Open,
    /// One's own session.
    Account,
    /// Seeing walls, sources, events and how all of it is.
    Look,
    /// Changing what hangs: scenes, windows, tours, alarms, events.
    Operate,
    /// Delivering data.
    Push,
    /// Changing what there is: sources, scenes, rules.
    Design,
    /// Users and tokens.
    Administer,
    /// Reading the audit log.
    Audit,
}

/// All of them.
const ACTS: [Act; 8] =
    [Act::Open, Act::Account, Act::Look, Act::Operate, Act::Push, Act::Design, Act::Administer, Act::Audit];

impl Act {
    /// Its name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Account => "account",
            Self::Look => "look",
            Self::Operate => "operate",
            Self::Push => "push",
            Self::Design => "design",
            Self::Administer => "administer",
            Self::Audit => "audit",
        }
    }
}

/// What somebody is in a hall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees.
    Viewer,
    /// Sees and operates.
    Operator,
    /// Sees, operates and changes what there is.
    Designer,
    /// Does everything.
    Admin,
    /// Reads the audit log, and nothing else.
    Auditor,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Viewer, Self::Operator, Self::Designer, Self::Admin, Self::Auditor];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Designer => "designer",
            Self::Admin => "admin",
            Self::Auditor => "auditor",
        }
    }

    /// The role of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }

    /// Whether it may do that at all.
    pub fn may(self, act: Act) -> bool {
        match (self, act) {
            (_, Act::Open | Act::Account) | (Self::Admin, _) => true,
            (Self::Auditor, act) => act == Act::Audit,
            (_, Act::Look) => true,
            (Self::Operator | Self::Designer, Act::Operate | Act::Push) => true,
            (Self::Designer, Act::Design) => true,
            (Self::Viewer, Act::Operate | Act::Push)
            | (Self::Viewer | Self::Operator, Act::Design)
            | (Self::Viewer | Self::Operator | Self::Designer, Act::Administer | Act::Audit) => false,
        }
    }
}

/// A role for some walls and some sources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// What.
    pub role: Role,
    /// On which walls; `*` stands for all.
    #[serde(default = "everything")]
    pub walls: Vec<String>,
    /// For sources with one of these tags; `*` stands for all, also for those without any.
    #[serde(default = "everything")]
    pub tags: Vec<String>,
}

fn everything() -> Vec<String> {
    vec!["*".to_owned()]
}

impl Grant {
    /// A role for everything.
    pub fn everywhere(role: Role) -> Self {
        Self { role, walls: everything(), tags: everything() }
    }

    fn covers_wall(&self, wall: &str) -> bool {
        self.walls.iter().any(|of| of == "*" || of == wall)
    }

    fn covers_source(&self, tags: &[String]) -> bool {
        self.tags.iter().any(|of| of == "*" || tags.contains(of))
    }
}

/// All that somebody may do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rights {
    grants: Vec<Grant>,
}

impl Rights {
    /// Those of grants.
    pub fn new(grants: Vec<Grant>) -> Self {
        Self { grants }
    }

    /// Those of whoever stands at the controller's own machine.
    pub fn all() -> Self {
        Self::new(vec![Grant::everywhere(Role::Admin)])
    }

    /// The grants.
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    /// Whether one of the grants allows it: on `wall` if it is about one, and with a source of these `source_tags` if it is about one.
    pub fn may(&self, act: Act, wall: Option<&str>, source_tags: Option<&[String]>) -> bool {
        self.grants.iter().any(|grant| {
            grant.role.may(act)
                && wall.is_none_or(|wall| grant.covers_wall(wall))
                && source_tags.is_none_or(|tags| grant.covers_source(tags))
        })
    }

    /// The acts that are allowed somewhere, by name.
    pub fn acts(&self) -> Vec<&'static str> {
        ACTS.into_iter().filter(|act| self.may(*act, None, None)).map(Act::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_what_it_says_and_nothing_is_allowed_by_default() {
        let may = |role: Role| {
            ACTS.into_iter().filter(|act| role.may(*act)).map(Act::as_str).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(may(Role::Viewer), "open account look");
        assert_eq!(may(Role::Operator), "open account look operate push");
        assert_eq!(may(Role::Designer), "open account look operate push design");
        assert_eq!(may(Role::Admin), "open account look operate push design administer audit");
        assert_eq!(may(Role::Auditor), "open account audit");
        assert!(ACTS.into_iter().all(|act| !Rights::default().may(act, None, None)));
    }

    #[test]
    fn a_right_is_role_and_wall_and_tag_of_one_grant() {
        let grant =
            |role, wall: &str, tag: &str| Grant { role, walls: vec![wall.into()], tags: vec![tag.into()] };
        let rights = Rights::new(vec![grant(Role::Operator, "left", "gates"), grant(Role::Viewer, "*", "*")]);
        let (gates, school) = (vec!["gates".to_owned()], vec!["school".to_owned()]);
        assert!(rights.may(Act::Operate, Some("left"), Some(&gates)));
        assert!(!rights.may(Act::Operate, Some("right"), Some(&gates)), "of another wall");
        assert!(!rights.may(Act::Operate, Some("left"), Some(&school)), "of another tag");
        assert!(!rights.may(Act::Operate, Some("left"), Some(&[])), "a source without tags is nobody's");
        assert!(rights.may(Act::Look, Some("right"), Some(&[])));
        assert!(rights.may(Act::Operate, None, None), "somewhere");
        assert!(!rights.may(Act::Design, None, None));
        assert!(Rights::all().may(Act::Administer, Some("any"), Some(&[])));
        let read: Grant = serde_json::from_str(r#"{"role": "viewer"}"#).unwrap();
        assert_eq!(read, Grant::everywhere(Role::Viewer));
        assert!(serde_json::from_str::<Grant>(r#"{"role": "viewer", "wall": ["a"]}"#).is_err());
    }
}
