//! Documents that mean harm, or are none.

use std::fmt::Write as _;

use proptest::prelude::*;

use crate::{ImportError, MOST_BYTES, MOST_DEPTH, MOST_ITEMS, MOST_TEXT, Syntax, import};

fn refused(document: &str, syntax: Syntax) -> ImportError {
    import(document.as_bytes(), syntax).unwrap_err()
}

#[test]
fn a_document_at_the_limit_is_read_and_one_past_it_is_not() {
    let dataset = "<http://x.example/d> a <http://www.w3.org/ns/dcat#Dataset> .\n#";
    let full = format!("{dataset}{}", "-".repeat(MOST_BYTES - dataset.len()));
    assert!(import(full.as_bytes(), Syntax::Turtle).is_ok());
    let error = refused(&format!("{full}-"), Syntax::Turtle);
    assert_eq!(error, ImportError::TooLarge(MOST_BYTES + 1));
    assert!(error.to_string().contains("Split the catalogue"));
}

#[test]
fn brackets_nest_to_the_limit_and_not_beyond() {
    let turtle = |depth: usize| {
        format!(
            "<a:a> <a:p> {}1{} . <a:d> a <http://www.w3.org/ns/dcat#Dataset> .",
            "(".repeat(depth),
            ")".repeat(depth)
        )
    };
    let json = |depth: usize| {
        format!(
            r#"{{"@id":"http://x.example/d","@type":"http://www.w3.org/ns/dcat#Dataset","a:b":{}1{}}}"#,
            "[".repeat(depth - 1),
            "]".repeat(depth - 1)
        )
    };
    assert!(import(turtle(MOST_DEPTH).as_bytes(), Syntax::Turtle).is_ok());
    assert!(import(json(MOST_DEPTH).as_bytes(), Syntax::JsonLd).is_ok());
    assert_eq!(
        refused(&turtle(MOST_DEPTH + 1), Syntax::Turtle),
        ImportError::TooDeep
    );
    assert_eq!(
        refused(&json(MOST_DEPTH + 1), Syntax::JsonLd),
        ImportError::TooDeep
    );
    let deep = "[".repeat(MOST_BYTES);
    assert_eq!(refused(&deep, Syntax::Turtle), ImportError::TooDeep);
    assert_eq!(refused(&deep, Syntax::JsonLd), ImportError::TooDeep);
}

#[test]
fn brackets_in_texts_names_and_comments_do_not_count() {
    let many = "[".repeat(MOST_DEPTH + 1);
    let document = format!(
        "# {many}\n<http://x.example/d> a <http://www.w3.org/ns/dcat#Dataset> ;\n\
         <a:p> \"{many}\\\"{many}\", '{many}', \"\"\"{many}\"{many}\n\"\"\", '', \"\", '''{many}''' ."
    );
    assert!(import(document.as_bytes(), Syntax::Turtle).is_ok());
}

