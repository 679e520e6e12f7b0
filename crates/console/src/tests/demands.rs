//! The three lists.

use domain::resource::ShareType;

use super::city::City;
use super::kit::Kit;

#[tokio::test]
async fn empty_lists_say_why_and_what_to_do() {
    let kit = Kit::start().await;
    let browser = kit.open().await;
    for (path, words) in [
        ("/demands", "还没有人提出需求"),
        ("/demands?kind=need", "没有提出过的数据需求"),
        ("/demands?kind=responsibility", "demands raise --owner"),
        ("/demands?kind=negative", "demands decline --law"),
        ("/demands?kind=negative", "没有已发布而不予共享的条目"),
    ] {
        let page = browser.get(path).await.text;
        assert!(page.contains(words), "{path}");
    }
}

#[tokio::test]
async fn each_list_has_what_belongs_on_it_with_owner_clock_and_answer() {
    let city = City::found().await;
    let owner = city.kit.department(0);
    let name = city.publish(city.entry(101, "收养登记信息")).await;
    let mut closed = city.entry(102, "收养人健康档案");
    closed.share_type = ShareType::NotShared {
        legal_basis: "个人信息保护法第二十八条".to_owned(),
    };
    closed.share_modes.clear();
    city.publish(closed).await;
    city.raise("收养登记结果", None).await;
    let met = city.raise("收养人名册", Some(owner.clone())).await;
    city.meet(&met, &name).await;
    let declined = city.raise("收养人住址", Some(owner.clone())).await;
    city.decline(&declined, "个人信息保护法第十三条").await;
    city.raise("收养解除登记", Some(owner.clone())).await;

    let browser = city.kit.open_as(city.stranger.fingerprint()).await;
    let needs = browser.get("/demands?kind=need").await.text;
    assert!(needs.contains("收养登记结果") && !needs.contains("收养人名册"));
    for text in [
        "待指定答复部门",
        "未指定",
        "民法典第一千一百零五条",
        "还剩",
        "假定",
        "DEM-ASG",
    ] {
        assert!(needs.contains(text), "{text}");
    }
    let duties = browser.get("/demands?kind=responsibility").await.text;
    for text in ["收养人名册", "收养解除登记", "已满足", "待答复", "DEM-ANS"] {
        assert!(duties.contains(text), "{text}");
    }
    assert!(duties.contains("href=\"/catalogue/resources/105001-000101\">收养登记信息</a>"));
    let negative = browser.get("/demands?kind=negative").await.text;
    for text in [
        "收养人住址",
        "个人信息保护法第十三条",
        "涉及个人隐私",
        "收养人健康档案",
        "个人信息保护法第二十八条",
    ] {
        assert!(negative.contains(text), "{text}");
    }
    assert!(!negative.contains("收养解除登记"));
    let of_owner = browser
        .get(&format!("/demands?owner={}", owner.id()))
        .await
        .text;
    assert!(of_owner.contains("收养人住址") && !of_owner.contains("收养登记结果"));

    // Ten working days are over after a month.
    city.kit.put_forward(60 * 24 * 25);
    let page = city
        .kit
        .open()
        .await
        .get("/demands?kind=responsibility")
        .await
        .text;
    assert!(page.contains("已逾期"));
}
