//! The catalogue is searched by what people type: nothing is missed, nothing hidden is shown.

use api::catalogue::v1 as pb;
use api::catalogue::v1::search_result::Place;
use kit::databases::Database;
use kit::folder::Folder;
use kit::world::answer::refused;
use kit::world::story::{Story, publish};
use kit::world::terms::wire_resource;
use kit::world::{Client, World, ask, new_id};

fn entry(number: u32, title: &str, summary: &str) -> pb::Resource {
    pb::Resource {
        name: format!("resources/105001-{number:06}"),
        title: title.to_owned(),
        summary: summary.to_owned(),
        ..wire_resource("marriage-registrations")
    }
}

fn typed(query: &str) -> pb::SearchResourcesRequest {
    pb::SearchResourcesRequest {
        query: query.to_owned(),
        ..pb::SearchResourcesRequest::default()
    }
}

async fn search(who: &Client, request: pb::SearchResourcesRequest) -> pb::SearchResourcesResponse {
    let found = who.resources().search_resources(ask(request)).await;
    found.unwrap().into_inner()
}

fn titles(found: &pb::SearchResourcesResponse) -> Vec<&str> {
    let resources = found
        .results
        .iter()
        .map(|result| result.resource.as_ref().unwrap());
    resources.map(|resource| resource.title.as_str()).collect()
}

