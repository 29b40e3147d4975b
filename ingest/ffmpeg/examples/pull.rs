//! Pulls one source, decodes it and prints what came: a tool to try real peers by hand.
//!
//! `pull rtsp 127.0.0.1 28554 /h264 tcp`, `pull srt 127.0.0.1 28890 caller PASSPHRASE`, `pull rtmp HOST PORT PATH`,
//! `pull http HOST PORT PATH`, `pull udp HOST PORT`, `pull rtp HOST PORT h264 96`, `pull file PATH`,
//! `pull image PATH`. User and password come from PULL_USER and PULL_PASSWORD; with PULL_AGAIN set it reconnects.

use ingest::{Decoder, Interrupt, Pace, Source, SourceEvent, Timeline};
use ingest_ffmpeg::{FfmpegDecoder, Timeouts, open};
use media::{Codec, Credential, Endpoint, Packet, RtpPayload, RtspTransport, SourceId, SrtMode};
use media::{UdpFormat, WallTime};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

fn codec(name: &str) -> Codec {
    match name {
        "h265" => Codec::H265,
        "mjpeg" => Codec::Mjpeg,
        "vp8" => Codec::Vp8,
        "vp9" => Codec::Vp9,
        "mpeg2" => Codec::Mpeg2,
        "mpeg4" => Codec::Mpeg4,
        _ => Codec::H264,
    }
}

fn endpoint(arguments: &[String]) -> Option<Endpoint> {
    let text = |index: usize| arguments.get(index).cloned();
    let port = || text(2)?.parse::<u16>().ok();
    Some(match text(0)?.as_str() {
        "rtsp" => Endpoint::Rtsp {
            host: text(1)?,
            port: port()?,
            path: text(3)?,
            transport: if text(4).as_deref() == Some("udp") {
                RtspTransport::Udp
            } else {
                RtspTransport::Tcp
            },
            tls: false,
            credential: None,
        },
        "srt" => Endpoint::Srt {
            host: text(1)?,
            port: port()?,
            mode: if text(3).as_deref() == Some("listener") { SrtMode::Listener } else { SrtMode::Caller },
            latency_ms: 120,
            stream_id: None,
            passphrase: None,
        },
        "rtmp" => {
            Endpoint::Rtmp { host: text(1)?, port: port()?, path: text(3)?, tls: false, credential: None }
        }
        "http" => {
            Endpoint::Http { host: text(1)?, port: port()?, path: text(3)?, tls: false, credential: None }
        }
        "udp" => {
            Endpoint::Udp { host: text(1)?, port: port()?, interface: text(3), format: UdpFormat::MpegTs }
        }
        "rtp" => Endpoint::Udp {
            host: text(1)?,
            port: port()?,
            interface: text(5),
            format: UdpFormat::Rtp(RtpPayload {
                codec: codec(&text(3)?),
                payload_type: text(4)?.parse().ok()?,
            }),
        },
        "file" => Endpoint::File { path: text(1)?, repeat: text(2).is_some() },
        "image" => Endpoint::Image { path: text(1)? },
        _ => return None,
    })
}

fn now() -> WallTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    WallTime(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

fn credential() -> Option<Credential> {
    let password = std::env::var("PULL_PASSWORD").ok()?;
    Some(Credential { user: std::env::var("PULL_USER").unwrap_or_default(), password })
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let endpoint = endpoint(&arguments).ok_or("see the head of this file for the arguments")?;
    let seconds = std::env::var("PULL_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(5);
    let id = SourceId::new("pull")?;
    let start = Instant::now();
    let interrupt = Interrupt::new();
    let folder = Path::new(".");
    let mut source = open(&endpoint, credential().as_ref(), folder, Timeouts::default(), interrupt)?;
    println!("open after {} ms", start.elapsed().as_millis());
    let (mut decoder, mut frames) = (None, Vec::new());
    let (mut packets, mut keys, mut bytes, mut shown, mut failed) = (0u32, 0u32, 0usize, 0usize, 0u32);
    let mut first_frame = None;
    let mut timeline = Timeline::new(match endpoint {
        Endpoint::File { .. } => Pace::Paced { hold: Duration::ZERO },
        Endpoint::Http { .. } => Pace::Paced { hold: Duration::from_millis(500) },
        _ => Pace::Live,
    });
    let (mut ages, mut gaps, mut last) = (Vec::new(), Vec::new(), Instant::now());
    while start.elapsed() < Duration::from_secs(seconds) {
        match source.next() {
            Ok(SourceEvent::Stream(info)) => {
                println!("{} ms: {info:?}", start.elapsed().as_millis());
                decoder = Some(FfmpegDecoder::new(&info, 1)?);
            }
            Ok(SourceEvent::Packet(raw)) => {
                packets += 1;
                keys += u32::from(raw.keyframe);
                bytes += raw.bytes.len();
                if packets <= 2 {
                    let ms = start.elapsed().as_millis();
                    println!(
                        "{ms} ms: pts {:?} dts {:?} /{:?} wrap {} key {} {} bytes",
                        raw.pts,
                        raw.dts,
                        raw.timescale.den,
                        raw.wrap_bits,
                        raw.keyframe,
                        raw.bytes.len()
                    );
                }
                let stamp = timeline.stamp(&raw, now());
                std::thread::sleep(stamp.due.since(now()));
                if packets <= 2 {
                    println!("    age {:?}", now().since(stamp.captured));
                }
                ages.push(now().since(stamp.captured).as_millis());
                gaps.push(last.elapsed().as_millis());
                last = Instant::now();
                let time = stamp.time;
                let packet = Packet {
                    source: id.clone(),
                    time,
                    captured: stamp.captured,
                    keyframe: raw.keyframe,
                    bytes: raw.bytes,
                };
                let Some(decoder) = decoder.as_mut() else { continue };
                failed += u32::from(decoder.decode(&packet, &mut frames).is_err());
                if let (None, Some(frame)) = (first_frame, frames.first()) {
                    println!(
                        "{} ms: {} {:?} {:?}",
                        start.elapsed().as_millis(),
                        frame.size(),
                        frame.layout(),
                        frame.color()
                    );
                    first_frame = Some(());
                }
                shown += frames.len();
                frames.clear();
            }
            Err(error) => {
                println!("{} ms: {error} ({:?})", start.elapsed().as_millis(), error.fault());
                if std::env::var_os("PULL_AGAIN").is_none() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(500));
                match open(&endpoint, credential().as_ref(), folder, Timeouts::default(), Interrupt::new()) {
                    Ok(again) => source = again,
                    Err(error) => println!("{} ms: {error}", start.elapsed().as_millis()),
                }
                timeline.restart();
                packets = 0;
            }
        }
    }
    let elapsed = start.elapsed().as_secs_f64();
    println!(
        "{packets} packets, {keys} keys, {bytes} bytes, {shown} frames, {failed} failed in {elapsed:.1} s"
    );
    for (name, values) in [("age", &mut ages), ("gap", &mut gaps)] {
        values.sort_unstable();
        let at = |part: usize| values.get(values.len() * part / 100).copied().unwrap_or(0);
        println!("{name} ms: p50 {} p95 {} most {}", at(50), at(95), values.last().copied().unwrap_or(0));
    }
    println!("{:?}", timeline.counters());
    if let Some(decoder) = decoder {
        println!("{:?}", decoder.counters());
    }
    drop(source);
    println!("closed after {} ms", start.elapsed().as_millis());
    Ok(())
}
