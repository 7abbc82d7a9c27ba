//! Agreement of a clustering with classes.

/// Number of rows of each class (down) in each cluster (across).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Contingency {
    /// Counts, (classes, clusters).
    counts: Vec<Vec<f64>>,
    rows: f64,
}

impl Contingency {
    /// Counts pairs of class and cluster, both below `count`.
    pub(crate) fn new(classes: &[u16], clusters: &[usize], count: usize) -> Self {
        let mut counts = vec![vec![0.0; count]; count];
        for (class, cluster) in classes.iter().zip(clusters) {
            counts[usize::from(*class)][*cluster] += 1.0;
        }
        Self { counts, rows: classes.len() as f64 }
    }

    fn margins(&self) -> [Vec<f64>; 2] {
        let classes = self.counts.iter().map(|row| row.iter().sum()).collect();
        let clusters = (0..self.counts.len()).map(|cluster| self.counts.iter().map(|row| row[cluster]).sum()).collect();
        [classes, clusters]
    }

    /// Mutual information divided by the mean of both entropies, in [0, 1] (scikit-learn's `normalized_mutual_info_score`).
    /// It is 1 if both partitions have one part.
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

    /// Rand index adjusted for chance (Hubert & Arabie, 1985): 0 on average for random partitions, 1 for equal ones.
    pub(crate) fn adjusted_rand_index(&self) -> f64 {
        let pairs = |count: f64| count * (count - 1.0) / 2.0;
        let [classes, clusters] = self.margins().map(|margin| margin.into_iter().map(pairs).sum::<f64>());
        let both: f64 = self.counts.iter().flatten().map(|count| pairs(*count)).sum();
        let expected = classes * clusters / pairs(self.rows);
        let most = (classes + clusters) / 2.0;
        if most == expected { 1.0 } else { (both - expected) / (most - expected) }
    }

    /// Share of rows in the cluster of their class, under the best matching of clusters to classes.
    pub(crate) fn matched_accuracy(&self) -> f64 {
        let matched = best_matching(&self.counts);
        matched.into_iter().enumerate().map(|(class, cluster)| self.counts[class][cluster]).sum::<f64>() / self.rows
    }
}

/// The column of each row of a square table, each column once, so that the sum of values is largest. Hungarian method
/// (Kuhn, 1955) by shortest augmenting paths; its time grows with the cube of the rows.
fn best_matching(values: &[Vec<f64>]) -> Vec<usize> {
    let size = values.len();
    // Dual variables of rows and columns, for costs of minus the values. For each pair their sum is at most its cost, and
    // for a matched pair equal to it.
    let (mut row_worth, mut column_worth) = (vec![0.0; size], vec![0.0; size + 1]);
    // The row matched to each column. The last column holds the row that is being matched.
    let mut row_of = vec![None; size + 1];
    for row in 0..size {
        row_of[size] = Some(row);
        let (mut column, mut taken) = (size, vec![false; size + 1]);
        let (mut least, mut before) = (vec![f64::INFINITY; size], vec![size; size]);
        while let Some(from) = row_of[column] {
            taken[column] = true;
            let (mut step, mut next) = (f64::INFINITY, column);
            for other in (0..size).filter(|other| !taken[*other]) {
                let slack = -values[from][other] - row_worth[from] - column_worth[other];
                if slack < least[other] {
                    (least[other], before[other]) = (slack, column);
                }
                if least[other] < step {
                    (step, next) = (least[other], other);
                }
            }
            for other in 0..=size {
                match row_of[other].filter(|_| taken[other]) {
                    Some(row) => {
                        row_worth[row] += step;
                        column_worth[other] -= step;
                    }
                    None if other < size => least[other] -= step,
                    None => {}
                }
            }
            column = next;
        }
        while column != size {
            row_of[column] = row_of[before[column]];
            column = before[column];
        }
    }
    let mut matched = vec![0; size];
    for (column, row) in row_of[..size].iter().enumerate() {
        row.iter().for_each(|row| matched[*row] = column);
    }
    matched
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden::{labels, numbers, part};

    #[test]
    fn scores_match_scikit_learn() {
        let golden = part("agreement");
        let clusters: Vec<usize> = numbers(&golden["clusters"]).into_iter().map(|cluster| cluster as usize).collect();
        let found = Contingency::new(&labels(&golden["classes"]), &clusters, 10);
        let near = |found: f64, name: &str| assert!((found - golden[name].as_f64().unwrap()).abs() < 1e-12, "{name}");
        near(found.normalised_mutual_information(), "nmi");
        near(found.adjusted_rand_index(), "ari");
        near(found.matched_accuracy(), "accuracy");
    }

    #[test]
    fn the_order_of_clusters_does_not_matter_and_a_single_cluster_scores_as_chance() {
        let classes: Vec<u16> = (0..50).map(|index| index % 10).collect();
        let renamed: Vec<usize> = classes.iter().map(|class| (usize::from(*class) + 4) % 10).collect();
        let found = Contingency::new(&classes, &renamed, 10);
        assert_eq!([found.adjusted_rand_index(), found.matched_accuracy()], [1.0, 1.0]);
        assert!((found.normalised_mutual_information() - 1.0).abs() < 1e-12);
        let single = Contingency::new(&classes, &[0; 50], 10);
        assert_eq!(single.normalised_mutual_information(), 0.0);
        assert_eq!([single.adjusted_rand_index(), single.matched_accuracy()], [0.0, 0.1]);
    }

    #[test]
    fn the_best_matching_is_the_best_of_all_permutations() {
        fn best(values: &[Vec<f64>], row: usize, free: &mut Vec<usize>) -> f64 {
            let Some(of) = values.get(row) else { return 0.0 };
            let each = (0..free.len()).map(|place| {
                let column = free.remove(place);
                let sum = of[column] + best(values, row + 1, free);
                free.insert(place, column);
                sum
            });
            each.fold(f64::NEG_INFINITY, f64::max)
        }
        for size in 1..=7 {
            for table in 0..20_usize {
                let value = |row: usize, column: usize| ((row * 31 + column * 17 + table * 101) * 7919 % 23) as f64;
                let values: Vec<Vec<f64>> =
                    (0..size).map(|row| (0..size).map(|column| value(row, column)).collect()).collect();
                let matched = best_matching(&values);
                let mut columns = matched.clone();
                columns.sort_unstable();
                assert!(columns.into_iter().eq(0..size), "{matched:?}");
                let found: f64 = matched.iter().enumerate().map(|(row, column)| values[row][*column]).sum();
                assert_eq!(found, best(&values, 0, &mut (0..size).collect()), "{values:?}");
            }
        }
    }

    #[test]
    fn hundreds_of_classes_can_be_matched() {
        let classes: Vec<u16> = (0..900).map(|index| index % 300).collect();
        let renamed: Vec<usize> = classes.iter().map(|class| (usize::from(*class) * 7 + 11) % 300).collect();
        assert_eq!(Contingency::new(&classes, &renamed, 300).matched_accuracy(), 1.0);
    }
}
