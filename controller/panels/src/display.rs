//! Displays that are switched over the network, whatever they speak.

use crate::{mdc, pjlink};
use layouts::{DisplayControl, DisplayProtocol};
use std::future::Future;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A display that says nothing for so long is not there.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Why a display does not do what it is told. None of the texts holds a password.
#[derive(Debug, thiserror::Error)]
pub enum DisplayError {
    /// Nobody answers.
    #[error("it does not answer: check its power, its cable and its standby setting")]
    NoAnswer,
    /// The connection failed.
    #[error("it cannot be reached: {0}")]
    Network(#[from] std::io::Error),
    /// It wants a password, and the document names none.
    #[error("it wants a password: name a credential in the hall document")]
    NeedsPassword,
    /// The password is not its own.
    #[error("its password is another one: check the credential")]
    WrongPassword,
    /// It refuses, and why.
    #[error("{0}")]
    Refused(&'static str),
    /// The input is none that the protocol knows; what would be right.
    #[error("inputs of this display are {0}")]
    Input(&'static str),
    /// It says something that its protocol does not know.
    #[error("it does not speak the protocol that the hall document says")]
    Nonsense,
}

/// Whether a display is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Power {
    /// Off, or in standby.
    Off,
    /// On.
    On,
    /// On its way to off.
    Cooling,
    /// On its way to on.
    Warming,
}

/// How a display is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DisplayState {
    /// Whether it is on.
    pub power: Power,
}

impl std::fmt::Display for Power {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Off => "off",
            Self::On => "on",
            Self::Cooling => "cooling",
            Self::Warming => "warming",
        })
    }
}

/// Switches a display on or off. `password` is that of its credential.
pub async fn set_power(
    display: &DisplayControl,
    password: Option<&str>,
    on: bool,
) -> Result<(), DisplayError> {
    within(async {
        let stream = connect(display).await?;
        match &display.protocol {
            DisplayProtocol::PjLink { credential: _ } => pjlink::set_power(stream, password, on).await,
            DisplayProtocol::SamsungMdc { id } => mdc::set_power(stream, *id, on).await,
        }
    })
    .await
}

/// Has a display show an input, named as its protocol names it: PJLink `11`–`59`, Samsung `hdmi1`, `dp1`, or two hex digits.
pub async fn set_input(
    display: &DisplayControl,
    password: Option<&str>,
    input: &str,
) -> Result<(), DisplayError> {
    within(async {
        let stream = connect(display).await?;
        match &display.protocol {
            DisplayProtocol::PjLink { credential: _ } => pjlink::set_input(stream, password, input).await,
            DisplayProtocol::SamsungMdc { id } => mdc::set_input(stream, *id, input).await,
        }
    })
    .await
}

/// Asks a display how it is.
pub async fn state(display: &DisplayControl, password: Option<&str>) -> Result<DisplayState, DisplayError> {
    within(async {
        let stream = connect(display).await?;
        let power = match &display.protocol {
            DisplayProtocol::PjLink { credential: _ } => pjlink::power(stream, password).await?,
            DisplayProtocol::SamsungMdc { id } => mdc::power(stream, *id).await?,
        };
        Ok(DisplayState { power })
    })
    .await
}

async fn connect(display: &DisplayControl) -> Result<TcpStream, DisplayError> {
    Ok(TcpStream::connect((display.host.as_str(), display.port)).await?)
}

async fn within<T>(work: impl Future<Output = Result<T, DisplayError>>) -> Result<T, DisplayError> {
    timeout(ANSWER_WITHIN, work).await.unwrap_or(Err(DisplayError::NoAnswer))
}
