//! Our codes beside those of others. A code that the other side does not have has no row.

/// Update cycle of the national guide, and the code of the EU's list of frequencies that we write.
const CYCLES: [(i32, &str); 7] = [
    (1, "UPDATE_CONT"),
    (2, "DAILY"),
    (3, "WEEKLY"),
    (4, "MONTHLY"),
    (5, "QUARTERLY"),
    (6, "ANNUAL"),
    (9, "IRREG"),
];

/// Words for frequencies that others use, last parts of IRIs and ISO 8601 durations. Where ours has no such step it is
/// the next slower one, which the source keeps too: what is renewed every two weeks is renewed every month.
const FREQUENCIES: [(&str, i32); 45] = [
    // The EU's list.
    ("CONT", 1),
    ("1MIN", 1),
    ("5MIN", 1),
    ("10MIN", 1),
    ("15MIN", 1),
    ("30MIN", 1),
    ("HOURLY", 2),
    ("BIHOURLY", 2),
    ("TRIHOURLY", 2),
    ("12HRS", 2),
    ("DAILY_2", 2),
    ("WEEKLY_2", 3),
    ("WEEKLY_3", 3),
    ("BIWEEKLY", 4),
    ("MONTHLY_2", 4),
    ("MONTHLY_3", 4),
    ("BIMONTHLY", 5),
    ("ANNUAL_2", 6),
    ("ANNUAL_3", 6),
    // Dublin Core's.
    ("continuous", 1),
    ("daily", 2),
    ("threeTimesAWeek", 3),
    ("semiweekly", 3),
    ("weekly", 3),
    ("threeTimesAMonth", 4),
    ("biweekly", 4),
    ("semimonthly", 4),
    ("monthly", 4),
    ("bimonthly", 5),
    ("quarterly", 5),
    ("threeTimesAYear", 6),
    ("semiannual", 6),
    ("annual", 6),
    ("irregular", 9),
    // SDMX's.
    ("freq-D", 2),
    ("freq-W", 3),
    ("freq-M", 4),
    ("freq-Q", 5),
    ("freq-S", 6),
    ("freq-A", 6),
    // Repeating intervals of ISO 8601.
    ("R/P1D", 2),
    ("R/P1W", 3),
    ("R/P1M", 4),
    ("R/P3M", 5),
    ("R/P1Y", 6),
];

/// The code of the EU's list for an update cycle.
pub(crate) fn frequency(cycle: i32) -> Option<&'static str> {
    let row = CYCLES.iter().find(|(code, _)| *code == cycle);
    row.map(|(_, frequency)| *frequency)
}

/// The update cycle for the last part of a frequency's IRI, or for a literal.
pub(crate) fn cycle(frequency: &str) -> Option<i32> {
    let ours = CYCLES.iter().map(|(code, name)| (*name, *code));
    let all = ours.chain(FREQUENCIES);
    all.into_iter()
        .find(|(name, _)| *name == frequency)
        .map(|(_, code)| code)
}

/// A format: its type as our catalogue writes it, its class of the national guide, its code in the EU's list of file
/// types and its media type, where they are known.
pub(crate) struct Format {
    pub(crate) kind: &'static str,
    pub(crate) class: i32,
    pub(crate) file_type: Option<&'static str>,
    pub(crate) media_type: Option<&'static str>,
}

const fn format(
    kind: &'static str,
    class: i32,
    file_type: &'static str,
    media_type: &'static str,
) -> Format {
    Format {
        kind,
        class,
        file_type: if file_type.is_empty() {
            None
        } else {
            Some(file_type)
        },
        media_type: if media_type.is_empty() {
            None
        } else {
            Some(media_type)
        },
    }
}

