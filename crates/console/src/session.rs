//! One-time links and the sessions they open. Kept in memory: a restart ends them all.

use domain::name::Fingerprint;
use domain::subject::hex;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

/// A link works so long.
const LINK_LIFE: SignedDuration = SignedDuration::from_mins(15);
/// A session ends after so long, used or not.
pub(crate) const SESSION_LIFE: SignedDuration = SignedDuration::from_hours(8);
/// A session that is not used ends after so long.
const IDLE_LIFE: SignedDuration = SignedDuration::from_mins(30);
/// Links and sessions kept at a time; the oldest goes.
const MOST: usize = 64;

/// All links and sessions of a console. Of their secrets only digests are kept.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    links: Vec<Link>,
    open: Vec<Session>,
}

#[derive(Debug)]
struct Link {
    digest: [u8; 32],
    expires: Timestamp,
    over_https: bool,
    holder: Fingerprint,
}

#[derive(Debug)]
struct Session {
    digest: [u8; 32],
    ends: Timestamp,
    idle_ends: Timestamp,
    holder: Fingerprint,
}

/// The link was good, and is used up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Redeemed {
    /// The console is reached over HTTPS, so the cookie may demand it.
    pub(crate) over_https: bool,
    /// The TLS certificate in whose name the session looks.
    pub(crate) holder: Fingerprint,
}

impl Sessions {
    /// Keeps the digest of a new link's token, and in whose name it will look.
    pub(crate) fn offer(
        &mut self,
        token: &str,
        holder: Fingerprint,
        over_https: bool,
        now: Timestamp,
    ) {
        self.forget_ended(now);
        drop_oldest(&mut self.links);
        self.links.push(Link {
            digest: digest(token),
            expires: now + LINK_LIFE,
            over_https,
            holder,
        });
    }

    /// Uses a link up. None when it is unknown, used or expired: the three look alike.
    pub(crate) fn redeem(&mut self, token: &str, now: Timestamp) -> Option<Redeemed> {
        self.forget_ended(now);
        let at = position(&self.links, |link| &link.digest, token)?;
        let link = self.links.swap_remove(at);
        Some(Redeemed {
            over_https: link.over_https,
            holder: link.holder,
        })
    }

    /// Begins a session.
    pub(crate) fn begin(&mut self, token: &str, holder: Fingerprint, now: Timestamp) {
        self.forget_ended(now);
        drop_oldest(&mut self.open);
        let (ends, idle_ends) = (now + SESSION_LIFE, now + IDLE_LIFE);
        self.open.push(Session {
            digest: digest(token),
            ends,
            idle_ends,
            holder,
        });
    }

    /// In whose name the session looks, while it is open; a use puts its idle end off.
    pub(crate) fn touch(&mut self, token: &str, now: Timestamp) -> Option<Fingerprint> {
        self.forget_ended(now);
        let at = position(&self.open, |session| &session.digest, token)?;
        let session = self.open.get_mut(at)?;
        session.idle_ends = now + IDLE_LIFE;
        Some(session.holder.clone())
    }

    /// Ends a session before its time.
    pub(crate) fn end(&mut self, token: &str) {
        if let Some(at) = position(&self.open, |session| &session.digest, token) {
            self.open.swap_remove(at);
        }
    }

    fn forget_ended(&mut self, now: Timestamp) {
        self.links.retain(|link| now < link.expires);
        self.open
            .retain(|session| now < session.ends && now < session.idle_ends);
    }
}

/// The text form of a secret in links and cookies.
pub(crate) fn as_token(secret: &[u8; 32]) -> String {
    hex(secret)
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// Looks at every row and at every byte of it, so that the time taken tells nothing.
fn position<T>(rows: &[T], digest_of: impl Fn(&T) -> &[u8; 32], token: &str) -> Option<usize> {
    let wanted = digest(token);
    rows.iter().enumerate().fold(None, |found, (at, row)| {
        if same(digest_of(row), &wanted) {
            Some(at)
        } else {
            found
        }
    })
}

fn same(left: &[u8; 32], right: &[u8; 32]) -> bool {
    let differing = left
        .iter()
        .zip(right)
        .fold(0, |bits, (a, b)| bits | (a ^ b));
    std::hint::black_box(differing) == 0
}

fn drop_oldest<T>(rows: &mut Vec<T>) {
    if rows.len() >= MOST {
        rows.remove(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    fn holder(digit: &str) -> Fingerprint {
        Fingerprint::from_id(&digit.repeat(64)).unwrap()
    }

    #[test]
    fn a_link_works_once_and_not_for_ever() {
        let mut sessions = Sessions::default();
        sessions.offer("a", holder("a"), true, at(0));
        sessions.offer("b", holder("b"), false, at(0));
        assert_eq!(sessions.redeem("c", at(1)), None);
        let redeemed = Redeemed {
            over_https: true,
            holder: holder("a"),
        };
        assert_eq!(sessions.redeem("a", at(1)), Some(redeemed));
        assert_eq!(sessions.redeem("a", at(1)), None);
        assert_eq!(sessions.redeem("b", at(15)), None);
    }

    #[test]
    fn a_session_ends_when_idle_and_at_the_latest_after_eight_hours() {
        let mut sessions = Sessions::default();
        sessions.begin("idle", holder("a"), at(0));
        sessions.begin("busy", holder("b"), at(0));
        for minutes in (0..480).step_by(20) {
            assert_eq!(sessions.touch("busy", at(minutes)), Some(holder("b")));
        }
        assert_eq!(sessions.touch("idle", at(479)), None);
        assert_eq!(sessions.touch("busy", at(480)), None);
    }

    #[test]
    fn an_ended_session_is_over() {
        let mut sessions = Sessions::default();
        sessions.begin("a", holder("a"), at(0));
        sessions.end("b");
        assert!(sessions.touch("a", at(1)).is_some());
        sessions.end("a");
        assert!(sessions.touch("a", at(1)).is_none());
    }

    #[test]
    fn no_secret_is_kept_and_the_lists_are_bounded() {
        let mut sessions = Sessions::default();
        for number in 0..=MOST {
            sessions.offer(&format!("link-{number}"), holder("a"), false, at(0));
            sessions.begin(&format!("session-{number}"), holder("a"), at(0));
        }
        assert!(!format!("{sessions:?}").contains("link-"));
        assert_eq!((sessions.links.len(), sessions.open.len()), (MOST, MOST));
        assert_eq!(sessions.redeem("link-0", at(1)), None);
        assert!(sessions.touch(&format!("session-{MOST}"), at(1)).is_some());
    }
}
