//! The files of the two authorities, and the change of their keys.
//!
//! `authority.pem` and `authority.key` are the first pair of the callers' authority, `gateway.pem` and
//! `gateway.key` that of the gateway's own. A key that follows stands beside them as `authority.TIME.pem` and
//! `.key`: it is trusted as soon as it is there, and signs from that time on. So nothing is ever replaced, a
//! crash leaves no half of a change, and machines agree that have the same files.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use broker::authorities::{Authorities, Succession};
use broker::authority::Authority;
use clap::{Subcommand, ValueEnum};
use jiff::{SignedDuration, Timestamp};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use crate::config::Config;
use crate::keys::{self, KeyError};

/// What callers are to trust for the gateway, beside the keys.
pub(crate) const TRUSTED: &str = "trusted.pem";
/// How the time stands in a file's name.
const TIME: &str = "%Y%m%dT%H%M%SZ";

/// Which of the two authorities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Which {
    /// The one of callers and providers.
    Callers,
    /// The gateway's own, which callers trust.
    Gateway,
}

/// What to do with an authority.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the keys of both authorities: since when each signs, and until when it is good.
    List {
        /// The configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
    },
    /// Make a new key. It is trusted at once, and signs from a later moment on.
    ///
    /// Copy the two files that are printed into the keys folder of every other machine before that moment. Running
    /// gateways see new files within a minute.
    Roll {
        /// The configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
        /// Which authority.
        #[arg(long, value_enum)]
        which: Which,
        /// In how many hours it begins to sign. By default a day for that of callers, and 60 days for the
        /// gateway's own: by then every caller has renewed and got the new one to trust.
        #[arg(long, value_parser = clap::value_parser!(i64).range(0..=87_600))]
        in_hours: Option<i64>,
    },
    /// Remove a key that does not sign any more: whatever it signed is trusted no longer.
    Drop {
        /// The configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
        /// Its id or the beginning of it, as `list` shows it; 8 characters at least.
        id: String,
    },
}

/// One key as a file.
struct Pair {
    which: Which,
    /// None for the first.
    from: Option<Timestamp>,
    stem: String,
    authority: Authority,
}

impl Which {
    fn stem(self) -> &'static str {
        match self {
            Self::Callers => "authority",
            Self::Gateway => "gateway",
        }
    }

    /// Until a new key may sign, where nobody says otherwise: two lives of a caller's certificate for the one
    /// that callers must have learnt of.
    fn wait(self) -> SignedDuration {
        match self {
            Self::Callers => SignedDuration::from_hours(24),
            Self::Gateway => SignedDuration::from_hours(24 * 60),
        }
    }
}

/// Reads both authorities at the start; makes the first keys of those that are not there yet.
pub(crate) fn load(
    folder: &Path,
    trust_domain: &str,
    external: Option<&Path>,
    now: Timestamp,
) -> Result<Authorities, KeyError> {
    for which in [Which::Callers, Which::Gateway] {
        if pairs(folder, trust_domain, which)?.is_empty() {
            // Half a pair is what is left of an authority that others trust: it is not written over.
            let key = folder.join(which.stem()).with_extension("key");
            if key.exists() {
                let cause = "its certificate is missing; put it back beside it";
                return Err(content(&key, &cause));
            }
            let made = Authority::generate(trust_domain, now);
            let made = made.map_err(|error| content(&folder.join(which.stem()), &error))?;
            write(folder, which.stem(), &made)?;
        }
    }
    read(folder, trust_domain, external, now)
}

/// Reads both authorities as they stand; makes nothing but the bundle that callers trust.
pub(crate) fn read(
    folder: &Path,
    trust_domain: &str,
    external: Option<&Path>,
    now: Timestamp,
) -> Result<Authorities, KeyError> {
    let authorities = Authorities {
        callers: succession(folder, trust_domain, Which::Callers)?,
        own: succession(folder, trust_domain, Which::Gateway)?,
        external: external.map(certificates).transpose()?.unwrap_or_default(),
    };
    let trusted = authorities.trusted_own_pem(now);
    let file = folder.join(TRUSTED);
    if keys::read(&file).ok().as_deref() != Some(&trusted) {
        keys::write_public(&file, &trusted)?;
    }
    Ok(authorities)
}

/// Runs a command on the files of this machine.
pub(crate) fn run(
    command: &Command,
    now: Timestamp,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    match command {
        Command::List { config } => {
            let config = Config::read(config)?;
            list(&keys::folder(&config.data), &config.trust_domain, now)
        }
        Command::Roll {
            config,
            which,
            in_hours,
        } => {
            let config = Config::read(config)?;
            let wait = in_hours.map_or_else(|| which.wait(), SignedDuration::from_hours);
            roll(&config, *which, now, now + wait)
        }
        Command::Drop { config, id } => {
            let config = Config::read(config)?;
            remove(&keys::folder(&config.data), &config.trust_domain, id, now)
        }
    }
}

