//! The four check-character systems, each over characters whose alphabet was already checked.
//!
//! What they catch, and what they cannot:
//! - MOD 31 (GB 32100): every single substitution and every adjacent swap. 31 is prime, no weight
//!   is a multiple of it, and no two neighbouring weights are equal.
//! - MOD 11-2 (GB 11643): every single substitution of a digit and every adjacent swap, likewise.
//! - MOD 11 (GB 11714): letters count 10–35, so a character may be replaced by (or swapped with)
//!   one whose value differs by 11, 22 or 33 without notice: `0`, `B`, `M`, `X` look alike to it.
//! - MOD 37,36 (ISO 7064 hybrid, GB/T 17710): every single substitution. An adjacent swap goes
//!   unnoticed exactly when the two running sums it exchanges are 18 and 19, which needs two
//!   characters whose values differ by one (`4` and `5`, or `Z` and `0`) at one of the 36 states.

/// The alphabet of GB 32100: no `I`, `O`, `S`, `V`, `Z`. A character's value is its place.
pub(crate) const USCC_ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";

const USCC_WEIGHTS: [usize; 17] = [
    1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28,
];
const CITIZEN_WEIGHTS: [usize; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const ORG_WEIGHTS: [usize; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// The check character of a unified social credit code, from its first 17 characters.
pub(crate) fn mod_31(body: &str) -> char {
    let sum = weighted(body, &USCC_WEIGHTS, |c| USCC_ALPHABET.find(c).unwrap_or(0));
    USCC_ALPHABET
        .chars()
        .nth((31 - sum % 31) % 31)
        .unwrap_or('0')
}

/// The check character of a citizen identification number, from its first 17 digits.
pub(crate) fn mod_11_2(body: &str) -> char {
    let sum = weighted(body, &CITIZEN_WEIGHTS, base_36);
    digit_or_x((12 - sum % 11) % 11)
}

/// The check character of an organisation code, from its first 8 characters.
pub(crate) fn mod_11(body: &str) -> char {
    let sum = weighted(body, &ORG_WEIGHTS, base_36);
    digit_or_x((11 - sum % 11) % 11)
}

/// The check character of ISO 7064 MOD 37,36, over `0-9A-Z`.
pub(crate) fn mod_37_36(body: impl Iterator<Item = char>) -> char {
    let state = body.fold(36, |state, c| mod_37_36_step(state, base_36(c)));
    let check = (37 - state) % 36;
    u32::try_from(check)
        .ok()
        .and_then(|value| char::from_digit(value, 36))
        .map_or('0', upper)
}

/// One step of MOD 37,36: `state` is 1–36, and so is the result.
fn mod_37_36_step(state: usize, value: usize) -> usize {
    let sum = match (state + value) % 36 {
        0 => 36,
        sum => sum,
    };
    (sum * 2) % 37
}

fn weighted(body: &str, weights: &[usize], value: impl Fn(char) -> usize) -> usize {
    body.chars()
        .zip(weights)
        .map(|(c, weight)| value(c) * weight)
        .sum()
}

fn base_36(character: char) -> usize {
    character
        .to_digit(36)
        .and_then(|value| usize::try_from(value).ok())
        .unwrap_or(0)
}

fn digit_or_x(value: usize) -> char {
    u32::try_from(value)
        .ok()
        .and_then(|value| char::from_digit(value, 10))
        .unwrap_or('X')
}

fn upper(character: char) -> char {
    character.to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_of_gb_32100_are_powers_of_three() {
        let mut power = 1;
        for weight in USCC_WEIGHTS {
            assert_eq!(weight, power);
            power = power * 3 % 31;
        }
    }

    #[test]
    fn prime_systems_have_no_zero_weight_and_no_equal_neighbours() {
        let systems: [(&[usize], usize); 3] = [
            (&USCC_WEIGHTS, 31),
            (&CITIZEN_WEIGHTS, 11),
            (&ORG_WEIGHTS, 11),
        ];
        for (weights, modulus) in systems {
            assert!(weights.iter().all(|weight| weight % modulus != 0));
            assert!(
                weights
                    .windows(2)
                    .all(|pair| pair[0] % modulus != pair[1] % modulus)
            );
        }
        // The check character weighs 1: it may not be swapped with the 17th either.
        assert_ne!(USCC_WEIGHTS[16], 1);
        assert_ne!(CITIZEN_WEIGHTS[16], 1);
    }

    #[test]
    fn mod_37_36_is_a_bijection_in_the_state_and_in_the_value() {
        for fixed in 0..36 {
            let by_state: std::collections::BTreeSet<_> =
                (1..=36).map(|state| mod_37_36_step(state, fixed)).collect();
            let by_value: std::collections::BTreeSet<_> = (0..36)
                .map(|value| mod_37_36_step(fixed + 1, value))
                .collect();
            assert_eq!(by_state, (1..=36).collect());
            assert_eq!(by_value, (1..=36).collect());
        }
    }

    #[test]
    fn mod_37_36_misses_a_swap_exactly_when_the_running_sums_are_18_and_19() {
        for state in 1..=36 {
            for (first, second) in (0..36).flat_map(|a| (0..36).map(move |b| (a, b))) {
                let kept = mod_37_36_step(mod_37_36_step(state, first), second);
                let swapped = mod_37_36_step(mod_37_36_step(state, second), first);
                let mut sums = [(state + first) % 36, (state + second) % 36];
                sums.sort_unstable();
                assert_eq!(kept == swapped, first == second || sums == [18, 19]);
            }
        }
    }

    #[test]
    fn mod_11_cannot_tell_values_that_differ_by_11() {
        assert_eq!(mod_11("0Y000001"), mod_11("BY000001"));
        assert_eq!(mod_11("0Y000001"), mod_11("XY000001"));
        assert_ne!(mod_11("0Y000001"), mod_11("AY000001"));
    }

    #[test]
    fn a_prefix_that_returns_to_its_start_does_not_hide_the_type_code() {
        // With this type code an implementation that forgets it still passes: hence a second one.
        let of = |text: &str| mod_37_36(text.chars());
        let tail = "11430500XY0000100R0000000019001";
        assert_eq!(of(&format!("11100000MB03271699001{tail}")), of(tail));
        assert_ne!(of(&format!("11100000MB0143028R001{tail}")), of(tail));
    }
}
