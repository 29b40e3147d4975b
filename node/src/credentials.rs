//! Users and passwords of sources, kept in a file of their own outside the hall document.
//!
//! ```toml
//! [gate-cameras]
//! user = "viewer"
//! password = "…"
//! ```

use media::{Credential, CredentialId};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Why credentials cannot be used. No variant carries a password.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// The file cannot be read.
    #[error("the credentials file {path} cannot be read: {why}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// The system's words.
        why: std::io::Error,
    },
    /// Others on this machine may read the file.
    #[error("the credentials file {0} can be read by other users; run: chmod 600 {0}")]
    Open(PathBuf),
    /// The file is no table of names with `user` and `password`.
    #[error(
        "the credentials file {path}, line {line}: expected [name] followed by user = \"…\" and password = \"…\""
    )]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// Where, from 1.
        line: usize,
    },
    /// A name is no id.
    #[error("the credentials file {path}: {name:?} cannot be a name: {why}")]
    Name {
        /// Which file.
        path: PathBuf,
        /// The name.
        name: String,
        /// What is wrong with it.
        why: media::IdError,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(default)]
    user: String,
    password: String,
}

/// Credentials by name.
#[derive(Debug, Clone, Default)]
pub struct Credentials(BTreeMap<CredentialId, Credential>);

impl Credentials {
    /// Reads the file at `path`, which nobody but its owner may be able to read.
    pub fn read(path: &Path) -> Result<Self, CredentialsError> {
        use std::os::unix::fs::PermissionsExt;
        let read_error = |why| CredentialsError::Read { path: path.to_owned(), why };
        let mode = std::fs::metadata(path).map_err(read_error)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(CredentialsError::Open(path.to_owned()));
        }
        Self::parse(&std::fs::read_to_string(path).map_err(read_error)?, path)
    }

    fn parse(text: &str, path: &Path) -> Result<Self, CredentialsError> {
        let entries: BTreeMap<String, Entry> = toml::from_str(text).map_err(|error| {
            // The parser's own message quotes the line, and with it the password: only the place is told.
            let offset = error.span().map_or(0, |span| span.start);
            let line = text.get(..offset).unwrap_or("").lines().count().max(1);
            CredentialsError::Malformed { path: path.to_owned(), line }
        })?;
        let mut credentials = BTreeMap::new();
        for (name, Entry { user, password }) in entries {
            let id = CredentialId::new(&name).map_err(|why| CredentialsError::Name {
                path: path.to_owned(),
                name,
                why,
            })?;
            credentials.insert(id, Credential { user, password });
        }
        Ok(Self(credentials))
    }

    /// The credential of that name.
    pub fn get(&self, id: &CredentialId) -> Option<&Credential> {
        self.0.get(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_file_never_shows_its_passwords() {
        let path = Path::new("c.toml");
        let right = Credentials::parse("[a]\nuser = 'u'\npassword = 'geheim'\n", path).unwrap();
        assert_eq!(right.get(&CredentialId::new("a").unwrap()).unwrap().password, "geheim");
        assert!(!format!("{right:?}").contains("geheim"));
        for wrong in
            ["[a]\npassword = 'geheim\n", "[a]\npasswort = 'geheim'\n", "[A b]\npassword='geheim'", "geheim"]
        {
            let error = Credentials::parse(wrong, path).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("geheim"), "{error:?}");
        }
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = std::env::temp_dir().join(format!("taibai-credentials-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("credentials.toml");
        std::fs::write(&path, "[a]\npassword = 'x'\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(Credentials::read(&path), Err(CredentialsError::Open(_))));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert!(Credentials::read(&path).is_ok());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
