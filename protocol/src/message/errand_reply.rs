//! `ErrandReply`: what an ingest node has found out. It travels on a one-way stream of its own; all of it ≤ 1 MiB.
//!
//! ```text
//! body: number   varint
//!       outcome  0 probed: codec text ≤ 32, size 2 × varint, fps_milli option of varint, key_every_ms option of varint,
//!                          audio option of text ≤ 32, open_ms varint, pictures list ≤ 8 of (after_ms varint, bytes)
//!                1 found: list ≤ 256 of host text ≤ 253, port varint, path text ≤ 1024, name, hardware, place text ≤ 128,
//!                         scopes list ≤ 32 of text ≤ 256
//!                2 streams: list ≤ 32 of name text ≤ 128, host text ≤ 253, port varint, path text ≤ 1024, codec text ≤ 32,
//!                           size option of 2 × varint
//!                3 failed: 0 source fault │ 1 not allowed │ 2 no secret │ 3 no key picture │ 4 undecodable │ 5 busy │
//!                          6 wrong, text ≤ 512 │ 7 network, text ≤ 512
//! ```

use super::blob::Blob;
use super::{WireFault, fault_from_wire, fault_to_wire};
use crate::error::{DecodeError, EncodeError, OverLimit, at_most};
use crate::frame::{self, Kind, Wire};
use bytes::Bytes;
use media::{Fault, Size};
use serde::{Deserialize, Serialize};

const PICTURES_MAX: usize = 8;
const DEVICES_MAX: usize = 256;
const STREAMS_MAX: usize = 32;
const SCOPES_MAX: usize = 32;
const WORD_BYTES_MAX: usize = 32;
const NAME_BYTES_MAX: usize = 128;
const SCOPE_BYTES_MAX: usize = 256;
const HOST_BYTES_MAX: usize = 253;
const PATH_BYTES_MAX: usize = 1024;
const WHY_BYTES_MAX: usize = 512;

/// What a source sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probed {
    /// How its pictures are encoded, such as `h264`; at most 32 bytes.
    pub codec: String,
    /// How large they are.
    pub size: Size,
    /// Thousandths of a picture a second, where enough came to count them or the stream says so.
    pub fps_milli: Option<u32>,
    /// How often a key picture came, where two did.
    pub key_every_ms: Option<u32>,
    /// How its sound is encoded, at most 32 bytes; `None` without sound.
    pub audio: Option<String>,
    /// From the attempt to the first picture.
    pub open_ms: u32,
    /// JPEGs, at most 8, each with the time since the first.
    pub pictures: Vec<(u32, Bytes)>,
}

/// A camera that has answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Its address, at most 253 bytes.
    pub host: String,
    /// TCP port of its device service.
    pub port: u16,
    /// Path of its device service, at most 1024 bytes.
    pub path: String,
    /// What it calls itself, at most 128 bytes; may be empty, as the two that follow.
    pub name: String,
    /// What it is.
    pub hardware: String,
    /// Where it says that it is.
    pub place: String,
    /// All that it says of itself: at most 32 texts of at most 256 bytes.
    pub scopes: Vec<String>,
}

/// A stream of a camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceStream {
    /// The camera's name for it, at most 128 bytes.
    pub name: String,
    /// RTSP host, at most 253 bytes.
    pub host: String,
    /// RTSP port.
    pub port: u16,
    /// Path with its leading slash, at most 1024 bytes.
    pub path: String,
    /// As the camera says it, such as `H264`; at most 32 bytes, may be empty.
    pub codec: String,
    /// How large its pictures are, where the camera says so.
    pub size: Option<Size>,
}

/// Why nothing was found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErrandFault {
    /// What is wrong with the source.
    Source(Fault),
    /// The hall does not let sources be read from there.
    NotAllowed,
    /// The node's secrets have no credential of that name.
    NoSecret,
    /// Pictures came, and none from which decoding can begin.
    NoKeyPicture,
    /// A key picture came and could not be decoded.
    Undecodable,
    /// The node does as much as it can at once.
    Busy,
    /// The errand itself means nothing, and why; at most 512 bytes.
    Wrong(String),
    /// The node cannot reach its network, and why; at most 512 bytes.
    Network(String),
}

/// What has been found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErrandOutcome {
    /// What a source sends.
    Probed(Probed),
    /// Cameras of the network, at most 256.
    Found(Vec<Device>),
    /// Streams of a camera, at most 32.
    Streams(Vec<DeviceStream>),
    /// Nothing.
    Failed(ErrandFault),
}

