//! How the contenders are called.

use serde::Serialize;

use crate::contender::Contender;
use crate::echo;
use crate::load::Question;

/// Records that one stream carries.
const RECORDS: u32 = 256;

/// A pattern of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Unary calls, 4 connections with 16 in flight on each.
    Busy,
    /// Unary calls, one at a time on one connection.
    Single,
    /// Unary calls, 8 connections with 64 in flight on each.
    Wide,
    /// Streams of 256 records of 4 KiB, 4 connections with 4 in flight on each.
    Stream,
}

impl Shape {
    /// As in the tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Single => "single",
            Self::Wide => "wide",
            Self::Stream => "stream",
        }
    }

    /// Connections, and calls in flight on each.
    pub fn width(self) -> (usize, usize) {
        match self {
            Self::Busy => (4, 16),
            Self::Single => (1, 1),
            Self::Wide => (8, 64),
            Self::Stream => (4, 4),
        }
    }

    /// How many calls of this shape make a round that asks for `calls` busy ones.
    pub fn calls(self, calls: u64) -> u64 {
        match self {
            Self::Busy | Self::Wide => calls,
            Self::Single => (calls / 10).max(1),
            Self::Stream => (calls / 100).max(1),
        }
    }

    /// What it asks of a contender.
    pub fn question(self, contender: &Contender) -> Question {
        // A lookup has one form, whatever the pattern.
        if let Some(question) = &contender.question {
            return question.clone();
        }
        let (path, message) = match self {
            Self::Busy | Self::Single | Self::Wide => {
                let code = "91430500MA4L00000X".to_owned();
                (echo::ECHO, echo::framed(&echo::v1::EchoRequest { code }))
            }
            Self::Stream => {
                let records = RECORDS;
                let message = echo::framed(&echo::v1::StreamRequest { records });
                (echo::STREAM, message)
            }
        };
        Question {
            path,
            headers: contender.headers.clone(),
            message,
            id_at: None,
        }
    }
}
