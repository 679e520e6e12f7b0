use super::*;

/// The eight leaves of the test vectors that CT implementations have shared since RFC 6962.
const LEAVES: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];

/// The roots of the first 0, 1, … 8 of them.
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

const LARGEST: u64 = 70;

fn hex(hash: Hash) -> String {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap();
    hash.0
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

fn data(index: u64) -> Vec<u8> {
    format!("entry {index}").into_bytes()
}

/// The definition of RFC 6962 §2.1, written as it stands there.
fn defined_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => EMPTY_HASH,
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            tlog::node_hash(defined_root(left), defined_root(right))
        }
    }
}

/// A full log of [`LARGEST`] entries and its roots by size.
fn log() -> (MapReader, Vec<Hash>) {
    let mut stored = MapReader::new();
    let mut roots = vec![EMPTY_HASH];
    for index in 0..LARGEST {
        stored.integrate(index, &data(index)).unwrap();
        roots.push(root(index + 1, &stored).unwrap());
    }
    (stored, roots)
}

/// Only the hashes that were said to be required.
fn only(stored: &MapReader, required: &[u64]) -> MapReader {
    required
        .iter()
        .copied()
        .zip(stored.read_hashes(required).unwrap())
        .collect()
}

#[test]
fn known_leaves_and_roots() {
    assert_eq!(hex(leaf_hash(b"")), ROOTS[1]);
    assert_eq!(
        hex(leaf_hash(b"abc")),
        "609f6e36d2405585188d5cfd761f407c7cc46a7d3f314c88270469dde315fcd1"
    );
    let mut stored = MapReader::new();
    assert_eq!(hex(root(0, &stored).unwrap()), ROOTS[0]);
    for (index, leaf) in (0_u64..).zip(LEAVES) {
        stored.integrate(index, leaf).unwrap();
        let size = usize::try_from(index + 1).unwrap();
        assert_eq!(hex(root(index + 1, &stored).unwrap()), ROOTS[size]);
    }
}

#[test]
fn roots_are_those_of_the_definition() {
    let (_, roots) = log();
    let leaves: Vec<Hash> = (0..LARGEST).map(|index| leaf_hash(&data(index))).collect();
    for (size, root) in roots.iter().enumerate() {
        assert_eq!(*root, defined_root(&leaves[..size]), "size {size}");
    }
}

#[test]
fn stored_ranges_follow_each_other_without_gap() {
    let mut next = 0;
    for index in 0..1000 {
        let range = stored_hash_index_range(index).unwrap();
        assert_eq!(range.start, next);
        next = range.end;
        assert_eq!(stored_hash_count(index + 1).unwrap(), next);
    }
}

#[test]
fn what_is_required_is_enough() {
    let (stored, roots) = log();
    for size in 0..=LARGEST {
        let right_edge = only(&stored, &required_for_append(size).unwrap());
        assert_eq!(
            root(size, &right_edge).unwrap(),
            roots[usize::try_from(size).unwrap()]
        );
        let mut batch = right_edge;
        for index in size..LARGEST {
            let alone = only(&stored, &required_for_leaf(index).unwrap());
            let hashes = hashes_for_leaf(index, &data(index), &alone).unwrap();
            let rows = batch.integrate(index, &data(index)).unwrap();
            assert_eq!(rows.iter().map(|row| row.1).collect::<Vec<_>>(), hashes);
            assert!(
                rows.iter()
                    .map(|row| row.0)
                    .eq(stored_hash_index_range(index).unwrap())
            );
        }
        assert_eq!(root(LARGEST, &batch).unwrap(), *roots.last().unwrap());
    }
}

#[test]
fn every_inclusion_proof_holds_and_no_damaged_one() {
    let (stored, roots) = log();
    for size in 1..=LARGEST {
        let root = roots[usize::try_from(size).unwrap()];
        for index in 0..size {
            let fetched = only(&stored, &required_for_inclusion(size, index).unwrap());
            let proof = inclusion_proof(size, index, &fetched).unwrap();
            let leaf = leaf_hash(&data(index));
            verify_inclusion(size, root, index, leaf, &proof).unwrap();
            let refused = |size, root, index, leaf, proof: &[Hash]| {
                assert!(verify_inclusion(size, root, index, leaf, proof).is_err());
            };
            for damaged in damaged(&proof) {
                refused(size, root, index, leaf, &damaged);
            }
            refused(size, root, index + 1, leaf, &proof);
            refused(size, root, size, leaf, &proof);
            refused(size, EMPTY_HASH, index, leaf, &proof);
            refused(size, root, index, root, &[root]);
        }
    }
}

#[test]
fn every_consistency_proof_holds_and_no_damaged_one() {
    let (stored, roots) = log();
    for new in 0..=LARGEST {
        for old in 0..=new {
            let fetched = only(&stored, &required_for_consistency(old, new).unwrap());
            let proof = consistency_proof(old, new, &fetched).unwrap();
            let of = |size: u64| roots[usize::try_from(size).unwrap()];
            verify_consistency(old, of(old), new, of(new), &proof).unwrap();
            for damaged in damaged(&proof) {
                assert!(verify_consistency(old, of(old), new, of(new), &damaged).is_err());
            }
            let other = leaf_hash(b"other");
            assert!(verify_consistency(old, other, new, of(new), &proof).is_err());
            if old > 0 {
                assert!(verify_consistency(old, of(old), new, other, &proof).is_err());
            }
        }
    }
}

/// A proof with one bit turned in each hash, one hash missing, one too many, and far too many.
fn damaged(proof: &[Hash]) -> Vec<Vec<Hash>> {
    let mut all = Vec::new();
    for position in 0..proof.len() {
        let mut turned = proof.to_vec();
        turned[position].0[position % HASH_SIZE] ^= 1;
        all.push(turned);
        let mut short = proof.to_vec();
        short.remove(position);
        all.push(short);
    }
    all.push([proof, &[EMPTY_HASH]].concat());
    all.push(vec![EMPTY_HASH; 1000]);
    all
}

#[test]
fn numbers_beyond_all_bounds_are_errors() {
    let empty = MapReader::new();
    assert!(root(u64::MAX, &empty).is_err());
    assert!(stored_hash_count(MAX_SIZE + 1).is_err());
    assert!(stored_hash_index_range(u64::MAX).is_err());
    assert!(stored_hash_index_range(MAX_SIZE - 1).unwrap().end < 1 << 62);
    assert!(hashes_for_leaf(u64::MAX, b"", &empty).is_err());
    assert!(inclusion_proof(5, 5, &empty).is_err());
    assert!(consistency_proof(6, 5, &empty).is_err());
    assert!(verify_inclusion(u64::MAX, EMPTY_HASH, 0, EMPTY_HASH, &[]).is_err());
    assert!(verify_consistency(1, EMPTY_HASH, u64::MAX, EMPTY_HASH, &[]).is_err());
    assert!(verify_inclusion(MAX_SIZE, EMPTY_HASH, MAX_SIZE - 1, EMPTY_HASH, &[]).is_err());
}

#[test]
fn a_reader_without_the_hashes_or_with_a_wrong_number_is_an_error() {
    struct Short;
    impl HashReader for Short {
        fn read_hashes(&self, _: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
            Ok(Vec::new())
        }
    }
    assert!(matches!(
        root(3, &MapReader::new()),
        Err(TreeError::Read(_))
    ));
    assert!(matches!(root(3, &Short), Err(TreeError::Read(_))));
    assert!(matches!(
        inclusion_proof(3, 0, &Short),
        Err(TreeError::Read(_))
    ));
}
