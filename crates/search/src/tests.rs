//! The index beside a list that is read from end to end.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::initials::letters;
use crate::text::folded;
use crate::{Document, Filter, Found, Hit, Index, Place, Query, Search, Synonyms};

fn document(key: &str, title: &str, parts: &[&str], rest: &[&str]) -> Document {
    let owned = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
    Document {
        key: key.to_owned(),
        title: title.to_owned(),
        parts: owned(parts),
        rest: owned(rest),
        names: Vec::new(),
        facets: Vec::new(),
    }
}

fn of(typed: &str, synonyms: &Synonyms) -> Search {
    Search {
        query: Query::parse(typed, synonyms).unwrap(),
        visible: Vec::new(),
        filters: Vec::new(),
        count: Vec::new(),
        skip: 0,
        take: 20,
    }
}

fn keys(found: &Found) -> Vec<&str> {
    found.hits.iter().map(|hit| hit.key.as_str()).collect()
}

fn city() -> Index {
    let mut index = Index::new();
    for (key, title, parts, rest, department, shared) in [
        (
            "a",
            "婚姻登记信息",
            &["男方姓名", "登记日期"][..],
            &["结婚和离婚的登记"][..],
            "民政局",
            "有条件",
        ),
        (
            "b",
            "离婚登记信息",
            &["登记日期"],
            &["离婚证"],
            "民政局",
            "不予",
        ),
        (
            "c",
            "不动产登记",
            &["权利人姓名"],
            &["婚姻状况不在其中"],
            "自然资源局",
            "有条件",
        ),
        (
            "d",
            "社会保险缴费",
            &["公民身份号码", "缴费月数"],
            &["城镇职工"],
            "人社局",
            "无条件",
        ),
        ("e", "银行账户", &["账号"], &["财政专户"], "财政局", "不予"),
    ] {
        let mut entry = document(key, title, parts, rest);
        entry.names = vec![department.to_owned()];
        entry.facets = vec![
            ("department", department.to_owned()),
            ("shared", shared.to_owned()),
        ];
        index.put(entry);
    }
    index
}

#[test]
fn titles_come_before_parts_and_parts_before_the_rest() {
    let index = city();
    let synonyms = Synonyms::new([vec!["社保".to_owned(), "社会保险".to_owned()]]);
    for (typed, expected) in [
        (
            "婚姻",
            &[("a", Place::Title, false), ("c", Place::Rest, false)][..],
        ),
        (
            "姓名",
            &[("c", Place::Parts, false), ("a", Place::Parts, false)],
        ),
        (
            "登记",
            &[
                ("c", Place::Title, false),
                ("a", Place::Title, false),
                ("b", Place::Title, false),
            ],
        ),
        // A short title says most exactly what it is; of equals comes first what begins as was typed.
        ("离婚登记", &[("b", Place::Title, false)]),
        (
            "离婚",
            &[("b", Place::Title, false), ("a", Place::Rest, false)],
        ),
        ("社保", &[("d", Place::Title, true)]),
        ("社保 缴费", &[("d", Place::Title, true)]),
        ("hydj", &[("a", Place::Title, true)]),
        // Initials of titles, then of parts, then of names of others; not of what is told at length.
        (
            "djrq",
            &[("a", Place::Parts, true), ("b", Place::Parts, true)],
        ),
        ("qlrxm", &[("c", Place::Parts, true)]),
        ("mzj", &[("a", Place::Rest, true), ("b", Place::Rest, true)]),
        ("czj", &[("e", Place::Rest, true)]),
        ("czzg", &[]),
        ("yh", &[("e", Place::Title, true)]),
        (
            "婚",
            &[
                ("a", Place::Title, false),
                ("b", Place::Title, false),
                ("c", Place::Rest, false),
            ],
        ),
        (
            "登记 姓名",
            &[("c", Place::Parts, false), ("a", Place::Parts, false)],
        ),
        // Nothing is found across two parts.
        ("信息男方", &[]),
        ("没有", &[]),
    ] {
        let found = index.search(&of(typed, &synonyms));
        let hits: Vec<_> = found
            .hits
            .iter()
            .map(|hit| (hit.key.as_str(), hit.place, hit.by_other_word))
            .collect();
        assert_eq!(hits, expected, "{typed}");
        assert_eq!(found.total, u64::try_from(hits.len()).unwrap(), "{typed}");
    }
}

