//! What a server says of the TLS of our session. The driver checks the server's certificate and shows nothing of it.

use sqlx::{MySqlConnection, PgConnection, Row as _};

use super::{Connection, Fault};
use crate::endpoints::Tls;

/// Our own session, where it is one of TLS. Anybody may see it.
const POSTGRES: &str = "SELECT version, cipher FROM pg_catalog.pg_stat_ssl \
     WHERE pid = pg_catalog.pg_backend_pid() AND ssl";
/// Two rows, with empty values where there is no TLS.
const MYSQL: &str = "SHOW SESSION STATUS WHERE Variable_name IN ('Ssl_version', 'Ssl_cipher')";
/// Characters of a word that is taken for a version or a suite.
const LONGEST: usize = 64;

/// The TLS of a session as its server states it; none where there is none, or where a server of another make does not
/// know the question.
pub(super) async fn tls(connection: &mut Connection) -> Option<Tls> {
    let told = match connection {
        Connection::Sqlite(..) => return None,
        Connection::Postgres(connection) => postgres(connection).await,
        Connection::Mysql(connection) => mysql(connection).await,
    };
    let (version, cipher_suite) = told.ok().flatten()?;
    stated(&version, &cipher_suite)
}

async fn postgres(connection: &mut PgConnection) -> Result<Option<(String, String)>, Fault> {
    let row = sqlx::query(POSTGRES).fetch_optional(connection).await?;
    let told = row.map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
    Ok(told.transpose().map_err(|error: sqlx::Error| error)?)
}

async fn mysql(connection: &mut MySqlConnection) -> Result<Option<(String, String)>, Fault> {
    let rows = sqlx::query(MYSQL).fetch_all(connection).await?;
    let mut told = (String::new(), String::new());
    for row in rows {
        let name: String = row.try_get_unchecked(0)?;
        let value: String = row.try_get_unchecked(1)?;
        if name.eq_ignore_ascii_case("Ssl_version") {
            told.0 = value;
        } else {
            told.1 = value;
        }
    }
    Ok(Some(told))
}

/// Both words, where they can be what they should be: they come from another's machine and go onto pages.
fn stated(version: &str, cipher_suite: &str) -> Option<Tls> {
    let is_word = |text: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        (1..=LONGEST).contains(&text.len()) && text.bytes().all(plain)
    };
    (is_word(version) && is_word(cipher_suite)).then(|| Tls {
        // As our own connections are called.
        version: version.replace('.', "_"),
        cipher_suite: cipher_suite.to_owned(),
        certificate: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_are_taken_from_a_server() {
        let told = stated("TLSv1.3", "TLS_AES_256_GCM_SHA384").unwrap();
        assert_eq!(told.version, "TLSv1_3");
        assert_eq!(told.cipher_suite, "TLS_AES_256_GCM_SHA384");
        let long = "A".repeat(LONGEST + 1);
        for (version, cipher) in [
            ("", ""),
            ("TLSv1.3", ""),
            ("TLSv1.3 <b>", "TLS_AES_256_GCM_SHA384"),
            ("TLSv1.3", long.as_str()),
        ] {
            assert_eq!(stated(version, cipher), None, "{version} {cipher}");
        }
        assert!(stated("TLSv1.2", &"A".repeat(LONGEST)).is_some());
    }
}
