//! Tells the tests whether what they need is there.

#[path = "../build/at_hand.rs"]
mod at_hand;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=../build/at_hand.rs");
    at_hand::public_data();
}
