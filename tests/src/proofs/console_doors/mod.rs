//! The promises of the controller's doors: who is let in, who is not, what is told to nobody, and what is kept when the power goes.

mod authority;
mod canary;
mod crowd;
mod forged;
mod guide;
mod hall;
mod leaks;
mod refusing;
mod schema;
mod wire;

pub(super) use authority::authority;
pub(super) use canary::canary;
pub(super) use crowd::crowd;
pub(super) use forged::forged;
pub(super) use guide::guide;
pub(super) use schema::schema;

use super::Row;
use std::error::Error;

/// What a measurement gives; any error breaks it off.
type Measured<T> = Result<T, Box<dyn Error>>;

/// The rows of a measurement, or the one that says why there are none.
fn rows(line: &str, bar: &str, measured: Measured<Vec<Row>>) -> Vec<Row> {
    measured.unwrap_or_else(|why| vec![Row::broken(line, bar, why.to_string())])
}
