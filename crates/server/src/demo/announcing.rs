//! The issuers of the story announce what they hold, so that it can be checked without asking them.

use sandbox::announcing;

use super::Error;
use super::actor::new_id;
use super::cast::Stage;
use super::expect::failed;
use super::report::Talk;
use super::sharing::Shared;

/// Everything of each shared type, in lists that every caller may read.
pub(crate) async fn play(stage: &Stage, shared: &[Shared], talk: &Talk) -> Result<(), Error> {
    let mut lists = 0;
    for system in [
        "marriage-registry",
        "enterprise-registry",
        "realestate-registry",
    ] {
        let holdings = sandbox::data::holdings_for(system)?;
        for kind in shared.iter().map(|shared| &shared.certificate_type) {
            let changes = announcing::everything(&holdings, kind);
            if changes.is_empty() {
                continue;
            }
            let channel = &stage.actor(system)?.channel;
            announcing::announce(channel, kind, &changes, new_id)
                .await
                .map_err(failed("announcing certificates"))?;
            lists += 1;
        }
    }
    talk.say(&format!(
        "  {lists} issuers announced their certificates: `shuqiaoctl certificates status` checks one"
    ));
    Ok(())
}
