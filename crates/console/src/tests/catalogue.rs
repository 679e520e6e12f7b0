//! The catalogue as people search it, and an entry as they read it.

use axum::http::StatusCode;
use domain::drift::Change;
use domain::resource::ShareType;

use super::city::City;
use super::kit::Kit;

/// Part of a page from a mark to the end of its section.
fn section<'a>(page: &'a str, mark: &str) -> &'a str {
    let from = page.split(mark).nth(1).unwrap_or_else(|| panic!("{mark}"));
    from.split("</section>").next().unwrap()
}

#[tokio::test]
async fn an_empty_catalogue_says_why_and_what_to_do() {
    let kit = Kit::start().await;
    let page = kit.open().await.get("/catalogue").await.text;
    for text in ["目录里还没有您能看到的条目", "catalogue import", "共 0 条"] {
        assert!(page.contains(text), "{text}");
    }
    let page = kit
        .open()
        .await
        .get("/catalogue?q=x&state=draft")
        .await
        .text;
    for text in [
        "没有条目同时符合",
        "去掉一项筛选",
        "href=\"/catalogue\">查看全部条目",
        "demands raise",
    ] {
        assert!(page.contains(text), "{text}");
    }
}

#[tokio::test]
async fn what_is_typed_is_found_best_first_and_facets_narrow() {
    let city = City::found().await;
    let mut conditional = city.entry(103, "低保对象");
    conditional.summary = "最低生活保障的家庭，含收养子女".to_owned();
    conditional.share_type = ShareType::Conditional {
        condition: "仅限社会救助".to_owned(),
    };
    conditional.update_cycle = 2;
    city.publish(conditional).await;
    city.publish(city.entry(101, "收养登记信息")).await;
    let browser = city.kit.open().await;
    let page = browser.get("/catalogue?q=%E6%94%B6%E5%85%BB").await.text;
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text}"));
    assert!(place(">收养登记信息</a>") < place(">低保对象</a>"));
    for text in [
        "共 2 条",
        "名称相符",
        "摘要、部门或系统相符",
        "value=\"收养\"",
    ] {
        assert!(page.contains(text), "{text}");
    }
    // A facet keeps what was typed; a second one what was narrowed before.
    let narrowed = "/catalogue?q=%E6%94%B6%E5%85%BB&#38;share_type=conditional";
    assert!(page.contains(narrowed), "{page}");
    let page = browser.get(&narrowed.replace("&#38;", "&")).await.text;
    assert!(page.contains(">低保对象</a>") && !page.contains(">收养登记信息</a>"));
    assert!(page.contains("share_type=conditional&#38;cycle=2"));
    let chips = page.split("class=\"chips\"").nth(1).unwrap();
    let chips = chips.split("</p>").next().unwrap();
    assert!(chips.contains("共享类型：有条件共享"));
    assert!(chips.contains("href=\"/catalogue?q=%E6%94%B6%E5%85%BB\""));
    let kept = "<input type=\"hidden\" name=\"share_type\" value=\"conditional\">";
    assert!(page.contains(kept));
}

