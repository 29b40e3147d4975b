//! What a source is at a moment, in a few letters: its ETag. It is worked out of what the document says, so nothing has to be counted or
//! kept, and a source that becomes what it was has its old revision again.

use super::SourceFault;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use layouts_edit::SourceKeys;
use ring::digest;

/// Bytes of the hash: nobody meets two alike.
const BYTES: usize = 12;

/// The revision of a source.
pub(crate) fn revision(keys: &SourceKeys) -> String {
    let text = serde_json::to_vec(keys).unwrap_or_default();
    let hash = digest::digest(&digest::SHA256, &text);
    URL_SAFE_NO_PAD.encode(hash.as_ref().get(..BYTES).unwrap_or_default())
}

/// Refuses where somebody saw another revision than there is now.
pub(super) fn must_be(expected: Option<&str>, keys: &SourceKeys) -> Result<(), SourceFault> {
    let is = expected.is_none_or(|expected| expected == revision(keys));
    if is { Ok(()) } else { Err(SourceFault::Changed) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn another_key_is_another_revision_and_the_same_keys_are_the_same() {
        let keys = |label: &str| {
            let keys = json!({ "id": "a", "label": label, "image": { "path": "a.png" } });
            keys.as_object().cloned().unwrap_or_default()
        };
        let (old, new) = (keys("A"), keys("B"));
        assert_eq!(revision(&old), revision(&keys("A")));
        assert_ne!(revision(&old), revision(&new));
        assert_eq!(revision(&old).len(), 16);
        assert!(must_be(None, &new).is_ok() && must_be(Some(&revision(&new)), &new).is_ok());
        assert!(matches!(must_be(Some(&revision(&old)), &new), Err(SourceFault::Changed)));
    }
}
