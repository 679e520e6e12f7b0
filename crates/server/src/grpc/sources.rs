//! Databases as endpoints, between the wire and the domain.

use std::collections::BTreeMap;

use api::registry::v1 as pb;
use api::registry::v1::endpoint::Protocol as Wire;
use domain::endpoint::Protocol;
use domain::fault::Cause;
use domain::file_drop::FileDrop;
use domain::item::ItemKey;
use domain::name::ResourceName;
use domain::source::{Engine, Identifier, SecretName, SqlSource, View};

use super::incoming::Fields;
use super::libraries::library_from;

/// How an endpoint is spoken to; every fault is noted.
pub(super) fn protocol_from(fields: &mut Fields, part: &pb::Endpoint) -> Option<Protocol> {
    let engine = match part.protocol() {
        Wire::Grpc => return Some(Protocol::Grpc),
        Wire::HttpJson => return Some(Protocol::HttpJson),
        Wire::NetworkIdentity => return Some(Protocol::NetworkIdentity),
        Wire::CertificateLibrary => {
            let library = library_from(fields, part.library.clone());
            return library.map(Protocol::CertificateLibrary);
        }
        Wire::FileDrop => return drop_from(fields, part.file_drop).map(Protocol::FileDrop),
        Wire::SqlPostgres => Engine::Postgres,
        Wire::SqlMysql => Engine::Mysql,
        Wire::SqlSqlite => Engine::Sqlite,
        Wire::Unspecified => {
            let message =
                "choose one of the protocols, such as PROTOCOL_GRPC or PROTOCOL_SQL_POSTGRES";
            fields.fault(
                "endpoint.protocol",
                &Cause::new("UNKNOWN_PROTOCOL", message),
            );
            return None;
        }
    };
    source_from(fields, engine, part.sql.clone()).map(Protocol::Sql)
}

/// How often a system that brings its files reports; every fault is noted.
pub(super) fn drop_from(fields: &mut Fields, wire: Option<pb::FileDrop>) -> Option<FileDrop> {
    let wire = fields.message("endpoint.file_drop", wire)?;
    let every = FileDrop::every(u32::try_from(wire.report_seconds).unwrap_or_default());
    fields.take("endpoint.file_drop.report_seconds", every)
}

/// A database with its views; every fault is noted.
pub(super) fn source_from(
    fields: &mut Fields,
    engine: Engine,
    sql: Option<pb::SqlSource>,
) -> Option<SqlSource> {
    let sql = fields.message("endpoint.sql", sql)?;
    let database = fields.name("endpoint.sql.database", &sql.database, Identifier::parse);
    let secret = fields.optional("endpoint.sql.secret", &sql.secret, SecretName::parse);
    let views: Vec<Option<View>> = sql
        .views
        .into_iter()
        .enumerate()
        .map(|(index, view)| view_from(fields, &format!("endpoint.sql.views[{index}]"), view))
        .collect();
    Some(SqlSource {
        engine,
        database: database?,
        secret,
        views: views.into_iter().collect::<Option<_>>()?,
    })
}

fn view_from(fields: &mut Fields, field: &str, wire: pb::SqlView) -> Option<View> {
    let resource = fields.name(
        &format!("{field}.resource"),
        &wire.resource,
        ResourceName::parse,
    );
    let (schema, name) = match wire.view.split_once('.') {
        Some((schema, name)) => (Some(schema), name),
        None => (None, wire.view.as_str()),
    };
    let at = format!("{field}.view");
    let schema = match schema {
        None => Some(None),
        Some(schema) => fields.name(&at, schema, Identifier::parse).map(Some),
    };
    let name = fields.name(&at, name, Identifier::parse);
    let mut columns = Some(BTreeMap::new());
    // In one order, so that the same request always has the same faults.
    for (key, column) in wire.columns.into_iter().collect::<BTreeMap<_, _>>() {
        let at = format!("{field}.columns");
        let key = fields.name(&at, &key, ItemKey::parse);
        let column = fields.name(&at, &column, Identifier::parse);
        columns = columns
            .zip(key.zip(column))
            .map(|(mut columns, (key, column))| {
                columns.insert(key, column);
                columns
            });
    }
    let key = fields.names(&format!("{field}.key"), &wire.key, Identifier::parse);
    Some(View {
        resource: resource?,
        schema: schema?,
        name: name?,
        columns: columns?,
        key: key?,
    })
}

/// How an endpoint is spoken to, for the wire.
pub(super) fn protocol_to(protocol: Protocol) -> (Wire, Option<pb::SqlSource>) {
    let source = match protocol {
        Protocol::Grpc => return (Wire::Grpc, None),
        Protocol::HttpJson => return (Wire::HttpJson, None),
        Protocol::NetworkIdentity => return (Wire::NetworkIdentity, None),
        Protocol::Sql(source) => source,
        // Their own parts of the message say what they are.
        Protocol::CertificateLibrary(_) => return (Wire::CertificateLibrary, None),
        Protocol::FileDrop(_) => return (Wire::FileDrop, None),
    };
    let wire = match source.engine {
        Engine::Postgres => Wire::SqlPostgres,
        Engine::Mysql => Wire::SqlMysql,
        Engine::Sqlite => Wire::SqlSqlite,
    };
    let view = |view: View| pb::SqlView {
        resource: view.resource.into(),
        view: match view.schema {
            Some(schema) => format!("{schema}.{}", view.name),
            None => view.name.into(),
        },
        columns: view
            .columns
            .into_iter()
            .map(|(key, column)| (key.into(), column.into()))
            .collect(),
        key: view.key.into_iter().map(String::from).collect(),
    };
    let sql = pb::SqlSource {
        database: source.database.into(),
        secret: source.secret.map(String::from).unwrap_or_default(),
        views: source.views.into_iter().map(view).collect(),
    };
    (wire, Some(sql))
}
