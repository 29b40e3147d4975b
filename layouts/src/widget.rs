//! Widgets: windows that show data. What they are, and what they are told at a tick.
//!
//! A widget's picture depends on its [`WidgetFace`] alone, so that every node of the wall draws the same bytes: the words
//! are already in the wall's language, the answer is the one that all nodes switched to at the same tick, and time enters
//! only in whole seconds and only where the kind shows time.

use crate::layout::{Language, Words};
use crate::plan::{CanvasUnit, Rgba};
use crate::theme::Mode;
use media::{QueryId, Real, Table, WallTime};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How a number becomes words.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct NumberFormat {
    /// Digits behind the point, 0–6.
    pub decimals: u8,
    /// Large numbers are shortened: 4.79 万, 47.9 k.
    pub short: bool,
    /// A plus sign before what is above zero.
    pub signed: bool,
    /// What stands behind the number; empty for nothing. `%` stands close to it.
    pub unit: String,
}

/// A value from which on something is shown in another colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Threshold {
    /// From here on (the value itself included).
    pub from: Real,
    /// The colour.
    pub color: Rgba,
}

/// A layer of a map, back to front.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum MapLayer<Q> {
    /// Areas of a GeoJSON file of the media folder. With a query, whose columns are `area` (the feature's `id`) and `value`,
    /// they are tinted by the value.
    Areas {
        /// Path relative to the media folder, without `..`.
        path: String,
        /// The tints.
        query: Option<Q>,
    },
    /// Lines and areas of a GeoJSON file, as quiet ground: roads, water.
    Ground {
        /// Path relative to the media folder, without `..`.
        path: String,
        /// Colour of lines and areas.
        color: Rgba,
    },
    /// Points: a query with the columns `lon`, `lat` and, if wanted, `label`, `color` (a role of the theme) and `weight`.
    Points {
        /// The points.
        query: Q,
        /// Colour of those that have none of their own.
        color: Rgba,
        /// Whether near ones are drawn as one with a count.
        cluster: bool,
        /// Diameter of a point.
        size: CanvasUnit,
    },
}

/// What a widget is. `Q` is how it names answers: the document's query, or the answer itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum WidgetKind<Q> {
    /// One figure with its unit, its change and a sparkline. Columns: `value`, and if wanted `before` (what it is compared with)
    /// and `trend` (in every row, oldest first: the sparkline; the first row's `value` counts).
    Figure {
        /// The answer.
        query: Q,
        /// How the figure is written.
        format: NumberFormat,
        /// Whether rising is good: `None` where it is neither.
        rising_is_good: Option<bool>,
        /// What the change is compared with ("较上月"); empty for nothing.
        against: String,
        /// Colours by value.
        thresholds: Vec<Threshold>,
    },
    /// Lines over time or categories: the first column is x, each further one a series, at most six.
    Line {
        /// The answer.
        query: Q,
        /// How values are written.
        format: NumberFormat,
        /// Whether the space below is filled.
        area: bool,
    },
    /// Bars: the first column names them, each further one is a series, at most six.
    Bar {
        /// The answer.
        query: Q,
        /// How values are written.
        format: NumberFormat,
        /// Whether series stand on each other.
        stacked: bool,
    },
    /// Shares of a whole: columns `name`, `value`.
    Donut {
        /// The answer.
        query: Q,
        /// How values are written.
        format: NumberFormat,
    },
    /// One value between two ends: column `value`.
    Gauge {
        /// The answer.
        query: Q,
        /// How the value is written.
        format: NumberFormat,
        /// The lower end.
        from: Real,
        /// The upper end.
        to: Real,
        /// Colours by value.
        thresholds: Vec<Threshold>,
    },
    /// Bars that lie, the longest on top: columns `name`, `value`.
    Ranking {
        /// The answer.
        query: Q,
        /// How values are written.
        format: NumberFormat,
    },
    /// Rows, a page at a time.
    Table {
        /// The answer.
        query: Q,
        /// Headings: column and what stands above it; without any, all columns under their own names.
        headings: Vec<(String, String)>,
        /// How numbers are written.
        format: NumberFormat,
        /// How long a page stays.
        page: Duration,
    },
    /// Events by state. Columns: `state`, `title`, `place`, `reported` and `due` (times), if wanted `network` and `severity`.
    EventBoard {
        /// The answer.
        query: Q,
    },
    /// A map.
    Map {
        /// Its layers, back to front.
        layers: Vec<MapLayer<Q>>,
        /// What is seen: west, south, east, north in degrees; `None` for all of the layers.
        bounds: Option<[Real; 4]>,
        /// What the tints mean, for the legend.
        legend: String,
        /// How values of the legend are written.
        format: NumberFormat,
    },
    /// Cells coloured by value: columns `x`, `y`, `value`.
    Heat {
        /// The answer.
        query: Q,
        /// How values are written.
        format: NumberFormat,
    },
    /// One line that travels: column `text`. Drawn once as a strip and moved.
    Ticker {
        /// The answer.
        query: Q,
        /// Canvas pixels a second.
        speed_px_s: u32,
    },
    /// The time and the date.
    Clock {
        /// Whether seconds are shown.
        seconds: bool,
        /// Whether the date is.
        date: bool,
    },
    /// Short pairs of name and value in a row, as for the weather: columns `name`, `value`, if wanted `icon`.
    Strip {
        /// The answer.
        query: Q,
    },
    /// A picture that a feed gives: column `picture` (base64 of a PNG or JPEG, at most 64 KiB).
    Picture {
        /// The answer.
        query: Q,
    },
    /// Words across the wall because something has happened: columns `text` and, if wanted, `until` (a time).
    Banner {
        /// The answer.
        query: Q,
        /// Its colour role's colour.
        color: Rgba,
    },
    /// A designer's own SVG template from the media folder.
    Template {
        /// Path relative to the media folder, without `..`.
        path: String,
        /// The answer.
        query: Q,
        /// How numbers are written by default.
        format: NumberFormat,
    },
}

