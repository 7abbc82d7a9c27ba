//! How well a partition agrees with classes.

use spec::catalogue::CLASSES;

/// How many rows of each class (down) fell into each cluster (across).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Contingency {
    counts: Vec<[f64; CLASSES]>,
    rows: f64,
}

impl Contingency {
    /// Counts pairs of class and cluster, both below [`CLASSES`].
    pub(crate) fn new(classes: &[u8], clusters: &[usize]) -> Self {
        let mut counts = vec![[0.0; CLASSES]; CLASSES];
        for (class, cluster) in classes.iter().zip(clusters) {
            counts[usize::from(*class)][*cluster] += 1.0;
        }
        Self { counts, rows: classes.len() as f64 }
    }

    fn margins(&self) -> [Vec<f64>; 2] {
        let classes = self.counts.iter().map(|row| row.iter().sum()).collect();
        let clusters = (0..CLASSES).map(|cluster| self.counts.iter().map(|row| row[cluster]).sum()).collect();
        [classes, clusters]
    }

    /// Mutual information over the mean of both entropies, from 0 to 1 (scikit-learn's `normalized_mutual_info_score`); 1 of
    /// two partitions into one part.
    pub(crate) fn normalised_mutual_information(&self) -> f64 {
        let [classes, clusters] = self.margins();
        let entropy = |margin: &[f64]| -> f64 {
            let shares = margin.iter().filter(|count| **count > 0.0).map(|count| count / self.rows);
            -shares.map(|share| share * share.ln()).sum::<f64>()
        };
        let mean = (entropy(&classes) + entropy(&clusters)) / 2.0;
        let mut information = 0.0;
        for (row, class) in self.counts.iter().zip(&classes) {
            for (count, cluster) in row.iter().zip(&clusters).filter(|(count, _)| **count > 0.0) {
                information += count / self.rows * (count * self.rows / (class * cluster)).ln();
            }
        }
        if mean == 0.0 { 1.0 } else { (information / mean).clamp(0.0, 1.0) }
    }

    /// Rand index adjusted for chance: 0 on average of random partitions, 1 of equal ones (Hubert & Arabie, 1985).
    pub(crate) fn adjusted_rand_index(&self) -> f64 {
        let pairs = |count: f64| count * (count - 1.0) / 2.0;
        let [classes, clusters] = self.margins().map(|margin| margin.into_iter().map(pairs).sum::<f64>());
        let both: f64 = self.counts.iter().flatten().map(|count| pairs(*count)).sum();
        let expected = classes * clusters / pairs(self.rows);
        let most = (classes + clusters) / 2.0;
        if most == expected { 1.0 } else { (both - expected) / (most - expected) }
    }

    /// Share of rows in the cluster of their class, under the best matching of clusters to classes: exact, over all sets of
    /// clusters given to the first classes.
    pub(crate) fn matched_accuracy(&self) -> f64 {
        let mut best = vec![f64::NEG_INFINITY; 1 << CLASSES];
        best[0] = 0.0;
        for taken in 0_usize..1 << CLASSES {
            let class = taken.count_ones() as usize;
            for cluster in (0..CLASSES).filter(|cluster| class < CLASSES && taken & (1 << cluster) == 0) {
                let with = taken | 1 << cluster;
                best[with] = best[with].max(best[taken] + self.counts[class][cluster]);
            }
        }
        best[(1 << CLASSES) - 1] / self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden::{labels, numbers, part};

    #[test]
    fn scores_are_those_of_scikit_learn() {
        let golden = part("agreement");
        let clusters: Vec<usize> = numbers(&golden["clusters"]).into_iter().map(|cluster| cluster as usize).collect();
        let found = Contingency::new(&labels(&golden["classes"]), &clusters);
        let near = |found: f64, name: &str| assert!((found - golden[name].as_f64().unwrap()).abs() < 1e-12, "{name}");
        near(found.normalised_mutual_information(), "nmi");
        near(found.adjusted_rand_index(), "ari");
        near(found.matched_accuracy(), "accuracy");
    }

    #[test]
    fn names_of_clusters_do_not_matter_and_a_single_one_says_nothing() {
        let classes: Vec<u8> = (0..50).map(|index| index % 10).collect();
        let renamed: Vec<usize> = classes.iter().map(|class| (usize::from(*class) + 4) % 10).collect();
        let found = Contingency::new(&classes, &renamed);
        assert_eq!([found.adjusted_rand_index(), found.matched_accuracy()], [1.0, 1.0]);
        assert!((found.normalised_mutual_information() - 1.0).abs() < 1e-12);
        let single = Contingency::new(&classes, &[0; 50]);
        assert_eq!(single.normalised_mutual_information(), 0.0);
        assert_eq!([single.adjusted_rand_index(), single.matched_accuracy()], [0.0, 0.1]);
    }
}
