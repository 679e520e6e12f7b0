//! How places are shared: nobody who keeps to little is locked out by somebody who takes much.

/// Whether one more may enter where `most` places are and `all` are taken, `own` of them by the one
/// who asks.
///
/// The last quarter is kept for those who hold less than a quarter. So one alone gets three quarters,
/// and whoever comes beside up to three who take all they can still finds a place. Assumed: no
/// source says how a gateway shares itself out.
pub fn admits(most: usize, all: usize, own: usize) -> bool {
    let quarter = most / 4;
    all < most && (all < most - quarter || own < quarter.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_alone_gets_three_quarters() {
        let taken = (0..100).take_while(|taken| admits(100, *taken, *taken));
        assert_eq!(taken.count(), 75);
    }

    #[test]
    fn a_newcomer_finds_places_beside_one_who_takes_all() {
        let taken = (0..100).take_while(|own| admits(100, 75 + own, *own));
        assert_eq!(taken.count(), 25);
    }

    #[test]
    fn nobody_enters_where_all_is_taken() {
        for most in 0..10 {
            assert!(!admits(most, most, 0), "{most}");
        }
    }

    #[test]
    fn where_few_places_are_each_can_be_taken() {
        assert!(admits(1, 0, 0));
        assert!(admits(2, 1, 0));
    }
}
