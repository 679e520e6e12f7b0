//! The console as a browser meets it, over a real gateway.

mod access;
mod browser;
mod catalogue;
mod city;
mod demands;
mod kit;
mod systems;

use axum::http::{StatusCode, header};

use kit::{BASE, Kit};

#[tokio::test]
async fn without_a_session_nothing_is_shown_but_how_to_get_one() {
    let kit = Kit::start().await;
    let mut browser = kit.browser();
    for cookie in [
        None,
        Some("shuqiao_console=".to_owned()),
        Some("shuqiao_console=0".repeat(64)),
    ] {
        browser.cookie = cookie;
        for path in ["/", "/entries/0"] {
            let answer = browser.get(path).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
            assert!(answer.text.contains("需要一次性链接"), "{path}");
            assert!(!answer.text.contains("shuqiao.test/log"), "{path}");
        }
    }
    assert_eq!(
        browser.get("/open/0000").await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_link_opens_one_session_once() {
    let kit = Kit::start().await;
    let link = kit
        .console
        .one_time_link(&format!("{BASE}/"), &kit.holder().await);
    let path = link.strip_prefix(BASE).unwrap();
    assert!(path.starts_with("/open/") && path.len() == 70, "{link}");
    let mut browser = kit.browser();
    for (method, more) in [
        ("HEAD", vec![]),
        ("GET", vec![("sec-purpose", "prefetch;prerender")]),
    ] {
        let answer = browser.send(method, path, &more).await;
        assert_eq!(
            answer.status,
            StatusCode::SERVICE_UNAVAILABLE,
            "a preview uses nothing up"
        );
    }
    let opened = browser.get(path).await;
    assert_eq!(
        (opened.status, opened.header(header::LOCATION)),
        (StatusCode::SEE_OTHER, "/")
    );
    browser.cookie = opened.cookie().split(';').next().map(str::to_owned);
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
    assert_eq!(
        kit.browser().get(path).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(browser.get(path).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        browser.get("/").await.status,
        StatusCode::OK,
        "the session goes on"
    );
}

#[tokio::test]
async fn a_link_expires_and_a_session_ends() {
    let kit = Kit::start().await;
    let late = kit.console.one_time_link(BASE, &kit.holder().await);
    kit.put_forward(15);
    let answer = kit.browser().get(late.strip_prefix(BASE).unwrap()).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let idle = kit.open().await;
    kit.put_forward(29);
    assert_eq!(idle.get("/").await.status, StatusCode::OK);
    kit.put_forward(30);
    assert_eq!(idle.get("/").await.status, StatusCode::UNAUTHORIZED);
    let left = kit.open().await;
    let answer = left.get("/close").await;
    assert!(answer.cookie().contains("Max-Age=0"));
    assert_eq!(left.get("/").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_cookie_is_kept_from_scripts_and_other_sites() {
    let kit = Kit::start().await;
    for (base, secure) in [("http://localhost:1", false), ("https://gw.example", true)] {
        let link = kit.console.one_time_link(base, &kit.holder().await);
        let answer = kit.browser().get(link.strip_prefix(base).unwrap()).await;
        let mut attributes = answer.cookie().split("; ");
        let value = attributes
            .next()
            .and_then(|pair| pair.strip_prefix("shuqiao_console="));
        assert!(value.is_some_and(|value| value.len() == 64 && !link.contains(value)));
        let mut expected = vec!["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=28800"];
        expected.extend(secure.then_some("Secure"));
        assert_eq!(attributes.collect::<Vec<_>>(), expected, "{base}");
    }
}

#[tokio::test]
async fn every_answer_carries_the_headers() {
    let kit = Kit::start().await;
    let browser = kit.open().await;
    let mut stranger = kit.browser();
    stranger.host = "evil.example";
    let answers = [
        (StatusCode::OK, browser.get("/").await),
        (StatusCode::OK, browser.get("/entries/0").await),
        (StatusCode::OK, browser.get("/assets/console.css").await),
        (StatusCode::OK, browser.get("/healthz").await),
        (StatusCode::NOT_FOUND, browser.get("/nothing").await),
        (
            StatusCode::METHOD_NOT_ALLOWED,
            browser.send("POST", "/", &[]).await,
        ),
        (StatusCode::UNAUTHORIZED, kit.browser().get("/").await),
        (StatusCode::MISDIRECTED_REQUEST, stranger.get("/").await),
    ];
    for (status, answer) in answers {
        assert_eq!(answer.status, status);
        assert_eq!(
            answer.header(header::CONTENT_SECURITY_POLICY),
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
             frame-ancestors 'none'; base-uri 'none'",
        );
        assert_eq!(answer.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
        assert_eq!(answer.header(header::REFERRER_POLICY), "no-referrer");
        assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
    }
}

#[tokio::test]
async fn only_our_own_names_are_answered_but_probes_may_come_by_any() {
    let mut kit = Kit::start().await;
    let mut browser = kit.open().await;
    for host in ["evil.example", "10.1.2.3:9090", "gw.example", ""] {
        browser.host = host;
        assert_eq!(
            browser.get("/").await.status,
            StatusCode::MISDIRECTED_REQUEST,
            "{host}"
        );
        assert_eq!(browser.get("/healthz").await.text, "ok", "{host}");
    }
    browser.host = "localhost";
    let target = browser.get("http://evil.example/").await;
    assert_eq!(
        target.status,
        StatusCode::MISDIRECTED_REQUEST,
        "the target counts too"
    );
    kit.console = kit.console.clone().with_host("gw.example");
    let mut browser = kit.open().await;
    browser.host = "gw.example:9090";
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_empty_registry_is_shown_as_such() {
    let kit = Kit::start().await;
    let page = kit.open().await.get("/").await.text;
    for text in [
        "政务数据共享攻坚行动",
        "2022-12-31",
        "不适用",
        "假定",
        "还没有调用",
        "摸清系统底数",
    ] {
        assert!(page.contains(text), "{text}");
    }
    assert!(page.contains("<small>还剩 </small>30<small> 天</small>"));
}

#[tokio::test]
async fn the_board_has_a_row_for_each_department_and_every_fact_opens_its_proof() {
    let kit = Kit::start().await;
    kit.register_departments().await;
    kit.register_systems().await;
    let browser = kit.open().await;
    let page = browser.get("/").await.text;
    assert_eq!(page.matches("<tr class=\"department\">").count(), 23);
    let plan = domain::name::PlanName::parse("plans/2022").unwrap();
    let board = kit.gateway.progress(&plan).await.unwrap();
    assert!(board.system_count() > 5);
    for department in &board.departments {
        assert!(page.contains(&department.department.short_name));
        for system in &department.systems {
            let proof = system.proofs.registered.unwrap();
            assert!(page.contains(&format!("href=\"/entries/{proof}\"")));
            let entry = browser.get(&format!("/entries/{proof}")).await;
            assert_eq!(entry.status, StatusCode::OK);
            assert!(entry.text.contains("登记系统") && entry.text.contains(system.system.as_str()));
        }
    }
    assert!(page.contains("尚未登记系统") || board.departments.len() == 23);
    kit.put_forward(31 * 24 * 60);
    let page = kit.open().await.get("/").await.text;
    assert!(page.contains("<small>已逾期 </small>1<small> 天</small>"));
}

#[tokio::test]
async fn a_refused_call_is_shown_with_its_rule_and_fault() {
    let kit = Kit::start().await;
    kit.register_departments().await;
    kit.register_named("systems/asking", "询问系统").await;
    kit.refused_lookup("systems/asking").await;
    let browser = kit.open().await;
    let page = browser.get("/").await.text;
    let calls = page.split("id=\"calls\"").nth(1).unwrap();
    for text in [
        "拒绝",
        "grant.exists",
        "没有共享授权",
        "使用方",
        "询问系统",
        "2022-12-01 09:00:00",
    ] {
        assert!(calls.contains(text), "{text}");
    }
    let index = kit.gateway.latest_calls(1).await.unwrap()[0].index;
    let entry = browser.get(&format!("/entries/{index}")).await.text;
    for text in [
        "拒绝调用",
        "没有共享授权",
        "GRANT_MISSING",
        "询问系统",
        "叶哈希",
    ] {
        assert!(entry.contains(text), "{text}");
    }
}

#[tokio::test]
async fn whoever_guesses_is_shown_as_an_alarm_that_opens_its_entry() {
    let kit = Kit::start().await;
    kit.register_departments().await;
    kit.register_named("systems/asking", "询问系统").await;
    let browser = kit.open().await;
    assert!(!browser.get("/").await.text.contains("id=\"alarms\""));
    kit.guesses("systems/asking", 22).await;
    let page = browser.get("/").await.text;
    let alarms = page.split("id=\"alarms\"").nth(1).unwrap();
    let alarms = alarms.split("</section>").next().unwrap();
    let index = kit.gateway.latest_alarms(1).await.unwrap()[0].index;
    let link = format!("/entries/{index}");
    for text in ["询问系统", "办件", "未中", link.as_str()] {
        assert!(alarms.contains(text), "{text}");
    }
    assert_eq!(alarms.matches("/entries/").count(), 1);
}

#[tokio::test]
async fn certificates_that_end_soon_are_shown_with_who_has_to_act() {
    let kit = Kit::start().await;
    kit.register_departments().await;
    kit.register_named("systems/asking", "询问系统").await;
    kit.refused_lookup("systems/asking").await;
    let browser = kit.open().await;
    assert!(!browser.get("/").await.text.contains("id=\"warnings\""));
    // Six days are left of thirty.
    kit.put_forward(24 * 24 * 60);
    let browser = kit.open().await;
    let page = browser.get("/").await.text;
    let warnings = page.split("id=\"warnings\"").nth(1).unwrap();
    let warnings = warnings.split("</section>").next().unwrap();
    for text in [
        "询问系统",
        "operators/root",
        "网关运维方",
        "网关对提供方的证书",
        "credentials renew",
    ] {
        assert!(warnings.contains(text), "{text} in {warnings}");
    }
    assert_eq!(warnings.matches("<td class=\"when\">").count(), 3);
}

#[tokio::test]
async fn programs_on_this_machine_need_no_session_and_all_others_do() {
    let mut kit = Kit::start().await;
    kit.console = kit.console.clone().with_host("gw.example");
    // Where it comes from, by which name it asks, what somebody put on it, and what it gets.
    let cases = [
        ("127.0.0.1:40000", "127.0.0.1:9090", "", 200),
        ("[::1]:40000", "[::1]:9090", "", 200),
        ("[::ffff:127.0.0.1]:40000", "localhost", "", 200),
        ("10.1.2.3:40000", "127.0.0.1:9090", "", 401),
        ("unknown", "127.0.0.1:9090", "", 401),
        ("127.0.0.1:40000", "gw.example", "", 401),
        ("127.0.0.1:40000", "127.0.0.1", "x-forwarded-for", 401),
        ("127.0.0.1:40000", "127.0.0.1", "forwarded", 401),
        ("127.0.0.1:40000", "evil.example", "", 421),
    ];
    let session = kit.open().await;
    for (peer, host, header, code) in cases {
        let what = format!("{peer} {host} {header}");
        let mut browser = kit.browser();
        browser.host = host;
        browser.peer = peer.parse().ok();
        let mut more = vec![(header, "10.9.9.9")];
        more.retain(|(name, _)| !name.is_empty());
        let answer = browser.send("GET", "/metrics", &more).await;
        assert_eq!(answer.status.as_u16(), code, "{what}");
        // A page needs a session wherever one comes from.
        let page = browser.send("GET", "/", &more).await.status;
        assert_ne!(page, StatusCode::OK, "{what}");
        if code == 401 {
            browser.cookie.clone_from(&session.cookie);
            let answer = browser.send("GET", "/metrics", &more).await;
            assert_eq!(answer.text, "numbers", "{what}");
        }
    }
}

#[tokio::test]
async fn an_entry_that_is_not_there_is_not_found() {
    let kit = Kit::start().await;
    let browser = kit.open().await;
    for path in [
        "/entries/999",
        "/entries/-1",
        "/entries/18446744073709551615",
        "/entries/x",
    ] {
        assert_eq!(
            browser.get(path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}

#[tokio::test]
async fn hostile_names_are_shown_and_do_nothing() {
    let kit = Kit::start().await;
    kit.register_departments().await;
    let name = "<script>alert(1)</script>\"><img src=x onerror='x'>\u{202E}\u{200B}";
    kit.register_named("systems/hostile", name).await;
    kit.refused_lookup("systems/hostile").await;
    let browser = kit.open().await;
    let index = kit.gateway.latest_calls(1).await.unwrap()[0].index;
    for path in ["/".to_owned(), format!("/entries/{index}")] {
        let page = browser.get(&path).await.text;
        let shown = "&#60;script&#62;alert(1)&#60;/script&#62;&#34;&#62;&#60;img src=x \
                     onerror=&#39;x&#39;&#62;‹U+202E›‹U+200B›";
        assert!(page.contains(shown), "{path}");
        for raw in ["<script", "<img src=x", "onerror='", "\u{202E}", "\u{200B}"] {
            assert!(!page.contains(raw), "{path} {raw:?}");
        }
    }
}

#[tokio::test]
async fn the_style_is_small_and_asks_for_nothing_from_elsewhere() {
    let kit = Kit::start().await;
    let style = kit.browser().get("/assets/console.css").await;
    assert_eq!(
        style.header(header::CONTENT_TYPE),
        "text/css; charset=utf-8"
    );
    assert!(style.text.len() <= 25_000);
    for outside in ["http:", "https:", "url(", "@import"] {
        assert!(!style.text.contains(outside), "{outside}");
    }
    let page = kit.open().await.get("/").await.text;
    for forbidden in ["<script", " style=", "<form", "http:", "https:"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
}
