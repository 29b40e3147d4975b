//! What is said to people, in both languages.

use layouts::{Language, Words};
use serde::{Deserialize, Serialize};

/// Words in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Said {
    /// The words in one language.
    pub fn get(&self, language: Language) -> &str {
        match language {
            Language::Chinese => &self.zh,
            Language::English => &self.en,
        }
    }
}

impl From<&Words> for Said {
    fn from(words: &Words) -> Self {
        let Words { zh, en } = words;
        Self { zh: zh.clone(), en: en.clone() }
    }
}
