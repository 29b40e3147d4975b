//! Names that a hall document gives to things, checked once and cheap to copy.

use std::fmt;
use std::sync::Arc;

/// Why a text is no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The text has no characters.
    #[error("an id is empty; give it 1 to 64 characters")]
    Empty,
    /// The text has more than 64 characters.
    #[error("the id has {0} characters; at most 64 fit")]
    TooLong(usize),
    /// A character stands outside `a-z 0-9 - _`, or the first one is no letter or digit.
    #[error("{0:?} cannot stand in an id; use a-z, 0-9, - and _, beginning with a letter or digit")]
    BadCharacter(char),
}

fn check(text: &str) -> Result<(), IdError> {
    if text.is_empty() {
        return Err(IdError::Empty);
    }
    let count = text.chars().count();
    if count > 64 {
        return Err(IdError::TooLong(count));
    }
    for (index, c) in text.chars().enumerate() {
        let plain = c.is_ascii_lowercase() || c.is_ascii_digit();
        if !(plain || (index > 0 && (c == '-' || c == '_'))) {
            return Err(IdError::BadCharacter(c));
        }
    }
    Ok(())
}

macro_rules! id_types {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks `text` (1–64 characters of `a-z 0-9 - _`) and keeps it.
            pub fn new(text: &str) -> Result<Self, IdError> {
                check(text).map(|()| Self(text.into()))
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                Self::new(&text)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0.as_ref().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }
    )*};
}

id_types! {
    /// A wall of screens.
    WallId
    /// One screen of a wall.
    ScreenId
    /// One machine's part in the hall (a display node or an ingest node).
    NodeId
    /// Something that gives pictures.
    SourceId
    /// One of a source's resolutions, such as `main` or `sub`.
    StreamId
    /// What is shown on a wall at one time.
    SceneId
    /// One window of a scene.
    WindowId
    /// The name under which user and password are kept outside the hall document.
    CredentialId
    /// Something that gives data.
    FeedId
    /// A table that feeds fill.
    TableId
    /// A question to the tables whose answer widgets show.
    QueryId
    /// What is done by itself when something happens.
    RuleId
    /// What is done by itself at certain times.
    ScheduleId
    /// Scenes that are shown one after the other.
    TourId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_keep_to_their_alphabet() {
        assert_eq!(SourceId::new("gate-3_a").map(|id| id.to_string()), Ok("gate-3_a".into()));
        assert_eq!(SourceId::new(""), Err(IdError::Empty));
        assert_eq!(SourceId::new("-a"), Err(IdError::BadCharacter('-')));
        assert_eq!(SourceId::new("东门"), Err(IdError::BadCharacter('东')));
        assert_eq!(SourceId::new(&"a".repeat(65)), Err(IdError::TooLong(65)));
    }
}
