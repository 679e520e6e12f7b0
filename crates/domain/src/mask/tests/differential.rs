//! Over 100 000 random messages: what the mask released = decode, drop, encode again.

use prost_reflect::prost::Message as _;
use prost_reflect::{DynamicMessage, ReflectMessage as _};

use super::generate::{Dice, bytes, schema};
use super::reference::{drop_ungranted, has_no_map_twice, paths};
use crate::mask::{FieldPath, Mask};

const SCHEMAS: u64 = 1000;
const MESSAGES: u64 = 101;

#[test]
fn the_mask_releases_what_decoding_and_dropping_would() {
    let (mut shortened, mut compared_as_bytes) = (0, 0);
    for seed in 0..SCHEMAS {
        let mut dice = Dice(seed);
        let message = schema(&mut dice);
        let granted = paths(&mut dice, &message, 0);
        let parsed: Vec<FieldPath> = granted
            .iter()
            .map(|p| FieldPath::parse(p).unwrap())
            .collect();
        let mask = Mask::compile(&message, &parsed).unwrap();
        let step_of_map = |step: &str| step == "key" || step == "value";
        let cuts_maps = granted.iter().any(|path| path.split('.').any(step_of_map));
        for number in 0..MESSAGES {
            let sent = bytes(&mut dice, &message, 0);
            let mut expected = DynamicMessage::decode(message.clone(), sent.as_slice()).unwrap();
            drop_ungranted(&mut expected, &granted);
            let mut out = Vec::new();
            mask.apply(&sent, &mut out).unwrap();
            let context =
                || format!("schema {seed}, message {number}: {sent:x?} under {granted:?}");
            let released = DynamicMessage::decode(message.clone(), out.as_slice())
                .unwrap_or_else(|error| panic!("{error} in {}", context()));
            // Without the values: the Debug of a recursive descriptor does not end.
            assert!(
                again(&released) == again(&expected),
                "{out:x?} in {}",
                context()
            );
            shortened += u64::from(out.len() < sent.len());

            // Bytes as a usual encoder writes them come out as it would write the rest.
            let usual = DynamicMessage::decode(message.clone(), sent.as_slice()).unwrap();
            // (An entry without its value is written with an empty one by that encoder, and by ours
            // as it came.)
            if !cuts_maps && has_no_map_twice(&usual) {
                let mut out = Vec::new();
                mask.apply(&usual.encode_to_vec(), &mut out).unwrap();
                assert_eq!(out, expected.encode_to_vec(), "{}", context());
                compared_as_bytes += 1;
            }
        }
    }
    assert!(
        shortened > 50_000 && compared_as_bytes > 30_000,
        "{shortened} {compared_as_bytes}"
    );
}

/// Encoded and decoded: a zero that stands on the wire equals one that does not.
fn again(message: &DynamicMessage) -> DynamicMessage {
    DynamicMessage::decode(message.descriptor(), message.encode_to_vec().as_slice()).unwrap()
}