fn roll(
    config: &Config,
    which: Which,
    now: Timestamp,
    from: Timestamp,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let folder = keys::folder(&config.data);
    let present = pairs(&folder, &config.trust_domain, which)?;
    if present.is_empty() {
        return Err("there is no authority yet; start the gateway once, it makes both".into());
    }
    if let Some(waiting) = present
        .iter()
        .filter_map(|pair| pair.from)
        .find(|from| *from > now)
    {
        let message = format!("a new key waits already and signs from {waiting} on; drop it first");
        return Err(message.into());
    }
    let made = Authority::generate(&config.trust_domain, now)?;
    let stem = format!("{}.{}", which.stem(), from.strftime(TIME));
    write(&folder, &stem, &made)?;
    let line = serde_json::json!({
        "id": made.id(),
        "signs_from": from.to_string(),
        "files": [folder.join(format!("{stem}.pem")), folder.join(format!("{stem}.key"))],
    });
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

fn list(
    folder: &Path,
    trust_domain: &str,
    now: Timestamp,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    for which in [Which::Callers, Which::Gateway] {
        let issuer = succession(folder, trust_domain, which)?.issuer(now).id();
        for pair in pairs(folder, trust_domain, which)? {
            let line = serde_json::json!({
                "which": which.stem(),
                "id": pair.authority.id(),
                "signs_from": pair.from.map(|from| from.to_string()),
                "ends": pair.authority.not_after().to_string(),
                "signs": pair.authority.id() == issuer,
            });
            writeln!(std::io::stdout(), "{line}")?;
        }
    }
    Ok(())
}

fn remove(
    folder: &Path,
    trust_domain: &str,
    id: &str,
    now: Timestamp,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    if id.len() < 8 {
        return Err("give 8 characters of the id at least".into());
    }
    let mut all = pairs(folder, trust_domain, Which::Callers)?;
    all.extend(pairs(folder, trust_domain, Which::Gateway)?);
    let named = all.iter().find(|pair| pair.authority.id().starts_with(id));
    let pair = named.ok_or("no key has this id; `shuqiao authority list` shows all")?;
    let issuer = succession(folder, trust_domain, pair.which)?
        .issuer(now)
        .id();
    if pair.authority.id() == issuer {
        return Err("this key signs; make another with `shuqiao authority roll` first".into());
    }
    let path = |ending: &str| folder.join(format!("{}.{ending}", pair.stem));
    // The certificate first: a key without one is not looked at.
    std::fs::remove_file(path("pem"))?;
    std::fs::remove_file(path("key"))?;
    writeln!(
        std::io::stdout(),
        "{}",
        serde_json::json!({ "dropped": pair.authority.id() })
    )?;
    Ok(())
}

fn succession(folder: &Path, trust_domain: &str, which: Which) -> Result<Succession, KeyError> {
    let mut all = pairs(folder, trust_domain, which)?.into_iter();
    let first = all.next();
    let first = first.ok_or_else(|| content(&folder.join(which.stem()), &"it is missing"))?;
    // Only the earliest can be without a time, which stands in the names of all others.
    let later = all.filter_map(|pair| Some((pair.from?, pair.authority)));
    Ok(Succession::new(first.authority, later.collect()))
}

/// The keys of an authority, in the order in which they sign.
fn pairs(folder: &Path, trust_domain: &str, which: Which) -> Result<Vec<Pair>, KeyError> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(keys::at(folder))? {
        let path = entry.map_err(keys::at(folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let Some(stem) = name.strip_suffix(".pem") else {
            continue;
        };
        let Some(rest) = stem.strip_prefix(which.stem()) else {
            continue;
        };
        let from = match rest.strip_prefix('.') {
            None if rest.is_empty() => None,
            None => continue,
            Some(time) => {
                Some(moment(time).ok_or_else(|| content(&path, &"its name holds no time"))?)
            }
        };
        let key = path.with_extension("key");
        let loaded = Authority::load(trust_domain, &keys::read(&path)?, &keys::read_secret(&key)?);
        found.push(Pair {
            which,
            from,
            stem: stem.to_owned(),
            authority: loaded.map_err(|error| content(&key, &error))?,
        });
    }
    found.sort_by_key(|pair| pair.from);
    Ok(found)
}

/// The certificates of a file, one at least.
fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, KeyError> {
    let text = keys::read(file)?;
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    match all {
        Ok(all) if !all.is_empty() => Ok(all),
        Ok(_) => Err(content(file, &"it holds no certificate in PEM")),
        Err(error) => Err(content(file, &error)),
    }
}

fn moment(text: &str) -> Option<Timestamp> {
    let time = jiff::civil::DateTime::strptime(TIME, text).ok()?;
    let zoned = time.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(zoned.timestamp())
}

/// The key first: a certificate without it would be taken for a whole pair.
fn write(folder: &Path, stem: &str, authority: &Authority) -> Result<(), KeyError> {
    keys::write_secret(&folder.join(format!("{stem}.key")), authority.key_pem())?;
    keys::write_public(
        &folder.join(format!("{stem}.pem")),
        authority.certificate_pem(),
    )
}

fn content(path: &Path, cause: &dyn std::fmt::Display) -> KeyError {
    KeyError::Content {
        path: path.to_owned(),
        cause: cause.to_string(),
    }
}

/// Leaves a new key of the gateway's own authority, and gives its id.
#[cfg(test)]
pub(crate) fn made_for_tests(folder: &Path, from: Timestamp) -> String {
    let made = Authority::generate("test", from).unwrap();
    let stem = format!("gateway.{}", from.strftime(TIME));
    write(folder, &stem, &made).unwrap();
    made.id()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_pair_of_an_authority_is_never_written_over() {
        let folder = std::env::temp_dir().join(format!("shuqiao-half-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        load(&folder, "test", None, now).unwrap();
        let key = folder.join("authority.key");
        let before = std::fs::read(&key).unwrap();
        std::fs::remove_file(folder.join("authority.pem")).unwrap();
        let refused = load(&folder, "test", None, now).unwrap_err().to_string();
        assert!(refused.contains("put it back"), "{refused}");
        assert!(read(&folder, "test", None, now).is_err());
        assert_eq!(std::fs::read(&key).unwrap(), before);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
