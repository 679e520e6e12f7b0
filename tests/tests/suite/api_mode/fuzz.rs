//! Random providers: no status leaves the gateway that is not of the closed list.

use std::time::Duration;

use kit::world::World;
use kit::world::answer::Told;
use kit::world::hostile::{Act, End, Hostile, framed, good_head, status};
use kit::world::insured::{Insured, call};
use sandbox::insurance as pb;
use sandbox::people::HUSBAND;

const SCRIPTS: u64 = 400;

/// `SplitMix64`: the same numbers for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % sides
    }

    fn bytes(&mut self, most: u64) -> Vec<u8> {
        let length = self.roll(most);
        (0..length)
            .map(|_| u8::try_from(self.roll(256)).unwrap())
            .collect()
    }

    fn end(&mut self) -> End {
        if self.roll(3) == 0 { End::Yes } else { End::No }
    }

    fn act(&mut self) -> Act {
        match self.roll(10) {
            0 => good_head(),
            1 => Act::Data(framed(&self.bytes(40)), self.end()),
            2 => Act::Data(self.bytes(40), self.end()),
            3 => status(&self.roll(18).to_string()),
            4 => Act::Reset(u32::try_from(self.roll(16)).unwrap()),
            5 => Act::Raw(self.bytes(60)),
            6 => {
                let value = |dice: &mut Self| String::from_utf8_lossy(&dice.bytes(12)).into_owned();
                let names = [
                    ":status",
                    "content-type",
                    "grpc-status",
                    "grpc-message",
                    "te",
                    "Bad Name",
                ];
                let count = self.roll(4);
                let fields = (0..count)
                    .map(|_| (names[usize::try_from(self.roll(6)).unwrap()], value(self)))
                    .collect();
                Act::Fields(fields, self.end())
            }
            7 => Act::GoAway(u32::try_from(self.roll(14)).unwrap()),
            _ => Act::Close,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_other_status_leaves_the_gateway_whatever_the_provider_does() {
    let mut insured = Insured::granting(World::start().await, &["name"]).await;
    let (identity, address) = (
        insured.provider.client.identity.clone(),
        insured.provider.address(),
    );
    insured.provider.stop().await;
    let hostile = Hostile::start(&identity, address).await;
    let ask = || {
        let mut request = call(pb::GetInsuredRequest {
            id_number: HUSBAND.code.clone().into_owned(),
        });
        request.set_timeout(Duration::from_secs(5));
        request
    };
    let allowed = [
        "PROVIDER_UNAVAILABLE",
        "PROVIDER_BAD_ANSWER",
        "PROVIDER_TIMEOUT",
        "PROVIDER_ERROR",
    ];
    for seed in 0..SCRIPTS {
        let mut dice = Dice(seed);
        let mut acts = if dice.roll(2) == 0 {
            vec![good_head()]
        } else {
            Vec::new()
        };
        acts.extend((0..=dice.roll(4)).map(|_| dice.act()));
        acts.push(Act::Close);
        hostile.set(acts.clone());
        if let Err(status) = insured.platform.insurance().get_insured(ask()).await {
            let told = Told::of(&status);
            assert!(
                allowed.contains(&told.reason.as_str()),
                "script {seed} {acts:?}: {told:?}"
            );
            assert_eq!(told.fault, "provider");
        }
        let good = vec![
            good_head(),
            Act::Data(framed(&[0x10, 7]), End::No),
            status("0"),
        ];
        hostile.set(good);
        // The end of the old connection may be learned from the first call after it.
        let mut served = false;
        for _ in 0..4 {
            match insured.platform.insurance().get_insured(ask()).await {
                Ok(answer) => served = answer.into_inner().register_version == 7,
                Err(status) => assert_eq!(Told::of(&status).reason, "PROVIDER_UNAVAILABLE"),
            }
            if served {
                break;
            }
        }
        assert!(served, "after script {seed}");
    }
}