#[test]
fn facets_count_what_choosing_another_value_would_bring() {
    let index = city();
    let mut search = of("登记", &Synonyms::default());
    search.count = vec!["department", "shared"];
    search.filters = vec![Filter {
        facet: "shared",
        values: vec!["不予".to_owned()],
    }];
    let found = index.search(&search);
    assert_eq!(keys(&found), ["b"]);
    let counts = |pairs: &[(&str, u64)]| {
        pairs
            .iter()
            .map(|(value, count)| ((*value).to_owned(), *count))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        found.facets,
        [
            ("department", counts(&[("民政局", 1)])),
            ("shared", counts(&[("有条件", 2), ("不予", 1)])),
        ]
    );
}

#[test]
fn what_may_not_be_seen_is_neither_found_nor_counted() {
    let index = city();
    let mut search = of("登记", &Synonyms::default());
    search.count = vec!["department"];
    search.visible = vec![
        ("shared", "不予".to_owned()),
        ("department", "自然资源局".to_owned()),
    ];
    let found = index.search(&search);
    assert_eq!((found.total, keys(&found)), (2, vec!["c", "b"]));
    let (_, counts) = &found.facets[0];
    assert_eq!(counts.len(), 2);
    search.visible = vec![("shared", "nobody".to_owned())];
    assert_eq!(index.search(&search).total, 0);
}

#[test]
fn without_a_term_everything_is_found_in_the_order_of_names() {
    let mut index = city();
    let mut search = of("", &Synonyms::default());
    search.skip = 1;
    search.take = 3;
    let found = index.search(&search);
    assert_eq!((found.total, keys(&found)), (5, vec!["b", "c", "d"]));
    index.remove("b");
    index.remove("unknown");
    assert_eq!(keys(&index.search(&search)), ["c", "d", "e"]);
    assert!(index.len() == 4 && !index.is_empty());
}

/// A letter of a small alphabet, so that texts share much.
fn text(most: usize) -> impl Strategy<Value = String> {
    let one = prop::sample::select(vec!['婚', '姻', '登', '记', '行', 'a', 'Ａ', ' ', '１']);
    prop::collection::vec(one, 0..most).prop_map(|all| all.into_iter().collect())
}

fn any_document() -> impl Strategy<Value = Document> {
    let texts = || prop::collection::vec(text(8), 0..3);
    let value = prop::sample::select(vec!["x", "y"]);
    let said = (texts(), texts(), texts());
    (0..12_u32, text(8), said, value).prop_map(|(key, title, (parts, names, rest), value)| {
        Document {
            // Longer than what is compared at once.
            key: format!("resources/0000000000{key:02}"),
            title,
            parts,
            rest,
            names,
            facets: vec![("f", value.to_owned())],
        }
    })
}

#[derive(Clone, Debug)]
enum Step {
    Put(Document),
    Remove(u32),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => any_document().prop_map(Step::Put),
        1 => (0..12_u32).prop_map(Step::Remove),
    ];
    prop::collection::vec(step, 0..40)
}

/// Where a term stands in a document, read from end to end.
fn place(document: &Document, term: &str) -> Option<Place> {
    let holds = |texts: &[String]| texts.iter().any(|text| folded(text).contains(term));
    let title = folded(&document.title)
        .contains(term)
        .then_some(Place::Title);
    let parts = || holds(&document.parts).then_some(Place::Parts);
    let rest = || (holds(&document.rest) || holds(&document.names)).then_some(Place::Rest);
    title.or_else(parts).or_else(rest)
}

/// Where neighbouring characters begin with these letters, read from end to end.
fn place_of_initials(document: &Document, wanted: &str) -> Option<Place> {
    let begin = |text: &String| {
        let masks: Vec<u32> = folded(text).chars().map(letters).collect();
        let fit = |window: &[u32]| {
            let mut pairs = window.iter().zip(wanted.chars());
            pairs.all(|(mask, letter)| mask & letters(letter) != 0)
        };
        masks.windows(wanted.len()).any(fit)
    };
    let places = [
        (Place::Title, std::slice::from_ref(&document.title)),
        (Place::Parts, &document.parts),
        (Place::Rest, &document.names),
    ];
    let mut found = places
        .into_iter()
        .filter(|(_, texts)| texts.iter().any(begin));
    found.next().map(|(place, _)| place)
}

