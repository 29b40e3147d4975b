//! What a record says, as the text that is hashed and kept.

use super::EventError;
use media::{EventReport, EventState, WallTime};
use serde_json::{Value as Json, json};

/// Most characters of a remark.
const NOTE_CHARS_MAX: usize = 2000;
/// Most characters of an author.
const BY_CHARS_MAX: usize = 64;

/// What a record says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum What {
    Report(Box<EventReport>),
    Advance { id: String, to: EventState, at: WallTime },
    Note { id: String, text: String },
}

impl What {
    /// Which event it is about.
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Report(report) => &report.id,
            Self::Advance { id, .. } | Self::Note { id, .. } => id,
        }
    }

    /// Checks what feeds check too, for those who come through the API.
    pub(crate) fn check(&self, by: &str) -> Result<(), EventError> {
        let bad = |field| Err(EventError::BadField { id: self.id().chars().take(64).collect(), field });
        let long = |text: &str, chars_max: usize| text.chars().count() > chars_max || text.contains('\0');
        if self.id().is_empty() || long(self.id(), 64) {
            return bad("id");
        }
        if long(by, BY_CHARS_MAX) {
            return bad("by");
        }
        match self {
            Self::Advance { .. } => Ok(()),
            Self::Note { text, .. } if text.is_empty() || long(text, NOTE_CHARS_MAX) => bad("text"),
            Self::Note { .. } => Ok(()),
            Self::Report(report) => {
                let EventReport {
                    id: _,
                    network,
                    domain,
                    place,
                    lon_lat,
                    kind,
                    severity,
                    title,
                    title_en,
                    photo,
                    reported: _,
                    due: _,
                } = report.as_ref();
                let texts = [
                    ("network", network, 64),
                    ("domain", domain, 64),
                    ("place", place, 256),
                    ("kind", kind, 64),
                    ("title", title, 500),
                    ("title_en", title_en, 500),
                    ("photo", photo, 256),
                ];
                if let Some((field, ..)) =
                    texts.into_iter().find(|(_, text, chars_max)| long(text, *chars_max))
                {
                    return bad(field);
                }
                let on_earth =
                    |[lon, lat]: [f64; 2]| (-180.0..=180.0).contains(&lon) && (-90.0..=90.0).contains(&lat);
                match (title.is_empty(), (1..=5).contains(severity), lon_lat.is_none_or(on_earth)) {
                    (true, ..) => bad("title"),
                    (_, false, _) => bad("severity"),
                    (.., false) => bad("lon, lat"),
                    (false, true, true) => Ok(()),
                }
            }
        }
    }

    /// The text that is kept and hashed.
    pub(crate) fn to_text(&self) -> String {
        let json = match self {
            Self::Report(report) => {
                let EventReport {
                    id,
                    network,
                    domain,
                    place,
                    lon_lat,
                    kind,
                    severity,
                    title,
                    title_en,
                    photo,
                    reported,
                    due,
                } = report.as_ref();
                let mut report = json!({
                    "id": id, "network": network, "domain": domain, "place": place, "lon_lat": lon_lat, "kind": kind,
                    "severity": severity, "title": title, "photo": photo, "reported": reported.0, "due": due.0,
                });
                // Records from before there was a second title keep their text, and with it their hash.
                if !title_en.is_empty() {
                    report["title_en"] = title_en.as_str().into();
                }
                json!({ "report": report })
            }
            Self::Advance { id, to, at } => json!({"advance": {"id": id, "to": to.as_str(), "at": at.0}}),
            Self::Note { id, text } => json!({"note": {"id": id, "text": text}}),
        };
        json.to_string()
    }

    /// What a kept text says; `None` where it is none of ours.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        let json: Json = serde_json::from_str(text).ok()?;
        let (kind, body) = json.as_object()?.iter().next()?;
        let word = |name: &str| body.get(name)?.as_str().map(str::to_owned);
        let time = |name: &str| body.get(name)?.as_i64().map(WallTime);
        Some(match kind.as_str() {
            "report" => Self::Report(Box::new(EventReport {
                id: word("id")?,
                network: word("network")?,
                domain: word("domain")?,
                place: word("place")?,
                lon_lat: match body.get("lon_lat")? {
                    Json::Null => None,
                    pair => Some([pair.get(0)?.as_f64()?, pair.get(1)?.as_f64()?]),
                },
                kind: word("kind")?,
                severity: u8::try_from(body.get("severity")?.as_u64()?).ok()?,
                title: word("title")?,
                title_en: word("title_en").unwrap_or_default(),
                photo: word("photo")?,
                reported: time("reported")?,
                due: time("due")?,
            })),
            "advance" => {
                Self::Advance { id: word("id")?, to: EventState::by_name(&word("to")?)?, at: time("at")? }
            }
            "note" => Self::Note { id: word("id")?, text: word("text")? },
            _ => return None,
        })
    }
}
