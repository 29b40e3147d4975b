//! Passwords: what is taken, and how it is kept (Argon2id, RFC 9106).

use crate::secret::{hex, same};
use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// Fewest characters of a password.
pub const PASSWORD_CHARS_MIN: usize = 10;
/// Most bytes: more would only cost time.
const PASSWORD_BYTES_MAX: usize = 512;
/// Fewest different characters.
const DIFFERENT_MIN: usize = 4;
/// Costs of Argon2id: memory in KiB, passes, lanes. OWASP's first choice for 19 MiB; some 30 ms here.
const COSTS: [u32; 3] = [19_456, 2, 1];
/// What stands in files may not cost more than this.
const COSTS_MAX: [u32; 3] = [262_144, 16, 4];
const HASH_BYTES: usize = 32;

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordFault {
    /// Too few characters.
    #[error("a password has at least {PASSWORD_CHARS_MIN} characters")]
    Short,
    /// Too many bytes.
    #[error("a password has at most {PASSWORD_BYTES_MAX} bytes")]
    Long,
    /// The user's name stands in it.
    #[error("the password contains the user's name")]
    Name,
    /// One that attackers try first.
    #[error("the password is one of the common ones, or repeats itself")]
    Common,
}

impl PasswordFault {
    /// The fault in Chinese; [`std::fmt::Display`] gives it in English.
    pub fn chinese(self) -> String {
        match self {
            Self::Short => format!("密码至少 {PASSWORD_CHARS_MIN} 个字符"),
            Self::Long => format!("密码最多 {PASSWORD_BYTES_MAX} 字节"),
            Self::Name => "密码不能包含用户名".to_owned(),
            Self::Common => "密码过于常见或重复".to_owned(),
        }
    }
}

/// The common ones of ten characters and more, lower case; keyboard rows, years and love in numbers included. Digits and signs behind
/// one of [`STEMS`] do not make it uncommon.
const COMMON: [&str; 44] = [
    "0123456789",
    "01234567890",
    "0987654321",
    "1111111111",
    "11223344556677",
    "1122334455",
    "1231231234",
    "123123123123",
    "1234512345",
    "12345678910",
    "1234567890",
    "1234567890-=",
    "1234567890qwertyuiop",
    "123456789a",
    "123456789q",
    "123qweasdzxc",
    "147258369a",
    "1q2w3e4r5t",
    "1q2w3e4r5t6y",
    "1qaz2wsx3edc",
    "1qaz@wsx3edc",
    "5201314520",
    "520131452",
    "5845201314",
    "7758521521",
    "9876543210",
    "a123456789",
    "aa123456789",
    "abc123456789",
    "abcd123456",
    "abcdefghij",
    "asdfghjkl;",
    "asdfghjkl1",
    "changeme123",
    "iloveyou1314",
    "q1w2e3r4t5",
    "q1w2e3r4t5y6",
    "qazwsxedcrfv",
    "qweasdzxc123",
    "qwer1234asdf",
    "qwertyuiop",
    "woaini1314520",
    "zaq12wsxcde3",
    "zxcvbnm,./",
];
const STEMS: [&str; 20] = [
    "admin",
    "administrator",
    "changeme",
    "dahua",
    "guanliyuan",
    "hello",
    "hik",
    "hikvision",
    "huawei",
    "iloveyou",
    "letmein",
    "passw0rd",
    "password",
    "qwerty",
    "root",
    "taibai",
    "test",
    "user",
    "welcome",
    "woaini",
];

/// Whether `password` may be `user`'s.
pub fn check_password(password: &str, user: &str) -> Result<(), PasswordFault> {
    if password.len() > PASSWORD_BYTES_MAX {
        return Err(PasswordFault::Long);
    }
    if password.chars().count() < PASSWORD_CHARS_MIN {
        return Err(PasswordFault::Short);
    }
    let lower = password.to_lowercase();
    if user.chars().count() >= 3 && lower.contains(&user.to_lowercase()) {
        return Err(PasswordFault::Name);
    }
    let different: BTreeSet<char> = lower.chars().collect();
    let stem = lower.trim_end_matches(|c: char| !c.is_alphabetic());
    if different.len() < DIFFERENT_MIN || COMMON.contains(&lower.as_str()) || STEMS.contains(&stem) {
        return Err(PasswordFault::Common);
    }
    Ok(())
}

