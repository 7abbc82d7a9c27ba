//! Random draws whose results stay the same forever: whole numbers below a bound, permutations, and normal numbers.
//!
//! This is version 1 of the algorithms. They are written out here because a library may change its `shuffle` between
//! versions, and a seed would then choose other images.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use rand_distr::{Distribution, StandardNormal};

/// Fills `values` with independent standard normal numbers.
pub fn normals(generator: &mut ChaCha8Rng, values: &mut [f32]) {
    values.iter_mut().for_each(|value| *value = StandardNormal.sample(generator));
}

/// A random number in [0, 1): each multiple of 2^-24 is equally likely.
pub fn uniform(generator: &mut ChaCha8Rng) -> f32 {
    // An f32 has a significand of 24 bits: take the 24 high bits.
    (generator.next_u32() >> 8) as f32 / (1 << 24) as f32
}

/// A random whole number in `0..bound`, each equally likely. `bound` is at least 1.
///
/// Takes the upper half of `draw * bound` for a draw of 32 bits. Draws again while the lower half is below the
/// remainder, because such draws would favour some numbers (Lemire, 2019, "Fast random integer generation in an
/// interval").
pub fn below(generator: &mut ChaCha8Rng, bound: u32) -> u32 {
    let remainder = bound.wrapping_neg() % bound;
    loop {
        let product = u64::from(generator.next_u32()) * u64::from(bound);
        if product as u32 >= remainder {
            return (product >> 32) as u32;
        }
    }
}

/// The first `count` items of a random permutation of `0..total`.
///
/// Fisher-Yates from the front, stopped after `count` swaps. A longer choice from the same generator starts with the
/// same items.
pub fn permutation_start(generator: &mut ChaCha8Rng, total: u32, count: u32) -> Vec<u32> {
    let mut items = Vec::new();
    permute(generator, total, count, &mut items);
    items
}

/// Fills `items` with a random permutation of `0..total`, as [`permutation_start`] gives it for `count = total`.
pub fn shuffle(generator: &mut ChaCha8Rng, total: u32, items: &mut Vec<u32>) {
    permute(generator, total, total, items);
}

fn permute(generator: &mut ChaCha8Rng, total: u32, count: u32, items: &mut Vec<u32>) {
    items.clear();
    items.extend(0..total);
    for place in 0..count.min(total) {
        let other = place + below(generator, total - place);
        items.swap(place as usize, other as usize);
    }
    items.truncate(count as usize);
}

#[cfg(test)]
mod tests {
    use crate::Stream;

    use super::*;

    #[test]
    fn the_first_choices_of_a_seed_never_change() {
        let mut generator = Stream::Split.generator(0, 0);
        assert_eq!(permutation_start(&mut generator, 60_000, 5), [23775, 23619, 968, 15716, 56125]);
    }

    #[test]
    fn a_permutation_holds_every_item_once() {
        let mut items = permutation_start(&mut Stream::Split.generator(3, 0), 1000, 1000);
        assert_ne!(items, (0..1000).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..1000).collect::<Vec<_>>());
    }

    #[test]
    fn a_longer_choice_starts_with_the_items_of_a_shorter_one() {
        let choice = |count| permutation_start(&mut Stream::Split.generator(5, 1), 10_000, count);
        assert_eq!(choice(10), choice(200)[..10]);
    }

    #[test]
    fn every_number_below_a_bound_is_about_equally_likely() {
        let mut generator = Stream::Split.generator(1, 0);
        let mut counts = [0u32; 7];
        for _ in 0..70_000 {
            counts[below(&mut generator, 7) as usize] += 1;
        }
        // Each count is binomial with mean 10,000 and standard deviation 93. The range is five standard deviations each
        // way.
        assert!(counts.iter().all(|count| (9_535..=10_465).contains(count)), "{counts:?}");
    }
}
