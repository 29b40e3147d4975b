//! Secrets that are given out once and kept only as their hashes.

use ring::digest;
use std::fmt::{self, Write};

/// 256 bits of somebody's randomness, shown to one person once.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; 32]);

impl Secret {
    /// `random` comes from the operating system.
    pub fn new(random: [u8; 32]) -> Self {
        Self(random)
    }

    /// The secret as 64 hexadecimal digits, for the one who is to have it.
    pub fn reveal(&self) -> String {
        hex(&self.0)
    }

    /// What [`Secret::reveal`] gave; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return None;
        }
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let mut secret = [0; 32];
        for (byte, pair) in secret.iter_mut().zip(digits.chunks_exact(2)) {
            let [high, low] = pair else { return None };
            *byte = digit(*high)? << 4 | digit(*low)?;
        }
        Some(Self(secret))
    }

    /// SHA-256 in hexadecimal: what is kept. With so much randomness it needs neither salt nor slowness.
    pub fn hash(&self) -> String {
        hex(digest::digest(&digest::SHA256, &self.0).as_ref())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Whether two texts are the same, in a time that does not tell where they differ.
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_back_and_never_shown_by_accident() {
        let secret = Secret::new(std::array::from_fn(|n| (n * 9) as u8));
        assert_eq!(Secret::parse(&secret.reveal()), Some(secret.clone()));
        assert!(!format!("{secret:?}").contains(&secret.reveal()[..4]));
        assert_ne!(secret.hash(), secret.reveal());
        for wrong in ["", "0", &"g".repeat(64), &"A".repeat(64), &"0".repeat(66), &"é".repeat(32)] {
            assert_eq!(Secret::parse(wrong), None, "{wrong}");
        }
        assert!(same(b"abc", b"abc") && !same(b"abc", b"abd") && !same(b"abc", b"ab"));
    }
}