#[tokio::test]
async fn pages_follow_each_other_and_a_token_serves_its_own_search_only() {
    let city = City::found().await;
    for number in 101..=122 {
        city.draft(city.entry(number, &format!("收养登记信息{number}")))
            .await;
    }
    let browser = city.kit.open_as(city.owner.fingerprint()).await;
    let first = browser.get("/catalogue?q=%E6%94%B6%E5%85%BB").await.text;
    let link = first.split("rel=\"next\" href=\"").nth(1).unwrap();
    let link = link.split('"').next().unwrap().replace("&#38;", "&");
    let second = browser.get(&link).await.text;
    assert_eq!(first.matches("<h3><a href").count(), 20);
    assert_eq!(second.matches("<h3><a href").count(), 2);
    assert!(second.contains("‹ 第一页") && !second.contains("rel=\"next\""));
    let foreign = browser.get(&link.replace("%85%BB", "%85%BC")).await;
    assert_eq!(foreign.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn an_entry_is_shown_with_its_basis_items_versions_and_quality() {
    let city = City::found().await;
    let mut entry = city.entry(101, "收养登记信息");
    let name = city.publish(entry.clone()).await;
    entry.title = "收养登记结果".to_owned();
    entry.items[1].title = "登记结论".to_owned();
    entry.items.push(entry.items[0].clone());
    entry.items[2].key = domain::item::ItemKey::parse("decided_on").unwrap();
    entry.share_type = ShareType::Conditional {
        condition: "仅限核验".to_owned(),
    };
    Box::pin(city.rewrite(entry)).await;
    let path = format!("/catalogue/resources/{}", name.id());
    let browser = city.kit.open_as(city.owner.fingerprint()).await;
    let next = browser.get(&path).await.text;
    assert!(section(&next, "id=\"next\"").contains("收养登记结果"));
    let stranger = city.kit.open_as(city.stranger.fingerprint()).await;
    assert!(!stranger.get(&path).await.text.contains("收养登记结果"));

    city.sign_and_publish(&name).await;
    let page = stranger.get(&path).await.text;
    for text in [
        "有条件共享",
        "共享条件",
        "仅限核验",
        "库表",
        "收养登记系统",
        "每月",
    ] {
        assert!(page.contains(text), "{text}");
    }
    assert_eq!(
        section(&page, "id=\"items\"")
            .matches("<tr><th scope=\"row\"")
            .count(),
        3
    );
    let versions = section(&page, "id=\"versions\"");
    for text in [
        "第 2 版",
        "第 1 版",
        "首次发布",
        "<del>收养登记信息</del>",
        "<ins>收养登记结果</ins>",
        "items[decided_on]",
        "新增",
        "改动",
        "<del>登记结果</del>",
        "<ins>有条件共享：仅限核验</ins>",
    ] {
        assert!(versions.contains(text), "{text}");
    }
    let quality = section(&page, "id=\"quality\"");
    for text in [
        "假定",
        "没有来源给出评分口径",
        "元数据",
        "写明保密审查文件",
        "写明部门负责人审签文件",
        "编目指南要求的各项",
        "已告知其部门如何处理",
    ] {
        assert!(quality.contains(text), "{text}");
    }
    let own = browser.get(&path).await.text;
    assert!(section(&own, "id=\"quality\"").contains("登记能提供它的接入点"));
    assert!(section(&own, "id=\"stage\"").contains("发布第 2 版"));
}

#[tokio::test]
async fn the_clocks_of_an_entry_are_shown_with_their_law() {
    // Order 809 is in force from August 2025.
    let city = City::found_in(Kit::start_at("2026-03-02T01:00:00Z").await).await;
    let mut entry = city.entry(101, "收养登记信息");
    entry.metadata.data_class = "民政".to_owned();
    entry.metadata.secrecy_review = "保审〔2026〕1号".to_owned();
    entry.metadata.head_approval = "审签〔2026〕1号".to_owned();
    let name = city.draft(entry).await;
    let request_id = city.kit.request_id();
    let act = Kit::act_as(&city.owner, &request_id, "RegisterResource");
    city.kit
        .gateway
        .register_resource(&act, &name, "")
        .await
        .unwrap();
    let browser = city.kit.open_as(city.owner.fingerprint()).await;
    let page = browser.get("/catalogue/resources/105001-000101").await.text;
    let stage = section(&page, "id=\"stage\"");
    for text in [
        "主管部门审核发布",
        "《政务数据共享条例》第 17 条",
        "CN-2025-809 CAT-REV 17",
        "还剩",
        "部门登记",
    ] {
        assert!(stage.contains(text), "{text} in {stage}");
    }
}

#[tokio::test]
async fn a_drift_is_shown_to_those_whom_it_concerns() {
    let city = City::found().await;
    let name = city.publish(city.entry(101, "收养登记信息")).await;
    let changes = [
        Change::Missing {
            path: "result".to_owned(),
        },
        Change::Retyped {
            path: "case_number".to_owned(),
            registered: "text".to_owned(),
            seen: "number".to_owned(),
        },
    ];
    city.drift(&name, &changes).await;
    let path = format!("/catalogue/resources/{}", name.id());
    let owner = city.kit.open_as(city.owner.fingerprint()).await;
    let page = owner.get(&path).await.text;
    let drift = section(&page, "id=\"drift\"");
    for text in [
        "见于探测",
        "缺少",
        "改类型",
        "<del>text</del>",
        "<ins>number</ins>",
    ] {
        assert!(drift.contains(text), "{text}");
    }
    assert!(
        owner
            .get("/catalogue")
            .await
            .text
            .contains("#drift\">漂移</a>")
    );
    let stranger = city.kit.open_as(city.stranger.fingerprint()).await;
    let page = stranger.get(&path).await.text;
    assert!(section(&page, "id=\"drift\"").contains("没有已知的漂移"));
    assert!(
        !stranger
            .get("/catalogue")
            .await
            .text
            .contains("#drift\">漂移</a>")
    );
}

#[tokio::test]
async fn the_worst_entries_come_first_with_what_to_do() {
    let city = City::found().await;
    let empty = city.kit.open().await.get("/catalogue/quality").await.text;
    assert!(empty.contains("没有这样的条目"));
    let mut stated = city.entry(101, "收养登记信息");
    stated.metadata.inner_department = "婚姻登记科".to_owned();
    city.publish(stated).await;
    city.publish(city.entry(102, "收养评估报告")).await;
    let owner = city.kit.open_as(city.owner.fingerprint()).await;
    let page = owner.get("/catalogue/quality").await.text;
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text}"));
    assert!(place(">收养评估报告</a>") < place(">收养登记信息</a>"));
    for text in [
        "全部 <small>2</small>",
        "本页 2 条",
        "class=\"tag bad\">差",
        "在线：登记能提供它的接入点",
        "假定",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let good = owner.get("/catalogue/quality?grade=good").await.text;
    assert!(good.contains("没有这样的条目") && good.contains("全部 <small>2</small>"));
}

#[tokio::test]
async fn what_waits_for_a_department_is_listed_with_its_last_day_and_ground() {
    let city = City::found().await;
    let publisher = city.kit.open_as(city.publisher.fingerprint()).await;
    let page = publisher.get("/work-items").await.text;
    assert!(page.contains("没有待办的事项"));
    let name = city.draft(city.entry(101, "收养登记信息")).await;
    city.register(&name).await;
    let page = publisher.get("/work-items").await.text;
    for text in [
        "共 1 条",
        "审核目录条目",
        "收养登记信息",
        // The measures of the kit's day set no limit.
        "规则未给期限",
        "CAT-REV",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let stranger = city.kit.open_as(city.stranger.fingerprint()).await;
    assert!(!stranger.get("/work-items").await.text.contains("收养"));
}

#[tokio::test]
async fn a_hostile_title_is_shown_and_does_nothing() {
    let city = City::found().await;
    let title = "<script>alert(1)</script>\"><img src=x onerror='x'>";
    let mut entry = city.entry(101, title);
    entry.summary = title.to_owned();
    let name = city.publish(entry).await;
    let typed = crate::url::with_query("/catalogue", &[("q", "<script>\"'&state=draft")]);
    let browser = city.kit.open().await;
    for path in [
        "/catalogue".to_owned(),
        "/catalogue/quality".to_owned(),
        format!("/catalogue/resources/{}", name.id()),
        "/systems/adoption-registry".to_owned(),
        typed,
    ] {
        let answer = browser.get(&path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(answer.text.contains("&#60;script&#62;"), "{path}");
        for raw in ["<script", "<img src=x", "onerror='", "&state=draft"] {
            assert!(!answer.text.contains(raw), "{path} {raw:?}");
        }
    }
}

#[tokio::test]
async fn the_pages_have_headings_labels_and_captions_and_no_script() {
    let city = City::found().await;
    let name = city.publish(city.entry(101, "收养登记信息")).await;
    city.dead_endpoint(&name).await;
    let browser = city.kit.open().await;
    for path in [
        "/catalogue",
        "/catalogue/resources/105001-000101",
        "/catalogue/quality",
        "/work-items",
        "/systems",
        "/systems/adoption-registry",
        "/demands?kind=negative",
    ] {
        let page = browser.get(path).await.text;
        assert_eq!(page.matches("<h1").count(), 1, "{path}");
        for forbidden in ["<script", " style=", "http:", "https:", "method=\"post"] {
            assert!(!page.contains(forbidden), "{path} {forbidden}");
        }
        let menu = page.split("class=\"menu\"").nth(1).unwrap();
        let menu = menu.split("</nav>").next().unwrap();
        assert_eq!(menu.matches("aria-current=").count(), 1, "{path}");
        for field in page
            .split("<input id=\"")
            .chain(page.split("<select id=\""))
            .skip(1)
        {
            let id = field.split('"').next().unwrap();
            if id.len() < 20 {
                assert!(
                    page.contains(&format!("<label for=\"{id}\"")),
                    "{path} {id}"
                );
            }
        }
        let tables = page.matches("<table").count();
        let named =
            page.matches("<caption").count() + page.matches("aria-label=\"逐项差异表\"").count();
        assert_eq!(tables, named, "{path}");
    }
}