/// Three published entries beside the story's own, and a draft.
async fn city() -> Story {
    let story = Story::of_marriages().await;
    for entry in [
        entry(101, "收养登记信息", "收养关系的成立与解除"),
        entry(102, "殡葬服务", "社会保险丧葬补助的依据"),
        entry(103, "低保对象", "最低生活保障的家庭，含收养子女"),
    ] {
        publish(&story.owner, &story.publisher, &entry).await;
    }
    let draft = pb::CreateResourceRequest {
        resource: Some(entry(104, "收养评估报告", "尚未发布")),
        request_id: new_id(),
        validate_only: false,
    };
    story
        .owner
        .resources()
        .create_resource(ask(draft))
        .await
        .unwrap();
    story
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_people_type_finds_what_holds_it_and_the_best_comes_first() {
    let story = city().await;
    let stranger = story.world.enrol_system("enterprise-registry").await;
    for (query, expected) in [
        ("收养", &["收养登记信息", "低保对象"][..]),
        // The other has an item of that name.
        ("收养 登记", &["收养登记信息", "低保对象"]),
        ("生活保障", &["低保对象"]),
        // Initials, a synonym of the seeds, the catalogue code, full-width digits.
        ("bzfw", &["殡葬服务"]),
        ("社保", &["殡葬服务"]),
        ("105001/000103", &["低保对象"]),
        ("１０５００１／０００１０３", &["低保对象"]),
        ("养登", &["收养登记信息"]),
        ("养老", &[]),
    ] {
        let found = search(&stranger, typed(query)).await;
        assert_eq!(titles(&found), expected, "{query}");
        assert_eq!(
            found.total_size,
            i64::try_from(expected.len()).unwrap(),
            "{query}"
        );
    }
    let found = search(&stranger, typed("社保")).await;
    assert_eq!(
        (found.results[0].place(), found.results[0].by_other_word),
        (Place::Rest, true)
    );
    let found = search(&stranger, typed("民政局")).await;
    assert_eq!(
        found.total_size, 4,
        "the department's name stands in all of its entries"
    );
    // Its initials do so too, those of items behind those of titles.
    let found = search(&stranger, typed("smzj")).await;
    assert_eq!(found.total_size, 4);
    let found = search(&stranger, typed("djrq")).await;
    assert_eq!(
        (found.results[0].place(), found.results[0].by_other_word),
        (Place::Items, true)
    );
    let found = search(&stranger, typed("zdshbz")).await;
    assert_eq!(found.total_size, 0, "summaries are found by characters");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_is_found_and_counted_by_those_alone_who_may_see_it() {
    let story = city().await;
    let states = |found: &pb::SearchResourcesResponse| {
        let facet = found
            .facets
            .iter()
            .find(|facet| facet.name == "state")
            .unwrap();
        facet
            .values
            .iter()
            .map(|value| (value.value.clone(), value.count))
            .collect::<Vec<_>>()
    };
    let stranger = story.world.enrol_system("enterprise-registry").await;
    let published = ("STATE_PUBLISHED".to_owned(), 2);
    let draft = ("STATE_DRAFT".to_owned(), 1);
    for (who, sees) in [
        (&stranger, false),
        // A system of the competent department.
        (&story.platform, true),
        (&story.owner, true),
        (&story.publisher, true),
        (&story.auditor, true),
    ] {
        let found = search(who, typed("收养")).await;
        assert_eq!(titles(&found).contains(&"收养评估报告"), sees);
        let expected = if sees {
            vec![published.clone(), draft.clone()]
        } else {
            vec![published.clone()]
        };
        assert_eq!(states(&found), expected);
    }
    // Published, it is found by everybody.
    let name = "resources/105001-000104".to_owned();
    let register = pb::RegisterResourceRequest {
        name: name.clone(),
        request_id: new_id(),
        etag: String::new(),
    };
    story
        .owner
        .resources()
        .register_resource(ask(register))
        .await
        .unwrap();
    let release = pb::PublishResourceRequest {
        name,
        request_id: new_id(),
        etag: String::new(),
    };
    story
        .publisher
        .resources()
        .publish_resource(ask(release))
        .await
        .unwrap();
    assert_eq!(search(&stranger, typed("收养")).await.total_size, 3);
}

kit::on_each_database!(every_gateway_finds_the_same_in_the_same_order);

async fn every_gateway_finds_the_same_in_the_same_order(database: &Database) {
    let url = database.url_text();
    let first = World::open_on(Folder::new("one"), Some(&url), None).await;
    let story = Story::of_cached_marriages_in(first, 60).await;
    let before = entry(101, "收养登记信息", "收养关系的成立与解除");
    publish(&story.owner, &story.publisher, &before).await;
    // It reads what is there, and follows what comes.
    let copy = story.world.folder().copy("two");
    let second = World::open_on(copy, Some(&url), None).await;
    let elsewhere = second.connect(story.platform.identity.clone()).await;
    assert_eq!(search(&elsewhere, typed("收养")).await.total_size, 1);
    let later = entry(100, "解除收养登记", "收养关系的解除");
    publish(&story.owner, &story.publisher, &later).await;
    let mut asked = 0;
    while search(&elsewhere, typed("收养")).await.total_size < 2 {
        asked += 1;
        assert!(asked < 5_000, "it was never seen");
    }
    for query in ["收养", "登记", ""] {
        let (here, there) = (
            search(&story.platform, typed(query)).await,
            search(&elsewhere, typed(query)).await,
        );
        assert_eq!(titles(&here), titles(&there), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_go_on_where_the_one_before_ended_and_belong_to_their_query() {
    let story = city().await;
    let stranger = story.world.enrol_system("enterprise-registry").await;
    let request = pb::SearchResourcesRequest {
        page_size: 3,
        share_types: vec![wire_resource("marriage-registrations").share_type],
        ..typed("")
    };
    let first = search(&stranger, request.clone()).await;
    assert_eq!((first.results.len(), first.total_size), (3, 4));
    assert_eq!(first.results[0].place(), Place::Unspecified);
    let next = pb::SearchResourcesRequest {
        page_token: first.next_page_token.clone(),
        ..request.clone()
    };
    let second = search(&stranger, next).await;
    assert_eq!(
        (second.results.len(), second.next_page_token.as_str()),
        (1, "")
    );
    let mut all = titles(&first);
    all.extend(titles(&second));
    let different: std::collections::BTreeSet<&str> = all.iter().copied().collect();
    assert_eq!(different.len(), 4);
    let other = pb::SearchResourcesRequest {
        query: "收养".to_owned(),
        page_token: first.next_page_token,
        ..request
    };
    let told = refused(
        story
            .platform
            .resources()
            .search_resources(ask(other))
            .await,
    );
    assert_eq!(told.fields(), ["page_token"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_irregular_entry_is_taken_and_found_by_its_cycle() {
    let story = Story::of_marriages().await;
    let irregular = pb::Resource {
        update_cycle: 9,
        ..entry(101, "收养登记信息", "收养关系的成立与解除")
    };
    publish(&story.owner, &story.publisher, &irregular).await;
    let by_cycle = pb::SearchResourcesRequest {
        update_cycles: vec![9],
        ..typed("登记")
    };
    let found = search(&story.platform, by_cycle).await;
    assert_eq!(titles(&found), ["收养登记信息"]);
    // No list has a seventh cycle; the rule says where the list is from.
    let request = pb::ImportResourcesRequest {
        resources: vec![pb::Resource {
            update_cycle: 7,
            ..entry(102, "殡葬服务", "丧葬补助的依据")
        }],
        request_id: new_id(),
        validate_only: true,
    };
    let checked = story.owner.resources().import_resources(ask(request)).await;
    let faults = checked.unwrap().into_inner().faults;
    let [fault] = faults.as_slice() else {
        panic!("{faults:?}")
    };
    assert_eq!(
        (fault.field.as_str(), fault.code.as_str()),
        ("resources[0].update_cycle", "UNKNOWN_CODE")
    );
    assert!(fault.source.contains("不定期"), "{}", fault.source);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_faults_of_a_search_are_told_at_once() {
    let story = Story::of_marriages().await;
    let bad = pb::SearchResourcesRequest {
        departments: vec!["nobody".to_owned()],
        share_types: vec![0, 99],
        format_classes: vec![8],
        update_cycles: vec![0],
        states: vec![17],
        ..pb::SearchResourcesRequest::default()
    };
    let told = refused(story.platform.resources().search_resources(ask(bad)).await);
    assert_eq!(
        told.fields(),
        [
            "departments[0]",
            "share_types[0]",
            "share_types[1]",
            "states[0]",
            "format_classes[0]",
            "update_cycles[0]",
        ]
    );
    for query in ["婚".repeat(101), "1 2 3 4 5 6 7 8 9".to_owned()] {
        let told = refused(
            story
                .platform
                .resources()
                .search_resources(ask(typed(&query)))
                .await,
        );
        assert_eq!(
            (told.reason.as_str(), told.fields()),
            ("REQUEST_INVALID", vec!["query"])
        );
    }
}
