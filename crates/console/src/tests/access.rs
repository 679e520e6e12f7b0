//! Who sees which page: nobody without a session, and with one as much as over gRPC.

use axum::http::StatusCode;
use domain::credential::Principal;
use domain::name::{Account, SystemName};

use super::city::{City, SYSTEM};
use super::kit::Kit;

const PAGES: [&str; 7] = [
    "/work-items",
    "/catalogue",
    "/catalogue/quality",
    "/catalogue/resources/105001-000101",
    "/demands",
    "/systems",
    "/systems/adoption-registry",
];

#[tokio::test]
async fn no_page_opens_without_a_session() {
    let city = City::found().await;
    city.publish(city.entry(101, "收养登记信息")).await;
    let browser = city.kit.browser();
    for path in PAGES {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
        assert!(answer.text.contains("需要一次性链接"), "{path}");
        assert!(!answer.text.contains("收养"), "{path}");
    }
    let session = city.kit.open().await;
    for path in PAGES {
        assert_eq!(session.get(path).await.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn a_draft_of_another_department_is_on_no_page() {
    let city = City::found().await;
    let name = city.draft(city.entry(102, "收养评估报告")).await;
    city.publish(city.entry(101, "收养登记信息")).await;
    let page = format!("/catalogue/resources/{}", name.id());
    let pages = [
        "/catalogue",
        "/catalogue?q=%E8%AF%84%E4%BC%B0",
        "/catalogue?state=draft",
        "/catalogue/quality",
        "/work-items",
        "/demands?kind=negative",
        "/systems/adoption-registry",
        "/",
    ];
    for (who, sees) in [
        (&city.owner, true),
        (&city.publisher, true),
        (&city.stranger, false),
    ] {
        let browser = city.kit.open_as(who.fingerprint()).await;
        let answer = browser.get(&page).await;
        let expected = if sees {
            StatusCode::OK
        } else {
            StatusCode::NOT_FOUND
        };
        assert_eq!(answer.status, expected, "{}", who.principal());
        assert!(
            sees || answer.text.contains("只有其部门和主管部门能看"),
            "{}",
            who.principal()
        );
        let found = browser.get("/catalogue").await.text;
        assert_eq!(found.contains("收养评估报告"), sees);
        // Neither is it counted.
        let total = if sees { "共 2 条" } else { "共 1 条" };
        assert!(found.contains(total), "{}", who.principal());
        for path in pages {
            let text = browser.get(path).await.text;
            let shown = text.contains("收养评估报告") || text.contains(name.id());
            assert!(sees || !shown, "{path} for {}", who.principal());
        }
    }
}

#[tokio::test]
async fn an_officer_sees_what_concerns_the_own_department() {
    let city = City::found().await;
    let name = city.publish(city.entry(101, "收养登记信息")).await;
    city.dead_endpoint(&name).await;
    city.kit.register_named("systems/asking", "询问系统").await;
    city.kit.refused_lookup("systems/asking").await;
    let own = city.kit.open_as(city.owner.fingerprint()).await;
    let other = city.kit.open_as(city.stranger.fingerprint()).await;
    let address = "127.0.0.1:1";
    assert!(
        own.get("/systems/adoption-registry")
            .await
            .text
            .contains(address)
    );
    let hidden = other.get("/systems/adoption-registry").await;
    assert_eq!(hidden.status, StatusCode::OK);
    assert!(!hidden.text.contains(address));
    assert!(hidden.text.contains("不对其他部门公开"));
    // The latest calls and their entries are about everybody.
    let calls = "id=\"calls\"";
    assert!(city.kit.open().await.get("/").await.text.contains(calls));
    assert!(!other.get("/").await.text.contains(calls));
    let proofs = city.kit.gateway.proofs().await.unwrap();
    let proof = proofs[&SystemName::parse(SYSTEM).unwrap()]
        .registered
        .unwrap();
    let entry = format!("/entries/{proof}");
    assert_eq!(own.get(&entry).await.status, StatusCode::OK);
    assert_eq!(other.get(&entry).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_wrong_role_is_told_so() {
    let city = City::found().await;
    let kit = &city.kit;
    // A system has a certificate, and is nobody who looks.
    let system = kit.system_caller(SYSTEM).await;
    let browser = kit.open_as(system.fingerprint()).await;
    for path in PAGES {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
        assert!(answer.text.contains("控制台只给人看"), "{path}");
    }
    // What programs read is about everybody.
    let officer = kit.open_as(city.owner.fingerprint()).await;
    let answer = officer.get("/metrics").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.text.contains("您的角色看不到这一页"));
    let account = Account::parse("li").unwrap();
    let auditor = kit.enrol(Principal::Auditor { account }).await;
    let browser = kit.open_as(auditor.fingerprint()).await;
    assert_eq!(browser.get("/metrics").await.text, "numbers");
    assert!(browser.get("/").await.text.contains("审计员 li"));
}

#[tokio::test]
async fn a_session_ends_with_the_certificate_that_it_was_opened_for() {
    let city = City::found().await;
    let browser = city.kit.open_as(city.owner.fingerprint()).await;
    assert_eq!(browser.get("/catalogue").await.status, StatusCode::OK);
    let request_id = city.kit.request_id();
    let act = city.kit.act(&request_id, "RevokeTlsCertificate");
    let why = "lost".to_owned();
    city.kit
        .gateway
        .revoke_tls_certificate(&act, city.owner.fingerprint(), why, false)
        .await
        .unwrap();
    let answer = browser.get("/catalogue").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.text.contains("TLS 证书已吊销"), "{}", answer.text);
}

#[tokio::test]
async fn what_is_not_there_is_said_in_words() {
    let kit = Kit::start().await;
    let browser = kit.open().await;
    for (path, words) in [
        ("/catalogue/resources/105001-000999", "目录里没有这一条"),
        ("/catalogue/resources/nonsense", "目录里没有这一条"),
        ("/systems/nobody-knows", "没有登记这个系统"),
        ("/systems/%3Cscript%3E", "没有登记这个系统"),
    ] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(answer.text.contains(words), "{path}");
        assert!(!answer.text.contains("<script"), "{path}");
    }
}

#[tokio::test]
async fn a_condition_that_cannot_be_is_said_in_words() {
    let kit = Kit::start().await;
    let browser = kit.open().await;
    let long = "长".repeat(101);
    for (path, words) in [
        ("/catalogue?page_token=0123.20", "翻页标记"),
        ("/systems?page_token=x", "翻页标记"),
        ("/demands?kind=need&page_token=%3Cb%3E", "翻页标记"),
        (
            "/catalogue?share_type=secret&cycle=7",
            "条件 share_type 没有这个值",
        ),
        (
            "/catalogue?share_type=secret&cycle=7",
            "条件 cycle 没有这个值",
        ),
        ("/catalogue?department=12", "统一社会信用代码"),
        ("/systems?department=%22", "统一社会信用代码"),
        ("/demands?kind=wish", "条件 kind 没有这个值"),
        ("/demands?owner=x", "统一社会信用代码"),
        ("/work-items?department=x", "统一社会信用代码"),
        ("/work-items?page_token=x", "翻页标记"),
        ("/catalogue/quality?grade=bad", "条件 grade 没有这个值"),
        ("/catalogue/quality?page_token=x", "翻页标记"),
        ("/catalogue?q=a&q=b", "同一个条件写了两次"),
        (
            &format!("/catalogue?q={}", url_encoded(&long)),
            "最多 100 个字符",
        ),
        ("/catalogue?q=a+b+c+d+e+f+g+h+i", "最多 8 个"),
    ] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        assert!(answer.text.contains(words), "{path}: {}", answer.text);
    }
}

fn url_encoded(text: &str) -> String {
    crate::url::with_query("", &[("q", text)])[3..].to_owned()
}
