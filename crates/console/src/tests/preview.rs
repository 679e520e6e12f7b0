use super::kit::Kit;
use crate::page::home::{Facts, lay_out};
use broker::Call;
#[tokio::test]
async fn preview() {
    let kit = Kit::start().await;
    kit.register_departments().await;
    kit.register_systems().await;
    kit.refused_lookup("systems/yjs-platform").await;
    let plan = domain::name::PlanName::parse("plans/2022").unwrap();
    let mut board = kit.gateway.progress(&plan).await.unwrap();
    let mut n = 0u64;
    for d in &mut board.departments { for s in &mut d.systems { n += 7;
        if n % 3 != 0 { s.proofs.published = Some(60 + n); }
        if n % 4 != 0 { s.proofs.answering = Some(200 + n); }
        if n % 5 != 0 { s.proofs.exchanged = Some(1000 + n * 3); }
        s.connected = s.proofs.complete(); } }
    let call = |i: u64, permitted, result: &str, fault: &str, c: &str, p: &str| Call { index: i, time: kit.gateway.now() - jiff::SignedDuration::from_secs(7 * (1300 - i as i64)), consumer: format!("systems/{c}"), provider: if p.is_empty() { String::new() } else { format!("systems/{p}") }, resource: "结婚登记信息".into(), permitted, result: result.into(), fault: fault.into() };
    let calls = vec![
        call(1287, true, "found", "", "yjs-platform", "yjs-acceptance"), call(1285, true, "delivered", "", "yjs-acceptance", "yjs-platform"),
        call(1283, false, "grant.matter-covered", "consumer", "yjs-platform", "yjs-acceptance"), call(1281, true, "failed", "provider", "yjs-platform", "yjs-acceptance"),
        call(1279, true, "no_match", "", "yjs-platform", "yjs-acceptance"), call(1277, false, "grant.exists", "consumer", "yjs-platform", ""),
    ];
    let facts = Facts { now: kit.gateway.now(), checkpoint: kit.gateway.checkpoint().await.ok(), board: Some(board), calls };
    let html = crate::page::rendered(&lay_out(&facts, &kit.gateway.snapshot())).unwrap_or_default();
    std::fs::create_dir_all("/tmp/preview/assets").unwrap();
    std::fs::write("/tmp/preview/index.html", html).unwrap();
    std::fs::write("/tmp/preview/assets/console.css", include_str!("../../assets/console.css")).unwrap();
    std::fs::write("/tmp/preview/assets/icon.svg", include_str!("../../assets/icon.svg")).unwrap();
    let b = kit.open().await;
    let index = kit.gateway.latest_calls(1).await.unwrap()[0].index;
    std::fs::write("/tmp/preview/entry.html", b.get(&format!("/entries/{index}")).await.text).unwrap();
    std::fs::write("/tmp/preview/401.html", kit.browser().get("/").await.text).unwrap();
}
