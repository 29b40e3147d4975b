//! `Hello`: a node's first message on a control link.
//!
//! ```text
//! body: node       text ≤ 64    an id
//!       role       varint       0 ingest, 1 display
//!       software   text ≤ 64    the program's version, for logs
//!       media_port varint       UDP port of the media endpoint; 0 for a display node
//! ```

use crate::Role;
use crate::error::{DecodeError, OverLimit, at_most};
use crate::frame::{Kind, Wire};
use crate::role::WireRole;
use media::NodeId;
use serde::{Deserialize, Serialize};

const SOFTWARE_BYTES_MAX: usize = 64;

/// Who connects. The certificate must say the same of node and role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// The node's name in the hall document.
    pub node: NodeId,
    /// What it is there for.
    pub role: Role,
    /// The program's version, at most 64 bytes.
    pub software: String,
    /// UDP port on which an ingest node serves media; 0 for a display node.
    pub media_port: u16,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Form {
    node: String,
    role: WireRole,
    software: String,
    media_port: u16,
}

impl Wire for Hello {
    const KIND: Kind = Kind::Hello;
    type Form = Form;

    fn to_form(&self) -> Form {
        let Self { node, role, software, media_port } = self;
        Form {
            node: node.to_string(),
            role: (*role).into(),
            software: software.clone(),
            media_port: *media_port,
        }
    }

    fn check(form: &Form) -> Result<(), OverLimit> {
        at_most("hello.software", form.software.len(), SOFTWARE_BYTES_MAX)
    }

    fn from_form(form: Form) -> Result<Self, DecodeError> {
        let Form { node, role, software, media_port } = form;
        let node = NodeId::new(&node).map_err(|_| DecodeError::Value("hello.node"))?;
        Ok(Self { node, role: role.into(), software, media_port })
    }
}
