//! Searching a large catalogue: how long a query takes, and whether it finds everything; FTS5 beside it.
//!
//! One JSON line comes out.

#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark is an edge of its own: the real clock is what it measures by"
)]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::{Duration, Instant};

use bench::Error;
use bench::proc::memory_of_family;
use bench::synthetic::Entries;
use clap::Parser;
use search::{Document, Index, Query, Search, Synonyms};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};

/// Build an index of synthetic entries and search it by pieces of them.
#[derive(Clone, Copy, Parser)]
struct Options {
    /// Entries, of 120 characters each.
    #[arg(long, default_value_t = 1_000_000)]
    entries: u32,
    /// Queries of each kind.
    #[arg(long, default_value_t = 1_000)]
    queries: u32,
    /// Queries of each kind that are checked by reading every entry.
    #[arg(long, default_value_t = 5)]
    checked: u32,
    /// Queries of each kind that the trigram index of `SQLite`'s FTS5 is asked too; 0 leaves it out.
    #[arg(long, default_value_t = 100)]
    fts5: u32,
}

/// What is typed: a piece of an entry, or a frequent word.
const KINDS: [(&str, usize); 5] = [
    ("1 character", 1),
    ("2 characters", 2),
    ("3 characters", 3),
    ("4 characters", 4),
    ("8 characters", 8),
];

/// What is typed of pinyin: initials of titles, items and names of departments.
const INITIALS: [(&str, usize); 4] = [
    ("2 initials", 2),
    ("3 initials", 3),
    ("4 initials", 4),
    ("5 initials", 5),
];

/// Results wanted, as a page shows them.
const PAGE: usize = 20;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let options = Options::parse();
    let entries = Entries::new(options.entries);
    let begun = Instant::now();
    let mut index = Index::new();
    for document in entries.documents() {
        index.put(document);
    }
    let built = begun.elapsed();
    let memory = memory_of_family(std::process::id())?;
    let fts5 = match options.fts5 {
        0 => None,
        _ => Some(Fts5::fill(&entries).await?),
    };
    let mut kinds = BTreeMap::new();
    for (kind, length) in KINDS {
        let queries = entries.pieces(length, options.queries);
        kinds.insert(
            kind,
            measure(&index, &entries, &queries, &options, fts5.as_ref()).await?,
        );
    }
    for (kind, length) in INITIALS {
        let queries = entries.initials(length, options.queries);
        // What else they find is checked by a property of the index, and FTS5 knows no initials.
        let unchecked = Options {
            checked: 0,
            ..options
        };
        kinds.insert(
            kind,
            measure(&index, &entries, &queries, &unchecked, None).await?,
        );
    }
    let words = entries.frequent_words(options.queries);
    kinds.insert(
        "frequent words",
        measure(&index, &entries, &words, &options, fts5.as_ref()).await?,
    );
    let changed = changes(&mut index, &entries)?;
    let line = serde_json::json!({
        "entries": options.entries,
        "built_s": built.as_secs_f64(),
        "memory_mib": memory / 1024 / 1024,
        "fts5_filled_s": fts5.map(|fts5| fts5.filled.as_secs_f64()),
        "change_us": changed,
        "queries": kinds,
    });
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

async fn measure(
    index: &Index,
    entries: &Entries,
    queries: &[String],
    options: &Options,
    fts5: Option<&Fts5>,
) -> Result<serde_json::Value, Error> {
    let (mut times, mut found) = (Vec::new(), 0);
    for (number, typed) in (0..).zip(queries) {
        let search = page(typed)?;
        let begun = Instant::now();
        let answer = index.search(&search);
        times.push(micros(begun.elapsed()));
        found += answer.total;
        if number < options.checked {
            let seen = entries.documents().filter(is_published);
            let holding = seen.filter(|document| holds(document, typed)).count();
            if answer.total != u64::try_from(holding)? {
                return Err(format!("{typed}: {} found of {holding}", answer.total).into());
            }
        }
    }
    let mut others = Vec::new();
    if let Some(fts5) = fts5 {
        for typed in queries.iter().take(usize::try_from(options.fts5)?) {
            others.push(fts5.ask(typed).await?);
        }
    }
    Ok(serde_json::json!({
        "found_each": found / u64::try_from(queries.len())?,
        "us": figures(times),
        "fts5_us": (!others.is_empty()).then(|| figures(others)),
    }))
}