impl<Q> WidgetKind<Q> {
    /// The kind's name in the hall document.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Figure { .. } => "figure",
            Self::Line { area: false, .. } => "line",
            Self::Line { area: true, .. } => "area",
            Self::Bar { .. } => "bar",
            Self::Donut { .. } => "donut",
            Self::Gauge { .. } => "gauge",
            Self::Ranking { .. } => "ranking",
            Self::Table { .. } => "table",
            Self::EventBoard { .. } => "event-board",
            Self::Map { .. } => "map",
            Self::Heat { .. } => "heat",
            Self::Ticker { .. } => "ticker",
            Self::Clock { .. } => "clock",
            Self::Strip { .. } => "strip",
            Self::Picture { .. } => "picture",
            Self::Banner { .. } => "banner",
            Self::Template { .. } => "template",
        }
    }

    /// Every answer that it draws; one may come more than once.
    pub fn queries(&self) -> Vec<&Q> {
        match self {
            Self::Figure { query, .. }
            | Self::Line { query, .. }
            | Self::Bar { query, .. }
            | Self::Donut { query, .. }
            | Self::Gauge { query, .. }
            | Self::Ranking { query, .. }
            | Self::Table { query, .. }
            | Self::EventBoard { query }
            | Self::Heat { query, .. }
            | Self::Ticker { query, .. }
            | Self::Strip { query }
            | Self::Picture { query }
            | Self::Banner { query, .. }
            | Self::Template { query, .. } => vec![query],
            Self::Map { layers, .. } => layers.iter().filter_map(MapLayer::query).collect(),
            Self::Clock { .. } => Vec::new(),
        }
    }

    /// Every text file of the media folder that it draws from, relative to that folder: a template, a map's areas and ground.
    pub fn files(&self) -> Vec<&str> {
        match self {
            Self::Template { path, .. } => vec![path],
            Self::Map { layers, .. } => layers.iter().filter_map(MapLayer::file).collect(),
            _ => Vec::new(),
        }
    }

    /// The same widget with each name of an answer turned into what `answer` makes of it.
    pub fn map<R>(&self, mut answer: impl FnMut(&Q) -> R) -> WidgetKind<R> {
        match self {
            Self::Figure { query, format, rising_is_good, against, thresholds } => WidgetKind::Figure {
                query: answer(query),
                format: format.clone(),
                rising_is_good: *rising_is_good,
                against: against.clone(),
                thresholds: thresholds.clone(),
            },
            Self::Line { query, format, area } => {
                WidgetKind::Line { query: answer(query), format: format.clone(), area: *area }
            }
            Self::Bar { query, format, stacked } => {
                WidgetKind::Bar { query: answer(query), format: format.clone(), stacked: *stacked }
            }
            Self::Donut { query, format } => {
                WidgetKind::Donut { query: answer(query), format: format.clone() }
            }
            Self::Gauge { query, format, from, to, thresholds } => WidgetKind::Gauge {
                query: answer(query),
                format: format.clone(),
                from: *from,
                to: *to,
                thresholds: thresholds.clone(),
            },
            Self::Ranking { query, format } => {
                WidgetKind::Ranking { query: answer(query), format: format.clone() }
            }
            Self::Table { query, headings, format, page } => WidgetKind::Table {
                query: answer(query),
                headings: headings.clone(),
                format: format.clone(),
                page: *page,
            },
            Self::EventBoard { query } => WidgetKind::EventBoard { query: answer(query) },
            Self::Map { layers, bounds, legend, format } => WidgetKind::Map {
                layers: layers.iter().map(|layer| layer.map(&mut answer)).collect(),
                bounds: *bounds,
                legend: legend.clone(),
                format: format.clone(),
            },
            Self::Heat { query, format } => WidgetKind::Heat { query: answer(query), format: format.clone() },
            Self::Ticker { query, speed_px_s } => {
                WidgetKind::Ticker { query: answer(query), speed_px_s: *speed_px_s }
            }
            Self::Clock { seconds, date } => WidgetKind::Clock { seconds: *seconds, date: *date },
            Self::Strip { query } => WidgetKind::Strip { query: answer(query) },
            Self::Picture { query } => WidgetKind::Picture { query: answer(query) },
            Self::Banner { query, color } => WidgetKind::Banner { query: answer(query), color: *color },
            Self::Template { path, query, format } => {
                WidgetKind::Template { path: path.clone(), query: answer(query), format: format.clone() }
            }
        }
    }
}

