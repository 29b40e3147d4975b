//! The streams of a camera by ONVIF (Core Specification, Media Service): capabilities, profiles, the RTSP address of each. The password
//! travels as a digest (WS-UsernameToken Profile 1.0), never itself.

use super::{address, cut, network, xml};
use crate::source_reader::ReaderSettings;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use layouts::Hall;
use media::{Credential, Fault, Size, WallTime};
use protocol::{DeviceStream, ErrandFault};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use ring::rand::{SecureRandom, SystemRandom};
use std::time::Duration;

const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// A camera has two or three.
const PROFILES_MAX: usize = 4;
const NAME_BYTES_MAX: usize = 128;
const CODEC_BYTES_MAX: usize = 32;
const MEDIA: &str = "http://www.onvif.org/ver10/media/wsdl";
const DEVICE: &str = "http://www.onvif.org/ver10/device/wsdl";

/// Where a camera's device service is.
pub struct DeviceAddress<'a> {
    pub host: &'a str,
    pub port: u16,
    pub path: &'a str,
}

/// Asks the camera at `device` for its streams; at most a few, the camera's first ones.
pub fn streams(
    device: &DeviceAddress<'_>,
    credential: Option<&Credential>,
    hall: &Hall,
    settings: &ReaderSettings,
) -> Result<Vec<DeviceStream>, ErrandFault> {
    let client = Client { credential, hall, settings };
    let DeviceAddress { host, port, path } = *device;
    let root = if path.starts_with('/') { path } else { "/onvif/device_service" };
    let at =
        |host: &str, port: u16, path: &str| Service { host: host.to_owned(), port, path: path.to_owned() };
    let capabilities =
        format!(r#"<GetCapabilities xmlns="{DEVICE}"><Category>Media</Category></GetCapabilities>"#);
    let answer = client.ask(&at(host, port, root), &capabilities)?;
    let media = xml::read(&answer)
        .and_then(|answer| xml::address(xml::text(xml::all(answer.root(), "Media").next()?, "XAddr")?));
    let media = match media {
        Some((scheme, host, port, path)) if scheme == "http" => at(&host, port.unwrap_or(80), &path),
        // Small cameras have one address for everything.
        _ => at(host, port, root),
    };
    let answer = client.ask(&media, &format!(r#"<GetProfiles xmlns="{MEDIA}"/>"#))?;
    let mut streams = Vec::new();
    for Profile { token, name, codec, size } in profiles(&answer) {
        let token = xml::escaped(&token);
        let wanted = format!(
            r#"<GetStreamUri xmlns="{MEDIA}"><StreamSetup><Stream xmlns="http://www.onvif.org/ver10/schema">RTP-Unicast</Stream><Transport xmlns="http://www.onvif.org/ver10/schema"><Protocol>RTSP</Protocol></Transport></StreamSetup><ProfileToken>{token}</ProfileToken></GetStreamUri>"#
        );
        let answer = client.ask(&media, &wanted)?;
        let found = xml::read(&answer).and_then(|answer| xml::address(xml::text(answer.root(), "Uri")?));
        if let Some((scheme, host, port, path)) = found
            && scheme == "rtsp"
        {
            streams.push(DeviceStream { name, host, port: port.unwrap_or(554), path, codec, size });
        }
    }
    Ok(streams)
}

struct Profile {
    token: String,
    name: String,
    codec: String,
    size: Option<Size>,
}

fn profiles(answer: &str) -> Vec<Profile> {
    let Some(document) = xml::read(answer) else { return Vec::new() };
    let profile = |node: roxmltree::Node<'_, '_>| {
        let token = node.attribute("token")?;
        let encoder = xml::all(node, "VideoEncoderConfiguration").next()?;
        let side = |name: &str| {
            xml::text(encoder, name)?.parse::<u32>().ok().filter(|side| (1..=16_384).contains(side))
        };
        let size = side("Width").zip(side("Height"));
        Some(Profile {
            token: cut(token, NAME_BYTES_MAX),
            name: cut(xml::text(node, "Name").unwrap_or(token), NAME_BYTES_MAX),
            codec: cut(xml::text(encoder, "Encoding").unwrap_or_default(), CODEC_BYTES_MAX),
            size: size.map(|(width, height)| Size::new(width, height)),
        })
    };
    xml::all(document.root(), "Profiles").filter_map(profile).take(PROFILES_MAX).collect()
}

struct Service {
    host: String,
    port: u16,
    path: String,
}

struct Client<'a> {
    credential: Option<&'a Credential>,
    hall: &'a Hall,
    settings: &'a ReaderSettings,
}

impl Client<'_> {
    /// Posts one request; the answer's text.
    fn ask(&self, service: &Service, body: &str) -> Result<String, ErrandFault> {
        let Service { host, port, path } = service;
        address::look_up(host, *port, self.hall, self.settings)?;
        let head = match self.credential {
            Some(credential) => security(credential, self.settings.clock.wall())?,
            None => String::new(),
        };
        let envelope = format!(
            r#"<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header>{head}</s:Header><s:Body>{body}</s:Body></s:Envelope>"#
        );
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(ANSWER_WITHIN))
            .http_status_as_error(false)
            // A camera sends nobody elsewhere.
            .max_redirects(0)
            .proxy(None)
            .build();
        let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
        let sent = ureq::Agent::new_with_config(config)
            .post(format!("http://{host}:{port}{path}"))
            .header("Content-Type", "application/soap+xml; charset=utf-8")
            .send(envelope.as_bytes());
        let mut answer = sent.map_err(|_| ErrandFault::Source(Fault::Unreachable))?;
        let status = answer.status().as_u16();
        let text = answer.body_mut().with_config().limit(xml::BYTES_MAX as u64).read_to_string();
        let text = text.map_err(|_| ErrandFault::Source(Fault::Garbage))?;
        let refused = status == 401
            || status == 403
            || text.contains("NotAuthorized")
            || text.contains("FailedAuthentication");
        match status {
            _ if refused => Err(ErrandFault::Source(Fault::Credentials)),
            200..=299 => Ok(text),
            404 => Err(ErrandFault::Source(Fault::NotFound)),
            _ => Err(ErrandFault::Source(Fault::Refused)),
        }
    }
}