/// A password as it is kept: `argon2id$KIB$PASSES$LANES$SALT$HASH`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Takes some 30 ms and 19 MiB: not for a thread on which others wait. `salt` is random.
    pub fn new(password: &str, salt: [u8; 16]) -> Self {
        let [kib, passes, lanes] = COSTS;
        let hash = compute(password, &salt, COSTS).map(|hash| hex(&hash)).unwrap_or_default();
        Self(format!("argon2id${kib}${passes}${lanes}${}${hash}", hex(&salt)))
    }

    /// One that no password has, which takes as long as any other to be found wrong: for users that there are not.
    pub fn of_nobody() -> Self {
        let [kib, passes, lanes] = COSTS;
        Self(format!("argon2id${kib}${passes}${lanes}${}${}", "00".repeat(16), "00".repeat(HASH_BYTES)))
    }

    /// Whether this is the password. Takes as long as [`PasswordHash::new`].
    pub fn is(&self, password: &str) -> bool {
        self.parts().is_some_and(|(costs, salt, wanted)| {
            compute(password, &salt, costs).is_some_and(|hash| same(hex(&hash).as_bytes(), wanted.as_bytes()))
        })
    }

    fn parts(&self) -> Option<([u32; 3], Vec<u8>, &str)> {
        let mut parts = self.0.split('$');
        if parts.next()? != "argon2id" {
            return None;
        }
        let mut costs = [0; 3];
        for (cost, max) in costs.iter_mut().zip(COSTS_MAX) {
            *cost = parts.next()?.parse().ok().filter(|cost| *cost <= max)?;
        }
        let salt = parts.next()?;
        let salt: Option<Vec<u8>> = salt
            .as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
            .collect();
        let hash = parts.next().filter(|hash| hash.len() == HASH_BYTES * 2)?;
        Some((costs, salt?, hash))
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

fn compute(password: &str, salt: &[u8], [kib, passes, lanes]: [u32; 3]) -> Option<[u8; HASH_BYTES]> {
    // Nobody needs more, and who sends more wants to keep us busy.
    let password = password.as_bytes().get(..PASSWORD_BYTES_MAX).unwrap_or(password.as_bytes());
    let params = Params::new(kib, passes, lanes, Some(HASH_BYTES)).ok()?;
    let mut hash = [0; HASH_BYTES];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password, salt, &mut hash)
        .ok()?;
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_again_and_no_other_is() {
        let hash = PasswordHash::new("南风花园 open the gate", [7; 16]);
        assert!(hash.is("南风花园 open the gate"));
        assert!(!hash.is("南风花园 open the gate ") && !hash.is(""));
        assert_ne!(hash, PasswordHash::new("南风花园 open the gate", [8; 16]), "salted");
        let kept = serde_json::to_string(&hash).unwrap();
        assert!(kept.starts_with("\"argon2id$19456$2$1$07070707"), "{kept}");
        assert!(!format!("{hash:?}").contains("0707"));
        assert!(!PasswordHash::of_nobody().is("") && !PasswordHash("argon2id$1".into()).is(""));
        let dear = PasswordHash(kept.trim_matches('"').replace("$19456$", "$4000000$"));
        assert!(!dear.is("x"), "a file cannot make it cost 4 GiB");
    }

    #[test]
    fn a_vector_of_the_reference_implementation_comes_out() {
        // Its own tests have it: password, somesalt, 2 passes, 64 MiB, 1 lane.
        let hash = compute("password", b"somesalt", [65_536, 2, 1]).unwrap();
        assert_eq!(hex(&hash), "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7");
    }

    #[test]
    fn weak_passwords_are_refused_with_their_reason() {
        let fault = |password: &str| check_password(password, "liwei").unwrap_err();
        assert_eq!(fault("a8$kdW2!"), PasswordFault::Short);
        assert_eq!(fault(&"长".repeat(171)), PasswordFault::Long);
        assert_eq!(fault("LiWei-2026-x"), PasswordFault::Name);
        for common in [
            "1234567890",
            "Password123",
            "aaaaaaaaaaab",
            "Admin@123456",
            "WoAiNi1314",
            "qwertyuiop",
            "hikvision12345+",
        ] {
            assert_eq!(fault(common), PasswordFault::Common, "{common}");
        }
        for good in ["correct horse battery", "南风花园东门有三棵老榕树", "kV7-mq2-Zt9-pw"] {
            assert_eq!(check_password(good, "liwei"), Ok(()), "{good}");
        }
    }
}
