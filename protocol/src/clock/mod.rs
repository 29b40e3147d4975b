//! How a node learns the hall's time from its master, as a machine without sockets and without a clock of its own.
//!
//! **Where clocks meet.** Each machine counts its own [`LocalTime`](media::LocalTime), and no two count equally fast. The
//! controller is the master: its wall time is the hall's. A node sends a probe some dozen times a second and the master
//! answers at once, which gives four times: sent and arrived by the node's clock, received and replied by the master's.
//! One exchange proves two things and no more: at `sent` the wall time was not yet past `received`, and at `arrived` it
//! was not before `replied`. Between the two lies one round trip, and the truth is somewhere in it. Whoever believes in
//! the middle believes that both ways take equally long, which nobody can see from the ends.
//!
//! **What is known** is therefore an interval: the wall times that the last exchanges together allow, each carried on to now.
//! A quick way there moves the upper end, a quick way back the lower end, and the two need not be of the same exchange.
//! Carrying on widens the interval, by what the two clocks may have drifted apart meanwhile. The clock aims at the middle:
//! no other choice has a smaller worst case. Under jitter the middle is far better than its bound, for both ends come from
//! the quickest of many packets: the aim uses the last four seconds.
//!
//! **How fast** the local clock runs against the master's is the slope of a line through the exchanges of half a minute, where
//! one counts the less, the longer it took beyond the quickest. The scale of "longer" is the jitter that is seen, so the
//! same rule picks out a few clean packets on a busy LAN and averages over nearly all on a long way. How wrong that
//! slope *can* be is another matter: only two exchanges far apart prove it.
//!
//! **Slewed, never stepped.** Who presents pictures by this clock must not see it jump: a step back shows a tick twice, a
//! step forward drops one, and two nodes that step at different moments tear the wall. So the first lock sets the clock, and
//! from then on it is only run faster or slower until it is where it should be: by at most 500 ppm for what is found in
//! ordinary service, by up to 2 % when it is far off. A [`ClockMap`](media::ClockMap) holds its slew with its end, so that
//! it stays right however late the next one comes.
//!
//! **A master that steps** (or is restarted, or a machine that was suspended) shows as an exchange that contradicts all that
//! is known. One alone moves nothing. Four that agree with each other replace what was known, and the clock slews there. A
//! step of less than a round trip contradicts nothing: the aim gets there as the old exchanges leave it.
//!
//! **Holdover.** Without exchanges the clock runs on at the rate that it had.
//!
//! **What the stated error contains:** the interval that the last exchanges prove, at most sixteen and only those of the
//! connection that stands (about half the shortest round trip, so an uneven way is inside); what the clocks may drift apart
//! from the last exchange on, which is what the rate can be wrong by and 10 ppm more for temperature; the correction
//! that is still being slewed; and, from the first exchange that contradicts, the place where that one says the time is.
//! It cannot contain what nobody has been told yet: a step of the master before the next exchange, or one of less than a
//! round trip before the next sixteen; nor oscillators that change their rate by more than 50 ppm at once.

mod datagram;
mod follower;
mod interval;
mod rate;

pub use datagram::{CLOCK_DATAGRAM_BYTES, ClockEcho, ClockProbe};
pub use follower::{ClockFollower, ClockSettings};

#[cfg(test)]
mod tests;