/// A user and the digest of nonce, time and password.
fn security(credential: &Credential, now: WallTime) -> Result<String, ErrandFault> {
    let mut nonce = [0; 16];
    SystemRandom::new().fill(&mut nonce).map_err(|_| network("no randomness"))?;
    let created = utc(now);
    let proof = proof(&nonce, &created, &credential.password);
    let (user, nonce) = (xml::escaped(&credential.user), BASE64.encode(nonce));
    Ok(format!(
        r#"<Security s:mustUnderstand="1" xmlns="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"><UsernameToken><Username>{user}</Username><Password Type="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest">{proof}</Password><Nonce EncodingType="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary">{nonce}</Nonce><Created xmlns="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd">{created}</Created></UsernameToken></Security>"#
    ))
}

fn proof(nonce: &[u8], created: &str, password: &str) -> String {
    let all = [nonce, created.as_bytes(), password.as_bytes()].concat();
    BASE64.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &all))
}

/// Whole seconds as cameras read them.
fn utc(now: WallTime) -> String {
    let seconds = now.0.div_euclid(1_000_000_000);
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Civil from days (Howard Hinnant): years begin in March.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_the_profile() {
        // The example of ONVIF's Application Programmer's Guide, section 6.1.1.3.
        let nonce = BASE64.decode("LKqI6G/AikKCQrN0zqZFlg==").unwrap();
        let proof = proof(&nonce, "2010-09-16T07:50:45Z", "userpassword");
        assert_eq!(proof, "tuOSpGlFlIXsozq4HFNeeGeFLEI=");
    }

    #[test]
    fn times_are_written_as_the_standard_has_it() {
        assert_eq!(utc(WallTime(0)), "1970-01-01T00:00:00Z");
        assert_eq!(utc(WallTime(951_782_400_000_000_000)), "2000-02-29T00:00:00Z");
        assert_eq!(utc(WallTime(1_795_670_145_999_999_999)), "2026-11-26T05:15:45Z");
    }

    #[test]
    fn profiles_without_video_are_left_out() {
        let answer = r#"<e xmlns:t="t"><t:Profiles token="p1"><t:Name>主码流</t:Name><t:VideoEncoderConfiguration><t:Encoding>H264</t:Encoding><t:Resolution><t:Width>1920</t:Width><t:Height>1080</t:Height></t:Resolution></t:VideoEncoderConfiguration></t:Profiles><t:Profiles token="p2"><t:Name>audio</t:Name></t:Profiles></e>"#;
        let found = profiles(answer);
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].token.as_str(), found[0].name.as_str(), found[0].codec.as_str()),
            ("p1", "主码流", "H264")
        );
        assert_eq!(found[0].size, Some(Size::new(1920, 1080)));
        assert!(profiles("nonsense").is_empty());
    }
}