/// What an errand has brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrandReply {
    /// That of the errand.
    pub number: u64,
    /// What was found.
    pub outcome: ErrandOutcome,
}

impl ErrandReply {
    /// The whole frame. Errors: more than fits.
    pub fn encode(&self) -> Result<Bytes, EncodeError> {
        frame::encode(self)
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct ProbedForm {
    codec: String,
    size: (u32, u32),
    fps_milli: Option<u32>,
    key_every_ms: Option<u32>,
    audio: Option<String>,
    open_ms: u32,
    pictures: Vec<(u32, Blob)>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct DeviceForm {
    host: String,
    port: u16,
    path: String,
    name: String,
    hardware: String,
    place: String,
    scopes: Vec<String>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct StreamForm {
    name: String,
    host: String,
    port: u16,
    path: String,
    codec: String,
    size: Option<(u32, u32)>,
}

#[derive(Serialize, Deserialize)]
pub(crate) enum FaultForm {
    Source(WireFault),
    NotAllowed,
    NoSecret,
    NoKeyPicture,
    Undecodable,
    Busy,
    Wrong(String),
    Network(String),
}

#[derive(Serialize, Deserialize)]
pub(crate) enum OutcomeForm {
    Probed(ProbedForm),
    Found(Vec<DeviceForm>),
    Streams(Vec<StreamForm>),
    Failed(FaultForm),
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Form {
    number: u64,
    outcome: OutcomeForm,
}

fn sides(size: Size) -> (u32, u32) {
    (size.width, size.height)
}

fn size_of((width, height): (u32, u32)) -> Result<Size, DecodeError> {
    if width == 0 || height == 0 {
        return Err(DecodeError::Value("errand_reply.size"));
    }
    Ok(Size::new(width, height))
}

impl From<&Probed> for ProbedForm {
    fn from(probed: &Probed) -> Self {
        let Probed { codec, size, fps_milli, key_every_ms, audio, open_ms, pictures } = probed;
        Self {
            codec: codec.clone(),
            size: sides(*size),
            fps_milli: *fps_milli,
            key_every_ms: *key_every_ms,
            audio: audio.clone(),
            open_ms: *open_ms,
            pictures: pictures.iter().map(|(after_ms, jpeg)| (*after_ms, Blob(jpeg.clone()))).collect(),
        }
    }
}

impl TryFrom<ProbedForm> for Probed {
    type Error = DecodeError;
    fn try_from(form: ProbedForm) -> Result<Self, DecodeError> {
        let ProbedForm { codec, size, fps_milli, key_every_ms, audio, open_ms, pictures } = form;
        let pictures = pictures.into_iter().map(|(after_ms, Blob(jpeg))| (after_ms, jpeg)).collect();
        Ok(Self { codec, size: size_of(size)?, fps_milli, key_every_ms, audio, open_ms, pictures })
    }
}

impl From<&Device> for DeviceForm {
    fn from(device: &Device) -> Self {
        let Device { host, port, path, name, hardware, place, scopes } = device.clone();
        Self { host, port, path, name, hardware, place, scopes }
    }
}

impl From<DeviceForm> for Device {
    fn from(form: DeviceForm) -> Self {
        let DeviceForm { host, port, path, name, hardware, place, scopes } = form;
        Self { host, port, path, name, hardware, place, scopes }
    }
}

impl From<&DeviceStream> for StreamForm {
    fn from(stream: &DeviceStream) -> Self {
        let DeviceStream { name, host, port, path, codec, size } = stream.clone();
        Self { name, host, port, path, codec, size: size.map(sides) }
    }
}

impl TryFrom<StreamForm> for DeviceStream {
    type Error = DecodeError;
    fn try_from(form: StreamForm) -> Result<Self, DecodeError> {
        let StreamForm { name, host, port, path, codec, size } = form;
        Ok(Self { name, host, port, path, codec, size: size.map(size_of).transpose()? })
    }
}

impl From<&ErrandFault> for FaultForm {
    fn from(fault: &ErrandFault) -> Self {
        match fault {
            ErrandFault::Source(fault) => Self::Source(fault_to_wire(*fault)),
            ErrandFault::NotAllowed => Self::NotAllowed,
            ErrandFault::NoSecret => Self::NoSecret,
            ErrandFault::NoKeyPicture => Self::NoKeyPicture,
            ErrandFault::Undecodable => Self::Undecodable,
            ErrandFault::Busy => Self::Busy,
            ErrandFault::Wrong(why) => Self::Wrong(why.clone()),
            ErrandFault::Network(why) => Self::Network(why.clone()),
        }
    }
}

impl From<FaultForm> for ErrandFault {
    fn from(form: FaultForm) -> Self {
        match form {
            FaultForm::Source(fault) => Self::Source(fault_from_wire(fault)),
            FaultForm::NotAllowed => Self::NotAllowed,
            FaultForm::NoSecret => Self::NoSecret,
            FaultForm::NoKeyPicture => Self::NoKeyPicture,
            FaultForm::Undecodable => Self::Undecodable,
            FaultForm::Busy => Self::Busy,
            FaultForm::Wrong(why) => Self::Wrong(why),
            FaultForm::Network(why) => Self::Network(why),
        }
    }
}

impl ProbedForm {
    fn check(&self) -> Result<(), OverLimit> {
        at_most("errand_reply.codec", self.codec.len(), WORD_BYTES_MAX)?;
        at_most("errand_reply.audio", self.audio.as_ref().map_or(0, String::len), WORD_BYTES_MAX)?;
        at_most("errand_reply.pictures", self.pictures.len(), PICTURES_MAX)
    }
}

impl DeviceForm {
    fn check(&self) -> Result<(), OverLimit> {
        let Self { host, port: _, path, name, hardware, place, scopes } = self;
        at_most("device.host", host.len(), HOST_BYTES_MAX)?;
        at_most("device.path", path.len(), PATH_BYTES_MAX)?;
        for text in [name, hardware, place] {
            at_most("device.name", text.len(), NAME_BYTES_MAX)?;
        }
        at_most("device.scopes", scopes.len(), SCOPES_MAX)?;
        scopes.iter().try_for_each(|scope| at_most("device.scope", scope.len(), SCOPE_BYTES_MAX))
    }
}

impl StreamForm {
    fn check(&self) -> Result<(), OverLimit> {
        let Self { name, host, port: _, path, codec, size: _ } = self;
        at_most("stream.name", name.len(), NAME_BYTES_MAX)?;
        at_most("stream.host", host.len(), HOST_BYTES_MAX)?;
        at_most("stream.path", path.len(), PATH_BYTES_MAX)?;
        at_most("stream.codec", codec.len(), WORD_BYTES_MAX)
    }
}

impl Wire for ErrandReply {
    const KIND: Kind = Kind::ErrandReply;
    type Form = Form;

    fn to_form(&self) -> Form {
        let Self { number, outcome } = self;
        let outcome = match outcome {
            ErrandOutcome::Probed(probed) => OutcomeForm::Probed(probed.into()),
            ErrandOutcome::Found(devices) => OutcomeForm::Found(devices.iter().map(Into::into).collect()),
            ErrandOutcome::Streams(streams) => OutcomeForm::Streams(streams.iter().map(Into::into).collect()),
            ErrandOutcome::Failed(fault) => OutcomeForm::Failed(fault.into()),
        };
        Form { number: *number, outcome }
    }

    fn check(form: &Form) -> Result<(), OverLimit> {
        match &form.outcome {
            OutcomeForm::Probed(probed) => probed.check(),
            OutcomeForm::Found(devices) => {
                at_most("errand_reply.devices", devices.len(), DEVICES_MAX)?;
                devices.iter().try_for_each(DeviceForm::check)
            }
            OutcomeForm::Streams(streams) => {
                at_most("errand_reply.streams", streams.len(), STREAMS_MAX)?;
                streams.iter().try_for_each(StreamForm::check)
            }
            OutcomeForm::Failed(FaultForm::Wrong(why) | FaultForm::Network(why)) => {
                at_most("errand_reply.why", why.len(), WHY_BYTES_MAX)
            }
            OutcomeForm::Failed(_) => Ok(()),
        }
    }

    fn from_form(form: Form) -> Result<Self, DecodeError> {
        let Form { number, outcome } = form;
        let outcome = match outcome {
            OutcomeForm::Probed(probed) => ErrandOutcome::Probed(probed.try_into()?),
            OutcomeForm::Found(devices) => {
                ErrandOutcome::Found(devices.into_iter().map(Into::into).collect())
            }
            OutcomeForm::Streams(streams) => {
                ErrandOutcome::Streams(streams.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?)
            }
            OutcomeForm::Failed(fault) => ErrandOutcome::Failed(fault.into()),
        };
        Ok(Self { number, outcome })
    }
}
