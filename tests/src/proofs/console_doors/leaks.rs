//! Looks for a secret in whatever was said: as it is, with escapes of URLs, in Base64 at any place.

use super::Measured;
use std::fs;
use std::path::Path;

/// A secret in all its forms.
#[derive(Debug, Clone)]
pub(super) struct Needles {
    what: String,
    plain: Vec<u8>,
    /// What is the same wherever the secret begins in what was encoded.
    encoded: Vec<Vec<u8>>,
}

impl Needles {
    /// `what` is told instead of the secret.
    pub(super) fn of(what: &str, secret: &str) -> Self {
        let at = |offset: usize| {
            let mut bytes = vec![0; offset];
            bytes.extend(secret.as_bytes());
            // Letters that hold no bit of what stands before or behind.
            let whole = bytes.len() / 3 * 4;
            let first = [0, 2, 3][offset];
            base64(&bytes)[first..whole].to_vec()
        };
        let encoded = [0, 1, 2].map(at).to_vec();
        let safe = encoded.iter().map(|text| text.iter().map(url_safe).collect());
        let encoded = encoded.iter().cloned().chain(safe).collect();
        Self { what: what.into(), plain: secret.as_bytes().to_vec(), encoded }
    }

    /// In which form it is there.
    pub(super) fn find(&self, text: &[u8]) -> Option<String> {
        let said = |form: &str| Some(format!("{} {form}", self.what));
        if holds(text, &self.plain) {
            return said("as it is");
        }
        if text.contains(&b'%') && holds(&decoded(text), &self.plain) {
            return said("with escapes");
        }
        if self.encoded.iter().any(|form| holds(text, form)) {
            return said("in Base64");
        }
        None
    }
}

fn url_safe(letter: &u8) -> u8 {
    match letter {
        b'+' => b'-',
        b'/' => b'_',
        other => *other,
    }
}

fn holds(text: &[u8], needle: &[u8]) -> bool {
    let Some(first) = needle.first() else { return false };
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| byte == first) {
        rest = &rest[at..];
        if rest.starts_with(needle) {
            return true;
        }
        rest = &rest[1..];
    }
    false
}

/// RFC 4648, section 4, without the signs that fill up.
fn base64(bytes: &[u8]) -> Vec<u8> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = Vec::new();
    for group in bytes.chunks(3) {
        let mut bits = 0;
        for at in 0..3 {
            bits = bits << 8 | usize::from(group.get(at).copied().unwrap_or(0));
        }
        text.extend((0..=group.len()).map(|letter| LETTERS[bits >> (18 - 6 * letter) & 63]));
    }
    text
}

/// With the escapes of URLs undone.
fn decoded(text: &[u8]) -> Vec<u8> {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let (mut out, mut at) = (Vec::with_capacity(text.len()), 0);
    while let Some(byte) = text.get(at) {
        match (digit(text.get(at + 1)), digit(text.get(at + 2))) {
            (Some(high), Some(low)) if *byte == b'%' => {
                out.push(u8::try_from(high << 4 | low).unwrap_or_default());
                at += 3;
            }
            _ => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    out
}

/// What was said, with the name of each place.
#[derive(Debug, Default)]
pub(super) struct Said {
    places: Vec<(String, Vec<u8>)>,
}

impl Said {
    /// Something that was answered.
    pub(super) fn add(&mut self, place: &str, text: impl Into<Vec<u8>>) {
        self.places.push((place.to_owned(), text.into()));
    }

    /// Every file below a folder whose name `keep` accepts.
    pub(super) fn add_files(&mut self, folder: &Path, keep: &dyn Fn(&Path) -> bool) -> Measured<()> {
        for entry in fs::read_dir(folder)?.flatten() {
            let (path, kind) = (entry.path(), entry.file_type()?);
            if !keep(&path) {
                continue;
            }
            if kind.is_dir() {
                self.add_files(&path, keep)?;
            } else if kind.is_file() {
                self.add(&path.display().to_string(), fs::read(&path)?);
            }
        }
        Ok(())
    }

    /// Where each secret is found.
    pub(super) fn search(&self, needles: &[Needles]) -> Vec<String> {
        let found = |(place, text): &(String, Vec<u8>)| {
            let form = needles.iter().find_map(|needle| needle.find(text))?;
            Some(format!("{form} in {place}"))
        };
        self.places.iter().filter_map(found).collect()
    }

    /// How many places, and MiB.
    pub(super) fn extent(&self) -> (usize, f64) {
        let bytes: usize = self.places.iter().map(|(_, text)| text.len()).sum();
        (self.places.len(), bytes as f64 / f64::from(1 << 20))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_in_every_form() {
        let needles = Needles::of("it", "Kanari-7Q/5+x@9");
        assert_eq!(base64(b"viewer:Kanari"), b"dmlld2VyOkthbmFyaQ");
        for (text, form) in [
            ("url rtsp://viewer:Kanari-7Q/5+x@9@10.0.0.7/", "it as it is"),
            ("url rtsp://viewer:Kanari-7Q%2F5%2bx%409@10.0.0.7/", "it with escapes"),
            ("%4Banari-7Q%2f5+x@9", "it with escapes"),
        ] {
            assert_eq!(needles.find(text.as_bytes()).as_deref(), Some(form), "{text}");
        }
        for before in ["", "u:", "vi:", "viewer:", "x"] {
            let text =
                [b"Basic ".as_slice(), &base64(format!("{before}Kanari-7Q/5+x@9.").as_bytes())].concat();
            assert_eq!(needles.find(&text).as_deref(), Some("it in Base64"), "{before}");
        }
        for text in ["", "Kanari-7Q", "%", "%4", "Basic dmlld2VyOmdlaGVpbQ=="] {
            assert_eq!(needles.find(text.as_bytes()), None, "{text}");
        }
    }
}
