//! PJLink class 1 (JBMIA, "PJLink Specifications", version 1.04), the client's side: one connection for each question.
//!
//! ```text
//! display:  PJLINK 0⏎               no password          or  PJLINK 1 498e4a67⏎   eight random hex digits
//! client:   %1POWR 1⏎                                    or  MD5(digits + password) in hex, then %1POWR 1⏎
//! display:  %1POWR=OK⏎ · %1POWR=ERR1…4⏎ · PJLINK ERRA⏎ where the password is wrong
//! ```

use crate::display::{DisplayError, Power};
use md5::{Digest, Md5};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Class 1 answers have at most 136 bytes, with their end.
const ANSWER_BYTES_MAX: usize = 136;

/// Switches the display on or off.
pub(crate) async fn set_power(
    stream: TcpStream,
    password: Option<&str>,
    on: bool,
) -> Result<(), DisplayError> {
    let parameter = if on { "1" } else { "0" };
    done(&ask(stream, password, "POWR", parameter).await?)
}

/// Has the display show an input: two characters, the kind (1 RGB, 2 video, 3 digital, 4 storage, 5 network) and its number.
pub(crate) async fn set_input(
    stream: TcpStream,
    password: Option<&str>,
    input: &str,
) -> Result<(), DisplayError> {
    let right = matches!(input.as_bytes(), [b'1'..=b'5', b'1'..=b'9']);
    if !right {
        return Err(DisplayError::Input(
            "11 to 59: kind 1 RGB, 2 video, 3 digital, 4 storage, 5 network, then its number",
        ));
    }
    done(&ask(stream, password, "INPT", input).await?)
}

/// Whether it is on.
pub(crate) async fn power(stream: TcpStream, password: Option<&str>) -> Result<Power, DisplayError> {
    match ask(stream, password, "POWR", "?").await?.as_str() {
        "0" => Ok(Power::Off),
        "1" => Ok(Power::On),
        "2" => Ok(Power::Cooling),
        "3" => Ok(Power::Warming),
        other => Err(refused(other)),
    }
}

fn done(answer: &str) -> Result<(), DisplayError> {
    if answer == "OK" { Ok(()) } else { Err(refused(answer)) }
}

fn refused(answer: &str) -> DisplayError {
    match answer {
        "ERR1" => DisplayError::Refused("it does not know the command"),
        "ERR2" => DisplayError::Refused("it has no such input"),
        "ERR3" => DisplayError::Refused("it cannot do that now: it is warming up, cooling down or off"),
        "ERR4" => DisplayError::Refused("it reports a failure"),
        _ => DisplayError::Nonsense,
    }
}

/// Sends one command and gives its answer behind the `=`.
async fn ask(
    mut stream: TcpStream,
    password: Option<&str>,
    command: &str,
    parameter: &str,
) -> Result<String, DisplayError> {
    let greeting = line(&mut stream).await?;
    let login = match greeting.split(' ').collect::<Vec<_>>().as_slice() {
        ["PJLINK", "0"] => String::new(),
        ["PJLINK", "1", digits] => {
            let password = password.ok_or(DisplayError::NeedsPassword)?;
            Md5::digest(format!("{digits}{password}"))
                .iter()
                .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
        }
        _ => return Err(DisplayError::Nonsense),
    };
    stream.write_all(format!("{login}%1{command} {parameter}\r").as_bytes()).await?;
    let answer = line(&mut stream).await?;
    if answer == "PJLINK ERRA" {
        return Err(DisplayError::WrongPassword);
    }
    let value = answer.strip_prefix("%1").and_then(|rest| rest.strip_prefix(command)?.strip_prefix('='));
    value.map(str::to_owned).ok_or(DisplayError::Nonsense)
}

/// One line without its end.
async fn line(stream: &mut TcpStream) -> Result<String, DisplayError> {
    let mut line = Vec::new();
    loop {
        match stream.read_u8().await? {
            b'\r' => return String::from_utf8(line).map_err(|_| DisplayError::Nonsense),
            // Some displays end their lines in both.
            b'\n' if line.is_empty() => {}
            byte => line.push(byte),
        }
        if line.len() > ANSWER_BYTES_MAX {
            return Err(DisplayError::Nonsense);
        }
    }
}