/// Puts documents in and takes some out, of the index and of the list.
fn after(steps: Vec<Step>) -> (Index, BTreeMap<String, Document>) {
    let (mut index, mut documents) = (Index::new(), BTreeMap::new());
    for step in steps {
        match step {
            Step::Put(document) => {
                index.put(document.clone());
                documents.insert(document.key.clone(), document);
            }
            Step::Remove(key) => {
                let key = format!("resources/0000000000{key:02}");
                index.remove(&key);
                documents.remove(&key);
            }
        }
    }
    (index, documents)
}

/// What the list finds, in the order in which it is to be shown.
fn read_through(
    documents: &BTreeMap<String, Document>,
    terms: &[&str],
    value: Option<&str>,
) -> Vec<Hit> {
    let first = terms.first().copied().unwrap_or_default();
    let seen = documents.values().filter(|document| {
        value.is_none_or(|value| document.facets.iter().any(|(_, own)| own == value))
    });
    let mut found: Vec<(Place, bool, usize, &str)> = seen
        .filter_map(|document| {
            let places = terms.iter().map(|term| place(document, term));
            let worst = places.collect::<Option<Vec<_>>>()?.into_iter().max()?;
            let title = folded(&document.title);
            // Who begins so comes first, where every term stands in the title.
            let begins_elsewhere = worst == Place::Title && !title.starts_with(first);
            let length = title.chars().count();
            Some((worst, begins_elsewhere, length, document.key.as_str()))
        })
        .collect();
    found.sort_unstable();
    let hit = |(place, _, _, key): (Place, bool, usize, &str)| Hit {
        key: key.to_owned(),
        place,
        by_other_word: false,
    };
    found.into_iter().map(hit).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_index_finds_what_reading_everything_finds(
        steps in steps(),
        // No letters alone, which would be initials too.
        typed in prop::collection::vec(text(5), 1..3),
        (skip, take) in (0..4_usize, 1..6_usize),
        value in prop::option::of(prop::sample::select(vec!["x", "y"])),
    ) {
        let (index, documents) = after(steps);
        let typed = typed.join(" ");
        let text = folded(&typed);
        let terms: Vec<&str> = text.split(' ').filter(|term| !term.is_empty()).collect();
        prop_assume!(!terms.is_empty());
        prop_assume!(terms.iter().all(|term| term.len() < 2 || !term.bytes().all(|b| b.is_ascii_lowercase())));
        let mut search = of(&typed, &Synonyms::default());
        search.filters = vec![Filter { facet: "f", values: value.iter().map(ToString::to_string).collect() }];
        (search.skip, search.take) = (skip, take);
        let expected = read_through(&documents, &terms, value);
        let found = index.search(&search);
        prop_assert_eq!(found.total, expected.len() as u64);
        let wanted: Vec<Hit> = expected.into_iter().skip(skip).take(take).collect();
        prop_assert_eq!(found.hits, wanted);
        prop_assert_eq!(index.len(), documents.len());
    }

    #[test]
    fn initials_find_what_reading_everything_finds(
        steps in steps(),
        wanted in "[hydjxa]{2,4}",
    ) {
        let (index, documents) = after(steps);
        let mut search = of(&wanted, &Synonyms::default());
        search.take = documents.len();
        let found = index.search(&search);
        prop_assert_eq!(found.total, found.hits.len() as u64);
        let mut keys: Vec<&str> = Vec::new();
        for hit in &found.hits {
            let document = &documents[&hit.key];
            let (typed, spoken) = (place(document, &wanted), place_of_initials(document, &wanted));
            let best = [typed, spoken].into_iter().flatten().min();
            prop_assert_eq!(Some(hit.place), best);
            prop_assert_eq!(hit.by_other_word, typed != best);
            keys.push(&hit.key);
        }
        let places: Vec<_> = found.hits.iter().map(|hit| (hit.place, hit.by_other_word)).collect();
        prop_assert!(places.is_sorted());
        for document in documents.values().filter(|one| !keys.contains(&one.key.as_str())) {
            prop_assert_eq!(place(document, &wanted), None);
            prop_assert_eq!(place_of_initials(document, &wanted), None);
        }
    }
}