fn page(typed: &str) -> Result<Search, Error> {
    let query = Query::parse(typed, &Synonyms::default()).map_err(|bad| format!("{bad:?}"))?;
    Ok(Search {
        query,
        visible: vec![("state", "published".to_owned())],
        filters: Vec::new(),
        count: vec!["department", "share_type", "state"],
        skip: 0,
        take: PAGE,
    })
}

fn holds(document: &Document, typed: &str) -> bool {
    let texts = [&document.parts, &document.names, &document.rest];
    let mut texts = texts.into_iter().flatten();
    document.title.contains(typed) || texts.any(|text| text.contains(typed))
}

/// What the queries may see.
fn is_published(document: &Document) -> bool {
    let mut facets = document.facets.iter();
    facets.any(|(facet, value)| *facet == "state" && value == "published")
}

/// One entry after the other is put in anew.
fn changes(index: &mut Index, entries: &Entries) -> Result<serde_json::Value, Error> {
    let mut times = Vec::new();
    for document in entries.documents().step_by(997).take(1_000) {
        let begun = Instant::now();
        index.put(document);
        times.push(micros(begun.elapsed()));
    }
    if times.is_empty() {
        return Err("there is no entry to change".into());
    }
    Ok(figures(times))
}

/// The same entries in a table of SQLite with a trigram index.
struct Fts5 {
    pool: SqlitePool,
    filled: Duration,
}

impl Fts5 {
    async fn fill(entries: &Entries) -> Result<Self, Error> {
        let options = SqliteConnectOptions::new().in_memory(true);
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options)
            .await?;
        sqlx::query("CREATE VIRTUAL TABLE entries USING fts5(title, text, tokenize = 'trigram')")
            .execute(&pool)
            .await?;
        let begun = Instant::now();
        let mut tx = pool.begin().await?;
        for document in entries.documents() {
            let text = [document.parts, document.rest].concat().join("\n");
            sqlx::query("INSERT INTO entries (title, text) VALUES ($1, $2)")
                .bind(document.title)
                .bind(text)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        let filled = begun.elapsed();
        Ok(Self { pool, filled })
    }

    /// Microseconds for a page of the best; fewer than three characters it can only look for by reading.
    async fn ask(&self, typed: &str) -> Result<u64, Error> {
        let begun = Instant::now();
        let rows: Vec<(i64,)> = if typed.chars().count() < 3 {
            sqlx::query_as("SELECT rowid FROM entries WHERE title LIKE $1 OR text LIKE $1 LIMIT 20")
                .bind(format!("%{typed}%"))
                .fetch_all(&self.pool)
                .await?
        } else {
            sqlx::query_as(
                "SELECT rowid FROM entries WHERE entries MATCH $1 ORDER BY rank LIMIT 20",
            )
            .bind(format!("\"{typed}\""))
            .fetch_all(&self.pool)
            .await?
        };
        if rows.is_empty() {
            return Err(format!("FTS5 does not find {typed}").into());
        }
        Ok(micros(begun.elapsed()))
    }
}

fn figures(mut times: Vec<u64>) -> serde_json::Value {
    times.sort_unstable();
    let at = |percent: usize| {
        let place = times.len().saturating_sub(1) * percent / 100;
        times.get(place).copied().unwrap_or_default()
    };
    serde_json::json!({ "p50": at(50), "p99": at(99), "max": at(100) })
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
