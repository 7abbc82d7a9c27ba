//! Means over blocks of test rows, from which confidence intervals estimate the chance of the rows.

/// Number of blocks. Row `i` lies in block `i % 20`, so that blocks interleave.
pub(crate) const BLOCKS: usize = 20;

/// Mean of the values of each of [`BLOCKS`] blocks, or of as many as there are values. Value `i` is that of row `i`.
pub(crate) fn block_means(values: &[f64]) -> Vec<f64> {
    means_of(values, values.len().min(BLOCKS))
}

/// Means over groups of rows, by blocks: every group counts the same. There are [`BLOCKS`] blocks, or as many as the
/// smallest group has rows.
pub(crate) fn block_means_over_groups(groups: &[Vec<f64>]) -> Vec<f64> {
    let count = groups.iter().map(Vec::len).min().unwrap_or(0).min(BLOCKS);
    let mut means = vec![0.0; count];
    for group in groups {
        means.iter_mut().zip(means_of(group, count)).for_each(|(sum, mean)| *sum += mean / groups.len() as f64);
    }
    means
}

/// Mean of the values of each of `count` blocks. Each block has at least one value.
fn means_of(values: &[f64], count: usize) -> Vec<f64> {
    let mean = |block: usize| {
        let of_block = || values[block..].iter().step_by(count);
        of_block().sum::<f64>() / of_block().count() as f64
    };
    (0..count).map(mean).collect()
}

/// Share of true values in each block, as [`block_means`] of 0 and 1.
pub(crate) fn block_shares(values: impl IntoIterator<Item = bool>) -> Vec<f64> {
    let values: Vec<f64> = values.into_iter().map(f64::from).collect();
    block_means(&values)
}

/// Jackknife pseudo-values of a statistic that is not a mean over rows: n · statistic - (n - 1) · statistic without the
/// block, for n blocks (Tukey, 1958).
///
/// Their mean estimates the statistic, and their spread is that of a mean over blocks. `without` returns the statistic of
/// the rows outside a block. If it is `None` for any block, there are no pseudo-values.
pub(crate) fn pseudo_values(statistic: f64, blocks: usize, without: impl Fn(usize) -> Option<f64>) -> Vec<f64> {
    let n = blocks as f64;
    let value = |block: usize| without(block).map(|rest| n * statistic - (n - 1.0) * rest);
    let values: Option<Vec<f64>> = (0..blocks).map(value).collect();
    values.filter(|_| blocks > 1).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_i_lies_in_block_i_modulo_20_and_few_rows_have_one_block_each() {
        let values: Vec<f64> = (0..50).map(f64::from).collect();
        let means = block_means(&values);
        assert_eq!(means.len(), 20);
        // Block 0 has rows 0, 20 and 40; block 19 has rows 19 and 39.
        assert_eq!((means[0], means[19]), (20.0, 29.0));
        assert_eq!(block_means(&values[..3]), [0.0, 1.0, 2.0]);
        assert!(block_means(&[]).is_empty());
        assert_eq!(block_shares([true, false, true]), [1.0, 0.0, 1.0]);
    }

    #[test]
    fn groups_count_the_same_and_the_smallest_group_limits_the_number_of_blocks() {
        assert_eq!(block_means_over_groups(&[vec![1.0, 2.0], vec![10.0, 20.0, 30.0, 40.0]]), [10.5, 16.0]);
        assert!(block_means_over_groups(&[vec![1.0], Vec::new()]).is_empty());
        assert!(block_means_over_groups(&[]).is_empty());
    }

    #[test]
    fn pseudo_values_of_a_mean_are_the_means_of_the_blocks() {
        let values: Vec<f64> = (0..60).map(|row| f64::from(row * row % 17)).collect();
        let mean = |kept: &dyn Fn(usize) -> bool| {
            let kept: Vec<f64> = (0..60).filter(|row| kept(*row)).map(|row| values[row]).collect();
            kept.iter().sum::<f64>() / kept.len() as f64
        };
        let found = pseudo_values(mean(&|_| true), BLOCKS, |block| Some(mean(&|row| row % BLOCKS != block)));
        let off = found.iter().zip(block_means(&values)).map(|(found, mean)| (found - mean).abs());
        assert!(off.fold(0.0, f64::max) < 1e-9, "{found:?}");
        assert!(pseudo_values(1.0, 4, |block| (block < 3).then_some(1.0)).is_empty());
        assert!(pseudo_values(1.0, 1, |_| Some(1.0)).is_empty());
    }
}
