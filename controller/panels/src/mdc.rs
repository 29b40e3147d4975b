//! Samsung Multiple Display Control over TCP ("MDC Protocol", version 13.7c), the client's side.
//!
//! ```text
//! to the display:    AA  command  id  length  data…  checksum
//! from the display:  AA  FF       id  length  'A' or 'N'  command  data…  checksum
//! ```
//!
//! The checksum is the sum of everything between the header byte and itself, modulo 256.

use crate::display::{DisplayError, Power};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const HEADER: u8 = 0xAA;
const ANSWER: u8 = 0xFF;
const POWER: u8 = 0x11;
const INPUT: u8 = 0x14;
/// Inputs by the names that are written on displays.
const INPUTS: [(&str, u8); 7] = [
    ("pc", 0x14),
    ("dvi", 0x18),
    ("hdmi1", 0x21),
    ("hdmi2", 0x23),
    ("dp1", 0x25),
    ("dp2", 0x26),
    ("hdmi3", 0x31),
];

/// Switches the display on or off.
pub(crate) async fn set_power(stream: TcpStream, id: u8, on: bool) -> Result<(), DisplayError> {
    ask(stream, id, POWER, &[u8::from(on)]).await.map(drop)
}

/// Has the display show an input: a name such as `hdmi1`, or two hex digits of the protocol's table.
pub(crate) async fn set_input(stream: TcpStream, id: u8, input: &str) -> Result<(), DisplayError> {
    let named = INPUTS.iter().find(|(name, _)| name.eq_ignore_ascii_case(input)).map(|(_, code)| *code);
    let hex = || (input.len() == 2).then(|| u8::from_str_radix(input, 16).ok()).flatten();
    let wrong = DisplayError::Input("pc, dvi, hdmi1, hdmi2, hdmi3, dp1, dp2, or two hex digits");
    let code = named.or_else(hex).ok_or(wrong)?;
    ask(stream, id, INPUT, &[code]).await.map(drop)
}

/// Whether it is on.
pub(crate) async fn power(stream: TcpStream, id: u8) -> Result<Power, DisplayError> {
    match ask(stream, id, POWER, &[]).await?.as_slice() {
        [0] => Ok(Power::Off),
        [1] => Ok(Power::On),
        _ => Err(DisplayError::Nonsense),
    }
}

/// The sum of `bytes`, modulo 256.
fn checksum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte))
}

/// Sends one command and gives the data of its answer.
async fn ask(mut stream: TcpStream, id: u8, command: u8, data: &[u8]) -> Result<Vec<u8>, DisplayError> {
    let length = u8::try_from(data.len()).map_err(|_| DisplayError::Nonsense)?;
    let mut frame = vec![HEADER, command, id, length];
    frame.extend(data);
    frame.push(checksum(&frame[1..]));
    stream.write_all(&frame).await?;
    let mut head = [0; 4];
    stream.read_exact(&mut head).await?;
    let [HEADER, ANSWER, from, length] = head else { return Err(DisplayError::Nonsense) };
    let mut rest = vec![0; usize::from(length) + 1];
    stream.read_exact(&mut rest).await?;
    let sum = rest.pop().unwrap_or_default();
    if from != id || sum != checksum(&head[1..]).wrapping_add(checksum(&rest)) {
        return Err(DisplayError::Nonsense);
    }
    match rest.as_slice() {
        [b'A', of, data @ ..] if *of == command => Ok(data.to_vec()),
        [b'N', of, ..] if *of == command => Err(DisplayError::Refused("it does not take the command")),
        _ => Err(DisplayError::Nonsense),
    }
}