impl<Q> MapLayer<Q> {
    /// Its GeoJSON file, relative to the media folder.
    pub fn file(&self) -> Option<&str> {
        match self {
            Self::Areas { path, .. } | Self::Ground { path, .. } => Some(path),
            Self::Points { .. } => None,
        }
    }

    /// The answer that it draws, if it draws one.
    pub fn query(&self) -> Option<&Q> {
        match self {
            Self::Areas { query, .. } => query.as_ref(),
            Self::Ground { .. } => None,
            Self::Points { query, .. } => Some(query),
        }
    }

    fn map<R>(&self, mut answer: impl FnMut(&Q) -> R) -> MapLayer<R> {
        match self {
            Self::Areas { path, query } => {
                MapLayer::Areas { path: path.clone(), query: query.as_ref().map(answer) }
            }
            Self::Ground { path, color } => MapLayer::Ground { path: path.clone(), color: *color },
            Self::Points { query, color, cluster, size } => {
                let (color, cluster, size) = (*color, *cluster, *size);
                MapLayer::Points { query: answer(query), color, cluster, size }
            }
        }
    }
}

/// A widget as the hall document describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WidgetContent {
    /// What stands above it; `None` for a widget without a heading.
    pub title: Option<Words>,
    /// What it is. Words inside (units, headings) are those of the wall's language.
    pub kind: WidgetKind<QueryId>,
    /// Whether it stands on a card; without one it lies on what is behind it.
    pub card: bool,
    /// Size of ordinary words; everything else follows from it by the theme's one ratio.
    pub size: CanvasUnit,
}

/// The newest answer to a query, as every node of a wall has it from the same tick on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The rows; empty while nothing has come.
    pub table: Arc<Table>,
    /// When a feed behind it last said something; `None` while none has.
    pub as_of: Option<WallTime>,
    /// How old that may grow before it counts as old.
    pub promise: Duration,
    /// Why there is no (new) answer, in the wall's language: wrong SQL, out of time, a dead feed.
    pub fault: Option<Arc<str>>,
}

/// The newest answers that a node has; a query that is absent is still waited for.
pub type Answers = BTreeMap<QueryId, Answer>;

/// An answer as it is drawn.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Shown {
    /// The rows.
    pub table: Arc<Table>,
    /// How many whole seconds old it is, when it is older than promised: it fades and says so. Quantised so that the picture
    /// changes at most once a second, and once a minute from two minutes on.
    pub stale_s: Option<u32>,
    /// Whether nothing has ever come.
    pub waiting: bool,
    /// Why there is no new answer.
    pub fault: Option<Arc<str>>,
}

/// All that a widget's picture depends on, besides the pixels that it has.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WidgetFace {
    /// Which widget it is, whatever it shows: the same from answer to answer. No pixel depends on it; by it a picture that is
    /// drawn already may stand in for one that is not yet.
    pub widget: u64,
    /// What stands above it, in the wall's language; empty for nothing.
    pub title: String,
    /// What it is, with its answers.
    pub kind: WidgetKind<Shown>,
    /// Whether it stands on a card.
    pub card: bool,
    /// Size of ordinary words.
    pub size: CanvasUnit,
    /// The language of dates, numbers and marks.
    pub language: Language,
    /// Dark or light.
    pub mode: Mode,
    /// Local time minus UTC, in seconds.
    pub utc_offset_s: i32,
    /// The tick's wall time in whole seconds since 1970 UTC, for kinds that show time (clock, event board, banner, paged tables);
    /// 0 for the others, so that they are not drawn again.
    pub now_s: i64,
}
