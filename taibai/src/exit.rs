//! How a command ends: 0 for done, 1 for a wrong hall document, 2 for a wrong command line, 3 for a fault while running.

use std::process::ExitCode;

/// Why a command did not do its work.
#[derive(Debug)]
pub enum Failure {
    /// The user's document is wrong; the report says where and what would be right.
    Document(miette::Report),
    /// The command line asks for something that is not there; exit code 2, as clap's own.
    Usage(String),
    /// Something outside failed.
    Fault(anyhow::Error),
}

impl Failure {
    /// Prints the failure for a person, once, and gives the exit code.
    pub fn report(self) -> ExitCode {
        match self {
            Self::Document(report) => {
                eprintln!("{report:?}");
                ExitCode::from(1)
            }
            Self::Usage(words) => {
                eprintln!("taibai: {words}");
                ExitCode::from(2)
            }
            Self::Fault(error) => {
                eprintln!("taibai: {error:#}");
                ExitCode::from(3)
            }
        }
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Fault(error.into())
    }
}
