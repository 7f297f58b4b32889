//! The chain of facts: roots and proofs.

use girogate::domain::entry::Digest;
use girogate::store::chain::{Hash, Head, Proof, check, prove, root};

fn hex(hash: &Hash) -> String {
    Digest(*hash).hex()
}

/// The leaves and roots that the reference implementations of certificate transparency share.
#[test]
fn roots_are_those_of_rfc_6962() {
    let leaves: Vec<Vec<u8>> = vec![
        vec![],
        vec![0x00],
        vec![0x10],
        vec![0x20, 0x21],
        vec![0x30, 0x31],
        vec![0x40, 0x41, 0x42, 0x43],
        (0x50..=0x57).collect(),
        (0x60..=0x6f).collect(),
    ];
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    for (count, expected) in (1..).zip(roots) {
        assert_eq!(hex(&root(&leaves[..count])), expected, "{count} leaves");
    }
}

#[test]
fn a_proof_holds_for_its_fact_and_for_no_other() {
    for size in 1usize..40 {
        let bodies: Vec<String> = (0..size).map(|n| format!("fact {n}")).collect();
        let mut head = Head::GENESIS;
        let mut hashes = Vec::new();
        for body in &bodies {
            head = head.after(body.as_bytes());
            hashes.push(head.hash);
        }
        for (index, body) in bodies.iter().enumerate() {
            let proof = prove(&Head::GENESIS.hash, &hashes, index, 1).unwrap();
            assert_eq!(proof.root, root(&hashes));
            assert!(check(body.as_bytes(), &proof), "{index} of {size}");
            assert!(!check(b"another", &proof));
            let longer = Proof { path: [proof.path.clone(), vec![[0; 32]]].concat(), ..proof.clone() };
            assert!(!check(body.as_bytes(), &longer));
            let moved = Proof { seq: proof.seq + 1, ..proof };
            assert!(!check(body.as_bytes(), &moved) || size == 1 && moved.seq > 1);
        }
    }
    assert_eq!(prove(&[0; 32], &[], 0, 1), None);
}