/// Types of the national guide with their classes; those of others in the class that comes nearest, assumed.
#[rustfmt::skip]
const FORMATS: [Format; 34] = [
    format("xml", 1, "XML", "application/xml"),
    format("txt", 1, "TXT", "text/plain"),
    format("doc", 1, "DOC", "application/msword"),
    format("docx", 1, "DOCX", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    format("html", 1, "HTML", "text/html"),
    format("pdf", 1, "PDF", "application/pdf"),
    format("ppt", 1, "PPT", "application/vnd.ms-powerpoint"),
    format("pptx", 1, "PPTX", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    format("odt", 1, "ODT", "application/vnd.oasis.opendocument.text"),
    format("rtf", 1, "RTF", "application/rtf"),
    format("json", 1, "JSON", "application/json"),
    format("jsonld", 1, "JSON_LD", "application/ld+json"),
    format("rdf", 1, "RDF_XML", "application/rdf+xml"),
    format("ttl", 1, "RDF_TURTLE", "text/turtle"),
    format("xls", 2, "XLS", "application/vnd.ms-excel"),
    format("xlsx", 2, "XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    format("ods", 2, "ODS", "application/vnd.oasis.opendocument.spreadsheet"),
    format("csv", 2, "CSV", "text/csv"),
    format("tsv", 2, "TSV", "text/tab-separated-values"),
    format("dbf", 3, "DBF", ""),
    format("mdb", 3, "MDB", ""),
    format("jpg", 4, "JPEG", "image/jpeg"),
    format("gif", 4, "GIF", "image/gif"),
    format("bmp", 4, "BMP", "image/bmp"),
    format("png", 4, "PNG", "image/png"),
    format("tiff", 4, "TIFF", "image/tiff"),
    format("mpg", 5, "", "video/mpeg"),
    format("mp4", 5, "", "video/mp4"),
    format("geojson", 6, "GEOJSON", "application/geo+json"),
    format("gml", 6, "GML", "application/gml+xml"),
    format("kml", 6, "KML", "application/vnd.google-earth.kml+xml"),
    format("shp", 6, "SHP", ""),
    format("gpkg", 6, "GPKG", "application/geopackage+sqlite3"),
    format("netcdf", 6, "NETCDF", ""),
];

/// The format of this type, code or media type; capitals and small letters are the same, and a dot in front is not
/// looked at.
pub(crate) fn format_of(word: &str) -> Option<&'static Format> {
    let word = word.trim().trim_start_matches('.');
    FORMATS.iter().find(|format| {
        let names = [Some(format.kind), format.file_type, format.media_type];
        names
            .into_iter()
            .flatten()
            .any(|name| name.eq_ignore_ascii_case(word))
    })
}

/// Data types of the national guide, and what comes nearest in XML Schema. `T` counts as a moment, and `G` as bytes.
const DATA_TYPES: [(&str, &str); 11] = [
    ("C", "string"),
    ("N", "decimal"),
    ("Y", "decimal"),
    ("D", "date"),
    ("T", "dateTime"),
    ("L", "boolean"),
    ("M", "string"),
    ("G", "base64Binary"),
    ("B", "double"),
    ("I", "integer"),
    ("F", "float"),
];

/// Other names of XML Schema and of CSV on the Web.
const OTHER_TYPES: [(&str, &str); 17] = [
    ("number", "B"),
    ("datetime", "T"),
    ("dateTimeStamp", "T"),
    ("binary", "G"),
    ("hexBinary", "G"),
    ("anyURI", "C"),
    ("normalizedString", "C"),
    ("token", "C"),
    ("language", "C"),
    ("time", "C"),
    ("gYear", "C"),
    ("int", "I"),
    ("long", "I"),
    ("short", "I"),
    ("byte", "I"),
    ("nonNegativeInteger", "I"),
    ("positiveInteger", "I"),
];

/// The name of XML Schema for a data type.
pub(crate) fn schema_type(data_type: &str) -> Option<&'static str> {
    let row = DATA_TYPES.iter().find(|(code, _)| *code == data_type);
    row.map(|(_, name)| *name)
}

/// The data type for a name of XML Schema or of CSV on the Web; `N` and `C` where several have it.
pub(crate) fn data_type(name: &str) -> Option<&'static str> {
    let ours = DATA_TYPES.iter().find(|(_, schema)| *schema == name);
    let others = || OTHER_TYPES.iter().find(|(other, _)| *other == name);
    ours.map(|(code, _)| *code)
        .or_else(|| others().map(|(_, code)| *code))
}

/// Whether this is a data type of the national guide.
pub(crate) fn is_data_type(code: &str) -> bool {
    schema_type(code).is_some()
}