#[test]
fn a_context_elsewhere_is_refused_with_what_to_do() {
    let contexts = [
        r#""https://x.example/context.jsonld""#,
        r#"["https://x.example/context.jsonld", {"a": "b:c"}]"#,
        r#"{"@import": "https://x.example/context.jsonld"}"#,
        r#"{"a": {"@id": "b:c", "@context": "https://x.example/context.jsonld"}}"#,
    ];
    for context in contexts {
        let document = format!(r#"{{"@context": {context}, "@id": "a:b", "a": {{"b:c": 1}}}}"#);
        let error = refused(&document, Syntax::JsonLd);
        assert_eq!(
            error,
            ImportError::RemoteContext("https://x.example/context.jsonld".to_owned()),
            "{context}"
        );
        assert!(
            error
                .to_string()
                .contains("write the context into the document")
        );
    }
}

#[test]
fn many_copies_of_a_large_context_are_refused() {
    let mut terms = String::new();
    for place in 0..5_000 {
        write!(terms, "\"t{place}\": \"a:{place}\",").unwrap();
    }
    let node = r#"{"@context": {}, "a:b": 1},"#.repeat(2_000);
    let scoped = r#"{"s": {"t1": 1}},"#.repeat(2_000);
    let one = r#"{"t1": 1},"#.repeat(2_000);
    let cases = [
        ("", &node, true),
        (r#""s": {"@id": "a:s", "@context": {}},"#, &scoped, true),
        (
            r#""s": {"@id": "a:s", "\u0040context": {}},"#,
            &scoped,
            true,
        ),
        ("", &one, false),
    ];
    for (more, nodes, too_much) in cases {
        let document = format!(
            r#"{{"@context": {{{terms}{more}"z": "a:z"}}, "@graph": [{nodes}{{"@id": "a:d", "@type": "http://www.w3.org/ns/dcat#Dataset"}}]}}"#
        );
        let read = import(document.as_bytes(), Syntax::JsonLd);
        assert_eq!(
            read == Err(ImportError::TooMuchContext),
            too_much,
            "{read:?}"
        );
    }
}

#[test]
fn a_short_prefix_for_a_long_name_does_not_fill_the_memory() {
    let name = "n".repeat(1024 * 1024);
    let triples = "p: p: p: .\n".repeat(MOST_TEXT / name.len() / 3 + 1);
    let document = format!("@prefix p: <http://x.example/{name}> .\n{triples}");
    assert_eq!(refused(&document, Syntax::Turtle), ImportError::TooMuchText);
}

#[test]
fn many_datasets_with_one_long_schema_are_refused() {
    let mut document = String::from(
        "@prefix d: <http://www.w3.org/ns/dcat#> . @prefix w: <http://www.w3.org/ns/csvw#> .\n",
    );
    for place in 0..500 {
        writeln!(
            document,
            "<a:s> w:column <a:c{place}> . <a:c{place}> w:name \"c{place}\" ."
        )
        .unwrap();
    }
    for place in 0..=MOST_ITEMS / 500 {
        writeln!(document, "<a:d{place}> a d:Dataset ; w:tableSchema <a:s> .").unwrap();
    }
    assert_eq!(
        refused(&document, Syntax::Turtle),
        ImportError::TooManyItems
    );
}

#[test]
fn a_list_that_runs_in_a_circle_ends() {
    let document =
        "@prefix d: <http://www.w3.org/ns/dcat#> . @prefix w: <http://www.w3.org/ns/csvw#> .
        @prefix r: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
        <a:d> a d:Dataset ; w:tableSchema <a:s> . <a:s> w:column _:l .
        _:l r:first <a:c> ; r:rest _:l .";
    let read = import(document.as_bytes(), Syntax::Turtle).unwrap();
    let lacks = &read.entries[0].lacks;
    assert!(
        lacks
            .iter()
            .any(|lack| lack.field == "items" && lack.message.contains("more than 1000"))
    );
    let graph = crate::parse::graph(document.as_bytes(), Syntax::Turtle).unwrap();
    assert!(crate::json_ld(&graph).unwrap().contains("rdf:rest"));
}

#[test]
fn what_is_no_catalogue_is_refused_with_where() {
    let cases = [
        ("", Syntax::Turtle, "no dcat:Dataset"),
        ("{}", Syntax::JsonLd, "no dcat:Dataset"),
        ("<a:b> <a:c> .", Syntax::Turtle, "line 1"),
        ("{\"a\": }", Syntax::JsonLd, "line 1 column 7"),
        ("", Syntax::JsonLd, "line 1"),
        ("{} {}", Syntax::JsonLd, "trailing"),
        (
            "<d> a <http://www.w3.org/ns/dcat#Dataset> .",
            Syntax::Turtle,
            "line 1",
        ),
        (
            r#"{"@id": "d", "@type": "http://www.w3.org/ns/dcat#Dataset"}"#,
            Syntax::JsonLd,
            "absolute",
        ),
    ];
    for (document, syntax, said) in cases {
        let message = refused(document, syntax).to_string();
        assert!(message.contains(said), "{document}: {message}");
    }
}

#[test]
fn a_long_mistake_is_cut_in_the_error() {
    let document = format!("<http://x.example/{} > a <a:b> .", "x".repeat(1_000_000));
    assert!(refused(&document, Syntax::Turtle).to_string().len() < 1_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = import(&bytes, Syntax::Turtle);
        let _ = import(&bytes, Syntax::JsonLd);
    }

    /// Bytes of real documents, cut and mixed.
    #[test]
    fn no_mixture_makes_it_panic(picks in proptest::collection::vec(0..PIECES.len(), 0..60)) {
        let document: String = picks.into_iter().map(|pick| PIECES[pick]).collect();
        let _ = import(document.as_bytes(), Syntax::Turtle);
        let _ = import(document.as_bytes(), Syntax::JsonLd);
    }
}

const PIECES: [&str; 40] = [
    "@prefix d: <http://www.w3.org/ns/dcat#> .\n",
    "@prefix : <a:> .",
    "@base <http://x.example/> .",
    "<a:d>",
    " a ",
    "d:Dataset",
    ":x",
    " ; ",
    " . ",
    " , ",
    "[",
    "]",
    "(",
    ")",
    "\"",
    "'",
    "\"\"\"",
    "中文",
    "@zh",
    "^^",
    "\\u0041",
    "_:b",
    "1",
    "true",
    "{",
    "}",
    ":",
    ",",
    "\"@context\"",
    "\"@id\"",
    "\"@type\"",
    "\"@graph\"",
    "\"@list\"",
    "\"@value\"",
    "\"@language\"",
    "\"a:b\"",
    "null",
    "\"@reverse\"",
    "\"@set\"",
    "\"@nest\"",
];
