//! The inventory as people read it.

use axum::http::StatusCode;
use domain::system::{Asset, AssetKind, Step};

use super::city::{City, SYSTEM};
use super::kit::Kit;

#[tokio::test]
async fn an_inventory_without_systems_says_why_and_what_to_do() {
    let kit = Kit::start().await;
    kit.register_departments().await;
    let browser = kit.open().await;
    let page = browser.get("/systems").await.text;
    assert!(page.contains("还没有登记任何系统") && page.contains("systems import"));
    let of = format!("/systems?department={}", kit.department(3).id());
    let page = browser.get(&of).await.text;
    assert!(page.contains("这个部门还没有登记系统"));
    assert!(page.contains(" selected>"));
}

#[tokio::test]
async fn systems_are_listed_by_department_with_their_proofs() {
    let kit = Kit::start().await;
    kit.register_departments().await;
    kit.register_systems().await;
    kit.register_named("systems/asking", "询问系统").await;
    let browser = kit.open().await;
    let mut all = String::new();
    let mut at = Some("/systems".to_owned());
    while let Some(path) = at {
        let page = browser.get(&path).await.text;
        let next = page.split("rel=\"next\" href=\"").nth(1);
        at = next.map(|rest| rest.split('"').next().unwrap().replace("&#38;", "&"));
        all.push_str(&page);
    }
    let proofs = kit.gateway.proofs().await.unwrap();
    assert!(proofs.len() > 5);
    for (system, proofs) in &proofs {
        let line = format!("href=\"/systems/{}\"", system.id());
        let proof = format!("href=\"/entries/{}\"", proofs.registered.unwrap());
        assert!(all.contains(&line) && all.contains(&proof), "{system}");
    }
    let of = format!("/systems?department={}", kit.department(0).id());
    let page = browser.get(&of).await.text;
    assert!(page.contains("询问系统"));
    assert!(page.matches("<th scope=\"row\">").count() < proofs.len());
    // The board leads to both.
    let home = browser.get("/").await.text;
    assert!(home.contains("href=\"/systems/asking\"") && home.contains(&of));
}

#[tokio::test]
async fn a_system_is_shown_with_its_steps_endpoints_and_entries() {
    let city = City::found().await;
    let name = city.publish(city.entry(101, "收养登记信息")).await;
    city.keep_system("邵政办函〔2022〕12号").await;
    city.dead_endpoint(&name).await;
    let browser = city.kit.open().await;
    let page = browser.get("/systems/adoption-registry").await.text;
    for text in [
        "收养登记系统",
        "保留",
        "邵政办函〔2022〕12号",
        " wang<span",
        "已清理",
        "现在：<b>已编目</b>",
        "未填",
        "127.0.0.1:1",
        "无应答",
        "最近错误",
        "毫秒",
        "连续失败",
        "未通过",
        "建立连接",
        "以 TLS 1.3 和 ALPN h2 服务",
        "href=\"/catalogue/resources/105001-000101\">收养登记信息</a>",
    ] {
        assert!(page.contains(text), "{text}");
    }
    // What was seen stands beside the case.
    let findings = page.split("所见</th>").nth(1).unwrap();
    assert!(!findings.contains("<span lang=\"en\"></span>"));
    let proofs = city.kit.gateway.proofs().await.unwrap();
    let proofs = proofs[&domain::name::SystemName::parse(SYSTEM).unwrap()];
    for proof in [proofs.registered, proofs.published] {
        assert!(page.contains(&format!("href=\"/entries/{}\"", proof.unwrap())));
    }
    // An entry of the ledger leads back.
    let entry = browser
        .get(&format!("/entries/{}", proofs.published.unwrap()))
        .await;
    assert_eq!(entry.status, StatusCode::OK);
    for link in [
        "/systems/adoption-registry",
        "/catalogue/resources/105001-000101",
    ] {
        assert!(entry.text.contains(&format!("href=\"{link}\"")), "{link}");
    }
}

#[tokio::test]
async fn assets_stand_on_the_page_of_their_system_and_are_counted_on_the_board() {
    let city = City::found().await;
    let asset = |kind, description: &str, count| {
        Step::Asset(Asset {
            kind,
            description: description.to_owned(),
            count,
            retired_on: Some(jiff::civil::date(2022, 9, 30)),
        })
    };
    let room = asset(AssetKind::MachineRoom, "三楼机房", 1);
    city.record(room, "虚构处置单一号").await;
    let servers = asset(AssetKind::Server, "机架服务器", 12);
    city.record(servers.clone(), "虚构处置单二号").await;
    city.record(servers, "虚构处置单三号").await;
    city.record(Step::AssetWithdrawal(3), "虚构更正说明").await;
    let browser = city.kit.open().await;
    let page = browser.get("/systems/adoption-registry").await.text;
    let assets = page.split("id=\"assets-title\"").nth(1).unwrap();
    let assets = assets.split("</table>").next().unwrap();
    for text in ["三楼机房", "2022-09-30", "虚构处置单二号", "服务器"] {
        assert!(assets.contains(text), "{text}");
    }
    assert_eq!(assets.matches("已撤回，不计入").count(), 1);
    assert!(assets.contains("虚构更正说明"));

    let home = browser.get("/").await.text;
    let stages = home.split("id=\"stages\"").nth(1).unwrap();
    let stages = stages.split("</table>").next().unwrap();
    let whole = stages.split("全市").nth(1).unwrap();
    let numbers = whole.split("<td class=\"num strong\">").skip(1);
    let numbers: Vec<&str> = numbers
        .map(|rest| rest.split('<').next().unwrap())
        .collect();
    assert_eq!(numbers, ["1", "0", "0", "0", "0", "0", "0", "1", "12"]);
}

#[tokio::test]
async fn a_system_without_endpoint_and_entries_says_what_to_do() {
    let city = City::found().await;
    let page = city
        .kit
        .open()
        .await
        .get("/systems/adoption-registry")
        .await
        .text;
    for text in [
        "还没有登记接入点",
        "shuqiaoctl conform",
        "还没有您能看到的目录资源",
        "尚未登记",
        "现在：<b>已入账</b>",
    ] {
        assert!(page.contains(text), "{text}");
    }
}

#[tokio::test]
async fn certificates_of_a_system_that_end_soon_stand_on_its_page() {
    let city = City::found().await;
    city.kit.system_caller(SYSTEM).await;
    let path = "/systems/adoption-registry";
    let browser = city.kit.open().await;
    assert!(!browser.get(path).await.text.contains("证书即将到期"));
    city.kit.put_forward(24 * 24 * 60);
    let page = city.kit.open().await.get(path).await.text;
    assert!(page.contains("证书即将到期") && page.contains("credentials renew"));
}
