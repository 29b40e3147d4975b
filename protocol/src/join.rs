//! How a machine becomes a node: the one-time token and the two messages that carry it.
//!
//! ```text
//! token text:    taibai-join-1.<64 hex: SHA-256 of the authority's certificate>.<32 hex: secret>
//! JoinRequest:   node text ≤ 64, role varint, secret 16 bytes, request bytes ≤ 8192 (PKCS #10, DER)
//! JoinAccepted:  certificate bytes ≤ 8192 (X.509, DER), authority bytes ≤ 8192 (X.509, DER)
//! ```
//!
//! The fingerprint lets the new machine know the controller before it trusts anything; the secret lets the
//! controller know the machine.

use crate::Role;
use crate::error::{DecodeError, EncodeError, OverLimit, at_most};
use crate::frame::{self, Kind, Wire};
use crate::role::WireRole;
use bytes::Bytes;
use media::NodeId;
use serde::{Deserialize, Serialize};
use std::fmt;

const PREFIX: &str = "taibai-join-1";
const DER_BYTES_MAX: usize = 8192;

/// 128 random bits that a joining machine must know. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub [u8; 16]);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Why a text is no join token. The text itself is never repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JoinTokenError {
    /// The text does not begin like a token.
    #[error("a join token begins with `taibai-join-1.`; copy the whole token")]
    Prefix,
    /// A part is missing, or has the wrong length or letters.
    #[error("the join token is damaged; copy the whole token, from `taibai-join-1.` to its last letter")]
    Damaged,
}

/// What the controller's operator hands to the machine that joins.
#[derive(Clone, PartialEq, Eq)]
pub struct JoinToken {
    /// SHA-256 of the hall authority's certificate.
    pub authority: [u8; 32],
    /// The one-time secret.
    pub secret: Secret,
}

impl fmt::Debug for JoinToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JoinToken(…)")
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
        text
    })
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let high = char::from(pair[0]).to_digit(16)?;
        let low = char::from(pair[1]).to_digit(16)?;
        *byte = u8::try_from(high << 4 | low).ok()?;
    }
    Some(bytes)
}

impl JoinToken {
    /// The text to hand over. It is a secret: print it where the operator asked for it and nowhere else.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}.{}.{}", hex(&self.authority), hex(&self.secret.0))
    }

    /// Reads a token's text; blanks around it are ignored.
    pub fn parse(text: &str) -> Result<Self, JoinTokenError> {
        let rest = text.trim().strip_prefix(PREFIX).and_then(|rest| rest.strip_prefix('.'));
        let (authority, secret) =
            rest.ok_or(JoinTokenError::Prefix)?.split_once('.').ok_or(JoinTokenError::Damaged)?;
        let authority = unhex(authority).ok_or(JoinTokenError::Damaged)?;
        let secret = unhex(secret).map(Secret).ok_or(JoinTokenError::Damaged)?;
        Ok(Self { authority, secret })
    }
}

/// What the joining machine sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinRequest {
    /// The node it wants to be.
    pub node: NodeId,
    /// In which role.
    pub role: Role,
    /// The token's secret.
    pub secret: Secret,
    /// PKCS #10 signing request in DER, at most 8192 bytes. Only its key counts; names come from the token.
    pub request: Vec<u8>,
}

/// What the controller answers when the token is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinAccepted {
    /// The node's certificate in DER, at most 8192 bytes.
    pub certificate: Vec<u8>,
    /// The authority's certificate in DER, at most 8192 bytes.
    pub authority: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct RequestForm {
    node: String,
    role: WireRole,
    secret: [u8; 16],
    request: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct AcceptedForm {
    certificate: Vec<u8>,
    authority: Vec<u8>,
}

impl Wire for JoinRequest {
    const KIND: Kind = Kind::JoinRequest;
    type Form = RequestForm;

    fn to_form(&self) -> RequestForm {
        let Self { node, role, secret: Secret(secret), request } = self;
        RequestForm {
            node: node.to_string(),
            role: (*role).into(),
            secret: *secret,
            request: request.clone(),
        }
    }

    fn check(form: &RequestForm) -> Result<(), OverLimit> {
        at_most("join.request", form.request.len(), DER_BYTES_MAX)
    }

    fn from_form(form: RequestForm) -> Result<Self, DecodeError> {
        let RequestForm { node, role, secret, request } = form;
        let node = NodeId::new(&node).map_err(|_| DecodeError::Value("join.node"))?;
        Ok(Self { node, role: role.into(), secret: Secret(secret), request })
    }
}

impl Wire for JoinAccepted {
    const KIND: Kind = Kind::JoinAccepted;
    type Form = AcceptedForm;

    fn to_form(&self) -> AcceptedForm {
        let Self { certificate, authority } = self;
        AcceptedForm { certificate: certificate.clone(), authority: authority.clone() }
    }

    fn check(form: &AcceptedForm) -> Result<(), OverLimit> {
        at_most("join.certificate", form.certificate.len(), DER_BYTES_MAX)?;
        at_most("join.authority", form.authority.len(), DER_BYTES_MAX)
    }

    fn from_form(form: AcceptedForm) -> Result<Self, DecodeError> {
        let AcceptedForm { certificate, authority } = form;
        Ok(Self { certificate, authority })
    }
}

impl JoinRequest {
    /// The message's frame, header and body.
    pub fn encode(&self) -> Result<Bytes, EncodeError> {
        frame::encode(self)
    }

    /// The request in a frame of kind `kind`.
    pub fn decode(kind: Kind, body: &[u8]) -> Result<Self, DecodeError> {
        if kind == Kind::JoinRequest { frame::decode(body) } else { Err(DecodeError::Kind(kind.byte())) }
    }
}

impl JoinAccepted {
    /// The message's frame, header and body.
    pub fn encode(&self) -> Result<Bytes, EncodeError> {
        frame::encode(self)
    }

    /// The answer in a frame of kind `kind`.
    pub fn decode(kind: Kind, body: &[u8]) -> Result<Self, DecodeError> {
        if kind == Kind::JoinAccepted { frame::decode(body) } else { Err(DecodeError::Kind(kind.byte())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_survive_being_written_down() {
        let token = JoinToken { authority: [0xA5; 32], secret: Secret(*b"0123456789abcdef") };
        assert_eq!(JoinToken::parse(&format!("  {}\n", token.reveal())), Ok(token));
    }

    #[test]
    fn damaged_tokens_are_refused() {
        let token = JoinToken { authority: [1; 32], secret: Secret([2; 16]) }.reveal();
        assert_eq!(JoinToken::parse("hello"), Err(JoinTokenError::Prefix));
        for end in "taibai-join-1.".len()..token.len() {
            assert_eq!(JoinToken::parse(&token[..end]), Err(JoinTokenError::Damaged), "cut at {end}");
        }
        assert_eq!(JoinToken::parse(&format!("{token}0")), Err(JoinTokenError::Damaged));
        assert_eq!(JoinToken::parse(&token.replace("02", "é")), Err(JoinTokenError::Damaged));
    }

    #[test]
    fn secrets_are_never_printed() {
        let secret = Secret(*b"SESAMESESAMESESA");
        let token = JoinToken { authority: [7; 32], secret: secret.clone() };
        let node = NodeId::new("east").unwrap();
        let request = JoinRequest { node, role: Role::Display, secret, request: vec![] };
        for text in [format!("{token:?}"), format!("{request:?}")] {
            assert!(!text.contains("83") && !text.contains("5345") && !text.contains("SESAME"), "{text}");
        }
    }
}
